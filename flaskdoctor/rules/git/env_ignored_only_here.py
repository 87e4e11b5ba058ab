"""FD333: .env is ignored on this machine alone."""

from __future__ import annotations

from collections.abc import Iterator

from flaskdoctor.finding import Location, Severity, Tip
from flaskdoctor.fixes.edit import Edit
from flaskdoctor.project.env.envuse import loaders
from flaskdoctor.project.snapshot import Project
from flaskdoctor.project.vcs.gitpicture import by_line
from flaskdoctor.rules.git.env_not_ignored import ignore_env
from flaskdoctor.rules.rule import Bad, Good, Issue, ProjectRule

APP = "import flask\n"


class EnvIgnoredOnlyHere(ProjectRule):
    """.env is ignored, but by a file that is not part of the project.

    ## What it finds

    A `.env` that git ignores because of `.git/info/exclude` or of your own excludes file (`core.excludesFile`,
    `~/.config/git/ignore`), while no `.gitignore` of the project says so.

    ## Why it matters

    Both files are yours alone: they are not cloned. On the next colleague's machine, on the server and in a container
    the same `git add .` takes the secrets in, and the review sees nothing odd, because it works for you.

    ## What to do instead

    Say it in the project's own `.gitignore` as well. The fix adds `.env` there as the last line.

    ## References

    - [git: gitignore](https://git-scm.com/docs/gitignore), on which patterns belong into which file
    """

    code = "FD333"
    name = "env-ignored-only-here"
    tip = Tip.SECRETS
    severity = Severity.INFO
    fix_title = "Add .env to .gitignore"
    bad = [
        Bad(
            {"#git": "exclude:.env", "app.py": APP, ".env": "A_KEY=1\n", ".gitignore": "venv/\n"},
            fixed={".gitignore": "venv/\n.env\n"},
        ),
        Bad({"#git": "exclude:.env*", "app.py": APP, ".env.example": "A_KEY=\n"}, fixed={".gitignore": ".env\n"}),
    ]
    good = [
        {"#git": "init", "app.py": APP, ".env": "A_KEY=1\n", ".gitignore": ".env\n"},
        # Both say it: the project's own file is what others get.
        {"#git": "exclude:.env", "app.py": APP, ".env": "A_KEY=1\n", ".gitignore": ".env\n"},
        # There is no .env, and nothing that would bring one.
        {"#git": "exclude:.env", "app.py": APP},
        Good({"app.py": APP, ".env": "A_KEY=1\n", ".gitignore": ".env\n"}),
    ]

    def check(self, project: Project) -> Iterator[Issue]:
        """The .env that others would commit."""
        env, answer = project.env, project.git.ignore(".env")
        if answer is None or not answer.ignored or answer.everywhere:
            return
        if not (env.env.exists or (env.env.state == "missing" and (env.templates or loaders(project)))):
            return
        yield Issue(f"Only this machine ignores .env, {by_line(answer)}", Location(".gitignore"), ".env")

    def fix(self, issue: Issue, project: Project) -> list[Edit]:
        """.env as the last line of the root's .gitignore."""
        del issue  # there is but one
        return ignore_env(project)
