"""Two changes of git's index made into one, by git itself on a copy: each takes some paths out of it."""

from __future__ import annotations

import os
import tempfile

from flaskdoctor.errors import Refuse
from flaskdoctor.project.vcs.gitcommand import git_binary, locate, run


def index_path(root: str) -> str:
    """The absolute path of the index of the repository around ``root``; empty outside of one."""
    place = locate(root)
    return os.path.join(place.git_dir, "index") if place.repository else ""


def tracked_paths(root: str, index: bytes) -> frozenset[str]:
    """The paths (relative to ``root``) that an index with these bytes holds."""
    return frozenset(os.fsdecode(path) for path in _asked(root, index, ("ls-files", "-z"))[0].split(b"\0") if path)


def merge_index(root: str, base: bytes, ours: bytes, theirs: bytes) -> bytes:
    """``ours`` without what ``theirs`` takes out of ``base``. Raises ``Refuse`` where git cannot."""
    gone = tracked_paths(root, base) - tracked_paths(root, theirs)
    names = b"".join(os.fsencode(path) + b"\0" for path in sorted(gone))
    call = ("-c", "core.splitIndex=false", "update-index", "--force-remove", "-z", "--stdin")
    return _asked(root, ours, call, names)[1]


def _asked(root: str, index: bytes, call: tuple[str, ...], sent: bytes = b"") -> tuple[bytes, bytes]:
    """What git prints, and the index after it."""
    place, binary = locate(root), git_binary(root)
    if not binary or not place.repository:
        raise Refuse("Git is needed to take a file out of its index.")
    with tempfile.TemporaryDirectory(prefix="flaskdoctor-") as folder:
        copy = os.path.join(folder, "index")
        with open(copy, "wb") as file:
            file.write(index)
        (answer,) = run(binary, place, [(call, sent)], extra={"GIT_INDEX_FILE": copy})
        if answer.trouble:
            raise Refuse("Git cannot read its index.", answer.trouble)
        with open(copy, "rb") as file:
            return answer.output, file.read()
