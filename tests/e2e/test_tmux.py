"""The real program in a real terminal: tmux, 80x24 and smaller."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.e2e.surroundings import APP, FIXED, PATIENCE, command, environment, eventually, small_project
from tests.e2e.tmux import Tmux

needs_tmux = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")


# Each tab and what stands in it for this project: words of its own content, not of its label.
TABS = (
    ("Env", "no .env file"),
    ("Git", "Git ignores .env"),
    ("History", "no fix was applied"),
    ("Overview", "Do these first"),
)


def digit_of(title: str, screen: str) -> str:
    """The key that the tab bar gives to a tab."""
    found = re.search(rf"(\d) {title}", screen)
    assert found, screen
    return found[1]


@needs_tmux
def test_a_finding_is_fixed_with_one_key_and_taken_back_with_another(tmp_path: Path) -> None:
    root = small_project(tmp_path)
    app = root / "app.py"
    with Tmux(command(str(root)), root, environment(tmp_path)) as terminal:
        terminal.wait("Overview", "/100")
        for title, content in TABS:
            terminal.press(digit_of(title, terminal.screen()))
            terminal.wait(content)
        terminal.press("2")
        terminal.wait("FD101", "app.py:9", "- from flask import Flask, jsonify")
        terminal.press("f")
        assert eventually(lambda: app.read_bytes() == FIXED.encode())
        terminal.wait("nothing was found")
        terminal.press("z")
        assert eventually(lambda: app.read_bytes() == APP.encode())
        terminal.wait("FD101", without=["nothing was found"])
        terminal.press("q")
        assert terminal.wait_for_end() == 0
    assert sorted(path.name for path in root.iterdir()) == ["app.py", "requirements.txt"]


@needs_tmux
def test_a_very_small_terminal_shows_what_matters(tmp_path: Path) -> None:
    root = small_project(tmp_path)
    with Tmux(command(str(root)), root, environment(tmp_path), columns=40, lines=10) as terminal:
        terminal.wait("100")
        terminal.press("2")
        terminal.wait("jsonify() is not needed")
        terminal.press("q")
        assert terminal.wait_for_end() == 0


@needs_tmux
def test_a_dumb_terminal_gets_the_report(tmp_path: Path) -> None:
    root = small_project(tmp_path)
    with Tmux(command(str(root)), root, environment(tmp_path, TERM="dumb")) as terminal:
        assert terminal.wait_for_end() in (0, 1)
        assert "app.py:9" in terminal.screen()


def test_without_a_terminal_the_report_is_printed(tmp_path: Path) -> None:
    root = small_project(tmp_path)
    done = subprocess.run(
        command(str(root)),
        env=environment(tmp_path),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert "app.py:9" in done.stdout
    assert "FD101" in done.stdout
    assert "terminal" in done.stderr
    assert "\x1b" not in done.stdout
