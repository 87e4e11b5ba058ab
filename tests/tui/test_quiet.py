"""How little is written: the cells that differ, in as few codes as it takes, and stock Textual where that fails."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from flaskdoctor.tui import terminal
from flaskdoctor.tui.difference import Shown

_CODES = re.compile(r"\x1b\[([\d;]*)([A-Za-z])|\r\n|[^\x1b\r\n]")
_WIDE = "漢"
_OFF = {"22": "12", "23": "3", "24": "4", "27": "7", "29": "9"}
_BLANK = (" ", "", "", "")


class Screen:
    """A terminal that understands what is written: a character, its colours and attributes for each cell."""

    def __init__(self) -> None:
        self.cells: dict[tuple[int, int], tuple[str, str, str, str]] = {}

    def feed(self, text: str) -> None:
        """Take what is written; it begins and ends in the plain look."""
        x = y = 0
        look = {"38": "", "48": "", "on": ""}
        for token in _CODES.finditer(text):
            if token[2] == "H":
                y, x = (int(part) - 1 for part in token[1].split(";"))
            elif token[2] == "G":
                x = int(token[1]) - 1
            elif token[2] == "X":
                for column in range(x, x + int(token[1])):
                    self._put(column, y, (" ", "", look["48"], ""))
            elif token[2] == "m":
                self._turn(look, token[1].split(";"))
            elif token[0] == "\r\n":
                x, y = 0, y + 1
            else:
                self._put(x, y, (token[0], look["38"], look["48"], look["on"]))
                x += 2 if token[0] == _WIDE else 1
        assert not any(look.values()), "what comes next would be coloured"

    @staticmethod
    def _turn(look: dict[str, str], codes: list[str]) -> None:
        rest = iter(codes)
        for code in rest:
            if code in ("", "0"):
                look.update({"38": "", "48": "", "on": ""})
            elif code in ("38", "48"):
                look[code] = ";".join(next(rest) for _ in range(4))
            elif code in ("39", "49"):
                look[{"39": "38", "49": "48"}[code]] = ""
            elif code in _OFF:
                look["on"] = "".join(sorted(set(look["on"]) - set(_OFF[code])))
            else:
                look["on"] = "".join(sorted({*look["on"], code}))

    def _put(self, x: int, y: int, cell: tuple[str, str, str, str]) -> None:
        for column in (x, x + 1) if cell[0] == _WIDE else (x,):
            old = self.cells.get((column, y), _BLANK)[0]
            if old in (_WIDE, ""):  # half of it is left, and shows as nothing
                self.cells[column + (1 if old else -1), y] = _BLANK
            self.cells[column, y] = cell if column == x else ("", *cell[1:])

    def seen(self) -> dict[tuple[int, int], tuple[str, ...]]:
        """What the eye sees: a blank without line or reversal has a ground and nothing else."""
        return {
            place: (" ", "", cell[2], "") if cell[0] == " " and not set(cell[3]) & set("479") else cell
            for place, cell in self.cells.items()
        }


_STYLES = ("#102030", "#102030 on #405060", "bold", "bold dim on #405060", "reverse", "underline #102030", "italic", "")
_PIECE = st.tuples(st.sampled_from(("a", "b", " ", _WIDE, "é", "─", " " * 15)), st.sampled_from(_STYLES))
_LINE = st.lists(_PIECE, min_size=1, max_size=12).map(
    lambda line: [(each, look) for text, look in line for each in text]
)


def put(expected: dict[tuple[int, int], tuple[str, ...]], x: int, y: int, line: list[tuple[str, str]]) -> Strip:
    """Note what ``line`` looks like from a cell on; what is left of half a wide character is not known."""
    if expected.get((x, y), "?")[0] == "":
        del expected[x - 1, y]
    for text, definition in line:
        style = Style.parse(definition)
        colors = (
            "2;" + ";".join(map(str, color.get_truecolor())) if color else "" for color in (style.color, style.bgcolor)
        )
        codes = {"bold": "1", "dim": "2", "italic": "3", "underline": "4", "reverse": "7"}
        on = "".join(code for name, code in codes.items() if getattr(style, name))
        color, ground = colors
        look = (color, ground, on) if text != " " or on in ("4", "7") else ("", ground, "")
        expected[x, y] = (text, *look)
        x += 1
        if text == _WIDE:
            expected[x, y] = ("", *look)
            x += 1
    if expected.get((x, y), "?")[0] == "":
        del expected[x, y]
    return Strip([Segment(text, Style.parse(style)) for text, style in line])


@given(
    st.lists(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2), _LINE), min_size=1, max_size=4), max_size=6),
    st.booleans(),
)
@settings(deadline=None, max_examples=60)
def test_the_differences_show_the_same_as_everything_would(
    updates: list[list[tuple[int, int, list[tuple[str, str]]]]], erases: bool
) -> None:
    screen, memory = Screen(), Shown()
    expected: dict[tuple[int, int], tuple[str, ...]] = {}
    for update in updates:
        memory.want([(x, y, put(expected, x, y, line)) for x, y, line in update])
        screen.feed(memory.draw(ColorSystem.TRUECOLOR, erases=erases))
        seen = screen.seen()
        assert {place: seen.get(place) for place in expected} == expected
        assert memory.draw(ColorSystem.TRUECOLOR) == ""


def test_where_erasing_leaves_holes_blanks_are_written() -> None:
    line = [(0, 0, Strip([Segment(" " * 40, Style.parse("on #405060")), Segment("|")]))]
    for erases in (True, False):
        memory = Shown()
        memory.want(line)
        assert (" " * 40 in memory.draw(ColorSystem.TRUECOLOR, erases=erases)) is not erases
    assert terminal.describe({"TERM": "xterm-256color"}, "utf-8").erases
    assert terminal.describe({"TERM": "screen-256color", "TMUX": "/tmp/tmux"}, "utf-8").erases
    assert not terminal.describe({"TERM": "screen-256color"}, "utf-8").erases


def test_nothing_is_written_twice() -> None:
    memory = Shown()

    def written(*line: Segment) -> str:
        memory.want([(3, 0, Strip(line))])
        return memory.draw(ColorSystem.TRUECOLOR)

    red = Style.parse("red")
    assert "one" in written(Segment("one "), Segment("two", red))
    assert written(Segment("one "), Segment("two", red)) == ""
    changed = written(Segment("one "), Segment("twa", red))
    assert "a" in changed
    assert "one" not in changed
    memory.forget()
    assert "one" in written(Segment("one "), Segment("two", red))


def test_nothing_is_written_beyond_a_terminal_that_was_made_smaller() -> None:
    shown = Shown()
    shown.cut(5, 2)
    shown.want((0, y, Strip([Segment(text)])) for y, text in enumerate(("first line", "日本語", "third", "fourth")))
    assert shown.draw(ColorSystem.STANDARD) == "\x1b[1;1Hfirst\r\n日本"


def test_a_look_is_set_once_for_all_that_has_it() -> None:
    memory = Shown()
    style = Style.parse("bold #102030 on #405060")
    memory.want([(0, y, Strip([Segment("a b", style)])) for y in range(4)])
    assert memory.draw(ColorSystem.TRUECOLOR).count("48;2;64;80;96") == 1


def test_a_layout_for_a_larger_terminal_than_there_is_writes_nothing_beyond_it() -> None:
    """As it comes late while a terminal is resized: a line below the last one would scroll all that stands there."""
    shown = Shown()
    shown.cut(4, 2)
    shown.want((0, y, Strip([Segment(text)])) for y, text in enumerate(("abcdef", "abc漢", "ghi", "jkl")))
    screen = Screen()
    screen.feed(shown.draw(ColorSystem.TRUECOLOR))
    assert "".join(screen.cells[place][0] for place in sorted(screen.cells, key=lambda place: place[::-1])) == "abcdabc"


def test_what_a_smaller_size_cuts_off_is_known_to_be_lost_until_the_next_layout() -> None:
    """Where the size comes back at once, Textual sees no change, and draws nothing of it again."""
    shown = Shown()
    shown.cut(80, 24)
    assert not shown.lost, "at the start there is nothing to lose"
    shown.want([(0, 23, Strip([Segment("the footer")]))])
    shown.cut(80, 24)
    assert not shown.lost
    shown.cut(80, 10)
    shown.cut(80, 24)
    assert shown.lost
