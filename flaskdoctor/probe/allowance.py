"""How many requests the watch may send: 60 an hour, whatever happens."""

from __future__ import annotations

from collections import deque

AN_HOUR = 3600.0
MOST = 60  # in any hour
LIGHT_COST = 3  # what a light look takes at most
FULL_COST = 14
_FREE = 40  # up to here a change is followed at once
_IDLE = 30  # up to here it is asked also when nothing happened
# The rest is stretched over an hour, so that somebody who saves a file every few seconds is not left without.
_PACE = AN_HOUR / (MOST - LIGHT_COST - _FREE)


class Allowance:
    """Counts what was sent in the last hour."""

    def __init__(self) -> None:
        self._sent: deque[tuple[float, int]] = deque()
        self._used = 0

    def take(self, requests: int, now: float) -> None:
        """Requests were sent."""
        if requests:
            self._sent.append((now, requests))
            self._used += requests

    def used(self, now: float) -> int:
        """How many of the last hour count still."""
        while self._sent and self._sent[0][0] <= now - AN_HOUR:
            self._used -= self._sent.popleft()[1]
        return self._used

    def full(self, now: float) -> bool:
        """Whether a full look may be taken."""
        return self.used(now) <= MOST - FULL_COST

    def light(self, now: float) -> bool:
        """Whether a change may be followed by a light look."""
        used = self.used(now)
        return used < _FREE or (used <= MOST - LIGHT_COST and now - self._sent[-1][0] >= _PACE)

    def idle(self, now: float) -> bool:
        """Whether a light look may be taken without need."""
        return self.used(now) < _IDLE
