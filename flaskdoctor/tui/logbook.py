"""The dashboard's log: what went wrong, in the user's log folder, without any value of the project.

Messages of unexpected exceptions can quote what was being read (a key, a line, a secret), and so can the source
line of a SyntaxError. So an entry names the exception's type and the places in code it came through, no more.
"""

from __future__ import annotations

import os
from types import TracebackType

_LIMIT = 512 * 1024


def path() -> str:
    """Where the log is."""
    from platformdirs import user_log_path

    return str(user_log_path("flaskdoctor", appauthor=False) / "dashboard.log")


def open_log() -> int:
    """A file descriptor that appends to the log; to nowhere when the folder cannot be written."""
    name = path()
    try:
        os.makedirs(os.path.dirname(name), mode=0o700, exist_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        if os.path.exists(name) and os.path.getsize(name) > _LIMIT:
            flags |= os.O_TRUNC
        return os.open(name, flags, 0o600)
    except OSError:
        return os.open(os.devnull, os.O_WRONLY)


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


def write(what: str, error: BaseException | None = None) -> None:
    """Append an entry; never raises."""
    import time

    text = f"{time.strftime('%Y-%m-%d %H:%M:%S')} {what}"
    if error is not None:
        text += f": {describe(error)}"
    descriptor = open_log()
    try:
        os.write(descriptor, (text + "\n").encode("utf-8", "backslashreplace"))
    except OSError:
        pass
    finally:
        os.close(descriptor)
