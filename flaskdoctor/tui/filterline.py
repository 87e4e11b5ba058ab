"""The line a filter is typed in. Loaded when ``/`` is first pressed: an input is the dearest widget here."""

from __future__ import annotations

from textual import events
from textual.widgets import Input

from flaskdoctor.tui.messages import FilterDone, FilterTyped


class FilterLine(Input):
    """Filters while it is typed; Enter keeps the filter, Esc drops it."""

    def __init__(self, words: str) -> None:
        super().__init__(words, placeholder="words, tip:3, fix:safe", id="filter", compact=True, select_on_focus=False)
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
        """Esc drops it, the arrows go to the rows."""
        if event.key in ("escape", "down", "up", "tab"):
            event.stop()
            event.prevent_default()
            self.post_message(FilterDone(keep=event.key != "escape"))
