"""Judging a running server: an observation and what is known of the project, through the live rules."""

from __future__ import annotations

from typing import NamedTuple

from flaskdoctor.finding import Finding, Location, Severity
from flaskdoctor.probe.observation import Observation
from flaskdoctor.project.known import Known
from flaskdoctor.rules import registry

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
    """``verdicts`` are all that the rules say; ``findings`` those that count in ``profile``."""

    profile: str
    verdicts: tuple[Verdict, ...] = ()
    findings: tuple[Finding, ...] = ()


def profile_of(seen: Observation, asked: str = "") -> str:
    """The profile that counts: what the user asked for, else development on plain HTTP to this machine."""
    if asked:
        return asked
    return DEVELOPMENT if seen.target.loopback and seen.target.scheme == "http" else PRODUCTION


def judge(seen: Observation, known: Known, profile: str = "") -> Judged:
    """What the live rules say of one look at the server."""
    counts = profile_of(seen, profile)
    verdicts: list[Verdict] = []
    findings: list[Finding] = []
    for rule in registry.live_rules():
        for issue in rule.check(seen, known):
            verdicts.append(
                Verdict(
                    rule.code,
                    rule.name,
                    issue.subject,
                    issue.message,
                    issue.now,
                    issue.production,
                    issue.advice,
                    issue.location,
                )
            )
            severity = issue.production if counts == PRODUCTION else issue.now
            if severity is not None:
                findings.append(
                    Finding(
                        rule.code,
                        rule.name,
                        rule.tip,
                        severity,
                        issue.message,
                        issue.location or Location(""),
                        None,
                        issue.subject,
                        0,
                        issue.advice,
                        seen.target.url + issue.path,
                    )
                )
    findings.sort(key=lambda finding: (-finding.severity, finding.code, finding.anchor))
    return Judged(counts, tuple(verdicts), tuple(findings))
