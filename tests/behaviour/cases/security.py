"""FD604, FD705 to FD720, FD903: what the fix of a hole does to the requests that go through it, and to all others."""

from __future__ import annotations

from tests.behaviour.case import Case, Change, each
from tests.behaviour.environments import EXTRAS, NEWEST

_TASK = """\
from celery import Celery
from flask import Flask, redirect
from flask_login import LoginManager, UserMixin, current_user, login_required, login_user

app = Flask(__name__)
app.secret_key = "for this test"
celery = Celery("shop", broker="memory://")
manager = LoginManager(app)
SEEN = []


class User(UserMixin):
    def __init__(self, id):
        self.id = id


@manager.user_loader
def load(id):
    return User(id)


@celery.task
def export(user_id, kind="all"):
    SEEN.append((user_id, kind))


@app.route("/login/<id>", methods=["POST"])
def login(id):
    login_user(User(id))
    return redirect("/")


@app.route("/export", methods=["POST"])
@login_required
def start():
    export.delay(current_user, kind="orders")
    return "started"


@app.route("/sent")
def sent():
    with celery.connection_for_read() as connection:
        message = connection.SimpleQueue("celery").get(block=False)
        return repr(message.payload[:2])
"""

_COOKIES = {
    "config.py": """\
import os


class Config:
    SECRET_KEY = "for this test" if "CI" in os.environ else os.environ["SECRET_KEY"]


class DevelopmentConfig(Config):
    DEBUG = True


class ProductionConfig(Config):
    PREFERRED_URL_SCHEME = "https"
""",
    "shop/__init__.py": """\
from flask import Flask, session
from flask_login import LoginManager, UserMixin, login_user


def create_app(config="config.ProductionConfig"):
    app = Flask(__name__)
    app.config.from_object(config)
    manager = LoginManager(app)
    manager.user_loader(lambda id: None)

    @app.route("/login")
    def login():
        user = UserMixin()
        user.id = "ada"
        login_user(user, remember=True)
        return "in"

    @app.route("/count")
    def count():
        session["n"] = session.get("n", 0) + 1
        return str(session["n"])

    @app.route("/plain")
    def plain():
        return "plain"

    return app
""",
    "wsgi.py": "from shop import create_app\n\napp = create_app()\n",
    "dev.py": 'from shop import create_app\n\napp = create_app("config.DevelopmentConfig")\n',
}

_PLAIN = "session=…; HttpOnly; Path=/"
_STRICT = "session=…; Secure; HttpOnly; Path=/; SameSite=Lax"
_LOGIN = (
    f"remember_token=ada|…; Expires=-; HttpOnly; Path=/\n{_PLAIN}",
    f"remember_token=ada|…; Expires=-; Secure; HttpOnly; Path=/\n{_STRICT}",
)

_PROXY = {
    "app.py": """\
from flask import Flask, redirect, request, url_for


def create_app():
    app = Flask(__name__)

    @app.route("/")
    def index():
        return f"{request.remote_addr} {request.scheme} {url_for('old', _external=True)}"

    @app.route("/old/")
    def old():
        return redirect(url_for("index"))

    return app
""",
    "nginx/shop.conf": """\
server {
    listen 443 ssl;
    location / {
        proxy_pass http://127.0.0.1:8000;
        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        proxy_set_header X-Forwarded-Proto $scheme;
    }
}
""",
}
_FORWARDED = {"headers": {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https"}}

_GUARDED = """\
from flask import Blueprint, Flask
from flask_login import LoginManager, login_required

app = Flask(__name__)
app.secret_key = "for this test"
manager = LoginManager(app)
manager.user_loader(lambda id: None)
bp = Blueprint("bp", __name__, url_prefix="/bp")


@login_required
@app.route("/orders", methods=["GET", "POST"])
def orders():
    return "orders"


@app.after_request
def mark(response):
    response.headers["X-Mark"] = "1"
    return response


@login_required  # nobody else
# All of it.
@app.route("/all")
@app.route("/every")
def every():
    return "every"


@login_required
@bp.route("/mine")
def mine():
    return "mine"


@app.route("/open")
def opened():
    return "open"


app.register_blueprint(bp)
"""

_TURNED_AWAY = Change(status=(200, 401), body=("…", "…<title>401 Unauthorized</title>…"))

_HEADERS = {
    "app.py": """\
from flask import Blueprint, Flask, render_template

bp = Blueprint("bp", __name__)


@bp.route("/")
def index():
    return render_template("index.html")


@bp.route("/framed")
def framed():
    return "framed", 201, {"Cache-Control": "no-store"}


@bp.route("/json")
def data():
    return {"a": 1}


def create_app():
    app = Flask(__name__)
    app.register_blueprint(bp)

    @app.after_request
    def mark(response):
        response.headers["X-Mark"] = "1"
        return response

    return app
""",
    "templates/index.html": "<html><form method=get></form></html>\n",
}
_SECURE = {
    "Content-Security-Policy-Report-Only": (
        "",
        "default-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'",
    ),
    "Cross-Origin-Opener-Policy": ("", "same-origin-allow-popups"),
    "Permissions-Policy": ("", "camera=(), geolocation=(), microphone=()"),
    "Referrer-Policy": ("", "strict-origin-when-cross-origin"),
    "Strict-Transport-Security": ("", "max-age=31536000"),
    "X-Content-Type-Options": ("", "nosniff"),
    "X-Frame-Options": ("", "SAMEORIGIN"),
}

_EVERY = [f"{method} {path}" for path in ("/", "/json", "/framed") for method in ("GET", "HEAD", "OPTIONS", "DELETE")]
_EVERY += ["GET /no/such/page", "POST /no/such/page"]

_OUTDATED = {
    "app.py": """\
import secure
from flask import Flask

app = Flask(__name__)
secure_headers = secure.Secure()


@app.route("/")
def index():
    return "fine"


@app.after_request
def harden(response):
    secure_headers.framework.flask(response)
    return response
""",
    "requirements.txt": "flask==3.1.0\nsecure>=2.0.1\n",
}

_SET_COOKIES = """\
from flask import Blueprint, Flask, make_response, redirect, request

app = Flask(__name__)
bp = Blueprint("bp", __name__)


@bp.route("/login", methods=["POST"])
def login():
    response = make_response({"ok": True})
    response.set_cookie("session_id", "größe", max_age=60)
    return response


@bp.route("/theme")
def theme():
    if (response := redirect("/")) is not None:
        response.set_cookie(
            "theme",
            value=request.args.get("name", "dark"),
            secure=False,  # later
        )
    return response


@bp.route("/logout")
def logout():
    response = make_response("out")
    response.delete_cookie("session_id")
    return response


app.register_blueprint(bp)
"""

_ID = "session_id=…; Expires=-; Max-Age=60; Path=/"
_THEME = "theme=…; Path=/"

_FORMS = {
    "app.py": """\
from flask import Flask, redirect, render_template, request, session

app = Flask(__name__)
app.secret_key = "for this test"


@app.route("/", methods=["GET", "POST"])
def order():
    if request.method == "POST":
        session["name"] = request.form["name"]
        return redirect("/done")
    return render_template("order.html")


@app.route("/done")
def done():
    return session.get("name", "nobody")
""",
    "templates/order.html": """\
<form method="post">
  <input name="name">
  <button>Bestellen für 5 €</button>
</form>
<form method="get"><input name="q"></form>
""",
    "requirements.txt": "flask==3.1.2\n",
}

_HTML = """\
import flask as f
from flask import Flask, request
from flask.views import MethodView

app = Flask(__name__)


@app.route("/hello/<name>")
def hello(name):
    return f"<h1>Hello {name}</h1>"


@app.route("/search", methods=["GET", "POST"])
def search():
    words = request.values.get("q", "")
    html = "<p>Nothing found for " + words.strip() + "</p>"
    return html, 404


class Pages(MethodView):
    def get(self, number):
        return "<p>Page %s of %s</p>" % (number, request.args["total"])


@app.route("/format")
def formatted():
    return f.make_response("<b>{} and {other}</b>".format(request.args["a"], other=request.args["b"]), 201)


app.add_url_rule("/pages/<int:number>", view_func=Pages.as_view("pages"))
"""
_ODD = "%3Cscript%3E%26'%22"


def _escaped(before: str, after: str) -> Change:
    return Change(body=(before, after))


_SQL = {
    "requirements.txt": "flask==3.1.0\nflask-sqlalchemy==3.1.1\nsqlalchemy==2.0.36\n",
    "models.py": """\
from flask_sqlalchemy import SQLAlchemy

db = SQLAlchemy()
""",
    "app.py": """\
from flask import Flask, jsonify

from models import db

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite://"
db.init_app(app)


@app.route("/health")
def health():
    return str(db.session.execute("SELECT 1 + 1").scalar())


@app.route("/names")
def names():
    rows = db.session.execute("SELECT 'größe' AS name UNION SELECT '100%' ORDER BY 1")
    return jsonify([row.name for row in rows])


@app.route("/plain")
def plain():
    return "plain"
""",
}

_UPLOAD = """\
import os
import tempfile

from flask import Flask, jsonify, request

app = Flask(__name__)
FOLDER = tempfile.mkdtemp()
os.mkdir(os.path.join(FOLDER, "uploads"))


@app.route("/upload", methods=["POST"])
def upload():
    file = request.files["photo"]
    if not file.filename.endswith(".txt"):
        return "only texts", 415
    file.save(os.path.join(FOLDER, "uploads", file.filename))
    return "Thank you", 201


@app.route("/files")
def files():
    found = [os.path.join(at, name) for at, _, names in os.walk(FOLDER) for name in names]
    return jsonify(sorted(os.path.relpath(path, FOLDER) for path in found))
"""


def _sent(name: str) -> tuple[str, dict[str, object]]:
    return "POST /upload", {"files": {"photo": ("text", name)}}


_LIMITED = """\
from flask import Flask, request


def create_app():
    app = Flask(__name__)

    @app.route("/upload", methods=["POST"])
    def upload():
        return str(len(request.files["photo"].read()))

    @app.route("/text", methods=["POST"])
    def text():
        return str(len(request.get_data()))

    return app
"""

_DECORATED = """\
from functools import wraps

from flask import Flask, abort, g, make_response, request

app = Flask(__name__)


@app.before_request
def user():
    g.admin = request.args.get("admin") == "1"


def admin_required(view):
    @wraps(view)
    def wrapper(*args, **kwargs):
        if not g.admin:
            abort(403)
        return view(*args, **kwargs)

    return wrapper


@app.route("/a/<name>")
@admin_required
async def a(name):
    return {"name": name}


@app.route("/b")
@admin_required
def b():
    return "b", 202
"""

CASES = [
    Case(
        "FD604",
        "the task gets the user's id",
        _TASK,
        asks=["POST /export", "POST /login/ada", "POST /export", "GET /sent"],
        then={"POST /export #2": (200, "started"), "GET /sent": (200, "[['ada'], {'kind': 'orders'}]")},
    ),
    Case(
        "FD705",
        "the cookies of production",
        _COOKIES,
        entry="wsgi",
        asks=["GET /login", "GET /count", "GET /count", "GET /plain"],
        environ={"SECRET_KEY": "x"},
        changes={
            **each(Change(headers={"Set-Cookie": _LOGIN}), "GET /login", "HEAD /login"),
            **each(Change(headers={"Set-Cookie": (_PLAIN, _STRICT)}), "GET /count", "GET /count #2", "HEAD /count"),
        },
    ),
    Case(
        "FD705",
        "no change for development",
        _COOKIES,
        entry="dev",
        asks=["GET /login", "GET /count", "GET /count", "GET /plain"],
        environ={"SECRET_KEY": "x"},
    ),
    Case(
        "FD706",
        "the address and the scheme that the proxy tells",
        _PROXY,
        asks=["GET /", ("GET /", _FORWARDED), ("GET /old", _FORWARDED), "GET /old", "GET /old/"],
        changes={
            "GET / #2": Change(
                body=("127.0.0.1 http http://localhost/old/", "203.0.113.7 https https://localhost/old/")
            ),
            "GET /old": Change(
                headers={"Location": ("http://localhost/old/", "https://localhost/old/")},
                body=("…http://localhost/old/…", "…https://localhost/old/…"),
            ),
        },
        versions=("1.1", NEWEST),
    ),
    Case(
        "FD708",
        "the guard works",
        _GUARDED,
        asks=["GET /orders", "POST /orders", "GET /all", "GET /every", "GET /bp/mine", "GET /open"],
        changes={
            **each(_TURNED_AWAY, "GET /orders", "POST /orders", "GET /all", "GET /every", "GET /bp/mine"),
            **each(
                _TURNED_AWAY._replace(body=None, headers={"Content-Length": ("…", "…")}),
                "HEAD /orders",
                "HEAD /all",
                "HEAD /every",
                "HEAD /bp/mine",
            ),
        },
        fixes=3,
    ),
    Case(
        "FD709",
        "headers where nothing set them",
        _HEADERS,
        asks=["GET /", "GET /framed", "GET /json"],
        changes={
            **each(Change(headers=_SECURE), *_EVERY),
        },
    ),
    Case(
        "FD710",
        "the headers are set again",
        _OUTDATED,
        then={
            "GET /": (200, "fine"),
            "OPTIONS /": (200, ""),
            "DELETE /": (405, "…"),
            "GET /no/such/page": (404, "…"),
            "POST /no/such/page": (404, "…"),
        },
    ),
    Case(
        "FD711",
        "flags on cookies",
        _SET_COOKIES,
        asks=["POST /login", "GET /theme?name=%C3%A4", "GET /logout"],
        changes={
            "POST /login": Change(
                headers={"Set-Cookie": (_ID, f"{_ID.removesuffix('Path=/')}HttpOnly; Path=/; SameSite=Lax")}
            ),
            **each(
                Change(headers={"Set-Cookie": (_THEME, f"{_THEME}; SameSite=Lax")}),
                "GET /theme?name=%C3%A4",
                "HEAD /theme?name=%C3%A4",
            ),
        },
        fixes=2,
        versions=("1.1", NEWEST),
    ),
    Case(
        "FD713",
        "a form is sent with its token alone",
        _FORMS,
        asks=["GET /", ("POST /", {"data": {"name": "Zoë"}}), "GET /done"],
        changes={
            "GET /": Change(
                headers={"Set-Cookie": ("", "session=…"), "Vary": ("", "Cookie")},
                body=(
                    '<form method="post">\n  <input name…',
                    '<form method="post">\n  <input type="hidden" name="csrf_token" value="…">\n  <input name…',
                ),
            ),
            "HEAD /": Change(headers={"Vary": ("", "Cookie"), "Content-Length": ("133", "…")}),
            "POST /": Change(
                status=(302, 400),
                headers={"Location": ("/done", ""), "Set-Cookie": ("session=…", ""), "Vary": ("Cookie", "")},
                body=("…", "…The CSRF token is missing.…"),
            ),
            "GET /done": Change(body=("Zoë", "nobody")),
            "HEAD /done": Change(headers={"Content-Length": ("4", "6")}),
        },
        versions=(EXTRAS,),
    ),
    Case(
        "FD716",
        "what a client sent is text",
        _HTML,
        asks=[
            "GET /hello/Zo%C3%AB",
            f"GET /hello/{_ODD}",
            "GET /search?q=+big+blue+",
            f"GET /search?q={_ODD}",
            ("POST /search", {"data": {"q": "<b>"}}),
            "GET /pages/3?total=5",
            "GET /pages/3?total=%3C",
            "GET /pages/3",
            "GET /format?a=1&b=2",
            "GET /format?a=%3C&b=%26",
        ],
        changes={
            f"GET /hello/{_ODD}": _escaped(
                "<h1>Hello <script>&'\"</h1>", "<h1>Hello &lt;script&gt;&amp;&#39;&#34;</h1>"
            ),
            f"GET /search?q={_ODD}": _escaped("…<script>&'\"</p>", "…&lt;script&gt;&amp;&#39;&#34;</p>"),
            "POST /search": _escaped("…<b></p>", "…&lt;b&gt;</p>"),
            "GET /pages/3?total=%3C": _escaped("<p>Page 3 of <</p>", "<p>Page 3 of &lt;</p>"),
            "GET /format?a=%3C&b=%26": _escaped("<b>< and &</b>", "<b>&lt; and &amp;</b>"),
            **{
                f"HEAD {path}": Change(headers={"Content-Length": ("…", "…")})
                for path in (f"/hello/{_ODD}", f"/search?q={_ODD}", "/pages/3?total=%3C", "/format?a=%3C&b=%26")
            },
        },
        versions=("1.1", NEWEST),
        fixes=4,
    ),
    Case(
        "FD717",
        "statements run again on SQLAlchemy 2",
        _SQL,
        asks=["GET /health", "GET /names", "GET /plain"],
        then={"GET /health": (200, "2"), "GET /names": (200, '["100%","gr\\u00f6\\u00dfe"]\n')},
        fixes=2,
    ),
    Case(
        "FD718",
        "uploads stay in their folder",
        _UPLOAD,
        asks=[_sent("a.txt"), _sent("größe 1.txt"), _sent("../out.txt"), _sent("b.png"), "GET /files"],
        changes={
            "GET /files": Change(
                body=(
                    '["out.txt","uploads/a.txt","uploads/gr\\u00f6\\u00dfe 1.txt"]\n',
                    '["uploads/a.txt","uploads/groe_1.txt","uploads/out.txt"]\n',
                ),
            ),
            "HEAD /files": Change(headers={"Content-Length": ("60", "57")}),
        },
        versions=("2.0", NEWEST),
    ),
    Case(
        "FD720",
        "16 MB and no more",
        _LIMITED,
        asks=[
            ("POST /upload", {"files": {"photo": ("x" * 2**20, "a.txt")}}),
            ("POST /text", {"data": "x" * (2**24 + 1)}),
            ("POST /text", {"data": "x"}),
        ],
        changes={"POST /text": Change(status=(200, 413), body=("16777217", "…<title>413 …"))},
    ),
    Case(
        "FD903",
        "guarded async views answer, guarded plain ones as before",
        _DECORATED,
        asks=["GET /a/x?admin=1", "GET /a/x", "GET /b?admin=1", "GET /b"],
        then={"GET /a/x?admin=1": (200, '{"name":"x"}\n')},
        versions=(EXTRAS,),
    ),
]
