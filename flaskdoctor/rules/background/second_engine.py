"""FD601: a second connection pool to the database that Flask-SQLAlchemy already has one for."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from flaskdoctor.finding import Severity, Tip
from flaskdoctor.project.code.module import Module
from flaskdoctor.project.code.purpose import purpose_of
from flaskdoctor.project.contexts.databases import URI, variable_of
from flaskdoctor.project.contexts.models import SQLALCHEMY
from flaskdoctor.project.routing.views import keyword
from flaskdoctor.rules.rule import Bad, Candidate, Files, Good, Hit, Rule

if TYPE_CHECKING:
    from flaskdoctor.project.snapshot import Project

_ENGINES = ("sqlalchemy.create_engine", "sqlalchemy.engine.create_engine", "sqlalchemy.engine.create.create_engine")
_MAKERS = ("sqlalchemy.orm.sessionmaker", "sqlalchemy.orm.session.sessionmaker")
# Frameworks whose apps are served by a process of their own.
_OTHERS = frozenset(
    {"aiohttp", "django", "fastapi", "litestar", "nicegui", "sanic", "starlette", "streamlit", "tornado"}
)
# An engine that is made like this is made for something that the app's engine cannot do.
_OWN_PURPOSE = frozenset({"poolclass", "isolation_level", "execution_options", "creator", "strategy", "module", None})
# Names of functions and files whose work is to make, check or move the database.
_ABOUT_DATABASES = ("migrat", "create_db", "init_db", "createdb", "backup", "dump", "wait", "check", "ping", "alembic")

_MAKE_DATABASES = tuple(
    f"sqlalchemy_utils{module}.{name}"
    for module in ("", ".functions")
    for name in ("create_database", "database_exists", "drop_database")
)


class SecondEngine(Rule):
    """`create_engine()` with the app's own database address, beside the engine that Flask-SQLAlchemy has.

    ## What it finds

    In a project with Flask-SQLAlchemy: a `create_engine(..)` that is given the app's own database address
    (`app.config["SQLALCHEMY_DATABASE_URI"]`, the settings' constant, the environment variable that it is made of, the
    same text that this file sets), and, as a note, a `sessionmaker` over `db.engine`. Not another database, Alembic's
    `env.py`, scripts, tests, an engine with a purpose of its own (`poolclass=`, `isolation_level=`), code that
    creates or checks the database, or the app of another framework.

    ## Why it matters

    An engine is a pool of connections. Two of them to one database mean twice the connections per process, and
    PostgreSQL's limit of 100 is soon reached. Worse, the second one is not part of the request: its sessions are
    not closed when the app context ends (the connection stays checked out until the pool is empty and the site
    waits 30 seconds for each request), they do not see what `db.session` has not committed yet, and tests that point
    `SQLALCHEMY_DATABASE_URI` to a test database may still write to the real one through an engine that was made at
    import.

    ## What to do instead

    Use the session that is there; where there is no request, give it a context:

    ```python
    with app.app_context():
        db.session.execute(db.text("REFRESH MATERIALIZED VIEW sales"))
        db.session.commit()
    ```

    The engine itself is `db.engine`. For a second database there are binds: `SQLALCHEMY_BINDS`, `__bind_key__`.

    ## References

    - https://flask-sqlalchemy.readthedocs.io/en/stable/contexts/
    - https://flask-sqlalchemy.readthedocs.io/en/stable/binds/
    - https://docs.sqlalchemy.org/en/20/core/pooling.html
    """

    code = "FD601"
    name = "second-engine"
    tip = Tip.BACKGROUND
    severity = Severity.WARNING
    needs = (b"create_engine", b"sessionmaker")

    bad: ClassVar[list[Bad]] = [
        Bad(
            """\
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import create_engine, text

app = Flask(__name__)
db = SQLAlchemy(app)


@app.get("/sales")
def sales():
    engine = create_engine(app.config["SQLALCHEMY_DATABASE_URI"])
    with engine.connect() as connection:
        return str(connection.execute(text("SELECT 1")).scalar())
"""
        ),
        # The settings' constant, the variable behind it, a maker of sessions over the same engine.
        Bad(
            {
                "shop/__init__.py": "from flask import Flask\nfrom shop.database import db\n\napp = Flask(__name__)\n"
                "app.config.from_object('config.Config')\ndb.init_app(app)\n",
                "shop/database.py": "from flask_sqlalchemy import SQLAlchemy\n\ndb = SQLAlchemy()\n",
                "config.py": "import os\n\n\nclass Config:\n"
                "    SQLALCHEMY_DATABASE_URI = os.environ.get('DATABASE_URL', 'sqlite:///shop.db')\n",
                "shop/report.py": """\
import os

import sqlalchemy as sa
from sqlalchemy.orm import scoped_session, sessionmaker

from config import Config
from shop.database import db

ENGINE = sa.create_engine(Config.SQLALCHEMY_DATABASE_URI, echo=False)
URL = os.environ["DATABASE_URL"]
OTHER = sa.create_engine(URL)


def session():
    return scoped_session(sessionmaker(bind=db.engine))
""",
            },
            hits=3,
        ),
        # The same address, written down twice.
        Bad(
            """\
import sqlalchemy as sa
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite:///shop.db"
db = SQLAlchemy(app)
engine = sa.create_engine("sqlite:///shop.db")
archive = sa.create_engine("sqlite:///archive.db")
"""
        ),
    ]

    good: ClassVar[list[Good | Files]] = [
        # Another database, memory, an engine with a purpose of its own, a changed address.
        """\
import os

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker
from sqlalchemy.pool import NullPool

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = os.environ["DATABASE_URL"]
db = SQLAlchemy(app)
warehouse = create_engine(os.environ["WAREHOUSE_URL"])
Warehouse = sessionmaker(bind=warehouse)
memory = create_engine("sqlite://")


def create_database():
    server = create_engine(app.config["SQLALCHEMY_DATABASE_URI"].rsplit("/", 1)[0] + "/postgres")
    return server


def vacuum():
    engine = create_engine(app.config["SQLALCHEMY_DATABASE_URI"], isolation_level="AUTOCOMMIT")
    return engine


def once():
    return create_engine(os.environ["DATABASE_URL"], poolclass=NullPool)


def wait_for_database():
    create_engine(app.config["SQLALCHEMY_DATABASE_URI"]).connect()


def lookup(uri):
    return create_engine(uri)
""",
        # Without Flask-SQLAlchemy there is no first engine.
        """\
from flask import Flask
from sqlalchemy import create_engine
from sqlalchemy.orm import scoped_session, sessionmaker

app = Flask(__name__)
engine = create_engine(app.config["SQLALCHEMY_DATABASE_URI"])
Session = scoped_session(sessionmaker(bind=engine))
""",
        # Alembic, a script, a test.
        {
            "app.py": "from flask import Flask\nfrom flask_sqlalchemy import SQLAlchemy\n\napp = Flask(__name__)\n"
            "db = SQLAlchemy(app)\n",
            "migrations/env.py": "from sqlalchemy import create_engine\nfrom app import app\n\n"
            "engine = create_engine(app.config['SQLALCHEMY_DATABASE_URI'])\n",
            "scripts/load.py": "from sqlalchemy import create_engine\nfrom app import app\n\n"
            "engine = create_engine(app.config['SQLALCHEMY_DATABASE_URI'])\n\nif __name__ == '__main__':\n    pass\n",
            "tests/test_db.py": "from sqlalchemy import create_engine\nfrom app import app\n\n"
            "engine = create_engine(app.config['SQLALCHEMY_DATABASE_URI'])\n",
        },
        # The database has to be there before the app's engine can connect to it.
        """\
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import create_engine
from sqlalchemy_utils import create_database, database_exists

app = Flask(__name__)
db = SQLAlchemy(app)


def create_all():
    engine = create_engine(app.config["SQLALCHEMY_DATABASE_URI"])
    if not database_exists(engine.url):
        create_database(engine.url)
    db.create_all()
""",
        # Another service on the same database, beside the app.
        {
            "app.py": "import os\n\nfrom flask import Flask\nfrom flask_sqlalchemy import SQLAlchemy\n\n"
            "app = Flask(__name__)\napp.config['SQLALCHEMY_DATABASE_URI'] = os.environ['DATABASE_URL']\n"
            "db = SQLAlchemy(app)\n",
            "fast/api.py": "import os\n\nfrom fastapi import FastAPI\nfrom sqlalchemy import create_engine\n\n"
            "api = FastAPI()\nengine = create_engine(os.environ['DATABASE_URL'])\n",
        },
        # An extension's own way to make the engine.
        """\
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import create_engine


class Database(SQLAlchemy):
    def _make_engine(self, bind_key, options, app):
        return create_engine(app.config["SQLALCHEMY_DATABASE_URI"])


app = Flask(__name__)
db = Database(app)
""",
    ]

    def check(self, module: Module) -> Iterator[Hit]:
        """Engines with the app's own address, and makers of sessions over the app's engine."""
        if module.role != "app" or module.path.rpartition("/")[2] == "env.py":
            return
        for call in module.calls(*_ENGINES):
            url = call.args[0] if call.args else keyword(call, "url")
            if url is None or any(item.arg in _OWN_PURPOSE for item in call.keywords) or _about_databases(module, call):
                continue
            source = _source(module, url)
            if source is not None:
                yield Hit(
                    call,
                    "create_engine() opens a second pool to the database that Flask-SQLAlchemy is connected to",
                    data=source,
                    advice=_ADVICE,
                )
        for call in module.calls(*_MAKERS):
            bind = call.args[0] if call.args else keyword(call, "bind")
            owner = module.resolve(bind.value) if isinstance(bind, ast.Attribute) and bind.attr == "engine" else None
            if owner is not None and not _about_databases(module, call):
                yield Hit(
                    call,
                    f"sessionmaker() beside {owner.rpartition('.')[2]}.session: nothing closes its sessions",
                    severity=Severity.INFO,
                    data=("engine", owner),
                    advice=_ADVICE,
                )

    def judge(self, candidate: Candidate, project: Project) -> Severity | None:
        """Keep it in projects with Flask-SQLAlchemy, for the app's own database."""
        here = project.modules[candidate.location.path]
        if any(item.target.partition(".")[0] in _OTHERS for item in here.imports):
            return None  # another service beside the app, in a process of its own
        kind, name = (str(item) for item in candidate.data)
        modules = project.modules.values()
        if not any(
            project.links.resolve(item.callee, facts.path) == SQLALCHEMY
            for facts in modules
            if facts.role == "app"
            for item in facts.constructed.values()
            if "SQLAlchemy" in item.callee
        ):
            return None
        if kind == "engine":
            return (
                candidate.severity if project.links.constructor(name, candidate.location.path) == SQLALCHEMY else None
            )
        if kind == "variable":
            return candidate.severity if any(name in facts.database_variables for facts in modules) else None
        return candidate.severity


_ADVICE = (
    "Use `db.session` (in a thread, a task or a command under `with app.app_context():`), or `db.engine` where a "
    "bare connection is needed."
)


def _source(module: Module, node: ast.expr) -> tuple[str, str] | None:
    """Where a database address comes from: the app's configuration, or an environment variable."""
    node = module.value(node)
    variable = variable_of(module, node)
    if variable is not None:
        return ("config", URI) if variable == URI else ("variable", variable)
    address = module.string(node)
    if address is not None and any(
        write.key == URI and module.string(write.value) == address for write in module.config_writes
    ):
        return "config", URI
    match node:
        case ast.Subscript(slice=key) if module.string(key) == URI:
            return "config", URI
        case ast.Call(func=ast.Attribute(attr="get"), args=[key, *_]) if module.string(key) == URI:
            return "config", URI
        case ast.Attribute(attr=name) | ast.Name(id=name) if name == URI:
            return "config", URI
    return None


def _about_databases(module: Module, node: ast.AST) -> bool:
    """Whether the code around is there to make, check or move the database, or to make the app's own engine."""
    names = [module.path.rpartition("/")[2]]
    if any(module.function_of(call) is module.function_of(node) for call in module.calls(*_MAKE_DATABASES)):
        return True
    for parent in module.ancestors(node):
        if isinstance(parent, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.append(parent.name)
            if isinstance(parent, ast.ClassDef) and any("SQLAlchemy" in ast.unparse(base) for base in parent.bases):
                return True
    text = " ".join(names).lower()
    return any(word in text for word in (*_ABOUT_DATABASES, "create_database")) or purpose_of(module, node) == "test"
