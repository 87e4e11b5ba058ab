"""The dashboard: tabs, theme, bindings, and what happens when a worker reports. No project logic."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, ClassVar, cast

from textual import events, on
from textual.app import ComposeResult, SystemCommand
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.css.query import NoMatches
from textual.geometry import Size
from textual.screen import Screen
from textual.widget import Widget

from flaskdoctor.tui import messages, terminal
from flaskdoctor.tui.backend import Backend
from flaskdoctor.tui.bars import FooterBar, Head, HeaderBar, TabBar, TabLabel
from flaskdoctor.tui.commands import message
from flaskdoctor.tui.hearing import Hearing
from flaskdoctor.tui.keys import KEYS
from flaskdoctor.tui.paint import PALETTE
from flaskdoctor.tui.panes.base import Pane
from flaskdoctor.tui.panes.code import CodePane
from flaskdoctor.tui.panes.env import EnvPane
from flaskdoctor.tui.panes.git import GitPane
from flaskdoctor.tui.panes.history import HistoryPane
from flaskdoctor.tui.panes.live import LivePane
from flaskdoctor.tui.panes.overview import OverviewPane
from flaskdoctor.tui.panes.routes import RoutesPane
from flaskdoctor.tui.panes.serverwords import in_header
from flaskdoctor.tui.prober import Prober, WatchingProber
from flaskdoctor.tui.rows import Rows
from flaskdoctor.tui.session import Session
from flaskdoctor.tui.watch import LEAST_PAUSE
from flaskdoctor.tui.workers import Workers

if TYPE_CHECKING:
    from flaskdoctor.scan import Options

PANES: tuple[type[Pane], ...] = (OverviewPane, CodePane, EnvPane, GitPane, LivePane, RoutesPane, HistoryPane)

MINUTE = 60.0
WIDTHS = [(0, "-narrow"), (60, "-normal"), (120, "-wide")]
HEIGHTS = [(0, "-short"), (17, "-medium"), (32, "-tall")]


class MainScreen(Screen[None]):
    """The screen under all dialogs; the palette's names are looked up here."""

    COMPONENT_CLASSES: ClassVar[set[str]] = set(PALETTE)
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "app.panel(1)", show=False),
        Binding("shift+tab", "app.panel(-1)", show=False),
    ]
    _laid_out_for: Size | None = None

    async def _on_resize(self, event: events.Resize) -> None:
        """Textual announces the first size four times and draws everything each time; once is enough."""
        if event.size == self._laid_out_for:
            event.prevent_default()
        self._laid_out_for = event.size


def _bindings() -> list[BindingType]:
    table: list[BindingType] = [
        Binding(key.keys, f"key('{key.id}')", key.label, tooltip=key.tooltip, id=key.id, show=False)
        for key in KEYS
        if key.id != "palette"  # Textual's own
    ]
    table += [Binding(str(number), f"tab({number - 1})", show=False) for number in range(1, len(PANES) + 1)]
    table += [
        Binding("right", "turn(1)", show=False),
        Binding("left", "turn(-1)", show=False),
        Binding("escape", "back", show=False),
    ]
    return table


class DoctorApp(Hearing):
    """The dashboard over one project."""

    CSS_PATH = os.path.join(os.path.dirname(__file__), "flaskdoctor.tcss")
    TITLE = "flaskdoctor"
    BINDINGS: ClassVar[list[BindingType]] = _bindings()
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
    ) -> None:
        super().__init__()
        self.set_up(theme, device or terminal.current(), color=color)
        self.session = Session(root, read_only=read_only)
        self.jobs = Workers(backend, self.post_message, pause=pause)
        self.prober = prober or WatchingProber(root)
        self._active = PANES[0].TAB
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
        pane = PANES[0](self.session)
        self._panes[pane.TAB] = pane
        yield Container(pane, id="panes")
        yield FooterBar(id="footer")

    def on_mount(self) -> None:
        """The first picture says that nothing is known yet; the scan starts behind it."""
        self.redraw()
        self.pane.focus_first()
        self.call_after_refresh(self.jobs.scan)
        self.set_interval(MINUTE, self._minute)

    def _minute(self) -> None:
        """Verdicts grow old; what says so is drawn where it says something else."""
        if self.pane.TAB == LivePane.TAB:
            self.guarded("Drawing this tab", self.pane.draw)

    async def on_unmount(self) -> None:
        """Nothing keeps running."""
        await self.prober.close()
        await self.jobs.close()

    @property
    def pane(self) -> Pane:
        """The pane in view."""
        return self._panes[self._active]

    @property
    def tab_count(self) -> int:
        """How many tabs there are."""
        return len(PANES)

    def redraw(self) -> None:
        """Everything in view, from the session; a pane that fails says so and the others go on."""
        self.bars()
        self.guarded("Drawing this tab", self.pane.draw)

    def bars(self) -> None:
        try:
            header, tabs, footer = (
                self.screen_stack[0].query_one(HeaderBar),
                self.screen_stack[0].query_one(TabBar),
                self.screen_stack[0].query_one(FooterBar),
            )
        except (NoMatches, IndexError):
            return
        header.show(self._head())
        labels = []
        for pane in PANES:
            text, style = self.guarded("A tab's badge", partial(pane.badge, self.session)) or ("", "")
            labels.append(TabLabel(pane.TAB, pane.TITLE, text, style))
        tabs.show(labels, self._active)
        off = self.guarded("The footer", lambda: frozenset(key.id for key in KEYS if self.why_not(key.id)))
        footer.show(off or frozenset(), self.pane.LABELS)

    def _head(self) -> Head:
        session = self.session
        name = os.path.basename(session.root.rstrip(os.sep)) or session.root
        if session.scan is None:
            state = "scanning" if session.failed is None or session.scanning else "scan failed"
            return Head(name, state=state, read_only=session.read_only)
        report = session.scan.report
        facts = [f"Flask {report.flask.partition(' in ')[0].partition(',')[0]}" if report.flask else "Flask ?"]
        if not session.scan.flask_found:
            facts = ["no Flask found here"]
        if report.python:
            facts.append(f"Python {report.python}")
        if report.branch:
            facts.append(report.branch)
        state = "scanning" if session.announced else "the last scan failed" if session.failed else ""
        score = None if session.unknown() else report.score
        server, style = in_header(session.server)
        return Head(name, tuple(facts), score, state, session.read_only, server, style)

    def say(self, text: str, hint: str = "", *, bad: bool = False) -> None:
        """A message in the footer, until the next key."""
        for footer in self.screen_stack[0].query(FooterBar) if self.screen_stack else ():
            footer.say(message(text, hint, bad=bad))

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
        if fresh:
            kind = next(pane for pane in PANES if name == pane.TAB)
            self._panes[name] = kind(self.session)
        with self.together():
            self.pane.display = False
            self._active = name
            if fresh:
                await self.screen_stack[0].query_one("#panes").mount(self.pane)
            self.pane.display = True
            self.redraw()
            self.pane.focus_first()
        if name == LivePane.TAB:
            self.prober.opened()
        self.look()
        self.bars()

    def action_panel(self, step: int) -> None:
        """Focus the next or previous panel."""
        self.pane.next_panel(step)
        self.bars()

    async def action_back(self) -> None:
        """Escape: out of the filter, to the list, or all rows again."""
        if await self.close_filter():
            return
        if not self.pane.back() and self.session.filters.pop(self.pane.TAB, ""):
            self.redraw()

    def action_help_quit(self) -> None:
        """ctrl+c: say which key quits."""
        self.say("q quits")

    async def open_filter(self) -> None:
        """A line above the footer to type in."""
        from flaskdoctor.tui.filterline import FilterLine

        screen = self.screen_stack[0]
        await screen.mount(FilterLine(self.session.filters.get(self.pane.TAB, "")), before="#footer")

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
        self.guarded("Drawing the details", self.pane.moved)
        self.bars()

    # Textual

    def on_resize(self, event: events.Resize) -> None:
        """Pages say more where there is more room."""
        if self._drawn_for not in (None, event.size):
            self.call_after_refresh(self.redraw)
        self._drawn_for = event.size

    async def on_event(self, event: events.Event) -> None:
        """A message in the footer stays until the next key."""
        if isinstance(event, events.Key) and self.screen_stack:
            for footer in self.screen_stack[0].query(FooterBar):
                footer.say(None)
        await super().on_event(event)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The palette's commands: the same as the keys', the tabs, and the themes."""
        del screen
        for key in KEYS:
            if key.id != "palette":
                name = f"{key.label[:1].upper()}{key.label[1:]}"
                yield SystemCommand(name, f"{key.tooltip} ({key.shown})", partial(self.action_key, key.id))
        for number, pane in enumerate(PANES):
            yield SystemCommand(pane.TITLE, f"The tab ({number + 1})", partial(self.action_tab, number))
        yield SystemCommand("All themes", "Choose a theme from a list", self.action_change_theme)

    def action_command_palette(self) -> None:
        """Textual's palette, with a cursor that does not blink."""
        super().action_command_palette()
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
    no_server: str = "",
) -> int:
    """Open the dashboard over the project at ``root`` (absolute) and return the exit code. ``url`` is the server to
    watch ("": the one that is found), ``profile`` what its verdicts count for ("": as it comes of the server);
    ``no_server`` is why there is none, where that is known."""
    from flaskdoctor.tui.client import ChildBackend

    root = os.path.abspath(root)
    prober = WatchingProber(root, url=url, profile=profile)
    app = DoctorApp(root, ChildBackend(root, options), read_only=read_only, theme=theme, color=color, prober=prober)
    app.session.server.absent = no_server
    result = app.run()
    return app.return_code or result or 0
