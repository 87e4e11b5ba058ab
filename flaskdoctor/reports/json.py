"""The report as JSON, for scripts. ``schema.json`` beside this file says what is in it, and ``flaskdoctor --explain
json`` prints that; ``version`` grows when a field changes its meaning or goes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from flaskdoctor.finding import Finding, Severity
from flaskdoctor.reports import Context, Part, count, well_formed

if TYPE_CHECKING:
    from flaskdoctor.probing import Probed

VERSION = 1


def render(parts: Sequence[Part], context: Context) -> str:  # noqa: ARG001
    """One document for all projects. It is plain ASCII: the same bytes in every locale."""
    findings = [finding for part in parts for finding in part.report.findings]
    document = {
        "version": VERSION,
        "findings": [_finding(finding, part.prefix) for part in parts for finding in part.report.findings],
        "summary": {
            "score": min(part.report.score for part in parts),
            **_counts(findings),
            "files": sum(part.report.files for part in parts),
            "flask": _same([part.report.flask or None for part in parts]),
            "python": _same([part.report.python or None for part in parts]),
        },
        "projects": [
            {
                "path": well_formed(part.prefix.rstrip("/")) or ".",
                "score": part.report.score,
                **_counts(part.report.findings),
                "files": part.report.files,
                "flask": part.report.flask or None,
                "python": part.report.python or None,
                "known": len(part.known),
            }
            for part in parts
        ],
        "probe": next((_probe(part.probed) for part in parts if part.probed is not None), None),
    }
    return json.dumps(document, indent=2) + "\n"


def _counts(findings: Sequence[Finding]) -> dict[str, int]:
    return {
        "findings": len(findings),
        "errors": count(findings, Severity.ERROR),
        "warnings": count(findings, Severity.WARNING),
        "infos": count(findings, Severity.INFO),
        "fixable": sum(1 for finding in findings if finding.fix is not None),
    }


def _same(values: Sequence[str | None]) -> str | None:
    """What is true of all projects; null where they differ."""
    return values[0] if len(set(values)) == 1 else None


def _finding(finding: Finding, prefix: str) -> dict[str, object]:
    location = finding.location
    path = well_formed(prefix + location.path)
    return {
        "code": finding.code,
        "name": finding.name,
        "severity": finding.severity.word,
        "path": None if finding.url and not location.path else path,
        "line": location.line or None,
        "column": location.column or None,
        "end_line": location.end_line or None,
        "end_column": location.end_column or None,
        "url": well_formed(finding.url) or None,
        "message": well_formed(finding.message),
        "advice": well_formed(finding.advice) or None,
        "fix": finding.fix.value if finding.fix is not None else None,
    }


def _probe(probed: Probed) -> dict[str, object]:
    seen = probed.seen
    return {
        "url": well_formed(seen.target.url),
        "state": seen.state.value,
        "detail": well_formed(seen.detail) or None,
        "latency_ms": round(seen.latency * 1000, 1) if seen.latency is not None else None,
        "profile": probed.judged.profile,
        "identity": seen.identity,
        "identity_why": well_formed(seen.identity_why) or None,
        "failed": bool(probed.failure),
    }
