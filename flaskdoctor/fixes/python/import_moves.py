"""An import of names that have moved: the statement says the new module, in its place and with its comments."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import libcst as cst
from libcst.helpers import get_full_name_for_node

from flaskdoctor.fixes.python.changes import Changes
from flaskdoctor.fixes.python.insertions import parted
from flaskdoctor.fixes.python.walking import comments, parents_of


def moved_in_place(module: cst.Module, homes: Mapping[str, Collection[str]], dropped: Collection[str]) -> cst.Module:
    """``module`` with those ``from old import a, b`` changed that have a comment and whose names all have a new home.

    ``homes`` tells the modules that each name is wanted from, ``dropped`` the dotted names that are to go. Without
    a comment, a new import finds its own place in the file's order.
    """
    parents = parents_of(module)
    changes = Changes(parents)
    swapped: dict[cst.CSTNode, cst.CSTNode] = {}
    for node in parents:
        if isinstance(node, cst.ImportFrom) and (home := _home(node, homes, dropped)) and _has_comment(node, parents):
            parts = cst.ensure_type(cst.parse_statement(f"from {home} import x"), cst.SimpleStatementLine)
            swapped[node] = node.with_changes(module=cst.ensure_type(parts.body[0], cst.ImportFrom).module)
    if not swapped:
        return module
    changes.swapped = swapped
    return changes.apply(module)


def _home(node: cst.ImportFrom, homes: Mapping[str, Collection[str]], dropped: Collection[str]) -> str:
    """The one module that all names of an import have moved to; empty where there is none."""
    if node.relative or node.module is None or isinstance(node.names, cst.ImportStar):
        return ""
    old = get_full_name_for_node(node.module)
    found: set[str] = set()
    for alias in node.names:
        name = alias.evaluated_name
        wanted = homes.get(name, ())
        if alias.asname is not None or f"{old}.{name}" not in dropped or len(wanted) != 1:
            return ""
        found.update(wanted)
    return found.pop() if len(found) == 1 else ""


def _has_comment(node: cst.ImportFrom, parents: Mapping[cst.CSTNode, cst.CSTNode]) -> bool:
    line = parents[node]
    if (
        not isinstance(line, cst.SimpleStatementLine)
        or len(line.body) != 1
        or not isinstance(parents[line], cst.Module)
    ):
        return False
    above = parted(line.leading_lines)[1]
    return bool(comments(node) or line.trailing_whitespace.comment or above)
