"""What a dependency in ``pyproject.toml`` or a ``Pipfile`` asks for: an extra, a marker. Bytes in, bytes out.

As in ``tomladd``: text is put in, and tomli has to read the same document as before but for that one thing.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from copy import deepcopy
from typing import Any

from flaskdoctor.errors import Refuse
from flaskdoctor.fixes.requirements.requirement import with_extra, with_marker
from flaskdoctor.fixes.requirements.tomldocument import OTHER_WAY, Document, Spot, put
from flaskdoctor.fixes.requirements.tomltext import brackets, plain_string

MARKED = frozenset({"markers", "platform", "sys_platform", "optional"})  # keys that say where it counts


def add_extra(data: bytes, name: str, extra: str) -> bytes | None:
    """``data`` in which the dependency ``name`` asks for ``extra``; None where none lacks it. Raises ``Refuse`` where
    it cannot be done for certain."""
    return _changed(data, name, _Extra(extra))


def add_marker(data: bytes, name: str, variable: str, value: str) -> bytes | None:
    """``data`` in which the dependency ``name`` counts only where the environment's ``variable`` is not ``value``; None
    where there is none without a marker. Raises ``Refuse`` where it cannot be done for certain."""
    return _changed(data, name, _Marker(variable, value))


class _Change(ABC):
    """How a requirement changes that is written as a text, and as a table, which gets a value for ``key``."""

    key: str

    @abstractmethod
    def text(self, text: str, quote: str) -> str:
        """The changed requirement, for a string in these quotes."""

    @abstractmethod
    def value(self, table: dict[str, Any]) -> str | list[str] | None:
        """What the key has to be; None: the table stays as it is."""


class _Extra(_Change):
    key = "extras"

    def __init__(self, extra: str) -> None:
        self._extra = extra

    def text(self, text: str, quote: str) -> str:
        del quote
        return with_extra(text, self._extra)

    def value(self, table: dict[str, Any]) -> str | list[str] | None:
        present = table.get("extras", [])
        if not isinstance(present, list):
            raise Refuse(OTHER_WAY)
        return None if self._extra in present else [*present, self._extra]


class _Marker(_Change):
    key = "markers"

    def __init__(self, variable: str, value: str) -> None:
        self._variable = variable
        self._value = value

    def text(self, text: str, quote: str) -> str:
        other = "'" if quote == '"' else '"'
        return text if ";" in text else with_marker(text, f"{self._variable} != {other}{self._value}{other}")

    def value(self, table: dict[str, Any]) -> str | list[str] | None:
        return None if table.keys() & MARKED else f"{self._variable} != '{self._value}'"


def _changed(data: bytes, name: str, change: _Change) -> bytes | None:
    before = data
    for number in range(len(list(Document(data).spots(name)))):
        document = Document(data)  # anew: the places behind a change have moved
        data = _changed_at(document, list(document.spots(name))[number], change)
    return data if data != before else None


def _changed_at(document: Document, spot: Spot, change: _Change) -> bytes:
    expected, text = deepcopy(document.content), document.text
    literal = text[spot.start : spot.end]
    if spot.number >= 0:
        plain = plain_string(literal)
        if plain is None:
            raise Refuse(OTHER_WAY)
        changed = change.text(plain, literal[0])
        items = document.value(spot.path)
        put(expected, spot.path, [*items[: spot.number], changed, *items[spot.number + 1 :]])
        new = literal[0] + changed + literal[0]
    else:
        entry = document.value(spot.path)
        table = dict(entry) if isinstance(entry, dict) else {"version": entry}
        value = change.value(table)
        if value is None:
            return text.encode("utf-8")
        put(expected, spot.path, {**table, change.key: value})
        new = _with_key(literal, change.key, value)
    return document.checked(f"{text[: spot.start]}{new}{text[spot.end :]}", expected)


def _with_key(literal: str, key: str, value: str | list[str]) -> str:
    """A version, or an inline table with one, as an inline table that has a value for ``key``."""
    quote = next((char for char in literal if char in "\"'"), '"')
    written = f'"{value}"' if isinstance(value, str) else f"[{', '.join(f'{quote}{each}{quote}' for each in value)}]"
    if literal[0] in "\"'":
        return f"{{ version = {literal}, {key} = {written} }}"
    if literal[0] != "{":
        raise Refuse(OTHER_WAY)
    items = brackets(literal, 0).items
    for item in items:
        if (start := re.match(rf"{key}\s*=\s*", literal[item.start : item.end])) is not None:
            return f"{literal[: item.start + start.end()]}{written}{literal[item.end :]}"
    if not items:
        raise Refuse(OTHER_WAY)
    return f"{literal[: items[-1].end]}, {key} = {written}{literal[items[-1].end :]}"
