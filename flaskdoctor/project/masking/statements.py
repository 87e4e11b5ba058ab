"""The strings of source that does not parse, by the names that stand on their lines."""

from __future__ import annotations

import re
from collections.abc import Iterator

from flaskdoctor.patterns import lazy
from flaskdoctor.project.masking.pieces import NEWLINE, Piece, pieces
from flaskdoctor.project.masking.text import Span, indent_of, lines_of
from flaskdoctor.project.secrecy.secretnames import is_secret_name

_NAME = lazy(r"[A-Za-z_][\w.-]*")
_TEMPLATE = lazy(r"://[^\s/\"']*[%{][^@\"']*@")
_RESET = lazy(r"(?:def|class|import|from|if|for|while|return|with|try|async|@)\b|[A-Za-z_][\w.]*\s*=[^=]")
_HEADER_LINE = lazy(r"\s*(?:async\s+)?(?:def|match)\s+([A-Za-z_][\w.]*)")


def strings_by_line(text: str, found: list[Piece]) -> list[Span]:
    """The strings on lines that name a secret, where a line goes on while a bracket is open."""
    code = list(text)
    inside: set[int] = set()  # the line starts that lie in a string
    for piece in found:
        for place in range(piece.start, piece.end):
            if code[place] not in "\r\n":
                code[place] = " "
            elif not text.startswith("\r\n", place):
                inside.add(place + 1)
    bare = "".join(code)
    hidden: list[Span] = []
    begin = depth = 0
    block = -1  # the indentation of a ``def secret_key():`` or ``match token:`` that lines stand in
    for start, line in lines_of(bare):
        if start not in inside and (depth <= 0 or _RESET.match(line)):
            hidden.extend(_of_statement(text, bare, begin, start, found, block >= 0))
            begin, depth = start, 0
            if line.strip() and len(indent_of(line)) <= block:
                block = -1
            if block < 0 and (header := _HEADER_LINE.match(line)) and _is_loose_name(header[1]):
                block = len(indent_of(line))
        depth += sum(line.count(char) for char in "([{") - sum(line.count(char) for char in ")]}")
        if line.rstrip().endswith("\\"):
            depth = max(depth, 1)
    hidden.extend(_of_statement(text, bare, begin, len(text), found, block >= 0))
    return hidden


def _of_statement(text: str, bare: str, begin: int, end: int, found: list[Piece], named: bool) -> Iterator[Span]:
    own = [piece for piece in found if begin <= piece.start < end and not piece.comment]
    if not own:
        return
    named = named or any(_is_loose_name(name) for name in _NAME.findall(bare, begin, end))
    named = named or any(_TEMPLATE.search(text, piece.inner, piece.outer) for piece in own)
    names = {piece for piece in own if _is_name(text[piece.inner : piece.outer])}
    if named or names:
        yield from ((piece.start, piece.end) for piece in own if piece not in names)


def _is_name(text: str) -> bool:
    return _NAME.fullmatch(text) is not None and is_secret_name(text)


def _is_loose_name(name: str) -> bool:
    last = name.rpartition(".")[2] or name
    return any(is_secret_name(part) for part in name.split(".")) or last.lower() in (
        "key",
        "login",
        "authenticate",
        "jwt",
    )


def unknown_head(text: str) -> int:
    """How many lines of a slice may belong to a string or a bracket that was opened before it."""
    head = 0
    for quote in ('"""', "'''"):
        if text.count(quote) % 2:
            head = max(head, len(NEWLINE.findall(text[: text.index(quote)])) + 1)
    depth = 0
    previous = 0
    for piece in [*pieces(text), Piece(False, len(text), len(text), len(text), len(text))]:
        for place in range(previous, piece.start):
            depth += (text[place] in "([{") - (text[place] in ")]}")
            if depth < 0:
                depth = 0
                head = max(head, len(NEWLINE.findall(text[:place])) + 1)
        previous = piece.end
    first = next((line for _, line in lines_of(text) if line.strip()), "")
    if re.match(r"\s*[rbufRBUF]{0,2}[\"'][^\"']*[\"']\s*[,)\]}]*\s*\Z", first):
        head = max(head, 1)
    return head
