"""Every test has a cache, a state folder and an environment of its own."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _own_folders(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    folder: Path = tmp_path_factory.mktemp("user")
    monkeypatch.setenv("FLASKDOCTOR_CACHE_DIR", str(folder / "cache"))
    monkeypatch.setenv("FLASKDOCTOR_STATE_DIR", str(folder / "state"))
    for name in ("CI", "NO_COLOR", "FORCE_COLOR", "SECRET_KEY", "DATABASE_URL", "FLASK_APP", "FLASK_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", "/dev/null")
