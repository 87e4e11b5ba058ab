"""A program in a terminal of its own: what it writes is counted, dated and put on a screen, and so is the
processor time it takes.

No escape sequence is answered, as by a plain terminal. Linux only where ``/proc`` is asked.
"""

from __future__ import annotations

import contextlib
import re
import subprocess
import threading
import time
from codecs import getincrementaldecoder
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from rich.cells import cell_len

from tests.e2e.pseudoterminal import PseudoTerminal

PATIENCE = 120.0  # seconds until something that has to happen is given up
_TOKENS = re.compile(r"\x1b\[([0-?]*)[ -/]*([@-~])|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[@-Z\\^_=>c78]|[^\x1b]")
_UNFINISHED = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|\][^\x07\x1b]*\x1b?)?\Z")


class Screen:
    """The characters that stand on the screen: as much of a terminal as a full-screen program needs."""

    def __init__(self, columns: int, lines: int) -> None:
        self._lines = [[" "] * columns for _ in range(lines)]
        self._x = self._y = 0
        self._rest = ""

    def feed(self, text: str) -> None:
        """Take what the program writes; a sequence that is not at its end waits for the rest."""
        text = self._rest + text
        unfinished = _UNFINISHED.search(text)
        self._rest = unfinished[0] if unfinished else ""
        for token in _TOKENS.finditer(text[: len(text) - len(self._rest)]):
            if token[2] == "H":
                row, _, column = token[1].partition(";")
                self._y, self._x = int(row or 1) - 1, int(column or 1) - 1
            elif token[2] == "G":
                self._x = int(token[1] or 1) - 1
            elif token[2] == "X":
                end = self._x + int(token[1] or 1)
                self._lines[self._y][self._x : end] = [" "] * (end - self._x)
            elif token[2] == "J":
                for line in self._lines:
                    line[:] = [" "] * len(line)
            elif token[0] == "\n":
                self._x, self._y = 0, self._y + 1
            elif token[0] == "\r":
                self._x = 0
            elif not token[0].startswith("\x1b") and self._y < len(self._lines):
                line, width = self._lines[self._y], cell_len(token[0])
                line[self._x : self._x + width] = [token[0], *[""] * (width - 1)][:width]
                self._x += width

    def text(self) -> str:
        """The screen, line by line."""
        return "\n".join("".join(line).rstrip() for line in self._lines)


class Terminal:
    """The program, started with the ``with`` block and ended with it."""

    def __init__(
        self,
        command: Sequence[str],
        folder: Path,
        environment: Mapping[str, str],
        columns: int = 80,
        lines: int = 24,
    ) -> None:
        self._decode = getincrementaldecoder("utf-8")("replace").decode
        self._screen = Screen(columns, lines)
        self._news = threading.Condition()
        self._terminal = PseudoTerminal(command, environment, folder, columns=columns, lines=lines, answer=self._take)
        self.written = 0  # bytes so far
        self.last = 0.0  # when the last of them came
        self.frames: list[tuple[float, bytes]] = []  # what was written, and when

    def __enter__(self) -> Terminal:
        self.started = self.last = time.perf_counter()
        self.process = self._terminal.__enter__().process
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            self.press("q")
            self.process.wait(5)
        self._terminal.__exit__()

    def _take(self, data: bytes) -> bytes:
        now = time.perf_counter()
        with self._news:
            self.written += len(data)
            self.last = now
            self.frames.append((now, data))
            self._screen.feed(self._decode(data))
            self._news.notify_all()
        return b""

    def text(self) -> str:
        """What stands on the screen."""
        with self._news:
            return self._screen.text()

    def until(self, holds: Callable[[str], bool], what: object, patience: float = PATIENCE) -> float:
        """The time when the screen is as ``holds`` wants it. Raises ``AssertionError`` when it never is."""
        deadline = time.perf_counter() + patience
        with self._news:
            while not holds(self._screen.text()):
                left = deadline - time.perf_counter()
                if left <= 0 or self.process.poll() is not None:
                    raise AssertionError(f"never saw {what}:\n{self._screen.text()}")
                self._news.wait(min(left, 1.0))
            return self.last

    def wait(self, *texts: str) -> float:
        """The time when all ``texts`` stand on the screen."""
        return self.until(lambda shown: all(text in shown for text in texts), texts)

    def until_gone(self, text: str) -> None:
        """Return when ``text`` does not stand on the screen any more."""
        self.until(lambda shown: text not in shown, f"the end of {text!r}")

    def settle(self, calm: float = 0.7) -> None:
        """Return when nothing was written for ``calm`` seconds."""
        began = time.perf_counter()
        deadline = began + PATIENCE
        with self._news:
            while (left := max(began, self.last) + calm - time.perf_counter()) > 0:
                if time.perf_counter() > deadline:
                    raise AssertionError(f"never stops writing:\n{self._screen.text()}")
                self._news.wait(left)

    def press(self, *keys: str) -> float:
        """Type, one key after the other; the time of the last one."""
        now = 0.0
        for key in keys:
            now = time.perf_counter()
            self._terminal.press(key)
        return now

    def cost(self, *keys: str, calm: float = 0.7) -> int:
        """The bytes that come of ``keys``, until it is calm again."""
        before = self.written
        self.press(*keys)
        self.settle(calm)
        return self.written - before

    def processes(self) -> list[int]:
        """The program and all below it."""
        found, new = [self.process.pid], [self.process.pid]
        while new:
            parent = new.pop()
            for thread in Path(f"/proc/{parent}/task").iterdir():
                children = [int(word) for word in (thread / "children").read_text().split()]
                found += children
                new += children
        return found

    def processor_seconds(self) -> float:
        """The time that the program and all below it have been on a processor so far, to the nanosecond (the ticks of
        ``stat`` are samples)."""
        threads = [thread for number in self.processes() for thread in Path(f"/proc/{number}/task").iterdir()]
        return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads) / 1e9

    def wakeups(self) -> int:
        """How often a thread of theirs went to sleep so far."""
        total = 0
        for number in self.processes():
            for thread in Path(f"/proc/{number}/task").iterdir():
                total += int((thread / "status").read_text().split("\nvoluntary_ctxt_switches:")[1].split()[0])
        return total
