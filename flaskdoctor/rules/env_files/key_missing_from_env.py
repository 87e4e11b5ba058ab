"""FD313: a key of the template that .env does not have."""

from __future__ import annotations

from collections.abc import Iterator

from flaskdoctor.finding import Location, Severity, Tip
from flaskdoctor.fixes.edit import Edit
from flaskdoctor.project.env.envreaders import is_loaded
from flaskdoctor.project.env.envuse import own_uses
from flaskdoctor.project.snapshot import Project
from flaskdoctor.rules.rule import Bad, Issue, ProjectRule

READ = "import os\nKEY = os.environ['B_KEY']\n"
LOADS_LOCAL = f"from dotenv import load_dotenv\nload_dotenv('.env.local')\n{READ}"
LOADS_ANY = f"import os\nfrom dotenv import load_dotenv\nload_dotenv(f'.env.{{os.getenv(\"STAGE\")}}')\n{READ}"


class KeyMissingFromEnv(ProjectRule):
    """The template names a key that .env does not have.

    ## What it finds

    Each key of the template that is neither in `.env` nor in `.flaskenv`, another env file that is loaded,
    or the environment that flaskdoctor runs in. An error where the code requires the key, a warning where it
    would get None or where no Python file reads it (a compose file may).

    It is information where `.env.local` or the like has the key, and nothing in the project loads that file:
    Flask itself reads `.env` and `.flaskenv` only.

    Passed over: keys that the template marks as optional, with `# optional` on the line or as the heading
    of a block, keys for which the code has a default, and keys that `.env` has commented out.

    ## Why it matters

    Somebody added a key to the template, you pulled, and your `.env` is still last month's.
    `os.environ["KEY"]` then raises a `KeyError` when the app starts; `os.environ.get("KEY")` gives None,
    which shows much later.

    ## What to do instead

    Add the key to `.env` with your value. The fix adds `KEY=`, beside the keys that it stands with
    in the template or else at the end, and leaves the value to you.

    If the key is not needed everywhere, say so in the template:

    ```ini
    SENTRY_DSN=   # optional
    ```

    ## References

    - [python-dotenv: file format](https://saurabh-kumar.com/python-dotenv/#file-format)
    """

    code = "FD313"
    name = "key-missing-from-env"
    tip = Tip.SECRETS
    severity = Severity.ERROR
    fix_title = "Add the key to .env, empty"
    successors = ("FD314", "FD328")
    bad = [
        Bad(
            {"app.py": READ, ".env": "A_KEY=1\n", ".env.example": "A_KEY=\nB_KEY=\n"},
            fixed={".env": "A_KEY=1\nB_KEY=\n"},
        ),
        Bad(
            {"app.py": "import flask\n", ".env": "A_KEY='x'\r\n# mine", ".env.example": "A_KEY=\nB_KEY=x\n"},
            fixed={".env": "A_KEY='x'\r\nB_KEY=\r\n# mine"},
        ),
        # Beside its sisters; apart from a section that is about something else.
        Bad(
            {
                "app.py": READ,
                ".env": "# Mail\nMAIL_SERVER=a\n\n# Data\nDATA_URL=x\n",
                ".env.example": "B_KEY=\n\n# Mail\nMAIL_SERVER=\nMAIL_PORT=\n\nDATA_URL=\n",
            },
            fixed={".env": "# Mail\nMAIL_SERVER=a\nMAIL_PORT=\n\n# Data\nDATA_URL=x\n\nB_KEY=\n"},
            hits=2,
        ),
        # The key above the heading is not optional.
        Bad({"app.py": READ, ".env": "\n", ".env.example": "B_KEY=\n\n# Optional\nC_KEY=\nD_KEY=\n"}),
        # Information: it stands in a file that nothing loads.
        Bad({"app.py": READ, ".env": "A=1\n", ".env.local": "B_KEY=1\n", ".env.example": "A=\nB_KEY=\n"}),
    ]
    good = [
        {"app.py": READ, ".env": "B_KEY=1\n", ".env.example": "B_KEY=\n"},
        # No .env at all: that is FD310, once.
        {"app.py": READ, ".env.example": "B_KEY=\n"},
        {"app.py": "import flask\n", ".env": "A=1\n", ".env.example": "A=\nSENTRY_DSN= # optional\n# MORE=\n"},
        {"app.py": "import flask\n", ".env": "A=1\n", ".env.example": "A=\n# Optional: mail\nM1=\nM2=\n"},
        # The code has a default; an empty PORT= would override it.
        {"app.py": "import os\nP = int(os.getenv('B_KEY', '1'))\n", ".env": "A=1\n", ".env.example": "A=\nB_KEY=\n"},
        {"app.py": READ, ".env": "A=1\n", ".flaskenv": "B_KEY=1\n", ".env.example": "A=\nB_KEY=\n"},
        # In another file, which the code loads, or a script names, or docker compose hands over.
        {"app.py": LOADS_LOCAL, ".env": "A=1\n", ".env.local": "B_KEY=1\n", ".env.example": "A=\nB_KEY=\n"},
        {"app.py": LOADS_ANY, ".env": "A=1\n", ".env.local": "B_KEY=1\n", ".env.example": "A=\nB_KEY=\n"},
        {
            "app.py": READ,
            "Makefile": "run:\n\tflask --env-file .env.local run\n",
            ".env": "A=1\n",
            ".env.local": "B_KEY=1\n",
            ".env.example": "A=\nB_KEY=\n",
        },
        {
            "app.py": READ,
            "compose.yml": "services:\n  web:\n    build: .\n    env_file: .env.local\n",
            ".env": "A=1\n",
            ".env.local": "B_KEY=1\n",
            ".env.example": "A=\nB_KEY=\n",
        },
        # Switched off on purpose.
        {"app.py": "import flask\n", ".env": "A=1\n# B_KEY=\n", ".env.example": "A=\nB_KEY=\n"},
        # Behind a line that cannot be read it is there all the same.
        {"app.py": READ, ".env": "A='open\nB_KEY=1\n", ".env.example": "A=\nB_KEY=\n"},
    ]

    def check(self, project: Project) -> Iterator[Issue]:
        """The keys that .env lacks."""
        files = project.env
        env, template = files.env, files.template
        if template is None or not template.readable or not env.readable:
            return
        uses = own_uses(project)
        for name, binding in template.keys.items():
            use = uses.get(name)
            if (
                binding.optional
                or (use is not None and use.kind == "optional")
                or name in project.environ
                or env.mentions(name)
                or files.flaskenv.sets(name)
            ):
                continue
            others = [other for other in files.further if other.mentions(name)]
            if any(is_loaded(project, other) for other in others):
                continue
            if others:
                yield Issue(
                    f"{name} is in {template.path} and {others[0].path}, but not in .env, and nothing here loads "
                    f"{others[0].path}",
                    Location(template.path, binding.line),
                    name,
                    severity=Severity.INFO,
                    fixable=False,
                    advice=f'Load it (`load_dotenv("{others[0].path}")`, `flask --env-file {others[0].path} run`), '
                    "or move the line to `.env`.",
                )
                continue
            required = use is not None and use.kind == "required"
            where = f", and {use.places[0].path} requires it" if use is not None and required else ""
            yield Issue(
                f"{name} is in {template.path}, but not in .env{where}",
                Location(template.path, binding.line),
                name,
                severity=None if required else Severity.WARNING,
            )

    def fix(self, issue: Issue, project: Project) -> list[Edit]:
        """The key in .env, beside those that it stands with in the template."""
        from flaskdoctor.fixes.envfile import add_key

        before, template = project.env.env.raw.reveal(), project.env.template
        after = add_key(before, issue.anchor, like=template.raw.reveal() if template is not None else b"")
        return [Edit(".env", before, after, secret=True, summary=f"Add {issue.anchor} to .env, empty")]
