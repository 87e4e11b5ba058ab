"""A rule's page or a tip's lesson. Textual's Markdown widget is loaded when the first one is opened, not before."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widget import Widget

from flaskdoctor.tui import safe
from flaskdoctor.tui.backend import RulePage
from flaskdoctor.tui.screens.sheet import Sheet


class Explain(Sheet[bool]):
    """The page, as Markdown. With ``leads_on`` Enter leaves with True: on to the findings that it is about."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "go_on", show=False)]

    def __init__(self, rule: RulePage, *, leads_on: bool = False) -> None:
        name = safe.joined((rule.code, ".strong"), (f" {rule.name}" if rule.code else rule.name, ".muted"))
        super().__init__(name, "enter its findings   esc back" if leads_on else "esc back")
        self._rule = rule
        self._leads_on = leads_on

    def body(self) -> Widget:
        """The Markdown, scrolling."""
        from flaskdoctor.tui.screens.markdown import Page

        page = Page(self._rule.page, open_links=False)
        page.can_focus = False
        return VerticalScroll(page)

    def action_go_on(self) -> None:
        """On to the findings."""
        if self._leads_on:
            self.dismiss(True)
