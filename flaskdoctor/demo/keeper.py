"""Keeps the sample's server only as long as the dashboard lives: run as a script, beside both.

    python keeper.py FOLDER COMMAND ..

The dashboard holds the other end of this process's standard input and never writes to it. When that end closes,
however the dashboard ended, the server is stopped with all its processes (Flask's reloader has a second one). Where
the dashboard was killed and could not tidy up, FOLDER is deleted too.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time

_PATIENCE = 1.0  # seconds for a server to end by itself
_HEAD_START = 0.4  # seconds for the dashboard's first picture, which needs the processor too


def keep(folder: str, command: list[str]) -> None:
    """Run ``command`` until standard input ends."""
    parent = os.getppid()
    over = threading.Event()
    threading.Thread(target=_wait_for_the_end, args=(over,), daemon=True).start()
    if not over.wait(_HEAD_START):
        # A group of its own, so that it can be ended with all that it starts.
        if hasattr(os, "setpgid"):
            server = subprocess.Popen(command, stdin=subprocess.DEVNULL, process_group=0)
        else:
            server = subprocess.Popen(command, stdin=subprocess.DEVNULL, creationflags=0x00000200)
        # Somebody has to take note of a server that ends by itself, or it stays behind as a zombie.
        threading.Thread(target=server.wait, daemon=True).start()
        over.wait()
        stop(server)
    if os.getppid() != parent:
        shutil.rmtree(folder, ignore_errors=True)


def _wait_for_the_end(over: threading.Event) -> None:
    with contextlib.suppress(OSError):
        while os.read(0, 1024):
            pass
    over.set()


def stop(server: subprocess.Popen[bytes]) -> None:
    """End the server and what it started."""
    if not hasattr(os, "killpg"):
        subprocess.run(["taskkill", "/F", "/T", "/PID", str(server.pid)], capture_output=True, check=False)
        return
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(OSError):
            os.killpg(server.pid, number)
        end = time.monotonic() + _PATIENCE
        while time.monotonic() < end and _alive(server.pid):
            time.sleep(0.01)


def _alive(group: int) -> bool:
    """Whether a process of the group is left."""
    try:
        os.killpg(group, 0)
    except OSError:
        return False
    return True


if __name__ == "__main__":
    keep(sys.argv[1], sys.argv[2:])
