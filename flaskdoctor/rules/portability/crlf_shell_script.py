"""FD407: a shell script with the line endings of Windows."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from flaskdoctor.errors import Refuse
from flaskdoctor.finding import Location, Severity, Tip
from flaskdoctor.fixes.edit import Edit
from flaskdoctor.project.plainfile import read_bytes
from flaskdoctor.project.snapshot import Project
from flaskdoctor.rules.rule import Bad, Good, Issue, ProjectRule

APP = "import flask\n"
SCRIPT = "#!/bin/sh\r\nset -e\r\nexec gunicorn shop:app\r\n"
MENDED = "#!/bin/sh\nset -e\nexec gunicorn shop:app\n"

_ENDINGS = (".sh", ".bash", ".ksh", ".zsh")
_MOST = 300  # scripts that are looked at
_FOLDERS = frozenset({"bin", "docker", "hooks", "script", "scripts"})
_CONVERTS = re.compile(r"dos2unix|s/\\r|\\015|tr -d .{0,3}\\r|\*\.sh\b.{0,40}\\r")


class CrlfShellScript(ProjectRule):
    """A shell script has the line endings of Windows: no Linux machine and no container can run it.

    ## What it finds

    Scripts (`*.sh`, `*.bash`, and files without an ending that a Dockerfile's `ENTRYPOINT` or `CMD` starts, or that
    begin with `#!` in a folder such as `bin` or `scripts`) whose first line ends with a carriage return and a line
    feed. What git ignores is left out, and so is what a Dockerfile converts while it builds (`dos2unix`, `sed
    's/\\r//'`).

    ## Why it matters

    The carriage return becomes part of what it stands behind. `#!/bin/sh\\r` names an interpreter that there is not:
    `bad interpreter: /bin/sh^M`, and in a container the famous `exec /entrypoint.sh: no such file or directory`, about
    a file that plainly is there. Run by `sh script.sh`, `set -e\\r` is an illegal option and `cd app\\r` another
    folder. It comes about on its own: Git for Windows checks text files out with these endings unless somebody says
    otherwise, and `docker build` copies them as they are.

    ## What to do instead

    Save the script with line feeds alone (the fix does, and changes nothing else), and tell git once and for all, in
    `.gitattributes`:

    ```text
    *.sh text eol=lf
    ```

    Then it is so on every machine, whatever `core.autocrlf` says there; `git add --renormalize .` takes it over for
    what is committed already.

    ## References

    - [git: gitattributes, eol](https://git-scm.com/docs/gitattributes#_eol)
    - [GitHub: line endings](https://docs.github.com/en/get-started/git-basics/configuring-git-to-handle-line-endings)
    - [Docker: ENTRYPOINT](https://docs.docker.com/reference/dockerfile/#entrypoint)
    """

    code = "FD407"
    name = "crlf-shell-script"
    tip = Tip.PORTABILITY
    severity = Severity.WARNING
    fix_title = "Give the script line feeds"

    bad = [
        Bad({"app.py": APP, "deploy.sh": SCRIPT}, {"deploy.sh": MENDED}),
        # No first line that names the shell; a mixture; another folder; bytes that are no UTF-8.
        Bad({"app.py": APP, "bin/setup.bash": "cd app\r\nls\n\r\n"}, {"bin/setup.bash": "cd app\nls\n\n"}),
        Bad(
            {"app.py": APP, "a.sh": "#!/bin/sh\r\n# caf\udce9\r\n", "b.sh": "\r\n"},
            {"b.sh": "\n"},
            hits=2,
        ),
        # What a Dockerfile starts needs no ending.
        Bad(
            {
                "app.py": APP,
                "docker/entrypoint": SCRIPT,
                "Dockerfile": 'FROM python:3.12\nCOPY docker/entrypoint /entrypoint\nENTRYPOINT ["/entrypoint"]\n',
            },
            {"docker/entrypoint": MENDED},
        ),
        # Nor does what lies among the scripts, whatever runs it.
        Bad(
            {"app.py": APP, "bin/seed": "#!/usr/bin/env python3\r\nimport app\r\n", "bin/LICENSE": "MIT\r\n"},
            {"bin/seed": "#!/usr/bin/env python3\nimport app\n"},
        ),
        # git is asked for line feeds: this is what still lies in the folder.
        Bad({"app.py": APP, "run.sh": SCRIPT, ".gitattributes": "*.sh text eol=lf\n"}, {"run.sh": MENDED}),
        # git is asked for this very ending: it would put it back.
        Bad(
            {"app.py": APP, "run.sh": SCRIPT, ".gitattributes": "* text=auto\r\n*.sh eol=crlf\r\n"}, {"run.sh": SCRIPT}
        ),
        Bad({"#git": "track:run.sh", "app.py": APP, "run.sh": SCRIPT, ".gitignore": "*.sh\n"}, {"run.sh": MENDED}),
    ]
    good = [
        {"app.py": APP, "deploy.sh": MENDED, "empty.sh": "", "one.sh": "echo a"},
        # A carriage return in the text of a script.
        {"app.py": APP, "mail.sh": "#!/bin/sh\nprintf 'HELO\\r\\n'\n# a\r\n"},
        # For Windows; no scripts.
        {"app.py": APP, "run.bat": "@echo off\r\n", "run.ps1": "ls\r\n", "notes.txt": "a\r\n", "deploy.sh.md": "a\r\n"},
        # Not committed.
        {"#git": "init", "app.py": APP, "local.sh": SCRIPT, ".gitignore": "local.sh\n"},
        # Converted in the image.
        {
            "app.py": APP,
            "boot.sh": SCRIPT,
            "Dockerfile": "FROM python:3.12\nCOPY boot.sh ./\nRUN sed -i 's/\\r$//' boot.sh\n"
            'ENTRYPOINT ["./boot.sh"]\n',
        },
        Good(
            {
                "app.py": APP,
                "boot.sh": SCRIPT,
                "Dockerfile": 'FROM python:3.12\nCOPY . .\nRUN dos2unix *.sh\nCMD ["sh", "boot.sh"]\n',
            }
        ),
        # A file without an ending that nobody starts.
        {
            "app.py": APP,
            "LICENSE": "a\r\n",
            "Dockerfile": 'FROM python:3.12\nCMD ["flask", "run"]\n',
            "flask.txt": "\r\n",
        },
    ]

    def check(self, project: Project) -> Iterator[Issue]:
        """Every such script."""
        found = [path for path in _scripts(project) if _is_crlf(project.texts.head(path))]
        if not found:
            return
        from flaskdoctor.project.vcs.git import ignored_paths

        ignored, _ = ignored_paths(project.root)
        if any(_CONVERTS.search(project.texts.read(each.path)) for each in project.deploy.dockerfiles):
            return
        for path in found:
            if path in ignored:
                continue
            ending = _attribute(project, path)
            advice = ""
            if ending == "crlf":
                advice = "`.gitattributes` asks for CRLF here: change that line to `eol=lf` first."
            elif ending != "lf":
                advice = "With `*.sh text eol=lf` in `.gitattributes` git leaves it so, on Windows too."
            yield Issue(
                f"{path.rpartition('/')[2]} has CRLF line endings: no Linux machine or container can run it",
                Location(path, 1),
                "crlf",
                fixable=ending != "crlf",
                advice=advice,
            )

    def fix(self, issue: Issue, project: Project) -> list[Edit]:
        """The same bytes with line feeds."""
        path = issue.location.path
        before = read_bytes(os.path.join(project.root, path)).data
        if not before or b"\0" in before:
            raise Refuse(f"{path} cannot be read as a script, so it stays as it is.")
        return [Edit(path, before, before.replace(b"\r\n", b"\n"), summary=f"Give {path} line feeds")]


def _scripts(project: Project) -> list[str]:
    """The scripts by their ending, and those without one that a Dockerfile starts."""
    files = project.files.files
    found = [path for path in files if path.endswith(_ENDINGS)][:_MOST]
    bare = [path for path in files if _in_script_folder(path)][:_MOST]
    found += [path for path in bare if project.texts.head(path).startswith(b"#!")]
    started = {
        word.rpartition("/")[2]
        for dockerfile in project.deploy.dockerfiles
        for command in dockerfile.commands
        for word in command.words[:3]
    }
    started = {name for name in started if name and "." not in name}
    if started:
        found += [path for path in files if path.rpartition("/")[2] in started and path not in found]
    return found


def _in_script_folder(path: str) -> bool:
    """Whether it is a file without an ending in a folder of scripts."""
    folder, _, name = path.rpartition("/")
    return "." not in name and folder.rpartition("/")[2] in _FOLDERS


def _is_crlf(head: bytes) -> bool:
    end = head.find(b"\n")
    return end > 0 and head[end - 1 : end] == b"\r"


def _attribute(project: Project, path: str) -> str:
    """The line ending that the attribute files from the root down to a path ask for."""
    from flaskdoctor.project.vcs.gitattributes import line_ending

    folders = path.split("/")[:-1]
    places = ["/".join(folders[:depth]) for depth in range(len(folders) + 1)]
    sources = [f"{place}/.gitattributes" if place else ".gitattributes" for place in places]
    return line_ending(path, {source: project.texts.read(source) for source in sources})
