"""What flaskdoctor says on the command line: the report on standard output, everything else on standard error."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING

from flaskdoctor.errors import UserError
from flaskdoctor.visible import loggable, visible

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator
    from types import FrameType

_LATE = 1.0  # seconds until it is worth saying that something goes on
_CLEAR = "\r\x1b[K"


def write(given: argparse.Namespace, text: str) -> None:
    """Print the report, or write it where ``--output`` says. Raises ``UserError`` where that fails."""
    stream = sys.stdout
    # A terminal draws what its locale says; a pipe or a file gets the same bytes in every locale.
    if given.output or (not stream.isatty() and hasattr(stream, "buffer")):
        write_bytes(given, text.encode("utf-8", "backslashreplace"))
        return
    encoding = stream.encoding or "utf-8"
    with _told():
        stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
        stream.flush()


def write_bytes(given: argparse.Namespace, content: bytes) -> None:
    """The same for what has to come out byte by byte."""
    if given.output:
        from flaskdoctor.outfile import write_file

        write_file(given.output, content)
        return
    with _told():
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
        sys.stdout.flush()


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """What standard output refuses is told; that its reader is gone is not."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise unwritable(error) from None


def unwritable(error: OSError) -> UserError:
    """The error of a standard output that takes nothing. What is in its buffer must not fail again at the end."""
    with contextlib.suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return UserError(f"The report cannot be written: {(error.strerror or 'unknown reason').lower()}.")


def say(line: str) -> None:
    """A line beside the report. That nobody reads it is no reason to stop."""
    with contextlib.suppress(OSError, ValueError):
        print(f"{_Progress.clear()}{loggable(line)}", file=sys.stderr)


def has_terminal() -> bool:
    """Whether there is a terminal for the dashboard."""
    return sys.stdin.isatty() and sys.stdout.isatty() and _terminal_draws()


def on_screen(given: argparse.Namespace) -> bool:
    """Whether a person is looking at the report."""
    return not given.output and sys.stdout.isatty()


def colour(given: argparse.Namespace) -> bool:
    """Whether the report is coloured."""
    if given.output or given.no_color or os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return sys.stdout.isatty() and _terminal_draws()


def _terminal_draws() -> bool:
    return os.environ.get("TERM", "" if os.name == "posix" else "unset") not in ("", "dumb")


def draws_unicode() -> bool:
    """Whether the locale is one of UTF-8, told as tmux tells it for itself."""
    named = next((os.environ[name] for name in ("LC_ALL", "LC_CTYPE", "LANG") if os.environ.get(name)), "")
    return "utf-8" in named.lower() or "utf8" in named.lower()


class _Progress:
    """The line that stands on the terminal while something takes long; empty: none does."""

    words = ""
    shown = 0  # seconds, as they stand there
    seconds = 0

    @classmethod
    def clear(cls) -> str:
        """What takes the line away, where it stands."""
        shown, cls.shown = cls.shown, 0
        return _CLEAR if shown else ""

    @classmethod
    def tick(cls, _number: int, _frame: FrameType | None) -> None:
        """Another second."""
        cls.seconds += 1
        cls.shown = cls.seconds
        with contextlib.suppress(OSError, ValueError, RuntimeError):  # it came in the middle of another line
            sys.stderr.write(f"{_CLEAR}{visible(cls.words)} .. {cls.seconds} s")
            sys.stderr.flush()


@contextlib.contextmanager
def progress(words: str, *, quiet: bool = False) -> Iterator[None]:
    """Say on the terminal what goes on, should it take more than a second; nothing of it stays.

    By a timer of the system and no thread: a scan forks, and does not where threads run.
    """
    import signal

    wanted = sys.stderr.isatty() and _terminal_draws() and not quiet
    if not wanted or not hasattr(signal, "setitimer"):
        yield
        return
    _Progress.words, _Progress.seconds = words, 0
    before = signal.signal(signal.SIGALRM, _Progress.tick)
    signal.setitimer(signal.ITIMER_REAL, _LATE, _LATE)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.write(_Progress.clear())
            sys.stderr.flush()
