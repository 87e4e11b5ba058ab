"""A rule's page. Textual's Markdown widget is loaded when the first one is opened, not before."""

from __future__ import annotations

from textual.containers import VerticalScroll
from textual.widget import Widget

from flaskdoctor.tui import safe
from flaskdoctor.tui.backend import RulePage
from flaskdoctor.tui.screens.sheet import Sheet


class Explain(Sheet[None]):
    """The page of one rule, as Markdown."""

    def __init__(self, rule: RulePage) -> None:
        super().__init__(safe.joined((rule.code, ".strong"), (f" {rule.name}", ".muted")), "esc back")
        self._rule = rule

    def body(self) -> Widget:
        """The Markdown, scrolling."""
        from textual.widgets import Markdown

        page = Markdown(self._rule.page, open_links=False)
        page.can_focus = False
        return VerticalScroll(page)
