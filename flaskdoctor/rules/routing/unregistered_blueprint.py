"""FD1106: a blueprint with views that no app registers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from flaskdoctor.finding import Severity, Tip
from flaskdoctor.project.routing.routers import Router
from flaskdoctor.rules.rule import Bad, Files, Good, Issue, ProjectRule

if TYPE_CHECKING:
    from flaskdoctor.project.routing.links import Links
    from flaskdoctor.project.snapshot import Project

# What a blueprint is handed to without being registered by it, by the last part of the callee's name.
_HARMLESS = frozenset({"exempt", "limit", "shared_limit", "CORS", "Api", "errorhandler", "url_for"})


class UnregisteredBlueprint(ProjectRule):
    """A blueprint has views, and no app registers it: its URLs answer 404.

    ## What it finds

    Blueprints with at least one route that are not registered on an app, directly or through other blueprints,
    anywhere in the project. Registrations in loops, in helper functions, in extension classes and by import strings
    count. Where a single registration cannot be followed (a list that is put together at run time, a folder of
    modules), nothing is said at all.

    ## Why it matters

    A blueprint only records what is to be done. Until `register_blueprint` runs, `flask routes` does not know its
    views, their URLs answer 404, `url_for` raises `BuildError`, and its error handlers and hooks never run. There is
    no warning: this is how a finished page stays invisible after a merge.

    ## What to do instead

    Register it where the app is made, next to the others:

    ```python
    def create_app():
        app = Flask(__name__)

        from shop.wishlist import bp
        app.register_blueprint(bp)

        return app
    ```

    If the views are not meant to be reached any more, remove the blueprint.

    ## References

    - https://flask.palletsprojects.com/en/stable/blueprints/#registering-blueprints
    - https://flask.palletsprojects.com/en/stable/api/#flask.Flask.register_blueprint
    """

    code = "FD1106"
    name = "unregistered-blueprint"
    tip = Tip.ROUTING
    severity = Severity.WARNING

    bad = [
        Bad(
            {
                "shop/__init__.py": (
                    "from flask import Flask\n\nfrom shop.cart import bp\n\n\ndef create_app():\n"
                    "    app = Flask(__name__)\n    app.register_blueprint(bp)\n    return app\n"
                ),
                "shop/cart.py": (
                    'from flask import Blueprint\n\nbp = Blueprint("cart", __name__)\n\n\n@bp.route("/cart")\n'
                    'def show():\n    return "cart"\n'
                ),
                "shop/wishlist/__init__.py": (
                    'from flask import Blueprint\n\nbp = Blueprint("wishlist", __name__)\n\n'
                    "from shop.wishlist import views\n"
                ),
                "shop/wishlist/views.py": (
                    'from . import bp\n\n\n@bp.get("/wishlist")\ndef show():\n    return "wishes"\n'
                ),
            }
        ),
        # Nested, but the blueprint around it hangs on nothing: one finding, for the outer one.
        Bad(
            "import flask as f\n\napp = f.Flask(__name__)\napi = f.Blueprint('api', __name__)\n"
            "v1 = f.Blueprint('v1', __name__)\n"
            "api.register_blueprint(v1)\n\n\n@v1.route('/x')\ndef x():\n    return 'x'\n\n\n@api.route('/y')\n"
            "def y():\n    return 'y'\n"
        ),
        Bad(
            {
                "app.py": "from flask import Flask\nfrom team import Area\n\napplication = Flask(__name__)\n",
                "team.py": (
                    "from flask import Blueprint\nfrom flask.views import MethodView\n\n\nclass Area(Blueprint):\n"
                    "    pass\n\n\nclass Members(MethodView):\n    def get(self):\n        return {}\n\n\n"
                    "team = Area('team', __name__)\n"
                    "team.add_url_rule('/members', view_func=Members.as_view('members'))\n"
                ),
            }
        ),
    ]
    good: ClassVar[list[Good | Files]] = [
        # In loops: over modules, over pairs, over a list from another file, by import strings.
        {
            "shop/__init__.py": (
                "from importlib import import_module\nfrom flask import Flask\n"
                "from werkzeug.utils import import_string\n"
                "from shop.areas import AREAS\nfrom shop import cart\n\n\ndef create_app():\n"
                "    app = Flask(__name__)\n"
                "    for area in AREAS:\n        app.register_blueprint(area)\n    for module in (cart,):\n"
                "        app.register_blueprint(module.bp)\n    for name in ['shop.desk:desk']:\n"
                "        app.register_blueprint(import_string(name))\n    for name in ('help',):\n"
                "        app.register_blueprint(import_module(f'shop.{name}').pages)\n    return app\n"
            ),
            "shop/areas.py": "from shop.account import account\n\nAREAS = [account]\n",
            "shop/account.py": (
                "from flask import Blueprint\naccount = Blueprint('account', __name__)\n@account.route('/')\n"
                "def index():\n    return ''\n"
            ),
            "shop/cart.py": (
                "from flask import Blueprint\nbp = Blueprint('cart', __name__)\n@bp.route('/c')\n"
                "def index():\n    return ''\n"
            ),
            "shop/desk.py": (
                "from flask import Blueprint\ndesk = Blueprint('desk', __name__)\n@desk.route('/d')\n"
                "def index():\n    return ''\n"
            ),
            "shop/help.py": (
                "from flask import Blueprint\npages = Blueprint('help', __name__)\n@pages.route('/h')\n"
                "def index():\n    return ''\n"
            ),
        },
        # Whatever is in a folder is registered: nothing can be said to be forgotten.
        {
            "shop/__init__.py": (
                "import importlib\nimport pkgutil\nfrom flask import Flask\nfrom shop import areas\n\n\n"
                "def create_app():\n"
                "    app = Flask(__name__)\n    for found in pkgutil.iter_modules(areas.__path__):\n"
                "        module = importlib.import_module(f'shop.areas.{found.name}')\n"
                "        app.register_blueprint(module.bp)\n    return app\n"
            ),
            "shop/areas/__init__.py": "",
            "shop/areas/cart.py": (
                "from flask import Blueprint\nbp = Blueprint('cart', __name__)\n@bp.route('/c')\n"
                "def index():\n    return ''\n"
            ),
        },
        # A library that offers a blueprint and has no app of its own.
        "from flask import Blueprint\n\nbp = Blueprint('metrics', __name__)\n\n\n@bp.route('/metrics')\n"
        "def metrics():\n    return ''\n",
        # Handed to an extension that registers it, or to a plugin system that calls the function.
        "from flask import Blueprint, Flask\nfrom flask_shopkit import Shopkit\n\napp = Flask(__name__)\n"
        "kit = Shopkit(app)\nbp = Blueprint('kit', __name__)\n\n\n@bp.route('/kit')\ndef index():\n    return ''\n\n\n"
        "kit.add_section(bp)\n\n\ndef load(parts):\n    extra = Blueprint('extra', __name__)\n\n"
        "    @extra.route('/extra')\n    def show():\n        return ''\n\n    parts.append(extra)\n",
        # Added to a list as the modules are imported.
        {
            "shop/__init__.py": (
                "from flask import Flask\nfrom shop.registry import blueprints\nimport shop.cart\n\n"
                "app = Flask(__name__)\n"
                "for blueprint in blueprints:\n    app.register_blueprint(blueprint)\n"
            ),
            "shop/registry.py": "blueprints = []\n",
            "shop/cart.py": (
                "from flask import Blueprint\nfrom shop.registry import blueprints\n\n"
                "bp = Blueprint('cart', __name__)\n"
                "blueprints.append(bp)\n\n\n@bp.route('/c')\ndef index():\n    return ''\n"
            ),
        },
        # The factory adds some of its own to those that it is given.
        {
            "shop/__init__.py": (
                "from shop.factory import create_app\nfrom shop.cart import bp\n\nBLUEPRINTS = (bp,)\n"
                "app = create_app(BLUEPRINTS)\n"
            ),
            "shop/factory.py": (
                "from flask import Flask\nfrom shop.health import health\n\nDEFAULTS = (health,)\n\n\n"
                "def create_app(blueprints=None):\n    app = Flask('shop')\n"
                "    blueprints = blueprints + DEFAULTS if blueprints else DEFAULTS\n    configure(app, blueprints)\n"
                "    return app\n\n\ndef configure(app, blueprints):\n    for blueprint in blueprints:\n"
                "        app.register_blueprint(blueprint)\n"
            ),
            "shop/cart.py": (
                "from flask import Blueprint\nbp = Blueprint('cart', __name__)\n@bp.route('/c')\n"
                "def show():\n    return ''\n"
            ),
            "shop/health.py": (
                "from flask import Blueprint\nhealth = Blueprint('health', __name__)\n@health.route('/health')\n"
                "def show():\n    return ''\n"
            ),
        },
        # Imported in a way that only the running program can follow.
        {
            "app/main.py": (
                "import sys\nfrom flask import Flask\nsys.path.insert(0, 'lib')\nfrom extras import wishlist\n\n"
                "app = Flask(__name__)\napp.register_blueprint(wishlist)\n"
            ),
            "lib/extras.py": (
                "from flask import Blueprint\nwishlist = Blueprint('w', __name__)\n@wishlist.route('/w')\n"
                "def show():\n    return ''\n"
            ),
        },
        # Only for its templates and static files, or only in tests and examples.
        {
            "app.py": (
                "from flask import Blueprint, Flask\n\napp = Flask(__name__)\n"
                "theme = Blueprint('theme', __name__, template_folder='t')\n"
            ),
            "tests/test_app.py": (
                "from flask import Blueprint\n\nbp = Blueprint('x', __name__)\n\n@bp.route('/')\n"
                "def x():\n    return ''\n"
            ),
        },
    ]

    def check(self, project: Project) -> Iterable[Issue]:
        links = project.links
        app = _app(links)
        if app is None or links.registers_unknown() or _unparsed(project):
            return
        counts = _route_counts(links)
        spoken_for = _registered_somewhere(links) | _handed_on(links)
        unfollowed = _unfollowed(links)
        for blueprint in links.all_routers("blueprint"):
            count = counts.get(blueprint.name, 0)
            if links.modules[blueprint.path].role != "app" or "<locals>" in blueprint.name:
                continue
            if blueprint.name in spoken_for or links.mounts(blueprint.name):
                continue
            if blueprint.name.rpartition(".")[2] in unfollowed:
                continue
            if not count and not _children_count(links, blueprint.name, counts):
                continue
            label = blueprint.label or blueprint.name.rpartition(".")[2]
            views = f"its {count} routes answer" if count > 1 else "its route answers" if count else "its URLs answer"
            yield Issue(
                f"The blueprint {label!r} is registered on no app: {views} 404",
                blueprint.location,
                blueprint.name,
                advice=_snippet(links, blueprint, app),
            )


def _unparsed(project: Project) -> bool:
    """Whether a file of the app does not parse: a registration may stand in it."""
    roles = {file.path: file.role for file in project.files.python}
    return any(problem.kind == "FD001" and roles.get(problem.path) != "test" for problem in project.problems)


def _app(links: Links) -> Router | None:
    """The app of the project: one that a factory makes, else any."""
    apps = [app for app in links.all_routers("app") if links.modules[app.path].role in ("app", "script")]
    return next((app for app in apps if "<locals>" in app.name), apps[0] if apps else None)


def _route_counts(links: Links) -> dict[str, int]:
    counts: dict[str, int] = {}
    for facts in links.modules.values():
        for route in facts.routes:
            for name in links.routers(route.owner, facts.path):
                counts[name] = counts.get(name, 0) + 1
    return counts


def _registered_somewhere(links: Links) -> set[str]:
    """Blueprints that are registered, if only on another one: the one around them is what is forgotten."""
    return {
        child for registration, facts in links.registrations() for child in links.registered(registration, facts.path)
    }


def _unfollowed(links: Links) -> set[str]:
    """The last parts of the registered names that lead out of the project: a changed ``sys.path`` may lead back."""
    return {
        child.removesuffix("()").rpartition(".")[2]
        for registration, facts in links.registrations()
        for child in registration.children
        if not links.routers(child, facts.path)
    }


def _children_count(links: Links, name: str, counts: dict[str, int]) -> int:
    """The routes of the blueprints that hang on this one."""
    return sum(
        counts.get(child, 0)
        for registration, facts in links.registrations()
        if name in links.routers(registration.parent, facts.path)
        for child in links.registered(registration, facts.path)
    )


def _handed_on(links: Links) -> set[str]:
    """Blueprints that are given to code outside the project, which may well register them."""
    found: set[str] = set()
    for facts in links.modules.values():
        for call in facts.handed:
            if call.callee.rpartition(".")[2] in _HARMLESS or links.function(call.callee, facts.path) is not None:
                continue
            for argument in call.arguments:
                for name in argument.names:
                    found |= links.routers(name, facts.path)
    return found


def _snippet(links: Links, blueprint: Router, app: Router) -> str:
    """The lines to paste where the app is made."""
    module = links.modules[blueprint.path].name.removeprefix("src.")
    variable = blueprint.name.removeprefix(f"{links.modules[blueprint.path].name}.")
    first, _, rest = variable.partition(".")
    target = app.name.rpartition(".")[2]
    return (
        f"Register it in `{app.path}`, where the app is made:\n\n"
        f"```python\nfrom {module} import {first}\n\n"
        f"{target}.register_blueprint({first}{'.' + rest if rest else ''})\n```\n"
    )
