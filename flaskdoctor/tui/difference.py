"""Only what changed is written to the terminal: over SSH every redrawn cell is felt.

Textual writes a widget's whole region whenever anything in it changes, and every piece of text with its whole look.
A copy of what the terminal shows is kept here, cell by cell; an update is cut down to the runs of cells that differ,
and a pen remembers the look it writes in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

from rich.cells import cell_len
from rich.color import ColorSystem
from rich.style import Style
from textual.strip import Strip

# A character with the marks on it, and its look; the right half of a wide one has no character.
Cell = tuple[str, Style | None]

# Unchanged cells between two changed runs that are cheaper to write again than to move over.
_BRIDGE = 6
# So many blanks are cheaper to erase, and then to move over.
_ERASED = 12


class Shown:
    """What the terminal shows, and what it is to show."""

    def __init__(self) -> None:
        self._lines: dict[int, list[Cell | None]] = {}
        self._wanted: dict[int, list[Cell | None]] = {}
        self._touched: set[int] = set()
        self._columns = self._height = 1 << 16  # of the terminal, once it has been resized

    def forget(self) -> None:
        """The terminal may show anything: the next ``draw`` writes all that is wanted."""
        self._lines.clear()
        self._touched = set(self._wanted)

    def cut(self, columns: int, lines: int) -> None:
        """The terminal has another size: what is beyond it is wanted no more, also where a layout for the old size is
        still under way. A line below the last would scroll all others."""
        self._columns, self._height = columns, lines
        self._wanted = {y: _first(line, columns) for y, line in self._wanted.items() if y < lines}
        self.forget()

    def want(self, pieces: Iterable[tuple[int, int, Strip]]) -> None:
        """The terminal is to show ``pieces`` (column, row, strip) from the next ``draw`` on."""
        for x, y, strip in pieces:
            new = _first(list(cells(strip)), self._columns - x)
            if y >= self._height or not new:
                continue
            line = self._wanted.setdefault(y, [])
            after = x + len(new)
            if len(line) < after:
                line.extend([None] * (after - len(line)))
            # A wide character that is cut in half shows as nothing: what is left of it is not known.
            if x and new and _right_half(line[x]):
                line[x - 1] = None
            if after < len(line) and _right_half(line[after]):
                line[after] = None
            line[x:after] = new
            self._touched.add(y)

    def draw(self, colors: ColorSystem | None, *, erases: bool = False) -> str:
        """What to write so that the terminal shows what is wanted; empty when it does already. ``erases`` says that
        the terminal erases with the ground that is set."""
        pen = Pen(colors, erases=erases)
        for y in sorted(self._touched):
            new, old = self._wanted[y], self._lines.get(y, [])
            for start, end in runs(old, new):
                pen.move(start, y)
                pen.write(new[start:end])
            self._lines[y] = new.copy()
        self._touched.clear()
        return pen.finish()


class Pen:
    """Writes cells; says nothing twice of where it is and how it writes."""

    def __init__(self, colors: ColorSystem | None, *, erases: bool) -> None:
        self._colors = colors
        self._erases = erases
        self._text: list[str] = []
        self._look = _PLAIN
        self._x = self._y = -1

    def move(self, x: int, y: int) -> None:
        """Go to a cell. Never by a distance: what a terminal thinks of a character's width is not known."""
        if y == self._y:
            self._text.append(f"\x1b[{x + 1}G")
        elif x == 0 and y == self._y + 1 and self._y >= 0:
            self._text.append("\r\n")
        else:
            self._text.append(f"\x1b[{y + 1};{x + 1}H")
        self._x, self._y = x, y

    def write(self, run: Sequence[Cell | None]) -> None:
        """Write a run of cells here."""
        place = 0
        for cell, same in groupby(run):
            assert cell is not None, "only cells that are wanted are written"
            character, style = cell
            count = sum(1 for _ in same)
            blank = character == " "
            self._turn(style, blank=blank)
            if blank and count >= _ERASED and not self._look.attributes and (self._erases or not self._look.ground):
                self._text.append(f"\x1b[{count}X")
                if place + count < len(run):
                    self._text.append(f"\x1b[{self._x + place + count + 1}G")
            else:
                self._text.append(character * count)
            place += count

    def finish(self) -> str:
        """All of it, and back to the plain look."""
        if self._text:
            self._turn(None)
        return "".join(self._text)

    def _turn(self, style: Style | None, *, blank: bool = False) -> None:
        """Change the look to that of ``style``: only what differs, or all from plain where that is shorter."""
        new, old = _look(style, self._colors) if style is not None else _PLAIN, self._look
        if blank and new.ground == old.ground and not new.attributes | (old.attributes & _ON_BLANKS):
            return
        if new == old:
            return
        self._look = new
        off = dict.fromkeys(code for attribute, code in _OFF if attribute in old.attributes - new.attributes)
        kept = {attribute for attribute, code in _OFF if attribute in old.attributes and code not in off}
        change = [*off, *sorted(new.attributes - kept)]
        if new.color != old.color:
            change.append(new.color or "39")
        if new.ground != old.ground:
            change.append(new.ground or "49")
        anew = filter(None, ("" if new == _PLAIN else "0", *sorted(new.attributes), new.color, new.ground))
        self._text.append(f"\x1b[{min(';'.join(anew), ';'.join(change), key=len)}m")


class Look(NamedTuple):
    """A style as the codes that set it."""

    color: str
    ground: str
    attributes: frozenset[str]


_PLAIN = Look("", "", frozenset())
_ON = {
    "bold": "1", "dim": "2", "italic": "3", "underline": "4", "blink": "5", "reverse": "7", "conceal": "8",
    "strike": "9", "underline2": "21", "overline": "53",
}  # fmt: skip
_OFF = (
    ("1", "22"), ("2", "22"), ("3", "23"), ("4", "24"), ("21", "24"), ("5", "25"), ("7", "27"), ("8", "28"),
    ("9", "29"), ("53", "55"),
)  # fmt: skip
_SEEN_ON_BLANKS = ("reverse", "underline", "underline2", "strike", "overline")
_ON_BLANKS = frozenset(_ON[name] for name in _SEEN_ON_BLANKS)


@lru_cache(1024)
def _look(style: Style, colors: ColorSystem | None) -> Look:
    attributes = frozenset(code for name, code in _ON.items() if getattr(style, name))
    system = colors or ColorSystem.TRUECOLOR
    color = ";".join(style.color.downgrade(system).get_ansi_codes()) if style.color else ""
    ground = ";".join(style.bgcolor.downgrade(system).get_ansi_codes(foreground=False)) if style.bgcolor else ""
    return Look("" if color == "39" else color, "" if ground == "49" else ground, attributes)


def _right_half(cell: Cell | None) -> bool:
    return cell is not None and not cell[0]


def _first(line: Sequence[Cell | None], columns: int) -> list[Cell | None]:
    """The first cells of a line; not known is a wide character that is cut in half."""
    kept = list(line[: max(0, columns)])
    if len(kept) < len(line) and kept and _right_half(line[len(kept)]):
        kept[-1] = None
    return kept


def cells(strip: Strip) -> Iterator[Cell]:
    """A strip, cell by cell. The colour of what is not seen, a blank's, is left out: it is no difference."""
    for text, style, control in strip:
        if control:
            continue
        if text.isascii():
            for character in text:
                yield (character, style if character != " " or style is None else _blank(style))
            continue
        found: list[Cell] = []
        for character in text:
            width = cell_len(character)
            look = style if character != " " or style is None else _blank(style)
            if width:
                found.append((character, look))
                if width == 2:
                    found.append(("", look))
            elif found:
                last = -1 if found[-1][0] else -2
                found[last] = (found[last][0] + character, style)
        yield from found


@lru_cache(1024)
def _blank(style: Style) -> Style:
    """The look of a blank in ``style``."""
    if any(getattr(style, name) for name in _SEEN_ON_BLANKS):
        return style
    return Style(bgcolor=style.bgcolor)


def runs(old: list[Cell | None], new: list[Cell | None]) -> list[tuple[int, int]]:
    """Where ``new`` differs from ``old``, as (start, end); near ones are joined, wide characters kept whole. What is
    not known of ``new`` is let be."""
    if old == new:
        return []
    found: list[tuple[int, int]] = []
    for index, cell in enumerate(new):
        if cell is None or (index < len(old) and old[index] == cell):
            continue
        start = index
        while start and _right_half(new[start]):
            start -= 1
        end = index + 1
        while end < len(new) and _right_half(new[end]):
            end += 1
        if found and start - found[-1][1] <= _BRIDGE and None not in new[found[-1][1] : start]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found
