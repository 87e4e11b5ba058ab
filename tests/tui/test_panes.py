"""What the tabs show of a real project."""

from __future__ import annotations

from pathlib import Path

import pytest

from flaskdoctor.finding import Finding
from tests.tui.conftest import COLOR, SECRET, TABS, Dashboard, dashboard, digit


def _worst(board: Dashboard) -> Finding:
    """The one finding of the project that is more than an info."""
    return max(board.app.session.findings, key=lambda finding: finding.severity)


async def test_overview_shows_score_counts_tips_and_what_to_do_first(project: Path) -> None:
    async with dashboard(project) as board:
        screen = board.text()
        assert "flaskdoctor  the-shop" in screen
        assert "Flask 3.1.0" in screen
        assert "/100" in screen
        assert f"1 {_worst(board).severity.word}" in screen
        assert "2 infos" in screen
        assert "of them safe: F" in screen
        assert " 1  JSON responses" in screen
        assert "11  Blueprints and routing" in screen
        assert "FD105" in screen
        assert "files in" in screen


async def test_enter_on_a_thing_to_do_goes_to_that_finding(project: Path) -> None:
    async with dashboard(project) as board:
        await board.press("enter")
        await board.until_shown("Findings", "FD105 error-handler-without-status")
        assert board.app.pane.TAB == "code"
        found = board.app.pane.finding()
        assert found is not None
        assert found.code == "FD105"


async def test_enter_on_a_tip_opens_its_lesson_and_leads_on_to_its_findings(project: Path) -> None:
    async with dashboard(project) as board:
        await board.press("tab", "enter")
        await board.until_shown("A view may return a dict")
        await board.press("enter")
        await board.until_shown("Findings 3", "/tip:1")


async def test_a_tip_has_a_lesson(project: Path) -> None:
    async with dashboard(project, (100, 40)) as board:
        await board.press("tab", "x")
        await board.until_shown("Tip 1 JSON responses", "FD101 needless-jsonify")
        await board.press("escape", "j", "enter")
        await board.until_shown("Tip 2 Session cookie")


async def test_code_shows_code_reason_and_diff_of_the_selected_finding(project: Path) -> None:
    async with dashboard(project, (100, 40)) as board:
        await board.press("2", "G")
        await board.until_shown("FD101 needless-jsonify", "-     return jsonify({", "+     return {", "Why it matters")
        assert "13      return jsonify" in board.text()


async def test_env_shows_names_and_never_a_value(project: Path) -> None:
    async with dashboard(project, (140, 40)) as board:
        for tab in TABS:
            await board.press(tab)
            assert SECRET not in board.text()
        await board.press("3")
        assert "SECRET_KEY" in board.text()
        assert "set" in board.text()


async def test_git_shows_checks_that_pass_too(project: Path) -> None:
    async with dashboard(project) as board:
        await board.press("4")
        await board.until_shown("Git checks", "Git ignores .env", "ok")


async def test_history_says_when_there_is_none(project: Path) -> None:
    async with dashboard(project) as board:
        await board.press(digit("history"))
        await board.until_shown("None: no fix was applied to this project yet")


async def test_a_clean_project_says_none_and_a_first_scan_says_not_yet_known(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("flask==3.1.0\n")
    (tmp_path / "app.py").write_text("from flask import Flask\n\napp = Flask(__name__)\n")
    async with dashboard(tmp_path, wait=False) as board:
        assert "Scanning: not yet known" in board.text()
        await board.until_shown("None: nothing was found to mend", "100/100")


async def test_a_scan_that_fails_says_why(project: Path) -> None:
    (project / "flaskdoctor.toml").write_text("selct = []\n")
    async with dashboard(project) as board:
        await board.until_shown("Unknown:", "selct")
        (project / "flaskdoctor.toml").write_text("select = []\n")
        await board.until_shown("Do these first", "FD105")


async def test_a_folder_without_flask_says_so(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text("print(1)\n")
    async with dashboard(tmp_path) as board:
        await board.until_shown("No Flask found here")
        for tab in TABS[1:]:
            await board.press(tab)
            assert "None: nothing was found" not in board.text()
        assert "100/100" not in board.text()


@pytest.mark.parametrize("size", [(40, 10), (60, 16), (80, 24), (140, 40), (200, 60)])
async def test_every_tab_draws_at_every_size(project: Path, size: tuple[int, int]) -> None:
    async with dashboard(project, size) as board:
        for tab in TABS:
            await board.press(tab)
            await board.press("down", "tab")
            screen = board.text()
            assert "cannot be drawn" not in screen
            assert "failed" not in screen
            assert all(len(line) <= size[0] for line in screen.split("\n"))


async def test_forty_by_ten_reads_details_after_enter(project: Path) -> None:
    async with dashboard(project, (40, 10)) as board:
        await board.press("2")
        assert "JSON" not in board.text()
        await board.press("enter")
        await board.until_shown(_worst(board).severity.word, "shop/__init__.py:12")
        await board.press("escape")
        assert board.app.pane.query_one("#code-list").has_focus


async def test_text_from_outside_is_no_markup_and_shows_its_control_characters(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("flask\n")
    (tmp_path / "[red]a\x1b[2J\u202e.py").write_text("from flask import Flask\napp = Flask(\n")
    async with dashboard(tmp_path, (140, 40)) as board:
        await board.press("2")
        await board.until_shown("[red]a\\x1b[2J\\u202e.py")


async def test_without_utf8_everything_is_ascii(project: Path) -> None:
    device = COLOR._replace(unicode=False)
    async with dashboard(project, device=device) as board:
        for tab in TABS:
            await board.press(tab)
            assert board.text().isascii(), board.text()
        await board.press("2")
        assert {"error": "x E", "warning": "! W"}[_worst(board).severity.word] in board.text()


async def test_without_colour_no_cell_has_one_and_the_selected_row_is_reversed(project: Path) -> None:
    async with dashboard(project, device=COLOR._replace(colors=0)) as board:
        await board.press("2")
        await board.until_shown("FD105")
        rows = board.app.screen._compositor.render_strips()
        segments = [segment for strip in rows for segment in strip if segment.style is not None]
        assert not any(segment.style.color or segment.style.bgcolor for segment in segments if segment.style)
        assert any("FD105" in segment.text and segment.style.reverse for segment in segments)


async def test_sixteen_colours_are_the_terminals_own(project: Path) -> None:
    async with dashboard(project, device=COLOR._replace(colors=16)) as board:
        await board.press("2")
        await board.until_shown("FD105")
        rows = board.app.screen._compositor.render_strips()
        styles = [segment.style for strip in rows for segment in strip if segment.style is not None]
        colors = {color for style in styles for color in (style.color, style.bgcolor) if color is not None}
        assert all(color.number is None or color.number < 16 for color in colors)
        assert not {color for color in colors if color.triplet is not None}
