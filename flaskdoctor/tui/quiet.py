"""What leans on Textual's internals, in one place: how little is written, parsed twice, or told of a crash.

Everything here falls back to stock behaviour when a name is gone; tests say so when that happens.
"""

from __future__ import annotations

from collections.abc import Iterable

from textual.app import App
from textual.filter import LineFilter, NoColor

from flaskdoctor.tui import logbook, terminal


class QuietApp(App[int]):
    """An app that does not blink, animate, or print the values in its memory when it crashes."""

    def set_up(self, theme: str | None, device: terminal.Terminal, *, color: bool) -> None:
        """Theme and line filters for the terminal. To be called before the app runs."""
        colored = color and device.colors > 0
        self.animation_level = "none"
        for own in terminal.OWN_THEMES:
            self.register_theme(own)
        if not colored:
            self.no_color = True
        wanted = theme if colored else "ansi-dark"
        self.theme = wanted if wanted in self.available_themes else terminal.theme_for(device)
        # Textual parses its stylesheets with the variables of its default theme, then again with those of this one.
        self.stylesheet.set_variables(self.get_css_variables())
        filters: list[LineFilter] = []
        if not colored:
            filters.append(NoColor())
        if not device.unicode:
            filters.append(terminal.AsciiFilter())
        self._add_filters(filters)

    def _add_filters(self, filters: Iterable[LineFilter]) -> None:
        present = getattr(self, "_filters", None)
        if isinstance(present, list):
            present[:] = [known for known in present if not isinstance(known, NoColor)]
            present.extend(filters)

    def get_css_variables(self) -> dict[str, str]:
        """Textual's, and the stylesheet's own."""
        found = super().get_css_variables()
        found.update(terminal.variables(found, ansi=self.current_theme.ansi, color=not self.no_color))
        return found

    def refresh_css(self, animate: bool = True) -> None:
        """Textual's, but not where no variable has changed: that saves the second parse at the start."""
        known = getattr(self.stylesheet, "_variables", None)
        if known is None or known != self.get_css_variables():
            super().refresh_css(animate)

    def _fatal_error(self) -> None:
        """Textual prints the locals of every frame here, and they can hold secrets; this names the bug alone."""
        from rich.text import Text

        error = self._exception
        if error is not None:
            logbook.write("The dashboard stopped", error)
        name = type(error).__name__ if error is not None else "an error"
        self._exit_renderables.append(
            Text(
                f"flaskdoctor stopped: {name}, a bug in flaskdoctor. Nothing half-written is left in the project.\n"
                f"The log says where: {logbook.path()}"
            )
        )
        self._close_messages_no_wait()
