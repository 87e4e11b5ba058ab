"""The terminal is handed over and taken back: to the editor, to the shell, and what is copied to other programs."""

import base64
import shlex
import shutil
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.e2e.pseudoterminal import PseudoTerminal
from tests.e2e.surroundings import command, environment, small_project
from tests.e2e.tmux import Tmux

needs_tmux = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")


@needs_tmux
@pytest.mark.skipif(shutil.which("vim") is None, reason="vim is not installed")
def test_vim_and_the_shell_get_the_terminal_and_give_it_back(tmp_path: Path) -> None:
    folder = tmp_path / "a b"
    folder.mkdir()
    root = small_project(folder)
    with Tmux(
        ["sh"], root, environment(tmp_path, EDITOR="vim -N -u NONE --cmd 'set ruler shortmess+=F'", PS1="$ ")
    ) as terminal:
        terminal.press(shlex.join(command(str(root))), "Enter")
        terminal.wait("Overview", "/100")
        terminal.press("2")
        terminal.wait("- from flask import Flask, jsonify")

        terminal.press("e")
        terminal.wait("9,5", "~")
        assert terminal.ask("#{mouse_any_flag}") == "0"
        terminal.press("C-z")  # vim takes the dashboard along
        terminal.wait("$ ", without=["Findings"])
        terminal.press("fg", "Enter")
        terminal.wait("9,5", "~")
        terminal.press("O", "# looked at", "Escape", ":wq", "Enter")
        terminal.wait("app.py:10", "# looked at", "F fix all safe")  # all of it, and with the new line

        terminal.press("C-z")
        terminal.wait("$ ", without=["Findings"])
        assert terminal.ask("#{alternate_on} #{mouse_any_flag} #{cursor_flag}") == "0 0 1"
        terminal.press("echo 'out of' it", "Enter")
        terminal.wait("out of it")
        terminal.press("fg", "Enter")
        terminal.wait("Findings", "app.py:10", "F fix all safe")
        terminal.press("q")
        terminal.wait("$ ", without=["Findings"])
        terminal.press("echo code=$?", "Enter")
        terminal.wait("code=0")
        terminal.press("exit", "Enter")
        assert terminal.wait_for_end() == 0


EDITORS = {
    "/nowhere/editor": "The editor could not be started: No such file or directory",
    "sh -c 'stty raw -echo; exit 3'": "The editor ended with exit code 3",
    "sh -c 'kill -9 $$'": "The editor was ended by signal 9",
}


def test_an_editor_that_fails_leaves_the_dashboard_and_the_terminal_in_order(tmp_path: Path) -> None:
    with ExitStack() as stack:
        running = {}
        for number, editor in enumerate(EDITORS):
            folder = tmp_path / str(number)
            folder.mkdir()
            variables = environment(folder, TERM="xterm-256color", EDITOR=editor)
            terminal = PseudoTerminal(command(str(small_project(folder))), variables)
            running[editor] = stack.enter_context(terminal)
        for editor, terminal in running.items():
            terminal.wait("/100")
            terminal.wait("jsonify", since=terminal.press("2"))
            terminal.wait(EDITORS[editor], since=terminal.press("e"))
            terminal.wait("eleven", since=terminal.press("1"))
            terminal.press("q")
            assert terminal.wait_for_end() == 0
            assert terminal.left_on() == []


@needs_tmux
def test_what_is_copied_inside_tmux_arrives_in_its_buffer(tmp_path: Path) -> None:
    root = small_project(tmp_path)
    with Tmux(["env", f"TMUX_TMPDIR={tmp_path}", *command(str(root))], root, environment(tmp_path)) as terminal:
        terminal.wait("/100")
        terminal.press("2")
        terminal.wait("FD101")
        terminal.press("c")
        terminal.wait("Copied app.py:9 to the tmux buffer")
        assert terminal.buffer() == "app.py:9"
        terminal.press("q")
        assert terminal.wait_for_end() == 0


# What the terminal is, and what the message says of the copy.
COPIES = {
    "plain": ({"TERM": "xterm-256color"}, "to the terminal's clipboard (OSC 52)"),
    "stale": ({"TERM": "xterm-256color", "TMUX": "/nowhere/default,1,0"}, "(OSC 52), for tmux did not take it"),
    "console": ({"TERM": "linux"}, "copied.txt"),
}


def test_what_is_copied_elsewhere_arrives_too_and_the_message_says_where(tmp_path: Path) -> None:
    with ExitStack() as stack:
        running = {}
        for name, (variables, _) in COPIES.items():
            folder = tmp_path / name
            folder.mkdir()
            program = command(str(small_project(folder)))
            running[name] = stack.enter_context(PseudoTerminal(program, environment(folder, **variables)))
        for name, terminal in running.items():
            terminal.wait("/100")
            terminal.wait("FD101", since=terminal.press("2"))
            terminal.wait(COPIES[name][1], since=terminal.press("c"))
            sent = b"\x1b]52;c;" + base64.b64encode(b"app.py:9") in terminal.seen()
            assert sent is (name != "console")
            terminal.press("q")
            assert terminal.wait_for_end() == 0
    assert (tmp_path / "console" / "home" / "cache" / "flaskdoctor" / "copied.txt").read_text() == "app.py:9\n"
