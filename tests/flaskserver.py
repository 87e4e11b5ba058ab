"""A real ``flask run`` beside a test, on a free loopback port."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.ports import free_port

PATIENCE = 120.0  # seconds; a limit for what has gone wrong, on the slowest machine


@contextmanager
def flask_run(folder: Path, *arguments: str, **environ: str) -> Iterator[str]:
    """Run the project's app, and end it with all its children; gives its URL. The server's log is ``server.log`` beside
    the folder."""
    port = free_port()
    command = [sys.executable, "-m", "flask", "run", "--port", str(port), *arguments]
    with (folder.parent / "server.log").open("wb") as log:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **environ},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        _wait(port, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        assert process.poll() is None, "flask run ended by itself"
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("flask run does not listen")
