"""When a watched server is asked what: a pure machine, the time is passed in.

A bare connect logs nothing and runs no hook, so it is the pulse. Requests are few: ``OPTIONS /`` when something may
have changed, and now and then while nothing does. All of them together come out of one allowance, so that an hour
beside a development server leaves 60 lines in its log at most, whatever happens.
"""

from __future__ import annotations

from enum import Enum

from flaskdoctor.probe.allowance import Allowance
from flaskdoctor.probe.observation import State

PULSE = 2.0  # seconds between two connects
PULSE_UNFOCUSED = 15.0
GLANCE = 1.0  # seconds between two looks at the server's processes, which cost no request
GLANCE_SHARP = 0.2
SHARP = 4.0  # how long after a saved file
# A development server that polls its files notices within a second; its port stays open, so a request waits for it.
SETTLE = 1.3
SECOND_SETTLE = 3.0
IDLE = (60.0, 120.0, 240.0, 300.0)
PATIENCE = (1.5, 3.0, 6.0, 12.0, 30.0)  # between requests that nobody answers
RELOAD = 30.0  # seconds after which a server that accepts and does not answer is no longer called reloading
FRESH = 10.0  # a look this recent need not be repeated when the Live tab opens

NEVER = float("inf")


class Step(Enum):
    """What is to be done now."""

    WAIT = "wait"
    CONNECT = "connect"
    LIGHT = "light"
    FULL = "full"


class Schedule:
    """What to do next, by what happened so far. ``step`` says it; the other methods are told what happened.

    ``sees_processes`` tells whether the server's processes are visible: then a saved file is followed by a request
    only when they were replaced.
    """

    def __init__(self, now: float) -> None:
        self.allowance = Allowance()
        self.sees_processes = False
        self.state: State | None = None
        self._focused = True
        self._connect_at = NEVER
        self._light_at = NEVER
        self._second_at = NEVER
        self._full_at = now
        self._asked_by_user = False
        self._full_done = False
        self._looked_at = -NEVER
        self._idle = 0
        self._reachable = False
        self._unanswered = 0
        self._silent_since = NEVER
        self._sharp_until = -NEVER

    # What happened

    def focused(self, focused: bool, now: float) -> None:
        """The dashboard has the terminal's focus, or lost it."""
        self._focused = focused
        if focused:
            self._connect_at = min(self._connect_at, now)

    def saved(self, now: float) -> None:
        """A file of the project changed."""
        self._sharp_until = now + SHARP
        self._idle = 0
        if not self._reachable:
            self._connect_at = min(self._connect_at, now)
        elif not self.sees_processes:
            # Several files in a row are one change, but they do not put the look off for ever.
            if self._light_at > now + SETTLE:
                self._light_at = now + SETTLE
            self._second_at = now + SECOND_SETTLE

    def restarting(self, now: float) -> None:
        """A process of the server is gone."""
        self._sharp_until = now + SHARP
        self._idle = 0

    def restarted(self, now: float) -> None:
        """The server's processes were replaced."""
        self._sharp_until = now + SHARP
        self._idle = 0
        self._calm()
        self._light_at = now

    def lost(self, now: float) -> None:
        """The server's processes are gone: is somebody else there?"""
        self._connect_at = now
        self._reachable = False

    def probe_now(self, now: float) -> None:
        """The user asks for a full look: no allowance limits it."""
        self._full_at = now
        self._asked_by_user = True

    def opened_live(self, now: float) -> None:
        """The Live tab was opened: what it shows should be fresh."""
        self._connect_at = min(self._connect_at, now)
        if self._answering and now - self._looked_at > FRESH and self.allowance.idle(now):
            self._light_at = min(self._light_at, now)

    def moved(self, now: float) -> None:
        """Another server is watched from now on."""
        self.state = None
        self._full_done = False
        self._light_at = self._second_at = NEVER
        self._reachable = False
        self._calm()
        self._full_at = now

    def unreachable(self, state: State, now: float) -> bool:
        """A connect failed; ``state`` is down or unknown. True where that is news."""
        self._connect_at = now + self._pulse
        self._light_at = self._second_at = NEVER
        self._calm()
        news = self._reachable or self.state is not state
        self._reachable = False
        self.state = state
        return news

    def reachable(self, now: float) -> bool:
        """A connect was accepted. True where the server was not there before: it may be another one."""
        self._connect_at = now + self._pulse
        if self._reachable:
            return False
        self._reachable = True
        self._idle = 0
        if self._full_done:
            self._light_at = now
        else:
            self._full_at = now
        return True

    def looked(self, state: State, requests: int, now: float, *, full: bool, answered: bool) -> None:
        """A look was taken, of so many requests. ``answered`` is False where a server accepted and said nothing."""
        if not self._asked_by_user:
            self.allowance.take(requests, now)
        self._looked_at = now
        self._connect_at = now + self._pulse
        self._light_at = NEVER
        self._reachable = True
        if full:
            self._full_at = NEVER
            self._asked_by_user = False
            self._full_done = self._full_done or answered
        if answered:
            self._calm()
        else:
            self._silent_since = min(self._silent_since, now)
            pause = PATIENCE[min(self._unanswered, len(PATIENCE) - 1)]
            self._unanswered += 1
            # Each of these is a line as well, once the server answers.
            again = now + (IDLE[-1] if self.gave_up(now) else pause)
            if self._full_done:
                self._light_at = again
            else:
                self._full_at = again
        if state is not self.state:
            self.state = state
            self._idle = 0

    def _calm(self) -> None:
        self._unanswered = 0
        self._silent_since = NEVER

    def full_failed(self, now: float) -> None:
        """A full look met nobody; the next server that comes up gets one."""
        self._full_at = NEVER
        self._asked_by_user = False
        self._connect_at = now + self._pulse

    @property
    def is_reachable(self) -> bool:
        """Whether the last connect was accepted."""
        return self._reachable

    def gave_up(self, now: float) -> bool:
        """Whether a server has been silent for too long to be called reloading."""
        return now - self._silent_since > RELOAD

    # What to do

    def step(self, now: float) -> Step:
        """What is due."""
        if self._full_at <= now:
            if self._asked_by_user or self.allowance.full(now):
                return Step.FULL
            self._full_at = NEVER
            self._light_at = min(self._light_at, now)
        if self._second_at <= now:
            self._second_at = NEVER
            if self.allowance.idle(now) and self._reachable:
                self._light_at = min(self._light_at, now)
        if self._light_at <= now and self.allowance.light(now):
            return Step.LIGHT
        if self._idle_at <= now and self.allowance.idle(now):
            self._idle = min(self._idle + 1, len(IDLE) - 1)
            return Step.LIGHT
        if self._connect_at <= now:
            return Step.CONNECT
        return Step.WAIT

    def starved(self, now: float) -> bool:
        """Whether something changed, and the allowance does not let it be looked at now."""
        return self._light_at <= now and not self.allowance.light(now)

    def wake(self, now: float) -> float:
        """When to ask again, at the latest."""
        poor = now + PULSE  # what the allowance does not pay for now is asked for again later
        light = self._light_at if self.allowance.light(now) else max(self._light_at, poor)
        idle = self._idle_at if self.allowance.idle(now) else max(self._idle_at, poor)
        return min(self._connect_at, light, idle, self._second_at, self._full_at, self.glance(now))

    def glance(self, now: float) -> float:
        """When to look at the server's processes again."""
        if not self.sees_processes:
            return NEVER
        return now + (GLANCE_SHARP if now < self._sharp_until else GLANCE)

    @property
    def _pulse(self) -> float:
        return PULSE if self._focused else PULSE_UNFOCUSED

    @property
    def _answering(self) -> bool:
        # A broken page is read once a change, for it grows with every request; other programs are left alone.
        return self.state is State.UP

    @property
    def _idle_at(self) -> float:
        return self._looked_at + IDLE[self._idle] if self._answering else NEVER
