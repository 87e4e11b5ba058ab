"""How much the real program writes to a real terminal: nothing while nothing happens, and little for a key."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.benchmarks.terminal import Terminal
from tests.e2e.surroundings import command, environment, nobody, small_project
from tests.flaskserver import flask_run

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals")

IDLE = 2.5  # seconds: a cursor blinks twice a second, the files are looked at every second
MINUTE = 200  # bytes at most beside a server that is as it was
ROW = 2048  # bytes at most for a cursor that moves a row
TAB = 6000  # and for a tab at 80x24
ESCAPE, PALETTE = "\x1b", "\x10"
MORE = """\
from flask import Flask, jsonify

app = Flask(__name__)


@app.get("/orders")
def orders():
    return jsonify({"orders": []})
"""

# What stands in each tab, for this project.
SHOWN = {
    "1": "Do these first",
    "2": "jsonify() is not needed",
    "3": "no .env file",
    "4": "The project is in a git repository",
    "5": "Live server",
    "6": "/orders",
    "7": "no fix was applied",
}
# Keys, what then stands on the screen, and the key that ends it. One program goes through each line's.
STATES = (
    [(tab, SHOWN[tab], "") for tab in "123"],
    [(tab, SHOWN[tab], "") for tab in "456"],
    [("7", SHOWN["7"], ""), ("x", "no finding is selected", ""), ("?", "Look", ESCAPE), (PALETTE, "Search", ESCAPE)],
    [("2", "- from flask import Flask, jsonify", ""), ("x", "Why it matters", ESCAPE), ("/", "/words, tip:3", ESCAPE)],
)


def falls_silent(terminal: Terminal, states: Sequence[tuple[str, str, str]]) -> None:
    """In each state nothing is written any more while nothing happens. How long what the keys brought about takes
    depends on how busy the machine is."""
    terminal.wait("/100", "down")
    for keys, shown, leave in states:
        terminal.press(*keys)
        terminal.wait(shown)
        terminal.settle(IDLE)
        if leave:
            terminal.press(leave)
            terminal.until_gone(shown)


@pytest.fixture
def terminals(tmp_path: Path) -> Iterator[Callable[..., Terminal]]:
    """Starts the program over a project of its own, with a word or two more on its command line."""
    with ExitStack() as stack:

        def start(*arguments: str) -> Terminal:
            folder = tmp_path / f"run-{len(os.listdir(tmp_path))}"
            folder.mkdir()
            root = small_project(folder)
            (root / "more.py").write_text(MORE)
            own = environment(folder, TERM="xterm-256color", COLORTERM="truecolor")
            return stack.enter_context(Terminal(command(str(root), *arguments), root, own))

        yield start


def test_an_idle_dashboard_writes_nothing(tmp_path: Path, terminals: Callable[..., Terminal]) -> None:
    (tmp_path / "server").mkdir()
    (tmp_path / "server" / "app.py").write_text(MORE)
    with flask_run(tmp_path / "server") as url, ThreadPoolExecutor(len(STATES)) as pool:
        beside = terminals("--url", url)
        silent = [pool.submit(falls_silent, terminals(*nobody()), states) for states in STATES]
        beside.wait("up", "/100")
        beside.press("5")
        beside.wait("X-Content-Type-Options")
        beside.settle(IDLE)
        before = beside.written
        for each in silent:
            each.result()
        # The server is as it was; a busy machine may make it slower, which is told.
        assert beside.written - before < MINUTE


def test_a_key_costs_little(terminals: Callable[..., Terminal]) -> None:
    """On a busy machine what one key brought about may be written when the next one is counted: the best of some tries
    counts."""
    for _ in range(4):
        tabs, rows = costs(terminals(*nobody()))
        if max(tabs.values()) <= TAB and max(map(max, rows.values())) <= ROW:
            break
    assert {tab: count for tab, count in tabs.items() if count > TAB} == {}
    assert {tab: counts for tab, counts in rows.items() if max(counts) > ROW} == {}
    assert max(map(max, rows.values())) > 100, "something was counted"


def costs(terminal: Terminal) -> tuple[dict[str, int], dict[str, list[int]]]:
    """The bytes that come of a tab's key, and of a cursor that moves a row down and up."""
    terminal.wait("/100")
    terminal.settle(1.0)
    tabs = {}
    for when, order in (("first", "234567"), ("again", "1234567")):
        for tab in order:
            before = terminal.written
            terminal.press(tab)
            terminal.wait(SHOWN[tab])
            terminal.settle(0.4)
            tabs[f"{tab} {when}"] = terminal.written - before
    rows = {}
    for tab in "1246":
        terminal.press(tab)
        terminal.wait(SHOWN[tab])
        terminal.settle(0.4)
        rows[tab] = [terminal.cost("j", calm=0.5), terminal.cost("k", calm=0.5)]
    return tabs, rows


# Parts of Textual that may be gone with its next version, and one that may fail while it is used.
CHANGES = (
    "import sys, types, textual.app, textual.screen; sys.modules['textual._compositor'] = types.ModuleType('gone')",
    "import flaskdoctor.tui.quiet as quiet; quiet._of_chops = lambda update: update.gone",
)


def test_with_a_textual_that_has_changed_the_dashboard_is_drawn_as_textual_draws(tmp_path: Path) -> None:
    project = small_project(tmp_path)
    with ExitStack() as stack:
        terminals = []
        for number, change in enumerate(CHANGES):
            run = [sys.executable, "-c", f"{change}\nfrom flaskdoctor.cli import run\nrun()", str(project)]
            own = environment(tmp_path / str(number), TERM="xterm-256color")
            terminals.append(stack.enter_context(Terminal(run, project, own)))
        for number, terminal in enumerate(terminals):
            terminal.wait("/100", "Do these first")
            terminal.press("2")
            terminal.wait("Findings", "jsonify() is not needed", "- from flask import Flask, jsonify")
            assert "Textual has changed" in "".join(map(Path.read_text, (tmp_path / str(number)).rglob("*.log")))
