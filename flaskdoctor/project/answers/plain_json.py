"""What an expression surely is, as far as Flask's own JSON answer goes: a dict, a list, or not known."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flaskdoctor.project.code.module import Module

_DICTS = frozenset({"builtins.dict", "collections.OrderedDict", "collections.defaultdict"})
_LISTS = frozenset({"builtins.list", "builtins.sorted"})


def json_kind(module: Module, node: ast.expr, depth: int = 0) -> str:
    """``"dict"`` or ``"list"`` where an expression is proven to be one (or a subclass), otherwise ``""``.

    Proven are literals, comprehensions, ``dict()``, ``list()``, ``sorted()``, a conditional of two equal kinds,
    and a name that is assigned one of these and nothing else. A Mapping, a dataclass, a tuple, a generator or
    what a call returns is not: Flask refuses them, or answers something else than ``jsonify`` does.
    """
    if depth > 8:
        return ""
    match node:
        case ast.Dict() | ast.DictComp():
            return "dict"
        case ast.List() | ast.ListComp():
            return "list"
        case ast.Call():
            callee = module.resolve(node.func)
            return "dict" if callee in _DICTS else "list" if callee in _LISTS else ""
        case ast.IfExp():
            kind = json_kind(module, node.body, depth + 1)
            return kind if kind == json_kind(module, node.orelse, depth + 1) else ""
        case ast.Name():
            return _kind_of_name(module, node, depth)
        case _:
            return ""


def _kind_of_name(module: Module, node: ast.Name, depth: int) -> str:
    binding = module.names.binding(node)
    if binding is None or binding.kind != "assign" or binding.value is None:
        return ""
    if any(node.id in item.names for item in module.nodes(ast.Nonlocal)):  # type: ignore[attr-defined]
        return ""
    return json_kind(module, binding.value, depth + 1)
