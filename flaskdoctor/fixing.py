"""``--fix`` and ``--diff``: which findings to mend, in how many rounds, and what to say about it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from flaskdoctor.finding import Finding, Fix
from flaskdoctor.projects import Chosen
from flaskdoctor.scan import Options, Scan, require_flask, scan

if TYPE_CHECKING:
    from flaskdoctor.fixes.apply import Applied
    from flaskdoctor.fixes.edit import Edit, Plan

NOT_SHOWN = "not shown: "  # how ``--diff`` begins to tell a change in words
_ROUNDS = 10  # more in a row would be two fixes that undo each other


class Fixed(NamedTuple):
    """The outcome: the scan after it, what was mended, and lines that say what was not and why, and what is left to
    do by hand."""

    scan: Scan
    fixed: tuple[Finding, ...]
    notes: tuple[str, ...]


def fixable(findings: Iterable[Finding], chosen: Chosen, *, unsafe: bool) -> list[Finding]:
    """The findings that may be fixed."""
    classes = (Fix.SAFE, Fix.UNSAFE) if unsafe else (Fix.SAFE,)
    return [finding for finding in findings if finding.fix in classes and chosen.holds(finding.location.path)]


def fix_to_the_end(
    root: str,
    options: Options,
    wanted: tuple[str, ...],
    *,
    unsafe: bool,
    without: tuple[str, ...] = (),
    tell: Callable[[Finding], object] = lambda _: None,
) -> Fixed:
    """Apply fixes until none is left that can be made; ``tell`` hears of each finding as soon as it is mended.

    A fix can bring about another finding (FD313 leads to FD314), and what is refused beside it can be possible once it
    is made (two changes of one line), so it goes on in rounds; where a file changes in between, the next round looks at
    it anew. Raises ``Conflict`` where that does not end; fixes that lead to others for ever end with the last round.
    """
    from flaskdoctor.errors import Conflict
    from flaskdoctor.fixes.session import look_at, plan

    now = scan(root, options)
    require_flask(now)
    fixed: list[Finding] = []
    refused: list[str] = []
    then: dict[str, None] = {}
    for left in reversed(range(_ROUNDS)):
        chosen = fixable(now.report.findings, Chosen(root, wanted, without), unsafe=unsafe)
        if not chosen:
            refused = []
            break
        planned = plan(root, chosen, look_at(root, use_cache=options.cache))
        refused = [f"not fixed: {where(item.finding)}: {item.reason}" for item in planned.refused]
        if not planned.edits:
            break
        mended = len(fixed)
        try:
            for finding, reason in _apply_parts(root, planned, then, use_cache=options.cache):
                if reason:
                    refused.append(f"not fixed: {where(finding)}: {reason}")
                else:
                    fixed.append(finding)
                    tell(finding)
        except Conflict:
            if not left:
                raise
        else:
            if len(fixed) == mended:
                break
        now = scan(root, options)
    return Fixed(now, tuple(fixed), (*refused, *then))


def _apply_parts(root: str, planned: Plan, then: dict[str, None], *, use_cache: bool) -> Iterator[tuple[Finding, str]]:
    """Write a plan; where it cannot be written as a whole, one half of its fixes after the other.

    Gives each finding as its fix is made, with no words, or with the reason why it cannot be. What is left to do once
    a fix is made goes to ``then``.
    """
    from flaskdoctor.errors import Refuse
    from flaskdoctor.fixes.session import GONE, look_at, plan, reason_of

    try:
        apply_checked(root, planned, use_cache=use_cache)
    except Refuse as error:
        if len(planned.fixed) == 1:
            yield planned.fixed[0], reason_of(error)
            return
    else:
        then.update((f"now to do: {words}", None) for words in planned.notes)
        for finding in planned.fixed:
            yield finding, ""
        return
    middle = len(planned.fixed) // 2
    for half in (planned.fixed[:middle], planned.fixed[middle:]):
        # Those that are not found any more below the first half have a turn in the next round.
        again = plan(root, half, look_at(root, use_cache=use_cache))
        yield from ((item.finding, item.reason) for item in again.refused if item.reason != GONE)
        if again.edits:
            yield from _apply_parts(root, again, then, use_cache=use_cache)


def apply_checked(root: str, planned: Plan, *, use_cache: bool = True) -> Applied:
    """Write a plan and look at the result: a finding that should be gone, or a new one, takes it all back.

    Raises ``Conflict`` where a file changed in between, ``Refuse`` where one cannot be written or the result is not
    what the fixes promise.
    """
    from flaskdoctor.fixes.apply import apply
    from flaskdoctor.fixes.journal import Journal
    from flaskdoctor.fixes.session import still_wrong

    # All rules, whichever are selected: a fix must not bring about what nobody happens to look for. For git's history
    # nobody waits: no fix changes it.
    every = Options(cache=use_cache, patience=0.0)
    before = scan(root, every).report.findings

    def verify() -> Sequence[str]:
        return still_wrong(planned, before, scan(root, every).report.findings)

    return apply(root, planned, Journal(), verify)


def ignore_finding(root: str, finding: Finding, *, use_cache: bool = True) -> Applied:
    """Write the comment that switches ``finding`` off where it is, and look at the result: a finding that is still
    there, or a new one, takes it back.

    Raises ``Conflict`` where a file changed in between, ``Refuse`` where it is gone or no comment will do.
    """
    from flaskdoctor.errors import Refuse
    from flaskdoctor.fixes.apply import apply
    from flaskdoctor.fixes.journal import Journal
    from flaskdoctor.fixes.session import GONE, still_wrong
    from flaskdoctor.fixes.suppress import suppression

    every = Options(select=("all",), cache=use_cache, patience=0.0)
    before = scan(root, every).report.findings
    if not finding.url:  # what a server is at fault for, a scan does not find
        now = next((each for each in before if each.key == finding.key), None)
        if now is None:
            raise Refuse(GONE)
        finding = now
    planned = suppression(root, finding)

    def verify() -> Sequence[str]:
        expected = planned._replace(fixed=()) if finding.url else planned
        return still_wrong(expected, before, scan(root, every).report.findings)

    return apply(root, planned, Journal(), verify)


def run_fix(
    root: str,
    options: Options,
    wanted: tuple[str, ...],
    *,
    unsafe: bool,
    say: Callable[[str], object],
    without: tuple[str, ...] = (),
) -> tuple[Scan, list[str]]:
    """``--fix``: the scan afterwards, and the lines to say then. What is fixed is said at once: whatever happens
    afterwards, it is fixed."""
    from flaskdoctor.fixes.journal import Journal

    for record in Journal().records(root):
        if record.state == "interrupted":
            files = ", ".join(record.paths)
            say(f"note: an earlier fix of {files} was interrupted: some of them may be changed and others not.")
            say("note: the dashboard's History takes it back.")
    done = fix_to_the_end(
        root,
        options,
        wanted,
        unsafe=unsafe,
        without=without,
        tell=lambda finding: say(f"fixed: {where(finding)}"),
    )
    return done.scan, list(done.notes)


def run_diff(
    root: str,
    options: Options,
    wanted: tuple[str, ...],
    *,
    unsafe: bool,
    without: tuple[str, ...] = (),
    prefix: str = "",
) -> tuple[Scan, list[str], str]:
    """``--diff``: the scan, the changes that are only told in words, and the patch of all others. ``prefix`` goes
    before the paths in the patch."""
    from flaskdoctor.fixes.session import look_at, plan

    now = scan(root, options)
    require_flask(now)
    chosen = fixable(now.report.findings, Chosen(root, wanted, without), unsafe=unsafe)
    planned = plan(root, chosen, look_at(root, use_cache=options.cache))
    lines = [f"no fix: {where(refused.finding)}: {refused.reason}" for refused in planned.refused]
    patches = []
    for edit in planned.edits:
        diff = patch_of(edit if os.path.isabs(edit.path) else edit._replace(path=prefix + edit.path))
        if diff:
            patches.append(diff)
        else:
            told = edit.summary or f"{_titles(planned.fixed, edit.path)}; {why_not_shown(edit)}"
            path = os.path.relpath(edit.path, root) if os.path.isabs(edit.path) else edit.path  # git's index is
            lines.append(f"{NOT_SHOWN}{path}: {told}")
    lines += [f"then to do: {words}" for words in planned.notes]
    return now, lines, "".join(patches)


def patch_of(edit: Edit) -> str:
    """The patch of a change; empty where a secret would stand in it."""
    from flaskdoctor.project.secrecy.excerpt import mask_diff

    # A secret in a line beside the change stays out with fewer lines around it; git needs one of them.
    shorter = (edit.diff(context) for context in (3, 2, 1))
    return next((each for each in shorter if each and mask_diff(each, edit.before, edit.after) == each), "")


def why_not_shown(edit: Edit) -> str:
    """Why there is no patch of a change that has no ``summary`` of its own."""
    return "a secret stands there, or in a line beside it" if edit.diff() else "the file is not in UTF-8"


def _titles(fixed: Iterable[Finding], path: str) -> str:
    """What the fixes of one file do, each with the lines that it is about: ``remove the fallback (line 9)``."""
    from flaskdoctor.rules.registry import find_rule

    lines: dict[str, list[str]] = {}
    for finding in fixed:
        if finding.location.path == path:
            lines.setdefault(find_rule(finding.code).fix_title, []).append(str(finding.location.line))
    told = [f"{title} (line{'s' * (len(each) > 1)} {', '.join(each)})" for title, each in lines.items()]
    return "; ".join(told) or "changed along with another file"


def where(finding: Finding) -> str:
    """``path:line CODE name`` of a finding."""
    from flaskdoctor.reports.text import place_of

    return f"{place_of(finding)} {finding.code} {finding.name}"
