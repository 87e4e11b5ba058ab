"""A bare terminal: a pty whose other end keeps every byte that the program writes."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

PATIENCE = 120.0  # seconds; a limit for what has gone wrong, on the slowest machine


class RawTerminal:
    """One program in a pty; it is ended with the ``with`` block."""

    def __init__(
        self, command: Sequence[str], folder: Path, environment: Mapping[str, str], columns: int = 120, lines: int = 40
    ) -> None:
        self.written = b""
        self._start = (command, folder, environment)
        self._size = struct.pack("HHHH", lines, columns, 0, 0)

    def __enter__(self) -> RawTerminal:
        command, folder, environment = self._start
        self._end, child = pty.openpty()
        fcntl.ioctl(child, termios.TIOCSWINSZ, self._size)
        self.before = termios.tcgetattr(child)
        self.terminal = child  # kept open: the state that the program leaves it in is looked at
        self.process = subprocess.Popen(
            command, cwd=folder, env=environment, stdin=child, stdout=child, stderr=child, start_new_session=True
        )
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(PATIENCE)
        os.close(self.terminal)
        os.close(self._end)

    def press(self, keys: str) -> None:
        """Type ``keys``."""
        os.write(self._end, keys.encode())

    def read(self, seconds: float) -> bool:
        """Take what is written within ``seconds``; False when there was nothing."""
        if not select.select([self._end], [], [], seconds)[0]:
            return False
        self.written += os.read(self._end, 65536)
        return True

    def wait(self, text: str, start: int = 0) -> int:
        """Read until ``text`` was written behind ``start``; how much was written then."""
        deadline = time.monotonic() + PATIENCE
        while text.encode() not in self.written[start:]:
            assert time.monotonic() < deadline, f"never saw {text!r} in {self.written[start:]!r}"
            self.read(0.2)
        return len(self.written)

    def settle(self, quiet: float = 0.6) -> int:
        """Read until nothing more comes; how much was written then."""
        while self.read(quiet):
            pass
        return len(self.written)

    def ended(self) -> int:
        """The exit code; reads until then."""
        deadline = time.monotonic() + PATIENCE
        while self.process.poll() is None:
            assert time.monotonic() < deadline, f"still running: {self.written[-2000:]!r}"
            self.read(0.1)
        self.settle(0.1)
        return self.process.wait()
