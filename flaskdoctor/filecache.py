"""What is remembered of each file between scans, so that only what has changed is looked at again."""

from __future__ import annotations

import os
import time
from typing import NamedTuple

from flaskdoctor.look import FileResult
from flaskdoctor.project import cache
from flaskdoctor.project.discover import PythonFile

_FEW = 20  # as a part of all files: so many changed ones are written beside the others, not with all of them


class Entry(NamedTuple):
    """The result of a file with these bytes (``digest``) and this role."""

    signature: cache.Signature
    digest: bytes
    role: str
    result: FileResult


class _Stored(NamedTuple):
    """The entries of a cache file, and when the scan that made them began (ns)."""

    started: int
    entries: dict[str, Entry]


class FileCache:
    """The entries of a project's files under ``key``; an empty key remembers nothing.

    An entry holds for the bytes it was made of, so it does no harm when two scans write at once.
    """

    def __init__(self, root: str, key: str) -> None:
        self._root = root
        self._key = key
        self._started = time.time_ns()
        self._all = self._load("facts")
        self._recent = self._load("facts-recent")

    def _load(self, kind: str) -> _Stored:
        stored = cache.load(cache.cache_path(self._root, kind), self._key) if self._key else None
        return stored if isinstance(stored, _Stored) else _Stored(0, {})

    def entry(self, file: PythonFile) -> Entry | None:
        """What is remembered of a file, whether it still holds or not."""
        return self._recent.entries.get(file.path) or self._all.entries.get(file.path)

    def unchanged(self, file: PythonFile) -> FileResult | None:
        """The result of a file that nobody has written to since it was made; None where that is not certain."""
        stored = self._recent if file.path in self._recent.entries else self._all
        entry = stored.entries.get(file.path)
        if entry is None or entry.role != file.role or entry.signature[0] > stored.started - cache.RACY_NS:
            return None
        try:
            status = os.stat(os.path.join(self._root, file.path))
        except (OSError, ValueError):
            return None
        return entry.result if cache.signature(status) == entry.signature else None

    def store(self, found: dict[str, Entry]) -> None:
        """Remember the entries of files that were looked at."""
        if not self._key or not found:
            return
        recent = self._recent.entries | found
        if len(recent) * _FEW < len(self._all.entries):
            self._write("facts-recent", _Stored(self._started, recent))
        else:
            self._write("facts", _Stored(self._started, self._all.entries | recent))
            self._write("facts-recent", _Stored(0, {}))

    def _write(self, kind: str, stored: _Stored) -> None:
        cache.store(cache.cache_path(self._root, kind), self._key, stored)
