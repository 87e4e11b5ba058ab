"""What is in view is drawn from the session; a part that fails says so, and the others go on."""

from __future__ import annotations

import os
from abc import abstractmethod
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from textual.content import Content
from textual.css.query import NoMatches

from flaskdoctor.tui import safe
from flaskdoctor.tui.bars import FooterBar, Head, HeaderBar, TabBar, TabLabel
from flaskdoctor.tui.keys import KEYS
from flaskdoctor.tui.panes.base import Pane
from flaskdoctor.tui.panes.serverwords import in_header
from flaskdoctor.tui.quiet import QuietApp
from flaskdoctor.tui.session import Session

T = TypeVar("T")


class Drawing(QuietApp):
    """The app's part that draws: the bars, and the pane in view."""

    session: Session
    _active: str  # the tab in view
    _panes: dict[str, Pane]  # the tabs that were shown yet

    @property
    @abstractmethod
    def tab_kinds(self) -> tuple[type[Pane], ...]:
        """The tabs."""

    @abstractmethod
    def why_not(self, key: str) -> str:
        """Why a key would do nothing now; empty when it works."""

    @property
    def pane(self) -> Pane:
        """The pane in view."""
        return self._panes[self._active]

    def log_hint(self) -> str:
        """The key that tells more."""
        return f"{self.session.keys.shown('help')} says where the log is"

    def redraw(self) -> None:
        """Everything in view, from the session; a pane that fails says so and the others go on."""
        self.bars()
        self.draw_pane()

    def bars(self) -> None:
        """Header, tabs and footer, from the session."""
        try:
            header, tabs, footer = (
                self.screen_stack[0].query_one(HeaderBar),
                self.screen_stack[0].query_one(TabBar),
                self.screen_stack[0].query_one(FooterBar),
            )
        except (NoMatches, IndexError):
            return
        if head := self.tried("The header", self._head):
            header.show(head)
        labels = []
        for pane in self.tab_kinds:
            text, style = self.tried("A tab's badge", partial(pane.badge, self.session)) or ("", "")
            labels.append(TabLabel(pane.TAB, pane.TITLE, text, style, self.session.filters.get(pane.TAB, "")))
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

    def guarded(self, what: str, call: Callable[[], T]) -> T | None:
        """``call``'s result; when it raises, a message and a line in the log, and None."""
        if not self.pane.children or not self.pane.made:  # not composed yet, or the app is closing
            return None
        return self.tried(what, call)

    def tried(self, what: str, call: Callable[[], T]) -> T | None:
        """The same for what needs no pane."""
        try:
            return call()
        except Exception as error:  # noqa: BLE001  (an error in a pane becomes a message, never a crash)
            self.broke(what, error)
            return None

    def draw_pane(self) -> None:
        """The pane in view, from the session; one that cannot be drawn says so in its place."""
        pane = self.pane
        if not pane.children or not pane.made:
            return
        try:
            pane.draw()
        except Exception as error:  # noqa: BLE001
            pane.say_broken(self.broke("Drawing this tab", error))
        else:
            pane.say_broken("")

    def draw_details(self) -> None:
        """Another row is selected, or more is known of it."""
        if self.pane.children and not self.pane.broken:
            self.pane.draw_details()


def message(text: str, hint: str, *, bad: bool) -> Content | None:
    """The drawable form of a message; None for an empty one."""
    if not text:
        return None
    return safe.joined((text, ".error" if bad else ".strong"), (f"  {hint}" if hint else "", ".muted"))
