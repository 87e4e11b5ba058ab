"""Every place where a file puts a value into Flask's session."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from flaskdoctor.project.pages.sessions import is_session
from flaskdoctor.project.routing.views import keyword

if TYPE_CHECKING:
    from flaskdoctor.project.code.module import Module


# What a file with such a write surely has somewhere.
SPEAKS_OF_WRITES = re.compile(
    rb"(?m)session\s*\[[^\n]*\](?:\s*:[^=\n]+)?\s*[-+|]?=[^=]"
    rb"|session\s*\[[^\n]*\]\s*,"
    rb"|session\.(?:update|setdefault)\("
    rb"|session as \w|=\s*(?:\w+\.)?session\s*(?:$|#)"
)


class SessionWrite(NamedTuple):
    """``session[key] = value``; ``key`` is None where it is computed, ``value`` where it is not one expression."""

    node: ast.AST
    key: str | None
    value: ast.expr | None


def session_writes(module: Module) -> Iterator[SessionWrite]:
    """``session[key] = ..``, also of one target among several, ``session.update(..)``, ``session.setdefault(..)``."""
    for node in module.nodes(ast.Subscript):
        assert isinstance(node, ast.Subscript)
        if isinstance(node.ctx, ast.Store) and is_session(module, node.value):
            yield SessionWrite(node, module.string(node.slice), _assigned(module, node))
    for call in module.nodes(ast.Call):
        assert isinstance(call, ast.Call)
        if isinstance(call.func, ast.Attribute) and call.func.attr in ("update", "setdefault"):
            if not is_session(module, call.func.value):
                continue
            if call.func.attr == "update":
                for argument in call.args:
                    yield from items_of(module, argument)
                yield from (SessionWrite(item.value, item.arg, item.value) for item in call.keywords if item.arg)
            else:
                value = call.args[1] if len(call.args) > 1 else keyword(call, "default")
                if call.args and value is not None:
                    yield SessionWrite(call, module.string(call.args[0]), value)


def _assigned(module: Module, node: ast.Subscript) -> ast.expr | None:
    """The value of ``session[key] = value``, also of one target among several."""
    parent = module.parent(node)
    if isinstance(parent, ast.Assign | ast.AnnAssign | ast.AugAssign):
        return parent.value
    if isinstance(parent, ast.Tuple | ast.List):
        statement = module.parent(parent)
        if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Tuple | ast.List):
            position = parent.elts.index(node)
            values = statement.value.elts
            if len(values) == len(parent.elts) and not any(isinstance(item, ast.Starred) for item in values):
                return values[position]
    return None


def items_of(module: Module, node: ast.expr) -> Iterator[SessionWrite]:
    """The entries of a dict that is written as one, or bound to a name as one."""
    node = module.value(node)
    if isinstance(node, ast.Dict):
        for key_node, value in zip(node.keys, node.values, strict=True):
            yield SessionWrite(value, module.string(key_node), value)
    elif isinstance(node, ast.Call) and module.resolve(node.func) == "builtins.dict":
        yield from (SessionWrite(item.value, item.arg, item.value) for item in node.keywords if item.arg)
