"""Finding the server to watch, and noticing when a better candidate begins to listen."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from flaskdoctor.probe.connect import unreachable
from flaskdoctor.probe.observation import Target
from flaskdoctor.probe.owners import Listener, listeners
from flaskdoctor.probe.target import candidates, choose, parse_url
from flaskdoctor.project.deployment.porthints import PortHint

_MOST = 12  # candidates that are tried
_PATIENCE = 0.5  # seconds for each
_PAUSE = 10.0  # seconds between two searches while some server answers


class Finder:
    """Looks for the project's server: ``url`` is the one that the user named, or empty."""

    def __init__(self, root: str, url: str, hints: Sequence[PortHint]) -> None:
        self.root = root
        self.url = url
        self._hints = tuple(hints)
        self._rejected: set[tuple[str, int]] = set()
        self._listeners: frozenset[Listener] | None = None
        self._not_before = 0.0

    async def first(self) -> Target:
        """The server to begin with: somebody listens there, or nobody does anywhere."""
        return (await self._find())[0]

    async def better(self, current: Target, now: float, *, reachable: bool) -> Target:
        """The server to watch instead of ``current``, or ``current``, with what is known of its process now.

        Searched for only where somebody began to listen on this machine, or ceased to.
        """
        if (parse_url(self.url).url != current.url) if self.url else current.given:  # another one is meant by now
            return (await self._find())[0]
        if reachable and (current.proven or now < self._not_before):
            return current
        self._not_before = now + _PAUSE
        changed = await asyncio.to_thread(self._listeners_changed)
        if not changed and (changed is False or reachable):
            return current
        return await self.again(current)

    async def again(self, current: Target) -> Target:
        """The same, searched for now."""
        found, listens = await self._find()
        if found.url == current.url or listens:
            return found
        return current  # nobody listens anywhere: it is this one that is down

    def reject(self, target: Target) -> None:
        """Another program listens there."""
        self._rejected.add((target.host, target.port))

    def learn(self, hints: Sequence[PortHint]) -> None:
        """What a new scan says of ports."""
        if tuple(hints) != self._hints:
            self._hints = tuple(hints)
            self._listeners = None

    def forgive(self) -> None:
        """Try again also what was another program's."""
        self._rejected.clear()

    async def _find(self) -> tuple[Target, bool]:
        """The target, and whether it is to be that one: the user named it, or somebody listens there."""
        if self.url:
            return await asyncio.to_thread(choose, self.root, self.url), True
        found = await asyncio.to_thread(candidates, self.root, self._hints)
        if found[0].proven:
            return found[0], True
        for target in found[:_MOST]:
            place = (target.host, target.port)
            if await unreachable(target, _PATIENCE) is not None:
                self._rejected.discard(place)
            elif place not in self._rejected:
                return target, True
        return found[0], False

    def _listeners_changed(self) -> bool | None:
        """Whether other sockets listen on this machine than when this was asked last; None where it does not tell."""
        now = frozenset(listeners())
        changed = now != self._listeners
        self._listeners = now
        return changed if now else None
