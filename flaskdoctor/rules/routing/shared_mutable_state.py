"""FD1112: a view changes a variable of its module, which every process and thread has for itself or shares."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from flaskdoctor.finding import Severity, Tip
from flaskdoctor.project.code.names import FUNCTIONS, FunctionNode
from flaskdoctor.rules.rule import Bad, Candidate, Files, Good, Hit, RouterAssumed, Rule

if TYPE_CHECKING:
    from flaskdoctor.project.code.module import Module
    from flaskdoctor.project.routing.views import View
    from flaskdoctor.project.snapshot import Project

_ROLES = ("app", "settings")
_MAKERS = frozenset(
    {
        "builtins.dict", "builtins.list", "builtins.set", "collections.defaultdict", "collections.OrderedDict",
        "collections.Counter", "collections.deque",
    }
)  # fmt: skip
_CHANGES = frozenset(
    {
        "append", "appendleft", "extend", "insert", "add", "update", "setdefault", "pop", "popleft", "popitem",
        "remove", "discard", "clear", "subtract",
    }
)  # fmt: skip
# What is meant to be per process: a lost or missing entry costs time, not data.
_KEPT = re.compile(r"(?i)cache|memo|regist|lru|pool|metric|stats?$|debug|profil|timing|seen_warn|lock|conn")
_GUARDS = re.compile(r"(?i)lock|mutex|sem(?:aphore)?$|condition|guard|synchron")


class SharedMutableState(Rule):
    """A view changes a variable of its module: every worker process has another copy of it.

    ## What it finds

    Views that add to, change or empty a list, dict or set of their own module, or count up a `global` number. There is
    one finding a module, at the first change, and it names the variables.

    Caches and registries (by their names), and changes inside `with lock:` are left alone: who writes these knows what
    the variable is.

    ## Why it matters

    `flask run` is one process, so it seems to work. A production server runs several: each has its own copy of the
    variable, and the next request of the same visitor may meet another one, in which nothing has been added. All
    copies are gone at a restart, which servers also do on their own (`--max-requests`, a deployment, the reloader).
    Inside one process, threads run views at the same time: `counter += 1` reads, adds and writes in three steps, and
    counts of two requests become one.

    ## What to do instead

    Keep what must last in a database, what is short-lived in Redis or a cache server, what belongs to one visitor in
    `session`, and what belongs to one request in `g`:

    ```python
    @app.post("/cart")
    def add():
        cart = session.setdefault("cart", [])
        cart.append(request.form["item"])
        session.modified = True
        return redirect(url_for("cart"))
    ```

    ## References

    - https://flask.palletsprojects.com/en/stable/design/#thread-locals
    - https://flask.palletsprojects.com/en/stable/patterns/sqlalchemy/
    - https://docs.gunicorn.org/en/stable/design.html
    """

    code = "FD1112"
    name = "shared-mutable-state"
    tip = Tip.ROUTING
    severity = Severity.INFO
    needs = (b"lask", b"lueprint", b"quart", b".route(", b"bp\n")
    pattern = re.compile(
        rb"(?m)^\w+(?:[ \t]*:[^=\n]+)?[ \t]*=[ \t]*"
        rb"(?:\{|\[|(?:\w+\.)?(?:set|dict|list|defaultdict|Counter|deque|OrderedDict)\(|-?\d)",
    )
    about_routes = True

    bad: ClassVar[list[Bad]] = [
        Bad(
            "from flask import Flask, request\n\napp = Flask(__name__)\ncart = []\n\n\n"
            '@app.post("/cart")\ndef add():\n    cart.append(request.form["item"])\n    return {"items": cart}\n\n\n'
            '@app.post("/empty")\ndef empty():\n    cart.clear()\n    return {}\n'
        ),
        # A counter, a dict by key, del; on an imported blueprint.
        Bad(
            {
                "shop.py": (
                    "from flask import Flask\n\nimport views\n\napp = Flask(__name__)\n"
                    "app.register_blueprint(views.bp)\n"
                ),
                "area.py": "import flask as f\n\nbp = f.Blueprint('shop', __name__)\n",
                "views.py": (
                    "from area import bp\n\nvisits = 0\norders: dict[int, str] = {}\n\n\n@bp.route('/')\n"
                    "async def index():\n    global visits\n    visits += 1\n    return str(visits)\n\n\n"
                    "@bp.route('/orders/<int:number>', methods=['PUT', 'DELETE'])\ndef order(number):\n"
                    "    if (known := orders.get(number)) is not None:\n        del orders[number]\n"
                    "    orders[number] = 'new'\n    return known or ''\n"
                ),
            }
        ),
        # In a factory and in a class-based view.
        Bad(
            "from collections import defaultdict\n\nimport flask as f\nfrom flask.views import MethodView\n\n"
            "votes = defaultdict(int)\nonline = set()\n\n\nclass Vote(MethodView):\n    def post(self, name):\n"
            "        votes[name] += 1\n        return {}\n\n\ndef create_app():\n    app = f.Flask(__name__)\n"
            "    app.add_url_rule('/vote/<name>', view_func=Vote.as_view('vote'))\n\n    @app.get('/in/<name>')\n"
            "    def come(name):\n        online.add(name)\n        return {}\n\n    return app\n"
        ),
        Bad(
            "from flask import Flask\n\napp = Flask(__name__)\nSTATE = {'users': []}\n\n\n"
            "@app.route('/join/<name>')\n"
            "def join(name):\n    STATE['users'].append(name)\n    return {}\n"
        ),
    ]
    good: ClassVar[list[Good | Files]] = [
        # A cache, a registry filled at import, a lock, a local of the same name, a copy.
        "import threading\n\nfrom flask import Flask\n\napp = Flask(__name__)\nprice_cache = {}\nhandlers = {}\n"
        "counts = {}\ncounts_lock = threading.Lock()\nitems = []\n\n\ndef handler(name):\n    def keep(function):\n"
        "        handlers[name] = function\n        return function\n\n    return keep\n\n\n@app.route('/a')\n"
        "@handler('a')\ndef a():\n    price_cache['a'] = 1\n    with counts_lock:\n        counts['a'] = 2\n"
        "    items = []\n    items.append(3)\n    return {'items': items}\n\n\n@app.route('/b')\ndef b():\n"
        "    more = [*items]\n    more.append(1)\n    return {'more': sorted(items), 'one': items.copy()}\n",
        # A script that fills a list before it serves; a helper that is no view.
        "from flask import Flask\n\napp = Flask(__name__)\nrows = []\n\n\ndef load():\n    rows.append(1)\n\n\n"
        "load()\n"
        "rows.extend([2, 3])\n\n\n@app.route('/')\ndef index(rows=rows):\n    return {'rows': rows}\n",
        # The session, g, the database, an app's own object.
        "from flask import Flask, g, session\nfrom flask_sqlalchemy import SQLAlchemy\n\napp = Flask(__name__)\n"
        "db = SQLAlchemy(app)\nsettings = {'size': 3}\n\n\n@app.route('/')\ndef index():\n    session['a'] = 1\n"
        "    g.items = []\n    g.items.append(2)\n    db.session.add(object())\n    return {'n': settings['size']}\n",
        # A nested function's own list; a test; a parameter that hides the name.
        {
            "app.py": (
                "from flask import Flask\n\napp = Flask(__name__)\nnames = []\n\n\n@app.route('/<names>')\n"
                "def show(names):\n    names.append(1)\n    found = []\n\n    def walk():\n"
                "        found.append(1)\n\n"
                "    walk()\n    return {'found': found}\n"
            ),
            "tests/test_app.py": (
                "from app import app\n\ncalls = []\n\n\n@app.route('/test')\ndef seen():\n    calls.append(1)\n"
                "    return ''\n"
            ),
        },
    ]

    def check(self, module: Module) -> Iterator[Hit]:
        if module.role not in _ROLES:
            return
        views = [view for view in module.views if view.node is not None]
        if not views:
            return
        bodies = {function: view for view in views for function in _functions(view)}
        first: dict[str, tuple[ast.expr, View]] = {}
        for node, name in sorted(_changes(module), key=lambda one: (one[0].lineno, one[0].col_offset)):
            function = module.function_of(node)
            if function in bodies and not _KEPT.search(name) and not _is_guarded(module, node):
                first.setdefault(name, (node, bodies[function]))
        if not first:
            return
        node, view = next(iter(first.values()))
        names = list(first)
        shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
        routers = {route.owner for _, one in first.values() for route in one.routes if not route.proven}
        message = f"{view.name.rpartition('.')[2]}() changes {shown}, of which every worker process has its own copy"
        if len(names) > 1:
            message = f"Views change {shown}, of which every worker process has its own copy"
        yield Hit(node, message, tuple(RouterAssumed(owner) for owner in sorted(routers)))

    def judge(self, candidate: Candidate, project: Project) -> Severity | None:
        return candidate.severity if project.holds(candidate) else None


def _functions(view: View) -> list[FunctionNode]:
    if isinstance(view.node, ast.ClassDef):
        return [item for item in view.node.body if isinstance(item, FUNCTIONS)]
    return [view.node] if view.node is not None else []


def _changes(module: Module) -> Iterator[tuple[ast.expr, str]]:
    """Every change of a variable of the module, with its name."""
    kept = _mutables(module)
    for name in kept:
        for node in module.readings(name):
            if _is_changed(module, node) and _is_module_level(module, node):
                yield node, name
    for statement in module.nodes(ast.Global):
        assert isinstance(statement, ast.Global)
        function = module.function_of(statement)
        for change in module.nodes(ast.AugAssign) if function is not None else ():
            target = change.target if isinstance(change, ast.AugAssign) else None
            if isinstance(target, ast.Name) and target.id in statement.names and module.function_of(change) is function:
                yield target, target.id


def _mutables(module: Module) -> list[str]:
    """The names that the module's top level gives a list, a dict or a set."""
    found: list[str] = []
    for statement in module.ast.body:
        if isinstance(statement, ast.Assign):
            targets: list[ast.expr] = statement.targets
        elif isinstance(statement, ast.AnnAssign):
            targets = [statement.target]
        else:
            continue
        value = statement.value
        made = isinstance(value, ast.List | ast.Dict | ast.Set | ast.ListComp | ast.DictComp | ast.SetComp)
        if not made and isinstance(value, ast.Call):
            made = module.resolve(value.func) in _MAKERS
        if made:
            found.extend(target.id for target in targets if isinstance(target, ast.Name) and target.id != "__all__")
    return found


def _is_changed(module: Module, node: ast.Name) -> bool:
    """Whether what a name stands for is changed right here: ``x[..] = ..``, ``x[..].append(..)``, ``del x[..]``."""
    child: ast.AST = node
    parent = module.parent(node)
    while isinstance(parent, ast.Subscript) and parent.value is child:
        if not isinstance(parent.ctx, ast.Load):
            return True
        child, parent = parent, module.parent(parent)
    if isinstance(parent, ast.Attribute) and parent.value is child and parent.attr in _CHANGES:
        call = module.parent(parent)
        return isinstance(call, ast.Call) and call.func is parent
    return False


def _is_module_level(module: Module, node: ast.Name) -> bool:
    found = module.names.scope_of(node).lookup(node.id)
    return found is not None and found[0] is module.names.module_scope


def _is_guarded(module: Module, node: ast.AST) -> bool:
    for parent in module.ancestors(node):
        if isinstance(parent, ast.With | ast.AsyncWith):
            for item in parent.items:
                context = item.context_expr.func if isinstance(item.context_expr, ast.Call) else item.context_expr
                if _GUARDS.search(getattr(context, "attr", getattr(context, "id", ""))):
                    return True
    return False
