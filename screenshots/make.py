"""Takes the pictures of the dashboard, driving the real one on the sample: ``python -m screenshots.make [FOLDER]``.

One dashboard goes through all sizes and tabs, with the sample's own server beside it as with ``--demo``. The fix for
the pictures of History is made last, so that the other tabs show the project as it comes. What differs from run to run
is constant here (``steady.py``): ``tests/test_pictures.py`` takes them again and compares.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
import tempfile
import time
from collections.abc import Callable, Hashable
from pathlib import Path

from textual.pilot import Pilot

from flaskdoctor.demo import make_demo
from flaskdoctor.demo.server import demo_server
from flaskdoctor.probe.freeport import free_port
from flaskdoctor.scan import Options
from flaskdoctor.tui.app import PANES, DoctorApp
from flaskdoctor.tui.rows import Rows
from flaskdoctor.tui.terminal import CONTRAST, DARK, LIGHT, Terminal
from screenshots.steady import LATENCIES, SteadyBackend, SteadyProber, in_no_hurry

HERE = Path(__file__).resolve().parent
DEVICE = Terminal(colors=1 << 24, unicode=True, tmux=False, ssh=False)
DESIGN, WIDE, WIDEST, PORTRAIT, SMALL = (80, 24), (140, 40), (200, 60), (50, 60), (40, 10)
TABS = [pane.TAB for pane in PANES]
FIXED, UNSAFE = "FD1203", "FD105"  # the finding that Code shows and History has; the one whose fix asks first
COOKIE = "cookie session"  # the row that Live shows
ASKED = "/api/products/"  # the route whose answer Routes shows


class Photographer:
    """The running dashboard and where its pictures go."""

    def __init__(self, app: DoctorApp, pilot: Pilot[int], folder: Path) -> None:
        self.app, self.pilot, self.folder = app, pilot, folder

    async def settle(self, holds: Callable[[], object], what: str) -> None:
        """Wait until ``holds`` and the screen no longer changes. Raises ``TimeoutError``."""
        end, before = time.monotonic() + 240, ""
        while time.monotonic() < end:
            await self.pilot.pause(0.06)  # longer than anything waits to be drawn together
            now = self._screen() if holds() else ""
            if now and now == before:
                return
            before = now
        raise TimeoutError(f"the dashboard never came to {what}")

    def _screen(self) -> str:
        strips = self.app.screen._compositor.render_strips()
        return "\n".join(strip.text for strip in strips)

    def known(self) -> bool:
        """Whether all that is asked about the selected finding has been answered."""
        session, finding = self.app.session, self.app.pane.finding()
        if finding is None or not self.app.pane.shows_finding():
            return True
        return finding.key in session.looks and (finding.fix is None or finding.key in session.previews)

    async def resize(self, size: tuple[int, int]) -> None:
        """Another terminal."""
        await self.pilot.resize_terminal(*size)
        await self.settle(lambda: self.app.size == size, f"{size}")

    async def open(self, tab: str) -> None:
        """A tab, its list on the row that is to be shown."""
        await self.pilot.press(str(TABS.index(tab) + 1))
        await self.settle(lambda: tab == self.app.pane.TAB, tab)
        await self.pilot.press("g")
        if tab == "code":
            self.select_finding(FIXED)
        elif tab == "live":
            self.select(lambda key: key == COOKIE)
        elif tab == "routes":
            self.select(lambda key: isinstance(key, tuple) and ASKED in key[0])  # the route's name, and a number
            await self.pilot.press("enter")
            await self.settle(lambda: ASKED in self.app.session.server.answers, "an answer")
        await self.settle(self.known, f"what {tab} shows")

    def select_finding(self, code: str) -> None:
        """Select the first finding of a rule."""
        own = {finding.key for finding in self.app.session.findings if finding.code == code}
        self.select(lambda key: key in own)

    def select(self, wanted: Callable[[Hashable], bool]) -> None:
        """Select the first row whose key is ``wanted``. Raises ``LookupError`` where none is."""
        rows = self.app.focused
        if not isinstance(rows, Rows) or not rows.select_where(wanted):
            raise LookupError(f"no such row in {self.app.pane.TAB}")

    def take(self, name: str, note: str = "") -> None:
        """The picture of what is on the screen now."""
        columns, lines = self.app.size
        title = f"{name}-{columns}x{lines}{note}"
        drawing = self.app.export_screenshot(title="flaskdoctor")
        (self.folder / f"{title}.svg").write_text(portable(drawing), encoding="utf-8")

    async def in_theme(self, theme: str) -> None:
        """Other colours."""
        self.app.theme = theme
        await self.settle(lambda: self.app.theme == theme, theme)


async def take_all(photographer: Photographer) -> None:
    """Every picture, History's last."""
    app, pilot = photographer.app, photographer.pilot
    session = app.session
    await photographer.settle(lambda: session.scan is not None, "its first scan")
    await photographer.settle(lambda: session.server.up and session.server.full, "its server")
    for size in (WIDE, DESIGN):
        await photographer.resize(size)
        for tab in TABS:
            if tab != "history":
                await photographer.open(tab)
                photographer.take(tab)
    await photographer.in_theme(CONTRAST.name)
    await photographer.open("live")
    photographer.take("live", "-contrast")
    await photographer.in_theme(DARK.name)

    await photographer.open("code")
    await pilot.press("F")
    await photographer.settle(lambda: len(app.screen_stack) > 1, "the list of all safe fixes")
    photographer.take("fix-all")
    await pilot.press("escape")
    photographer.select_finding(UNSAFE)
    await photographer.settle(photographer.known, "the change")
    await pilot.press("f")
    await photographer.settle(lambda: len(app.screen_stack) > 1, "the question")
    photographer.take("fix-asks-first")
    await pilot.press("escape")

    for size, tab in ((SMALL, "code"), (PORTRAIT, "overview"), (WIDEST, "overview")):
        await photographer.resize(size)
        await photographer.open(tab)
        photographer.take(tab)
    await photographer.resize(WIDE)
    await photographer.in_theme(LIGHT.name)
    await photographer.open("code")
    photographer.take("code", "-light")
    await photographer.in_theme(DARK.name)

    await pilot.press("f")
    await photographer.settle(
        lambda: session.records and not any(finding.code == FIXED for finding in session.findings), "a fix"
    )
    for size in (WIDE, DESIGN):
        await photographer.resize(size)
        await photographer.open("history")
        photographer.take("history")


def portable(drawing: str) -> str:
    """The picture with no font to load from elsewhere (a viewer's own monospaced font draws it as well), with the
    spaces at the beginning of a text, which some viewers drop, and with the same names in every run."""
    drawing = re.sub(r"@font-face \{.*?\}\s*", "", drawing, flags=re.DOTALL)
    drawing = re.sub(r"terminal-\d+", "terminal", drawing)
    return drawing.replace('<svg class="rich-terminal"', '<svg xml:space="preserve" class="rich-terminal"', 1)


def same_surroundings(home: Path) -> None:
    """Nothing of the user's own: settings, history, environment, clock."""
    for name in ("CACHE", "STATE", "CONFIG"):
        os.environ[f"XDG_{name}_HOME"] = str(home / name.lower())
    foreign = (
        "FLASK_",
        "WERKZEUG_",
        "SHOP_",
        "MAIL_",
        "GIT_",
        "SECRET_KEY",
        "DATABASE",
        "SUPPORT_",
        "PAYMENT_",
        "BROKER_",
    )
    for name in [name for name in os.environ if name.startswith(foreign)]:
        del os.environ[name]
    os.environ.update(GIT_CONFIG_GLOBAL=os.devnull, GIT_CONFIG_NOSYSTEM="1")
    os.environ.pop("VISUAL", None)
    os.environ["EDITOR"] = sys.executable  # or the key that opens it would be grey
    os.environ["TZ"] = "UTC"
    if hasattr(time, "tzset"):
        time.tzset()
    os.umask(0o022)
    in_no_hurry()


async def dashboard(root: Path, url: str, folder: Path) -> None:
    """The dashboard, and all its pictures."""
    backend, prober = SteadyBackend(str(root), Options()), SteadyProber(str(root), url=url)
    app = DoctorApp(str(root), backend, device=DEVICE, prober=prober)
    app.session.server.latencies.extend(LATENCIES)  # of a server that was watched for a while
    async with app.run_test(size=WIDE) as pilot:
        await take_all(Photographer(app, pilot, folder))


def main(folder: Path = HERE) -> None:
    """Take all pictures into ``folder``."""
    with tempfile.TemporaryDirectory() as home:
        same_surroundings(Path(home))
        root = make_demo(Path(home))
        with demo_server(root, free_port()) as server:
            asyncio.run(dashboard(root, server.command.url, folder))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:2]))
