"""What keeps the dashboard up when a part of it breaks: an exception becomes a message and a line in the log.

Textual ends the whole app when any handler, timer or callback raises. Here the part that broke says so and the rest
goes on. Only what leaves no dashboard to go on with ends it: its start, a screen that is not ours, a failure that
comes back with every picture. This leans on Textual's internals; where they change, its stock behaviour is left.
"""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING, Any

from textual._context import active_message_pump
from textual.app import App
from textual.message_pump import MessagePump
from textual.screen import Screen

from flaskdoctor.errors import UserError
from flaskdoctor.tui import logbook

if TYPE_CHECKING:
    from textual.message import Message

# So many failures within so many seconds are one that comes back with every picture.
_MANY, _SECONDS = 12, 3.0


class Held(MessagePump):
    """An app, screen or widget that lives on when one of its handlers raises."""

    async def _dispatch_message(self, message: Message) -> None:
        try:
            await super()._dispatch_message(message)
        except Exception as error:  # whatever it is: the rest of the dashboard goes on
            if not broke(self, f"Answering to {type(message).__name__}", error):
                raise


class HeldApp(Held, App[int]):
    """The app that tells of what broke."""

    opened = False  # from its first picture on there is something to go on with
    crashed = False

    def __init__(self) -> None:
        super().__init__()
        self._told: set[tuple[str, ...]] = set()
        self._failures: deque[float] = deque(maxlen=_MANY)

    def say(self, text: str, hint: str = "", *, bad: bool = False) -> None:
        """A message until the next key."""
        raise NotImplementedError

    def log_hint(self) -> str:
        """Where a user finds the log, in a few words."""
        return logbook.hint()

    def broke(self, what: str, error: Exception) -> str:
        """Say that ``what`` failed, and write it to the log, once; the sentence that was said."""
        if isinstance(error, UserError):
            self.say(error.title, error.hint, bad=True)
            return error.title
        sentence = logbook.failed(what, error)
        # Where it is drawn again and again it breaks again and again: the log is to be read by somebody.
        once = (sentence, *logbook.where(error.__traceback__)[-1:])
        if once not in self._told:
            self._told.add(once)
            logbook.write(f"{what} failed", error)
        self.say(sentence, self.log_hint(), bad=True)
        return sentence

    def _handle_exception(self, error: Exception) -> None:
        """Textual's end of the app; where the app can live on it does."""
        if not self._lives_on():
            super()._handle_exception(error)
            return
        try:
            self.broke("A part of the dashboard", error)
        except Exception as second:  # noqa: BLE001  (not even that can be said)
            super()._handle_exception(second)

    def _lives_on(self) -> bool:
        if not self.opened or self._exit:
            return False
        pump = active_message_pump.get(None)
        if isinstance(pump, Screen) and not isinstance(pump, Held):
            return False  # its messages are answered no more: no key would lead out of it
        now = time.monotonic()
        self._failures.append(now)
        return len(self._failures) < _MANY or now - self._failures[0] > _SECONDS

    def _fatal_error(self) -> None:
        """Textual prints the locals of every frame here, and they can hold secrets; this names the bug alone."""
        from rich.text import Text

        error = self._exception
        error = getattr(error, "error", error)  # Textual's WorkerFailed names what happened in the worker
        self.crashed = True
        written = error is not None and logbook.write("The dashboard stopped", error)
        name = type(error).__name__ if error is not None else "an error"
        log = logbook.hint() if written else f"No log could be written: {logbook.path()}"
        self._exit_renderables[:] = [
            Text(
                f"flaskdoctor stopped: {name}, a bug in flaskdoctor. Nothing half-written is left in the project,\n"
                "and what was fixed can be taken back: start it again, History has it.\n"
                f"{log}\n"
                "It names places in flaskdoctor's code and no value of yours: please send it with a report."
            )
        ]
        self._close_messages_no_wait()


def broke(pump: MessagePump, what: str, error: Exception) -> str:
    """``HeldApp.broke`` of the app that ``pump`` is in; empty where there is no dashboard to go on with."""
    app: App[Any] = pump.app
    return app.broke(what, error) if isinstance(app, HeldApp) and app.opened else ""
