"""Servers that really run, on free ports of this machine."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

import flaskdoctor
from flaskdoctor.probe.observation import Target
from tests.ports import free_port

PATIENCE = 120.0  # seconds; a limit for what has gone wrong, on the slowest machine

# Elsewhere nobody sees which process listens where.
linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /proc")

SHOP = """\
from flask import Flask, session

app = Flask(__name__)
app.secret_key = "dev"


@app.get("/")
def index():
    session["basket"] = [1, 2]
    session["access_token"] = "canary-token"
    return "<h1>Shop</h1>"


@app.get("/about/us")
def about():
    return {"us": 1}
"""


def target_of(port: int, *, given: bool = True) -> Target:
    """A server of this machine, as a user names it."""
    return Target("http", "127.0.0.1", port, "--url", given=given)


def accepts(port: int) -> bool:
    """Whether somebody listens at a port."""
    try:
        socket.create_connection(("127.0.0.1", port), 5).close()
    except OSError:
        return False
    return True


def wait_until(true: Callable[[], bool], seconds: float = PATIENCE) -> None:
    """Wait for something to become true."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


@contextmanager
def process(folder: Path, *words: str, port: int, wait: bool = True) -> Iterator[subprocess.Popen[bytes]]:
    """A server's process in a folder, up when this is entered (unless nobody shall ``wait``); its output is in
    ``server.log`` beside the folder."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("FLASK_", "WERKZEUG_", "PYTEST"))
    }
    environment |= {"PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    with (folder.parent / "server.log").open("wb") as log:
        running = subprocess.Popen(
            [sys.executable, "-m", *words],
            cwd=folder,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            if wait:
                wait_until(lambda: accepts(port))
            yield running
        finally:
            with suppress(ProcessLookupError):
                os.killpg(running.pid, signal.SIGKILL)
            running.wait()


@contextmanager
def flask_run(folder: Path, *options: str, port: int | None = None, source: str = SHOP) -> Iterator[int]:
    """``flask run`` on ``app.py`` of a folder."""
    folder.mkdir(exist_ok=True)
    if not (folder / "app.py").exists():
        (folder / "app.py").write_text(source)
    port = port or free_port()
    if "--debug" in options:
        # Its reloader would watch this very checkout as well.
        options = (*options, "--exclude-patterns", str(Path(flaskdoctor.__file__).parents[1] / "*"))
    with process(folder, "flask", "run", "-p", str(port), *options, port=port):
        yield port


def log_of(folder: Path) -> str:
    """What the server of a folder wrote."""
    return (folder.parent / "server.log").read_text(errors="replace")


@contextmanager
def sockets(handle: Callable[[socket.socket, bytes], None], *, reads: bool = True) -> Iterator[int]:
    """A server that hands each connection, and what came first on it, to ``handle``."""
    listening = socket.create_server(("127.0.0.1", 0))
    listening.settimeout(0.1)
    over = threading.Event()

    def serve(connection: socket.socket) -> None:
        with connection:
            connection.settimeout(60)
            try:
                request = connection.recv(65536) if reads else b""
                handle(connection, request)
            except OSError:
                return

    def accept() -> None:
        while not over.is_set():
            try:
                connection, _ = listening.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            if over.is_set():
                connection.close()
                return
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield int(listening.getsockname()[1])
    finally:
        over.set()
        with suppress(OSError):
            socket.create_connection(listening.getsockname(), 1).close()  # wakes the thread
        thread.join()
        listening.close()


def answering(head: str, body: bytes = b"", status: str = "200 OK") -> Callable[[socket.socket, bytes], None]:
    """An answer that is the same for every request."""

    def handle(connection: socket.socket, request: bytes) -> None:
        connection.sendall(f"HTTP/1.1 {status}\r\n{head}Connection: close\r\n\r\n".encode("latin-1") + body)

    return handle
