"""A requirement more in ``pyproject.toml`` (PEP 621, PEP 735, Poetry's table) or in a ``Pipfile``: bytes in, bytes out.

The change is text put in at one place. tomli then has to read the same document as before but for that one thing, or
the change is refused.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from copy import deepcopy

from flaskdoctor.errors import Refuse
from flaskdoctor.fixes.requirements.order import NOTHING, Entry, Place, place_for
from flaskdoctor.fixes.requirements.requirement import Requirement, name_in, names
from flaskdoctor.fixes.requirements.tomldocument import OTHER_WAY, Document, List, Table, gap_in, indent_of, put
from flaskdoctor.fixes.requirements.tomltext import Brackets, Pair, brackets, plain_string
from flaskdoctor.project.versions.requirements import normalise


def add_requirement(data: bytes, wanted: Requirement, beside: Collection[str]) -> bytes:
    """``data`` with one requirement more, in the list in which one of ``beside`` stands: in its place where that is
    sorted. The same where the list names it already. Raises ``Refuse`` where it cannot be done for certain."""
    document = Document(data)
    place = document.place_of(beside)
    expected = deepcopy(document.content)
    present = document.value(place.path)
    if isinstance(place, List):
        if any(isinstance(each, str) and names(each, wanted.name) for each in present):
            return data
        text, index = _with_item(document, place.pair, wanted, beside)
        put(expected, place.path, [*present[:index], wanted.line, *present[index:]])
    else:
        if any(normalise(name) == normalise(wanted.name) for name in present):
            return data
        text = _with_pair(document, place, wanted, beside)
        put(expected, (*place.path, wanted.name), wanted.specifier or "*")
    return document.checked(text, expected)


def _with_item(document: Document, pair: Pair, wanted: Requirement, beside: Collection[str]) -> tuple[str, int]:
    """The text with an item more in an array that has some, and the item's index."""
    text, found = document.text, brackets(document.text, pair.value)
    entries = []
    for number, item in enumerate(found.items):
        literal = text[item.start : item.end]
        value = plain_string(literal) or ""
        gap = gap_in(text[found.items[number - 1].end : item.start]) if number else NOTHING
        entries.append(Entry(name_in(value), value, gap))
    place = place_for(Entry(wanted.name, wanted.line), entries, beside)
    quote = text[found.items[place.number].start]
    literal = f"{quote}{wanted.line}{quote}" if quote in "\"'" else f'"{wanted.line}"'
    after = _item_put_in(text, found, place, literal, document.ending)
    return after, place.number + (not place.above)


def _item_put_in(text: str, array: Brackets, place: Place, literal: str, ending: str) -> str:
    if any("\n" in text[item.end : item.comma] for item in array.items if item.comma >= 0):
        raise Refuse(OTHER_WAY)  # commas at the beginning of lines
    near = array.items[place.number]
    blank = "" if any(text[item.comma + 1] not in " \t\r\n" for item in array.items[:-1]) else " "
    indents = [indent_of(text, item.start) for item in array.items]
    if place.above:
        indent = indents[place.number]
        apart = f",{ending}{indent}" if indent is not None else f",{blank}"
        return text[: near.start] + literal + apart + text[near.start :]
    follower = indents[place.number + 1] if place.number + 1 < len(array.items) else None
    indent = indents[place.number] if indents[place.number] is not None else follower
    if indent is None:  # all on one line, or several on each
        if near.comma < 0:
            return f"{text[: near.end]},{blank}{literal}{text[near.end :]}"
        return f"{text[: near.comma + 1]}{blank}{literal},{text[near.comma + 1 :]}"
    if near.comma < 0:
        head, rest, comma = text[: near.end] + ",", text[near.end :], ""
    else:
        head, rest, comma = text[: near.comma + 1], text[near.comma + 1 :], ","
    behind = re.match(r"[ \t]*(?:#[^\r\n]*)?(?=\r?\n)", rest)
    if behind is None and comma:  # another one follows on the same line
        return f"{head} {literal},{rest}"
    behind_text = behind.group() if behind is not None else ""
    return f"{head}{behind_text}{ending}{indent}{literal}{comma}{rest[len(behind_text) :]}"


def _with_pair(document: Document, table: Table, wanted: Requirement, beside: Collection[str]) -> str:
    """The text with a key more in a table that has some."""
    text = document.text
    pairs = [pair for pair in table.pairs if pair.path[len(table.path)] != "python"] or list(table.pairs)
    entries = []
    for number, pair in enumerate(pairs):
        gap = gap_in(text[pairs[number - 1].end : pair.start]) if number else NOTHING
        entries.append(Entry(pair.path[len(table.path)], text[pair.start : pair.end], gap))
    place = place_for(Entry(wanted.name, wanted.line), entries, beside)
    near = pairs[place.number]
    quote = next((text[pair.value] for pair in (near, *pairs) if text[pair.value] in "\"'"), '"')
    equals = "=" if text[near.equals - 1] not in " \t" else " = "
    line = f"{wanted.name}{equals}{quote}{wanted.specifier or '*'}{quote}"
    indent = indent_of(text, near.start) or ""
    if place.above:
        return f"{text[: near.start]}{line}{document.ending}{indent}{text[near.start :]}"
    end = re.compile(r"[^\r\n]*").match(text, near.end)
    assert end is not None
    return f"{text[: end.end()]}{document.ending}{indent}{line}{text[end.end() :]}"
