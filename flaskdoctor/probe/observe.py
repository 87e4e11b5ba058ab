"""One round of requests to a server, and what they add up to."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from flaskdoctor.probe.carry import changed
from flaskdoctor.probe.client import PATIENCE, PICKED_METHODS, Client, Fault, Reading
from flaskdoctor.probe.connect import greeting
from flaskdoctor.probe.exposed import MOST_BYTES, PATHS, exposed
from flaskdoctor.probe.identity import by_headers, by_routes, telling_routes
from flaskdoctor.probe.observation import Answer, Ask, Breakage, Cors, Exposed, Observation, State, Target
from flaskdoctor.probe.pages import read_breakage
from flaskdoctor.project.routing.routepicture import RouteRow

BUDGET = 8.0  # seconds for a round
FOREIGN_ORIGIN = "https://evil.example"
# 501 and 505 are answers to our OPTIONS or our HTTP version, not an app that fails.
_UNRELATED = frozenset({501, 505})


class Look(NamedTuple):
    """A look, with what the watch has to know of it: why there was no answer, and how many requests a server may have
    logged."""

    seen: Observation
    fault: Fault | None
    requests: int


async def look(target: Target, *, full: bool, root: str = "", routes: Sequence[RouteRow] = ()) -> Observation:
    """Ask a server and say how it stands. Never raises for what a server or the network can do; 8 s at most.

    A light look sends ``OPTIONS /`` alone, which runs no view. A full one also asks for ``/``, for a path that does
    not exist, and for one or two known routes by OPTIONS; where the user named this server or it turns out to be
    the project's, also for Werkzeug's debugger, for files that should not be served, and with a foreign Origin.
    """
    return (await examine(target, full=full, root=root, routes=routes)).seen


async def examine(
    target: Target,
    *,
    full: bool,
    root: str = "",
    routes: Sequence[RouteRow] = (),
    before: Observation | None = None,
    identify: bool = False,
    on_first: Callable[[Observation], None] = lambda _: None,
) -> Look:
    """The same for the watch. With the observation ``before`` this one, a light look asks for ``/`` as well where that
    may have changed: other headers come than then, or the page was an error. ``identify`` lets a light look ask a
    known route. ``on_first`` gets what the first answer tells, before all else is asked."""
    verify = True
    detail = ""
    deadline = time.monotonic() + BUDGET
    while True:
        async with Client(target, verify=verify, deadline=deadline) as client:
            first = await client.read("OPTIONS", "/")
            if first.fault is Fault.CERTIFICATE and target.loopback and verify:
                # A certificate made for development: nothing of the user's is sent, so it may be looked at.
                verify, detail = False, first.answer.failure
                continue
            if first.fault in (Fault.CLOSED, Fault.SILENT) and target.scheme == "http":
                who = await greeting(target)
                if who:
                    failed = first.answer._replace(failure=f"{who} answers there")
                    first = first._replace(answer=failed, fault=Fault.NOT_HTTP)
            seen = _first(target, first, detail, root, full=full)
            if first.fault is None:
                on_first(_whose(seen)._replace(full=False))
                if full and (seen.identity is not False or target.given):
                    seen = await _full(client, seen, root, routes)
                elif not full:
                    seen = await _light(client, seen, root, routes, before, identify=identify)
            return Look(_whose(seen), first.fault, client.sent)


async def ask(target: Target, asked: Ask, root: str = "") -> Answer:
    """The answer to a request that the user picked. Never raises for what a server can do: ``failure`` says why there
    is none, ``breakage`` what an error page says, with its place in ``root``."""
    headers = (("Content-Type", asked.content_type),) if asked.body else ()
    verify = True
    while True:
        async with Client(target, verify=verify, patience=PATIENCE, methods=PICKED_METHODS) as client:
            reading = await client.read(asked.method, asked.path, headers, body=asked.body.encode())
        if reading.fault is not Fault.CERTIFICATE or not target.loopback or not verify:
            return reading.answer._replace(breakage=_breakage(reading, root), sent=asked.body)
        verify = False


def _first(target: Target, first: Reading, detail: str, root: str, *, full: bool) -> Observation:
    """What the first answer tells."""
    seen = Observation(target, time.time(), State.UNKNOWN, full=full)
    if first.fault is not None:
        state, phrase = _faulty(first.fault, first.answer.failure)
        return seen._replace(state=state, detail=phrase)
    identity, why = by_headers(first.answer, target)
    seen = seen._replace(
        state=State.UP,
        detail=detail,
        options=first.answer,
        latency=first.answer.seconds,
        identity=identity,
        identity_why=why,
    )
    return _broken(seen, first, root)


def _whose(seen: Observation) -> Observation:
    """The observation with the state that its identity makes it."""
    return seen._replace(state=State.WRONG_SERVER, detail=seen.identity_why) if seen.identity is False else seen


def _faulty(fault: Fault, phrase: str) -> tuple[State, str]:
    """The state of a server that gave no answer."""
    if fault is Fault.REFUSED:
        return State.DOWN, phrase
    if fault is Fault.NOT_HTTP:
        return State.NOT_HTTP, phrase
    if fault is Fault.SILENT:
        return State.UNKNOWN, f"something listens there, but gave {phrase}"
    return State.UNKNOWN, phrase


def _broken(seen: Observation, reading: Reading, root: str) -> Observation:
    """The observation with what an error page says; as it was for any other answer."""
    breakage = _breakage(reading, root)
    if breakage is None:
        return seen
    return seen._replace(state=State.BROKEN, breakage=breakage, detail=_words(breakage))


def _breakage(reading: Reading, root: str) -> Breakage | None:
    answer = reading.answer
    if answer.status < 500 or answer.status in _UNRELATED:
        return None
    return read_breakage(reading.data.decode("utf-8", errors="replace"), answer.status, answer.reason, root)


def _words(breakage: Breakage) -> str:
    place = breakage.location
    return f"{breakage.error} ({place.path}:{place.line})" if place is not None else breakage.error


async def _light(
    client: Client,
    seen: Observation,
    root: str,
    routes: Sequence[RouteRow],
    before: Observation | None,
    *,
    identify: bool,
) -> Observation:
    if _import_failed(seen):
        return seen
    if identify and seen.identity is None:
        seen = await _identified(client, seen, routes, 1)
    if before is None or before.page is None or seen.identity is False:
        return seen
    if changed(before.options, seen.options) or before.page.status >= 500:
        seen = await _page(client, seen, root)
    return seen


async def _full(client: Client, seen: Observation, root: str, routes: Sequence[RouteRow]) -> Observation:
    # One after the other: a development server may have a single thread, and its log then reads in order.
    random = secrets.token_hex(8)
    missing: Reading | None = None
    if not _import_failed(seen):
        seen = await _page(client, seen, root)
        missing = await client.read("GET", f"/fd-{random}-missing")
        seen = seen._replace(missing=missing.answer if missing.fault is None else None)
        if seen.identity is None:
            seen = await _identified(client, seen, routes, 2)
    if not (client.target.given or seen.identity):
        return seen
    seen = seen._replace(debugger=await _debugger(client, random))
    if missing is not None and missing.fault is None:
        seen = seen._replace(exposed=await _exposed(client, missing), cors=await _cors(client))
    return seen


def _import_failed(seen: Observation) -> bool:
    """Whether every path of the server is answered with the same traceback."""
    return seen.breakage is not None and seen.breakage.traceback


async def _page(client: Client, seen: Observation, root: str) -> Observation:
    page = await client.read("GET", "/")
    if page.fault is not None:
        return seen
    return _broken(seen._replace(page=page.answer), page, root)


async def _identified(client: Client, seen: Observation, routes: Sequence[RouteRow], most: int) -> Observation:
    asked = [(row, (await client.read("OPTIONS", row.rule or "/")).answer) for row in telling_routes(routes)[:most]]
    identity, why = by_routes(routes, asked, seen.options, seen.missing)
    return seen._replace(identity=identity, identity_why=why)


async def _debugger(client: Client, random: str) -> bool | None:
    """Whether Werkzeug's debugger answers: by its style sheet. Its PIN and console are never touched."""
    path = f"/__fd_{random}__?__debugger__=yes&cmd=resource&f=style.css"
    reading = await client.read("GET", path, limit=MOST_BYTES)
    if reading.fault is not None:
        return None
    kind = reading.answer.header("content-type") or ""
    return reading.answer.status == 200 and kind.lower().startswith("text/css")


async def _exposed(client: Client, control: Reading) -> tuple[Exposed, ...] | None:
    found: list[Exposed] = []
    for path in PATHS:
        reading = await client.read("GET", path, limit=MOST_BYTES)
        if reading.fault is not None:
            return tuple(found) or None
        what = exposed(path, reading, control)
        if what is not None:
            found.append(what)
    return tuple(found)


async def _cors(client: Client) -> Cors | None:
    reading = await client.read("OPTIONS", "/", (("Origin", FOREIGN_ORIGIN), ("Access-Control-Request-Method", "GET")))
    if reading.fault is not None:
        return None
    allowed = (reading.answer.header("access-control-allow-origin") or "").strip()
    credentials = (reading.answer.header("access-control-allow-credentials") or "").strip().lower() == "true"
    return Cors(FOREIGN_ORIGIN, allowed == FOREIGN_ORIGIN, allowed == "*", credentials)
