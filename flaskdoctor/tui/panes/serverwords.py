"""How a server's state, latency and the age of a look are said: the same in the header, in Live and in Routes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from flaskdoctor.finding import Location
from flaskdoctor.probe.observation import State
from flaskdoctor.tui.panes.words import BARS, milliseconds
from flaskdoctor.tui.server import Server

SIGNS = {
    State.UP: ("●", ".ok"),
    State.RELOADING: ("◌", ".warning"),
    State.BROKEN: ("✖", ".error"),
    State.DOWN: ("○", ".muted"),
    State.WRONG_SERVER: ("▲", ".warning"),
    State.NOT_HTTP: ("▲", ".warning"),
    State.UNKNOWN: ("?", ".warning"),
}
# What the server's row says beside its state.
_BESIDE = {
    State.RELOADING: "nobody answers yet",
    State.DOWN: "none is running here",
}
# Why a request cannot be sent, for the states in which nobody could answer it.
_NO_ANSWER = {
    State.RELOADING: "the server at {} is reloading",
    State.DOWN: "no server is running at {}",
    State.WRONG_SERVER: "another program's server answers at {}",
    State.NOT_HTTP: "what listens at {} does not speak HTTP",
    State.UNKNOWN: "how the server at {} stands is unknown",
}
_SPARKS = 12
# The upper end of each bar in seconds. Fixed, not scaled to what is shown: the same bar is the same time, and a
# server that keeps its pace draws a line that stays.
_STEPS = (0.005, 0.015, 0.04, 0.1, 0.25, 0.6, 1.5)
# Ages in seconds from which on the next word is said.
_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_SETTLED_MINUTES = (2, 3, 5, 10, 15, 20, 30, 45)


def state_of(server: Server) -> tuple[str, str, str]:
    """Sign, word and style; empty before the first look."""
    if server.trouble is not None:
        return "?", "unknown", ".warning"
    if server.seen is None:
        return "", "", ""
    sign, style = SIGNS[server.seen.state]
    return sign, server.seen.state.value, style


def why_not_asked(server: Server) -> str:
    """Why nothing can be sent now; empty where the server answers."""
    if server.trouble is not None:
        return f"the server is not known: {server.trouble[0]}"
    if server.seen is None:
        return "the server is not yet known"
    return _NO_ANSWER.get(server.seen.state, "").format(server.seen.target.url)


def in_header(server: Server) -> tuple[tuple[str, ...], str]:
    """What the header says, as words that may be left out from the end, and the style of the first two."""
    sign, word, style = state_of(server)
    if not sign:
        return (), ""
    words = [sign, word]
    if server.seen is not None and server.target is not None and server.trouble is None:
        words.append(server.target.url.partition("://")[2])
        if server.up and server.latency is not None:
            # Always as wide: what stands left of it stays where it is when a digit comes or goes.
            words.append(f"{milliseconds(server.latency):>6}")
    return tuple(words), style


class Standing(NamedTuple):
    """How the server stands, as its row says it: ``pace`` and ``bars`` are its latency, ``place`` where it is broken,
    ``beside`` what else there is to say."""

    sign: str
    word: str
    style: str
    pace: str = ""
    bars: str = ""
    place: Location | None = None
    beside: str = ""


def standing(server: Server) -> Standing:
    """The server's row."""
    found = Standing(*state_of(server))
    seen = server.seen
    if server.trouble is not None or seen is None:
        return found._replace(beside=server.trouble[0] if server.trouble is not None else "")
    if seen.state is State.UP and server.latency is not None:
        return found._replace(pace=milliseconds(server.latency), bars=sparkline(server.latencies, _SPARKS))
    if seen.breakage is not None and seen.breakage.location is not None:
        return found._replace(place=seen.breakage.location)
    return found._replace(beside=_BESIDE.get(seen.state, seen.detail))


def sparkline(latencies: Sequence[float], width: int) -> str:
    """The last latencies as bars, the newest at the right."""
    shown = list(latencies)[-width:] if width > 0 else []
    return "".join(BARS[sum(1 for step in _STEPS if value > step)] for value in shown)


def age(seconds: float) -> str:
    """How long ago, in steps that grow with it: what is on the screen should not change all the time."""
    if seconds < 2 * _MINUTE:
        return "just now"
    if seconds < _HOUR:
        return f"{max(step for step in _SETTLED_MINUTES if step * _MINUTE <= seconds)} min ago"
    if seconds < _DAY:
        return f"{int(seconds // _HOUR)} h ago"
    days = int(seconds // _DAY)
    return "1 day ago" if days == 1 else f"{days} days ago"
