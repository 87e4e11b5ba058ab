"""``from x import (a, b,`` filled up to a width: without one of its names the others are filled anew, as isort does."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

Import = cst.Import | cst.ImportFrom

_WIDTHS = (79, 88, 99, 100, 119, 120)  # what people have isort fill lines up to


def refilled(before: Import, after: Import) -> Import:
    """``after``, with fewer names than ``before``, whose lines are filled as those of ``before`` were.

    Where ``before`` was broken in any other way, ``after`` stays as it is, but brackets around one line go.
    """
    if not isinstance(before, cst.ImportFrom) or not isinstance(after, cst.ImportFrom):
        return after
    if isinstance(after.names, cst.ImportStar):
        return after
    text = cst.Module([]).code_for_node(before)
    head, opening, rest = text.partition("(")
    lines = text.split("\n")
    names = _texts(before)
    if len(lines) > 1 and names is not None and after.lpar and "\n" not in cst.Module([]).code_for_node(after):
        last = after.names[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
        return after.with_changes(names=[*after.names[:-1], last], lpar=None, rpar=None)
    if not opening or rest[:1].isspace() or len(lines) < 2 or names is None:
        return after
    width = _width(head, names, lines)
    if width is None:
        return after
    left = _texts(after) or []
    flat = f"{head}{', '.join(left)}"
    filled = flat if len(flat) <= width else "\n".join(_fill(head, left, width))
    statement = cst.parse_statement(filled)
    assert isinstance(statement, cst.SimpleStatementLine)
    return cst.ensure_type(statement.body[0], cst.ImportFrom).with_changes(semicolon=after.semicolon)


def _texts(node: cst.ImportFrom) -> list[str] | None:
    """The names as they are written, without their commas; None where there is more between them."""
    if isinstance(node.names, cst.ImportStar):
        return None
    bare = [alias.with_changes(comma=cst.MaybeSentinel.DEFAULT) for alias in node.names]
    texts = [cst.Module([]).code_for_node(alias) for alias in bare]
    return None if any("\n" in text or "#" in text for text in texts) else texts


def _width(head: str, names: Sequence[str], lines: Sequence[str]) -> int | None:
    """The width up to which ``lines`` are filled; None where they are broken in any other way."""
    flat = len(head) + len(", ".join(names))
    return next((each for each in _WIDTHS if flat > each and _fill(head, names, each) == list(lines)), None)


def _fill(head: str, names: Sequence[str], width: int) -> list[str]:
    """``names`` behind an opening bracket, as many on a line as there is room for."""
    lines = [f"{head}("]
    for index, name in enumerate(names):
        end = ")" if index == len(names) - 1 else ","
        gap = "" if lines[-1].endswith(("(", " ")) else " "
        if index and len(f"{lines[-1]}{gap}{name}{end}") > width:
            lines.append(f"{' ' * (len(head) + 1)}{name}{end}")
        else:
            lines[-1] += f"{gap}{name}{end}"
    return lines
