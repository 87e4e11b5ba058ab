"""Routing: decorators and routes, endpoints, URL variables, methods. Blueprints are in ``of_blueprints``."""

from __future__ import annotations

from tests.recall.app import Defect, Healthy

# An app of one file that answers JSON: each defect puts its views below.
SMALL = """\
from flask import Flask, abort, request

app = Flask(__name__)
PRICES = {"cup": 12, "bowl": 19}


@app.get("/health")
def health():
    return {"status": "ok"}

"""

# A package with a factory and one blueprint, "stock".
FACTORY = """\
from flask import Flask


def create_app(settings=None):
    app = Flask(__name__)
    app.config.from_prefixed_env()
    if settings:
        app.config.update(settings)

    from .stock import views

    app.register_blueprint(views.bp, url_prefix="/stock")
    return app
"""


def small(views: str) -> dict[str, str]:
    """A project of one file."""
    return {"app.py": SMALL + views}


def packaged(views: str, **more: str) -> dict[str, str]:
    """A factory, the views of its blueprint, and further modules of the package."""
    others = {f"depot/{name.replace('__', '/')}.py": text for name, text in more.items()}
    return {"depot/__init__.py": FACTORY, "depot/stock/__init__.py": "", "depot/stock/views.py": views} | others


BELOW_ROUTE = [
    Defect(
        "FD708",
        "login_required in a factory, import flask as f",
        {
            "app.py": """\
import flask as f
import flask_login


def create_app():
    app = f.Flask(__name__)
    app.config.from_prefixed_env()
    app.config["SESSION_COOKIE_SECURE"] = True
    app.config["SESSION_COOKIE_SAMESITE"] = "Lax"
    app.config["REMEMBER_COOKIE_SECURE"] = True
    flask_login.LoginManager(app)

    @flask_login.login_required
    @app.route("/orders")
    def orders():
        return {"orders": []}

    return app
""",
            "requirements.txt": "flask==3.1.0\nflask-login==0.6.3\n",
        },
    ),
    Defect(
        "FD708",
        "jwt_required() above a blueprint's async view",
        {
            "api.py": """\
from flask import Blueprint
from flask_jwt_extended import get_jwt_identity, jwt_required

api = Blueprint("api", __name__)


@jwt_required()
@api.get("/me")
async def me():
    return {"me": get_jwt_identity()}
""",
            "app.py": """\
from flask import Flask
from flask_jwt_extended import JWTManager

from api import api

app = Flask(__name__)
app.config.from_prefixed_env()
JWTManager(app)
app.register_blueprint(api)
""",
            "requirements.txt": "flask[async]==3.1.0\nflask-jwt-extended==4.7.1\n",
        },
    ),
    Defect(
        "FD708",
        "limiter.limit above two routes of one view",
        {
            "app.py": SMALL
            + """\
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

limiter = Limiter(get_remote_address, app=app, default_limits=["200/day"])


@limiter.limit("5/minute")
@app.post("/tokens")
@app.post("/v1/tokens")
def token():
    return {"token": PRICES["cup"]}, 201
""",
            "requirements.txt": "flask==3.1.0\nflask-limiter==3.8.0\n",
        },
    ),
    Defect(
        "FD708",
        "the project's own decorator, another one below",
        packaged(
            """\
from flask import Blueprint

from ..access import admin_required, logged

bp = Blueprint("stock", __name__)


@admin_required
@bp.route("/empty", methods=("DELETE",))
@logged
def empty():
    return "", 204
""",
            access="""\
from functools import wraps

from flask import abort, current_app, request


def admin_required(view):
    @wraps(view)
    def checked(*args, **kwargs):
        if request.headers.get("X-Admin") != current_app.config["ADMIN"]:
            abort(403)
        return view(*args, **kwargs)

    return checked


def logged(view):
    @wraps(view)
    def told(*args, **kwargs):
        current_app.logger.info("called %s", view.__name__)
        return view(*args, **kwargs)

    return told
""",
        ),
        place="depot/stock/views.py",
    ),
    Defect(
        "FD708",
        "an object made in another module: auth and cache",
        {
            "extensions.py": """\
from flask_caching import Cache

cache: Cache = Cache(config={"CACHE_TYPE": "SimpleCache"})
""",
            "app.py": """\
import extensions
from flask import Flask

application = Flask(__name__)
extensions.cache.init_app(application)


@extensions.cache.cached(timeout=60)
@application.route("/report")
def report():
    return {"sum": sum(range(100_000))}
""",
            "requirements.txt": "flask==3.1.0\nflask-caching==2.3.0\n",
        },
        place="app.py",
    ),
]

TWICE = [
    Defect(
        "FD1101",
        "two views of one name",
        small("""\
@app.get("/prices/<item>")
def price(item):
    return {"price": PRICES[item]}


@app.put("/prices/<item>")
def price(item):  # noqa: F811
    return {"price": request.get_json()["price"], "item": item}
"""),
    ),
    Defect(
        "FD1101",
        "a decorator from another module that hides the name",
        packaged(
            """\
import flask as f

from depot.timing import timed

bp = f.Blueprint("stock", __name__)


@bp.get("/full")
@timed
def full():
    return {"full": []}


@bp.get("/low")
@timed
def low():
    return {"low": []}
""",
            timing="""\
import time

from flask import current_app


def timed(view):
    def wrapper(*args, **kwargs):
        start = time.perf_counter()
        answer = view(*args, **kwargs)
        current_app.logger.info("%.3f", time.perf_counter() - start)
        return answer

    return wrapper
""",
        ),
        place="depot/stock/views.py",
    ),
    Defect(
        "FD1101",
        "as_view() with one name for two classes",
        packaged("""\
from flask import Blueprint
from flask.views import MethodView

bp: Blueprint = Blueprint("stock", __name__)


class Shelves(MethodView):
    def get(self):
        return {"shelves": []}


class Shelf(MethodView):
    def get(self, number: int):
        return {"shelf": number}


bp.add_url_rule("/shelves", view_func=Shelves.as_view("shelves"))
bp.add_url_rule("/shelves/<int:number>", view_func=Shelf.as_view("shelves"))
"""),
    ),
    Defect(
        "FD1101",
        "as_view() called twice for one class",
        {
            "wsgi.py": """\
from flask import Flask, views


class Cups(views.MethodView):
    def get(self, number=None):
        return {"cup": number}


def make():
    app = Flask("cups")
    app.add_url_rule("/cups", view_func=Cups.as_view("cups"))
    app.add_url_rule("/cups/<int:number>", view_func=Cups.as_view("cups"))
    return app
"""
        },
    ),
    Defect(
        "FD1101",
        "an endpoint that is another view's name",
        small("""\
@app.route("/prices", endpoint="offers")
def prices():
    return PRICES


@app.route("/offers")
def offers():
    return {"offers": []}
"""),
    ),
    Defect(
        "FD1101",
        "add_url_rule with one endpoint for two functions",
        {
            "app.py": """\
from flask import Flask


def show():
    return {"is": "here"}


def remove():
    return "", 204


def create_app() -> Flask:
    app = Flask(__name__)
    app.add_url_rule("/thing", "thing", show)
    app.add_url_rule("/thing", "thing", remove, methods=["DELETE"])
    return app
"""
        },
    ),
]

HIDDEN = [
    Defect(
        "FD1102",
        "variables of other names",
        packaged("""\
from flask import Blueprint

bp = Blueprint("stock", __name__)


@bp.get("/items/<name>")
def by_name(name):
    return {"name": name}


@bp.get("/items/<number>")
def by_number(number):
    return {"number": number}
"""),
    ),
    Defect(
        "FD1102",
        "a blueprint's prefix and a route of the app",
        {
            "app.py": """\
import flask

from members import bp as members

app = flask.Flask(__name__)
app.register_blueprint(members, url_prefix="/api")


@app.route("/api/members", methods=["GET", "POST"])
def all_members():
    return {"members": ["ada"]}
""",
            "members.py": """\
from flask import Blueprint

bp = Blueprint("members", __name__)


@bp.route("/members")
def listed():
    return {"members": []}
""",
        },
    ),
    Defect(
        "FD1102",
        "two blueprints nested under one prefix",
        {
            "app.py": """\
from flask import Flask, Blueprint
from flask.views import MethodView

api = Blueprint("api", __name__, url_prefix="/api")
old = Blueprint("old", __name__, url_prefix="/cups")
new = Blueprint("new", __name__)


class Cups(MethodView):
    def get(self):
        return {"cups": 1}


old.add_url_rule("/", view_func=Cups.as_view("all"))


@new.route("/", methods={"GET"})
def cups():
    return {"cups": 2}


api.register_blueprint(old)
api.register_blueprint(new, url_prefix="/cups")
app = Flask(__name__)
app.register_blueprint(api)
"""
        },
    ),
]

ARGUMENTS = [
    Defect(
        "FD1103",
        "another name in the view",
        small("""\
@app.get("/prices/<string(maxlength=20):item_name>")
def price(item):
    return {"price": PRICES[item]}
"""),
    ),
    Defect(
        "FD1103",
        "async view wants what its URL does not have",
        {
            "app.py": """\
from flask import Flask

app = Flask(__name__)


@app.delete("/cups")
async def remove(number: int, *, force: bool = False):
    return {"removed": number, "force": force}
""",
            "requirements.txt": "flask[async]==3.1.0\n",
        },
    ),
    Defect(
        "FD1103",
        "a variable in the prefix of the registration",
        {
            "app.py": """\
from flask import Flask


def create_app():
    app = Flask(__name__)
    from pages import pages

    app.register_blueprint(pages, url_prefix="/<lang_code>/pages")
    return app
""",
            "pages.py": """\
from flask import Blueprint

pages = Blueprint("pages", __name__)


@pages.get("/<int:number>")
def page(number):
    return {"page": number}
""",
        },
        place="pages.py",
    ),
    Defect(
        "FD1103",
        "a MethodView's method",
        packaged("""\
import flask.views as v
from flask import Blueprint

bp = Blueprint("stock", __name__)


class Shelf(v.MethodView):
    def get(self, number):
        return {"shelf": number}

    def delete(self):
        return "", 204


bp.add_url_rule("/shelves/<int:number>", view_func=Shelf.as_view("shelf"))
"""),
    ),
    Defect(
        "FD1103",
        "one of two stacked routes, a nested blueprint's prefix",
        {
            "app.py": """\
import flask as f

teams = f.Blueprint("teams", __name__, url_prefix="/teams/<int:team>")
games = f.Blueprint("games", __name__, url_prefix="/games")


@games.route("/<day>")
@games.route("/")
def played(team, day):
    return {"team": team, "day": day}


teams.register_blueprint(games)
app = f.Flask(__name__)
app.register_blueprint(teams)
"""
        },
    ),
]

MALFORMED = [
    Defect(
        "FD1104",
        "methods is a string",
        packaged("""\
import flask as f

bp = f.Blueprint("stock", __name__)


@bp.route("/count", methods="POST")
def count():
    return {"count": len(f.request.get_json())}
"""),
    ),
    Defect(
        "FD1104",
        "methods in parentheses that make no tuple",
        small("""\
@app.route("/orders", methods=("PATCH"))
def order():
    return {"changed": request.get_json()["item"]}
"""),
    ),
    Defect("FD1104", "no leading slash", small('@app.get("prices")\ndef prices():\n    return PRICES\n')),
    Defect(
        "FD1104",
        "no leading slash in add_url_rule, a factory",
        {
            "app.py": """\
from flask import Flask
from flask.views import View


class Times(View):
    init_every_request = False

    def dispatch_request(self):
        return {"times": []}


def create_app(**settings) -> Flask:
    (app := Flask(__name__)).config.from_mapping(settings)
    app.add_url_rule("times/", view_func=Times.as_view("times"))
    return app
"""
        },
    ),
    Defect(
        "FD1104",
        "method= for methods=",
        small("""\
@app.route("/orders", method=["POST"])
def order():
    return {"item": "cup"}, 201
"""),
    ),
    Defect(
        "FD1104",
        "app.post() with methods",
        small("""\
@app.post("/orders", methods=["POST", "PUT"])
def order():
    return {"item": request.get_json()["item"]}, 201
"""),
    ),
]

BODIES = [
    Defect(
        "FD1105",
        "get_json() in a plain route",
        small("""\
@app.route("/orders")
def order():
    wanted = request.get_json()
    return {"item": wanted["item"]}, 201
"""),
    ),
    Defect(
        "FD1105",
        "request.form in a .get view, import flask as f",
        packaged("""\
import flask as f

bp = f.Blueprint("stock", __name__)


@bp.get("/find")
def find():
    match f.request.form["by"]:
        case "name":
            return {"by": "name"}
        case _:
            return {"by": "number"}
"""),
    ),
    Defect(
        "FD1105",
        "validate_on_submit() without POST",
        {
            "app.py": """\
from flask import Flask, redirect, render_template, url_for
from flask_wtf import FlaskForm
from wtforms import StringField

app = Flask(__name__)
app.config.from_prefixed_env()
app.config.from_mapping(SESSION_COOKIE_SECURE=True, SESSION_COOKIE_SAMESITE="Lax")


class NameForm(FlaskForm):
    name = StringField("Name")


@app.route("/name", methods=["GET"])
def name():
    form = NameForm()
    if form.validate_on_submit():
        return redirect(url_for("name"))
    return render_template("name.html", form=form)
""",
            "templates/name.html": '<form method="post">{{ form.hidden_tag() }}{{ form.name() }}</form>\n',
            "requirements.txt": "flask==3.1.0\nflask-wtf==1.2.2\n",
        },
    ),
    Defect(
        "FD1105",
        "add_url_rule without methods",
        {
            "app.py": """\
from flask import Flask, request


def store():
    body: dict = request.json
    return {"stored": body["name"]}, 201


def create_app():
    app = Flask(__name__)
    app.add_url_rule("/store", view_func=store)
    return app
"""
        },
    ),
]

DEFECTS: list[Defect] = [*BELOW_ROUTE, *TWICE, *HIDDEN, *ARGUMENTS, *MALFORMED, *BODIES]

# One file, many spellings of a route, all of them right.
ONE_FILE = """\
import functools
import json
import time

import flask as f
from flask.views import MethodView, View
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from werkzeug.routing import BaseConverter

app = f.Flask(__name__, static_url_path="/assets")
app.config.from_prefixed_env()
limiter = Limiter(get_remote_address, app=app)


class Hex(BaseConverter):
    regex = r"[0-9a-f]{8}"

    def to_python(self, value):
        return int(value, 16)


app.url_map.converters["hex"] = Hex


def timed(view):
    @functools.wraps(view)
    def wrapper(*args, **kwargs):
        start = time.perf_counter()
        answer = f.make_response(view(*args, **kwargs))
        answer.headers["Server-Timing"] = f"view;dur={(time.perf_counter() - start) * 1000:.1f}"
        return answer

    return wrapper


def with_catalogue(view):
    @functools.wraps(view)
    def wrapper(*args, **kwargs):
        with open(f.current_app.config["CATALOGUE"], encoding="utf-8") as file:
            return view(json.load(file), *args, **kwargs)

    return wrapper


@limiter.exempt
@app.get("/health")
def health():
    return {"status": "ok"}


@app.route("/cups/", defaults={"page": 1})
@app.route("/cups/page/<int:page>")
@limiter.limit("60/minute")
@timed
def cups(page):
    return {"page": page, "next": f.url_for("cups", page=page + 1)}


@app.get("/cups/<hex:code>")
@timed
@with_catalogue
def cup(catalogue, code):
    return catalogue[code]


@app.put("/cups/<hex:code>")
@timed
def change_cup(code):
    body = f.request.get_json(silent=True) or {}
    return {"code": code, **body}


@app.route("/cups/<hex:code>/picture", methods=("GET", "POST"))
def picture(code: int, **_):
    if f.request.method == "POST":
        return {"bytes": len(f.request.get_data()), "code": code}, 201
    return f.redirect(f.url_for("static", filename=f"{code:x}.png"))


class Orders(MethodView):
    decorators = [limiter.limit("10/minute")]

    def get(self, number=None):
        return {"orders": [number] if number else []}

    def post(self):
        return {"order": f.request.get_json()["cup"]}, 201


class Search(View):
    methods = ["GET", "POST"]
    init_every_request = False

    def dispatch_request(self):
        wanted = f.request.form if f.request.method == "POST" else f.request.args
        return {"wanted": wanted.get("q", "")}


orders = Orders.as_view("orders")
app.add_url_rule("/orders", view_func=orders)
app.add_url_rule("/orders/<int:number>", view_func=orders, methods=["GET"])
app.add_url_rule("/search", view_func=Search.as_view("search"))
app.add_url_rule("/favicon.ico", endpoint="favicon", redirect_to="/assets/favicon.ico")
app.add_url_rule("/later", endpoint="later")


@app.endpoint("later")
def much_later():
    return {"later": True}


@app.route("/<path:anything>")
def anything(anything):
    f.abort(404)
"""

# A factory whose languages stand in front of every URL.
TONGUES = {
    "site/__init__.py": "",
    "journal/__init__.py": """\
from flask import Flask, g

from .pages import api, pages

LANGUAGES = ("en", "de", "fr")


def create_app(config: dict | None = None) -> Flask:
    app = Flask(__name__, instance_relative_config=True)
    app.config.from_prefixed_env()
    app.config.from_mapping(SESSION_COOKIE_SECURE=True, SESSION_COOKIE_SAMESITE="Lax")
    app.config.from_mapping(config or {})

    @app.url_defaults
    def add_language(endpoint, values):
        if "language" not in values and app.url_map.is_endpoint_expecting(endpoint, "language"):
            values["language"] = g.get("language", LANGUAGES[0])

    @app.url_value_preprocessor
    def pull_language(endpoint, values):
        g.language = (values or {}).pop("language", LANGUAGES[0])

    app.register_blueprint(pages, url_prefix="/<any(en, de, fr):language>")
    app.register_blueprint(api)
    app.register_blueprint(api, name="api_v1", url_prefix="/v1/api")
    return app
""",
    "journal/pages.py": """\
from flask import Blueprint, abort, g, redirect, render_template, url_for

pages = Blueprint("pages", __name__, template_folder="templates")
api = Blueprint("api", __name__, url_prefix="/api")


@pages.get("")
def home():
    return render_template("journal/home.html", language=g.language)


@pages.route("/<int:year>/<slug>", methods=["GET"])
def article(year, slug):
    if year < 1990:
        return redirect(url_for(".home"))
    return render_template(["journal/article.html", "journal/home.html"], slug=slug)


@api.get("/articles")
async def articles():
    return {"articles": [], "home": url_for("pages.home", _external=True)}


@api.errorhandler(404)
def missing(error):
    return {"error": error.name}, 404


@api.delete("/articles/<uuid:number>")
def remove(number):
    abort(404)
""",
    "journal/templates/journal/home.html": '<a href="{{ url_for("pages.article", year=2024, slug="a") }}">a</a>\n',
    "journal/templates/journal/article.html": '<a href="{{ url_for(".home") }}">{{ slug }}</a>\n',
    "requirements.txt": "flask[async]==3.1.0\n",
}

HEALTHY: list[Healthy] = [
    Healthy(
        "one file with many spellings of a route",
        {"app.py": ONE_FILE, "requirements.txt": "flask==3.1.0\nflask-limiter==3.8.0\n"},
    ),
    Healthy("languages in front of every URL", TONGUES),
]
