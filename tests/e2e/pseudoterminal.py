"""A terminal that is nothing but bytes: what the program writes, and what is left when it has ended."""

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
import termios
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tests.e2e.surroundings import PATIENCE, eventually

_MODE = re.compile(rb"\x1b\[\?([\d;]+)([hl])")
_KITTY = re.compile(rb"\x1b\[>\d+u")
_ALWAYS_ON = frozenset({7, 25})  # line wrap and the cursor


class PseudoTerminal:
    """One program with a pseudo-terminal of its own for its three streams; ended with the ``with`` block.

    ``answer`` is called with each piece of output and gives what the terminal says to it; nothing by default, as a
    terminal does that knows none of the questions.
    """

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        folder: Path | None = None,
        *,
        columns: int = 80,
        lines: int = 24,
        answer: Callable[[bytes], bytes] = lambda _: b"",
    ) -> None:
        self._start = (list(command), dict(environment), folder)
        self._size = (columns, lines)
        self._answer = answer
        self._seen = bytearray()
        self._changed = threading.Condition()

    def __enter__(self) -> PseudoTerminal:
        command, environment, folder = self._start
        self._parent, child = pty.openpty()
        self.before = termios.tcgetattr(child)
        self._set_size(*self._size)
        self.process = subprocess.Popen(
            command,
            stdin=child,
            stdout=child,
            stderr=child,
            cwd=folder,
            env=environment,
            start_new_session=True,
            preexec_fn=_take_terminal,
        )
        # Ours stays open: what the program leaves behind is read from it when the program is gone.
        self._child = child
        self._open = True
        self._stop, self._stopper = os.pipe()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.hang_up()
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for end in (self._stop, self._stopper):
            os.close(end)

    def _read(self) -> None:
        while True:
            ready, _, _ = select.select([self._parent, self._stop], [], [])
            if self._stop in ready:
                return
            try:
                piece = os.read(self._parent, 65536)
            except OSError:
                piece = b""
            with self._changed:
                self._seen += piece
                self._changed.notify_all()
            if not piece:
                return
            if said := self._answer(piece):
                os.write(self._parent, said)

    def seen(self, since: int = 0) -> bytes:
        """All that was written, from the byte ``since`` on."""
        with self._changed:
            return bytes(self._seen[since:])

    def count(self) -> int:
        """How many bytes were written."""
        with self._changed:
            return len(self._seen)

    def wait(self, *texts: str, since: int = 0) -> int:
        """How much was written when all ``texts`` had been."""
        wanted = [text.encode() for text in texts]
        deadline = time.monotonic() + PATIENCE
        with self._changed:
            while not all(self._seen.find(text, since) >= 0 for text in wanted):
                left = deadline - time.monotonic()
                if left <= 0 or not self._changed.wait(left):
                    raise AssertionError(f"never saw {texts!r} in what ends with {bytes(self._seen[since:])[-2000:]!r}")
            return len(self._seen)

    def press(self, keys: str | bytes) -> int:
        """Type; how much had been written before."""
        before = self.count()
        os.write(self._parent, keys.encode() if isinstance(keys, str) else keys)
        return before

    def resize(self, columns: int, lines: int) -> None:
        """Another size, which the program is told of."""
        self._set_size(columns, lines)

    def _set_size(self, columns: int, lines: int) -> None:
        fcntl.ioctl(self._parent, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def hang_up(self) -> None:
        """Close the terminal, as a cut connection does."""
        if not self._open:
            return
        self._open = False
        os.write(self._stopper, b"!")
        self._reader.join()
        os.close(self._child)
        os.close(self._parent)

    def kill(self, number: signal.Signals) -> None:
        """Send the program a signal."""
        self.process.send_signal(number)

    def wait_for_end(self) -> int:
        """The exit code, minus the signal's number where one ended it."""
        return self.process.wait(PATIENCE)

    def settle(self) -> None:
        """Return once nothing was written for a moment."""
        before = -1
        while before != self.count():
            before = self.count()
            time.sleep(0.15)

    def drain(self) -> bytes:
        """All that was written by a program that has ended."""
        self.settle()
        return self.seen()

    def left_on(self) -> list[str]:
        """What the program switched on and left so, in words a user would find it by."""
        written = self.drain()
        state: dict[int, bool] = {}
        for numbers, letter in _MODE.findall(written):
            for number in numbers.split(b";"):
                state[int(number)] = letter == b"h"
        left = [f"mode {number}" for number, on in sorted(state.items()) if on != (number in _ALWAYS_ON)]
        if len(_KITTY.findall(written)) > written.count(b"\x1b[<u"):
            left.append("the kitty keyboard")
        if termios.tcgetattr(self._child) != self.before:
            left.append("the line discipline")
        return left


def _take_terminal() -> None:
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def processes(folder: Path) -> dict[int, str]:
    """The running processes whose environment names ``folder``, each with its command line."""
    marker = os.fsencode(folder) + b"/"
    found: dict[int, str] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with contextlib.suppress(OSError):
                if marker in (entry / "environ").read_bytes():
                    found[int(entry.name)] = (
                        (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
                    )
    return found


def gone(folder: Path) -> bool:
    """Whether every process of ``processes(folder)`` has ended, within a while."""
    return eventually(lambda: not processes(folder))
