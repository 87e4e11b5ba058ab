"""Ports for the servers of tests that have to be named before they are opened."""

from __future__ import annotations

import itertools
import os
import random
import socket

# Below those that the system gives out by itself (Linux: from 32768 on), so that neither another socket nor a
# connection of this machine takes one between its choice and its use; each worker of pytest-xdist has its own.
_FIRST, _EACH, _WORKERS = 16_000, 1000, 16
_worker = int("".join(filter(str.isdigit, os.environ.get("PYTEST_XDIST_WORKER", ""))) or 0) % _WORKERS
_turns = itertools.count(random.SystemRandom().randrange(_EACH))


def free_port() -> int:
    """A loopback port that nobody listens at, and that no other test is given soon."""
    for _ in range(_EACH):
        port = _FIRST + _worker * _EACH + next(_turns) % _EACH
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("no port is free")
