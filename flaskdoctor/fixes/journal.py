"""What was changed, so that it can be taken back: in the next run, and after a crash.

One record is one JSON file in the user's state folder, readable by the user alone. A record is on the disk before
the first file of the project is written, marked done after the last one, and kept when it was undone.
"""

from __future__ import annotations

import os
import re
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress

from flaskdoctor.errors import UserError
from flaskdoctor.fixes import apply as writer
from flaskdoctor.fixes.edit import Plan
from flaskdoctor.fixes.filelock import locked
from flaskdoctor.fixes.interruption import held_back
from flaskdoctor.fixes.record import Files, Listing, Record, holds_secret, load, new_record, shown, steps_of, store
from flaskdoctor.fixes.steps import Step, current, still_writable
from flaskdoctor.fixes.takeback import taken_back
from flaskdoctor.folders import NOWHERE, project_name, state_folder

SECRET_DAYS = 7
KEPT = 200  # records a project
_LOCK_SECONDS = 10.0
_BUSY_SECONDS = 0.2
_NAME = re.compile(r"(?P<id>\d{19}-[0-9a-f]{8})(?P<secret>\.secret)?\.json")


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
        files = Files()
        for path in self._paths(root):
            try:
                stored = load(path)
                if stored["state"] in ("writing", "undoing") and self._busy(root):
                    continue  # another process is at it
                found.append(shown(stored, steps_of(root, stored), files))
            except (OSError, ValueError, KeyError, TypeError, UserError):
                unreadable.append(path)
        return Listing(tuple(found), tuple(unreadable))

    # -- writing ----------------------------------------------------------------------------------------------

    @contextmanager
    def lock(self, root: str) -> Iterator[None]:
        """One writer a project. Raises ``UserError`` where another one does not end.

        What a writer that was killed left in the project is removed first.
        """
        self._make_folder(root)
        folder = self._project_folder(root)
        with ExitStack() as stack:
            try:
                mine = stack.enter_context(locked(os.path.join(folder, "lock"), _LOCK_SECONDS))
            except OSError as error:
                raise _not_kept(folder, error) from error
            if not mine:
                raise UserError("Another flaskdoctor is writing in this project.", "Try again when it is done.")
            self._sweep(root)
            yield

    def begin(self, root: str, plan: Plan, steps: Sequence[Step]) -> str:
        """Write down what is about to happen; gives the record's id."""
        self._make_folder(root)
        self._expire()
        now = self._clock()
        secret = holds_secret(plan)
        record = f"{int(now * 1e9):019d}-{secrets.token_hex(4)}"
        stored = new_record(record, now, os.path.realpath(root), plan, steps)
        try:
            store(self._path(root, record, secret), stored)
        except OSError as error:
            raise _not_kept(self._project_folder(root), error) from error
        self._prune(root)
        return record

    def finish(self, root: str, record: str) -> None:
        """Mark a record as done: its edits are made."""
        path = self._find(root, record)
        try:
            stored = load(path)
            stored["state"] = "applied"
            # What a new file's permissions came to is known only now.
            for edit, step in zip(stored["edits"], steps_of(root, stored), strict=True):
                edit["mode_after"] = current(step)[1]
            store(path, stored)
        except OSError as error:
            raise _not_kept(os.path.dirname(path), error) from error

    def discard(self, root: str, record: str) -> None:
        """Forget a record whose edits were not made."""
        with suppress(OSError, UserError):
            os.unlink(self._find(root, record))

    def undo(self, root: str, record: str) -> writer.Applied:
        """Put back the very bytes and permissions that the files had before, also where the writer was killed.

        In a file that has changed in other places since, only the fix's own lines are put back. Raises ``Conflict``
        where the same lines have changed; nothing is written then.
        """
        with self.lock(root), held_back():
            path = self._find(root, record)
            try:
                stored = load(path)
                steps = steps_of(root, stored)
            except (OSError, ValueError, KeyError, TypeError) as error:
                raise UserError("This entry of the history cannot be read.", path) from error
            if stored["state"] == "undone":
                raise UserError("This was taken back already.")
            back: list[Step] = []
            for step in reversed(steps):
                if stored["state"] in ("writing", "undoing"):
                    _remove_leftovers(step, stored["process"])
                now, mode = current(step)
                if now == step.after and (step.after != step.before or mode == step.mode_after):
                    still_writable(step)
                    back.append(step.back())
                elif now != step.before and (goal := taken_back(step, now)) != now:
                    still_writable(step)
                    wanted = step.mode_before if mode == step.mode_after else mode
                    back.append(Step(step.path, step.target, now, goal, mode, wanted))
            was = stored["state"]
            try:
                store(path, {**stored, "state": "undoing", "process": os.getpid()})
            except OSError as error:
                raise _not_kept(os.path.dirname(path), error) from error
            try:
                writer.write_all(back)
            except writer.Unfinished:
                raise
            except BaseException:
                with suppress(OSError):  # no space: it is shown as interrupted, and can be undone as well
                    store(path, {**stored, "state": was})
                raise
            try:
                store(path, {**stored, "state": "undone"})
            except OSError as error:
                title = f"The files are what they were, but the history cannot say so: {_reason(error)}."
                raise UserError(
                    title, "It is shown as interrupted; undo it once more when the history can be written."
                ) from error
        return writer.Applied(record, tuple(step.path for step in steps))

    # -- inside -----------------------------------------------------------------------------------------------

    def _project_folder(self, root: str) -> str:
        return os.path.join(self.folder, "journal", project_name(root))

    def _path(self, root: str, record: str, secret: bool) -> str:
        return os.path.join(self._project_folder(root), f"{record}{'.secret' if secret else ''}.json")

    def _paths(self, root: str) -> list[str]:
        folder = self._project_folder(root)
        return [os.path.join(folder, name) for name in sorted(_names(folder), reverse=True) if _NAME.fullmatch(name)]

    def _find(self, root: str, record: str) -> str:
        for path in self._paths(root):
            match = _NAME.fullmatch(os.path.basename(path))
            if match and match["id"] == record:
                return path
        raise UserError("There is no such entry in the history.", "It may have expired.")

    def _make_folder(self, root: str) -> None:
        if self.folder == NOWHERE:
            raise UserError(
                "The history cannot be kept: there is no home folder.", "Set HOME or FLASKDOCTOR_STATE_DIR."
            )
        for folder in (self.folder, os.path.join(self.folder, "journal"), self._project_folder(root)):
            try:
                os.makedirs(folder, mode=0o700, exist_ok=True)
                if folder != self.folder and os.stat(folder).st_mode & 0o077:
                    os.chmod(folder, 0o700)
            except OSError as error:
                raise _not_kept(folder, error) from error

    def _busy(self, root: str) -> bool:
        try:
            # A git that was being started when its parent was killed has the lock for some milliseconds more.
            with locked(os.path.join(self._project_folder(root), "lock"), _BUSY_SECONDS) as mine:
                return not mine
        except OSError:
            return False  # a folder that nobody can lock: nobody writes

    def _sweep(self, root: str) -> None:
        """Remove what a writer that was killed left behind. Who holds the lock is the only writer.

        Every writer does so before it writes a record of its own: so it is the record written last that tells.
        """
        folder = self._project_folder(root)
        for name in _names(folder):
            if name.endswith(".new"):
                with suppress(OSError):
                    os.unlink(os.path.join(folder, name))
        with suppress(OSError, ValueError, KeyError, TypeError, UserError):
            stored = load(max(self._paths(root), key=lambda path: os.stat(path).st_mtime_ns))
            if stored["state"] in ("writing", "undoing"):
                for step in steps_of(root, stored):
                    _remove_leftovers(step, stored["process"])

    def _expire(self) -> None:
        """Remove the records of any project that hold secrets and are older than a week, and half-written ones."""
        now = self._clock()
        base = os.path.join(self.folder, "journal")
        with suppress(OSError):
            paths = [
                os.path.join(base, project, name)
                for project in os.listdir(base)
                for name in _names(os.path.join(base, project))
            ]
            for path in paths:
                match = _NAME.fullmatch(os.path.basename(path))
                with suppress(OSError):
                    if match and match["secret"]:
                        gone = int(match["id"].partition("-")[0]) < (now - SECRET_DAYS * 86400) * 1e9
                    else:
                        gone = path.endswith(".new") and os.stat(path).st_mtime < now - 3600
                    if gone:
                        os.unlink(path)

    def _prune(self, root: str) -> None:
        for path in self._paths(root)[KEPT:]:
            with suppress(OSError):
                os.unlink(path)


def _names(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _remove_leftovers(step: Step, process: int) -> None:
    """Remove what a killed process left of a step or of its undoing."""
    for either in (step, step.back()):
        with suppress(UserError):  # they are in nobody's way
            writer.remove_leftovers(either, process)


def _not_kept(folder: str, error: OSError) -> UserError:
    return UserError(f"The history cannot be kept in {folder}: {_reason(error)}.", "Nothing is changed without it.")


def _reason(error: OSError) -> str:
    return (error.strerror or "unknown reason").lower()
