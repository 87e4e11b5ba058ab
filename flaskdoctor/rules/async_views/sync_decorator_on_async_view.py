"""FD903: a decorator that calls an async view like any other function, and hands on the coroutine."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, cast

from flaskdoctor.finding import Fix, Severity, Tip
from flaskdoctor.project.contexts.asyncdecorators import LIBRARIES, calls_of_view, effect, hands_on_coroutine
from flaskdoctor.project.contexts.asyncviews import async_views, framework, local_function
from flaskdoctor.rules.rule import Bad, Candidate, Files, Good, Hit, Rule, Site

if TYPE_CHECKING:
    from flaskdoctor.fixes.python import FileEdit
    from flaskdoctor.project.code.module import Module
    from flaskdoctor.project.code.names import FunctionNode
    from flaskdoctor.project.snapshot import Project


class SyncDecoratorOnAsyncView(Rule):
    """A decorator calls an async view without awaiting it, so the response is a coroutine: every request is a 500.

    ## What it finds

    An `async def` view (or a method of a method view, or a request hook) under a decorator of the project whose wrapper
    is a plain function that returns `view(*args, **kwargs)`, or makes a response of it. Also `cross_origin` of
    Flask-Cors and `swag_from` of flasgger, which do just that in their newest releases.

    Not under a decorator that uses `current_app.ensure_sync(..)`, has an `async def` wrapper, asks
    `iscoroutinefunction` or returns the function itself. Flask-Login (since 0.6), Flask-JWT-Extended, Flask-Limiter,
    Flask-Caching and Flask-HTTPAuth do it right.

    ## Why it matters

    Flask asks each view whether it is `async` and then runs it in an event loop. It asks what the decorators have made
    of it, though, and that is a plain function. So Flask calls it, gets a coroutine that nobody has run, and cannot
    make a response of it:

    ```text
    TypeError: The view function did not return a valid response. .. it was a coroutine.
    ```

    The app starts, and so does every test that does not ask for this URL. It is what happens when the first view of
    an app with a `@login_required` of its own becomes `async def`. Quart has the same error.

    ## What to do instead

    ```python
    def admin_required(view):
        @wraps(view)
        def wrapper(*args, **kwargs):
            if not g.user.is_admin:
                abort(403)
            return current_app.ensure_sync(view)(*args, **kwargs)

        return wrapper
    ```

    `ensure_sync` leaves plain views as they are, so the decorator goes on working for them. In Quart make the wrapper
    `async def` and write `return await current_app.ensure_async(view)(*args, **kwargs)`.

    ## References

    - https://flask.palletsprojects.com/en/stable/async-await/#extensions
    - https://flask.palletsprojects.com/en/stable/api/#flask.Flask.ensure_sync
    - https://quart.palletsprojects.com/en/latest/reference/source/quart.html#quart.Quart.ensure_async
    """

    code = "FD903"
    name = "sync-decorator-on-async-view"
    tip = Tip.ASYNC
    severity = Severity.ERROR
    fix_class = Fix.UNSAFE
    fix_title = "Run the view with ensure_sync"
    fix_risk = "The decorator is changed for all views that have it: used outside of an app context, it raises."
    needs = (b"async def",)
    about_routes = True

    bad: ClassVar[list[Bad]] = [
        Bad(
            """\
from functools import wraps

from flask import Flask, abort, g

app = Flask(__name__)


def admin_required(view):
    @wraps(view)
    def wrapper(*args, **kwargs):
        if not g.user.is_admin:
            abort(403)
        return view(*args, **kwargs)

    return wrapper


@app.get("/admin")
@admin_required
async def admin():
    return "hello"
""",
            """\
from functools import wraps

from flask import Flask, abort, current_app, g

app = Flask(__name__)


def admin_required(view):
    @wraps(view)
    def wrapper(*args, **kwargs):
        if not g.user.is_admin:
            abort(403)
        return current_app.ensure_sync(view)(*args, **kwargs)

    return wrapper


@app.get("/admin")
@admin_required
async def admin():
    return "hello"
""",
        ),
        # With arguments; on a method, where the answer is changed; the second from below.
        Bad(
            """\
import functools

import flask as f
from flask.views import MethodView

app = f.Flask(__name__)


def role(name, *, strict=False):
    def decorator(function):
        @functools.wraps(function)
        def inner(*args, **kwargs):
            if f.g.get("role") != name:
                return f.redirect("/login")
            return function(*args, **kwargs)

        return inner

    return decorator


def no_store(view):
    def wrapper(*args, **values):
        response = f.make_response(view(*args, **values))
        response.headers["Cache-Control"] = "no-store"
        return response

    return wrapper


def tagged(function):
    function.tagged = True
    return function


@app.route("/a")
@role("admin")
@tagged
async def a():
    return "a"


class Items(MethodView):
    @no_store
    async def get(self):
        return {}


app.add_url_rule("/items", view_func=Items.as_view("items"))
""",
            """\
import functools

import flask as f
from flask.views import MethodView

app = f.Flask(__name__)


def role(name, *, strict=False):
    def decorator(function):
        @functools.wraps(function)
        def inner(*args, **kwargs):
            if f.g.get("role") != name:
                return f.redirect("/login")
            return f.current_app.ensure_sync(function)(*args, **kwargs)

        return inner

    return decorator


def no_store(view):
    def wrapper(*args, **values):
        response = f.make_response(f.current_app.ensure_sync(view)(*args, **values))
        response.headers["Cache-Control"] = "no-store"
        return response

    return wrapper


def tagged(function):
    function.tagged = True
    return function


@app.route("/a")
@role("admin")
@tagged
async def a():
    return "a"


class Items(MethodView):
    @no_store
    async def get(self):
        return {}


app.add_url_rule("/items", view_func=Items.as_view("items"))
""",
            hits=2,
        ),
        # The decorator of another file, libraries, Quart.
        Bad(
            {
                "shop/__init__.py": "from flask import Flask\n\nfrom shop.views import bp\n\napp = Flask(__name__)\n"
                "app.register_blueprint(bp)\n",
                "shop/guards.py": "from functools import wraps\n\nfrom flask import g\n\n\n"
                "def signed_in(view):\n    @wraps(view)\n    def wrapper(*args, **kwargs):\n"
                "        if g.get('user'):\n            return view(*args, **kwargs)\n        return '', 401\n\n"
                "    return wrapper\n",
                "shop/views.py": "from flask import Blueprint\nfrom flask_cors import cross_origin\n\n"
                "from shop.guards import signed_in\n\nbp = Blueprint('views', __name__)\n\n\n"
                "@bp.get('/a')\n@signed_in\nasync def a():\n    return 'a'\n\n\n"
                "@bp.get('/b')\n@cross_origin()\nasync def b():\n    return 'b'\n",
            },
            hits=2,
        ),
        Bad(
            "from functools import wraps\n\nfrom quart import Quart\n\napp = Quart(__name__)\n\n\n"
            "def logged(view):\n    @wraps(view)\n    def wrapper(*args, **kwargs):\n        print(view.__name__)\n"
            "        return view(*args, **kwargs)\n\n    return wrapper\n\n\n"
            "@app.get('/')\n@logged\nasync def index():\n    return 'hello'\n"
        ),
    ]

    good: ClassVar[list[Good | Files]] = [
        # They know that a view may be async, or run it themselves.
        """\
from functools import wraps

from flask import Flask, current_app

app = Flask(__name__)


def ensured(view):
    @wraps(view)
    def wrapper(*args, **kwargs):
        return current_app.ensure_sync(view)(*args, **kwargs)

    return wrapper


def waiting(view):
    @wraps(view)
    async def wrapper(*args, **kwargs):
        return await view(*args, **kwargs)

    return wrapper


@app.get("/a")
@ensured
@waiting
async def a():
    return "a"
""",
        # A helper of the project runs what the view gives.
        "from functools import wraps\n\nfrom flask import Flask, make_response\nfrom loops import finish\n\n"
        "app = Flask(__name__)\n\n\ndef finished(view):\n    @wraps(view)\n    def wrapper(*args, **kwargs):\n"
        "        answer = view(*args, **kwargs)\n        return make_response(finish(answer))\n\n    return wrapper\n"
        "\n\ndef logged(view):\n    @wraps(view)\n    def wrapper(*args, **kwargs):\n"
        '        return view(*args, **kwargs)\n\n    return wrapper\n\n\n@app.get("/a")\n@logged\n@finished\n'
        'async def a():\n    return "a"\n',
        {
            "app.py": "from flask import Flask\nfrom guards import both, marked, registered\n"
            "from library import guarded\n\napp = Flask(__name__)\n\n\n"
            "@app.get('/a')\n@both\nasync def a():\n    return 'a'\n\n\n"
            "@app.get('/b')\n@marked('b')\n@registered\nasync def b():\n    return 'b'\n\n\n"
            "@app.get('/c')\n@guarded\nasync def c():\n    return 'c'\n",
            "guards.py": (
                "from functools import wraps\nfrom inspect import iscoroutinefunction\n\nNAMES = []\n\n\n"
                "def both(view):\n    if iscoroutinefunction(view):\n        @wraps(view)\n"
                "        async def wrapper(*args, **kwargs):\n            return await view(*args, **kwargs)\n"
                "    else:\n        @wraps(view)\n        def wrapper(*args, **kwargs):\n"
                "            return view(*args, **kwargs)\n\n    return wrapper\n\n\ndef marked(name):\n"
                "    def decorator(view):\n        NAMES.append(name)\n        return view\n\n    return decorator\n"
                "\n\ndef registered(view):\n    NAMES.append(view.__name__)\n    return view\n"
            ),
        },
        # Plain views under it, async functions that are no views, decorators above the route.
        "from functools import wraps\n\nfrom flask import Flask\nfrom flask.views import MethodView\n"
        "from flask_login import login_required\n\napp = Flask(__name__)\n\n\ndef logged(view):\n    @wraps(view)\n"
        "    def wrapper(*args, **kwargs):\n        return view(*args, **kwargs)\n\n    return wrapper\n\n\n"
        '@app.get("/a")\n@logged\ndef a():\n    return "a"\n\n\n@logged\nasync def helper():\n    return 1\n\n\n'
        '@app.get("/b")\n@login_required\nasync def b():\n    return str(await helper())\n\n\n@logged\n'
        '@app.get("/c")\nasync def c():\n    return "c"\n\n\nclass Items(MethodView):\n    decorators = [logged]\n\n'
        "    async def get(self):\n        return {}\n\n\n"
        'app.add_url_rule("/items", view_func=Items.as_view("items"))\n',
    ]

    def check(self, module: Module) -> Iterator[Hit]:
        """The decorators under which async views stand, for ``judge`` to look into; each one of this file once."""
        if module.role in ("test", "migration"):
            return
        severity = Severity.INFO if module.role in ("example", "docs") else None
        seen: set[ast.AST] = set()
        for view in async_views(module):
            chain = tuple(
                (name, isinstance(item, ast.Call))
                for item in reversed(view.decorators)
                if (name := module.resolve(item.func if isinstance(item, ast.Call) else item)) is not None
            )
            if not chain or len(chain) != len(view.decorators):
                continue
            for place, item in enumerate(reversed(view.decorators)):
                target = item.func if isinstance(item, ast.Call) else item
                name = chain[place][0]
                made_here = local_function(module, target)
                if made_here is not None:
                    if made_here in seen or not calls_of_view(module, made_here):
                        continue
                    if place == 0:
                        seen.add(made_here)
                yield Hit(
                    item,
                    f"{name.rpartition('.')[2]} calls the async view {view.node.name}() without awaiting it",
                    severity=severity,
                    fixable=made_here is not None and not _speaks_of_quart(module),
                    data=(
                        view.owner,
                        chain[: place + 1],
                        made_here is not None and hands_on_coroutine(module, made_here),
                    ),
                    advice=LIBRARIES.get(name) or _ADVICE,
                    parts={"decorator": made_here},
                )

    def judge(self, candidate: Candidate, project: Project) -> Severity | None:
        """Keep the innermost decorator that hands on the coroutine."""
        path, links = candidate.location.path, project.links
        if not framework(links, str(candidate.data[0]), path):
            return None
        chain = cast("tuple[tuple[str, bool], ...]", candidate.data[1])
        for place, (name, called) in enumerate(chain):
            found = effect(links, name, path, called=called)
            if place == len(chain) - 1:
                return candidate.severity if found == "coroutine" or candidate.data[2] else None
            if found != "same":
                return None
        return None

    def fix(self, site: Site, edit: FileEdit) -> None:
        """Call the view through ``ensure_sync`` in the decorator."""
        decorator = cast("FunctionNode", site.hit.parts["decorator"])
        flask = _flask(site.module)
        local = "" if flask is not None else edit.add_import("flask", "current_app")
        for call in calls_of_view(site.module, decorator):
            if flask is not None:
                edit.replace(call.func, "{flask}.current_app.ensure_sync({view})", flask=flask, view=call.func)
            else:
                edit.replace(call.func, f"{local}.ensure_sync({{view}})", view=call.func)


_ADVICE = (
    "Write `return current_app.ensure_sync(view)(*args, **kwargs)` in the wrapper; in Quart make the wrapper "
    "`async def` and await `current_app.ensure_async(view)(..)`."
)


def _speaks_of_quart(module: Module) -> bool:
    return b"quart" in module.source


def _flask(module: Module) -> ast.expr | None:
    """``flask`` as the file calls it, where it imports the package and nothing from it."""
    bindings = module.names.module_scope.bindings
    if any(
        item.target.startswith("flask.") and item.target.count(".") == 1 for each in bindings.values() for item in each
    ):
        return None
    for name, several in bindings.items():
        if any(item.kind == "import" and item.target == "flask" for item in several):
            return next((use for use in module.readings(name) if module.resolve(use) == "flask"), None)
    return None
