"""Every tab tells "not yet known", "unknown because .." and "none" apart."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from flaskdoctor.errors import UserError
from flaskdoctor.scan import Options
from flaskdoctor.tui.app import PANES
from flaskdoctor.tui.backend import Scanned
from flaskdoctor.tui.client import ChildBackend
from flaskdoctor.tui.prober import WatchingProber
from tests.ports import free_port
from tests.projects import build, run_git
from tests.tui.conftest import Dashboard, dashboard, digit
from tests.tui.servers import GOOD_HEADERS, http_server

TABS = [pane.TAB for pane in PANES]
NONE = {
    "overview": "None: nothing was found to mend",
    "code": "None: nothing was found",
    "env": "None: no .env file, no template, and the code reads no environment",
    "git": "ok",  # each check that passes is a row of its own
    "live": "None: no server is running here",
    "routes": "None: no route was found",
    "history": "None: no fix was applied to this project yet",
}


class SlowBackend(ChildBackend):
    """The real one, whose scan waits for ``go``, then fails when ``trouble`` is set."""

    def __init__(self, root: Path, trouble: UserError | None = None) -> None:
        super().__init__(str(root), Options(cache=False))
        self.go = asyncio.Event()
        self.trouble = trouble

    async def scan(self) -> Scanned:
        """Scan when it may."""
        await self.go.wait()
        if self.trouble is not None:
            raise self.trouble
        return await super().scan()


@pytest.fixture
def healthy(tmp_path: Path) -> Path:
    """A Flask project without a finding, an environment, a route or a fix."""
    root = build(
        tmp_path, {"app.py": "from flask import Flask\n\napp = Flask(__name__, static_folder=None)\n"}, "3.1.0"
    )
    run_git(root, "init", "-q", "-b", "main")
    return root


async def _open(board: Dashboard, tab: str) -> str:
    await board.press(digit(tab))
    return board.text()


@pytest.mark.parametrize("tab", TABS)
async def test_before_the_first_scan_nothing_is_known_yet(healthy: Path, tab: str) -> None:
    backend = SlowBackend(healthy)
    async with dashboard(healthy, backend=backend, wait=False) as board:
        text = await _open(board, tab)
        assert "not yet known" in text
        assert "None" not in text
        assert "Unknown" not in text
        backend.go.set()
        await board.scanned()


@pytest.mark.parametrize("tab", TABS)
async def test_after_a_scan_that_failed_it_is_unknown_and_why(healthy: Path, tab: str) -> None:
    backend = SlowBackend(healthy, UserError("The settings cannot be read", "line 3 of pyproject.toml"))
    backend.go.set()
    async with dashboard(healthy, backend=backend) as board:
        text = await _open(board, tab)
        assert "Unknown: The settings cannot be read" in text
        assert "not yet known" not in text
        assert "None" not in text


@pytest.mark.parametrize("tab", TABS)
async def test_none_is_said_where_there_is_none(healthy: Path, tab: str) -> None:
    backend = SlowBackend(healthy)
    backend.go.set()
    with http_server(GOOD_HEADERS) as good:
        port = free_port() if tab == "live" else good
        prober = WatchingProber(str(healthy), url=f"http://127.0.0.1:{port}")
        async with dashboard(healthy, backend=backend, prober=prober) as board:
            await _open(board, tab)
            await board.until_shown(NONE[tab])
            await board.until(lambda: "not yet known" not in board.text(), "the server known")
            assert "Unknown" not in board.text()
