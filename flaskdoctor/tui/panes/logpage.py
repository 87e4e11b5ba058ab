"""The page of the server that was started from here: its errors, its slowest routes, and what it prints."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import NamedTuple

from textual.content import Content

from flaskdoctor.devserver.log import Failure, RouteTimes
from flaskdoctor.devserver.process import DevServer
from flaskdoctor.project.routing.routepicture import RouteRow
from flaskdoctor.tui import safe
from flaskdoctor.tui.panes import words
from flaskdoctor.tui.panes.page import heading, pairs
from flaskdoctor.tui.paper import BLANK, Block, Code, Prose

_LINES = 200
_SLOWEST = 8


class Printed(NamedTuple):
    """What the log's row says; another one where the log has grown."""

    word: str
    style: str
    text: str


def printed(own: DevServer) -> Printed:
    """``2 errors  34 requests``, ``ended  exit code 1``"""
    log = own.log
    requests = words.plural(log.requests, "request")
    if own.running:
        again = f", {words.plural(log.restarts, 'restart')}" if log.restarts else ""
        if log.errors:
            return Printed(words.plural(log.errors, "error"), ".error", f"{requests}{again}")
        return Printed("running", ".ok", f"{requests}{again}")
    if own.ended is not None:
        return Printed("ended", ".error", f"exit code {own.ended}")
    return Printed("stopped", ".muted", "")


def log_page(own: DevServer, routes: Iterable[RouteRow], key: str) -> list[Block]:
    """How it was started, what went wrong, what took long, and its last lines, the newest last."""
    state = printed(own)
    since = time.strftime("%H:%M", time.localtime(own.began))
    how = f"{key} stops it; it ends with the dashboard" if own.running else f"{key} starts it again"
    facts = [
        ("state", safe.joined((state.word, state.style), (f"  {state.text}", ".muted"))),
        ("command", safe.line(own.command.shown)),
        ("started", safe.joined(since, (f"  {how}", ".muted"))),
    ]
    blocks = pairs(facts, indent=0)
    if failures := own.log.failures():
        blocks += [BLANK, heading("Errors", safe.line("the newest first", ".muted"))]
        blocks += [block for failure in reversed(failures) for block in _failure(failure)]
    if paces := own.log.slowest(routes, _SLOWEST):
        note = safe.line("until the answer begins: median, worst, how often", ".muted")
        width = min(40, max(safe.width(pace.rule) for pace in paces))
        blocks += [BLANK, heading("Slowest routes", note), *(_pace(pace, width) for pace in paces)]
    blocks += [BLANK, heading("Log", safe.line("the newest last", ".muted"))]
    lines = own.log.lines(_LINES)
    blocks += [Code(Content("  "), safe.line(line, ".muted")) for line in lines if line.strip()]
    if not lines:
        blocks.append(Prose(safe.line("  Nothing was printed yet.", ".muted")))
    return blocks


def _failure(failure: Failure) -> list[Block]:
    clock = time.strftime("%H:%M:%S", time.localtime(failure.when))
    place = words.place(failure.location) if failure.location is not None else ""
    told = [Code(safe.line(f"  {clock}  ", ".faint"), safe.line(failure.error, ".error"))]
    where = "  ".join(part for part in (place, failure.request) if part)
    return [*told, Code(Content(" " * 12), safe.line(where, ".muted"))] if where else [*told]


def _pace(pace: RouteTimes, width: int) -> Block:
    style = ".warning" if pace.median >= 1 else ""
    rule = safe.line(pace.rule).truncate(width, ellipsis=True, pad=True)
    took = safe.joined(
        (f"  {words.milliseconds(pace.median):>8}", style), (f"  {words.milliseconds(pace.worst):>8}", ".muted")
    )
    return Code(Content("  "), safe.joined(rule, took, (f"  ×{pace.times}", ".faint")))
