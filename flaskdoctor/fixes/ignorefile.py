"""Edits of ignore files: a line at the end, where no other line can undo it."""

from __future__ import annotations

import os
from collections.abc import Iterable

from flaskdoctor.errors import Refuse
from flaskdoctor.fixes.edit import Edit
from flaskdoctor.fixes.lines import append_section
from flaskdoctor.project.plainfile import read_bytes


def ignore(root: str, lines: Iterable[str], path: str = ".gitignore") -> list[Edit]:
    """The edit that makes ``lines`` the last ones of the ignore file ``path``. Raises ``Refuse`` where they would not
    be read."""
    full = os.path.join(root, path)
    if os.path.islink(full):
        raise Refuse(f"{path} is a symbolic link, which git does not follow", "Make it a file of its own.")
    content = read_bytes(full)
    if content.state not in ("ok", "missing"):
        raise Refuse(f"{path} cannot be read", content.reason)
    before = content.data if content.state == "ok" else None
    wanted = list(dict.fromkeys(lines))
    after = append_section(before, wanted)
    return [Edit(path, before, after, summary=f"Add {', '.join(wanted)} to {path}")]
