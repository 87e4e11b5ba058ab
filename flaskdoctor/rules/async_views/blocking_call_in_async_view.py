"""FD904: an async view that waits in a way that lets nothing else run."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from flaskdoctor.finding import Severity, Tip
from flaskdoctor.project.contexts.asyncviews import async_views, framework
from flaskdoctor.project.contexts.blocking import blocking_calls, blocks
from flaskdoctor.rules.rule import Bad, Candidate, Files, Good, Hit, Rule

if TYPE_CHECKING:
    from flaskdoctor.project.code.module import Module
    from flaskdoctor.project.snapshot import Project


class BlockingCallInAsyncView(Rule):
    """An async view calls something that waits without `await`: nothing else runs in the meantime.

    ## What it finds

    In the body of an `async def` view or request hook: `requests.get` and the like, `requests.Session` and
    `httpx.Client`, `httpx.get`, `urllib.request.urlopen`, `time.sleep`, `subprocess.run`, connections of sqlite3,
    psycopg2 and other synchronous drivers, and queries of synchronous SQLAlchemy sessions (`db.session.execute`,
    `.commit()`).

    In a Quart app this is an error, in a Flask app a hint. Not what is handed to `asyncio.to_thread`,
    `loop.run_in_executor` or Quart's `run_sync`, for a thread waits there.

    ## Why it matters

    An event loop does one thing at a time, and takes up the next one where the current one says `await`. A blocking
    call never does:

    - in **Quart** the whole worker stands still. While one view sleeps for two seconds, every other request, WebSocket
      and background task of the process waits two seconds too; ten such requests take twenty.
    - in **Flask** each async view has an event loop and a thread of its own, so only this request waits: the view is
      just a slower way to write `def`, for each call sets up an event loop.

    ## What to do instead

    ```python
    async with httpx.AsyncClient() as client:
        response = await client.get(url)

    await asyncio.sleep(2)

    rows = await asyncio.to_thread(load_rows, query)  # for what has no async version
    ```

    Or make the view `def`: Flask runs it as it always did, and Quart runs such views in a thread.

    ## References

    - https://quart.palletsprojects.com/en/latest/how_to_guides/sync_code/
    - https://flask.palletsprojects.com/en/stable/async-await/#performance
    - https://docs.python.org/3/library/asyncio-dev.html#running-blocking-code
    """

    code = "FD904"
    name = "blocking-call-in-async-view"
    tip = Tip.ASYNC
    severity = Severity.ERROR
    needs = (b"async def",)
    about_routes = True

    bad: ClassVar[list[Bad]] = [
        Bad(
            """\
import time

import requests
from quart import Quart

app = Quart(__name__)


@app.get("/weather")
async def weather():
    time.sleep(0.5)
    return requests.get("https://api.example.com/weather").json()
""",
            hits=2,
        ),
        # Flask; other names; sessions, a context manager, a subprocess, the standard library, a hook.
        Bad(
            """\
import subprocess as sp
import urllib.request
from time import sleep as pause

import flask as f
import httpx
import requests as http
from flask.views import MethodView

app = f.Flask(__name__)
client = http.Session()


@app.before_request
async def before():
    pause(1)


@app.route("/a")
async def a():
    sp.run(["ls"])
    with urllib.request.urlopen("https://example.com") as answer:
        body = answer.read()
    with httpx.Client() as one:
        one.get("https://example.com")
    return body


class Items(MethodView):
    async def get(self):
        return [client.post(url).text for url in ("https://a.example.com",)]


app.add_url_rule("/items", view_func=Items.as_view("items"))
""",
            hits=5,
        ),
        # The database of another file, a sessionmaker, a driver; a blueprint of Quart's.
        Bad(
            {
                "shop/__init__.py": "from quart import Quart\n\nfrom shop.views import bp\n\n\ndef create_app():\n"
                "    app = Quart(__name__)\n    app.register_blueprint(bp)\n    return app\n",
                "shop/db.py": "from flask_sqlalchemy import SQLAlchemy\nfrom sqlalchemy import create_engine\n"
                "from sqlalchemy.orm import sessionmaker\n\ndb = SQLAlchemy()\n"
                "Local = sessionmaker(create_engine('sqlite://'))\n",
                "shop/views.py": """\
import sqlite3

from quart import Blueprint

from shop.db import Local, db

bp = Blueprint("views", __name__)


@bp.post("/a")
async def a():
    db.session.execute("select 1")
    db.session.commit()
    return ""


@bp.post("/b")
async def b():
    with Local() as session:
        session.commit()
    session = Local()
    return str(session.scalars("select 1"))


@bp.get("/c")
async def c():
    connection = sqlite3.connect("shop.db")
    return str(connection.execute("select 1").fetchall())
""",
            },
            hits=3,
        ),
    ]

    good: ClassVar[list[Good | Files]] = [
        # In a thread; awaited; async clients; a plain view; code that only stands in an async view.
        """\
import asyncio
import time

import httpx
import requests
from quart import Quart
from quart.utils import run_sync

app = Quart(__name__)


def fetch():
    return requests.get("https://example.com").text


@app.get("/a")
async def a():
    await asyncio.to_thread(requests.get, "https://example.com")
    await asyncio.to_thread(lambda: requests.get("https://example.com"))
    await asyncio.get_running_loop().run_in_executor(None, fetch)
    await run_sync(time.sleep)(1)
    await asyncio.sleep(1)

    def work():
        time.sleep(1)

    await run_sync(work)()
    async with httpx.AsyncClient() as client:
        return (await client.get("https://example.com")).text


@app.get("/b")
def b():
    time.sleep(1)
    return fetch()


async def worker():
    time.sleep(1)


@app.get("/c")
async def c():
    time.sleep(0)
    requests.codes.get(200)
    return "c"
""",
        # Async sessions, other objects with the same methods, other frameworks.
        """\
import time

from fastapi import FastAPI
from quart import Quart, session
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

app = Quart(__name__)
api = FastAPI()
Local = async_sessionmaker(create_async_engine("sqlite+aiosqlite://"))


@app.get("/a")
async def a():
    async with Local() as opened:
        await opened.commit()
        await opened.get(AsyncSession, 1)
    return session.get("name", "")


@app.get("/b")
async def b(client):
    found = load("x")
    return client.get("https://example.com") or found.get("x") or {}.get("x")


def load(name):
    return {"x": name}


@api.get("/c")
async def c():
    time.sleep(1)
    return {}
""",
        # Not at the time of a request.
        """\
import subprocess

from quart import Quart

app = Quart(__name__)
VERSION = subprocess.check_output(["git", "describe"])


@app.before_serving
async def start():
    subprocess.run(["make"])


@app.get("/")
async def index():
    return VERSION
""",
    ]

    def check(self, module: Module) -> Iterator[Hit]:
        """The blocking calls of async views, each kind of call once a view."""
        if module.role in ("test", "migration"):
            return
        severity = Severity.INFO if module.role in ("example", "docs") else None
        views = {view.node: view for view in async_views(module)}
        if not views:
            return
        seen: set[tuple[ast.AST, str]] = set()
        for blocking in blocking_calls(module):
            function = module.function_of(blocking.call)
            view = views.get(function) if isinstance(function, ast.AsyncFunctionDef) else None
            if view is None or not _runs_here(module, blocking.call, view.node):
                continue
            kind = (view.node, blocking.owner or blocking.shown)
            if kind in seen:
                continue
            seen.add(kind)
            yield Hit(
                blocking.call,
                f"{blocking.shown}() blocks in the async view {view.node.name}()",
                severity=severity,
                data=(view.owner, blocking.owner, blocking.method),
                advice=f"Use {blocking.instead}, or `await asyncio.to_thread(..)`, or make the view `def`.",
            )

    def judge(self, candidate: Candidate, project: Project) -> Severity | None:
        """An error where the view shares its event loop with all others, which is in Quart."""
        path = candidate.location.path
        router, owner, method = (str(item) for item in candidate.data)
        found = framework(project.links, router, path)
        if not found:
            return None
        if owner and not blocks(project, owner, method, path):
            return None
        return candidate.severity if found == "quart" else Severity.INFO


def _runs_here(module: Module, call: ast.Call, view: ast.AsyncFunctionDef) -> bool:
    """Whether the view itself makes the call: in no lambda, and not in a decorator or default."""
    for parent in module.ancestors(call):
        if parent is view:
            return True
        if isinstance(parent, ast.Lambda):
            return False
    return False
