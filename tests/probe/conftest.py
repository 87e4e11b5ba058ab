"""The probe's tests fail because of what a server does, not because of how busy the machine is."""

from __future__ import annotations

import pytest

from tests.patience import wait_long


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    wait_long(monkeypatch)
