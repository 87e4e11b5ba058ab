"""What the end-to-end tests share: a small project, and an environment of its own for the program."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.ports import free_port

PATIENCE = 120.0  # seconds; a limit for what has gone wrong, on the slowest machine

APP = """\
from flask import Flask, jsonify

app = Flask(__name__)


@app.get("/status")
def status():
    # asked by the load balancer
    return jsonify({"status": "fine"})
"""

FIXED = APP.replace("import Flask, jsonify", "import Flask").replace(
    'return jsonify({"status": "fine"})', 'return {"status": "fine"}'
)


def small_project(folder: Path) -> Path:
    """A project in which one finding can be fixed without risk (FD101 in ``app.py``), and its root."""
    root = folder / "little"
    root.mkdir()
    (root / "app.py").write_bytes(APP.encode())
    (root / "requirements.txt").write_text("flask==3.1.0\n")
    return root


def command(*arguments: str) -> list[str]:
    """The command that runs the program with the Python of the tests."""
    return [sys.executable, "-m", "flaskdoctor", *arguments]


def nobody() -> tuple[str, str]:
    """The option that names a server which does not run: one may at Flask's usual port."""
    return "--url", f"http://127.0.0.1:{free_port()}"


def environment(folder: Path, **more: str) -> Mapping[str, str]:
    """An environment in which the program keeps everything below ``folder``; nothing of the user's."""
    repository = Path(__file__).resolve().parents[2]
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder / "home"),
        "XDG_CACHE_HOME": str(folder / "home" / "cache"),
        "XDG_STATE_HOME": str(folder / "home" / "state"),
        "XDG_CONFIG_HOME": str(folder / "home" / "config"),
        "PYTHONPATH": str(repository),
        "LANG": "C.UTF-8",
        **more,
    }


def eventually(holds: Callable[[], object], pause: float = 0.05) -> bool:
    """Whether ``holds()`` within a while."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(pause)
    return True
