"""What stops a project from running on another machine, work outside of requests, and servers on greenlets."""

from __future__ import annotations

from tests.projects import WSL
from tests.recall.app import Defect, Healthy

# An application in which nothing is wrong, for what is wrong in the files beside it.
HELLO = """\
from flask import Flask

app = Flask(__name__)


@app.get("/")
def hello():
    return {"hello": "world"}
"""

# The same behind a proxy, as the files of a hosting service suggest.
PROXIED = """\
from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

app = Flask(__name__)
app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1)


@app.get("/")
def hello():
    return {"hello": "world"}
"""

SHOP_PAGE = {"templates/shop/index.html": "<h1>Shop</h1>\n"}

SOCKETS = """\
from flask import Flask
from flask_socketio import SocketIO, emit
from werkzeug.middleware.proxy_fix import ProxyFix

app = Flask(__name__)
app.wsgi_app = ProxyFix(app.wsgi_app)
socketio = SocketIO(app, async_mode="gevent")


@socketio.on("message")
def on_message(data):
    emit("message", data, broadcast=True)
"""
SOCKETS_NEED = 'flask==3.1.0\nflask-socketio==5.5.1\ngevent==24.11.1\ngunicorn==23.0.0; sys_platform != "win32"\n'

PORTABILITY = [
    Defect(
        "FD401",
        "two modules of a package",
        {
            "app.py": HELLO,
            "shop/__init__.py": "",
            "shop/models.py": "class Product:\n    name = ''\n",
            "shop/Models.py": "class Order:\n    number = 0\n",
        },
    ),
    Defect(
        "FD401",
        "two templates",
        {
            "app.py": """\
import flask as f

app = f.Flask(__name__)
app.config.update(SESSION_COOKIE_SECURE=True, SESSION_COOKIE_SAMESITE="Lax")


@app.get("/")
def home():
    return f.render_template("Home.html")


@app.get("/old")
def old_home():
    return f.render_template("home.html")
""",
            "templates/Home.html": "<h1>New</h1>\n",
            "templates/home.html": "<h1>Old</h1>\n",
        },
    ),
    Defect(
        "FD401",
        "the same image below two spellings of a folder",
        {"app.py": HELLO, "static/Img/logo.svg": "<svg/>\n", "static/img/logo.svg": "<svg></svg>\n"},
    ),
    Defect(
        "FD402",
        "a module for auxiliary things",
        {
            "app.py": "from flask import Flask\n\nfrom aux import rounded\n\napp = Flask(__name__)\n\n\n"
            '@app.get("/")\ndef price():\n    return {"price": rounded(9.99)}\n',
            "aux.py": "def rounded(value):\n    return round(value)\n",
        },
        place="aux.py",
    ),
    Defect("FD402", "a stylesheet", {"app.py": HELLO, "static/css/con.css": "body { margin: 0 }\n"}),
    Defect("FD402", "a folder in capitals", {"app.py": HELLO, "docs/PRN/index.md": "# Printing\n"}),
    Defect("FD402", "a colon in the name", {"app.py": HELLO, "docs/2026-01-01T12:00.md": "# Notes\n"}),
    Defect("FD402", "a dot at the end", {"app.py": HELLO, "docs/notes.": "Notes\n"}),
    Defect(
        "FD403",
        "a lock of a file",
        {
            "app.py": """\
import fcntl

from flask import Flask

app = Flask(__name__)


@app.post("/count")
def count():
    with open(app.instance_path + "/count", "a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.write("1")
    return {"counted": True}
"""
        },
    ),
    Defect(
        "FD403",
        "a name imported within the factory",
        {
            "shop/__init__.py": """\
from flask import Flask


def create_app() -> Flask:
    from pwd import getpwnam

    app = Flask(__name__)
    app.config["RUN_AS"] = getpwnam("www-data").pw_uid
    return app
"""
        },
    ),
    Defect(
        "FD403",
        "a signal, under another name",
        {
            "app.py": """\
import os
import signal as signals

import flask as f

app = f.Flask(__name__)


@app.cli.command("reload")
def reload():
    os.kill(os.getppid(), signals.SIGHUP)
"""
        },
    ),
    Defect(
        "FD403",
        "fork, imported by name",
        {
            "app.py": """\
from os import fork

from flask import Flask

app = Flask(__name__)


@app.post("/report")
def report():
    if fork() == 0:
        raise SystemExit(0)
    return "", 202
"""
        },
    ),
    Defect(
        "FD403",
        "a helper of a package that measures memory",
        {
            "shop/__init__.py": """\
from flask import Flask

from .memory import peak


def create_app():
    app = Flask(__name__)
    app.add_url_rule("/memory", view_func=lambda: {"peak": peak()}, endpoint="memory")
    return app
""",
            "shop/memory.py": "import resource as limits\n\n\ndef peak() -> int:\n"
            "    return limits.getrusage(limits.RUSAGE_SELF).ru_maxrss\n",
        },
        place="shop/memory.py",
    ),
    Defect(
        "FD404",
        "a file that a view writes",
        {
            "app.py": """\
from flask import Flask, send_file

app = Flask(__name__)


@app.get("/report")
def report():
    with open("/tmp/report.csv", "w") as file:
        file.write("a,b")
    return send_file("/tmp/report.csv")
"""
        },
    ),
    Defect(
        "FD404",
        "a setting of a class",
        {
            "app.py": HELLO.replace(
                "app = Flask(__name__)\n", 'app = Flask(__name__)\napp.config.from_object("settings.Production")\n'
            ),
            "settings.py": 'class Production:\n    UPLOAD_FOLDER = "/tmp/uploads"\n    MAX_CONTENT_LENGTH = 1_000\n',
        },
        place="settings.py",
    ),
    Defect(
        "FD404",
        "from_mapping in a factory",
        {
            "shop/__init__.py": """\
import flask


def create_app(**settings: object) -> flask.Flask:
    app = flask.Flask(__name__)
    app.config.from_mapping(EXPORT_FOLDER="/tmp/exports", **settings)
    return app
"""
        },
    ),
    Defect(
        "FD404",
        "a path object and a name put into it",
        {
            "app.py": """\
from pathlib import Path

from flask import Flask

app = Flask(__name__)


@app.post("/export/<int:number>")
def export(number: int):
    target = Path("/tmp") / f"export-{number}.csv"
    target.write_text("a,b")
    return "", 201
"""
        },
    ),
    Defect(
        "FD405",
        "a filter of templates",
        {
            "app.py": """\
from flask import Flask

app = Flask(__name__)


@app.template_filter("day")
def day(value):
    return value.strftime("%-d %B %Y")
"""
        },
    ),
    Defect(
        "FD405",
        "the format of an f-string",
        {
            "app.py": """\
from datetime import datetime

import flask as f

bp = f.Blueprint("clock", __name__)


@bp.get("/now")
def now():
    return {"now": f"{datetime.now():%-I:%M %p}"}


def create_app():
    app = f.Flask(__name__)
    app.register_blueprint(bp, url_prefix="/clock")
    return app
"""
        },
    ),
    Defect(
        "FD405",
        "the module time, a format under a name",
        {
            "app.py": """\
import time

from flask import Flask

app = Flask(__name__)
HOUR = "%-H:%M"


@app.route("/time")
async def clock():
    return {"time": time.strftime(HOUR)}
""",
            "requirements.txt": "flask[async]==3.1.0\n",
        },
    ),
    Defect(
        "FD406",
        "a plain requirement file",
        {"app.py": HELLO, "requirements.txt": "flask==3.1.0\ngunicorn==23.0.0\n"},
    ),
    Defect(
        "FD406",
        "the dependencies of pyproject.toml",
        {
            "app.py": HELLO,
            "pyproject.toml": '[project]\nname = "shop"\nversion = "1"\n'
            'dependencies = ["flask>=3.1", "uWSGI>=2.0.28"]\n',
        },
    ),
    Defect(
        "FD406",
        "a base file that the others include",
        {
            "app.py": HELLO,
            "requirements/base.txt": "Flask==3.1.0\nuwsgi\n",
            "requirements/dev.txt": "-r base.txt\npytest\n",
            "requirements.txt": "-r requirements/base.txt\n",
        },
    ),
    Defect(
        "FD406",
        "Poetry's main group",
        {
            "app.py": HELLO,
            "pyproject.toml": '[tool.poetry]\nname = "shop"\nversion = "1"\n\n[tool.poetry.dependencies]\n'
            'python = "^3.12"\nflask = "^3.1"\ngunicorn = "^23.0"\n',
        },
    ),
    Defect(
        "FD407",
        "the entry point of a container",
        {"app.py": HELLO, "entrypoint.sh": "#!/bin/sh\r\nflask db upgrade\r\n"},
    ),
    Defect(
        "FD407",
        "a script without an extension",
        {"app.py": HELLO, "bin/backup": "#!/usr/bin/env bash\r\npg_dump shop > shop.sql\r\n"},
    ),
    Defect(
        "FD407",
        "what a container starts",
        {
            "app.py": HELLO,
            "deploy/boot": "#!/bin/sh\r\nexec gunicorn app:app\r\n",
            "Dockerfile": 'FROM python:3.13-slim\nCOPY . /srv\nENTRYPOINT ["/srv/deploy/boot"]\n',
        },
        place="deploy/boot",
    ),
    Defect(
        "FD408",
        "the usual join",
        {
            "app.py": """\
import os

from flask import Flask, render_template

app = Flask(__name__)
app.config.update(SESSION_COOKIE_SECURE=True, SESSION_COOKIE_SAMESITE="Lax")


@app.get("/")
def index():
    return render_template(os.path.join("shop", "index.html"))
""",
            **SHOP_PAGE,
        },
    ),
    Defect(
        "FD408",
        "a join imported by name, in a class-based view",
        {
            "app.py": """\
from os.path import join as path_join

import flask as f
from flask.views import MethodView

app = f.Flask(__name__)
app.config.from_mapping(SESSION_COOKIE_SECURE=True, SESSION_COOKIE_SAMESITE="Lax")


class Shop(MethodView):
    def get(self):
        return f.render_template(path_join("shop", "index.html"), title="Shop")


app.add_url_rule("/shop", view_func=Shop.as_view("shop"))
""",
            **SHOP_PAGE,
        },
    ),
    Defect(
        "FD408",
        "a name bound by a walrus, in a nested blueprint",
        {
            "app.py": """\
import os.path as osp

from flask import Blueprint, Flask, render_template

site = Blueprint("site", __name__, url_prefix="/site")
shop = Blueprint("shop", __name__, url_prefix="/shop")
site.register_blueprint(shop)


@shop.get("/")
def index():
    if page := osp.join("shop", "index.html"):
        return render_template(page)
    return "", 404


app = Flask(__name__)
app.config["SESSION_COOKIE_SECURE"] = True
app.config["SESSION_COOKIE_SAMESITE"] = "Lax"
app.register_blueprint(site)
""",
            **SHOP_PAGE,
        },
    ),
    Defect(
        "FD409",
        "Markdown",
        {
            "app.py": HELLO,
            "README.md": "# Shop\n\n```sh\npython3 -m venv venv\nsource venv/bin/activate\nflask run\n```\n",
        },
        place="README.md",
    ),
    Defect(
        "FD409",
        "reStructuredText, with a dot",
        {
            "app.py": HELLO,
            "README.rst": "Shop\n====\n\n::\n\n    $ . .venv/bin/activate\n    $ flask run\n",
        },
    ),
    Defect("FD410", "a drive mounted by WSL 2", {"app.py": HELLO, WSL: "C:\\134 {} 9p rw,aname=drvfs;path=C:\\ 0 0"}),
    Defect("FD410", "a drive mounted by WSL 1", {"app.py": HELLO, WSL: "D: {} drvfs rw,noatime 0 0"}),
]

DATABASE = """\
import sqlalchemy as sa
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = "postgresql:///shop"
db = SQLAlchemy(app)
"""
DATABASE_NEEDS = "flask==3.1.0\nflask-sqlalchemy==3.1.1\n"
MAIL_NEEDS = "flask==3.1.0\nflask-mail==0.10.0\n"
CELERY_NEEDS = "flask==3.1.0\ncelery==5.4.0\n"

# Flask's own pattern for Celery: every task runs within the application context.
CELERY_INIT = """\
from celery import Celery, Task
from flask import Flask


def celery_init_app(app: Flask) -> Celery:
    class FlaskTask(Task):
        def __call__(self, *args: object, **kwargs: object) -> object:
            with app.app_context():
                return self.run(*args, **kwargs)

    celery_app = Celery(app.name, task_cls=FlaskTask)
    celery_app.config_from_object(app.config["CELERY"])
    celery_app.set_default()
    app.extensions["celery"] = celery_app
    return celery_app
"""

BACKGROUND = [
    Defect(
        "FD601",
        "an engine from the same setting",
        {
            "app.py": DATABASE
            + """\
engine = sa.create_engine(app.config["SQLALCHEMY_DATABASE_URI"])


@app.get("/count")
def count():
    with engine.connect() as connection:
        return {"count": connection.execute(sa.text("select count(*) from product")).scalar()}
""",
            "requirements.txt": DATABASE_NEEDS,
        },
    ),
    Defect(
        "FD601",
        "a session factory of its own in a package",
        {
            "shop/__init__.py": """\
from flask import Flask

from .extensions import db


def create_app():
    app = Flask(__name__)
    app.config.from_mapping(SQLALCHEMY_DATABASE_URI="sqlite:///shop.db")
    db.init_app(app)
    return app
""",
            "shop/extensions.py": "from flask_sqlalchemy import SQLAlchemy\n\ndb = SQLAlchemy()\n",
            "shop/store.py": """\
from sqlalchemy.orm import sessionmaker

from .extensions import db


def all_names(model):
    Session = sessionmaker(bind=db.engine)
    with Session() as session:
        return [row.name for row in session.query(model)]
""",
            "requirements.txt": DATABASE_NEEDS,
        },
        place="shop/store.py",
    ),
    Defect(
        "FD601",
        "the same address, the engine under another name",
        {
            "app.py": DATABASE
            + """\


@app.cli.command("tidy")
def tidy():
    from sqlalchemy import create_engine as connect_to

    with connect_to("postgresql:///shop").begin() as connection:
        connection.execute(sa.text("delete from basket"))
""",
            "requirements.txt": DATABASE_NEEDS,
        },
    ),
    Defect(
        "FD602",
        "a command that opens its own connection",
        {
            "app.py": """\
import smtplib

from flask import Flask
from flask_mail import Mail

app = Flask(__name__)
app.config["MAIL_SERVER"] = "mail.example.org"
mail = Mail(app)


@app.cli.command("news")
def news():
    with smtplib.SMTP(app.config["MAIL_SERVER"], timeout=10) as server:
        server.sendmail("a@example.org", ["b@example.org"], "Subject: News")
""",
            "requirements.txt": MAIL_NEEDS,
        },
    ),
    Defect(
        "FD602",
        "another module, imported by name",
        {
            "shop/__init__.py": """\
from flask import Flask
from flask_mail import Mail

mail = Mail()


def create_app():
    from . import report

    app = Flask(__name__)
    mail.init_app(app)
    app.extensions["reports"] = report.send_report
    return app
""",
            "shop/report.py": """\
from email.message import EmailMessage
from smtplib import SMTP_SSL as Connection

from flask import current_app


def send_report(message: EmailMessage) -> None:
    connection = Connection(current_app.config["MAIL_SERVER"], 465, timeout=10)
    connection.send_message(message)
    connection.quit()
""",
            "requirements.txt": MAIL_NEEDS,
        },
        place="shop/report.py",
    ),
    Defect(
        "FD602",
        "a class with the address in a constant of its module",
        {
            "app.py": """\
import smtplib as smtp

from flask import Flask
from flask_mailman import Mail

HOST = "mail.example.org"


class Letters:
    async def deliver(self, text: str) -> None:
        with smtp.SMTP(host=HOST, timeout=10) as server:
            server.sendmail("a@example.org", "b@example.org", text)


app = Flask(__name__)
mail = Mail(app)
app.extensions["letters"] = Letters()
""",
            "requirements.txt": "flask==3.1.0\nflask-mailman==1.1.1\n",
        },
    ),
    Defect(
        "FD603",
        "a view that sends",
        {
            "app.py": """\
from flask import Flask, request
from flask_mail import Mail, Message

app = Flask(__name__)
mail = Mail(app)


@app.post("/invite")
def invite():
    message = Message("Welcome", recipients=[request.get_json()["email"]])
    mail.send(message)
    return "", 202
""",
            "requirements.txt": MAIL_NEEDS,
        },
    ),
    Defect(
        "FD603",
        "a function of another module that a class-based view calls",
        {
            "shop/__init__.py": """\
from flask import Flask

from .extensions import mail
from .views import Invite


def create_app() -> Flask:
    app = Flask(__name__)
    mail.init_app(app)
    app.add_url_rule("/invite/<name>", view_func=Invite.as_view("invite"))
    return app
""",
            "shop/extensions.py": "from flask_mail import Mail\n\nmail = Mail()\n",
            "shop/letters.py": """\
from flask_mail import Message

from . import extensions


def welcome(name):
    extensions.mail.send(Message("Welcome", recipients=[f"{name}@example.org"]))
""",
            "shop/views.py": """\
from flask.views import MethodView

from .letters import welcome


class Invite(MethodView):
    def post(self, name):
        welcome(name)
        return {}, 202
""",
            "requirements.txt": MAIL_NEEDS,
        },
    ),
    Defect(
        "FD603",
        "send_message in an async view of a blueprint",
        {
            "app.py": """\
import flask as f
import flask_mail

mail = flask_mail.Mail()
bp = f.Blueprint("news", __name__)


@bp.route("/news", methods=["POST"])
async def news():
    mail.send_message("News", recipients=["b@example.org"], body="All of it")
    return {"sent": True}


def create_app():
    app = f.Flask(__name__)
    mail.init_app(app)
    app.register_blueprint(bp)
    return app
""",
            "requirements.txt": "flask[async]==3.1.0\nflask-mail==0.10.0\n",
        },
    ),
    Defect(
        "FD603",
        "a connection of smtplib in a view",
        {
            "app.py": """\
import smtplib

from flask import Flask

app = Flask(__name__)


@app.post("/alarm")
def alarm():
    with smtplib.SMTP("localhost", timeout=5) as server:
        server.sendmail("a@example.org", "b@example.org", "Subject: Alarm")
    return {}, 202
"""
        },
    ),
    Defect(
        "FD604",
        "the user who is logged in",
        {
            "app.py": "from flask_login import current_user, login_required\n"
            + CELERY_INIT
            + """\


app = Flask(__name__)
app.config["CELERY"] = {"broker_url": "redis://localhost"}
celery_app = celery_init_app(app)


@celery_app.task
def greet(user):
    return user.name


@app.post("/greet")
@login_required
def start():
    greet.delay(current_user)
    return "", 202
""",
            "requirements.txt": CELERY_NEEDS + "flask-login==0.6.3\n",
        },
    ),
    Defect(
        "FD604",
        "the request, as a keyword",
        {
            "shop/__init__.py": """\
from flask import Flask

from .views import bp


def create_app():
    app = Flask(__name__)
    app.register_blueprint(bp)
    return app
""",
            "shop/tasks.py": """\
from celery import shared_task


@shared_task
def remember(visit=None):
    return str(visit)
""",
            "shop/views.py": """\
import flask as f

from . import tasks

bp = f.Blueprint("visits", __name__)


@bp.post("/visit")
def visit():
    tasks.remember.delay(visit=f.request)
    return {}, 202
""",
            "requirements.txt": CELERY_NEEDS,
        },
        place="shop/views.py",
    ),
    Defect(
        "FD604",
        "apply_async with a list of arguments, the session under another name",
        {
            "app.py": """\
from celery import Celery
from flask import Flask
from flask import session as visitor

app = Flask(__name__)
app.config.from_prefixed_env()
app.config.update(SESSION_COOKIE_SECURE=True, SESSION_COOKIE_SAMESITE="Lax")
celery = Celery(__name__, broker="redis://localhost")


@celery.task(bind=True)
def track(self, what):
    return len(what)


@app.put("/track")
def start():
    result = track.apply_async(args=[visitor], countdown=10)
    return {"id": result.id}
""",
            "requirements.txt": CELERY_NEEDS,
        },
    ),
    Defect(
        "FD605",
        "a task that writes to the database",
        {
            "app.py": "from celery import Celery\n"
            + DATABASE
            + """\
celery = Celery(__name__, broker="redis://localhost")


class Basket(db.Model):
    id = db.Column(db.Integer, primary_key=True)


@celery.task
def tidy():
    db.session.execute(sa.delete(Basket))
    db.session.commit()
""",
            "requirements.txt": DATABASE_NEEDS + "celery==5.4.0\n",
        },
    ),
    Defect(
        "FD605",
        "current_app in a shared task of a package",
        {
            "shop/__init__.py": """\
from celery import Celery
from flask import Flask

celery = Celery("shop", broker="redis://localhost")


def create_app():
    app = Flask(__name__)
    app.config["REPORTS"] = "reports"
    celery.conf.update(app.config.get("CELERY", {}))
    return app
""",
            "shop/tasks.py": """\
import celery
import flask


@celery.shared_task(ignore_result=True)
def report(number: int) -> str:
    return f"{flask.current_app.config['REPORTS']}/{number}.csv"
""",
            "requirements.txt": CELERY_NEEDS,
        },
        place="shop/tasks.py",
    ),
    Defect(
        "FD605",
        "a mail that a task with a retry sends",
        {
            "app.py": """\
import celery as c
from flask import Flask
from flask_mail import Mail, Message

app = Flask(__name__)
mail = Mail(app)
queue = c.Celery("shop", broker="redis://localhost")


@queue.task(bind=True, max_retries=3)
def welcome(self, address):
    mail.send(Message("Welcome", recipients=[address]))


@app.post("/welcome/<address>")
def start(address):
    welcome.delay(address)
    return {}, 202
""",
            "requirements.txt": MAIL_NEEDS + "celery==5.4.0\n",
        },
    ),
    Defect(
        "FD606",
        "the body of a module",
        {
            "app.py": """\
from apscheduler.schedulers.background import BackgroundScheduler
from flask import Flask

app = Flask(__name__)


def tidy():
    app.logger.info("tidy")


scheduler = BackgroundScheduler()
scheduler.add_job(tidy, "interval", minutes=5)
scheduler.start()
""",
            "requirements.txt": "flask==3.1.0\napscheduler==3.11.0\n",
        },
    ),
    Defect(
        "FD606",
        "Flask-APScheduler in a factory",
        {
            "shop/__init__.py": """\
import flask as f
import flask_apscheduler as jobs

scheduler = jobs.APScheduler()


def create_app() -> f.Flask:
    app = f.Flask(__name__)
    scheduler.init_app(app)
    scheduler.start()
    return app
""",
            "requirements.txt": "flask==3.1.0\nflask-apscheduler==1.13.1\n",
        },
    ),
    Defect(
        "FD606",
        "a function of another module that the factory calls",
        {
            "shop/__init__.py": """\
from flask import Flask

from .jobs import start_jobs


def create_app():
    app = Flask(__name__)
    start_jobs()
    return app


app = create_app()
""",
            "shop/jobs.py": """\
from apscheduler.schedulers import background


def tidy() -> None:
    print("tidy")


def start_jobs() -> None:
    scheduler = background.BackgroundScheduler(daemon=True)
    scheduler.add_job(tidy, "interval", hours=1)
    scheduler.start()
""",
            "requirements.txt": "flask==3.1.0\napscheduler==3.11.0\n",
        },
    ),
]

GREENLETS = [
    Defect(
        "FD1001",
        "after Flask and requests",
        {
            "app.py": """\
import requests
from flask import Flask
from gevent import monkey

monkey.patch_all()

app = Flask(__name__)


@app.get("/")
def index():
    return requests.get("https://example.org", timeout=5).text
""",
            "requirements.txt": "flask==3.1.0\ngevent==24.11.1\nrequests==2.32.3\n",
        },
    ),
    Defect(
        "FD1001",
        "the application first, the patch by its full name",
        {
            "shop/__init__.py": "from flask import Flask\n\n\ndef create_app():\n    return Flask(__name__)\n",
            "wsgi.py": """\
from shop import create_app

import gevent.monkey

gevent.monkey.patch_all()

app = create_app()
""",
            "requirements.txt": "flask==3.1.0\ngevent==24.11.1\n",
        },
        place="wsgi.py",
    ),
    Defect(
        "FD1001",
        "under another name, where the server is started",
        {
            "app.py": """\
import flask as f
from gevent.monkey import patch_all as make_cooperative
from gevent.pywsgi import WSGIServer

app = f.Flask(__name__)


@app.get("/")
def index():
    return "hello"


if __name__ == "__main__":
    make_cooperative()
    WSGIServer(("127.0.0.1", 5000), app).serve_forever()
""",
            "requirements.txt": "flask==3.1.0\ngevent==24.11.1\n",
        },
    ),
    Defect(
        "FD1001",
        "eventlet's patch",
        {
            "app.py": """\
import socket

import eventlet
from flask import Flask

eventlet.monkey_patch()

app = Flask(__name__)


@app.get("/")
def index():
    return {"host": socket.gethostname()}
""",
            "requirements.txt": "flask==3.1.0\neventlet==0.39.0\n",
        },
        also=("FD1002",),  # eventlet itself is deprecated
    ),
    Defect(
        "FD1002",
        "the mode of Flask-SocketIO",
        {
            "app.py": SOCKETS.replace('"gevent"', '"eventlet"'),
            "requirements.txt": "flask==3.1.0\nflask-socketio==5.5.1\neventlet==0.39.0\n",
        },
    ),
    Defect(
        "FD1002",
        "a patch at the very top",
        {
            "wsgi.py": "import eventlet\n\neventlet.monkey_patch()\n\nfrom app import app as app\n",
            "app.py": HELLO,
            "requirements.txt": "flask==3.1.0\neventlet==0.39.0\n",
        },
    ),
    Defect(
        "FD1002",
        "the worker of gunicorn in a Procfile",
        {
            "app.py": PROXIED,
            "Procfile": "web: gunicorn -k eventlet -w 1 app:app\n",
            "requirements.txt": 'flask==3.1.0\neventlet==0.39.0\ngunicorn==23.0.0; sys_platform != "win32"\n',
        },
    ),
    Defect(
        "FD1002",
        "the worker class in gunicorn's settings",
        {
            "app.py": HELLO,
            "gunicorn.conf.py": 'bind = "127.0.0.1:8000"\nworker_class = "eventlet"\n',
            "requirements.txt": 'flask==3.1.0\neventlet==0.39.0\ngunicorn==26.0.0; sys_platform != "win32"\n',
        },
    ),
    Defect(
        "FD1003",
        "gunicorn's gevent worker",
        {
            "app.py": DATABASE
            + "\n\n@app.get('/')\ndef index():\n    return {'one': db.session.scalar(sa.text('select 1'))}\n",
            "gunicorn.conf.py": 'worker_class = "gevent"\nworkers = 2\n',
            "requirements.txt": DATABASE_NEEDS
            + 'gevent==24.11.1\npsycopg2-binary==2.9.10\ngunicorn==23.0.0; sys_platform != "win32"\n',
        },
    ),
    Defect(
        "FD1003",
        "a patch at the very top",
        {
            "app.py": "from gevent import monkey\n\nmonkey.patch_all()\n\nimport psycopg2  # noqa: E402\n"
            + HELLO
            + "\n\n@app.get('/one')\ndef one():\n    with psycopg2.connect('dbname=shop') as connection:\n"
            "        cursor = connection.cursor()\n        cursor.execute('select 1')\n"
            "        return {'one': cursor.fetchone()[0]}\n",
            "requirements.txt": "flask==3.1.0\ngevent==24.11.1\npsycopg2==2.9.10\n",
        },
    ),
    Defect(
        "FD1003",
        "the WebSocket worker of a service",
        {
            "shop/__init__.py": """\
import flask as f
import psycopg2.pool

pool = None


def create_app() -> f.Flask:
    app = f.Flask(__name__)
    app.extensions["pool"] = psycopg2.pool.ThreadedConnectionPool(1, 20, "dbname=shop")
    return app
""",
            "compose.yaml": "services:\n  web:\n    build: .\n    command:\n      - gunicorn\n"
            "      - --worker-class=geventwebsocket.gunicorn.workers.GeventWebSocketWorker\n"
            "      - shop:create_app()\n",
            "requirements.txt": "flask==3.1.0\ngevent-websocket==0.10.1\npsycopg2==2.9.10\n",
        },
    ),
    Defect(
        "FD1004",
        "a Procfile",
        {
            "app.py": SOCKETS,
            "Procfile": "web: gunicorn --worker-class gevent -w 4 app:app\n",
            "requirements.txt": SOCKETS_NEED,
        },
    ),
    Defect(
        "FD1004",
        "a Dockerfile, word by word",
        {
            "app.py": SOCKETS,
            "Dockerfile": "FROM python:3.13-slim\nCOPY . /srv\nWORKDIR /srv\nRUN pip install -r requirements.txt\n"
            'CMD ["gunicorn", "--workers", "3", "--worker-class", "gevent", "--bind", "0.0.0.0:8000", "app:app"]\n',
            "requirements.txt": SOCKETS_NEED,
        },
    ),
    Defect(
        "FD1004",
        "gunicorn's settings",
        {
            "app.py": SOCKETS,
            "gunicorn.conf.py": 'import os\n\nworker_class = "gevent"\nworkers = os.cpu_count() * 2 + 1\n',
            "requirements.txt": SOCKETS_NEED,
        },
    ),
    Defect(
        "FD1004",
        "a service of compose",
        {
            "app.py": SOCKETS,
            "compose.yml": "services:\n  web:\n    build: .\n    command: gunicorn -k gevent --workers=2 app:app\n",
            "requirements.txt": SOCKETS_NEED,
        },
    ),
    Defect(
        "FD1005",
        "Werkzeug for Flask-SocketIO",
        {
            "app.py": SOCKETS.replace(', async_mode="gevent"', "")
            + '\n\nif __name__ == "__main__":\n    socketio.run(app, host="127.0.0.1", allow_unsafe_werkzeug=True)\n',
            "requirements.txt": "flask==3.1.0\nflask-socketio==5.5.1\n",
        },
    ),
    Defect(
        "FD1005",
        "the development server in a container",
        {
            "app.py": HELLO,
            "Dockerfile": "FROM python:3.13-slim\nWORKDIR /srv\nCOPY . .\nRUN pip install -r requirements.txt\n"
            'CMD ["flask", "run", "--host", "0.0.0.0"]\n',
        },
    ),
    Defect(
        "FD1005",
        "a script in a Procfile",
        {
            "app.py": PROXIED + '\n\nif __name__ == "__main__":\n    app.run()\n',
            "Procfile": "web: python app.py\n",
        },
    ),
    Defect(
        "FD1005",
        "the module flask in an entry point",
        {
            "shop/__init__.py": "from flask import Flask\n\n\ndef create_app():\n    return Flask(__name__)\n",
            "Dockerfile": "FROM python:3.13-slim\nWORKDIR /srv\nCOPY . .\nRUN pip install flask==3.1.0\n"
            'ENTRYPOINT ["python", "-m", "flask", "--app", "shop", "run", "--host=0.0.0.0"]\n',
        },
    ),
]

DEFECTS = [*PORTABILITY, *BACKGROUND, *GREENLETS]

# Tasks, mail and a database as Flask's documentation has them: plain values to tasks, mail in a task, one engine.
SHOP = {
    "shop/__init__.py": """\
import os

from celery import Celery, Task
from flask import Flask

from .extensions import db, mail


def celery_init_app(app: Flask) -> Celery:
    class FlaskTask(Task):
        def __call__(self, *args: object, **kwargs: object) -> object:
            with app.app_context():
                return self.run(*args, **kwargs)

    celery_app = Celery(app.name, task_cls=FlaskTask)
    celery_app.config_from_object(app.config["CELERY"])
    celery_app.set_default()
    app.extensions["celery"] = celery_app
    return celery_app


def create_app() -> Flask:
    app = Flask(__name__)
    app.config.from_mapping(
        SQLALCHEMY_DATABASE_URI="sqlite:///shop.db",
        MAIL_DEFAULT_SENDER="shop@example.org",
        CELERY={"broker_url": "redis://localhost", "task_ignore_result": True},
        REPORTS=os.path.join(app.instance_path, "reports"),
    )
    app.config.from_prefixed_env()
    db.init_app(app)
    mail.init_app(app)
    celery_init_app(app)

    from . import orders

    app.register_blueprint(orders.bp)
    return app
""",
    "shop/extensions.py": """\
from flask_mail import Mail
from flask_sqlalchemy import SQLAlchemy

db = SQLAlchemy()
mail = Mail()
""",
    "shop/models.py": """\
from .extensions import db


class Order(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    email = db.Column(db.String, nullable=False)
    closed = db.Column(db.Boolean, default=False)
""",
    "shop/tasks.py": """\
import csv
import os
import tempfile

from celery import shared_task
from flask import current_app
from flask_mail import Message

from .extensions import db, mail
from .models import Order


@shared_task(autoretry_for=(OSError,), retry_backoff=True)
def send_confirmation(number: int) -> None:
    order = db.session.get(Order, number)
    mail.send(Message("Your order", recipients=[order.email], body=f"Number {order.id}"))


@shared_task
def write_report() -> str:
    with tempfile.NamedTemporaryFile("w", suffix=".csv", newline="", delete=False) as file:
        csv.writer(file).writerows((order.id, order.email) for order in db.session.scalars(db.select(Order)))
    target = os.path.join(current_app.config["REPORTS"], "orders.csv")
    os.replace(file.name, target)
    return target


@shared_task(bind=True)
def close(self, number: int, reason: str) -> None:
    order = db.session.get(Order, number)
    order.closed = True
    db.session.commit()
    current_app.logger.info("%s closed by %s: %s", number, self.request.id, reason)
""",
    "shop/orders.py": """\
from flask import Blueprint, request

from . import tasks
from .extensions import db
from .models import Order

bp = Blueprint("orders", __name__, url_prefix="/orders")


@bp.post("/")
def create():
    order = Order(email=request.get_json()["email"])
    db.session.add(order)
    db.session.commit()
    tasks.send_confirmation.delay(order.id)
    return {"id": order.id}, 201


@bp.delete("/<int:number>")
def close(number: int):
    tasks.close.apply_async(args=[number, request.args.get("reason", "")], countdown=5)
    return {}, 202


@bp.cli.command("report")
def report():
    print(tasks.write_report())
""",
    "make_celery.py": "from shop import create_app\n\napp = create_app()\ncelery_app = app.extensions['celery']\n",
    "migrations/env.py": "from alembic import context\nfrom sqlalchemy import create_engine\n\n"
    "engine = create_engine(context.config.get_main_option('sqlalchemy.url'))\n",
    "requirements.txt": "flask==3.1.0\nflask-sqlalchemy==3.1.1\nflask-mail==0.10.0\ncelery==5.4.0\n",
}

# Sockets on gevent: patched first, one worker, PostgreSQL told how to wait; Werkzeug on the developer's machine only.
SOCKET_SERVER = {
    "server.py": """\
from gevent import monkey

monkey.patch_all()

from psycogreen.gevent import patch_psycopg  # noqa: E402

patch_psycopg()

import logging  # noqa: E402

import psycopg2  # noqa: E402
import requests  # noqa: E402
from chat import create_app, socketio  # noqa: E402

app = create_app()
logging.getLogger(__name__).info("psycopg2 %s, requests %s", psycopg2.__version__, requests.__version__)

if __name__ == "__main__":
    socketio.run(app, host="127.0.0.1", port=5000)
""",
    "chat/__init__.py": """\
import flask as f
from flask_socketio import SocketIO
from werkzeug.middleware.proxy_fix import ProxyFix

socketio = SocketIO()


def create_app() -> f.Flask:
    app = f.Flask(__name__)
    app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=1)
    app.config.from_prefixed_env("CHAT")
    from . import rooms

    socketio.init_app(app, async_mode="gevent", message_queue=app.config.get("QUEUE"))
    app.add_url_rule("/rooms", view_func=rooms.Rooms.as_view("rooms"))
    return app
""",
    "chat/rooms.py": """\
import flask
from flask.views import MethodView
from flask_socketio import emit, join_room

from . import socketio

NAMES = ("lobby", "kitchen")


class Rooms(MethodView):
    def get(self):
        return {"rooms": list(NAMES)}

    def post(self):
        name = flask.request.get_json()["name"]
        socketio.emit("room", {"name": name})
        socketio.start_background_task(announce, flask.current_app._get_current_object(), name)
        return {"name": name}, 201


def announce(app: flask.Flask, name: str) -> None:
    with app.app_context():
        app.logger.info("room %s", name)
    socketio.sleep(1)


@socketio.on("join")
def on_join(data):
    join_room(data["room"])
    emit("joined", data, to=data["room"])
""",
    "gunicorn.conf.py": """\
import os

bind = f"0.0.0.0:{os.environ.get('PORT', '8000')}"
worker_class = "gevent"
workers = 1
worker_connections = 2000
""",
    "Dockerfile": "FROM python:3.13-slim\nWORKDIR /srv\nCOPY . .\nRUN pip install -r requirements.txt\n"
    'CMD ["gunicorn", "server:app"]\n',
    "compose.override.yaml": "services:\n  web:\n    command: flask --app server run --debug --host 0.0.0.0\n",
    "requirements.txt": "flask==3.1.0\nflask-socketio==5.5.1\ngevent==24.11.1\npsycopg2==2.9.10\npsycogreen==1.0.2\n"
    "requests==2.32.3\ngunicorn==23.0.0; sys_platform != 'win32'\n",
}

# What Windows does not have stands behind a question, and what is the same everywhere is used where there is such.
EVERYWHERE = {
    "blog/__init__.py": """\
import os
import signal
import sys
from datetime import datetime
from pathlib import Path

from flask import Flask, render_template

from .locks import locked

if sys.platform != "win32":
    import resource


def memory() -> int | None:
    if sys.platform == "win32":
        return None
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def create_app(settings: dict[str, object] | None = None) -> Flask:
    app = Flask(__name__)
    app.config.from_mapping(
        UPLOAD_FOLDER=os.environ.get("UPLOADS", "/tmp/uploads"),
        SESSION_COOKIE_SECURE=True,
        SESSION_COOKIE_SAMESITE="Lax",
        MAX_CONTENT_LENGTH=8 * 1024 * 1024,
    )
    app.config.from_mapping(settings or {})
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, lambda *_: app.logger.info("reload"))

    @app.template_filter("day")
    def day(value: datetime) -> str:
        return f"{value:%A} {value.day} {value:%B %Y}"

    @app.get("/")
    def index():
        return render_template("blog/index.html", now=datetime.now(), memory=memory())

    @app.get("/posts/<slug>")
    def post(slug: str):
        return render_template(f"blog/posts/{Path(slug).stem}.html") if slug == "first" else ("", 404)

    @app.cli.command("count")
    def count():
        with locked(Path(app.instance_path) / "count.lock"):
            print(len(list(Path(app.config["UPLOAD_FOLDER"]).iterdir())))

    return app
""",
    "blog/locks.py": """\
from contextlib import contextmanager
from pathlib import Path

try:
    import fcntl
except ImportError:
    fcntl = None


@contextmanager
def locked(path: Path):
    with path.open("w") as file:
        if fcntl is not None:
            fcntl.flock(file, fcntl.LOCK_EX)
        yield file
""",
    "blog/templates/blog/index.html": "<h1>{{ now|day }}</h1>\n",
    "blog/templates/blog/posts/first.html": "<h1>First</h1>\n",
    "blog/static/css/console.css": "body { margin: 0 }\n",
    "bin/backup": "#!/bin/sh\ntar czf backup.tgz instance\n",
    "bin/backup.cmd": "@echo off\r\ntar czf backup.tgz instance\r\n",
    "README.md": "# Blog\n\nLinux and macOS:\n\n    source .venv/bin/activate\n\nWindows:\n\n"
    "    .venv\\Scripts\\activate\n",
    "pyproject.toml": '[project]\nname = "blog"\nversion = "1"\nrequires-python = ">=3.11"\ndependencies = [\n'
    '    "flask>=3.1",\n    "gunicorn>=23; sys_platform != \'win32\'",\n'
    "    \"waitress>=3; sys_platform == 'win32'\",\n]\n",
}

# A schedule in a process of its own, RQ with plain values, a mail server that a thread talks to.
SCHEDULE = {
    "app.py": """\
import smtplib
from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage

from flask import Flask, request
from redis import Redis
from rq import Queue

import jobs

app = Flask(__name__)
app.config.from_prefixed_env()
queue = Queue(connection=Redis())
pool = ThreadPoolExecutor(2)


def deliver(host: str, message: EmailMessage) -> None:
    with smtplib.SMTP(host, timeout=10) as server:
        server.send_message(message)


@app.post("/exports")
def export():
    job = queue.enqueue(jobs.export, request.get_json()["number"], job_timeout=600)
    return {"job": job.id}, 202


@app.post("/messages")
async def message():
    text = EmailMessage()
    text["To"] = "b@example.org"
    text.set_content(request.get_json()["text"])
    match app.config.get("MAIL_SERVER"):
        case str() as host:
            pool.submit(deliver, host, text)
            return {}, 202
    return {"error": "no mail server"}, 503


@app.cli.command("tidy")
def tidy():
    jobs.tidy()


if __name__ == "__main__":
    app.run()
""",
    "jobs.py": """\
import time
from datetime import datetime


def export(number: int) -> str:
    time.sleep(number)
    return f"{datetime.now():%Y-%m-%d}-{number}.csv"


def tidy() -> None:
    print("tidy")


def start_jobs(scheduler) -> None:
    scheduler.add_job(tidy, "interval", minutes=5)
    scheduler.start()
""",
    "clock.py": """\
from apscheduler.schedulers.blocking import BlockingScheduler

import jobs

scheduler = BlockingScheduler()

if __name__ == "__main__":
    jobs.start_jobs(scheduler)
""",
    "Procfile.dev": "web: flask run --debug\nclock: python clock.py\n",
    "requirements.txt": "flask[async]==3.1.0\nredis==5.2.0\nrq==2.0.0\napscheduler==3.11.0\n",
}

HEALTHY: list[Healthy] = [
    Healthy("tasks, mail and a database in a package", SHOP),
    Healthy("sockets on gevent with one worker", SOCKET_SERVER),
    Healthy("a blog for every system", EVERYWHERE),
    Healthy("a schedule in a process of its own", SCHEDULE),
]
