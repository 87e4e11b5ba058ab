"""The requirement lists in a setup.py, read from its syntax tree; the file is never run."""

from __future__ import annotations

import ast
from collections.abc import Iterator

_MOST_NODES = 10_000  # names that stand for each other would go on for ever


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


def _strings(node: ast.expr, names: dict[str, ast.expr]) -> Iterator[str]:
    """The strings of a list, through names and sums, in order; lists of lists of lists of names end early."""
    waiting = [node]
    for _ in range(_MOST_NODES):
        if not waiting:
            return
        node = waiting.pop()
        parts: list[ast.expr] = []
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from node.value.splitlines()
        elif isinstance(node, ast.Name) and node.id in names:
            parts = [names[node.id]]
        elif isinstance(node, ast.List | ast.Tuple | ast.Set):
            parts = node.elts
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            parts = [node.left, node.right]
        elif isinstance(node, ast.Dict):
            parts = node.values
        waiting.extend(reversed(parts))
