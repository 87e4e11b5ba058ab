"""Writing a report to a file: it is there as a whole, or not at all."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from contextlib import suppress


def write_whole(path: str, data: bytes) -> None:
    """Put ``data`` into the file at ``path`` in one step, so that no reader takes half of it for all. Raises
    ``OSError``, and leaves what was there before.

    A device, a pipe or the target of a mount cannot be replaced: there it is written as it goes.
    """
    try:
        status = os.stat(path)
    except FileNotFoundError:
        mode = 0o666 & ~_umask()
    else:
        if not stat.S_ISREG(status.st_mode) or path.startswith("/dev/"):  # /dev/stdout may be a file with more in it
            return _write(path, data)
        if not os.access(path, os.W_OK):  # a read-only file says no, although its folder would let it be replaced
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        mode = stat.S_IMODE(status.st_mode)
    path = os.path.realpath(path)
    folder, name = os.path.split(path)
    descriptor, draft = tempfile.mkstemp(prefix=f".{name[:100]}.", dir=folder)
    try:
        with open(descriptor, "wb") as file:
            file.write(data)
        os.chmod(draft, mode)
        try:
            os.replace(draft, path)
        except OSError as error:
            if error.errno != errno.EBUSY:
                raise
            _write(path, data)
            os.unlink(draft)
    except BaseException:
        with suppress(OSError):
            os.unlink(draft)
        raise


def _write(path: str, data: bytes) -> None:
    with open(path, "wb") as file:
        file.write(data)


def _umask() -> int:
    umask = os.umask(0)
    os.umask(umask)
    return umask
