"""FD501: something that needs a context and is evaluated while the module is imported."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from flaskdoctor.finding import Severity, Tip
from flaskdoctor.project.code.module import Module
from flaskdoctor.project.contexts.appcontexts import context_for
from flaskdoctor.project.contexts.importneeds import certain, evaluations
from flaskdoctor.project.contexts.models import SQLALCHEMY, is_model
from flaskdoctor.rules.rule import Bad, Candidate, Good, Hit, Rule, Site

if TYPE_CHECKING:
    from flaskdoctor.fixes.python import FileEdit
    from flaskdoctor.project.snapshot import Project

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
""",
        ),
        # init_app; the database of another file; more than one call.
        Bad(
            {
                "shop/__init__.py": (
                    "import flask\n\nfrom shop.models import db\n\napp = flask.Flask(__name__)\n"
                    "app.config.update(SQLALCHEMY_DATABASE_URI='sqlite://')\n"
                    "db.init_app(app)\ndb.drop_all()\ndb.create_all()  # all tables\n"
                ),
                "shop/models.py": "import flask_sqlalchemy\n\ndb = flask_sqlalchemy.SQLAlchemy()\n",
            },
            fixed={
                "shop/__init__.py": (
                    "import flask\n\nfrom shop.models import db\n\napp = flask.Flask(__name__)\n"
                    "app.config.update(SQLALCHEMY_DATABASE_URI='sqlite://')\n"
                    "db.init_app(app)\nwith app.app_context():\n    db.drop_all()\n"
                    "with app.app_context():\n    db.create_all()  # all tables\n"
                ),
            },
            hits=2,
        ),
        # The app of a factory.
        Bad(
            {
                "wsgi.py": "from shop import create_app, db\n\napp = create_app()\ndb.create_all()\n",
                "shop.py": "from flask import Flask\nfrom flask_sqlalchemy import SQLAlchemy\n\ndb = SQLAlchemy()\n\n\n"
                "def create_app():\n    app = Flask(__name__)\n"
                "    app.config['SQLALCHEMY_DATABASE_URI'] = 'sqlite://'\n    db.init_app(app)\n    return app\n",
            },
            fixed={
                "wsgi.py": (
                    "from shop import create_app, db\n\napp = create_app()\n"
                    "with app.app_context():\n    db.create_all()\n"
                ),
            },
        ),
        # A name that was given to something around the app: advice.
        Bad(
            """\
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from middleware import Prefixed

app = Flask(__name__)
db = SQLAlchemy(app)
app = Prefixed(app)
db.create_all()
""",
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
                "shop/__init__.py": (
                    "from flask import Flask\nfrom flask_sqlalchemy import SQLAlchemy\n\ndb = SQLAlchemy()\n\n\n"
                    "def create_app():\n    app = Flask(__name__)\n    db.init_app(app)\n    return app\n\n\n"
                    "from shop import forms\n"
                ),
                "shop/models.py": (
                    "from shop import db\n\n\nclass Base(db.Model):\n    __abstract__ = True\n\n\n"
                    "class Category(Base):\n    id = db.Column(db.Integer, primary_key=True)\n\n\n"
                    "DRIVER = db.engine.name\n"
                ),
                "shop/forms.py": (
                    "from wtforms import Form, SelectField\n\nfrom shop import db\nfrom shop.models import Category\n"
                    "\neverything = db.session.execute(db.select(Category)).all()\n\n\nclass Search(Form):\n"
                    "    category = SelectField(choices=[(c.id, c.name) for c in Category.query.all()])\n"
                ),
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
        "from contextlib import ExitStack\n\nfrom flask import Flask, current_app, url_for\n"
        "from flask_sqlalchemy import SQLAlchemy\n\napp = Flask(__name__)\ndb = SQLAlchemy(app)\n\n"
        'with app.app_context():\n    db.create_all()\n    PAGE = current_app.config.get("PAGE")\n\n'
        'with app.test_request_context():\n    HOME = url_for("static", filename="x")\n',
        "from flask import Flask, current_app\n\napp = Flask(__name__)\napp.app_context().push()\n"
        "PAGE = current_app.config.get('PAGE')\n",
        # A module that is imported inside a function or a context, as factories do.
        {
            "shop/__init__.py": "from flask import Flask\n\n\ndef create_app():\n    app = Flask(__name__)\n"
            "    with app.app_context():\n        from shop import routes\n    return app\n",
            "shop/routes.py": "from flask import current_app as app\n\nfrom shop.helpers import page_size\n\n\n"
            "@app.route('/')\ndef index():\n    return str(page_size)\n",
            "shop/helpers.py": "from flask import current_app\n\npage_size = current_app.config['PAGE']\n",
        },
        {
            "wsgi.py": "from shop import create_app\n\napp = create_app()\nwith app.app_context():\n    import tasks\n",
            "shop.py": "from flask import Flask\n\n\ndef create_app():\n    return Flask(__name__)\n",
            "tasks.py": "from flask import current_app\n\nlogger = current_app.logger\n",
        },
        # A worker that pushes a context and then imports what needs one.
        {
            "worker.py": "from shop import create_app\n\napp = create_app()\napp.app_context().push()\n\n"
            "import tasks\n",
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
            "migrations/env.py": "from flask import current_app\n\ntarget = current_app.extensions['migrate'].db\n",
        },
        # A script that nothing imports, as it is fed to `flask shell`; tests under pytest-flask.
        {
            "app.py": "from flask import Flask\nfrom flask_sqlalchemy import SQLAlchemy\n\napp = Flask(__name__)\n"
            "db = SQLAlchemy(app)\n\n\nclass User(db.Model):\n    id = db.Column(db.Integer, primary_key=True)\n",
            "seed.py": "from app import User, db\n\ndb.create_all()\nprint(User.query.all())\n",
            "tests/test_app.py": "from app import User\n\nUSERS = User.query\n",
        },
        # Flask-SQLAlchemy 2 knows its app; with Flask 2 it can still be installed.
        Good(
            "from flask import Flask\nfrom flask_sqlalchemy import SQLAlchemy\n\napp = Flask(__name__)\n"
            "db = SQLAlchemy(app)\n\n\nclass User(db.Model):\n    id = db.Column(db.Integer, primary_key=True)\n\n\n"
            "db.create_all()\nFIRST = User.query.first()\n",
            flask="2.2.5",
        ),
        # Other things with the same names.
        """\
from celery import current_app
from flask import Flask
from requests import Session
from sqlalchemy import Column, Integer, create_engine
from sqlalchemy.orm import declarative_base, scoped_session, sessionmaker

app = Flask(__name__)
current_app.conf.update(x=1)
session = Session()
session.headers["a"] = "b"
engine = create_engine("sqlite://")
Base = declarative_base()
Base.query = scoped_session(sessionmaker(bind=engine)).query_property()


class User(Base):
    __tablename__ = "user"
    id = Column(Integer, primary_key=True)


db = Base.metadata
db.create_all(engine)
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
        for node, what, data in evaluations(module):
            if data in seen or not module.at_import(node) or not certain(module, node):
                continue
            context = data[2]
            if data[0] == "schema":
                # Each of these statements has a fix of its own.
                parts = context_for(module, node)
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
