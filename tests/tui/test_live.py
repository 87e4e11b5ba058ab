"""What happens by itself: saved files show, nothing else moves, errors become messages."""

from __future__ import annotations

from pathlib import Path

from tests.tui.conftest import VIEWS, dashboard


async def test_a_saved_file_shows_its_new_state_and_the_selection_stays(project: Path) -> None:
    views = project / "shop" / "views.py"
    async with dashboard(project) as board:
        await board.press("2", "G")
        before = board.app.pane.finding()
        assert before is not None
        assert before.location.line == 13
        await board.press("slash", *"jsonify", "enter")
        views.write_text("# a comment\n\n" + VIEWS)
        await board.until(lambda: board.app.pane.finding() not in (None, before), "the new place")
        after = board.app.pane.finding()
        assert after is not None
        assert after.key == before.key
        assert after.location.line == 15
        assert "Findings 2 of 3" in board.text()


async def test_the_selection_goes_to_the_next_row_when_its_finding_is_gone(project: Path) -> None:
    views = project / "shop" / "views.py"
    async with dashboard(project) as board:
        await board.press("2", "j")
        await board.until_shown("Findings 3")
        views.write_text(VIEWS.replace('jsonify({"products": []})', '{"products": []}'))
        await board.until_shown("Findings 2")
        found = board.app.pane.finding()
        assert found is not None
        assert "stock" in views.read_text().split("\n")[found.location.line - 1]


async def test_a_new_file_is_seen(project: Path) -> None:
    async with dashboard(project) as board:
        await board.press("2")
        (project / "shop" / "more.py").write_text(VIEWS)
        await board.until_shown("shop/more.py:8", "shop/more.py:13")


async def test_an_idle_dashboard_draws_nothing(project: Path) -> None:
    async with dashboard(project) as board:
        await board.press("2")
        await board.until(lambda: board.app.session.previews, "the first preview")
        await board.draws_nothing()


async def test_a_child_that_dies_is_told_and_started_again(project: Path) -> None:
    async with dashboard(project, (120, 24), may_break=True) as board:
        first = board.app.session.scanned
        board.app.jobs._backend._process.kill()  # type: ignore[attr-defined]
        await board.press("r")
        # Its end may be noticed before the request is sent: then a new one is started without a word.
        told_or_scanned = lambda: "stopped" in board.text() or board.app.session.scanned is not first  # noqa: E731
        await board.until(told_or_scanned, "the message or the next scan")
        await board.press("r")
        await board.until(lambda: board.app.session.scanned is not first, "the next scan")
        await board.until(lambda: not board.app.session.failed and "stopped" not in board.text(), "a clean screen")
