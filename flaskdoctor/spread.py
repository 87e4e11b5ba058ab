"""The same work on many items, on all processors where that pays."""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Callable, Sequence
from typing import BinaryIO, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

# Below this many items a second process costs about what it saves.
_WORTH_IT = 60
_MOST = 4
_CHUNKS = 64  # each is claimed by one byte


def spread(
    work: Callable[[Item], Result], items: Sequence[Item], meanwhile: Callable[[], None] = lambda: None
) -> list[Result]:
    """``[work(item) for item in items]``, shared out over forked processes; ``meanwhile`` is called here in the
    meantime, once.

    A fork costs a few milliseconds and no import; where there is none (Windows), where threads run or where there
    is one processor, it is done here. What a child cannot deliver is done here too. Results must be picklable.
    """
    count = _processes(len(items))
    if count == 1:
        meanwhile()
        return [work(item) for item in items]
    sys.stdout.flush()
    sys.stderr.flush()
    # Who is done with one share claims the next by reading a byte: nobody waits for the slowest.
    claims, offers = os.pipe()
    shares = [items[start::_CHUNKS] for start in range(_CHUNKS)]
    os.write(offers, bytes(range(_CHUNKS)))
    os.close(offers)
    children = [_start(work, shares, claims) for _ in range(1, count)]
    done: dict[int, list[Result]] = {}
    try:
        meanwhile()
        done = dict(_claimed(work, shares, claims))
    finally:
        os.close(claims)
        for process, pipe in children:
            done.update(_collect(process, pipe))
    results: list[Result | None] = [None] * len(items)
    for start, share in enumerate(shares):
        results[start::_CHUNKS] = done[start] if start in done else [work(item) for item in share]
    return results  # type: ignore[return-value]


def _processes(items: int) -> int:
    if items < _WORTH_IT or not hasattr(os, "fork") or sys.platform == "darwin":
        return 1
    import threading

    if threading.active_count() > 1:
        return 1
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(processors, _MOST)


def _claimed(
    work: Callable[[Item], Result], shares: Sequence[Sequence[Item]], claims: int
) -> list[tuple[int, list[Result]]]:
    """The shares that this process gets, with their results."""
    found = []
    while claim := os.read(claims, 1):
        found.append((claim[0], [work(item) for item in shares[claim[0]]]))
    return found


def _start(work: Callable[[Item], Result], shares: Sequence[Sequence[Item]], claims: int) -> tuple[int, BinaryIO]:
    reading, writing = os.pipe()
    process = os.fork()
    if process:
        os.close(writing)
        return process, os.fdopen(reading, "rb")
    status = 1
    try:  # in the child: whatever happens, it must not return into the parent's program
        os.close(reading)
        with os.fdopen(writing, "wb") as pipe:
            pickle.dump(_claimed(work, shares, claims), pipe, protocol=pickle.HIGHEST_PROTOCOL)
        status = 0
    finally:
        os._exit(status)


def _collect(process: int, pipe: BinaryIO) -> list[tuple[int, list[Result]]]:
    """What a child did; nothing where it did not come to its end."""
    with pipe:
        try:
            done: list[tuple[int, list[Result]]] = pickle.load(pipe)
        except (EOFError, pickle.UnpicklingError):
            done = []
    _, status = os.waitpid(process, 0)
    return done if status == 0 else []
