"""The three lines around the panes: the project's, the tabs', the keys'."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from textual import events
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from flaskdoctor.tui import safe
from flaskdoctor.tui.keys import FOOTER, KEYMAP, Key


class Bar(Widget):
    """One line (or a few) of content, redrawn only when it says something else."""

    ALLOW_SELECT = False

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._shown: Content | None = None

    def content(self, width: int) -> Content:
        """The line, at most ``width`` cells."""
        raise NotImplementedError

    def render(self) -> Content:
        """Textual asks for it after ``refresh``."""
        self._shown = self.content(self.size.width)
        return self._shown

    def update(self) -> None:
        """Redraw, if anything changed: an idle dashboard writes nothing."""
        if self._shown is None or not self.content(self.size.width).is_same(self._shown):
            self.refresh()


class Head(NamedTuple):
    """What the header line says. ``score`` is None while it is not known; ``state`` is a few words."""

    project: str
    facts: tuple[str, ...] = ()
    score: int | None = None
    state: str = ""
    read_only: bool = False
    server: tuple[str, ...] = ()  # how it stands, in words that may be left out from the end
    server_style: str = ""


class HeaderBar(Bar):
    """Product, project, versions, branch, score."""

    head = Head("")

    def show(self, head: Head) -> None:
        """Say ``head`` from now on."""
        self.head = head
        self.update()

    def content(self, width: int) -> Content:
        """Project left, server and score right; the product's name, the facts, then the server's words go where
        room is short."""
        head = self.head
        product, name = Content.styled("flaskdoctor", ".key"), safe.line(head.project, ".strong")
        facts = safe.line(" · ".join(head.facts), ".muted")
        most = len(head.server)
        for parts, told in (
            ([product, name, facts], most),
            ([name, facts], most),
            ([name, facts], 2),
            ([name], most),
            ([name], 2),
            ([name], 1),
        ):
            end = self._end(told)
            start = Content.assemble(" ", Content("  ").join(part for part in parts if part))
            if start.cell_length + end.cell_length + 3 <= width:
                break
        start = start.truncate(max(0, width - end.cell_length - 2), ellipsis=True)
        return Content.assemble(start, " " * max(1, width - 1 - start.cell_length - end.cell_length), end)

    def _end(self, told: int) -> Content:
        """The right end, with so many words of the server's."""
        head = self.head
        right = [safe.line(head.state, ".muted")] if head.state else []
        if head.read_only:
            right.append(safe.line("read-only", ".warning"))
        if head.server:
            sign, *rest = head.server[:told]
            detail = (" ".join(["", *rest[1:]]), ".muted")
            right.append(safe.joined((" ".join([sign, *rest[:1]]), head.server_style), detail))
        if head.score is not None:
            right.append(score(head.score))
        return Content("  ").join(right)


def score(value: int) -> Content:
    """``71/100`` in the colour of its grade."""
    style = ".ok" if value >= 85 else ".warning" if value >= 60 else ".error"
    return Content.assemble(Content.styled(str(value), style), Content.styled("/100", ".muted"))


class TabLabel(NamedTuple):
    """One tab: its id, title, and a badge (text, style)."""

    id: str
    title: str
    badge: str = ""
    style: str = ".muted"


class TabBar(Bar):
    """The tabs with their digits; a click goes there."""

    class Picked(Message):
        """A tab was clicked."""

        def __init__(self, tab: str) -> None:
            super().__init__()
            self.tab = tab

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._tabs: tuple[TabLabel, ...] = ()
        self._active = ""
        self._ends: list[tuple[int, str]] = []

    def show(self, tabs: Sequence[TabLabel], active: str) -> None:
        """Say these from now on."""
        self._tabs, self._active = tuple(tabs), active
        self.update()

    def content(self, width: int) -> Content:
        """All titles; only digits and the active title where they do not fit."""
        for short in (False, True):
            parts: list[Content] = []
            self._ends = []
            cells = 0
            for number, tab in enumerate(self._tabs, 1):
                on = tab.id == self._active
                text = f" {number} {tab.title}" if on or not short else f" {number}"
                part = Content.styled(text, ".key" if on else ".muted")
                if tab.badge and (on or not short):
                    part = Content.assemble(part, " ", Content.styled(tab.badge, tab.style))
                part = part + Content(" ")
                cells += part.cell_length
                parts.append(part)
                self._ends.append((cells, tab.id))
            if cells <= width:
                break
        return Content.assemble(*parts).truncate(width)

    def on_click(self, event: events.Click) -> None:
        """Go to the tab under the pointer."""
        for end, tab in self._ends:
            if event.x < end:
                self.post_message(self.Picked(tab))
                return


class FooterBar(Bar):
    """The keys that work here, greyed where they would do nothing; or a message until the next key. A click on a key
    is that key."""

    keymap = KEYMAP

    class Pressed(Message):
        """A key was clicked."""

        def __init__(self, key: str) -> None:
            super().__init__()
            self.key = key

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._off: frozenset[str] = frozenset()
        self._labels: Mapping[str, str] = {}
        self._message: Content | None = None
        self._ends: list[tuple[int, str]] = []

    def show(self, off: frozenset[str], labels: Mapping[str, str]) -> None:
        """``off`` are the ids of the keys to grey; ``labels`` the names of those that the tab calls its own: they
        stay where room is short."""
        self._off, self._labels = off, labels
        if self._message is None:
            self.update()

    def say(self, message: Content | None) -> None:
        """A message instead of the keys; None brings the keys back."""
        if message is None and self._message is None:
            return
        self._message = message
        self.refresh(layout=True)

    def content(self, width: int) -> Content:
        """The message, or as many keys as fit, the important ones surely."""
        if self._message is not None:
            return Content.assemble(" ", self._message)
        for labels in (True, False):
            for least in range(max(key.footer for key in FOOTER), 0, -1):
                line = self._line([key for key in FOOTER if self._rank(key) <= least], labels=labels)
                if line.cell_length <= width and (labels or least > 2):
                    return line
                if labels and least < (4 if self._labels else 6):
                    break
        return self._line([key for key in FOOTER if self._rank(key) <= 3], labels=False).truncate(width)

    def _rank(self, key: Key) -> int:
        return 1 if key.id in self._labels else key.footer

    def _line(self, keys: Sequence[Key], *, labels: bool) -> Content:
        parts = []
        self._ends = []
        cells = 1
        for key in keys:
            off = key.id in self._off
            cap = Content.styled(self.keymap.shown(key.id), ".faint" if off else ".key")
            name = self._labels.get(key.id, key.label)
            hint = Content.styled(f" {name}", ".faint" if off else "") if labels else Content("")
            parts.append(Content.assemble(cap, hint))
            cells += parts[-1].cell_length
            self._ends.append((cells, key.id))
            cells += 2
        return Content.assemble(" ", Content("  ").join(parts))

    def on_click(self, event: events.Click) -> None:
        """The key under the pointer; a click on a message takes it away."""
        if self._message is not None:
            self.say(None)
            return
        start = 1
        for end, key in self._ends:
            if start <= event.x < end:
                self.post_message(self.Pressed(key))
            start = end + 2
