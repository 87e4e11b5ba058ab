"""What the dashboard knows of the running server; no widget in it, and nothing is asked from here."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from flaskdoctor.finding import Finding, Severity
from flaskdoctor.probe.observation import Answer, Ask, Observation, Pace, State, Target

if TYPE_CHECKING:
    from flaskdoctor.devserver.process import DevServer
    from flaskdoctor.live import Judged, Verdict

KEPT_LATENCIES = 60
KEPT_REQUESTS = 100
KEPT_ANSWERS = 50

# Rules about what is asked at the start and on ``p`` alone, and carried on by the looks between.
_OF_FULL_LOOKS = frozenset({"FD804", "FD830", "FD840", "FD841", "FD842", "FD843"})

# The latency that is shown: the middle one of the last few, and another one when it is this much off (seconds and
# share). An idle dashboard writes nothing.
_RECENT = 5
_LEAST_STEP = 0.005
_STEP = 0.5


class Request(NamedTuple):
    """A request that was sent: ``when`` is seconds since the epoch, ``answer`` what came back."""

    when: float
    answer: Answer


class Sent(NamedTuple):
    """The same request ``times`` times in a row with the same result, between ``first`` and ``last``."""

    first: float
    last: float
    times: int
    answer: Answer


class Server:
    """The last look at the server, what the rules say of it, and what was sent so far.

    ``seen`` is None before the first look. ``trouble`` is why there is none (title, hint): the probe itself
    failed. ``answers`` are those that the user asked for, by ``Ask.key``, newest last; ``asking`` the keys under way.
    """

    def __init__(self) -> None:
        self.seen: Observation | None = None
        self.judged: Judged | None = None
        self.trouble: tuple[str, str] | None = None
        self.probing = False  # ``p`` was pressed and nothing has come back yet
        self.latencies: deque[float] = deque(maxlen=KEPT_LATENCIES)
        self.latency: float | None = None  # as it is shown: it moves when it really changes
        self.full: float | None = None  # when everything was asked
        self.requests: deque[Sent] = deque(maxlen=KEPT_REQUESTS)
        self.answers: dict[str, Answer] = {}
        self.asking: set[str] = set()
        self.unanswered = 0  # requests that nothing came back to
        self.last_unanswered: Request | None = None
        self.asked: dict[str, Ask] = {}  # the last request of each URL rule
        self.own: DevServer | None = None  # the one that was started from here
        self.absent = ""  # why no server was started, where the dashboard should have one of its own

    @property
    def target(self) -> Target | None:
        """The server that is asked; None before it is known."""
        return self.seen.target if self.seen is not None else None

    @property
    def word(self) -> str:
        """How the tip about live probing stands: "ok" where the server is up and nothing was found."""
        if self.trouble is not None:
            return "unknown"
        if self.seen is None:
            return "not yet known"
        if self.seen.state is State.UP:
            return "ok"
        return "no server" if self.seen.state is State.DOWN else self.seen.state.value

    @property
    def up(self) -> bool:
        """Whether it answers (a broken app does too)."""
        return self.seen is not None and self.seen.state in (State.UP, State.BROKEN)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What the live rules found, the worst first."""
        return self.judged.findings if self.judged is not None else ()

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """All that the live rules say, also of production."""
        return self.judged.verdicts if self.judged is not None else ()

    @property
    def keys(self) -> frozenset[Hashable]:
        """The keys of all findings that the verdicts may be shown as."""
        return frozenset((v.code, v.location.path if v.location else "", v.subject, 0) for v in self.verdicts)

    @property
    def worst(self) -> Severity | None:
        """The worst severity of the live findings."""
        return max((finding.severity for finding in self.findings), default=None)

    def take(self, seen: Observation, judged: Judged, sent: Sequence[Request]) -> None:
        """Another look, and what was sent for it."""
        if self.target is not None and seen.target[:3] != self.target[:3]:
            self.latencies.clear()
            self.latency = None
            self.judged = None
        if seen.latency is not None and seen.latency not in list(self.latencies)[-1:]:
            self.latencies.append(seen.latency)
            recent = sorted(list(self.latencies)[-_RECENT:])
            middle = recent[(len(recent) - 1) // 2]  # the first one, of a cold server, is no measure
            if self.latency is None or abs(middle - self.latency) > max(_LEAST_STEP, self.latency * _STEP):
                self.latency = middle
        # A server that reloads is as good as it was a moment ago: rows that vanish with every saved file help nobody.
        if seen.state is not State.RELOADING or self.judged is None:
            self.judged = judged
        self.seen, self.trouble, self.probing = seen, None, False
        if seen.full:
            self.full = seen.when
        for request in sent:
            self._log(request)

    def take_answer(self, answer: Answer, when: float) -> None:
        """What the user asked for has come."""
        key = answer.ask.key
        self.asking.discard(key)
        self.answers.pop(key, None)
        self.answers[key] = answer
        self.asked.setdefault(answer.path, answer.ask)
        if len(self.answers) > KEPT_ANSWERS:
            del self.answers[next(iter(self.answers))]
        self._log(Request(when, answer))

    def pace_of(self, asked: Ask) -> Pace | None:
        """How fast a route answers; None where there are no samples yet."""
        path = asked.path.partition("?")[0]
        paces = self.seen.paces if self.seen is not None else ()
        return next((pace for pace in paces if (pace.method, pace.path) == (asked.method, path)), None)

    def known_since(self, verdict: Verdict) -> float:
        """When what a verdict rests on was asked last, in seconds since the epoch."""
        assert self.seen is not None
        return (self.full or self.seen.when) if verdict.code in _OF_FULL_LOOKS else self.seen.when

    def _log(self, request: Request) -> None:
        when, answer = request
        if answer.failure:
            self.unanswered += 1
            self.last_unanswered = request
        if self.requests:
            last = self.requests[-1]
            if _alike(last.answer, answer):
                self.requests[-1] = last._replace(last=when, times=last.times + 1)
                return
        self.requests.append(Sent(when, when, 1, answer._replace(body="", headers=(), cookies=(), sent="")))


def _alike(one: Answer, other: Answer) -> bool:
    """Asked the same, answered the same."""
    return (one.method, one.path, one.status, one.failure) == (other.method, other.path, other.status, other.failure)
