"""Running a command and measuring it from outside: its time, its peak memory, its first full frame."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

PEAK = Path(__file__).with_name("peak.py")
ESCAPES = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\^_=>])")


def seconds(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> float:
    """How long ``command`` takes from its start to its end. Raises ``RuntimeError`` when it crashed."""
    started = time.perf_counter()
    _finish(command, folder, environment)
    return time.perf_counter() - started


def peak_megabytes(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> float:
    """The most memory that ``command``, or any one child of it, held. Raises ``RuntimeError`` when it crashed."""
    return int(_finish([sys.executable, "-S", str(PEAK), *command], folder, environment)) / 1e6


def _finish(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> bytes:
    done = subprocess.run(command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True)
    if done.returncode not in (0, 1):  # 1: there are findings
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}\n{done.stderr.decode()}")
    return done.stdout


def first_frame(
    command: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    marks: Sequence[bytes],
    patience: float = 30.0,
) -> float:
    """Seconds from the start of ``command`` in a terminal of 80x24 until all ``marks`` stand on the screen.

    The program is then asked to quit with ``q``, and killed when it does not.
    Raises ``RuntimeError`` when the marks do not come.
    """
    parent, child = pty.openpty()
    fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    started = time.perf_counter()
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdin=child,
        stdout=child,
        stderr=child,
        start_new_session=True,
    )
    os.close(child)
    seen = b""
    try:
        while True:
            seen += _read(parent, started + patience)
            text = ESCAPES.sub(b"", seen)
            if all(mark in text for mark in marks):
                return time.perf_counter() - started
    except OSError:
        raise RuntimeError(f"{' '.join(command)} never showed {marks!r}:\n{seen[-2000:]!r}") from None
    finally:
        _quit(process, parent)
        os.close(parent)


def _read(terminal: int, deadline: float) -> bytes:
    """What the program writes next. Raises ``OSError`` when the deadline passed or the terminal closed."""
    ready, _, _ = select.select([terminal], [], [], max(0.0, deadline - time.perf_counter()))
    if not ready:
        raise TimeoutError
    return os.read(terminal, 65536)


def _quit(process: subprocess.Popen[bytes], terminal: int) -> None:
    deadline = time.perf_counter() + 10
    with contextlib.suppress(OSError):  # the terminal closes as the program ends
        os.write(terminal, b"q")
        while process.poll() is None:
            _read(terminal, deadline)
    try:
        process.wait(max(0.1, deadline - time.perf_counter()))
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
