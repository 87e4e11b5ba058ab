"""What leans on Textual's internals, in one place: how little is written, parsed twice, or told of a crash.

Everything here falls back to stock behaviour when a name is gone; tests say so when that happens.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from textual import events
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.app import App
from textual.filter import LineFilter, NoColor
from textual.strip import Strip

from flaskdoctor.tui import logbook, terminal
from flaskdoctor.tui.difference import Shown

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from textual.screen import Screen

HOLD = 0.025  # seconds that a new layout waits for what its widgets make of it


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


class QuietApp(App[int]):
    """An app that does not blink, animate, or print the values in its memory when it crashes."""

    def __init__(self) -> None:
        super().__init__()
        self._shown = Shown()
        self._held: asyncio.TimerHandle | None = None

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

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        """Write the cells that changed; nothing at all where none did.

        A new layout is followed at once by its widgets, which learn their sizes from it: both are written together.
        """
        try:
            pieces = _pieces(renderable) if self.can_write() else None
            if pieces is not None:
                self._shown.want(pieces)
                if isinstance(renderable, LayoutUpdate):
                    self.hold()
                if self._held is None:
                    self._write()
                self.post_display_hook()
                return
        except (AttributeError, TypeError, ValueError):  # Textual's updates are not what they were
            self._shown.forget()
        super()._display(screen, renderable)

    @contextmanager
    def together(self) -> Iterator[None]:
        """What is drawn meanwhile, and what its widgets make of their new sizes, is written in one go."""
        with self.batch_update():
            yield
        self.hold()

    def hold(self, seconds: float = HOLD) -> None:
        """What is drawn from now on takes several steps: write them together."""
        if self._held is None:
            self._held = asyncio.get_running_loop().call_later(seconds, self._write)

    def _write(self) -> None:
        """Write what is wanted and not yet shown."""
        self._held = None
        if self.can_write() and (text := self._shown.draw(self.console._color_system)):
            super()._display(self.screen, Difference(text))  # type: ignore[arg-type]  # as Textual does with its own

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
        self.app_resume_signal.subscribe(self, lambda _: self._shown.forget())

    def repaint(self) -> None:
        """Write everything anew: the terminal shows something else."""
        self._shown.forget()
        self.refresh(layout=True)

    async def on_event(self, event: events.Event) -> None:
        """A resized terminal has moved its lines about."""
        if isinstance(event, events.Resize):
            self._shown.forget()
        await super().on_event(event)

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
