"""A small unhealthy project, and the dashboard over it: the real scan in the real child process."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.message import Message
from textual.pilot import Pilot

from flaskdoctor.probe.observation import Ask
from flaskdoctor.scan import Options, Scan
from flaskdoctor.tui import logbook
from flaskdoctor.tui.app import PANES, DoctorApp
from flaskdoctor.tui.backend import Backend
from flaskdoctor.tui.client import ChildBackend
from flaskdoctor.tui.prober import Prober
from flaskdoctor.tui.terminal import Terminal
from flaskdoctor.tui.userconfig import UserConfig
from tests.patience import wait_long, without_a_usual_port

VIEWS = """\
from flask import Blueprint, jsonify

bp = Blueprint("shop", __name__)


@bp.route("/products")
def products():
    return jsonify({"products": []})


@bp.route("/stock")
def stock():
    return jsonify({"stock": 0})
"""
APP = """\
from flask import Flask

from shop.views import bp


def create_app():
    app = Flask(__name__)
    app.register_blueprint(bp)

    @app.errorhandler(404)
    def missing(error):
        return "There is no such page"

    return app
"""
SECRET = "canary-5f0c2b71"
PATIENCE = 120.0  # seconds; a limit for what has gone wrong, on the slowest machine
COLOR = Terminal(colors=1 << 24, unicode=True, tmux=False, ssh=False)


@pytest.fixture(autouse=True)
def _own_log(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("log")))
    wait_long(monkeypatch)
    without_a_usual_port(monkeypatch)
    for name in ("VISUAL", "EDITOR", "TMUX", "STY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Two needless jsonify() (safe to mend), an error handler without a status (unsafe), an env file."""
    root = tmp_path / "the-shop"
    (root / "shop").mkdir(parents=True)
    (root / "requirements.txt").write_text("flask==3.1.0\npython-dotenv\n")
    (root / "shop" / "__init__.py").write_text(APP)
    (root / "shop" / "views.py").write_text(VIEWS)
    (root / ".env").write_text(f"SECRET_KEY={SECRET}\n")
    (root / ".env").chmod(0o600)
    (root / ".env.example").write_text("SECRET_KEY=\n")
    (root / ".gitignore").write_text(".env\n")
    return root


class NoProber:
    """Watches nothing: a test that is not about the server must not ask the one that may run on this machine."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def why_not(self) -> str:
        return ""

    def scanned(self, scan: Scan, post: Callable[[Message], object]) -> None:
        self.told.append("scanned")

    def probe_now(self) -> None:
        self.told.append("probe_now")

    def saved(self) -> None:
        self.told.append("saved")

    def focused(self, focused: bool) -> None:
        self.told.append(f"focused {focused}")

    def opened(self) -> None:
        self.told.append("opened")

    def serves(self, url: str) -> None:
        self.told.append(f"serves {url}")

    def ask(self, asked: Ask) -> None:
        self.told.append(f"ask {asked.key}")

    async def close(self) -> None:
        self.told.append("close")


TABS = tuple(str(number) for number in range(1, len(PANES) + 1))


def digit(tab: str) -> str:
    """The key that goes to a tab."""
    return str([pane.TAB for pane in PANES].index(tab) + 1)


class Dashboard:
    """The running app with what a test asks of it."""

    def __init__(self, app: DoctorApp, pilot: Pilot[int]) -> None:
        self.app = app
        self.pilot = pilot

    def text(self) -> str:
        """What the screen shows, line by line."""
        lines = self.app.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in lines)

    async def press(self, *keys: str) -> None:
        """Keys, and time for what they bring about in the app itself."""
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def until(self, condition: Callable[[], object], what: str = "", seconds: float = PATIENCE) -> None:
        """Wait for the workers; fails with the screen when ``condition`` does not come true."""
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                pytest.fail(f"not within {seconds} s: {what or condition}\n{self.text()}")
            await asyncio.sleep(0.02)
            await self.pilot.pause()
        await self.pilot.pause()

    async def draws_nothing(self, seconds: float = 2.0) -> None:
        """Wait until nothing was drawn for so long, while nothing happened. What was under way may be drawn until then:
        when it is over depends on how busy the machine is."""
        last = time.monotonic()
        display = self.app._display

        def drawn(*arguments: Any) -> None:
            nonlocal last
            display(*arguments)
            last = time.monotonic()

        self.app._display = drawn  # type: ignore[method-assign]
        # Without a look at the screen in between, which might draw it.
        end = last + PATIENCE
        while time.monotonic() - last < seconds:
            assert time.monotonic() < end, f"it draws again and again:\n{self.text()}"
            await asyncio.sleep(0.1)

    async def until_shown(self, *parts: str) -> None:
        """Wait until the screen shows all ``parts``."""
        await self.until(lambda: all(part in self.text() for part in parts), f"{parts} on the screen")

    async def scanned(self) -> None:
        """Wait for the first scan."""
        await self.until(lambda: self.app.session.scanned is not None or self.app.session.failed, "the first scan")


@asynccontextmanager
async def dashboard(
    root: Path,
    size: tuple[int, int] = (80, 24),
    *,
    backend: Backend | None = None,
    read_only: bool = False,
    device: Terminal = COLOR,
    color: bool = True,
    wait: bool = True,
    prober: Prober | None = None,
    may_break: bool = False,
    theme: str | None = None,
    user: UserConfig | None = None,
    view_path: str = "",
) -> AsyncIterator[Dashboard]:
    """The dashboard over ``root``, after its first scan. What breaks in it is told in its log: there is to be nothing,
    unless it ``may_break``."""
    app = DoctorApp(
        str(root),
        backend or ChildBackend(str(root), Options()),
        read_only=read_only,
        device=device,
        color=color,
        pause=0.1,
        prober=prober or NoProber(),
        theme=theme,
        user=user,
        view_path=view_path,
    )
    async with app.run_test(size=size) as pilot:
        running = Dashboard(app, pilot)
        if wait:
            await running.scanned()
        yield running
    log = Path(logbook.path())
    assert may_break or not log.exists() or not log.read_text()
