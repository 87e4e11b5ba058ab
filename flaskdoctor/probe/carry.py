"""What of an earlier look still holds, so that a light one shows the whole picture."""

from __future__ import annotations

import re

from flaskdoctor.probe.observation import Answer, Observation, State

# What differs from answer to answer of the same server: a look that takes it for a change runs the view of ``/``.
_FLEETING = frozenset(
    {"date", "age", "etag", "last-modified", "set-cookie", "expires", "content-length", "retry-after", "traceparent"}
    | {"x-request-id", "x-correlation-id", "x-trace-id", "server-timing", "x-runtime", "x-response-time"}
    | {f"{kind}-{what}" for kind in ("ratelimit", "x-ratelimit") for what in ("remaining", "reset")}
)
_NONCE = re.compile(r"'nonce-[^']{0,200}'")


def merged(before: Observation | None, seen: Observation) -> Observation:
    """A light look with what is still known from those ``before`` it; a full look as it is."""
    if before is None or seen.full or before.target.url != seen.target.url:
        return seen
    seen = seen._replace(
        page=seen.page or before.page,
        missing=before.missing,
        debugger=before.debugger,
        exposed=before.exposed,
        cors=before.cors,
        foreign=before.foreign,
        tls=seen.tls or before.tls,
        plain=before.plain,
    )
    if seen.identity is None and (before.identity is not None or not seen.identity_why):
        seen = seen._replace(identity=before.identity, identity_why=before.identity_why)
        if seen.identity is False:
            seen = seen._replace(state=State.WRONG_SERVER, detail=seen.identity_why)
    return seen


def started_anew(before: Observation | None) -> Observation | None:
    """What is left of a look when its server was started again: not what hangs on how it was started."""
    if before is None:
        return None
    return before._replace(
        debugger=None, exposed=None, cors=None, foreign=None, tls=None, plain=None, identity=None, identity_why=""
    )


def changed(before: Answer | None, now: Answer | None) -> bool:
    """Whether two answers to the same request come from servers that differ."""
    return _fingerprint(before) != _fingerprint(now)


def _fingerprint(answer: Answer | None) -> tuple[object, ...]:
    if answer is None:
        return ()
    kept = [
        (name.lower(), _NONCE.sub("'nonce'", value)) for name, value in answer.headers if name.lower() not in _FLEETING
    ]
    # Werkzeug writes a set into Allow: its order is another one in each process.
    return (answer.status, *((name, sorted(value.split(", "))) for name, value in kept))
