"""A list of aligned rows with one selected: the findings, the environment keys, the checks, the records.

The selection belongs to a key, not to a position: after a rescan the same finding is selected on the same line
of the screen, and when it is gone the next one that is still there is. Who has scrolled away from the selection keeps
seeing what was in view.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import ClassVar, NamedTuple

from rich.cells import cell_len
from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Size
from textual.message import Message

from flaskdoctor.tui.keys import KEYMAP
from flaskdoctor.tui.paint import LineView


class Column(NamedTuple):
    """``width`` in cells, 0 for the one that takes what is left. Left out where the list is narrower than
    ``shown_from`` or as wide as ``shown_below`` (0: never); never more than ``share`` of the list's width.
    ``right`` aligns to the right; ``tail`` keeps the end of what is too long; ``gap`` is the air before it."""

    width: int
    shown_from: int = 0
    shown_below: int = 0
    share: float = 1.0
    right: bool = False
    tail: bool = False
    gap: int = 2

    def fits(self, width: int) -> bool:
        """Whether a list of ``width`` cells shows this column."""
        return width >= self.shown_from and (not self.shown_below or width < self.shown_below)


class Entry(NamedTuple):
    """One row. ``key`` None is a heading: drawn, never selected. ``item`` is what ``draw`` gets."""

    key: Hashable | None
    item: object


Draw = Callable[[object], Sequence[Content]]


class Rows(LineView, can_focus=True):
    """The list. ``draw`` turns an entry's item into one cell for each column, when the row is seen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(KEYMAP.textual("next_row"), "move(1)", show=False, id="next_row"),
        Binding(KEYMAP.textual("previous_row"), "move(-1)", show=False, id="previous_row"),
        Binding(KEYMAP.textual("first_row"), "first", show=False, id="first_row"),
        Binding(KEYMAP.textual("last_row"), "last", show=False, id="last_row"),
        Binding(KEYMAP.textual("page_down"), "page(1)", show=False, id="page_down"),
        Binding(KEYMAP.textual("page_up"), "page(-1)", show=False, id="page_up"),
        Binding(KEYMAP.textual("open"), "open", show=False, id="open"),
    ]

    class Moved(Message):
        """Another entry is selected (None: the list is empty)."""

        def __init__(self, rows: Rows, entry: Entry | None) -> None:
            super().__init__()
            self.rows = rows
            self.entry = entry

        @property
        def control(self) -> Rows:
            """The list it happened in."""
            return self.rows

    class Opened(Moved):
        """Enter or a double click on an entry."""

        entry: Entry

    def __init__(
        self, draw: Draw, columns: Sequence[Column], *, header: Sequence[str] = (), id: str | None = None
    ) -> None:
        super().__init__(id=id)
        self._header = tuple(Content.styled(name, ".faint") for name in header)
        self._draw = draw
        self._columns = tuple(columns)
        self._entries: tuple[Entry, ...] = ()
        self._index = -1
        self._note: Content | None = None
        self._match: re.Pattern[str] | None = None
        self._left: tuple[tuple[Entry, ...], int] = (), -1  # what was selected when the rows went

    @property
    def selected(self) -> Entry | None:
        """The selected entry."""
        return self._entries[self._index] if 0 <= self._index < len(self._entries) else None

    @property
    def _top(self) -> int:
        """Lines above the rows that do not scroll: the header, where there is one and something under it."""
        return 1 if self._header and self._note is None else 0

    def set_columns(self, columns: Sequence[Column]) -> None:
        """Other widths for the same cells."""
        if tuple(columns) != self._columns:
            self._columns = tuple(columns)
            self.refresh()

    def highlight(self, words: Sequence[str]) -> None:
        """Set off ``words``, in whatever case, wherever a row shows them."""
        parts = sorted(filter(None, words), key=len, reverse=True)
        match = re.compile("|".join(map(re.escape, parts)), re.IGNORECASE) if parts else None
        if match != self._match:
            self._match = match
            self.refresh()

    def say(self, note: Content | None) -> None:
        """Words in place of rows: why there are none. None takes them away."""
        self.set_entries(())
        self._note = note
        self.virtual_size = Size(0, 1 if note is not None else 0)
        self.refresh()

    def set_entries(self, entries: Sequence[Entry]) -> None:
        """Show ``entries``; the selection stays on its key, or goes to the next that is still there."""
        new = tuple(entries)
        if new == self._entries and self._note is None:
            return
        old, index, top = self.selected, self._index, self.scroll_offset.y
        before = self._entries
        if before and not new:
            self._left = before, index
        elif new and not before:
            before, index = self._left
        self._note = None
        self._entries = new
        places = {entry.key: place for place, entry in enumerate(new) if entry.key is not None}
        self._index = _kept(before, index, places)
        if self._index < 0:
            self._index = self._near(index)
        self.virtual_size = Size(0, len(new) + self._top)
        if self._index >= 0:
            # What is looked at stays on its line of the screen, whatever came or went above it: the selected row,
            # or the first one in view where somebody has scrolled away from that.
            seen = top <= index < top + max(1, self.scrollable_content_region.height - self._top)
            anchor, place = (index, self._index) if seen or not old else (top, _kept(before, top, places))
            self.scroll_to(y=max(0, top + max(place, 0) - max(anchor, 0)), animate=False, force=True)
            if seen or not old:
                self._reveal()
        self.refresh()
        if (None if old is None else old.key) != (None if self.selected is None else self.selected.key):
            self.post_message(self.Moved(self, self.selected))

    @property
    def room(self) -> int:
        """The cells of the column that takes what is left."""
        width = self.scrollable_content_region.width
        return _sizes([column for column in self._columns if column.fits(width)], width)[1]

    def select(self, key: Hashable) -> bool:
        """Select the entry with ``key``; False when there is none."""
        return self.select_where(lambda other: other == key)

    def select_where(self, wanted: Callable[[Hashable], bool]) -> bool:
        """Select the first entry whose key is ``wanted``; False when there is none."""
        for index, entry in enumerate(self._entries):
            if entry.key is not None and wanted(entry.key):
                self._go(index)
                return True
        return False

    def _near(self, index: int) -> int:
        """The selectable row at ``index`` or nearest to it; -1 in a list without any."""
        last = len(self._entries) - 1
        start = max(0, min(index, last))
        candidates = (*range(start, last + 1), *range(min(start, last + 1) - 1, -1, -1))
        return next((i for i in candidates if self._entries[i].key is not None), -1)

    def _go(self, index: int) -> None:
        if index < 0 or index == self._index:
            return
        old, self._index = self._index, index
        self.refresh_line(old + self._top)
        self.refresh_line(index + self._top)
        self._reveal()
        self.post_message(self.Moved(self, self.selected))

    def _reveal(self) -> None:
        height = self.scrollable_content_region.height - self._top
        top = self.scroll_offset.y
        # A heading above the first row of its group comes along.
        first = self._index
        if first > 0 and self._entries[first - 1].key is None:
            first -= 1
        if first < top:
            self.scroll_to(y=first, animate=False, force=True)
        elif height > 0 and self._index >= top + height:
            self.scroll_to(y=self._index - height + 1, animate=False, force=True)

    def action_move(self, step: int) -> None:
        """To the next selectable row up or down."""
        index = self._index + step
        while 0 <= index < len(self._entries) and self._entries[index].key is None:
            index += step
        if 0 <= index < len(self._entries):
            self._go(index)

    def action_first(self) -> None:
        """To the first row."""
        self._go(self._near(0))

    def action_last(self) -> None:
        """To the last row."""
        self._go(self._near(len(self._entries) - 1))

    def action_page(self, direction: int) -> None:
        """A page up or down."""
        step = max(1, self.scrollable_content_region.height - 1 - self._top) * direction
        self._go(self._near(self._index + step))

    def action_open(self) -> None:
        """Open the selected entry."""
        if (entry := self.selected) is not None:
            self.post_message(self.Opened(self, entry))

    def on_click(self, event: events.Click) -> None:
        """A click selects, a double click opens."""
        offset = event.get_content_offset(self)
        if offset is None:
            return
        index = offset.y + self.scroll_offset.y - self._top
        if offset.y >= self._top and 0 <= index < len(self._entries) and self._entries[index].key is not None:
            self._go(index)
            if event.chain == 2:
                self.action_open()

    def on_resize(self) -> None:
        """Keep the selected row in view."""
        if self._index >= 0:
            self._reveal()

    def on_focus(self) -> None:
        """The selected row looks different with the focus."""
        self.refresh_line(self._index + self._top)

    def on_blur(self) -> None:
        """The selected row looks different without the focus."""
        self.refresh_line(self._index + self._top)

    def line_count(self) -> int:
        """The header and the rows, or the words in their place."""
        if self._note is not None:
            return len(self._note_lines(self.scrollable_content_region.width))
        return len(self._entries) + self._top

    def _note_lines(self, width: int) -> list[Content]:
        return self._note.wrap(max(8, width - 2)) if self._note is not None else []

    def draw_line(self, index: int, width: int) -> tuple[Content, str]:
        """One row: a bar when selected, then the cells."""
        if self._note is not None:
            return Content(" ") + self._note_lines(width)[index].truncate(max(0, width - 2)), ""
        if self._top:
            if index == self.scroll_offset.y:
                return self._aligned(self._header, width, Content(" ")), ""
            index -= 1
        entry = self._entries[index]
        cells = self._draw(entry.item)
        if self._match is not None:
            cells = [_set_off(cell, self._match) for cell in cells]
        if entry.key is None:
            return Content(" ") + cells[0].truncate(max(0, width - 2), ellipsis=True), ""
        if index != self._index:
            return self._aligned(cells, width, Content(" ")), ""
        focus = self.has_focus
        bar = Content.styled("▌", ".accent" if focus else ".faint")
        return self._aligned(cells, width, bar), ".cursor" if focus else ".hit"

    def _aligned(self, cells: Sequence[Content], width: int, bar: Content) -> Content:
        """The cells that fit, in their columns; of fewer cells the last one runs to the end of the line."""
        if len(cells) < len(self._columns):
            parts = [bar, _fitted(cells[0], self._columns[0].width, self._columns[0]), Content("  "), cells[-1]]
            return Content.assemble(*parts).truncate(max(0, width - 1), ellipsis=True)
        shown = [pair for pair in zip(self._columns, cells, strict=True) if pair[0].fits(width)]
        sizes, room = _sizes([column for column, _ in shown], width)
        parts = [bar]
        for number, (column, cell) in enumerate(shown):
            if number:
                parts.append(Content(" " * column.gap))
            parts.append(_fitted(cell, sizes[number] or room, column))
        return Content.assemble(*parts)


def _sizes(shown: Sequence[Column], width: int) -> tuple[list[int], int]:
    """The cells of each column, and of the one that takes what is left."""
    sizes = [min(column.width, int(width * column.share)) for column in shown]
    # A cell for the bar at the left, one of air at the right.
    return sizes, max(0, width - 2 - sum(sizes) - sum(column.gap for column in shown[1:]))


def _kept(before: Sequence[Entry], index: int, places: Mapping[Hashable, int]) -> int:
    """Where the row that was at ``index`` is now; when it is gone the next that is still there, else the one before
    it; -1 where none is."""
    for near in (range(max(0, index), len(before)), range(min(index, len(before)) - 1, -1, -1)):
        for number in near:
            if (place := places.get(before[number].key)) is not None:
                return place
    return -1


def _set_off(cell: Content, match: re.Pattern[str]) -> Content:
    """``cell`` with what matches underlined: a style, as there may be no colours."""
    for found in match.finditer(cell.plain):
        cell = cell.stylize(".match", found.start(), found.end())
    return cell


def _fitted(cell: Content, size: int, column: Column) -> Content:
    """``cell`` in exactly ``size`` cells."""
    if cell.cell_length > size:
        if not column.tail or size < 2:
            return cell.truncate(size, ellipsis=True)
        cell = Content("…") + cell[_tail(cell.plain, size - 1) :]
    spare = size - cell.cell_length
    return cell.pad_left(spare) if column.right else cell.pad_right(spare)


def _tail(text: str, cells: int) -> int:
    """Where the end of ``text`` begins that takes at most so many cells; a mark stays with its letter."""
    start = kept = len(text)
    while start and (cells := cells - cell_len(text[start - 1])) >= 0:
        start -= 1
        if cell_len(text[start]):
            kept = start
    return kept
