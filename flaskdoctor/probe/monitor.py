"""Watching a server over time.

The watch runs in an event loop of its own, best in a thread::

    monitor = Monitor(root, hints=scan.hints, routes=scan.routes.rows, on_look=post_look, on_answer=post_answer)
    thread = threading.Thread(target=monitor.run, daemon=True)  # returns after ``stop``
    ...
    monitor.focused(False); monitor.saved(); monitor.probe_now(); monitor.opened_live(); monitor.ask(Ask("/about"))
    monitor.stop()

Every method but ``run`` and ``watch`` returns at once and may be called from any thread, also before the watch
started and after it ended. The callbacks are called in the thread of the watch: they only post messages.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from flaskdoctor.probe.clock import Clock, WallClock
from flaskdoctor.probe.finder import Finder
from flaskdoctor.probe.inbox import Inbox
from flaskdoctor.probe.observation import Answer, Ask, Observation, Target
from flaskdoctor.probe.target import parse_url
from flaskdoctor.probe.threads import run
from flaskdoctor.probe.watch import Watch
from flaskdoctor.project.deployment.porthints import PortHint
from flaskdoctor.project.routing.routepicture import RouteRow


class Monitor:
    """Watches one server, and finds it first.

    ``on_look`` is called with an observation whenever something was learnt: a look was taken, or the state
    changed. A light look carries over from the last full one what still holds (``page``, ``missing``, ``debugger``,
    ``exposed``, ``cors``, ``foreign``, ``tls``, ``plain``, ``identity``), so that every observation can be shown and
    judged as it is; after a server was started anew only what does not hang on how it was started. ``paces`` are those
    of all routes that were asked for since the watch began on this server, by looks and by ``ask``. Before the first
    look nothing is called: until then the state is "not yet known". ``on_answer`` gets the answer to ``ask``.
    """

    def __init__(
        self,
        root: str,
        *,
        on_look: Callable[[Observation], None],
        on_answer: Callable[[Answer], None] = lambda _: None,
        url: str = "",
        hints: Sequence[PortHint] = (),
        routes: Sequence[RouteRow] = (),
        clock: Clock | None = None,
    ) -> None:
        """Raises ``UserError`` for a ``url`` that is none."""
        if url:
            parse_url(url)
        self._clock: Clock = clock or WallClock()
        self._finder = Finder(root, url, hints)
        self._watch = Watch(
            root,
            self._finder,
            routes,
            self._clock,
            on_look=on_look,
            on_answer=on_answer,
        )
        self._schedule = self._watch.schedule
        self._inbox = Inbox()
        self._asking: set[asyncio.Task[None]] = set()

    # -- from any thread ------------------------------------------------------------------------------------

    def run(self) -> None:
        """Watch until ``stop``; blocks. Runs an event loop of its own."""
        run(self.watch())

    def stop(self) -> None:
        """End the watch; ``run`` returns within a moment."""
        self._inbox.stop()

    def focused(self, focused: bool) -> None:
        """The dashboard has the terminal's focus, or lost it."""
        self._inbox.tell(lambda: self._schedule.focused(focused, self._clock.now()))

    def saved(self) -> None:
        """A file of the project changed."""
        self._inbox.tell(lambda: self._schedule.saved(self._clock.now()))

    def probe_now(self) -> None:
        """The user asks for a full look (``p``)."""

        def tell() -> None:
            self._finder.forgive()
            self._schedule.probe_now(self._clock.now())

        self._inbox.tell(tell)

    def watch_url(self, url: str) -> None:
        """Watch the server at ``url`` from now on; "": the one that is found."""

        def tell() -> None:
            self._finder.url = url
            self._finder.forgive()
            self._schedule.probe_now(self._clock.now())

        self._inbox.tell(tell)

    def opened_live(self) -> None:
        """The Live tab was opened."""
        self._inbox.tell(lambda: self._schedule.opened_live(self._clock.now()))

    def ask(self, asked: Ask) -> None:
        """Send one request that the user picked; ``on_answer`` gets what comes back."""

        def tell() -> None:
            task = asyncio.get_running_loop().create_task(self._watch.ask(asked))
            self._asking.add(task)
            task.add_done_callback(self._asking.discard)

        self._inbox.tell(tell)

    def learn(self, routes: Sequence[RouteRow], hints: Sequence[PortHint]) -> None:
        """What a new scan says of routes and ports."""

        def tell() -> None:
            self._watch.routes = tuple(routes)
            self._finder.learn(hints)

        self._inbox.tell(tell)

    @property
    def target(self) -> Target | None:
        """The server that is watched now; None before it was looked for."""
        return self._watch.target

    # -- the watch ------------------------------------------------------------------------------------------

    async def watch(self) -> None:
        """The watch as a coroutine, for a caller that has a loop."""
        inbox = self._inbox
        inbox.open()
        try:
            while not inbox.stopped:
                inbox.hear()
                if await inbox.during(self._watch.once()):
                    await inbox.wait(self._clock, self._schedule.wake(self._clock.now()))
        finally:
            inbox.close()
            for task in tuple(self._asking):
                task.cancel()
