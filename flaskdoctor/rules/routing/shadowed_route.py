"""FD1102: two routes with one URL and one method, of which only the first is ever reached."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from flaskdoctor.finding import Severity, Tip
from flaskdoctor.project.routing.routers import ANY_APP
from flaskdoctor.project.routing.together import Together
from flaskdoctor.rules.rule import Bad, Files, Good, Issue, ProjectRule

if TYPE_CHECKING:
    from flaskdoctor.finding import Location
    from flaskdoctor.project.code.facts import ModuleFacts
    from flaskdoctor.project.routing.registrations import Registration
    from flaskdoctor.project.routing.routemap import RouteEntry
    from flaskdoctor.project.snapshot import Project

_VARIABLE = re.compile(r"<(?:(?P<converter>[^<>:()]+)(?P<arguments>\([^<>]*\))?:)?[^<>:]+>")

# Arguments of a route that change which requests it answers, beside its rule and its methods.
_MATCHING = frozenset({"host", "subdomain", "build_only", "redirect_to", "alias", "websocket", "merge_slashes"})


class ShadowedRoute(ProjectRule):
    """Two routes answer the same URL with the same method; only the one registered first is ever reached.

    ## What it finds

    Two views of one app whose whole URL rule (with the prefixes of all blueprints on the way) and at least one method
    are the same, so that a request never gets to the second one. `/users/<name>` and `/users/<string:user>` are the
    same rule: the name of a variable does not count, its converter does. `/users` and `/users/` are two rules, and so
    are `/users/<int:id>` and `/users/<name>`: Werkzeug tries the more specific one first, whatever the order.

    Flask's own `/static/<path:filename>`, which every app with a static folder has, counts as the first route of all.

    Nothing is said where only one of the two may be registered (`if`/`else`, `try`, files that nothing loads
    together), of a rule without a view (a second name for `url_for`), and in projects that use subdomains.

    ## Why it matters

    There is no error and no warning: `flask routes` lists both, `url_for` builds URLs for both, and the second view
    never runs. It is what two blueprints that are both mounted at `/`, or a view that was copied and changed, leave
    behind. Which of the two wins hangs on the order of the imports.

    ## What to do instead

    Give one of them another URL or other methods, or remove the one that is not meant to be there:

    ```python
    app.register_blueprint(pages)
    app.register_blueprint(admin, url_prefix="/admin")
    ```

    A second endpoint that is only there for `url_for` needs no view of its own:
    `app.add_url_rule("/", endpoint="index")`.

    ## References

    - https://flask.palletsprojects.com/en/stable/api/#url-route-registrations
    - https://werkzeug.palletsprojects.com/en/stable/routing/
    """

    code = "FD1102"
    name = "shadowed-route"
    tip = Tip.ROUTING
    severity = Severity.WARNING

    bad = [
        Bad(
            'from flask import Flask\n\napp = Flask(__name__)\n\n\n@app.route("/orders/<name>")\ndef order(name):\n'
            '    return name\n\n\n@app.route("/orders/<string:number>", methods=["GET", "POST"])\n'
            "def old_order(number):\n    return number\n"
        ),
        # Two blueprints at one place; the first one registered wins.
        Bad(
            {
                "shop/__init__.py": (
                    "from flask import Flask\n\nfrom shop import admin, pages\n\n\ndef create_app():\n"
                    "    app = Flask(__name__)\n    app.register_blueprint(pages.bp)\n"
                    "    app.register_blueprint(admin.admin_bp)\n    return app\n"
                ),
                "shop/pages.py": (
                    "from flask import Blueprint\n\nbp = Blueprint('pages', __name__)\n\n\n@bp.get('/')\n"
                    "def index():\n    return 'shop'\n"
                ),
                "shop/admin.py": (
                    "from flask import Blueprint\n\nadmin_bp = Blueprint('admin', __name__)\n\n\n"
                    "@admin_bp.route('/')\ndef index():\n    return 'admin'\n"
                ),
            }
        ),
        # A class-based view and a nested blueprint.
        Bad(
            "import flask as f\nfrom flask.views import MethodView\n\napi = f.Blueprint('api', __name__)\n"
            "v1 = f.Blueprint('v1', __name__, url_prefix='/v1')\n\n\nclass Items(MethodView):\n"
            "    def get(self):\n        return {}\n\n    def post(self):\n        return {}\n\n\n"
            "v1.add_url_rule('/items', view_func=Items.as_view('items'))\n\n\n@v1.post('/items')\n"
            "def add():\n    return {}\n\n\napi.register_blueprint(v1)\napp = f.Flask(__name__)\n"
            "app.register_blueprint(api, url_prefix='/api')\n"
        ),
        # Flask's own static route comes first.
        Bad(
            "from flask import Flask, send_from_directory\n\napp = Flask(__name__)\n\n\n"
            "@app.route('/static/<path:name>')\ndef files(name):\n    return send_from_directory('assets', name)\n"
        ),
    ]
    good: ClassVar[list[Good | Files]] = [
        # Other methods, other converters, a slash more, a prefix that differs.
        "from flask import Blueprint, Flask\n\napp = Flask(__name__)\nbp = Blueprint('b', __name__, url_prefix='/b')\n"
        "\n\n@app.get('/x')\ndef x():\n    return 'x'\n\n\n@app.post('/x')\ndef add():\n    return 'added'\n\n\n"
        "@app.get('/x/')\ndef xs():\n    return 'xs'\n\n\n@app.get('/u/<int:a>')\ndef u(a):\n    return str(a)\n\n\n"
        "@app.get('/u/<string(length=2):a>')\ndef v(a):\n    return a\n\n\n@app.get('/u/<a>')\n"
        "def w(a):\n    return a\n\n\n@bp.get('/x')\ndef bx():\n    return 'x'\n\n\napp.register_blueprint(bp)\n"
        "app.register_blueprint(bp, url_prefix='/c', name='c')\n",
        # One view twice, also through a list of URLs.
        "from flask import Flask\n\napp = Flask(__name__)\n\n\n@app.route('/')\n@app.route('/', methods=['POST'])\n"
        "@app.route('/', methods=['GET', 'POST'], endpoint='home')\ndef index():\n    return 'x'\n",
        # Only one of the two is registered.
        {
            "app.py": (
                "import os\n\nfrom flask import Flask\n\n\ndef create_app():\n    app = Flask(__name__)\n"
                "    if os.environ.get('CLOSED'):\n        from closed import bp\n    else:\n"
                "        from shop import bp\n    app.register_blueprint(bp)\n"
                "    if app.debug:\n        from tools import tools\n\n        app.register_blueprint(tools)\n"
                "    return app\n"
            ),
            "closed.py": (
                "from flask import Blueprint\n\nbp = Blueprint('closed', __name__)\n\n\n@bp.route('/')\n"
                "def index():\n    return 'closed'\n"
            ),
            "shop.py": (
                "from flask import Blueprint\n\nbp = Blueprint('shop', __name__)\n\n\n@bp.route('/')\n"
                "def index():\n    return 'shop'\n"
            ),
            "tools.py": (
                "from flask import Blueprint\n\ntools = Blueprint('tools', __name__)\n\n\n@tools.route('/')\n"
                "def index():\n    return 'tools'\n"
            ),
        },
        # A rule without a view, so that url_for("index") is a name for "blog.index" (the Flask tutorial).
        "from flask import Blueprint, Flask\n\nbp = Blueprint('blog', __name__)\n\n\n@bp.route('/')\ndef index():\n"
        "    return 'x'\n\n\ndef create_app():\n    app = Flask(__name__)\n    app.register_blueprint(bp)\n"
        "    app.add_url_rule('/', endpoint='index')\n    return app\n",
        # Two apps in one project.
        {
            "public.py": (
                "from flask import Flask\n\napp = Flask(__name__)\n\n\n@app.route('/')\ndef index():\n    return 'x'\n"
            ),
            "inner.py": (
                "from flask import Blueprint, Flask\n\nbp = Blueprint('inner', __name__)\n\n\n@bp.route('/')\n"
                "def index():\n    return 'y'\n\n\ndef create_app():\n    app = Flask(__name__)\n"
                "    app.register_blueprint(bp)\n    return app\n"
            ),
        },
        # A file that nothing imports any more.
        {
            "shop/__init__.py": ("from flask import Flask\n\napp = Flask(__name__)\n\nfrom shop import views\n"),
            "shop/views.py": "from shop import app\n\n\n@app.route('/')\ndef index():\n    return 'x'\n",
            "shop/views_old.py": "from shop import app\n\n\n@app.route('/')\ndef home():\n    return 'x'\n",
        },
        # Two apps by one factory, which is handed what to register.
        {
            "factory.py": (
                "from flask import Flask\n\n\ndef create_app(configure):\n    app = Flask(__name__)\n"
                "    configure(app)\n    return app\n"
            ),
            "shop.py": (
                "from factory import create_app\nfrom flask import Blueprint\n\n"
                "bp = Blueprint('shop', __name__)\n\n\n@bp.route('/')\ndef index():\n    return 'shop'\n\n\n"
                "def configure(app):\n    app.register_blueprint(bp)\n\n\napp = create_app(configure)\n"
            ),
            "admin.py": (
                "from factory import create_app\nfrom flask import Blueprint\n\n"
                "bp = Blueprint('admin', __name__)\n\n\n@bp.route('/')\ndef index():\n    return 'admin'\n\n\n"
                "def configure(app):\n    app.register_blueprint(bp)\n\n\napp = create_app(configure)\n"
            ),
            "manage.py": "import admin\nimport shop\n",
        },
        # Subdomains; a rule that is only for building URLs; a folder that is switched off.
        "from flask import Flask\n\napp = Flask(__name__, static_folder=None)\n"
        "app.add_url_rule('/cdn', endpoint='cdn', build_only=True)\n\n\n@app.route('/cdn')\ndef cdn_page():\n"
        "    return 'x'\n\n\n@app.route('/static/<path:filename>')\ndef files(filename):\n    return filename\n",
        "from flask import Blueprint, Flask\n\napp = Flask(__name__)\n"
        "bp = Blueprint('b', __name__, subdomain='b')\n\n\n@app.route('/')\ndef index():\n"
        "    return 'x'\n\n\n@bp.route('/')\ndef home():\n    return 'y'\n\n\n"
        "app.register_blueprint(bp)\n",
    ]

    def check(self, project: Project) -> Iterable[Issue]:
        if any(facts.matches_hosts for facts in project.modules.values() if facts.role != "test"):
            return
        found: dict[tuple[str, str], list[_Place]] = {}
        apps = _Apps(project)
        for entry in project.links.routes():
            for place in apps.places(entry):
                found.setdefault((place.app, _pattern(entry.rule or "")), []).append(place)
        together = Together(project.links)
        told: set[Location] = set()
        for several in found.values():
            if len(several) > 1:
                for issue in _issues(project, together, several):
                    if issue.location not in told:
                        told.add(issue.location)
                        yield issue


class _Place(NamedTuple):
    """A route as one app has it. ``order`` says when it is added: comparable where the first part is the same."""

    entry: RouteEntry
    app: str
    order: tuple[
        str, int, int
    ]  # file and function, line of the outermost statement there, line in the blueprint's file


class _Apps:
    """Which app each route belongs to in the end."""

    def __init__(self, project: Project) -> None:
        self._links = project.links
        self._hung: dict[str, list[tuple[str, Registration, ModuleFacts]]] = {}
        for registration, facts in self._links.registrations():
            if facts.role in ("app", "script", "settings"):
                for child in self._links.registered(registration, facts.path):
                    for parent in self._links.routers(registration.parent, facts.path):
                        app = _app(parent, facts.path, registration.scope)
                        self._hung.setdefault(child, []).append((app, registration, facts))

    def places(self, entry: RouteEntry) -> Iterator[_Place]:
        """Each app on which a route surely stands, and when it gets there."""
        route, path = entry.route, entry.location.path
        if entry.rule is None or not entry.methods:
            return
        if route is None:
            if not entry.chain:  # Flask's own static route: added when the app is made
                made = next((one for one in self._links.all_routers("app") if one.location == entry.location), None)
                if made is not None:
                    yield _Place(entry, made.name, ("", 0, 0))
            return
        if not route.certain or route.more or route.given or _MATCHING.intersection(route.options):
            return
        if route.view == "?":  # computed, or none at all: a name for url_for, as the Flask tutorial has one
            return
        if not entry.chain:
            for owner in self._links.routers(route.owner, path):
                yield _Place(entry, _app(owner, path, route.scope), (f"{path}:{route.scope}", entry.location.line, 0))
            return
        hung = [self._hung.get(name, []) for name in entry.chain]
        if any(len(several) != 1 or not several[0][1].certain for several in hung):
            return
        app, registration, facts = hung[0][0]
        line = registration.location.line
        yield _Place(entry, app, (f"{facts.path}:{registration.scope}", line, entry.location.line))


def _app(name: str, path: str, scope: str) -> str:
    """An app's canonical name; one that comes in as a parameter is another one for each function."""
    return f"{path}:{scope}" if name == ANY_APP else name


def _pattern(rule: str) -> str:
    """A rule without the names of its variables: what requests are compared with."""

    def plain(match: re.Match[str]) -> str:
        converter = match["converter"] or "default"
        return f"<{'default' if converter == 'string' else converter}{(match['arguments'] or '').replace(' ', '')}>"

    return _VARIABLE.sub(plain, rule)


def _issues(project: Project, together: Together, several: list[_Place]) -> Iterator[Issue]:
    several = sorted(several, key=lambda place: (place.order[0] != "", place.order, place.entry.location))
    for number, later in enumerate(several):
        route = later.entry.route
        if route is None:
            continue
        for first in several[:number]:
            lost = sorted(set(first.entry.methods) & set(later.entry.methods))
            if lost and not _same_view(project, first.entry, later.entry) and _meet(project, together, first, later):
                yield Issue(
                    _message(first, later, lost), later.entry.location, f"{later.entry.endpoint} {later.entry.rule}"
                )
                break


def _same_view(project: Project, one: RouteEntry, other: RouteEntry) -> bool:
    if one.route is None or other.route is None:
        return False
    views = [project.links.view_of(entry.route, entry.location.path)[0] for entry in (one, other) if entry.route]
    return views[0] == views[1] and (one.route.identity == other.route.identity or one.route.is_class)


def _meet(project: Project, together: Together, first: _Place, later: _Place) -> bool:
    """Whether both are there in one running app, and the first one is tried first."""
    if first.entry.route is None:
        return True
    defaults = [place.entry.route.defaults for place in (first, later) if place.entry.route is not None]
    if defaults[0] != defaults[-1] and not project.dependencies.flask_at_least((2, 2)):
        return False  # before Werkzeug 2.2 a rule with defaults came after one without
    return together.loaded(first.entry.location.path, later.entry.location.path)


def _message(first: _Place, later: _Place, lost: list[str]) -> str:
    route, here, there = first.entry.route, later.entry.location, first.entry.location
    subject = f"{'/'.join(lost)} {later.entry.rule}"
    if route is None:
        return f"{subject} never gets here: Flask's own static route answers it"
    where = f"line {there.line}" if there.path == here.path else f"{there.path}:{there.line}"
    name = route.view.rpartition(".")[2]
    if first.order[0] == later.order[0]:
        return f"{subject} never gets here: {name} ({where}) is registered first"
    return f"{subject} is also the URL of {name} ({where}): only the one registered first answers"
