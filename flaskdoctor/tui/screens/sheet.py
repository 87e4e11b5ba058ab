"""The base of all dialogs: a titled panel over the dashboard, left with Esc or q."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.content import Content
from textual.screen import ModalScreen, ScreenResultType
from textual.widget import Widget

from flaskdoctor.tui import safe
from flaskdoctor.tui.held import Held, broke
from flaskdoctor.tui.paint import PALETTE
from flaskdoctor.tui.paper import Block, Paper, Prose


class Sheet(Held, ModalScreen[ScreenResultType]):
    """``sheet_title`` and ``hint`` are the panel's frame; ``body`` is what is in it."""

    COMPONENT_CLASSES: ClassVar[set[str]] = set(PALETTE)
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q", "leave", show=False)]

    def __init__(self, sheet_title: Content, hint: str) -> None:
        super().__init__()
        self._sheet_title = sheet_title
        self._hint = hint
        self.broken = ""

    def body(self) -> Widget:
        """The widget inside."""
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        """The panel."""
        try:
            body = self.body()
        except Exception as error:  # noqa: BLE001  (what cannot be shown says so, and Esc leads out of it)
            self.broken = broke(self, "This dialog", error)
            body = Paper([Prose(safe.line(self.broken, ".error"))])
        body.add_class("sheet")
        body.border_title = self._sheet_title
        body.border_subtitle = safe.line(self._hint, ".muted")
        yield Container(body, classes="sheet-frame")

    def on_mount(self) -> None:
        """The keys scroll the body."""
        self.query_one(".sheet").focus()

    def action_leave(self) -> None:
        """Away, without doing anything."""
        self.dismiss(None)


class PaperSheet(Sheet[ScreenResultType]):
    """A dialog of prose, code and diffs."""

    def __init__(self, sheet_title: Content, blocks: Sequence[Block], hint: str = "esc back") -> None:
        super().__init__(sheet_title, hint)
        self._blocks = blocks

    def body(self) -> Widget:
        """A page that scrolls."""
        return Paper(self._blocks)
