"""Takes the pictures of the dashboard, driving the real one on the sample: ``python -m screenshots.make``.

Every tab at 80x24 and 140x40 becomes ``screenshots/<tab>-<size>.svg``. The sample's own server runs beside it, as
with ``--demo``. The fix for the picture of History is made last, so that the other tabs show the project as it comes.
"""

from __future__ import annotations

import asyncio
import os
import re
import tempfile
from collections.abc import Callable
from pathlib import Path

from textual.pilot import Pilot

from flaskdoctor.demo import make_demo
from flaskdoctor.demo.server import demo_server
from flaskdoctor.probe.freeport import free_port
from flaskdoctor.scan import Options
from flaskdoctor.tui.app import PANES, DoctorApp
from flaskdoctor.tui.client import ChildBackend
from flaskdoctor.tui.prober import WatchingProber
from flaskdoctor.tui.rows import Rows
from flaskdoctor.tui.terminal import Terminal

HERE = Path(__file__).resolve().parent
SIZES = ((80, 24), (140, 40))
DEVICE = Terminal(colors=1 << 24, unicode=True, tmux=False, ssh=False)
SHOWN = ("FD1203", "views.py")  # the finding that Code shows and History has: words of its line
ASKED = "/api/products/"  # the route whose answer Routes shows


async def settle(pilot: Pilot[int], holds: Callable[[], bool], what: str) -> None:
    """Wait until ``holds`` and the screen is drawn. Raises ``TimeoutError``."""
    for _ in range(600):
        await pilot.pause(0.05)
        if holds():
            await pilot.pause(0.3)
            return
    raise TimeoutError(f"the dashboard never came to {what}")


async def take(root: Path, url: str, columns: int, lines: int) -> None:
    """The pictures of one size."""
    app = DoctorApp(
        str(root), ChildBackend(str(root), Options()), device=DEVICE, prober=WatchingProber(str(root), url=url)
    )

    def shown() -> bool:
        """Whether all that is asked about the selected finding has been answered."""
        finding = app.pane.finding()
        if finding is None or not app.pane.SHOWS_FINDING:
            return True
        looked = finding.key in app.session.looks
        return looked and (finding.fix is None or finding.key in app.session.previews)

    async with app.run_test(size=(columns, lines)) as pilot:
        await settle(pilot, lambda: app.session.scan is not None, "its first scan")
        await settle(pilot, lambda: app.session.server.up, "its server")
        for pane in PANES:
            if pane.TAB == "history":
                await app.show_tab("code")
                await select(pilot, app)
                await settle(pilot, shown, "a preview")
                await pilot.press("f")
                await settle(pilot, lambda: bool(app.session.records), "a fix")
            await app.show_tab(pane.TAB)
            if pane.TAB == "code":
                await select(pilot, app)
            if pane.TAB == "live":
                await go_to(pilot, app, "cookie session")
            if pane.TAB == "routes":
                await go_to(pilot, app, ASKED)
                await pilot.press("enter")
                await settle(pilot, lambda: ASKED in app.session.server.answers, "an answer")
            await settle(pilot, shown, "a preview")
            picture = HERE / f"{pane.TAB}-{columns}x{lines}.svg"
            picture.write_text(without_fonts(app.export_screenshot(title="flaskdoctor")), encoding="utf-8")


async def select(pilot: Pilot[int], app: DoctorApp) -> None:
    """Move down to the finding that is to be shown."""
    code, place = SHOWN
    for _ in app.session.findings:
        finding = app.pane.finding()
        if finding is not None and finding.code == code and place in finding.location.path:
            return
        await pilot.press("j")
    raise LookupError(f"no finding {code} in {place}")


async def go_to(pilot: Pilot[int], app: DoctorApp, words: str) -> None:
    """Move down to the row that says ``words``."""
    rows = app.pane.query_one(Rows)
    await settle(pilot, lambda: rows.selected is not None, "a row")
    for _ in range(rows.line_count()):
        if rows.selected is not None and words in str(rows.selected.item):
            return
        await pilot.press("j")
    raise LookupError(f"no row {words}")


def without_fonts(drawing: str) -> str:
    """The picture with no font to load from elsewhere: a viewer's own monospaced font draws it as well."""
    return re.sub(r"@font-face \{.*?\}\s*", "", drawing, flags=re.DOTALL)


def main() -> None:
    """Take all pictures, with nothing of the user's own settings and history in them."""
    with tempfile.TemporaryDirectory() as folder:
        for columns, lines in SIZES:
            home = Path(folder) / f"{columns}x{lines}"
            for name in ("CACHE", "STATE", "CONFIG"):
                os.environ[f"XDG_{name}_HOME"] = str(home / name.lower())
            os.environ["EDITOR"] = "vim"  # or the key that opens it would be grey
            root = make_demo(home)
            with demo_server(root, free_port()) as server:
                asyncio.run(take(root, server.command.url, columns, lines))


if __name__ == "__main__":
    main()
