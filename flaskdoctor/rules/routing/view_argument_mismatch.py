"""FD1103: a view whose parameters are not the variables of its URL."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from flaskdoctor.finding import Severity, Tip
from flaskdoctor.rules.rule import Bad, Files, Good, Issue, ProjectRule

if TYPE_CHECKING:
    from flaskdoctor.project.code.facts import ModuleFacts, RouteFact, Signature
    from flaskdoctor.project.routing.links import Links
    from flaskdoctor.project.snapshot import Project

# A variable of a URL rule as Werkzeug reads it: <name>, <int:id>, <any(a, b):kind>, <regex("[a-z]{2}"):lang>.
_VARIABLE = re.compile(r"<(?:[a-zA-Z_]\w*(?:\(.*?\))?:)?([a-zA-Z_]\w*)>")

# Extensions' decorators that pass a view's arguments on as they came, by the last part of their name. Those of other
# libraries may add one: ``identity.flask`` calls ``view(context=..)``.
_EXTENSIONS = ("flask_", "flask.ext.", "quart_")
_FORWARDING = frozenset(
    {
        "anonymous_user_required", "auth_required", "auth_token_required", "cached", "cross_origin", "exempt",
        "fresh_login_required", "http_auth_required", "jwt_required", "limit", "login_required",
        "permissions_accepted", "permissions_required", "roles_accepted", "roles_required", "shared_limit",
    }
)  # fmt: skip

# Overridden in an app or blueprint class of the project, these may hand a view something else.
_DISPATCHING = ("dispatch_request", "full_dispatch_request", "add_url_rule", "route", "ensure_sync", "endpoint")


class ViewArgumentMismatch(ProjectRule):
    """A view does not take the variables of its URL, so every request to it fails.

    ## What it finds

    Views whose parameters do not fit their URL rule: a variable that the function does not take, or a parameter
    without a default that no part of the URL fills. The whole rule counts, with the prefixes of all blueprints on
    the way: `/<int:shop>/orders` of a blueprint that is registered under `/shops`, nested ones included.

    Nothing is said of views with `**kwargs` for what they may swallow, of routes with `defaults=` for what these
    fill, of views behind a decorator that may change the arguments, and where the project changes URL variables by
    itself (`url_value_preprocessor`, `url_defaults`, subdomains, `request.view_args`).

    ## Why it matters

    Flask calls `view(**variables)`. A mismatch is a `TypeError: profile() got an unexpected keyword argument
    'user_id'` for each and every request to that URL: a 500 that no import and no other test shows. It is what a
    renamed variable, a second route on the same view or a moved blueprint prefix leaves behind.

    ## What to do instead

    Give the variable and the parameter one name. For a view with several URLs, a default fills the gap:

    ```python
    @bp.route("/users/", defaults={"user_id": None})
    @bp.route("/users/<int:user_id>")
    def users(user_id): ...
    ```

    ## References

    - https://flask.palletsprojects.com/en/stable/quickstart/#variable-rules
    - https://flask.palletsprojects.com/en/stable/patterns/urlprocessors/
    """

    code = "FD1103"
    name = "view-argument-mismatch"
    tip = Tip.ROUTING
    severity = Severity.ERROR

    bad = [
        Bad(
            'from flask import Flask\n\napp = Flask(__name__)\n\n\n@app.route("/users/<int:user_id>")\n'
            "def profile(id):\n    return str(id)\n"
        ),
        Bad(
            'import flask\n\napp = flask.Flask(__name__)\n\n\n@app.get("/post/<int:year>/<slug>")\n'
            'def post(slug):\n    return slug\n\n\n@app.get("/archive")\ndef archive(year):\n'
            "    return str(year)\n",
            hits=2,
        ),
        # The variable stands in the prefix of a blueprint around the one that the view belongs to.
        Bad(
            {
                "shop/__init__.py": (
                    "from flask import Flask\n\nfrom shop.orders import bp\nfrom shop.tenants import tenants\n\n\n"
                    "def create_app():\n    app = Flask(__name__)\n    tenants.register_blueprint(bp)\n"
                    "    app.register_blueprint(tenants)\n    return app\n"
                ),
                "shop/tenants.py": (
                    'from flask import Blueprint\n\ntenants = Blueprint("tenants", __name__, url_prefix="/<tenant>")\n'
                ),
                "shop/orders/__init__.py": (
                    'from flask import Blueprint\n\nbp = Blueprint("orders", __name__, url_prefix="/orders")\n\n'
                    "from shop.orders import views\n"
                ),
                "shop/orders/views.py": (
                    "from . import bp\n\n\n@bp.route('/')\ndef index():\n    return 'all'\n\n\n"
                    "@bp.route('/<int:order>')\ndef show(tenant, order):\n    return tenant\n"
                ),
            }
        ),
        # A class-based view that answers two URLs; only one of them has the variable.
        Bad(
            "from flask import Flask\nfrom flask.views import MethodView\n\n\nclass Items(MethodView):\n"
            "    def get(self, item):\n        return item\n\n    def post(self):\n        return 'added'\n\n\n"
            "app = Flask(__name__)\nview = Items.as_view('items')\n"
            "app.add_url_rule('/items', view_func=view, methods=['GET', 'POST'])\n"
            "app.add_url_rule('/items/<item>', view_func=view, methods=['GET'])\n"
        ),
        # A decorator of the project that hands the arguments on, in another file.
        Bad(
            {
                "app.py": (
                    "from flask import Flask\nfrom flask_login import login_required\n"
                    "from rights import admin_only, needs\n\n"
                    "app = Flask(__name__)\n\n\n@app.route('/users/<name>')\n@login_required\n@admin_only\n"
                    "@needs('write')\ndef user():\n    return 'user'\n"
                ),
                "rights.py": (
                    "from functools import wraps\nfrom flask import abort\nfrom flask_login import current_user\n\n\n"
                    "def needs(right):\n    def decorator(view):\n        @wraps(view)\n"
                    "        def wrapper(*args, **kwargs):\n            if not current_user.may(right):\n"
                    "                abort(403)\n            return view(*args, **kwargs)\n\n        return wrapper\n\n"
                    "    return decorator\n\n\ndef admin_only(view):\n    return needs('admin')(view)\n"
                ),
            }
        ),
    ]
    good: ClassVar[list[Good | Files]] = [
        # Defaults, **kwargs, and a default value fill what one of the URLs leaves out.
        "from flask import Flask\n\napp = Flask(__name__)\n\n\n@app.route('/page/', defaults={'number': 1})\n"
        "@app.route('/page/<int:number>')\ndef page(number):\n    return str(number)\n\n\n"
        "@app.route('/a/<x>/<y>')\ndef a(**variables):\n    return 'a'\n\n\n@app.route('/b')\n"
        "@app.route('/b/<path:name>')\n"
        "def b(name='index', *, depth=1):\n    return name\n\n\n"
        "@app.route('/c/<regex(\"[a-z]{2,3}\"):lang>/<any(x, y):kind>/<float(min=1):_n>')\ndef c(lang, kind, _n):\n"
        "    return kind\n",
        # A preprocessor takes the language out of the variables.
        {
            "shop/__init__.py": (
                "from flask import Flask, g\nfrom shop.pages import bp\n\napp = Flask(__name__)\n"
                "app.register_blueprint(bp, url_prefix='/<lang>')\n\n\n@app.url_value_preprocessor\n"
                "def pull(endpoint, values):\n    g.lang = (values or {}).pop('lang', 'en')\n"
            ),
            "shop/pages.py": (
                "from flask import Blueprint\n\nbp = Blueprint('pages', __name__)\n\n\n@bp.route('/')\n"
                "def index():\n    return 'hello'\n"
            ),
        },
        # Decorators that add an argument, or look one up and pass it on under another name.
        "from functools import wraps\nfrom flask import Flask\nfrom webargs.flaskparser import use_kwargs\n\n"
        "app = Flask(__name__)\n\n\ndef with_user(view):\n    @wraps(view)\n    def wrapper(*args, **kwargs):\n"
        "        return view('me', *args, **kwargs)\n\n    return wrapper\n\n\ndef load(view):\n    @wraps(view)\n"
        "    def wrapper(*args, **kwargs):\n        kwargs['item'] = kwargs.pop('item_id')\n"
        "        return view(*args, **kwargs)\n\n    return wrapper\n\n\n"
        "@app.route('/me')\n@with_user\ndef me(user):\n    return user\n\n\n@app.route('/items/<item_id>')\n@load\n"
        "def item(item):\n    return item\n\n\n@app.route('/search')\n@use_kwargs({})\n"
        "def search(words):\n    return words\n",
        # Of a library that names its decorator like Flask-Login's and hands the view who came.
        "from flask import Flask\nfrom identity.flask import Auth\n\napp = Flask(__name__)\n"
        "auth = Auth(app, client_id='shop', authority='https://login.example.org')\n\n\n@app.get('/')\n"
        "@auth.login_required\ndef home(*, context):\n    return context['user']\n\n\n@app.get('/orders')\n"
        "@auth.login_required(scopes=['orders'])\ndef orders(context):\n    return context['user']\n",
        # A prefix that is computed may bring the variable; a blueprint that nobody registers proves nothing.
        "import os\nfrom flask import Blueprint, Flask\n\nbp = Blueprint('a', __name__)\n"
        "lost = Blueprint('b', __name__)\n\n\n"
        "@bp.route('/orders')\ndef orders(tenant):\n    return tenant\n\n\n@lost.route('/x/<y>')\n"
        "def x():\n    return 'x'\n\n\n"
        "app = Flask(__name__)\napp.register_blueprint(bp, url_prefix=os.environ['PREFIX'])\n",
        # Other frameworks hand the request to a view, or fill its parameters from the query and the body.
        "from sanic import Sanic\n\napp = Sanic('shop')\n\n\n@app.route('/<name>')\nasync def show(request, name):\n"
        "    return name\n",
        "from flask_openapi3 import OpenAPI\nfrom pydantic import BaseModel\n\n\nclass Path(BaseModel):\n"
        "    name: str\n\n\n"
        "app = OpenAPI(__name__)\n\n\n@app.get('/<name>')\ndef show(path: Path):\n    return path.name\n",
        # A MethodView with a rule for each of its methods, and one whose methods are decorated.
        "from flask import Flask\nfrom flask.views import MethodView\nfrom somewhere import with_item\n\n\n"
        "class Items(MethodView):\n    def get(self, item):\n        return str(item)\n\n    def post(self):\n"
        "        return 'added'\n\n    def put(self, item):\n        return item\n\n\nclass Stock(MethodView):\n"
        "    decorators = [with_item]\n\n    def get(self, stock):\n        return stock\n\n\n"
        "def register(app):\n    view = Items.as_view('items')\n"
        "    app.add_url_rule('/items', defaults={'item': None}, view_func=view, methods=['GET'])\n"
        "    app.add_url_rule('/items', view_func=view, methods=['POST'])\n"
        "    app.add_url_rule('/items/<item>', view_func=view, methods=['GET', 'PUT'])\n"
        "    app.add_url_rule('/stock', view_func=Stock.as_view('stock'))\n\n\napp = Flask(__name__)\nregister(app)\n",
        # Two views of one name in one file, each with the parameters of its own URL.
        "from flask import Blueprint, Flask\n\nmine = Blueprint('mine', __name__)\n"
        "shops = Blueprint('shops', __name__)\n\n\n"
        "@mine.get('/<path:page>')\ndef index(page):\n    return page\n\n\n"
        "@shops.get('/<shop>/')\ndef index(shop):\n    return shop\n\n\n"
        "app = Flask(__name__)\napp.register_blueprint(mine, url_prefix='/my')\napp.register_blueprint(shops)\n",
        # The view of the route is what a decorator made of the function.
        "from flask import Flask\nfrom somewhere import inject\n\napp = Flask(__name__)\n\n\ndef show(connection):\n"
        "    return 'x'\n\n\napp.add_url_rule('/show', view_func=inject(show))\n",
    ]

    def check(self, project: Project) -> Iterable[Issue]:
        links = project.links
        if _changes_variables(project):
            return
        for facts in project.modules.values():
            if facts.role not in ("app", "script"):
                continue
            for route in facts.routes:
                if route.signatures and _plainly_called(links, route, facts):
                    for variant in links.variants(route, facts.path):
                        yield from _issues(links, variant, facts)


def _changes_variables(project: Project) -> bool:
    """Whether the project may change what a view gets from its URL, in a way that no single route shows."""
    links = project.links
    if any(facts.changes_url_variables for facts in project.modules.values() if facts.role != "test"):
        return True
    return any(
        function.rpartition(".")[2] in _DISPATCHING and links.class_kind(function.rpartition(".")[0], facts.path)
        for facts in project.modules.values()
        for function in facts.functions
    )


def _plainly_called(links: Links, route: RouteFact, facts: ModuleFacts) -> bool:
    """Whether Flask calls the function itself, with the URL variables and nothing else."""
    owners = links.routers(route.owner, facts.path)
    if not owners or route.more or links.has_own_responses(route.owner, facts.path):
        return False
    if all(links.router(name) is None for name in owners) and not _speaks_of_flask(facts):
        return False  # whatever app comes in as a parameter: it may be another framework's
    return all(_forwards(links, decorator.removesuffix("()"), facts.path) for decorator in route.below)


def _forwards(links: Links, decorator: str, path: str) -> bool:
    if links.forwards(decorator, path):
        return True
    owner, _, name = decorator.rpartition(".")
    if name not in _FORWARDING or links.function(decorator, path) is not None:
        return False
    return (links.constructor(owner, path) or links.resolve(decorator, path)).startswith(_EXTENSIONS)


def _speaks_of_flask(facts: ModuleFacts) -> bool:
    return any(item.target.partition(".")[0] in ("flask", "quart") for item in facts.imports)


def _issues(links: Links, route: RouteFact, facts: ModuleFacts) -> Iterator[Issue]:
    told: set[str] = set()
    for prefix in links.prefixes(route, facts.path):
        if route.rule is None:
            return
        own = _variables(route.rule)
        around = _variables(prefix or "") if prefix != "?" else None
        if own is None or (around is None and prefix != "?"):
            return
        for signature in _called(links, route, facts):
            asked = _Asked(own | (around or frozenset()), around is not None, route.defaults)
            problem = _problem(signature, asked)
            message = f"{_name(route, signature)}() {problem}"
            if problem and message not in told:
                told.add(message)
                yield Issue(message, route.location, f"{route.view}.{signature.name} {route.rule}")


class _Asked(NamedTuple):
    """What Flask passes to a view."""

    variables: frozenset[str]
    complete: bool  # no part of the URL is computed
    defaults: tuple[str, ...] | None


def _variables(rule: str) -> frozenset[str] | None:
    """The variables of a rule; None where it has something that this does not read."""
    rest = _VARIABLE.sub("", rule)
    return None if "<" in rest or ">" in rest else frozenset(_VARIABLE.findall(rule))


def _called(links: Links, route: RouteFact, facts: ModuleFacts) -> Iterator[Signature]:
    """The functions that a request to this route runs."""
    if not route.is_class:
        yield from route.signatures
        return
    names = {signature.name for signature in route.signatures}
    if "dispatch_request" in names and len(names) > 1:
        return  # it calls the others in a way of its own
    methods = route.methods if route.methods is not None else links.class_methods(links.resolve(route.view, facts.path))
    wanted = {method.lower() for method in methods} | {"dispatch_request"}
    yield from (item for item in route.signatures if item.name in wanted and not item.decorated)


def _problem(signature: Signature, asked: _Asked) -> str:
    """What does not fit, in words; empty where all does."""
    defaults = frozenset(asked.defaults or ())
    passed = asked.variables | (defaults - {"*"})
    unknown = [] if signature.keywords else sorted(passed - set(signature.accepted))
    missing: list[str] = []
    if asked.complete and "*" not in defaults:
        missing = [name for name in signature.required if name not in passed]
    parts = []
    if unknown:
        source = "defaults=" if defaults.issuperset(unknown) else "its URL"
        parts.append(f"does not take {_listed(unknown)}, which {source} passes to it")
    if missing:
        parts.append(f"needs {_listed(missing)}, which its URL does not have")
    return ", and ".join(parts)


def _listed(names: list[str]) -> str:
    return ", ".join(repr(name) for name in names)


def _name(route: RouteFact, signature: Signature) -> str:
    view = route.view.rpartition(".")[2]
    return f"{view}.{signature.name}" if route.is_class else signature.name
