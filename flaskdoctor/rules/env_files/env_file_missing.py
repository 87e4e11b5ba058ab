"""FD310: the app needs a .env, and there is none."""

from __future__ import annotations

from collections.abc import Iterator

from flaskdoctor.errors import Refuse
from flaskdoctor.finding import Fix, Location, Severity, Tip
from flaskdoctor.fixes.edit import Edit
from flaskdoctor.project.env.envfilenames import TEMPLATE_NAMES
from flaskdoctor.project.env.envuse import loaders, own_uses
from flaskdoctor.project.snapshot import Project
from flaskdoctor.rules.rule import Bad, Good, Issue, ProjectRule

LOADING = "from dotenv import load_dotenv\nload_dotenv()\n"


class EnvFileMissing(ProjectRule):
    """The code loads a .env file or requires environment variables, and there is no .env.

    ## What it finds

    A project whose code calls `load_dotenv()` (or uses environs or decouple), or reads names like
    `os.environ["SECRET_KEY"]` that must be there, while no `.env` stands in the project's folder.

    Silent where one would be wrong or is not needed: in CI (the variable `CI` is set), where every required
    name is already in the environment or in `.flaskenv`, and where another env file is in use
    (`.env.local`, one beside the module that loads it, one in a folder above: python-dotenv searches
    upwards).

    It is an info where everything that the code reads has a default.

    ## Why it matters

    `load_dotenv()` says nothing when it finds no file. The app then starts with its fallbacks (a guessable
    secret key, a SQLite file, a mail server that is None), or stops at the first `KeyError`, on each new
    machine anew.

    ## What to do instead

    Make `.env` from the project's template, readable by you alone, and fill in the values:

    ```console
    $ install -m 600 .env.example .env
    ```

    With a template in the project the fix does just that, but for an empty `KEY=` that the code can do without: it
    becomes a comment, since an empty text would take the place of the default. Where the template has a value for
    such a key, the fix asks first. It never overwrites a file.
    Remember that `flask run` loads `.env` by itself only with python-dotenv installed, and that gunicorn and celery
    load nothing.

    ## References

    - [Flask: environment variables from
    dotenv](https://flask.palletsprojects.com/en/stable/cli/#environment-variables-from-dotenv) -
    [python-dotenv](https://saurabh-kumar.com/python-dotenv/) - [The twelve-factor app:
    config](https://12factor.net/config)
    """

    code = "FD310"
    name = "env-file-missing"
    tip = Tip.SECRETS
    severity = Severity.WARNING
    fix_title = "Create .env from the template"
    fix_risk = (
        "The template has values for keys that the code has defaults for: from now on these values count, for the "
        "database and the mail server as well."
    )
    successors = (
        "FD306", "FD312", "FD313", "FD314", "FD315", "FD316", "FD317", "FD318", "FD319", "FD320", "FD322", "FD328",
        "FD329", "FD330", "FD335", "FD336", "FD337",
    )  # fmt: skip
    bad = [
        Bad(
            {
                "app.py": "import os\nKEY = os.environ['SHOP_API_KEY']\n",
                ".env.example": "# The shop's key\nSHOP_API_KEY=\n",
            },
            fixed={".env": "# The shop's key\nSHOP_API_KEY=\n"},
        ),
        # What is empty and has a default stays a comment: int("") is an error, and "" no database.
        Bad(
            {
                "app.py": f"{LOADING}import os\nSIZE = int(os.environ.get('SHOP_PAGE_SIZE', 20))\n"
                "KEY = os.environ['SHOP_API_KEY']\n",
                ".env.example": "SHOP_API_KEY=\n\nexport SHOP_PAGE_SIZE= # how many\nSHOP_OTHER=\n",
            },
            fixed={".env": "SHOP_API_KEY=\n\n# export SHOP_PAGE_SIZE= # how many\nSHOP_OTHER=\n"},
        ),
        # A value takes the place of a default: the fix asks first.
        Bad(
            {
                "app.py": f"{LOADING}import os\nURL = os.environ.get('SHOP_DATABASE', 'sqlite://')\n",
                ".env.example": "SHOP_DATABASE=postgresql://db/shop\n",
            },
            fixed={".env": "SHOP_DATABASE=postgresql://db/shop\n"},
        ),
        Bad({"config.py": f"{LOADING}import os\nMAIL = os.environ.get('SHOP_MAIL_SERVER')\n"}),
        Bad({"app.py": LOADING}),  # info: nothing is read that has no default
        # A template of another file: advice.
        Bad({"app.py": "import os\nKEY = os.environ['SHOP_API_KEY']\n", "shop.template.env": "SHOP_API_KEY=\n"}),
    ]
    good = [
        # Nothing loads a .env, and what is read has a default.
        "import os\nPAGE_SIZE = int(os.environ.get('SHOP_PAGE_SIZE', 20))\n",
        # The names are the platform's.
        "import os\nHOME = os.environ['HOME']\nRELEASE = os.environ['KUBERNETES_SERVICE_HOST']\n",
        # A test needs the name, not the app.
        {"app.py": "import flask\n", "tests/test_shop.py": "import os\nURL = os.environ['SHOP_TEST_URL']\n"},
        # The committed .flaskenv has it.
        {"app.py": "import os\nKEY = os.environ['SHOP_THEME']\n", ".flaskenv": "SHOP_THEME=dark\n"},
        # The file has another name, or stands beside the module that loads it.
        {"app.py": f"{LOADING}import os\nKEY = os.environ['SHOP_KEY']\n", ".env.local": "SHOP_KEY=1\n"},
        {"shop/__init__.py": f"{LOADING}import os\nKEY = os.environ['SHOP_KEY']\n", "shop/.env": "SHOP_KEY=1\n"},
        # The app sets it itself, to hand it on to its other half.
        {
            "shop/__init__.py": "import os\n\n\ndef start(mark):\n    os.environ['SHOP_MARK'] = mark\n",
            "shop/work.py": "import os\n\n\ndef mine(mark):\n    return os.environ['SHOP_MARK'] == mark\n",
        },
        {
            "shop/start.py": "import os\nimport subprocess\n\n\ndef start(folder):\n    env = os.environ.copy()\n"
            "    env['SHOP_OUT'] = folder\n    subprocess.Popen(['shop-print'], env=env)\n",
            "shop/printing.py": "import os\n\n\ndef out():\n    return os.environ['SHOP_OUT']\n",
        },
        # A Flask that loads no .env.
        Good({"app.py": "import os\nKEY = os.environ['SHOP_KEY']\n", ".env.example": "SHOP_KEY=\n"}, flask="0.12.5"),
        # Decouple reads settings.ini as well.
        {
            "app.py": "from decouple import config\nKEY = config('SHOP_KEY')\n",
            "settings.ini": "[settings]\nSHOP_KEY=1\n",
        },
        # It is there.
        {"app.py": LOADING, ".env": "SHOP_KEY=1\n"},
        # Guarded: a missing name does no harm.
        "import os\nif 'SHOP_KEY' in os.environ:\n    KEY = os.environ['SHOP_KEY']\n",
        Good("import os\nos.environ.setdefault('SHOP_KEY', 'x')\nKEY = os.environ['SHOP_KEY']\n"),
    ]

    def check(self, project: Project) -> Iterator[Issue]:
        """The missing .env, if it is missed."""
        env = project.env
        if env.env.state != "missing" or "CI" in project.environ or env.further or env.above:
            return
        if "settings.ini" in project.files.files:
            return
        uses = own_uses(project)
        required = [
            name
            for name, use in uses.items()
            if use.kind == "required" and name not in project.environ and not env.flaskenv.sets(name)
        ]
        loading = loaders(project)
        if not required and not loading:
            return
        flask = project.dependencies.flask
        if not loading and flask is not None and flask.newest < (1, 0):
            return  # the `flask` command loads a .env since 1.0: nothing would read it
        needs = f"the code requires {_listed(required)}" if required else f"{loading[0]} loads it"
        harmless = not required and env.template is None and all(use.kind == "optional" for use in uses.values())
        template = env.template
        # One called shop.template.env says how to make another file: which, its own text or the README knows.
        usable = template is not None and template.readable and template.path.lower() in TEMPLATE_NAMES
        spared = {name for name, use in uses.items() if use.kind != "required"}
        takes_over = template is not None and any(
            binding.shown in spared and binding.value is not None and not binding.empty for binding in template.bindings
        )
        advice = "" if usable else _advice(sorted(uses), required=bool(required))
        yield Issue(
            f"There is no .env, and {needs}",
            Location(".env"),
            ".env",
            severity=Severity.INFO if harmless else None,
            fix=Fix.UNSAFE if takes_over else None,
            fixable=usable,
            advice=advice,
        )

    def fix(self, issue: Issue, project: Project) -> list[Edit]:
        """A copy of the template, for its owner only."""
        del issue  # there is but one
        from flaskdoctor.fixes.envtemplate import new_env

        template = project.env.template
        if template is None:
            raise Refuse("There is no template to make .env from")
        spared = [name for name, use in own_uses(project).items() if use.kind != "required"]
        after = new_env(template.raw.reveal(), spared)
        summary = f"Create .env from {template.path} ({len(template.keys)} keys), readable by you only"
        return [Edit(".env", None, after, mode=0o600, secret=True, summary=summary)]


def _advice(names: list[str], *, required: bool) -> str:
    """What to do where there is no template to make a .env from."""
    if required:
        return "Write the names into a template first (FD311 does), then make .env from it."
    if not names:
        return "Write a .env with what the app needs, or drop the call that loads it."
    shown = ", ".join(f"`{name}`" for name in names[:12])
    more = f" and {len(names) - 12} more" if len(names) > 12 else ""
    return f"The code reads {shown}{more}. Write those that you need into a .env, readable by you alone."


def _listed(names: list[str]) -> str:
    if len(names) <= 3:
        return " and ".join(names) if len(names) < 3 else f"{names[0]}, {names[1]} and {names[2]}"
    return f"{names[0]}, {names[1]} and {len(names) - 2} more names"
