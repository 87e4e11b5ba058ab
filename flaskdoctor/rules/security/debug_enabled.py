"""FD701: debug mode switched on in the code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from flaskdoctor.errors import Refuse
from flaskdoctor.finding import Fix, Severity, Tip
from flaskdoctor.project.code.purpose import conditional, is_main_test, purpose_of
from flaskdoctor.project.deployment.appruns import app_runs, starts_flask
from flaskdoctor.project.deployment.openruns import open_host
from flaskdoctor.project.env.envnames import ENVIRON
from flaskdoctor.project.routing.views import keyword
from flaskdoctor.project.secrecy.secretnames import word_set, words
from flaskdoctor.rules.rule import Bad, Candidate, Good, Hit, Issue, Rule, Site

if TYPE_CHECKING:
    from flaskdoctor.fixes.python import FileEdit
    from flaskdoctor.project.code.configuration import ConfigWrite
    from flaskdoctor.project.code.module import Module
    from flaskdoctor.project.snapshot import Project

_STAGING = word_set("staging stage")
_DEPLOYED = (
    "Take it out, and set it where only you develop: in `.flaskenv`, in `docker-compose.override.yml`, or by "
    "`flask run --debug`."
)
_DEBUG = 2  # the place of ``debug`` in ``Flask.run(host, port, debug, load_dotenv)``
# What a comment says of debug mode, and that it is on.
_SAYS_DEBUG = re.compile(r"#.*\bdebug", re.IGNORECASE)
_SAYS_ON = re.compile(r"#.*(?:\b(?:in|with|enables?d?) debug|\b(?:is|turn\w*|switch\w*) on\b|enabled)", re.IGNORECASE)


class DebugEnabled(Rule):
    """Debug mode is switched on in the code, so it is on wherever that code runs.

    ## What it finds

    `app.run(debug=True)` (also as the third positional argument, on connexion's app and on Flask-SocketIO),
    `app.debug = True`, `DEBUG` set to a true constant in a configuration (`app.config["DEBUG"] = True`,
    `config.update(DEBUG=True)`, an attribute of a settings class, a constant of a settings module) and
    `os.environ["FLASK_DEBUG"] = "1"`. In what is deployed: `FLASK_DEBUG=1` in a Dockerfile, a compose file, a
    `Procfile` or a platform's file (`app.yaml`, `render.yaml`, `fly.toml`), and `flask run --debug` as what a
    `Procfile` starts.

    Settings for development and tests are left alone: `DevelopmentConfig`, `if app.debug:`, `run_dev.py`,
    `Dockerfile.dev`, `docker-compose.override.yml`. A plain compose file in which nothing speaks of production is
    information, and a Dockerfile that reloads or has another one beside it; so is `StagingConfig`. Behind any
    other condition, and in examples, it is information; so it is where the same call listens on every network
    interface, for there `debug-on-all-interfaces` (FD704) is the error.

    ## Why it matters

    With `run(debug=True)` every unhandled error answers with Werkzeug's debugger: the source around the error and
    an interactive Python console that runs as the server's user. The console asks for a PIN, which is made from
    things like the user's name and the machine's id; a file-reading hole gives it away. `DEBUG` in the configuration
    of an app behind gunicorn starts no console, but errors are raised instead of answered by the app's own 500
    handler, and templates are checked for changes on every request.

    ## What to do instead

    Leave the code free of it and say it when you start the server:

    ```console
    $ flask --app shop run --debug
    ```

    or, for good on your own machine, `FLASK_DEBUG=1` in `.flaskenv`. `app.run()` without `debug` follows
    `FLASK_DEBUG` as well.

    ## References

    - [Flask: debug mode](https://flask.palletsprojects.com/en/stable/quickstart/#debug-mode)
    - [Flask: DEBUG](https://flask.palletsprojects.com/en/stable/config/#DEBUG)
    - [Werkzeug: debugging applications](https://werkzeug.palletsprojects.com/en/stable/debug/#debugger-pin)
    """

    code = "FD701"
    name = "debug-enabled"
    tip = Tip.SECURITY
    severity = Severity.ERROR
    fix_class = Fix.UNSAFE
    fix_title = "Take debug out of the code"
    fix_risk = "Started as before, the server shows no debugger and does not reload: use `flask run --debug`."
    needs = (b"debug", b"DEBUG", b".run(")

    bad = [
        Bad(
            'from flask import Flask\n\napp = Flask(__name__)\n\nif __name__ == "__main__":\n'
            "    app.run(port=8000, debug=True)\n",
            'from flask import Flask\n\napp = Flask(__name__)\n\nif __name__ == "__main__":\n    app.run(port=8000)\n',
        ),
        Bad(
            {
                "shop/__init__.py": "from flask import Flask\n\n\ndef create_app():\n    return Flask(__name__)\n",
                "run.py": 'from shop import create_app\n\nif __name__ == "__main__":\n'
                '    create_app().run("127.0.0.1", 8000, True)\n',
            },
            {
                "run.py": 'from shop import create_app\n\nif __name__ == "__main__":\n'
                '    create_app().run("127.0.0.1", 8000)\n'
            },
        ),
        Bad(
            {
                "config.py": "import connexion\n\nshop_app = connexion.App(__name__)\n",
                "app.py": 'from config import shop_app\n\nif __name__ == "__main__":\n    shop_app.run(debug=1)\n',
            },
            {"app.py": 'from config import shop_app\n\nif __name__ == "__main__":\n    shop_app.run()\n'},
        ),
        Bad(
            "import flask as f\nfrom flask_socketio import SocketIO\n\nDEBUG = True\n\n\ndef main():\n"
            "    app = f.Flask(__name__)\n    socketio = SocketIO(app)\n    app.debug = True\n"
            "    socketio.run(app, debug=DEBUG)\n",
            "import flask as f\nfrom flask_socketio import SocketIO\n\nDEBUG = True\n\n\ndef main():\n"
            "    app = f.Flask(__name__)\n    socketio = SocketIO(app)\n    socketio.run(app)\n",
            hits=2,
        ),
        Bad(
            "class Config:\n    DEBUG = True\n    TESTING = False\n\n\nclass ProductionConfig(Config):\n"
            "    PORT = 80\n",
            "class Config:\n    DEBUG = False\n    TESTING = False\n\n\nclass ProductionConfig(Config):\n"
            "    PORT = 80\n",
        ),
        Bad(
            'from flask import Flask\n\napp = Flask(__name__)\napp.config["DEBUG"] = True\n'
            'app.config.update(DEBUG=True, JSON_SORT_KEYS=False)\napp.config.update({"DEBUG": True})\n',
            'from flask import Flask\n\napp = Flask(__name__)\napp.config["DEBUG"] = False\n'
            'app.config.update(DEBUG=False, JSON_SORT_KEYS=False)\napp.config.update({"DEBUG": False})\n',
            hits=3,
        ),
        Bad(
            'import os\n\nfrom flask import Flask\n\nos.environ["FLASK_DEBUG"] = "1"\napp = Flask(__name__)\n',
            "from flask import Flask\n\napp = Flask(__name__)\n",
        ),
        # A comment that would no longer be true: above it, above its block, behind it.
        Bad(
            {
                "run.py": "import os\n\nfrom shop import app\n\n# Starts the shop, in debug mode\n"
                'if __name__ == "__main__":\n    app.run(debug=True)\n',
                "shop.py": "import os\n\nfrom flask import Flask\n\n# Run in debug mode\n"
                'os.environ["FLASK_DEBUG"] = "1"\napp = Flask(__name__)\n\n# Debugging\n'
                'app.config["DEBUG"] = True\n'
                'app.config["DEBUG"] = True  # turned on for now\n',
            },
            {
                "run.py": "import os\n\nfrom shop import app\n\n# Starts the shop, in debug mode\n"
                'if __name__ == "__main__":\n    app.run(debug=True)\n',
                "shop.py": "import os\n\nfrom flask import Flask\n\n# Run in debug mode\n"
                'os.environ["FLASK_DEBUG"] = "1"\napp = Flask(__name__)\n\n# Debugging\n'
                'app.config["DEBUG"] = False\n'
                'app.config["DEBUG"] = True  # turned on for now\n',
            },
            hits=4,
        ),
        # In an example it is meant: advice only.
        Bad(
            {
                "shop/__init__.py": "from flask import Flask\n\napp = Flask(__name__)\n",
                "examples/app.py": "from shop import app\n\nif __name__ == '__main__':\n    app.run(debug=True)\n",
            },
            {"examples/app.py": "from shop import app\n\nif __name__ == '__main__':\n    app.run(debug=True)\n"},
        ),
        # In what is deployed: one finding a file.
        Bad(
            {
                "app.py": "from flask import Flask\n\napp = Flask(__name__)\n",
                "Dockerfile": "FROM python:3.13 AS base\nENV FLASK_APP=app FLASK_DEBUG=1\n\nFROM base\n"
                'CMD ["gunicorn", "app:app"]\n',
                "docker-compose.prod.yml": "services:\n  web:\n    build: .\n    environment:\n"
                '      FLASK_DEBUG: "true"\n',
                "Procfile": "web: FLASK_DEBUG=1 gunicorn app:app\n",
                "app.yaml": 'runtime: python312\nenv_variables:\n  FLASK_DEBUG: "1"\n',
            },
            hits=4,
        ),
        Bad(
            {
                "app.py": "from flask import Flask\n\napp = Flask(__name__)\n",
                "Procfile": "web: flask --app app run --debug --port $PORT\n",
            },
        ),
    ]
    good = [
        # Somebody else's run().
        "import asyncio\nimport subprocess\n\nimport flask\n\n\nasync def main():\n    pass\n\n\n"
        'asyncio.run(main(), debug=True)\nsubprocess.run(["ls"], debug=True)\nRunner().run(debug=True)\n',
        "from celery import Celery\nfrom flask import Flask\n\ncelery = Celery()\ntask = make_task()\n"
        "task.run(debug=True)\n",
        # Settings for development and tests.
        "class Config:\n    DEBUG = False\n\n\nclass DevelopmentConfig(Config):\n    DEBUG = True\n\n\n"
        "class DevConfig(Config):\n    DEBUG = True\n\n\nclass TestingConfig(Config):\n    DEBUG = True\n\n\n"
        "class DevelopementConfig(Config):\n    DEBUG = True\n",
        Good({"devstart.py": "from shop import app\n\napp.run(debug=True)\n"}),
        # On in the base, and off again where it counts.
        "class Config:\n    DEBUG = True\n\n\nclass TestConfig(Config):\n    TESTING = True\n\n\n"
        "class ProductionConfig(Config):\n    DEBUG = False\n",
        Good({"settings/local.py": "DEBUG = True\n", "run_dev.py": "from shop import app\n\napp.run(debug=True)\n"}),
        Good({"tests/test_shop.py": "from shop import app\n\napp.debug = True\n"}),
        # Debug mode that somebody asks for.
        "import argparse\n\nfrom flask import Flask\n\napp = Flask(__name__)\nparser = argparse.ArgumentParser()\n"
        'parser.add_argument("--debug", action="store_true")\nargs = parser.parse_args()\n'
        "if args.debug:\n    app.debug = True\napp.run(debug=args.debug)\n",
        "import os\n\nfrom flask import Flask\n\napp = Flask(__name__)\n"
        'if os.environ.get("SHOP_ENV") == "production":\n'
        "    app.run()\nelse:\n    app.run(debug=True)\n",
        "import os\n\nfrom flask import Flask\n\napp = Flask(__name__)\n"
        'app.config["DEBUG"] = os.environ.get("SHOP_DEBUG") == "1"\n'
        'app.run(debug=app.config["DEBUG"])\n',
        # Off, or left to Flask.
        "from flask import Flask\n\napp = Flask(__name__)\napp.debug = False\napp.run(debug=False)\n"
        "app.run(None, 80, None)\n",
        # Another object's debug.
        "import logging\n\nimport flask\n\nlogger = logging.getLogger()\nlogger.debug = True\n"
        'client.config["DEBUG"] = True\n',
        # The settings of a Django project in the same repository.
        Good({"admin/settings.py": 'DEBUG = True\nINSTALLED_APPS = ["stock"]\n'}),
        # What is deployed for development, what is off, and what only another stage sets.
        Good(
            {
                "app.py": "from flask import Flask\n\napp = Flask(__name__)\n",
                "Dockerfile.dev": "FROM python:3.13\nENV FLASK_DEBUG=1\n",
                "docker-compose.override.yml": "services:\n  web:\n    environment:\n      - FLASK_DEBUG=1\n",
                "compose.yaml": "services:\n  web-dev:\n    environment: [FLASK_DEBUG=1]\n  web:\n    build: .\n"
                "    environment:\n      FLASK_DEBUG: ${FLASK_DEBUG}\n",
                "Dockerfile": "FROM python:3.13 AS base\nENV FLASK_DEBUG=0\n\nFROM base AS dev\nENV FLASK_DEBUG=1\n\n"
                'FROM base AS final\nCMD ["gunicorn", "app:app"]\n',
                "Procfile": "web: FLASK_DEBUG=0 gunicorn app:app\nworker: FLASK_DEBUG=1 celery worker\n",
            }
        ),
        # A constant that no configuration reads.
        'import flask\n\nDEBUG = True\n\nif DEBUG:\n    print("debugging")\n',
    ]

    def check(self, module: Module) -> Iterator[Hit]:
        """True constants given to ``run``, to a configuration or to ``FLASK_DEBUG``."""
        if module.role in ("test", "migration", "docs"):
            return
        for hit in (*_runs(module), *_settings(module), *_environment(module)):
            if purpose_of(module, hit.node):
                continue
            if module.role == "example":  # where it is meant: an example is read and tried, not deployed
                hit = hit._replace(severity=Severity.INFO, fixable=False)
            yield hit._replace(severity=Severity.INFO) if conditional(module, hit.node) else hit

    def check_project(self, project: Project) -> Iterable[Issue]:
        """Debug mode in what is deployed."""
        if not project.uses_flask:
            return
        from flaskdoctor.project.deployment.deployeddebug import deployed_debug

        for place in deployed_debug(project.deploy):
            yield Issue(
                f"{place.how} switches debug mode on in what is deployed",
                place.location,
                f"deployed {place.how}",
                Severity.INFO if place.intended else None,
                fixable=False,
                advice=_DEPLOYED,
            )

    def judge(self, candidate: Candidate, project: Project) -> Severity | None:
        """A ``run`` counts where it is that of a Flask app."""
        if candidate.data and not starts_flask(project.links, str(candidate.data[0]), candidate.location.path):
            return None
        return super().judge(candidate, project)

    def fix(self, site: Site, edit: FileEdit) -> None:
        """Drop the argument or the statement, or set the setting to False."""
        value = site.hit.parts.get("value")
        said = _SAYS_ON if isinstance(value, ast.expr) else _SAYS_DEBUG
        if any(said.search(line) for line in _comment_lines(site.module, site.node)):
            raise Refuse(
                "A comment beside it speaks of debug mode and would no longer be true, so it stays as it is.",
                "Change the two together.",
            )
        if isinstance(value, ast.expr):
            edit.replace(value, "False")
        elif isinstance(site.node, ast.Call):
            if keyword(site.node, "debug") is not None:
                edit.remove_argument(site.node, "debug")
            elif len(site.node.args) == _DEBUG + 1:
                edit.remove_argument(site.node, _DEBUG)
            else:
                raise Refuse("More arguments follow debug by position, so it stays as it is.")
        elif isinstance(site.node, ast.stmt):
            edit.remove_statement(site.node)
            edit.drop_import_if_unused("os")
            edit.drop_import_if_unused("os.environ")


def _comment_lines(module: Module, node: ast.AST) -> Iterator[str]:
    """The lines of the statement that a node stands in, and the comments right above it; also above the
    ``if __name__ == "__main__":`` that it is the first statement of."""
    statement = module.statement_of(node)
    yield from module.lines[statement.lineno - 1 : statement.end_lineno]
    parent = module.parent(statement)
    starts = [statement.lineno]
    if isinstance(parent, ast.If) and parent.body[0] is statement and is_main_test(parent.test):
        starts.append(parent.lineno)
    for start in starts:
        for line in reversed(module.lines[: start - 1]):
            if not line.lstrip().startswith("#"):
                break
            yield line


def _runs(module: Module) -> Iterator[Hit]:
    for call, owner in app_runs(module):
        value = keyword(call, "debug")
        if value is None and len(call.args) > _DEBUG and not any(isinstance(arg, ast.Starred) for arg in call.args):
            value = call.args[_DEBUG]
        if value is not None and _is_true(module, value):
            yield Hit(
                call,
                "run() with debug on: an error shows the debugger, whose console runs Python",
                # One mistake is one error: FD704 says what is worse about this call.
                severity=Severity.INFO if open_host(module, call, owner) is not None else None,
                data=(owner,),
            )


def _settings(module: Module) -> Iterator[Hit]:
    for write in module.config_writes:
        if write.key != "DEBUG" or not _is_true(module, write.value):
            continue
        if write.form == "attribute":
            simple = isinstance(write.node, ast.Assign) and len(write.node.targets) == 1
            yield Hit(write.node, "app.debug is set to True in the code, for every server that runs it", fixable=simple)
        elif not _switched_off_below(module, write):
            node = write.value if isinstance(write.node, ast.Dict) else write.node
            staging = bool(write.classes) and not _STAGING.isdisjoint(words(write.classes[0]))
            yield Hit(
                node,
                "DEBUG is True in the code, for every server that runs it",
                severity=Severity.INFO if staging else None,
                parts={"value": write.value},
            )


def _switched_off_below(module: Module, write: ConfigWrite) -> bool:
    """Whether a class of settings is the base of one that has debug mode off again: ``class Production(Config)``."""
    return bool(write.classes) and any(
        write.classes[0] in other.classes[1:] and not _is_true(module, other.value)
        for other in module.config_writes
        if other.key == "DEBUG" and purpose_of(module, other.node) != "test"
    )


def _environment(module: Module) -> Iterator[Hit]:
    for node in module.nodes(ast.Assign):
        assert isinstance(node, ast.Assign)
        target = node.targets[0]
        if not isinstance(target, ast.Subscript) or module.resolve(target.value) not in ENVIRON:
            continue
        if module.string(target.slice) == "FLASK_DEBUG" and module.string(node.value) in ("1", "true", "True", "on"):
            yield Hit(
                node, "FLASK_DEBUG is set in the code, for every server that runs it", fixable=len(node.targets) == 1
            )


def _is_true(module: Module, node: ast.expr) -> bool:
    value = module.value(node)
    return isinstance(value, ast.Constant) and value.value in (True, 1) and not isinstance(value.value, float)
