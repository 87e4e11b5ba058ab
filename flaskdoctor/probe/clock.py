"""The time of the watch."""

from __future__ import annotations

import asyncio
import time
from typing import Protocol

_LONGEST = 60.0


class Clock(Protocol):
    """Seconds that only go forward, and waiting for them; a test passes in one that runs faster."""

    def now(self) -> float:
        """The time."""

    async def wait(self, woken: asyncio.Event, until: float) -> None:
        """Return when ``woken`` is set or ``until`` is reached."""


class WallClock:
    """Real time."""

    def now(self) -> float:
        """Seconds since some moment."""
        return time.monotonic()

    async def wait(self, woken: asyncio.Event, until: float) -> None:
        """Wait, a minute at most."""
        try:
            async with asyncio.timeout(min(max(until - self.now(), 0.0), _LONGEST)):
                await woken.wait()
        except TimeoutError:
            return
