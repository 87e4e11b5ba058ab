"""What a watch does when something is due: connect, look, find the server, see its processes.

It runs in one event loop; ``monitor`` is its door to other threads.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence

from flaskdoctor.probe.carry import merged, started_anew
from flaskdoctor.probe.client import Fault
from flaskdoctor.probe.clock import Clock
from flaskdoctor.probe.connect import unreachable
from flaskdoctor.probe.finder import Finder
from flaskdoctor.probe.observation import Answer, Ask, Observation, State, Target
from flaskdoctor.probe.observe import Look, ask, examine
from flaskdoctor.probe.paces import Paces
from flaskdoctor.probe.schedule import Schedule, Step
from flaskdoctor.probe.workers import Change, Workers
from flaskdoctor.project.routing.routepicture import RouteRow

_KEPT_BACK = "something was saved; it is asked again later, to leave the server's log readable (p asks now)"
_EARLY = 0.5  # seconds a round may take beyond its first answer until that is told by itself
_RELOADING = "its port is open, but nothing answers yet"


class Watch:
    """One server over time. ``schedule`` says what is due; ``once`` does it."""

    def __init__(
        self,
        root: str,
        finder: Finder,
        routes: Sequence[RouteRow],
        clock: Clock,
        *,
        on_look: Callable[[Observation], None],
        on_answer: Callable[[Answer], None],
    ) -> None:
        self.finder = finder
        self.routes = tuple(routes)
        self.clock = clock
        self.schedule = Schedule(clock.now())
        self.workers = Workers()
        self.paces = Paces()
        self.target: Target | None = None
        self._root = root
        self._on_look = on_look
        self._on_answer = on_answer
        self._last: Observation | None = None  # the last one that was called back with
        self._answered: Observation | None = None  # the last one with an answer, of this target
        self._identify = False
        self._just_started = False

    async def once(self) -> None:
        """Do what is due now."""
        if self.target is None:
            self.target = await self.finder.first()
            await self._see_processes()
        await self._glance()
        self._admit()
        match self.schedule.step(self.clock.now()):
            case Step.CONNECT:
                await self._connect()
            case Step.LIGHT:
                await self._look(full=False)
            case Step.FULL:
                await self._look(full=True)
            case Step.WAIT:
                return

    # -- which server ---------------------------------------------------------------------------------------

    def move(self, target: Target) -> None:
        """Watch another server."""
        self.target = target
        self._answered = None
        self._identify = False
        self.paces.forget()
        self.workers.lose()
        self.schedule.sees_processes = False
        self.schedule.moved(self.clock.now())

    async def _follow(self, before: Target, found: Target) -> None:
        """Take what was found instead of ``before``."""
        if self.target is not before or found == before:
            return
        if found.url == before.url:
            self.target = found  # a process of the project took this port, or left it
            if found.given is not before.given:
                self.schedule.probe_now(self.clock.now())  # its verdicts are others now
        else:
            self.move(found)
        await self._see_processes()

    async def _see_processes(self) -> None:
        if self.target is not None and self.target.loopback:
            await asyncio.to_thread(self.workers.find, self.target.host, self.target.port)
        self.schedule.sees_processes = self.workers.seen

    async def _keep_processes(self) -> None:
        """Behind an answer there are all processes that a server has: know them."""
        if not self.workers.seen:
            await self._see_processes()
        elif await self.workers.adopt() is Change.REPLACED:
            self.paces.started_anew()
            self.schedule.restarted(self.clock.now())

    async def _glance(self) -> None:
        """Look at the server's processes: a reloader replaces its child, and no request is needed to see that."""
        if not self.workers.seen:
            return
        change = await self.workers.glance()
        now = self.clock.now()
        if change is Change.GONE:
            self.schedule.restarting(now)
            if self._last is not None and self._last.state in (State.UP, State.BROKEN):
                self._tell_state(State.RELOADING, "its process ended, the next one is not there yet")
        elif change is Change.REPLACED:
            self.paces.started_anew()
            self.schedule.restarted(now)
        elif change is Change.LOST:
            self.schedule.sees_processes = False
            self.schedule.lost(now)

    def _admit(self) -> None:
        """Something changed and may not be asked for yet: then the state is not known any more."""
        last = self._last
        if last is None or last.detail == _KEPT_BACK or not self.schedule.starved(self.clock.now()):
            return
        if last.state in (State.UP, State.BROKEN, State.RELOADING):
            self._tell_state(State.UNKNOWN, _KEPT_BACK)

    # -- asking ---------------------------------------------------------------------------------------------

    async def _connect(self) -> None:
        assert self.target is not None
        better = self.finder.better(self.target, self.clock.now(), reachable=self.schedule.is_reachable)
        await self._follow(self.target, await better)
        target = self.target
        if target is None:
            return
        problem = await unreachable(target)
        if target is not self.target:
            return
        now = self.clock.now()
        if problem is not None:
            self.workers.lose()
            self.schedule.sees_processes = False
            if self.schedule.unreachable(problem[0], now):
                self._tell_state(*problem)
            return
        if self.schedule.reachable(now):
            await self._came_back()

    async def _came_back(self) -> None:
        """A server began to listen: it may be another one, or started in another way."""
        self._identify = self._just_started = True
        self.paces.started_anew()
        self._answered = started_anew(self._answered)
        if self.target is not None and self.finder.url:
            await self._follow(self.target, await self.finder.again(self.target))
        await self._see_processes()

    async def _look(self, *, full: bool) -> None:
        assert self.target is not None
        target = self.target
        early: list[asyncio.TimerHandle] = []

        def first(seen: Observation) -> None:
            # A round takes eight seconds at a slow server; how it stands is known long before.
            early.append(asyncio.get_running_loop().call_later(_EARLY, self._tell_early, seen))

        try:
            look = await examine(
                target,
                full=full,
                root=self._root,
                routes=self.routes,
                before=self._answered,
                identify=self._identify,
                paces=self.paces,
                on_first=first,
            )
        finally:
            for timer in early:
                timer.cancel()
        if target is not self.target:
            return
        now = self.clock.now()
        seen = self._reloading(look)
        if look.fault in (Fault.REFUSED, Fault.UNREACHABLE):
            if full:
                self.schedule.full_failed(now)
            if self.schedule.unreachable(seen.state, now) or full:
                self._call(seen)
            return
        answered = look.fault not in (Fault.SILENT, Fault.CLOSED)
        self.schedule.looked(seen.state, look.requests, now, full=full, answered=answered)
        if seen.options is not None:
            seen = merged(self._answered, seen)
            self.schedule.state = seen.state
            self._answered = seen
            self._identify = self._just_started = False
        self._call(seen)
        await self._keep_processes()
        if seen.state is State.WRONG_SERVER and not target.given:
            self.finder.reject(target)
            await self._follow(target, await self.finder.again(target))

    def _reloading(self, look: Look) -> Observation:
        """A server that answered before or was seen to start, and is silent: it is about to answer."""
        silent = look.fault in (Fault.SILENT, Fault.CLOSED)
        if (
            silent
            and (self._answered is not None or self._just_started)
            and not self.schedule.gave_up(self.clock.now())
        ):
            return look.seen._replace(state=State.RELOADING, detail=_RELOADING)
        return look.seen

    async def ask(self, asked: Ask) -> None:
        """Send one request that the user picked."""
        try:
            if self.target is None:
                self.target = await self.finder.first()
            answer = await ask(self.target, asked, self._root)
            self.paces.add(answer)
        except Exception as error:  # noqa: BLE001  # whoever asked waits for an answer, and nobody looks at this task
            failure = f"could not be asked ({type(error).__name__})"
            answer = Answer(asked.method, asked.path, failure=failure, sent=asked.body)
        self._on_answer(answer)

    # -- what is called back --------------------------------------------------------------------------------

    def _tell_state(self, state: State, detail: str) -> None:
        assert self.target is not None
        self.schedule.state = state
        self._call(Observation(self.target, time.time(), state, detail))

    def _tell_early(self, seen: Observation) -> None:
        if seen.target is self.target and (self._last is None or self._last.state is not seen.state):
            self._call(merged(self._answered, seen))

    def _call(self, seen: Observation) -> None:
        self._last = seen = seen._replace(restarts=self.workers.restarts, paces=self.paces.measured())
        self._on_look(seen)
