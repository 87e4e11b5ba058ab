"""Textual's driver for Unix terminals, made to hold what a terminal that is open all day goes through.

A signal that ends the program puts the terminal back first; a terminal that is gone ends the program instead of
being read from for ever; bytes that are no keys (a late answer, line noise, another encoding) harm nothing.

What is overridden here are Textual's internals: a name that is gone from them leaves its stock behaviour, and tests
say so.
"""

from __future__ import annotations

import os
import re
import select
import signal
import sys
import termios
import threading
from codecs import getincrementaldecoder
from collections.abc import Callable, Iterator
from contextlib import suppress
from types import FrameType
from typing import Any, TextIO

from textual import events
from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message
from textual.messages import InBandWindowResize

from flaskdoctor.tui import logbook, terminal

# What ends the program from outside, and those that an editor in this terminal answers by itself.
_ENDINGS = ("SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM")
_KEYS = (signal.SIGINT, signal.SIGQUIT)

# The most seconds from a signal to the end: a terminal that takes nothing any more (Ctrl-S, a stalled connection)
# would hold it up for ever.
_GRACE = 8.0
_LAST_WRITE = 0.5
_TRIES = 20
_RESET = (
    b"\x1b[?2026l\x1b[?2004l\x1b[?7h\x1b[?1000l\x1b[?1003l\x1b[?1006l\x1b[?1015l\x1b[<u\x1b[?1049l\x1b[?25h\x1b[?1004l"
)
_CHUNK = 8192

# What a terminal says of itself. Textual takes it for keys; it was asked by whoever had the terminal before.
_ANSWERS = re.compile(r"\x1b(?:\[(?:[\d;:]+[cnt]|[?>=][\d;:]*[A-Za-z])|[\]P_^X][^\x07\x1b]*(?:\x07|\x1b\\))")

_PASTE, _PASTE_END = "\x1b[200~", "\x1b[201~"
_PASTED = 4096  # characters of a paste that are kept: all there is to paste into is one line


class Output:
    """The terminal's end of a stream. Once it is gone, what is written is lost and nobody is held up."""

    def __init__(self, stream: TextIO) -> None:
        self._descriptor = stream.fileno()
        self._encoding = stream.encoding
        self._waiting = bytearray()
        self._gone = False

    def fileno(self) -> int:
        """The stream's file descriptor."""
        return self._descriptor

    def write(self, text: str) -> None:
        """Write, sooner or later."""
        self._waiting += text.encode(self._encoding, "backslashreplace")
        if len(self._waiting) >= _CHUNK:
            self.flush()

    def flush(self) -> None:
        """Write what waits."""
        while self._waiting and not self._gone:
            try:
                del self._waiting[: os.write(self._descriptor, self._waiting)]
            except BlockingIOError:  # another program on this terminal (ssh, node) made it so
                select.select((), (self._descriptor,), ())
            except OSError:
                self._gone = True
        self._waiting.clear()


class TerminalDriver(LinuxDriver):
    """``LinuxDriver`` for a program that is stopped from outside as often as with its own key."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        numbers = [*_endings(), signal.SIGTSTP, signal.SIGCONT]
        self._handlers = [(number, signal.getsignal(number)) for number in numbers]
        super().__init__(*arguments, **named)
        self._file: Any = Output(terminal.screen() or sys.stderr)
        self._away = False  # another program has the terminal
        self._told = 0  # the signal that ends the program
        self._timer: threading.Timer | None = None
        self._pasted: str | None = None  # so far, while a paste comes

    # Signals

    def start_application_mode(self) -> None:
        """From here on there is something to put back. In the background Textual waits for ``fg``, then gives up."""
        for _ in range(_TRIES):
            super().start_application_mode()  # type: ignore[no-untyped-call]
            if self._writer_thread is not None and self._writer_thread.is_alive():
                break
        for number in _endings():
            # What was ignored on purpose (nohup) stays ignored.
            if signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, self._end)

    def suspend_application_mode(self) -> None:
        """The editor, or the shell, has the terminal."""
        self._away = True
        super().suspend_application_mode()

    def resume_application_mode(self) -> None:
        """And gives it back; an editor that crashed leaves its own settings behind."""
        if not self._must_signal_resume:
            self._set_line(self.attrs_before)
        super().resume_application_mode()
        self._away = False
        if self._told:
            self._hurry()

    # To the shell and back (Ctrl-Z, fg). What a signal handler interrupts may hold the lock that writing needs, so the
    # terminal is handed over from the event loop.

    def _sigtstp_application(self, *_: object) -> None:
        if self._auto_restart:
            self._later(self._to_the_shell)
        else:
            self._stop(os.getpid())  # the editor was sent to the shell, and this program with it

    def _sigcont_application(self, *_: object) -> None:
        if self._auto_restart and not self._away:
            self._later(self._continued)

    def _to_the_shell(self) -> None:
        if self._away or self._told:
            return
        self.suspend_application_mode()
        self._must_signal_resume = True
        self._stop(0)
        self.resume_application_mode()

    def _stop(self, process: int) -> None:
        """Stop ``process`` (0: all of this job, a wrapper like ``uv run`` too). Where no shell would start it again, as
        in a tmux pane of its own, the kernel does nothing; SIGSTOP, Textual's choice, would stop it for ever."""
        signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        os.kill(process, signal.SIGTSTP)
        signal.signal(signal.SIGTSTP, self._sigtstp_application)

    def _continued(self) -> None:
        """After a SIGSTOP from outside: whoever had the terminal meanwhile left it as he liked."""
        if not self._away and not self._told:
            self.suspend_application_mode()
            self._must_signal_resume = True
            self.resume_application_mode()

    def close(self) -> None:
        """After the end, signals do what they did before: Textual leaves its handlers behind."""
        super().close()
        if not self._away:
            if self._timer is not None:
                self._timer.cancel()
            for number, handler in self._handlers:
                signal.signal(number, handler)

    def _end(self, number: int, _frame: FrameType | None) -> None:
        if self._away and number in _KEYS:
            return  # Ctrl-C in an editor is the editor's
        signal.signal(number, signal.SIG_DFL)  # the second one ends it on the spot
        self._leave(number)
        if not self._away:
            self._hurry()

    def _hurry(self) -> None:
        self._timer = threading.Timer(_GRACE, self._give_up)
        self._timer.daemon = True
        self._timer.start()

    def _give_up(self) -> None:
        self._set_line(self.attrs_before)
        last = threading.Thread(target=self._put_back, daemon=True)  # it may never come to its end
        last.start()
        last.join(_LAST_WRITE)
        os._exit(128 + self._told)

    def _set_line(self, attributes: list[Any] | None) -> None:
        if attributes is not None:
            with suppress(termios.error):
                termios.tcsetattr(self.fileno, termios.TCSANOW, attributes)

    def _put_back(self) -> None:
        with suppress(OSError):
            os.write(self._file.fileno(), _RESET)

    def _leave(self, number: int) -> None:
        if not self._told:
            self._told = number
            self._later(lambda: self._app.exit(return_code=128 + number))

    def _later(self, call: Callable[[], object]) -> None:
        with suppress(RuntimeError):  # it has ended meanwhile
            self._loop.call_soon_threadsafe(call)

    # Input

    def run_input_thread(self) -> None:
        """Textual's loop, which dies of invalid UTF-8 and of numbers that are no character, and spins without end on
        a terminal that is gone."""
        decode = getincrementaldecoder("utf-8")("replace").decode
        parser = XTermParser(self._debug)
        complained = False
        while not self.exit_event.is_set():
            try:
                ready, _, _ = select.select((self.fileno,), (), (), 0.1)
                data = os.read(self.fileno, 4096) if ready else None
            except OSError:
                data = b""
            if data == b"":
                self._leave(getattr(signal, "SIGHUP", signal.SIGTERM))
                return
            try:
                for message in self._messages(parser, decode(data) if data else ""):
                    self.process_message(message)
            except Exception as error:  # noqa: BLE001  (whatever came: the next key is read by a new parser)
                parser = XTermParser(self._debug)
                if not complained:
                    logbook.write("What the terminal sent was not understood", error)
                    complained = True

    def _messages(self, parser: XTermParser, text: str) -> Iterator[Message]:
        """What ``text`` says. Textual takes what follows an escape character in a pasted text for keys."""
        while text:
            if self._pasted is None:
                typed, paste, text = text.partition(_PASTE)
                typed = _ANSWERS.sub("", typed)
                if typed:  # nothing would mean the end to the parser
                    yield from parser.feed(typed)
                self._pasted = "" if paste else None
            else:
                pasted, end, text = (self._pasted + text).partition(_PASTE_END)
                if end:
                    yield events.Paste(pasted)
                # A part of the end may have come.
                self._pasted = None if end else pasted[:_PASTED] + pasted[_PASTED:][-len(_PASTE_END) :]
        yield from parser.tick()

    def process_message(self, message: Message) -> None:
        """Sizes come from the system: what else claims to be one may be any number."""
        if not isinstance(message, (events.Resize, InBandWindowResize)):
            super().process_message(message)

    def _query_in_band_window_resize(self) -> None:
        """Not asked for: terminals that can do it would report the mouse by the pixel from then on, also to the program
        that comes after this one."""


def _endings() -> list[signal.Signals]:
    return [getattr(signal, name) for name in _ENDINGS if hasattr(signal, name)]
