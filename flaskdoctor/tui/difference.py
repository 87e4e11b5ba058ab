"""Only what changed is written to the terminal: over SSH every redrawn cell is felt.

Textual writes a widget's whole region whenever anything in it changes. A copy of what the terminal shows is kept
here, cell by cell, and an update is cut down to the runs of cells that differ.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.cells import cell_len
from rich.console import Console
from rich.control import Control
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

# A character with the marks on it, and its look; the right half of a wide one has no character.
Cell = tuple[str, Style | None]

# Unchanged cells between two changed runs that are cheaper to write again than to move over.
_BRIDGE = 6


class Shown:
    """What the terminal shows."""

    def __init__(self) -> None:
        self._lines: dict[int, list[Cell | None]] = {}

    def forget(self) -> None:
        """The terminal may show anything: the next update is written in full."""
        self._lines.clear()

    def update(self, pieces: Iterable[tuple[int, int, Strip]], console: Console) -> str:
        """What to write so that the terminal shows ``pieces`` (column, row, strip); empty when it does already."""
        written: list[str] = []
        for x, y, strip in pieces:
            new = list(cells(strip))
            old = self._lines.setdefault(y, [])
            if len(old) < x + len(new):
                old.extend([None] * (x + len(new) - len(old)))
            for start, end in runs(old[x : x + len(new)], new):
                written.append(Control.move_to(x + start, y).segment.text)
                written.append(Strip(segments(new[start:end])).render(console))
            # A wide character that is cut in half shows as nothing: what is left of it is not known.
            after = x + len(new)
            if x and new and _right_half(old[x]):
                old[x - 1] = None
            if after < len(old) and _right_half(old[after]):
                old[after] = None
            old[x:after] = new
        return "".join(written)


def _right_half(cell: Cell | None) -> bool:
    return cell is not None and not cell[0]


def cells(strip: Strip) -> Iterator[Cell]:
    """A strip, cell by cell."""
    for text, style, control in strip:
        if control:
            continue
        if text.isascii():
            for character in text:
                yield (character, style)
            continue
        found: list[Cell] = []
        for character in text:
            width = cell_len(character)
            if width:
                found.append((character, style))
                if width == 2:
                    found.append(("", style))
            elif found:
                last = -1 if found[-1][0] else -2
                found[last] = (found[last][0] + character, style)
        yield from found


def segments(run: Iterable[Cell]) -> list[Segment]:
    """Cells as segments, one for each change of style."""
    found: list[Segment] = []
    text: list[str] = []
    current: Style | None = None
    for character, style in run:
        if text and style is not current and style != current:
            found.append(Segment("".join(text), current))
            text = []
        if not text:
            current = style
        text.append(character)
    if text:
        found.append(Segment("".join(text), current))
    return found


def runs(old: list[Cell | None], new: list[Cell]) -> list[tuple[int, int]]:
    """Where ``new`` differs from ``old``, as (start, end); near ones are joined, wide characters kept whole."""
    if old == new:
        return []
    found: list[tuple[int, int]] = []
    for index, cell in enumerate(new):
        if old[index] == cell:
            continue
        start = index
        while start and not new[start][0]:
            start -= 1
        end = index + 1
        while end < len(new) and not new[end][0]:
            end += 1
        if found and start - found[-1][1] <= _BRIDGE:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found
