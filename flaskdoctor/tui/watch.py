"""Has the project changed? Asked by ``stat`` of known files and folders.

inotify fails on NFS, in WSL and on container mounts. A pass over a slow mount can be dear, so the pause after
it is at least fifty times what it cost.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Sequence

LEAST_PAUSE = 1.0
PAUSE_PER_COST = 50

Signature = tuple[tuple[int, int, int] | None, ...]


def signature(paths: Sequence[str]) -> Signature:
    """Time, size and inode of each path; None for one that is not there."""
    found: list[tuple[int, int, int] | None] = []
    for path in paths:
        try:
            status = os.stat(path)
        except (OSError, ValueError):
            found.append(None)
        else:
            found.append((status.st_mtime_ns, status.st_size, status.st_ino))
    return tuple(found)


async def watch(
    paths: Sequence[str], changed: Callable[[], None], *, pause: float = LEAST_PAUSE, since: Signature | None = None
) -> None:
    """Call ``changed`` once, when one of ``paths`` is no longer as it was at ``since``; then end."""
    loop = asyncio.get_running_loop()
    before = since if since is not None else await loop.run_in_executor(None, signature, paths)
    wait = pause
    while True:
        await asyncio.sleep(wait)
        start = time.perf_counter()
        now = await loop.run_in_executor(None, signature, paths)
        wait = max(pause, PAUSE_PER_COST * (time.perf_counter() - start))
        if now != before:
            changed()
            return
