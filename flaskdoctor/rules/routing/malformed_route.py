"""FD1104: a route that Flask refuses when the module is imported."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from flaskdoctor.errors import Refuse
from flaskdoctor.finding import Severity, Tip
from flaskdoctor.project.code.flask_names import METHOD_SHORTCUTS
from flaskdoctor.project.routing.views import HTTP_METHODS, Route, keyword
from flaskdoctor.rules.rule import Bad, Candidate, Files, Good, Hit, RouterAssumed, Rule, Site

if TYPE_CHECKING:
    from flaskdoctor.fixes.python import FileEdit
    from flaskdoctor.project.code.module import Module
    from flaskdoctor.project.snapshot import Project

_STRING, _METHOD, _SHORTCUT, _SLASH = "string", "method", "shortcut", "slash"


class MalformedRoute(Rule):
    """A route is written in a way that Flask refuses, so the app does not start.

    ## What it finds

    - `methods="POST"`: a string where Flask wants a list of strings;
    - `method=..`: the argument is called `methods`;
    - `@app.get("/", methods=[..])`: the shortcuts `get`, `post`, `put`, `patch` and `delete` are for one method each;
    - a URL rule that does not begin with `/`, on an app or on a blueprint that is registered without a prefix.

    ## Why it matters

    All of them raise when the route is registered: `TypeError: Allowed methods must be a list of strings`,
    `TypeError: Rule.__init__() got an unexpected keyword argument 'method'`, `TypeError: Use the 'route' decorator to
    use the 'methods' argument`, `ValueError: URL rule 'about' must start with a slash`. For a blueprint that is when
    the app registers it, so the traceback points at `register_blueprint` and not at the route.

    A blueprint with a prefix may leave the slash out: Flask puts one between the prefix and the rule, and the empty
    rule `""` stands for the prefix itself.

    ## What to do instead

    ```python
    @app.route("/orders", methods=["GET", "POST"])
    def orders(): ...

    @app.post("/orders")          # Flask 2.0: one method, no `methods=`
    def add_order(): ...
    ```

    ## References

    - https://flask.palletsprojects.com/en/stable/api/#flask.Flask.route
    - https://flask.palletsprojects.com/en/stable/api/#url-route-registrations
    """

    code = "FD1104"
    name = "malformed-route"
    tip = Tip.ROUTING
    severity = Severity.ERROR
    fix_title = "Write the route as Flask wants it"
    about_routes = True
    needs = (b".route(", b"add_url_rule(", b".get(", b".post(", b".put(", b".patch(", b".delete(")

    bad = [
        Bad(
            'from flask import Flask\n\napp = Flask(__name__)\n\n\n@app.route("/orders", methods="POST")\n'
            'def order():\n    return "ok"\n',
            fixed='from flask import Flask\n\napp = Flask(__name__)\n\n\n@app.route("/orders", methods=["POST"])\n'
            'def order():\n    return "ok"\n',
        ),
        Bad(
            "import flask as f\n\nweb = f.Flask(__name__)\n\n\n@web.route('/orders', method='GET, POST')\n"
            "def order():\n    return 'ok'\n\n\n@web.route('/stock', method=['PUT'])\ndef stock():\n    return 'ok'\n",
            fixed="import flask as f\n\nweb = f.Flask(__name__)\n\n\n@web.route('/orders', methods=['GET', 'POST'])\n"
            "def order():\n    return 'ok'\n\n\n@web.route('/stock', methods=['PUT'])\ndef stock():\n    return 'ok'\n",
            hits=2,
        ),
        Bad(
            "from flask import Flask\n\n\ndef create_app():\n    app = Flask(__name__)\n\n"
            '    @app.get("/", methods=["GET", "HEAD"])\n    def index():\n        return "hello"\n\n'
            '    @app.post("/in", methods=["POST"])  # sign in\n    def sign_in():\n        return "in"\n\n'
            "    return app\n",
            fixed="from flask import Flask\n\n\ndef create_app():\n    app = Flask(__name__)\n\n"
            '    @app.route("/", methods=["GET", "HEAD"])\n    def index():\n        return "hello"\n\n'
            '    @app.post("/in")  # sign in\n    def sign_in():\n        return "in"\n\n'
            "    return app\n",
            hits=2,
        ),
        Bad(
            {
                "shop/__init__.py": (
                    "from flask import Flask\n\nfrom shop.pages import bp\n\napp = Flask(__name__)\n"
                    "app.register_blueprint(bp)\n"
                ),
                "shop/pages/__init__.py": (
                    'from flask import Blueprint\n\nbp = Blueprint("pages", __name__)\n\nfrom shop.pages import views\n'
                ),
                "shop/pages/views.py": (
                    'from shop.pages import bp\n\n\n@bp.route("about")\ndef about():\n    return "about"\n'
                ),
            },
            fixed={
                "shop/pages/views.py": (
                    'from shop.pages import bp\n\n\n@bp.route("/about")\ndef about():\n    return "about"\n'
                ),
            },
        ),
        Bad(
            'from flask import Flask\n\napp = Flask(__name__)\n\n\ndef index():\n    return "hello"\n\n\n'
            'app.add_url_rule("index", view_func=index, methods=("GET"))\n',
            fixed='from flask import Flask\n\napp = Flask(__name__)\n\n\ndef index():\n    return "hello"\n\n\n'
            'app.add_url_rule("/index", view_func=index, methods=(["GET"]))\n',
            hits=2,
        ),
        Bad(
            'from flask import Flask\n\nVERB = "POST"\nPREFIX = "api"\napp = Flask(__name__)\n\n\n'
            '@app.route(f"{PREFIX}/order", methods=VERB)\ndef order():\n    return "ok"\n',
            hits=2,
        ),
    ]
    good: ClassVar[list[Good | Files]] = [
        # A class that makes its own of what a route is given.
        "from flask import Flask\n\n\nclass Api(Flask):\n    def route(self, rule, method='GET', **options):\n"
        "        return super().route(f'/api/{rule}', methods=[method], **options)\n\n\napp = Api(__name__)\n\n\n"
        "@app.route('items', method='POST')\ndef make():\n    return 'made'\n",
        # A function that is told the prefix, or that there is none.
        {
            "shop/__init__.py": (
                "from flask import Flask\n\nfrom shop.cart import cart\n\n"
                "def hang(app, blueprint, prefix=None):\n    if prefix:\n"
                "        app.register_blueprint(blueprint, url_prefix=prefix)\n    else:\n"
                "        app.register_blueprint(blueprint)\n\n\n"
                'def create_app():\n    app = Flask(__name__)\n    hang(app, cart, "/cart")\n    return app\n'
            ),
            "shop/cart.py": (
                'from flask import Blueprint\n\ncart = Blueprint("cart", __name__)\n\n\n'
                '@cart.get("")\ndef show():\n    return {}\n'
            ),
        },
        # With a prefix, given here or at the registration, a blueprint's rules need no slash.
        {
            "shop/__init__.py": (
                "from flask import Flask\n\nfrom shop.cart import cart\nfrom shop.me import me\n\n"
                "def create_app():\n    app = Flask(__name__)\n    app.register_blueprint(cart)\n"
                '    app.register_blueprint(me, url_prefix="/me")\n    return app\n'
            ),
            "shop/cart.py": (
                'from flask import Blueprint\n\ncart = Blueprint("cart", __name__, url_prefix="/cart")\n\n'
                '@cart.route("")\n@cart.route("items", methods=["GET"])\ndef items():\n    return {}\n'
            ),
            "shop/me.py": (
                'from flask import Blueprint\n\nme = Blueprint("me", __name__)\n\n'
                '@me.route("orders")\ndef orders():\n    return {}\n'
            ),
        },
        # The prefix comes from the blueprint's class, which hands it on among the keyword arguments.
        {
            "shop/__init__.py": (
                "from flask import Flask\n\nfrom shop.stock import pages, tools\n\napp = Flask(__name__)\n"
                "app.register_blueprint(pages)\napp.register_blueprint(tools)\n"
            ),
            "shop/parts.py": (
                "from flask import Blueprint\n\n\nclass Part(Blueprint):\n"
                "    def __init__(self, name, import_name, **options):\n"
                '        options.setdefault("url_prefix", "/" + name)\n'
                "        super().__init__(name, import_name, **options)\n\n\n"
                "class Tool(Part):\n    def __init__(self, *args, **options):\n"
                '        options["url_prefix"] = "/tools"\n        super().__init__(*args, **options)\n'
            ),
            "shop/stock.py": (
                "from shop.parts import Part, Tool\n\n"
                'pages = Part("pages", __name__)\ntools = Tool("tools", __name__)\n\n'
                '@pages.route("about")\ndef about():\n    return "about"\n\n'
                '@tools.route("count")\ndef count():\n    return "1"\n'
            ),
        },
        # Not Flask's: another framework, a test client, an HTTP library, a dictionary.
        'import bottle\n\napp = bottle.Bottle()\n\n@app.route("about", method="POST")\ndef about():\n    return ""\n',
        "import requests\nfrom flask import Flask\n\napp = Flask(__name__)\n\n"
        '@app.route("/")\ndef index():\n    answer = app.test_client().get("about")\n'
        '    return requests.get("https://example.org", method="x").text + {}.get("about", "")\n',
        "from aiohttp import web\n\ndef setup(app):\n"
        '    @app.route("about", method="GET")\n    async def about(request):\n        return web.Response()\n',
        # Methods in any collection, or computed; the prefix is computed, so nothing is known of the slash.
        "import os\nfrom flask import Blueprint, Flask\n\nMETHODS = {'GET', 'POST'}\napp = Flask(__name__)\n"
        "bp = Blueprint('x', __name__, url_prefix=os.environ['PREFIX'])\n\n"
        "@app.route('/a', methods=METHODS)\n@app.route('/b', methods=('GET',))\n@app.route('/c', methods=None)\n"
        "@app.route('/d', methods=[m for m in METHODS])\ndef view():\n    return 'x'\n\n"
        "@bp.route('x')\ndef other():\n    return 'x'\n\napp.register_blueprint(bp)\n",
        # Flask's own behaviour, tested.
        {
            "app.py": "from flask import Flask\napp = Flask(__name__)\n",
            "tests/test_app.py": (
                "import pytest\nfrom flask import Flask\n\ndef test_refuses():\n    app = Flask(__name__)\n"
                "    with pytest.raises(TypeError):\n        @app.route('/', methods='POST')\n"
                "        def index():\n            return ''\n"
            ),
        },
    ]

    def check(self, module: Module) -> Iterator[Hit]:
        if module.role == "test":
            return
        seen: set[ast.Call] = set()
        for view in module.views:
            for route in view.routes:
                if route.node in seen or not (route.proven or _speaks_of_flask(module, route)):
                    continue
                seen.add(route.node)
                assumes = () if route.proven else (RouterAssumed(route.owner),)
                for hit in [*_methods(module, route), *_rule(route)]:
                    yield hit._replace(assumes=assumes)

    def judge(self, candidate: Candidate, project: Project) -> Severity | None:
        if not project.holds(candidate) or project.links.registers_itself:
            return None
        kind, owner = candidate.data
        return candidate.severity if kind != _SLASH or _bare(project, str(owner), candidate.location.path) else None

    def fix(self, site: Site, edit: FileEdit) -> None:
        call = site.hit.parts["call"]
        assert isinstance(call, ast.Call)
        kind = site.hit.data[0]
        value = site.node
        if kind == _SLASH:
            assert isinstance(value, ast.Constant)
            assert isinstance(value.value, str)
            edit.replace(value, _literal(site.module.segment(value), "/" + value.value))
        elif kind == _SHORTCUT:
            self._fix_shortcut(call, edit)
        else:
            if kind == _METHOD:
                edit.rename_argument(call, "method", "methods")
            value = keyword(call, "method" if kind == _METHOD else "methods") or value
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                names = [name for name in value.value.replace(",", " ").split() if name]
                source = site.module.segment(value)
                edit.replace(value, f"[{', '.join(_literal(source, name) for name in names)}]")

    def _fix_shortcut(self, call: ast.Call, edit: FileEdit) -> None:
        if not isinstance(call.func, ast.Attribute):
            raise Refuse("The route is made through another name of its method.")
        methods = keyword(call, "methods")
        own = call.func.attr.upper()
        if isinstance(methods, ast.List | ast.Tuple | ast.Set) and len(methods.elts) == 1:
            only = methods.elts[0]
            if isinstance(only, ast.Constant) and isinstance(only.value, str) and only.value.upper() == own:
                edit.remove_argument(call, "methods")
                return
        edit.replace(call.func, "{app}.route", app=call.func.value)


def _speaks_of_flask(module: Module, route: Route) -> bool:
    """A parameter called ``app`` may be any framework's; an imported name is followed to where it is made."""
    return ".<locals>." not in route.owner or b"lask" in module.source


def _methods(module: Module, route: Route) -> Iterator[Hit]:
    call = route.node
    methods, method = keyword(call, "methods"), keyword(call, "method")
    if route.spelling in METHOD_SHORTCUTS:
        if methods is not None:
            message = f"{route.spelling}() takes no methods=: that is for route()"
            yield _hit(methods, message, _SHORTCUT, route, fixable=_is_collection(methods))
        return
    if method is not None:
        fixable = methods is None and (_is_collection(method) or _names_methods(method))
        message = f"{route.spelling}() has no argument method=: it is called methods="
        yield _hit(method, message, _METHOD, route, fixable=fixable)
    text = module.string(methods)
    if methods is not None and text is not None:
        message = f'methods="{_short(text)}" is a string, and Flask wants a list of strings'
        yield _hit(methods, message, _STRING, route, fixable=_names_methods(methods))


def _rule(route: Route) -> Iterator[Hit]:
    call = route.node
    node = call.args[0] if call.args else keyword(call, "rule")
    if node is None or route.rule is None or route.rule.startswith("/"):
        return
    message = f'the URL rule "{_short(route.rule)}" does not begin with a slash'
    yield _hit(node, message, _SLASH, route, fixable=isinstance(node, ast.Constant))


def _hit(node: ast.expr, message: str, kind: str, route: Route, *, fixable: bool) -> Hit:
    return Hit(node, message, fixable=fixable, data=(kind, route.owner), parts={"call": route.node})


def _is_collection(node: ast.expr) -> bool:
    return isinstance(node, ast.List | ast.Tuple | ast.Set)


def _names_methods(node: ast.expr) -> bool:
    """Whether a literal is made of HTTP methods: ``"POST"``, ``"GET, POST"``."""
    if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
        return False
    names = node.value.replace(",", " ").split()
    return bool(names) and all(name.lower() in HTTP_METHODS for name in names)


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:37]}..."


def _bare(project: Project, owner: str, path: str) -> bool:
    """Whether a rule of this owner reaches Flask as it is written: an app's, or a blueprint's that has a prefix in none
    of the ways in which it is registered (which of them is taken, only the running program knows)."""
    links = project.links
    for name in links.routers(owner, path):
        router = links.router(name)
        if router is None or router.kind == "app":
            return True
        mounts = links.mounts(name)
        if mounts and all(mount.prefix is None for mount in mounts):
            return True
    return False


def _literal(source: str, text: str) -> str:
    """``text`` as a string literal in the quotes of ``source``; a fix's template, so braces are doubled."""
    quote = '"' if source.rstrip().endswith('"') else "'"
    escaped = text.replace("\\", "\\\\").replace(quote, "\\" + quote).replace("{", "{{").replace("}", "}}")
    return f"{quote}{escaped}{quote}"
