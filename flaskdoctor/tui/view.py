"""How a project was looked at last: the tab, and each tab's selected row, filter and order; so does it open again.

It stands in the user's state folder, one small file a project, never in the project itself. It holds no text of the
project: a selected row is a hash of what names it. A filter is what its user typed, and what looks like a token is
left out. The theme is in it when ``t`` chose it and the user's config names none.
"""

from __future__ import annotations

import os
from collections.abc import Hashable, Mapping
from contextlib import suppress
from typing import NamedTuple

from flaskdoctor.folders import project_name, state_folder
from flaskdoctor.project.plainfile import read_bytes

_FORMAT = 1
_LIMIT = 64_000  # bytes; it has far fewer
_LONGEST = 200  # characters of one value
_MOST = 32  # entries of one table
_KEPT = 300  # projects


class View(NamedTuple):
    """The tables are by tab; ``theme`` "" is none chosen."""

    tab: str = ""
    theme: str = ""
    selected: Mapping[str, str] = {}
    filters: Mapping[str, str] = {}
    sorts: Mapping[str, str] = {}


def view_path(root: str) -> str:
    """The file of the project in ``root``."""
    return os.path.join(state_folder(), "views", f"{project_name(root)}.json")


def mark(key: Hashable) -> str:
    """What stays of a row's key: enough to know it again."""
    from hashlib import sha256

    return sha256(repr(key).encode("utf-8", "backslashreplace")).hexdigest()[:16]


def read_view(path: str) -> View:
    """What stands in the file; where it is none of ours, or only in part, the rest is as at the first start."""
    content = read_bytes(path, _LIMIT)
    if content.state != "ok":
        return View()
    import json

    try:
        stored = json.loads(content.data)
    except (ValueError, RecursionError):
        return View()
    if not isinstance(stored, dict) or stored.get("format") != _FORMAT:
        return View()
    return View(
        _text(stored.get("tab")),
        _text(stored.get("theme")),
        *(_table(stored.get(name)) for name in ("selected", "filters", "sorts")),
    )


def write_view(path: str, view: View) -> None:
    """Replace the file in one step. Raises ``OSError``."""
    import json

    filters = {tab: words for tab, words in view.filters.items() if not _telling(words)}
    stored = {"format": _FORMAT, **view._asdict(), "filters": filters}
    folder = os.path.dirname(path)
    os.makedirs(folder, mode=0o700, exist_ok=True)
    if os.stat(folder).st_mode & 0o077:
        os.chmod(folder, 0o700)
    temporary = f"{path}.{os.getpid()}.new"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0), 0o600)
    try:
        with open(descriptor, "w", encoding="utf-8") as file:
            json.dump(stored, file)
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise
    _forget_the_oldest(folder)


def _forget_the_oldest(folder: str) -> None:
    """Projects come and go: only so many views are kept."""
    with suppress(OSError):
        names = [name for name in os.listdir(folder) if name.endswith((".json", ".new"))]
        if len(names) > _KEPT:
            paths = [os.path.join(folder, name) for name in names]
            for path in sorted(paths, key=os.path.getmtime)[: len(names) - _KEPT]:
                os.unlink(path)


def _telling(words: str) -> bool:
    """Whether a filter may be a secret that was pasted: long, and no words."""
    return any(len(word) > 24 and not word.replace("-", "").replace("_", "").isalpha() for word in words.split())


def _text(value: object) -> str:
    good = isinstance(value, str) and len(value) <= _LONGEST and value.isprintable()
    return str(value) if good else ""


def _table(value: object) -> dict[str, str]:
    if not isinstance(value, dict) or len(value) > _MOST:
        return {}
    return {name: text for name, item in value.items() if _text(name) and (text := _text(item))}
