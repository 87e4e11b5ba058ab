"""Answers in JSON, error handlers, and what is written to the session."""

from __future__ import annotations

from tests.recall.app import Defect, Healthy

# What a project that keeps sessions needs in order to be in order otherwise.
COOKIES = """\
app.config.from_prefixed_env()
app.config.update(SESSION_COOKIE_SECURE=True, SESSION_COOKIE_SAMESITE="Lax")
"""

FILED_COOKIES = COOKIES.replace(
    "app.config.from_prefixed_env()", 'app.secret_key = Path("/run/secrets/key").read_text()'
)

DEFECTS: list[Defect] = [
    # FD101 needless-jsonify
    Defect(
        "FD101",
        "module alias, shortcut decorator, tuple of three",
        {
            "app.py": """\
import flask as f

app = f.Flask(__name__)


@app.post("/orders")
def create_order():
    order = f.request.get_json()
    return f.jsonify({"id": order["id"], "state": "new"}), 201, {"Location": f"/orders/{order['id']}"}
"""
        },
    ),
    Defect(
        "FD101",
        "method view in a blueprint of a package",
        {
            "shop/__init__.py": """\
from flask import Flask


def create_app():
    app = Flask(__name__)
    from .stock import bp

    app.register_blueprint(bp, url_prefix="/stock")
    return app
""",
            "shop/stock.py": """\
from flask import Blueprint, jsonify
from flask.views import MethodView

bp = Blueprint("stock", __name__)


class Stock(MethodView):
    def get(self, sku: str):
        return jsonify(sku=sku, amount=3)


bp.add_url_rule("/<sku>", view_func=Stock.as_view("stock"))
""",
        },
        place="shop/stock.py",
    ),
    Defect(
        "FD101",
        "sorted list from a local, async view",
        {
            "requirements.txt": "flask[async]==3.1.0\n",
            "app.py": """\
from flask import Flask
from flask.json import jsonify as as_json

app = Flask(__name__)
NAMES = {"b": 1, "a": 2}


@app.get("/names")
async def names():
    found: list[str] = sorted(NAMES)
    return as_json(found)
""",
        },
    ),
    Defect(
        "FD101",
        "error handler, both arms of a conditional",
        {
            "app.py": """\
from flask import Flask, jsonify, request

app = Flask(__name__)


@app.get("/")
def index():
    return "hello"


@app.errorhandler(404)
def missing(error):
    return (jsonify(error="no such page", path=request.path) if request.args.get("long") else jsonify(error="no")), 404
"""
        },
    ),
    Defect(
        "FD101",
        "make_response around it",
        {
            "app.py": """\
from flask import Flask, jsonify, make_response

app = Flask(__name__)


@app.route("/health", methods=["GET"])
def health():
    return make_response(jsonify({"ok": True}), 200)
"""
        },
    ),
    # FD102 empty-jsonify
    Defect(
        "FD102",
        "with a status",
        {
            "app.py": """\
from flask import Flask, jsonify

app = Flask(__name__)


@app.delete("/items/<int:item>")
def remove(item: int):
    return jsonify(), 202
"""
        },
    ),
    Defect(
        "FD102",
        "module alias, bound to a name first",
        {
            "app.py": """\
import flask as f

app = f.Flask(__name__)


@app.route("/ping")
def ping():
    answer = f.jsonify()
    answer.headers["X-Pong"] = "1"
    return answer
"""
        },
    ),
    Defect(
        "FD102",
        "in a class-based view of a nested blueprint",
        {
            "api/__init__.py": """\
from flask import Blueprint, Flask

from .carts import carts

api = Blueprint("api", __name__, url_prefix="/api")
api.register_blueprint(carts)


def create_app() -> Flask:
    app = Flask(__name__)
    app.register_blueprint(api)
    return app
""",
            "api/carts.py": """\
from flask import Blueprint, jsonify, make_response
from flask.views import MethodView

carts = Blueprint("carts", __name__, url_prefix="/carts")


class Cart(MethodView):
    def delete(self, cart: int):
        return make_response(jsonify(), 200)


carts.add_url_rule("/<int:cart>", view_func=Cart.as_view("cart"))
""",
        },
        place="api/carts.py",
    ),
    # FD103 json-dumps-response
    Defect(
        "FD103",
        "plain json",
        {
            "app.py": """\
import json

from flask import Flask

app = Flask(__name__)


@app.route("/rates")
def rates():
    return json.dumps({"eur": 1.0})
"""
        },
    ),
    Defect(
        "FD103",
        "imported under another name, with a status",
        {
            "app.py": """\
from json import dumps as to_json

from flask import Blueprint, Flask, request

bp = Blueprint("search", __name__)


@bp.post("/search")
def search():
    words = (request.get_json() or {}).get("words", [])
    return to_json({"count": len(words)}), 200


def create_app():
    app = Flask(__name__)
    app.register_blueprint(bp)
    return app
"""
        },
    ),
    Defect(
        "FD103",
        "a text that was made a line before",
        {
            "app.py": """\
import json

from flask import Flask

app = Flask(__name__)


def cities():
    found = [{"name": "Bern"}, {"name": "Riga"}]
    payload = json.dumps(found)
    return payload


app.add_url_rule("/cities", view_func=cities)
"""
        },
    ),
    Defect(
        "FD103",
        "flask.json, in a method view",
        {
            "app.py": """\
from flask import Flask, json
from flask.views import MethodView

app = Flask(__name__)


class Weather(MethodView):
    def get(self, town):
        return json.dumps({"town": town, "degrees": 21})


app.add_url_rule("/weather/<town>", view_func=Weather.as_view("weather"))
"""
        },
    ),
    # FD104 view-returns-nothing
    Defect(
        "FD104",
        "prints instead of returning",
        {
            "app.py": """\
from flask import Flask, request

app = Flask(__name__)


@app.route("/hook", methods=["POST"])
def hook():
    event = request.get_json()
    print(event["kind"])
"""
        },
    ),
    Defect(
        "FD104",
        "a number",
        {
            "app.py": """\
from flask import Blueprint, Flask

counts = Blueprint("counts", __name__)
VISITS = ["a", "b"]


@counts.get("/count")
def count() -> int:
    return len(VISITS)


def create_app():
    app = Flask(__name__)
    app.register_blueprint(counts)
    return app
"""
        },
    ),
    Defect(
        "FD104",
        "a set of tags",
        {
            "app.py": """\
from flask import Flask

app = Flask(__name__)


@app.route("/tags")
def tags():
    return {"red", "blue"}
"""
        },
    ),
    Defect(
        "FD104",
        "a method view that only logs",
        {
            "app.py": """\
import logging

from flask import Flask, views

app = Flask(__name__)
log = logging.getLogger(__name__)


class Beacon(views.MethodView):
    def post(self):
        if True:
            log.info("seen")
        return


app.add_url_rule("/beacon", view_func=Beacon.as_view("beacon"))
"""
        },
    ),
    Defect(
        "FD104",
        "True, in an async view",
        {
            "requirements.txt": "flask[async]==3.1.0\n",
            "app.py": """\
from flask import Flask

app = Flask(__name__)


@app.get("/alive")
async def alive() -> bool:
    return True
""",
        },
    ),
    # FD105 error-handler-without-status
    Defect(
        "FD105",
        "a dict",
        {
            "app.py": """\
from flask import Flask

app = Flask(__name__)


@app.get("/")
def index():
    return "hello"


@app.errorhandler(404)
def missing(error):
    return {"error": "not found"}
"""
        },
    ),
    Defect(
        "FD105",
        "a template, handler of a blueprint for the app",
        {
            "site/__init__.py": """\
from flask import Flask

from site_errors import errors


def create_app():
    app = Flask(__name__)
    app.register_blueprint(errors)
    return app
""",
            "site_errors.py": """\
from flask import Blueprint, render_template

errors = Blueprint("errors", __name__)


@errors.app_errorhandler(500)
def broken(error):
    return render_template("broken.html")
""",
            "site/templates/broken.html": "<h1>Sorry</h1>\n",
        },
        place="site_errors.py",
    ),
    Defect(
        "FD105",
        "an exception class of werkzeug",
        {
            "app.py": """\
import flask
from werkzeug.exceptions import Forbidden

app = flask.Flask(__name__)


@app.get("/")
def index():
    return "hello"


@app.errorhandler(Forbidden)
def forbidden(error: Forbidden) -> str:
    return "You may not see this"
"""
        },
    ),
    Defect(
        "FD105",
        "registered by a call in a factory",
        {
            "app.py": """\
from http import HTTPStatus

from flask import Flask, Response, jsonify


def too_large(error) -> Response:
    body = jsonify(error="too large")
    return body


def create_app() -> Flask:
    app = Flask(__name__)
    app.register_error_handler(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, too_large)

    @app.get("/")
    def index():
        return "hello"

    return app
"""
        },
    ),
    Defect(
        "FD105",
        "two decorators, an f-string",
        {
            "app.py": """\
from flask import Flask, request

app = Flask(__name__)


@app.get("/")
def index():
    return "hello"


@app.errorhandler(401)
@app.errorhandler(403)
def not_allowed(error):
    return f"Not for you ({len(request.path)} letters)"
"""
        },
    ),
    # FD106 catch-all-error-handler
    Defect(
        "FD106",
        "a JSON answer with 500",
        {
            "app.py": """\
from flask import Flask

app = Flask(__name__)


@app.get("/")
def index():
    return "hello"


@app.errorhandler(Exception)
def anything(error):
    app.logger.exception("broken")
    return {"error": "internal"}, 500
"""
        },
    ),
    Defect(
        "FD106",
        "a blueprint's handler for the app, logs by the module's logger",
        {
            "app.py": """\
import logging
import flask as f

log = logging.getLogger(__name__)
errors = f.Blueprint("errors", __name__)


@errors.app_errorhandler(Exception)
def on_error(exc: Exception) -> tuple[str, int]:
    log.exception("unexpected")
    return "Something went wrong", 500


def create_app() -> f.Flask:
    app = f.Flask(__name__)
    app.register_blueprint(errors)
    return app
"""
        },
    ),
    Defect(
        "FD106",
        "registered by a call, in another module",
        {
            "web/__init__.py": """\
from flask import Flask

from .failures import on_failure


def create_app() -> Flask:
    app = Flask(__name__)
    app.register_error_handler(Exception, on_failure)

    @app.get("/")
    def index():
        return "hello"

    return app
""",
            "web/failures.py": """\
from flask import current_app, make_response


def on_failure(error):
    current_app.logger.error("failed: %r", error)
    return make_response({"message": "failed"}, 500)
""",
        },
    ),
    Defect(
        "FD106",
        "a branch for another class of exceptions only",
        {
            "app.py": """\
from flask import Flask, jsonify

app = Flask(__name__)


class ShopError(Exception):
    status = 409


@app.get("/")
def index():
    return "hello"


@app.errorhandler(Exception)
def failed(error):
    if isinstance(error, ShopError):
        return jsonify(error=str(error)), error.status
    return jsonify(error="internal"), 500
"""
        },
    ),
    # FD107 ignored-json-config
    Defect(
        "FD107",
        "by subscript",
        {
            "app.py": """\
from flask import Flask

app = Flask(__name__)
app.config["JSON_SORT_KEYS"] = False


@app.get("/")
def index():
    return {"b": 1, "a": 2}
"""
        },
    ),
    Defect(
        "FD107",
        "from_mapping in a factory",
        {
            "app.py": """\
import flask


def create_app():
    app = flask.Flask(__name__)
    app.config.from_mapping(JSON_AS_ASCII=False, MAX_CONTENT_LENGTH=1024)

    @app.get("/")
    def index():
        return {"town": "Zürich"}

    return app
"""
        },
    ),
    Defect(
        "FD107",
        "class of settings",
        {
            "settings.py": """\
class Config:
    MAX_CONTENT_LENGTH = 1024
    JSONIFY_PRETTYPRINT_REGULAR: bool = True


class ProductionConfig(Config):
    PREFERRED_URL_SCHEME = "https"
""",
            "app.py": """\
from flask import Flask

import settings

app = Flask(__name__)
app.config.from_object(settings.ProductionConfig)


@app.get("/")
def index():
    return {"a": 1}
""",
        },
        place="settings.py",
    ),
    Defect(
        "FD107",
        "update with a dict",
        {
            "app.py": """\
from flask import Flask

app: Flask = Flask(__name__)
app.config.update({"JSONIFY_MIMETYPE": "application/vnd.api+json"})


@app.get("/")
def index():
    return {"a": 1}
"""
        },
    ),
    # FD201 sensitive-session-data
    Defect(
        "FD201",
        "the password of a form",
        {
            "app.py": f"""\
from flask import Flask, redirect, request, session

app = Flask(__name__)
{COOKIES}

@app.post("/api/login")
def login():
    session["password"] = request.get_json()["password"]
    return redirect("/")
"""
        },
    ),
    Defect(
        "FD201",
        "token of an OAuth answer, module alias, update",
        {
            "app.py": f"""\
import flask as f

app = f.Flask(__name__)
{COOKIES}

def exchange(code):
    return {{"access_token": code[::-1], "refresh_token": code}}


@app.get("/callback")
def callback():
    answer = exchange(f.request.args["code"])
    f.session.update(user="me", refresh_token=answer["refresh_token"])
    return f.redirect("/")
"""
        },
    ),
    Defect(
        "FD201",
        "setdefault, imported under another name, in a blueprint",
        {
            "pay/__init__.py": """\
from flask import Flask

from .checkout import checkout


def create_app():
    app = Flask(__name__)
    app.config.from_prefixed_env()
    app.config.from_mapping(
        PERMANENT_SESSION_LIFETIME=3600,
        SESSION_COOKIE_SECURE=True,
        SESSION_COOKIE_SAMESITE="Lax",
    )
    app.register_blueprint(checkout)
    return app
""",
            "pay/checkout.py": """\
from flask import Blueprint, request
from flask import session as cookie

checkout = Blueprint("checkout", __name__)


@checkout.post("/api/card")
def card():
    cookie.setdefault("card_number", request.get_json()["number"])
    return {"ok": True}
""",
        },
        place="pay/checkout.py",
    ),
    Defect(
        "FD201",
        "an annotated item, in a method view",
        {
            "app.py": f"""\
from flask import Flask, request, session
from flask.views import MethodView

app = Flask(__name__)
{COOKIES}

class Keys(MethodView):
    def put(self):
        body = request.get_json()
        session["api_key"]: str = body["key"]
        return {{}}, 204


app.add_url_rule("/keys", view_func=Keys.as_view("keys"))
"""
        },
    ),
    Defect(
        "FD201",
        "key in a constant, walrus, async view",
        {
            "requirements.txt": "flask[async]==3.1.0\n",
            "app.py": f"""\
from flask import Flask, request, session

TOKEN_KEY = "access_token"
app = Flask(__name__)
{COOKIES}

@app.post("/api/token")
async def keep():
    if (token := request.get_json().get("token")) is not None:
        session[TOKEN_KEY] = token
    return {{"kept": token is not None}}
""",
        },
    ),
    # FD202 lost-session-change
    Defect(
        "FD202",
        "append",
        {
            "app.py": f"""\
from flask import Flask, redirect, session

app = Flask(__name__)
{COOKIES}

@app.post("/api/basket/<int:sku>")
def add(sku):
    session["basket"].append(sku)
    return redirect("/")
"""
        },
    ),
    Defect(
        "FD202",
        "setdefault and append, module alias",
        {
            "app.py": f"""\
import flask as f

app = f.Flask(__name__)
{COOKIES}

@app.get("/page/<int:page>")
def page(page):
    f.session.setdefault("seen", []).append(page)
    return str(page)
"""
        },
    ),
    Defect(
        "FD202",
        "nested item, in a method view",
        {
            "app.py": f"""\
from flask import Flask, session
from flask.views import MethodView

app = Flask(__name__)
{COOKIES}

class Theme(MethodView):
    def put(self, name: str):
        session["settings"]["theme"] = name
        return {{"theme": name}}


app.add_url_rule("/theme/<name>", view_func=Theme.as_view("theme"))
"""
        },
    ),
    Defect(
        "FD202",
        "through a local name, in a branch of match",
        {
            "app.py": f"""\
from flask import Blueprint, Flask, session

steps = Blueprint("steps", __name__)


@steps.post("/api/steps/<action>/<step>")
def change(action, step):
    done = session["steps"]
    match action:
        case "do":
            done.append(step)
        case "undo":
            done.remove(step)
    return {{"steps": done}}


app = Flask(__name__)
{COOKIES}
app.register_blueprint(steps)
"""
        },
    ),
    Defect(
        "FD202",
        "deletes an item of a nested dict, in a helper",
        {
            "app.py": f"""\
from flask import Flask, session

app = Flask(__name__)
{COOKIES}

def forget(sku: str) -> None:
    del session["basket"][sku]


@app.delete("/api/basket/<sku>")
def remove(sku):
    forget(sku)
    return {{}}, 200
"""
        },
    ),
    Defect(
        "FD202",
        "counts up inside a nested dict, walrus",
        {
            "app.py": f"""\
from flask import Flask, session

app = Flask(__name__)
{COOKIES}

@app.get("/guess/<word>")
def guess(word):
    if (game := session.get("game")) is not None:
        game["tries"] += 1
    return {{"letters": len(word)}}
"""
        },
    ),
    # FD203 session-backend-missing
    Defect(
        "FD203",
        "at import",
        {
            "requirements.txt": "flask==3.1.0\nflask-session==0.8.0\n",
            "app.py": f"""\
from pathlib import Path

from flask import Flask, session
from flask_session import Session

app = Flask(__name__)
{FILED_COOKIES}
Session(app)


@app.get("/")
def index():
    session["visits"] = session.get("visits", 0) + 1
    return str(session["visits"])
""",
        },
    ),
    Defect(
        "FD203",
        "init_app in a factory",
        {
            "requirements.txt": "flask==3.1.0\nFlask-Session==0.8.0\n",
            "board/__init__.py": """\
from pathlib import Path

from flask import Flask

from .extensions import server_session


def create_app():
    app = Flask(__name__)
    app.secret_key = Path("/run/secrets/session").read_text()
    app.config.update(
        PERMANENT_SESSION_LIFETIME=3600,
        SESSION_COOKIE_SECURE=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_PERMANENT=False,
    )
    server_session.init_app(app)

    @app.get("/")
    def index():
        return "hello"

    return app
""",
            "board/extensions.py": "from flask_session import Session\n\nserver_session = Session()\n",
        },
    ),
    Defect(
        "FD203",
        "older Flask-Session, module import",
        {
            "requirements.txt": "flask==2.2.5\nflask-session==0.5.0\n",
            "app.py": f"""\
from pathlib import Path

import flask
import flask_session

app = flask.Flask(__name__)
{FILED_COOKIES}
flask_session.Session(app)


@app.get("/")
def index():
    flask.session["seen"] = True
    return "hello"
""",
        },
    ),
    # FD204 unserialisable-session-value
    Defect(
        "FD204",
        "the user of Flask-Login",
        {
            "requirements.txt": "flask==3.1.0\nflask-login==0.6.3\n",
            "app.py": f"""\
from flask import Flask, session
from flask_login import LoginManager, current_user

app = Flask(__name__)
{COOKIES}app.config["REMEMBER_COOKIE_SECURE"] = True
login = LoginManager(app)


@app.get("/remember")
def remember():
    session["user"] = current_user
    return "kept"
""",
        },
    ),
    Defect(
        "FD204",
        "a model of SQLAlchemy",
        {
            "requirements.txt": "flask==3.1.0\nflask-sqlalchemy==3.1.1\n",
            "app.py": f"""\
from flask import Flask, session
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
{COOKIES}app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite:///shop.db"
db = SQLAlchemy(app)


class Customer(db.Model):
    id = db.Column(db.Integer, primary_key=True)


@app.get("/choose/<int:number>")
def choose(number):
    customer = Customer.query.get_or_404(number)
    session["customer"] = customer
    return "chosen"
""",
        },
    ),
    Defect(
        "FD204",
        "an instance of a class of the project, in a method view",
        {
            "app.py": f"""\
import flask
from flask.views import MethodView

app = flask.Flask(__name__)
{COOKIES}

class Cart:
    def __init__(self) -> None:
        self.lines = []


class Carts(MethodView):
    def post(self):
        flask.session["cart"] = Cart()
        return {{}}, 201


app.add_url_rule("/carts", view_func=Carts.as_view("carts"))
"""
        },
    ),
    Defect(
        "FD204",
        "a set, by setdefault",
        {
            "app.py": f"""\
from flask import Flask, session

app = Flask(__name__)
{COOKIES}

@app.get("/start")
def start():
    session.setdefault("seen", set())
    return "started"
"""
        },
    ),
    Defect(
        "FD204",
        "an open connection to a database, by update",
        {
            "app.py": f"""\
import sqlite3

from flask import Flask, session

app = Flask(__name__)
{COOKIES}

@app.get("/open")
def open_store():
    connection = sqlite3.connect("store.db")
    session.update(store=connection)
    return {{"ok": True}}
"""
        },
    ),
]


HEALTHY: list[Healthy] = [
    Healthy(
        "JSON of every kind in one API",
        {
            "requirements.txt": "flask==3.1.0\n",
            "ledger/__init__.py": """\
from flask import Flask, Response, json, jsonify, make_response, request
from werkzeug.exceptions import HTTPException, NotFound

from .entries import entries


def create_app(settings=None) -> Flask:
    app = Flask(__name__)
    app.json.sort_keys = False
    app.json.ensure_ascii = False
    app.config.from_mapping(MAX_CONTENT_LENGTH=1024 * 1024)
    app.config.update(settings or {})
    app.register_blueprint(entries, url_prefix="/entries")

    @app.errorhandler(404)
    def missing(error: NotFound):
        answer = jsonify(error="not found", path=request.path)
        answer.status_code = 404
        return answer

    @app.errorhandler(405)
    def wrong_method(error):
        return error

    @app.errorhandler(HTTPException)
    def any_http(error: HTTPException):
        answer = error.get_response()
        answer.data = json.dumps({"code": error.code, "name": error.name})
        answer.content_type = "application/json"
        return answer

    @app.errorhandler(Exception)
    def any_other(error: Exception):
        if isinstance(error, HTTPException):
            return error
        app.logger.exception("unexpected")
        return {"error": "internal"}, 500

    @app.after_request
    def wrap(response: Response) -> Response:
        if request.args.get("wrapped") and response.is_json:
            response.set_data(json.dumps({"data": response.get_json()}))
        return response

    @app.get("/version")
    def version():
        return make_response(jsonify("1.4"), 200)

    return app
""",
            "ledger/entries.py": """\
import json
from dataclasses import asdict, dataclass
from decimal import Decimal

from flask import Blueprint, Response, abort, jsonify, request, stream_with_context
from flask.views import MethodView

entries = Blueprint("entries", __name__)


@dataclass
class Entry:
    number: int
    amount: Decimal


ALL = {1: Entry(1, Decimal("2.50")), 2: Entry(2, Decimal("11.00"))}


class Exact(json.JSONEncoder):
    def default(self, value):
        return str(value) if isinstance(value, Decimal) else super().default(value)


def find(number: int) -> Entry:
    return ALL.get(number) or abort(404)


class Entries(MethodView):
    def get(self):
        return [asdict(entry) for entry in ALL.values()]

    def post(self):
        body = request.get_json()
        if "amount" not in body:
            return {"error": "amount is missing"}, 400
        return {"amount": body["amount"]}, 201, {"Location": "/entries/3"}


entries.add_url_rule("/", view_func=Entries.as_view("all"))


@entries.get("/<int:number>")
def one(number: int) -> Response:
    answer = jsonify(find(number))
    answer.headers["ETag"] = f'"{number}"'
    return answer


@entries.get("/<int:number>/exact")
def exact(number: int):
    text = json.dumps(asdict(find(number)), cls=Exact)
    return Response(text, mimetype="application/json")


@entries.get("/<int:number>/amount")
def amount(number: int):
    return json.dumps(str(find(number).amount)), 200, {"Content-Type": "application/json"}


@entries.get("/lines")
def lines():
    def rows():
        for entry in ALL.values():
            yield json.dumps({"number": entry.number}) + "\\n"

    return Response(stream_with_context(rows()), content_type="application/x-ndjson")


@entries.delete("/<int:number>")
def remove(number: int):
    find(number)
    return "", 204


@entries.get("/<int:number>/next")
def following(number: int):
    while True:
        number += 1
        if number in ALL:
            return {"next": number}
        if number > max(ALL):
            raise LookupError(number)
""",
        },
    ),
    Healthy(
        "a wizard that keeps its steps in the cookie",
        {
            "requirements.txt": "flask==3.1.0\nflask-sqlalchemy==3.1.1\nrequests==2.32.0\n",
            "wizard.py": f"""\
import secrets
from datetime import datetime, timezone

import requests
from flask import Flask, abort, redirect, request, session, url_for
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
{COOKIES}app.config["MAX_CONTENT_LENGTH"] = 1_000_000
db = SQLAlchemy(app)
client = requests.Session()


class Person(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String(80))
    password_hash = db.Column(db.String(200))


@app.before_request
def guard():
    session.setdefault("csrf_token", secrets.token_hex(16))
    session.permanent = True
    if request.method == "POST" and request.headers.get("X-CSRF-Token") != session["csrf_token"]:
        abort(400)


@app.post("/start/<int:number>")
def start(number: int):
    person = db.get_or_404(Person, number)
    session["person"] = {{"id": person.id, "name": person.name}}
    session["started"] = datetime.now(timezone.utc)
    session["steps"] = []
    session["password_is_set"] = True
    session["has_token"] = bool(person.password_hash)
    return redirect(url_for("steps"))


@app.post("/steps")
def add_step():
    step = request.get_json()["step"]
    done = session.get("steps", [])
    done.append(step)
    session["steps"] = done
    return {{"steps": done}}, 201


@app.get("/steps")
def steps():
    return {{"steps": session.get("steps", [])}}


@app.patch("/answers")
def answer():
    answers = session.setdefault("answers", {{}})
    answers.update(request.get_json())
    session.modified = True
    return answers


@app.delete("/answers/<name>")
def forget(name: str):
    answers = dict(session.get("answers", {{}}))
    answers.pop(name, None)
    session["answers"] = answers
    return "", 204


@app.post("/rename")
def rename():
    person = db.get_or_404(Person, session["person"]["id"])
    person.name = request.get_json()["name"]
    db.session.add(person)
    db.session.commit()
    client.headers["X-Trace"] = secrets.token_hex(4)
    session["person"] |= {{"name": person.name}}
    session.pop("access_token", None)
    return {{"name": person.name}}


@app.post("/end")
def end():
    session.clear()
    return redirect(url_for("steps"))
""",
        },
    ),
    Healthy(
        "a shop with its sessions on the server",
        {
            "requirements.txt": "flask==3.1.0\nflask-session==0.8.0\nredis==5.0.0\nauthlib==1.3.0\n",
            "store/__init__.py": """\
from flask import Flask

from store.extensions import sessions
from store.settings import Production


def create_app(settings=Production):
    app = Flask(__name__)
    app.config.from_object(settings)
    app.config.from_prefixed_env()
    sessions.init_app(app)

    from store.basket import basket

    app.register_blueprint(basket)
    return app
""",
            "store/extensions.py": "from flask_session import Session\n\nsessions = Session()\n",
            "store/settings.py": """\
from redis import Redis


class Base:
    SESSION_TYPE = "redis"
    SESSION_REDIS = Redis.from_url("redis://redis:6379/1")
    SESSION_COOKIE_SAMESITE = "Lax"


class Production(Base):
    SESSION_COOKIE_SECURE = True
""",
            "store/basket.py": """\
from flask import Blueprint, redirect, request, session

basket = Blueprint("basket", __name__, url_prefix="/basket")


def read_token(code: str) -> str:
    return code[::-1]


@basket.get("/back")
def back():
    session["access_token"] = read_token(request.args["code"])
    return redirect("/")


@basket.post("/<int:sku>")
def add(sku: int):
    session.setdefault("basket", []).append(sku)
    session["counts"][str(sku)] = 1
    return {"basket": session["basket"]}, 201
""",
        },
    ),
    Healthy(
        "a chat whose sockets keep a session of their own",
        {
            "requirements.txt": "flask==3.1.0\nflask-socketio==5.3.6\n",
            "chat/__init__.py": """\
from flask import Flask
from flask_socketio import SocketIO

socketio = SocketIO()


def create_app() -> Flask:
    app = Flask(__name__)
    app.config.from_prefixed_env()
    app.config["SESSION_COOKIE_SECURE"] = True
    app.config["SESSION_COOKIE_SAMESITE"] = "Lax"
    from . import events
    from .pages import pages

    app.register_blueprint(pages)
    events.register(socketio)
    socketio.init_app(app)
    return app
""",
            "chat/pages.py": """\
from flask import Blueprint, session

pages = Blueprint("pages", __name__)


@pages.post("/api/name/<name>")
def name(name: str):
    session["name"] = name
    session["rooms"] = [*session.get("rooms", []), "lobby"]
    return {"rooms": session["rooms"]}
""",
            "chat/events.py": """\
from flask import session
from flask_socketio import Namespace, emit, join_room

from . import socketio


class Room:
    def __init__(self, name):
        self.name = name


@socketio.on("join")
def join(data):
    session["rooms"].append(data["room"])
    session["access_token"] = data["token"]
    join_room(data["room"])


@socketio.event
def leave(data):
    session.setdefault("left", []).append(data["room"])
    session["now"] = Room(data["room"])


@socketio.on_error_default
def failed(error):
    session["errors"].append(str(error))


class Games(Namespace):
    def on_move(self, data):
        session["game"]["move"] = data["move"]
        session["secret"] = data["word"]
        emit("moved", data)


def typing(data):
    session["typing"].append(data["at"])


def register(socketio):
    socketio.on_namespace(Games("/games"))
    socketio.on_event("typing", typing)
""",
        },
    ),
]
