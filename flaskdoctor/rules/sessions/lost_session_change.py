"""FD202: a change inside a value of the session, which Flask does not see and does not save."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import TYPE_CHECKING, ClassVar, NamedTuple, cast

from flaskdoctor.finding import Fix, Severity, Tip
from flaskdoctor.project.code.module import Module
from flaskdoctor.project.code.names import FUNCTIONS, FunctionNode
from flaskdoctor.project.pages.sessions import in_socket_handler, is_session, kept_on_server, saving_functions
from flaskdoctor.rules.rule import Bad, Candidate, Files, Good, Hit, Rule, Site

if TYPE_CHECKING:
    from flaskdoctor.fixes.python import FileEdit
    from flaskdoctor.project.snapshot import Project

# What changes a list or a dict in place; a session holds nothing else that can be changed.
_MUTATORS = frozenset(
    {"append", "clear", "extend", "insert", "pop", "popitem", "remove", "reverse", "setdefault", "sort", "update"}
)
_COMPOUND = (ast.If, ast.While, ast.For, ast.AsyncFor, ast.With, ast.AsyncWith, ast.Try, ast.Match, ast.Return)


class _Change(NamedTuple):
    """A change in place of what the session holds under ``key``; ``session`` is the session as it is written."""

    node: ast.AST
    key: str
    session: ast.expr


class LostSessionChange(Rule):
    """A list or dict inside the session is changed in place, and Flask does not notice: the change is lost.

    ## What it finds

    A function that changes what the session *holds* and never the session itself: `session["cart"].append(..)`,
    `session["cart"]["mug"] = 2`, `del session["cart"]["mug"]`, the same through a local name
    (`cart = session["cart"]`, `for item in session["cart"]`), through `session.get(..)` and `session.setdefault(..)`.
    Where the function (or one that it calls, or that calls it) also sets a key for good, flashes a message, logs a
    user in or sets `session.modified`, all is saved together and nothing is reported. The same holds where sessions
    are made permanent, where they are kept on the server, and in handlers of Flask-SocketIO, whose session is a dict of
    their own.

    ## Why it matters

    The session is read from the cookie at the start of the request and written back at its end, but only if
    `session.modified` is true. Flask sets that when a key of the session itself is set or deleted. It cannot see
    that a list inside has grown: the response goes out without a new cookie, and the next request finds the old
    list. Nothing fails and nothing is logged. `session.setdefault("cart", []).append(..)` is the meanest of them:
    the first addition is saved, since the key is new, and every later one is lost.

    It also hides: a permanent session is written at every request anyway, a flashed message saves it by accident.
    Take the message away and the cart stops working.

    ## What to do instead

    Say so:

    ```python
    session["cart"].append(item)
    session.modified = True
    ```

    or set the key, which also works when it is not there yet:

    ```python
    session["cart"] = [*session.get("cart", []), item]
    ```

    ## References

    - https://flask.palletsprojects.com/en/stable/api/#flask.session.modified
    - https://flask.palletsprojects.com/en/stable/api/#flask.sessions.SessionInterface.should_set_cookie
    """

    code = "FD202"
    name = "lost-session-change"
    tip = Tip.SESSION
    severity = Severity.WARNING
    fix_class = Fix.UNSAFE
    fix_title = "Mark the session as changed"
    fix_risk = (
        "The change is saved from now on. Code that got used to its being forgotten (an endless list, a counter) "
        "sees it in the next request, and a cookie holds 4 KB at most."
    )
    needs = (b"session",)

    bad: ClassVar[list[Bad]] = [
        Bad(
            """\
from flask import Flask, redirect, session

app = Flask(__name__)


@app.post("/cart/<item>")
def add(item):
    session["cart"].append(item)
    return redirect("/cart")
""",
            """\
from flask import Flask, redirect, session

app = Flask(__name__)


@app.post("/cart/<item>")
def add(item):
    session["cart"].append(item)
    session.modified = True
    return redirect("/cart")
""",
        ),
        # One finding a function; each way through it is mended, and the first mark is enough for what follows.
        Bad(
            """\
import flask as f

bp = f.Blueprint("cart", __name__)


@bp.post("/cart/<item>/<int:count>")
def change(item, count):
    cart = f.session.get("cart", {})
    if count: cart[item] = count
    elif item in cart:
        del cart[item]
        cart.pop("total", None)
    for line in f.session["lines"].values():
        line["count"] += count
        if not line["count"]:
            line.clear()
    return f.session["history"].pop()
""",
            """\
import flask as f

bp = f.Blueprint("cart", __name__)


@bp.post("/cart/<item>/<int:count>")
def change(item, count):
    cart = f.session.get("cart", {})
    if count:
        cart[item] = count
        f.session.modified = True
    elif item in cart:
        del cart[item]
        f.session.modified = True
        cart.pop("total", None)
    for line in f.session["lines"].values():
        line["count"] += count
        f.session.modified = True
        if not line["count"]:
            line.clear()
    f.session.modified = True
    return f.session["history"].pop()
""",
        ),
        # What gives the key its first value saves the session once, and never again.
        Bad(
            """\
from flask import Flask, redirect, request, session

app = Flask(__name__)


@app.route("/tasks", methods=["GET", "POST"])
def tasks():
    if "tasks" not in session:
        session["tasks"] = []
    if request.method == "POST":
        session["tasks"].append({"title": request.form["title"]})
        return redirect("/tasks")
    return session["tasks"]
""",
            """\
from flask import Flask, redirect, request, session

app = Flask(__name__)


@app.route("/tasks", methods=["GET", "POST"])
def tasks():
    if "tasks" not in session:
        session["tasks"] = []
    if request.method == "POST":
        session["tasks"].append({"title": request.form["title"]})
        session.modified = True
        return redirect("/tasks")
    return session["tasks"]
""",
        ),
        # The first time it is saved, then no more; deeper; in a method view and in a helper of a view.
        Bad(
            {
                "shop/__init__.py": "from flask import Flask\nfrom shop.views import Seen\n\napp = Flask(__name__)\n"
                "app.add_url_rule('/seen', view_func=Seen.as_view('seen'))\n",
                "shop/views.py": """\
from flask import request, session as cookie
from flask.views import MethodView

from shop.steps import step


class Seen(MethodView):
    def post(self):
        cookie.setdefault("seen", []).append(request.form["id"])
        return "ok"

    def put(self):
        step(request.form["name"])
        return "ok"
""",
                "shop/steps.py": """\
from flask import session


def step(name):
    wizard = session["wizard"]
    wizard["steps"][name]["done"] = True
""",
            },
            hits=2,
        ),
        # Permanent sessions are written at every request only as long as nobody switches that off.
        Bad(
            """\
from flask import Flask, session

app = Flask(__name__)
app.config["SESSION_REFRESH_EACH_REQUEST"] = False


@app.get("/login")
def login():
    session.permanent = True
    session["seen"] = []
    return "in"


@app.get("/<page>")
def page(page):
    session["seen"].append(page)
    return page
"""
        ),
    ]

    good: ClassVar[list[Good | Files]] = [
        # A key is set, deleted or augmented, the session is marked, a message is flashed, a user logs in.
        """\
from flask import Flask, flash, redirect, session
from flask_login import login_user

app = Flask(__name__)


@app.post("/a/<item>")
def marked(item):
    session["cart"].append(item)
    session.modified = True
    return redirect("/")


@app.post("/b/<item>")
def stored(item):
    cart = session.get("cart", [])
    cart.append(item)
    session["cart"] = cart
    return redirect("/")


@app.post("/c/<item>")
def augmented(item):
    session["cart"] += [item]
    session["names"]["a"] = item
    return redirect("/")


@app.post("/d/<item>")
def flashed(item):
    session["cart"].append(item)
    flash("Added")
    return redirect("/")


@app.post("/e/<item>")
def dropped(item):
    session["cart"].clear()
    session.pop("coupon", None)
    return redirect("/")


@app.post("/g/<item>")
def logged_in(item):
    session["cart"].append(item)
    login_user(find(item))
    return redirect("/")


def find(item):
    return item
""",
        # Copies, reads, and other objects that are called session.
        """\
from flask import Flask, session
from requests import Session

app = Flask(__name__)
http = Session()


@app.get("/")
def index(client, db):
    cart = list(session.get("cart", []))
    cart.append("total")
    names = session["names"][:]
    names.append("x")
    lines = session["lines"].copy()
    lines["x"] = 1
    lines.update(session["names"])
    more = {**session["lines"]}
    more["x"] = 1
    http.headers["a"] = "b"
    http.headers.update(a="b")
    db.session["x"].append(1)
    with client.session_transaction() as session_:
        session_["cart"].append(1)
    return {"cart": cart, "names": names, "last": session["cart"].index("x"), "more": more}


def run(session):
    session["x"].append(1)
    session["x"]["y"] = 2
""",
        # The caller saves, the helper saves, the decorator saves.
        {
            "shop/__init__.py": "from flask import Flask\nfrom shop.views import bp\n\napp = Flask(__name__)\n"
            "app.register_blueprint(bp)\n",
            "shop/views.py": """\
from functools import wraps

from flask import Blueprint, session

from shop import cart

bp = Blueprint("shop", __name__)


def saves_session(view):
    @wraps(view)
    def wrapper(*args, **kwargs):
        result = view(*args, **kwargs)
        session.modified = True
        return result

    return wrapper


@bp.post("/a")
def add():
    cart.add("mug")
    session["changed"] = True
    return "ok"


@bp.post("/b")
def remove():
    session["cart"].remove("mug")
    cart.save()
    return "ok"


@bp.post("/c")
@saves_session
def clear():
    session["cart"].clear()
    return "ok"
""",
            "shop/cart.py": """\
from flask import session


def add(item):
    session["cart"].append(item)


def save():
    session.modified = True
""",
        },
        # Permanent sessions are written at every request (SESSION_REFRESH_EACH_REQUEST), wherever that is set.
        {
            "app.py": """\
from flask import Flask, session

app = Flask(__name__)


@app.before_request
def long():
    session.permanent = True


import views
""",
            "views.py": """\
from flask import session
from app import app


@app.post("/<item>")
def add(item):
    session["cart"].append(item)
    return "ok"
""",
        },
        """\
from flask import Flask, redirect, session

app = Flask(__name__)


@app.post("/<item>")
def add(item):
    session.permanent = True
    session["cart"].append(item)
    return redirect("/")
""",
        # A hook of every request changes the session.
        """\
from time import time

from flask import Flask, session

app = Flask(__name__)


@app.before_request
def seen():
    session["seen"] = time()


@app.post("/<item>")
def add(item):
    session["cart"].append(item)
    return "ok"
""",
        # Handlers of Flask-SocketIO change a copy that is kept as long as the connection.
        """\
from flask import Flask, session
from flask_socketio import Namespace, SocketIO

app = Flask(__name__)
socketio = SocketIO(app)


@socketio.event
def join(room):
    session["rooms"].append(room)


class Game(Namespace):
    def on_move(self, move):
        session.setdefault("moves", []).append(move)


def leave(room):
    session["rooms"].remove(room)


socketio.on_event("leave", leave)
""",
        # Kept on the server; a test.
        {
            "requirements.txt": "flask==3.1.0\nFlask-Session\n",
            "app.py": "from flask import Flask, session\nfrom flask_session import Session\n\napp = Flask(__name__)\n"
            "Session(app)\n\n\n@app.post('/<item>')\ndef add(item):\n    session['cart'].append(item)\n"
            "    return 'ok'\n",
        },
        {
            "tests/test_cart.py": "from flask import Flask, session\n\napp = Flask(__name__)\n\n\ndef test_cart():\n"
            "    with app.test_request_context():\n        session['cart'].append(1)\n"
        },
    ]

    def check(self, module: Module) -> Iterator[Hit]:
        """The functions whose changes inside the session nothing in this file saves, each at its first one."""
        if module.role in ("test", "migration"):
            return
        changes = _changes(module)
        if not changes:
            return
        saving = saving_functions(module)
        for function, found in changes.items():
            if _saved_here(module, function, saving) or in_socket_handler(module, found[0].node):
                continue
            yield Hit(
                found[0].node,
                f"{found[0].key} is changed in place: Flask does not notice, and the change is lost",
                severity=Severity.INFO if module.role in ("example", "docs") else None,
                data=(module.qualname(function), *_helpers(module, function)),
                parts={"changes": tuple(found)},
            )

    def judge(self, candidate: Candidate, project: Project) -> Severity | None:
        """Drop it where something else saves the session: another function, every request, a store on the server."""
        all_facts = project.modules.values()
        refreshed = not any(
            key == "SESSION_REFRESH_EACH_REQUEST" for facts in all_facts for key, _ in facts.config_keys
        )
        if any(facts.sessions.always or (facts.sessions.permanent and refreshed) for facts in all_facts):
            return None
        path = candidate.location.path
        function, *helpers = (str(item) for item in candidate.data)
        if _saved_elsewhere(project, path, function, helpers) or kept_on_server(project):
            return None
        return candidate.severity

    def fix(self, site: Site, edit: FileEdit) -> None:
        """Set ``session.modified`` on each way through the function that changes something."""
        changes = cast("tuple[_Change, ...]", site.hit.parts["changes"])
        marked: list[ast.stmt] = []
        for change in changes:
            statement = site.module.statement_of(change.node)
            if _comes_after_one(site.module, statement, marked):
                continue
            marked.append(statement)
            put = edit.insert_before if isinstance(statement, _COMPOUND) else edit.insert_after
            put(statement, "{session}.modified = True", session=change.session)


def _changes(module: Module) -> Mapping[FunctionNode, list[_Change]]:
    """The changes in place inside the session, by the function that makes them, in source order."""
    found: dict[FunctionNode, list[_Change]] = {}
    for node in chain(module.nodes(ast.Subscript), module.nodes(ast.Call)):
        if isinstance(node, ast.Subscript):
            held = None if isinstance(node.ctx, ast.Load) else _held(module, node.value)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _MUTATORS:
            held = _held(module, node.func.value)
        else:
            continue
        function = module.function_of(node) if held is not None else None
        if held is not None and function is not None:
            found.setdefault(function, []).append(_Change(node, *held))
    for several in found.values():
        several.sort(key=lambda change: module.location(change.node))
    return found


def _held(module: Module, node: ast.expr, depth: int = 0) -> tuple[str, ast.expr] | None:
    """What the session holds and the session itself, where an expression is (a part of) a value of the session."""
    if depth > 8:
        return None
    match node:
        case ast.Subscript(value=value, slice=key) if not isinstance(key, ast.Slice):
            return _under(module, value, key, depth)
        case ast.Call(func=ast.Attribute(value=value, attr="get" | "setdefault"), args=[key, *_]):
            return _under(module, value, key, depth)
        case ast.BoolOp(op=ast.Or(), values=[value, *_]):
            return _held(module, value, depth + 1)
        case ast.Name():
            return _held_by_name(module, node, depth)
    return None


def _under(module: Module, value: ast.expr, key: ast.expr, depth: int) -> tuple[str, ast.expr] | None:
    if is_session(module, value):
        text = module.string(key)
        return (f'session["{text}"]' if text is not None else "session[..]"), value
    return _held(module, value, depth + 1)


def _held_by_name(module: Module, node: ast.Name, depth: int) -> tuple[str, ast.expr] | None:
    """A local that is assigned once, or runs over what the session holds."""
    binding = module.names.binding(node)
    if binding is None or module.function_of(binding.node) is not module.function_of(node):
        return None
    if binding.value is not None:
        return _held(module, binding.value, depth + 1)
    target: ast.AST = binding.node
    loop = module.parent(target)
    pair = isinstance(loop, ast.Tuple) and len(loop.elts) == 2 and loop.elts[1] is target
    if pair and loop is not None:
        target, loop = loop, module.parent(loop)
    if not isinstance(loop, ast.For) or loop.target is not target:
        return None
    match loop.iter:
        case ast.Call(func=ast.Attribute(value=value, attr="values" | "items" as method), args=[]):
            return _held(module, value, depth + 1) if pair == (method == "items") else None
        case _:
            return None if pair else _held(module, loop.iter, depth + 1)


def _saved_here(module: Module, function: FunctionNode, saving: frozenset[FunctionNode]) -> bool:
    """Whether the function, one around or inside it, or one that calls it marks the session as changed."""
    if function in saving or any(outer in saving for outer in module.ancestors(function)):
        return True
    if any(function in module.ancestors(other) for other in saving):
        return True
    return any(module.function_of(call) in saving for call in module.calls(module.qualname(function)))


def _helpers(module: Module, function: FunctionNode) -> list[str]:
    """The dotted names of what a function calls and is decorated with: any of them may save the session."""
    found = [
        name
        for name, calls in module.calls_by_name().items()
        if not name.startswith(("builtins.", "flask.")) and any(module.function_of(call) is function for call in calls)
    ]
    for decorator in function.decorator_list:
        name = module.resolve(decorator.func if isinstance(decorator, ast.Call) else decorator)
        if name is not None:
            found.append(name)
    return found


def _saved_elsewhere(project: Project, path: str, function: str, helpers: list[str]) -> bool:
    """Whether a helper or a decorator saves the session, or another file that calls the function."""
    links = project.links
    wanted = {links.resolve(name, path) for name in helpers}
    own = links.resolve(function, path)
    last = function.rpartition(".")[2]
    for facts in project.modules.values():
        writers = facts.sessions.writers
        if not writers:
            continue
        if any(writer.partition(".<locals>")[0] in wanted for writer in writers):
            return True
        if facts.path != path and any(
            name.rpartition(".")[2] == last and links.resolve(name, facts.path) == own for name in facts.called
        ):
            return True
    return False


def _comes_after_one(module: Module, statement: ast.stmt, marked: list[ast.stmt]) -> bool:
    """Whether the session surely is marked when this statement runs: above it in its block, or above one around it."""
    current: ast.AST = statement
    while not isinstance(current, FUNCTIONS):
        parent = module.parent(current)
        if current in marked or parent is None:
            return current in marked
        for name in ("body", "orelse", "finalbody"):
            block = getattr(parent, name, None)
            if isinstance(block, list) and current in block:
                above = block[: block.index(current)]
                if any(item in marked for item in above):
                    return True
        current = parent
    return False
