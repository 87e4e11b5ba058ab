"""What stands in the Live tab's list: the server, its last answer, and a row for each thing that was judged."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from flaskdoctor.finding import Finding, Location, Severity, Tip
from flaskdoctor.observatory.graded import Graded
from flaskdoctor.probe.observation import Answer, Cookie, State, Tls
from flaskdoctor.tui.panes.logpage import Printed, printed
from flaskdoctor.tui.panes.serverwords import Standing, standing
from flaskdoctor.tui.server import Server

if TYPE_CHECKING:
    from flaskdoctor.live import Verdict

# Shown in any case, sent or not, in this order.
HEADERS = (
    "Content-Security-Policy",
    "Strict-Transport-Security",
    "X-Frame-Options",
    "X-Content-Type-Options",
    "Referrer-Policy",
    "Permissions-Policy",
)
SERVER, ANSWER, LOG, GRADE, CERTIFICATE, OTHER, HEADER, COOKIE = (
    "server",
    "answer",
    "log",
    "grade",
    "certificate",
    "other",
    "header",
    "cookie",
)
KINDS = (SERVER, ANSWER, LOG, GRADE, CERTIFICATE, OTHER, HEADER, COOKIE)
KIND_TITLES = {OTHER: "Served", HEADER: "Headers", COOKIE: "Cookies"}  # the first rows speak for themselves


class LiveRow(NamedTuple):
    """One row. ``kind`` is one of the names above, ``subject`` the header, ``cookie session``, a path ..

    ``value`` is all that its cells say: the header's value (None: not sent), the cookie, the answer, how the server
    stands, what the log of the own server says, its grade, its certificate. ``verdicts`` are about this subject, the
    worst first.
    """

    kind: str
    subject: str
    value: str | Cookie | Answer | Standing | Printed | Graded | Tls | None = None
    verdicts: tuple[Verdict, ...] = ()

    @property
    def now(self) -> Severity | None:
        """How bad it is on this machine."""
        return max((verdict.now for verdict in self.verdicts if verdict.now), default=None)

    @property
    def production(self) -> Severity | None:
        """How bad it would be if the server were deployed as it is."""
        return max((verdict.production for verdict in self.verdicts if verdict.production), default=None)


def live_rows(server: Server) -> list[LiveRow]:
    """The rows of the list, the server and its answer first, then what is worst."""
    seen = server.seen
    if seen is None:
        return []
    about: dict[str, list[Verdict]] = {}
    for verdict in server.verdicts:
        about.setdefault(_filed(verdict.subject), []).append(verdict)

    def verdicts(subject: str) -> tuple[Verdict, ...]:
        return tuple(sorted(about.pop(_filed(subject), ()), key=_urgency))

    rows = [LiveRow(SERVER, SERVER, standing(server), verdicts(SERVER))]
    last = last_answer(server)
    if last is not None:
        rows.append(LiveRow(ANSWER, "last answer", last, verdicts("last answer")))
    if server.own is not None:
        rows.append(LiveRow(LOG, "its log", printed(server.own)))
    if server.judged is not None and server.judged.grade is not None:
        rows.append(LiveRow(GRADE, "Observatory", server.judged.grade))
    if seen.tls is not None:
        rows.append(LiveRow(CERTIFICATE, "TLS", seen.tls, verdicts("TLS")))
    judged = seen.answer if seen.state in (State.UP, State.RELOADING) else None
    if judged is not None:
        rows += [LiveRow(HEADER, name, judged.header(name), verdicts(name)) for name in HEADERS]
        for cookie in _by_name(seen.cookies):
            rows.append(LiveRow(COOKIE, f"cookie {cookie.name}", cookie, verdicts(f"cookie {cookie.name}")))
    for found in list(about.values()):
        subject = found[0].subject
        value = judged.header(subject) if judged is not None else None
        rows.append(LiveRow(OTHER if value is None else HEADER, subject, value, verdicts(subject)))
    profile = server.judged.profile if server.judged is not None else ""
    rows.sort(key=lambda row: _rank(row, profile))
    return rows


def last_answer(server: Server) -> Answer | None:
    """The answer to what the user asked for last, else to the look at the front page."""
    if server.answers:
        return next(reversed(server.answers.values()))
    seen = server.seen
    if seen is None:
        return None
    if seen.state is State.BROKEN:  # not the page of the time before
        failed = [answer for answer in (seen.page, seen.options) if answer is not None and answer.status >= 500]
        return failed[0] if failed else seen.options
    return seen.answer


def finding_of(verdict: Verdict, server: Server) -> Finding:
    """A verdict as a finding, also one that counts in production only: for its page and for the keys."""
    location = verdict.location or Location("")
    place = (verdict.code, location.path, verdict.subject)
    for finding in server.findings:
        if finding.key[:3] == place and finding.message.startswith(verdict.message):
            return finding
    severity = max(verdict.now or Severity.INFO, verdict.production or Severity.INFO)
    url = f"{server.target.url}/" if server.target is not None else ""
    return Finding(
        verdict.code,
        verdict.name,
        Tip.LIVE,
        severity,
        verdict.message,
        location,
        None,
        verdict.subject,
        0,
        verdict.advice,
        url,
    )


def _filed(subject: str) -> str:
    """Headers have no case; ``server`` is the server itself, ``Server`` what it calls itself."""
    return subject if subject == SERVER else f"/{subject.lower()}"


def _by_name(cookies: Iterable[Cookie]) -> list[Cookie]:
    """One cookie a name: every answer of a look may set it anew."""
    found: dict[str, Cookie] = {}
    for cookie in cookies:
        found.setdefault(cookie.name, cookie)
    return list(found.values())


def _urgency(verdict: Verdict) -> tuple[int, int, str]:
    return -(verdict.now or 0), -(verdict.production or 0), verdict.code


def _rank(row: LiveRow, profile: str) -> tuple[object, ...]:
    """The server and the answer, what counts, what would count elsewhere, then the rest as it came."""
    first = row.kind not in (SERVER, ANSWER, LOG, GRADE)
    counts, other = (row.production, row.now) if profile == "production" else (row.now, row.production)
    return (first, -(counts or 0), -(other or 0), KINDS.index(row.kind))
