"""What a function surely hands to Flask that Flask refuses: nothing at all, or a value that is no response."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from flaskdoctor.patterns import lazy
from flaskdoctor.project.code.names import FUNCTIONS, FunctionNode

if TYPE_CHECKING:
    from flaskdoctor.project.code.module import Module

_NUMBERS = frozenset(
    {"builtins.int", "builtins.float", "builtins.bool", "builtins.len", "builtins.round", "builtins.sum"}
)
_SETS = frozenset({"builtins.set", "builtins.frozenset"})
# A function of such a name may never come back: ``api_abort(404)``, ``raise_not_found()``, ``sys.exit()``.
_MAY_NOT_RETURN = lazy(
    r"(?i)abort|raise|rais|throw|exit|fail|error|crash|kill|die|panic|shutdown|terminate|boom|assert|forever|serve|exec"
)
_SOCKETS = frozenset({"ws", "socket", "websocket", "web_socket", "sock"})


class InvalidAnswer(NamedTuple):
    """``node`` is the function that returns nothing (or the value of one ``return``), ``what`` says what it is."""

    node: ast.AST
    what: str


def invalid_answers(module: Module, function: FunctionNode) -> Iterator[InvalidAnswer]:
    """All that Flask would refuse with a TypeError, where nothing else can happen."""
    values = [item.value for item in module.returns(function) if item.value is not None]
    found: list[InvalidAnswer] = []
    if not all(_is_none(value) for value in values):
        found += (
            InvalidAnswer(part, what) for value in values for part in _arms(value) if (what := _refused(module, part))
        )
    elif not _has_socket(function) and not _is_stub(function):
        found.append(InvalidAnswer(function, "nothing"))
    # Hardly any function comes so far: only then is it walked through.
    inside = list(_own_nodes(function)) if found else []
    if any(isinstance(node, ast.Yield | ast.YieldFrom) for node in inside):
        return
    for answer in found:
        if answer.node is not function or not any(_may_end_otherwise(module, node) for node in inside):
            yield answer


def _own_nodes(function: FunctionNode) -> Iterator[ast.AST]:
    """The nodes of a function's body, without those of functions and classes inside it."""
    queue: list[ast.AST] = list(function.body)
    while queue:
        node = queue.pop()
        yield node
        if not isinstance(node, (*FUNCTIONS, ast.Lambda, ast.ClassDef)):
            queue.extend(ast.iter_child_nodes(node))


def _is_none(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is None


def _has_socket(function: FunctionNode) -> bool:
    """A route of Flask-Sockets: its first argument is the socket, and it returns when that is closed."""
    arguments = [*function.args.posonlyargs, *function.args.args]
    return bool(arguments) and arguments[0].arg in _SOCKETS


def _is_stub(function: FunctionNode) -> bool:
    """``pass``, ``...`` or a docstring alone: there for its URL, or for what is put around it."""
    return all(
        isinstance(item, ast.Pass) or (isinstance(item, ast.Expr) and isinstance(item.value, ast.Constant))
        for item in function.body
    )


def _may_end_otherwise(module: Module, node: ast.AST) -> bool:
    """Whether a statement or expression may end the function with an exception, or never end it."""
    match node:
        case ast.Raise() | ast.Assert():
            return True
        case ast.While(test=ast.Constant()):
            return True
        case ast.BinOp(op=ast.Div() | ast.FloorDiv() | ast.Mod(), right=ast.Constant(value=0)):
            return True
        case ast.Call():
            name = module.resolve(node.func) or ""
            last = node.func.attr if isinstance(node.func, ast.Attribute) else name.rpartition(".")[2]
            return not last or _MAY_NOT_RETURN.search(last) is not None
    return False


def _arms(value: ast.expr) -> Iterator[ast.expr]:
    if isinstance(value, ast.IfExp):
        yield from _arms(value.body)
        yield from _arms(value.orelse)
    else:
        yield value


def _refused(module: Module, value: ast.expr) -> str:
    """What a returned value is, in words, where Flask refuses it; otherwise empty."""
    match value:
        case ast.Constant(value=bool() | int() | float() | complex()):
            return "a number" if not isinstance(value.value, bool) else str(value.value)
        case ast.Set() | ast.SetComp():
            return "a set"
        case ast.Compare():
            return (
                "a bool" if all(isinstance(item, ast.In | ast.NotIn | ast.Is | ast.IsNot) for item in value.ops) else ""
            )
        case ast.UnaryOp(op=ast.Not()):
            return "a bool"
        case ast.Tuple(elts=items) if not any(isinstance(item, ast.Starred) for item in items):
            if len(items) not in (2, 3):
                return f"a tuple of {len(items)}"
            body = _refused(module, items[0])
            return body if not isinstance(items[0], ast.Tuple) else ""
        case ast.Call():
            callee = module.resolve(value.func)
            return "a number" if callee in _NUMBERS else "a set" if callee in _SETS else ""
        case ast.Name():
            bound = module.value(value)
            return _refused(module, bound) if isinstance(bound, ast.Constant | ast.Set | ast.SetComp) else ""
    return ""
