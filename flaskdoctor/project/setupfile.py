"""The requirement lists in a setup.py, read from its syntax tree; the file is never run."""

from __future__ import annotations

import ast
from collections.abc import Iterator


def setup_requirements(source: str) -> tuple[list[str], list[str]]:
    """``install_requires`` and what the extras require, as far as they are written out as strings."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return [], []
    names: dict[str, ast.expr] = {}
    for statement in tree.body:
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            names[statement.targets[0].id] = statement.value
    main: list[str] = []
    extra: list[str] = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = node.func
        if (called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")) != "setup":
            continue
        for keyword in node.keywords:
            if keyword.arg == "install_requires":
                main += _strings(keyword.value, names)
            elif keyword.arg in ("extras_require", "tests_require"):
                extra += _strings(keyword.value, names)
    return main, extra


def _strings(node: ast.expr, names: dict[str, ast.expr], depth: int = 0) -> Iterator[str]:
    if depth > 10:
        return
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield from node.value.splitlines()
    elif isinstance(node, ast.Name) and node.id in names:
        yield from _strings(names[node.id], names, depth + 1)
    elif isinstance(node, ast.List | ast.Tuple | ast.Set):
        for element in node.elts:
            yield from _strings(element, names, depth + 1)
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        yield from _strings(node.left, names, depth + 1)
        yield from _strings(node.right, names, depth + 1)
    elif isinstance(node, ast.Dict):
        for value in node.values:
            yield from _strings(value, names, depth + 1)
