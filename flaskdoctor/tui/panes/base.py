"""What every tab is: one pane, one file over this base. A new tab is such a file and one line in app.py."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from textual.compose import compose
from textual.containers import Container
from textual.content import Content
from textual.widget import Widget

from flaskdoctor.finding import Finding, Location
from flaskdoctor.tui import clipboard, logbook, safe
from flaskdoctor.tui.backend import Record
from flaskdoctor.tui.held import Held, broke
from flaskdoctor.tui.panes import words
from flaskdoctor.tui.panes.page import finding_page
from flaskdoctor.tui.paper import BLANK, Block, Paper, Prose
from flaskdoctor.tui.rows import Rows
from flaskdoctor.tui.session import Session
from flaskdoctor.tui.view import mark


class Broken(Widget, can_focus=True):
    """What stands in the place of a pane that cannot be shown."""

    def __init__(self, why: str, hint: str) -> None:
        super().__init__()
        self._text = Content("\n\n").join([safe.line(why, ".error"), safe.line(hint, ".muted")])

    def render(self) -> Content:
        """Why, and what to do."""
        return self._text


class Pane(Held, Container):
    """One tab's content. It reads the session and owns its widgets; it starts no work."""

    TAB: ClassVar[str]  # id of the tab
    TITLE: ClassVar[str]
    FILTERS: ClassVar[bool] = False  # ``/`` does something here
    SHOWS_FINDING: ClassVar[bool] = False
    SORTS: ClassVar[tuple[str, ...]] = ()  # the orders that ``s`` goes through, the usual one first
    PANELS: ClassVar[tuple[str, ...]] = ()  # ids of the panels that Tab goes through
    # What some keys (by id) are called here; they come first in the footer.
    LABELS: ClassVar[Mapping[str, str]] = {}

    def __init__(self, session: Session) -> None:
        super().__init__(id=f"pane-{self.TAB}")
        self.session = session
        self.broken = ""  # why it cannot be shown
        self.made = True  # its widgets could be made

    async def _compose(self) -> None:
        """Textual's, but that a tab whose widgets cannot be made says so in their place."""
        try:
            widgets = compose(self)
        except Exception as error:  # noqa: BLE001
            self.made = False
            widgets = []
            self.say_broken(broke(self, f"Making the tab {self.TITLE}", error))
        await self.mount_composed_widgets(widgets)

    def say_broken(self, why: str) -> None:
        """Show ``why`` in place of the widgets; empty: they are back."""
        if why == self.broken:
            return
        self.broken = why
        self.set_class(bool(why), "-broken")
        for shown in self.query(Broken):
            shown.remove()
        if why:
            self.mount(Broken(why, self._try_again()))

    def say_details_broken(self, why: str) -> None:
        """Show ``why`` where the details of the selected row stand: those of another row would be wrong there."""
        for paper in self.query(Paper):
            title(paper, "")
            hint = safe.line(self._try_again(), ".muted")
            paper.show(("broken", why), [Prose(safe.line(why, ".error")), BLANK, Prose(hint)])

    def _try_again(self) -> str:
        return f"{self.session.keys.named('{rescan} tries again')}. The log says where: {logbook.path()}"

    def draw_details(self) -> None:
        """Another row is selected, or more is known of it: its details, or why they cannot be drawn."""
        try:
            self.moved()
        except Exception as error:  # noqa: BLE001  (the list and the other rows go on)
            self.say_details_broken(broke(self, "Drawing the details", error))

    @classmethod
    def badge(cls, session: Session) -> tuple[str, str]:
        """What stands beside the tab's title (text, style); must not need the pane to be mounted."""
        del session
        return "", ""

    @property
    def order(self) -> str:
        """The order of the rows."""
        chosen = self.session.sorts.get(self.TAB, "")
        return chosen if chosen in self.SORTS else "".join(self.SORTS[:1])

    def panels(self) -> tuple[str, ...]:
        """The panels there are now, in Tab's order."""
        return self.PANELS

    def shows_finding(self) -> bool:
        """Whether the selected finding's code and change are in view."""
        return self.SHOWS_FINDING

    def page_of(self, finding: Finding) -> list[Block]:
        """A finding close up, as far as it is known yet."""
        look, preview = self.session.looks.get(finding.key), self.session.previews.get(finding.key)
        return finding_page(finding, look, preview, dense=self.app.size.height < 32)

    def draw(self) -> None:
        """Show what the session says now."""
        raise NotImplementedError

    def moved(self) -> None:
        """Another row is selected, or more is known of it."""

    def finding(self) -> Finding | None:
        """The selected finding, for ``f``, ``x`` and the previews."""
        return None

    def page_code(self) -> str:
        """What ``x`` explains: a rule's code, ``tip:3``, or nothing."""
        found = self.finding()
        return found.code if found is not None else ""

    def place(self) -> Location | None:
        """The selected place, for ``e`` and ``c``."""
        found = self.finding()
        return found.location if found is not None else None

    def shown_code(self) -> Location | None:
        """The place whose code is shown where no finding is selected; it becomes ``session.looks[place]``."""
        return None

    def copied(self) -> str:
        """What ``c`` copies; empty: there is nothing to copy."""
        location = self.place()
        return clipboard.pasteable(words.place(location)) if location is not None else ""

    def record(self) -> Record | None:
        """The selected applied fix, for ``z``."""
        return None

    def list_rows(self) -> Rows | None:
        """The list whose selected row is found again at the next start."""
        return None

    def select_again(self) -> None:
        """Select what was selected when the dashboard was left, as soon as there are rows."""
        rows = self.list_rows()
        if rows is not None and rows.selected is not None and (wanted := self.session.selected.pop(self.TAB, "")):
            rows.select_where(lambda key: mark(key) == wanted)

    def focus_first(self) -> None:
        """Take the focus."""
        self.focus_panel(0)

    def focus_panel(self, number: int) -> None:
        """Focus the panel ``number``; a short terminal shows only that one."""
        for shown in self.query(Broken):
            shown.focus()
            return
        panels = self.panels()
        number %= len(panels)
        self.set_class(number > 0, "-further")
        self.query_one(f"#{panels[number]}").focus(scroll_visible=False)

    def next_panel(self, step: int) -> None:
        """Focus the next or previous panel."""
        if self.broken:
            return
        here = next((i for i, name in enumerate(self.panels()) if self.query_one(f"#{name}").has_focus), 0)
        self.focus_panel(here + step)

    def back(self) -> bool:
        """Escape: to the first panel; False when it is there already."""
        if self.broken or self.query_one(f"#{self.PANELS[0]}").has_focus:
            return False
        self.focus_panel(0)
        return True


def title(widget: Widget, *parts: Content | tuple[str, str] | str) -> None:
    """Set a panel's title (never as markup)."""
    widget.border_title = safe.joined(*parts)


def subtitle(widget: Widget, *parts: Content | tuple[str, str] | str) -> None:
    """Set a panel's subtitle (never as markup)."""
    widget.border_subtitle = safe.joined(*parts)


def words_match(words: str, *texts: str) -> bool:
    """Whether every one of ``words`` occurs in ``texts``."""
    text = " ".join(texts).lower()
    return all(word in text for word in words.lower().split())


def count_of(shown: int, total: int) -> str:
    """``14``, or ``3 of 14`` under a filter."""
    return str(total) if shown == total else f"{shown} of {total}"
