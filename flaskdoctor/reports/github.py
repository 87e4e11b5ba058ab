"""Workflow commands of GitHub Actions: each finding becomes an annotation of its line.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

from collections.abc import Sequence

from flaskdoctor.finding import Finding, Severity
from flaskdoctor.reports import Context, Part
from flaskdoctor.reports.repository import repository_prefix
from flaskdoctor.reports.text import MARKS, place_of, summary_line
from flaskdoctor.visible import loggable, visible

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def render(parts: Sequence[Part], context: Context) -> str:
    """A command for each finding, the worst first: GitHub shows ten of each kind. Then a line for the log."""
    lines = []
    for part in parts:
        prefix = repository_prefix(part.report.root)
        lines += [_command(finding, prefix) for finding in sorted(part.report.findings, key=_worst_first)]
    if context.summary:
        for part in parts:
            head = f"{loggable(part.prefix)}: " if part.prefix else ""
            lines.append(f"flaskdoctor: {head}{summary_line(part.report)}")
    return "".join(f"{line}\n" for line in lines)


def _worst_first(finding: Finding) -> int:
    return -finding.severity


def _command(finding: Finding, prefix: str) -> str:
    location = finding.location
    properties = {}
    if location.path:
        properties["file"] = prefix + location.path
        if location.line:
            properties["line"] = str(location.line)
            properties["endLine"] = str(max(location.line, location.end_line))
            # Columns are refused where the lines differ.
            if location.column and location.line == location.end_line:
                properties["col"] = str(location.column)
                properties["endColumn"] = str(max(location.column, location.end_column))
    properties["title"] = f"flaskdoctor ({finding.code})"
    settings = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    # The log shows the message alone.
    message = f"{place_of(finding, prefix)}: {finding.code} {finding.name}: {finding.message}{MARKS[finding.fix]}"
    return f"::{_COMMANDS[finding.severity]} {settings}::{_data(message)}"


def _data(text: str) -> str:
    """A message: what GitHub reads as more than itself is escaped in its way, and the rest made visible."""
    return visible(text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A"))


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
