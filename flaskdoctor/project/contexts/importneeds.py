"""What asks for a context of Flask's while a module is imported: proxies, ``url_for``, the database."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from flaskdoctor.project.code.importtime import evaluated_at_import
from flaskdoctor.project.code.module import Module

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


def evaluations(module: Module) -> Iterator[tuple[ast.AST, str, tuple[str, str, str]]]:
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


def certain(module: Module, node: ast.AST) -> bool:
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
