"""The imported functions that a file hands on without calling them: whoever gets one may call it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flaskdoctor.project.code.module import Module

# Flask alone calls what these are given.
_HARMLESS = frozenset({"add_url_rule", "register_error_handler", "exempt", "register_blueprint"})


def passed_on(module: Module) -> frozenset[str]:
    """Their dotted names: arguments of calls (``nocache(index)``) and items of literals (``{"/": views.index}``)."""
    imported = _imported(module)
    if not imported:
        return frozenset()
    found: set[str] = set()
    for node in _handed(module):
        base = node
        while isinstance(base, ast.Attribute):
            base = base.value
        if isinstance(base, ast.Name) and base.id in imported:
            name = module.resolve(node)
            if name is not None:
                found.add(name)
    return frozenset(found)


def _imported(module: Module) -> set[str]:
    """The names that imports bind, in whichever scope."""
    return {
        item.asname or item.name.partition(".")[0]
        for node in module.nodes(ast.Import, ast.ImportFrom)
        for item in node.names  # type: ignore[attr-defined]
    }


def _handed(module: Module) -> Iterator[ast.expr]:
    for node in module.nodes(ast.Call, ast.List, ast.Tuple, ast.Dict):
        values: Iterable[ast.expr | None]
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Attribute) and node.func.attr in _HARMLESS:
                continue
            values = (*node.args, *(item.value for item in node.keywords))
        else:
            values = node.values if isinstance(node, ast.Dict) else node.elts  # type: ignore[attr-defined]
        for value in values:
            if isinstance(value, ast.Name | ast.Attribute):
                yield value
