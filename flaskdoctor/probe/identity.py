"""Whether the server that answers is this project's."""

from __future__ import annotations

from collections.abc import Sequence

from flaskdoctor.probe.observation import Answer, Target
from flaskdoctor.project.routing.routepicture import RouteRow

_MOST = 2  # routes that are asked
# Servers that never run a Flask app, by the start of their Server or X-Powered-By.
_STRANGERS = {
    "airtunes": "AirPlay, which macOS runs on this port",
    "simplehttp": "Python's http.server, which hands out files",
    "uploadserver": "a file server",
    "tornadoserver": "Tornado",
    "express": "an Express app",
    "next.js": "a Next.js app",
    "php": "a PHP app",
    "asp.net": "an ASP.NET app",
    "kestrel": "an ASP.NET app",
    "microsoft-httpapi": "a service of Windows",
    "servlet": "a Java app",
    "jetty": "a Java app",
    "rails": "a Rails app",
    "phusion passenger": "a Rails app",
    "cups": "the printing system",
}


def by_headers(answer: Answer | None, target: Target) -> tuple[bool | None, str]:
    """What the target and the names that a server gives itself tell. None: they tell nothing."""
    for name in ("server", "x-powered-by"):
        value = (answer.header(name) or "").lower() if answer is not None else ""
        for start, who in _STRANGERS.items():
            if value.startswith(start):
                return False, f"this is {who}"
    if target.stranger:
        return False, f"its process runs in another project, {target.stranger}"
    if target.proven:
        return True, f"{target.process or 'its process'} runs in this folder"
    return None, ""


def telling_routes(routes: Sequence[RouteRow]) -> tuple[RouteRow, ...]:
    """The routes by which the project is told from another: known to the letter, and few others have them."""
    found = [
        row
        for row in routes
        if row.rule is not None
        and row.rule.startswith("/")
        and row.rule != "/"
        and not row.arguments
        and not row.static
        and "GET" in row.methods
        and row.rule.isprintable()
        and not any(char in row.rule for char in "?#%\\ ")
    ]
    # Deep and long rules are rarer; ``/login`` is everywhere.
    found.sort(key=lambda row: (-(row.rule or "").count("/"), -len(row.rule or ""), row.rule or ""))
    return tuple(found[:_MOST])


def by_routes(
    routes: Sequence[RouteRow],
    asked: Sequence[tuple[RouteRow, Answer]],
    start: Answer | None,
    missing: Answer | None,
) -> tuple[bool | None, str]:
    """What the answers to ``OPTIONS`` of known routes tell, beside those to ``/`` (``start``) and to a path which does
    not exist.

    Flask answers them by itself, with the route's methods in ``Allow``, and runs no view.
    """
    answered = [(row, answer) for row, answer in asked if answer.status]
    if not answered:
        return None, "it has no route that could tell" if not asked else ""
    for row, answer in answered:
        allowed = {item.strip().upper() for item in (answer.header("allow") or "").split(",")}
        if answer.status < 400 and set(row.methods) <= allowed and not _same(answer, missing):
            return True, f"it knows the route {row.rule}"
    if all(answer.status == 404 for _, answer in answered):
        if start is not None and start.status == 404 and any(row.rule == "/" for row in routes):
            # An app that listens to its SERVER_NAME alone, or under a prefix, answers nothing here.
            return None, "it answers none of the project's routes, / neither"
        rules = " or ".join(row.rule or "" for row, _ in answered)
        return False, f"it does not know the project's route {rules}"
    return None, "its answers do not tell"


def _same(answer: Answer, missing: Answer | None) -> bool:
    """Whether a path that does not exist is answered alike: then the answer says nothing about a route."""
    return missing is not None and missing.status == answer.status and missing.status < 300
