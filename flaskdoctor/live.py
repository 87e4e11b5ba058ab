"""Judging a running server: an observation and what is known of the project, through the live rules."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from flaskdoctor.finding import Finding, Location, Severity
from flaskdoctor.observatory.grade import graded
from flaskdoctor.observatory.graded import Graded
from flaskdoctor.probe.observation import Observation, State
from flaskdoctor.project.known import Known, SigningKey
from flaskdoctor.rules import registry
from flaskdoctor.rules.rule import LiveIssue, LiveRule

if TYPE_CHECKING:
    from flaskdoctor.scan import Scan

DEVELOPMENT, PRODUCTION = "development", "production"


class Verdict(NamedTuple):
    """A live rule's word on one subject, as it stands now and as it would stand in production (None: fine there)."""

    code: str
    name: str
    subject: str
    message: str
    now: Severity | None
    production: Severity | None
    advice: str = ""
    location: Location | None = None


class Judged(NamedTuple):
    """``verdicts`` are all that the rules say; ``findings`` those that count in ``profile``. ``grade`` is what the HTTP
    Observatory would say."""

    profile: str
    verdicts: tuple[Verdict, ...] = ()
    findings: tuple[Finding, ...] = ()
    grade: Graded | None = None


def profile_of(seen: Observation, asked: str = "") -> str:
    """The profile that counts: what the user asked for, else development on plain HTTP to this machine."""
    if asked:
        return asked
    return DEVELOPMENT if seen.target.loopback and seen.target.scheme == "http" else PRODUCTION


def known_of(scan: Scan) -> Known:
    """What the live rules may know of a scanned project. Its keys are read when a rule tries them, not before."""
    root, inputs = scan.report.root, scan.inputs

    def keys() -> tuple[SigningKey, ...]:
        from flaskdoctor.project.secrecy.signingkeys import committed_keys

        return committed_keys(root, inputs)

    return Known(root, scan.routes.rows, keys, scan.settings.https == "proxy")


def judge(seen: Observation, known: Known, profile: str = "") -> Judged:
    """What the live rules say of one look at the server."""
    counts = profile_of(seen, profile)
    verdicts: list[Verdict] = []
    findings: list[Finding] = []
    numbers: Counter[tuple[str, str, str, int]] = Counter()
    if seen.state is State.WRONG_SERVER:
        # What another program answers says nothing about this project.
        seen = seen._replace(options=None, page=None, missing=None, debugger=None, exposed=None, cors=None)
        seen = seen._replace(foreign=None, tls=None, plain=None, paces=())
    for rule in registry.live_rules():
        try:
            issues = list(rule.check(seen, known))
        except Exception as error:  # noqa: BLE001  # one broken rule must not hide what the others say
            from flaskdoctor.analysis import crash_finding

            findings.append(crash_finding(rule.code, "", error)._replace(url=seen.target.url))
            continue
        for issue in issues:
            if issue.location is not None and _switched_off(known.root, rule, issue.location):
                continue
            verdicts.append(_verdict(rule, issue))
            severity = issue.production if counts == PRODUCTION else issue.now
            if severity is not None:
                finding = _finding(rule, issue, severity, seen.target.url)
                findings.append(finding._replace(ordinal=numbers[finding.key]))
                numbers[finding.key] += 1
    findings.sort(key=lambda finding: (-finding.severity, finding.code, finding.anchor))
    return Judged(counts, tuple(verdicts), tuple(findings), graded(seen))


def _verdict(rule: LiveRule, issue: LiveIssue) -> Verdict:
    return Verdict(
        rule.code,
        rule.name,
        issue.subject,
        issue.message,
        issue.now,
        issue.production,
        issue.advice,
        issue.location,
    )


def _finding(rule: LiveRule, issue: LiveIssue, severity: Severity, url: str) -> Finding:
    return Finding(
        rule.code,
        rule.name,
        rule.tip,
        severity,
        issue.message + _prospect(severity, issue.production),
        issue.location or Location(""),
        anchor=issue.subject,
        advice=issue.advice,
        url=url + issue.path,
    )


def _switched_off(root: str, rule: LiveRule, location: Location) -> bool:
    """Whether a comment on the line that is at fault switches the rule off. Only flaskdoctor's own counts: ``nosec``
    vouches for a literal, not for what a running server makes of it."""
    if not location.path.endswith(".py"):
        return False
    import os

    from flaskdoctor.project.code.suppressions import read_suppressions
    from flaskdoctor.project.plainfile import read_bytes

    source = read_bytes(os.path.join(root, location.path)).data
    comments = read_suppressions(source, secrets_found=False)
    return comments.cover(rule.code, rule.name, location.line, location.end_line)


def _prospect(now: Severity, production: Severity | None) -> str:
    """What a finding would be in production, where that is worse than what it is now."""
    if production is None or production <= now:
        return ""
    return f"; in production {'an' if production is Severity.ERROR else 'a'} {production.word}"
