"""A ``pyproject.toml`` or a ``Pipfile``: what it means, and where in its text the dependencies stand."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

from flaskdoctor.errors import Refuse
from flaskdoctor.fixes.lines import line_ending
from flaskdoctor.fixes.requirements.order import BLANK, COMMENT, NOTHING
from flaskdoctor.fixes.requirements.requirement import name_in, names
from flaskdoctor.fixes.requirements.tomltext import Pair, brackets, pairs
from flaskdoctor.project.versions.requirements import normalise

_MAIN = ("project", "dependencies")
_TABLES = (("tool", "poetry", "dependencies"), ("packages",))  # Poetry's and pipenv's: names are keys there
_GROUPS = (("project", "optional-dependencies"), ("dependency-groups",))

# A requirement that somebody has taken out: no words about those below.
_TAKEN_OUT = re.compile(r"\s*#\s*(?:[\"']|[\w.-]+\s*=)")

OTHER_WAY = "It is written in a way that is not changed here"


class List(NamedTuple):
    """An array of requirements: its place in the document, and in the text."""

    path: tuple[str, ...]
    pair: Pair


class Table(NamedTuple):
    """A table with a requirement a key: its place in the document, and those keys in the text."""

    path: tuple[str, ...]
    pairs: tuple[Pair, ...]


class Spot(NamedTuple):
    """One requirement: the list's path and its number in it, or the key's path and -1; and where in the text it
    begins and ends (a key: its value does)."""

    path: tuple[str, ...]
    number: int
    start: int
    end: int


class Document:
    """The text of a document and what it means. Raises ``Refuse`` for one that tomli does not read."""

    def __init__(self, data: bytes) -> None:
        import tomli

        try:
            self.text = data.decode("utf-8")
            self.content: dict[str, Any] = tomli.loads(self.text)
        except (ValueError, RecursionError):
            raise Refuse("It cannot be read as TOML") from None
        self.pairs = pairs(self.text)
        self.ending = line_ending(data).decode("ascii")

    def value(self, path: tuple[str, ...]) -> Any:
        """What stands at a path; None where nothing does."""
        value: Any = self.content
        for key in path:
            value = value.get(key) if isinstance(value, dict) else None
        return value

    def place_of(self, beside: Collection[str]) -> List | Table:
        """The list of requirements in which one of ``beside`` (normalised names) stands: a main one, else the only
        group that has it."""
        main = self.value(_MAIN)
        if isinstance(main, list) and _has(main, beside):
            return self.array(_MAIN)
        for path in _TABLES:
            table = self.value(path)
            if isinstance(table, dict) and _has(table, beside):
                return self.table(path)
        groups = [(*path, name) for path in _GROUPS for name in self.value(path) or ()]
        found = [path for path in groups if isinstance(lines := self.value(path), list) and _has(lines, beside)]
        if len(found) != 1:
            raise Refuse("No list of dependencies in it is plainly the one to change")
        return self.array(found[0])

    def array(self, path: tuple[str, ...]) -> List:
        """The array at a path that has one. Raises ``Refuse`` where it is not written as ``key = [``."""
        for each in self.pairs:
            if each.path == path and self.text[each.value] == "[":
                return List(path, each)
        raise Refuse(OTHER_WAY)

    def table(self, path: tuple[str, ...]) -> Table:
        """The table at a path that has one. Raises ``Refuse`` where it has no header of its own, or no keys."""
        own = tuple(each for each in self.pairs if each.table == path)
        if not own:
            raise Refuse(OTHER_WAY)
        return Table(path, own)

    def spots(self, name: str) -> Iterator[Spot]:
        """Where the main lists require ``name``."""
        main = self.value(_MAIN)
        for index, each in enumerate(main if isinstance(main, list) else ()):
            if isinstance(each, str) and names(each, name):
                item = brackets(self.text, self.array(_MAIN).pair.value).items[index]
                yield Spot(_MAIN, index, item.start, item.end)
        for path in _TABLES:
            table = self.value(path)
            for key in table if isinstance(table, dict) else ():
                if normalise(key) == normalise(name):
                    for each in self.pairs:
                        if each.path == (*path, key):
                            yield Spot(each.path, -1, each.value, each.end)

    def line(self, spot: Spot) -> int:
        """The line that a spot stands on."""
        return self.text.count("\n", 0, spot.start) + 1

    def checked(self, text: str, expected: dict[str, Any]) -> bytes:
        """The new text as bytes. Raises ``Refuse`` where it does not mean what it should."""
        import tomli

        try:
            meant = tomli.loads(text)
        except (ValueError, RecursionError):
            meant = {}
        if meant != expected:
            raise Refuse(OTHER_WAY)
        return text.encode("utf-8")


def put(content: dict[str, Any], path: tuple[str, ...], value: object) -> None:
    """Set what stands at a path."""
    for key in path[:-1]:
        content = content[key]
    content[path[-1]] = value


def indent_of(text: str, place: int) -> str | None:
    """The blanks before a place; None where something else stands before it on its line."""
    before = text[text.rfind("\n", 0, place) + 1 : place]
    return before if not before.strip(" \t") else None


def gap_in(between: str) -> int:
    """What stands between two entries, given the text from the end of one to the start of the next."""
    lines = between.split("\n")[1:-1]
    if any(not line.strip() for line in lines):
        return BLANK
    return NOTHING if all(_TAKEN_OUT.match(line) for line in lines) else COMMENT


def _has(requirements: Collection[object], beside: Collection[str]) -> bool:
    return any(isinstance(each, str) and normalise(name_in(each)) in beside for each in requirements)
