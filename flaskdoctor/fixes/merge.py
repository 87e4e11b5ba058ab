"""Two changes of the same file made into one: several fixes append to .gitignore, .env and its template."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import NamedTuple

from flaskdoctor.fixes.edit import Overlap


class _Change(NamedTuple):
    start: int
    end: int
    lines: tuple[bytes, ...]


def merge(base: bytes | None, ours: bytes | None, theirs: bytes | None) -> bytes | None:
    """What ``base`` becomes when both changes are made; what both of them insert at one place comes once.

    Raises ``Overlap`` where they change the same lines in different ways.
    """
    if ours == theirs or theirs == base:
        return ours
    if ours == base:
        return theirs
    if ours is None or theirs is None:
        raise Overlap("Another fix deletes this file: fix this one again after it.")
    texts = [base or b"", ours, theirs]
    open_ended = bool(base) and not any(text.endswith(b"\n") for text in texts)
    lines, our_lines, their_lines = (_lines(text) for text in texts)
    merged = b"".join(_apply(lines, _combined(_changes(lines, our_lines), _changes(lines, their_lines))))
    if open_ended:
        return merged.removesuffix(b"\r\n") if merged.endswith(b"\r\n") else merged.removesuffix(b"\n")
    return merged


def _lines(text: bytes) -> list[bytes]:
    """The lines with their ends; a last line without one gets the file's."""
    lines = text.splitlines(keepends=True) if b"\r" in text.replace(b"\r\n", b"") else _by_newline(text)
    if lines and not lines[-1].endswith((b"\n", b"\r")):
        lines[-1] += b"\r\n" if b"\r\n" in text else b"\n"
    return lines


def _by_newline(text: bytes) -> list[bytes]:
    return [line + b"\n" for line in text.split(b"\n")[:-1]] + [line for line in text.split(b"\n")[-1:] if line]


def _changes(before: list[bytes], after: list[bytes]) -> list[_Change]:
    return [
        _Change(start, end, tuple(after[first:last]))
        for kind, start, end, first, last in SequenceMatcher(None, before, after).get_opcodes()
        if kind != "equal"
    ]


def _combined(ours: list[_Change], theirs: list[_Change]) -> list[_Change]:
    combined = list(ours)
    for change in theirs:
        lines = change.lines
        for other in ours:
            if other == change:
                break
            if change.start == change.end == other.start == other.end:
                lines = tuple(line for line in lines if line not in other.lines)
            elif max(change.start, other.start) < min(change.end, other.end) or (
                other.start < change.start == change.end < other.end
                or change.start < other.start == other.end < change.end
            ):
                raise Overlap("Another fix changes the same lines: fix this one again after it.")
        else:
            combined.append(change._replace(lines=lines))
    return sorted(combined, key=lambda change: (change.start, change.end))


def _apply(lines: list[bytes], changes: list[_Change]) -> list[bytes]:
    out: list[bytes] = []
    position = 0
    for change in changes:
        out += [*lines[position : change.start], *change.lines]
        position = max(position, change.end)
    return [*out, *lines[position:]]
