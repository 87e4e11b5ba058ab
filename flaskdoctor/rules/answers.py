"""Which answers of a look bear witness, and to what.

``OPTIONS /`` runs no view but every ``after_request`` hook; a page that is missing does too. So what these two lack no
hook of the app sets, and what the page alone has its own view sets. A header that speaks to browsers is missed
where a browser shows the answer as a page: on HTML. A JSON answer needs none of them but ``nosniff``.
"""

from __future__ import annotations

from typing import NamedTuple

from flaskdoctor.finding import Severity
from flaskdoctor.probe.observation import Answer, Observation, State
from flaskdoctor.rules.rule import LiveIssue

_HTML = ("text/html", "application/xhtml+xml")


class Witness(NamedTuple):
    """The answer that a missing header is judged by, and how bad its lack is now and in production.

    ``words`` go behind the message where the answer does not say all: a redirect leads to a page that was not
    asked for.
    """

    answer: Answer
    now: Severity
    production: Severity
    words: str = ""


def page_witness(seen: Observation) -> Witness | None:
    """What bears witness to the headers of pages. None: nothing that was seen is shown by a browser as a page of
    this app (a JSON API, an error of the development server, another server)."""
    page = seen.page
    if seen.state is not State.UP or page is None or not page.status:
        return None
    if 300 <= page.status < 400:
        return _redirect(seen, page)
    if page.status in (404, 405) or not is_html(page):
        return None
    return Witness(page, Severity.INFO, Severity.WARNING)


def any_witness(seen: Observation) -> Witness | None:
    """What bears witness to headers that every answer needs, JSON as well."""
    page = seen.page
    if seen.state is not State.UP or page is None or not page.status:
        return None
    if 300 <= page.status < 400:
        return _redirect(seen, page)
    if page.status in (404, 405):
        return Witness(page, Severity.INFO, Severity.INFO, f"seen where GET / is {page.status}")
    return Witness(page, Severity.INFO, Severity.WARNING)


def _redirect(seen: Observation, page: Answer) -> Witness | None:
    """A redirect is shown to nobody. It counts as a hint, unless it leads to https, where the headers may wait."""
    target = page.header("Location") or ""
    if target.lower().startswith("https://") and seen.target.scheme == "http":
        return None
    return Witness(page, Severity.INFO, Severity.INFO, "seen on a redirect, not on a page")


def is_html(answer: Answer) -> bool:
    """Whether a browser shows the answer as a page."""
    return (answer.header("Content-Type") or "").split(";")[0].strip().lower() in _HTML


def only_the_view(seen: Observation, name: str) -> bool:
    """Whether the page has a header that no other answer has: its view sets it, and other views may forget."""
    page, options, missing = seen.page, seen.options, seen.missing
    if page is None or options is None or missing is None or not page.has(name):
        return False
    others = (options, missing)
    return all(answer.status and not answer.has(name) for answer in others) and options.status < 400


def missing_header(witness: Witness, name: str, message: str, advice: str = "") -> LiveIssue:
    """The issue that a header is missing where ``witness`` says so."""
    words = f" ({witness.words})" if witness.words else ""
    return LiveIssue(f"{message}{words}", name, witness.now, witness.production, advice=advice)


def of_one_view(name: str) -> LiveIssue:
    """The issue that only one view sets a header."""
    return LiveIssue(
        f"{name} is set by the view of / alone: OPTIONS / and a missing page are answered without it",
        name,
        Severity.INFO,
        Severity.INFO,
        advice="Set it in an `after_request` hook, so that no view and no error page goes without.",
    )
