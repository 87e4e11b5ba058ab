"""The files as a plan will leave them: every fix works on what the fixes before it made."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import NamedTuple

from flaskdoctor.errors import Conflict, Refuse
from flaskdoctor.fixes.edit import Edit
from flaskdoctor.fixes.merge import merge
from flaskdoctor.fixes.steps import may_write
from flaskdoctor.project.plainfile import read_bytes

_MOST_BYTES = 100_000_000  # of git's index in a large repository; all other files are far below


class _File(NamedTuple):
    before: bytes | None
    now: bytes | None
    mode: int | None = None
    secret: bool = False
    summaries: tuple[str, ...] = ()
    then: tuple[str, ...] = ()


class Planned(NamedTuple):
    """What is planned at one moment; only a ``Workspace`` looks inside."""

    files: dict[str, _File]
    notes: tuple[str, ...]


class Workspace:
    """Bytes of files under ``root``, read when they are first asked for, and the changes planned so far. ``unsaved``
    are the bytes that stand for files that an editor has not written yet."""

    def __init__(self, root: str, unsaved: Mapping[str, bytes] | None = None) -> None:
        self.root = root
        self._unsaved = unsaved or {}
        self._files: dict[str, _File] = {}
        self._notes: tuple[str, ...] = ()
        self._writable: set[str] = set()

    def read(self, path: str) -> bytes | None:
        """The file as planned; None where there is none. Raises ``Refuse`` where it cannot be read."""
        if path not in self._files:
            data = self._unsaved[path] if path in self._unsaved else read_file(self.root, path)
            self._files[path] = _File(data, data)
        return self._files[path].now

    def existed(self, path: str) -> bool:
        """Whether the file is there already, whatever is planned."""
        self.read(path)
        return self._files[path].before is not None

    def put(self, edit: Edit) -> None:
        """Plan an edit that was made from the file on disk; it is merged with what is planned.

        Raises ``Conflict`` where the disk has something else, ``Overlap`` where both change the same lines.
        """
        self.read(edit.path)
        file = self._files[edit.path]
        if edit.before != file.before:
            raise Conflict(f"{edit.path} has changed since the last scan.", "Scan again, then fix it.")
        if os.path.isabs(edit.path):
            self._set(edit, self._merged_index(file, edit))
        else:
            self._set(edit, merge(file.before, file.now, edit.after))

    def write(
        self,
        path: str,
        now: bytes,
        *,
        mode: int | None = None,
        secret: bool = False,
        summary: str = "",
        then: str = "",
    ) -> None:
        """Plan new bytes that were made from the planned ones."""
        self.read(path)
        self._set(Edit(path, None, now, mode, secret, summary, then), now)

    def tell(self, words: str) -> None:
        """Say with the plan what is left for a human to do; the same words come once."""
        self._notes = _with(self._notes, words)

    @property
    def notes(self) -> tuple[str, ...]:
        """What ``tell`` was given, and what is left to do after the change of each file."""
        return tuple(dict.fromkeys([*self._notes, *(edit.then for edit in self.edits() if edit.then)]))

    def snapshot(self) -> Planned:
        """What ``restore`` takes back."""
        return Planned(dict(self._files), self._notes)

    def restore(self, snapshot: Planned) -> None:
        """Forget what was planned since."""
        self._files, self._notes = dict(snapshot.files), snapshot.notes

    def edits(self) -> tuple[Edit, ...]:
        """What is planned: at most one edit a file, by path."""
        return tuple(
            Edit(path, file.before, file.now, file.mode, file.secret, "; ".join(file.summaries), "; ".join(file.then))
            for path, file in sorted(self._files.items())
            if file.now != file.before or file.mode is not None
        )

    def _set(self, edit: Edit, now: bytes | None) -> None:
        file = self._files[edit.path]
        if now != file.before or edit.mode is not None:
            self._check_writable(edit.path)
        summaries = _with(file.summaries, edit.summary)
        mode = edit.mode if file.mode is None else file.mode if edit.mode is None else edit.mode & file.mode
        self._files[edit.path] = _File(
            file.before, now, mode, file.secret or edit.secret, summaries, _with(file.then, edit.then)
        )

    def _check_writable(self, path: str) -> None:
        """Raises ``Refuse`` for a file that could not be written in the end: its fix alone is not made then."""
        if path not in self._writable and path not in self._unsaved:
            may_write(self.root, path)
            self._writable.add(path)

    def _merged_index(self, file: _File, edit: Edit) -> bytes | None:
        if file.now == file.before or file.now == edit.after:
            return edit.after
        if edit.before is None or edit.after is None or file.now is None:
            raise Refuse("Git's index cannot be created or deleted.")
        from flaskdoctor.fixes.index import merge_index

        return merge_index(self.root, edit.before, file.now, edit.after)


def _with(words: tuple[str, ...], more: str) -> tuple[str, ...]:
    return (*words, more) if more and more not in words else words


def read_file(root: str, path: str) -> bytes | None:
    """A file's bytes; None where there is none. Raises ``Refuse`` where it cannot be read."""
    absolute = os.path.join(root, path)
    if not os.path.lexists(absolute):
        return None
    if not os.path.isabs(path) and not os.path.realpath(absolute).startswith(os.path.join(os.path.realpath(root), "")):
        raise Refuse(f"{path} leads out of the project, so it stays as it is.")  # nor is its text shown in a diff
    content = read_bytes(absolute, _MOST_BYTES)
    if content.state == "not a file":
        raise Refuse(f"{path} is not a regular file, so it stays as it is.")
    if content.state != "ok":
        raise Refuse(f"{path} cannot be read: {content.reason}.")
    return content.data
