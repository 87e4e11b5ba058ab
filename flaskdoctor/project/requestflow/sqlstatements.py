"""Calls that take SQL, and whether a text reads like it."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from flaskdoctor.patterns import lazy
from flaskdoctor.project.routing.views import keyword

if TYPE_CHECKING:
    from flaskdoctor.project.code.module import Module
    from flaskdoctor.project.requestflow.requestdata import Text

_METHODS = frozenset((
    "execute", "executemany", "executescript", "exec_driver_sql", "execute_sql", "raw", "text", "read_sql",
    "read_sql_query", "fetch", "fetchrow", "fetchval", "fetchall", "fetch_all", "fetch_one",
))  # fmt: skip
_FUNCTIONS = frozenset((
    "sqlalchemy.text", "sqlalchemy.sql.text", "sqlalchemy.sql.expression.text", "pandas.read_sql",
    "pandas.read_sql_query",
))  # fmt: skip
_STATEMENT = lazy(
    r"\s*\(?\s*(?:select|insert\s+(?:or\s+\w+\s+|ignore\s+)?into|update\s+\S+\s+set|delete\s+from|replace\s+into"
    r"|with\s+\S+\s+as|create\s+(?:table|database|user|view|index)|drop\s+(?:table|database|user|view)|alter\s+table"
    r"|truncate|call\s|exec\s)\b",
    re.IGNORECASE,
)
_CLAUSE = lazy(r"\b(?:where|from|values|order\s+by|group\s+by|like|limit)\b", re.IGNORECASE)
_SESSION_METHODS = ("execute", "scalar", "scalars")


def statement_of(module: Module, call: ast.Call) -> ast.expr | None:
    """What a call takes as SQL."""
    if isinstance(call.func, ast.Attribute):
        if call.func.attr not in _METHODS and call.func.attr not in _SESSION_METHODS:
            return None
    elif not isinstance(call.func, ast.Name) or module.resolve(call.func) not in _FUNCTIONS:
        return None
    return call.args[0] if call.args else keyword(call, "sql") or keyword(call, "statement")


def is_text_call(module: Module, node: ast.expr) -> bool:
    """Whether an expression calls SQLAlchemy's ``text``."""
    if not isinstance(node, ast.Call):
        return False
    return module.resolve(node.func) in _FUNCTIONS or (
        isinstance(node.func, ast.Attribute) and node.func.attr == "text"
    )


def is_sqlalchemy_text(module: Module, call: ast.Call) -> bool:
    """Whether a call is surely that of SQLAlchemy's ``text``, as in ``order_by(text("name DESC"))``."""
    name = module.resolve(call.func) or ""
    return name in _FUNCTIONS and name.startswith("sqlalchemy.")


def reads_like_sql(text: Text) -> bool:
    """Whether the constant parts read like SQL."""
    words = "".join(piece.text if piece.text is not None else " x " for piece in text)
    return bool(_STATEMENT.match(words)) or (text[0].text is None and bool(_CLAUSE.search(words)))


def session_owner(module: Module, call: ast.Call, statement: ast.expr) -> str | None:
    """The dotted name of ``db`` in ``db.session.execute("..")``; None where it is another call, or no plain string."""
    function = call.func
    if not isinstance(function, ast.Attribute) or function.attr not in _SESSION_METHODS:
        return None
    if not isinstance(function.value, ast.Attribute) or function.value.attr != "session":
        return None
    plain = isinstance(statement, ast.JoinedStr) or (
        isinstance(statement, ast.Constant) and isinstance(statement.value, str)
    )
    return module.resolve(function.value.value) if plain else None
