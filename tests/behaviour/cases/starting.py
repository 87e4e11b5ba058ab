"""FD408, FD701 to FD703, FD901, FD905, FD1001, FD1104, FD1105: how an app starts, and what it is asked for."""

from __future__ import annotations

from tests.behaviour.case import Case, Change, each
from tests.behaviour.environments import EXTRAS, NEWEST

_PATHS = {
    "app.py": """\
import os
from os.path import join
from pathlib import Path, PurePath

from flask import Blueprint, Flask, abort, render_template, url_for
from flask.views import MethodView
from jinja2 import TemplateNotFound

app = Flask(__name__)
bp = Blueprint("bp", __name__, url_prefix="/bp")


class Page(MethodView):
    def get(self, name):
        page = join("shop", name + ".html")
        try:
            return render_template(page, name=os.path.basename(page))
        except TemplateNotFound:
            abort(404)


@bp.route("/fixed")
def fixed():
    return render_template(os.path.join("shop", "cart.html"), name="fixed")


@bp.route("/choice/<name>")
def choice(name):
    return render_template([str(PurePath("shop", f"{name}.html")), "shop/cart.html"], name=name)


@bp.route("/static")
def static():
    logo = url_for("static", filename=os.path.join("img", "große logos", "big.png"))
    return logo + " " + url_for("static", filename=str(Path("css") / "a.css"), v=1)


bp.add_url_rule("/<path:name>", view_func=Page.as_view("page"))
app.register_blueprint(bp)
""",
    "templates/shop/cart.html": "<p>Größe: {{ name }}</p>\n",
    "templates/shop/über uns.html": "<p>{{ name }}</p>\n",
}

# The server that would run says in which mode it would, as Flask 3.1 decides that.
_SERVER = """

def run(self, host=None, port=None, debug=None):
    if debug is not None:
        self.debug = bool(debug)
    print("runs", host, port, self.debug)


Flask.run = run
"""
_RUN = f"""\
from flask import Flask

app = Flask(__name__)
{_SERVER}

@app.route("/")
def index():
    return "fine"


app.run(host="0.0.0.0", port=8000)
"""
_IMPORT = "import app\n\nprint(app.app.test_client().get('/').status)\n"
_START = "import runpy\n\nrunpy.run_path('app.py', run_name='__main__')\n"

_DEBUG = f"""\
from flask import Flask

app = Flask(__name__)
app.debug = True
{_SERVER}

@app.route("/")
def index():
    return str(app.debug)


if __name__ == "__main__":
    app.run(port=8000, debug=True)
"""

_DEBUG_FROM_ENV = f"""\
import os

from flask import Flask

app = Flask(__name__)
{_SERVER}

if __name__ == "__main__":
    app.run(debug=os.environ.get("SHOP_DEBUG"), port=8000)
"""

_ASYNC = {
    "app.py": """\
import asyncio

from flask import Flask, abort, request
from flask.views import MethodView

app = Flask(__name__)


@app.route("/", methods=["GET", "POST"])
async def index():
    await asyncio.sleep(0)
    return {"method": request.method, "q": request.args.get("q")}


class Items(MethodView):
    async def get(self):
        abort(403)


@app.route("/plain")
def plain():
    return "plain"


app.add_url_rule("/items", view_func=Items.as_view("items"))
""",
    "requirements.txt": "flask==3.1.2\n",
}

_QUART = {
    "app.py": """\
from flask import Response, abort, g, jsonify, request, session
from quart import Blueprint, Quart, redirect

app = Quart(__name__)
app.secret_key = "for this test"
bp = Blueprint("bp", __name__, url_prefix="/bp")


@bp.before_request
async def user():
    g.user = request.args.get("user", "nobody")


@bp.route("/", methods=["GET", "POST"])
async def index():
    session["user"] = g.user
    if request.method == "POST":
        return redirect("/bp/other")
    return jsonify(user=g.user, path=request.path), 201


app.register_blueprint(bp)
""",
    "requirements.txt": "quart==0.20.0\n",
}
_ASK_QUART = """\
import asyncio

from app import app


async def ask():
    client = app.test_client()
    app.logger.disabled = True
    for method, path in (("GET", "/bp/?user=ada"), ("POST", "/bp/"), ("GET", "/bp"), ("GET", "/missing")):
        answer = await client.open(path, method=method)
        body = await answer.get_data(as_text=True)
        print(method, path, answer.status_code, answer.headers.get("Location"), body[:40].splitlines()[0])


asyncio.run(ask())
"""

_QUART_BEFORE = """\
GET /bp/?user=ada 500 None <!doctype html>
POST /bp/ 500 None <!doctype html>
GET /bp 308 http://localhost/bp/ <!doctype html>
GET /missing 404 None <!doctype html>
"""
_QUART_AFTER = """\
GET /bp/?user=ada 201 None {"path":"/bp/","user":"ada"}
POST /bp/ 302 /bp/other <!doctype html>
GET /bp 308 http://localhost/bp/ <!doctype html>
GET /missing 404 None <!doctype html>
"""

_PATCHED = {
    "app.py": """\
\"\"\"The shop.\"\"\"

from time import sleep

from flask import Flask
from gevent import monkey

monkey.patch_all()

app = Flask(__name__)


@app.route("/")
def index():
    sleep(0)
    return f"{sleep.__module__}.{sleep.__name__}"
""",
    "requirements.txt": "flask==3.1.2\ngevent>=24\n",
}

_ROUTES = """\
from flask import Blueprint, Flask, request
from flask.views import MethodView

bp = Blueprint("bp", __name__)


class Items(MethodView):
    def get(self):
        return "items"


{broken}


@bp.route("/plain/<name>")
def plain(name):
    return name


def create_app():
    app = Flask(__name__)
    app.register_blueprint(bp)
    return app
"""
_BROKEN = [
    (
        "a text for the methods",
        '@bp.route("/made", methods="GET, POST")\ndef made():\n    return request.method',
        "TypeError",
    ),
    (
        "method for methods",
        "@bp.route('/made', method=['GET', 'POST'])\ndef made():\n    return request.method",
        "TypeError",
    ),
    ("one method as a text", '@bp.route("/made", method="GET")\ndef made():\n    return request.method', "TypeError"),
    ("methods of a shortcut", '@bp.get("/made", methods=["GET"])\ndef made():\n    return request.method', "TypeError"),
    ("no slash in front", '@bp.route("made")\ndef made():\n    return request.method', "ValueError"),
    ("no slash before a variable", 'bp.add_url_rule("made", "made", lambda: request.method)', "ValueError"),
]

_BODY = """\
from flask import Blueprint, Flask, jsonify, request
from flask.views import View

app = Flask(__name__)
bp = Blueprint("bp", __name__, url_prefix="/bp")


@app.errorhandler(405)
def wrong(error):
    return jsonify(error="wrong method"), 405


@app.route("/form")
def form():
    name = request.form["name"]
    return f"Hello, {len(name)}"


@bp.route("/json")
def data():
    return jsonify(request.get_json()["rows"])


@bp.route("/search")
def search():
    return str(len(request.args.get("q", "")))


app.register_blueprint(bp)
"""
_TAKEN = Change(
    status=(405, 200),
    headers={"Content-Type": ("application/json", "text/html; charset=utf-8")},
    body=('{"error":"wrong method"}\n', "Hello, 3"),
)
_ALLOWED = Change(headers={"Allow": ("GET, HEAD, OPTIONS", "GET, HEAD, OPTIONS, POST")})

CASES = [
    Case(
        "FD408",
        "names of templates and of static files",
        _PATHS,
        asks=[
            "GET /bp/cart",
            "GET /bp/%C3%BCber%20uns",
            "GET /bp/fixed",
            "GET /bp/choice/x",
            "GET /bp/static",
            "GET /bp/../x",
        ],
        versions=("1.1", NEWEST),
        fixes=5,
    ),
    Case(
        "FD703",
        "an import starts no server any more",
        _RUN,
        script=_IMPORT,
        changes={"script": Change(body=("runs 0.0.0.0 8000 False\n200 OK\n", "200 OK\n"))},
    ),
    Case("FD703", "python app.py starts it as before", _RUN, script=_START),
    Case(
        "FD701",
        "a start without debug mode",
        _DEBUG,
        script=_START,
        changes={"script": Change(body=("runs None 8000 True\n", "runs None 8000 False\n"))},
        fixes=2,
    ),
    Case(
        "FD701",
        "an import without debug mode",
        _DEBUG,
        changes={
            "GET /": Change(body=("True", "False")),
            "HEAD /": Change(headers={"Content-Length": ("4", "5")}),
        },
        fixes=2,
    ),
    Case(
        "FD702",
        "False is false",
        _DEBUG_FROM_ENV,
        script=_START,
        environ={"SHOP_DEBUG": "False"},
        changes={"script": Change(body=("runs None 8000 True\n", "runs None 8000 False\n"))},
    ),
    Case("FD702", "1 is true", _DEBUG_FROM_ENV, script=_START, environ={"SHOP_DEBUG": "1"}),
    Case("FD702", "nothing is false", _DEBUG_FROM_ENV, script=_START),
    Case(
        "FD901",
        "what the requirements ask for runs the async views",
        _ASYNC,
        asks=["GET /?q=%C3%A4", "POST /", "GET /items", "GET /plain"],
        installs=EXTRAS,
        then={
            "GET /?q=%C3%A4": (200, '{"method":"GET","q":"\\u00e4"}\n'),
            "GET /items": (403, "…Forbidden…"),
            "POST /": (200, "…"),
            "HEAD /": (200, ""),
        },
    ),
    Case(
        "FD905",
        "a Quart app works on its own context",
        _QUART,
        script=_ASK_QUART,
        versions=(EXTRAS,),
        changes={"script": Change(body=(_QUART_BEFORE, _QUART_AFTER))},
    ),
    Case(
        "FD1001",
        "what was imported before the patch is patched too",
        _PATCHED,
        script="import app\n\nprint(app.app.test_client().get('/').text)\n",
        changes={"script": Change(body=("time.sleep\n", "gevent.hub.sleep\n"))},
        versions=(EXTRAS,),
    ),
    *(
        Case(
            "FD1104",
            title,
            _ROUTES.format(broken=broken),
            asks=["GET /made", "POST /made", "GET /plain/x"],
            changes={"import": Change(raises=(error, ""))},
            then={"GET /made": (200, "GET"), "GET /plain/x": (200, "x")},
            versions=(NEWEST,),
        )
        for title, broken, error in _BROKEN
    ),
    Case(
        "FD1105",
        "a form can be sent",
        _BODY,
        asks=[
            "GET /form",
            ("POST /form", {"data": {"name": "Zoë"}}),
            ("POST /bp/json", {"json": {"rows": [1]}}),
            "GET /bp/json",
            "GET /bp/search?q=1",
        ],
        changes={
            "POST /form": _TAKEN,
            "POST /bp/json": Change(status=(405, 200), body=('{"error":"wrong method"}\n', "[1]\n")),
            **each(_ALLOWED, "OPTIONS /form", "OPTIONS /bp/json"),
        },
        versions=("1.1", NEWEST),
        fixes=2,
    ),
]
