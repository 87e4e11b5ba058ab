"""How fast a server's routes answer over time: the last samples of each, bounded.

A sample is the time to the headers of one request that was sent anyway: a look's own, or one that the user picked. The
first of a route since the server started is left out: it pays for imports, templates and connections.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence

from flaskdoctor.probe.observation import Answer, Pace

KEPT_SAMPLES = 60  # of a route
KEPT_ROUTES = 40
LEAST_SAMPLES = 2  # fewer are no measure
SHOWN = 24  # newest samples that are told one by one


class Paces:
    """The samples of one server. ``forget`` when it is another one, ``started_anew`` when it was started again."""

    def __init__(self) -> None:
        self._samples: dict[tuple[str, str], deque[float]] = {}
        self._cold: set[tuple[str, str]] = set()

    def add(self, answer: Answer) -> None:
        """An answer that came, or that did not come in time. An error's time is none of the route's."""
        if not answer.seconds or answer.status >= 500:
            return
        route = (answer.method, answer.path.partition("?")[0])
        if route not in self._samples:
            if len(self._samples) == KEPT_ROUTES:
                self._drop(next(iter(self._samples)))
            self._samples[route] = deque(maxlen=KEPT_SAMPLES)
            self._cold.add(route)
        else:
            self._samples[route] = self._samples.pop(route)  # the one asked for last is the last to be dropped
        if route in self._cold:
            self._cold.remove(route)
            return
        self._samples[route].append(answer.seconds)

    def started_anew(self) -> None:
        """The server was started again: what comes next of each route is cold."""
        self._cold.update(self._samples)

    def forget(self) -> None:
        """Another server is asked from now on."""
        self._samples.clear()
        self._cold.clear()

    def of(self, method: str, path: str) -> tuple[float, ...]:
        """The samples of a route in seconds, the newest last."""
        return tuple(self._samples.get((method, path), ()))

    def measured(self) -> tuple[Pace, ...]:
        """The pace of each route that has enough samples, the one asked for last at the end."""
        return tuple(
            Pace(method, path, percentile(samples, 50), percentile(samples, 95), len(samples), tuple(samples)[-SHOWN:])
            for (method, path), samples in self._samples.items()
            if len(samples) >= LEAST_SAMPLES
        )

    def _drop(self, route: tuple[str, str]) -> None:
        del self._samples[route]
        self._cold.discard(route)


def percentile(samples: Sequence[float], percent: int) -> float:
    """The smallest sample that so many percent of them do not exceed (nearest rank)."""
    return sorted(samples)[max(0, math.ceil(len(samples) * percent / 100) - 1)]
