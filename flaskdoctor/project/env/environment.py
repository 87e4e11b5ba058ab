"""Expressions that read the environment, as one file writes them."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

from flaskdoctor.project.env.envnames import ENVIRON

if TYPE_CHECKING:
    from flaskdoctor.project.code.module import Module

GET = frozenset({"os.environ.get", "os.getenv"})


class Reading(NamedTuple):
    """``os.environ["X"]``, ``os.environ.get("X", default)`` or ``os.getenv("X")``: always a text where it is set."""

    node: ast.Call | ast.Subscript
    name: str
    default: ast.expr | None
    required: bool


def reading_of(module: Module, node: ast.expr) -> Reading | None:
    """The reading that an expression is; None for any other."""
    if isinstance(node, ast.Subscript):
        if module.resolve(node.value) not in ENVIRON or (name := module.string(node.slice)) is None:
            return None
        return Reading(node, name, None, True)
    if not isinstance(node, ast.Call) or module.resolve(node.func) not in GET or not node.args:
        return None
    name = module.string(node.args[0])
    if name is None or any(keyword.arg not in ("default",) for keyword in node.keywords):
        return None
    default = node.args[1] if len(node.args) > 1 else next((item.value for item in node.keywords), None)
    return Reading(node, name, default, False)
