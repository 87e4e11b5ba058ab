"""Where and how an edit is made in the project's folder, and whether it may be. Nothing is written here."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from flaskdoctor.errors import Conflict, Refuse, UserError
from flaskdoctor.fixes.edit import Edit
from flaskdoctor.fixes.folder import Folder, opened


class Step(NamedTuple):
    """One edit with the place it is made in. ``before`` and ``after`` are the file's bytes, None where there
    is no file; ``mode_before`` and ``mode_after`` its permissions, None: whatever a new file gets."""

    path: str
    target: str
    before: bytes | None
    after: bytes | None
    mode_before: int | None
    mode_after: int | None

    def __repr__(self) -> str:
        """Never the bytes: a traceback, a log or a crash screen may show this."""
        return f"Step({self.path!r})"

    def back(self) -> Step:
        """The step that takes this one back."""
        return self._replace(
            before=self.after, after=self.before, mode_before=self.mode_after, mode_after=self.mode_before
        )

    @property
    def name(self) -> str:
        """The file's name in its folder."""
        return os.path.basename(self.target)

    @property
    def of_git(self) -> bool:
        """Whether it is git's index that is changed, which has a lock of its own."""
        return os.path.isabs(self.path)

    @property
    def lock(self) -> str:
        """The name of the lock of git's index."""
        return f"{self.name}.lock"

    @property
    def kept(self) -> bool:
        """Whether the text stays, so that the permissions alone are changed."""
        return self.after is not None and self.after == self.before

    def temporary(self, process: int) -> str:
        """The name of the file beside the target that a process writes first."""
        return f".{self.name}.flaskdoctor-{process}"


def prepare(root: str, edit: Edit) -> Step:
    """Where and how an edit is made. Raises ``Conflict`` or ``Refuse`` where it must not be."""
    step = Step(edit.path, locate(root, edit.path), edit.before, edit.after, None, None)
    with within(step) as folder:
        status = check(step, folder)
    mode = None if status is None else stat.S_IMODE(status.st_mode)
    wanted = edit.mode if edit.mode is not None else mode
    if wanted is None and step.name == ".env":
        wanted = 0o600
    return step._replace(mode_before=mode, mode_after=None if edit.after is None else wanted)


def locate(root: str, path: str) -> str:
    """The place of ``path``, to which no link leads. Raises ``Refuse`` where that is not one in the project."""
    target = place_of(root, path)
    if os.path.isabs(path):
        return target
    folder = os.path.realpath(root)
    parts = path.split("/")
    for number, part in enumerate(parts, 1):
        folder = os.path.join(folder, part)
        if os.path.islink(folder):
            raise _linked(path, "/".join(parts[:number]), folder)
    if not os.path.isdir(os.path.dirname(target)):
        raise Conflict(f"The folder of {path} is no longer there.", "Nothing was written. Scan again, then fix it.")
    return target


def place_of(root: str, path: str) -> str:
    """The place of ``path`` by its name alone. Raises ``Refuse`` where that is not one in the project."""
    if os.path.isabs(path):
        from flaskdoctor.fixes.index import index_path

        target = os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))
        if target != os.path.realpath(index_path(root) or os.devnull):
            raise Refuse(f"{path} does not belong to the project, so it stays as it is.")
        return target
    parts = path.split("/")
    if any(part in ("", ".", "..") or (os.sep != "/" and os.sep in part) for part in parts):
        raise Refuse(f"{path} leads out of the project, so it stays as it is.")
    if any(part.lower() == ".git" for part in parts):  # in any case: some file systems make no difference
        raise Refuse(f"{path} leads into git's own folder, so it stays as it is.")
    return os.path.join(os.path.realpath(root), *parts)


def may_write(root: str, path: str) -> None:
    """Raises ``Refuse`` where the file, or a new one of that name, must or can not be written."""
    target = locate(root, path)
    try:
        check_kind(path, os.lstat(target))
    except FileNotFoundError:
        pass
    except OSError as error:
        raise explained(path, error) from error
    folder = os.path.dirname(target)
    effective = {"effective_ids": True} if os.access in os.supports_effective_ids else {}
    if not os.access(folder, os.W_OK | os.X_OK, **effective):
        raise Refuse(f"The folder of {path} is read-only, so it stays as it is.", "Make the folder writable first.")


@contextmanager
def within(step: Step) -> Iterator[Folder]:
    """The open folder of a step. Raises ``Conflict`` where it is another one by now, and explains what else fails."""
    base, parts = step.target, [] if step.of_git else step.path.split("/")
    for _ in parts or [""]:
        base = os.path.dirname(base)
    try:
        with opened(base, parts[:-1]) as folder:
            yield folder
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):
            raise Conflict(f"The folder of {step.path} has changed since.", "Scan again, then fix it.") from error
        raise explained(step.path, error) from error


def check(step: Step, folder: Folder) -> os.stat_result | None:
    """What ``fstat`` says of the file, None where there is none. Raises ``Conflict`` where it is not what the step
    begins with, ``Refuse`` where it has become one that must not be replaced."""
    data, status = _look(folder, step)
    if status is not None:
        check_kind(step.path, status)
    if data != step.before:
        raise changed(step)
    return status


def changed(step: Step) -> Conflict:
    """What to say of a file that is not what it was."""
    what = "has changed" if step.before is not None else "has appeared"
    return Conflict(f"{step.path} {what} since.", "Nothing was written. Scan again, then fix it.")


def current(step: Step) -> tuple[bytes | None, int | None]:
    """The file's bytes and permissions as they are now. Raises ``UserError`` where it cannot be read."""
    try:
        with within(step) as folder:
            data, status = _look(folder, step)
    except UserError:
        if not os.path.lexists(step.target):
            return None, None  # gone with its folder
        raise
    return data, None if status is None else stat.S_IMODE(status.st_mode)


def _look(folder: Folder, step: Step) -> tuple[bytes | None, os.stat_result | None]:
    """The file's bytes and what ``fstat`` says of it, None where there is none."""
    try:
        _check_regular(step.path, folder.status(step.name))
        descriptor = folder.open(step.name, os.O_RDONLY)
        with open(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            _check_regular(step.path, status)
            return file.read(), status
    except FileNotFoundError:
        return None, None
    except OSError as error:
        raise explained(step.path, error, "read") from error


def still_writable(step: Step) -> None:
    """Raises ``Refuse`` where the file has become one that must not be replaced."""
    with within(step) as folder:
        try:
            status = folder.status(step.name)
        except FileNotFoundError:
            return
    check_kind(step.path, status)


def check_kind(path: str, status: os.stat_result) -> None:
    """Raises ``Refuse`` for what must not be replaced by a new file."""
    _check_regular(path, status)
    if status.st_nlink > 1:
        raise Refuse(
            f"{path} has another name (a hard link) that would keep the old text, so it stays as it is.",
            f"find . -samefile {path} shows it.",
        )
    if not status.st_mode & 0o200:
        raise Refuse(f"{path} is read-only, so it stays as it is.", "Make it writable first.")
    if hasattr(os, "geteuid") and status.st_uid != os.geteuid() != 0:
        raise Refuse(f"{path} belongs to another user, so it stays as it is.", "Run flaskdoctor as that user.")


def _check_regular(path: str, status: os.stat_result) -> None:
    if stat.S_ISLNK(status.st_mode):
        raise Refuse(f"{path} is a symbolic link, so it stays as it is.", "Make the change in the file it leads to.")
    if stat.S_ISREG(status.st_mode):
        return
    kinds = {stat.S_IFDIR: "a folder", stat.S_IFIFO: "a FIFO", stat.S_IFSOCK: "a socket"}
    kind = kinds.get(stat.S_IFMT(status.st_mode), "a device")
    raise Refuse(f"{path} is not a regular file but {kind}, so it stays as it is.")


def _linked(path: str, link: str, target: str) -> Refuse:
    """What to say of a path with a link in it."""
    try:
        leads = os.readlink(target)
        real = os.path.realpath(target)
    except OSError:  # gone since; realpath raises too where a link goes away while it is followed
        leads = real = "elsewhere"
    if ".git" in real.split(os.sep):
        leads = f"{leads}, which leads into git's own folder"
    if link == path:
        return Refuse(
            f"{path} is a symbolic link to {leads}, so it stays as it is.", "Make the change in the file itself."
        )
    return Refuse(f"{path} lies below {link}, a symbolic link to {leads}, so it stays as it is.")


_HINTS = {
    errno.ENOSPC: "Free some space, then fix it again.",
    errno.EDQUOT: "Your quota is used up: free some space, then fix it again.",
    errno.EFBIG: "The file is larger than this process may write (ulimit -f).",
    errno.EROFS: "It lies on a file system that is read-only.",
    errno.EACCES: "Its folder must be writable: it is replaced by a new file.",
    errno.EPERM: "It may be marked as immutable (lsattr shows it), or its folder belongs to another user.",
}


def explained(path: str, error: OSError, verb: str = "written") -> UserError:
    """An error of the file system as one that says which file, why, and what to do."""
    reason = (error.strerror or "unknown reason").lower()
    hint = _HINTS.get(error.errno or 0, "") if verb == "written" else ""
    return Refuse(f"{path} cannot be {verb}: {reason}.", hint)
