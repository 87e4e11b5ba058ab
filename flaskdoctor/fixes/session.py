"""From findings to a plan: what mending them would change. Nothing is written here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from flaskdoctor.analysis import issue_findings
from flaskdoctor.errors import UserError
from flaskdoctor.finding import Finding
from flaskdoctor.fixes.edit import Plan, Refused
from flaskdoctor.fixes.workspace import Workspace
from flaskdoctor.project.code.suppressions import UNUSED
from flaskdoctor.rules import registry
from flaskdoctor.rules.rule import Issue, ProjectRule, Rule, RuleBase

if TYPE_CHECKING:
    from flaskdoctor.project.snapshot import Project

GONE = "It is no longer there: the project has changed since the last scan."
ADVICE = "There is no fix for this one, only advice."
# What may come up after a fix, and is no fault of it: a comment that is needless once a neighbour is mended, and what
# stands in a long history of git's, which each look reads as far as there is time.
_NO_FAULT = (UNUSED, "FD332")


def plan(
    root: str,
    findings: Iterable[Finding],
    project: Project | None = None,
    rules: Sequence[RuleBase] | None = None,
    unsaved: Mapping[str, bytes] | None = None,
) -> Plan:
    """What fixing ``findings`` would do to the files as they are now.

    ``project`` is the picture that the findings come from (None: a new one is made), ``rules`` those that may
    fix and that check the result (None: all). ``unsaved`` are bytes that stand for what is on the disk. Every finding
    ends up in ``fixed`` or in ``refused``.
    """
    wanted = list(dict.fromkeys(findings))
    if project is None:
        project = look_at(root)
    known = {rule.code: rule for rule in (registry.all_rules() if rules is None else rules)}
    workspace = Workspace(root, unsaved)
    fixed: list[Finding] = []
    refused: list[Refused] = []
    in_files: dict[str, list[Finding]] = {}
    issues: dict[str, list[tuple[Issue, Finding]]] = {}
    for finding in wanted:
        rule = known.get(finding.code)
        if rule is None or finding.fix is None or not rule.fixable():
            refused.append(Refused(finding, ADVICE))
        elif isinstance(rule, Rule):
            in_files.setdefault(finding.location.path, []).append(finding)
        elif isinstance(rule, ProjectRule):
            if rule.code not in issues:
                found = list(rule.check(project))
                issues[rule.code] = list(zip(found, issue_findings(rule, found), strict=True))
            reason = _fix_project(rule, finding, issues[rule.code], project, workspace)
            if reason:
                refused.append(Refused(finding, reason))
            else:
                fixed.append(finding)
    if in_files:
        from flaskdoctor.fixes.pythonfile import mend

        file_rules = [rule for rule in known.values() if isinstance(rule, Rule)]
        for path, each in sorted(in_files.items()):
            mended, left = mend(path, each, project, file_rules, workspace)
            fixed += mended
            refused += left
    order = {finding: place for place, finding in enumerate(wanted)}
    return Plan(
        workspace.edits(),
        tuple(sorted(fixed, key=order.__getitem__)),
        tuple(sorted(refused, key=lambda each: order[each.finding])),
        workspace.notes,
    )


def look_at(root: str, *, use_cache: bool = True) -> Project:
    """A new picture of the project, from the cache where nothing has changed."""
    from flaskdoctor.analysis import Analysis
    from flaskdoctor.config import read_settings
    from flaskdoctor.project import cache

    return Analysis(root, read_settings(root), cache.tool_key() if use_cache else "").project()


def reason_of(error: UserError) -> str:
    """One line that says why a fix was not made."""
    return f"{error.title.rstrip('.')}. {error.hint}".rstrip()


def _fix_project(
    rule: ProjectRule,
    finding: Finding,
    issues: Sequence[tuple[Issue, Finding]],
    project: Project,
    workspace: Workspace,
) -> str:
    """Plan one project rule's fix; the reason where it cannot be made, else nothing."""
    for issue, seen in issues:
        if seen.key != finding.key:
            continue
        before = workspace.snapshot()
        try:
            for edit in rule.fix(issue, project):
                workspace.put(edit)
        except UserError as error:
            workspace.restore(before)
            return reason_of(error)
        return ""
    return GONE


def still_wrong(plan: Plan, before: Iterable[Finding], after: Iterable[Finding]) -> tuple[str, ...]:
    """What a scan after ``plan`` was applied should not show: findings it mends, and new ones.

    Findings are counted by rule and file, because a fix can change the anchors of its neighbours.
    """
    successors = {code for finding in plan.fixed for code in registry.find_rule(finding.code).successors}
    expected = _counts(before)
    for finding in plan.fixed:
        expected[finding.code, finding.location.path] -= 1
    fixed = {(finding.code, finding.location.path) for finding in plan.fixed}
    problems = []
    for (code, path), count in sorted(_counts(after).items()):
        if count <= expected.get((code, path), 0) or code in successors:
            continue
        if (code, path) in fixed:
            problems.append(f"{code} is still there in {path}.")
        elif code not in _NO_FAULT:
            problems.append(f"{code} is new in {path}.")
    return tuple(problems)


def _counts(findings: Iterable[Finding]) -> dict[tuple[str, str], int]:
    counts: dict[tuple[str, str], int] = {}
    for finding in findings:
        key = (finding.code, finding.location.path)
        counts[key] = counts.get(key, 0) + 1
    return counts
