"""Whatever breaks in the dashboard becomes a message and a line in the log; the rest goes on."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from flaskdoctor.errors import UserError
from flaskdoctor.scan import Options
from flaskdoctor.tui import logbook
from flaskdoctor.tui.app import PANES
from flaskdoctor.tui.backend import Look
from flaskdoctor.tui.client import ChildBackend
from flaskdoctor.tui.panes.base import Pane
from tests.tui.conftest import Dashboard, NoProber, dashboard, digit

SECRET = "canary-of-the-exception"
WORDS = {
    "overview": "Do these first", "code": "Findings", "env": "Environment", "git": "Git checks", "live": "Live",
    "routes": "Route map", "history": "Applied fixes",
}  # fmt: skip


def raises(*_: object, **__: object) -> Any:
    """Stands in for a method."""
    raise KeyError(SECRET)


@contextmanager
def broken(kind: type, name: str, stand_in: object = raises) -> Iterator[None]:
    """The method ``name`` of a class raises."""
    own = kind.__dict__.get(name)
    setattr(kind, name, stand_in)
    try:
        yield
    finally:
        if own is None:
            delattr(kind, name)
        else:
            setattr(kind, name, own)


def log() -> str:
    """What stands in the log."""
    path = Path(logbook.path())
    return path.read_text() if path.exists() else ""


async def the_others_work(board: Dashboard, pane: type[Pane]) -> None:
    """Every other tab shows what it shows, and its keys do what they do."""
    for other in PANES:
        if other is pane:
            continue
        await board.press(digit(other.TAB))
        assert board.app.pane.TAB == other.TAB
        assert WORDS[other.TAB] in board.text(), other.TAB
        assert not board.app.pane.broken
    await board.press("2" if pane.TAB != "code" else "1", "question_mark")
    await board.until_shown("Keys")
    await board.press("escape")


@pytest.mark.parametrize("pane", PANES, ids=lambda pane: pane.TAB)
async def test_a_tab_that_breaks_says_so_in_its_place_and_comes_back(project: Path, pane: type[Pane]) -> None:
    other = "2" if pane.TAB != "code" else "3"
    async with dashboard(project, (100, 30), may_break=True) as board:
        app = board.app
        if pane.TAB != "overview":  # its widgets are made with the app
            with broken(pane, "compose"):
                await board.press(digit(pane.TAB))
                await board.until_shown(
                    f"Making the tab {pane.TITLE} failed: KeyError, a bug in flaskdoctor", "r tries"
                )
                await the_others_work(board, pane)
                await board.press(digit(pane.TAB), "j", "tab", "enter", "escape", "f", "x", "c", "r")
                assert "r tries" in board.text()
            await board.press("r")
            await board.until_shown(WORDS[pane.TAB])
        with broken(pane, "draw"):
            await board.press(other, digit(pane.TAB))
            await board.until_shown("Drawing this tab failed: KeyError", "r tries again")
            await board.press("j", "tab", "enter", "escape")
            await the_others_work(board, pane)
        await board.press(digit(pane.TAB), "r")
        await board.until(lambda: not app.pane.broken and not app.jobs.scanning, "the tab is back")
        assert WORDS[pane.TAB] in board.text()
        for name in ("moved", "badge", "finding", "copied", "page_code", "record", "place", "shows_finding", "panels"):
            with broken(pane, name, classmethod(raises) if name == "badge" else raises):
                for _ in range(2):
                    await board.press(other, digit(pane.TAB), "j", "k", "tab", "tab", "f", "x", "c", "z", "escape")
                app.redraw()
                await the_others_work(board, pane)
        await board.press(digit(pane.TAB), "r")
        await board.until(lambda: not app.jobs.scanning, "the scan is over")
        assert WORDS[pane.TAB] in board.text()
    assert "KeyError" in log()
    assert SECRET not in log()
