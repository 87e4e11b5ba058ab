"""Which addresses are this machine's own, told by their form alone: a name server is never asked.

A project's files may lead to this machine only. ``127.0.0.1.evil.example`` and ``127.1.evil.example`` begin like a
loopback address and are names, which lead wherever their owner wants.
"""

from __future__ import annotations

from flaskdoctor.patterns import lazy

LOOPBACK = "127.0.0.1"
# Four plain numbers: with another form (a leading zero, 127.1) systems differ, and some ask a name server.
_NUMBER = lazy(r"127(?:\.(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])){3}\Z")


def is_loopback_number(host: str) -> bool:
    """Whether a host is a loopback address, written as four numbers or as ``::1``."""
    return host == "::1" or _NUMBER.match(host) is not None
