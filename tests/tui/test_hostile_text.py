"""Text from outside is shown, and does nothing: no markup, no escape, nothing unseen, no line out of its place."""

from __future__ import annotations

import asyncio
import os
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.segment import Segment
from textual import events
from textual.content import Content
from textual.strip import Strip

from flaskdoctor.probe.observation import Ask
from flaskdoctor.tui import clipboard, editor, safe
from flaskdoctor.tui.app import PANES
from flaskdoctor.tui.difference import Shown
from flaskdoctor.tui.prober import WatchingProber
from flaskdoctor.tui.rows import Column, Rows, _fitted
from tests.hostile import BODY, ESCAPES, EVIL, HEADERS, MARKUP, NAME, UNSEEN, hostile_project
from tests.tui.conftest import Dashboard, dashboard, digit
from tests.tui.servers import http_server

SIZE = (150, 46)
# What every screen is to show of it: the markup as text, the escapes and what is not seen as escapes.
SHOWN = ("[bold]", "\\x1b]0;pwned\\x07")
SCREENS = {
    **{pane.TAB: SHOWN for pane in PANES if pane.TAB not in ("live", "history")},
    "code view": ("[bold]", "\\u202e"),
    "diff": ("- from flask import Blueprint, jsonify", "[bold]", "\\u2066"),
    "env key": ("What to do", *SHOWN),
    "live": ("[bold]", "\\x9b31m"),
    "answer": ("[bold]", "\\x9b31m", "HTTP/1.0 200"),
    "route answer": ("[bold]", "\\x1b]0;pwned\\x07", "HTTP/1.0 200"),
    "history": SHOWN,
    "confirm": ("unsafe fix", *SHOWN),
    "confirm all": ("safe fix", *SHOWN),
    "explain": ("What it finds",),
    "message": ("Copied $'", "\\033]0;pwned\\007"),
    "palette": ("[bold]",),
    "filter": ("/ [bold]",),
    "small": ("[bold]",),
}


def taken(board: Dashboard) -> tuple[str, list[str]]:
    """The screen, and what is wrong with it: what is not simply text, and lines of another width."""
    wrong = []
    lines = []
    for strip in board.app.screen._compositor.render_strips():
        line = "".join(segment.text for segment in strip)
        lines.append(line)
        if cell_len(line) != board.app.size.width:
            wrong.append(f"{cell_len(line)} cells: {line!r}")
        if safe.visible(line) != line:
            wrong.append(repr(line))
        styles = [segment.style for segment in strip if segment.style is not None]
        wrong += [f"a link: {style!r}" for style in styles if style.link or "quit" in str(style.meta.get("@click"))]
    return "\n".join(lines), wrong


async def look(root: Path) -> dict[str, tuple[str, list[str]]]:
    """Every tab and dialog of the hostile project with its hostile server."""
    seen: dict[str, tuple[str, list[str]]] = {}
    with http_server(HEADERS, {"/": ("text/html", EVIL), "/static": ("application/json", BODY)}) as port:
        prober = WatchingProber(str(root), url=f"http://127.0.0.1:{port}")
        async with dashboard(root, SIZE, prober=prober) as board:
            app = board.app

            def take(name: str) -> None:
                seen[name] = taken(board)

            async def select(code: str, path: str = "") -> None:
                found = next(f for f in app.session.findings if f.code == code and path in f.location.path)
                app.pane.query_one(Rows).select(found.key)
                await board.until(lambda: found.key in app.session.looks, "the code")
                if found.fix:
                    await board.until(lambda: found.key in app.session.previews, "the change")

            for tab in ("overview", "git", "env", "routes"):
                await board.press(digit(tab), "G", "g")
                await board.until(lambda: app.session.server.seen is not None, "the server seen")
                take(tab)
            await board.press(digit("env"))
            await board.press("j")
            take("env key")
            await board.press("2")
            await select("FD105", "z[bold]")
            await board.press("j", "k")
            take("code")
            await board.press("f")
            await board.until_shown("What could change")
            take("confirm")
            await board.press("escape", "c")
            await board.until_shown("Copied")
            take("message")
            await board.press("x")
            await board.until_shown("What it finds")
            take("explain")
            await board.press("escape", "ctrl+p")
            await board.until(lambda: len(app.screen_stack) == 2, "the palette")
            app.post_message(events.Paste(EVIL))
            await board.press("x")
            take("palette")
            await board.press("escape", "escape")
            await board.until(lambda: len(app.screen_stack) == 1, "the palette gone")
            await board.press("slash", "space")
            app.post_message(events.Paste(EVIL))
            await board.until_shown("/ [bold]")
            take("filter")
            await board.press("escape")
            await select("FD101", "z[bold]")
            take("code view")
            take("diff")
            await board.press("F")
            await board.until(lambda: len(app.screen_stack) == 2, "the question")
            take("confirm all")
            await board.press("escape", "f")
            await board.until(lambda: app.session.records and not app.jobs.scanning, "the fix")
            await board.press(digit("history"))
            take("history")
            await board.press(digit("live"), "j", "G")
            take("live")
            await board.press("g", "j")
            take("answer")
            app.session.server.asking.add("/static")
            prober.ask(Ask("/static"))
            await board.until(lambda: "/static" in app.session.server.answers, "the answer")
            await board.press("g", "j")
            take("route answer")
            await board.pilot.resize_terminal(40, 10)
            for tab in ("1", "2", "3", "4", "5", "6", "7"):
                await board.press(tab)
                text, wrong = taken(board)
                seen["small"] = text + seen.get("small", ("", []))[0], wrong + seen.get("small", ("", []))[1]
    return seen


@pytest.fixture(scope="module")
def screens(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, tuple[str, list[str]]]]:
    """The screens by name."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("hostile")
        for name in ("FLASKDOCTOR_CACHE_DIR", "FLASKDOCTOR_STATE_DIR", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
            patch.setenv(name, str(folder / name))
        patch.setenv("TERM", "xterm-256color")
        patch.delenv("TMUX", raising=False)
        yield asyncio.run(look(hostile_project(folder)))


@pytest.mark.parametrize("screen", SCREENS)
def test_text_from_outside_is_shown_and_harms_nothing(screens: dict[str, tuple[str, list[str]]], screen: str) -> None:
    text, wrong = screens[screen]
    assert not wrong, "\n".join(wrong)
    for part in SCREENS[screen]:
        assert part in text, text


def test_names_of_ten_thousand_letters_cost_nothing(tmp_path: Path) -> None:
    for name in ("漢" * 10_000, "e\u0301" * 10_000, "x" * 10_000, "\u0301" * 10_000):
        for tail in (False, True):
            cell = _fitted(Content(safe.visible(name)), 20, Column(20, tail=tail))
            assert cell.cell_length == 20
            assert cell_len(cell.plain) == 20


@pytest.mark.parametrize("text", ["क्षि", "e\u0301a\u0308", "漢字かな", "한국어", "\u1112\u1161\u11ab", "ไทย", "ни"])
def test_letters_of_any_script_stay_as_they_are(text: str) -> None:
    assert safe.visible(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("e" + "\u0301" * 5000, "e\u0301\u0301\u0301" + "\\u0301" * 4997),
        ("\u0301", "\\u0301"),
        ("a \u0301", "a \\u0301"),
        ("\u1161", "\\u1161"),
        ("\U0001f3fb", "\\U0001f3fb"),
        ("\ue000\u0378", "\\ue000\\u0378"),
        ("\udcff\x9b\x7f\x00", "\\udcff\\x9b\\x7f\\x00"),
    ],
)
def test_what_does_not_simply_show_itself_is_an_escape(text: str, shown: str) -> None:
    assert safe.visible(text) == shown


def harmless(text: str) -> bool:
    """Whether each of its letters shows itself, on a letter before it."""
    return all(safe.visible(f"a{letter}") == f"a{letter}" for letter in text)


PATHS = [
    "app/config.py:12", "-rf", "a b.py:3", "it's.py", "$(touch x)`touch x`.py", "a\nb;touch x.py", NAME, "\\n'\n",
    "naïve/漢字.py:1", "~/x", "*?[a]", "{a,b}", "#x", "!!", f"a{ESCAPES}{UNSEEN}", "a=b", "\udcff\udcfe1",
]  # fmt: skip


@pytest.mark.parametrize("path", PATHS, ids=range(len(PATHS)))
def test_a_copied_place_is_one_word_of_a_shell_and_no_option(tmp_path: Path, path: str) -> None:
    text = clipboard.pasteable(path)
    assert harmless(text)
    assert not text.startswith("-")
    # The shell writes down what it got: the very path.
    done = subprocess.run(
        ["bash", "-c", f"printf '%s\\0' {text}"], cwd=tmp_path, capture_output=True, check=True, timeout=120
    )
    given = path if not path.startswith("-") else f"./{path}"
    assert os.fsdecode(done.stdout) == f"{given}\0"
    assert not list(tmp_path.iterdir())


def test_a_copied_command_is_one_line_and_each_part_one_word() -> None:
    from flaskdoctor.probe.httpie import curl, httpie

    for line in (httpie("GET", f"http://127.0.0.1:5000/{EVIL}"), curl("GET", f"http://127.0.0.1:5000/{EVIL};id")):
        assert harmless(line)
        assert len(shlex.split(line)) <= 4
        assert MARKUP in line


def test_the_editor_gets_the_very_path_as_one_word() -> None:
    path = f"/shop/{NAME}"
    assert editor.command(path, 3, {"EDITOR": "vim"}) == ["vim", "+3", path]


def test_marks_reach_the_terminal_on_their_letter() -> None:
    shown = Shown()
    shown.want([(0, 0, Strip([Segment("e\u0301x漢\u0308y")]))])
    assert shown.draw(None).endswith("e\u0301x漢\u0308y")
