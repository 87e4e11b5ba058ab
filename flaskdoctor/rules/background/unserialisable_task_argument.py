"""FD604: a task is given an object that only exists within the request."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from flaskdoctor.finding import Fix, Severity, Tip
from flaskdoctor.rules.rule import Bad, Candidate, Files, Good, Hit, Rule, Site

if TYPE_CHECKING:
    from flaskdoctor.fixes.python import FileEdit
    from flaskdoctor.project.code.module import Module
    from flaskdoctor.project.snapshot import Project

_USERS = frozenset({
    "flask_login.current_user", "flask_login.utils.current_user", "flask_security.current_user",
    "flask_jwt_extended.current_user", "flask_jwt_extended.utils.current_user", "flask_httpauth.current_user",
    "flask_jwt.current_identity", "flask_user.current_user",
})  # fmt: skip
_FLASKS = frozenset(
    f"{package}.{name}"
    for package in ("flask", "flask.globals", "quart")
    for name in ("request", "session", "g", "current_app")
)
_PROXIES = _USERS | _FLASKS

_DIRECT = frozenset({"delay", "s", "si"})  # the task's own arguments
_QUEUED = frozenset({"enqueue", "enqueue_call", "enqueue_in", "enqueue_at"})  # RQ: the job first
_LISTED = frozenset({"apply_async", "send_task", "enqueue_call"})  # in ``args=`` and ``kwargs=``


class UnserialisableTaskArgument(Rule):
    """`current_user`, `request`, `session` or `g` is handed to a task, and cannot travel to the worker.

    ## What it finds

    `task.delay(current_user)`, `task.apply_async(args=[request])`, `task.s(session)`, RQ's `queue.enqueue(job, g)`:
    the proxies of Flask, Flask-Login, Flask-Security and Flask-JWT-Extended as an argument of a Celery task or an RQ
    job, also inside a list or dict, and through a local variable. Attributes of them (`current_user.id`,
    `request.args`) are plain values and fine.

    ## Why it matters

    An argument has to be turned into bytes for the broker. These objects are proxies that mean something only while
    this request is served, and neither serialiser takes them:

    ```text
    kombu.exceptions.EncodeError: Object of type User is not JSON serializable
    EncodeError: args[0] from __newobj__ args has the wrong class        # pickle, also RQ
    ```

    So the view fails, and only in production: with `task_always_eager` in development and in tests nothing is
    serialised, the proxy arrives as it is, and everything works.

    ## What to do instead

    Hand over what identifies the object and load it in the task, which also gets the newest state of it that way:

    ```python
    @celery.task
    def export(user_id):
        user = db.session.get(User, user_id)
        ...

    export.delay(current_user.id)
    resize.delay(request.form["name"], dict(session))
    ```

    The fix writes `current_user.id` at the call. The task has to be changed by hand: it gets a number from then on.

    ## References

    - https://docs.celeryq.dev/en/stable/userguide/calling.html#serializers
    - https://docs.celeryq.dev/en/stable/userguide/tasks.html#state
    - https://flask.palletsprojects.com/en/stable/patterns/celery/#passing-data-to-tasks
    """

    code = "FD604"
    name = "unserialisable-task-argument"
    tip = Tip.BACKGROUND
    severity = Severity.ERROR
    fix_class = Fix.UNSAFE
    fix_title = "Hand over the user's id"
    fix_risk = "The task gets the id instead of the user from then on, and has to load the user by itself."
    needs = (b".delay(", b"apply_async", b".enqueue", b"send_task", b".si(", b".s(")

    bad: ClassVar[list[Bad]] = [
        Bad(
            """\
from celery import shared_task
from flask import Flask
from flask_login import current_user, login_required

app = Flask(__name__)


@shared_task
def export(user):
    print(user)


@app.post("/export")
@login_required
def start():
    export.delay(current_user)
    return "started"
""",
            fixed="""\
from celery import shared_task
from flask import Flask
from flask_login import current_user, login_required

app = Flask(__name__)


@shared_task
def export(user):
    print(user)


@app.post("/export")
@login_required
def start():
    export.delay(current_user.id)
    return "started"
""",
        ),
        # Lists, keywords, a local, a signature; RQ.
        Bad(
            """\
import flask as f
import flask_login
from flask_login import current_user as me
from rq import Queue

from shop.tasks import mail, report, resize

bp = f.Blueprint("shop", __name__)
queue = Queue()


@bp.post("/a")
def a():
    user = flask_login.current_user
    mail.apply_async(args=[user, 1], countdown=5)
    report.apply_async((1,), {"user": me})
    resize.delay(size=3, session=f.session)
    return "ok"


@bp.post("/b")
async def b():
    queue.enqueue(mail, f.request, job_timeout=600)
    (report.s(1) | mail.si([f.g])).apply_async()
    return "ok"
""",
            hits=5,
        ),
        Bad(
            {
                "tasks.py": "from celery import Celery\n\ncelery = Celery(__name__)\n\n\n@celery.task\n"
                "def log(request):\n    print(request)\n",
                "app.py": "from flask import Flask, request\nfrom flask.views import MethodView\n\nimport tasks\n\n"
                "app = Flask(__name__)\n\n\nclass Log(MethodView):\n    def post(self):\n"
                "        if (job := tasks.log.delay(request)):\n            return job.id\n        return 'no'\n\n\n"
                "app.add_url_rule('/log', view_func=Log.as_view('log'))\n",
            }
        ),
    ]
    good: ClassVar[list[Good | Files]] = [
        # Plain values of them.
        """\
from flask import Flask, g, request, session
from flask_login import current_user

from tasks import export, resize

app = Flask(__name__)


@app.post("/")
def index():
    export.delay(current_user.id, request.form, request.sid, dict(session), session["cart"], g.user.id)
    export.apply_async(args=[current_user.get_id(), {"path": request.path}], kwargs=dict(name=session.get("name")))
    resize.delay(request.get_json(), len(request.files))
    return "ok"
""",
        # Other things that are called so.
        """\
from flask import Flask
from requests import Session

from merge import request
from tasks import link, refresh

app = Flask(__name__)


def merge(session, current_user, g):
    link.delay(request.uid, current_user)
    refresh.delay(session, g, Session())
""",
        # Run here and now, or by something that needs no bytes: a thread, a patient decorator's own call.
        """\
from flask import Flask, current_app, request, session

from shop.later import pool, tasks

app = Flask(__name__)


@app.get("/")
def index():
    tasks.log(request)
    tasks.log.run(session)
    pool.submit(tasks.log, current_app.name)
    return app.name.s(1)
""",
        # A serialiser of the project's own.
        {
            "app.py": "from flask import Flask, g\n\nfrom tasks import log\n\napp = Flask(__name__)\n\n\n"
            "@app.get('/')\ndef index():\n    log.delay(g)\n    return 'ok'\n",
            "tasks.py": "from celery import Celery\nfrom kombu.serialization import register\n\n"
            "register('shop', repr, eval, content_type='text/x-shop', content_encoding='utf-8')\n"
            "celery = Celery(task_serializer='shop')\n\n\n@celery.task\ndef log(what):\n    print(what)\n",
        },
    ]

    def check(self, module: Module) -> Iterator[Hit]:
        """The arguments of tasks that are proxies."""
        if module.role in ("test", "migration", "docs"):
            return
        severity = Severity.INFO if module.role == "example" else None
        for call in module.nodes(ast.Call):
            assert isinstance(call, ast.Call)
            if not isinstance(call.func, ast.Attribute):
                continue
            method = call.func.attr
            if method not in _DIRECT and method not in _QUEUED and method not in _LISTED:
                continue
            for argument in _arguments(call, method):
                proxy = module.resolve(module.value(argument))
                if proxy in _PROXIES:
                    user = proxy in _USERS
                    last = str(proxy).rpartition(".")[2]
                    yield Hit(
                        argument,
                        f"{last} cannot be handed to a task: it exists only within this request",
                        severity=severity,
                        fixable=user,
                        advice=_USER_ADVICE if user else _ADVICE,
                    )

    def judge(self, candidate: Candidate, project: Project) -> Severity | None:
        """Keep it where Celery's own serialisers are in use."""
        if any("kombu.serialization.register" in facts.called for facts in project.modules.values()):
            return None
        return super().judge(candidate, project)

    def fix(self, site: Site, edit: FileEdit) -> None:
        """Hand over the id."""
        edit.replace(site.node, "{user}.id", user=site.node)


_USER_ADVICE = "Hand over `current_user.id`, and load the user in the task."
_ADVICE = "Hand over the plain values that the task needs: `request.form[..]`, `session[..]`, `request.path`."


def _arguments(call: ast.Call, method: str) -> Iterator[ast.expr]:
    """What a call sends to the task, out of the lists and dicts that it stands in."""
    if method in _DIRECT:
        given = [*call.args, *(item.value for item in call.keywords)]
    elif method in _LISTED:
        given = [*call.args, *(item.value for item in call.keywords if item.arg in ("args", "kwargs"))]
    else:
        given = [*call.args[1:], *(item.value for item in call.keywords)]
    while given:
        node = given.pop(0)
        if isinstance(node, ast.List | ast.Tuple | ast.Set):
            given[:0] = node.elts
        elif isinstance(node, ast.Dict):
            given[:0] = node.values
        elif isinstance(node, ast.Starred):
            continue
        else:
            yield node
