"""FD605: a Celery task that needs the app, in a project where nothing gives it one."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, cast

from flaskdoctor.finding import Severity, Tip
from flaskdoctor.project.code.module import Module
from flaskdoctor.project.contexts.appneeds import AppUse, uses_of_app
from flaskdoctor.project.contexts.jobs import CELERY, called_directly, constructors, find_jobs, kind_of
from flaskdoctor.project.contexts.models import SQLALCHEMY, is_model
from flaskdoctor.rules.rule import Bad, Candidate, Files, Good, Hit, Rule

if TYPE_CHECKING:
    from flaskdoctor.project.code.names import FunctionNode
    from flaskdoctor.project.snapshot import Project

_CELERY = frozenset({"celery.Celery", "celery.app.Celery", "celery.app.base.Celery"})
# Extensions whose Celery class runs every task inside an app context.
_EXTENSIONS = ("flask_celery", "flask_celeryext", "celery_flask", "flask_appfactory", "flask_appbuilder", "invenio")
_MANUAL = ("_context", "RuntimeError", "create_app")
# Flask-SQLAlchemy 2, where ``SQLAlchemy(app)`` needs no context, cannot be imported with this Flask or a later one.
_FLASK_WITHOUT_SQLALCHEMY_2 = (3, 0)


class TaskWithoutAppContext(Rule):
    """A Celery task uses the app, its database or `g`, and nothing in the project gives tasks an app context.

    ## What it finds

    A Celery task that reads `current_app` or `g`, calls `url_for` or `render_template`, uses Flask-SQLAlchemy's
    `db.session` or `Model.query`, or sends mail with Flask-Mail (`Message(..)` without `sender=` asks the app, and so
    does `mail.send(..)`), in a project whose Celery is set up without Flask: no class of tasks that pushes
    a context (`task_cls=`, `ContextTask`, `celery.Task = ..`), no `app.app_context()` in any file that has to do
    with Celery, no context pushed in the worker's own module, no extension that does it.

    ## Why it matters

    A worker is a process of its own. It imports the tasks, but no request ever makes Flask push a context there, so
    the first use of the app fails:

    ```text
    RuntimeError: Working outside of application context.
    ```

    The caller only sees that `.delay()` worked. In tests with `task_always_eager` the task runs inside the context
    of the test and passes.

    ## What to do instead

    Let every task run inside the app, once, where Celery is made. This is the set-up of Flask's documentation:

    ```python
    from celery import Celery, Task

    def celery_init_app(app):
        class FlaskTask(Task):
            def __call__(self, *args, **kwargs):
                with app.app_context():
                    return self.run(*args, **kwargs)

        celery_app = Celery(app.name, task_cls=FlaskTask)
        celery_app.config_from_object(app.config["CELERY"])
        celery_app.set_default()
        app.extensions["celery"] = celery_app
        return celery_app
    ```

    ## References

    - https://flask.palletsprojects.com/en/stable/patterns/celery/
    - https://flask.palletsprojects.com/en/stable/appcontext/
    """

    code = "FD605"
    name = "task-without-app-context"
    tip = Tip.BACKGROUND
    severity = Severity.ERROR
    needs = (b".task", b"shared_task", b"periodic_task", b".Task")

    bad: ClassVar[list[Bad]] = [
        Bad(
            """\
from celery import Celery
from flask import Flask, current_app

app = Flask(__name__)
celery = Celery(app.name, broker=app.config["BROKER_URL"])


@celery.task
def report():
    return current_app.config["RECIPIENT"]
"""
        ),
        # Across files: a factory, a model's query, the session, a template, a task class.
        Bad(
            {
                "requirements.txt": "flask==3.1.0\nflask-sqlalchemy\ncelery\n",
                "shop/__init__.py": "from flask import Flask\nfrom shop.models import db\n\n\ndef create_app():\n"
                "    app = Flask(__name__)\n    db.init_app(app)\n    return app\n",
                "shop/models.py": "from flask_sqlalchemy import SQLAlchemy\n\ndb = SQLAlchemy()\n\n\n"
                "class Order(db.Model):\n    id = db.Column(db.Integer, primary_key=True)\n",
                "shop/queue.py": "from celery import Celery\n\n\ndef make_celery():\n"
                "    worker = Celery('shop')\n    worker.conf.timezone = 'UTC'\n    return worker\n\n\n"
                "worker = make_celery()\n",
                "shop/tasks.py": """\
import flask as f
from celery import Task, shared_task
from celery.contrib.abortable import AbortableTask

from shop.models import Order, db
from shop.queue import worker


@worker.task(name="count", base=AbortableTask)
def count():
    return Order.query.count()


@shared_task
def close(number):
    db.session.get(Order, number).closed = True
    db.session.commit()


@worker.task(bind=True)
def letter(self):
    return f.render_template("letter.txt", id=self.request.id)


class Link(Task):
    def run(self):
        return f.url_for("index")
""",
                "shop/letters.py": """\
from flask_mail import Mail, Message

from shop.queue import worker

mail = Mail()


@worker.task
def welcome(address):
    mail.send(Message("Welcome", recipients=[address]))


@worker.task(max_retries=3)
def remind(letter):
    mail.send(letter)
""",
                "tests/test_tasks.py": "from shop.tasks import close, count\n\n\ndef test_tasks():\n    close(1)\n"
                "    count()\n",
            },
            hits=6,
        ),
    ]

    good: ClassVar[list[Good | Files]] = [
        # The app itself needs no context; the task makes one; it is called like a function.
        """\
from celery import Celery, current_app as current_celery
from flask import Flask, current_app, g
from flask_mail import Message

from post import mailer

app = Flask(__name__)
celery = Celery(app.name)


@celery.task
def settings():
    return app.config["RECIPIENT"], current_celery.conf


@celery.task
def sent_by_another(address):
    mailer.send(Message("Hello", sender="a@example.com", recipients=[address]))


@celery.task
def help_text():
    return "use g and current_app"


@celery.task
def called():
    return current_app.name


@app.get("/")
def index():
    return called()
""",
        """\
from celery import Celery
from flask import Flask, current_app

from shop import create_app

celery = Celery("shop")


@celery.task
def report():
    with create_app().app_context():
        return current_app.config["RECIPIENT"]
""",
        # Set up as the documentation says, or as it said before; in another file than the tasks.
        {
            "shop/__init__.py": """\
from celery import Celery, Task
from flask import Flask


def celery_init_app(app):
    class FlaskTask(Task):
        def __call__(self, *args, **kwargs):
            with app.app_context():
                return self.run(*args, **kwargs)

    celery_app = Celery(app.name, task_cls=FlaskTask)
    app.extensions["celery"] = celery_app
    return celery_app


app = Flask(__name__)
celery_app = celery_init_app(app)
""",
            "shop/tasks.py": "from celery import shared_task\nfrom flask import current_app\n\n\n@shared_task\n"
            "def report():\n    return current_app.name\n",
        },
        # The worker's own module pushes a context, once for all its tasks.
        {
            "shop.py": "from celery import Celery\nfrom flask import Flask\n\ncelery = Celery('shop')\n\n\n"
            "def create_app():\n    return Flask(__name__)\n",
            "tasks.py": "from flask import current_app\nfrom shop import celery\n\n\n@celery.task\ndef report():\n"
            "    return current_app.name\n",
            "worker.py": "from shop import celery, create_app\nimport tasks\n\napp = create_app()\n"
            "app.app_context().push()\n",
        },
        # Signals of Celery.
        {
            "shop.py": "from celery import Celery\nfrom flask import Flask\n\ncelery = Celery('shop')\n"
            "app = Flask(__name__)\n",
            "hooks.py": "from celery.signals import task_prerun\nfrom shop import app\n\nopened = []\n\n\n"
            "@task_prerun.connect\ndef before(**kwargs):\n    opened.append(app.app_context())\n"
            "    opened[-1].push()\n",
            "tasks.py": "from flask import g\nfrom shop import celery\n\n\n@celery.task\ndef report():\n"
            "    g.name = 'x'\n",
        },
        # An extension's Celery; an object that is no Celery; a decorator that may bring a context.
        {
            "app.py": "from flask import Flask\nfrom flask_celery import Celery\n\napp = Flask(__name__)\n"
            "celery = Celery(app)\n",
            "tasks.py": "from app import celery\nfrom flask import current_app\n\n\n@celery.task()\ndef report():\n"
            "    return current_app.name\n",
        },
        """\
from celery import Celery
from flask import Flask, current_app

from board import board, in_app

app = Flask(__name__)
celery = Celery(app.name)


@board.task
def card():
    return current_app.name


@celery.task
@in_app
def report():
    return current_app.name


@celery.task(base=board.Task)
def other():
    return current_app.name
""",
        # Flask-SQLAlchemy 2 with ``SQLAlchemy(app)`` needs no context.
        Good(
            "from celery import Celery\nfrom flask import Flask\nfrom flask_sqlalchemy import SQLAlchemy\n\n"
            "app = Flask(__name__)\ndb = SQLAlchemy(app)\ncelery = Celery(app.name)\n\n\n@celery.task\ndef close():\n"
            "    db.session.commit()\n",
            flask="2.2.5",
        ),
    ]

    def check(self, module: Module) -> Iterator[Hit]:
        """What may be a Celery task and needs the app: each at the first such place."""
        if module.role not in ("app", "script"):
            return
        asked: dict[FunctionNode, list[AppUse]] | None = None
        for job in find_jobs(module):
            if job.kind not in ("", CELERY) or job.method not in ("", "task", "periodic_task"):
                continue
            if asked is None:
                asked = uses_of_app(module)
            if job.node not in asked or _brings_its_own(module, job.node):
                continue
            first = asked[job.node][0]
            yield Hit(
                first.node,
                f"The Celery task {job.node.name}() uses {first.what} without an app context",
                data=(
                    (job.kind, job.owner, job.method, module.qualname(job.node)),
                    tuple(dict.fromkeys((use.kind, use.name) for use in asked[job.node])),
                ),
                advice=_ADVICE,
            )

    def judge(self, candidate: Candidate, project: Project) -> Severity | None:
        """Keep it where the task is Celery's, what it uses really needs the app, and no context is made anywhere."""
        path = candidate.location.path
        job, uses = cast("tuple[tuple[str, str, str, str], tuple[tuple[str, str], ...]]", candidate.data)
        kind, owner, method, function = job
        if kind_of(project.links, kind, owner, method, path) != CELERY or called_directly(project, function, path):
            return None
        if owner and not constructors(project.links, owner, path) & _CELERY:
            return None
        if _makes_contexts(project) or not any(_needs_app(project, need, name, path) for need, name in uses):
            return None
        return candidate.severity


_ADVICE = (
    "Give Celery a class of tasks that runs each of them under `with app.app_context():` (`task_cls=`), where Celery "
    "is made: then no task has to think of it."
)


def _needs_app(project: Project, need: str, name: str, path: str) -> bool:
    """Whether what is used really is the app's: Flask's proxy, a session or a model of Flask-SQLAlchemy 3."""
    if need == "proxy":
        return True
    if need == "mail":
        return "flask_mail.Mail" in constructors(project.links, name, path)
    if not project.dependencies.flask_at_least(_FLASK_WITHOUT_SQLALCHEMY_2):
        return False
    if need == "model":
        return is_model(project.links, name, path)
    return project.links.constructor(name, path) == SQLALCHEMY


def _brings_its_own(module: Module, function: FunctionNode) -> bool:
    """Whether the task makes a context, may be given one by a decorator or a base, or is called like a function."""
    text = module.lines_of(function)
    if any(word in text for word in _MANUAL) or module.calls(module.qualname(function)):
        return True
    if len(function.decorator_list) > 1:
        return True
    for item in function.decorator_list:
        for given in item.keywords if isinstance(item, ast.Call) else ():
            celerys_own = given.arg == "base" and (module.resolve(given.value) or "").startswith("celery.")
            if given.arg in ("base", None) and not celerys_own:
                return True
    return False


def _makes_contexts(project: Project) -> bool:
    """Whether some file gives tasks a context: the set-up of Celery, the worker's module, an extension."""
    made = False
    for facts in project.modules.values():
        if facts.role in ("test", "docs", "example"):
            continue
        if facts.background.celery_context or facts.pushes_context:
            return True
        for item in facts.imports:
            if item.target.startswith(_EXTENSIONS):
                return True
            made |= item.target == "celery.Celery" or item.target == "celery"
    return not made
