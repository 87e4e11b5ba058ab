"""Blueprints and what hangs on them: registration, names, ``url_for``, templates, imports, state of a module."""

from __future__ import annotations

from tests.recall.app import Defect, Healthy

# A package with a factory: each defect brings the blueprints.
FACTORY = """\
from flask import Flask


def create_app():
    app = Flask(__name__)
    app.config.from_prefixed_env()
    app.config.from_mapping(SESSION_COOKIE_SECURE=True, SESSION_COOKIE_SAMESITE="Lax")
    from .main import main

    app.register_blueprint(main)
    return app
"""

UNREGISTERED = [
    Defect(
        "FD1106",
        "a package that the factory forgets, import flask as f",
        {
            "hall/__init__.py": FACTORY,
            "hall/main.py": """\
from flask import Blueprint

main = Blueprint("main", __name__)


@main.get("/")
def index():
    return {"hall": "open"}
""",
            "hall/tickets/__init__.py": """\
import flask as f

tickets: f.Blueprint = f.Blueprint("tickets", __name__, url_prefix="/tickets")

from . import views  # noqa: E402, F401
""",
            "hall/tickets/views.py": """\
from hall.tickets import tickets


@tickets.get("/<int:number>")
def ticket(number):
    return {"ticket": number}
""",
        },
        place="hall/tickets/__init__.py",
    ),
    Defect(
        "FD1106",
        "a loop over all of them but one",
        {
            "app.py": """\
from flask import Flask

from pages import admin, public, shop

app = Flask(__name__)
for module in (public, shop):
    app.register_blueprint(module.bp)
""",
            "pages/__init__.py": "",
            **{
                f"pages/{name}.py": f"""\
from flask import Blueprint

bp = Blueprint("{name}", __name__, url_prefix="/{name}")


@bp.route("/")
def index():
    return {{"page": "{name}"}}
"""
                for name in ("admin", "public", "shop")
            },
        },
        place="pages/admin.py",
    ),
    Defect(
        "FD1106",
        "the child of a blueprint that is not registered itself",
        {
            "app.py": """\
from flask import Blueprint, Flask
from flask.views import MethodView

api = Blueprint("api", __name__, url_prefix="/api")
cups = Blueprint("cups", __name__)


class Cups(MethodView):
    def get(self):
        return {"cups": []}


cups.add_url_rule("/cups", view_func=Cups.as_view("cups"))
api.register_blueprint(cups)


def create_app():
    app = Flask(__name__)

    @app.get("/")
    def index():
        return {"app": "cups"}

    return app
"""
        },
    ),
]

NAMES = [
    Defect(
        "FD1107",
        "a dot in the name",
        {
            "app.py": """\
import flask

api = flask.Blueprint("api.v1", __name__, url_prefix="/api/v1")


@api.get("/cups")
def cups():
    return {"cups": []}


app = flask.Flask(__name__)
app.register_blueprint(api)
"""
        },
    ),
    Defect(
        "FD1107",
        "two blueprints of one name in two packages",
        {
            "app.py": """\
from flask import Flask

from cups.views import bp as cups
from bowls.views import bp as bowls

app = Flask(__name__)
app.register_blueprint(cups, url_prefix="/cups")
app.register_blueprint(bowls, url_prefix="/bowls")
""",
            "cups/__init__.py": "",
            "bowls/__init__.py": "",
            "cups/views.py": """\
from flask import Blueprint

bp = Blueprint("views", __name__)


@bp.get("/")
def cups():
    return {"cups": []}
""",
            "bowls/views.py": """\
from flask import Blueprint

bp = Blueprint("views", __name__)


@bp.get("/")
def bowls():
    return {"bowls": []}
""",
        },
    ),
    Defect(
        "FD1107",
        "a route after the registration",
        {
            "app.py": """\
from flask import Blueprint, Flask

app = Flask(__name__)
bp = Blueprint("cups", __name__, url_prefix="/cups")


@bp.get("/")
def cups():
    return {"cups": []}


app.register_blueprint(bp)


@bp.post("/")
def add():
    return {"cup": "added"}, 201
"""
        },
    ),
    Defect(
        "FD1107",
        "registered twice under one name, a factory",
        {
            "app.py": """\
from flask import Flask

from cups import bp


def create_app() -> Flask:
    app = Flask(__name__)
    app.register_blueprint(bp)
    app.register_blueprint(bp, url_prefix="/v2")
    return app
""",
            "cups.py": """\
from flask import Blueprint

bp = Blueprint("cups", __name__)


@bp.get("/cups")
def cups():
    return {"cups": []}
""",
        },
    ),
]

MAIN = """\
import flask as f
from flask import Blueprint, redirect, url_for

main = Blueprint("main", __name__, template_folder="templates")


@main.get("/")
def index():
    return {"hall": "open"}

"""


def hall(views: str, **templates: str) -> dict[str, str]:
    """The package with one blueprint and its templates."""
    pages = {f"hall/templates/{name.replace('__', '/')}.html": text for name, text in templates.items()}
    return {"hall/__init__.py": FACTORY, "hall/main.py": MAIN + views, **pages}


ENDPOINTS = [
    Defect(
        "FD1108",
        "a blueprint's view named without the blueprint",
        hall("""\
@main.get("/home")
def home():
    return redirect(url_for("index"))
"""),
        place="hall/main.py",
    ),
    Defect(
        "FD1108",
        "a name misspelt, through flask's own module",
        hall("""\
@main.get("/home")
async def home():
    if (target := f.url_for("main.indx", _external=True)).startswith("https"):
        return f.redirect(target)
    return {"home": target}
""")
        | {"requirements.txt": "flask[async]==3.1.0\n"},
        place="hall/main.py",
    ),
    Defect(
        "FD1108",
        "relative, in a class-based view, another name in as_view()",
        hall("""\
from flask.views import MethodView


class Seats(MethodView):
    def get(self):
        return {"seats": []}

    def post(self):
        return redirect(url_for(".seats"))


main.add_url_rule("/seats", view_func=Seats.as_view("seat_list"))
"""),
        place="hall/main.py",
    ),
]

TEMPLATES = [
    Defect(
        "FD1109",
        "another ending",
        hall(
            """\
@main.get("/plan")
def plan():
    return f.render_template("plan.htm", seats=120)
""",
            plan="<p>{{ seats }}</p>\n",
        ),
    ),
    Defect(
        "FD1109",
        "in a folder that it is not in, kept in a name first",
        hall(
            """\
from flask import render_template as render


@main.get("/plan")
def plan():
    page = render("hall/plan.html", seats=120)
    return page, {"Cache-Control": "max-age=60"}
""",
            plan="<p>{{ seats }}</p>\n",
        ),
    ),
    Defect(
        "FD1109",
        "in an error handler of an app of one file",
        {
            "app.py": """\
from flask import Flask, render_template

app = Flask(__name__)


@app.get("/")
def index():
    return render_template("index.html")


@app.errorhandler(404)
def missing(error):
    return render_template("errors/404.html", error=error), 404
""",
            "templates/index.html": "<p>hello</p>\n",
            "templates/404.html": "<p>{{ error.name }}</p>\n",
        },
    ),
]


def _many(router: str, areas: tuple[str, ...]) -> str:
    verbs = (("get", "list"), ("post", "add"), ("get", "show"), ("put", "change"), ("delete", "drop"), ("get", "print"))
    texts = []
    for area in areas:
        for number, (method, verb) in enumerate(verbs):
            texts.append(
                f"""
@{router}.{method}("/{area}/{verb}/{number}")
def {verb}_{area}():
    return {{"{area}": {number}}}
"""
            )
    return "\n".join(texts)


AREAS = ("cups", "bowls", "plates", "orders", "members", "kilns", "glazes", "courses")

LARGE = [
    Defect(
        "FD1110",
        "forty-eight views of eight subjects in one file",
        {"app.py": "from flask import Flask\n\napp = Flask(__name__)\n\n" + _many("app", AREAS)},
    ),
    Defect(
        "FD1110",
        "all of them inside the factory",
        {
            "app.py": "import flask as f\n\n\ndef create_app():\n    app = f.Flask(__name__)\n"
            + _many("app", AREAS).replace("\n", "\n    ").replace("    \n", "\n")
            + "\n    return app\n"
        },
    ),
]

CIRCLES = [
    Defect(
        "FD1111",
        "the views at the end of the app's module",
        {
            "hall/__init__.py": """\
from flask import Flask

app = Flask(__name__)

from hall import views  # noqa: E402, F401
""",
            "hall/views.py": """\
from hall import app


@app.get("/")
def index():
    return {"hall": "open"}
""",
        },
    ),
    Defect(
        "FD1111",
        "a model module that takes db from the app",
        {
            "app.py": """\
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite:///seats.db"
db = SQLAlchemy(app)

import models  # noqa: E402


@app.get("/")
def index():
    return {"seats": models.Seat.query.count()}
""",
            "models.py": """\
from app import db


class Seat(db.Model):
    id = db.Column(db.Integer, primary_key=True)
""",
            "requirements.txt": "flask==3.1.0\nflask-sqlalchemy==3.1.1\n",
        },
    ),
]

STATE = [
    Defect(
        "FD1112",
        "a dict, annotated",
        hall("""\
seats: dict[str, str] = {}


@main.put("/seats/<seat>/<who>")
def take(seat, who):
    seats[seat] = who
    return seats
"""),
    ),
    Defect(
        "FD1112",
        "a counter, with global",
        {
            "app.py": """\
import flask as f

app = f.Flask(__name__)
visits = 0


@app.get("/")
def index():
    global visits
    visits += 1
    return {"visits": visits}
"""
        },
    ),
    Defect(
        "FD1112",
        "a list in a class-based view",
        {
            "app.py": """\
from flask import Flask, request
from flask.views import MethodView

app = Flask(__name__)
MESSAGES = []


class Messages(MethodView):
    def get(self):
        return MESSAGES

    def post(self):
        MESSAGES.append(request.get_json()["text"])
        return "", 201


app.add_url_rule("/messages", view_func=Messages.as_view("messages"))
"""
        },
    ),
]

DEFECTS: list[Defect] = [*UNREGISTERED, *NAMES, *ENDPOINTS, *TEMPLATES, *LARGE, *CIRCLES, *STATE]

# Blueprints found by import_string, nested, subclassed, and made by a function.
TREE = {
    "wsgi.py": "from atelier import create_app\n\napp = create_app()\n",
    "atelier/__init__.py": """\
from importlib import import_module

from flask import Flask
from werkzeug.utils import import_string

BLUEPRINTS = ["atelier.api.views:api", "atelier.site.views:site"]
PLAIN = ("status", "feeds")


def create_app(**settings) -> Flask:
    app = Flask(__name__)
    app.config.from_prefixed_env()
    app.config.from_mapping(SESSION_COOKIE_SECURE=True, SESSION_COOKIE_SAMESITE="Lax", **settings)
    app.extensions["waiting"] = []
    register(app)
    return app


def register(app):
    for name in BLUEPRINTS:
        app.register_blueprint(import_string(name))
    for name in PLAIN:
        module = import_module(f".{name}", __package__)
        app.register_blueprint(module.bp)
""",
    "atelier/blueprints.py": """\
from flask import Blueprint


class Versioned(Blueprint):
    def __init__(self, name, import_name, version, **kwargs):
        super().__init__(name, import_name, url_prefix=f"/v{version}", **kwargs)
""",
    "atelier/status.py": """\
from flask import Blueprint, current_app

bp = Blueprint("status", __name__)
_STARTED: dict[str, str] = {"version": "1"}


@bp.get("/status")
def status():
    return {"waiting": len(current_app.extensions["waiting"]), **_STARTED}
""",
    "atelier/feeds.py": """\
from flask import Blueprint, Response, render_template

bp = Blueprint("feeds", __name__, url_prefix="/feeds")


@bp.route(".xml")
def feed():
    return Response(render_template("feeds/feed.xml"), mimetype="application/xml")
""",
    "atelier/templates/feeds/feed.xml": '<feed><link href="{{ url_for("site.home", _external=True) }}"/></feed>\n',
    "atelier/api/__init__.py": "",
    "atelier/api/views.py": """\
from flask import Blueprint

from ..blueprints import Versioned
from .kilns import kilns

api = Blueprint("api", __name__, url_prefix="/api")
first = Versioned("first", __name__, 1)
first.register_blueprint(kilns, url_prefix="/kilns/<int:kiln>")
api.register_blueprint(first)
""",
    "atelier/api/kilns.py": """\
from flask import Blueprint, url_for
from flask.views import MethodView

kilns = Blueprint("kilns", __name__)


class Kiln(MethodView):
    def get(self, kiln):
        return {"kiln": kiln, "firings": url_for("api.first.kilns.firings", kiln=kiln)}

    def patch(self, kiln: int):
        return {"kiln": kiln}


kilns.add_url_rule("", view_func=Kiln.as_view("kiln"))


@kilns.get("/firings")
def firings(kiln):
    return {"firings": [], "kiln": url_for(".kiln", kiln=kiln)}
""",
    "atelier/site/__init__.py": "",
    "atelier/site/views.py": """\
from flask import Blueprint, abort, current_app, render_template, url_for
from jinja2 import TemplateNotFound

site = Blueprint("site", __name__, template_folder="pages", static_folder="files", static_url_path="/files")


@site.get("/")
def home():
    return render_template("home.html", picture=url_for("site.static", filename="kiln.jpg"))


@site.get("/<page>")
def page(page):
    try:
        return render_template(f"{page}.html")
    except TemplateNotFound:
        abort(404)


@site.context_processor
def links():
    names = ["home"]
    return {"links": {name: url_for(f"site.{name}") for name in names}}


@site.app_errorhandler(404)
def missing(error):
    current_app.logger.info("missing: %s", error)
    return render_template("missing.html"), 404
""",
    "atelier/site/pages/home.html": '{% extends "base.html" %}<img src="{{ picture }}">\n',
    "atelier/site/pages/missing.html": '{% extends "base.html" %}\n',
    "atelier/templates/base.html": '<link href="{{ url_for("static", filename="a.css") }}">\n',
}

# Extensions in a module of their own, a REST extension, models that know no app.
RESTFUL = {
    "app.py": """\
from flask import Flask

from resources import api_blueprint
from store import db


def create_app():
    app = Flask(__name__)
    app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite:///seats.db"
    db.init_app(app)
    app.register_blueprint(api_blueprint, url_prefix="/api")
    app.add_url_rule("/", "root", lambda: {"api": "/api"})
    return app
""",
    "store.py": """\
from flask_sqlalchemy import SQLAlchemy

db = SQLAlchemy()


class Seat(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    row = db.Column(db.String(2))
""",
    "resources.py": """\
from flask import Blueprint, request
from flask_restful import Api, Resource

from store import Seat, db

api_blueprint = Blueprint("api", __name__)
api = Api(api_blueprint)
_ROWS = ["A", "B"]
_ROWS.append("C")


class Seats(Resource):
    def get(self):
        return [{"id": seat.id, "row": seat.row} for seat in db.session.scalars(db.select(Seat))]

    def post(self):
        body = request.get_json()
        seat = Seat(row=body["row"])
        db.session.add(seat)
        db.session.commit()
        return {"id": seat.id, "href": api.url_for(OneSeat, number=seat.id)}, 201


class OneSeat(Resource):
    def get(self, number):
        seat = db.get_or_404(Seat, number)
        return {"id": seat.id, "row": seat.row, "rows": list(_ROWS)}


api.add_resource(Seats, "/seats", "/chairs")
api.add_resource(OneSeat, "/seats/<int:number>", endpoint="seat")
""",
    "requirements.txt": "flask==3.1.0\nflask-restful==0.3.10\nflask-sqlalchemy==3.1.1\n",
}

HEALTHY: list[Healthy] = [
    Healthy("blueprints by import_string, nested and subclassed", TREE),
    Healthy("flask-restful on a blueprint", RESTFUL),
]
