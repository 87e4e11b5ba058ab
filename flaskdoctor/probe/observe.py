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
from flaskdoctor.probe.foreign import foreign_hosts
from flaskdoctor.probe.identity import by_headers, by_routes, telling_routes
from flaskdoctor.probe.observation import Answer, Ask, Breakage, Cors, Exposed, Observation, State, Target
from flaskdoctor.probe.paces import LEAST_SAMPLES, Paces
from flaskdoctor.probe.pages import read_breakage
from flaskdoctor.probe.tls import tls_facts
from flaskdoctor.project.routing.routepicture import RouteRow

BUDGET = 8.0  # seconds for a round
FOREIGN_ORIGIN = "https://evil.example"
HTTP_PORT, HTTPS_PORT = 80, 443
SLOW = 1.0  # seconds; a page that takes longer is asked for again, to tell a slow one from a cold one
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
    the project's, also for Werkzeug's debugger, for files that should not be served, with a foreign Origin and a
    foreign Host, and for its certificate.
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
    paces: Paces | None = None,
    on_first: Callable[[Observation], None] = lambda _: None,
) -> Look:
    """The same for the watch. With the observation ``before`` this one, a light look asks for ``/`` as well where that
    may have changed: other headers come than then, or the page was an error. ``identify`` lets a light look ask a
    known route. ``paces`` are the samples so far, to which this look adds its own. ``on_first`` gets what the first
    answer tells, before all else is asked."""
    paces = Paces() if paces is None else paces
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
                paces.add(first.answer)
                on_first(_whose(seen)._replace(full=False))
                if full and (seen.identity is not False or target.given):
                    seen = await _full(client, seen, root, routes, paces)
                elif not full:
                    seen = await _light(client, seen, root, routes, before, paces, identify=identify)
            elif first.fault is Fault.CERTIFICATE:
                seen = seen._replace(tls=await tls_facts(target, deadline))
            return Look(_whose(seen)._replace(paces=paces.measured()), first.fault, client.sent)


async def ask(target: Target, asked: Ask, root: str = "") -> Answer:
    """The answer to a request that the user picked. Never raises for what a server can do: ``failure`` says why there
    is none, ``breakage`` what an error page says, with its place in ``root``."""
    headers = (("Content-Type", asked.content_type),) if asked.body else ()
    verify = True
    while True:
        async with Client(target, verify=verify, patience=PATIENCE, methods=PICKED_METHODS) as client:
            reading = await client.read(asked.method, asked.path, headers, body=asked.body.encode(errors="replace"))
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


def _whole(seen: Observation) -> Observation:
    return seen._replace(state=State.UP, breakage=None, detail="")


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
    paces: Paces,
    *,
    identify: bool,
) -> Observation:
    if _import_failed(seen):
        return seen
    if identify and seen.identity is None:
        seen = await _identified(client, seen, routes, 1)
    if before is None or before.page is None or seen.identity is False:
        return seen
    if before.state is State.UP and not changed(before.options, seen.options):
        seen = _whole(seen)
    if changed(before.options, seen.options) or before.page.status >= 500:
        seen = await _page(client, seen, root, paces)
    return seen


async def _full(client: Client, seen: Observation, root: str, routes: Sequence[RouteRow], paces: Paces) -> Observation:
    # One after the other: a development server may have a single thread, and its log then reads in order.
    random = secrets.token_hex(8)
    missing: Reading | None = None
    if not _import_failed(seen):
        seen = await _page(client, seen, root, paces)
        missing = await client.read("GET", f"/fd-{random}-missing")
        seen = seen._replace(missing=missing.answer if missing.fault is None else None)
        if seen.identity is None:
            seen = await _identified(client, seen, routes, 2)
    if not (client.target.given or seen.identity):
        return seen
    seen = seen._replace(debugger=await _debugger(client, random))
    if client.target.scheme == "https":
        seen = seen._replace(tls=await tls_facts(client.target, client.ends), plain=await _plain(client))
    if missing is not None and missing.fault is None:
        seen = seen._replace(exposed=await _exposed(client, missing), cors=await _cors(client))
        seen = seen._replace(foreign=await foreign_hosts(client, routes))
        await _sampled(client, seen, paces)
    return seen


def _import_failed(seen: Observation) -> bool:
    """Whether every path of the server is answered with the same traceback."""
    return seen.breakage is not None and seen.breakage.traceback


async def _page(client: Client, seen: Observation, root: str, paces: Paces) -> Observation:
    page = await client.read("GET", "/")
    paces.add(page.answer)
    if page.fault is not None:
        return seen
    if seen.breakage is not None and not seen.breakage.traceback:
        # Only OPTIONS fails (Hypercorn 0.18 does so for every answer of a WSGI app without a body).
        seen = _whole(seen)
    return _broken(seen._replace(page=page.answer), page, root)


async def _identified(client: Client, seen: Observation, routes: Sequence[RouteRow], most: int) -> Observation:
    asked = [(row, (await client.read("OPTIONS", row.rule or "/")).answer) for row in telling_routes(routes)[:most]]
    identity, why = by_routes(routes, asked, seen.options, seen.missing)
    return seen._replace(identity=identity, identity_why=why)


async def _sampled(client: Client, seen: Observation, paces: Paces) -> None:
    """Ask for a slow front page again, as often as it takes to call it that. Whether it is slow can be told of one that
    is not without another request."""
    if seen.page is not None and (seen.page.seconds <= SLOW or seen.page.status >= 500):
        return
    for _ in range(LEAST_SAMPLES):
        if len(paces.of("GET", "/")) < LEAST_SAMPLES:
            paces.add((await client.read("GET", "/")).answer)


async def _plain(client: Client) -> Answer | None:
    """What the same host answers over plain HTTP, where the two usual ports are meant; None where nobody does."""
    target = client.target
    if not target.given or target.port != HTTPS_PORT:
        return None
    async with Client(target._replace(scheme="http", port=HTTP_PORT), deadline=client.ends) as other:
        reading = await other.read("GET", "/", limit=MOST_BYTES)
    return reading.answer if reading.fault is None else None


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
