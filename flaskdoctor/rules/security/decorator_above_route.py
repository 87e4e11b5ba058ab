"""FD708: a decorator above ``.route()``, where it decorates what Flask never calls."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from flaskdoctor.errors import Refuse
from flaskdoctor.finding import Fix, Severity, Tip
from flaskdoctor.project.code.flask_names import HANDLER_DECORATORS, METHOD_SHORTCUTS
from flaskdoctor.project.code.names import FUNCTIONS, FunctionNode
from flaskdoctor.project.routing.views import Route, View
from flaskdoctor.rules.rule import Bad, Hit, RouterAssumed, Rule, Site

if TYPE_CHECKING:
    from flaskdoctor.fixes.python import FileEdit
    from flaskdoctor.project.code.module import Module

# Decorators that guard or change the answer, by the last part of their name.
_GUARDS = re.compile(
    r".*_required|requires?(?:_.*)?|.*_only|roles?_.*|has_(?:role|permission)s?|.*_accepted|authenticated|protected|"
    r"cross_origin|rate_limit(?:ed)?|ratelimit|throttled?"
)
_OF_LIMITER = frozenset({"limit", "shared_limit"})
_OF_CACHE = frozenset({"cached", "memoize"})
# What registers a function, or marks it by its name, and hands it back as it is: these work from above too.
_REGISTERS = HANDLER_DECORATORS | {
    "exempt",
    "context_processor",
    "app_context_processor",
    "template_filter",
    "template_global",
    "template_test",
    "url_defaults",
    "url_value_preprocessor",
    "command",
    "endpoint",
    "no_type_check",
    "typechecked",
    "overload",
    "staticmethod",
    "classmethod",
}
_REGISTERS_ENDINGS = ("_handler", "_loader", "_filter", "_processor")


class DecoratorAboveRoute(Rule):
    """A decorator above `.route()` has no effect on requests: Flask registered the view without it.

    ## What it finds

    Decorators that stand above `@app.route()` (or `@bp.get()` and friends) on a view. Those that guard a view or
    change its answer are errors: `login_required` and everything else that ends in `_required`, `auth.*`, `roles_*`,
    `limiter.limit`, `cache.cached`, `cross_origin`. Any other one is information: nothing is known of it but its
    place. A decorator between two routes protects the upper one only.

    `csrf.exempt` and `limiter.exempt` work from above as well (they remember the view's name), so they may stay.

    ## Why it matters

    Decorators apply from the bottom up. `.route()` puts the function it is given into the URL map and hands the same
    function back; what stands above wraps that and changes only the name in the module, which no request goes
    through.

    ```python
    @login_required          # wraps the name `orders`
    @app.route("/orders")    # Flask already has the bare function
    def orders(): ...
    ```

    `GET /orders` answers 200 to everybody, where it was meant to answer 401. There is no warning, and a test that
    calls the function directly sees the guard at work. Flask-Limiter's `limit` is worse than nothing there: it
    marks the view as having a limit of its own, and the default limits no longer count either.

    ## What to do instead

    Routes on top, everything else below:

    ```python
    @app.route("/orders")
    @login_required
    def orders(): ...
    ```

    ## References

    - [Flask: view decorators](https://flask.palletsprojects.com/en/stable/patterns/viewdecorators/)
    - [Flask-Login: protecting views](https://flask-login.readthedocs.io/en/latest/#protecting-views)
    - [Flask-Limiter: decorators to declare rate limits](https://flask-limiter.readthedocs.io/en/stable/#decorators-to-declare-rate-limits)
    """

    code = "FD708"
    name = "decorator-above-route"
    tip = Tip.SECURITY
    severity = Severity.ERROR
    fix_class = Fix.UNSAFE
    fix_title = "Move the routes to the top"
    fix_risk = (
        "The decorators begin to work: requests that were answered may now be turned away, limited or cached. "
        "A decorator without functools.wraps also gives the endpoint its own name."
    )
    about_routes = True
    needs = (b".route(", b".get(", b".post(", b".put(", b".patch(", b".delete(")

    bad = [
        Bad(
            "from flask import Flask\nfrom flask_login import login_required\n\napp = Flask(__name__)\n\n\n"
            '@login_required\n@app.route("/orders")\ndef orders():\n    return "orders"\n',
            "from flask import Flask\nfrom flask_login import login_required\n\napp = Flask(__name__)\n\n\n"
            '@app.route("/orders")\n@login_required\ndef orders():\n    return "orders"\n',
        ),
        Bad(
            {
                "shop/__init__.py": "",
                "shop/account.py": 'import flask as f\n\nbp = f.Blueprint("account", __name__)\n',
                "shop/views.py": (
                    "from shop.account import bp as account\nfrom shop.guards import roles_accepted\n\n\n"
                    '# All users.\n@roles_accepted("staff")  # see the guard\n# The list.\n@account.get("/users")\n'
                    'def users():\n    return "users"\n'
                ),
            },
            {
                "shop/views.py": (
                    "from shop.account import bp as account\nfrom shop.guards import roles_accepted\n\n\n"
                    '# All users.\n# The list.\n@account.get("/users")\n@roles_accepted("staff")  # see the guard\n'
                    'def users():\n    return "users"\n'
                )
            },
        ),
        Bad(
            "from flask import Flask\nfrom flask_limiter import Limiter\n\napp = Flask(__name__)\n"
            "limiter = Limiter(app=app)\n\n\n"
            '@app.route("/")\n@limiter.limit("5/minute")\n@app.route("/index")\ndef index():\n    return "shop"\n',
            "from flask import Flask\nfrom flask_limiter import Limiter\n\napp = Flask(__name__)\n"
            "limiter = Limiter(app=app)\n\n\n"
            '@app.route("/")\n@app.route("/index")\n@limiter.limit("5/minute")\ndef index():\n    return "shop"\n',
        ),
        Bad(
            "from flask import Flask\nfrom flask_caching import Cache\nfrom flask_cors import cross_origin\n\n\n"
            "def create_app():\n    app = Flask(__name__)\n    cache = Cache(app)\n\n"
            '    @cache.cached(timeout=50)\n    @cross_origin()\n    @app.post("/search")\n    def search():\n'
            '        return {"found": []}\n\n    return app\n',
            "from flask import Flask\nfrom flask_caching import Cache\nfrom flask_cors import cross_origin\n\n\n"
            "def create_app():\n    app = Flask(__name__)\n    cache = Cache(app)\n\n"
            '    @app.post("/search")\n    @cache.cached(timeout=50)\n    @cross_origin()\n    def search():\n'
            '        return {"found": []}\n\n    return app\n',
        ),
        Bad(
            "from flask import Flask\nfrom flask_httpauth import HTTPBasicAuth\n\napp = Flask(__name__)\n"
            "auth = HTTPBasicAuth()\n\n\n"
            '@auth.login_required(role="admin")\n@app.route("/admin", methods=["GET", "POST"])\n'
            'def admin():\n    return "admin"\n',
            "from flask import Flask\nfrom flask_httpauth import HTTPBasicAuth\n\napp = Flask(__name__)\n"
            "auth = HTTPBasicAuth()\n\n\n"
            '@app.route("/admin", methods=["GET", "POST"])\n@auth.login_required(role="admin")\n'
            'def admin():\n    return "admin"\n',
        ),
        Bad(
            "from flask import Flask\nfrom shop.timing import timed\n\napp = Flask(__name__)\n\n\n@timed\n"
            '@app.route("/")\n'
            'def index():\n    return "shop"\n',
            "from flask import Flask\nfrom shop.timing import timed\n\napp = Flask(__name__)\n\n\n"
            '@app.route("/")\n@timed\n'
            'def index():\n    return "shop"\n',
        ),
    ]
    good = [
        # As it should be, also with stacked routes.
        "from flask import Flask\nfrom flask_login import login_required\n\napp = Flask(__name__)\n\n\n"
        '@app.route("/")\n@app.route("/index")\n@login_required\ndef index():\n    return "shop"\n',
        # What works by the view's name works from above.
        "from flask import Flask\nfrom flask_wtf import CSRFProtect\n\napp = Flask(__name__)\n"
        "csrf = CSRFProtect(app)\n\n\n"
        '@csrf.exempt\n@app.post("/hook")\ndef hook():\n    return "", 204\n',
        # One function as view and as handler.
        "from flask import Flask\n\napp = Flask(__name__)\n\n\n"
        '@app.errorhandler(404)\n@app.route("/lost")\ndef lost(error=None):\n    return "lost", 404\n',
        # Somebody else's routes, where the order means something else.
        "from flask_restx import Namespace, Resource\n\nns = Namespace('shop')\n\n\n"
        "@ns.doc(security='key')\n@ns.route('/orders')\nclass Orders(Resource):\n    def get(self):\n"
        "        return []\n\n\n"
        "@admin_required\n@ns.route('/users')\ndef users():\n    return []\n",
        "import flask\nfrom fastapi import FastAPI\n\napi = FastAPI()\n\n\n@login_required\n@api.get('/')\n"
        "def index():\n    return {}\n",
        # No route at all: a client's get, a dictionary's.
        "import flask\nimport responses\n\n\n@login_required\n@responses.get('https://shop.example')\n"
        "def fetch():\n    return None\n",
    ]

    def check(self, module: Module) -> Iterator[Hit]:
        """The views that have a decorator above a route: one finding for each, at its uppermost one."""
        if module.role in ("test", "migration", "docs"):
            return
        for view in module.views:
            if isinstance(view.node, FUNCTIONS):
                yield from _above(module, view, view.node)

    def fix(self, site: Site, edit: FileEdit) -> None:
        """Routes first, in their order, then everything else in its order."""
        function, routes = site.hit.parts["function"], site.hit.parts["routes"]
        assert isinstance(function, FUNCTIONS)
        assert isinstance(routes, tuple)
        for decorator in function.decorator_list[: max(routes)]:
            if function.decorator_list.index(decorator) not in routes and _renames(site.module, decorator):
                raise Refuse(
                    f"@{_name(decorator)} does not use functools.wraps: below the route, the endpoint would take the "
                    "wrapper's name. Mend that first."
                )
        others = [index for index in range(len(function.decorator_list)) if index not in routes]
        edit.order_decorators(function, [*routes, *others])


def _above(module: Module, view: View, function: FunctionNode) -> Iterator[Hit]:
    places = {route.node: route for route in view.routes}
    order: list[Route | None] = [
        places.get(item) if isinstance(item, ast.Call) else None for item in function.decorator_list
    ]
    routes = tuple(index for index, route in enumerate(order) if route is not None)
    if not routes:
        return  # registered by add_url_rule()
    above = [index for index in range(routes[-1]) if index not in routes]
    kinds = {index: _kind(module, function.decorator_list[index]) for index in above}
    wanted = [index for index in above if kinds[index] == "guard"] or [
        index for index in above if kinds[index] == "unknown"
    ]
    if not wanted:
        return
    guards = kinds[wanted[0]] == "guard"
    route = next(order[index] for index in routes if index > wanted[0])
    assert route is not None
    names = " and ".join(f"@{_name(function.decorator_list[index])}" for index in wanted)
    have = "has" if len(wanted) == 1 else "have"
    spelling = f".{route.spelling}()"
    if guards:
        message = f"{names} above {spelling} {have} no effect: Flask calls {function.name}() without it"
    else:
        message = f"{names} stands above {spelling}: Flask calls {function.name}() without it"
    yield Hit(
        function.decorator_list[wanted[0]],
        message.replace(" stands ", " stand ") if len(wanted) > 1 else message,
        assumes=() if route.proven else (RouterAssumed(route.owner),),
        severity=Severity.ERROR if guards and module.role != "example" else Severity.INFO,
        parts={"function": function, "routes": routes},
    )


def _kind(module: Module, decorator: ast.expr) -> str:
    """guard (does nothing from above), fine (works from above), or unknown."""
    target = decorator.func if isinstance(decorator, ast.Call) else decorator
    last = _last(target)
    if last in _REGISTERS or last.endswith(_REGISTERS_ENDINGS) or last in ("route", *METHOD_SHORTCUTS):
        return "fine"
    if _GUARDS.fullmatch(last):
        return "guard"
    if isinstance(target, ast.Attribute):
        owner = _last(target.value).lower()
        made = module.value(target.value)
        library = _last(made.func) if isinstance(made, ast.Call) else ""
        if last in _OF_LIMITER and ("limit" in owner or library == "Limiter"):
            return "guard"
        if last in _OF_CACHE and ("cache" in owner or library == "Cache"):
            return "guard"
        if owner == "auth" or library in ("HTTPBasicAuth", "HTTPTokenAuth", "HTTPDigestAuth", "MultiAuth"):
            return "guard"
    return "unknown"


def _last(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _name(decorator: ast.expr) -> str:
    """A decorator as it is written, without its arguments."""
    target = decorator.func if isinstance(decorator, ast.Call) else decorator
    return ast.unparse(target) if isinstance(target, ast.Attribute | ast.Name) else "decorator"


def _renames(module: Module, decorator: ast.expr) -> bool:
    """Whether a decorator of this file surely gives what it returns another name: no ``functools.wraps`` in it."""
    target = decorator.func if isinstance(decorator, ast.Call) else decorator
    binding = module.names.binding(target) if isinstance(target, ast.Name) else None
    if binding is None or not isinstance(binding.node, FUNCTIONS):
        return False
    inner = [node for node in ast.walk(binding.node) if isinstance(node, FUNCTIONS) and node is not binding.node]
    used = {module.resolve(node) for node in ast.walk(binding.node) if isinstance(node, ast.Name | ast.Attribute)}
    return bool(inner) and not used & {"functools.wraps", "functools.update_wrapper", "flask.helpers.wraps"}
