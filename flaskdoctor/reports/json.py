"""The report as JSON, for scripts; ``version`` grows when a field changes its meaning or goes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from flaskdoctor.finding import Finding, Report, Severity

if TYPE_CHECKING:
    from flaskdoctor.probing import Probed

VERSION = 1


def render(report: Report, probed: Probed | None = None) -> str:
    """The whole report; ends with a newline. ``probe`` in it is null where no server was asked for."""
    findings = report.findings
    document = {
        "version": VERSION,
        "findings": [_finding(finding) for finding in findings],
        "summary": {
            "score": report.score,
            "findings": len(findings),
            "errors": sum(1 for finding in findings if finding.severity == Severity.ERROR),
            "warnings": sum(1 for finding in findings if finding.severity == Severity.WARNING),
            "infos": sum(1 for finding in findings if finding.severity == Severity.INFO),
            "fixable": sum(1 for finding in findings if finding.fix is not None),
            "files": report.files,
            "flask": report.flask or None,
            "python": report.python,
        },
        "probe": _probe(probed) if probed is not None else None,
    }
    return json.dumps(document, indent=2) + "\n"


def _finding(finding: Finding) -> dict[str, object]:
    location = finding.location
    return {
        "code": finding.code,
        "name": finding.name,
        "severity": finding.severity.word,
        "path": (location.path or None) if finding.url else location.path,
        "line": location.line or None,
        "column": location.column or None,
        "end_line": location.end_line or None,
        "end_column": location.end_column or None,
        "url": finding.url or None,
        "message": finding.message,
        "advice": finding.advice or None,
        "fix": finding.fix.value if finding.fix is not None else None,
    }


def _probe(probed: Probed) -> dict[str, object]:
    seen = probed.seen
    return {
        "url": seen.target.url,
        "state": seen.state.value,
        "detail": seen.detail or None,
        "latency_ms": round(seen.latency * 1000, 1) if seen.latency is not None else None,
        "profile": probed.judged.profile,
        "identity": seen.identity,
        "identity_why": seen.identity_why or None,
        "failed": bool(probed.failure),
    }
