"""A lock between processes that ends with its holder, however that ends."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

_held: set[int] = set()


def _let_go() -> None:
    """In a forked child, which does a part of a scan: it must not hold the lock on when its parent is killed."""
    for descriptor in _held:
        nothing = os.open(os.devnull, os.O_RDWR)
        os.dup2(nothing, descriptor)
        os.close(nothing)
    _held.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_let_go)


@contextmanager
def locked(path: str, seconds: float) -> Iterator[bool]:
    """Hold the lock file ``path``, waiting for at most ``seconds``; gives False where another process has it.

    Raises ``OSError`` where it cannot be opened, or its file system knows no locks.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except FileNotFoundError:
        yield True  # no folder: nobody has ever written
        return
    _held.add(descriptor)
    try:
        deadline = time.monotonic() + seconds
        while not (mine := _try(descriptor)) and time.monotonic() < deadline:
            time.sleep(0.02)
        yield mine
    finally:
        _held.discard(descriptor)
        os.close(descriptor)


def _try(descriptor: int) -> bool:
    try:
        import fcntl
    except ImportError:  # Windows
        import msvcrt

        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        except OSError:
            return False
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
