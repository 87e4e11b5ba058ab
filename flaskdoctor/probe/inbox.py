"""Words from any thread to an event loop: what is told is done there, in its order."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any

from flaskdoctor.probe.clock import Clock


class Inbox:
    """``tell`` and ``stop`` may be called from any thread, at any time; all else belongs to the loop's thread."""

    def __init__(self) -> None:
        self.stopped = False
        self._words: deque[Callable[[], None]] = deque()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._woken: asyncio.Event | None = None

    def tell(self, what: Callable[[], None]) -> None:
        """Let the loop call ``what`` soon; it must not take long."""
        self._words.append(what)
        self._wake()

    def stop(self) -> None:
        """Let the loop end what it does."""
        self.stopped = True
        self._wake()

    def open(self) -> None:
        """This loop is the one that hears."""
        self._woken = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    def close(self) -> None:
        """Nobody hears any more."""
        self._loop = None

    def hear(self) -> None:
        """Do what was told."""
        while self._words:
            self._words.popleft()()

    async def wait(self, clock: Clock, until: float) -> None:
        """Return when something was told, or at the time ``until``."""
        assert self._woken is not None
        if not self._words and not self.stopped:
            await clock.wait(self._woken, until)
        self._woken.clear()

    async def during(self, work: Coroutine[Any, Any, None]) -> bool:
        """Do some work, and hear meanwhile; False where ``stop`` cut it short. Raises what the work raises."""
        assert self._woken is not None
        task = asyncio.ensure_future(work)
        try:
            while not task.done() and not self.stopped:
                waking = asyncio.ensure_future(self._woken.wait())
                await asyncio.wait({task, waking}, return_when=asyncio.FIRST_COMPLETED)
                waking.cancel()
                self._woken.clear()
                if not self.stopped:
                    self.hear()
        finally:
            if not task.done():
                task.cancel()
        if not task.done():
            return False
        task.result()
        return True

    def _wake(self) -> None:
        loop, woken = self._loop, self._woken
        if loop is not None and woken is not None:
            try:
                loop.call_soon_threadsafe(woken.set)
            except RuntimeError:
                return  # the loop is closed: the watch is over
