"""Saving a file beside a server with a reloader."""

from __future__ import annotations

import os
import time
from pathlib import Path

_LATE = 8.0  # seconds; a reloader looks once a second


class Saved:
    """A file that was saved with a new text. Werkzeug's reloader misses what is saved between the import of the app and
    its own first look at the files: a user would save once more, and so does ``again`` where nothing has happened."""

    def __init__(self, path: Path, text: str) -> None:
        path.write_text(text)
        self._path = path
        self._last = time.monotonic()

    def again(self) -> bool:
        """Save it once more, when that is due; False, so that a condition can begin with it."""
        if time.monotonic() - self._last > _LATE:
            os.utime(self._path)
            self._last = time.monotonic()
        return False
