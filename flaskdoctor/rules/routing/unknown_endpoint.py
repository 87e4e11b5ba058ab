"""FD1108: ``url_for`` asks for an endpoint that the project does not have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, ClassVar

from flaskdoctor.finding import Location, Severity, Tip
from flaskdoctor.rules.rule import Bad, Files, Good, Issue, ProjectRule

if TYPE_CHECKING:
    from flaskdoctor.project.routing.endpoints import Endpoints
    from flaskdoctor.project.snapshot import Project

_ROLES = ("app", "settings")
_MOST = 200  # findings of one project: beyond that it is the picture that is wrong
_REPEATED = 5  # places that ask for one endpoint: beyond that it is one finding for all of them


class UnknownEndpoint(ProjectRule):
    """`url_for` asks for an endpoint that no view has, so the page that it is on ends in an error.

    ## What it finds

    `url_for("..")` with a literal, in Python files and in templates, where the project's route map has no such
    endpoint: a misspelt view, a view without its blueprint (`"index"` for `"shop.index"`), a blueprint that was
    renamed, a nested blueprint without the one around it. The nearest endpoint is named.

    It says nothing where the route map may lack something: blueprints that are found at run time, extensions that add
    views, computed endpoints, files that do not parse.

    ## Why it matters

    The endpoint is looked up when the line runs, and no test of another page notices:

    ```text
    werkzeug.routing.exceptions.BuildError: Could not build url for endpoint 'index'. Did you mean 'shop.index' instead?
    ```

    The visitor sees 500 Internal Server Error; in a base template, on every page that uses it. Most of these come with
    the move of views into a blueprint, which puts its name before all of their endpoints.

    ## What to do instead

    Name the endpoint as `flask routes` prints it: the blueprints from the app down, then the view's function.

    ```python
    url_for("shop.index")     # the view index() of the blueprint "shop"
    url_for(".cart")          # the view cart() of the blueprint that answers the request
    url_for("static", filename="shop.css")
    ```

    ## References

    - https://flask.palletsprojects.com/en/stable/quickstart/#url-building
    - https://flask.palletsprojects.com/en/stable/blueprints/#building-urls
    - https://flask.palletsprojects.com/en/stable/api/#flask.Flask.url_for
    """

    code = "FD1108"
    name = "unknown-endpoint"
    tip = Tip.ROUTING
    severity = Severity.WARNING

    bad: ClassVar[list[Bad]] = [
        Bad(
            "from flask import Flask, redirect, url_for\n\napp = Flask(__name__)\n\n\n@app.route('/login')\n"
            "def login():\n    return 'x'\n\n\n@app.route('/account')\ndef account():\n"
            "    return redirect(url_for('log_in'))\n"
        ),
        # The views moved into a blueprint; a template and a keyword; a nested blueprint.
        Bad(
            {
                "shop/__init__.py": (
                    "import flask as f\n\nfrom shop.views import admin, bp\n\n\ndef create_app():\n"
                    "    app = f.Flask(__name__)\n    bp.register_blueprint(admin)\n    app.register_blueprint(bp)\n"
                    "    return app\n"
                ),
                "shop/views.py": (
                    "import flask as f\n\nbp = f.Blueprint('shop', __name__)\n"
                    "admin = f.Blueprint('admin', __name__)\n\n\n"
                    "@bp.route('/')\ndef index():\n    return f.render_template('index.html')\n\n\n"
                    "@bp.route('/old')\n"
                    "async def old():\n    return f.redirect(f.url_for(endpoint='index'))\n\n\n"
                    "@admin.route('/admin')\n"
                    "def panel():\n    if url := f.url_for('admin.panel'):\n        return url\n"
                    "    return f.url_for('.pannel')\n"
                ),
                "shop/templates/index.html": (
                    "{# {{ url_for('gone') }} #}\n<a href=\"{{ url_for('shop.index') }}\">a</a>\n"
                    "<a href=\"{{ url_for('shop.cart', page=1) }}\">b</a>\n"
                ),
            },
            hits=4,
        ),
        # A class-based view under another name, and an endpoint that was given.
        Bad(
            "from flask import Flask, url_for\nfrom flask.views import MethodView\n\n\nclass Items(MethodView):\n"
            "    def get(self):\n        return {'self': url_for('Items'), 'all': url_for('items')}\n\n\n"
            "app = Flask(__name__)\napp.add_url_rule('/items', view_func=Items.as_view('items'))\n\n\n"
            "@app.get('/about', endpoint='about-us')\ndef about():\n    return url_for('about')\n",
            hits=2,
        ),
        # A blueprint has static files only where it is told of a folder.
        Bad(
            "from flask import Blueprint, Flask, url_for\n\nbp = Blueprint('shop', __name__)\n\n\n@bp.route('/')\n"
            "def index():\n    return url_for('shop.static', filename='x.css')\n\n\napp = Flask(__name__)\n"
            "app.register_blueprint(bp)\n"
        ),
    ]
    good: ClassVar[list[Good | Files]] = [
        # What there is: views, static files, relative names, endpoints without a view, resources.
        {
            "app.py": (
                "from flask import Blueprint, Flask, url_for\nfrom flask_restful import Api, Resource\n\n"
                "bp = Blueprint('shop', __name__, static_folder='files')\n\n\n@bp.route('/')\ndef index():\n"
                "    return url_for('.cart') + url_for('shop.static', filename='x') + url_for('static', "
                "filename='y')\n"
                "\n\n@bp.route('/cart')\ndef cart():\n    return url_for('start') + url_for('item')\n\n\n"
                "class Item(Resource):\n    def get(self):\n        return {}\n\n\napp = Flask(__name__)\n"
                "app.register_blueprint(bp)\napp.add_url_rule('/', endpoint='start')\napi = Api(app)\n"
                "api.add_resource(Item, '/item')\n"
            ),
            "templates/shop.html": (
                "{{ url_for('shop.index') }} {{ url_for('.cart') }} {{ url_for('shop.' ~ name) }} {{ h.url_for('x') }}"
            ),
        },
        # Blueprints that are found when the app runs; an extension with views of its own.
        {
            "app.py": (
                "import importlib\nimport pkgutil\n\nfrom flask import Flask, url_for\n\nimport areas\n\n"
                "app = Flask(__name__)\nfor found in pkgutil.iter_modules(areas.__path__):\n"
                "    app.register_blueprint(importlib.import_module(f'areas.{found.name}').bp)\n\n\n@app.route('/')\n"
                "def index():\n    return url_for('blog.index')\n"
            ),
            "areas/__init__.py": "",
        },
        "from flask import Flask, url_for\nfrom flask_admin import Admin\n\napp = Flask(__name__)\n"
        "admin = Admin(app)\n\n\n"
        "@app.route('/')\ndef index():\n    return url_for('user.index_view') + url_for('anything')\n",
        "from flask import Flask, url_for\nfrom flask_dance.contrib.github import make_github_blueprint\n\n"
        "app = Flask(__name__)\napp.register_blueprint(make_github_blueprint())\n\n\n@app.route('/')\ndef index():\n"
        "    return url_for('github.login')\n",
        # Endpoints that are computed, on the app itself.
        "from flask import Flask, url_for\nfrom flask.views import View\n\n\nclass Jobs(View):\n"
        "    def dispatch_request(self):\n        return url_for('jobs.xhr')\n\n\napp = Flask(__name__)\n\n\n"
        "def add(view, endpoint):\n    made = view.as_view(endpoint)\n"
        "    app.add_url_rule('/' + endpoint, view_func=made)\n\n\n"
        "add(Jobs, 'jobs')\nadd(Jobs, 'jobs.xhr')\n",
        # The error is expected; the endpoint is computed; another url_for; a name of a blueprint that is given.
        "import os\n\nfrom django_like import reverse as url_for_other\nfrom flask import Blueprint, Flask, url_for\n"
        "from werkzeug.routing import BuildError\n\napp = Flask(__name__)\nbp = Blueprint('api', __name__)\n\n\n"
        "@bp.route('/')\ndef items():\n    return {}\n\n\n"
        "app.register_blueprint(bp, name='api_v2')\n\n\n@app.route('/')\ndef index():\n    try:\n"
        "        return url_for('plugin.start')\n    except BuildError:\n"
        "        return url_for(os.environ['START']) + url_for_other('x') + url_for('api_v2.items')\n",
        # A route that is halfway made.
        "from functools import partial\n\nfrom flask import Flask, url_for\n\napp = Flask(__name__)\n"
        "page = partial(app.route, methods=['GET'])\n\n\n@page('/cart')\ndef cart():\n    return url_for('cart')\n",
        # Routes that a decorator of the project adds, and a websocket, which is no view.
        "from flask import Blueprint, Flask, redirect, url_for\n\nbp = Blueprint('api', __name__)\n\n\n"
        "def listed(rule):\n    def decorator(view):\n        return bp.route('/v2' + rule)(view)\n\n"
        "    return decorator\n\n\n@listed('/items')\ndef items():\n    return {}\n\n\n"
        "def page():\n    return ''\n\n\nbp.route('/page')(page)\n\n\n@bp.route('/')\ndef index():\n"
        "    return redirect(url_for('api.items' if page() else 'api.page'))\n\n\n@bp.route('/a')\ndef a():\n"
        "    return redirect(url_for('api.items')) or url_for('.page')\n\n\n"
        "app = Flask(__name__)\napp.register_blueprint(bp)\n",
        "from quart import Quart, url_for\n\napp = Quart(__name__)\n\n\n@app.websocket('/ws')\nasync def ws():\n"
        "    pass\n\n\n@app.route('/')\nasync def index():\n    return url_for('ws', _scheme='wss')\n",
        # A part without an app: the endpoints are the host's.
        {
            "flask_gallery/__init__.py": (
                "from flask import Blueprint, redirect, url_for\n\ngallery = Blueprint('gallery', __name__)\n\n\n"
                "@gallery.route('/')\ndef index():\n    return redirect(url_for('home'))\n"
            ),
            "tests/test_gallery.py": (
                "from flask import Flask, url_for\nfrom flask_gallery import gallery\n\napp = Flask(__name__)\n"
                "app.register_blueprint(gallery)\n\n\ndef test_it():\n    assert url_for('nothing')\n"
            ),
        },
    ]

    def check(self, project: Project) -> Iterable[Issue]:
        if not any(facts.routes for facts in project.modules.values() if facts.role in _ROLES):
            return ()
        from flaskdoctor.project.routing.endpoints import Endpoints

        endpoints = Endpoints(project)
        if not endpoints.tells:
            return ()
        found = [*_in_code(project, endpoints), *_in_templates(project, endpoints)]
        return () if len(found) > _MOST else _issues(endpoints, found)


def _in_code(project: Project, endpoints: Endpoints) -> Iterator[tuple[str, Location]]:
    for facts in project.modules.values():
        for call in facts.pages.urls if facts.role in _ROLES else ():
            if not call.endpoint.startswith("."):
                missing = endpoints.misses(call.endpoint)
            else:
                full = _absolute(project, call.endpoint, call.view, facts.path)
                missing = all(map(endpoints.misses, full)) if full else endpoints.misses_relative(call.endpoint[1:])
            if missing:
                yield call.endpoint, call.location


def _absolute(project: Project, endpoint: str, view: str, path: str) -> list[str]:
    """What a relative endpoint may stand for in a view: the view's blueprints, under all of their names."""
    links = project.links
    found: list[str] = []
    for route, place in links.view_routes.get(links.resolve(view, path), ()) if view else ():
        for router in links.routers(route.owner, place):
            for mount in links.places(router):
                if mount.name is None:
                    return []
                found.append(f"{mount.name}{endpoint}".removeprefix("."))
    return found


def _in_templates(project: Project, endpoints: Endpoints) -> Iterator[tuple[str, Location]]:
    from flaskdoctor.project.discover import role_of

    for path in project.templates.pages:
        template = project.templates.get(path)
        for endpoint, location in template.endpoints if template is not None else ():
            if endpoint.endswith(".") or ".." in endpoint:
                continue
            relative = endpoint.startswith(".")
            missing = endpoints.misses_relative(endpoint[1:]) if relative else endpoints.misses(endpoint)
            if missing and role_of(path) not in ("test", "example", "docs") and "{{" not in path:
                yield endpoint, location


def _issues(endpoints: Endpoints, found: list[tuple[str, Location]]) -> Iterator[Issue]:
    places: dict[str, list[Location]] = {}
    for endpoint, location in found:
        places.setdefault(endpoint, []).append(location)
    for endpoint, several in places.items():
        nearest = _nearest(endpoint, endpoints.known)
        hint = f": did you mean {nearest!r}?" if nearest else ""
        count = f" ({len(several)} places)" if len(several) > _REPEATED else ""
        for location in several[:1] if count else several:
            yield Issue(f"No view has the endpoint {endpoint!r}{count}{hint}", location, endpoint)


def _nearest(endpoint: str, known: set[str]) -> str:
    """The endpoint that was probably meant: the same view elsewhere, else the most similar name."""
    from difflib import get_close_matches

    view = endpoint.rpartition(".")[2]
    same = sorted(name for name in known if name.rpartition(".")[2] == view)
    if same and view != "static":
        # "index" is in every blueprint: of several, only one with a similar name as a whole.
        near = same if len(same) == 1 else get_close_matches(endpoint, same, n=1, cutoff=0.6)
        if near:
            return near[0]
    label = endpoint.rpartition(".")[0]
    beside = {name.rpartition(".")[2]: name for name in sorted(known) if name.rpartition(".")[0] == label}
    close = get_close_matches(view, list(beside), n=1, cutoff=0.7)
    if close:
        return beside[close[0]]
    close = get_close_matches(endpoint.lstrip("."), sorted(known), n=1, cutoff=0.75)
    return close[0] if close else ""
