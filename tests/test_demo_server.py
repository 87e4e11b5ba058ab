"""The sample's server beside the dashboard: it answers, shows what a fix changed, and is gone when the dashboard is."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import shutil
import signal
import socket
import struct
import subprocess
import termios
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from http.client import HTTPException
from pathlib import Path

import pytest

from flaskdoctor.demo import make_demo
from flaskdoctor.demo.server import demo_server
from flaskdoctor.devserver.process import DevServer
from tests.e2e.surroundings import command, environment
from tests.e2e.tmux import Tmux
from tests.ports import free_port
from tests.reloading import Saved

PATIENCE = 120.0


def until(condition: Callable[[], object], what: str) -> None:
    """Wait until ``condition`` holds."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.05)


def listens(port: int) -> bool:
    """Whether somebody does on this port of this machine."""
    with socket.socket() as probe:
        probe.settimeout(2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def get(port: int, path: str = "/") -> tuple[int, str]:
    """Status and body of a GET."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def port_of(server: DevServer) -> int:
    """Where it answers."""
    return int(server.command.url.rpartition(":")[2])


class Terminal:
    """``flaskdoctor --demo`` in a terminal of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "tmp"
        self.folder.mkdir()
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        surroundings = dict(environment(folder, TERM="xterm-256color", TMPDIR=str(self.folder)))
        self.process = subprocess.Popen(
            command("--demo"),
            env=surroundings,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(slave)
        self.written = b""
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        """Without waiting in ``read``, which would keep the terminal open however often it is closed."""
        with contextlib.suppress(OSError, ValueError):
            while True:
                if select.select([self.master], [], [], 0.05)[0]:
                    self.written += os.read(self.master, 65536)

    def port(self) -> int:
        """The server's port, when it runs."""
        found: list[int] = []

        def running() -> bool:
            found.extend(int(port) for port in re.findall(rb"127\.0\.0\.1:(\d{4,5})", self.written))
            return bool(found) and listens(found[0]) and b"FD331" in self.written

        until(running, f"the server and the first scan: {self.written[-2000:]!r}")
        return found[0]

    def close(self) -> None:
        """Close the window."""
        with contextlib.suppress(OSError):
            os.close(self.master)
        self.master = -1

    def end(self) -> None:
        """Leave nothing behind."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self.master >= 0:
            self.close()


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    opened = Terminal(tmp_path)
    yield opened
    opened.end()


def press_q(terminal: Terminal) -> None:
    os.write(terminal.master, b"q")


ENDS: dict[str, Callable[[Terminal], None]] = {
    "q": press_q,
    "SIGINT": lambda terminal: terminal.process.send_signal(signal.SIGINT),
    "SIGTERM": lambda terminal: terminal.process.send_signal(signal.SIGTERM),
    "SIGHUP": lambda terminal: terminal.process.send_signal(signal.SIGHUP),
    "SIGKILL": lambda terminal: terminal.process.send_signal(signal.SIGKILL),
    "closed terminal": Terminal.close,
}


@pytest.mark.parametrize("how", ENDS)
def test_server_and_sample_are_gone_however_the_dashboard_ends(terminal: Terminal, how: str) -> None:
    port = terminal.port()
    status, page = get(port)
    assert status == 200
    assert "Teapot" in page
    ENDS[how](terminal)
    until(lambda: terminal.process.poll() is not None, "the dashboard ends")
    until(lambda: not listens(port), "the server is gone")
    until(lambda: not list(terminal.folder.iterdir()), "the sample's folder is gone")


def test_a_dashboard_that_crashes_leaves_no_server(tmp_path: Path) -> None:
    root = make_demo(tmp_path / "demo")
    running = demo_server(root, free_port())

    def crash() -> None:
        with running:
            until(lambda: listens(port_of(running)), "the server is up")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        crash()
    assert not listens(port_of(running))


def test_a_change_of_the_sample_is_seen_in_the_server(tmp_path: Path) -> None:
    root = make_demo(tmp_path / "demo")
    with demo_server(root, free_port()) as running:
        until(lambda: listens(port_of(running)), "the server is up")
        assert get(port_of(running), "/nowhere")[0] == 200  # the sample's error handler forgets the status
        handler = root / "shop" / "__init__.py"
        text = handler.read_text()
        saved = Saved(handler, text.replace('"errors/404.html")', '"errors/404.html"), 404'))

        def reloaded() -> bool:
            saved.again()
            try:
                return get(port_of(running), "/nowhere")[0] == 404
            except (OSError, HTTPException):  # the process that answered was replaced meanwhile
                return False

        until(reloaded, "the answer after the change")


def test_the_running_sample_has_live_findings(tmp_path: Path) -> None:
    root = make_demo(tmp_path / "demo")
    with demo_server(root, free_port()) as running:
        until(lambda: listens(port_of(running)), "the server is up")
        done = subprocess.run(
            command("--check", "--url", running.command.url, "--select", "tip:8", str(root)),
            env=dict(environment(tmp_path)),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    found = set(re.findall(r"FD\d+", done.stdout))
    assert found >= {"FD804", "FD810", "FD818", "FD821", "FD822"}, done.stdout


def test_the_users_environment_does_not_reach_the_sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLASK_APP", "elsewhere")
    monkeypatch.setenv("FLASK_RUN_PORT", "1")
    monkeypatch.setenv("SHOP_CONFIG", "nonsense")
    root = make_demo(tmp_path / "demo")
    with demo_server(root, free_port()) as running:
        until(lambda: listens(port_of(running)), "the server is up")
        assert get(port_of(running))[0] == 200


@pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")
def test_without_flask_the_demo_opens_and_live_says_why(tmp_path: Path) -> None:
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    (hidden / "sitecustomize.py").write_text(
        "import importlib.util\n\nplain = importlib.util.find_spec\n"
        "importlib.util.find_spec = lambda name, package=None: None if name == 'flask' else plain(name, package)\n"
    )
    surroundings = dict(environment(tmp_path, TMPDIR=str(tmp_path)))
    surroundings["PYTHONPATH"] += f"{os.pathsep}{hidden}"
    with Tmux(command("--demo"), tmp_path, surroundings) as pane:
        pane.wait("FD331")
        pane.press("5")
        pane.wait("Flask is not installed beside flaskdoctor", "'flaskdoctor[demo]'")
        pane.press("q")
        pane.until(lambda _: pane.ended() == 0, "the end")


def test_check_starts_no_server(tmp_path: Path) -> None:
    done = subprocess.run(
        command("--demo", "--check"),
        env=dict(environment(tmp_path, TMPDIR=str(tmp_path))),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1
    assert "FD331" in done.stdout
    assert not [path for path in tmp_path.iterdir() if path.name.startswith("flaskdoctor-demo-")]
