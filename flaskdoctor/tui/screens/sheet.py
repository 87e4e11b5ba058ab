"""The base of all dialogs: a titled panel over the dashboard, left with Esc or q."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.content import Content
from textual.screen import ModalScreen, ScreenResultType
from textual.style import Style
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
        body.border_subtitle = clickable(self._hint)
        yield Container(body, classes="sheet-frame")

    async def on_click(self, event: events.Click) -> None:
        """A click on a word of the hint is its key; one beside the panel is Esc."""
        if active := self.active_bindings.get(str(event.style.meta.get("key", ""))):
            await self.app.run_action(active.binding.action, default_namespace=active.node)
        elif not self.query_one(".sheet").region.contains_point(event.screen_offset):
            self.action_leave()

    def on_mount(self) -> None:
        """The keys scroll the body."""
        self.query_one(".sheet").focus()

    def action_leave(self) -> None:
        """Away, without doing anything."""
        self.dismiss(None)


def clickable(hint: str) -> Content:
    """``y apply   esc back``: each part with the key that a click on it stands for."""
    parts: list[Content] = []
    for part in hint.split("   "):
        key = part.partition(" ")[0]
        names = {"esc": "escape"}
        parts.append(safe.line(part, ".muted").stylize(Style.from_meta({"key": names.get(key, key)})))
    return Content("   ").join(parts)


class PaperSheet(Sheet[ScreenResultType]):
    """A dialog of prose, code and diffs."""

    def __init__(self, sheet_title: Content, blocks: Sequence[Block], hint: str = "esc back") -> None:
        super().__init__(sheet_title, hint)
        self._blocks = blocks

    def body(self) -> Widget:
        """A page that scrolls."""
        return Paper(self._blocks)
