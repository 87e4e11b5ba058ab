"""What a development server prints, read: its requests, errors and restarts. Bounded, and without secrets."""

from __future__ import annotations

import re
import threading
from collections import deque
from collections.abc import Callable, Iterable
from typing import NamedTuple

from flaskdoctor.finding import Location
from flaskdoctor.probe.fillrule import Shape
from flaskdoctor.probe.pages import read_breakage
from flaskdoctor.project.masking.text import hide_assigned, hide_known
from flaskdoctor.project.routing.routepicture import RouteRow

_LINES, _HITS, _FAILURES = 500, 2000, 20
_LONGEST = 1000  # characters of a line that are looked at
_TOKEN = 300  # characters: what is begun before the end is known by what follows
_TRACEBACK_LINES = 400  # of one traceback that are looked at

# ``127.0.0.1 - - [30/Nov/2026 12:00:01] "GET /about?page=2 HTTP/1.1" 200 12.5ms``; colours around the request.
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_HIT = re.compile(
    r'^(?P<host>\S+) - - \[[^\]]{1,40}\] "(?P<method>[A-Z]{1,20}) (?P<path>\S{1,4000}) HTTP/[\d.]+" '
    r"(?P<status>\d{3}) (?:(?P<time>[\d.]{1,12})ms|\S+)\s*$"
)
# Quart's: ``[2026-11-30 12:00:01,958] INFO in logging: 127.0.0.1:37898 GET / 1.1 200 5 53697``, in microseconds.
_QUART_HIT = re.compile(
    r"^\[[^\]]{1,40}\] (?:INFO in \w{1,40}: |\[\d+\] \[INFO\] )(?P<host>\S+) (?P<method>[A-Z]{1,20}) "
    r"(?P<path>\S{1,4000}) [\d.]+ (?P<status>\d{3}) \S+ (?P<time>\d{1,12})\s*$"
)
_RAISED = re.compile(r"Exception on (?P<path>\S{1,2000}) \[(?P<method>[A-Z]{1,20})\]\s*$")
_RESTART = re.compile(r"^\s*\* Detected change in")
_RUNNING = re.compile(r"^\s*\* Running on (https?://[\w.:\[\]-]{1,200})")
_PIN = re.compile(r"(Debugger PIN: )\S+")
_QUERY = re.compile(r"(?<=[?&;])([^=&;\s\"]{1,200})=([^&;\s\"]{16,})")  # long enough for a token
_HEAD = "Traceback (most recent call last):"
# What stands between two tracebacks of one error: the second one tells what came of it.
_CHAINED = ("During handling of the above exception", "The above exception was the direct cause")
_TOGETHER = 5.0  # seconds within which an answer of 500 and a traceback are one error


class Hit(NamedTuple):
    """A request that was answered: ``seconds`` until its status was sent, None where the server does not say."""

    when: float
    method: str
    path: str
    status: int
    seconds: float | None


class Failure(NamedTuple):
    """A traceback: what was raised, where in the project, and while which request ("GET /about"; empty: none)."""

    when: float
    error: str
    location: Location | None
    request: str


class RouteTimes(NamedTuple):
    """How long a route took, in seconds."""

    rule: str
    times: int
    median: float
    worst: float


class ServerLog:
    """The log of one server. ``feed`` is called in the reader's thread, the rest from anywhere. ``hidden`` takes what
    must not be shown out of a text, before anything else looks at it."""

    def __init__(self, root: str, hidden: Callable[[str], str] = str) -> None:
        self._root = root
        self._hidden = hidden
        self._lock = threading.Lock()
        self._lines: deque[str] = deque(maxlen=_LINES)
        self._hits: deque[Hit] = deque(maxlen=_HITS)
        self._failures: deque[Failure] = deque(maxlen=_FAILURES)
        self._traceback: list[str] | None = None
        self._chained = False
        self._request = ""  # the one that Flask says an exception was raised in
        self._unexplained: Hit | None = None  # an answer of 500, whose traceback the debugger prints behind it
        self.requests = 0
        self.errors = 0  # tracebacks, and answers of 500 and more without one
        self.restarts = 0
        self.url = ""  # where it says that it runs

    def feed(self, text: str, when: float) -> None:
        """Take one line."""
        whole = self._hidden(_COLOUR.sub("", text)).rstrip("\r\n")
        line = whole[:_LONGEST]
        # Cut after it is harmless: half of a token looks like none.
        shown = _harmless(whole[: _LONGEST + _TOKEN])[:_LONGEST]
        with self._lock:
            self._read_traceback(line, when)
            self._read(line, when)
            self._lines.append(shown)

    def _read(self, line: str, when: float) -> None:
        if found := _HIT.match(line) or _QUART_HIT.match(line):
            self.requests += 1
            unit = 1e3 if found.re is _HIT else 1e6
            seconds = float(found["time"]) / unit if found["time"] else None
            hit = Hit(when, found["method"], _harmless(found["path"]), int(found["status"]), seconds)
            self._hits.append(hit)
            if hit.status >= 500 and not self._explained(hit):
                self.errors += 1
                self._unexplained = hit
        elif found := _RAISED.search(line):
            self._request = f"{found['method']} {_harmless(found['path'])}"
        elif found := _RUNNING.match(line):
            self.url = self.url or found[1]
        self.restarts += _RESTART.match(line) is not None

    def _explained(self, hit: Hit) -> bool:
        """Whether the last traceback was of this request: without the debugger it comes first."""
        last = self._failures[-1] if self._failures else None
        asked = f"{hit.method} {hit.path.partition('?')[0]}"
        return last is not None and last.request == asked and hit.when - last.when < _TOGETHER

    def _read_traceback(self, line: str, when: float) -> None:
        if line.startswith(_HEAD):
            self._traceback = [line]
            return
        if self._traceback is None:
            self._chained = self._chained or line.startswith(_CHAINED)
            return
        if len(self._traceback) < _TRACEBACK_LINES:
            self._traceback.append(line)
        if line.startswith((" ", "\t")) or not line.strip():
            return
        found = read_breakage("\n".join(self._traceback), 500, "", self._root)
        failure = Failure(when, found.error, found.location, self._request)
        if self._chained and self._failures:
            failure = failure._replace(request=self._failures.pop().request)
        elif self._unexplained is not None and when - self._unexplained.when < _TOGETHER:
            failure = failure._replace(request=f"{self._unexplained.method} {self._unexplained.path}")
            self._unexplained = None
        else:
            self.errors += 1
        self._failures.append(failure)
        self._traceback, self._chained, self._request = None, False, ""

    def lines(self, most: int) -> list[str]:
        """The last lines."""
        with self._lock:
            return list(self._lines)[-most:]

    def hits(self) -> list[Hit]:
        """The requests that are kept, oldest first."""
        with self._lock:
            return list(self._hits)

    def failures(self) -> list[Failure]:
        """The errors that are kept, oldest first."""
        with self._lock:
            return list(self._failures)

    def slowest(self, routes: Iterable[RouteRow], most: int) -> list[RouteTimes]:
        """The routes that took longest, by their median; a path that is none of ``routes`` is left out."""
        rules = _Rules(routes)
        taken: dict[str, list[float]] = {}
        for hit in self.hits():
            rule = rules.of(hit.path)
            if hit.seconds is not None and rule:
                taken.setdefault(rule, []).append(hit.seconds)
        paces = [
            RouteTimes(rule, len(times), sorted(times)[(len(times) - 1) // 2], max(times))
            for rule, times in taken.items()
        ]
        return sorted(paces, key=lambda pace: (-pace.median, pace.rule))[:most]


class _Rules:
    """Which URL rule a path was asked by ("": none): that with the most fixed text, much as Werkzeug has it."""

    def __init__(self, routes: Iterable[RouteRow]) -> None:
        rules = {row.rule for row in routes if row.rule is not None}
        ordered = sorted(rules, key=lambda rule: (rule.count("<"), -len(rule)))
        self._rules = [(rule, Shape(rule)) for rule in ordered]
        self._known: dict[str, str] = {}

    def of(self, path: str) -> str:
        bare = path.partition("?")[0]
        if bare not in self._known:
            self._known[bare] = next((rule for rule, parts in self._rules if parts.values(bare) is not None), "")
        return self._known[bare]


def _harmless(line: str) -> str:
    """The line without the debugger's PIN, secrets by their name, tokens and long values of a query."""
    shown = _PIN.sub(r"\1••••", line)
    return hide_assigned(hide_known(_QUERY.sub(r"\1=••••", shown)), "string")
