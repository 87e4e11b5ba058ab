"""New text in the quotes that a file prefers."""

from __future__ import annotations

import io
import tokenize
from collections import Counter
from collections.abc import Iterable

import libcst as cst

_PLAIN = '"'  # what templates are written in, and what a file without a string gets


def prevailing(nodes: Iterable[cst.CSTNode]) -> str:
    """The quote of most strings among ``nodes``; those that hold the other one had no choice and do not count."""
    counts: Counter[str] = Counter()
    for node in nodes:
        if isinstance(node, cst.SimpleString) and {"'", _PLAIN}.isdisjoint(node.raw_value):
            counts[node.quote] += 1
        elif isinstance(node, cst.FormattedString):
            counts[node.end] += 1
    return "'" if counts["'"] > counts[_PLAIN] else _PLAIN


def own_quote(node: cst.CSTNode) -> str | None:
    """The quote of a string itself; None for any other node."""
    if isinstance(node, cst.SimpleString):
        return node.quote[0]
    return node.end[0] if isinstance(node, cst.FormattedString) else None


def requoted(source: str, quote: str) -> str:
    """A template's Python with its strings in ``quote``, where nothing inside them would have to be escaped."""
    if quote == _PLAIN or _PLAIN not in source:
        return source
    lines = source.splitlines(keepends=True)
    for token in reversed(list(tokenize.generate_tokens(io.StringIO(source).readline))):
        text = token.string
        prefix, _, rest = text.partition(_PLAIN)
        if token.type != tokenize.STRING or "f" in prefix.lower() or not rest.endswith(_PLAIN):
            continue
        if {"'", _PLAIN, "\\"}.isdisjoint(text[len(prefix) + 1 : -1]):
            row, start = token.start[0] - 1, token.start[1]
            end = start + len(text)
            lines[row] = f"{lines[row][:start]}{prefix}{quote}{rest[:-1]}{quote}{lines[row][end:]}"
    return "".join(lines)
