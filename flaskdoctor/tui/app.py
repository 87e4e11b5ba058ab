"""The dashboard: layout, tabs, the filter's line, and how it is opened. No project logic.

The app is a row of classes, each over the one before it: ``held.py`` (an error is not the end), ``quiet.py`` (little is
written), ``drawing.py`` (what is in view), ``serving.py`` (the project's server), ``commands.py`` (the keys),
``ownfiles.py`` (what the palette alone can do), ``hearing.py`` (what the workers report), ``remembering.py`` (how
it was left), and this one.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from typing import TYPE_CHECKING, ClassVar, cast

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.command import CommandPalette
from textual.containers import Container
from textual.geometry import Size
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input

from flaskdoctor.tui import messages, safe, terminal
from flaskdoctor.tui.backend import Backend
from flaskdoctor.tui.bars import FooterBar, HeaderBar, TabBar
from flaskdoctor.tui.held import Held
from flaskdoctor.tui.keys import KEYMAP, KEYS, TAB_IDS
from flaskdoctor.tui.paint import PALETTE
from flaskdoctor.tui.palette import Palette
from flaskdoctor.tui.panes.base import Pane
from flaskdoctor.tui.panes.code import CodePane
from flaskdoctor.tui.panes.env import EnvPane
from flaskdoctor.tui.panes.git import GitPane
from flaskdoctor.tui.panes.history import HistoryPane
from flaskdoctor.tui.panes.live import LivePane
from flaskdoctor.tui.panes.overview import OverviewPane
from flaskdoctor.tui.panes.routes import RoutesPane
from flaskdoctor.tui.prober import Prober, WatchingProber
from flaskdoctor.tui.remembering import Remembering
from flaskdoctor.tui.rows import Rows
from flaskdoctor.tui.session import Session
from flaskdoctor.tui.userconfig import UserConfig
from flaskdoctor.tui.watch import LEAST_PAUSE
from flaskdoctor.tui.workers import Workers

if TYPE_CHECKING:
    from flaskdoctor.devserver.process import DevServer
    from flaskdoctor.scan import Options

PANES: tuple[type[Pane], ...] = (OverviewPane, CodePane, EnvPane, GitPane, LivePane, RoutesPane, HistoryPane)

MINUTE = 60.0
BUG = 70  # the exit code, as of the command line
WIDTHS = [(0, "-narrow"), (60, "-normal"), (120, "-wide")]
HEIGHTS = [(0, "-short"), (17, "-medium"), (32, "-tall")]


class MainScreen(Held, Screen[None]):
    """The screen under all dialogs; the palette's names are looked up here."""

    COMPONENT_CLASSES: ClassVar[set[str]] = set(PALETTE)
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(KEYMAP.textual("next_panel"), "app.panel(1)", show=False, id="next_panel"),
        Binding(KEYMAP.textual("previous_panel"), "app.panel(-1)", show=False, id="previous_panel"),
    ]
    _laid_out_for: Size | None = None

    async def _on_resize(self, event: events.Resize) -> None:
        """Textual announces the first size four times and draws everything each time; once is enough."""
        if event.size == self._laid_out_for:
            event.prevent_default()
            cast("DoctorApp", self.app).mend()
        self._laid_out_for = event.size


_BEFORE_TEXT = ("filter", "palette")


def _bindings() -> list[BindingType]:
    table: list[BindingType] = [
        Binding(
            key.keys,
            "command_palette" if key.id == "palette" else f"key('{key.id}')",
            key.label,
            tooltip=key.tooltip,
            id=key.id,
            show=False,
            # Handled before the next key is looked at: what is typed fast after them is text, not more keys.
            priority=key.id in _BEFORE_TEXT,
        )
        for key in KEYS
    ]
    moves = {name: f"tab({number})" for number, name in enumerate(TAB_IDS[: len(PANES)])}
    moves |= {"next_tab": "turn(1)", "previous_tab": "turn(-1)", "back": "back"}
    table += [Binding(KEYMAP.textual(name), action, show=False, id=name) for name, action in moves.items()]
    table.append(Binding(KEYMAP.textual("suspend"), "suspend_process", show=False, id="suspend", priority=True))
    return table


class DoctorApp(Remembering):
    """The dashboard over one project."""

    CSS_PATH = os.path.join(os.path.dirname(__file__), "flaskdoctor.tcss")
    TITLE = "flaskdoctor"
    BINDINGS: ClassVar[list[BindingType]] = _bindings()
    COMMANDS = {Palette}
    HORIZONTAL_BREAKPOINTS = WIDTHS
    VERTICAL_BREAKPOINTS = HEIGHTS
    ALLOW_SELECT = False
    AUTO_FOCUS = None

    def __init__(
        self,
        root: str,
        backend: Backend,
        *,
        read_only: bool = False,
        theme: str | None = None,
        color: bool = True,
        device: terminal.Terminal | None = None,
        pause: float = LEAST_PAUSE,
        prober: Prober | None = None,
        user: UserConfig | None = None,
        view_path: str = "",
    ) -> None:
        """``user`` is the user's config (None: the defaults), ``view_path`` where the view is kept from start to start
        ("": it is not)."""
        super().__init__()
        self.user = user or UserConfig()
        self.locked = read_only
        device = device or terminal.current()
        kept = self.view_from(view_path, device)
        self.set_up(theme or self.user.theme or kept, device, color=color)
        self.opened_with = self.theme
        self.user = self.user.with_themes(self.available_themes, theme or "")
        self.session = Session(root, read_only=read_only)
        self.open_as_it_was()
        self.jobs = Workers(backend, self.post_message, pause=pause)
        self.prober = prober or WatchingProber(root)
        self._drawn_for: Size | None = None
        self._panes: dict[str, Pane] = {}

    # Layout

    def get_default_screen(self) -> Screen[None]:
        """The screen with the palette."""
        size = shutil.get_terminal_size()
        names = [self._class_for(size.columns, WIDTHS), self._class_for(size.lines, HEIGHTS)]
        return MainScreen(id="_default", classes=" ".join(names))

    @staticmethod
    def _class_for(cells: int, breakpoints: list[tuple[int, str]]) -> str:
        """The class that Textual would set after the first layout; known before, nothing is styled twice."""
        return max(item for item in breakpoints if cells >= item[0])[1]

    def compose(self) -> ComposeResult:
        """Header, tabs, one pane (the others come when they are first shown), footer."""
        yield HeaderBar(id="header")
        yield TabBar(id="tabs")
        pane = self._made(self._active)
        yield Container(pane, id="panes")
        footer = FooterBar(id="footer")
        footer.keymap = self.session.keys
        yield footer

    def _made(self, name: str) -> Pane:
        """The tab ``name``, before it is shown for the first time."""
        pane = next(pane for pane in PANES if name == pane.TAB)(self.session)
        self._panes[name] = pane
        return pane

    def on_mount(self) -> None:
        """The first picture says that nothing is known yet; the scan starts behind it."""
        self.redraw()
        self.pane.focus_first()
        self.call_after_refresh(self.jobs.scan)
        self.set_interval(MINUTE, self._minute)
        self.opened = True
        if self._active == LivePane.TAB:
            self.prober.opened()
        for title, hint in self.user.problems[:1]:
            more = len(self.user.problems) - 1
            rest = f" {more} more: {self.session.keys.shown('help')} lists them." if more else ""
            self.say(title, hint + rest, bad=True)

    def _minute(self) -> None:
        """Verdicts grow old; what says so is drawn where it says something else."""
        if self.pane.TAB == LivePane.TAB:
            self.draw_pane()
        self.remember()

    async def on_unmount(self) -> None:
        """Nothing keeps running."""
        try:
            await self.prober.close()
        finally:
            if self.session.server.own is not None:
                await asyncio.to_thread(self.session.server.own.stop)
            await self.jobs.close()

    @property
    def tab_kinds(self) -> tuple[type[Pane], ...]:
        """The tabs."""
        return PANES

    # Tabs, panels, filter

    async def action_tab(self, number: int) -> None:
        """Show the tab ``number``, counted from 0."""
        await self.show_tab(PANES[number].TAB)

    async def action_turn(self, step: int) -> None:
        """Show the next or previous tab."""
        names = [pane.TAB for pane in PANES]
        await self.show_tab(names[(names.index(self._active) + step) % len(names)])

    async def show_tab(self, name: str) -> None:
        """Show the tab ``name``; its widgets are made the first time."""
        await self.close_filter()
        if name == self._active:
            return
        fresh = name not in self._panes
        with self.together():
            self.pane.display = False
            if fresh:
                self._made(name)
            self._active = name
            if fresh:
                await self.screen_stack[0].query_one("#panes").mount(self.pane)
            self.pane.display = True
            self.redraw()
            self.guarded("The focus", self.pane.focus_first)
        if name == LivePane.TAB:
            self.prober.opened()
        self.look()
        self.bars()
        self.remember()

    async def renew_pane(self) -> None:
        """The widgets of the pane in view anew, where they could not be made."""
        pane = self.pane
        if pane.made:
            return
        await pane.remove()
        self._panes[pane.TAB] = type(pane)(self.session)
        await self.screen_stack[0].query_one("#panes").mount(self.pane)
        self.redraw()
        self.guarded("The focus", self.pane.focus_first)

    def action_panel(self, step: int) -> None:
        """Focus the next or previous panel."""
        self.pane.next_panel(step)
        self.bars()

    async def action_back(self) -> None:
        """Escape: out of the filter, to the list, or all rows again."""
        if await self.close_filter():
            return
        if not self.pane.back():
            self.action_all_rows()

    def action_all_rows(self) -> None:
        """No filter."""
        if self.session.filters.pop(self.pane.TAB, ""):
            self.redraw()
            self.remember()

    def action_help_quit(self) -> None:
        """ctrl+c: say which key quits."""
        self.say(f"{self.session.keys.shown('quit')} quits")

    async def open_filter(self) -> None:
        """A line above the footer to type in."""
        from flaskdoctor.tui.filterline import FilterInput, FilterLine

        screen = self.screen_stack[0]
        if screen.query("#filter"):
            return  # the key came twice at once
        line = FilterLine(self.session.filters.get(self.pane.TAB, ""))
        await screen.mount(line, before="#footer")
        screen.set_focus(line.query_one(FilterInput))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whether an action may run: where text is typed, ``/`` and a palette's key that types something are text."""
        filter, palette = action == "key" and parameters == ("filter",), action == "command_palette"
        if (filter or palette) and isinstance(self.focused, Input):
            return palette and all(len(key) > 1 for key in self.session.keys.keys("palette"))
        if filter and len(self.screen_stack) > 1:
            return False
        return super().check_action(action, parameters)

    async def close_filter(self) -> bool:
        """Take the filter's line away; False when there was none."""
        found = self.screen_stack[0].query("#filter")
        if not found:
            return False
        await found.remove()
        self.pane.focus_first()
        return True

    @on(messages.FilterTyped)
    def _filter_typed(self, event: messages.FilterTyped) -> None:
        self.session.filters[self.pane.TAB] = event.words
        self.redraw()

    @on(messages.FilterDone)
    async def _filter_done(self, event: messages.FilterDone) -> None:
        if not event.keep:
            self.session.filters.pop(self.pane.TAB, None)
        await self.close_filter()
        self.redraw()
        self.remember()

    @on(FooterBar.Pressed)
    async def _key_clicked(self, event: FooterBar.Pressed) -> None:
        await self.action_key(event.key)

    @on(TabBar.Picked)
    async def _tab_picked(self, event: TabBar.Picked) -> None:
        await self.show_tab(event.tab)

    @on(OverviewPane.Wanted)
    async def _wanted(self, event: OverviewPane.Wanted) -> None:
        if event.lesson:
            self.explain(event.lesson)
            return
        if event.finding is not None and event.finding.url:
            await self.show_tab(LivePane.TAB)
            cast("LivePane", self.pane).select_finding(event.finding)
            return
        await self.show_findings(event.words)
        if event.finding is not None:
            self.pane.query_one(Rows).select(event.finding.key)

    async def show_findings(self, words: str) -> None:
        """The Code tab, filtered by ``words``."""
        self.session.filters[CodePane.TAB] = words
        if self._active == CodePane.TAB:
            self.redraw()
        await self.show_tab(CodePane.TAB)

    @on(events.DescendantFocus)
    def _focus_moved(self) -> None:
        self.draw_details()
        self.bars()

    # Textual

    def on_resize(self, event: events.Resize) -> None:
        """Pages say more where there is more room."""
        if self._drawn_for not in (None, event.size):
            self.call_after_refresh(self.redraw)
        self._drawn_for = event.size

    async def on_event(self, event: events.Event) -> None:
        """A message in the footer stays until the next key. What is pasted could drive the terminal: an input line
        draws it as it is."""
        if isinstance(event, events.Paste):
            event.text = safe.pasted(event.text)
        if isinstance(event, events.Key) and self.screen_stack:
            for footer in self.screen_stack[0].query(FooterBar):
                footer.say(None)
        await super().on_event(event)

    def action_command_palette(self) -> None:
        """Textual's palette, with a cursor that does not blink."""
        if isinstance(self.screen, CommandPalette):
            return
        self.push_screen(CommandPalette())  # Textual's has an id, which the last one may still have on its way out
        self.call_after_refresh(self._calm_cursor)

    def _calm_cursor(self) -> None:
        for widget in self.screen.query("CommandInput"):
            if isinstance(widget, Widget):
                widget.cursor_blink = False  # type: ignore[attr-defined]


def run(
    root: str,
    options: Options,
    *,
    read_only: bool = False,
    theme: str | None = None,
    color: bool = True,
    url: str = "",
    profile: str = "",
    server: DevServer | None = None,
    no_server: str = "",
    remember: bool = True,
) -> int:
    """Open the dashboard over the project at ``root`` (absolute) and return the exit code. ``url`` is the server to
    watch ("": the one that is found), ``profile`` what its verdicts count for ("": as it comes of the server);
    ``server`` is one that was started for the dashboard, ``no_server`` why there is none, where that is known.
    ``remember`` opens the project as it was left, and keeps how it is left now."""
    from flaskdoctor.tui.client import ChildBackend
    from flaskdoctor.tui.userconfig import config_path, read_config
    from flaskdoctor.tui.view import view_path

    root = os.path.abspath(root)
    for name in ("COLUMNS", "LINES"):
        os.environ.pop(name, None)  # the size at the start, for Textual the only one there ever is
    prober = WatchingProber(root, url=url, profile=profile)
    app = DoctorApp(
        root,
        ChildBackend(root, options),
        read_only=read_only,
        theme=theme,
        color=color,
        prober=prober,
        user=read_config(config_path()),
        view_path=view_path(root) if remember else "",
    )
    app.session.server.absent = no_server
    if server is not None:
        app.session.server.own = server
        server.on_output = app.server_output
    result: int | None = app.run()
    if app.crashed:
        return BUG
    return app.return_code or result or 0
