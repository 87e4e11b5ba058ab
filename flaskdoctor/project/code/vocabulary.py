"""Which of some hundred words occur in a file, at the price of looking for twenty.

``word in source`` costs about a microsecond a word, and rules and facts ask for hundreds. The identifiers of a file
are split off once instead, and only those that no file before it had are compared with the words.
"""

from __future__ import annotations

from collections.abc import Iterable

from flaskdoctor.patterns import lazy

_IDENTIFIER = lazy(rb"[\w\x80-\xff]+")
_TELLING = 2  # a letter occurs in nearly every identifier
_GAPS = bytes(code if code > 127 or chr(code).isalnum() or code == ord("_") else 32 for code in range(256))


class Vocabulary:
    """``words`` are looked for as ``word in source`` does: a word may be a part of an identifier (``_job``) or hold
    other characters (``.route(``)."""

    def __init__(self, words: Iterable[bytes]) -> None:
        self._parts: set[bytes] = set()  # what is looked for in identifiers
        self._phrases: dict[bytes, list[bytes]] = {}  # longest identifier -> words that hold more than it
        self._always: list[bytes] = []  # words without an identifier that says anything
        for word in set(words):
            longest = max(_IDENTIFIER.findall(word), key=len, default=b"")
            if len(longest) < _TELLING:
                self._always.append(word)
                continue
            self._parts.add(longest)
            if longest != word:
                self._phrases.setdefault(longest, []).append(word)
        self._plain = frozenset(words) & self._parts
        self._begun = frozenset(self._phrases)
        self._seen: set[bytes] = set()
        self._names: set[bytes] = set()
        self._telling: dict[bytes, tuple[bytes, ...]] = {}  # identifier -> the parts that occur in it

    def read(self, source: bytes) -> frozenset[bytes]:
        """Those of the words that occur in ``source``."""
        identifiers = set(source.translate(_GAPS).split())
        fresh = identifiers - self._seen
        if fresh:
            self._learn(fresh)
        parts: set[bytes] = set()
        for identifier in identifiers & self._names:
            parts.update(self._telling[identifier])
        found = parts & self._plain
        for part in parts & self._begun:
            found.update([word for word in self._phrases[part] if word in source])
        found.update([word for word in self._always if word in source])
        return frozenset(found)

    def _learn(self, identifiers: set[bytes]) -> None:
        self._seen |= identifiers
        text = b" ".join(identifiers)
        for part in self._parts:
            if part in text:
                for identifier in identifiers:
                    if part in identifier:
                        self._names.add(identifier)
                        self._telling[identifier] = (*self._telling.get(identifier, ()), part)
