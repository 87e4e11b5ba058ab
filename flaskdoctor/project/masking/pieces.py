"""The string literals and comments of Python source, found without parsing it: also where it does not parse."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from flaskdoctor.patterns import lazy

NEWLINE = lazy(r"\r\n|\r|\n")
_START = lazy(r"""#|(?:(?<!\w)([rbuftRBUFT]{1,2})(?=["']))?(\"\"\"|'''|"|')""")
_BODY = {
    '"': lazy(r'(?:[^"\\\r\n]|\\(?:\r\n|.))*', re.DOTALL),
    "'": lazy(r"(?:[^'\\\r\n]|\\(?:\r\n|.))*", re.DOTALL),
    '"""': lazy(r'(?:[^"\\]|\\.|"(?!""))*', re.DOTALL),
    "'''": lazy(r"(?:[^'\\]|\\.|'(?!''))*", re.DOTALL),
}
_COMMENT = lazy(r"[^\r\n]*")


class Piece(NamedTuple):
    """A string literal or a comment, as offsets into the text.

    ``inner`` and ``outer`` are where its content starts and ends: behind the opening quote (or ``#``) and before
    the closing one. ``closed`` is False for a string whose end is missing.
    """

    comment: bool
    start: int
    end: int
    inner: int
    outer: int
    closed: bool = True


def pieces(text: str) -> Iterator[Piece]:
    """All string literals and comments of a text in order; strings inside an f-string belong to it."""
    place = 0
    while found := _START.search(text, place):
        piece = _piece(text, found)
        yield piece
        place = max(piece.end, found.end())


def _piece(text: str, found: re.Match[str]) -> Piece:
    if found.group() == "#":
        end = _COMMENT.match(text, found.end()).end()  # type: ignore[union-attr]
        return Piece(True, found.start(), end, found.end(), end)
    prefix, quote = (found.group(1) or "").lower(), found.group(2)
    end = _formatted(text, found.end(), quote) if "f" in prefix or "t" in prefix else None
    if end is None:
        end = _BODY[quote].match(text, found.end()).end()  # type: ignore[union-attr]
    closed = text.startswith(quote, end)
    return Piece(False, found.start(), end + len(quote) * closed, found.end(), end, closed)


def _formatted(text: str, place: int, quote: str) -> int | None:
    """Where the content of an f-string ends; None where its braces make no sense."""
    single = len(quote) == 1
    while place < len(text):
        if text.startswith(quote, place):
            return place
        char = text[place]
        if char == "\\" or (char in "{}" and text.startswith(char * 2, place)):
            place += 2
        elif char == "{":
            after = _field(text, place + 1, quote)
            if after is None:
                return None
            place = after
        elif single and char in "\r\n":
            return None
        else:
            place += 1
    return None


def _field(text: str, place: int, quote: str) -> int | None:
    """Behind the ``}`` of a replacement field whose ``{`` stands before ``place``."""
    depth = 0
    while place < len(text):
        char = text[place]
        if char in "\"'#" or (char in "rbuftRBUFT" and (found := _START.match(text, place)) and found.group(1)):
            found = _START.match(text, place)
            assert found is not None
            inner = _piece(text, found)
            if not inner.closed:
                return None
            place = max(inner.end, found.end())
        elif char in "([{":
            depth += 1
            place += 1
        elif char in ")]}":
            if depth == 0:
                return place + 1 if char == "}" else None
            depth -= 1
            place += 1
        elif char == ":" and depth == 0:
            return _specification(text, place + 1, quote)
        else:
            place += 1
    return None


def _specification(text: str, place: int, quote: str) -> int | None:
    """Behind the ``}`` that ends a format specification: there quotes are plain characters, fields may nest."""
    while place < len(text) and not text.startswith(quote, place):
        char = text[place]
        if char == "}":
            return place + 1
        if char == "{":
            after = _field(text, place + 1, quote)
            if after is None:
                return None
            place = after
        else:
            place += 1
    return None
