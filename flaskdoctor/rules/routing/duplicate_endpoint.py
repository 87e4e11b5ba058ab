"""FD1101: two views of one app or blueprint under one endpoint."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from flaskdoctor.finding import Severity, Tip
from flaskdoctor.project.routing.routers import ANY_APP
from flaskdoctor.project.routing.together import Together
from flaskdoctor.rules.rule import Bad, Files, Good, Issue, ProjectRule

if TYPE_CHECKING:
    from flaskdoctor.project.code.facts import ModuleFacts, RouteFact
    from flaskdoctor.project.routing.links import Links
    from flaskdoctor.project.snapshot import Project

_ROLES = ("app", "script", "settings")
_LIBRARIES = ("flask.", "quart.", "apiflask.")  # others name their endpoints in ways of their own

# Overridden in an app or blueprint class of the project, these may choose another endpoint.
_NAMING = ("add_url_rule", "route", "get", "post", "put", "patch", "delete", "endpoint")


class DuplicateEndpoint(ProjectRule):
    """Two different views of one app or blueprint have the same endpoint, so the app does not start.

    ## What it finds

    A second view under an endpoint that the same app or blueprint already has: two functions of one name (a copied
    view whose name was left as it was), in one file or in several; one `endpoint=` given twice; `View.as_view("name")`
    called twice with one name; and decorators without `functools.wraps`, under which every view is called `wrapper`.

    It says nothing where only one of them may run (`if`/`else`, `try`/`except`, files that nothing loads together).

    ## Why it matters

    The endpoint is the name under which `url_for` finds a view, and by default it is the function's name. Flask
    refuses a second function under it while the module is imported:

    ```text
    AssertionError: View function mapping is overwriting an existing endpoint function: index
    ```

    With a decorator that returns its inner function as it is, the first view works and the second one ends in this
    error, which names `wrapper` and neither of the views.

    ## What to do instead

    Give each view a name of its own, or an endpoint:

    ```python
    @app.get("/orders")
    def orders(): ...

    @app.get("/invoices")
    def invoices(): ...
    ```

    One view may have several URLs: put the routes on top of each other, or keep what `as_view` returned in a variable.
    A decorator keeps the name of what it wraps like this:

    ```python
    def admin_only(view):
        @functools.wraps(view)
        def wrapper(*args, **kwargs): ...
        return wrapper
    ```

    ## References

    - https://flask.palletsprojects.com/en/stable/api/#url-route-registrations
    - https://flask.palletsprojects.com/en/stable/patterns/viewdecorators/
    - https://docs.python.org/3/library/functools.html#functools.wraps
    """

    code = "FD1101"
    name = "duplicate-endpoint"
    tip = Tip.ROUTING
    severity = Severity.ERROR

    bad = [
        Bad(
            'from flask import Flask\n\napp = Flask(__name__)\n\n\n@app.route("/orders")\ndef orders():\n'
            '    return "orders"\n\n\n@app.route("/invoices")\ndef orders():\n    return "invoices"\n'
        ),
        # The decorator does not keep the view's name: both are called "wrapper".
        Bad(
            {
                "app.py": (
                    "import flask as f\nfrom rights import admin_only\n\napp = f.Flask(__name__)\n\n\n"
                    "@app.get('/a')\n@admin_only\ndef a():\n    return 'a'\n\n\n"
                    "@app.get('/b')\n@admin_only\ndef b():\n    return 'b'\n\n\n"
                    "@app.get('/c')\n@admin_only\ndef c():\n    return 'c'\n"
                ),
                "rights.py": (
                    "from flask import abort, session\n\n\ndef admin_only(view):\n"
                    "    def wrapper(*args, **kwargs):\n        if 'admin' not in session:\n            abort(403)\n"
                    "        return view(*args, **kwargs)\n\n    return wrapper\n"
                ),
            }
        ),
        # One blueprint, the views in two files.
        Bad(
            {
                "shop/__init__.py": (
                    "from flask import Flask\n\n\ndef create_app():\n    app = Flask(__name__)\n"
                    "    from shop.orders import bp\n\n    app.register_blueprint(bp)\n    return app\n"
                ),
                "shop/orders/__init__.py": (
                    'from flask import Blueprint\n\nbp = Blueprint("orders", __name__)\n\n'
                    "from shop.orders import admin, views\n"
                ),
                "shop/orders/views.py": "from . import bp\n\n\n@bp.route('/')\ndef index():\n    return 'all'\n",
                "shop/orders/admin.py": "from . import bp\n\n\n@bp.route('/admin')\ndef index():\n    return 'all'\n",
            }
        ),
        # as_view makes a new function each time; inside a factory, with an endpoint that is given.
        Bad(
            "from flask import Flask\nfrom flask.views import MethodView\n\n\nclass Items(MethodView):\n"
            "    def get(self, item=None):\n        return {}\n\n\ndef show():\n    return 'x'\n\n\n"
            "def create_app():\n    app = Flask(__name__)\n"
            "    app.add_url_rule('/items', view_func=Items.as_view('items'))\n"
            "    app.add_url_rule('/items/<item>', view_func=Items.as_view('items'))\n"
            "    app.add_url_rule('/x', 'show', show)\n\n    @app.route('/y', endpoint='show')\n"
            "    def other():\n        return 'y'\n\n    return app\n",
            hits=2,
        ),
    ]
    good: ClassVar[list[Good | Files]] = [
        # One view with several URLs, an endpoint of its own, the same name on another blueprint.
        "from flask import Blueprint, Flask\nfrom flask.views import MethodView\n\n\nclass Items(MethodView):\n"
        "    def get(self, item=None):\n        return {}\n\n\napp = Flask(__name__)\nbp = Blueprint('b', __name__)\n"
        "items = Items.as_view('items')\napp.add_url_rule('/items', view_func=items)\n"
        "app.add_url_rule('/items/<item>', view_func=items)\n\n\n@app.route('/')\n@app.route('/index')\n"
        "def index():\n    return 'x'\n\n\napp.add_url_rule('/home', view_func=index)\n\n\n"
        "@app.route('/second', endpoint='second')\ndef index():\n    return 'y'\n\n\n"
        "@bp.route('/')\ndef index():\n    return 'z'\n\n\napp.register_blueprint(bp, url_prefix='/b')\n",
        # Only one of them runs.
        "import os\n\nfrom flask import Flask\n\napp = Flask(__name__)\n\nif os.environ.get('CLOSED'):\n\n"
        "    @app.route('/')\n    def index():\n        return 'closed'\n\nelse:\n\n    @app.route('/')\n"
        "    def index():\n        return 'open'\n\n\ntry:\n    import markdown\n\n    @app.route('/page')\n"
        "    def page():\n        return markdown.markdown('x')\n\nexcept ImportError:\n\n    @app.route('/page')\n"
        "    def page():\n        return 'x'\n",
        # Two apps, made by functions or under one name.
        "from flask import Flask\n\n\ndef create_shop():\n    app = Flask('shop')\n\n    @app.route('/')\n"
        "    def index():\n        return 'shop'\n\n    return app\n\n\ndef create_admin():\n"
        "    app = Flask('admin')\n\n    @app.route('/')\n    def index():\n        return 'admin'\n\n    return app\n",
        "from flask import Flask\n\napp = Flask('first')\n\n\n@app.route('/')\ndef index():\n    return '1'\n\n\n"
        "app = Flask('second')\n\n\n@app.route('/')\ndef index():\n    return '2'\n",
        # Two sets of views for one app; each start loads one of them.
        {
            "web.py": "from flask import Flask\n\napp = Flask(__name__)\n",
            "public.py": "from web import app\n\n\n@app.route('/')\ndef index():\n    return 'public'\n",
            "inner.py": "from web import app\n\n\n@app.route('/')\ndef index():\n    return 'inner'\n",
            "run.py": (
                "import os\n\nfrom web import app\n\nif os.environ.get('INNER'):\n    import inner\nelse:\n"
                "    import public\n"
            ),
        },
        # Decorators that keep the name: wraps, update_wrapper, a registry that hands the view back.
        "import functools\n\nfrom flask import Flask\n\napp = Flask(__name__)\nseen = []\n\n\ndef kept(view):\n"
        "    @functools.wraps(view)\n    def wrapper(*args):\n        return view(*args)\n\n    return wrapper\n\n\n"
        "def updated(view):\n    def wrapper(*args):\n        return view(*args)\n\n"
        "    return functools.update_wrapper(wrapper, view)\n\n\ndef registered(view):\n    seen.append(view)\n"
        "    return view\n\n\n@app.route('/a')\n@kept\n@updated\ndef a():\n    return 'a'\n\n\n@app.route('/b')\n"
        "@kept\n@registered\ndef b():\n    return 'b'\n\n\n@app.route('/c')\n@updated\ndef c():\n    return 'c'\n",
        # A second address for an endpoint that has its view, in the application's own words.
        "from flask import Flask\n\napp = Flask(__name__)\n\n\n@app.route('/index')\ndef index():\n"
        "    return 'x'\n\n\napp.add_url_rule('/', endpoint='index')\n"
        "app.add_url_rule('/home', 'index', methods=['GET'])\n"
        "app.add_url_rule('/start', 'index', None)\napp.add_url_rule('/begin', endpoint='index', view_func=None)\n",
        # A class of the project that names its endpoints itself.
        "from flask import Flask\n\n\nclass Shop(Flask):\n"
        "    def add_url_rule(self, rule, endpoint=None, view_func=None, **options):\n"
        "        super().add_url_rule(rule, rule.strip('/'), view_func, **options)\n\n\napp = Shop(__name__)\n\n\n"
        "@app.route('/a')\ndef show():\n    return 'a'\n\n\n@app.route('/b')\ndef show():\n    return 'b'\n",
        # A test that expects the error.
        {
            "app.py": "from flask import Flask\n\napp = Flask(__name__)\n",
            "tests/test_app.py": (
                "import pytest\nfrom app import app\n\n\ndef test_twice():\n    @app.route('/a')\n    def x():\n"
                "        return 'a'\n\n    with pytest.raises(AssertionError):\n\n        @app.route('/b')\n"
                "        def x():\n            return 'b'\n"
            ),
        },
    ]

    def check(self, project: Project) -> Iterable[Issue]:
        links = project.links
        if _names_otherwise(project):
            return
        taken: dict[tuple[str, str, str], list[_Taken]] = {}
        for facts in project.modules.values():
            if facts.role in _ROLES:
                for key, one in _endpoints(links, facts):
                    taken.setdefault(key, []).append(one)
        together = Together(links)
        for (_, _, endpoint), several in taken.items():
            if len(several) > 1:
                yield from _issues(together, endpoint, several)


def _imports_flask(facts: ModuleFacts) -> bool:
    return any(item.target.partition(".")[0] in ("flask", "quart") for item in facts.imports)


class _Taken(NamedTuple):
    route: RouteFact
    view: str  # canonical


def _endpoints(links: Links, facts: ModuleFacts) -> Iterator[tuple[tuple[str, str, str], _Taken]]:
    """The endpoints of a file's routes: by the app or blueprint, the function around (it may run for several apps),
    and the endpoint itself."""
    for route in facts.routes:
        if not route.certain or route.more or route.given or "?" in route.below:
            continue
        if route.view == "?" and not route.identity:
            continue  # no view, so one more address for the endpoint, or one that may be the same
        owners = links.routers(route.owner, facts.path)
        libraries = {made.library for name in owners if (made := links.router(name)) is not None}
        if len(owners) != 1 or not all(library.startswith(_LIBRARIES) for library in libraries):
            continue
        endpoint, _ = links.answers(route, facts.path)
        if ANY_APP in owners and not _imports_flask(facts):
            continue  # a parameter called ``app`` may be another framework's
        if endpoint is None or (route.is_class and route.spelling != "add_url_rule"):
            continue
        owner = next(iter(owners))
        scope = route.scope if route.scope != facts.name else ""
        if owner == ANY_APP or scope:
            owner = f"{facts.path}:{route.owner}"
        yield (owner, scope, endpoint), _Taken(route, links.view_of(route, facts.path)[0])


def _issues(together: Together, endpoint: str, several: list[_Taken]) -> Iterator[Issue]:
    """One issue for each further view; one in all where a decorator gives them their name."""
    several = sorted(several, key=lambda one: one.route.location)
    first, told = several[0], {(several[0].view, several[0].route.identity)}
    for one in several[1:]:
        if (one.view, one.route.identity) in told or _same(first, one):
            continue
        if not together.loaded(first.route.location.path, one.route.location.path):
            continue
        told.add((one.view, one.route.identity))
        place, here = first.route.location, one.route.location
        where = f"line {place.line}" if place.path == here.path else f"{place.path}:{place.line}"
        renamed = one.route.endpoint is None and endpoint != one.view.rpartition(".")[2] and not one.route.is_class
        message = f"The endpoint {endpoint!r} is taken by another view ({where}): the import fails"
        if renamed:
            message = f"Its decorator calls this view {endpoint!r} too, as the one in {where}: the import fails"
        yield Issue(message, here, f"{one.view} {endpoint}", advice=_WRAPS if renamed else "")
        if renamed:
            return


_WRAPS = "Put `@functools.wraps(view)` on the function that the decorator returns: it keeps the view's name."


def _same(one: _Taken, other: _Taken) -> bool:
    """Whether both routes may have the very same function."""
    if one.view != other.view:
        return False
    known = bool(one.route.identity) and bool(other.route.identity)
    return not known or one.route.identity == other.route.identity


def _names_otherwise(project: Project) -> bool:
    links = project.links
    return any(
        function.rpartition(".")[2] in _NAMING and links.class_kind(function.rpartition(".")[0], facts.path)
        for facts in project.modules.values()
        for function in facts.functions
    )
