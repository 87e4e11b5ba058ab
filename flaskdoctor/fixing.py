"""``--fix`` and ``--diff``: which findings to mend, in how many rounds, and what to say about it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from flaskdoctor.finding import Finding, Fix
from flaskdoctor.scan import Options, Scan, require_flask, scan

if TYPE_CHECKING:
    from flaskdoctor.fixes.apply import Applied
    from flaskdoctor.fixes.edit import Plan

_ROUNDS = 10  # more in a row would be two fixes that undo each other


class Fixed(NamedTuple):
    """The outcome: the scan after it, what was mended, and lines that say what was not and why, and what is left to
    do by hand."""

    scan: Scan
    fixed: tuple[Finding, ...]
    notes: tuple[str, ...]


def below(path: str, wanted: Iterable[str]) -> bool:
    """Whether a path is one of those asked for or lies below one; true where none was asked for."""
    parts = tuple(wanted)
    return not parts or any(path == part or path.startswith(part + "/") for part in parts)


def fixable(findings: Iterable[Finding], wanted: Iterable[str], *, unsafe: bool) -> list[Finding]:
    """The findings that may be fixed."""
    classes = (Fix.SAFE, Fix.UNSAFE) if unsafe else (Fix.SAFE,)
    return [finding for finding in findings if finding.fix in classes and below(finding.location.path, wanted)]


def fix_to_the_end(root: str, options: Options, wanted: tuple[str, ...], *, unsafe: bool) -> Fixed:
    """Apply fixes until none is left that can be made. Raises ``Conflict`` where a file changed in between.

    A fix can bring about another finding (FD313 leads to FD314), and what is refused beside it can be possible once it
    is made (two changes of one line), so it goes on in rounds.
    """
    from flaskdoctor.errors import Refuse
    from flaskdoctor.fixes.session import look_at, plan

    now = scan(root, options)
    require_flask(now)
    fixed: list[Finding] = []
    refused: list[str] = []
    then: dict[str, None] = {}
    for _ in range(_ROUNDS):
        chosen = fixable(now.report.findings, wanted, unsafe=unsafe)
        if not chosen:
            refused = []
            break
        planned = plan(root, chosen, look_at(root, use_cache=options.cache))
        refused = [f"not fixed: {where(item.finding)}: {item.reason}" for item in planned.refused]
        if not planned.edits:
            break
        try:
            apply_checked(root, planned, use_cache=options.cache)
        except Refuse as error:
            refused.append(f"not fixed: {error.title} {error.hint}".rstrip())
            break
        fixed += planned.fixed
        then |= dict.fromkeys(f"now to do: {edit.then}" for edit in planned.edits if edit.then)
        now = scan(root, options)
    return Fixed(now, tuple(fixed), (*refused, *then))


def apply_checked(root: str, planned: Plan, *, use_cache: bool = True) -> Applied:
    """Write a plan and look at the result: a finding that should be gone, or a new one, takes it all back.

    Raises ``Conflict`` where a file changed in between, ``Refuse`` where one cannot be written or the result is not
    what the fixes promise.
    """
    from flaskdoctor.fixes.apply import apply
    from flaskdoctor.fixes.journal import Journal
    from flaskdoctor.fixes.session import still_wrong

    # All rules, whichever are selected: a fix must not bring about what nobody happens to look for.
    every = Options(cache=use_cache)
    before = scan(root, every).report.findings

    def verify() -> Sequence[str]:
        return still_wrong(planned, before, scan(root, every).report.findings)

    return apply(root, planned, Journal(), verify)


def run_fix(root: str, options: Options, wanted: tuple[str, ...], *, unsafe: bool) -> tuple[Scan, list[str], str]:
    """``--fix``: the scan afterwards, the lines to say on the way, and no text."""
    done = fix_to_the_end(root, options, wanted, unsafe=unsafe)
    lines = [f"fixed: {where(finding)}" for finding in done.fixed]
    return done.scan, [*lines, *done.notes], ""


def run_diff(root: str, options: Options, wanted: tuple[str, ...], *, unsafe: bool) -> tuple[Scan, list[str], str]:
    """``--diff``: the scan, the changes that are only told in words, and the patch of all others."""
    from flaskdoctor.fixes.session import look_at, plan
    from flaskdoctor.project.secrecy.excerpt import mask_diff

    now = scan(root, options)
    require_flask(now)
    chosen = fixable(now.report.findings, wanted, unsafe=unsafe)
    planned = plan(root, chosen, look_at(root, use_cache=options.cache))
    lines = [f"no fix: {where(refused.finding)}: {refused.reason}" for refused in planned.refused]
    patches = []
    for edit in planned.edits:
        diff = edit.diff()
        if diff and mask_diff(diff, edit.before, edit.after) == diff:
            patches.append(diff)
        else:
            told = edit.summary or "the change, or a line beside it, holds a secret"
            lines.append(f"not shown: {edit.path}: {told}")
    lines += dict.fromkeys(f"then to do: {edit.then}" for edit in planned.edits if edit.then)
    return now, lines, "".join(patches)


def where(finding: Finding) -> str:
    """``path:line CODE name`` of a finding."""
    from flaskdoctor.reports.text import place_of

    return f"{place_of(finding)} {finding.code} {finding.name}"
