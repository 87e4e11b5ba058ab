"""Findings -> the score from 0 to 100.

100, minus 8 for each rule with an open error and 3 for each rule with an open warning; a quarter more for each
doubling of that rule's findings, up to twice as much. Infos cost nothing, so mending a warning into an info never
lowers the score, nor does the state of a server.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import log2

from flaskdoctor.finding import Finding, Severity

COST = {Severity.ERROR: 8.0, Severity.WARNING: 3.0, Severity.INFO: 0.0}


def score(findings: Iterable[Finding]) -> int:
    """The score of a set of findings."""
    rules: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.severity > Severity.INFO:
            rules.setdefault(finding.code, []).append(finding)
    lost = 0.0
    for found in rules.values():
        worst = max(finding.severity for finding in found)
        count = sum(1 for finding in found if finding.severity == worst)
        lost += COST[worst] * min(2.0, 1 + 0.25 * log2(count))
    return max(0, round(100 - lost))


EXPLANATION = """\
The score is 100 minus what is open:

- 8 for each rule with an error, 3 for each rule with a warning, nothing for info;
- a quarter more for each doubling of that rule's findings (2, 4, 8 ..), at most twice as much.

So the first finding of a kind costs most, and mending anything never lowers the score. Whether the dev server
runs makes no difference. It is a thread to follow through one project, not a mark to compare projects by.
"""
