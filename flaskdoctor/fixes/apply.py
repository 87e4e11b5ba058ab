"""The only writer: all edits of a plan or none, each file replaced in one step, nothing that changed meanwhile."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from flaskdoctor.errors import Conflict, Refuse, UserError
from flaskdoctor.fixes.edit import Plan
from flaskdoctor.fixes.steps import Step, check, current, explained, prepare

if TYPE_CHECKING:
    from flaskdoctor.fixes.journal import Journal


class Applied(NamedTuple):
    """What was written: the journal's record of it, and the files."""

    record: str
    paths: tuple[str, ...]


def apply(root: str, plan: Plan, journal: Journal, verify: Callable[[], Sequence[str]] | None = None) -> Applied:
    """Write all edits of ``plan``. ``verify`` looks at the result: what it has to say takes it all back.

    Raises ``Conflict`` where a file is no longer what the plan was made from and ``Refuse`` where one cannot be
    written safely; nothing is changed then.
    """
    if not plan.edits:
        return Applied("", ())
    with journal.lock(root):
        steps = [prepare(root, edit) for edit in plan.edits]
        record = journal.begin(root, plan, steps)
        try:
            write_all(steps)
        except Unfinished:
            raise  # the record stays: it is the only copy of what the files were
        except BaseException:
            journal.discard(root, record)
            raise
        try:
            problems = () if verify is None else verify()
        except BaseException:
            _take_back(steps)
            journal.discard(root, record)
            raise
        if problems:
            _take_back(steps)
            journal.discard(root, record)
            raise Refuse("The result was not what the fix promises; it was taken back.", " ".join(problems))
        journal.finish(root, record, "applied")
    return Applied(record, tuple(edit.path for edit in plan.edits))


def _take_back(steps: Sequence[Step]) -> None:
    try:
        write_all([step.back() for step in reversed(steps)])
    except Conflict as error:
        raise Unfinished(f"{error.title} The fix could not be taken back.", "It is in the history.") from error


class Unfinished(UserError):
    """Some files were written and could not be put back."""


def write_all(steps: Sequence[Step]) -> None:
    """Make all steps or none. Raises ``Unfinished`` where a file could not even be put back."""
    done: list[Step] = []
    try:
        for step in steps:
            check(step)
        for step in steps:
            done.append(step)
            write(step)
    except BaseException as error:
        stuck = [step.path for step in reversed(done) if not _put_back(step)]
        if stuck:
            raise Unfinished(
                f"Writing failed half-way, and {', '.join(stuck)} could not be put back.",
                "The change is in the history as interrupted: undo it there.",
            ) from error
        if isinstance(error, OSError):
            raise explained(error) from error
        raise


def _put_back(step: Step) -> bool:
    with suppress(OSError):
        remove_leftovers(step)
    try:
        if current(step) == (step.before, step.mode_before):
            return True
        write(step.back())
    except (OSError, UserError):
        return False
    return True


def write(step: Step) -> None:
    """Make one step: the file is the old or the new one at every moment."""
    if step.after is None:
        os.unlink(step.target)
    elif step.after == step.before:
        if step.mode_after is not None:
            os.chmod(step.target, step.mode_after)
    elif os.path.isabs(step.path):
        _write_index(step, step.after)
    else:
        _write_temporary(step, step.temporary, step.after)
        try:
            check(step)
            if step.before is None:
                _publish_new(step)
            else:
                os.replace(step.temporary, step.target)
        except BaseException:
            with suppress(OSError):
                os.unlink(step.temporary)
            raise
    _sync_folder(os.path.dirname(step.target))


def _write_temporary(step: Step, path: str, data: bytes) -> None:
    mode = step.mode_after
    descriptor = os.open(
        path,
        os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0),
        0o666 if mode is None else mode & 0o600,
    )
    try:
        with open(descriptor, "wb") as file:
            file.write(data)
            if step.before is not None:
                _take_over_owner(step.target, descriptor)
            if mode is not None and hasattr(os, "fchmod"):
                os.fchmod(descriptor, mode)
            file.flush()
            os.fsync(descriptor)
        if step.before is not None:
            _take_over_attributes(step.target, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(path)
        raise


def _publish_new(step: Step) -> None:
    """Give a new file its name, unless somebody was faster."""
    try:
        os.link(step.temporary, step.target)
    except FileExistsError:
        raise Conflict(f"{step.path} has appeared meanwhile.", "Scan again, then fix it.") from None
    except (OSError, AttributeError):  # a file system without hard links
        if os.path.lexists(step.target):
            raise Conflict(f"{step.path} has appeared meanwhile.", "Scan again, then fix it.") from None
        os.rename(step.temporary, step.target)
    else:
        os.unlink(step.temporary)


def _write_index(step: Step, data: bytes) -> None:
    """Git's own protocol: whoever makes ``index.lock`` may write, and renames it to ``index``.

    The lock appears with all of its bytes at once, so that a writer that was killed is known by them.
    """
    lock = index_lock(step)
    _write_temporary(step, step.temporary, data)
    try:
        try:
            os.link(step.temporary, lock)
        except FileExistsError:
            raise
        except OSError:  # a file system without hard links
            _write_temporary(step, lock, data)
    except FileExistsError:
        raise Refuse(
            "Git is at work in this repository.",
            f"{lock} exists; try again when it is gone (remove it if no git command is running).",
        ) from None
    finally:
        os.unlink(step.temporary)
    try:
        check(step)
        os.replace(lock, step.target)
    except BaseException:
        with suppress(OSError):
            os.unlink(lock)
        raise


def index_lock(step: Step) -> str:
    """The lock file of git's index."""
    return f"{step.target}.lock"


def remove_leftovers(step: Step, process: int | None = None) -> None:
    """Remove what a writer that was killed left beside the target: its temporary file, its lock on the index."""
    if os.path.isabs(step.path) and step.after:
        with suppress(FileNotFoundError):
            with open(index_lock(step), "rb") as file:
                ours = file.read() == step.after
            if ours:
                os.unlink(index_lock(step))
    folder, name = os.path.split(step.target)
    with suppress(FileNotFoundError):
        os.unlink(os.path.join(folder, f".{name}.flaskdoctor-{os.getpid() if process is None else process}"))


def _take_over_owner(target: str, descriptor: int) -> None:
    """Root edits for others: the file stays theirs."""
    status = os.stat(target)
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        os.fchown(descriptor, status.st_uid, status.st_gid)
    elif hasattr(os, "fchown") and status.st_gid != os.fstat(descriptor).st_gid:
        with suppress(OSError):  # not one of the user's groups
            os.fchown(descriptor, -1, status.st_gid)


def _take_over_attributes(target: str, path: str) -> None:
    if not hasattr(os, "listxattr"):
        return
    with suppress(OSError):
        for name in os.listxattr(target):
            with suppress(OSError):
                os.setxattr(path, name, os.getxattr(target, name))


def _sync_folder(folder: str) -> None:
    with suppress(OSError, AttributeError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
