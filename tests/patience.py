"""How long a look waits for a server of a test: the probe's own limits are for people, and a busy machine exceeds them.

A test about these limits sets them ``as_shipped`` again.
"""

from __future__ import annotations

import pytest

from flaskdoctor.probe import client, observe, tls
from tests.ports import free_port

_LIMITS = {
    (client, "CONNECT"): 30.0,
    (client, "SILENCE"): 60.0,
    (client, "TIMEOUT"): 90.0,
    (tls, "SECONDS"): 60.0,
    (observe, "BUDGET"): 240.0,
}
_SHIPPED = {place: getattr(*place) for place in _LIMITS}


def wait_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only a server that never answers is too slow."""
    for (module, name), seconds in _LIMITS.items():
        monkeypatch.setattr(module, name, seconds)


def without_a_usual_port(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that happens to run at Flask's usual port is none of a test's."""
    monkeypatch.setattr("flaskdoctor.probe.target.DEFAULT_PORT", free_port())


def as_shipped(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limits that users have."""
    for (module, name), seconds in _SHIPPED.items():
        monkeypatch.setattr(module, name, seconds)
