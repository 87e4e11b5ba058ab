"""FD503: a function that another thread runs and that needs the context of the request that started it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, cast

from flaskdoctor.errors import Refuse
from flaskdoctor.finding import Fix, Severity, Tip
from flaskdoctor.project.code.names import FUNCTIONS
from flaskdoctor.project.contexts.contextneeds import (
    Need,
    context_needs,
    copied_function,
    missing_in_copy,
    needed,
    target_function,
)
from flaskdoctor.project.contexts.threads import handovers, runs_in, thread_methods
from flaskdoctor.rules.rule import Bad, Candidate, Files, Good, Hit, Rule, Site

if TYPE_CHECKING:
    from flaskdoctor.fixes.python import FileEdit
    from flaskdoctor.project.code.module import Module
    from flaskdoctor.project.snapshot import Project


class ContextLostInThread(Rule):
    """A function that a thread runs reads `request`, `session` or another proxy: the contexts stay behind.

    ## What it finds

    `request`, `session`, `g` and `current_app`, `url_for`, `render_template` and `flash`, in a function that another
    thread or greenlet runs: the target of a `Thread` or a `Timer`, what is given to `executor.submit` or
    `loop.run_in_executor`, to `gevent.spawn`, `eventlet.spawn` or `socketio.start_background_task`, the `run` of a
    subclass of `Thread`. Functions of the same file that it calls count too.

    Not where the function is wrapped by `copy_current_request_context`, makes a context of its own or asks
    `has_request_context()`. With `with app.app_context():` in it, only `request` and `session` are reported: they are
    not there in an app context either. Under a copied request context `g.user` is reported where the function puts
    nothing into `g` itself, for the copy has a new, empty `g`. Flask-Executor, `asyncio.to_thread`, `asyncio.gather`
    and `create_task` bring the contexts along.

    ## Why it matters

    The contexts live in context variables, and a new thread or greenlet starts with empty ones:

    ```text
    RuntimeError: Working outside of request context.
    ```

    The error is raised in the thread. The request that started it has long answered 200, no error handler runs, and
    with `executor.submit` whose result nobody asks for not even a traceback is printed. It fails every time, on the
    development server as in production; the tests pass, as they only see the view.

    ## What to do instead

    Read what is needed in the view and hand over plain values. This also says what the work depends on:

    ```python
    @app.post("/report")
    def report():
        Thread(target=build, args=(app, request.args["month"])).start()
        return "", 202

    def build(app, month):
        with app.app_context():
            ...
    ```

    `copy_current_request_context(f)` gives a function that runs under a copy of the request context. It is good for
    reading: changes of the session do not reach the client, and a body that was not read before may be gone. It must
    be called once for each thread, so `executor.map` cannot use it.

    ## References

    - https://flask.palletsprojects.com/en/stable/api/#flask.copy_current_request_context
    - https://flask.palletsprojects.com/en/stable/reqcontext/#lifetime-of-the-context
    - https://flask-executor.readthedocs.io/
    """

    code = "FD503"
    name = "context-lost-in-thread"
    tip = Tip.CONTEXTS
    severity = Severity.ERROR
    fix_class = Fix.UNSAFE
    fix_title = "Run it under a copy of the request context"
    fix_risk = (
        "The thread sees the request, but what it writes into the session never reaches the client, and g is empty. "
        "Handing over plain values is better where the function can be changed."
    )
    needs = (
        b"Thread(", b"Timer(", b".submit(", b"start_new_thread(", b"spawn", b"Greenlet(", b"ThreadPool", b"GreenPool(",
        b"run_in_executor(", b"start_background_task(", b"(Thread)", b".Thread)",
    )  # fmt: skip

    bad: ClassVar[list[Bad]] = [
        Bad(
            """\
from threading import Thread

from flask import Flask, request

app = Flask(__name__)


def log_visit():
    print(request.remote_addr)


@app.get("/")
def index():
    Thread(target=log_visit).start()
    return "hello"
""",
            """\
from threading import Thread

from flask import Flask, copy_current_request_context, request

app = Flask(__name__)


def log_visit():
    print(request.remote_addr)


@app.get("/")
def index():
    Thread(target=copy_current_request_context(log_visit)).start()
    return "hello"
""",
        ),
        # A nested function, a lambda, an executor, one call away, an app context that holds no request.
        Bad(
            """\
import concurrent.futures as futures
import threading

import flask as f

app = f.Flask(__name__)
pool = futures.ThreadPoolExecutor()


def address():
    return f.request.headers.get("X-Forwarded-For")


def record(what):
    print(what, address())


@app.route("/a")
def a():
    def work():
        with app.app_context():
            print(f.session["user"])

    threading.Timer(2.0, work).start()
    pool.submit(record, "a")
    threading.Thread(target=lambda: print(f.current_app.name)).start()
    list(pool.map(record, "ab"))
    return "a"
""",
            """\
import concurrent.futures as futures
import threading

import flask as f

app = f.Flask(__name__)
pool = futures.ThreadPoolExecutor()


def address():
    return f.request.headers.get("X-Forwarded-For")


def record(what):
    print(what, address())


@app.route("/a")
def a():
    def work():
        with app.app_context():
            print(f.session["user"])

    threading.Timer(2.0, f.copy_current_request_context(work)).start()
    pool.submit(f.copy_current_request_context(record), "a")
    threading.Thread(target=f.copy_current_request_context(lambda: print(f.current_app.name))).start()
    list(pool.map(record, "ab"))
    return "a"
""",
            hits=4,
        ),
        # A context that is made too late; g, which no copy brings along.
        Bad(
            """\
from threading import Thread

from flask import Flask, copy_current_request_context, current_app, g, request

app = Flask(__name__)


def store():
    with current_app.app_context():
        print("stored")


def later():
    Thread(target=store).start()


@app.get("/a")
def a():
    @copy_current_request_context
    def work():
        print(request.path, g.user)

    Thread(target=work).start()
    return "a"
""",
            hits=2,
        ),
        # A thread class, methods, greenlets, an event loop's pool; objects of another file.
        Bad(
            {
                "shop/__init__.py": "from flask import Flask\nfrom flask_socketio import SocketIO\n\n"
                "socketio = SocketIO()\n\n\ndef create_app():\n    app = Flask(__name__)\n"
                "    socketio.init_app(app)\n    return app\n",
                "shop/views.py": """\
import asyncio
from functools import partial
from threading import Thread

import eventlet
import gevent
from flask import Blueprint, render_template, request, url_for
from flask.views import MethodView

from shop import socketio

bp = Blueprint("views", __name__)


class Mailer(Thread):
    def run(self):
        print(render_template("mail.html"))


def links():
    return url_for("views.b")


def push(user):
    return [request.host, user]


class Items(MethodView):
    def work(self):
        print(request.path)

    def post(self):
        Mailer().start()
        socketio.start_background_task(target=links)
        gevent.spawn(partial(push, "me"))
        eventlet.spawn(self.work)
        return "", 202


bp.add_url_rule("/items", view_func=Items.as_view("items"))


@bp.get("/b")
async def b():
    loop = asyncio.get_running_loop()
    return str(await loop.run_in_executor(None, push, "me"))
""",
            },
            hits=5,
        ),
    ]

    good: ClassVar[list[Good | Files]] = [
        # The context is copied, or made anew; plain values; a question; a try around the reading.
        """\
from concurrent.futures import ThreadPoolExecutor
from threading import Thread

from flask import (
    Flask, copy_current_request_context, current_app, g, has_request_context, render_template, request, session,
)

app = Flask(__name__)
pool = ThreadPoolExecutor()


def show():
    print(request.path)


def mail(app, name):
    with app.app_context():
        g.name = name
        print(render_template("mail.html"), current_app.name)


def preview(path):
    with app.test_request_context(path):
        print(request.url, session)


def where():
    return request.path if has_request_context() else None


def path():
    try:
        return request.path
    except Exception:
        return ""


def values(request, session):
    return request.path, session


@app.get("/")
def index():
    @copy_current_request_context
    def work():
        g.seen = request.path
        print(g.seen, g.get("user"))

    Thread(target=work).start()
    Thread(target=copy_current_request_context(show)).start()
    Thread(target=mail, args=(app, request.args["name"])).start()
    pool.submit(preview, request.path)
    pool.submit(where)
    pool.submit(path)
    pool.submit(values, 1, 2)
    return "hello"
""",
        # The context comes along, or the function runs here.
        """\
import asyncio

from flask import Flask, request
from flask_executor import Executor

app = Flask(__name__)
executor = Executor(app)


def show():
    return request.path


async def later():
    return request.path


@app.get("/")
async def index():
    executor.submit(show)
    await asyncio.to_thread(show)
    await asyncio.gather(later(), later())
    await asyncio.create_task(later())
    return "".join(map(show, [])) + show()
""",
        # A thread class that is handed its context; a decorator that brings one; what is only named, not run.
        "import threading\nfrom functools import wraps\n\nfrom flask import Flask, current_app, request\n\n"
        "app = Flask(__name__)\n\n\nclass AppThread(threading.Thread):\n    def __init__(self):\n"
        "        super().__init__()\n        self.app = current_app._get_current_object()\n\n    def run(self):\n"
        "        with self.app.app_context():\n            print(current_app.name)\n\n\ndef in_context(function):\n"
        "    @wraps(function)\n    def wrapper(*args):\n        with app.test_request_context():\n"
        "            return function(*args)\n\n    return wrapper\n\n\n@in_context\ndef show():\n"
        '    print(request.path)\n\n\ndef serve():\n    @app.get("/late")\n    def late():\n'
        "        return request.path\n\n    app.run(port=5001)\n\n\nthreading.Thread(target=show).start()\n"
        "threading.Thread(target=serve).start()\nthreading.Thread(target=app.run).start()\n",
        # The context is entered before another function is called, by a helper or an exit stack.
        "from contextlib import ExitStack\nfrom contextvars import copy_context\nfrom threading import Thread\n\n"
        "from flask import Flask, current_app, g, request\n\napp = Flask(__name__)\n\n\ndef name():\n"
        "    return current_app.name\n\n\ndef work():\n    with ExitStack() as stack:\n"
        "        stack.enter_context(app.app_context())\n        print(name())\n\n\ndef loop(application):\n"
        "    application.app_context().push()\n    print(name(), g)\n\n\ndef run(context):\n    with context:\n"
        '        print(name(), request.path)\n\n\n@app.get("/")\ndef index():\n    Thread(target=work).start()\n'
        "    Thread(target=loop, args=(app,)).start()\n"
        "    Thread(target=run, args=(app.test_request_context(),)).start()\n"
        '    Thread(target=copy_context().run, args=(name,)).start()\n    return "hello"\n',
        # Quart's own names are another matter, and its run_sync brings the contexts along.
        "from quart import Quart, request\nfrom quart.utils import run_sync\n\napp = Quart(__name__)\n\n\n"
        'def show():\n    return request.path\n\n\n@app.get("/")\nasync def index():\n'
        "    return await run_sync(show)()\n",
    ]

    def check(self, module: Module) -> Iterator[Hit]:
        """The functions that other threads run, each handover once."""
        if b"lask" not in module.source or module.role in ("test", "migration"):
            return
        severity = Severity.INFO if module.role in ("example", "docs") else None
        needs: dict[ast.AST | None, list[Need]] | None = None
        views: set[ast.AST | None] | None = None
        for handover in handovers(module):
            copied = copied_function(module, handover.target)
            function = copied or target_function(module, handover.target)
            if function is None or handover.target is None:
                continue
            if needs is None:
                needs = context_needs(module)
            if not needs:
                return
            if copied is not None:
                missing = missing_in_copy(module, copied, needs)
                if missing is not None:
                    yield Hit(
                        missing,
                        f"g.{missing.attr} is read in {copied.name}(): under a copied request context g is empty",
                        severity=severity,
                        fixable=False,
                        data=(handover.where, handover.method, handover.owner),
                        advice=_ADVICE,
                    )
                continue
            need = needed(module, function, needs)
            if need is None:
                continue
            if views is None:
                views = {view.node for view in module.views}
            fixable = handover.method not in ("map", "map_async") and need.shown != "g"
            yield Hit(
                handover.target,
                f"{need.shown} is used in {_called(function, need)}, which {_where(handover.where)} runs without it",
                severity=severity,
                fixable=fixable and module.function_of(handover.call) in views,
                data=(handover.where, handover.method, handover.owner),
                advice=_ADVICE,
                parts={"flask": _flask(need.node)},
            )
        for method in thread_methods(module):
            needs = context_needs(module) if needs is None else needs
            need = needed(module, method, needs)
            if need is not None:
                yield Hit(
                    need.node,
                    f"{need.shown} is used in {method.name}() of a thread, which has no context",
                    severity=severity,
                    fixable=False,
                    data=("thread", "", ""),
                    advice=_ADVICE,
                )

    def judge(self, candidate: Candidate, project: Project) -> Severity | None:
        """Keep it where the object that is asked really runs functions in other threads."""
        where, method, owner = (str(item) for item in candidate.data)
        found = runs_in(project.links, where, method, owner, candidate.location.path)
        return candidate.severity if found is not None else None

    def fix(self, site: Site, edit: FileEdit) -> None:
        """Wrap the function where it is handed over, which is in a view."""
        node = cast("ast.expr", site.node)
        flask = site.hit.parts["flask"]
        if isinstance(node, ast.Call):
            raise Refuse("What is handed over is put together here: wrap it where it is made.")
        if isinstance(flask, ast.AST):
            edit.replace(node, "{flask}.copy_current_request_context({function})", flask=flask, function=node)
        else:
            local = edit.add_import("flask", "copy_current_request_context")
            edit.replace(node, f"{local}({{function}})", function=node)


_ADVICE = (
    "Read it before the thread is started and hand over plain values; `with app.app_context():` in the thread brings "
    "`current_app`, `g` and templates, never the request."
)


def _called(function: ast.AST, need: Need) -> str:
    """The function for the message, and the one that it calls where that one needs the context."""
    names = [f"{one.name}()" if isinstance(one, FUNCTIONS) else "a lambda" for one in (function, need.function)]
    return names[0] if function is need.function else f"{names[0]} (through {names[1]})"


def _where(where: str) -> str:
    return f"a {where}" if where else "another thread"


def _flask(node: ast.expr) -> ast.expr | None:
    """``flask`` of ``flask.request``."""
    return node.value if isinstance(node, ast.Attribute) else None
