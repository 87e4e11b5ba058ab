"""FD102 to FD107: what views and error handlers answer with."""

from __future__ import annotations

from tests.behaviour.case import Case, Change, each
from tests.behaviour.environments import NEWEST

_EMPTY = """\
from flask import Blueprint, Flask, jsonify, make_response
from flask.views import MethodView

app = Flask(__name__)
bp = Blueprint("bp", __name__)


@app.after_request
def mark(response):
    response.headers["X-Length"] = str(len(response.get_data()))
    return response


class Items(MethodView):
    def put(self):
        return make_response(jsonify(), 201)

    def delete(self):
        response = jsonify()
        response.set_cookie("gone", "1")
        return response


@bp.route("/ping", methods=["GET", "POST"])
def ping():
    return jsonify(), 202, {"X-Ping": "1"}


@bp.app_errorhandler(404)
def missing(error):
    return (jsonify() if error else jsonify({})), 404


app.add_url_rule("/items", view_func=Items.as_view("items"))
app.register_blueprint(bp)
"""

_NULL = Change(body=("null\n", "{}\n"), headers={"X-Length": ("5", "3")})

_DUMPS = """\
import json

from flask import Flask, Response, make_response, request

app = Flask(__name__)


@app.route("/dict")
def a_dict():
    return json.dumps({"b": [1, 2.5, None], "a": "<b>Größe</b>"})


@app.route("/list")
def a_list():
    return json.dumps([1, "zwei", {"drei": True}]), 201, {"X-List": "yes"}


@app.route("/made")
def made():
    response = make_response(json.dumps({"made": True}))
    response.status_code = 202
    return response


@app.route("/response")
def response():
    return Response(json.dumps({"z": 1, "a": 2}), headers={"X-R": "1"})


@app.route("/text")
def text():
    return json.dumps("only a text") if request.args else json.dumps(None)


@app.errorhandler(404)
def missing(error):
    return json.dumps({"error": error.description}), 404
"""

_TO_JSON = {"Content-Type": ("text/html; charset=utf-8", "application/json")}
_GONE = Change(headers=_TO_JSON, body=('{"error": "The requested URL …"}', '{"error":"The requested URL …"}\n'))

_HANDLERS = """\
from flask import Blueprint, Flask, abort, jsonify, render_template_string, request
from werkzeug.exceptions import NotFound

app = Flask(__name__)
api = Blueprint("api", __name__, url_prefix="/api")


@app.errorhandler(404)
def missing(error):
    if request.path.startswith("/api/"):
        return jsonify(error="no such thing", path=request.path)
    return render_template_string("<p>{{ path }}: gone</p>", path=request.path)


@app.errorhandler(405)
def wrong(error):
    return "not like this"


@app.errorhandler(500)
def broken(error):
    return {"error": "broken"}


@api.errorhandler(403)
def forbidden(error):
    return {"error": "no"} if request.args else "no"


@app.route("/")
def index():
    return "fine"


@api.route("/secret")
def secret():
    abort(403)


@api.route("/crash")
def crash():
    raise RuntimeError("crash")


@api.route("/found", methods=["GET", "POST"])
def found():
    return {"found": True}


app.register_blueprint(api)
"""

_MISSING = Change(status=(200, 404))
_WRONG = Change(status=(200, 405))
_FORBIDDEN = Change(status=(200, 403))
_BROKEN = Change(status=(200, 500))

_CATCH_ALL = """\
import logging

from flask import Blueprint, Flask, abort, jsonify, redirect

bp = Blueprint("bp", __name__, url_prefix="/bp")
log = logging.getLogger(__name__)
log.addHandler(logging.NullHandler())


class OutOfStock(Exception):
    status = 409


def create_app():
    app = Flask(__name__)

    @app.errorhandler(Exception)
    def failed(error):
        \"\"\"Answers every error as JSON.\"\"\"
        log.error("failed", exc_info=error)
        if isinstance(error, OutOfStock):
            return jsonify(error="out of stock"), error.status
        return jsonify(error="internal error"), 500

    @bp.route("/")
    def index():
        return "fine"

    @bp.route("/crash")
    def crash():
        return str(1 / 0)

    @bp.route("/stock")
    def stock():
        raise OutOfStock

    @bp.route("/teapot")
    def teapot():
        abort(418)

    @bp.route("/post", methods=["POST"])
    def post():
        return redirect("/bp/")

    app.register_blueprint(bp)
    return app
"""


_PAGE = {"Content-Type": ("application/json", "text/html; charset=utf-8")}
_JSON_500 = '{"error":"internal error"}\n'
_NOT_FOUND = Change((500, 404), _PAGE, (_JSON_500, "…<title>404 Not Found</title>…"))
_TEAPOT = Change((500, 418), _PAGE, (_JSON_500, "…<title>418 …</title>…"))
_NOT_ALLOWED = Change(
    (500, 405), {**_PAGE, "Allow": ("", "…OPTIONS…")}, (_JSON_500, "…<title>405 Method Not Allowed</title>…")
)


def _without_body(change: Change) -> Change:
    """The same change as a HEAD request sees it."""
    return change._replace(headers={**change.headers, "Content-Length": ("…", "…")}, body=None)


_SETTINGS = """\
from flask import Flask, jsonify


def create_app(pretty=True):
    app = Flask(__name__)
    app.config["JSON_SORT_KEYS"] = False
    app.config["JSON_AS_ASCII"] = False
    app.config["JSONIFY_MIMETYPE"] = "application/vnd.api+json"
    app.config["JSONIFY_PRETTYPRINT_REGULAR"] = pretty

    @app.route("/")
    def index():
        return jsonify({"b": "Größe", "a": [1]})

    @app.route("/text")
    def text():
        return "b"

    return app
"""

_PRETTY = '{\n  "b": "Größe",\n  "a": [\n    1\n  ]\n}\n'

CASES = [
    Case(
        "FD102",
        "what was {} before Flask 2.2 is that again",
        _EMPTY,
        asks=["GET /ping", "POST /ping", "PUT /items", "DELETE /items", "GET /missing"],
        changes={
            **each(_NULL, "GET /ping", "POST /ping", "PUT /items", "DELETE /items", "GET /missing", "DELETE /missing"),
            **each(_NULL, "OPTIONS /missing", "GET /no/such/page", "POST /no/such/page"),
            **each(_without_body(_NULL), "HEAD /ping", "HEAD /missing"),
        },
        versions=("2.2", NEWEST),
        fixes=4,
    ),
    Case(
        "FD102",
        "before Flask 2.2 it was {} already",
        _EMPTY,
        asks=["GET /ping", "POST /ping", "PUT /items", "DELETE /items"],
        versions=("1.1", "2.0"),
        fixes=4,
    ),
    Case(
        "FD103",
        "texts of JSON become JSON, statuses and headers stay",
        _DUMPS,
        asks=["GET /dict", "GET /list", "GET /made", "GET /response", "GET /text", "GET /text?a=1", "GET /missing"],
        changes={
            "GET /dict": Change(
                headers=_TO_JSON,
                body=(
                    '{"b": [1, 2.5, null], "a": "<b>Gr\\u00f6\\u00dfe</b>"}',
                    '{"a":"<b>Gr\\u00f6\\u00dfe</b>","b":[1,2.5,null]}\n',
                ),
            ),
            "GET /text": Change(headers=_TO_JSON, body=("null", "null\n")),
            "GET /text?a=1": Change(headers=_TO_JSON, body=('"only a text"', '"only a text"\n')),
            **each(
                _GONE, "GET /missing", "OPTIONS /missing", "DELETE /missing", "GET /no/such/page", "POST /no/such/page"
            ),
            "HEAD /missing": _GONE._replace(body=None),
            **each(_without_body(Change(headers=_TO_JSON)), "HEAD /dict", "HEAD /text", "HEAD /text?a=1"),
        },
        versions=("1.1", NEWEST),
        fixes=4,
    ),
    Case(
        "FD105",
        "each handler's answer gets its status",
        _HANDLERS,
        asks=[
            "GET /",
            "GET /missing",
            "GET /api/missing",
            "GET /api/secret",
            "GET /api/secret?a=1",
            "GET /api/crash",
            "GET /api/found",
            "POST /",
        ],
        changes={
            **each(_MISSING, "GET /missing", "HEAD /missing", "OPTIONS /missing", "DELETE /missing"),
            **each(_MISSING, "GET /api/missing", "HEAD /api/missing", "OPTIONS /api/missing", "DELETE /api/missing"),
            **each(_MISSING, "GET /no/such/page", "POST /no/such/page"),
            **each(_FORBIDDEN, "GET /api/secret", "HEAD /api/secret", "GET /api/secret?a=1", "HEAD /api/secret?a=1"),
            **each(_WRONG, "POST /", "DELETE /", "DELETE /api/crash", "DELETE /api/found"),
            **each(_WRONG, "DELETE /api/secret", "DELETE /api/secret?a=1"),
            **each(_BROKEN, "GET /api/crash", "HEAD /api/crash"),
        },
        versions=("1.1", NEWEST),
        fixes=5,
    ),
    Case(
        "FD106",
        "errors of HTTP are answered as themselves, all others as before",
        _CATCH_ALL,
        asks=["GET /bp/", "GET /bp/crash", "GET /bp/stock", "GET /bp/teapot", "GET /bp/post", "POST /bp/post"],
        changes={
            **each(_NOT_FOUND, "GET /no/such/page", "POST /no/such/page"),
            **each(_NOT_ALLOWED, "GET /bp/post", "DELETE /bp/post", "DELETE /bp/", "DELETE /bp/crash"),
            **each(_NOT_ALLOWED, "DELETE /bp/stock", "DELETE /bp/teapot"),
            "HEAD /bp/post": _without_body(_NOT_ALLOWED),
            "GET /bp/teapot": _TEAPOT,
            "HEAD /bp/teapot": _without_body(_TEAPOT),
        },
        versions=("1.1", "2.2", NEWEST),
    ),
    Case(
        "FD107",
        "the settings have their effect again",
        _SETTINGS,
        asks=["GET /", "GET /text"],
        changes={
            "GET /": Change(
                headers={"Content-Type": ("application/json", "application/vnd.api+json")},
                body=('{"a":[1],"b":"Gr\\u00f6\\u00dfe"}\n', _PRETTY),
            ),
            "HEAD /": Change(
                headers={
                    "Content-Type": ("application/json", "application/vnd.api+json"),
                    "Content-Length": ("32", "41"),
                }
            ),
        },
        fixes=4,
    ),
    Case(
        "FD107",
        "on Flask 2.2 both spellings do the same",
        _SETTINGS,
        asks=["GET /", "GET /text"],
        versions=("2.2",),
        fixes=4,
    ),
]
