"""Calls that wait without ``await``: HTTP clients, drivers, subprocesses and sessions that know no event loop."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from flaskdoctor.project.contexts.jobs import constructors

if TYPE_CHECKING:
    from flaskdoctor.project.code.module import Module
    from flaskdoctor.project.snapshot import Project

_HTTP = ("get", "post", "put", "patch", "delete", "head", "options", "request")
# What blocks, and what to use in its place.
_BLOCKING = {
    "time.sleep": "await asyncio.sleep(..)",
    "os.system": "await asyncio.create_subprocess_shell(..)",
    "urllib.request.urlopen": "httpx.AsyncClient",
    "urllib.request.urlretrieve": "httpx.AsyncClient",
    "psycopg2.connect": "psycopg's AsyncConnection, or asyncpg",
    "psycopg.connect": "psycopg's AsyncConnection",
    "pymysql.connect": "aiomysql",
    "MySQLdb.connect": "aiomysql",
    "mysql.connector.connect": "mysql.connector.aio",
    "sqlite3.connect": "aiosqlite",
    "smtplib.SMTP": "aiosmtplib",
    "smtplib.SMTP_SSL": "aiosmtplib",
}
_BLOCKING |= {f"requests.{name}": "httpx.AsyncClient" for name in _HTTP}
_BLOCKING |= {f"requests.api.{name}": "httpx.AsyncClient" for name in _HTTP}
_BLOCKING |= {f"httpx.{name}": "httpx.AsyncClient" for name in (*_HTTP, "stream")}
_BLOCKING |= {
    f"subprocess.{name}": "await asyncio.create_subprocess_exec(..)"
    for name in ("run", "call", "check_call", "check_output", "getoutput", "getstatusoutput")
}
_QUERIES = ("execute", "scalars", "scalar", "query", "get", "commit", "flush", "get_or_404", "first_or_404")
# Methods of objects that block, by the class of the object.
_OBJECTS: dict[str, tuple[tuple[str, ...], str]] = {
    "requests.Session": (_HTTP, "httpx.AsyncClient"),
    "requests.session": (_HTTP, "httpx.AsyncClient"),
    "requests.sessions.Session": (_HTTP, "httpx.AsyncClient"),
    "httpx.Client": (_HTTP, "httpx.AsyncClient"),
    "sqlalchemy.orm.Session": (_QUERIES, "SQLAlchemy's AsyncSession"),
    "sqlalchemy.orm.sessionmaker": (_QUERIES, "SQLAlchemy's AsyncSession"),
    "sqlalchemy.orm.scoped_session": (_QUERIES, "SQLAlchemy's AsyncSession"),
    "flask_sqlalchemy.SQLAlchemy": (_QUERIES, "SQLAlchemy's AsyncSession"),
}
# ``get`` is a method of every other object: where the class is not seen here, it proves nothing.
_SURE_QUERIES = frozenset(_QUERIES) - {"get"}
_METHODS = frozenset(name for methods, _ in _OBJECTS.values() for name in methods)


class Blocking(NamedTuple):
    """A call that may block: how it is shown, what to use instead, and the dotted name of the object whose method it
    is, where its class is to be found out."""

    call: ast.Call
    shown: str
    instead: str
    owner: str = ""
    method: str = ""


def blocking_calls(module: Module) -> Iterator[Blocking]:
    """The calls of a file that block, or may do so."""
    for name, instead in _BLOCKING.items():
        for call in module.calls(name):
            if not _is_nothing(call):
                yield Blocking(call, name.replace("requests.api.", "requests."), instead)
    for node in module.nodes(ast.Call):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        call, func = node, node.func
        method, owner = func.attr, func.value
        if method not in _METHODS or isinstance(module.parent(call), ast.Await):
            continue
        made = _made_here(module, owner)
        if made in _OBJECTS:
            methods, instead = _OBJECTS[made]
            if method in methods:
                yield Blocking(call, f"{ast.unparse(owner)[:30]}.{method}", instead)
        elif made is not None:
            yield from _of_other_file(module, call, owner, method, made)


def _of_other_file(module: Module, call: ast.Call, owner: ast.expr, method: str, made: str) -> Iterator[Blocking]:
    """A method of ``db.session``, or of what a ``sessionmaker`` of another file makes."""
    instead = "SQLAlchemy's AsyncSession"
    if method not in _QUERIES:
        return
    if made and method in _SURE_QUERIES:
        yield Blocking(call, f"{ast.unparse(owner)[:30]}.{method}", instead, made, "called")
    elif isinstance(owner, ast.Attribute) and owner.attr == "session":
        database = module.resolve(owner.value)
        if database is not None:
            yield Blocking(call, f"{ast.unparse(owner)[:30]}.{method}", instead, database, "session")


def _is_nothing(call: ast.Call) -> bool:
    """``time.sleep(0)``."""
    return len(call.args) == 1 and isinstance(call.args[0], ast.Constant) and call.args[0].value == 0


def _made_here(module: Module, node: ast.expr) -> str | None:
    """The dotted name of what was called to make an object, "" where this file does not say; None for what is no
    object of that kind."""
    if isinstance(node, ast.Call):
        return module.resolve(node.func)
    if isinstance(node, ast.Attribute):
        return ""
    if not isinstance(node, ast.Name):
        return None
    for binding in module.names.bindings(node):
        value = binding.value
        parent = module.parent(binding.node)
        if value is None and isinstance(parent, ast.withitem):
            around = module.parent(parent)
            value = parent.context_expr if isinstance(around, ast.With) else None
        if isinstance(value, ast.Call):
            return module.resolve(value.func)
    return None


def blocks(project: Project, owner: str, method: str, path: str) -> bool:
    """Whether an object of the project is a database of Flask-SQLAlchemy, or makes synchronous sessions."""
    found = constructors(project.links, owner, path)
    if method == "session":
        return "flask_sqlalchemy.SQLAlchemy" in found
    return bool(found & {"sqlalchemy.orm.sessionmaker", "sqlalchemy.orm.scoped_session"})
