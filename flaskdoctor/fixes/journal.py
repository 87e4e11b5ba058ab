"""What was changed, so that it can be taken back: in the next run, and after a crash.

One record is one JSON file in the user's state folder, readable by the user alone. A record is written before
the first file of the project is, marked done after the last one, and kept when it was undone.
"""

from __future__ import annotations

import base64
import json
import os
import re
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

from flaskdoctor.errors import Conflict, UserError
from flaskdoctor.fixes import apply as writer
from flaskdoctor.fixes.edit import Edit, Plan
from flaskdoctor.fixes.filelock import locked

FORMAT = 1
SECRET_DAYS = 7
KEPT = 200  # records a project
_LOCK_SECONDS = 10.0
_NAME = re.compile(r"(?P<id>\d{19}-[0-9a-f]{8})(?P<secret>\.secret)?\.json")


class Record(NamedTuple):
    """One applied fix. ``state`` is "applied", "undone", "interrupted" (the writer was killed: some files may be
    changed) or "conflict" (a file has changed since, so that it cannot be undone). ``when`` is seconds since
    the epoch; ``titles`` and ``codes`` are those of the findings it mends; ``problem`` says what a conflict is."""

    id: str
    when: float
    titles: tuple[str, ...]
    codes: tuple[str, ...]
    state: str
    edits: tuple[Edit, ...]
    problem: str = ""

    @property
    def undone(self) -> bool:
        """Whether it was taken back."""
        return self.state == "undone"

    @property
    def paths(self) -> tuple[str, ...]:
        """The files it changed."""
        return tuple(edit.path for edit in self.edits)


class Listing(NamedTuple):
    """The records of a project, newest first, and the files among them that cannot be read."""

    records: tuple[Record, ...]
    unreadable: tuple[str, ...] = ()


class Journal:
    """The records of all projects. ``folder`` defaults to FLASKDOCTOR_STATE_DIR or the user's state folder."""

    def __init__(self, folder: str | None = None, clock: Callable[[], float] = time.time) -> None:
        self.folder = folder or state_folder()
        self._clock = clock

    # -- asking -----------------------------------------------------------------------------------------------

    def records(self, root: str) -> tuple[Record, ...]:
        """The records of the project in ``root``, newest first; those that cannot be read are left out."""
        return self.look(root).records

    def look(self, root: str) -> Listing:
        """The records, newest first, and which files are no records although they should be."""
        self._expire()
        found: list[Record] = []
        unreadable: list[str] = []
        files = _Files()
        for path in self._paths(root):
            try:
                stored = _load(path)
                if stored["state"] in ("writing", "undoing") and self._busy(root):
                    continue  # another process is at it
                found.append(_record(stored, _steps(root, stored), files))
            except (OSError, ValueError, KeyError, TypeError, UserError):
                unreadable.append(path)
        return Listing(tuple(found), tuple(unreadable))

    # -- writing ----------------------------------------------------------------------------------------------

    @contextmanager
    def lock(self, root: str) -> Iterator[None]:
        """One writer a project. Raises ``UserError`` where another one does not end."""
        self._make_folder(root)
        with locked(os.path.join(self._project_folder(root), "lock"), _LOCK_SECONDS) as mine:
            if not mine:
                raise UserError("Another flaskdoctor is writing in this project.", "Try again when it is done.")
            yield

    def begin(self, root: str, plan: Plan, steps: Sequence[writer.Step]) -> str:
        """Write down what is about to happen; gives the record's id."""
        self._make_folder(root)
        self._expire()
        now = self._clock()
        secret = any(edit.secret for edit in plan.edits)
        record = f"{int(now * 1e9):019d}-{secrets.token_hex(4)}"
        stored = {
            "format": FORMAT,
            "id": record,
            "time": now,
            "root": os.path.realpath(root),
            "state": "writing",
            "process": os.getpid(),
            "findings": [{"code": each.code, "title": each.message, "path": each.location.path} for each in plan.fixed],
            "edits": [
                {
                    "path": step.path,
                    "before": _encoded(step.before),
                    "after": _encoded(step.after),
                    "mode_before": step.mode_before,
                    "mode_after": step.mode_after,
                    "secret": edit.secret,
                    "summary": edit.summary,
                }
                for edit, step in zip(plan.edits, steps, strict=True)
            ],
        }
        _store(self._path(root, record, secret), stored)
        self._prune(root)
        return record

    def finish(self, root: str, record: str, state: str) -> None:
        """Mark a record as done."""
        path = self._find(root, record)
        stored = _load(path)
        stored["state"] = state
        if state == "applied":
            # What a new file's permissions came to is known only now.
            for edit, step in zip(stored["edits"], _steps(root, stored), strict=True):
                edit["mode_after"] = writer.current(step)[1]
        _store(path, stored)

    def discard(self, root: str, record: str) -> None:
        """Forget a record whose edits were not made."""
        with suppress(FileNotFoundError):
            os.unlink(self._find(root, record))

    def undo(self, root: str, record: str) -> writer.Applied:
        """Put back the very bytes and permissions that the files had before, also where the writer was killed.

        Raises ``Conflict`` where a file has changed since; nothing is written then.
        """
        with self.lock(root):
            path = self._find(root, record)
            try:
                stored = _load(path)
                steps = _steps(root, stored)
            except (OSError, ValueError, KeyError, TypeError) as error:
                raise UserError("This entry of the history cannot be read.", path) from error
            if stored["state"] == "undone":
                raise UserError("This was taken back already.")
            back: list[writer.Step] = []
            for step in reversed(steps):
                if stored["state"] in ("writing", "undoing"):
                    writer.remove_leftovers(step, stored["process"])
                    writer.remove_leftovers(step.back(), stored["process"])
                now, mode = writer.current(step)
                if now == step.after and (step.after != step.before or mode == step.mode_after):
                    writer.recheck_kind(step)
                    back.append(step.back())
                elif now != step.before:
                    raise Conflict(f"{step.path} has changed since.", "Undo the later change first.")
            stored["state"], stored["process"] = "undoing", os.getpid()
            _store(path, stored)
            writer.write_all(back)
            stored["state"] = "undone"
            _store(path, stored)
        return writer.Applied(record, tuple(step.path for step in steps))

    # -- inside -----------------------------------------------------------------------------------------------

    def _project_folder(self, root: str) -> str:
        from zlib import crc32

        real = os.path.realpath(root)
        name = re.sub(r"[^\w.-]", "_", os.path.basename(real)) or "root"
        return os.path.join(self.folder, "journal", f"{name}-{crc32(os.fsencode(real)):08x}")

    def _path(self, root: str, record: str, secret: bool) -> str:
        return os.path.join(self._project_folder(root), f"{record}{'.secret' if secret else ''}.json")

    def _paths(self, root: str) -> list[str]:
        folder = self._project_folder(root)
        try:
            names = os.listdir(folder)
        except OSError:
            return []
        return [os.path.join(folder, name) for name in sorted(names, reverse=True) if _NAME.fullmatch(name)]

    def _find(self, root: str, record: str) -> str:
        for path in self._paths(root):
            match = _NAME.fullmatch(os.path.basename(path))
            if match and match["id"] == record:
                return path
        raise UserError("There is no such entry in the history.", "It may have expired.")

    def _make_folder(self, root: str) -> None:
        for folder in (self.folder, os.path.join(self.folder, "journal"), self._project_folder(root)):
            try:
                os.makedirs(folder, mode=0o700, exist_ok=True)
                if os.stat(folder).st_mode & 0o077:
                    os.chmod(folder, 0o700)
            except OSError as error:
                reason = (error.strerror or "unknown reason").lower()
                raise UserError(
                    f"The history cannot be kept in {folder}: {reason}.", "Nothing is changed without it."
                ) from error

    def _busy(self, root: str) -> bool:
        with locked(os.path.join(self._project_folder(root), "lock"), 0) as mine:
            return not mine

    def _expire(self) -> None:
        """Remove the records of any project that hold secrets and are older than a week."""
        oldest = int((self._clock() - SECRET_DAYS * 86400) * 1e9)
        base = os.path.join(self.folder, "journal")
        with suppress(OSError):
            for project in os.listdir(base):
                with suppress(OSError):
                    for name in os.listdir(os.path.join(base, project)):
                        match = _NAME.fullmatch(name)
                        if match and match["secret"] and int(match["id"].partition("-")[0]) < oldest:
                            os.unlink(os.path.join(base, project, name))

    def _prune(self, root: str) -> None:
        for path in self._paths(root)[KEPT:]:
            with suppress(OSError):
                os.unlink(path)


class _Files:
    """Files as they are now, each read once."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[bytes | None, int | None]] = {}

    def current(self, step: writer.Step) -> tuple[bytes | None, int | None]:
        if step.target not in self._known:
            try:
                self._known[step.target] = writer.current(step)
            except OSError:
                self._known[step.target] = (b"", None)
        return self._known[step.target]


def state_folder() -> str:
    """Where the journal lives: FLASKDOCTOR_STATE_DIR, or the user's state folder."""
    chosen = os.environ.get("FLASKDOCTOR_STATE_DIR")
    if chosen:
        return os.path.abspath(chosen)
    from platformdirs import user_state_path

    return str(user_state_path("flaskdoctor", appauthor=False))


def _record(stored: Mapping[str, Any], steps: Sequence[writer.Step], files: _Files) -> Record:
    edits = tuple(
        Edit(step.path, step.before, step.after, step.mode_after, bool(edit["secret"]), str(edit["summary"]))
        for step, edit in zip(steps, stored["edits"], strict=True)
    )
    state, problem = "interrupted", ""
    if stored["state"] == "undone":
        state = "undone"
    else:
        if stored["state"] == "applied":
            state = "applied"
        changed = [step.path for step in steps if not _can_go_back(step, files, stored["state"])]
        if changed:
            state, problem = "conflict", f"{', '.join(changed)} changed since"
    findings = stored["findings"]
    return Record(
        stored["id"],
        float(stored["time"]),
        tuple(str(each["title"]) for each in findings),
        tuple(str(each["code"]) for each in findings),
        state,
        edits,
        problem,
    )


def _can_go_back(step: writer.Step, files: _Files, state: str) -> bool:
    now, _ = files.current(step)
    return now == step.after or (state != "applied" and now == step.before)


def _steps(root: str, stored: Mapping[str, Any]) -> list[writer.Step]:
    return [
        writer.Step(
            _text(edit["path"]),
            _target(root, _text(edit["path"])),
            _decoded(edit["before"]),
            _decoded(edit["after"]),
            _mode(edit["mode_before"]),
            _mode(edit["mode_after"]),
        )
        for edit in stored["edits"]
    ]


def _target(root: str, path: str) -> str:
    try:
        return writer.locate(root, path)
    except Conflict:
        return os.path.join(os.path.realpath(root), path)  # its folder is gone


def _load(path: str) -> dict[str, Any]:
    with open(path, "rb") as file:
        stored = json.load(file)
    if not isinstance(stored, dict) or stored.get("format") != FORMAT:
        raise ValueError("not a record")
    kinds = {"id": str, "time": float, "state": str, "process": int, "findings": list, "edits": list}
    if not all(isinstance(stored.get(key), kind) for key, kind in kinds.items()):
        raise ValueError("not a record")
    if stored["state"] not in ("writing", "applied", "undoing", "undone"):
        raise ValueError("not a record")
    return stored


def _store(path: str, stored: Mapping[str, Any]) -> None:
    """Replace a record in one step, on disk before this returns."""
    temporary = f"{path}.{os.getpid()}.new"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with open(descriptor, "w", encoding="utf-8") as file:
            json.dump(stored, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise


def _encoded(data: bytes | None) -> str | None:
    return None if data is None else base64.b64encode(data).decode("ascii")


def _decoded(text: object) -> bytes | None:
    return None if text is None else base64.b64decode(_text(text), validate=True)


def _mode(value: object) -> int | None:
    if value is None or (isinstance(value, int) and 0 <= value <= 0o7777):
        return value
    raise ValueError("not a mode")


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    raise ValueError("not a text")
