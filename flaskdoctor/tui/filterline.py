"""The line a filter is typed in, mounted while it is."""

from __future__ import annotations

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Input, Static

from flaskdoctor.tui.held import Held
from flaskdoctor.tui.messages import FilterDone, FilterTyped


class FilterLine(Held, Horizontal):
    """A slash and what is typed after it."""

    def __init__(self, words: str) -> None:
        super().__init__(id="filter")
        self._words = words

    def compose(self) -> ComposeResult:
        """The slash shows what the line is for."""
        yield Static(Content.styled(" /", ".key"))
        yield FilterInput(self._words)


class FilterInput(Held, Input):
    """Filters while it is typed; Enter keeps the filter, Esc drops it."""

    def __init__(self, words: str) -> None:
        super().__init__(words, placeholder="words, tip:3, fix:safe", compact=True, select_on_focus=False)
        self.cursor_blink = False

    def on_input_changed(self, event: Input.Changed) -> None:
        """Show what matches so far."""
        event.stop()
        self.post_message(FilterTyped(event.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Keep it."""
        event.stop()
        self.post_message(FilterDone(keep=True))

    def on_key(self, event: events.Key) -> None:
        """Esc drops it, the arrows and Tab go to the rows."""
        if event.key in ("escape", "down", "up", "tab"):
            event.stop()
            event.prevent_default()
            self.post_message(FilterDone(keep=event.key != "escape"))
