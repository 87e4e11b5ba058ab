"""How often each rule found something (``--statistics``)."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from flaskdoctor.finding import Finding
from flaskdoctor.reports import Part

VERSION = 1


class _Row(NamedTuple):
    """A rule: how many ``findings`` it has, and how many of them have a fix."""

    code: str
    name: str
    findings: int
    fixable: int


def render_text(parts: Sequence[Part]) -> str:
    """A line for each rule, the most frequent first: the count, the code, how many have a fix, the name."""
    rows = _rows(parts)
    if not rows:
        return ""
    width = len(str(rows[0].findings))
    fixes = [f"{row.fixable} with a fix" if row.fixable else "" for row in rows]
    pad = max(map(len, fixes))
    lines = [
        f"{row.findings:>{width}}  {row.code:<6}  {row.name:<28}  {fix:<{pad}}".rstrip()
        for row, fix in zip(rows, fixes, strict=True)
    ]
    return "\n".join(lines) + "\n"


def render_json(parts: Sequence[Part]) -> str:
    """The same for scripts."""
    document = {"version": VERSION, "rules": [row._asdict() for row in _rows(parts)]}
    return json.dumps(document, indent=2) + "\n"


def _rows(parts: Sequence[Part]) -> list[_Row]:
    findings: list[Finding] = [finding for part in parts for finding in part.report.findings]
    counts = Counter((finding.code, finding.name) for finding in findings)
    fixable = Counter(finding.code for finding in findings if finding.fix is not None)
    rows = [_Row(code, name, count, fixable[code]) for (code, name), count in counts.items()]
    return sorted(rows, key=lambda row: (-row.findings, len(row.code), row.code))
