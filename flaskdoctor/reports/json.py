"""The report as JSON, for scripts; ``version`` grows when a field changes its meaning or goes."""

from __future__ import annotations

import json

from flaskdoctor.finding import Finding, Report, Severity

VERSION = 1


def render(report: Report) -> str:
    """The whole report; ends with a newline."""
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
        "probe": None,
    }
    return json.dumps(document, indent=2) + "\n"


def _finding(finding: Finding) -> dict[str, object]:
    location = finding.location
    return {
        "code": finding.code,
        "name": finding.name,
        "severity": finding.severity.word,
        "path": location.path,
        "line": location.line or None,
        "column": location.column or None,
        "end_line": location.end_line or None,
        "end_column": location.end_column or None,
        "url": None,
        "message": finding.message,
        "advice": finding.advice or None,
        "fix": finding.fix.value if finding.fix is not None else None,
    }
