"""Reading a file that a stranger may have planted: regular files only, bounded, and never waiting for a FIFO."""

from __future__ import annotations

import os
import stat
from typing import NamedTuple

LIMIT = 2_000_000  # bytes; env, requirement and lock files are far below


class Content(NamedTuple):
    """The bytes of a file, or why there are none.

    ``state`` is "ok", "missing", "not a file" (a folder, a FIFO, a device), "unreadable" or "too large";
    ``reason`` says it in words; ``status`` is what ``fstat`` said of the file that was read.
    """

    state: str
    data: bytes = b""
    reason: str = ""
    status: os.stat_result | None = None


def read_bytes(path: str, limit: int = LIMIT) -> Content:
    """The content of the regular file ``path``; never raises, never blocks."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except (FileNotFoundError, NotADirectoryError):
        if os.path.islink(path):
            return Content("unreadable", reason="a symbolic link that leads nowhere")
        return Content("missing", reason="there is no such file")
    except (OSError, ValueError) as error:
        if os.path.isdir(path):  # Windows refuses to open a folder
            return Content("not a file", reason="it is a folder")
        return Content("unreadable", reason=_words(error))
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            kind = "a folder" if stat.S_ISDIR(status.st_mode) else "no regular file"
            return Content("not a file", reason=f"it is {kind}")
        if status.st_size > limit:
            return Content("too large", reason=f"it is larger than {limit // 1_000_000} MB")
        # One byte more than it has: the usual file is read in one go, and its end seen without another call.
        data = os.read(descriptor, status.st_size + 1)
        if len(data) > status.st_size:
            while part := os.read(descriptor, 1 << 16):
                data += part
                if len(data) > limit:
                    return Content("too large", reason=f"it is larger than {limit // 1_000_000} MB")
        return Content("ok", data, status=status)
    except OSError as error:
        return Content("unreadable", reason=_words(error))
    finally:
        os.close(descriptor)


def read_head(path: str, size: int) -> bytes:
    """The first ``size`` bytes of the regular file ``path``, however large it is; nothing where it cannot be read."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except (OSError, ValueError):
        return b""
    try:
        return os.read(descriptor, size) if stat.S_ISREG(os.fstat(descriptor).st_mode) else b""
    except OSError:
        return b""
    finally:
        os.close(descriptor)


def decode(data: bytes) -> str:
    """The text of a file whose encoding nobody states: a BOM decides, then UTF-8, then Latin-1 (never fails)."""
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _words(error: Exception) -> str:
    return (getattr(error, "strerror", None) or "it cannot be opened").lower()
