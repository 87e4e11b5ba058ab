"""Where and how an edit is made in the project's folder, and whether it may be. Nothing is written here."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from typing import NamedTuple

from flaskdoctor.errors import Conflict, Refuse, UserError
from flaskdoctor.fixes.edit import Edit


class Step(NamedTuple):
    """One edit with the place it is made in. ``before`` and ``after`` are the file's bytes, None where there
    is no file; ``mode_before`` and ``mode_after`` its permissions, None: whatever a new file gets."""

    path: str
    target: str
    before: bytes | None
    after: bytes | None
    mode_before: int | None
    mode_after: int | None

    def back(self) -> Step:
        """The step that takes this one back."""
        return self._replace(
            before=self.after, after=self.before, mode_before=self.mode_after, mode_after=self.mode_before
        )

    @property
    def temporary(self) -> str:
        """The file beside the target that is written first; git's index has a name for it of its own."""
        folder, name = os.path.split(self.target)
        return os.path.join(folder, f".{name}.flaskdoctor-{os.getpid()}")


def prepare(root: str, edit: Edit) -> Step:
    """Where and how an edit is made. Raises ``Conflict`` or ``Refuse`` where it must not be."""
    target = locate(root, edit.path)
    try:
        status = os.lstat(target)
    except FileNotFoundError:
        mode = None
    except OSError as error:
        raise explained(error) from error
    else:
        check_kind(edit.path, status)
        mode = stat.S_IMODE(status.st_mode)
    wanted = edit.mode if edit.mode is not None else mode
    if wanted is None and os.path.basename(target) == ".env":
        wanted = 0o600
    if edit.after is None:
        wanted = None
    step = Step(edit.path, target, edit.before, edit.after, mode, wanted)
    check(step)
    return step


def locate(root: str, path: str) -> str:
    """The real path of ``path``. Raises ``Refuse`` where it lies outside of the project."""
    real_root = os.path.realpath(root)
    if os.path.isabs(path):
        from flaskdoctor.fixes.index import index_path

        if os.path.realpath(path) != os.path.realpath(index_path(root) or os.devnull):
            raise Refuse(f"{path} does not belong to the project, so it stays as it is.")
        return os.path.realpath(path)
    target = os.path.realpath(os.path.join(real_root, path))
    if not target.startswith(os.path.join(real_root, "")):
        raise Refuse(f"{path} leads out of the project, so it stays as it is.")
    if ".git" in os.path.relpath(target, real_root).split(os.sep):
        raise Refuse(f"{path} leads into git's own folder, so it stays as it is.")
    if not os.path.isdir(os.path.dirname(target)):
        raise Conflict(f"The folder of {path} is no longer there.")
    return target


def check(step: Step) -> None:
    """Raises ``Conflict`` where the file is not what the step begins with."""
    now, _ = current(step)
    if now != step.before:
        raise Conflict(f"{step.path} has changed since.", "Nothing was written. Scan again, then fix it.")


def current(step: Step) -> tuple[bytes | None, int | None]:
    """The file's bytes and permissions as they are now. Raises ``Refuse`` where it cannot be read."""
    try:
        if not stat.S_ISREG(os.stat(step.target).st_mode):  # opening a FIFO would wait for its writer
            raise Refuse(f"{step.path} is not a regular file, so it stays as it is.")
        with open(step.target, "rb") as file:
            return file.read(), stat.S_IMODE(os.fstat(file.fileno()).st_mode)
    except FileNotFoundError:
        return None, None
    except OSError as error:
        raise explained(error) from error


def still_writable(step: Step) -> None:
    """Raises ``Refuse`` where the file has become one that must not be replaced."""
    with suppress(FileNotFoundError):
        check_kind(step.path, os.lstat(step.target))


def check_kind(path: str, status: os.stat_result) -> None:
    """Raises ``Refuse`` for what must not be replaced by a new file."""
    if not stat.S_ISREG(status.st_mode):
        raise Refuse(f"{path} is not a regular file, so it stays as it is.")
    if status.st_nlink > 1:
        raise Refuse(f"{path} has another name (a hard link) that would keep the old text, so it stays as it is.")
    if not status.st_mode & 0o200:
        raise Refuse(f"{path} is read-only, so it stays as it is.", "Make it writable first.")
    if hasattr(os, "geteuid") and status.st_uid != os.geteuid() != 0:
        raise Refuse(f"{path} belongs to another user, so it stays as it is.")


def explained(error: OSError) -> UserError:
    """An error of the file system as one that says which file and why."""
    name = os.path.basename(str(error.filename or "A file"))
    return Refuse(f"{name} cannot be read or written: {(error.strerror or 'unknown reason').lower()}.")
