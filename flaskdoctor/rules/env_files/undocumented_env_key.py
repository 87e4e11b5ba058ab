"""FD326: the code reads a name that no template has."""

from __future__ import annotations

from collections.abc import Iterator

from flaskdoctor.errors import Refuse
from flaskdoctor.finding import Severity, Tip
from flaskdoctor.fixes.edit import Edit
from flaskdoctor.project.env.envfile import NAME
from flaskdoctor.project.env.envuse import own_uses
from flaskdoctor.project.snapshot import Project
from flaskdoctor.rules.rule import Bad, Issue, ProjectRule

TEMPLATE = {".env.example": "A_KEY=\n"}


class UndocumentedEnvKey(ProjectRule):
    """The code reads an environment variable that no template names.

    ## What it finds

    Each name that the app reads (`os.environ`, `os.getenv`, environs, decouple, pydantic settings ..) while
    the project's template does not have it, neither as `KEY=` nor as `# KEY=`. It is an info where the code
    has a default.

    Names that the system, a platform, a CI service or Flask's own tools set (`PATH`, `PORT`, `GITHUB_SHA`,
    `FLASK_DEBUG` ..) need no template, nor do those that only tests, examples or build scripts read.

    ## Why it matters

    The template is the list that people go by when they set up a machine or a server. A name that is read and
    not listed is found out when it is missed.

    ## What to do instead

    Add the name to the template. The fix adds `KEY=` where the code requires it, and `# KEY=` where it does not: beside
    names that begin alike (`MAIL_PORT` below `MAIL_SERVER`), else at the end. A required name that is set nowhere on
    this machine is added to `.env` too, empty, so that its value is asked for.

    ## References

    - [The twelve-factor app: config](https://12factor.net/config)
    """

    code = "FD326"
    name = "undocumented-env-key"
    tip = Tip.SECRETS
    severity = Severity.WARNING
    fix_title = "Add the name to the template"
    successors = ("FD314", "FD328")
    bad = [
        Bad(
            {"app.py": "import os\nKEY = os.environ['B_KEY']\n", **TEMPLATE},
            fixed={".env.example": "A_KEY=\nB_KEY=\n"},
        ),
        Bad(
            {"app.py": "import os\nKEY = os.environ.get('B_KEY')\n", **TEMPLATE},
            fixed={".env.example": "A_KEY=\n# B_KEY=\n"},
        ),
        Bad(
            {"app.py": "import os\nKEY = os.environ['B_KEY']\n", ".env": "A_KEY=1\n", **TEMPLATE},
            fixed={".env.example": "A_KEY=\nB_KEY=\n", ".env": "A_KEY=1\nB_KEY=\n"},
        ),
        Bad({"app.py": "import os\nKEY = os.getenv('B_KEY', 'x')\n", **TEMPLATE}),  # info
        Bad({"app.py": "import os\nCLOSED = 'B_CLOSED' in os.environ\n", **TEMPLATE}),  # info: a switch
    ]
    good = [
        {"app.py": "import os\nKEY = os.environ['A_KEY']\n", **TEMPLATE},
        {"app.py": "import os\nKEY = os.getenv('B_KEY', 'x')\n", ".env.example": "#B_KEY=x\n"},
        # What .env sets is FD312's to say: one finding, and one line in the template.
        {"app.py": "import os\nKEY = os.environ['B_KEY']\n", ".env": "A_KEY=1\nB_KEY=2\n", **TEMPLATE},
        # Without a template there is nothing to be missing from.
        "import os\nKEY = os.environ['B_KEY']\n",
        # Set by others.
        {"app.py": "import os\nP = os.environ.get('PORT', 1)\nH = os.environ['HOME'] + os.getenv('_')\n", **TEMPLATE},
        {"app.py": "import os\nR = os.environ.get('GITHUB_SHA') or os.environ.get('DYNO')\n", **TEMPLATE},
        {"app.py": "import os\nos.environ['B_KEY'] = 'written, not read'\n", **TEMPLATE},
        # Names of the system; a project that is yet to be made from a template.
        {"app.py": "import os\nF = os.environ['ProgramFiles']\nA = os.environ['PROCESSOR_ARCHITECTURE']\n", **TEMPLATE},
        {"app.py": "import flask\n", "{{cookiecutter.app}}/web.py": "import os\nos.environ['B_KEY']\n", **TEMPLATE},
        # Read by tests, examples and build scripts only.
        {"app.py": "import flask\n", "tests/conftest.py": "import os\nos.environ['B_KEY']\n", **TEMPLATE},
        {"app.py": "import flask\n", "setup.py": "import os\nos.environ.get('B_KEY')\n", **TEMPLATE},
        {"app.py": "import os\nURL = os.environ.get('TEST_DATABASE_URL')\nON = os.getenv('TESTING')\n", **TEMPLATE},
        # The committed .flaskenv documents it.
        {"app.py": "import os\nT = os.environ['SHOP_THEME']\n", ".flaskenv": "SHOP_THEME=dark\n", **TEMPLATE},
        # Another template has it.
        {"app.py": "import os\nT = os.environ['B_KEY']\n", ".env.docker.example": "B_KEY=\n", **TEMPLATE},
    ]

    def check(self, project: Project) -> Iterator[Issue]:
        """The names that are read and not documented."""
        files = project.env
        if files.template is None or not all(template.readable for template in files.templates):
            return
        for name, use in own_uses(project).items():
            if files.documents(name) or (files.env.readable and not files.env.doubt and files.env.sets(name)):
                continue  # what .env sets and the template lacks is FD312's to say, once
            optional = use.kind == "optional"
            more = f" (and {len(use.places) - 1} more places)" if len(use.places) > 1 else ""
            yield Issue(
                f"The code reads {name}{more}, but {files.template.path} does not name it",
                use.places[0],
                name,
                severity=Severity.INFO if optional else None,
                fixable=NAME.match(name) is not None,
            )

    def fix(self, issue: Issue, project: Project) -> list[Edit]:
        """The name in the template; in .env too, where it is required and set nowhere."""
        from flaskdoctor.fixes.envfile import add_key

        files, name = project.env, issue.anchor
        use = own_uses(project).get(name)
        if files.template is None or use is None:
            raise Refuse(f"{name} is not read any more, or the template is gone")
        required = use.kind == "required"
        if required and files.env.exists and (files.env.doubt or not files.env.readable):
            raise Refuse(".env would need it too, and cannot be read to its end", "Mend that line first.")
        before = files.template.raw.reveal()
        after = add_key(before, name, commented=not required)
        edits = [Edit(files.template.path, before, after, summary=f"Add {name} to {files.template.path}")]
        env = files.env
        unset = not env.mentions(name) and name not in project.environ
        unset = unset and not any(other.mentions(name) for other in files.further)
        if required and unset and env.readable and not env.doubt:
            raw = env.raw.reveal()
            edits.append(Edit(".env", raw, add_key(raw, name), secret=True, summary=f"Add {name} to .env, empty"))
        return edits
