"""The shape most tabs have: a list, and a panel that always shows the details of the selected row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from itertools import groupby
from typing import ClassVar, NamedTuple

from textual.app import ComposeResult
from textual.content import Content

from flaskdoctor.tui import safe
from flaskdoctor.tui.panes.base import Pane, count_of, title
from flaskdoctor.tui.paper import BLANK, Block, Paper, Prose
from flaskdoctor.tui.rows import Column, Entry, Rows


class Heading(NamedTuple):
    """The line above the rows of a group, and how many these are."""

    text: str
    size: int


def grouped(rows: Iterable[tuple[str, Entry]]) -> list[Entry]:
    """Entries that come sorted by group, each group under its heading; "" is a group without one."""
    entries: list[Entry] = []
    for name, group in groupby(rows, key=lambda row: row[0]):
        found = [entry for _, entry in group]
        entries += ([Entry(None, Heading(name, len(found)))] if name else []) + found
    return entries


class Named:
    """Makes entries whose keys stay from scan to scan: what names the item, not where it stands, and its number among
    those of one name."""

    def __init__(self) -> None:
        self._seen: Counter[Hashable] = Counter()

    def entry(self, name: Hashable, item: object) -> Entry:
        """The next entry of that name."""
        self._seen[name] += 1
        return Entry((name, self._seen[name]), item)


class ListPane(Pane):
    """A list over its details; side by side where the terminal is wide."""

    LIST_TITLE: ClassVar[str]
    HEADER: ClassVar[tuple[str, ...]] = ()
    COUNTS: ClassVar[bool] = True  # how many rows there are says something
    WOULD_BE: ClassVar[str] = ""  # what would be listed, said where there is nothing; keys in braces

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.PANELS = (f"{cls.TAB}-list", f"{cls.TAB}-detail")

    def compose(self) -> ComposeResult:
        """The two panels."""
        rows = Rows(self._cells, self.columns(), header=self.HEADER, id=self.PANELS[0])
        rows.add_class("list")
        detail = Paper(id=self.PANELS[1])
        detail.add_class("detail")
        yield rows
        yield detail

    def panels(self) -> tuple[str, ...]:
        """The list alone where there is nothing to list."""
        return self.PANELS[:1] if self.has_class("-empty") else self.PANELS

    @property
    def rows(self) -> Rows:
        """The list."""
        return self.query_one(f"#{self.PANELS[0]}", Rows)

    @property
    def detail(self) -> Paper:
        """The panel beside it."""
        return self.query_one(f"#{self.PANELS[1]}", Paper)

    def list_rows(self) -> Rows:
        """The list."""
        return self.rows

    def unknown(self) -> tuple[str, str] | None:
        """Why there is nothing to list (title, hint); None when there may be something."""
        return self.session.unknown()

    def columns(self) -> Sequence[Column]:
        """The list's columns for what is in it now."""
        raise NotImplementedError

    def cells(self, item: object) -> Sequence[Content]:
        """One row."""
        raise NotImplementedError

    def _cells(self, item: object) -> Sequence[Content]:
        if isinstance(item, Heading):
            return (safe.joined((item.text, ".accent"), (f"  {item.size}", ".muted")),)
        return self.cells(item)

    def entries(self) -> tuple[list[Entry], int]:
        """The rows that pass the filter, and how many items there are without it."""
        raise NotImplementedError

    def counted(self, entry: Entry) -> bool:
        """Whether an entry is one of the items that the title counts."""
        return entry.key is not None

    def none(self) -> str:
        """What to say when there is nothing to list."""
        raise NotImplementedError

    def details(self, item: object) -> tuple[Hashable, Content, list[Block]]:
        """Subject, title and page of one item."""
        raise NotImplementedError

    def extra_title(self) -> Content:
        """More for the list's title."""
        return Content("")

    def draw(self) -> None:
        """List, titles and details from the session."""
        rows = self.rows
        words = self.session.filters.get(self.TAB, "")
        if (unknown := self.unknown()) is not None:
            title(rows, (self.LIST_TITLE, ".strong"))
            rows.say(safe.line(unknown[0], ".muted"))
            self.remove_class("-empty")
            self._empty(unknown)
            return
        entries, total = self.entries()
        self.set_class(not total and not entries, "-empty")
        if self.has_class("-empty") and (self.has_class("-further") or self.detail.has_focus):
            self.focus_panel(0)
        shown = sum(1 for entry in entries if self.counted(entry))
        rows.set_columns(self.columns())
        count = (f" {count_of(shown, total)}" if self.COUNTS or shown != total else "", ".muted")
        parts: list[Content | tuple[str, str] | str] = [(self.LIST_TITLE, ".strong"), count]
        if words:
            parts += ["  ", ("/", ".accent"), (words, ".accent")]
        if total and len(self.SORTS) > 1:
            parts.append((f"  by {self.order}", ".faint"))
        title(rows, *parts, self.extra_title())
        rows.highlight(self.session.words(self.TAB))
        if not entries:
            told = (self.none(), self.session.keys.named(self.WOULD_BE))
            none = Content("\n\n").join(safe.line(text, ".muted") for text in told if text)
            rows.say(safe.line(f"Nothing matches /{words}", ".muted") if words and total else none)
        else:
            rows.set_entries(entries)
            self.select_again()
        self.draw_details()

    def draw_detail(self) -> None:
        """The details of the selected row."""
        selected = self.rows.selected
        if selected is None:
            self._empty(self.unknown() or ("", ""))
            return
        subject, heading, blocks = self.details(selected.item)
        title(self.detail, heading)
        self.detail.show(subject, blocks)

    def _empty(self, why: tuple[str, str]) -> None:
        title(self.detail, "")
        blocks: list[Block] = [Prose(safe.line(part, ".muted")) for part in why if part]
        if why[1]:
            blocks.insert(1, BLANK)
        self.detail.show(("nothing", self.TAB), blocks)

    def moved(self) -> None:
        """Another row: its details."""
        self.draw_detail()

    def on_rows_opened(self, event: Rows.Opened) -> None:
        """Enter reads the details."""
        event.stop()
        self.focus_panel(1)
