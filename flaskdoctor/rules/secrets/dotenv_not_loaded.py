"""FD306: what starts the app, or the worker, does not load .env."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from flaskdoctor.errors import Refuse
from flaskdoctor.finding import Fix, Severity, Tip
from flaskdoctor.rules.rule import Bad, Candidate, Good, Hit, Rule, Site

if TYPE_CHECKING:
    from flaskdoctor.fixes.python import FileEdit
    from flaskdoctor.project.code.facts import ModuleFacts
    from flaskdoctor.project.code.module import Module
    from flaskdoctor.project.snapshot import Project

_LOAD = ("dotenv.load_dotenv", "dotenv.main.load_dotenv", "flask.cli.load_dotenv")
_FACTORIES = ("create_app", "make_app", "create_celery", "make_celery", "celery_init_app")
_ENTRY_NAMES = ("wsgi", "asgi", "passenger_wsgi", "main", "run", "app", "application")
_ENV = {".env": "SHOP_KEY=4711\n"}
_APP = "import os\n\nfrom flask import Flask\n\napp = Flask(__name__)\nKEY = os.environ['SHOP_KEY']\n"
_CONFIG = "import os\n\n\nclass Config:\n    SHOP_KEY = os.environ['SHOP_KEY']\n"
_SHOP = (
    "from flask import Flask\n\nfrom shop.config import Config\n\n\ndef create_app():\n    app = Flask(__name__)\n"
    "    app.config.from_object(Config)\n    return app\n"
)


class DotenvNotLoaded(Rule):
    """The app is started by a server that does not load .env, and nothing in it does; or it does so too late.

    ## What it finds

    In a project with a `.env` whose keys the code reads:

    - the module that gunicorn, uWSGI or waitress starts (`wsgi.py`, or where the app is made), or that makes the Celery
      app, when neither it nor anything it imports calls `load_dotenv()`;
    - a `load_dotenv()` below the import of a module that reads those keys while it is loaded.

    It is information: whether the server gets its variables in another way, only the server knows. It is silent where
    the project says so (docker compose's `env_file`, direnv, pipenv, a systemd unit, `--env-file`; for the first of
    the two also a Dockerfile or a Procfile), and where a library reads the file (decouple, environs,
    pydantic-settings, dynaconf).

    ## Why it matters

    The `flask` command loads `.env` and `.flaskenv` before it imports anything, so at your desk everything works.
    `gunicorn shop:app` and `celery -A shop.tasks worker` load nothing: `os.environ[..]` raises at the first start on
    the server, and `os.environ.get(..)` quietly gives its fallback: perhaps a development key or an empty password.

    Called too late it is the same: `class Config: KEY = os.environ.get("KEY")` is evaluated when `shop.config` is
    imported, and a `load_dotenv()` three lines below that import changes nothing any more.

    ## What to do instead

    First thing in the module that the server starts:

    ```python
    from dotenv import load_dotenv

    load_dotenv()

    from shop import create_app  # noqa: E402

    app = create_app()
    ```

    Variables that are set already win over the file (`override=False`), so it does no harm where there is none. Or
    leave it to what starts the process: `EnvironmentFile=` in a systemd unit, `gunicorn --env`, compose's `env_file:`.

    ## References

    - [Flask: environment variables from
    dotenv](https://flask.palletsprojects.com/en/stable/cli/#environment-variables-from-dotenv)
    - [python-dotenv: getting started](https://saurabh-kumar.com/python-dotenv/)
    - [systemd: EnvironmentFile](https://www.freedesktop.org/software/systemd/man/latest/systemd.exec.html#EnvironmentFile=)
    """

    code = "FD306"
    name = "dotenv-not-loaded"
    tip = Tip.SECRETS
    severity = Severity.INFO  # how the variables get to the server is often known to the server alone
    fix_class = Fix.UNSAFE
    fix_title = "Load .env before anything else"
    fix_risk = "Variables of .env that were not set so far are set from then on, wherever this module is loaded."
    needs = (b"Flask(", b"create_app", b"Celery(", b"load_dotenv")
    successors = ("FD316", "FD317", "FD319", "FD320", "FD325", "FD328")

    bad = [
        Bad(
            {
                "wsgi.py": "from shop import create_app\n\napp = create_app()\n",
                "shop/__init__.py": _SHOP,
                "shop/config.py": _CONFIG,
                "requirements.txt": "flask\ngunicorn\npython-dotenv\n",
                **_ENV,
            },
            {
                "wsgi.py": "from dotenv import load_dotenv\n\nload_dotenv()\nfrom shop import create_app\n\n"
                "app = create_app()\n"
            },
        ),
        # Too late: the configuration is read by then.
        Bad(
            {
                "app.py": '"""The shop."""\n\nfrom dotenv import load_dotenv\nfrom flask import Flask\n\n'
                "from shop.config import Config\n\n"
                "load_dotenv()  # for gunicorn\n\napp = Flask(__name__)\napp.config.from_object(Config)\n",
                "shop/__init__.py": "",
                "shop/config.py": _CONFIG,
                "requirements.txt": "flask\ngunicorn\npython-dotenv\n",
                **_ENV,
            },
        ),
        Bad(
            {
                "app.py": "from shop import settings\nimport flask as f\nimport dotenv\n\ndotenv.load_dotenv()\n"
                "app = f.Flask(__name__)\n",
                "shop/__init__.py": "",
                "shop/settings.py": "from shop.keys import KEY\n",
                "shop/keys.py": "import os\n\nKEY = os.getenv('SHOP_KEY')\n",
                "requirements.txt": "flask\nuwsgi\npython-dotenv\n",
                **_ENV,
            },
        ),
        # Flask's own function does the same; and where the image is built, .env is loaded no earlier.
        Bad(
            {
                "wsgi.py": "from flask.cli import load_dotenv\n\nfrom shop import create_app\n\nload_dotenv()\n\n"
                "app = create_app()\n",
                "shop/__init__.py": _SHOP,
                "shop/config.py": _CONFIG,
                "Dockerfile": "FROM python:3.13\nCMD gunicorn wsgi:app\n",
                "requirements.txt": "flask\ngunicorn\npython-dotenv\n",
                **_ENV,
            },
        ),
        # The worker is started by another command than the app.
        Bad(
            {
                "wsgi.py": "from dotenv import load_dotenv\n\nload_dotenv()\n\nfrom shop import create_app\n\n"
                "app = create_app()\n",
                "shop/__init__.py": _SHOP,
                "shop/config.py": _CONFIG,
                "shop/tasks.py": "from celery import Celery\n\nfrom shop import create_app\n\napp = create_app()\n"
                "celery = Celery('shop')\n",
                "requirements.txt": "flask\ngunicorn\ncelery\npython-dotenv\n",
                **_ENV,
            },
        ),
        # No app at module level: the server calls the factory.
        Bad(
            {
                "shop/__init__.py": _SHOP,
                "shop/config.py": _CONFIG,
                "start.sh": "exec gunicorn 'shop:create_app()'\n",
                "requirements.txt": "flask\nwaitress\npython-dotenv\n",
                **_ENV,
            },
        ),
    ]
    good = [
        # A view loads it once more: the module that the server starts has done so long before.
        Good(
            {
                "wsgi.py": "from dotenv import load_dotenv\n\nload_dotenv()\n\nfrom shop.views import app\n",
                "shop/__init__.py": "",
                "shop/views.py": "from dotenv import load_dotenv\nfrom flask import Flask\n\n"
                "from shop.config import Config\n\nload_dotenv()\napp = Flask(__name__)\n"
                "app.config.from_object(Config)\n",
                "shop/config.py": _CONFIG,
                "requirements.txt": "flask\ngunicorn\npython-dotenv\n",
                **_ENV,
            }
        ),
        # Loaded first; by a module that is imported first.
        Good(
            {
                "wsgi.py": "from dotenv import load_dotenv\n\nload_dotenv()\n\nfrom shop import create_app\n\n"
                "app = create_app()\n",
                "shop/__init__.py": _SHOP,
                "shop/config.py": _CONFIG,
                "requirements.txt": "flask\ngunicorn\npython-dotenv\n",
                **_ENV,
            }
        ),
        Good(
            {
                "app.py": "from flask import Flask\n\nfrom shop.config import Config\n\napp = Flask(__name__)\n"
                "app.config.from_object(Config)\n",
                "shop/__init__.py": "",
                "shop/config.py": "import os\n\nfrom dotenv import load_dotenv\n\nload_dotenv()\n\n\nclass Config:\n"
                "    SHOP_KEY = os.environ['SHOP_KEY']\n",
                "requirements.txt": "flask\ngunicorn\npython-dotenv\n",
                **_ENV,
            }
        ),
        # No server but Flask's own; no .env; a .env for docker compose alone.
        Good({"app.py": _APP, **_ENV}),
        Good({"app.py": _APP, "requirements.txt": "flask\ngunicorn\n"}),
        Good(
            {
                "app.py": "from flask import Flask\n\napp = Flask(__name__)\n",
                "requirements.txt": "flask\ngunicorn\n",
                ".env": "POSTGRES_PORT=5432\n",
            }
        ),
        # Handed over by what starts it.
        Good(
            {
                "app.py": _APP,
                "requirements.txt": "flask\ngunicorn\n",
                "compose.yml": "services:\n  web:\n    build: .\n    env_file: .env\n",
                **_ENV,
            }
        ),
        Good(
            {
                "app.py": _APP,
                "requirements.txt": "flask\ngunicorn\n",
                "Procfile": "web: gunicorn app:app\n",
                **_ENV,
            }
        ),
        Good(
            {
                "app.py": _APP,
                "requirements.txt": "flask\ngunicorn\n",
                "deploy/shop.service": "[Service]\nEnvironmentFile=/srv/shop/.env\n",
                **_ENV,
            }
        ),
        # A shell loads it.
        Good(
            {
                "app.py": _APP,
                "requirements.txt": "flask\ngunicorn\n",
                ".env": "export SHOP_KEY=4711\n",
            }
        ),
        # Read by a library.
        Good(
            {
                "app.py": "from decouple import config\nfrom flask import Flask\n\napp = Flask(__name__)\n"
                "KEY = config('SHOP_KEY')\n",
                "requirements.txt": "flask\ngunicorn\npython-decouple\n",
                **_ENV,
            }
        ),
        # Above the call nothing reads: the factory does, later; or what is read is none of its keys.
        Good(
            {
                "app.py": "from dotenv import load_dotenv\n\nfrom shop import create_app\n\nload_dotenv()\n"
                "app = create_app()\n",
                "shop/__init__.py": "import os\n\nfrom flask import Flask\n\nHOME = os.environ.get('SHOP_HOME')\n\n\n"
                "def create_app():\n    app = Flask(__name__)\n    app.config['KEY'] = os.environ['SHOP_KEY']\n"
                "    return app\n",
                "requirements.txt": "flask\ngunicorn\npython-dotenv\n",
                **_ENV,
            }
        ),
    ]

    def check(self, module: Module) -> Iterator[Hit]:
        """Where an app, a worker or a factory is made, and where .env is loaded: judged with the whole project."""
        if module.role not in ("app", "script"):
            return
        for call in module.calls(*_LOAD):
            if module.function_of(call) is None and module.at_import(call):
                message = "load_dotenv() comes too late here: what is imported above has read the environment by then"
                above = _imported_above(module, call.lineno)
                yield Hit(call, message, data=("late", *above), fixable=False, advice=_LATE_ADVICE)
                return
        seen: set[str] = set()
        for statement in module.ast.body:
            kind = _entry(module, statement)
            if kind and kind not in seen and not (kind == "factory" and "app" in seen):
                seen.add(kind)
                yield Hit(
                    statement,
                    "Nothing loads .env here: a Celery worker does not, only the `flask` command does"
                    if kind == "celery"
                    else "Nothing loads .env here: gunicorn and its like do not, only the `flask` command does",
                    data=(kind,),
                    fixable=kind != "factory",
                    advice="" if kind != "factory" else "Call `load_dotenv()` in the module that the server starts.",
                )

    def judge(self, candidate: Candidate, project: Project) -> Severity | None:
        """A finding where a .env that the code needs is not there in time."""
        if not project.env.env.exists:
            return None
        from flaskdoctor.project.env import dotenvloading

        keys = dotenvloading.wanted_keys(project)
        start = project.modules.get(candidate.location.path)
        if not keys or start is None or dotenvloading.handed_over(project):
            return None
        kind = candidate.data[0]
        if kind == "late":
            above = [str(target) for target in candidate.data[1:]]
            if not dotenvloading.read_too_early(project, start, above, keys):
                return None
            return None if dotenvloading.loaded_before(project, start) else candidate.severity
        if dotenvloading.loaded_by_others(project):
            return None
        if kind != "celery" and (not dotenvloading.is_served(project) or not _is_started(project, start)):
            return None
        reached = dotenvloading.reached_from(project, start)
        if dotenvloading.loads_dotenv([*reached, *_server_settings(project)]):
            return None
        if not any(read for facts in reached for read in facts.env_reads):
            return None
        return candidate.severity

    def fix(self, site: Site, edit: FileEdit) -> None:
        """``load_dotenv()`` above everything else."""
        body = [node for node in site.module.ast.body if not _is_first(node)]
        if not body:
            raise Refuse("There is no statement to put it above.")
        edit.insert_before(body[0], "from dotenv import load_dotenv\n\nload_dotenv()\n")
        edit.require("python-dotenv", "")


_LATE_ADVICE = (
    "Move the call, and the import of `load_dotenv`, above the imports of your own modules. The `flask` command hides "
    "this: it has loaded .env before."
)


def _imported_above(module: Module, line: int) -> list[str]:
    """What a file surely imports above a line, while it is loaded."""
    found: list[str] = []
    for node in module.nodes(ast.Import, ast.ImportFrom):
        if node.lineno >= line or not module.at_import(node) or not module.unconditional(node):  # type: ignore[attr-defined]
            continue
        if isinstance(node, ast.Import):
            found += [item.name for item in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = module.names.absolute(node.module, node.level)
            found += [f"{base}.{item.name}" if item.name != "*" else base for item in node.names]
    return found


def _entry(module: Module, statement: ast.stmt) -> str:
    """What a statement of the module's top level makes: "app", "celery", "factory" or nothing."""
    if isinstance(statement, ast.FunctionDef):
        return "factory" if statement.name in ("create_app", "make_app") and b"Flask(" in module.source else ""
    if not isinstance(statement, ast.Assign | ast.AnnAssign) or not isinstance(statement.value, ast.Call):
        return ""
    name = module.resolve(statement.value.func) or ""
    last = name.rpartition(".")[2]
    if name == "celery.Celery" or (last in _FACTORIES and "celery" in last):
        return "celery"
    return "app" if name in ("flask.Flask", "flask.app.Flask") or last in _FACTORIES else ""


def _is_first(node: ast.stmt) -> bool:
    """The docstring and imports from ``__future__`` stay above."""
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    return isinstance(node, ast.ImportFrom) and node.module == "__future__"


def _is_started(project: Project, facts: ModuleFacts) -> bool:
    """Whether a module is the one that a server starts: named in a command, or else the likeliest."""
    from flaskdoctor.project.env.dotenvloading import SERVERS

    named = {
        word.partition(":")[0]
        for command in project.deploy.commands
        if command.program in SERVERS
        for word in command.arguments
        if ":" in word and word.partition(":")[0].replace(".", "").replace("_", "").isalnum()
    }
    if named:
        return facts.name in named
    makers = [other for other in project.modules.values() if other.role in ("app", "script") and _makes_app(other)]
    best = min(makers, key=_rank, default=None)
    return best is not None and best.path == facts.path


def _makes_app(facts: ModuleFacts) -> bool:
    return any(
        made.callee in ("flask.Flask", "flask.app.Flask") or made.callee.endswith(_FACTORIES[:2])
        for made in facts.constructed.values()
    )


def _rank(facts: ModuleFacts) -> tuple[bool, int, int, str]:
    """An app of the module itself before a factory, then the usual names, then what stands higher up."""
    last = facts.name.rpartition(".")[2]
    place = _ENTRY_NAMES.index(last) if last in _ENTRY_NAMES else len(_ENTRY_NAMES)
    return all("<locals>" in name for name in facts.constructed), place, facts.path.count("/"), facts.path


def _server_settings(project: Project) -> list[ModuleFacts]:
    """gunicorn's configuration files: what they load is there for the app too."""
    return [facts for facts in project.modules.values() if "gunicorn" in facts.name]
