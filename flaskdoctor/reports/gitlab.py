"""GitLab's code quality report, which merge requests show.

https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from flaskdoctor.finding import Finding, Severity
from flaskdoctor.fingerprint import fingerprints
from flaskdoctor.reports import Context, Part, well_formed
from flaskdoctor.reports.repository import repository_prefix

_SEVERITIES = {Severity.ERROR: "critical", Severity.WARNING: "major", Severity.INFO: "info"}


def render(parts: Sequence[Part], context: Context) -> str:  # noqa: ARG001
    """One list for all projects, as plain ASCII."""
    return json.dumps(list(_issues(parts)), indent=2) + "\n"


def _issues(parts: Sequence[Part]) -> Iterator[dict[str, object]]:
    for part in parts:
        prefix = repository_prefix(part.report.root)
        findings = part.report.findings
        for finding, name in zip(findings, fingerprints(findings, prefix), strict=True):
            yield {
                "description": well_formed(finding.message),
                "check_name": f"{finding.code} {finding.name}",
                "fingerprint": name,
                "severity": _SEVERITIES[finding.severity],
                "location": _location(finding, prefix),
            }


def _location(finding: Finding, prefix: str) -> dict[str, object]:
    """GitLab wants a path and a line of everything: the URL, or the project's folder, and the first."""
    location = finding.location
    path = finding.url if finding.url and not location.path else prefix + location.path
    first = max(location.line, 1)
    return {"path": well_formed(path) or ".", "lines": {"begin": first, "end": max(first, location.end_line)}}
