"""Files of a project that single rules read: each is read once, with a bound, and counts as looked at."""

from __future__ import annotations

import os
from collections.abc import Mapping

from flaskdoctor.project.plainfile import decode, read_bytes, read_head


class Texts:
    """Reads files below ``root`` by their path (relative, POSIX). What cannot be read is empty. ``unsaved`` are bytes
    that stand for what is on the disk."""

    def __init__(self, root: str, unsaved: Mapping[str, bytes] | None = None) -> None:
        self.root = root
        self._texts: dict[str, str] = {path: decode(data) for path, data in (unsaved or {}).items()}
        self._heads: dict[str, bytes] = {}

    def read(self, path: str, limit: int = 500_000) -> str:
        """The text of a file; empty where it is larger than ``limit`` bytes."""
        if path not in self._texts:
            full = os.path.join(self.root, path)
            self._texts[path] = decode(read_bytes(full, limit).data) if self._inside(full) else ""
        return self._texts[path]

    def head(self, path: str, size: int = 256) -> bytes:
        """The first bytes of a file, ``size`` of them at most."""
        if path not in self._heads:
            full = os.path.join(self.root, path)
            self._heads[path] = read_head(full, size) if self._inside(full) else b""
        return self._heads[path]

    def _inside(self, full: str) -> bool:
        """Whether a path is no link that leads out of the project."""
        if not os.path.islink(full):
            return True
        return os.path.realpath(full).startswith(os.path.join(os.path.realpath(self.root), ""))

    @property
    def inputs(self) -> tuple[str, ...]:
        """The paths that were asked for so far, also of files that are not there."""
        return (*self._texts, *self._heads)
