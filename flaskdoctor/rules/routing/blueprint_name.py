"""FD1107: a blueprint's name, or the order in which it is registered, that Flask refuses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from flaskdoctor.finding import Location, Severity, Tip
from flaskdoctor.project.routing.routers import ANY_APP
from flaskdoctor.project.routing.together import Together
from flaskdoctor.rules.rule import Bad, Files, Good, Issue, ProjectRule

if TYPE_CHECKING:
    from flaskdoctor.project.code.facts import ModuleFacts, Registration, RouteFact
    from flaskdoctor.project.routing.links import Links
    from flaskdoctor.project.routing.routers import Router
    from flaskdoctor.project.snapshot import Project

_ROLES = ("app", "script", "settings")
_FLASKS = ("flask.", "apiflask.", "flask_smorest.", "flask_openapi3.")


class BlueprintName(ProjectRule):
    """A blueprint is named or registered in a way that Flask refuses, so the app does not start.

    ## What it finds

    - a name with a dot (`Blueprint("shop.cart", __name__)`), and an endpoint with a dot on a blueprint;
    - two blueprints of one name on one app, and one blueprint that is registered twice without another `name=`;
    - routes and nested blueprints that are added to a blueprint after it was registered.

    It says nothing where only one of two registrations may run, and nothing of apps that tests make.

    ## Why it matters

    Endpoints are `blueprint.view`, so Flask needs to know where the one ends and the other begins, and each name may
    stand for one blueprint. What happens depends on the release:

    | | before | since |
    |---|---|---|
    | a dot in the name | accepted | 2.0.1: `ValueError` |
    | two blueprints of one name | `AssertionError` | 2.0.1: `ValueError` |
    | one blueprint twice | accepted, with a warning in 2.0 | 2.1: `ValueError` |
    | a route after the registration | **silently lost**: 404 | 2.3: `AssertionError` |

    The last one is the most expensive: up to Flask 2.2 the app starts, and the URL does not exist.

    ## What to do instead

    Separate words by `_` or `-`, and nest blueprints for dotted endpoints (Flask 2.0):

    ```python
    shop = Blueprint("shop", __name__, url_prefix="/shop")
    shop.register_blueprint(cart)                        # endpoints "shop.cart.index"

    app.register_blueprint(api, url_prefix="/v1")
    app.register_blueprint(api, url_prefix="/v2", name="api_v2")   # Flask 2.0.1
    ```

    Import the modules with a blueprint's views before `register_blueprint`: at the end of the package that makes it.

    ## References

    - https://flask.palletsprojects.com/en/stable/blueprints/#nesting-blueprints
    - https://flask.palletsprojects.com/en/stable/api/#flask.Flask.register_blueprint
    - https://flask.palletsprojects.com/en/stable/changes/#version-2-0-1
    """

    code = "FD1107"
    name = "blueprint-name"
    tip = Tip.ROUTING
    severity = Severity.ERROR

    bad: ClassVar[list[Bad]] = [
        Bad(
            "from flask import Blueprint, Flask\n\ncart = Blueprint('shop.cart', __name__)\n\n\n@cart.route('/')\n"
            "def index():\n    return 'cart'\n\n\napp = Flask(__name__)\napp.register_blueprint(cart)\n"
        ),
        # A copied line: two blueprints of one name, in two files; a factory.
        Bad(
            {
                "shop/__init__.py": (
                    "import flask as f\n\nfrom shop.cart import bp as cart_bp\n"
                    "from shop.orders import bp as orders_bp\n"
                    "\n\ndef create_app():\n    app = f.Flask(__name__)\n    app.register_blueprint(cart_bp)\n"
                    "    app.register_blueprint(orders_bp, url_prefix='/orders')\n    return app\n"
                ),
                "shop/cart.py": (
                    "from flask import Blueprint\n\nbp = Blueprint('cart', __name__)\n\n\n@bp.get('/')\n"
                    "def index():\n    return 'cart'\n"
                ),
                "shop/orders.py": (
                    "from flask import Blueprint\n\n"
                    "bp: Blueprint = Blueprint(name='cart', import_name=__name__)\n\n\n"
                    "@bp.get('/')\ndef index():\n    return 'orders'\n"
                ),
            }
        ),
        # One blueprint twice, and an endpoint with a dot; a subclass.
        Bad(
            "from flask import Blueprint, Flask\n\n\nclass Area(Blueprint):\n    pass\n\n\n"
            "api = Area('api', __name__)\n\n\n"
            "@api.route('/items', endpoint='items.all')\ndef items():\n    return {}\n\n\napp = Flask(__name__)\n"
            "app.register_blueprint(api, url_prefix='/v1')\napp.register_blueprint(api, url_prefix='/v2')\n",
            hits=2,
        ),
        # Routes that come too late: in one function, and by an import below.
        Bad(
            {
                "app.py": (
                    "from flask import Blueprint, Flask\n\nadmin = Blueprint('admin', __name__)\n\n\n"
                    "def create_app():\n    app = Flask(__name__)\n    main = Blueprint('main', __name__)\n"
                    "    app.register_blueprint(main)\n\n    @main.route('/')\n    def index():\n"
                    "        return 'x'\n\n"
                    "    @main.route('/about')\n    def about():\n        return 'x'\n\n    return app\n\n\n"
                    "app = create_app()\napp.register_blueprint(admin)\n\nimport admin_views\n"
                ),
                "admin_views.py": (
                    "from app import admin\n\n\n@admin.route('/users')\ndef users():\n    return 'users'\n"
                ),
            },
            hits=2,
        ),
        # Silently lost in the release that runs here.
        Bad(
            "from flask import Blueprint, Flask\n\napp = Flask(__name__)\nmain = Blueprint('main', __name__)\n"
            "app.register_blueprint(main)\n\n\n@main.route('/')\ndef index():\n    return 'x'\n",
            flask="1.1.4",
        ),
    ]
    good: ClassVar[list[Good | Files]] = [
        # Another name for the second time; nesting; the same name on another parent; routes first.
        "from flask import Blueprint, Flask\n\napp = Flask(__name__)\napi = Blueprint('api', __name__)\n"
        "v1 = Blueprint('items', __name__)\nv2 = Blueprint('v2', __name__)\n"
        "v2_items = Blueprint('items', __name__)\n\n\n"
        "@v1.route('/')\ndef index():\n    return {}\n\n\napi.register_blueprint(v1)\n\n\n@v1.route('/more')\n"
        "def more():\n    return {}\n\n\nv2.register_blueprint(v2_items)\n"
        "app.register_blueprint(api, url_prefix='/1')\n"
        "app.register_blueprint(api, url_prefix='/a', name='old_api')\napp.register_blueprint(v2)\n",
        # One of two; each factory has its own app; one variable for two blueprints.
        {
            "app.py": (
                "import os\n\nfrom flask import Blueprint, Flask\n\nopen_shop = Blueprint('shop', __name__)\n"
                "closed_shop = Blueprint('shop', __name__)\n\n\ndef create_app():\n    app = Flask(__name__)\n"
                "    if os.environ.get('CLOSED'):\n        app.register_blueprint(closed_shop)\n    else:\n"
                "        app.register_blueprint(open_shop)\n    return app\n\n\ndef create_other():\n"
                "    app = Flask('other')\n    app.register_blueprint(open_shop)\n"
                "    from cart import bp\n\n    app.register_blueprint(bp)\n    from orders import bp\n\n"
                "    app.register_blueprint(bp)\n    return app\n\n\nweb = Flask('one')\n"
                "web.register_blueprint(open_shop)\nweb = Flask('two')\nweb.register_blueprint(open_shop)\n"
            ),
            "cart.py": "from flask import Blueprint\n\nbp = Blueprint('cart', __name__)\n",
            "orders.py": "from flask import Blueprint\n\nbp = Blueprint('orders', __name__)\n",
        },
        # Two programs in one folder; views imported before the registration, wherever that is.
        {
            "first.py": (
                "from flask import Flask\n\nimport views\nfrom area import bp\n\napp = Flask(__name__)\n"
                "app.register_blueprint(bp)\n"
            ),
            "second.py": (
                "from flask import Flask\n\nfrom area import bp\n\nimport views\n\napp = Flask(__name__)\n"
                "app.register_blueprint(bp)\n\nimport views\n"
            ),
            "area.py": "from flask import Blueprint\n\nbp = Blueprint('area', __name__)\n",
            "views.py": "from area import bp\n\n\n@bp.route('/')\ndef index():\n    return 'x'\n",
        },
        # Before 2.0.1 a dot was fine, but nobody knows which Flask a test makes; a class that names itself.
        {
            "app.py": (
                "from flask import Blueprint, Flask\n\n\nclass Area(Blueprint):\n    def __init__(self, path):\n"
                "        super().__init__(path.replace('.', '_'), __name__)\n\n\narea = Area('shop.cart')\n"
                "app = Flask(__name__)\napp.register_blueprint(area)\n"
            ),
            "tests/test_app.py": (
                "import pytest\nfrom flask import Blueprint\n\n\ndef test_dot():\n"
                "    with pytest.raises(ValueError):\n"
                "        Blueprint('a.b', __name__)\n"
            ),
        },
        # Registered in a function that is called after all views are there.
        "from flask import Blueprint, Flask\n\napp = Flask(__name__)\nbp = Blueprint('a', __name__)\n\n\n"
        "def register():\n    app.register_blueprint(bp)\n\n\n@bp.route('/')\ndef index():\n    return 'x'\n\n\n"
        "register()\n",
    ]

    def check(self, project: Project) -> Iterable[Issue]:
        links = project.links
        blueprints = [
            router
            for router in links.all_routers("blueprint")
            if links.modules[router.path].role in _ROLES and router.library.startswith(_FLASKS)
        ]
        if not blueprints:
            return
        yield from _dotted(project, blueprints)
        hung = list(_hung(links))
        yield from _twice(project, hung)
        yield from _late(links, hung)


class _Hung(NamedTuple):
    """One registration of one blueprint, which certainly happens whenever its function (or file) runs."""

    registration: Registration
    facts: ModuleFacts
    child: str
    parent: str
    scope: str  # "" at the top level


def _hung(links: Links) -> Iterator[_Hung]:
    for registration, facts in links.registrations():
        if facts.role not in _ROLES or not registration.certain or not registration.plain or registration.given:
            continue
        children = links.registered(registration, facts.path)
        parents = links.routers(registration.parent, facts.path)
        if len(registration.children) != 1 or len(children) != 1 or len(parents) != 1:
            continue
        made = links.router(next(iter(children)))
        if made is None or not made.library.startswith(_FLASKS):
            continue
        scope = registration.scope if registration.scope != facts.name else ""
        parent = next(iter(parents))
        if parent == ANY_APP or scope:
            parent = f"{facts.path}:{registration.parent}"
        yield _Hung(registration, facts, next(iter(children)), parent, scope)


# -- names --------------------------------------------------------------------------------------------------


def _dotted(project: Project, blueprints: list[Router]) -> Iterator[Issue]:
    links = project.links
    for router in blueprints:
        if router.label is None or "." not in router.label or _names_itself(links, router):
            continue
        severity = _severity(project, (2, 0, 1))
        when = "" if severity is Severity.ERROR else " from Flask 2.0.1 on"
        message = f"The blueprint {router.label!r} has a dot in its name, which Flask refuses{when}"
        yield Issue(message, router.location, router.name, severity)
    known = {router.name for router in blueprints}
    for facts in links.modules.values():
        for route in facts.routes if facts.role in _ROLES else ():
            if route.endpoint and "." in route.endpoint and not route.given:
                owners = links.routers(route.owner, facts.path)
                if owners and owners <= known:
                    message = f"The endpoint {route.endpoint!r} has a dot, which Flask refuses on a blueprint"
                    yield Issue(message, route.location, f"{route.view} {route.endpoint}")


def _names_itself(links: Links, router: Router) -> bool:
    """Whether the blueprint's class has an ``__init__`` of its own: it may make another name of what it is given."""
    callee = links.constructor(router.name, router.path) or ""
    return any(links.function_fact(f"{ancestor}.__init__") is not None for ancestor in links.ancestry(callee))


def _severity(project: Project, since: tuple[int, ...]) -> Severity:
    if project.dependencies.flask is None:
        return Severity.INFO
    return Severity.ERROR if project.dependencies.flask_may_be(since) else Severity.WARNING


# -- twice --------------------------------------------------------------------------------------------------


def _twice(project: Project, hung: list[_Hung]) -> Iterator[Issue]:
    links = project.links
    taken: dict[tuple[str, str, str], _Hung] = {}
    together = Together(links)
    for one in sorted(hung, key=lambda item: item.registration.location):
        router = links.router(one.child)
        name = one.registration.name if one.registration.name is not None else router.label if router else None
        if router is None or not name or "?" in name or "\0" in name or _names_itself(links, router):
            continue
        first = taken.setdefault((one.parent, one.scope, name), one)
        if first is one or not together.loaded(first.facts.path, one.facts.path):
            continue
        place, here = first.registration.location, one.registration.location
        where = f"line {place.line}" if place.path == here.path else f"{place.path}:{place.line}"
        if first.child != one.child:
            message = f"The name {name!r} is taken by another blueprint ({where}): the import fails"
            yield Issue(message, here, f"{one.parent} {name}", advice=_RENAME)
            continue
        severity = _severity(project, (2, 1))
        fails = "the import fails" if severity is Severity.ERROR else "the import fails from Flask 2.1 on"
        message = f"The blueprint {name!r} is registered a second time ({where}): {fails}"
        yield Issue(message, here, f"{one.parent} {name}", severity, advice=_RENAME)


_RENAME = "Give one of them another name, or `name=` in `register_blueprint` (Flask 2.0.1)."


# -- late ---------------------------------------------------------------------------------------------------


def _late(links: Links, hung: list[_Hung]) -> Iterator[Issue]:
    told: set[str] = set()
    for one in sorted(hung, key=lambda item: item.registration.location):
        if one.child in told or not _is_app(links, one):
            continue
        late = [*_below(links, one), *_imported_below(links, one)]
        if not late:
            continue
        told.add(one.child)
        place = min(late)
        where = f"line {one.registration.location.line}"
        if place.path != one.registration.location.path:
            where = f"{one.registration.location.path}:{one.registration.location.line}"
        label = one.child.rpartition(".")[2]
        what = f"{len(late)} routes" if len(late) > 1 else "A route"
        message = f"{what} of {label} after its registration ({where}): an error from Flask 2.3, lost before"
        yield Issue(message, place, one.child, advice="Register the blueprint after all of its routes.")


def _is_app(links: Links, one: _Hung) -> bool:
    """Whether the blueprint is registered on an app: on another blueprint, it waits until that is."""
    for name in links.routers(one.registration.parent, one.facts.path):
        made = links.router(name)
        if name != ANY_APP and (made is None or made.kind != "app"):
            return False
    return True


def _below(links: Links, one: _Hung) -> Iterator[Location]:
    """What is added in the same block of the same file, further down."""
    line = one.registration.location.line
    for route in one.facts.routes:
        if route.location.line > line and route.scope == one.registration.scope and _adds(links, one, route):
            yield route.location
    for other in one.facts.registrations:
        below = other.location.line > line and other.certain and other.scope == one.registration.scope
        if below and links.routers(other.parent, one.facts.path) == {one.child}:
            yield other.location


def _adds(links: Links, one: _Hung, route: RouteFact, path: str = "") -> bool:
    return route.certain and not route.given and links.routers(route.owner, path or one.facts.path) == {one.child}


def _imported_below(links: Links, one: _Hung) -> Iterator[Location]:
    """The routes of files that are loaded for the first time by an import below the registration."""
    if one.scope:
        return
    line = one.registration.location.line
    for item in one.facts.imports:
        place = links.find_module(item.target, one.facts.path) if item.line > line and item.at_import else None
        if place is None or place[0] is one.facts or place[0].role not in _ROLES:
            continue
        facts = place[0]
        added = [route for route in facts.routes if route.scope == facts.name and _adds(links, one, route, facts.path)]
        lines = _import_lines(links, facts, one.facts) if added else []
        if lines and min(lines) > line:
            yield from (route.location for route in added)


def _import_lines(links: Links, target: ModuleFacts, only: ModuleFacts) -> list[int]:
    """The lines of ``only`` that import a file; none where another file does so too, or a part of it is a "
    "package's."""
    found: list[int] = []
    for facts in links.modules.values():
        for item in facts.imports:
            place = links.find_module(item.target, facts.path)
            if place is None or place[0] is not target:
                continue
            if facts is not only or not item.at_import or not item.certain:
                return []
            found.append(item.line)
    return found if not target.is_package else []
