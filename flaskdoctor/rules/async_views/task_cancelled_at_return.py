"""FD902: a task that an async view of Flask starts and does not wait for: it is cancelled when the view returns."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from flaskdoctor.finding import Severity, Tip
from flaskdoctor.project.contexts.asyncviews import async_views, framework, local_function
from flaskdoctor.rules.rule import Bad, Candidate, Files, Good, Hit, Rule

if TYPE_CHECKING:
    from flaskdoctor.project.code.module import Module
    from flaskdoctor.project.code.names import FunctionNode
    from flaskdoctor.project.snapshot import Project

_STARTS = frozenset({"asyncio.create_task", "asyncio.ensure_future", "asyncio.tasks.create_task"})
_LOOPS = frozenset({"asyncio.get_event_loop", "asyncio.get_running_loop"})
# What keeps a task alive in a loop that lives on; it does not keep the loop alive.
_KEEPS = frozenset({"add", "append", "add_done_callback", "discard", "set_name"})
_LOGS = frozenset({"debug", "info", "warning", "error"})


class TaskCancelledAtReturn(Rule):
    """An async view of Flask starts a task and returns: the task is cancelled in the middle of its work.

    ## What it finds

    `asyncio.create_task(..)`, `asyncio.ensure_future(..)` and `loop.create_task(..)` in an async view (or request hook)
    of a Flask app, or in an async function of the same file that it awaits, where nothing waits for the task: it is
    not awaited, gathered, returned or kept for somebody who does. Keeping it in a set, as the documentation of asyncio
    recommends, does not help here.

    Not in Quart, whose event loop lives as long as the server.

    ## Why it matters

    Flask is a WSGI framework. It runs each async view in an event loop of its own, which ends with the view, and
    everything that is still running in it is cancelled:

    ```python
    @app.post("/orders")
    async def order():
        asyncio.create_task(send_mail())  # starts, and gets a CancelledError at its first await
        return "", 202
    ```

    The client gets its 202, nothing is logged (a cancelled task is no error), and the mail is never sent; or it is
    sent now and then, when the work happened to be done before the view was. In Quart, Starlette and in scripts the
    same line works, so it is often carried over from there.

    ## What to do instead

    - Wait for it, if the answer can: `await asyncio.gather(send_mail(), store())`.
    - Hand it to a queue, if it must outlive the request: Celery, RQ, or a thread with its own loop
      (`Thread(target=asyncio.run, args=(send_mail(),)).start()`).
    - Use Quart, if the app is async as a whole: there it is `app.add_background_task(send_mail)`.

    ## References

    - https://flask.palletsprojects.com/en/stable/async-await/#background-tasks
    - https://quart.palletsprojects.com/en/latest/how_to_guides/background_tasks/
    """

    code = "FD902"
    name = "task-cancelled-at-return"
    tip = Tip.ASYNC
    severity = Severity.ERROR
    needs = (b"create_task", b"ensure_future")
    about_routes = True

    bad: ClassVar[list[Bad]] = [
        Bad(
            """\
import asyncio

from flask import Flask

app = Flask(__name__)


async def send_mail():
    await asyncio.sleep(1)


@app.post("/orders")
async def order():
    asyncio.create_task(send_mail())
    return "", 202
"""
        ),
        # A name that is not used again, a set that keeps it, a loop, a future, a hook, a method view, a comprehension.
        Bad(
            """\
import asyncio as aio
from asyncio import create_task, ensure_future

import flask as f
from flask.views import MethodView

bp = f.Blueprint("bp", __name__)
app = f.Flask(__name__)
app.register_blueprint(bp)
running = set()


async def work(number=0):
    await aio.sleep(number)


@bp.route("/a")
async def a():
    task = create_task(work())
    running.add(task)
    task.add_done_callback(running.discard)
    return "a"


@bp.get("/b")
async def b():
    loop = aio.get_running_loop()
    loop.create_task(work())
    aio.get_event_loop().create_task(work())
    _ = ensure_future(work())
    job = create_task(work())
    f.current_app.logger.info("started %s", job)
    return "b"


@app.before_request
async def before():
    if (task := aio.create_task(work())) is None:
        return "x"


class Items(MethodView):
    async def post(self):
        [create_task(work(number)) for number in range(3)]
        return {}


bp.add_url_rule("/items", view_func=Items.as_view("items"))
""",
            hits=7,
        ),
        # In a function that the view awaits; the blueprint of another file.
        Bad(
            {
                "shop/__init__.py": "from flask import Flask\n\nfrom shop.views import bp\n\n\ndef create_app():\n"
                "    app = Flask(__name__)\n    app.register_blueprint(bp)\n    return app\n",
                "shop/bp.py": "from flask import Blueprint\n\nbp = Blueprint('bp', __name__)\n",
                "shop/views.py": """\
import asyncio

from shop.bp import bp


async def notify():
    asyncio.create_task(asyncio.sleep(3))


@bp.post("/")
async def index():
    await notify()
    return "", 202
""",
            }
        ),
    ]

    good: ClassVar[list[Good | Files]] = [
        # Waited for, in every form.
        """\
import asyncio

from flask import Flask

app = Flask(__name__)


async def work(number=0):
    await asyncio.sleep(number)
    return number


@app.get("/a")
async def a():
    one = asyncio.create_task(work())
    two = asyncio.ensure_future(work(1))
    three = asyncio.create_task(work(2))
    await one
    await asyncio.gather(two, asyncio.create_task(work()))
    done, pending = await asyncio.wait([three], timeout=1)
    return str(await asyncio.create_task(work(3)))


@app.get("/b")
async def b():
    tasks = [asyncio.create_task(work(number)) for number in range(3)]
    return str([await task for task in tasks])


@app.get("/c")
async def c():
    async with asyncio.TaskGroup() as group:
        group.create_task(work())
        task = group.create_task(work())
    return str(task.result())


@app.get("/d")
async def d():
    tasks = []
    for number in range(3):
        task = asyncio.create_task(work(number))
        tasks.append(task)
    await asyncio.gather(*tasks)
    for each in asyncio.as_completed([asyncio.create_task(work())]):
        await each
    return "d"


@app.get("/e")
async def e():
    timer = asyncio.create_task(work(9))
    try:
        await work()
    finally:
        timer.cancel()
    return "e"


@app.get("/f")
async def f():
    tasks = {}
    tasks["a"] = asyncio.create_task(work())
    return str(await tasks["a"])
""",
        # Quart's loop lives on.
        """\
import asyncio

from quart import Quart

app = Quart(__name__)


@app.post("/")
async def index():
    asyncio.create_task(asyncio.sleep(3))
    return "", 202
""",
        # Another loop, another framework, a view that is called like this, no view at all.
        """\
import asyncio
from threading import Thread

from fastapi import FastAPI
from flask import Flask

app = Flask(__name__)
api = FastAPI()
loop = asyncio.new_event_loop()
Thread(target=loop.run_forever, daemon=True).start()


@app.get("/a")
async def a():
    loop.create_task(asyncio.sleep(1))
    asyncio.run_coroutine_threadsafe(asyncio.sleep(1), loop)
    return "a"


@api.get("/b")
async def b():
    asyncio.create_task(asyncio.sleep(1))
    return {}


async def main():
    asyncio.create_task(asyncio.sleep(1))
    await asyncio.sleep(10)


@app.post("/tasks")
async def create_task():
    return {}


def make():
    return create_task()
""",
    ]

    def check(self, module: Module) -> Iterator[Hit]:
        """The tasks that async views, and the functions of this file that they await, leave behind."""
        if module.role in ("test", "migration"):
            return
        severity = Severity.INFO if module.role in ("example", "docs") else None
        left = [call for call in _starts(module) if _is_left(module, call)]
        if not left:
            return
        owners: dict[FunctionNode | None, list[tuple[str, str]]] = {}
        for view in async_views(module):
            owners.setdefault(view.node, []).append((view.owner, view.node.name))
            for awaited in _awaited(module, view.node):
                owners.setdefault(awaited, []).append((view.owner, view.node.name))
        for call in left:
            for owner, name in owners.get(module.function_of(call), [])[:1]:
                yield Hit(
                    call,
                    f"Nothing waits for this task: it is cancelled when {name}() returns",
                    severity=severity,
                    data=(owner,),
                    advice=_ADVICE,
                )

    def judge(self, candidate: Candidate, project: Project) -> Severity | None:
        """Keep it in Flask: Quart's event loop lives on."""
        found = framework(project.links, str(candidate.data[0]), candidate.location.path)
        return candidate.severity if found == "flask" else None


_ADVICE = (
    "Await it (`asyncio.gather` runs several at once), or hand the work to Celery, RQ or a thread that has a loop of "
    "its own: Flask ends the event loop with the view."
)


def _starts(module: Module) -> Iterator[ast.Call]:
    """The calls that start a task in the event loop that runs now."""
    yield from module.calls(*_STARTS)
    for call in module.nodes(ast.Call):
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
            continue
        if call.func.attr != "create_task":
            continue
        made = module.value(call.func.value)
        if isinstance(made, ast.Call) and module.resolve(made.func) in _LOOPS:
            loop = call.func.value
            if not isinstance(loop, ast.Name) or module.function_of(made) is module.function_of(call):
                yield call


def _is_left(module: Module, call: ast.Call) -> bool:
    """Whether a task is dropped, or only kept from being collected."""
    node: ast.AST = call
    parent = module.parent(node)
    if isinstance(parent, ast.ListComp | ast.SetComp) and parent.elt is call:
        node, parent = parent, module.parent(parent)
    if isinstance(parent, ast.Expr):
        return True
    if isinstance(parent, ast.Call) and isinstance(parent.func, ast.Attribute) and node is not parent.func:
        return parent.func.attr == "add" and _is_global(module, parent.func.value) and _dropped(module, parent)
    target: ast.expr | None = parent.target if isinstance(parent, ast.NamedExpr | ast.AnnAssign) else None
    if isinstance(parent, ast.Assign) and len(parent.targets) == 1:
        target = parent.targets[0]
    if not isinstance(target, ast.Name) or node is not call or module.function_of(target) is None:
        return False
    if module.names.binding(target) is None:
        return False
    return all(_only_keeps(module, use) for use in module.uses(target))


def _only_keeps(module: Module, use: ast.Name) -> bool:
    """``tasks.add(task)`` for a global set, ``task.add_done_callback(..)``."""
    parent = module.parent(use)
    if isinstance(parent, ast.Attribute):
        return parent.attr in _KEEPS and isinstance(module.parent(parent), ast.Call)
    if isinstance(parent, ast.Call) and isinstance(parent.func, ast.Attribute):
        if parent.func.attr in _LOGS:
            return True
        return parent.func.attr in ("add", "append") and _is_global(module, parent.func.value)
    return False


def _dropped(module: Module, call: ast.Call) -> bool:
    return isinstance(module.parent(call), ast.Expr)


def _is_global(module: Module, node: ast.expr) -> bool:
    """Whether a collection is a variable of the module: nobody who waits in the view looks into it."""
    if not isinstance(node, ast.Name):
        return False
    binding = module.names.binding(node)
    return binding is not None and module.function_of(binding.node) is None


def _awaited(module: Module, function: ast.AsyncFunctionDef) -> Iterator[FunctionNode]:
    """The async functions of this file that a view awaits directly."""
    for node in module.nodes(ast.Await):
        if isinstance(node, ast.Await) and isinstance(node.value, ast.Call) and module.function_of(node) is function:
            called = local_function(module, node.value.func)
            if isinstance(called, ast.AsyncFunctionDef) and called is not function:
                yield called
