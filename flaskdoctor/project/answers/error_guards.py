"""Whether an error handler looks at the error that it was given."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from flaskdoctor.project.code.names import FunctionNode

if TYPE_CHECKING:
    from flaskdoctor.project.code.module import Module

# An answer made of these is about the error itself, so the handler tells one error from another. HTTPException has no
# ``status`` and no ``status_code``: with ``getattr(error, "status_code", 500)`` a 404 still becomes 500.
_TELLING = frozenset({"code", "get_response", "get_body", "description", "name", "response"})
_HARMLESS = ("builtins.", "traceback.", "flask.", "logging.", "sentry_sdk.", "sys.")
# No exception of these is one of HTTP: a handler that knows them alone lets 404 fall through to its last answer.
FOREIGN_ERRORS = (
    "builtins.",
    "sqlalchemy.",
    "marshmallow.",
    "pydantic.",
    "jsonschema.",
    "jwt.",
    "pymongo.",
    "requests.",
)
_LOGS = frozenset({
    "exception", "error", "warning", "info", "debug", "critical", "log", "warn", "print", "capture_exception",
    "captureException", "report_exception", "notify", "format_exc", "rollback",
})  # fmt: skip


def error_name(function: FunctionNode) -> str | None:
    """The parameter that the error comes in as; None where it has no name of its own."""
    arguments = [*function.args.posonlyargs, *function.args.args]
    return arguments[0].arg if arguments and arguments[0].arg not in ("self", "cls") else None


def asked_classes(module: Module, function: FunctionNode) -> tuple[str, ...] | None:
    """None where a handler looks at its error, raises, or hands it to something that may make the answer of it.

    A branch for errors of another class is no such look: the dotted names of these classes are returned, for those who
    can tell whether one of them is an error of HTTP.
    """
    names = {item.arg for item in [*function.args.posonlyargs, *function.args.args]}
    if function.args.vararg is not None:
        names.add(function.args.vararg.arg)
    asked: list[str] = []
    waiting: list[ast.AST] = [function]
    while waiting:
        node = waiting.pop()
        classes = _branch_classes(node, names)
        if classes:
            resolved = [module.resolve(item) or "" for item in classes]
            if not all(resolved) or any(name.startswith("werkzeug.") for name in resolved):
                return None
            asked += [name for name in resolved if not name.startswith(FOREIGN_ERRORS)]
            assert isinstance(node, ast.If)
            waiting += node.orelse
        elif _tells(module, node, names):
            return None
        else:
            waiting += ast.iter_child_nodes(node)
    return tuple(dict.fromkeys(asked))


def _branch_classes(node: ast.AST, names: set[str]) -> list[ast.expr]:
    """The classes of ``if isinstance(error, SomeError):``."""
    match node:
        case ast.If(test=ast.Call(func=ast.Name(id="isinstance"), args=[ast.Name(id=name), _]) as call):
            return _classes(call) if name in names else []
    return []


def _tells(module: Module, node: ast.AST, names: set[str]) -> bool:
    match node:
        case ast.Raise() | ast.Match() | ast.Yield():
            return True
        case ast.Attribute(value=ast.Name(id=name), attr=attribute):
            return name in names and attribute in _TELLING
        case ast.Return(value=ast.Name(id=name)):
            return name in names
        case ast.Call(func=ast.Name(id="issubclass")):
            return True
        case ast.Call():
            return _hands_over(module, node, names)
    return False


def _classes(call: ast.Call) -> list[ast.expr]:
    """The classes that ``isinstance`` asks for."""
    asked = call.args[1] if len(call.args) > 1 else None
    return list(asked.elts) if isinstance(asked, ast.Tuple) else [asked] if asked is not None else []


def _is_foreign(module: Module, node: ast.expr) -> bool:
    return (module.resolve(node) or "").startswith(FOREIGN_ERRORS)


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
