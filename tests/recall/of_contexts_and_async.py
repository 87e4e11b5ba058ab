"""Contexts that are not there, and async views: defects of Flask and Quart projects, and projects that do it right."""

from __future__ import annotations

from tests.recall.app import Defect, Healthy

ASYNC = {"requirements.txt": "flask[async]==3.1.0\n"}
QUART = {"requirements.txt": "quart==0.20.0\n"}

DEFECTS: list[Defect] = [
    # -- FD501 context-at-import
    Defect(
        "FD501",
        "a setting of the app, read by a module that a blueprint is in",
        {
            "shop/__init__.py": """\
from flask import Flask

from shop.catalogue import bp


def create_app():
    app = Flask(__name__)
    app.config.from_prefixed_env()
    app.register_blueprint(bp)
    return app
""",
            "shop/catalogue.py": """\
from flask import Blueprint, current_app, render_template

bp = Blueprint("catalogue", __name__, url_prefix="/catalogue")
PAGE_SIZE = current_app.config.get("PAGE_SIZE", 20)


@bp.get("/")
def index():
    return render_template("index.html", size=PAGE_SIZE)
""",
            "shop/templates/index.html": "<p>{{ size }}</p>\n",
        },
        place="shop/catalogue.py",
    ),
    Defect(
        "FD501",
        "the request's address as a default, module alias",
        {
            "app.py": """\
import flask as f

app = f.Flask(__name__)


def visitor(address=f.request.remote_addr):
    return address


@app.route("/")
def index():
    return {"visitor": visitor()}
"""
        },
    ),
    Defect(
        "FD501",
        "url_for in the body of a class",
        {
            "app.py": """\
from __future__ import annotations

from flask import Flask, redirect, url_for
from flask.views import View

app = Flask(__name__)


@app.get("/login")
def login():
    return "log in"


class Logout(View):
    after: str = url_for("login")

    def dispatch_request(self):
        return redirect(self.after)


app.add_url_rule("/logout", view_func=Logout.as_view("logout"))
"""
        },
    ),
    Defect(
        "FD501",
        "create_all right after init_app",
        {
            "app.py": """\
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

db = SQLAlchemy()
app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite:///shop.db"
db.init_app(app)


class Item(db.Model):
    id = db.Column(db.Integer, primary_key=True)


db.create_all()


@app.get("/")
def index():
    return {"items": Item.query.count()}
""",
            "requirements.txt": "flask==3.1.0\nflask-sqlalchemy==3.1.1\n",
        },
    ),
    Defect(
        "FD501",
        "the choices of a form from a model's query, in a package",
        {
            "blog/__init__.py": """\
from flask import Flask

from .models import db
from .views import bp


def create_app():
    app = Flask(__name__)
    app.config.from_prefixed_env()
    db.init_app(app)
    app.register_blueprint(bp)
    return app
""",
            "blog/models.py": """\
from flask_sqlalchemy import SQLAlchemy

db = SQLAlchemy()


class Topic(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String(80), nullable=False)
""",
            "blog/forms.py": """\
from flask_wtf import FlaskForm
from wtforms import SelectField, StringField

from .models import Topic


class PostForm(FlaskForm):
    title = StringField("Title")
    topic = SelectField("Topic", choices=[(each.id, each.name) for each in Topic.query.all()])
""",
            "blog/views.py": """\
from flask import Blueprint, render_template

from .forms import PostForm

bp = Blueprint("blog", __name__)


@bp.route("/new", methods=["GET", "POST"])
def new():
    form = PostForm()
    return render_template("new.html", form=form)
""",
            "blog/templates/new.html": "<form>{{ form.csrf_token }}{{ form.title }}{{ form.topic }}</form>\n",
            "requirements.txt": "flask==3.1.0\nflask-sqlalchemy==3.1.1\nflask-wtf==1.2.2\n",
        },
        place="blog/forms.py",
    ),
    Defect(
        "FD501",
        "a walrus in an if of the module",
        {
            "app.py": """\
from flask import Flask, current_app as running

app = Flask(__name__)

if (title := running.config.get("TITLE")) is None:
    title = "Shop"


@app.get("/")
def index():
    return {"title": title}
"""
        },
    ),
    # -- FD502 proxy-passed-to-thread
    Defect(
        "FD502",
        "current_app in the args of a Thread",
        {
            "app.py": """\
import logging
from threading import Thread

from flask import Flask, current_app

app = Flask(__name__)


def rebuild(shop):
    with shop.app_context():
        logging.info("rebuilding %s", shop.name)


@app.post("/rebuild")
def start():
    Thread(target=rebuild, args=(current_app,), daemon=True).start()
    return {"state": "started"}, 202
"""
        },
    ),
    Defect(
        "FD502",
        "the request submitted to an executor, module alias",
        {
            "shop/__init__.py": """\
import flask as f

from .audit import bp


def create_app():
    app = f.Flask(__name__)
    app.register_blueprint(bp)
    return app
""",
            "shop/audit.py": """\
import concurrent.futures as futures

import flask as f

bp = f.Blueprint("audit", __name__)
pool = futures.ThreadPoolExecutor(max_workers=2)


def note(seen):
    return f"{seen.method} {seen.path}"


@bp.get("/")
def index():
    pool.submit(note, f.request)
    return {"state": "noted"}
""",
        },
        place="shop/audit.py",
    ),
    Defect(
        "FD502",
        "kwargs of a Timer in a method view",
        {
            "app.py": """\
import threading

from flask import Flask, current_app
from flask.views import MethodView

app = Flask(__name__)


def sweep(site):
    with site.app_context():
        site.logger.info("swept")


class Sweep(MethodView):
    def post(self):
        timer = threading.Timer(30.0, sweep, kwargs={"site": current_app})
        timer.start()
        return {"state": "planned"}


app.add_url_rule("/sweep", view_func=Sweep.as_view("sweep"))
"""
        },
    ),
    Defect(
        "FD502",
        "a name bound to the proxy first",
        {
            "app.py": """\
from threading import Thread

from flask import Flask, g

app = Flask(__name__)


@app.before_request
def start():
    g.visits = 1


def count(state):
    print(state.visits)


@app.get("/")
def index():
    state = g
    worker = Thread(target=count, args=[state])
    worker.start()
    return {"state": "counted"}
"""
        },
    ),
    # -- FD503 context-lost-in-thread
    Defect(
        "FD503",
        "a nested function reads the form",
        {
            "app.py": """\
from threading import Thread

from flask import Flask, request

app = Flask(__name__)


@app.post("/import")
def start():
    def work():
        print(request.form["name"])

    Thread(target=work).start()
    return {"state": "started"}, 202
"""
        },
    ),
    Defect(
        "FD503",
        "an executor and a function that reads the session, blueprint in a package",
        {
            "shop/__init__.py": """\
from flask import Flask

from .basket import bp


def create_app():
    app = Flask(__name__)
    app.config.from_prefixed_env()
    app.register_blueprint(bp)
    return app
""",
            "shop/basket.py": """\
from concurrent.futures import ThreadPoolExecutor

from flask import Blueprint, session

bp = Blueprint("basket", __name__)
executor = ThreadPoolExecutor(4)


def reserve():
    for item in session.get("basket", []):
        print("reserving", item)


@bp.route("/checkout", methods=["POST"])
def checkout():
    executor.submit(reserve)
    return {"state": "reserved"}
""",
        },
        place="shop/basket.py",
    ),
    Defect(
        "FD503",
        "g in a thread that has a copied request context",
        {
            "app.py": """\
import threading

import flask as f

app = f.Flask(__name__)


@app.before_request
def who():
    f.g.user = f.request.headers.get("X-User", "nobody")


@app.get("/")
def index():
    @f.copy_current_request_context
    def work():
        print(f.request.path, f.g.user)

    thread = threading.Thread(target=work)
    thread.start()
    return {"state": "started"}
"""
        },
    ),
    Defect(
        "FD503",
        "executor.map with a lambda over the request",
        {
            "app.py": """\
import concurrent.futures

from flask import Flask, request

app = Flask(__name__)


@app.get("/prices")
def prices():
    with concurrent.futures.ThreadPoolExecutor() as pool:
        found = list(pool.map(lambda name: request.args.get(name), ["apple", "pear"]))
    return {"prices": found}
"""
        },
    ),
    Defect(
        "FD503",
        "a greenlet that reads the request",
        {
            "app.py": """\
import gevent
from flask import Flask, request

app = Flask(__name__)


def log_visit():
    print("visit from", request.remote_addr)


@app.get("/")
def index():
    gevent.spawn(log_visit)
    return {"state": "fine"}
""",
            "requirements.txt": "flask==3.1.0\ngevent==24.11.1\n",
        },
    ),
    Defect(
        "FD503",
        "a subclass of Thread whose run reads the app's settings",
        {
            "app.py": """\
from threading import Thread

from flask import Flask, current_app

app = Flask(__name__)


class Mailer(Thread):
    def __init__(self, to: str) -> None:
        super().__init__(daemon=True)
        self.to = to

    def run(self) -> None:
        print("from", current_app.config["MAIL_SENDER"], "to", self.to)


@app.post("/mail/<to>")
def mail(to):
    Mailer(to).start()
    return {"state": "queued"}
"""
        },
    ),
    # -- FD504 context-lost-in-stream
    Defect(
        "FD504",
        "a nested generator reads the query string",
        {
            "app.py": """\
from flask import Flask, Response, request

app = Flask(__name__)


@app.get("/export")
def export():
    def rows():
        for number in range(3):
            yield f"{number},{request.args.get('name', '')}\\n"

    return Response(rows(), mimetype="text/csv")
"""
        },
    ),
    Defect(
        "FD504",
        "a generator expression over the session, module alias",
        {
            "app.py": """\
import flask as f

app = f.Flask(__name__)
app.config.from_prefixed_env()


@app.route("/basket.txt")
def basket():
    return f.Response((f"{f.session['currency']} {price}\\n" for price in range(3)), mimetype="text/plain")
"""
        },
    ),
    Defect(
        "FD504",
        "app.response_class and a generator of the module",
        {
            "shop/__init__.py": """\
from flask import Flask

from .events import bp


def create_app() -> Flask:
    app = Flask(__name__)
    app.register_blueprint(bp)
    return app
""",
            "shop/events.py": """\
from flask import Blueprint, current_app, request

bp = Blueprint("events", __name__)


def events():
    yield "retry: 1000\\n\\n"
    yield f"id: {request.headers.get('Last-Event-ID', 0)}\\n\\n"


@bp.get("/events")
def stream():
    return current_app.response_class(events(), mimetype="text/event-stream")
""",
        },
        place="shop/events.py",
    ),
    Defect(
        "FD504",
        "a generator method of a method view, bound to a name first",
        {
            "app.py": """\
from flask import Flask, make_response, request
from flask.views import MethodView

app = Flask(__name__)


class Lines(MethodView):
    def post(self):
        def echo():
            yield "start\\n"
            yield request.get_data(as_text=True)

        lines = echo()
        response = app.response_class(lines, mimetype="text/plain")
        response.headers["X-Accel-Buffering"] = "no"
        return make_response(response)


app.add_url_rule("/lines", view_func=Lines.as_view("lines"))
"""
        },
    ),
    Defect(
        "FD504",
        "the view hands the generator back itself",
        {
            "app.py": """\
from flask import Flask, request

app = Flask(__name__)


@app.get("/numbers")
def numbers():
    def generate():
        yield "numbers\\n"
        yield request.args.get("first", "0")

    return generate(), {"Content-Type": "text/plain"}
"""
        },
    ),
    # -- FD505 context-pushed-at-import
    Defect(
        "FD505",
        "below the app",
        {
            "app.py": """\
from flask import Flask

app = Flask(__name__)
app.config.from_prefixed_env()
app.app_context().push()


@app.get("/")
def index():
    return {"state": "fine"}
"""
        },
    ),
    Defect(
        "FD505",
        "a context with a name, in the package of a factory",
        {
            "shop/__init__.py": """\
import flask as f


def create_app():
    app = f.Flask(__name__)

    @app.get("/")
    def index():
        return {"state": "fine"}

    return app


app = create_app()
context = app.app_context()
context.push()
"""
        },
        place="shop/__init__.py",
    ),
    # -- FD506 request-outside-request
    Defect(
        "FD506",
        "a shared_task reads the request",
        {
            "shop/__init__.py": """\
from celery import Celery, Task
from flask import Flask

from .views import bp


def celery_init_app(app: Flask) -> Celery:
    class FlaskTask(Task):
        def __call__(self, *args, **kwargs):
            with app.app_context():
                return self.run(*args, **kwargs)

    celery_app = Celery(app.name, task_cls=FlaskTask)
    celery_app.config_from_object(app.config["CELERY"])
    celery_app.set_default()
    return celery_app


def create_app():
    app = Flask(__name__)
    app.config.from_prefixed_env()
    celery_init_app(app)
    app.register_blueprint(bp)
    return app
""",
            "shop/tasks.py": """\
from celery import shared_task
from flask import request


@shared_task(ignore_result=True)
def record_visit():
    print("visit from", request.remote_addr)
""",
            "shop/views.py": """\
from flask import Blueprint

from .tasks import record_visit

bp = Blueprint("shop", __name__)


@bp.get("/")
def index():
    record_visit.delay()
    return {"state": "fine"}
""",
            "requirements.txt": "flask==3.1.0\ncelery==5.4.0\n",
        },
        place="shop/tasks.py",
    ),
    Defect(
        "FD506",
        "a command of the app reads the session",
        {
            "app.py": """\
import click
from flask import Flask, session

app = Flask(__name__)
app.config.from_prefixed_env()


@app.get("/")
def index():
    return {"visits": session.get("visits", 0)}


@app.cli.command("visits")
@click.option("--reset", is_flag=True)
def visits(reset):
    click.echo(session.get("visits", 0))
    if reset:
        session.clear()
"""
        },
    ),
    Defect(
        "FD506",
        "a command of a blueprint's group reads the query string, module alias",
        {
            "shop/__init__.py": """\
import flask as f

from . import stock


def create_app():
    app = f.Flask(__name__)
    app.register_blueprint(stock.bp)
    return app
""",
            "shop/stock.py": """\
import flask as f
from flask.cli import AppGroup

bp = f.Blueprint("stock", __name__)
group = AppGroup("stock")


@group.command("list")
def list_stock():
    print(f.request.args.get("page", 1))


bp.cli.add_command(group)
""",
        },
        place="shop/stock.py",
    ),
    Defect(
        "FD506",
        "a job of Flask-APScheduler",
        {
            "app.py": """\
from flask import Flask, request
from flask_apscheduler import APScheduler

app = Flask(__name__)
scheduler = APScheduler()


@scheduler.task("interval", id="ping", seconds=30)
def ping():
    print("still at", request.host_url)


@app.get("/")
def index():
    return {"state": "fine"}


if __name__ == "__main__":
    scheduler.init_app(app)
    scheduler.start()
    app.run()
""",
            "requirements.txt": "flask==3.1.0\nflask-apscheduler==1.13.1\n",
        },
    ),
    Defect(
        "FD506",
        "a function that is queued with RQ",
        {
            "shop/__init__.py": """\
from flask import Flask

from .views import bp


def create_app():
    app = Flask(__name__)
    app.register_blueprint(bp)
    return app
""",
            "shop/views.py": """\
from flask import Blueprint, request
from redis import Redis
from rq import Queue

bp = Blueprint("shop", __name__)
queue = Queue(connection=Redis())


def resize():
    picture = request.files["picture"]
    print("resizing", picture.filename)


@bp.post("/pictures")
def add():
    queue.enqueue(resize)
    return {"state": "queued"}, 202
""",
            "requirements.txt": "flask==3.1.0\nrq==2.0.0\nredis==5.2.0\n",
        },
        place="shop/views.py",
    ),
    # -- FD507 fake-request-context
    Defect(
        "FD507",
        "a mail with links, sent from a thread",
        {
            "app.py": """\
from threading import Thread

from flask import Flask, render_template

app = Flask(__name__)


def render_later(user_id):
    with app.test_request_context():
        print(render_template("mail.txt", user_id=user_id))


@app.post("/users/<int:user_id>/mail")
def mail(user_id):
    Thread(target=render_later, args=(user_id,)).start()
    return {"state": "queued"}
""",
            "templates/mail.txt": "{{ url_for('static', filename='logo.png', _external=True) }} {{ user_id }}\n",
        },
    ),
    Defect(
        "FD507",
        "current_app in a service module",
        {
            "shop/__init__.py": """\
from flask import Flask

from .views import bp


def create_app():
    app = Flask(__name__)
    app.register_blueprint(bp)
    return app
""",
            "shop/links.py": """\
import flask as f


def link_to(endpoint: str) -> str:
    with f.current_app.test_request_context("/"):
        return f.url_for(endpoint)
""",
            "shop/views.py": """\
from flask import Blueprint

from .links import link_to

bp = Blueprint("shop", __name__)


@bp.get("/")
def index():
    return {"self": link_to("shop.index")}
""",
        },
        place="shop/links.py",
    ),
    Defect(
        "FD507",
        "a context that is pushed by hand",
        {
            "app.py": """\
from flask import Flask, request

app = Flask(__name__)


def language():
    return request.accept_languages.best_match(["en", "de"])


class Report:
    def __init__(self, site: Flask) -> None:
        self.context = site.test_request_context("/report")

    def text(self):
        self.context.push()
        try:
            return language()
        finally:
            self.context.pop()


@app.get("/report")
def report():
    return {"language": Report(app).text()}
"""
        },
    ),
    # -- FD508 translated-at-import
    Defect(
        "FD508",
        "the labels of a form",
        {
            "app.py": """\
from flask import Flask, render_template
from flask_babel import Babel, gettext
from flask_wtf import FlaskForm
from wtforms import StringField

app = Flask(__name__)
app.config.from_prefixed_env()
babel = Babel(app)


class NameForm(FlaskForm):
    name = StringField(gettext("Your name"))


@app.route("/", methods=["GET", "POST"])
def index():
    form = NameForm()
    return render_template("index.html", form=form)
""",
            "templates/index.html": "<form>{{ form.csrf_token }}{{ form.name.label }}{{ form.name }}</form>\n",
            "requirements.txt": "flask==3.1.0\nflask-babel==4.0.0\nflask-wtf==1.2.2\n",
        },
    ),
    Defect(
        "FD508",
        "gettext as _, validators of a form in a package",
        {
            "shop/__init__.py": """\
from flask import Flask
from flask_babel import Babel

from .views import bp


def create_app():
    app = Flask(__name__)
    app.config.from_prefixed_env()
    Babel(app)
    app.register_blueprint(bp)
    return app
""",
            "shop/forms.py": """\
from flask_babel import gettext as _
from flask_wtf import FlaskForm
from wtforms import EmailField, SubmitField
from wtforms.validators import DataRequired


class Newsletter(FlaskForm):
    email = EmailField("E-mail", validators=[DataRequired(message=_("Please give an address"))])
    submit = SubmitField("OK")
""",
            "shop/views.py": """\
from flask import Blueprint, render_template

from .forms import Newsletter

bp = Blueprint("shop", __name__)


@bp.route("/", methods=["GET", "POST"])
def index():
    return render_template("index.html", form=Newsletter())
""",
            "shop/templates/index.html": "<form>{{ form.csrf_token }}{{ form.email }}{{ form.submit }}</form>\n",
            "requirements.txt": "flask==3.1.0\nflask-babel==4.0.0\nflask-wtf==1.2.2\n",
        },
        place="shop/forms.py",
    ),
    Defect(
        "FD508",
        "choices of a form, module alias",
        {
            "app.py": """\
import flask_babel as babel
from flask import Flask
from flask_wtf import Form
from wtforms import SelectField, TextAreaField

app = Flask(__name__)
app.config.from_prefixed_env()
babel.Babel(app)


class Feedback(Form):
    mood = SelectField("Mood", choices=[("good", babel.gettext("Good")), ("bad", babel.gettext("Bad"))])
    words: TextAreaField = TextAreaField("Words")


@app.get("/")
def index():
    return {"mood": Feedback().mood.data}
""",
            "requirements.txt": "flask==3.1.0\nflask-babel==4.0.0\nflask-wtf==1.2.2\n",
        },
    ),
    Defect(
        "FD508",
        "a base form of the project, _l imported but _ called",
        {
            "shop/__init__.py": """\
from flask import Flask
from flask_babel import Babel


def create_app():
    app = Flask(__name__)
    app.config.from_prefixed_env()
    Babel(app)
    from . import views

    app.register_blueprint(views.bp)
    return app
""",
            "shop/forms/__init__.py": "",
            "shop/forms/base.py": """\
from flask_wtf import FlaskForm


class BaseForm(FlaskForm):
    class Meta:
        csrf = True
""",
            "shop/forms/login.py": """\
from flask_babel import _, lazy_gettext as _l
from wtforms import PasswordField, StringField

from .base import BaseForm


class LoginForm(BaseForm):
    name = StringField(_l("Name"))
    password = PasswordField(_("Password"))
""",
            "shop/views.py": """\
from flask import Blueprint, render_template

from shop.forms.login import LoginForm

bp = Blueprint("accounts", __name__)


@bp.route("/login", methods=["GET", "POST"])
def login():
    return render_template("login.html", form=LoginForm())
""",
            "shop/templates/login.html": "<form>{{ form.csrf_token }}{{ form.name }}{{ form.password }}</form>\n",
            "requirements.txt": "flask==3.1.0\nflask-babel==3.1.0\nflask-wtf==1.2.2\n",
        },
        place="shop/forms/login.py",
    ),
    # -- FD901 async-view-without-extra
    Defect(
        "FD901",
        "a view of the app",
        {
            "app.py": """\
from flask import Flask

app = Flask(__name__)


@app.get("/")
async def index():
    return {"state": "fine"}
"""
        },
    ),
    Defect(
        "FD901",
        "an async method of a method view, pyproject",
        {
            "shop/__init__.py": """\
from flask import Flask

from .views import bp


def create_app():
    app = Flask(__name__)
    app.register_blueprint(bp)
    return app
""",
            "shop/views.py": """\
from flask import Blueprint
from flask.views import MethodView

bp = Blueprint("items", __name__)


class Items(MethodView):
    async def get(self):
        return {"items": []}


bp.add_url_rule("/items", view_func=Items.as_view("items"))
""",
            "pyproject.toml": '[project]\nname = "shop"\nversion = "1"\ndependencies = ["Flask>=3.0,<4"]\n',
        },
    ),
    Defect(
        "FD901",
        "add_url_rule in a factory",
        {
            "app.py": """\
import flask as f


async def index():
    return {"state": "fine"}


def create_app():
    app = f.Flask(__name__)
    app.add_url_rule("/", "index", index)
    return app
"""
        },
    ),
    Defect(
        "FD901",
        "Flask 1.1 knows no async views",
        {
            "app.py": """\
from flask import Flask

app = Flask(__name__)


@app.route("/")
async def index():
    return {"state": "fine"}
"""
        },
        flask="1.1.4",
    ),
    # -- FD902 task-cancelled-at-return
    Defect(
        "FD902",
        "create_task",
        {
            "app.py": """\
import asyncio

from flask import Flask

app = Flask(__name__)


async def send(to):
    await asyncio.sleep(2)
    print("sent to", to)


@app.post("/mail/<to>")
async def mail(to):
    asyncio.create_task(send(to))
    return {"state": "queued"}, 202
""",
            **ASYNC,
        },
    ),
    Defect(
        "FD902",
        "ensure_future of an alias, in a blueprint of a package",
        {
            "shop/__init__.py": """\
from flask import Flask

from .views import bp


def create_app():
    app = Flask(__name__)
    app.register_blueprint(bp)
    return app
""",
            "shop/work.py": """\
import asyncio


async def refresh():
    await asyncio.sleep(5)
    print("fresh")
""",
            "shop/views.py": """\
from asyncio import ensure_future as start

import flask as f

from .work import refresh

bp = f.Blueprint("cache", __name__)


@bp.route("/refresh", methods=["POST"])
async def refresh_cache():
    job = start(refresh())
    f.current_app.logger.info("started %s", job)
    return {"state": "started"}
""",
            **ASYNC,
        },
        place="shop/views.py",
    ),
    Defect(
        "FD902",
        "a task of the running loop, method view",
        {
            "app.py": """\
import asyncio

from flask import Flask
from flask.views import MethodView

app = Flask(__name__)


async def index_document(number):
    await asyncio.sleep(1)
    print("indexed", number)


class Document(MethodView):
    async def put(self, number):
        loop = asyncio.get_running_loop()
        loop.create_task(index_document(number))
        return {"number": number}


app.add_url_rule("/documents/<int:number>", view_func=Document.as_view("document"))
""",
            **ASYNC,
        },
    ),
    # -- FD903 sync-decorator-on-async-view
    Defect(
        "FD903",
        "a decorator that changes the answer",
        {
            "app.py": """\
import asyncio
from functools import wraps

from flask import Flask, make_response

app = Flask(__name__)


def no_store(view):
    @wraps(view)
    def wrapped(*args, **kwargs):
        response = make_response(view(*args, **kwargs))
        response.headers["Cache-Control"] = "no-store"
        return response

    return wrapped


@app.get("/")
@no_store
async def index():
    await asyncio.sleep(0)
    return {"state": "fine"}
""",
            **ASYNC,
        },
    ),
    Defect(
        "FD903",
        "a decorator with arguments from another module",
        {
            "shop/__init__.py": """\
from flask import Flask

from .views import bp


def create_app():
    app = Flask(__name__)
    app.register_blueprint(bp)
    return app
""",
            "shop/guards.py": """\
import functools

from flask import abort, request


def needs(role):
    def decorator(view):
        @functools.wraps(view)
        def wrapped(*args, **kwargs):
            if request.headers.get("X-Role") != role:
                abort(403)
            return view(*args, **kwargs)

        return wrapped

    return decorator
""",
            "shop/views.py": """\
import asyncio

from flask import Blueprint

from .guards import needs

bp = Blueprint("admin", __name__)


@bp.get("/admin")
@needs("admin")
async def admin():
    await asyncio.sleep(0)
    return {"state": "fine"}
""",
            **ASYNC,
        },
        place="shop/views.py",
    ),
    Defect(
        "FD903",
        "a wrapper with no functools.wraps that keeps the answer",
        {
            "app.py": """\
import asyncio
import time

import flask as f
from flask.views import MethodView

app = f.Flask(__name__)


def timed(view):
    def wrapped(**values):
        started = time.perf_counter()
        answer = view(**values)
        app.logger.info("took %s", time.perf_counter() - started)
        return answer

    return wrapped


@app.get("/prices", endpoint="prices")
@timed
async def prices():
    await asyncio.sleep(0)
    return {"prices": []}
""",
            **ASYNC,
        },
    ),
    # -- FD904 blocking-call-in-async-view
    Defect(
        "FD904",
        "requests in a view of Quart",
        {
            "app.py": """\
import requests
from quart import Quart

app = Quart(__name__)


@app.get("/rates")
async def rates():
    answer = requests.get("https://rates.example.org/today", timeout=5)
    return {"rates": answer.json()}
""",
            "requirements.txt": "quart==0.20.0\nrequests==2.32.3\n",
        },
    ),
    Defect(
        "FD904",
        "time.sleep in a blueprint of Quart",
        {
            "shop/__init__.py": """\
from quart import Quart

from .views import bp


def create_app() -> Quart:
    app = Quart(__name__)
    app.register_blueprint(bp)
    return app
""",
            "shop/views.py": """\
from time import sleep

import quart as q

bp = q.Blueprint("shop", __name__)


@bp.route("/slow")
async def slow():
    sleep(2)
    return {"state": "fine"}
""",
            **QUART,
        },
        place="shop/views.py",
    ),
    Defect(
        "FD904",
        "in a view of Flask",
        {
            "app.py": """\
import time as clock

from flask import Flask

app = Flask(__name__)


@app.get("/")
async def index():
    clock.sleep(1)
    return {"state": "fine"}
""",
            **ASYNC,
        },
    ),
    # -- FD905 flask-import-in-quart-app
    Defect(
        "FD905",
        "request from flask",
        {
            "app.py": """\
from flask import request
from quart import Quart

app = Quart(__name__)


@app.get("/")
async def index():
    return {"name": request.args.get("name", "nobody")}
""",
            **QUART,
        },
    ),
    Defect(
        "FD905",
        "session from flask in a blueprint of a package",
        {
            "shop/__init__.py": """\
from quart import Quart

from .basket import bp


def create_app() -> Quart:
    app = Quart(__name__)
    app.config.from_prefixed_env()
    app.register_blueprint(bp)
    return app
""",
            "shop/basket.py": """\
from flask import session
from quart import Blueprint

bp = Blueprint("basket", __name__)


@bp.route("/basket")
async def basket():
    return {"items": session.get("items", [])}
""",
            **QUART,
        },
        place="shop/basket.py",
    ),
    Defect(
        "FD905",
        "the module alias",
        {
            "app.py": """\
import flask as f
import quart as q

app = q.Quart(__name__)


@app.before_request
async def start():
    f.g.user = "nobody"


@app.get("/")
async def index():
    return {"user": q.g.user}
""",
            **QUART,
        },
    ),
]

HEALTHY: list[Healthy] = [
    Healthy(
        "a shop with threads, streams, Celery and two languages",
        {
            "shop/__init__.py": """\
from __future__ import annotations

from celery import Celery, Task
from flask import Flask, request

from shop.extensions import babel, db
from shop.orders import bp as orders
from shop.reports import bp as reports


def make_celery(app: Flask) -> Celery:
    class ContextTask(Task):
        def __call__(self, *args: object, **kwargs: object) -> object:
            with app.app_context():
                return self.run(*args, **kwargs)

    celery = Celery(app.name, task_cls=ContextTask)
    celery.config_from_object(app.config["CELERY"])
    celery.set_default()
    return celery


def language() -> str | None:
    return request.accept_languages.best_match(["en", "de"])


def create_app() -> Flask:
    app = Flask(__name__)
    app.config.from_prefixed_env()
    app.config.setdefault("SQLALCHEMY_DATABASE_URI", "sqlite:///shop.db")
    db.init_app(app)
    babel.init_app(app, locale_selector=language)
    app.extensions["celery"] = make_celery(app)
    app.register_blueprint(orders)
    app.register_blueprint(reports)
    with app.app_context():
        from shop import commands

        commands.register(app)
        db.create_all()
    return app
""",
            "shop/extensions.py": """\
from concurrent.futures import ThreadPoolExecutor

from flask import current_app
from flask_babel import Babel
from flask_sqlalchemy import SQLAlchemy
from werkzeug.local import LocalProxy

babel = Babel()
db = SQLAlchemy()
pool = ThreadPoolExecutor(max_workers=2)
limits = LocalProxy(lambda: current_app.config.get("LIMITS", {}))
""",
            "shop/models.py": """\
from shop.extensions import db


class Order(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    text = db.Column(db.String(80), nullable=False)

    @classmethod
    def newest(cls, count=10):
        return cls.query.order_by(cls.id.desc()).limit(count)
""",
            "shop/commands.py": """\
import click
from flask import Flask, current_app

from shop.extensions import db

NAME = current_app.name


def register(app: Flask) -> None:
    @app.cli.command("setup")
    @click.option("--drop", is_flag=True)
    def setup(drop: bool) -> None:
        if drop:
            db.drop_all()
        db.create_all()
        click.echo(f"{NAME} is ready: {current_app.config['SQLALCHEMY_DATABASE_URI']}")
""",
            "shop/forms.py": """\
from flask_babel import gettext, lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import SelectField, StringField
from wtforms.validators import DataRequired, ValidationError

from shop.models import Order


class OrderForm(FlaskForm):
    text = StringField(_("What"), validators=[DataRequired(_("Say what"))])
    after = SelectField(_("After"), coerce=int)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.after.choices = [(0, gettext("Nothing")), *((each.id, each.text) for each in Order.newest())]

    def validate_text(self, field):
        if field.data == "nothing":
            raise ValidationError(gettext("That is nothing"))
""",
            "shop/tasks.py": """\
from celery import shared_task
from flask import current_app

from shop.extensions import db
from shop.models import Order


@shared_task(ignore_result=True)
def confirm(order_id: int, address: str | None) -> None:
    order = db.session.get(Order, order_id)
    current_app.logger.info("order %s from %s is confirmed", order, address)
""",
            "shop/orders.py": """\
from threading import Thread

from flask import Blueprint, copy_current_request_context, current_app, redirect, render_template, request, url_for

from shop.extensions import db, pool
from shop.forms import OrderForm
from shop.models import Order
from shop.tasks import confirm

bp = Blueprint("orders", __name__, url_prefix="/orders")


def reindex(app, order_id):
    with app.app_context():
        app.logger.info("indexed %s of %s", order_id, Order.query.count())


def weigh(text):
    return len(text)


@bp.route("/", methods=["GET", "POST"])
def index():
    form = OrderForm()
    if form.validate_on_submit():
        order = Order(text=form.text.data)
        db.session.add(order)
        db.session.commit()
        Thread(target=reindex, args=(current_app._get_current_object(), order.id)).start()
        confirm.delay(order.id, request.remote_addr)
        return redirect(url_for(".index"))
    weights = list(pool.map(weigh, [order.text for order in Order.newest()]))
    return render_template("orders.html", form=form, weights=weights)


@bp.post("/audit")
def audit():
    @copy_current_request_context
    def note():
        current_app.logger.info("audit of %s", request.path)

    Thread(target=note, daemon=True).start()
    return {"state": "noted"}, 202
""",
            "shop/reports.py": """\
from flask import Blueprint, Response, request, stream_with_context

from shop.models import Order

bp = Blueprint("reports", __name__)


def lines(separator):
    for number in range(3):
        yield f"{number}{separator}\\n"


@bp.get("/orders.csv")
def orders():
    def generate():
        yield "id,text\\n"
        for order in Order.newest(int(request.args.get("count", 10))):
            yield f"{order.id},{order.text}\\n"

    return Response(stream_with_context(generate()), mimetype="text/csv")


@bp.get("/numbers.csv")
def numbers():
    return lines(request.args.get("separator", ";")), {"Content-Type": "text/csv"}
""",
            "shop/templates/orders.html": "<form>{{ form.csrf_token }}{{ form.text }}{{ form.after }}</form>\n",
            "wsgi.py": "from shop import create_app\n\napp = create_app()\n",
            "tests/test_orders.py": """\
import pytest

from shop import create_app


@pytest.fixture
def app():
    app = create_app()
    with app.app_context():
        yield app


def test_url(app):
    with app.test_request_context():
        from flask import url_for

        assert url_for("orders.index") == "/orders/"
""",
            "requirements.txt": (
                "flask==3.1.0\nflask-sqlalchemy==3.1.1\nflask-babel==4.0.0\nflask-wtf==1.2.2\ncelery==5.4.0\n"
            ),
        },
    ),
    Healthy(
        "async views of Flask in one file",
        {
            "app.py": """\
import asyncio
from functools import wraps
from threading import Thread
from typing import Any

import flask as f
import httpx
from flask.views import MethodView

app = f.Flask(__name__)


async def fetch(client: httpx.AsyncClient, url: str) -> Any:
    answer = await client.get(url)
    return answer.json()


async def announce(name: str) -> None:
    async with httpx.AsyncClient() as client:
        await client.post("https://hooks.example.org/", json={"name": name})


def counted(view):
    @wraps(view)
    def wrapper(*args, **kwargs):
        f.g.calls = f.g.get("calls", 0) + 1
        return f.current_app.ensure_sync(view)(*args, **kwargs)

    return wrapper


def limited(view):
    @wraps(view)
    async def wrapper(*args, **kwargs):
        async with asyncio.timeout(5):
            return await view(*args, **kwargs)

    return wrapper


@app.get("/prices")
@counted
async def prices():
    async with httpx.AsyncClient(base_url="https://prices.example.org") as client:
        tasks = [asyncio.create_task(fetch(client, f"/{name}")) for name in f.request.args.getlist("name")]
        return {"prices": await asyncio.gather(*tasks)}


@app.get("/first")
@limited
async def first():
    slow = asyncio.create_task(asyncio.sleep(3, "slow"))
    quick = asyncio.create_task(asyncio.sleep(0, "quick"))
    done, pending = await asyncio.wait({slow, quick}, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    return {"first": sorted(task.result() for task in done)}


@app.post("/announce/<name>")
async def start(name: str):
    Thread(target=asyncio.run, args=(announce(name),), daemon=True).start()
    await asyncio.to_thread(app.logger.info, "announcing %s for %s", name, f.request.remote_addr)
    return {"state": "started"}, 202


class Item(MethodView):
    decorators = [counted]

    async def get(self, number: int):
        match number:
            case 0:
                f.abort(404)
            case _ if (found := await asyncio.sleep(0, number)):
                return {"number": found}
        return {"number": None}


app.add_url_rule("/items/<int:number>", view_func=Item.as_view("item"))


@app.errorhandler(404)
async def missing(error):
    return {"error": error.description}, 404
""",
            "requirements.txt": "flask[async]==3.1.0\nhttpx==0.28.1\n",
        },
    ),
    Healthy(
        "a Quart app with background tasks and a websocket",
        {
            "board/__init__.py": """\
from quart import Quart

from .messages import bp
from .pages import pages


def create_app() -> Quart:
    app = Quart(__name__)
    app.config.from_prefixed_env()
    app.register_blueprint(bp, url_prefix="/messages")
    app.register_blueprint(pages)
    return app
""",
            "board/guards.py": """\
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any

from quart import abort, current_app, request


def with_token(view: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    @wraps(view)
    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        if request.headers.get("X-Token") != current_app.config["TOKEN"]:
            abort(401)
        return await current_app.ensure_async(view)(*args, **kwargs)

    return wrapper
""",
            "board/messages.py": """\
import asyncio
import time

from quart import Blueprint, current_app, request, websocket
from quart.utils import run_sync

from .guards import with_token

bp = Blueprint("messages", __name__)
waiting: set[asyncio.Queue[str]] = set()


async def tell(text: str) -> None:
    for queue in list(waiting):
        await queue.put(text)


def slow_count(text: str) -> int:
    time.sleep(0.1)
    return len(text.split())


@bp.post("/")
@with_token
async def add():
    text = (await request.get_json())["text"]
    current_app.add_background_task(tell, text)
    asyncio.create_task(tell("again"))
    return {"words": await run_sync(slow_count)(text)}, 202


@bp.websocket("/live")
async def live():
    queue: asyncio.Queue[str] = asyncio.Queue()
    waiting.add(queue)
    try:
        while True:
            await websocket.send(await queue.get())
    finally:
        waiting.discard(queue)
""",
            "board/pages.py": """\
from quart import Blueprint, render_template, request, stream_with_context

pages = Blueprint("pages", __name__)


@pages.get("/")
async def index():
    return await render_template("index.html", name=request.args.get("name", "nobody"))


@pages.get("/lines")
async def lines():
    @stream_with_context
    async def generate():
        yield f"{request.path}\\n"

    return generate(), {"Content-Type": "text/plain"}
""",
            "board/templates/index.html": "<p>Hello {{ name }}</p>\n",
            "requirements.txt": "quart==0.20.0\n",
        },
    ),
]
