"""Moving, filtering, sorting, looking closer."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from flaskdoctor.tui.app import PANES
from flaskdoctor.tui.keys import KEYS
from tests.tui.conftest import TABS, Dashboard, dashboard


def _code(board: Dashboard) -> str:
    found = board.app.pane.finding()
    return found.code if found is not None else ""


async def test_digits_and_arrows_turn_the_tabs(project: Path) -> None:
    async with dashboard(project) as board:
        for key, tab in (("2", "code"), ("4", "git"), ("5", "live"), ("right", PANES[5].TAB), ("left", "live")):
            await board.press(key)
            assert tab == board.app.pane.TAB
        for key, tab in ((TABS[-1], "history"), ("right", "overview"), ("left", "history")):
            await board.press(key)
            assert tab == board.app.pane.TAB


async def test_rows_move_with_letters_and_arrows(project: Path) -> None:
    async with dashboard(project) as board:
        await board.press("2")
        first = board.app.pane.finding()
        await board.press("j")
        second = board.app.pane.finding()
        assert first != second
        await board.press("k")
        assert board.app.pane.finding() == first
        await board.press("G")
        last = board.app.pane.finding()
        await board.press("down")
        assert board.app.pane.finding() == last
        await board.press("g")
        assert board.app.pane.finding() == first


async def test_the_filter_narrows_while_it_is_typed_and_escape_ends_it(project: Path) -> None:
    async with dashboard(project) as board:
        await board.press("2", "slash", *"stock", "j", "s", "o", "n")
        assert "Nothing matches /stockjson" in board.text()
        await board.press(*["backspace"] * 9, *"jsonify")
        assert "Findings 2 of 3" in board.text()
        await board.press("enter", "j")
        assert _code(board) == "FD101"
        assert "Findings 2 of 3" in board.text()
        await board.press("escape")
        assert "Findings 3" in board.text()


async def test_the_filter_knows_tips_and_fix_classes(project: Path) -> None:
    async with dashboard(project) as board:
        await board.press("2", "slash", *"fix:unsafe", "enter")
        assert "Findings 1 of 3" in board.text()
        await board.press("slash", *["backspace"] * 10, *"tip:7", "enter")
        assert "Nothing matches" in board.text()


async def test_sort_groups_by_file_rule_and_tip(project: Path) -> None:
    async with dashboard(project) as board:
        await board.press("2", "s")
        assert "by file" in board.text()
        assert "shop/views.py" in board.text()
        await board.press("s")
        assert "FD101 needless-jsonify" in board.text()
        await board.press("s")
        assert "1 JSON responses" in board.text()
        await board.press("s")
        assert "by severity" in board.text()


async def test_explain_shows_the_rules_page(project: Path) -> None:
    async with dashboard(project, (100, 40)) as board:
        await board.press("2", "x")
        await board.until_shown("Why it matters", "What to do instead", "esc back")
        await board.press("escape")
        assert "Findings" in board.text()


async def test_help_names_every_key(project: Path) -> None:
    async with dashboard(project, (100, 60)) as board:
        await board.press("question_mark")
        screen = " ".join(board.text().replace("│", " ").split())
        for key in KEYS:
            assert f"{key.shown} {key.tooltip}" in screen
        assert f"1-{len(PANES)} Tabs" in screen
        assert "dashboard.log" in screen


async def test_edit_without_an_editor_says_which_variable_to_set(project: Path) -> None:
    async with dashboard(project) as board:
        await board.press("2", "e")
        assert "No editor is set" in board.text()
        assert "$VISUAL or $EDITOR" in board.text()


async def test_edit_opens_the_editor_at_the_line(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from contextlib import nullcontext

    from flaskdoctor.tui import editor
    from flaskdoctor.tui.app import DoctorApp

    ran: list[list[str]] = []
    monkeypatch.setenv("EDITOR", "vim -u NONE")
    monkeypatch.setattr(editor, "run", lambda command: ran.append(command) or (0, ""))
    monkeypatch.setattr(DoctorApp, "suspend", nullcontext)
    async with dashboard(project) as board:
        await board.press("2", "G", "e")
    assert ran == [["vim", "-u", "NONE", "+13", str(project / "shop" / "views.py")]]


async def test_copy_says_where_the_place_went(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    async with dashboard(project, (100, 24)) as board:
        await board.press("2", "G", "c")
        await board.until_shown("Copied shop/views.py:13 to the terminal's clipboard (OSC 52)")
        assert board.app.clipboard == "shop/views.py:13"


async def test_t_takes_the_next_theme(project: Path) -> None:
    async with dashboard(project) as board:
        before = board.app.theme
        await board.press("t")
        assert board.app.theme != before
        assert board.app.theme in board.text()


async def test_q_quits_and_the_child_is_gone(project: Path) -> None:
    async with dashboard(project) as board:
        process = board.app.jobs._backend._process  # type: ignore[attr-defined]
        await board.press("q")
    assert process.returncode is not None
    with pytest.raises(ProcessLookupError):
        os.kill(process.pid, 0)


async def test_the_palette_offers_the_same_commands(project: Path) -> None:
    async with dashboard(project, (100, 40)) as board:
        await board.press("ctrl+p")
        await board.until_shown("Search for commands")
        await board.press(*"rescan")
        await board.until_shown("Rescan", "Look at the whole project again (r)")
