"""Moving ``monkey.patch_all()`` and the import it needs above a file's other imports: bytes in, bytes out."""

from __future__ import annotations

import ast
import re
from typing import NamedTuple

from flaskdoctor.fixes.lines import line_ending

_IMPORTS = ("gevent.monkey", "gevent.monkey.patch_all", "eventlet", "eventlet.monkey_patch")
_BOM = b"\xef\xbb\xbf"
_CALLS = ("patch_all", "monkey_patch")


class _Found(NamedTuple):
    first: ast.stmt  # the first statement behind the docstring and ``from __future__``
    brought: ast.stmt
    call: ast.stmt


def patch_first(source: bytes) -> bytes | None:
    """The file with its patch as the first thing it does; None where the patch is part of something else: under an
    ``if``, on a line with other statements, with arguments that are computed."""
    if re.search(rb"\r(?!\n)", source):
        return None
    if source.startswith(_BOM):
        bare = patch_first(source.removeprefix(_BOM))
        return None if bare is None else _BOM + bare
    try:
        found = _find(ast.parse(source))
    except (SyntaxError, ValueError):
        return None
    if found is None:
        return None
    lines = source.splitlines(keepends=True) if b"\x0c" not in source else re.split(rb"(?<=\n)", source)
    ending = line_ending(source)
    own = {item: lines[_start(item, lines) : item.end_lineno] for item in (found.brought, found.call)}
    if not all(_alone(statement, own[statement]) for statement in own):
        return None
    moved = own[found.brought] if found.brought is not found.first else []
    block = [*moved, ending, *own[found.call], ending] if moved else [ending, *own[found.call], ending]
    gone = [found.call] + ([found.brought] if moved else [])
    at = _start(found.first, lines) if moved else (found.first.end_lineno or found.first.lineno)
    result: list[bytes] = []
    for number, line in enumerate(lines):
        if number == at:
            result += block
        if any(_start(item, lines) <= number < (item.end_lineno or item.lineno) for item in gone):
            continue
        after = any(number == item.end_lineno for item in gone)
        if (number == at or after) and not line.strip() and result and not result[-1].strip():
            continue  # one blank line is enough where something was taken out or put in
        result.append(line)
    while lines[-1].strip() and not result[-1].strip():
        del result[-1]  # the patch was the last statement
    return b"".join(result)


def _start(statement: ast.stmt, lines: list[bytes]) -> int:
    """The index of a statement's first line: that of the comment right above it, save for one on the file's top."""
    start = statement.lineno - 1
    while start and lines[start - 1].startswith(b"#"):
        start -= 1
    return start if start else statement.lineno - 1


def _alone(statement: ast.stmt, lines: list[bytes]) -> bool:
    """Whether a statement has its lines to itself (a comment behind it goes with it)."""
    last = lines[-1][statement.end_col_offset or 0 :].split(b"#")[0].strip() if lines else b"?"
    return statement.col_offset == 0 and not last and lines[-1].endswith(b"\n")


def _find(tree: ast.Module) -> _Found | None:
    body = [
        item
        for item in tree.body
        if not (isinstance(item, ast.Expr) and isinstance(item.value, ast.Constant))
        and not (isinstance(item, ast.ImportFrom) and item.module == "__future__")
    ]
    brought: ast.stmt | None = None
    for item in body:
        if isinstance(item, ast.Import | ast.ImportFrom) and len(item.names) == 1 and _dotted(item) in _IMPORTS:
            brought = item
        elif isinstance(item, ast.Expr) and isinstance(item.value, ast.Call):
            function = item.value.func
            last = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
            if last in _CALLS:
                plain = not item.value.args and all(isinstance(one.value, ast.Constant) for one in item.value.keywords)
                return _Found(body[0], brought, item) if brought is not None and plain else None
    return None


def _dotted(item: ast.Import | ast.ImportFrom) -> str:
    name = item.names[0].name
    return f"{item.module}.{name}" if isinstance(item, ast.ImportFrom) else name
