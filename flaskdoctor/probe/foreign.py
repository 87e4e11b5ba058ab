"""Whether an app believes a request that names a foreign host: by the redirect to a rule's slash, which Flask makes by
itself, with the host that it was told, and which runs no view."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flaskdoctor.probe.observation import Answer, Foreign
from flaskdoctor.project.routing.routepicture import RouteRow

if TYPE_CHECKING:
    from flaskdoctor.probe.client import Client

FOREIGN_HOST = "evil.example"


def slashed_route(routes: Sequence[RouteRow]) -> str:
    """The path of a rule that ends with a slash, without that; empty where there is none. Not one that another rule
    answers as it stands."""
    rules = {row.rule for row in routes}
    found = [
        row.rule.rstrip("/")
        for row in routes
        if row.rule is not None
        and row.rule.startswith("/")
        and row.rule.endswith("/")
        and not row.arguments
        and "GET" in row.methods
        and row.rule.isprintable()
        and not any(char in row.rule for char in "?#%\\ ")
        and "//" not in row.rule
        and row.rule.rstrip("/") not in rules | {""}
    ]
    return min(found, key=lambda path: (len(path), path), default="")


async def foreign_hosts(client: Client, routes: Sequence[RouteRow]) -> Foreign | None:
    """Ask with a foreign Host and with a foreign X-Forwarded-Host; None where no rule can tell, or it redirects to no
    slash when it is asked as usual. An OPTIONS: whoever answers it in the rule's place runs no view."""
    path = slashed_route(routes)
    if not path:
        return None
    host = await client.read("OPTIONS", path, (("Host", FOREIGN_HOST),))
    forwarded = await client.read("OPTIONS", path, (("X-Forwarded-Host", FOREIGN_HOST),))
    if host.fault is not None or forwarded.fault is not None:
        return None
    return Foreign(path, _leads_there(host.answer), _leads_there(forwarded.answer))


def _leads_there(answer: Answer) -> bool:
    if not 300 <= answer.status < 400:
        return False
    try:
        return urlsplit((answer.header("location") or "").strip()).hostname == FOREIGN_HOST
    except ValueError:
        return False
