"""Which findings a comment can switch off, and what does it for the others. Imports next to nothing."""

from __future__ import annotations

from flaskdoctor.finding import Finding, Tip


def why_no_comment(finding: Finding) -> str:
    """Why a comment cannot switch this finding off; empty where it can."""
    path = finding.location.path
    if path.endswith(".py") and finding.location.line:
        return ""
    if finding.tip is Tip.LIVE:
        return "it is about the server's answers, not about a line"
    if path.endswith(".py"):
        return f"it is about {path} as a whole, not about a line"
    return f"a comment in {path} is not read" if path else "it is about the project, not about a line"


def what_instead(finding: Finding, *, below: str = "") -> str:
    """The setting that leaves the finding out: for one file where there is one, else for the project."""
    path = below or finding.location.path
    if path:
        return f'In pyproject.toml: [tool.flaskdoctor.per-file-ignores] "{path}" = ["{finding.code}"]'
    return f'In pyproject.toml: [tool.flaskdoctor] ignore = ["{finding.code}"]'
