"""Keeps a server only as long as the dashboard lives: run as a script, beside both.

    python keeper.py FOLDER COMMAND ..

The dashboard holds the other end of this process's standard input and never writes to it. When that end closes,
however the dashboard ended, the server is stopped with all its processes (Flask's reloader has a second one). Where
the dashboard was killed and could not tidy up, FOLDER is deleted too; ``-`` stands for none. A server that ends by
itself ends this process with its exit code, unless there is a FOLDER to look after.
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
NOT_STARTED = 127  # the exit code where the command cannot be run


def keep(folder: str, command: list[str]) -> int:
    """Run ``command`` until it ends or standard input does; its exit code."""
    parent = os.getppid()
    over = threading.Event()
    threading.Thread(target=_wait_for_the_end, args=(over,), daemon=True).start()
    # A group of its own, so that it can be ended with all that it starts.
    group: dict[str, int] = {"process_group": 0} if hasattr(os, "setpgid") else {"creationflags": 0x00000200}
    try:
        server = subprocess.Popen(command, stdin=subprocess.DEVNULL, **group)  # type: ignore[call-overload]
    except OSError as error:
        print(f"{command[0]} cannot be run: {error.strerror}", flush=True)
        return NOT_STARTED

    def wait() -> None:
        server.wait()  # or it stays behind as a zombie
        if folder == "-":
            over.set()

    threading.Thread(target=wait, daemon=True).start()
    over.wait()
    ended = server.poll()
    stop(server)
    if folder != "-" and os.getppid() != parent:
        shutil.rmtree(folder, ignore_errors=True)
    return ended or 0


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
    code = keep(sys.argv[1], sys.argv[2:])
    os._exit(code if code >= 0 else 128 - code)
