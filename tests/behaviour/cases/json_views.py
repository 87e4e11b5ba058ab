"""FD101: a view returns the dict or the list itself. Everything is answered as before, to the byte."""

from __future__ import annotations

from tests.behaviour.case import Case
from tests.behaviour.environments import NEWEST

_ALL = ("1.1", "2.0", "2.2", NEWEST)

_VALUES = """\
import datetime
import decimal
import uuid

from flask import Flask, jsonify, request

app = Flask(__name__)
app.config["JSON_SORT_KEYS"] = False
app.config["JSONIFY_PRETTYPRINT_REGULAR"] = True


@app.after_request
def mark(response):
    response.headers["X-Kind"] = response.mimetype
    response.headers["X-Length"] = str(response.calculate_content_length())
    return response


@app.errorhandler(404)
def missing(error):
    return jsonify(error=error.description, path=request.path), 404


@app.route("/")
def index():
    return jsonify(
        zeta=1,
        alpha=datetime.datetime(2024, 2, 29, 12, 30),
        day=datetime.date(2024, 2, 29),
        price=decimal.Decimal("10.50"),
        id=uuid.UUID(int=7),
        big=2**70,
        text="Grüße, мир, 你好 \\u2028 </script>",
        none=None,
        nan=float("nan"),
    )


@app.route("/nested", methods=["GET", "POST"])
def nested():
    if (body := request.get_json(silent=True)) is None:
        return jsonify({"rows": [[1, [2, (3, 4)]], {"b": {}, "a": [None, True, 1.5e300]}]}), 200, {"X-Rows": "1"}
    return jsonify({"got": body, 3: "three"}), "201 MADE"


@app.route("/bytes")
def broken():
    return jsonify({"raw": b"bytes"})
"""

_CLASSES = """\
from functools import wraps

from flask import Blueprint, Flask, g, jsonify, make_response, request
from flask.views import MethodView, View


def key_required(view):
    @wraps(view)
    def guarded(*args, **kwargs):
        if request.args.get("key") != "k":
            return jsonify(error="no key"), 401, [("WWW-Authenticate", "Key"), ("X-Two", "1"), ("X-Two", "2")]
        return view(*args, **kwargs)

    return guarded


class Item(MethodView):
    decorators = [key_required]

    def get(self, number):
        if number == 0:
            return jsonify({"error": "no such item", "number": number}), 404
        return jsonify(dict(number=number, tags=sorted({"b", "a"})))

    def delete(self, number):
        response = make_response(jsonify({"gone": number}), 202)
        response.set_cookie("last", str(number))
        return response


class Listing(View):
    methods = ["GET", "POST"]

    def dispatch_request(self):
        data = {"method": request.method, "who": g.who}
        return jsonify(data) if request.method == "GET" else (jsonify(data), 201)


def create_app():
    app = Flask(__name__)
    bp = Blueprint("items", __name__, url_prefix="/items")
    bp.add_url_rule("/<int:number>", view_func=Item.as_view("item"))
    bp.add_url_rule("/", view_func=Listing.as_view("all"))

    @bp.before_request
    def closed():
        g.who = request.headers.get("X-Who", "nobody")
        if request.args.get("closed"):
            return jsonify(error="closed", who=g.who), 503

    @bp.errorhandler(ValueError)
    def refused(error):
        return jsonify({"refused": str(error)}), 422

    @bp.route("/raise")
    def raising():
        raise ValueError("Ärger")

    @app.teardown_request
    def gone(error):
        g.pop("who", None)

    app.register_blueprint(bp)
    return app
"""

# The provider answers in its own way whether jsonify hands it the value or Flask does.
_PROVIDER = """\
from flask import Flask, Response, jsonify
from flask.json.provider import DefaultJSONProvider


class Point:
    def __init__(self, x, y):
        self.x, self.y = x, y


class Provider(DefaultJSONProvider):
    mimetype = "application/vnd.api+json"
    sort_keys = False
    ensure_ascii = False
    compact = False

    @staticmethod
    def default(value):
        return [value.x, value.y] if isinstance(value, Point) else DefaultJSONProvider.default(value)


class Answer(Response):
    default_mimetype = "text/x-answer"
    charset = "utf-8"


class Shop(Flask):
    json_provider_class = Provider
    response_class = Answer


app = Shop(__name__)


@app.get("/")
def index():
    return jsonify(b=Point(1, 2), a="Größe")


@app.get("/list")
def listing():
    return jsonify([Point(n, n) for n in range(2)])


@app.get("/empty")
def empty():
    return jsonify([]), 200


@app.get("/none")
def none():
    return jsonify({})
"""

_BRANCHES = """\
import flask as f

app = f.Flask(__name__)
STATE = {"seen": 0}


@app.before_request
def count():
    STATE["seen"] += 1


@app.route("/early/<int:n>")
def early(n):
    if n > 2:
        return f.jsonify(error="too big", limit=2), 400
    for m in range(n):
        if m == 1:
            return f.jsonify({"m": m})
    else:
        found = [m for m in range(n)]
        return f.jsonify(found)


@app.route("/choice")
def choice():
    name = f.request.args.get("name")
    return (
        f.jsonify({"name": name})
        if name
        else (f.jsonify(error="who?", **{"hint": "?name="}), 400, {"X-Hint": "name"})
    )


@app.route("/walrus")
def walrus():
    return f.jsonify({"n": (n := len(f.request.args)), "twice": 2 * n})


@app.route("/tried")
def tried():
    try:
        n = int(f.request.args["n"])
    except (KeyError, ValueError) as error:
        return f.jsonify({"error": type(error).__name__}), 422
    return f.jsonify({"n": n})


@app.route("/one-line")
def one_line(): return f.jsonify(a=1, b=[*range(3)])


@app.route("/hook")
def hook():
    @f.after_this_request
    def add(response):
        response.headers["X-Json"] = str(response.is_json)
        response.set_data(response.get_data() + b" ")
        return response

    return f.jsonify({"hook": True}), 206


@app.route("/made")
def made():
    return f.make_response(f.jsonify({"x": 1}), 203, {"X-Made": "yes"})


@app.route("/lambda-key")
def keys():
    return f.jsonify({True: 1, None: 2, 1.5: 3})
"""

_HANDLERS = """\
from flask import Flask, abort, jsonify, session
from werkzeug.exceptions import HTTPException

app = Flask(__name__)
app.secret_key = "for this test"


@app.errorhandler(HTTPException)
def failed(error):
    return jsonify(code=error.code, name=error.name), error.code, {"X-Error": "1"}


@app.errorhandler(500)
def broken(error):
    return jsonify({"error": "broken"}), 500


@app.route("/")
def index():
    session["seen"] = session.get("seen", 0) + 1
    return jsonify(seen=session["seen"])


@app.route("/abort/<int:code>")
def aborting(code):
    abort(code)


@app.route("/crash")
def crash():
    return jsonify({"never": 1 / 0})


@app.route("/branch/")
def branch():
    return jsonify({"branch": True})
"""

_ASYNC = """\
from flask import Flask, jsonify

app = Flask(__name__)
app.json.sort_keys = False


@app.url_value_preprocessor
def lower(endpoint, values):
    if values and "name" in values:
        values["name"] = values["name"].lower()


@app.template_filter("x")
def x(value):
    return value


@app.get("/<name>", defaults={"page": 1})
@app.get("/<name>/<int:page>")
def paged(name, page):
    rows = {str(n): name for n in range(page)}
    return jsonify({**rows, "page": page}), {"X-Page": str(page)}


@app.get("/<name>/self")
def own(name):
    return jsonify(request=1, **{"a b": 2})
"""

CASES = [
    Case(
        "FD101",
        "values of every kind, with hooks, settings and a status",
        _VALUES,
        asks=[
            "GET /",
            "GET /nested",
            ("POST /nested", {"json": {"name": "Zoë", "tags": []}}),
            ("POST /nested", {"data": {"name": "a"}}),
            "GET /bytes",
        ],
        versions=_ALL,
        fixes=5,
    ),
    Case(
        "FD101",
        "class views in a blueprint, guards and hooks",
        _CLASSES,
        asks=[
            "GET /items/7?key=k",
            "GET /items/7",
            "GET /items/0?key=k",
            "DELETE /items/3?key=k",
            ("GET /items/", {"headers": {"X-Who": "ada"}}),
            "POST /items/",
            "GET /items/?closed=1",
            "GET /items/raise",
            "GET /items",
        ],
        versions=_ALL,
        fixes=7,
    ),
    Case(
        "FD101",
        "a provider and a response class of its own",
        _PROVIDER,
        asks=["GET /", "GET /list", "GET /empty", "GET /none"],
        versions=("2.2", NEWEST),
        fixes=4,
    ),
    Case(
        "FD101",
        "early returns, conditionals, walrus and hooks of one request",
        _BRANCHES,
        asks=[
            "GET /early/0",
            "GET /early/2",
            "GET /early/3",
            "GET /choice",
            "GET /choice?name=Zo%C3%AB",
            "GET /walrus?a=1&b=2",
            "GET /tried?n=3",
            "GET /tried?n=x",
            "GET /one-line",
            "GET /hook",
            "GET /made",
            "GET /lambda-key",
        ],
        versions=("2.2", NEWEST),
        fixes=12,
    ),
    Case(
        "FD101",
        "error handlers, a session, redirects to the slash",
        _HANDLERS,
        asks=["GET /", "GET /", "GET /abort/403", "GET /abort/418", "GET /crash", "GET /branch", "GET /branch/"],
        versions=_ALL,
        fixes=5,
    ),
    Case(
        "FD101",
        "defaults, preprocessors and strange keywords",
        _ASYNC,
        asks=["GET /Ada", "GET /ADA/3", "GET /ada/self"],
        versions=("2.2", NEWEST),
        fixes=2,
    ),
]
