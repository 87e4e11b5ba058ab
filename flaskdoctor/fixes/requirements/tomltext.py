"""Where things stand in the text of a TOML document: tables, keys, and the items of arrays.

tomli says what a document means and not where; who changes it compares what it means before and after, so nothing here
has to be strict. tomlkit would do both and was tried (0.15.2). It is a dependency more, takes 120 ms to import, and its
arrays are not safe to add to: behind a last item with a comment and no comma it writes an item without a comma between
them, which is no TOML any more, and the first item of a section goes above that section's heading.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from flaskdoctor.errors import Refuse

_STRING = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}(?!")|\'\'\'.*?\'{3,5}(?!\')|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'', re.DOTALL
)
_SPACE = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BLANKS = re.compile(r"[ \t]*")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_BARE_VALUE = re.compile(r"[^,\]}#\r\n]+")


class Pair(NamedTuple):
    """``keys = value``: the whole path of the key, and where the line's parts stand in the text."""

    path: tuple[str, ...]
    table: tuple[str, ...]  # the header that it stands under
    start: int
    equals: int
    value: int
    end: int


class Item(NamedTuple):
    """One item of an array or an inline table; ``comma`` is -1 where none stands behind it."""

    start: int
    end: int
    comma: int


class Brackets(NamedTuple):
    """An array or an inline table: where its brackets stand, and what is in them."""

    opening: int
    closing: int
    items: tuple[Item, ...]


def pairs(text: str) -> list[Pair]:
    """The keys of a document that tomli reads, in their order. Raises ``Refuse`` where it is not understood."""
    try:
        return list(_pairs(text))
    except (IndexError, RecursionError):
        raise _not_understood() from None


def brackets(text: str, at: int) -> Brackets:
    """The array or inline table that begins at ``at``."""
    closes = {"[": "]", "{": "}"}[text[at]]
    items = []
    place = _skip(text, at + 1)
    while text[place] != closes:
        start = place
        if closes == "}":
            _, equals = _key(text, place)
            place = _skip(text, equals + 1)
        end = _value_end(text, place)
        place = _skip(text, end)
        comma = place if text[place] == "," else -1
        items.append(Item(start, end, comma))
        if comma >= 0:
            place = _skip(text, place + 1)
        elif text[place] != closes:
            raise _not_understood()
    return Brackets(at, place, tuple(items))


def plain_string(literal: str) -> str | None:
    """The text of a one-line string without escapes; None for any other value."""
    if len(literal) >= 2 and literal[0] in "\"'" and literal[-1] == literal[0]:
        inside = literal[1:-1]
        if literal[0] not in inside and "\n" not in inside and not (literal[0] == '"' and "\\" in inside):
            return inside
    return None


def _pairs(text: str) -> Iterator[Pair]:
    table: tuple[str, ...] = ()
    place = _skip(text, 0)
    while place < len(text):
        if text[place] == "[":
            several = text.startswith("[[", place)
            keys, place = _key(text, place + 1 + several)
            place += 1 + several
            # What stands in an array of tables is never what one of our paths names.
            table = (*keys, "[]") if several else keys
        else:
            start = place
            keys, equals = _key(text, place)
            if text[equals] != "=":
                raise _not_understood()
            value = _BLANKS.match(text, equals + 1).end()  # type: ignore[union-attr]  # it matches nothing too
            place = _value_end(text, value)
            yield Pair((*table, *keys), table, start, equals, value, place)
        place = _skip(text, place)


def _key(text: str, place: int) -> tuple[tuple[str, ...], int]:
    """The parts of a dotted key, and the place behind it and its blanks."""
    parts = []
    while True:
        place = _skip_blanks(text, place)
        match = _STRING.match(text, place) or _BARE_KEY.match(text, place)
        if match is None:
            raise _not_understood()
        plain = plain_string(match.group())
        parts.append(match.group() if plain is None else plain)
        place = _skip_blanks(text, match.end())
        if text[place : place + 1] != ".":
            return tuple(parts), place
        place += 1


def _value_end(text: str, place: int) -> int:
    if text[place] in "[{":
        return brackets(text, place).closing + 1
    if (string := _STRING.match(text, place)) is not None:
        return string.end()
    if (bare := _BARE_VALUE.match(text, place)) is not None:
        return place + len(bare.group().rstrip())
    raise _not_understood()


def _skip(text: str, place: int) -> int:
    return _SPACE.match(text, place).end()  # type: ignore[union-attr]  # it matches nothing too


def _skip_blanks(text: str, place: int) -> int:
    return _BLANKS.match(text, place).end()  # type: ignore[union-attr]


def _not_understood() -> Refuse:
    return Refuse("The file is written in a way that is not changed here")
