"""What the pictures must not hang on, made constant on its way to the dashboard: ports, times, versions.

The scan, the server and every answer are real; only what differs from one machine and minute to the next is replaced.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from math import inf
from typing import Any

from textual.message import Message

from flaskdoctor.probe import client, observe
from flaskdoctor.probe.observation import State
from flaskdoctor.scan import Scan
from flaskdoctor.tui import messages
from flaskdoctor.tui.backend import Scanned
from flaskdoctor.tui.client import ChildBackend
from flaskdoctor.tui.panes import serverwords
from flaskdoctor.tui.prober import WatchingProber

PORT = 5000
LATENCIES = (0.011, 0.013, 0.012, 0.034, 0.018, 0.012, 0.011, 0.046, 0.012, 0.012, 0.011)

# By the names of a plain value and its field.
_FIELDS: dict[tuple[str, str], object] = {
    ("Report", "seconds"): 0.084,
    ("Report", "python"): "3.13",
    ("Record", "when"): 1_772_442_720.0,  # 2026-03-02 09:12
    ("Observation", "latency"): 0.012,
    ("Answer", "seconds"): 0.012,
    ("Cookie", "size"): 163,
    ("Target", "port"): PORT,
}
_TEXTS = (
    (re.compile(r"Werkzeug/[\w.]+ Python/[\w.+]+"), "Werkzeug/3.1.3 Python/3.13.5"),
    (re.compile(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT"), "Mon, 02 Mar 2026 09:12:00 GMT"),
    (re.compile(r"\bpid \d+"), "pid 4711"),
    (re.compile(r"(?<=127\.0\.0\.1:)\d+"), str(PORT)),
)


def steady(value: Any) -> Any:
    """``value`` with all that differs from run to run replaced, however deep it stands."""
    if isinstance(value, str) and type(value) is str:
        for pattern, text in _TEXTS:
            value = pattern.sub(text, value)
        return value
    if isinstance(value, tuple):
        if not hasattr(value, "_fields"):
            return tuple(map(steady, value))
        kind = type(value).__name__
        fields = zip(value._fields, value, strict=True)
        return type(value)(*(_FIELDS.get((kind, name), steady(item)) for name, item in fields))
    if isinstance(value, dict):
        return {key: steady(item) for key, item in value.items()}
    return value


def in_no_hurry() -> None:
    """A busy machine answers late and takes minutes for all pictures, which none of them is to show."""
    client.CONNECT, client.SILENCE, client.TIMEOUT, observe.BUDGET = 30.0, 60.0, 90.0, 240.0
    serverwords._MINUTE = inf  # all is seen just now


class SteadyBackend(ChildBackend):
    """The real one."""

    async def scan(self) -> Scanned:
        """A scan that always takes as long."""
        scanned: Scanned = steady(await super().scan())
        return scanned


class SteadyProber(WatchingProber):
    """The real one, whose server answers in the same time; that it reloads after a fix is not told."""

    def scanned(self, scan: Scan, post: Callable[[Message], object]) -> None:
        """What the watch tells goes through ``steady``."""

        def tell(message: Message) -> object:
            if isinstance(message, messages.ServerSeen):
                if message.seen.state is not State.UP:
                    return None
                return post(messages.ServerSeen(*map(steady, (message.seen, message.judged, message.sent))))
            if isinstance(message, messages.AnswerReady):
                return post(messages.AnswerReady(steady(message.answer), message.when))
            return post(message)

        super().scanned(scan, tell)
