"""Whether an error handler looks at the error that it was given."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from flaskdoctor.project.names import FunctionNode

if TYPE_CHECKING:
    from flaskdoctor.project.module import Module

# An answer made of these is about the error itself, so the handler tells one error from another.
_TELLING = frozenset({"code", "status_code", "status", "get_response", "description", "http_status", "name"})
_HARMLESS = ("builtins.", "traceback.", "flask.", "logging.", "sentry_sdk.", "sys.")
# No exception of these is one of HTTP: a handler that knows them alone lets 404 fall through to its last answer.
_FOREIGN = ("builtins.", "sqlalchemy.", "marshmallow.", "pydantic.", "jsonschema.", "jwt.", "pymongo.", "requests.")
_LOGS = frozenset({
    "exception", "error", "warning", "info", "debug", "critical", "log", "warn", "print", "capture_exception",
    "captureException", "report_exception", "notify", "format_exc", "rollback",
})  # fmt: skip


def error_name(function: FunctionNode) -> str | None:
    """The parameter that the error comes in as; None where it has no name of its own."""
    arguments = [*function.args.posonlyargs, *function.args.args]
    return arguments[0].arg if arguments and arguments[0].arg not in ("self", "cls") else None


def tells_errors_apart(module: Module, function: FunctionNode) -> bool:
    """Whether a handler looks at its error, raises, or hands it to something that may make the answer of it."""
    names = {item.arg for item in [*function.args.posonlyargs, *function.args.args]}
    if function.args.vararg is not None:
        names.add(function.args.vararg.arg)
    for node in ast.walk(function):
        match node:
            case ast.Raise() | ast.Match() | ast.Yield():
                return True
            case ast.Attribute(value=ast.Name(id=name), attr=attribute) if name in names and attribute in _TELLING:
                return True
            case ast.Return(value=ast.Name(id=name)) if name in names:
                return True
            case ast.Call(func=ast.Name(id="issubclass")):
                return True
            case ast.Call() if _hands_over(module, node, names):
                return True
    return False


def _classes(call: ast.Call) -> list[ast.expr]:
    """The classes that ``isinstance`` asks for."""
    asked = call.args[1] if len(call.args) > 1 else None
    return list(asked.elts) if isinstance(asked, ast.Tuple) else [asked] if asked is not None else []


def _is_foreign(module: Module, node: ast.expr) -> bool:
    return (module.resolve(node) or "").startswith(_FOREIGN)


def _hands_over(module: Module, call: ast.Call, names: set[str]) -> bool:
    given = [*call.args, *(item.value for item in call.keywords)]
    if not any(isinstance(item, ast.Name) and item.id in names for item in given):
        return False
    name = module.resolve(call.func) or ""
    last = call.func.attr if isinstance(call.func, ast.Attribute) else name.rpartition(".")[2]
    if last == "isinstance":
        return any(not _is_foreign(module, node) for node in _classes(call))
    if last in ("getattr", "hasattr"):
        asked = call.args[1] if len(call.args) > 1 else None
        return not isinstance(asked, ast.Constant) or asked.value in _TELLING
    if name.startswith(_HARMLESS) or last in _LOGS:
        return False
    # Thrown away, what it returns is no part of the answer.
    return not isinstance(module.parent(call), ast.Expr)
