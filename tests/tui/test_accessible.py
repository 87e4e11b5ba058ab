"""Nothing is told by colour or by the pointer alone, and every key that is off says why."""

from __future__ import annotations

from pathlib import Path

from flaskdoctor.tui.keys import KEYS
from flaskdoctor.tui.terminal import Terminal
from tests.tui.conftest import TABS, dashboard


def drawn(strips: list[object]) -> list[tuple[str, bool]]:
    """Each line with whether a part of it is reversed."""
    return [("".join(s.text for s in strip), any(s.style and s.style.reverse for s in strip)) for strip in strips]


async def test_without_colour_the_selected_row_and_the_panel_with_the_focus_can_be_told(project: Path) -> None:
    for device, frames in (
        (Terminal(colors=0, unicode=True, tmux=False, ssh=False), ("┏━ Findings", "╭─ Findings", "┏━ FD101")),
        (Terminal(colors=0, unicode=False, tmux=False, ssh=False), ("#= Findings", "+- Findings", "#= FD101")),
    ):
        async with dashboard(project, device=device, color=False) as board:
            with_focus, without, details = frames
            await board.press("2", "j")
            await board.until_shown(with_focus, "FD101 needless-jsonify")
            lines = drawn(board.app.screen._compositor.render_strips())
            assert next(reverse for text, reverse in lines if "shop/views.py:8" in text)
            assert not [text for text, reverse in lines if reverse and "views.py:13" in text]
            await board.press("tab")
            await board.until_shown(without, details)


async def test_nothing_waits_for_the_pointer_and_every_panel_takes_the_focus(project: Path) -> None:
    async with dashboard(project, (140, 40)) as board:
        for tab in TABS:
            await board.press(tab)
            widgets = list(board.app.screen.walk_children())
            assert not [widget for widget in widgets if widget.tooltip is not None]
            focused = set()
            for _ in range(4):
                await board.press("tab")
                assert board.app.focused is not None
                focused.add(board.app.focused.id)
            assert focused == set(board.app.pane.panels())


async def test_each_key_that_is_off_says_why(project: Path) -> None:
    async with dashboard(project, read_only=True) as board:
        for tab in ("1", "2", "3", "7"):
            await board.press(tab)
            for key in KEYS:
                if board.app.why_not(key.id):
                    await board.app.action_key(key.id)
                    await board.pilot.pause()
                    assert f"{key.shown} {key.label}: " in board.text(), key.id
