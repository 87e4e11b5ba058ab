"""Findings -> the score from 0 to 100.

Every rule with an open error takes 8% of the score, every rule with an open warning 3%; a quarter more for each
doubling of that rule's findings, up to twice as much. Shares instead of points: a project with a dozen errors does not
stand at 0, where mending one would change nothing. Infos cost nothing, so mending a warning into an info never lowers
the score, nor does the state of a server.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import log2

from flaskdoctor.finding import Finding, Severity

COST = {Severity.ERROR: 0.08, Severity.WARNING: 0.03}


def score(findings: Iterable[Finding]) -> int:
    """The score of a set of findings."""
    rules: dict[str, list[Severity]] = {}
    for finding in findings:
        if finding.severity in COST:
            rules.setdefault(finding.code, []).append(finding.severity)
    left = 100.0
    for found in rules.values():
        worst = max(found)
        left *= 1 - COST[worst] * min(2.0, 1 + 0.25 * log2(found.count(worst)))
    return min(round(left), 99) if rules else 100


EXPLANATION = """\
The score starts at 100, and what is open takes a share of it:

- 8% for each rule with an error, 3% for each rule with a warning, nothing for info;
- a quarter more for each doubling of that rule's findings (2, 4, 8 ..), at most twice as much.

So the first finding of a kind costs most, and mending anything never lowers the score. Whether the dev server
runs makes no difference. It is a thread to follow through one project, not a mark to compare projects by.
"""
