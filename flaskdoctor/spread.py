"""The same work on many items, on all processors where that pays."""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Callable, Sequence
from typing import BinaryIO, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

# Below this many files a second process costs about what it saves.
_WORTH_IT = 250
_MOST = 4


def spread(work: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
    """``[work(item) for item in items]``, shared out over forked processes.

    A fork costs a few milliseconds and no import; where there is none (Windows), where threads run or where there
    is one processor, it is done here. What a child cannot deliver is done here too. Results must be picklable.
    """
    count = _processes(len(items))
    if count == 1:
        return [work(item) for item in items]
    sys.stdout.flush()
    sys.stderr.flush()
    children = [_start(work, items[start::count]) for start in range(1, count)]
    results: list[Result | None] = [None] * len(items)
    results[0::count] = [work(item) for item in items[0::count]]
    for start, (process, pipe) in enumerate(children, 1):
        share: list[Result] | None = _collect(process, pipe)
        if share is None or len(share) != len(items[start::count]):
            share = [work(item) for item in items[start::count]]
        results[start::count] = share
    return results  # type: ignore[return-value]


def _processes(items: int) -> int:
    if items < _WORTH_IT or not hasattr(os, "fork") or sys.platform == "darwin":
        return 1
    import threading

    if threading.active_count() > 1:
        return 1
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(processors, _MOST)


def _start(work: Callable[[Item], Result], items: Sequence[Item]) -> tuple[int, BinaryIO]:
    reading, writing = os.pipe()
    process = os.fork()
    if process:
        os.close(writing)
        return process, os.fdopen(reading, "rb")
    status = 1
    try:  # in the child: whatever happens, it must not return into the parent's program
        os.close(reading)
        with os.fdopen(writing, "wb") as pipe:
            pickle.dump([work(item) for item in items], pipe, protocol=pickle.HIGHEST_PROTOCOL)
        status = 0
    finally:
        os._exit(status)


def _collect(process: int, pipe: BinaryIO) -> list[Result] | None:
    with pipe:
        try:
            share: list[Result] | None = pickle.load(pipe)
        except (EOFError, pickle.UnpicklingError):
            share = None
    _, status = os.waitpid(process, 0)
    return share if status == 0 else None
