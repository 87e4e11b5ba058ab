"""The processes behind a server's port, where the system shows them: who replaced whom, without asking the server."""

from __future__ import annotations

import asyncio
from enum import Enum

from flaskdoctor.probe import owners

_PATIENCE = 60  # glances until a process that ended is not expected to be replaced any more


class Change(Enum):
    """What happened to the processes of a server since the last glance."""

    NONE = "none"
    GONE = "gone"  # one ended, and nobody took its place yet
    REPLACED = "replaced"
    LOST = "lost"  # nobody holds the port any more


class Workers:
    """The processes that hold one listening socket: a reloader's parent and its child, a master and its workers.

    ``restarts`` counts how often one of them was replaced; None where they cannot be seen.
    """

    def __init__(self) -> None:
        self.restarts: int | None = None
        self._inode = 0
        self._known: tuple[tuple[int, int], ...] = ()
        self._patience = 0

    @property
    def seen(self) -> bool:
        """Whether there are processes to look at."""
        return bool(self._known)

    def find(self, host: str, port: int) -> None:
        """Look for the processes behind a port of this machine; reads all of /proc."""
        self.lose()
        inode = owners.inode_of(host, port)
        if inode:
            self._inode = inode
            self._known = owners.holders(inode)
            if self._known and self.restarts is None:
                self.restarts = 0

    def lose(self) -> None:
        """Forget them."""
        self._inode = 0
        self._known = ()
        self._patience = 0

    async def glance(self) -> Change:
        """What happened. Cheap as long as nothing did."""
        alive = tuple(item for item in self._known if owners.started(item[0]) == item[1])
        if alive == self._known and not self._patience:
            return Change.NONE
        now = await asyncio.to_thread(owners.holders, self._inode)
        if not now:
            self.lose()
            return Change.LOST
        if set(now) - set(self._known):
            self._known, self._patience = now, 0
            self.restarts = (self.restarts or 0) + 1
            return Change.REPLACED
        if alive != self._known:
            self._known = alive or now
            self._patience = _PATIENCE
            # Of several workers the others still answer.
            return Change.GONE if len(self._known) == 1 else Change.NONE
        self._patience -= 1
        return Change.NONE

    async def adopt(self) -> Change:
        """Take in who came to hold the port beside those that are known: a reloader's first child."""
        if await self.glance() is Change.REPLACED:
            return Change.REPLACED
        if self._known and not self._patience:
            self._known = await asyncio.to_thread(owners.holders, self._inode)
        return Change.NONE
