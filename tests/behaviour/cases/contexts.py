"""FD501 to FD508: code that ran where Flask's contexts are not."""

from __future__ import annotations

from tests.behaviour.case import Case, Change
from tests.behaviour.environments import EXTRAS, NEWEST

_TABLES = """\
from flask import Flask, jsonify
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite://"
db = SQLAlchemy(app)


class User(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String(80))


@app.route("/", methods=["GET", "POST"])
def users():
    db.session.add(User(name="Zoë"))
    db.session.commit()
    return jsonify([user.name for user in User.query])


# The tables, at every start.
db.create_all()  # does nothing where they are there
"""

_TABLES_OF_A_FACTORY = {
    "wsgi.py": """\
from shop import create_app
from shop.models import db

app = create_app()
db.create_all()
""",
    "shop/__init__.py": """\
from flask import Flask

from shop.models import User, db


def create_app():
    app = Flask(__name__)
    app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite://"
    db.init_app(app)

    @app.route("/")
    def index():
        return str(User.query.count())

    return app
""",
    "shop/models.py": """\
from flask_sqlalchemy import SQLAlchemy

db = SQLAlchemy()


class User(db.Model):
    id = db.Column(db.Integer, primary_key=True)
""",
}

_THREADS = """\
from concurrent.futures import ThreadPoolExecutor
from threading import Thread

from flask import Blueprint, Flask, current_app, g
from flask.views import MethodView

bp = Blueprint("bp", __name__, url_prefix="/bp")
pool = ThreadPoolExecutor(1)


def name_of(app):
    with app.app_context():
        return app.name + " " + app.config["GREETING"]


class Names(MethodView):
    def get(self):
        answers = []

        def work(app, *, suffix=""):
            answers.append(name_of(app) + suffix)

        thread = Thread(target=work, args=(current_app,), kwargs={"suffix": "!"})
        thread.start()
        thread.join()
        return answers[0] if answers else ("it failed", 500)


@bp.route("/pool")
def pooled():
    app = current_app
    g.seen = True
    return pool.submit(name_of, app).result()


@bp.route("/plain")
def plain():
    return name_of(current_app)


@bp.errorhandler(404)
def missing(error):
    return pool.submit(name_of, current_app).result(), 404


@bp.route("/missing")
def asked():
    from flask import abort

    abort(404)


bp.add_url_rule("/names", view_func=Names.as_view("names"))


def create_app():
    app = Flask("shop")
    app.config["GREETING"] = "grüßt"
    app.register_blueprint(bp)
    return app
"""

_FAILED = "…Internal Server Error…"
_POOLED = Change(status=(500, 200), body=(_FAILED, "shop grüßt"), raises=("RuntimeError", ""))
_ERROR_PAGE = Change(status=(500, 404), body=(_FAILED, "shop grüßt"), raises=("RuntimeError", ""))
_LENGTH = {"Content-Length": ("…", "…")}

_COPIED = """\
import threading

import flask as f

app = f.Flask(__name__)
app.secret_key = "for this test"
SEEN = []


def note(what):
    SEEN.append((what, f.request.path, f.request.args.get("q")))


@app.before_request
def user():
    f.session["user"] = "ada"


@app.route("/note")
def noted():
    def work():
        note("nested")
        SEEN.append(f.session["user"])

    first = threading.Thread(target=note, args=("plain",))
    second = threading.Thread(target=work)
    for thread in (first, second):
        thread.start()
        thread.join()
    return "noted"


@app.route("/seen")
def seen():
    return repr(SEEN)
"""

_STREAMS = """\
from flask import Blueprint, Flask, Response, g, render_template_string, request, session, url_for

bp = Blueprint("feed", __name__)
CLOSED = []


@bp.before_app_request
def begin():
    g.separator = request.args.get("separator", ";")


@bp.teardown_app_request
def end(error):
    CLOSED.append(request.path)


@bp.route("/rows")
def rows():
    def generate():
        yield "id;größe\\n"
        try:
            for row in range(2):
                yield f"{row}{g.separator}{request.args['q']}\\n"
        finally:
            CLOSED.append("rows")

    return Response(generate(), 203, {"X-Rows": "2"}, mimetype="text/csv")


@bp.route("/links")
def links():
    return (url_for("feed.links", page=page) + " " for page in range(3)), 200, {"Content-Type": "text/plain"}


@bp.route("/user")
def user():
    session["user"] = "ada"
    body = (render_template_string("{{ session.user }} {{ piece }} ", piece=piece) for piece in "äb")
    return Response(body)


@bp.route("/plain")
def plain():
    return Response(str(number) for number in range(3))


@bp.route("/closed")
def closed():
    return repr([item for item in CLOSED if item == "rows"])


def create_app():
    app = Flask(__name__)
    app.secret_key = "for this test"
    app.register_blueprint(bp)
    return app
"""


_BROKE_OFF = ("RuntimeError", "")
_KEPT = {"Set-Cookie": ("", "session=…"), "Vary": ("", "Cookie"), "Content-Type": ("", "text/html; charset=utf-8")}

_ASYNC_STREAM = """\
import asyncio

from flask import Flask, Response, request

app = Flask(__name__)


@app.route("/")
async def index():
    def generate():
        yield request.args["q"]
        yield request.path

    await asyncio.sleep(0)
    return Response(generate(), mimetype="text/plain")


@app.route("/other")
async def other():
    return request.path
"""

_FORM = {
    "app.py": """\
from flask import Flask, jsonify, render_template_string, request
from flask_babel import Babel

from forms import OrderForm

app = Flask(__name__)
app.secret_key = "for this test"
app.config["WTF_CSRF_ENABLED"] = False
babel = Babel(app, locale_selector=lambda: request.args.get("lang", "en"))

PAGE = "{{ form.name.label }} {{ form.name.description }} {{ form.size }} {{ form.note }} {{ form.send }}"


@app.route("/", methods=["GET", "POST"])
def order():
    form = OrderForm()
    if form.validate_on_submit():
        return jsonify(form.data)
    return render_template_string(PAGE, form=form)


@app.route("/errors", methods=["POST"])
def errors():
    form = OrderForm()
    form.validate()
    return jsonify(form.errors), 422
""",
    "forms.py": """\
from flask_babel import gettext, lazy_gettext
from flask_wtf import FlaskForm
from wtforms import SelectField, StringField, SubmitField
from wtforms.validators import DataRequired, Length


class OrderForm(FlaskForm):
    name = StringField(
        gettext("Name"),
        description=gettext("As on the card"),
        validators=[DataRequired(gettext("Who are you?")), Length(max=5, message=gettext("At most %(max)d letters"))],
    )
    size = SelectField(lazy_gettext("Size"), choices=[("s", gettext("Small")), ("l", gettext("Large"))])
    note = StringField(gettext("Note"))
    send = SubmitField(gettext("Send"))
""",
}

CASES = [
    Case(
        "FD501",
        "tables are made when the app starts",
        _TABLES,
        asks=["GET /", "POST /", "GET /"],
        changes={"import": Change(raises=("RuntimeError", ""))},
        then={"GET /": (200, '["Zo\\u00eb"]\n'), "GET /no/such/page": (404, "…")},
    ),
    Case(
        "FD501",
        "the app of a factory",
        _TABLES_OF_A_FACTORY,
        entry="wsgi",
        changes={"import": Change(raises=("RuntimeError", ""))},
        then={"GET /": (200, "0")},
    ),
    Case(
        "FD502",
        "threads get the app itself",
        _THREADS,
        asks=["GET /bp/names", "GET /bp/pool", "GET /bp/plain", "GET /bp/missing"],
        changes={
            "GET /bp/names": Change(status=(500, 200), body=("it failed", "shop grüßt!")),
            "GET /bp/pool": _POOLED,
            "GET /bp/missing": _ERROR_PAGE,
            "HEAD /bp/names": Change(status=(500, 200), headers=_LENGTH),
            "HEAD /bp/pool": _POOLED._replace(body=None, headers=_LENGTH),
            "HEAD /bp/missing": _ERROR_PAGE._replace(body=None, headers=_LENGTH),
        },
        versions=("1.1", "2.2", NEWEST),
        fixes=3,
    ),
    Case(
        "FD503",
        "threads run under a copy of the request's context",
        _COPIED,
        asks=["GET /note?q=1", "GET /seen"],
        changes={
            "GET /seen": Change(body=("[]", "[('plain', '/note', '1'), ('nested', '/note', '1'), 'ada']")),
            "HEAD /seen": Change(headers={"Content-Length": ("2", "116")}),
        },
        versions=("1.1", "2.2", NEWEST),
        fixes=2,
    ),
    Case(
        "FD504",
        "streams come to their end",
        _STREAMS,
        asks=["GET /rows?q=1", "GET /closed", "GET /links", "GET /user", "GET /plain"],
        changes={
            "GET /rows?q=1": Change(body=("", "id;größe\n0;1\n1;1\n"), raises=_BROKE_OFF),
            "GET /links": Change(
                status=(0, 200),
                headers={"Content-Type": ("", "text/plain")},
                body=("", "/links?page=0 /links?page=1 /links?page=2 "),
                raises=_BROKE_OFF,
            ),
            "GET /user": Change(status=(0, 200), headers=_KEPT, body=("", "ada ä ada b "), raises=_BROKE_OFF),
        },
        versions=("2.2", NEWEST),
        fixes=3,
    ),
    Case(
        "FD504",
        "before Flask 2.2 a bare generator is left alone",
        _STREAMS,
        asks=["GET /rows?q=1", "GET /closed", "GET /links", "GET /user", "GET /plain"],
        changes={
            "GET /rows?q=1": Change(body=("", "id;größe\n0;1\n1;1\n"), raises=_BROKE_OFF),
            "GET /user": Change(
                status=(0, 200), headers=_KEPT, body=("", "ada ä ada b "), raises=("AttributeError", "")
            ),
        },
        versions=("1.1", "2.0"),
        fixes=2,
    ),
    Case(
        "FD504",
        "a stream of an async view, and the requests behind it",
        _ASYNC_STREAM,
        asks=["GET /?q=%C3%A4", "GET /other", "GET /?q=b", "GET /other"],
        then={"GET /?q=%C3%A4": (200, "ä/"), "GET /?q=b": (200, "b/")},
        versions=(EXTRAS,),
    ),
    Case(
        "FD508",
        "a form is answered as before in the language of the source",
        _FORM,
        asks=[
            "GET /",
            ("POST /", {"data": {"name": "Ada", "size": "s"}}),
            ("POST /", {"data": {"name": "Ada", "size": "x"}}),
            ("POST /errors", {"data": {}}),
            ("POST /errors", {"data": {"name": "Adalbert", "size": "l"}}),
        ],
        versions=(EXTRAS,),
    ),
]
