"""Whether it matters that a returned value is turned into JSON after the function has ended, and not in it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from flaskdoctor.project.code.names import FUNCTIONS

if TYPE_CHECKING:
    from flaskdoctor.project.code.module import Module

_PLAIN_CALLS = frozenset({"str", "int", "float", "bool", "len", "repr", "round", "sum"})
# What serialising raises, or a handler that takes everything.
_CAUGHT = frozenset({"TypeError", "ValueError", "Exception", "BaseException"})


def outlives_its_block(module: Module, node: ast.expr, values: list[ast.expr]) -> bool:
    """Whether ``values``, returned at ``node``, would be read after a ``with`` or ``try`` around it has ended.

    A lock is then free again, a session closed (and a mapped dataclass cannot load its rest), an error of the
    serialising not caught. Text, numbers and what is made of them are the same then as before; a handler that only
    answers 500 or raises answers no working request.
    """
    child: ast.AST = node
    for parent in module.ancestors(node):
        if isinstance(parent, FUNCTIONS):
            return False
        if isinstance(parent, ast.With | ast.AsyncWith):
            guarded = True
        elif isinstance(parent, ast.Try | ast.TryStar):
            guarded = child not in parent.finalbody and (
                bool(parent.finalbody)
                or (child in parent.body and any(_answers(module, item) for item in parent.handlers))
            )
        else:
            guarded = False
        if guarded and not all(_plain(module, value) for value in values):
            return True
        child = parent
    return False


def _answers(module: Module, handler: ast.ExceptHandler) -> bool:
    """Whether an ``except`` clause may turn an error of the serialising into an answer other than a 500."""
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    if not any(kind is None or (module.resolve(kind) or "").removeprefix("builtins.") in _CAUGHT for kind in kinds):
        return False
    if not isinstance(handler.body[-1], ast.Return | ast.Raise):
        return True
    function = module.function_of(handler)
    returns = module.returns(function) if function is not None else []
    return any(handler in module.ancestors(item) and not _is_server_error(item.value) for item in returns)


def _is_server_error(value: ast.expr | None) -> bool:
    if not isinstance(value, ast.Tuple) or len(value.elts) < 2:
        return False
    status = value.elts[1]
    return isinstance(status, ast.Constant) and isinstance(status.value, int) and status.value >= 500


def _plain(module: Module, node: ast.expr | None, depth: int = 0) -> bool:
    """Whether an expression is surely text, a number, or a container of nothing else."""
    if node is None or depth > 8:
        return False
    match node:
        case ast.Constant() | ast.JoinedStr() | ast.Compare():
            return True
        case ast.Dict():
            return all(_plain(module, item, depth + 1) for item in (*node.keys, *node.values))
        case ast.List() | ast.Tuple():
            return all(_plain(module, item, depth + 1) for item in node.elts)
        case ast.IfExp():
            return _plain(module, node.body, depth + 1) and _plain(module, node.orelse, depth + 1)
        case ast.Call():
            return (module.resolve(node.func) or "").removeprefix("builtins.") in _PLAIN_CALLS
        case ast.Name():
            binding = module.names.binding(node)
            # A dict or list in a variable may be filled later.
            constant = binding is not None and isinstance(binding.value, ast.Constant | ast.JoinedStr | ast.Call)
            return constant and binding is not None and _plain(module, binding.value, depth + 1)
        case _:
            return False
