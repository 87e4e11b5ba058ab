"""What a file becomes when a fix is taken back, also one that has changed in other places since."""

from __future__ import annotations

import ast

from flaskdoctor.errors import Conflict
from flaskdoctor.fixes.edit import Overlap
from flaskdoctor.fixes.merge import merge
from flaskdoctor.fixes.steps import Step


def taken_back(step: Step, now: bytes | None) -> bytes | None:
    """The file ``now`` without what ``step`` changed in it; ``step.before`` where nothing else has changed.

    Raises ``Conflict`` where the same lines have changed since.
    """
    if now in (step.after, step.before):
        return step.before
    if None in (step.before, step.after, now) or step.of_git:  # it came or went, or is git's index
        raise Conflict(f"{step.path} has changed since.", "Undo the later change first.")
    try:
        back = merge(step.after, now, step.before)
    except Overlap:
        raise Conflict(f"{step.path} has changed since, in the same lines.", "Undo the later change first.") from None
    if step.path.endswith(".py") and _parses(now) and not _parses(back):
        raise Conflict(f"{step.path} has changed since, and would not be Python any more.", "Undo it by hand.")
    return back


def _parses(data: bytes | None) -> bool:
    try:
        ast.parse(data or b"")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
