"""FD334: the template of .env is ignored."""

from __future__ import annotations

from collections.abc import Iterator

from flaskdoctor.finding import Location, Severity, Tip
from flaskdoctor.fixes.edit import Edit
from flaskdoctor.project.snapshot import Project
from flaskdoctor.project.vcs.gitpicture import by_line
from flaskdoctor.project.vcs.secretfiles import ignore_line
from flaskdoctor.rules.rule import Bad, Good, Issue, ProjectRule

APP = "import flask\n"


class TemplateIgnored(ProjectRule):
    """Git ignores the template of .env, so nobody else gets it.

    ## What it finds

    A `.env-template`, `.env.example` or the like that lies here, that git does not track, and that a line such as
    `.env*` or `*.env*` covers together with the real one.

    ## Why it matters

    The template is there for the others: it says which keys the app wants. An ignored one never leaves this machine.
    `git add .` passes it over without a word, `git status` does not list it, and whoever clones the project finds out
    about each key by a `KeyError`.

    ## What to do instead

    Take the template back in, behind the line that covers it, and commit it:

    ```
    .env*
    !.env-template
    ```

    The fix adds that line at the end. It does not `git add` the file: look once more that there is no secret in it.

    ## References

    - [git: gitignore](https://git-scm.com/docs/gitignore), on the prefix `!`
    """

    code = "FD334"
    name = "template-ignored"
    tip = Tip.SECRETS
    severity = Severity.WARNING
    fix_title = "Take the template back in, in .gitignore"
    bad = [
        Bad(
            {"#git": "init", "app.py": APP, ".env-template": "A_KEY=\n", ".gitignore": "venv/\n.env*\n"},
            fixed={".gitignore": "venv/\n.env*\n!.env-template\n"},
        ),
        Bad(
            {"#git": "init", "app.py": APP, ".env.example": "A_KEY=\n", ".gitignore": "*.pyc\r\n.env*"},
            fixed={".gitignore": "*.pyc\r\n.env*\r\n!.env.example"},
        ),
        # Covered by this machine's own excludes file: it cannot be added from here either.
        Bad(
            {"#git": "exclude:.env*", "app.py": APP, ".env.sample": "A_KEY=\n", ".gitignore": "venv/\n"},
            fixed={".gitignore": "venv/\n!.env.sample\n"},
        ),
    ]
    good = [
        {"#git": "init", "app.py": APP, ".env-template": "A_KEY=\n", ".gitignore": ".env*\n!.env-template\n"},
        {"#git": "init", "app.py": APP, ".env.example": "A_KEY=\n", ".gitignore": ".env\n"},
        # Tracked: a line that covers it changes nothing.
        {"#git": "track:.env.example", "app.py": APP, ".env.example": "A_KEY=\n", ".gitignore": ".env*\n"},
        # One template is committed, whatever happens to the other one.
        {
            "#git": "track:env.example",
            "app.py": APP,
            "env.example": "A_KEY=\n",
            ".env.dist": "A_KEY=\n",
            ".gitignore": ".env*\n",
        },
        Good({"app.py": APP, ".env.example": "A_KEY=\n", ".gitignore": ".env*\n"}),
    ]

    def check(self, project: Project) -> Iterator[Issue]:
        """The template, where none leaves this machine."""
        git = project.git
        if not git.repository:
            return
        answers = [(template.path, git.ignore(template.path)) for template in project.env.templates]
        ignored = [(path, answer) for path, answer in answers if answer is not None and answer.ignored]
        if not ignored or len(ignored) < len(answers) or any(git.tracks(path) is not False for path, _ in ignored):
            return
        path, answer = ignored[0]
        yield Issue(f"Git ignores {path}, so nobody else gets it: {by_line(answer)}", Location(path), path)

    def fix(self, issue: Issue, project: Project) -> list[Edit]:
        """The template taken back in by the last line of the root's .gitignore."""
        from flaskdoctor.fixes.ignorefile import ignore

        return ignore(project.root, ["!" + ignore_line(issue.anchor)])
