"""FD501: what it reports ends the import, what it leaves alone and what it mends does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from flaskdoctor.fixing import fix_to_the_end
from flaskdoctor.rules.contexts.context_at_import import ContextAtImport
from flaskdoctor.rules.rule import Good
from flaskdoctor.scan import Options, scan
from tests.projects import as_mapping, build, write
from tests.rules.running import import_error

RULE = ContextAtImport()
OUTSIDE = "RuntimeError: Working outside of"
# The module whose import starts each example; None where that takes more than Flask.
ENTRIES = ["app", "shop", "wsgi", None, "app", None]


@pytest.mark.parametrize(("number", "entry"), [(number, entry) for number, entry in enumerate(ENTRIES) if entry])
def test_bad_example_cannot_be_imported_and_the_fixed_one_can(number: int, entry: str, tmp_path: Path) -> None:
    example = RULE.bad[number]
    write(tmp_path, as_mapping(example.files))
    (tmp_path / "requirements.txt").write_text("flask==3.1.0\n")
    assert OUTSIDE in import_error(tmp_path, entry)
    fix_to_the_end(str(tmp_path), Options(select=("FD501",), cache=False), (), unsafe=False)
    if example.fixed is not None:
        assert import_error(tmp_path, entry) == ""


@pytest.mark.parametrize("number", range(len(RULE.good)))
def test_good_example_never_fails_for_want_of_a_context(number: int, tmp_path: Path) -> None:
    example = RULE.good[number]
    files = as_mapping(example.files if isinstance(example, Good) else example)
    if isinstance(example, Good):
        pytest.skip("needs Flask-SQLAlchemy 2")
    write(tmp_path, files)
    entry = next(
        name for name in ("worker", "wsgi", "app", "shop") if {f"{name}.py", f"{name}/__init__.py"} & set(files)
    )
    assert OUTSIDE not in import_error(tmp_path, entry)


@pytest.mark.parametrize(
    "expression",
    [
        "current_app.name",
        "g.user",
        "request.args",
        "request.headers['x']",
        "session['x']",
        "session.permanent",
        "url_for('index')",
        "db.create_all()",
        "db.drop_all()",
        "db.reflect()",
        "db.engine",
        "db.engines",
        "User.query",
        "db.session.query(User)",
        "db.session.execute(db.select(User))",
        "db.session.scalars(db.select(User))",
        "db.session.scalar(db.select(User))",
        "db.session.get(User, 1)",
        "db.session.add(User())",
        "db.session.add_all([User()])",
        "db.session.delete(User())",
        "db.session.commit()",
        "db.session.flush()",
        "db.session.rollback()",
    ],
)
def test_expression_that_it_reports_raises(expression: str, tmp_path: Path) -> None:
    source = f"""\
from flask import Flask, current_app, g, request, session, url_for
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite://"
db = SQLAlchemy(app)


class User(db.Model):
    id = db.Column(db.Integer, primary_key=True)


value = {expression}
"""
    build(tmp_path, source, "3.1.0")
    found = scan(str(tmp_path), Options(select=("FD501",), cache=False)).report.findings
    assert [finding.location.line for finding in found] == [13]
    assert OUTSIDE in import_error(tmp_path, "app")


def test_fix_is_advice_where_it_is_not_known_which_app_has_the_database(tmp_path: Path) -> None:
    source = "from flask import Flask\nfrom flask_sqlalchemy import SQLAlchemy\ndb = SQLAlchemy()\napp = Flask('a')\n"
    build(tmp_path, source + "db.create_all()\n", "3.1.0")
    (finding,) = scan(str(tmp_path), Options(select=("FD501",), cache=False)).report.findings
    assert finding.fix is None
    assert "app_context" in finding.advice
