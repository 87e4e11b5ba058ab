"""FD330: git does not ignore .env."""

from __future__ import annotations

from collections.abc import Iterator

from flaskdoctor.finding import Location, Severity, Tip
from flaskdoctor.fixes.edit import Edit
from flaskdoctor.project.env.envuse import loaders
from flaskdoctor.project.snapshot import Project
from flaskdoctor.rules.rule import Bad, Good, Issue, ProjectRule


class EnvNotIgnored(ProjectRule):
    """Git does not ignore .env: the next `git add .` takes it in.

    ## What it finds

    A project with a `.env`, a template of one, or code that loads one, in which git's ignore rules do not
    cover `.env`. Git itself is asked, so that all it goes by counts: every `.gitignore` from the top of the
    repository, `.git/info/exclude`, your own excludes file, and a later `!.env` that takes it back in.
    Common lines that look right and do nothing are `.env/` (folders only), `./.env`, and `.env # secrets`
    (the comment is part of the pattern).

    It is an info where there is neither a repository nor a `.gitignore`.

    ## Why it matters

    A committed secret is public for good: deleting the file leaves it in the history, in every clone and
    fork, and on GitHub in caches and events. Bots find new ones within minutes.

    ## What to do instead

    Add the line `.env` to the `.gitignore` in the project's folder. The fix adds it as the *last* line,
    where no other line can undo it. Ignoring does not stop git from following a file that it tracks
    already: see FD331.

    ## References

    - [git: gitignore](https://git-scm.com/docs/gitignore) - [GitHub: removing sensitive
    data](https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/removing-sensitive-data-from-a-repository)
    """

    code = "FD330"
    name = "env-not-ignored"
    tip = Tip.SECRETS
    severity = Severity.ERROR
    fix_title = "Add .env to .gitignore"
    bad = [
        Bad(
            {"#git": "init", "app.py": "import flask\n", ".env": "A_KEY=1\n", ".gitignore": "venv/\n"},
            fixed={".gitignore": "venv/\n.env\n"},
        ),
        Bad(
            {"#git": "init", "app.py": "import flask\n", ".env.example": "A_KEY=\n"},
            fixed={".gitignore": ".env\n"},
        ),
        Bad(
            {"#git": "init", "app.py": "import flask\n", ".env": "A_KEY=1\n", ".gitignore": ".env*\r\n!.env\r\n*.pyc"},
            fixed={".gitignore": ".env*\r\n!.env\r\n*.pyc\r\n.env"},
        ),
        # Lines that look right and are not.
        Bad({"#git": "init", "app.py": "import flask\n", ".env": "A=1\n", ".gitignore": ".env/\n./.env\n.env # key\n"}),
        # Outside of a repository: an info.
        Bad({"app.py": "from dotenv import load_dotenv\nload_dotenv()\n"}),
    ]
    good = [
        {"#git": "init", "app.py": "import flask\n", ".env": "A_KEY=1\n", ".gitignore": ".env\n"},
        {"#git": "init", "app.py": "import flask\n", ".env": "A_KEY=1\n", ".gitignore": ".env*\n!.env.example\n"},
        # No .env, no template, nothing that loads one.
        {"#git": "init", "app.py": "import flask\n", ".gitignore": "venv/\n"},
        # The virtualenv's name, not a file.
        {"#git": "init", "app.py": "import flask\n", ".env/pyvenv.cfg": "home = /usr/bin\n", ".gitignore": "*.pyc\n"},
        # The backend of two halves: its own folder's .env is the one that it loads, and that is ignored.
        {
            "#git": "init",
            "backend/settings.py": "from dotenv import load_dotenv\nload_dotenv()\n",
            "backend/.gitignore": ".env\n",
        },
        # Only tests load one.
        {
            "#git": "init",
            "app.py": "import flask\n",
            "tests/conftest.py": "from dotenv import load_dotenv\nload_dotenv()\n",
        },
        Good({"app.py": "import flask\n", ".env": "A_KEY=1\n", ".gitignore": "*.env\n"}),
    ]

    def check(self, project: Project) -> Iterator[Issue]:
        """The .env that is not ignored."""
        env = project.env
        if not (env.env.exists or (env.env.state == "missing" and (env.templates or loaders(project)))):
            return
        answer = project.git.ignore(".env")
        if answer is None or answer.ignored:
            return
        if not env.env.exists and not env.templates and _ignored_elsewhere(project):
            return
        message = "Git does not ignore .env"
        if answer.pattern.startswith("!"):
            message += f": line {answer.line} of {answer.source} ({answer.pattern}) takes it back in"
        elif not env.env.exists:
            message += ", so one that is made here can be committed by mistake"
        unguarded = not project.git.repository and ".gitignore" not in project.files.files
        yield Issue(message, Location(".gitignore"), ".env", severity=Severity.INFO if unguarded else None)

    def fix(self, issue: Issue, project: Project) -> list[Edit]:
        """.env as the last line of the root's .gitignore."""
        del issue  # there is but one
        return ignore_env(project)


def _ignored_elsewhere(project: Project) -> bool:
    """Whether the app's .env has its place in other folders, beside the modules that load it, and is ignored there."""
    answers = [project.git.ignore(f"{path.rpartition('/')[0]}/.env") for path in loaders(project)]
    return bool(answers) and all(answer is not None and answer.ignored for answer in answers)


def ignore_env(project: Project) -> list[Edit]:
    """The edit that makes .env the last line of the root's .gitignore. Raises ``Refuse`` where git would
    not read it."""
    from flaskdoctor.fixes.ignorefile import ignore

    return ignore(project.root, [".env"])
