"""The three lines around the panes: the project's, the tabs', the keys'."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from textual import events
from textual.content import Content
from textual.message import Message
from textual.style import Style
from textual.widget import Widget

from flaskdoctor.tui import safe
from flaskdoctor.tui.held import Held, broke
from flaskdoctor.tui.keys import FOOTER, KEYMAP, Key
from flaskdoctor.tui.paint import CANNOT


class Bar(Held, Widget):
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
        self._shown = self._drawn()
        return self._shown

    def _drawn(self) -> Content:
        width = self.size.width
        try:
            return self.content(width)
        except Exception as error:  # noqa: BLE001  (a line that cannot be drawn must not end the dashboard)
            broke(self, "Drawing a line", error)
            return Content.styled(CANNOT, ".error").truncate(width)

    def update(self) -> None:
        """Redraw, if anything changed: an idle dashboard writes nothing."""
        if self._shown is None or not self._drawn().is_same(self._shown):
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
        """Project left, server and score right; the product's name goes where room is short, then facts and the
        server's words from the end."""
        head = self.head
        product, name = Content.styled("flaskdoctor", ".key"), safe.line(head.project, ".strong")
        most = len(head.server)
        tries = [(True, len(head.facts), most)]
        tries += [(False, facts, told) for facts in range(len(head.facts), -1, -1) for told in (most, 2)]
        for named, count, told in (*tries, (False, 0, 1)):
            facts = safe.line(" · ".join(head.facts[:count]), ".muted")
            end = self._end(told)
            parts = [product if named else Content(), name, facts]
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
    number = Content.styled(str(value), score_style(value))
    return Content.assemble(number.stylize(".strong"), Content.styled("/100", ".muted"))


def score_style(value: int) -> str:
    """The colour of a score's grade."""
    return ".ok" if value >= 85 else ".warning" if value >= 60 else ".error"


class TabLabel(NamedTuple):
    """One tab: its id, title, and a badge (text, style); ``filter`` are the words that its rows are filtered by."""

    id: str
    title: str
    badge: str = ""
    style: str = ".muted"
    filter: str = ""


# A badge's severity by its sign as well as its colour.
_SIGNS = {".error": "✖", ".warning": "▲", ".info": "●"}


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
        """Titles and badges; where room is short the other tabs' counts go, those of findings last, then their signs,
        their titles."""
        for titles, badges in ((True, 3), (True, 2), (True, 1), (True, 0), (False, 1), (False, 0)):
            parts = [self._tab(number, tab, titles, badges) for number, tab in enumerate(self._tabs, 1)]
            if sum(part.cell_length for part in parts) <= width:
                break
        self._ends, end = [], 0
        for part, tab in zip(parts, self._tabs, strict=True):
            end += part.cell_length
            self._ends.append((end, tab.id))
        return Content.assemble(*parts).truncate(width)

    def _tab(self, number: int, tab: TabLabel, titles: bool, badges: int) -> Content:
        """One tab. ``badges`` 3 shows all, 2 those of findings, 1 their signs alone; the one in view keeps all."""
        on = tab.id == self._active
        name = f" {number} {tab.title} " if on or titles else f" {number} "
        parts = [Content.styled(name, ".key" if on else ".muted")]
        if on and self.app.no_color:
            parts[0] = parts[0].stylize(Style(reverse=True))
        sign = _SIGNS.get(tab.style, "")
        counted = on or badges > (1 if sign else 2)
        if tab.badge and (text := f"{sign}{tab.badge}" if counted else sign if badges else ""):
            parts.append(Content.styled(f"{text} ", tab.style))
        if on and tab.filter and self.app.size.height < 17:  # no frame has room for a title that says it
            parts.append(safe.line(f"/{tab.filter} ", ".accent"))
        return Content.assemble(*parts)

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
        shown: set[str] = set()
        for key in sorted(FOOTER, key=self._rank):
            wider = self._line([other for other in FOOTER if other.id in shown or other is key])
            if wider.cell_length <= width:
                shown.add(key.id)
        return self._line([key for key in FOOTER if key.id in shown])

    def _rank(self, key: Key) -> float:
        """What stays where room is short: the tab's own keys, after help and quit."""
        return min(key.footer, 2.5) if key.id in self._labels else key.footer

    def _line(self, keys: Sequence[Key]) -> Content:
        parts = []
        self._ends = []
        cells = 1
        for key in keys:
            off = key.id in self._off
            cap = Content.styled(self.keymap.shown(key.id), ".faint" if off else ".key")
            name = self._labels.get(key.id, key.label)
            parts.append(Content.assemble(cap, Content.styled(f" {name}", ".faint" if off else "")))
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
