"""Every test has a cache, a state folder and an environment of its own; none hangs on luck."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# No limit of time, for the machine may be busy. The same examples in every run, and others where more are asked for
# (tests/examples.py): what these find is a bug, and what fails in CI is what was just changed.
settings.register_profile(
    "flaskdoctor",
    deadline=None,
    derandomize="EXAMPLES_TIMES" not in os.environ,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("flaskdoctor")


@pytest.fixture(autouse=True)
def _own_folders(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    folder: Path = tmp_path_factory.mktemp("user")
    monkeypatch.setenv("FLASKDOCTOR_CACHE_DIR", str(folder / "cache"))
    monkeypatch.setenv("FLASKDOCTOR_STATE_DIR", str(folder / "state"))
    for name in ("CI", "NO_COLOR", "FORCE_COLOR", "SECRET_KEY", "DATABASE_URL", "FLASK_APP", "FLASK_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", "/dev/null")
