"""FD717: data of the request becomes part of an SQL statement; plain strings that SQLAlchemy 2 does not take."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from flaskdoctor.finding import Fix, Severity, Tip
from flaskdoctor.project.code.module import Module
from flaskdoctor.project.contexts.models import SQLALCHEMY
from flaskdoctor.project.requestflow.datachecks import data_in_texts
from flaskdoctor.project.requestflow.requestdata import RequestData
from flaskdoctor.project.requestflow.sqlstatements import (
    is_sqlalchemy_text,
    is_text_call,
    reads_like_sql,
    session_owner,
    statement_of,
)
from flaskdoctor.rules.rule import Bad, Candidate, Files, Good, Hit, RouterAssumed, Rule, Site

if TYPE_CHECKING:
    from flaskdoctor.fixes.python import FileEdit
    from flaskdoctor.project.snapshot import Project

_KINDS_OF_TEXT = frozenset({"args", "form", "values", "json", "data", "headers", "cookies", "query", "filename",
                            "url", "referrer", "variable"})  # fmt: skip


class SqlFromString(Rule):
    """What the client sent is part of the SQL statement, not a parameter of it: it can say something else.

    ## What it finds

    `execute()`, `executemany()`, `executescript()`, `text()`, `raw()` and pandas' `read_sql()` with a statement that is
    put together (f-string, `%`, `+`, `.format`, `+=`) and holds data of the request: `request.args`, forms, JSON,
    cookies, headers, a text variable of the URL, also through variables and the functions of the same file.

    Only what surely comes from the request is reported. Not a finding: placeholders made of constants
    (`",".join("?" * len(ids))`), names of tables and columns of your own, numbers (`<int:id>`, `type=int`, `int(..)`,
    `%d`), a value that is compared with a list first, and what another file's function puts into its SQL.

    As a warning: `db.session.execute("SELECT ..")` with a plain string where the project runs on SQLAlchemy 2, which
    takes `text("SELECT ..")` only and answers `ArgumentError: Textual SQL expression .. should be explicitly declared
    as text(..)`.

    ## Why it matters

    ```python
    db.execute(f"SELECT * FROM users WHERE name = '{name}' AND password = '{password}'")
    ```

    With the name `admin' --` the rest is a comment and the login is done without a password; with `UNION SELECT` the
    same line reads any table. Quoting by hand does not help: it is forgotten once, and `ORDER BY` and numbers have
    no quotes at all. Short of an attack, everybody called O'Brien gets an error 500.

    ## What to do instead

    Give the value as a parameter; the driver sends it apart from the statement:

    ```python
    db.session.execute(text("SELECT * FROM users WHERE name = :name"), {"name": name})   # SQLAlchemy
    connection.execute("SELECT * FROM users WHERE name = ?", (name,))                    # sqlite3
    cursor.execute("SELECT * FROM users WHERE name = %s", (name,))                       # psycopg, MySQL: no quotes
    ```

    `text(f"..")` is no protection: it is the f-string that does the harm. What cannot be a parameter (a column to sort
    by, a table) is looked up in a dict of the names that you allow: `ORDER BY {COLUMNS[request.args["sort"]]}`.

    ## References

    - [SQLAlchemy: text()](https://docs.sqlalchemy.org/en/20/core/sqlelement.html#sqlalchemy.sql.expression.text)
    - [SQLAlchemy 2.0: execute() takes no strings](https://docs.sqlalchemy.org/en/20/changelog/migration_20.html)
    - [OWASP: SQL injection prevention](https://cheatsheetseries.owasp.org/cheatsheets/SQL_Injection_Prevention_Cheat_Sheet.html)
    - [CWE-89](https://cwe.mitre.org/data/definitions/89.html)
    """

    code = "FD717"
    name = "sql-from-string"
    tip = Tip.SECURITY
    severity = Severity.ERROR
    fix_class = Fix.UNSAFE
    fix_title = "Declare the statement as text()"
    fix_risk = (
        "A colon before a word (`:name`) becomes a parameter in text(). SQLAlchemy 1.4 read plain strings the same "
        "way, so a statement that ran there goes on as it did."
    )
    needs = (b".execute", b"read_sql", b"import text", b".text(")
    # One letter in front: the search stays fast. ``<name>`` is a variable of the URL.
    pattern = re.compile(rb"e(?:quest\b|ssion\.(?:execute|scalar))|<(?:path:|string:)?\w+>")
    about_routes = True

    bad: ClassVar[list[Bad]] = [
        Bad(
            """\
import sqlite3

from flask import Flask, request

app = Flask(__name__)


@app.post("/login")
def login():
    db = sqlite3.connect("shop.db")
    name = request.form["name"]
    row = db.execute(f"SELECT * FROM users WHERE name = '{name}'").fetchone()
    return {"known": row is not None}
"""
        ),
        # %, format, + and +=; a URL variable; text() of SQLAlchemy; a function of this file; pandas.
        Bad(
            """\
import flask as f
import pandas as pd
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import text as sql

app = f.Flask(__name__)
db = SQLAlchemy(app)
bp = f.Blueprint("api", __name__)


@bp.route("/user/<name>")
def user(name: str):
    rows = db.session.execute(sql("SELECT * FROM users WHERE name = '%s' AND age > %d" % (name, 17)))
    return [row._asdict() for row in rows]


@bp.route("/search")
async def search():
    query = "SELECT id, name FROM products WHERE 1 = 1"
    if f.request.args.get("q"):
        query += " AND name LIKE '%{}%'".format(f.request.args["q"])
    if (order := f.request.args.get("sort", "name")):
        query += " ORDER BY " + order
    with db.engine.connect() as connection:
        return [list(row) for row in connection.exec_driver_sql(query)]


@bp.route("/orders", methods=["POST"])
def orders():
    data = f.request.get_json()
    return {"rows": find(data["city"], data.get("limit", 10))}


def find(city, limit):
    statement = "SELECT * FROM orders WHERE city = '" + city + "' LIMIT 10"
    return pd.read_sql(statement, db.engine).to_dict()


app.register_blueprint(bp)
""",
            hits=3,
        ),
        # A class-based view, columns named by the client, a cookie, the whole statement.
        Bad(
            """\
from flask import Flask, g, request
from flask.views import MethodView

app = Flask(__name__)


class Profile(MethodView):
    def patch(self, number: int):
        columns = ", ".join(f"{key} = ?" for key in request.json)
        g.db.execute(f"UPDATE profile SET {columns} WHERE id = ?", (*request.json.values(), number))
        return "", 204

    def get(self, number):
        cursor = g.db.cursor()
        token = request.cookies.get("token")
        cursor.execute("DELETE FROM visits WHERE token = '" + token + "'")
        cursor.executescript(request.form["sql"] + " LIMIT 10 ORDER BY 1")
        return "ok"


app.add_url_rule("/profile/<int:number>", view_func=Profile.as_view("profile"))
""",
            hits=3,
        ),
        # SQLAlchemy 2 takes no plain strings.
        Bad(
            {
                "requirements.txt": "flask==3.1.0\nflask-sqlalchemy==3.1.1\n",
                "models.py": "from flask_sqlalchemy import SQLAlchemy\n\ndb = SQLAlchemy()\n",
                "app.py": """\
from flask import Flask

from models import db

app = Flask(__name__)
db.init_app(app)


@app.get("/health")
def health():
    db.session.execute("SELECT 1")  # is it there?
    count = db.session.scalar("SELECT count(*) FROM users WHERE active")
    return {"users": count}
""",
            },
            fixed={
                "app.py": """\
from flask import Flask
from sqlalchemy import text

from models import db

app = Flask(__name__)
db.init_app(app)


@app.get("/health")
def health():
    db.session.execute(text("SELECT 1"))  # is it there?
    count = db.session.scalar(text("SELECT count(*) FROM users WHERE active"))
    return {"users": count}
"""
            },
            hits=2,
        ),
        # Conditions that are collected in a list; the order of the rows.
        Bad(
            "import sqlalchemy as sa\nfrom flask import Flask, request\n\napp = Flask(__name__)\n\n\n"
            "@app.get('/orders')\ndef orders():\n    where = ['deleted = 0']\n    if 'town' in request.args:\n"
            "        where.append(f\"town = '{request.args['town']}'\")\n"
            "    found = app.db.execute(sa.text('SELECT * FROM orders WHERE ' + ' AND '.join(where)))\n"
            "    return {'all': sorted(found, key=sa.text(f\"{request.args['order']} DESC\"))}\n",
            hits=2,
        ),
    ]

    good: ClassVar[list[Good | Files]] = [
        # Parameters, numbers, placeholders and columns of one's own.
        """\
import sqlite3

from flask import Flask, abort, request

app = Flask(__name__)
COLUMNS = {"name": "name", "age": "birthday"}
TABLE = "users"


@app.get("/users/<int:number>/<uuid:key>")
def users(number, key):
    db = sqlite3.connect("shop.db")
    ids = request.args.getlist("id")
    marks = ",".join("?" * len(ids))
    db.execute(f"SELECT * FROM users WHERE id IN ({marks})", ids)
    db.execute(f"SELECT * FROM {TABLE} WHERE name = ?", (request.args["name"],))
    db.execute(f"SELECT * FROM users WHERE id = {number} AND key = '{key}'")
    db.execute("SELECT * FROM users WHERE age > %d" % int(request.args["age"]))
    db.execute("SELECT * FROM users LIMIT {}".format(request.args.get("limit", 10, type=int)))
    column = COLUMNS.get(request.args.get("sort"), "name")
    db.execute(f"SELECT * FROM users ORDER BY {column}")
    db.execute("SELECT * FROM users WHERE name = '" + "ada" + "'")
    return "ok"


@app.get("/sorted")
def in_order():
    db = sqlite3.connect("shop.db")
    sort = request.args.get("sort", "name")
    if sort not in COLUMNS:
        abort(400)
    direction = "DESC" if request.args.get("down") else "ASC"
    db.execute(f"SELECT * FROM users ORDER BY {sort} {direction}")
    number = request.args["number"]
    if not number.isdigit():
        abort(400)
    db.execute(f"SELECT * FROM users WHERE id = {number}")
    keys = ", ".join(f"{key} = ?" for key in request.json if key in COLUMNS)
    db.execute(f"UPDATE users SET {keys}", list(request.json.values()))
    return "ok"


def by_name(name):
    return sqlite3.connect("shop.db").execute(f"SELECT * FROM users WHERE name = '{name}'")
""",
        # Other things that are executed.
        """\
from flask import Flask, request
from flask_sqlalchemy import SQLAlchemy
from schema import schema
from sqlalchemy import select, text

from redis import Redis
from widgets import Label

app = Flask(__name__)
db = SQLAlchemy(app)
redis = Redis()


@app.post("/graphql")
def graphql():
    result = schema.execute(request.json["query"], variables=request.json.get("variables"))
    redis.execute_command("GET " + request.args["key"])
    schema.execute(f"query {{ user(name: {request.args['name']}) }}")
    Label().text(f"Hello {request.args['name']}, select what you like from the list")
    return result.data


@app.get("/user/<name>")
def user(name):
    db.session.execute(text("SELECT * FROM users WHERE name = :name"), {"name": name})
    db.session.execute(select(User).where(User.name == name))
    return "ok"
""",
        # SQLAlchemy 1.4 takes strings; other sessions do so for ever.
        {
            "requirements.txt": "flask==2.0.3\nflask-sqlalchemy==2.5.1\nsqlalchemy<2\n",
            "app.py": "from flask import Flask\nfrom flask_sqlalchemy import SQLAlchemy\n\napp = Flask(__name__)\n"
            "db = SQLAlchemy(app)\n\n\n@app.get('/')\ndef index():\n    db.session.execute('SELECT 1')\n"
            "    return 'ok'\n",
        },
        {
            "requirements.txt": "flask==3.1.0\nflask-sqlalchemy==3.1.1\ncassandra-driver\n",
            "app.py": "from flask import Flask\nfrom cluster import cassandra\n\napp = Flask(__name__)\n\n\n"
            "@app.get('/')\ndef index():\n    cassandra.session.execute('SELECT 1')\n    return 'ok'\n",
        },
        # A test, a migration.
        {
            "tests/test_user.py": "from flask import Flask, request\n\napp = Flask(__name__)\n\n\n@app.get('/')\n"
            "def index():\n    db.execute(f\"SELECT * FROM a WHERE b = '{request.args['b']}'\")\n",
            "app.py": "from flask import Flask\n\napp = Flask(__name__)\n",
        },
        # Conditions that are collected with placeholders.
        "import sqlite3\n\nfrom flask import Flask, request\n\napp = Flask(__name__)\n\n\n@app.get('/orders')\n"
        "def orders():\n    where, values = ['deleted = 0'], []\n    for column in ('town', 'state'):\n"
        "        if column in request.args:\n            where.append(f'{column} = ?')\n"
        "            values.append(request.args[column])\n"
        "    sql = 'SELECT * FROM orders WHERE ' + ' AND '.join(where)\n"
        "    return {'all': sqlite3.connect('a').execute(sql, values).fetchall()}\n",
    ]

    def check(self, module: Module) -> Iterator[Hit]:
        """Statements that hold data of the request, and plain ones given to a session."""
        if module.role in ("test", "migration"):
            return
        data = RequestData(module)
        severity = Severity.INFO if module.role in ("example", "docs") else None
        for node in module.nodes(ast.Call):
            assert isinstance(node, ast.Call)
            statement = statement_of(module, node)
            if statement is None or is_text_call(module, module.value(statement)):
                continue  # ``execute(text(..))``: it is said of ``text``
            found = (
                None
                if isinstance(statement, ast.Constant)
                else _first(data, statement, surely=is_sqlalchemy_text(module, node))
            )
            if found is not None:
                words, owners = found
                yield Hit(
                    node,
                    f"{words} becomes part of the SQL statement: give it as a parameter",
                    assumes=tuple(RouterAssumed(owner) for owner in owners),
                    severity=severity,
                    fixable=False,
                    advice=_ADVICE,
                )
            elif (owner := session_owner(module, node, statement)) is not None:
                yield Hit(
                    node,
                    f"{owner.rpartition('.')[2]}.session.{node.func.attr}() takes no plain string in SQLAlchemy 2: "  # type: ignore[attr-defined]
                    "wrap it in text()",
                    severity=severity or Severity.WARNING,
                    data=(owner,),
                    parts={"statement": statement},
                )

    def judge(self, candidate: Candidate, project: Project) -> Severity | None:
        """Plain strings are a finding for Flask-SQLAlchemy's session beside SQLAlchemy 2."""
        if candidate.data:
            path = candidate.location.path
            if project.links.constructor(str(candidate.data[0]), path) != SQLALCHEMY:
                return None
            from flaskdoctor.project.versions.sqlalchemyversion import runs_sqlalchemy_2

            return candidate.severity if runs_sqlalchemy_2(project) else None
        return super().judge(candidate, project)

    def fix(self, site: Site, edit: FileEdit) -> None:
        """``execute("SELECT 1")`` becomes ``execute(text("SELECT 1"))``."""
        statement = site.hit.parts["statement"]
        assert isinstance(statement, ast.expr)
        edit.replace(statement, f"{edit.add_import('sqlalchemy', 'text')}({{value}})", value=statement)


_ADVICE = (
    "Put a placeholder in the statement (`?`, `%s` without quotes, `:name` in `text()`) and give the value as the "
    "second argument. A column or table that the client picks is looked up in a dict of those that you allow."
)


def _first(data: RequestData, statement: ast.expr, *, surely: bool) -> tuple[str, tuple[str, ...]] | None:
    """The words for the first data of the request in a statement, and its unproven routers; ``surely`` tells that it is
    SQL however it reads."""
    for found in data_in_texts(data, statement):
        if not found.checked and found.source.kind in _KINDS_OF_TEXT and (surely or reads_like_sql(found.text)):
            return found.source.words, found.source.owners
    return None
