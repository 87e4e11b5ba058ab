"""Ctrl-C and SIGTERM while files are written: they wait for the moment at which nothing is half done."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP")
_Handler = Callable[[int, FrameType | None], object] | int


class Held:
    """The signals that are kept waiting. Python tells the main thread alone of signals: elsewhere this does nothing."""

    def __init__(self) -> None:
        self._handlers: dict[int, _Handler] = {}
        self._waiting: list[int] = []

    def hold(self) -> None:
        """From now on they wait."""
        if threading.current_thread() is not threading.main_thread():
            return
        for name in _NAMES:
            number = getattr(signal, name, None)
            handler = None if number is None else signal.getsignal(number)
            # Ignored ones stay ignored; None is a handler that another program than Python has set.
            if number is not None and handler is not None and handler != signal.SIG_IGN:
                self._handlers[number] = handler
                signal.signal(number, lambda number, _frame: self._waiting.append(number))

    def release(self) -> None:
        """Let through what has come meanwhile: what it raises, this raises."""
        handlers, self._handlers = self._handlers, {}
        for number, handler in handlers.items():
            signal.signal(number, handler)
        waiting, self._waiting = self._waiting, []
        for number in dict.fromkeys(waiting):
            signal.raise_signal(number)

    @contextmanager
    def let_through(self) -> Iterator[None]:
        """A part of the work in which a signal may end it."""
        try:
            self.release()
            yield
        finally:
            self.hold()


@contextmanager
def held_back() -> Iterator[Held]:
    """Work that a signal does not end half-way; it takes effect afterwards."""
    held = Held()
    held.hold()
    try:
        yield held
    finally:
        held.release()
