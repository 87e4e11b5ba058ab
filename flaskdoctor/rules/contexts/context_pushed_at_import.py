"""FD505: an app context that a module of the web app pushes when it is imported, and never pops."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from flaskdoctor.finding import Severity, Tip
from flaskdoctor.project.code.flask_names import APP_CLASSES
from flaskdoctor.rules.rule import Bad, Candidate, Files, Good, Hit, Rule

if TYPE_CHECKING:
    from flaskdoctor.project.code.module import Module
    from flaskdoctor.project.code.names import FunctionNode
    from flaskdoctor.project.snapshot import Project

_CONTEXTS = frozenset({"app_context", "test_request_context", "request_context"})
_PUSHES = frozenset({"push", "__enter__"})
# A file with one of these is the entry of a worker, a scheduler, a shell or a migration as well.
_WORKER = re.compile(
    rb"(?i)celery|\brq\b|flask_rq|huey|dramatiq|scheduler|\bworker|procrastinate|IPython|code\.interact|alembic|\bkombu\b"
)
_WORKER_NAME = re.compile(
    r"(?i)worker|celery|task|shell|console|manage|script|seed|cron|job|cli|migrat|init_db|conf|dev"
)


class ContextPushedAtImport(Rule):
    """A module of the web app pushes an app context while it is imported, and it stays for good.

    ## What it finds

    `app.app_context().push()` (and `test_request_context().push()`, `ctx = app.app_context(); ctx.push()`) in the body
    of a module that the web server loads: one with routes or blueprints, or that such a module or the app's own
    entry imports. A factory that pushes the context of the app that it makes leaves it there in the same way.

    Not in workers, shells, commands, migrations, scripts and tests, where nothing but the one process's own work runs
    under it, and not where the context is popped again.

    ## Why it matters

    It is the quick answer to "Working outside of application context", and it hides what is wrong instead of mending
    it. Up to Flask 3.1 a request that is handled by the thread that imported the app finds the pushed context and
    uses *that one* instead of a context of its own. Under gunicorn's default (sync) worker this is every request:

    - `g` is shared by all requests, so what one user's request keeps there the next user's finds;
    - `teardown_appcontext` never runs, so Flask-SQLAlchemy never gives its session and connection back, and an
      error in one request ("transaction has been rolled back") meets the next one.

    In other threads, as on the development server, the context is not there at all: the same code fails in a thread
    of one's own, and works on the machine where it was tried.

    ## What to do instead

    Put only what needs the context under it:

    ```python
    app = create_app()

    with app.app_context():
        db.create_all()
    ```

    and let everything else run where Flask pushes a context itself: views, `flask` commands, `flask shell`. Tests use
    a fixture with `with app.app_context(): yield`.

    ## References

    - https://flask.palletsprojects.com/en/stable/appcontext/#manually-push-a-context
    - https://flask-sqlalchemy.palletsprojects.com/en/stable/contexts/
    """

    code = "FD505"
    name = "context-pushed-at-import"
    tip = Tip.CONTEXTS
    severity = Severity.INFO
    needs = (b"_context(",)
    pattern = re.compile(rb"\.push\(\)|__enter__\(\)")

    bad: ClassVar[list[Bad]] = [
        Bad(
            """\
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
db = SQLAlchemy(app)
app.app_context().push()


@app.get("/")
def index():
    return "hello"
"""
        ),
        # A context that has a name; a request context; the walrus; under ``import flask as f``.
        Bad(
            """\
import flask as f

app = f.Flask(__name__)
ctx = app.app_context()
ctx.push()
(context := app.test_request_context()).push()


@app.route("/")
def index():
    return "hello"
""",
            hits=2,
        ),
        # The app of a factory, in the file that a server is pointed to.
        Bad(
            {
                "shop/__init__.py": "from flask import Flask\n\n\ndef create_app():\n    app = Flask(__name__)\n"
                "    from shop.views import bp\n\n    app.register_blueprint(bp)\n    return app\n",
                "shop/views.py": "from flask import Blueprint\n\nbp = Blueprint('views', __name__)\n\n\n@bp.get('/')\n"
                "def index():\n    return 'x'\n",
                "wsgi.py": "from shop import create_app\n\napplication = create_app()\n"
                "application.app_context().push()\n",
            }
        ),
        # A file of its own that the views import, and an annotated name.
        Bad(
            {
                "app.py": "from flask import Flask\n\nfrom extensions import app\n\n\n@app.get('/')\ndef index():\n"
                "    return 'x'\n\n\nif __name__ == '__main__':\n    app.run()\n",
                "extensions.py": "from flask import Flask\nfrom flask.ctx import AppContext\n\napp = Flask(__name__)\n"
                "context: AppContext = app.app_context()\ncontext.push()\n",
            }
        ),
        # A factory that pushes and returns.
        Bad(
            """\
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

db = SQLAlchemy()


def create_app():
    app = Flask(__name__)
    db.init_app(app)
    app.app_context().push()
    db.create_all()
    return app


app = create_app()
"""
        ),
    ]

    good: ClassVar[list[Good | Files]] = [
        # Only for what needs it; in functions; under the main guard; popped again.
        """\
from flask import Flask

app = Flask(__name__)

with app.app_context():
    print(app.name)

ctx = app.app_context()
ctx.push()
print(app.name)
ctx.pop()


@app.cli.command()
def check():
    app.app_context().push()


@app.get("/")
def index():
    return "hello"


if __name__ == "__main__":
    app.app_context().push()
    app.run()
""",
        # A worker's entry, one that makes its own app, a shell, a test.
        {
            "shop/__init__.py": "from flask import Flask\n\n\ndef create_app():\n    app = Flask(__name__)\n\n"
            "    @app.get('/')\n    def index():\n        return 'x'\n\n    return app\n",
            "celery_worker.py": "from shop import create_app\nfrom shop.tasks import queue\n\napp = create_app()\n"
            "app.app_context().push()\n",
            "shop/tasks.py": "from rq import Queue\nfrom shop import create_app\n\napp = create_app()\n"
            "app.app_context().push()\nqueue = Queue()\n",
            "shell.py": "from shop import create_app\n\ncreate_app().app_context().push()\n",
            "fill.py": "from shop import create_app\n\napp = create_app()\napp.app_context().push()\nprint(app)\n",
            "tests/conftest.py": "from shop import create_app\n\napp = create_app()\napp.app_context().push()\n",
        },
        # The app and Celery in one file: the worker loads it and needs the context.
        """\
from celery import Celery
from flask import Flask

app = Flask(__name__)
celery = Celery(app.name)
app.app_context().push()


@app.get("/")
def index():
    return "hello"
""",
        # Quart: each request is a task of its own.
        """\
from quart import Quart


async def create_app():
    app = Quart(__name__)
    await app.app_context().push()
    return app
""",
        # Other things that are pushed.
        """\
from flask import Flask
from stack import context, ctx

app = Flask(__name__)
context.push(1)
ctx.push(app.app_context())


@app.get("/")
def index():
    return "hello"
""",
    ]

    def check(self, module: Module) -> Iterator[Hit]:
        """The contexts that the import of a file pushes and leaves there."""
        stem = module.path.rpartition("/")[2].removesuffix(".py")
        if module.role != "app" or _WORKER_NAME.search(stem) or _WORKER.search(module.source):
            return
        factories = {module.function_of(call) for call in module.calls(*APP_CLASSES)} - {None}
        for call in module.nodes(ast.Call):
            if not isinstance(call, ast.Call) or not _pushes(module, call):
                continue
            factory = module.function_of(call)
            if factory in factories and factory is not None and _returns_own_app(module, call, factory):
                where = f"in {factory.name}()"
            elif module.at_import(call):
                where = "at import"
            else:
                continue
            yield Hit(
                call,
                f"The app context is pushed {where} and stays: requests may share it",
                data=(where != "at import" or _serves(module),),
                advice=_ADVICE,
            )

    def judge(self, candidate: Candidate, project: Project) -> Severity | None:
        """Keep it in a file that serves, or that one which serves imports."""
        path = candidate.location.path
        if candidate.data[0] or _imported_by_server(project, path):
            return candidate.severity
        return None


_ADVICE = "Put what needs it under `with app.app_context():`; views, commands and the shell have a context already."


def _pushes(module: Module, call: ast.Call) -> bool:
    """Whether a call pushes a context, and no other pops it."""
    if not isinstance(call.func, ast.Attribute) or call.func.attr not in _PUSHES:
        return False
    if isinstance(module.parent(call), ast.Await):
        return False  # Quart, where each request is a task of its own
    made = call.func.value
    name = made if isinstance(made, ast.Name) else None
    value = made.value if isinstance(made, ast.NamedExpr) else module.value(made)
    if not isinstance(value, ast.Call) or not isinstance(value.func, ast.Attribute):
        return False
    if value.func.attr not in _CONTEXTS:
        return False
    uses = module.uses(name) if name is not None else []
    parents = [module.parent(use) for use in uses]
    return not any(isinstance(parent, ast.Attribute) and parent.attr in ("pop", "__exit__") for parent in parents)


def _returns_own_app(module: Module, call: ast.Call, factory: FunctionNode) -> bool:
    """Whether a function returns the app that it makes, whose context it pushes whatever its arguments are."""
    returned = [module.resolve(item.value) for item in module.returns(factory)]
    made = {
        module.names.assigned(parent.targets[0])
        for item in module.calls(*APP_CLASSES)
        if module.function_of(item) is factory and isinstance(parent := module.parent(item), ast.Assign)
    }
    return bool(made & set(returned)) and module.unconditional(call)


def _serves(module: Module) -> bool:
    """Whether a file is one that a web server loads by its own content: it has routes, or is called like an entry."""
    if module.views or any(name.rpartition(".")[2] == "register_blueprint" for name in module.calls_by_name()):
        return True
    if module.path.rpartition("/")[2] in ("wsgi.py", "asgi.py"):
        return True
    made = bool(module.calls(*APP_CLASSES)) or b"create_app(" in module.source
    return made and any(name.endswith(".run") for name in module.calls_by_name())


def _imported_by_server(project: Project, path: str) -> bool:
    """Whether a file with routes or blueprints, or the package of the app, imports the file when it loads."""
    links = project.links
    for facts in project.modules.values():
        if facts.path == path or facts.role != "app":
            continue
        for item in facts.imports:
            place = links.find_module(item.target, facts.path) if item.at_import else None
            if place is not None and place[0].path == path and (facts.routes or facts.registrations):
                return True
    return False
