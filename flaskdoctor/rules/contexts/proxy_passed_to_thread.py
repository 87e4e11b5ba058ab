"""FD502: a proxy of Flask's handed to another thread, where it stands for nothing."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, cast

from flaskdoctor.finding import Fix, Severity, Tip
from flaskdoctor.project.contexts.inrequest import runs_in_request
from flaskdoctor.project.contexts.threads import GREENLET, bound_arguments, handovers, may_have_context, runs_in
from flaskdoctor.rules.rule import Bad, Candidate, Files, Good, Hit, Rule, Site

if TYPE_CHECKING:
    from flaskdoctor.fixes.python import FileEdit
    from flaskdoctor.project.code.module import Module
    from flaskdoctor.project.snapshot import Project

_PROXIES = {
    f"{module}.{name}": name
    for module in ("flask", "flask.globals")
    for name in ("current_app", "g", "request", "session")
}
_USERS = {"flask_login.current_user": "current_user", "flask_login.utils.current_user": "current_user"}


class ProxyPassedToThread(Rule):
    """`current_app`, `request` or another proxy is handed to a thread, in which it stands for nothing.

    ## What it finds

    `current_app`, `request`, `session`, `g` and Flask-Login's `current_user` among the arguments of a function that
    another thread or greenlet runs: `Thread(target=.., args=(current_app,))`, `Timer`, `executor.submit(f, request)`,
    `loop.run_in_executor`, `gevent.spawn`, `eventlet.spawn`, `socketio.start_background_task`, also inside
    `functools.partial`, a list or a dict, and under another name.

    Not `current_app._get_current_object()`, not what is read before (`request.args`, `current_user.id`), and not a
    function that `copy_current_request_context` wraps.

    ## Why it matters

    `current_app` is not the app. It is a proxy that looks up *the app of the context that is active here and now*,
    each time it is used, and a new thread starts with no context at all. So handing it over hands over nothing:

    ```text
    RuntimeError: Working outside of application context.
    ```

    It is raised in the thread, where nobody sees it but the log: the request answers 200, and the mail is never sent.
    The everyday case is the line that was meant to help, `Thread(target=send, args=(current_app, message))` with
    `with app.app_context():` in `send`: that very call is what fails. `current_user` is worse, for it does not
    raise: in a thread it is `None`.

    Free-threaded builds of Python 3.14 let a new thread inherit the context; all others do not.

    ## What to do instead

    Hand over the app itself, and plain values instead of the others:

    ```python
    app = current_app._get_current_object()
    Thread(target=send, args=(app, current_user.id, request.remote_addr)).start()
    ```

    An object of the request, as `request._get_current_object()` is one, outlives the request in the same way, but a
    body that was not read by then may be gone. A queue (Celery, RQ) is the better place for work of this kind.

    ## References

    - https://flask.palletsprojects.com/en/stable/reqcontext/#notes-on-proxies
    - https://flask.palletsprojects.com/en/stable/api/#flask.copy_current_request_context
    - https://docs.python.org/3.14/library/threading.html#threading.Thread
    """

    code = "FD502"
    name = "proxy-passed-to-thread"
    tip = Tip.CONTEXTS
    severity = Severity.ERROR
    fix_title = "Hand over the app itself"
    fix_risk = (
        "This function is no view: where it is called outside of an app context (at import, from a shell), asking for "
        "the app fails there at once, where handing on the proxy only failed in the thread."
    )
    needs = (
        b"Thread(", b"Timer(", b".submit(", b"start_new_thread(", b"spawn", b"Greenlet(", b"ThreadPool", b"GreenPool(",
        b"run_in_executor(", b"start_background_task(",
    )  # fmt: skip

    bad: ClassVar[list[Bad]] = [
        Bad(
            """\
from threading import Thread

from flask import Flask, current_app

app = Flask(__name__)


def send(app, message):
    with app.app_context():
        print(app.config["MAIL_SERVER"], message)


@app.post("/contact")
def contact():
    Thread(target=send, args=(current_app, "hello")).start()
    return "", 202
""",
            """\
from threading import Thread

from flask import Flask, current_app

app = Flask(__name__)


def send(app, message):
    with app.app_context():
        print(app.config["MAIL_SERVER"], message)


@app.post("/contact")
def contact():
    Thread(target=send, args=(current_app._get_current_object(), "hello")).start()
    return "", 202
""",
        ),
        # Another name for it, keywords, a timer, the package under an alias, an executor in a ``with``.
        Bad(
            """\
import concurrent.futures
import functools
import threading

import flask as f
from flask_login import current_user

bp = f.Blueprint("mail", __name__)


def send(app, user=None):
    ...


@bp.route("/a")
def a():
    app = f.current_app
    threading.Timer(5, send, [app]).start()
    threading.Thread(target=send, kwargs={"app": app, "user": current_user}).start()
    with concurrent.futures.ThreadPoolExecutor() as executor:
        executor.submit(send, f.request)
        executor.submit(functools.partial(send, f.current_app))
    return "a"
""",
            """\
import concurrent.futures
import functools
import threading

import flask as f
from flask_login import current_user

bp = f.Blueprint("mail", __name__)


def send(app, user=None):
    ...


@bp.route("/a")
def a():
    app = f.current_app
    threading.Timer(5, send, [app._get_current_object()]).start()
    threading.Thread(target=send, kwargs={"app": app._get_current_object(), "user": current_user}).start()
    with concurrent.futures.ThreadPoolExecutor() as executor:
        executor.submit(send, f.request)
        executor.submit(functools.partial(send, f.current_app._get_current_object()))
    return "a"
""",
            hits=5,
        ),
        # Greenlets, an event loop's pool, the executor and the socket server of other files.
        Bad(
            {
                "shop/__init__.py": """\
from concurrent.futures import ThreadPoolExecutor

from flask import Flask
from flask_socketio import SocketIO

executor = ThreadPoolExecutor(2)
socketio = SocketIO()


def create_app():
    app = Flask(__name__)
    socketio.init_app(app)
    return app
""",
                "shop/views.py": """\
import asyncio

import eventlet
import gevent
from flask import Blueprint, current_app, g, session

from shop import executor, socketio
from shop.work import work

bp = Blueprint("views", __name__)


@bp.get("/a")
def a():
    executor.submit(work, session)
    socketio.start_background_task(work, current_app)
    gevent.spawn(work, user=g)
    eventlet.spawn_after(3, work, current_app)
    return "a"


@bp.get("/b")
async def b():
    await asyncio.get_running_loop().run_in_executor(None, work, current_app)
    return "b"
""",
                "shop/work.py": "def work(thing=None, user=None):\n    ...\n",
            },
            {
                "shop/views.py": """\
import asyncio

import eventlet
import gevent
from flask import Blueprint, current_app, g, session

from shop import executor, socketio
from shop.work import work

bp = Blueprint("views", __name__)


@bp.get("/a")
def a():
    executor.submit(work, session)
    socketio.start_background_task(work, current_app._get_current_object())
    gevent.spawn(work, user=g)
    eventlet.spawn_after(3, work, current_app._get_current_object())
    return "a"


@bp.get("/b")
async def b():
    await asyncio.get_running_loop().run_in_executor(None, work, current_app._get_current_object())
    return "b"
""",
            },
            hits=5,
        ),
        # A helper may be called where there is no app: it asks first. At import there is none.
        Bad(
            """\
from threading import Thread, Timer

from flask import Flask, current_app

app = Flask(__name__)


def clean(app):
    print(app.name)


def later():
    Thread(target=clean, args=(current_app,)).start()


timer = Timer(60, clean, [current_app])
""",
            """\
from threading import Thread, Timer

from flask import Flask, current_app

app = Flask(__name__)


def clean(app):
    print(app.name)


def later():
    Thread(target=clean, args=(current_app._get_current_object(),)).start()


timer = Timer(60, clean, [current_app])
""",
            hits=2,
        ),
    ]

    good: ClassVar[list[Good | Files]] = [
        # The app itself, plain values, a context that is handed over, a wrapped function.
        """\
from contextvars import copy_context
from threading import Thread

from flask import Flask, copy_current_request_context, current_app, request
from flask_login import current_user

app = Flask(__name__)


def send(app, *rest):
    with app.app_context():
        ...


def run(context, app):
    with context:
        print(app.name)


@app.post("/contact")
def contact():
    real = current_app._get_current_object()
    Thread(target=send, args=(real,)).start()
    Thread(target=send, args=(current_app._get_current_object(), request.args, current_user.id)).start()
    Thread(target=send, args=(app, request.form.to_dict())).start()
    Thread(target=run, args=(current_app.app_context(), current_app)).start()
    Thread(target=copy_current_request_context(send), args=(current_app,)).start()
    Thread(target=copy_context().run, args=(send, current_app)).start()
    return "", 202


@app.post("/later")
def later():
    @copy_current_request_context
    def work(value):
        return value.path

    Thread(target=work, args=(request,)).start()
    return "", 202
""",
        # What runs here, or copies the context; other objects of these names.
        """\
import asyncio
import threading

from celery import current_app
from flask import Flask, request
from flask import current_app as web
from flask_executor import Executor
from requests import Session

app = Flask(__name__)
executor = Executor(app)
session = Session()


def work(thing):
    ...


@app.get("/a")
async def a():
    threading.Thread(target=work, args=(session,)).start()
    threading.Thread(target=work, args=(current_app,)).start()
    executor.submit(work, request)
    await asyncio.to_thread(work, request)
    work(web)
    list(map(work, [web]))
    return "a"


@app.get("/b")
def b(request):
    threading.Thread(target=work, args=(request,)).start()
    return "b"
""",
        # A board's own ``submit``; what the thread does has a context from somewhere else.
        """\
from threading import Thread

from flask import Flask, current_app
from board import board

app = Flask(__name__)


def report(proxy):
    with app.app_context():
        print(proxy.name)


@app.get("/a")
def a():
    board.submit(report, current_app)
    Thread(target=report, args=(current_app,)).start()
    return "a"
""",
    ]

    def check(self, module: Module) -> Iterator[Hit]:
        """The proxies among what each handover passes on."""
        if b"lask" not in module.source or module.role in ("test", "migration"):
            return
        severity = Severity.INFO if module.role in ("example", "docs") else None
        for handover in handovers(module):
            arguments = [*handover.arguments, *bound_arguments(module, handover.target)]
            found = [item for item in arguments if _proxy(module, item)]
            if not found or may_have_context(module, handover, arguments):
                continue
            for item in found:
                name = _proxy(module, item)
                thread = "a greenlet" if handover.where == GREENLET else "another thread"
                what = "is None there" if name == "current_user" else "it stands for nothing there"
                yield Hit(
                    item,
                    f"{name} is handed to {thread}: {what}",
                    severity=severity,
                    fix=None if name != "current_app" or runs_in_request(module, item) else Fix.UNSAFE,
                    fixable=name == "current_app" and not module.at_import(item),
                    data=(handover.where, handover.method, handover.owner),
                    advice=_ADVICE[name],
                )

    def judge(self, candidate: Candidate, project: Project) -> Severity | None:
        """Keep it where the object that is asked really runs functions in other threads."""
        where, method, owner = (str(item) for item in candidate.data)
        found = runs_in(project.links, where, method, owner, candidate.location.path)
        return candidate.severity if found is not None else None

    def fix(self, site: Site, edit: FileEdit) -> None:
        """Hand over the object that the proxy stands for now."""
        node = cast("ast.expr", site.node)
        edit.replace(node, "{proxy}._get_current_object()", proxy=node)


_REQUEST = "Read what the thread needs here and hand over plain values: `request.args[..]`, `request.remote_addr`."
_ADVICE = {
    "current_app": "Hand over the app itself: `current_app._get_current_object()`.",
    "request": _REQUEST,
    "session": "Read the values here and hand them over: `session.get(..)`. What a thread writes into it is lost.",
    "g": "Read the values here and hand them over: `g.user.id`.",
    "current_user": "Hand over `current_user.id`, and load the user in the thread, under an app context.",
}


def _proxy(module: Module, node: ast.expr) -> str:
    """The name of the proxy that an expression is, "" for anything else."""
    if not isinstance(node, ast.Name | ast.Attribute):
        return ""
    name = module.resolve(node) or ""
    return _PROXIES.get(name) or _USERS.get(name, "")
