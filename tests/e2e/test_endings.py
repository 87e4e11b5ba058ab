"""However the dashboard ends, the terminal is as it was, nothing runs on and nothing is half-written."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.e2e.pseudoterminal import PseudoTerminal, gone, processes
from tests.e2e.surroundings import APP, FIXED, command, environment, eventually, small_project
from tests.e2e.tmux import Tmux

DRAWN = ("\x1b[?1049h", "/100")


def started(stack: ExitStack, folder: Path, *before: str, **more: str) -> PseudoTerminal:
    """The dashboard on a small project of its own below ``folder``."""
    folder.mkdir()
    variables = {"TERM": "xterm-256color", "TMPDIR": str(folder), **more}
    program = [*before, *command(str(small_project(folder)))]
    return stack.enter_context(PseudoTerminal(program, environment(folder, **variables)))


def kill(number: signal.Signals) -> Callable[[PseudoTerminal], object]:
    return lambda terminal: terminal.kill(number)


def two_keys(terminal: PseudoTerminal) -> None:
    before = terminal.press("\x03")
    terminal.wait("q quits", since=before)
    terminal.press("q")


# Each with its exit code (minus a signal's number where the signal itself ended the process).
WAYS: dict[str, tuple[Callable[[PseudoTerminal], object], int]] = {
    "q": (lambda terminal: terminal.press("q"), 0),
    "ctrl+c, then q": (two_keys, 0),
    "SIGTERM": (kill(signal.SIGTERM), 143),
    "SIGINT": (kill(signal.SIGINT), 130),
    "SIGQUIT": (kill(signal.SIGQUIT), 131),
    "SIGHUP": (kill(signal.SIGHUP), 129),
    "SIGKILL": (kill(signal.SIGKILL), -9),
    "the terminal is closed": (PseudoTerminal.hang_up, 129),
    "the terminal is closed under nohup": (PseudoTerminal.hang_up, 129),
}


def test_every_ending_leaves_the_terminal_as_it_was_and_nothing_running(tmp_path: Path) -> None:
    with ExitStack() as stack:
        running = {}
        for name in WAYS:
            wrapper = ("sh", "-c", "trap '' HUP; exec \"$@\"", "sh") if "nohup" in name else ()
            running[name] = started(stack, tmp_path / name, *wrapper)
        for terminal in running.values():
            terminal.wait(*DRAWN)
        for name, (end, _) in WAYS.items():
            # The dashboard and the child that scans, when git has ended.
            assert eventually(lambda folder=tmp_path / name: len(processes(folder)) == 2), name  # type: ignore[misc]
            end(running[name])
        for name, (end, code) in WAYS.items():
            assert running[name].wait_for_end() == code, name
            assert gone(tmp_path / name), name
            if end is not PseudoTerminal.hang_up and code != -9:
                assert running[name].left_on() == [], name
            assert sorted(path.name for path in (tmp_path / name).iterdir()) == ["home", "little"], name


BREAKS = """
import sys
from flaskdoctor.cli import run
from flaskdoctor.tui.app import DoctorApp
def broken(*_):
    canary = "s3cret-canary"
    raise RuntimeError(canary)
DoctorApp.PART = broken
run()
"""


def test_an_exception_in_a_key_is_a_message_and_one_at_the_start_an_end_without_traces(tmp_path: Path) -> None:
    root = small_project(tmp_path)

    def started_with(broken: str) -> list[str]:
        return [sys.executable, "-c", BREAKS.replace("PART", broken), str(root)]

    with PseudoTerminal(started_with("do_sort"), environment(tmp_path, TERM="xterm-256color")) as terminal:
        terminal.wait(*DRAWN)
        terminal.wait("RuntimeError", since=terminal.press("2s"))
        terminal.press("q")
        assert terminal.wait_for_end() == 0
    with PseudoTerminal(started_with("compose"), environment(tmp_path, TERM="xterm-256color")) as terminal:
        assert terminal.wait_for_end() == 70
        assert gone(tmp_path)
        assert terminal.left_on() == []
        written = terminal.drain()
    assert b"a bug in flaskdoctor" in written[written.rindex(b"\x1b[?1049l") :]
    assert b"canary" not in written
    log = (tmp_path / "home" / "state" / "flaskdoctor" / "log" / "dashboard.log").read_text()
    assert "RuntimeError" in log
    assert "canary" not in log


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_a_cut_connection_ends_a_walk_through_gits_history_too(tmp_path: Path) -> None:
    """A git whose walk takes minutes, as in a huge repository."""
    slow = tmp_path / "bin" / "git"
    slow.parent.mkdir()
    slow.write_text(f'#!/bin/sh\ncase "$*" in *rev-list*) sleep 300;; *) exec {shutil.which("git")} "$@";; esac\n')
    slow.chmod(0o755)
    with ExitStack() as stack:
        running = {}
        for name in ("closed", "killed"):
            path = os.pathsep.join((str(slow.parent), os.environ["PATH"]))
            terminal = running[name] = started(stack, tmp_path / name, PATH=path)
            subprocess.run(["git", "init", "-q", str(tmp_path / name / "little")], check=True)
        for name in running:
            assert eventually(lambda: any("rev-list" in line for line in processes(tmp_path / name).values()))  # noqa: B023
        running["closed"].hang_up()
        running["killed"].kill(signal.SIGKILL)
        for name, terminal in running.items():
            terminal.wait_for_end()
            assert gone(tmp_path / name), processes(tmp_path / name)


def journal(state: Path) -> Iterator[Path]:
    """The files of the journal below the user's state folder."""
    return (path for path in state.rglob("*") if "journal" in str(path) and path.is_file())


def test_a_cut_connection_leaves_no_fix_half_written(tmp_path: Path) -> None:
    count = 40
    ways = {"closed": PseudoTerminal.hang_up, "killed": kill(signal.SIGKILL), "told": kill(signal.SIGTERM)}
    with ExitStack() as stack:
        running = {}
        for name in ways:
            running[name] = started(stack, tmp_path / name)
            for number in range(count):
                text = APP.replace("/status", f"/status{number}")
                (tmp_path / name / "little" / f"more{number}.py").write_text(text)
        for terminal in running.values():
            terminal.wait(*DRAWN)
            terminal.press("r")
        for terminal in running.values():
            terminal.wait(str(count + 1))
            before = terminal.press("F")
            terminal.wait("leave it", since=before)
        for name, terminal in running.items():
            terminal.press("y")
            state = tmp_path / name / "home" / "state"
            assert eventually(lambda: any(journal(state)), 0.002), sorted(state.rglob("*"))  # noqa: B023
            ways[name](terminal)
        for name, terminal in running.items():
            terminal.wait_for_end()
            assert gone(tmp_path / name)
            root = tmp_path / name / "little"
            states = set()
            for number in range(count):
                text = (root / f"more{number}.py").read_text().replace(f"/status{number}", "/status")
                assert text in (APP, FIXED)
                states.add(text)
            assert len(states) == 1, "all of it, or nothing"
            names = {path.name for path in root.iterdir()}
            assert names == {"app.py", "requirements.txt", *(f"more{number}.py" for number in range(count))}


@pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")
def test_the_end_of_the_tmux_server_is_the_end_of_the_dashboard(tmp_path: Path) -> None:
    root = small_project(tmp_path)
    with Tmux(command(str(root)), root, environment(tmp_path)) as terminal:
        terminal.wait("Overview", "/100")
        assert processes(tmp_path)
        terminal.kill()
        assert gone(tmp_path), processes(tmp_path)
