"""The dashboard's log: what went wrong, in the user's log folder, without any value of the project.

Messages of unexpected exceptions can quote what was being read (a key, a line, a secret), and so can the source
line of a SyntaxError. So an entry names the exception's type and the places in code it came through, no more.
"""

from __future__ import annotations

import os
import stat
import sys
from types import TracebackType

_LIMIT = 512 * 1024


def path() -> str:
    """Where the log is, or would be: there is none for a user without a home."""
    from platformdirs import user_log_path

    try:
        return str(user_log_path("flaskdoctor", appauthor=False) / "dashboard.log")
    except RuntimeError:
        return "~/dashboard.log"


def open_log() -> int:
    """A file descriptor that appends to the log; to nowhere when there can be none."""
    try:
        return _open()
    except OSError:
        return os.open(os.devnull, os.O_WRONLY)


def _open() -> int:
    """The log, begun anew where it has grown long. A link in its place is not followed: what it leads to would be
    cut off. Without a home ("~" stays as it is) there is no log: it would lie in the current folder, the project."""
    name = path()
    if not os.path.isabs(name):
        raise FileNotFoundError(name)
    os.makedirs(os.path.dirname(name), mode=0o700, exist_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    log = os.open(name, flags, 0o600)
    try:
        status = os.fstat(log)
        if not stat.S_ISREG(status.st_mode):
            raise FileExistsError(name)
        if status.st_size > _LIMIT:
            os.ftruncate(log, 0)
    except OSError:
        os.close(log)
        raise
    return log


def where(traceback: TracebackType | None) -> list[str]:
    """``module.py:12 function`` for each frame, outermost first."""
    places = []
    while traceback is not None:
        code = traceback.tb_frame.f_code
        # The last two parts tell which file it is and leave the user's folders out.
        short = "/".join(code.co_filename.replace(os.sep, "/").split("/")[-2:])
        places.append(f"{short}:{traceback.tb_lineno} {code.co_name}")
        traceback = traceback.tb_next
    return places


def describe(error: BaseException) -> str:
    """The exception's type and where it came from, without its message."""
    return "\n    ".join([type(error).__name__, *where(error.__traceback__)])


def failed(what: str, error: BaseException) -> str:
    """How an exception that nobody expected is told: without its message."""
    return f"{what} failed: {type(error).__name__}, a bug in flaskdoctor"


def hint() -> str:
    """Where there is more about it."""
    return f"The log says where: {path()}"


def bug(what: str, error: BaseException) -> tuple[str, str]:
    """Title and hint for an exception that nobody expected; the log gets the rest."""
    write(f"{what} failed", error)
    return failed(what, error), hint()


def write(what: str, error: BaseException | None = None) -> bool:
    """Append an entry; never raises. Whether it stands in the log now."""
    import time

    text = f"{time.strftime('%Y-%m-%d %H:%M:%S')} {what}"
    if error is not None:
        text += f": {describe(error)}"
    try:
        log = _open()
        try:
            os.write(log, (text + "\n").encode("utf-8", "backslashreplace"))
        finally:
            os.close(log)
    except OSError:
        return False
    return True


def take_over() -> None:
    """From now on what Python would print of an exception that nobody handled is an entry here: its own words quote
    source lines and messages. Warnings about the project's code quote it too, and are none of ours."""
    import threading
    import warnings

    warnings.simplefilter("ignore")

    def ended(_kind: type[BaseException], error: BaseException, _traceback: TracebackType | None) -> None:
        write("Ended by an exception", error)

    def in_a_thread(told: threading.ExceptHookArgs) -> None:
        write("A thread ended by an exception", told.exc_value)

    def ignored(told: sys.UnraisableHookArgs) -> None:
        write("An exception was passed over", told.exc_value)

    sys.excepthook, threading.excepthook, sys.unraisablehook = ended, in_a_thread, ignored
