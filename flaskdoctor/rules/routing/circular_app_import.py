"""FD1111: the module of the app and the modules of its views, or of its models, import each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from flaskdoctor.finding import Location, Severity, Tip
from flaskdoctor.project.deployment.appruns import starts_flask
from flaskdoctor.rules.rule import Bad, Files, Good, Issue, ProjectRule

if TYPE_CHECKING:
    from flaskdoctor.project.code.facts import ModuleFacts
    from flaskdoctor.project.routing.links import Links
    from flaskdoctor.project.routing.routers import Router
    from flaskdoctor.project.snapshot import Project

_ROLES = ("app", "script")


class CircularAppImport(ProjectRule):
    """The module that makes the app and the modules that hold its views or models import each other.

    ## What it finds

    An app at the top level of a module, and modules which it imports and which import from it, both while they are
    loaded: those with routes of the app, which take `app` from there, and others, such as models, which take `db`.
    There is one finding for each app. Two forms of it are worse than the others, and are told apart:

    - the import of the views stands **above** the app: an error, for the import fails;
    - the module is **also run as a script** (`python app.py`): a warning, for it is loaded twice then.

    ## Why it matters

    Flask's documentation knows the pattern (`from shop import views` as the last line of `shop/__init__.py`), and there
    it works. It hangs on the order of the lines: a formatter or somebody tidy who moves the import to the top gets

    ```text
    ImportError: cannot import name 'app' from partially initialized module 'shop'
    ```

    When Python runs a file as a script, that file's module is called `__main__`. The views import `app.py` once more,
    under its own name, and register their routes on the app of that second copy; the app that is run has none of them,
    and every URL answers 404. `flask run` and gunicorn import the file by its name, so they do not show it.

    ## What to do instead

    Put the views on blueprints, which need no app, and let the module of the app import these:

    ```python
    # views.py
    bp = Blueprint("main", __name__)

    @bp.get("/")
    def index(): ...

    # app.py
    from views import bp

    app = Flask(__name__)
    app.register_blueprint(bp)
    ```

    Extensions (`db = SQLAlchemy()`) go into a module of their own for the same reason.

    ## References

    - https://flask.palletsprojects.com/en/stable/patterns/packages/
    - https://flask.palletsprojects.com/en/stable/patterns/appfactories/
    - https://docs.python.org/3/faq/programming.html#what-are-the-best-practices-for-using-import-in-a-module
    """

    code = "FD1111"
    name = "circular-app-import"
    tip = Tip.ROUTING
    severity = Severity.INFO

    bad: ClassVar[list[Bad]] = [
        Bad(
            {
                "shop/__init__.py": "from flask import Flask\n\napp = Flask(__name__)\n\nfrom shop import views\n",
                "shop/views.py": "from shop import app\n\n\n@app.route('/')\ndef index():\n    return 'x'\n",
            }
        ),
        # Somebody moved the import to the top.
        Bad(
            {
                "shop/__init__.py": "import flask as f\nfrom . import views\n\napp: f.Flask = f.Flask(__name__)\n",
                "shop/views.py": (
                    "from . import app as shop\n\n\n@shop.get('/')\nasync def index():\n    return 'x'\n"
                ),
            }
        ),
        # Run as a script: the routes go to the app of a second copy.
        Bad(
            {
                "app.py": (
                    "from flask import Flask\n\napp = Flask(__name__)\n\nimport views\n\n"
                    "if __name__ == '__main__':\n    app.run()\n"
                ),
                "views.py": "from app import app\n\n\n@app.route('/')\ndef index():\n    return 'x'\n",
            }
        ),
        # Models that take db from the module of the app.
        Bad(
            {
                "app.py": (
                    "from flask import Flask\nfrom flask_sqlalchemy import SQLAlchemy\n\napp = Flask(__name__)\n"
                    "db = SQLAlchemy(app)\n\nfrom models import Cup\n\n\n@app.route('/')\ndef index():\n"
                    "    return str(Cup.query.count())\n\n\nif __name__ == '__main__':\n    app.run()\n"
                ),
                "models.py": (
                    "from app import db\n\n\nclass Cup(db.Model):\n    id = db.Column(db.Integer, primary_key=True)\n"
                ),
            }
        ),
        # The star brings the second copy along: the script works, by chance.
        Bad(
            {
                "app.py": (
                    "from flask import Flask\n\napp = Flask(__name__)\n\nfrom views import *\n\n"
                    "if __name__ == '__main__':\n    app.run()\n"
                ),
                "views.py": "from app import app\n\n\n@app.route('/')\ndef index():\n    return 'x'\n",
            }
        ),
        # By way of a package, with two modules of views and a class-based one.
        Bad(
            {
                "shop/app.py": (
                    "from flask import Flask\n\nfrom shop.factory import make\n\n"
                    "app = application = Flask('shop')\nmake(app)\n\n"
                    "import shop.views.orders\nfrom shop.views import items\n"
                ),
                "shop/factory.py": "def make(app):\n    app.config['A'] = 1\n",
                "shop/views/items.py": (
                    "from flask.views import MethodView\nfrom shop.app import app\n\n\nclass Items(MethodView):\n"
                    "    def get(self):\n        return {}\n\n\n"
                    "app.add_url_rule('/', view_func=Items.as_view('items'))\n"
                ),
                "shop/views/orders.py": (
                    "from shop import app as main\n\n\n@main.app.route('/orders')\ndef orders():\n    return 'x'\n"
                ),
            }
        ),
    ]
    good: ClassVar[list[Good | Files]] = [
        # Blueprints; extensions of their own; a factory.
        {
            "app.py": (
                "from flask import Flask\n\nfrom extensions import db\nfrom views import bp\n\n"
                "app = Flask(__name__)\n"
                "db.init_app(app)\napp.register_blueprint(bp)\n"
            ),
            "extensions.py": "from flask_sqlalchemy import SQLAlchemy\n\ndb = SQLAlchemy()\n",
            "views.py": (
                "from flask import Blueprint\n\nfrom extensions import db\n\nbp = Blueprint('a', __name__)\n\n\n"
                "@bp.route('/')\ndef index():\n    return str(db)\n"
            ),
        },
        # The app in a module that imports nobody; the views are imported by the one that runs.
        {
            "shop/core.py": "from flask import Flask\n\napp = Flask(__name__)\n",
            "shop/views.py": "from shop.core import app\n\n\n@app.route('/')\ndef index():\n    return 'x'\n",
            "run.py": "from shop.core import app\nfrom shop import views\n\nif __name__ == '__main__':\n"
            "    app.run()\n",
        },
        # Imported in a function, or for types only.
        {
            "app.py": (
                "from flask import Flask\n\n\ndef create_app():\n    app = Flask(__name__)\n    import views\n\n"
                "    views.add(app)\n    return app\n\n\napp = create_app()\n"
            ),
            "views.py": (
                "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    from app import app\n\n\n"
                "def add(app):\n    @app.route('/')\n    def index():\n        return 'x'\n"
            ),
        },
        # The views are imported where only a script comes by.
        {
            "app.py": (
                "from flask import Flask\n\napp = Flask(__name__)\n\nif __name__ == '__main__':\n    import views\n\n"
                "    app.run()\n"
            ),
            "views.py": "from app import app\n\n\n@app.route('/')\ndef index():\n    return 'x'\n",
        },
    ]

    def check(self, project: Project) -> Iterable[Issue]:
        links = project.links
        for app in links.all_routers("app"):
            facts = links.modules[app.path]
            if facts.role in _ROLES and "<locals>" not in app.name:
                yield from _issues(links, app, facts, list(_circles(links, app, facts)))


class _Circle(NamedTuple):
    """A module of views: the line that imports it in the app's module, and whether that certainly runs."""

    views: ModuleFacts
    line: int
    certain: bool
    by_name: bool  # it imports the app itself, not the module
    routed: bool  # it has views of the app; else it takes something else from there, as models take db


def _circles(links: Links, app: Router, facts: ModuleFacts) -> Iterator[_Circle]:
    variable = app.name.removeprefix(f"{facts.name}.")
    told: set[str] = set()
    for item in facts.imports:
        place = links.find_module(item.target, facts.path) if item.at_import else None
        if place is None or place[0] is facts or place[0].path in told:
            continue
        views = place[0]
        routed = any(app.name in links.routers(route.owner, views.path) for route in views.routes)
        back = [
            (found[1], one.certain)
            for one in views.imports
            if one.at_import and (found := links.find_module(one.target, views.path)) is not None and found[0] is facts
        ]
        if back and (routed or any(name for name, _ in back)):
            told.add(views.path)
            yield _Circle(views, item.line, item.certain, (variable, True) in back, routed)


def _issues(links: Links, app: Router, facts: ModuleFacts, circles: list[_Circle]) -> Iterator[Issue]:
    if not circles:
        return
    early = [
        one
        for one in circles
        if one.certain and one.by_name and one.line < app.location.line and _only_importer(links, facts, one.views)
    ]
    routed = [one for one in circles if one.routed]
    shown = early or routed or circles
    place = Location(facts.path, shown[0].line, 1)
    names = _names([one.views for one in shown], facts)
    variable = app.name.rpartition(".")[2]
    if early:
        message = f"{names} imports {variable} from here, where it is made below this line: the import fails"
        yield Issue(message, place, app.name, Severity.ERROR, advice=_BELOW)
    elif routed and not facts.is_package and _is_run(links, app, facts) and not _is_replaced(links, facts, circles):
        message = f"Run as a script, this serves none of the routes of {names}: they go to a second copy of {variable}"
        yield Issue(message, place, app.name, Severity.WARNING, advice=_SCRIPT)
    else:
        message = f"This module and {names} import each other: the order of its lines decides whether that works"
        yield Issue(message, place, app.name)


_BELOW = "Import the views below the app, or put them on a blueprint, which needs no app to be made."
_SCRIPT = (
    "Start it with `flask run`, put `app.run()` into a file of its own (`run.py`: `from app import app`), or put the "
    "views on a blueprint."
)


def _only_importer(links: Links, facts: ModuleFacts, views: ModuleFacts) -> bool:
    """Whether nobody else loads the views: somebody who loads them first gets through the circle."""
    for other in links.modules.values():
        if other is facts or other is views:
            continue
        for item in other.imports:
            place = links.find_module(item.target, other.path)
            if place is not None and place[0] is views:
                return False
    return True


def _is_run(links: Links, app: Router, facts: ModuleFacts) -> bool:
    return any(
        starts_flask(links, run.owner, facts.path) and app.name in links.routers(run.owner, facts.path)
        for run in facts.runs
    )


def _is_replaced(links: Links, facts: ModuleFacts, circles: list[_Circle]) -> bool:
    """``from views import *`` brings the second copy along under the first one's name, so that is what runs."""
    stars = [place[0] for star in facts.stars if (place := links.find_module(star, facts.path)) is not None]
    return any(one.views in stars for one in circles)


def _names(several: list[ModuleFacts], beside: ModuleFacts) -> str:
    """The paths of modules, as seen from the one that is named anyway."""
    folder = beside.path.rpartition("/")[0] + "/"
    paths = [facts.path.removeprefix(folder) for facts in several]
    return ", ".join(paths[:3]) + (f" and {len(paths) - 3} more" if len(paths) > 3 else "")
