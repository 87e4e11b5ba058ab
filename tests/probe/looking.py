"""Looks at many servers at once, in a process of its own whose memory is measured: ``python -m tests.probe.looking``.

It reads what to look at as JSON from standard input and writes what it found as JSON.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys
import time
from typing import Any

from flaskdoctor.finding import Location
from flaskdoctor.live import judge
from flaskdoctor.probe.observation import Observation, Target
from flaskdoctor.probe.observe import examine
from flaskdoctor.project.known import Known
from flaskdoctor.project.routing.routepicture import RouteRow
from flaskdoctor.reports import text

# A rule with a slash, so that the foreign hosts are asked for too.
ROUTES = (RouteRow("/kilns/", ("GET",), "kilns", "", "kilns", Location("app.py", 1)),)
TWO_ADDRESSES = "kiln.test"
_BEAT = 0.05


async def look_at(name: str, scheme: str, host: str, port: int, clock: Beat) -> dict[str, Any]:
    """One look; ``known_after`` is when its state was known, without the time in which this process was not run."""
    target = Target(scheme, host, port, "as named", given=True)
    started, late = time.monotonic(), clock.late
    known: list[float] = []

    def first(seen: Observation) -> None:
        known.append(time.monotonic() - started - (clock.late - late))

    seen = (await examine(target, full=True, routes=ROUTES, on_first=first)).seen
    first(seen)
    judged = judge(seen, Known("", ROUTES), "production")
    lines = [text.finding_line(finding) for finding in judged.findings]
    lines.append(text.server_words(seen, judged.grade))
    return {
        "name": name,
        "state": seen.state.value,
        "detail": seen.detail,
        "known_after": known[0],
        "text": "\n".join(lines),
        "crashed": [finding.message for finding in judged.findings if finding.code == "FD004"],
        "codes": [finding.code for finding in judged.findings],
        "distrust": seen.tls.distrust.value if seen.tls is not None and seen.tls.distrust is not None else "",
    }


class Beat:
    """How late this process runs, all in all: what a busy machine takes away counts for nothing."""

    late = 0.0

    async def go_on(self) -> None:
        while True:
            before = time.monotonic()
            await asyncio.sleep(_BEAT)
            self.late += max(0.0, time.monotonic() - before - _BEAT)


async def look_at_all(targets: list[list[Any]]) -> list[dict[str, Any]]:
    """All at once, so that the waits overlap."""
    clock = Beat()
    beating = asyncio.create_task(clock.go_on())
    try:
        return await asyncio.gather(*(look_at(name, scheme, host, port, clock) for name, scheme, host, port in targets))
    finally:
        beating.cancel()


def most_memory() -> int:
    """The most bytes that this process had so far; 0 where that cannot be seen. Not ``ru_maxrss``, which begins with
    what the parent had."""
    try:
        with open("/proc/self/status", encoding="ascii") as file:
            return next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmHWM:"))
    except OSError:
        return 0


def main() -> None:
    """Warm up with the first, which is well-behaved; then all, and how much memory that took at most."""
    targets = json.load(sys.stdin)
    resolve = socket.getaddrinfo

    def two(host: Any, *arguments: Any, **named: Any) -> Any:
        if host in (TWO_ADDRESSES, TWO_ADDRESSES.encode()):
            return [*resolve("127.0.0.2", *arguments, **named), *resolve("127.0.0.1", *arguments, **named)]
        return resolve(host, *arguments, **named)

    socket.getaddrinfo = two
    asyncio.run(look_at_all(targets[:1]))
    before = most_memory()
    found = asyncio.run(look_at_all(targets[1:]))
    json.dump({"found": found, "grown": most_memory() - before}, sys.stdout)


if __name__ == "__main__":
    main()
