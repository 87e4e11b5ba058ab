"""FD204: an object in the session, whose cookie holds JSON."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from flaskdoctor.finding import Severity, Tip
from flaskdoctor.project.code.module import Module
from flaskdoctor.project.pages.session_values import Held, held, is_refused
from flaskdoctor.project.pages.sessions import in_socket_handler, kept_on_server
from flaskdoctor.project.pages.sessionwrites import SPEAKS_OF_WRITES, session_writes
from flaskdoctor.rules.rule import Bad, Candidate, Good, Hit, Rule

if TYPE_CHECKING:
    from flaskdoctor.project.snapshot import Project

_ENCODERS = ("JSONProvider", "JSONEncoder", "SecureCookieSessionInterface", "TaggedJSONSerializer", "JSONTag")


class UnserialisableSessionValue(Rule):
    """An object is put into the session, and the session is written as JSON: the request ends in a TypeError.

    ## What it finds

    Values of `flask.session` that surely are no JSON: a model (`session["user"] = User.query.get(1)`), Flask-Login's
    `current_user`, an object of one of the project's classes, a set, `dict.keys()`, a generator, a `timedelta`, a
    `Path`, a DataFrame, an uploaded file; also inside a dict, a list or a tuple, and through a variable.

    Nothing is said where the session is kept on the server (most stores pickle it), where the project has a JSON
    provider, an encoder or a session interface of its own, and in handlers of Flask-SocketIO, whose session is a dict
    of their own.

    ## Why it matters

    The line itself works. The error comes when the response is sent, from inside of Flask, far from the line that is
    wrong:

    ```
    TypeError: Object of type User is not JSON serializable
    ```

    The user sees 500, and all that the view did is done. Where the line stands in an `if`, only those who get there.

    Flask's session knows more than plain JSON: tuples, bytes, `datetime`, UUIDs, `Markup` and dataclasses can be
    stored. What comes back is not always what went in: a dataclass comes back as a dict, a `date` and a `Decimal` as
    text.

    ## What to do instead

    Store the id and load the object where it is needed. That is right for objects that could be stored, too: a copy
    in a cookie does not notice when the row changes, and old cookies bring back old data.

    ```python
    session["user_id"] = user.id

    user = db.session.get(User, session["user_id"])
    ```

    A set becomes a list (`sorted(names)`), a `timedelta` its `total_seconds()`.

    ## References

    - [Flask: sessions](https://flask.palletsprojects.com/en/stable/quickstart/#sessions)
    - [Flask: what the session can hold](https://flask.palletsprojects.com/en/stable/api/#flask.json.tag.TaggedJSONSerializer)
    """

    code = "FD204"
    name = "unserialisable-session-value"
    tip = Tip.SESSION
    severity = Severity.WARNING
    needs = (b"session",)
    pattern = SPEAKS_OF_WRITES

    bad = [
        Bad(
            """\
from flask import Flask, session
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
db = SQLAlchemy(app)


class User(db.Model):
    id = db.Column(db.Integer, primary_key=True)


@app.post("/login/<name>")
def login(name):
    session["user"] = User.query.filter_by(name=name).first()
    return "hello"
""",
        ),
        # Flask-Login's user, an object, a set; `import flask as f`, other ways to write, a factory, inside of others.
        Bad(
            """\
import flask as f
from flask_login import current_user


class Cart:
    def __init__(self, items):
        self.items = items


def create_app():
    app = f.Flask(__name__)

    @app.route("/a")
    def a():
        f.session["user"] = current_user
        f.session.update(cart=Cart([]), seen={1, 2})
        f.session.setdefault("last", {"by": current_user._get_current_object()})
        f.session["names"]: object = f.request.args.keys()
        return "a"

    return app
""",
            hits=5,
        ),
        # The models stand in another file; another name for the session, a variable, a walrus, a list.
        Bad(
            {
                "shop/__init__.py": """\
from flask import Blueprint, Flask
from flask_sqlalchemy import SQLAlchemy

db = SQLAlchemy()
bp = Blueprint("shop", __name__)
from shop import views

app = Flask(__name__)
db.init_app(app)
app.register_blueprint(bp)
""",
                "shop/models.py": """\
from shop import db


class Base(db.Model):
    __abstract__ = True


class Item(Base):
    id = db.Column(db.Integer, primary_key=True)
""",
                "shop/views.py": """\
import datetime

from flask import request
from flask import session as kept
from shop import bp, db
from shop.models import Item


@bp.route("/add/<int:item_id>")
def add(item_id):
    item = db.get_or_404(Item, item_id)
    kept["last"] = item
    kept["all"] = db.session.query(Item).order_by(Item.id).all()
    kept["new"], kept["time"] = Item(), datetime.timedelta(hours=1)
    kept["first"] = (found := db.session.get(Item, 1)) or None
    kept["file"] = request.files["file"]
    return str(found)
""",
            },
            hits=6,
        ),
        # In a class, in a hook, in one arm; a generator, a map, a table, a path.
        Bad(
            """\
from pathlib import Path

import pandas as pd
from flask import Flask, session
from flask.views import MethodView

app = Flask(__name__)


class Names(MethodView):
    async def post(self):
        session["names"] = map(str, [1, 2]) if app.debug else []
        session["sizes"] = [(n for n in (1, 2))]
        session["table"], session["folder"] = pd.read_csv("names.csv"), {"of": Path("names")}
        return "names"


@app.before_request
def start():
    session["tags"] = frozenset()


app.add_url_rule("/names", view_func=Names.as_view("names"))
""",
            hits=5,
        ),
    ]

    good = [
        # What the session can hold.
        """\
import datetime
import uuid
from collections import OrderedDict
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

import pandas as pd
from flask import Flask, request, session
from flask_login import current_user
from markupsafe import Markup

app = Flask(__name__)


@dataclass
class Size:
    width: int = 0


class Step(IntEnum):
    ONE = 1


@app.route("/")
def index():
    session["id"] = current_user.id
    session["names"] = sorted({"a", "b"})
    session["pair"] = ("a", 1)
    session["when"] = datetime.datetime.now()
    session["key"] = uuid.uuid4()
    session["text"] = Markup("<b>")
    session["bytes"] = b"x"
    session["form"] = request.form.to_dict()
    session["order"] = OrderedDict()
    session["size"] = Size(3)
    session["step"] = Step(1)
    session["left"] = datetime.timedelta(hours=1).total_seconds()
    session["keys"] = list({"a": 1}.keys())
    session["count"] = len({1, 2})
    session["x"] = request.args.get("x")
    session["folder"] = str(Path("a"))
    session["file"] = Path("a.txt").name
    session["rows"] = pd.read_csv("a.csv").to_dict()
    return "ok"
""",
        # Parts of a model, rows, numbers.
        """\
from flask import Flask, session
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
db = SQLAlchemy(app)


class User(db.Model):
    id = db.Column(db.Integer, primary_key=True)

    def to_dict(self):
        return {"id": self.id}


@app.route("/")
def index():
    user = User.query.get(1)
    session["user"] = user.id
    session["data"] = user.to_dict()
    session["count"] = User.query.count()
    session["ids"] = [row.id for row in User.query.all()]
    session["name"] = User.query.with_entities(User.id).first()
    session["row"] = db.session.query(User.id).first()
    session["first"] = cached.get("first", 1)
    session["known"] = User.query.first() is not None
    user = session["user"]
    session["again"] = user
    return "ok"


cached = {}
""",
        # A dict's subclass, a class that the encoder may know, something that only looks like a class.
        {
            "app.py": """\
from flask import Flask, session
from shapes import Basket, Point, Title
from wtforms import Form

app = Flask(__name__)


@app.route("/")
def index():
    session["basket"] = Basket()
    session["point"] = Point(1)
    session["title"] = Title("a")
    session["form"] = Form().data
    return "ok"
""",
            "shapes.py": """\
import dataclasses


class Basket(dict):
    def __init__(self):
        super().__init__()


@dataclasses.dataclass
class Point:
    x: int


def Title(text):
    return text.title()
""",
        },
        # On the server, or with an encoder of the project's own.
        {
            "requirements.txt": "flask==3.1.0\nFlask-Session==0.8.0\n",
            "app.py": """\
from flask import Flask, session
from flask_login import current_user

app = Flask(__name__)


@app.route("/")
def index():
    session["user"] = current_user
    return "ok"
""",
        },
        """\
from flask import Flask, session
from flask.json.provider import DefaultJSONProvider


class Provider(DefaultJSONProvider):
    def default(self, o):
        return sorted(o) if isinstance(o, set) else super().default(o)


app = Flask(__name__)
app.json = Provider(app)


@app.route("/")
def index():
    session["names"] = {"a"}
    return "ok"
""",
        # Flask-SocketIO's handlers keep what they are given, on the server.
        """\
from flask import Flask, session
from flask_login import current_user
from flask_socketio import Namespace, SocketIO

app = Flask(__name__)
socketio = SocketIO(app)


@socketio.on("connect")
def connect():
    session["user"] = current_user


@socketio.event
def join(data):
    session["rooms"] = set(data)


class Chat(Namespace):
    def on_connect(self):
        session["user"] = current_user._get_current_object()
""",
        # Other sessions; a test.
        """\
import requests
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
db = SQLAlchemy(app)


@app.route("/")
def index():
    session = requests.Session()
    session["names"] = {"a"}
    db.session["names"] = {"a"}
    return "ok"
""",
        Good(
            {
                "tests/test_session.py": """\
from flask import Flask, session

app = Flask(__name__)


def test_session():
    with app.test_request_context():
        session["names"] = {"a"}
""",
            }
        ),
    ]

    def check(self, module: Module) -> Iterator[Hit]:
        """The writes of what is no JSON."""
        if module.role in ("test", "migration"):
            return
        for write in session_writes(module):
            if write.value is None or isinstance(module.parent(write.node), ast.AugAssign):
                continue
            if in_socket_handler(module, write.node):
                continue
            what = held(module, write.value)
            if what is not None:
                key = f'session["{write.key}"]' if write.key is not None else "session[..]"
                yield Hit(
                    write.node,
                    f"{key} gets {what.words}: the session is JSON, and the request ends in a TypeError",
                    severity=Severity.INFO if module.role in ("example", "docs") else None,
                    advice=_ADVICE,
                    data=tuple(what),
                )

    def judge(self, candidate: Candidate, project: Project) -> Severity | None:
        """Drop it where the session is no plain cookie, or the class is one that the encoder knows."""
        if kept_on_server(project) or _own_encoder(project):
            return None
        words, instance, model = (str(item) for item in candidate.data)
        known = is_refused(project.links, Held(words, instance, model), candidate.location.path)
        return candidate.severity if known else None


_ADVICE = (
    'Store the id (`session["user_id"] = user.id`) and load the object where it is needed; a set becomes a list, '
    "a timedelta its total_seconds()."
)


def _own_encoder(project: Project) -> bool:
    """Whether the project writes its JSON in a way of its own."""
    return any(
        "json_encoder" in facts.attributes_set
        or any(base.endswith(_ENCODERS) for bases in facts.classes.values() for base in bases)
        for facts in project.modules.values()
    )
