"""Where in an env file a new key belongs: beside its sisters (``MAIL_PORT`` below ``MAIL_SERVER``), else at the end."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import NamedTuple

from flaskdoctor.fixes.lines import append_lines, append_section, line_ending

_COMMENTED = re.compile(r"#[ \t]*(?:export[ \t]+)?([A-Za-z_]\w*)[ \t]*=")
_EXPORT = re.compile(r"\s*export[ \t]")
_FEWEST = 3  # two names are in some order by chance


class _Key(NamedTuple):
    """A key of the file, or one in a comment (``# KEY=``): where its line ends, and how many keys are set up to it."""

    name: str
    end: int
    number: int
    paragraph: int


def originals(text: str) -> list[tuple[str, str | None]]:
    """The pieces of a file as python-dotenv takes it apart, each with the key that it sets."""
    from dotenv.parser import parse_stream

    return [(found.original.string, found.key) for found in parse_stream(io.StringIO(text, newline=""))]


def exports_all(text: str) -> bool:
    """Whether each key of a file has ``export`` before it, as the shell wants it that reads the file too."""
    keys = [string for string, name in originals(text) if name is not None]
    return bool(keys) and all(_EXPORT.match(string) for string in keys)


def with_line(data: bytes, key: str, line: str, like: bytes) -> Iterator[tuple[int, bytes]]:
    """``data`` with ``line`` for ``key`` in the places that it could have, the best one first; and before which of the
    keys that is, counted."""
    bom = b"\xef\xbb\xbf" if data.startswith(b"\xef\xbb\xbf") else b""
    text = data[len(bom) :].decode("utf-8")
    keys = _keys(text)
    sister = _sister(key, keys, _keys(like.decode("utf-8-sig", "replace")))
    if sister is not None and not re.search(rf"\$\{{{key}(?!\w)", text[sister.end :]):
        before = text[: sister.end]
        ending = line_ending(data).decode("ascii")
        piece = line + ending if before.endswith(("\n", "\r")) else ending + line
        yield sister.number, bom + (before + piece + text[sister.end :]).encode("utf-8")
    last = keys[-1].number if keys else 0
    yield last, append_section(data, [line])
    yield last, append_lines(data, ["", line])  # away from a comment that would speak of it


def _keys(text: str) -> list[_Key]:
    keys: list[_Key] = []
    end = number = paragraph = 0
    for string, name in originals(text):
        body = string.lstrip()
        paragraph += len(re.findall(r"\r\n|\n|\r", string[: len(string) - len(body)])) > 0
        end += len(string)
        number += name is not None
        if name is None and (match := _COMMENTED.match(body)) is not None:
            name = match[1]
        if name is not None:
            keys.append(_Key(name, end, number, paragraph))
    return keys


def _sister(key: str, keys: list[_Key], like: list[_Key]) -> _Key | None:
    """The key below which the new one goes; None for the end."""
    names = [each.name for each in keys]
    if len(names) >= _FEWEST and names == sorted(names) and keys[0].paragraph == keys[-1].paragraph:
        smaller = [each for each in keys if each.name < key]
        return smaller[-1] if smaller else None
    # The one that stands before it in the other file, in the same paragraph.
    here = next((each for each in like if each.name == key), None)
    near = [each.name for each in like if here and each.paragraph == here.paragraph and each.end < here.end]
    for name in reversed(near):
        if name in names:
            return keys[len(names) - 1 - names[::-1].index(name)]
    alike = [(_words_alike(key, each.name), index) for index, each in enumerate(keys)]
    most, index = max(alike, default=(0, 0))
    return keys[index] if most else None


def _words_alike(one: str, other: str) -> int:
    """How many words two names begin with in common: 1 for ``MAIL_PORT`` and ``MAIL_SERVER``."""
    count = 0
    for a, b in zip(one.split("_")[:-1], other.split("_"), strict=False):
        if a != b or not a:
            break
        count += 1
    return count
