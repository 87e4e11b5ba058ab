"""What hands get used to: the same keys everywhere, the mouse, the filter, the orders, and a view that stays."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from textual import events

from flaskdoctor.live import Judged
from flaskdoctor.probe.observation import Answer, Observation, State, Target
from flaskdoctor.tui import logbook, messages
from flaskdoctor.tui.app import PANES
from flaskdoctor.tui.keys import KEYS
from flaskdoctor.tui.terminal import Terminal
from flaskdoctor.tui.userconfig import read_config
from flaskdoctor.tui.view import read_view
from tests.tui.conftest import COLOR, VIEWS, Dashboard, dashboard, digit
from tests.tui.here import Here

NONE = Terminal(colors=0, unicode=False, tmux=False, ssh=False)


def underlined(board: Dashboard) -> set[str]:
    """The texts on the screen that are underlined."""
    lines = board.app.screen._compositor.render_strips()
    return {
        segment.text for strip in lines for segment in strip if segment.style is not None and segment.style.underline
    }


def line_of(board: Dashboard, text: str) -> int:
    """The line of the screen that has ``text``."""
    lines = board.text().split("\n")
    return next(number for number, line in enumerate(lines) if text in line)


def words_of(board: Dashboard) -> str:
    """All words on the screen, without the frames."""
    return " ".join(board.text().replace("│", " ").split())


async def until_message(board: Dashboard, *parts: str) -> None:
    """Wait for a message in the footer."""
    await board.until(lambda: all(part in words_of(board) for part in parts), f"{parts}")


# -- every key in every tab -----------------------------------------------------------------------------------

_MOVES = ("enter", "j", "k", "g", "G", "ctrl+d", "ctrl+u", "tab", "shift+tab", "escape", "right", "left", "space")


async def test_every_key_in_every_tab_does_something_or_says_why_not(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    once = ("theme", "help")  # the same wherever they are pressed, and the slowest
    asked = [key for key in KEYS if key.id not in ("quit", "palette", *once)]
    async with dashboard(project, (100, 32), backend=Here(project), read_only=True) as board:
        app = board.app
        for number, pane in enumerate(PANES):
            await board.press(digit(pane.TAB))
            for key in [*asked, *(key for key in KEYS if key.id in once and number == 0)]:
                where, before, theme, reason = f"{key.id} in {pane.TAB}", board.text(), app.theme, app.why_not(key.id)
                silent = key.id in ("rescan", "probe")  # they begin something
                await board.press(key.keys)
                await board.until(
                    lambda was=(before, theme), silent=silent: silent or (board.text(), app.theme) != was, where
                )
                if reason:
                    assert reason[:30] in " ".join(board.text().split()), f"{where}: says why not"
                if len(app.screen_stack) > 1 or app.query("#filter"):
                    await board.press("escape")
                assert app.pane.TAB == pane.TAB, f"{where}: Esc comes back"
                assert len(app.screen_stack) == 1, where
            for name in _MOVES:
                app.simulate_key(name)
            await board.pilot.pause()
            if len(app.screen_stack) > 1:
                await board.press("escape")
    assert not os.path.exists(logbook.path()), Path(logbook.path()).read_text()


# -- i ----------------------------------------------------------------------------------------------------------


async def test_i_writes_the_comment_and_z_takes_it_back(project: Path) -> None:
    views = project / "shop" / "views.py"
    async with dashboard(project, (100, 32), backend=Here(project)) as board:
        await board.press(digit("code"), "G")
        await board.press("i")
        await until_message(board, "A comment in shop/views.py ignores FD101", "z takes it back")
        await board.until(lambda: len(board.app.session.findings) == 2, "it is gone")
        assert views.read_text() == VIEWS[:-1] + "  # flaskdoctor: ignore[FD101]\n"
        await board.press(digit("history"))
        await board.until_shown("FD101 ignored by a comment", "+     return jsonify")
        await board.press("z")
        await board.until(lambda: len(board.app.session.findings) == 3, "it is back")
        assert views.read_text() == VIEWS


async def test_i_is_off_where_no_comment_is_read_and_names_the_setting(project: Path) -> None:
    (project / ".env").chmod(0o644)
    async with dashboard(project, (100, 32), backend=Here(project)) as board:
        await board.press(digit("env"), "g", "i")
        await until_message(board, "i ignore: a comment in .env is not read", '".env" = ["FD321"]')
        board.app.switch_read_only(True)
        await board.press(digit("code"), "i")
        await until_message(board, "i ignore: Read-only")
    assert (project / "shop" / "views.py").read_text() == VIEWS


# -- keys and theme of one's own --------------------------------------------------------------------------------


async def test_other_keys_are_shown_wherever_keys_are(project: Path, tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text(
        'theme = "nord"\n[keys]\nundo = "u"\nhelp = "f1"\nnext_row = "n"\ntab_2 = "c"\ncopy = "C"\npalette = "ctrl+o"\n'
        'next_panel = "w"\nfix = "j"\nprevious_row = "f"\n'
    )
    async with dashboard(project, (100, 50), backend=Here(project), user=read_config(str(config))) as board:
        assert board.app.theme == "nord"
        assert "u undo" in board.text()
        assert "f1 help" in board.text()
        await board.press("c")
        assert board.app.pane.TAB == "code"
        first = board.app.pane.finding()
        await board.press("n")
        assert board.app.pane.finding() != first
        await board.press("f")
        assert board.app.pane.finding() == first, "what a row was moved with now fixes, and the other way round"
        await board.press("z")
        assert "nothing was fixed" not in board.text()
        await board.press("u")
        assert "u undo: nothing was fixed since the start" in board.text()
        await board.press("7")
        await until_message(board, "j fixes the selected finding", "u takes it back.")
        await board.press("c", "t")
        await until_message(board, "the next start takes nord, from config.toml")
        await board.press("f1")
        await board.until_shown("u             Take back", "n f           Next, previous row", str(config)[:20])
        await board.press("escape", "ctrl+o")
        await board.until_shown("Search for commands")
        await board.press(*"take back")
        await board.until_shown("Take back the last fix", "(u)")


async def test_hints_name_the_keys_of_ones_own(project: Path, tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text('[keys]\nundo = "u"\nfix_all = "A"\nopen = "o"\nserve = "D"\nprobe = "P"\nrescan = "f5"\n')
    down = Observation(Target("http", "127.0.0.1", 4711, "as named"), time.time(), State.DOWN)
    async with dashboard(project, (100, 50), user=read_config(str(config))) as board:
        await board.press(digit("history"))
        await board.until_shown("A all that are safe", "and u takes it back")
        await board.press(digit("live"))
        board.app.post_message(messages.ServerSeen(down, Judged("development"), ()))
        await board.until_shown("D starts one, after asking", "D server")
        await board.press(digit("routes"))
        await board.until_shown("o does not send it: no server is running")
        up = down._replace(state=State.UP, options=Answer("OPTIONS", "/", 200))
        board.app.post_message(messages.ServerSeen(up, Judged("development"), ()))
        await board.until_shown("o sends it")
        await board.press(digit("live"))
        await board.until_shown("not for everything yet: P")
        assert "starts one" not in board.text()
        board.app.pane.say_broken("It broke")
        await board.until_shown("f5 tries again")


async def test_a_broken_config_opens_with_the_defaults_and_says_so(project: Path, tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text('theme = "nrod"\n[keys]\nfxi = "f"\n')
    async with dashboard(project, (160, 40), backend=Here(project), user=read_config(str(config)), wait=False) as board:
        await until_message(board, "config.toml:3: no key is called 'fxi'", "1 more: ? lists them")
        await board.press("question_mark")
        await board.until_shown("'nrod'", "nord?")
        await board.scanned()
        assert board.app.theme == "flaskdoctor-dark"


# -- filter, orders ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("device", [NONE, COLOR])
async def test_what_a_filter_matches_is_underlined_in_every_theme(project: Path, device: Terminal) -> None:
    async with dashboard(project, (100, 32), backend=Here(project), device=device) as board:
        session = board.app.session

        async def filtered(tab: str, words: str) -> set[str]:
            session.filters[tab] = words
            await board.press(digit(tab))
            return underlined(board)

        for theme in (board.app.theme, "ansi-dark", "flaskdoctor-light") if device is COLOR else (board.app.theme,):
            board.app.theme = theme
            assert {text.lower() for text in await filtered("code", "JSONIFY views")} == {"jsonify", "views"}
            assert "Findings 2 of 3" in board.text()
            assert await filtered("env", "secret") == {"SECRET"}
        assert await filtered("routes", "stock") == {"stock"}
        assert "Route map 1 of 3" in board.text()
        assert "git" in await filtered("git", "gitignore .env") or ".env" in underlined(board)
        assert await filtered("code", "fix:safe") == set(), "a class of fixes is no text of the rows"
        assert "Findings 2 of 3" in board.text()


async def test_orders_are_told_kept_by_tab_and_groups_are_counted(project: Path) -> None:
    async with dashboard(project, (100, 32), backend=Here(project)) as board:
        await board.press(digit("code"), "s")
        await board.until_shown("by file", "shop/views.py  2", "shop/__init__.py  1")
        await board.press(digit("env"))
        await board.until_shown("by state")
        await board.press("s", "s")
        await board.until_shown("by use", "unread  1")
        await board.press(digit("git"), "s")
        await board.until_shown("by code")
        await board.press(digit("routes"), "s", "s")
        await board.until_shown("by file", "shop/views.py  2")
        await board.press(digit("code"))
        await board.until_shown("by file")


async def test_what_is_typed_fast_after_the_slash_is_text(project: Path) -> None:
    """Over SSH keys come in bunches: the f of a word must not fix."""
    async with dashboard(project, (100, 32), backend=Here(project)) as board:
        await board.press(digit("code"), "G")
        for key in ("slash", *"fixi"):
            board.app.post_message(events.Key(key, {"slash": "/"}.get(key, key)))
        await board.until_shown("/fixi")
        assert board.app.session.filters == {"code": "fixi"}
        await board.press("slash")
        assert board.app.session.filters == {"code": "fixi/"}
        await board.press("escape")
        board.app.post_message(events.Key("ctrl+p", None))
        for key in "fi":
            board.app.post_message(events.Key(key, key))
        await board.until_shown("List all safe fixes", "│ fi ")
        await board.press("escape")
    assert (project / "shop" / "views.py").read_text() == VIEWS


# -- what stays -------------------------------------------------------------------------------------------------


async def test_selection_and_filter_survive_a_rescan_with_rows_added_and_removed_above(project: Path) -> None:
    views, env = project / "shop" / "views.py", project / ".env"
    async with dashboard(project, (100, 32), backend=Here(project)) as board:
        app = board.app

        async def change(path: Path, text: str) -> None:
            before = app.session.scanned
            path.write_text(text)
            await board.press("r")
            await board.until(lambda: app.session.scanned is not before and not app.session.scanning, "the rescan")
            await board.pilot.pause()

        await board.press(digit("routes"), "slash", *"views", "enter", "G")
        await board.press(digit("env"), "G")
        await board.press(digit("code"), "s", "G")
        selected = app.pane.finding()
        assert selected is not None
        more = VIEWS.replace(
            "    return jsonify", "    if bp.name:\n        return jsonify([1])\n    return jsonify", 1
        )
        await change(views, more)
        again = app.pane.finding()
        assert again is not None
        assert (again.key, again.location.line) == (selected.key, selected.location.line + 2)
        await board.press(digit("env"))
        await change(env, "ALPHA=1\nBETA=2\n" + env.read_text())
        assert app.pane.rows.selected.item.key == "SECRET_KEY"  # type: ignore[attr-defined]
        await board.press(digit("routes"))
        await change(views, VIEWS.replace("@bp.route", "@bp.route('/a')\ndef a():\n    return ''\n\n\n@bp.route", 1))
        assert "/stock" in str(app.pane.rows.selected.item.route.rule)  # type: ignore[attr-defined]
        await board.until_shown("3 of 4")
        await board.press(digit("code"))
        await change(views, "X = 1\n")
        assert app.pane.finding() is not None, "it is gone: the nearest one is selected"


async def test_a_project_opens_as_it_was_left(project: Path, tmp_path: Path) -> None:
    kept = tmp_path / "views" / "shop.json"
    async with dashboard(project, (100, 32), backend=Here(project), view_path=str(kept)) as board:
        await board.press(digit("env"), "slash", *"secret", "enter")
        await board.press(digit("code"), "s", "G", "t")
        finding, theme = board.app.pane.finding(), board.app.theme
        await board.press("q")
    assert kept.stat().st_mode & 0o777 == 0o600
    assert kept.parent.stat().st_mode & 0o777 == 0o700
    assert [path.name for path in kept.parent.iterdir()] == ["shop.json"]
    assert "jsonify" not in kept.read_text(), "no text of the project"
    (project / "shop" / "views.py").write_text("\n" + VIEWS)
    async with dashboard(project, (100, 32), backend=Here(project), view_path=str(kept)) as board:
        await board.until(lambda: board.app.pane.finding() is not None, "findings")
        again = board.app.pane.finding()
        assert finding is not None
        assert again is not None
        assert (board.app.pane.TAB, board.app.theme, again.key) == ("code", theme, finding.key)
        await board.until_shown("by file")
        await board.press(digit("env"))
        await board.until_shown("/secret")
    with_theme = read_view(str(kept))
    assert (with_theme.tab, with_theme.filters, with_theme.sorts) == ("env", {"env": "secret"}, {"code": "file"})
    async with dashboard(project, backend=Here(project), view_path=str(kept), theme="gruvbox", wait=False) as board:
        assert board.app.theme == "gruvbox", "what is asked for counts"


# -- the mouse --------------------------------------------------------------------------------------------------


async def test_the_mouse_works(project: Path) -> None:
    async with dashboard(project, (100, 32), backend=Here(project)) as board:
        app, pilot = board.app, board.pilot

        async def click(text: str, times: int = 1) -> None:
            line = line_of(board, text)
            await pilot.click(offset=(board.text().split("\n")[line].index(text) + 1, line), times=times)
            await pilot.pause()

        await click("2 Code")
        assert app.pane.TAB == "code"
        last = app.session.matching()[-1]
        await click(f":{last.location.line}")
        assert app.pane.finding() == last
        assert app.pane.query_one("#code-list").has_focus
        await click(f":{last.location.line}", times=2)
        assert app.pane.query_one("#code-detail").has_focus, "a double click is Enter"
        await click("x explain")
        await board.until_shown("What it finds", "esc back")
        await click("esc back")
        await board.until(lambda: len(app.screen_stack) == 1, "back")
        await click("F fix all")
        await board.until_shown("y apply")
        before = (project / "shop" / "views.py").read_bytes()
        await pilot.click(offset=(0, 0))
        await board.until(lambda: len(app.screen_stack) == 1, "a click beside the dialog leaves it")
        assert (project / "shop" / "views.py").read_bytes() == before
        await click("F fix all")
        await board.until_shown("y apply")
        await click("y apply")
        await board.until(lambda: (project / "shop" / "views.py").read_bytes() != before, "applied")
        await until_message(board, "Fixed FD101")
        await click("Fixed FD101")
        await click("? help")
        await board.until_shown("Look closer")


async def test_the_wheel_scrolls_and_a_rescan_leaves_it_there(tmp_path: Path) -> None:
    lines = [f"@bp.route('/{n}')\ndef v{n}():\n    return jsonify(n={n})\n\n" for n in range(60)]
    (tmp_path / "requirements.txt").write_text("flask==3.1.0\n")
    head = "from flask import Flask, jsonify\n\nbp = Flask(__name__, static_folder=None)\n\n"
    (tmp_path / "app.py").write_text(head + "\n".join(lines))
    async with dashboard(tmp_path, (80, 24), backend=Here(tmp_path)) as board:
        app = board.app
        await board.press(digit("routes"))
        rows = app.pane.rows  # type: ignore[attr-defined]
        selected = rows.selected.key
        for _ in range(10):
            rows._on_mouse_scroll_down(_wheel(rows))
        await board.until(lambda: rows.scroll_offset.y > 0, "scrolled")
        await board.pilot.pause()
        top = board.text().split("\n")[4][:40]
        before = app.session.scanned
        lines.insert(1, "@bp.route('/00')\ndef new():\n    return 'x'\n\n")
        (tmp_path / "app.py").write_text(head + "\n".join(lines))
        await board.press("r")
        await board.until(lambda: app.session.scanned is not before and not app.session.scanning, "the rescan")
        await board.until_shown("Route map 61")
        assert board.text().split("\n")[4][:40] == top, "what was in view is in view"
        assert rows.selected.key == selected
        await board.press("j")
        assert rows.scroll_offset.y < 5, "a key goes on from the selection"


def _wheel(rows: object) -> object:
    from textual import events

    return events.MouseScrollDown(rows, 5, 5, 0, 1, 0, False, False, False, 5, 5)  # type: ignore[arg-type]


# -- the palette ------------------------------------------------------------------------------------------------


async def test_the_palette_has_everything_and_finds_by_words(project: Path) -> None:
    from flaskdoctor.tui.palette import commands, score

    async with dashboard(project, (100, 40), backend=Here(project)) as board:
        await board.press(digit("code"))
        known = {command.name: command for command in commands(board.app)}
        for key in KEYS:
            if key.id != "palette":
                assert any(key.tooltip in command.help for command in known.values()), key.id
        assert {pane.TITLE for pane in PANES} <= set(known)
        assert {f"Theme {name}" for name in board.app.available_themes} <= set(known)
        best = max(known.values(), key=lambda command: score("light theme doctor", command))
        assert best.name == "Theme flaskdoctor-light"
        assert max(known.values(), key=lambda command: score("the log open", command)).name == "Open the log"
        assert score("nonesuch theme", best) == 0
        await board.press("ctrl+p")
        await board.until_shown("Search for commands")
        await board.press(*"rule sort")
        await board.until_shown("Sort by rule")
        await board.press("enter")
        await board.until(lambda: board.app.pane.order == "rule", "sorted by rule")
        known["Read-only on"].run()
        assert "read-only" in board.text().split("\n")[0]
        await known["Open the log"].run()
        await until_message(board, "there is no log yet")
