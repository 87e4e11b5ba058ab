"""Watching the running server beside the keys: the probe has a thread and an event loop of its own.

It begins after the first scan, so that nothing of it (httpx, the rules) is loaded before there is a picture. What
is seen is judged in that thread too and posted to the app, whose handlers own the session and the widgets.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from textual.message import Message

from flaskdoctor.errors import UserError
from flaskdoctor.tui import logbook, messages
from flaskdoctor.tui.server import Request

if TYPE_CHECKING:
    from flaskdoctor.probe.monitor import Monitor
    from flaskdoctor.probe.observation import Answer, Ask, Observation
    from flaskdoctor.scan import Scan

Post = Callable[[Message], object]

# How long leaving waits for the thread. It is a daemon: one that hangs ends with the process.
_PATIENCE = 1.0


class Prober(Protocol):
    """What the dashboard tells the probe. Every method returns at once."""

    def why_not(self) -> str:
        """Why the server cannot be asked now; empty when it can."""

    def scanned(self, scan: Scan, post: Post) -> None:
        """A scan ended: what it knows of ports, routes and keys. The first one starts the watch."""

    def probe_now(self) -> None:
        """Ask for everything (``p``)."""

    def saved(self) -> None:
        """A file of the project changed."""

    def focused(self, focused: bool) -> None:
        """The terminal's focus came or went."""

    def opened(self) -> None:
        """The Live tab is in view."""

    def serves(self, url: str) -> None:
        """A server was started from here and will answer at ``url``; "": it is gone."""

    def ask(self, asked: Ask) -> None:
        """Send the request that the user picked; ``AnswerReady`` brings what came back."""

    async def close(self) -> None:
        """Stop; nothing is left running."""


class WatchingProber:
    """The probe in a thread."""

    def __init__(self, root: str, *, url: str = "", profile: str = "") -> None:
        self._root = root
        self._url = url
        self._own = ""  # the URL of the server that was started from here
        self._profile = profile
        self._scan: Scan | None = None
        self._post: Post | None = None
        self._monitor: Monitor | None = None
        self._thread: threading.Thread | None = None
        self._failed = ""
        self._closing = False
        self._focused = True
        self._asked_live = False
        self._waiting: deque[Ask] = deque()  # asked while the probe is being loaded
        self._judging = threading.Lock()
        self._last: Observation | None = None
        self._known_answers: tuple[Answer | None, ...] = ()
        self._again: asyncio.Task[None] | None = None

    # What the app says

    def why_not(self) -> str:
        """Before the first scan there is nothing to ask, and without Flask no server to look for."""
        if self._scan is None:
            return "the first scan is not over yet"
        return "" if self._thread is not None else "no Flask was found here, so no server is looked for"

    def scanned(self, scan: Scan, post: Post) -> None:
        """Start with the first scan; later ones may change the target and the verdicts."""
        self._scan, self._post = scan, post
        if not scan.flask_found and not self._url:
            return
        if self._thread is None:
            self._start()
            return
        if self._monitor is not None:
            self._monitor.learn(scan.routes.rows, scan.hints)
        if self._last is not None and (self._again is None or self._again.done()):
            self._again = asyncio.create_task(asyncio.to_thread(self._judge_again))

    def probe_now(self) -> None:
        """A watch that failed is started again."""
        if self._thread is not None and not self._thread.is_alive() and not self._closing:
            self._start()
        if self._monitor is not None:
            self._monitor.probe_now()

    def saved(self) -> None:
        """A development server reloads now."""
        if self._monitor is not None:
            self._monitor.saved()

    def focused(self, focused: bool) -> None:
        """Looked at or not."""
        self._focused = focused
        if self._monitor is not None:
            self._monitor.focused(focused)

    def opened(self) -> None:
        """What is in view should be fresh."""
        self._asked_live = True
        if self._monitor is not None:
            self._monitor.opened_live()

    def serves(self, url: str) -> None:
        """That one is watched then."""
        self._own = url
        if self._monitor is not None:
            self._monitor.watch_url(url or self._url)

    def ask(self, asked: Ask) -> None:
        """Answered through ``AnswerReady``; also when nothing can be asked."""
        self._waiting.append(asked)
        if self._monitor is not None or self._thread is None or not self._thread.is_alive():
            self._ask_waiting(self._monitor)

    async def close(self) -> None:
        """Ask the watch to end and wait a moment for it."""
        self._closing = True
        if self._monitor is not None:
            self._monitor.stop()
        thread = self._thread
        if thread is not None and thread.is_alive():
            await asyncio.to_thread(thread.join, _PATIENCE)

    # In the thread

    def _start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="probe", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            from flaskdoctor.probe.monitor import Monitor

            assert self._scan is not None
            monitor = Monitor(
                self._root,
                on_look=self._looked,
                on_answer=self._answered,
                url=self._own or self._url,
                hints=self._scan.hints,
                routes=self._scan.routes.rows,
            )
            monitor.focused(self._focused)
            if self._asked_live:
                monitor.opened_live()
            self._monitor = monitor
            self._ask_waiting(monitor)
            if self._closing:
                return
            monitor.run()
        except UserError as error:
            self._send(messages.ProbeFailed(error.title, error.hint))
        except Exception as error:  # noqa: BLE001  (the probe is one part of many: it says so, the rest goes on)
            self._broke("The live probe", error, messages.ProbeFailed)
        finally:
            self._monitor = None
            self._ask_waiting(None)

    def _ask_waiting(self, monitor: Monitor | None) -> None:
        """What the user asked for goes to ``monitor``; without one it has no answer."""
        from flaskdoctor.probe.observation import Answer

        while True:
            try:
                asked = self._waiting.popleft()
            except IndexError:
                return
            if monitor is not None:
                monitor.ask(asked)
            else:
                failure = "the server is not watched"
                self._answered(Answer(asked.method, asked.path, failure=failure, sent=asked.body))

    def _looked(self, seen: Observation) -> None:
        new = (seen.options, seen.page, seen.missing)
        fresh = [one for one in new if one is not None and not any(one is old for old in self._known_answers)]
        self._known_answers = new
        with self._judging:
            self._last = seen
            self._judge(seen, tuple(Request(seen.when, answer) for answer in fresh))

    def _answered(self, answer: Answer) -> None:
        self._send(messages.AnswerReady(answer, time.time()))

    def _judge_again(self) -> None:
        """The same look, with what the new scan knows."""
        with self._judging:
            if self._last is not None:
                self._judge(self._last, ())

    def _judge(self, seen: Observation, sent: tuple[Request, ...]) -> None:
        from flaskdoctor.live import Judged, judge, known_of, profile_of

        assert self._scan is not None
        try:
            judged = judge(seen, known_of(self._scan), self._profile)
        except Exception as error:  # noqa: BLE001
            self._broke("Judging the server", error, messages.Trouble)
            judged = Judged(profile_of(seen, self._profile))
        self._send(messages.ServerSeen(seen, judged, sent))

    def _broke(self, what: str, error: Exception, kind: Callable[[str, str], Message]) -> None:
        """What repeats itself with every look is told once: a watch goes on for hours."""
        name = logbook.failed(what, error)
        again, self._failed = name == self._failed, name
        if not again:
            logbook.write(f"{what} failed", error)
        if not again or kind is not messages.Trouble:
            self._send(kind(name, logbook.hint()))

    def _send(self, message: Message) -> None:
        if self._post is not None and not self._closing:
            try:
                self._post(message)
            except RuntimeError:  # the app's loop is closed
                self._closing = True
