"""What leans on Textual's internals, in one place: how little is written or parsed twice.

Everything here falls back to stock behaviour when a name is gone; tests say so when that happens.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.color import ColorSystem
from rich.control import Control
from textual import events
from textual.await_complete import AwaitComplete
from textual.driver import Driver
from textual.filter import LineFilter, NoColor
from textual.strip import Strip

from flaskdoctor.tui import logbook, terminal
from flaskdoctor.tui.difference import Shown
from flaskdoctor.tui.held import HeldApp

if TYPE_CHECKING:
    from rich.console import RenderableType
    from textual.screen import Screen
    from textual.theme import Theme

HOLD = 0.025  # seconds that a new layout waits for what its widgets make of it
_SYSTEMS = {1 << 24: ColorSystem.TRUECOLOR, 256: ColorSystem.EIGHT_BIT}


class QuietApp(HeldApp):
    """An app that writes what has changed and no more; nothing blinks or moves by itself."""

    def __init__(self) -> None:
        self.device = terminal.current()
        super().__init__()
        self._shown = Shown()
        self._held: asyncio.TimerHandle | None = None
        self._erases = False
        self._stock = False  # Textual is not what it was: it writes as it likes

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
        self._erases = device.erases
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
        if self._stock or not self._take(renderable):
            super()._display(screen, renderable)

    def _take(self, renderable: object) -> bool:
        """Whether ``renderable`` is an update whose cells will be written from here.

        A new layout is followed at once by its widgets, which learn their sizes from it: both are written together.
        """
        try:
            from textual._compositor import ChopsUpdate, LayoutUpdate

            if not self.can_write() or not isinstance(renderable, LayoutUpdate | ChopsUpdate):
                return False
            if isinstance(renderable, LayoutUpdate):
                self._shown.want(_of_layout(renderable))
                self._shown.lost = False
                self.hold()
            else:
                self._shown.want(_of_chops(renderable))
            if self._held is None:
                self._write()
            self.post_display_hook()
        except Exception as error:  # noqa: BLE001  (whatever has changed in Textual, it can draw without us)
            self._give_up(error)
            return False
        return True

    @contextmanager
    def together(self) -> Iterator[None]:
        """What is drawn meanwhile, and what its widgets make of their new sizes, is written in one go."""
        with self.batch_update():
            yield
        self.hold()

    def hold(self, seconds: float = HOLD) -> None:
        """What is drawn from now on takes several steps: write them together."""
        if self._held is None and not self._stock:
            self._held = asyncio.get_running_loop().call_later(seconds, self._let_go)

    def _let_go(self) -> None:
        self._held = None
        try:
            self._write()
        except Exception as error:  # noqa: BLE001
            self._give_up(error)

    def _write(self) -> None:
        """Write what is wanted and not yet shown."""
        if not self.can_write():
            return
        text = self._shown.draw(self.console._color_system, erases=self._erases)
        if not text:
            return
        assert self._driver is not None
        if self.cursor_position:  # hidden as it is, input methods look for it where something is typed
            place = self.screen.outer_size.clamp_offset(self.cursor_position)
            text += Control.move_to(*place).segment.text
        self._begin_update()
        self._driver.write(text)
        self._end_update()
        self._driver.flush()

    def _give_up(self, error: Exception) -> None:
        """From now on Textual writes what it draws, all of it once."""
        self._stock = True
        logbook.write("Textual has changed: more than the differences is written", error)
        self.screen.refresh()

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

    def mend(self) -> None:
        """A size that came back without a layout for the one between: draw what the smaller one cut off."""
        if self._shown.lost:
            self.repaint()

    def repaint(self) -> None:
        """Write everything anew: the terminal shows something else."""
        self._shown.forget()
        self.refresh(layout=True)

    async def on_event(self, event: events.Event) -> None:
        """A resized terminal has moved its lines about."""
        if isinstance(event, events.Resize):
            self._shown.cut(event.size.width, event.size.height)
            self.hold()
        await super().on_event(event)

    def pop_screen(self) -> AwaitComplete:
        """Two keys at once close a dialog twice (Enter in the palette); the second time there is none."""
        if len(self.screen_stack) > 1:
            return super().pop_screen()
        nothing: AwaitComplete = AwaitComplete.nothing()  # type: ignore[no-untyped-call]
        return nothing


def _of_layout(update: Any) -> Iterator[tuple[int, int, Strip]]:
    """The strips of a new layout with their places (column, row)."""
    for y, line in enumerate(update.strips, update.region.y):
        x = update.region.x
        for strip in line:
            yield x, y, strip
            x += strip.cell_length


def _of_chops(update: Any) -> Iterator[tuple[int, int, Strip]]:
    """The strips of an update of parts of lines."""
    for y, x1, x2 in update.spans:
        for end, (x, chop) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
            if chop is not None and x <= x2 and end > x1:
                whole = x1 <= x < x2 and end <= x2
                yield x, y, chop if whole else chop.crop(0, min(end, x2) - x)
