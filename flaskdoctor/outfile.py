"""Writing a file that the user names: whole or not at all, whatever happens meanwhile."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import stat

from flaskdoctor.errors import UserError


def write_file(path: str, content: bytes) -> None:
    """Put ``content`` into a file. Raises ``UserError`` where that fails.

    A regular file is replaced in one step and keeps its mode; a link stays, and what it leads to is written. Anything
    else (a FIFO, a device) is written to as it is, and what this process has open already (``/dev/stdout``) goes on
    where it stands. One that has this very content already is left alone.
    """
    try:
        if (number := _opened(path)) is not None:
            with open(os.dup(number), "wb") as file:
                file.write(content)
            return
        real = os.path.realpath(path)
        status = os.stat(real) if os.path.exists(real) else None
        if status is not None and not stat.S_ISREG(status.st_mode):
            with open(path, "wb") as file:
                file.write(content)
        elif status is None or not _has(real, content):
            _replace(real, content, 0o666 if status is None else stat.S_IMODE(status.st_mode), new=status is None)
    except OSError as error:
        raise UserError(f"{path} cannot be written: {(error.strerror or 'unknown reason').lower()}.") from None
    except ValueError:
        raise UserError(f"{path} cannot be written: that is no name of a file.") from None


_STREAMS = {"/dev/stdin": 0, "/dev/stdout": 1, "/dev/stderr": 2}
_DESCRIPTOR = re.compile(r"/(?:dev|proc/self)/fd/([0-9]{1,4})")


def _opened(path: str) -> int | None:
    """The descriptor that a path stands for. The file behind it may be a log to which a shell appends (``>> log``)."""
    named = _DESCRIPTOR.fullmatch(os.path.abspath(path))
    return int(named[1]) if named else _STREAMS.get(os.path.abspath(path))


def _has(path: str, content: bytes) -> bool:
    if os.path.getsize(path) != len(content):
        return False
    with open(path, "rb") as file:
        return file.read() == content


def _replace(path: str, content: bytes, mode: int, *, new: bool) -> None:
    temporary = f"{path}.{os.getpid()}.tmp"
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except PermissionError:
        if new:
            raise
        _write_into(path, content)  # a file of ours in a folder of somebody else's
        return
    try:
        with open(descriptor, "wb") as file:
            file.write(content)
        if not new:
            os.chmod(temporary, mode)
        os.replace(temporary, path)
    except BaseException as error:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        if new or not isinstance(error, OSError) or error.errno != errno.EBUSY:
            raise
        _write_into(path, content)  # a single file that is mounted into a container: nothing can take its place


def _write_into(path: str, content: bytes) -> None:
    with open(path, "wb") as file:
        file.write(content)
