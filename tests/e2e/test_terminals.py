"""Every tab in the terminals there are, each with no more colours and characters than it has; and another size."""

import re
import shutil
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.e2e.pseudoterminal import PseudoTerminal
from tests.e2e.surroundings import command, environment, nobody, small_project
from tests.e2e.test_tmux import TABS, digit_of, eventually
from tests.e2e.tmux import Tmux

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")

SGR = re.compile(rb"\x1b\[([\d;:]*)m")
NOTHING_LEFT = "alternate=0 mouse=0 cursor=1 wrap=1"

# What is drawn with at most: "" no colour at all, "16", "256".
TERMINALS = {
    "screen": ({"TERM": "screen"}, "16"),
    "screen-256color": ({"TERM": "screen-256color"}, "256"),
    "xterm": ({"TERM": "xterm"}, "16"),
    "linux": ({"TERM": "linux"}, "16"),
    "vt100": ({"TERM": "vt100"}, ""),
    "NO_COLOR": ({"TERM": "tmux-256color", "NO_COLOR": "1"}, ""),
    "LANG=C": ({"TERM": "tmux-256color", "LANG": "C"}, "256"),
    "no locale": ({"TERM": "tmux-256color", "LANG": ""}, "256"),
}
ASCII = {"linux", "LANG=C"}


def colours(written: bytes) -> set[str]:
    """The kinds of colours in what was written: "16", "256", "24 bit"."""
    found = set()
    for parameters in SGR.findall(written):
        numbers = [int(number or 0) for number in re.split(rb"[;:]", parameters)]
        while numbers:
            number = numbers.pop(0)
            if number in (38, 48):
                kind, length = ("24 bit", 4) if numbers[0] == 2 else ("256", 2)
                del numbers[:length]
                found.add(kind)
            elif 30 <= number <= 49 or 90 <= number <= 107:
                found.add("16")
    return found


def silent(terminal: Tmux) -> bool:
    """Whether nothing is written for a while, in which the project and the server are looked at."""
    before = len(terminal.written())
    time.sleep(1.5)
    return len(terminal.written()) == before


def test_every_terminal_shows_every_tab_in_what_it_has(tmp_path: Path) -> None:
    allowed = {"": set(), "16": {"16"}, "256": {"16", "256"}}
    with ExitStack() as stack:
        running: dict[str, Tmux] = {}
        for name, (variables, _) in TERMINALS.items():
            folder = tmp_path / name
            folder.mkdir()
            root = small_project(folder)
            running[name] = stack.enter_context(Tmux(command(str(root)), root, environment(folder, **variables)))
        for name, terminal in running.items():
            terminal.wait("Overview", "/100")
            for title, content in TABS:
                terminal.press(digit_of(title, terminal.screen()))
                screen = terminal.wait(content)
                assert "\\u" not in screen, (name, screen)
            terminal.press("q")
        for name, terminal in running.items():
            assert terminal.wait_for_end() == 0
            written = terminal.written()
            assert colours(written) <= allowed[TERMINALS[name][1]], name
            assert b"\x1b[?1049l" in written, name
            assert written.isascii() is (name in ASCII), name
            modes = "alternate=#{alternate_on} mouse=#{mouse_any_flag} cursor=#{cursor_flag} wrap=#{wrap_flag}"
            assert terminal.ask(modes) == NOTHING_LEFT, name


def test_any_size_and_any_client_gets_the_whole_picture(tmp_path: Path) -> None:
    root = small_project(tmp_path)
    with Tmux(command(str(root), *nobody()), root, environment(tmp_path)) as terminal:
        picture = terminal.until(lambda screen: "/100" in screen and "down" in screen, "the whole picture")
        for columns, lines, text in ((40, 10, "100"), (200, 60, "The eleven tips")):
            terminal.resize(columns, lines)
            terminal.wait(text)
        terminal.resize(80, 24)
        terminal.until(lambda screen: screen == picture, f"the same in a smaller one:\n{picture}")
        terminal.resize(1, 1)
        for step in range(30):
            terminal.resize(1 + step * 53 % 150, 1 + step * 29 % 60)
        terminal.resize(80, 24)
        terminal.until(lambda screen: screen == picture, f"the same as before:\n{picture}")

        attach, variables = terminal.attach()
        with PseudoTerminal(attach, variables, columns=110, lines=30) as client:
            client.wait("Overview")
            terminal.until(lambda screen: len(screen.splitlines()[2].rstrip()) == 110, "110 columns")
            terminal.press("2")
            client.wait("FD101")
            terminal.detach()
            assert client.wait_for_end() == 0
            assert client.left_on() == []
        terminal.wait("FD101", "- from flask import Flask, jsonify")  # the last that comes
        assert eventually(lambda: silent(terminal)), terminal.screen()
        terminal.press("q")
        assert terminal.wait_for_end() == 0
