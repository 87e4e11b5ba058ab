"""FD301 to FD308: where settings come from. With the environment that the fix asks for, nothing changes."""

from __future__ import annotations

from tests.behaviour.case import Case, Change, each
from tests.behaviour.environments import NEWEST

_SESSION = """\
import os

from flask import Flask, redirect, session

app = Flask(__name__)
app.config["SECRET_KEY"] = {key}


@app.route("/login/<name>", methods=["POST"])
def login(name):
    session["user"] = name
    return redirect("/")


@app.route("/")
def index():
    return session.get("user", "nobody")
"""
_LOGIN = ["GET /", "POST /login/Zo%C3%AB", "GET /"]
# What a line of an env file does not hold as it is.
_ODD_KEYS = [
    "a b#c",
    "it's",
    'say "x"',
    "back\\slash\\n",
    "$HOME-${HOME}",
    "größe-мир-鍵",
    " around ",
    "\\'\"mix$",
    "a\\",
]

_SETTINGS = {
    "shop/__init__.py": """\
from flask import Flask

from shop.config import Production


def create_app():
    app = Flask(__name__)
    app.config.from_object(Production)

    @app.route("/")
    def index():
        return f"{app.config['MAIL_PASSWORD']} {app.config['SECURITY_PASSWORD_SALT']} {app.config['BROKER']}"

    return app
""",
    "shop/config.py": """\
class Config:
    MAIL_PASSWORD = "teapot-lid-2019"  # the shop's mailbox
    SECURITY_PASSWORD_SALT = b"kiln-and-clay"


class Production(Config):
    BROKER = "amqp"
""",
    ".env": "# local\nSHOP='a'\n",
}

_FALLBACKS = """\
import os
import secrets
from os import environ, getenv

from flask import Flask, session

app = Flask(__name__)
app.secret_key = {key}


@app.route("/", methods=["GET", "POST"])
def index():
    session["seen"] = True
    return app.secret_key
"""

_URLS = """\
import os

from flask import Flask

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = "postgresql://kiln:cl$ay%23-4711@db.pottery.shop/kiln?a=b#c"
app.config["CELERY_BROKER_URL"] = os.environ.get("BROKER_URL", "amqp://kiln:clay-4711@mq.pottery.shop//")


@app.route("/")
def index():
    return app.config["SQLALCHEMY_DATABASE_URI"] + " " + app.config["CELERY_BROKER_URL"]
"""

_LOADED = {
    "wsgi.py": """\
from shop import create_app

app = create_app()
""",
    "shop/__init__.py": """\
from flask import Flask

from shop import config


def create_app():
    app = Flask(__name__)
    app.config.from_object(config)

    @app.route("/")
    def index():
        return app.config["GREETING"]

    return app
""",
    "shop/config.py": """\
import os

GREETING = os.environ.get("GREETING", "nothing is loaded")
SECRET_KEY = os.environ["SECRET_KEY"]
""",
    "requirements.txt": "flask==3.1.0\ngunicorn==23.0.0\npython-dotenv==1.2.1\n",
    ".env": "GREETING='grüß dich'\nSECRET_KEY=for-this-test\n",
}

_FLAGS = """\
import os

from flask import Flask, session

app = Flask(__name__)
app.secret_key = os.environ["SECRET_KEY"]
app.config["SESSION_COOKIE_SECURE"] = os.environ.get("COOKIE_SECURE", False)
app.config["SESSION_COOKIE_HTTPONLY"] = bool(os.environ["HTTPONLY"])
app.config["TESTING"] = os.getenv("SHOP_TESTING", "no")


@app.route("/")
def index():
    session["seen"] = 1
    return f"{bool(app.config['SESSION_COOKIE_SECURE'])} {bool(app.testing)}"
"""
_SECURE = "session=…; Secure; HttpOnly; Path=/"
_NO_FALSE = {"Set-Cookie": ("session=…; Secure=False; HttpOnly; Path=/", "session=…; HttpOnly; Path=/")}
_COOKIE = "session=…; HttpOnly; Path=/"

_PASSED_OVER = """\
from flask import Flask, session

SETTINGS = {"GREETING": "hello", "SESSION_COOKIE_NAME": "shop"}


def create_app():
    app = Flask(__name__)
    app.config.from_object(SETTINGS)
    app.config.from_mapping(session_cookie_path="/shop", PAGE_SIZE=20, shelves=3)
    app.config.from_mapping({"secret_key": "dev", "rows": 2})

    @app.route("/")
    def index():
        if app.secret_key:
            session["seen"] = True
        names = ("GREETING", "SESSION_COOKIE_PATH", "PAGE_SIZE", "SHELVES", "ROWS")
        return " ".join(f"{app.config.get(name)}" for name in names)

    return app
"""

_SIGNED = {"Set-Cookie": ("", "shop=…; HttpOnly; Path=/shop"), "Vary": ("", "Cookie")}

CASES = [
    Case(
        "FD301",
        "sessions stay valid: the key is the same",
        _SESSION.format(key='"kiln-and-clay"'),
        asks=_LOGIN,
        with_env=True,
        versions=("1.1", NEWEST),
    ),
    *(
        Case("FD301", f"sessions stay valid with {key!r}", _SESSION.format(key=repr(key)), asks=_LOGIN, with_env=True)
        for key in _ODD_KEYS
    ),
    Case("FD301", "and with bytes", _SESSION.format(key='b"kiln-and-clay"'), asks=_LOGIN, with_env=True),
    Case(
        "FD301",
        "where nothing sets the variable the app does not start",
        _SESSION.format(key='"kiln-and-clay"'),
        changes={"import": Change(raises=("", "KeyError"))},
    ),
    Case(
        "FD301",
        "settings of a class, beside an .env that is there",
        _SETTINGS,
        entry="shop:create_app",
        with_env=True,
        fixes=2,
    ),
    *(
        Case(
            "FD302",
            f"the variable counts: {key}",
            _FALLBACKS.format(key=key),
            environ={"SHOP_KEY": "größe", "SECRET_KEY": "größe"},
        )
        for key in (
            'os.environ.get("SHOP_KEY") or "dev"',
            'environ.get("SHOP_KEY", "dev")',
            'getenv("SHOP_KEY", default="dev")',
        )
    ),
    Case(
        "FD302",
        "no variable, no start",
        _FALLBACKS.format(key='os.environ.get("SHOP_KEY") or "dev"'),
        changes={"import": Change(raises=("", "KeyError"))},
    ),
    *(
        Case("FD303", f"the variable counts: {key}", _FALLBACKS.format(key=key), environ={"SHOP_KEY": "größe"})
        for key in (
            'os.environ.get("SHOP_KEY") or secrets.token_hex(32)',
            'environ.get("SHOP_KEY", secrets.token_urlsafe())',
        )
    ),
    Case(
        "FD303",
        "a key that stays",
        _FALLBACKS.format(key="secrets.token_hex(8)").replace(
            "return app.secret_key", "return str(len(app.secret_key))"
        ),
        environ={"SECRET_KEY": "größe"},
        changes={
            "GET /": Change(headers={"Set-Cookie": (_COOKIE, _COOKIE)}, body=("16", "5")),
            "HEAD /": Change(headers={"Set-Cookie": (_COOKIE, _COOKIE), "Content-Length": ("2", "1")}),
        },
    ),
    Case(
        "FD304",
        "the URLs come from the environment",
        _URLS,
        with_env=True,
        fixes=2,
    ),
    Case(
        "FD304",
        "where nothing sets the variable the app does not start",
        _URLS,
        changes={"import": Change(raises=("", "KeyError"))},
        fixes=2,
    ),
    Case(
        "FD306",
        "what .env says reaches the app",
        _LOADED,
        entry="wsgi",
        environ={"SECRET_KEY": "x"},
        changes={
            "GET /": Change(body=("nothing is loaded", "grüß dich")),
            "HEAD /": Change(headers={"Content-Length": ("17", "11")}),
        },
    ),
    Case(
        "FD306",
        "an app that lacked a required variable starts",
        _LOADED,
        entry="wsgi",
        changes={"import": Change(raises=("KeyError", ""))},
        then={"GET /": (200, "grüß dich")},
    ),
    Case(
        "FD306",
        "what the server's environment says wins over .env",
        _LOADED,
        entry="wsgi",
        environ={"GREETING": "hello", "SECRET_KEY": "x"},
    ),
    Case(
        "FD307",
        "yes is true",
        _FLAGS,
        environ={"SECRET_KEY": "x", "COOKIE_SECURE": "1", "HTTPONLY": "true", "SHOP_TESTING": "on"},
        # "1" is no value that this attribute has.
        changes=each(
            Change(headers={"Set-Cookie": ("session=…; Secure=1; HttpOnly; Path=/", _SECURE)}), "GET /", "HEAD /"
        ),
        fixes=3,
    ),
    Case(
        "FD307",
        "no is false",
        _FLAGS,
        environ={"SECRET_KEY": "x", "COOKIE_SECURE": "False", "HTTPONLY": "True"},
        changes={
            "GET /": Change(headers=_NO_FALSE, body=("True True", "False False")),
            "HEAD /": Change(headers={**_NO_FALSE, "Content-Length": ("9", "11")}),
        },
        fixes=3,
    ),
    Case(
        "FD308",
        "the settings count",
        _PASSED_OVER,
        changes={
            "GET /": Change(headers=_SIGNED, body=("None None 20 None None", "hello /shop 20 3 2")),
            "HEAD /": Change(headers={**_SIGNED, "Content-Length": ("22", "18")}),
        },
        fixes=5,
    ),
]
