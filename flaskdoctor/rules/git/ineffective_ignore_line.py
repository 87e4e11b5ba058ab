"""FD336: a line of .gitignore that looks right and does nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator

from flaskdoctor.errors import Refuse
from flaskdoctor.finding import Location, Severity, Tip
from flaskdoctor.fixes.edit import Edit
from flaskdoctor.project.env.envuse import loaders
from flaskdoctor.project.plainfile import decode, read_bytes
from flaskdoctor.project.snapshot import Project
from flaskdoctor.project.vcs.git import Ignore
from flaskdoctor.project.vcs.gitquestions import DoubtfulLine
from flaskdoctor.rules.rule import Bad, Issue, ProjectRule

APP = "import flask\n"
UTF_16 = ".env\n".encode("utf-16").decode("utf-8", "surrogateescape")
# Names whose exception (``!.env.ci``) is no slip: somebody wants that very file committed.
_PLAIN_ENV = frozenset((".env", ".env.local", ".env.production", ".env.prod"))


class IneffectiveIgnoreLine(ProjectRule):
    """A line of .gitignore looks as if it kept a file out of the repository, and does not.

    ## What it finds

    - `.env # the keys`: git knows comments on lines of their own only; this ignores a file of that whole name
    - `./.env`: patterns are never matched against anything that begins with `./`
    - `.env/`: folders only, while `.env` is a file
    - `".env"`, a blank before the name, `config\\local.py`
    - `!.env`, in the same file or one further down, which takes a file back in that another line ignores
    - a `.gitignore` in UTF-16 (what `echo .env > .gitignore` makes in Windows PowerShell), or one that is a
      symbolic link: git reads no line of it.

    Git has the last word: a line is reported only if a file that is there, or a `.env` that the project speaks of,
    really is not ignored, whatever the other lines say. For files that hold no secrets it is information.

    ## Why it matters

    Nobody looks at `git status` for a file that "is ignored anyway", and `git add .` says nothing when it takes
    one in. The line gives the feeling of safety and nothing else.

    ## What to do instead

    Write the bare name, each comment on a line of its own:

    ```
    # the keys
    .env
    ```

    and ask git: `git check-ignore -v .env` prints the line that decides. The fix appends the right line as the
    last one, where no other can undo it; the old line does no harm and stays. A file in UTF-16 is saved as UTF-8.

    ## References

    - [git: gitignore, pattern format](https://git-scm.com/docs/gitignore#_pattern_format)
    - [git: check-ignore](https://git-scm.com/docs/git-check-ignore)
    """

    code = "FD336"
    name = "ineffective-ignore-line"
    tip = Tip.SECRETS
    severity = Severity.WARNING
    fix_title = "Add the line that git understands"
    bad = [
        Bad(
            {"#git": "init", "app.py": APP, ".env": "A=1\n", ".gitignore": "venv/\n.env # the keys\n"},
            fixed={".gitignore": "venv/\n.env # the keys\n.env\n"},
        ),
        Bad(
            {"#git": "init", "app.py": APP, ".env.example": "A=\n", ".gitignore": "./.env\r\n.env/\r\n"},
            fixed={".gitignore": "./.env\r\n.env/\r\n.env\r\n"},
            hits=2,
        ),
        Bad(
            {"#git": "init", "app.py": APP, ".env": "A=1\n", ".gitignore": ".env*\n!.env\n*.pyc\n"},
            fixed={".gitignore": ".env*\n!.env\n*.pyc\n.env\n"},
        ),
        # In a folder further down.
        Bad(
            {"#git": "init", "app.py": APP, "api/.env": "A=1\n", ".gitignore": ".env\n", "api/.gitignore": "!.env\n"},
            fixed={"api/.gitignore": "!.env\n.env\n"},
        ),
        Bad(
            {"#git": "init", "app.py": APP, ".env": "A=1\n", ".gitignore": UTF_16},
            fixed={".gitignore": ".env\n"},
        ),
        Bad(
            {
                "#git": "init",
                "app.py": APP,
                ".env.local": "A=1\n",
                "config/keys.pem": "",
                "build.log": "",
                ".gitignore": '".env.local"\n  build.log\nconfig\\keys.pem\n',
            },
            fixed={
                ".gitignore": '".env.local"\n  build.log\nconfig\\keys.pem\n.env.local\nbuild.log\nconfig/keys.pem\n'
            },
            hits=3,
        ),
        Bad(
            {"#git": "init", "app.py": APP, "api/.env": "A=1\n", "api/.gitignore": "./.env # ours\n"},
            fixed={"api/.gitignore": "./.env # ours\n.env\n"},
        ),
    ]
    good = [
        {"#git": "init", "app.py": APP, ".env": "A=1\n", ".gitignore": "# .env # keys\n\n.env\n"},
        # Another line does it.
        {"#git": "init", "app.py": APP, ".env": "A=1\n", ".gitignore": ".env/\n./.env\n*.env\n"},
        {"#git": "init", "app.py": APP, ".env": "A=1\n", ".gitignore": "!.env\n.env\n"},
        # The virtualenv's name; folders that are folders; escapes that git reads.
        {"#git": "init", "app.py": APP, ".env/pyvenv.cfg": "home = /usr/bin\n", ".gitignore": ".env/\n"},
        {"#git": "init", "app.py": APP, ".env": "A=1\n", "logs/a.log": "", ".gitignore": "logs/\n\\.env\nbuild/\n"},
        {"#git": "init", "app.py": APP, ".env": "A=1\n", ".gitignore": ".env   \r\n\\#notes#\n/.env\r\n"},
        # Nothing is there that it could ignore, and no .env to be expected.
        {"#git": "init", "app.py": APP, ".gitignore": "./dist # made\n.env/\nconfig\\local.py\n"},
        # Templates and files that somebody wants committed; tracked ones.
        {
            "#git": "init",
            "app.py": APP,
            ".env": "A=1\n",
            ".env.example": "A=\n",
            ".gitignore": ".env*\n!.env.example\n",
        },
        {"#git": "init", "app.py": APP, ".env": "A=1\n", ".env.ci": "A=1\n", ".gitignore": ".env*\n!.env.ci\n"},
        {"#git": "track:build.log", "app.py": APP, "build.log": "", ".gitignore": "./build.log\n"},
        # A list of what is wanted.
        {"#git": "init", "app.py": APP, ".env": "A=1\n", ".gitignore": "*\n!*/\n!*.py\n!.gitignore\n"},
        # UTF-8 with a mark at its beginning, which git passes over.
        {"#git": "init", "app.py": APP, ".env": "A=1\n", ".gitignore": "\ufeff.env\n"},
    ]

    def check(self, project: Project) -> Iterator[Issue]:
        """Files of which git reads nothing, lines that do nothing, and lines that take a file back in."""
        git = project.git
        for source, kind in git.questions.unread:
            yield from _unread(project, source, kind)
        for line in git.questions.lines:
            path = _uncovered(project, line)
            if path:
                from flaskdoctor.project.vcs.ignorelines import is_of_secrets

                of_secrets = is_of_secrets(path, project.files.files)
                yield Issue(
                    f"Line {line.line} of {line.source} does not ignore {path}: {line.why}",
                    Location(line.source, line.line),
                    line.meant,
                    severity=None if of_secrets else Severity.INFO,
                    fixable=line.meant.isprintable(),
                )
        for answer, paths in _taken_back(project).items():
            more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
            yield Issue(
                f"Line {answer.line} of {answer.source} ({answer.pattern}) takes {paths[0]}{more} back in",
                Location(answer.source, answer.line),
                answer.pattern,
            )

    def fix(self, issue: Issue, project: Project) -> list[Edit]:
        """The right line at the end of the same file; for UTF-16 the same text in UTF-8."""
        from flaskdoctor.fixes.ignorefile import ignore

        path = issue.location.path
        if issue.anchor.startswith("!"):
            found = [item for item in _taken_back(project).items() if item[0].source == path]
            lines = [
                _line_for(each, answer) for answer, paths in found if answer.pattern == issue.anchor for each in paths
            ]
            return ignore(project.root, dict.fromkeys(lines), path)
        if issue.anchor != "encoding":
            return ignore(project.root, [issue.anchor], path)
        before = read_bytes(os.path.join(project.root, path)).data
        text = decode(before)
        if "\0" in text or "\ufffd" in text:
            raise Refuse(f"{path} cannot be read as UTF-16 either")
        return [Edit(path, before, text.encode("utf-8"), summary=f"Save {path} as UTF-8")]


def _uncovered(project: Project, line: DoubtfulLine) -> str:
    """A path that a doubtful line was meant to cover and that git would take in; empty if there is none."""
    for path in line.asked:
        answer = project.git.ignore(path)
        if answer is None or answer.ignored or project.git.tracks(path) is not False:
            continue
        if path in project.files.files or (path == ".env" and _is_expected(project)):
            return path
    return ""


def _is_expected(project: Project) -> bool:
    """Whether the project's root is where a .env belongs: there is a template, or the code loads one."""
    env = project.env
    return env.env.exists or (env.env.state == "missing" and bool(env.templates or loaders(project)))


def _taken_back(project: Project) -> dict[Ignore, list[str]]:
    """The lines that end in files not being ignored which another line ignores, each with those files."""
    git = project.git
    paths = [".env"] if _is_expected(project) else []
    paths += [file.asked for file in git.questions.files if file.kind in ("env", "envrc", "key")]
    found: dict[Ignore, list[str]] = {}
    for path in paths:
        answer = git.ignore(path)
        if answer is None or not answer.pattern.startswith("!") or git.tracks(path) is not False:
            continue
        name = path.rpartition("/")[2]
        wanted = answer.pattern.lstrip("!/").rpartition("/")[2] == name and name not in _PLAIN_ENV
        if not wanted and answer.everywhere and not answer.source.startswith(("/", "..")):
            found.setdefault(answer, []).append(path)
    return found


def _line_for(path: str, answer: Ignore) -> str:
    """The line that ignores a path, for the ignore file that decides about it."""
    from flaskdoctor.project.vcs.secretfiles import ignore_line

    folder = answer.source.rpartition("/")[0]
    return ignore_line(path.removeprefix(f"{folder}/") if folder else path)


def _unread(project: Project, source: str, kind: str) -> Iterator[Issue]:
    if kind == "utf-16":
        yield Issue(f"Git reads no line of {source}: it is UTF-16", Location(source), "encoding")
    elif not any(answer.source == source for answer in project.git.answers.values()):
        yield Issue(
            f"Git reads no line of {source}: it is a symbolic link",
            Location(source),
            "link",
            fixable=False,
            advice="Make it a file of its own: since 2.32 git does not follow a `.gitignore` that is a link.",
        )
