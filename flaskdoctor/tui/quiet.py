"""What leans on Textual's internals, in one place: how little is written or parsed twice.

Everything here falls back to stock behaviour when a name is gone; tests say so when that happens.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from rich.color import ColorSystem
from textual import events
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.await_complete import AwaitComplete
from textual.driver import Driver
from textual.filter import LineFilter, NoColor
from textual.strip import Strip

from flaskdoctor.tui import terminal
from flaskdoctor.tui.difference import Shown
from flaskdoctor.tui.held import HeldApp

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from textual.screen import Screen
    from textual.theme import Theme


class Difference(CompositorUpdate):
    """An update whose text is ready."""

    def __init__(self, text: str) -> None:
        self.text = text

    def render_segments(self, console: Console) -> str:
        """The text."""
        del console
        return self.text


def _pieces(renderable: object) -> list[tuple[int, int, Strip]] | None:
    """The strips of a Textual update with their places (column, row); None for what is no such update."""
    if isinstance(renderable, LayoutUpdate):
        pieces: list[tuple[int, int, Strip]] = []
        for y, line in enumerate(renderable.strips, renderable.region.y):
            x = renderable.region.x
            for strip in line:
                pieces.append((x, y, strip))
                x += strip.cell_length
        return pieces
    if isinstance(renderable, ChopsUpdate):
        chops: list[tuple[int, int, Strip]] = []
        for y, x1, x2 in renderable.spans:
            for end, (x, chop) in zip(renderable.chop_ends[y], renderable.chops[y].items(), strict=False):
                if chop is not None and x <= x2 and end > x1:
                    whole = x1 <= x < x2 and end <= x2
                    chops.append((x, y, chop if whole else chop.crop(0, min(end, x2) - x)))
        return chops
    return None


_SYSTEMS = {1 << 24: ColorSystem.TRUECOLOR, 256: ColorSystem.EIGHT_BIT}


class QuietApp(HeldApp):
    """An app that does not blink or animate."""

    def __init__(self) -> None:
        self.device = terminal.current()
        super().__init__()
        self._shown = Shown()

    def get_driver_class(self) -> type[Driver]:
        """Textual's; on Unix one that holds what terminals go through."""
        stock = super().get_driver_class()
        if (stock.__module__, stock.__name__) != ("textual.drivers.linux_driver", "LinuxDriver"):
            return stock
        try:
            from flaskdoctor.tui.driver import TerminalDriver
        except ImportError:  # Textual's internals are not where they were
            return stock
        return TerminalDriver

    def set_up(self, theme: str | None, device: terminal.Terminal, *, color: bool) -> None:
        """Theme and line filters for the terminal. To be called before the app runs."""
        colored = color and device.colors > 0
        self.device = device
        self.animation_level = "none"
        for own in terminal.OWN_THEMES:
            self.register_theme(own)
        self.no_color = not colored
        if hasattr(self.console, "_color_system"):  # Rich's guess knows fewer terminals
            self.console._color_system = _SYSTEMS.get(device.colors, ColorSystem.STANDARD)
        wanted = theme if colored else "ansi-dark"
        self.theme = wanted if wanted in self.available_themes else terminal.theme_for(device)
        # Textual parses its stylesheets with the variables of its default theme, then again with those of this one.
        self.stylesheet.set_variables(self.get_css_variables())
        filters: list[LineFilter] = []
        if not colored:
            filters.append(terminal.ColorlessFilter())
        if not device.unicode:
            filters.append(terminal.AsciiFilter())
        self._add_filters(filters)

    def get_theme(self, theme_name: str) -> Theme | None:
        """Textual's; whichever is chosen, a terminal with 16 colours gets its own."""
        theme = super().get_theme(theme_name)
        if theme is None or theme.ansi or self.device.colors > 16:
            return theme
        return super().get_theme(terminal.in_own_colors(theme))

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

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        """Write the cells that changed; nothing at all where none did."""
        difference = None
        try:
            if self.can_write():
                pieces = _pieces(renderable)
                if pieces is not None:
                    difference = Difference(self._shown.update(pieces, self.console))
        except (AttributeError, TypeError, ValueError):  # Textual's updates are not what they were
            self._shown.forget()
        if difference is None:
            super()._display(screen, renderable)
        elif difference.text:
            super()._display(screen, difference)  # type: ignore[arg-type]  # as Textual does with its own

    def can_write(self) -> bool:
        """Whether an update that is handed over now reaches the terminal."""
        return bool(
            self._running
            and not self._closed
            and not self._batch_count
            and not self.is_headless
            and self._driver is not None
            and not self._driver.is_inline
        )

    def on_mount(self) -> None:
        """Back from the editor, or from the shell after Ctrl-Z, the terminal is empty."""
        self.app_resume_signal.subscribe(self, lambda _: self.repaint())

    def repaint(self) -> None:
        """Write everything anew: the terminal shows something else."""
        self._shown.forget()
        self.refresh(layout=True)

    async def on_event(self, event: events.Event) -> None:
        """A resized terminal has moved its lines about."""
        if isinstance(event, events.Resize):
            self._shown.forget()
        await super().on_event(event)

    def pop_screen(self) -> AwaitComplete:
        """Two keys at once close a dialog twice (Enter in the palette); the second time there is none."""
        if len(self.screen_stack) > 1:
            return super().pop_screen()
        nothing: AwaitComplete = AwaitComplete.nothing()  # type: ignore[no-untyped-call]
        return nothing
