"""Each finding's own fix, for tools that offer them one by one.

What such a tool gets leaves this machine: a change that would take a secret along is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher
from typing import NamedTuple

from flaskdoctor.finding import Finding, Fix
from flaskdoctor.fixes.edit import Edit
from flaskdoctor.fixes.session import look_at, plan
from flaskdoctor.project.env.envfilenames import is_env_name
from flaskdoctor.project.secrecy.excerpt import masked

LIMIT = 200  # findings: each means to parse its file anew, and to look at the result


class Replacement(NamedTuple):
    """Whole lines of a file that go, from ``start`` up to ``end`` (line and column from 1, the end is not part of it),
    and the text that comes in their place."""

    start: tuple[int, int]
    end: tuple[int, int]
    text: str


def separate_fixes(
    root: str, findings: Iterable[Finding], *, use_cache: bool = True
) -> tuple[dict[Finding, tuple[Edit, ...]], int]:
    """The edits of the safe fixes of the first ``LIMIT`` findings that have one, and how many findings are left over.
    There are none where a part of a fix is no plain change of a text file, or may show a secret."""
    safe = [finding for finding in findings if finding.fix is Fix.SAFE]
    project = look_at(root, use_cache=use_cache)
    found = {}
    for finding in safe[:LIMIT]:
        planned = plan(root, [finding], project)
        if planned.fixed and planned.edits and all(map(harmless, planned.edits)):
            found[finding] = planned.edits
    return found, len(safe[LIMIT:])


def replacements(edit: Edit) -> list[Replacement]:
    """What an edit that ``separate_fixes`` gave changes, from the top down."""
    before, after = _lines(edit.before), _lines(edit.after)
    return [
        Replacement(_place(before, first), _place(before, last), "".join(after[start:end]))
        for first, last, start, end in _changed(before, after)
    ]


def _changed(before: list[str], after: list[str]) -> Iterator[tuple[int, int, int, int]]:
    """From where to where lines go, and from where to where others come. Only what lies between the first change and
    the last is compared: the time that takes grows with the square of how often a line, a blank one say, is there."""
    shared = min(len(before), len(after))
    head = next((number for number in range(shared) if before[number] != after[number]), shared)
    tail = next((number for number in range(shared - head) if before[-1 - number] != after[-1 - number]), shared - head)
    inner = before[head : len(before) - tail], after[head : len(after) - tail]
    for tag, first, last, start, end in SequenceMatcher(None, *inner, autojunk=False).get_opcodes():
        if tag != "equal":
            yield head + first, head + last, head + start, head + end


def harmless(edit: Edit) -> bool:
    """Whether an edit is a plain change of a text file, and no line that it brings shows a secret."""
    if edit.secret or edit.before is None or edit.after is None or edit.mode is not None or edit.path.startswith("/"):
        return False
    if is_env_name(edit.path.rpartition("/")[2]):
        return False
    for data in (edit.before, edit.after):
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            return False
        if text.startswith("\ufeff") or "\r" in text.replace("\r\n", ""):
            return False  # readers disagree on where its lines and columns are
    after = _lines(edit.after)
    shown = masked(edit.path, edit.after).split("\n")
    return all(
        after[number].rstrip("\r\n") == shown[number].rstrip("\r")
        for *_, start, end in _changed(_lines(edit.before), after)
        for number in range(start, end)
    )


def _lines(data: bytes | None) -> list[str]:
    lines = (data or b"").decode("utf-8").split("\n")
    return [f"{line}\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])


def _place(lines: list[str], index: int) -> tuple[int, int]:
    """Where line ``index`` begins; for the one behind the last, where the text ends."""
    if index < len(lines) or not lines or lines[-1].endswith("\n"):
        return index + 1, 1
    return index, len(lines[-1]) + 1
