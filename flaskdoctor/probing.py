"""One look at the running server for the command line: asked once, judged, and never part of the score."""

from __future__ import annotations

import time
from typing import NamedTuple

from flaskdoctor.finding import Finding
from flaskdoctor.live import Judged, judge, known_of
from flaskdoctor.probe.observation import Observation, State, Target
from flaskdoctor.probe.observe import look
from flaskdoctor.probe.target import choose
from flaskdoctor.probe.threads import run
from flaskdoctor.scan import Options, Scan, chosen_of

_PAUSE = 1.0  # seconds until a server that listens and does not answer is asked again: it may be loading the app anew
_LOADING = 3.0  # seconds: a server that loads is silent, which is known by then; one that drips is no better later
_LOOKED_AT = frozenset({State.UP, State.BROKEN})


class Probed(NamedTuple):
    """What the server named by ``--url`` was found to be. ``findings`` are those that are selected; ``failure`` is why
    nothing was learnt of the project's server (empty: it was)."""

    seen: Observation
    judged: Judged
    findings: tuple[Finding, ...]
    failure: str = ""


def probe(scan: Scan, url: str, profile: str, options: Options) -> Probed:
    """Look at the server at ``url``, with all requests that a full round has. Raises ``UserError`` for a bad URL."""
    target = choose(scan.report.root, url)
    started = time.monotonic()
    seen = _look(target, scan)
    loading = seen.state in (State.UNKNOWN, State.RELOADING) and time.monotonic() - started < _LOADING
    if target.loopback and loading:
        time.sleep(_PAUSE)
        seen = _look(target, scan)
    judged = judge(seen, known_of(scan), profile or scan.settings.profile)
    failure = ""
    if seen.state not in _LOOKED_AT:
        failure = f"{target.url}: {seen.state.value}" + (f" ({seen.detail})" if seen.detail else "")
    return Probed(seen, judged, chosen_of(judged.findings, scan.settings, options), failure)


def _look(target: Target, scan: Scan) -> Observation:
    return run(look(target, full=True, root=scan.report.root, routes=scan.routes.rows))
