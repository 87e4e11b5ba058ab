"""FD501: something that needs a context and is evaluated while the module is imported."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from flaskdoctor.finding import Severity, Tip
from flaskdoctor.project.flask_names import APP_CLASSES
from flaskdoctor.project.importtime import evaluated_at_import
from flaskdoctor.project.models import SQLALCHEMY, is_model
from flaskdoctor.project.module import Module
from flaskdoctor.rules.rule import Bad, Candidate, Good, Hit, Rule, Site

if TYPE_CHECKING:
    from flaskdoctor.fixes.python import FileEdit
    from flaskdoctor.project.snapshot import Project

_PROXIES = {
    f"{module}.{name}": f"{kind} context"
    for module in ("flask", "flask.globals")
    for name, kind in (("current_app", "app"), ("g", "app"), ("request", "request"), ("session", "request"))
}
_PROXY_NAMES = frozenset({"current_app", "g", "request", "session"})
_URL_FOR = frozenset({"flask.url_for", "flask.helpers.url_for"})

# What an object of Flask-SQLAlchemy >= 3 does inside an app context only; each was tried outside of one.
_SCHEMA_METHODS = frozenset({"create_all", "drop_all", "reflect"})
_ENGINES = frozenset({"engine", "engines"})
_SESSION_METHODS = frozenset(
    {"query", "add", "add_all", "execute", "scalars", "scalar", "get", "commit", "rollback", "flush", "delete"}
)
# Flask-SQLAlchemy 2, where ``SQLAlchemy(app)`` needs no context, cannot be imported with this Flask or a later one.
_FLASK_WITHOUT_SQLALCHEMY_2 = (3, 0)

_ADVICE = (
    "Move it into the function that needs it (a view, a command, the factory), where a context is active, or put it "
    "under `with app.app_context():` right after the app is made."
)


class ContextAtImport(Rule):
    """Something that needs an app or request context is evaluated while the module is imported.

    ## What it finds

    `current_app`, `g`, `request` and `session` of which an attribute or item is read, `url_for(..)`, and with
    Flask-SQLAlchemy 3 `db.create_all()`, `Model.query`, `db.session.execute(..)` and `db.engine`, in the body of a
    module or a class, in a decorator or in a default argument. It reports only what certainly runs, in modules that
    the app's own module certainly loads before any context exists.

    So it says nothing about function bodies and lambdas, about anything under `if`, `try` or `with`, about modules
    that are imported inside a function or inside `with app.app_context():`, and about projects that push a context by
    hand where they start.

    ## Why it matters

    These names are not objects but *proxies*: they look up the app or the request that is being handled right now.
    During the import there is none, so the import ends in

    ```text
    RuntimeError: Working outside of application context.
    ```

    and the app does not start. The everyday case is `db.create_all()` behind `db = SQLAlchemy(app)`, which worked
    until Flask-SQLAlchemy 3.0 (October 2022) and still stands in many tutorials. Another is a form class with
    `choices=[(c.id, c.name) for c in Category.query]`: even inside a context it would be read once, at start, and
    never again.

    ## What to do instead

    Evaluate it when it is needed: in the view, in the form's `__init__`, in a `flask` command. What belongs to the
    start of the app goes under a context of that app:

    ```python
    with app.app_context():
        db.create_all()
    ```

    Where a module-level name is wanted, `LocalProxy(lambda: current_app.extensions["search"])` looks it up later.

    ## References

    - [Flask: the application context](https://flask.palletsprojects.com/en/stable/appcontext/)
    - [Flask-SQLAlchemy: create the tables](https://flask-sqlalchemy.palletsprojects.com/en/stable/quickstart/#create-the-tables)
    - [Flask-SQLAlchemy 3.0: an active app context is required](https://flask-sqlalchemy.palletsprojects.com/en/stable/changes/#version-3-0-0)
    """

    code = "FD501"
    name = "context-at-import"
    tip = Tip.CONTEXTS
    severity = Severity.ERROR
    fix_title = "Put it under the app's context"
    needs = (b"current_app", b"request", b"session", b"g.", b"url_for", b"_all()", b"reflect(", b".query", b".engine")

    bad = [
        Bad(
            """\
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite://"
db = SQLAlchemy(app)


class User(db.Model):
    id = db.Column(db.Integer, primary_key=True)


# The tables.
db.create_all()


@app.route("/")
def index():
    return {"users": User.query.count()}
""",
            fixed="""\
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite://"
db = SQLAlchemy(app)


class User(db.Model):
    id = db.Column(db.Integer, primary_key=True)


# The tables.
with app.app_context():
    db.create_all()


@app.route("/")
def index():
    return {"users": User.query.count()}
""",
        ),
        # init_app; the database of another file; more than one call.
        Bad(
            {
                "shop/__init__.py": """\
import flask

from shop.models import db

app = flask.Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite://"
db.init_app(app)
db.drop_all()
db.create_all()  # all tables
""",
                "shop/models.py": """\
import flask_sqlalchemy

db = flask_sqlalchemy.SQLAlchemy()
""",
            },
            fixed={
                "shop/__init__.py": """\
import flask

from shop.models import db

app = flask.Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite://"
db.init_app(app)
with app.app_context():
    db.drop_all()
with app.app_context():
    db.create_all()  # all tables
""",
            },
            hits=2,
        ),
        # The app of a factory.
        Bad(
            {
                "wsgi.py": "from shop import create_app, db\n\napp = create_app()\ndb.create_all()\n",
                "shop.py": """\
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

db = SQLAlchemy()


def create_app():
    app = Flask(__name__)
    app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite://"
    db.init_app(app)
    return app
""",
            },
            fixed={
                "wsgi.py": (
                    "from shop import create_app, db\n\napp = create_app()\n"
                    "with app.app_context():\n    db.create_all()\n"
                ),
            },
        ),
        # A proxy in a module that the app imports, a default argument, a decorator, a class body.
        Bad(
            {
                "app.py": "from flask import Flask\nimport views\n\napp = Flask(__name__)\n",
                "views.py": """\
import flask as f
from flask import current_app as app, request, url_for

PAGE = app.config["PAGE"]


def show(page=request.args.get("page")):
    return page


@f.current_app.route("/")
def index():
    return "x"


class Links:
    home = url_for("index")
    other = [url_for(name) for name in ("a", "b")]
    user = f.g.user
    language = f.session["language"]
""",
            },
            hits=5,
        ),
        # Queries in a form; Model.query is a property that asks for the context itself.
        Bad(
            {
                "shop/__init__.py": """\
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

db = SQLAlchemy()


def create_app():
    app = Flask(__name__)
    db.init_app(app)
    return app


from shop import forms
""",
                "shop/models.py": """\
from shop import db


class Base(db.Model):
    __abstract__ = True


class Category(Base):
    id = db.Column(db.Integer, primary_key=True)


DRIVER = db.engine.name
""",
                "shop/forms.py": """\
from wtforms import Form, SelectField

from shop import db
from shop.models import Category

everything = db.session.execute(db.select(Category)).all()


class Search(Form):
    category = SelectField(choices=[(c.id, c.name) for c in Category.query.all()])
""",
            },
            hits=3,
        ),
    ]

    good = [
        # Evaluated later: function and lambda bodies, proxies, annotations; handed on without being looked into.
        """\
from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Flask, current_app, g, request, session, url_for
from flask_sqlalchemy import SQLAlchemy
from werkzeug.local import LocalProxy

app = Flask(__name__)
db = SQLAlchemy(app)
search = LocalProxy(lambda: current_app.extensions["search"])
user = LocalProxy(lambda: g.user)
me = current_app
get_app = current_app._get_current_object
name: session.name
links = (url_for, lambda: url_for("index"))
rows = (request.args[name] for name in ("a", "b"))

if TYPE_CHECKING:
    PAGE = current_app.config["PAGE"]


class User(db.Model):
    id = db.Column(db.Integer, primary_key=True)


def show(users=lambda: User.query.all()) -> request.args:
    def inner(page=request.args.get("page")):
        return page

    db.create_all()
    return inner()


if __name__ == "__main__":
    print(current_app.config)
""",
        # Under a context, in every form.
        """\
from contextlib import ExitStack

from flask import Flask, current_app, url_for
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
db = SQLAlchemy(app)

with app.app_context():
    db.create_all()
    PAGE = current_app.config.get("PAGE")

with app.test_request_context():
    HOME = url_for("static", filename="x")
""",
        """\
from flask import Flask, current_app
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
db = SQLAlchemy(app)
app.app_context().push()
db.create_all()
PAGE = current_app.config.get("PAGE")
""",
        # A module that is imported inside a function or a context, as factories do.
        {
            "shop/__init__.py": """\
from flask import Flask


def create_app():
    app = Flask(__name__)
    with app.app_context():
        from shop import routes
    return app
""",
            "shop/routes.py": """\
from flask import current_app as app

from shop.helpers import page_size


@app.route("/")
def index():
    return str(page_size)
""",
            "shop/helpers.py": "from flask import current_app\n\npage_size = current_app.config['PAGE']\n",
        },
        {
            "wsgi.py": "from shop import create_app\n\napp = create_app()\nwith app.app_context():\n    import tasks\n",
            "shop.py": "from flask import Flask\n\n\ndef create_app():\n    return Flask(__name__)\n",
            "tasks.py": "from flask import current_app\n\nlogger = current_app.logger\n",
        },
        # A worker that pushes a context and then imports what needs one.
        {
            "worker.py": """\
from shop import create_app

app = create_app()
app.app_context().push()

import tasks
""",
            "shop.py": "from flask import Flask\n\n\ndef create_app():\n    app = Flask(__name__)\n    return app\n",
            "tasks.py": "from flask import current_app\n\nlogger = current_app.logger\n",
        },
        # Guards: a test, a try, a short circuit.
        """\
from contextlib import suppress

from flask import Flask, current_app, has_app_context, request

app = Flask(__name__)
PAGE = current_app.config["PAGE"] if current_app else 20
SIZE = has_app_context() and current_app.config["SIZE"]
if request:
    LANGUAGE = request.args.get("language")
try:
    LOGGER = current_app.logger
except RuntimeError:
    LOGGER = app.logger
with suppress(RuntimeError):
    NAME = current_app.name
""",
        # Alembic's files run inside `flask db upgrade`, which has a context.
        {
            "app.py": "from flask import Flask\n\napp = Flask(__name__)\n",
            "migrations/env.py": """\
from flask import current_app

target = current_app.extensions["migrate"].db
""",
        },
        # A script that nothing imports, as it is fed to `flask shell`; tests under pytest-flask.
        {
            "app.py": """\
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
db = SQLAlchemy(app)


class User(db.Model):
    id = db.Column(db.Integer, primary_key=True)
""",
            "seed.py": "from app import User, db\n\ndb.create_all()\nprint(User.query.all())\n",
            "tests/test_app.py": "from app import User\n\nUSERS = User.query\n",
        },
        # Flask-SQLAlchemy 2 knows its app; with Flask 2 it can still be installed.
        Good(
            """\
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
db = SQLAlchemy(app)


class User(db.Model):
    id = db.Column(db.Integer, primary_key=True)


db.create_all()
FIRST = User.query.first()
""",
            flask="2.2.5",
        ),
        # Other things with the same names.
        """\
from celery import current_app
from flask import Flask
from requests import Session
from sqlalchemy import MetaData, create_engine
from sqlalchemy.orm import declarative_base, scoped_session, sessionmaker

app = Flask(__name__)
current_app.conf.update(x=1)
session = Session()
session.headers["a"] = "b"
engine = create_engine("sqlite://")
Base = declarative_base()
Base.metadata.create_all(engine)
Base.query = scoped_session(sessionmaker(bind=engine)).query_property()
db = MetaData()
db.create_all(engine)


class User(Base):
    pass


FIRST = User.query.first()
""",
        # The session and the metadata as values.
        """\
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from marshmallow_sqlalchemy import SQLAlchemyAutoSchema

app = Flask(__name__)
db = SQLAlchemy(app)
tables = db.metadata.tables
query = db.session.query_property()


class UserSchema(SQLAlchemyAutoSchema):
    class Meta:
        sqla_session = db.session
""",
    ]

    def check(self, module: Module) -> Iterator[Hit]:
        """What is evaluated at import, in files that a running app imports; each proxy, model and session once."""
        if module.role not in ("app", "script"):
            return
        seen: set[tuple[str, ...]] = set()
        for node, what, data in _evaluations(module):
            if data in seen or not module.at_import(node) or not _certain(module, node):
                continue
            context = data[2]
            if data[0] == "schema":
                # Each of these statements has a fix of its own.
                parts = _wrapping(module, node)
                yield Hit(
                    node,
                    f"{what} runs at import, where there is no {context} yet",
                    data=data,
                    parts=parts,
                    fixable=bool(parts),
                    advice="" if parts else _ADVICE,
                )
                continue
            seen.add(data)
            yield Hit(
                node,
                f"{what} is evaluated at import, where there is no {context} yet",
                data=data,
                fixable=False,
                advice=_ADVICE,
            )

    def judge(self, candidate: Candidate, project: Project) -> Severity | None:
        """Keep it in modules that load before any context, and for the objects that really need one."""
        links, path = project.links, candidate.location.path
        kind, name = str(candidate.data[0]), str(candidate.data[1])
        if kind != "proxy":
            if not project.dependencies.flask_at_least(_FLASK_WITHOUT_SQLALCHEMY_2):
                return None
            is_one = is_model(links, name, path) if kind == "model" else links.constructor(name, path) == SQLALCHEMY
            if not is_one:
                return None
        return candidate.severity if path in links.loaded_at_start else None

    def fix(self, site: Site, edit: FileEdit) -> None:
        """Put the statement under ``with app.app_context():``."""
        edit.wrap_statements([site.module.statement_of(site.node)], f"with {site.hit.parts['app']}.app_context():")


def _evaluations(module: Module) -> Iterator[tuple[ast.AST, str, tuple[str, str, str]]]:
    """Nodes that ask for a context when they are evaluated, as text, with what ``judge`` needs to know."""
    proxies = _proxy_names(module)
    for node in evaluated_at_import(module.ast):
        if isinstance(node, ast.Call) and module.resolve(node.func) in _URL_FOR:
            yield node, "url_for()", ("proxy", "flask.url_for", "app context")
        if not isinstance(node, ast.Attribute | ast.Subscript):
            continue
        value = node.value
        if (isinstance(value, ast.Name) and value.id in proxies) or (
            isinstance(value, ast.Attribute) and value.attr in _PROXY_NAMES
        ):
            name = module.resolve(value)
            attribute = node.attr if isinstance(node, ast.Attribute) else ""
            if name in _PROXIES and not attribute.startswith("_"):
                what = name.rpartition(".")[2] + (f".{attribute}" if attribute else "[..]")
                yield node, what, ("proxy", name, _PROXIES[name])
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
            yield from _database(module, node)


def _proxy_names(module: Module) -> frozenset[str]:
    """The names of this module's top level that may stand for one of the proxies."""
    return frozenset(
        name
        for name, bindings in module.names.module_scope.bindings.items()
        if any(item.target in _PROXIES or isinstance(item.value, ast.Name | ast.Attribute) for item in bindings)
    ) | (_PROXY_NAMES if module.names.stars else frozenset())


def _database(module: Module, node: ast.Attribute) -> Iterator[tuple[ast.AST, str, tuple[str, str, str]]]:
    value = node.value
    parent = module.parent(node)
    called = isinstance(parent, ast.Call) and parent.func is node
    context = "app context"
    if node.attr == "query" or node.attr in _ENGINES or (called and node.attr in _SCHEMA_METHODS):
        name = module.resolve(value)
        if name is None or name.startswith(("flask.", "builtins.")):
            return
        short = f"{name.rpartition('.')[2]}.{node.attr}"
        if node.attr == "query":
            yield node, short, ("model", name, context)
        elif called:
            assert parent is not None
            yield parent, f"{short}()", ("schema", name, context)
        else:
            yield node, short, ("sqlalchemy", name, context)
    if called and node.attr in _SESSION_METHODS and isinstance(value, ast.Attribute) and value.attr == "session":
        name = module.resolve(value.value)
        if name is not None and parent is not None:
            yield parent, f"{name.rpartition('.')[2]}.session.{node.attr}()", ("sqlalchemy", name, context)


def _certain(module: Module, node: ast.AST) -> bool:
    """Whether a node that is evaluated at import is so whatever happens: no ``if``, ``try``, ``with`` or loop."""
    child = node
    for parent in module.ancestors(node):
        match parent:
            case ast.If() | ast.While() | ast.IfExp():
                certain = child is parent.test
            case ast.BoolOp():
                certain = child is parent.values[0]
            case ast.Try() | ast.TryStar():
                certain = child in parent.finalbody or (child in parent.body and not parent.handlers)
            case ast.With() | ast.AsyncWith():
                certain = isinstance(child, ast.withitem)
            case ast.For() | ast.AsyncFor() | ast.comprehension():
                certain = child is parent.iter
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                certain = child is parent.generators[0]
            case ast.Match():
                certain = child is parent.subject
            case ast.Compare():
                certain = child is parent.left or child is parent.comparators[0]
            case _:
                certain = True
        if not certain:
            return False
        child = parent
    return True


def _wrapping(module: Module, node: ast.AST) -> dict[str, object]:
    """The app whose context a statement of the top level can stand in; empty where there is not just one."""
    statement = module.statement_of(node)
    if not isinstance(statement, ast.Expr) or statement.value is not node or statement not in module.ast.body:
        return {}
    before = module.ast.body[: module.ast.body.index(statement)]
    apps: dict[str, bool] = {}  # name: whether its factory gave it the database
    for item in before:
        if isinstance(item, ast.Assign) and isinstance(item.value, ast.Call) and len(item.targets) == 1:
            callee = module.resolve(item.value.func) or ""
            target = item.targets[0]
            if isinstance(target, ast.Name) and (
                callee in APP_CLASSES or callee.rpartition(".")[2] in ("create_app", "make_app")
            ):
                apps[target.id] = callee not in APP_CLASSES
    if len(apps) != 1:
        return {}
    app, ready = next(iter(apps.items()))
    return {"app": app} if ready or _has_database(module, before, app) else {}


def _has_database(module: Module, before: list[ast.stmt], app: str) -> bool:
    """Whether ``SQLAlchemy(app)`` or ``db.init_app(app)`` stands above."""
    for item in before:
        call = item.value if isinstance(item, ast.Assign | ast.Expr) else None
        if isinstance(call, ast.Call) and any(isinstance(arg, ast.Name) and arg.id == app for arg in call.args):
            initialises = isinstance(call.func, ast.Attribute) and call.func.attr == "init_app"
            if initialises or module.resolve(call.func) == SQLALCHEMY:
                return True
    return False
