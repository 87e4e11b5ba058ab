"""What the keys do. Each key of ``keys.py`` has a method of its name here, and ``why_not`` says why it is off."""

from __future__ import annotations

import asyncio
import os
from abc import abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from textual.app import SuspendNotSupported
from textual.content import Content

from flaskdoctor.errors import UserError
from flaskdoctor.finding import Finding, Fix
from flaskdoctor.project.code.ignorable import what_instead, why_no_comment
from flaskdoctor.tui import clipboard, editor, logbook, safe, serving
from flaskdoctor.tui.backend import Preview
from flaskdoctor.tui.keys import BY_ID
from flaskdoctor.tui.messages import Note
from flaskdoctor.tui.panes.base import Pane
from flaskdoctor.tui.prober import Prober
from flaskdoctor.tui.quiet import QuietApp
from flaskdoctor.tui.session import Failed, Session
from flaskdoctor.tui.terminal import ANSI_CYCLE, CYCLE
from flaskdoctor.tui.userconfig import FILE, UserConfig
from flaskdoctor.tui.workers import Workers

if TYPE_CHECKING:
    from flaskdoctor.devserver.process import Command, DevServer
    from flaskdoctor.tui.screens.confirm import Confirm

T = TypeVar("T")

READ_ONLY = "Read-only: nothing is written"


class Commands(QuietApp):
    """The app's half that acts. The other half (``app.py``) draws and hears from the workers."""

    session: Session
    jobs: Workers
    prober: Prober
    user: UserConfig
    waiting_fix: object = None  # key of the finding whose preview ``f`` waits for

    @property
    @abstractmethod
    def pane(self) -> Pane:
        """The pane in view."""

    @abstractmethod
    def say(self, text: str, hint: str = "", *, bad: bool = False) -> None:
        """A message until the next key."""

    @abstractmethod
    def redraw(self) -> None:
        """Everything in view, from the session."""

    @abstractmethod
    def bars(self) -> None:
        """Header, tabs and footer, from the session."""

    @abstractmethod
    async def renew_pane(self) -> None:
        """Make the widgets of the pane in view again, where they could not be made."""

    @abstractmethod
    async def show_findings(self, words: str) -> None:
        """The findings that match ``words``."""

    @abstractmethod
    async def open_filter(self) -> None:
        """The line in which a filter is typed."""

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

    def why_not(self, key: str) -> str:
        """Why a key would do nothing now; empty when it works."""
        reason: Callable[[], str] | None = getattr(self, f"_no_{key}", None)
        try:
            return reason() if reason is not None else ""
        except Exception as error:  # noqa: BLE001
            return self.broke(f"The key {BY_ID[key].shown} ({BY_ID[key].label})", error)

    async def action_key(self, key: str) -> None:
        """Do what ``key`` (an id of the table) stands for, or say why not."""
        if reason := self.why_not(key):
            self.say(f"{self.session.keys.shown(key)} {BY_ID[key].label}: {reason}")
            return
        try:
            await getattr(self, f"do_{key}")()
        except Exception as error:  # noqa: BLE001
            self.broke(f"The key {BY_ID[key].shown} ({BY_ID[key].label})", error)

    # Fixing

    def _no_fix(self) -> str:
        if self.session.read_only:
            return READ_ONLY
        if self.session.scanned is None:
            return "the findings are not yet known"
        finding = self.pane.finding()
        if finding is None:
            return "no finding is selected here"
        if finding.fix is None:
            return f"{finding.code} has no automatic fix; the panel says what to do"
        if finding.key in self.session.done:
            return "this one was just fixed; the rescan is under way"
        preview = self.session.previews.get(finding.key)
        if isinstance(preview, Failed):
            return preview.title
        if isinstance(preview, Preview) and not preview.changes and finding.key not in self.session.stale:
            return preview.refused[0][1] if preview.refused else "the fix changes nothing"
        return "a fix is being written" if self.jobs.writing else ""

    async def do_fix(self) -> None:
        """``f``: a safe fix at once, an unsafe one after its dialog; first its preview must be there."""
        finding = self.pane.finding()
        if finding is None:
            return
        preview = self.session.previews.get(finding.key)
        if not isinstance(preview, Preview) or finding.key in self.session.stale:
            self.waiting_fix = finding.key
            self.jobs.look(finding, fixable=True)
            return
        self.fix_now(finding, preview)

    def fix_now(self, finding: Finding, preview: Preview) -> None:
        """Apply what ``preview`` shows, after asking where that is due."""
        self.waiting_fix = None
        if not preview.changes:
            self.say(f"{finding.code} stays", preview.refused[0][1] if preview.refused else "", bad=True)
        elif finding.fix is Fix.SAFE:
            self.jobs.apply(preview)
        else:
            from flaskdoctor.tui.screens.confirm import unsafe

            look = self.session.looks.get(finding.key)
            self._confirm(unsafe(finding, look.rule if look else None, preview), preview)

    def _no_fix_all(self) -> str:
        if self.session.read_only:
            return READ_ONLY
        if self.session.scanned is None:
            return "the findings are not yet known"
        if not self.session.safe():
            return "no finding has a safe fix"
        return "a fix is being written" if self.jobs.writing else ""

    async def do_fix_all(self) -> None:
        """``F``: the list of all safe fixes."""
        self.say("Working out all safe fixes")
        self.jobs.batch(self.session.safe())

    def ask_batch(self, preview: Preview) -> None:
        """All safe fixes are worked out: show them and ask."""
        self.say("")
        if not preview.fixed:
            reason = preview.refused[0][1] if preview.refused else ""
            self.say("No safe fix can be applied", reason, bad=True)
            return
        from flaskdoctor.tui.screens.confirm import batch

        self._confirm(batch(preview), preview)

    def _confirm(self, screen: Confirm, preview: Preview) -> None:
        def answered(yes: bool | None) -> None:
            if yes:
                self.jobs.apply(preview)

        self.push_screen(screen, answered)

    def _no_ignore(self) -> str:
        if self.session.read_only:
            return READ_ONLY
        finding = self.pane.finding()
        if finding is None:
            return "no finding is selected here"
        if reason := why_no_comment(finding):
            return f"{reason}. {what_instead(finding)}"
        if finding.key in self.session.done:
            return "this one was just dealt with; the rescan is under way"
        return "a fix is being written" if self.jobs.writing else ""

    async def do_ignore(self) -> None:
        """``i``: the comment that switches the rule off there, at once: it changes no code, and ``z`` takes it back."""
        finding = self.pane.finding()
        if finding is not None:
            self.jobs.ignore(finding)

    def _no_undo(self) -> str:
        if self.session.read_only:
            return READ_ONLY
        if self.jobs.writing:
            return "a fix is being written"
        chosen = self.pane.record()
        if chosen is not None:
            return chosen.problem or ("this fix is taken back already" if chosen.undone else "")
        if self.session.last_applied() is None:
            older = any(not record.undone for record in self.session.records)
            return "nothing was fixed since the start" + ("; older fixes are in History" if older else "")
        return ""

    async def do_undo(self) -> None:
        """``z``: take back the selected record, or the last one of this run."""
        record = self.pane.record() or self.session.last_applied()
        if record is not None:
            self.jobs.undo(record.id)

    # Looking closer

    def _no_explain(self) -> str:
        return "" if self.pane.page_code() else "no finding is selected here"

    async def do_explain(self) -> None:
        """``x``: the page of the selected finding's rule, or a tip's lesson."""
        self.explain(self.pane.page_code())

    def explain(self, code: str) -> None:
        """Show the page of a rule or a tip when it is there."""

        async def show() -> None:
            from flaskdoctor.tui.screens.explain import Explain

            has_findings = any(code == f"tip:{int(finding.tip)}" for finding in self.session.findings)
            self.push_screen(Explain(await self.jobs.page(code), leads_on=has_findings), lead_on)

        async def lead_on(wanted: bool | None) -> None:
            if wanted:
                await self.show_findings(code)

        self.jobs.run("explain", show(), "The page")

    def _no_edit(self) -> str:
        location = self.pane.place()
        if location is None or not location.path:
            return "nothing with a place is selected"
        try:
            editor.command(self._absolute(location.path), location.line, os.environ)
        except UserError as error:
            return f"{error.title}. {error.hint}"
        return ""

    async def do_edit(self) -> None:
        """``e``: the editor, in this terminal."""
        location = self.pane.place()
        if location is None:
            return
        path = self._absolute(location.path)
        if not os.path.exists(path):
            self.say(f"{location.path} does not exist (yet)")
            return
        await self.in_editor(path, location.line)
        self.jobs.scan()

    async def in_editor(self, path: str, line: int) -> None:
        """A file in the user's editor, in this terminal. Raises ``UserError`` where none is set."""
        command = editor.command(path, line, os.environ)
        try:
            with self.suspend():
                code, trouble = run_editor(command)
        except SuspendNotSupported:
            self.say("The editor cannot be opened from here", "this terminal cannot be handed over", bad=True)
            return
        if trouble:
            self.say(f"The editor could not be started: {trouble}", command[0], bad=True)
            return
        if code:
            ended = f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
            self.say(f"The editor {ended}", command[0], bad=True)

    def _absolute(self, path: str) -> str:
        return os.path.abspath(os.path.join(self.session.root, path))

    def _no_copy(self) -> str:
        return "" if self.pane.copied() else "nothing is selected that could be copied"

    async def do_copy(self) -> None:
        """``c``: ``path:line``, or the pane's command."""
        self.copy_text(self.pane.copied())

    def copy_text(self, text: str) -> None:
        """``text`` to wherever there is a clipboard; it says which one."""

        async def copy() -> None:
            try:
                where = await clipboard.copy(text, os.environ, self.copy_to_clipboard)
            except OSError as error:
                raise UserError(f"{text} could not be copied", error.strerror or "") from error
            self.post_message(Note(f"Copied {text} to {where}"))

        self.jobs.run("copy", copy(), "Copying")

    def _no_filter(self) -> str:
        return "" if self.pane.FILTERS else "there is nothing to filter in this tab"

    async def do_filter(self) -> None:
        """``/``."""
        await self.open_filter()

    def _no_sort(self) -> str:
        if not self.pane.SORTS:
            return "there is one order only in this tab"
        rows = self.pane.list_rows()
        return "" if rows is not None and rows.selected is not None else "there are no rows to sort"

    async def do_sort(self) -> None:
        """``s``: the next order."""
        orders = self.pane.SORTS
        self.sort_by(orders[(orders.index(self.pane.order) + 1) % len(orders)])

    def sort_by(self, order: str) -> None:
        """The rows of this tab in another order."""
        self.session.sorts[self.pane.TAB] = order
        self.redraw()
        self.remember()

    # The server

    def _no_probe(self) -> str:
        return self.prober.why_not()

    async def do_probe(self) -> None:
        """``p``: ask the server now, everything."""
        self.session.server.probing = True
        self.prober.probe_now()
        self.say("Asking the server")

    def _no_serve(self) -> str:
        server = self.session.server
        if server.own is not None and server.own.running:
            return ""
        if self.session.read_only:
            return READ_ONLY
        if self.session.scan is None:
            return "the first scan is not over yet"
        return serving.why_not(self.session)

    async def do_serve(self) -> None:
        """``S``: stop the server that was started from here, or show the command that would start it, and ask."""
        own = self.session.server.own
        if own is not None and own.running:
            self.jobs.run("serve", self._stop_server(own), "Stopping the server")
            return

        async def ask() -> None:
            if own is not None and own.doomed:  # the sample's, whose command is its own
                command = own.command
            else:  # also where one ran before: what it needs may have been mended meanwhile
                command = await asyncio.to_thread(serving.command, self.session)
            self.push_screen(serving.question(command), lambda yes: self._start_server(command) if yes else None)

        self.jobs.run("serve", ask(), "Working out how the server is started")

    def _start_server(self, command: Command) -> None:
        from flaskdoctor.devserver.process import DevServer

        before = self.session.server.own
        own = DevServer(command, self.server_output, doomed=before.doomed if before is not None else "")
        try:
            own.start()
        except OSError as error:
            self.say("The server could not be started", error.strerror or "", bad=True)
            return
        self.session.server.own = own
        self.prober.serves(command.url)
        self.say(
            f"Starting the server at {command.url}", f"its log is in Live; {self.session.keys.shown('serve')} stops it"
        )
        self.redraw()

    async def _stop_server(self, own: DevServer) -> None:
        self.say("Stopping the server")
        await asyncio.to_thread(own.stop)
        self.prober.serves("")
        self.say("The server is stopped", f"{self.session.keys.shown('serve')} starts it again")
        self.redraw()

    @abstractmethod
    def server_output(self) -> None:
        """The server has printed something; called in a thread of its own."""

    # The dashboard itself

    async def do_rescan(self) -> None:
        """``r``: and paint everything anew, in case something else wrote to the terminal."""
        self.jobs.scan()
        await self.renew_pane()
        self.redraw()
        self.repaint()

    def _no_theme(self) -> str:
        return "there is no colour here" if self.no_color else ""

    async def do_theme(self) -> None:
        """``t``: the next theme."""
        names = CYCLE if self.device.colors > 16 else ANSI_CYCLE
        number = names.index(self.theme) if self.theme in names else -1
        self.use_theme(names[(number + 1) % len(names)])

    def use_theme(self, name: str) -> None:
        """Other colours; the next start in this project takes them too, unless the user's config names a theme."""
        self.theme = name
        self.say(f"Theme {name}", f"the next start takes {self.user.theme}, from {FILE}" if self.user.theme else "")
        self.remember()

    async def do_help(self) -> None:
        """``?``."""
        from flaskdoctor.tui.screens.help import Help

        signs = safe.joined(
            ("Signs  ", ".accent"),
            ("✖ error", ".error"), "  ", ("▲ warning", ".warning"), "  ", ("● info", ".info"), "  ",
            ("fix", ".ok"), " at once  ", ("fix?", ".warning"), " asks first  ", ("–", ".faint"), " advice only",
        )  # fmt: skip
        notes = [signs, safe.joined(("Filter  ", ".accent"), "words, tip:3, fix:safe, fix:unsafe, fix:advice")]
        notes.append(safe.joined(("Log  ", ".accent"), logbook.path()))
        if self.user.path:
            notes.append(safe.joined(("Other keys, theme  ", ".accent"), self.user.path))
        wrong = [safe.joined((f"{title}  ", ".warning"), hint) for title, hint in self.user.problems]
        self.push_screen(Help(self.tab_count, notes, self.session.keys, wrong))

    @abstractmethod
    def remember(self) -> None:
        """Keep how the project is looked at for the next start."""

    @property
    @abstractmethod
    def tab_count(self) -> int:
        """How many tabs there are."""

    async def do_quit(self) -> None:
        """``q``."""
        self.exit(0)


def run_editor(command: list[str]) -> tuple[int, str]:
    """Run the editor in this terminal until it ends: its exit code, or why there is none. Nothing may be raised here:
    Textual would not take the terminal back."""
    import subprocess

    try:
        return subprocess.run(command, check=False).returncode, ""
    except OSError as error:
        return 0, error.strerror or type(error).__name__


def message(text: str, hint: str, *, bad: bool) -> Content | None:
    """The drawable form of a message; None for an empty one."""
    if not text:
        return None
    return safe.joined((text, ".error" if bad else ".strong"), (f"  {hint}" if hint else "", ".muted"))
