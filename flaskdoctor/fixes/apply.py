"""The only writer: all edits of a plan or none, each file replaced in one step, nothing that changed meanwhile.

First the new files are written beside the old ones, under names of their own: what can go wrong (no space, no
permission, git at work) goes wrong there, with nothing changed. Then each gets its name in one step.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from flaskdoctor.errors import Refuse, UserError
from flaskdoctor.fixes.edit import Edit, Plan
from flaskdoctor.fixes.folder import Folder
from flaskdoctor.fixes.interruption import held_back
from flaskdoctor.fixes.steps import Step, changed, check, explained, prepare, within

if TYPE_CHECKING:
    from flaskdoctor.fixes.journal import Journal


class Applied(NamedTuple):
    """What was written: the journal's record of it, and the files."""

    record: str
    paths: tuple[str, ...]


class Unfinished(UserError):
    """Some files were written and could not be put back."""


def apply(root: str, plan: Plan, journal: Journal, verify: Callable[[], Sequence[str]] | None = None) -> Applied:
    """Write all edits of ``plan``. ``verify`` looks at the result: what it has to say takes it all back.

    Raises ``Conflict`` where a file is no longer what the plan was made from and ``Refuse`` where one cannot be
    written safely; nothing is changed then.
    """
    if not plan.edits:
        return Applied("", ())
    ordered = plan._replace(edits=tuple(sorted(plan.edits, key=_turn)))
    with journal.lock(root), held_back() as signals:
        steps = [prepare(root, edit) for edit in ordered.edits]
        record = journal.begin(root, ordered, steps)
        written = False
        try:
            write_all(steps)
            written = True
            with signals.let_through():
                problems = () if verify is None else verify()
            if problems:
                raise Refuse("The result was not what the fix promises; it was taken back.", " ".join(problems))
            journal.finish(root, record)
        except Unfinished:
            raise  # the record stays: it is the only copy of what the files were
        except BaseException:
            if written:
                _take_back(steps)
            journal.discard(root, record)
            raise
    return Applied(record, tuple(edit.path for edit in plan.edits))


def _turn(edit: Edit) -> int:
    """When an edit is written: .env is ignored before a secret comes into it, and filled before the code reads it."""
    if edit.path.endswith("ignore"):
        return 0
    return 2 if edit.path.endswith(".py") else 1


def _take_back(steps: Sequence[Step]) -> None:
    try:
        write_all([step.back() for step in reversed(steps)])
    except UserError as error:
        raise Unfinished(
            f"{error.title} The fix could not be taken back.",
            "It is in the history as interrupted: undo it there.",
        ) from error


def write_all(steps: Sequence[Step]) -> None:
    """Make all steps or none. Raises ``Unfinished`` where a file could not even be put back."""
    staged: list[Step] = []
    done: list[Step] = []
    try:
        for step in steps:
            stage(step)
            staged.append(step)
        for step in steps:
            write(step)
            done.append(step)
    except BaseException as error:
        for step in staged[len(done) :]:
            with suppress(UserError):
                remove_leftovers(step, os.getpid())
        stuck = [step.path for step in reversed(done) if not _put_back(step)]
        if stuck:
            raise Unfinished(
                f"Writing failed half-way, and {', '.join(stuck)} could not be put back.",
                "The change is in the history as interrupted: undo it there.",
            ) from error
        if isinstance(error, OSError):
            raise explained(steps[len(done)].path, error) from error
        raise


def _put_back(step: Step) -> bool:
    """Whether a file that was written is again what it was; what somebody has made of it meanwhile stays."""
    try:
        write_all([step.back()])
    except UserError:
        return False
    return True


def stage(step: Step) -> None:
    """Make ready to make a step, and change nothing: the new text lies beside the file, git's index is locked."""
    with within(step) as folder:
        status = check(step, folder)
        if step.after is None or step.kept:
            return
        temporary = step.temporary(os.getpid())
        _write_temporary(step, folder, temporary, step.after, status)
        if step.of_git:
            _lock_index(step, folder, temporary)


def write(step: Step) -> None:
    """Make a step that is staged: the file is the old or the new one at every moment, the old one if this raises."""
    temporary = step.temporary(os.getpid())
    with within(step) as folder:
        status = check(step, folder)
        if step.after is None:
            folder.unlink(step.name)
        elif step.kept:
            _change_mode(step, folder, step.name, step.mode_after)
        elif step.of_git:
            folder.replace(step.lock, step.name)
        elif step.before is None:
            _publish_new(step, folder, temporary)
        else:
            if status is not None and step.mode_after == step.mode_before != stat.S_IMODE(status.st_mode):
                _change_mode(step, folder, temporary, stat.S_IMODE(status.st_mode))  # somebody's chmod meanwhile
            folder.replace(temporary, step.name)
        folder.sync()


def _change_mode(step: Step, folder: Folder, name: str, mode: int | None) -> None:
    if mode is None:
        return
    if not hasattr(os, "fchmod"):  # Windows before Python 3.13
        os.chmod(os.path.join(os.path.dirname(step.target), name), mode)
        return
    descriptor = folder.open(name, os.O_RDONLY)
    try:
        os.fchmod(descriptor, mode)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_temporary(step: Step, folder: Folder, name: str, data: bytes, status: os.stat_result | None) -> None:
    mode = step.mode_after
    if status is not None and mode == step.mode_before:
        mode = stat.S_IMODE(status.st_mode)  # also where the permissions have changed meanwhile
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    with suppress(FileNotFoundError):
        folder.unlink(name)  # of a process that had this number and was killed
    descriptor = folder.open(name, flags, 0o666 if mode is None else mode & 0o600)
    try:
        with open(descriptor, "wb") as file:
            file.write(data)
            if os.name == "posix":
                _take_over_owner(status, folder, descriptor)
            if status is not None:
                _take_over_attributes(step, folder, descriptor)
            if mode is not None and hasattr(os, "fchmod"):
                os.fchmod(descriptor, mode)
            file.flush()
            os.fsync(descriptor)
    except BaseException:
        with suppress(OSError):
            folder.unlink(name)
        raise


def _publish_new(step: Step, folder: Folder, temporary: str) -> None:
    """Give a new file its name, unless somebody was faster."""
    try:
        folder.link(temporary, step.name)
    except FileExistsError:
        raise changed(step) from None
    except (OSError, AttributeError, NotImplementedError):  # a file system without hard links
        if folder.has(step.name):
            raise changed(step) from None
        folder.replace(temporary, step.name)
    else:
        with suppress(OSError):
            folder.unlink(temporary)


def _lock_index(step: Step, folder: Folder, temporary: str) -> None:
    """Git's own protocol: whoever makes ``index.lock`` may write, and renames it to ``index``.

    The lock appears with all of its bytes at once, so that a writer that was killed is known by them.
    """
    try:
        try:
            folder.link(temporary, step.lock)
        except FileExistsError:
            raise
        except (OSError, AttributeError, NotImplementedError):  # a file system without hard links
            if folder.has(step.lock):
                raise FileExistsError(errno.EEXIST, "File exists", step.lock) from None
            folder.replace(temporary, step.lock)
    except FileExistsError:
        raise Refuse(
            "Git is at work in this repository.",
            f"{step.target}.lock exists; try again when it is gone (remove it if no git command is running).",
        ) from None
    finally:
        with suppress(FileNotFoundError):
            folder.unlink(temporary)


def remove_leftovers(step: Step, process: int) -> None:
    """Remove what a writer that was stopped left beside the target: its temporary file, its lock on the index."""
    with within(step) as folder:
        if step.of_git and step.after and _holds(folder, step.lock, step.after):
            folder.unlink(step.lock)
        with suppress(FileNotFoundError):
            folder.unlink(step.temporary(process))


def _holds(folder: Folder, name: str, data: bytes) -> bool:
    """Whether a file has these very bytes."""
    with suppress(OSError), open(folder.open(name, os.O_RDONLY), "rb") as file:
        return file.read(len(data) + 1) == data
    return False


def _take_over_owner(status: os.stat_result | None, folder: Folder, descriptor: int) -> None:
    """Root edits for others: the file stays theirs, and a new one is of whom its folder is."""
    if os.geteuid() == 0:
        owner = status or folder.own_status()
        os.fchown(descriptor, owner.st_uid, owner.st_gid)
    elif status is not None and status.st_gid != os.fstat(descriptor).st_gid:
        with suppress(OSError):  # not one of the user's groups
            os.fchown(descriptor, -1, status.st_gid)


def _take_over_attributes(step: Step, folder: Folder, descriptor: int) -> None:
    if not hasattr(os, "listxattr"):
        return
    with suppress(OSError):
        old = folder.open(step.name, os.O_RDONLY)
        try:
            for name in os.listxattr(old):
                with suppress(OSError):
                    os.setxattr(descriptor, name, os.getxattr(old, name))
        finally:
            os.close(old)
