"""The report as JSON, for scripts; ``version`` grows when a field changes its meaning or goes."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

from flaskdoctor.finding import Finding, Report, Severity
from flaskdoctor.observatory import ALGORITHM

if TYPE_CHECKING:
    from flaskdoctor.observatory.graded import Grade, Graded
    from flaskdoctor.probe.observation import Tls
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
        "grade": _grades(probed.judged.grade) if probed.judged.grade is not None else None,
        "tls": _tls(seen.tls) if seen.tls is not None else None,
        "paces": [
            {
                "method": pace.method,
                "path": pace.path,
                "p50_ms": round(pace.p50 * 1000, 1),
                "p95_ms": round(pace.p95 * 1000, 1),
                "samples": pace.samples,
            }
            for pace in seen.paces
        ],
    }


def _grades(graded: Graded) -> dict[str, object]:
    """The HTTP Observatory's grades: as it is, after the fixes, and with the policy enforced that these let report."""
    return {
        "algorithm": ALGORITHM,
        "now": _grade(graded.now),
        "fixed": _grade(graded.fixed),
        "enforced": _grade(graded.enforced),
        "assumed": list(graded.assumed),
    }


def _grade(grade: Grade) -> dict[str, object]:
    return {
        "grade": grade.letter,
        "score": grade.score,
        "tests": {result.test: {"result": result.result, "modifier": result.modifier} for result in grade.results},
    }


def _tls(tls: Tls) -> dict[str, object]:
    """Times are in UTC, as ISO 8601 writes them."""
    certificate = tls.certificate
    return {
        "version": tls.version or None,
        "alpn": tls.alpn or None,
        "trusted": tls.distrust is None,
        "problem": tls.distrust.value if tls.distrust is not None else None,
        "subject": certificate.subject if certificate is not None else None,
        "issuer": certificate.issuer if certificate is not None else None,
        "names": list(certificate.names) if certificate is not None else [],
        "not_before": _time(certificate.not_before) if certificate is not None else None,
        "not_after": _time(certificate.not_after) if certificate is not None else None,
    }


def _time(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
