"""A YAML file as plain nodes with their places: built from the parser's events, so that an alias is shared and never
copied, and a file that nests or grows without end is given up."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

_MOST_EVENTS = 50_000
_DEEPEST = 40
_MOST_PAIRS = 1_000
_MOST_CHARACTERS = 300_000


class Yaml(NamedTuple):
    """A node: ``pairs`` of a mapping, ``items`` of a sequence, or ``text`` (None where it is neither nor null)."""

    line: int = 0
    column: int = 0
    text: str | None = None
    pairs: tuple[tuple[str, Yaml], ...] = ()
    items: tuple[Yaml, ...] = ()

    def get(self, key: str) -> Yaml:
        """The value of a key, also of one that ``<<`` merges in; an empty node where there is none."""
        for name, value in self.pairs:
            if name == key:
                return value
        for name, value in self.pairs:
            if name == "<<":
                for merged in (value, *value.items):
                    for inner, found in merged.pairs:
                        if inner == key:
                            return found
        return NOTHING

    def each(self) -> Iterator[tuple[str, Yaml]]:
        """The pairs of a mapping, those that ``<<`` merges in first; aliases can make them many, so not without end."""
        return islice(self._each(), _MOST_PAIRS)

    def _each(self) -> Iterator[tuple[str, Yaml]]:
        for name, value in self.pairs:
            if name == "<<":
                for merged in (value, *value.items):
                    yield from ((inner, found) for inner, found in merged.pairs if inner != "<<")
        yield from ((name, value) for name, value in self.pairs if name != "<<")


NOTHING = Yaml()


class _Open(NamedTuple):
    mapping: bool
    anchor: str | None
    line: int
    column: int
    children: list[Yaml]


def read_yaml(text: str) -> Yaml | None:
    """The first document of a text; None where it is no YAML, or more of it than any such file has."""
    if len(text) > _MOST_CHARACTERS:
        return None
    import yaml  # 20 ms, so only where there is such a file

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    anchors: dict[str, Yaml] = {}
    stack: list[_Open] = []
    try:
        for count, event in enumerate(yaml.parse(text, Loader=loader)):
            if count > _MOST_EVENTS or len(stack) > _DEEPEST:
                return None
            mark = event.start_mark
            line, column = (mark.line + 1, mark.column + 1) if mark is not None else (0, 0)
            if isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
                mapping = isinstance(event, yaml.MappingStartEvent)
                stack.append(_Open(mapping, event.anchor, line, column, []))
                continue
            if isinstance(event, yaml.ScalarEvent):
                null = event.style is None and event.value in ("", "~", "null", "Null", "NULL")
                node = Yaml(line, column, None if null else event.value)
                anchor = event.anchor
            elif isinstance(event, yaml.AliasEvent):
                node, anchor = anchors.get(event.anchor or "", NOTHING), None
            elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
                node, anchor = _closed(stack[-1]), stack.pop().anchor
            else:
                continue
            if anchor:
                anchors[anchor] = node
            if not stack:
                return node
            stack[-1].children.append(node)
    except (yaml.YAMLError, ValueError, RecursionError):
        return None
    return None


def _closed(opened: _Open) -> Yaml:
    children = opened.children
    if not opened.mapping:
        return Yaml(opened.line, opened.column, items=tuple(children))
    pairs = zip(children[::2], children[1::2], strict=False)
    return Yaml(opened.line, opened.column, pairs=tuple((key.text or "", value) for key, value in pairs))
