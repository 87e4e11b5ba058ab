"""One key fixes, one takes it back: files on disk are what counts."""

from __future__ import annotations

import stat
from pathlib import Path

from tests.tui.conftest import APP, VIEWS, Dashboard, dashboard, digit


async def _select(board: Dashboard, code: str) -> None:
    """Go to Code and select the first finding of a rule."""
    await board.press("2", "g")
    for _ in range(20):
        found = board.app.pane.finding()
        if found is not None and found.code == code:
            return
        await board.press("j")
    raise AssertionError(f"{code} is not listed:\n{board.text()}")


async def test_f_applies_a_safe_fix_at_once_and_z_takes_it_back(project: Path) -> None:
    views = project / "shop" / "views.py"
    views.chmod(0o640)
    async with dashboard(project, (100, 40)) as board:
        await _select(board, "FD101")
        await board.press("f")
        await board.until(lambda: views.read_text() != VIEWS, "the file changes")
        assert 'return {"products": []}' in views.read_text()
        assert 'return jsonify({"stock": 0})' in views.read_text()
        assert stat.S_IMODE(views.stat().st_mode) == 0o640
        await board.until(lambda: len([f for f in board.app.session.findings if f.code == "FD101"]) == 1, "rescan")
        await board.press("z")
        await board.until(lambda: views.read_bytes() == VIEWS.encode(), "the same bytes are back")
        await board.until(lambda: len([f for f in board.app.session.findings if f.code == "FD101"]) == 2, "rescan")


async def test_an_unsafe_fix_asks_and_only_y_says_yes(project: Path) -> None:
    init = project / "shop" / "__init__.py"
    async with dashboard(project, (100, 40)) as board:
        await _select(board, "FD105")
        await board.press("f")
        await board.until_shown("unsafe fix", "What could change", '"There is no such page", 404')
        for key in ("enter", "f", "space", "Y"):
            await board.press(key)
        assert init.read_text() == APP
        await board.press("escape")
        assert "What could change" not in board.text()
        assert init.read_text() == APP
        await board.press("f")
        await board.until_shown("What could change")
        await board.press("y")
        await board.until(lambda: ", 404" in init.read_text(), "the fix is written")


async def test_capital_f_lists_all_safe_fixes_and_applies_them_after_y(project: Path) -> None:
    views = project / "shop" / "views.py"
    async with dashboard(project, (100, 40)) as board:
        await board.press("F")
        await board.until_shown("2 safe fixes", "needless-jsonify, 2 places", "shop/views.py:8 :13")
        await board.press("enter")
        assert views.read_text() == VIEWS
        await board.press("y")
        await board.until(lambda: "jsonify" not in views.read_text(), "both are mended")
        assert (project / "shop" / "__init__.py").read_text() == APP


async def test_history_lists_what_was_done_and_undoes_the_selected_one(project: Path) -> None:
    views = project / "shop" / "views.py"
    async with dashboard(project, (100, 40)) as board:
        await _select(board, "FD101")
        await board.press("f")
        await board.until(lambda: board.app.session.records, "the record")
    async with dashboard(project, (100, 40)) as board:  # another run
        await board.press("z")
        assert "older fixes are in History" in board.text()
        await board.press(digit("history"))
        await board.until_shown("Applied fixes 1", "FD101", "applied", "- ", "+ ")
        await board.press("z")
        await board.until(lambda: views.read_text() == VIEWS, "it is undone")
        await board.until_shown("undone")
        await board.press("z")
        await board.until_shown("taken back already")


async def test_read_only_writes_nothing_and_says_so(project: Path) -> None:
    before = {path: path.read_bytes() for path in project.rglob("*") if path.is_file()}
    async with dashboard(project, (100, 40), read_only=True) as board:
        assert "read-only" in board.text()
        await _select(board, "FD101")
        for key in ("f", "F", "z"):
            await board.press(key)
            assert "Read-only" in board.text()
    assert {path: path.read_bytes() for path in project.rglob("*") if path.is_file()} == before


async def test_a_key_that_does_nothing_says_why(project: Path) -> None:
    async with dashboard(project, (100, 40)) as board:
        await board.press("z")
        assert "nothing was fixed since the start" in board.text()
        await board.press("s")
        assert "there is one order only" in board.text()
        await board.press(digit("history"), "f")
        assert "no finding is selected here" in board.text()
        await board.press("j")
        assert "no finding is selected here" not in board.text(), "a message goes with the next key"


async def test_a_file_that_changed_after_the_preview_is_not_overwritten(project: Path) -> None:
    views = project / "shop" / "views.py"
    async with dashboard(project, (100, 40)) as board:
        await _select(board, "FD101")
        await board.until_shown("+     return {")
        assert board.app.jobs is not None
        changed = VIEWS.replace('"/products"', '"/goods"')
        board.app.jobs._start("watch", _nothing())  # the watch would see the change: take it away
        views.write_text(changed)
        await board.press("f")
        await board.until_shown("has changed since")
        assert views.read_text() == changed
        await board.until(lambda: any(f.location.path == "shop/views.py" for f in board.app.session.findings), "rescan")


async def _nothing() -> None:
    return None


async def test_the_dialog_of_a_fix_over_several_files_shows_each_in_its_order_and_what_is_left_to_do(
    tmp_path: Path,
) -> None:
    root = tmp_path / "the-shop"
    (root / "tests").mkdir(parents=True)
    (root / "tests" / "test_shop.py").write_text("import app\n")
    (root / "requirements.txt").write_text("flask==3.1.0\n")
    source = 'from flask import Flask\n\napp = Flask(__name__)\napp.secret_key = "canary-5f0c2b71"\n'
    (root / "app.py").write_text(source)
    (root / "app.py").chmod(0o640)
    for size in ((80, 24), (40, 10)):
        async with dashboard(root, size) as board:
            await _select(board, "FD301")
            await board.press("f")
            await board.until_shown("unsafe fix", "whoever reads it")
            seen = [*board.text().split("\n")]
            for _ in range(14):
                await board.press("pagedown")
                seen += board.text().split("\n")
            text = "\n".join(seen)
            assert "canary" not in text
            parts = ("What could change", "What is left to you", "- rotate SECRET_KEY", "5 files")
            files = (
                "│ .env ",
                "│ .env-template  new file",
                "│ .gitignore  new file",
                "│ app.py ",
                "│ requirements.txt",
            )
            place = 0
            for part in (*parts, *files):
                found = next((at for at, line in enumerate(seen) if part in line and at >= place), -1)
                assert found >= 0, f"{part} does not follow:\n{text}"
                place = found
            assert any('- app.secret_key = "••••"' in line for line in seen)
            assert any("+ app.secret_key = os.environ[" in line for line in seen)
            await board.press("escape")
            assert (root / "app.py").read_text() == source
    async with dashboard(root, (80, 24)) as board:
        await _select(board, "FD301")
        await board.press("f")
        await board.until_shown("What could change")
        await board.press("y")
        await board.until(lambda: (root / ".env").exists() and "environ" in (root / "app.py").read_text(), "the fix")
        assert stat.S_IMODE((root / ".env").stat().st_mode) == 0o600
        await board.until(lambda: not [f for f in board.app.session.findings if f.code == "FD301"], "rescan")
        await board.press("z")
        await board.until(lambda: (root / "app.py").read_text() == source, "the same bytes are back")
        created = (".env", ".env-template", ".gitignore")
        await board.until(lambda: not any((root / name).exists() for name in created), "what was created is gone")
        assert stat.S_IMODE((root / "app.py").stat().st_mode) == 0o640
        assert (root / "requirements.txt").read_text() == "flask==3.1.0\n"
