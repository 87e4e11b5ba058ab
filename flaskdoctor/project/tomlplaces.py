"""Where in a TOML file a key is set: ``tomli`` gives values without their lines."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from flaskdoctor.patterns import lazy

_HEADER = lazy(r"\s*\[\[?([^\[\]]+)\]\]?\s*(?:#.*)?$")
_KEY = lazy(r"""\s*((?:[\w-]+|"[^"\n]*"|'[^'\n]*')(?:\s*\.\s*(?:[\w-]+|"[^"\n]*"|'[^'\n]*'))*)\s*=""")
_BARE = lazy(r"[\w-]+(?:\.[\w-]+)*", re.ASCII)
_LONG_QUOTES = ('"""', "'''")


class _Key(NamedTuple):
    """A key or a table's header: all names that lead to it, and its line."""

    names: tuple[str, ...]
    line: int
    header: bool


def line_of(text: str, *names: str, word: str = "") -> int:
    """The line (from 1) that sets the key ``names`` lead to; where it stands in an inline table, that table's line;
    0 where it is not found. With ``word`` the line of that string, in a list that goes over several lines."""
    keys = _keys(text)
    setting = [key for key in keys if key.names == names[: len(key.names)] and not (key.header and key.names != names)]
    if not setting:  # perhaps a table that stands in one of its own, further down
        return next((key.line for key in keys if key.header and key.names[: len(names)] == names), 0)
    best = max(setting, key=lambda key: len(key.names))
    if not word:
        return best.line
    end = next((key.line for key in keys if key.line > best.line), 0)
    lines = text.split("\n")
    for number, line in enumerate(lines[best.line - 1 : end - 1 if end else None], best.line):
        if f'"{word}"' in line or f"'{word}'" in line:
            return number
    return best.line


@lru_cache(maxsize=1)  # of one file each key is asked for
def _keys(text: str) -> tuple[_Key, ...]:
    keys: list[_Key] = []
    table: tuple[str, ...] = ()
    quotes = ""  # of a string over several lines that is open
    for number, line in enumerate(text.split("\n"), 1):
        if quotes:
            if line.count(quotes) % 2:
                quotes = ""
            continue
        quotes = next((each for each in _LONG_QUOTES if line.count(each) % 2), "")
        if header := _HEADER.match(line):
            table = _names(header[1].strip())
            keys.append(_Key(table, number, header=True))
        elif key := _KEY.match(line):
            keys.append(_Key((*table, *_names(key[1])), number, header=False))
    return tuple(keys)


def _names(dotted: str) -> tuple[str, ...]:
    if _BARE.fullmatch(dotted):
        return tuple(dotted.split("."))
    import tomli

    try:
        value: object = tomli.loads(f"{dotted} = 0")
    except ValueError:
        return (dotted,)
    names = []
    while isinstance(value, dict):
        ((name, value),) = value.items()
        names.append(name)
    return tuple(names)
