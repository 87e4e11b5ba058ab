"""What happens when a worker reports: the session takes it, and what is in view is drawn again."""

from __future__ import annotations

import gc
import os

from textual import on
from textual.timer import Timer

from flaskdoctor.probe.observation import Ask
from flaskdoctor.tui import messages
from flaskdoctor.tui.backend import Preview
from flaskdoctor.tui.ownfiles import OwnFiles
from flaskdoctor.tui.rows import Rows
from flaskdoctor.tui.session import Failed

# A rescan shorter than this (most are, after a saved file) is not announced: two lines less to write.
QUIET_SCAN = 0.4

# Seconds after which the details of a newly selected row are drawn without what is not known of them yet.
DETAILS_LATEST = 0.4
FOLDING = 0.04  # seconds in which a scrollbar comes or goes with them, and their lines are folded again


class Hearing(OwnFiles):
    """The app's part that hears from the workers."""

    _details: Timer | None = None

    def look(self) -> bool:
        """Ask for the code around the selected finding and for its change, where the pane shows them. True where
        nothing of them is known until they come."""
        finding = self.guarded("The selection", self.pane.finding)
        if finding is None or not self.guarded("The selection", self.pane.shows_finding):
            place = self.guarded("The selection", self.pane.shown_code)
            if place is not None and place not in self.session.looks:
                self.jobs.show(place)
            return False
        key, fixable, session = finding.key, finding.fix is not None, self.session
        seen = key in session.looks and key not in session.stale_looks
        planned = not fixable or (key in session.previews and key not in session.stale)
        if not seen or not planned:
            self.jobs.look(finding, fixable=fixable)
        return key not in session.looks

    @on(Rows.Moved)
    def _moved(self) -> None:
        """Details that are not there yet take the place of the old ones when they come, or without them if that takes
        long: nothing is written twice."""
        if self.look():
            self._details_later()
        else:
            self.draw_details()
        self.bars()

    def _details_later(self) -> None:
        if self._details is not None:
            self._details.stop()
        self._details = self.set_timer(DETAILS_LATEST, self.draw_details)

    def draw_details(self) -> None:
        """Whoever waits to draw them need not any more."""
        if self._details is not None:
            self._details.stop()
        self.hold(FOLDING)
        super().draw_details()

    # What the workers report

    @on(messages.ScanStarted)
    def _scan_started(self) -> None:
        self.session.scanning = True
        if self.session.scanned is None:
            self.redraw()
        else:
            self.set_timer(QUIET_SCAN, self._announce)

    def _announce(self) -> None:
        self.session.announced = self.session.scanning
        self.bars()

    @on(messages.ScanDone)
    def _scan_done(self, event: messages.ScanDone) -> None:
        if self.session.scanned is None:
            gc.freeze()  # what is loaded by now stays: collecting garbage walked through all of it, and keys waited
        try:
            self.session.take(event.scanned)
        finally:  # whatever it found: it is over
            self._scan_over()
        self.jobs.watch(event.scanned.scan.inputs, event.scanned.since)
        self.prober.scanned(event.scanned.scan, self.post_message)

    @on(messages.ScanFailed)
    def _scan_failed(self, event: messages.ScanFailed) -> None:
        self.session.failed = Failed(event.title, event.hint)
        self._scan_over()
        if self.session.scan is not None:
            self.say(event.title, event.hint, bad=True)
            self.jobs.watch(self.session.scan.inputs, None)
        else:  # perhaps its settings cannot be read: look again when they change
            root = self.session.root
            names = ("", "flaskdoctor.toml", "pyproject.toml")
            self.jobs.watch([os.path.join(root, name) for name in names], None)

    def _scan_over(self) -> None:
        self.session.scanning = self.session.announced = False
        self.redraw()
        self.look()

    @on(messages.LookReady)
    def _look_ready(self, event: messages.LookReady) -> None:
        self.session.looks[event.key] = event.look
        self.session.stale_looks.discard(event.key)
        self.draw_details()

    @on(messages.PreviewReady)
    def _preview_ready(self, event: messages.PreviewReady) -> None:
        self._previewed(event.key, event.preview)

    @on(messages.PreviewFailed)
    def _preview_failed(self, event: messages.PreviewFailed) -> None:
        self._previewed(event.key, Failed(event.title, event.hint))

    def _previewed(self, key: object, preview: Preview | Failed) -> None:
        self.session.previews[key] = preview
        self.session.stale.discard(key)
        self.draw_details()
        self.bars()
        finding = self.guarded("The selection", self.pane.finding)
        if self.waiting_fix == key and finding is not None and finding.key == key:
            if isinstance(preview, Preview):
                self.fix_now(finding, preview)
            else:
                self.say(preview.title, preview.hint, bad=True)
        self.waiting_fix = None

    @on(messages.BatchReady)
    def _batch_ready(self, event: messages.BatchReady) -> None:
        self.ask_batch(event.preview)

    @on(messages.Applied)
    def _applied(self, event: messages.Applied) -> None:
        outcome = event.outcome
        if outcome.record:
            self.session.applied.append(outcome.record)
        self.session.done |= {finding.key for finding in outcome.fixed}
        refused = f"{len(outcome.refused)} stayed: {outcome.refused[0][1]}" if outcome.refused else ""
        if outcome.fixed:
            codes = ", ".join(dict.fromkeys(finding.code for finding in outcome.fixed))
            self.say(f"Fixed {codes} in {', '.join(outcome.paths)}", refused or self._takes_back())
        else:
            self.say("Nothing was changed", refused, bad=True)
        self.jobs.scan()
        self.bars()

    @on(messages.Ignored)
    def _ignored(self, event: messages.Ignored) -> None:
        outcome = event.outcome
        self.session.applied.append(outcome.record)
        self.session.done |= {finding.key for finding in outcome.fixed}
        codes = ", ".join(finding.code for finding in outcome.fixed)
        self.say(f"A comment in {', '.join(outcome.paths)} ignores {codes}", self._takes_back())
        self.jobs.scan()
        self.bars()

    def _takes_back(self) -> str:
        return f"{self.session.keys.shown('undo')} takes it back"

    @on(messages.Undone)
    def _undone(self, event: messages.Undone) -> None:
        self.say(f"Taken back: {', '.join(event.outcome.paths)}")
        self.jobs.scan()
        self.bars()

    @on(messages.FilesChanged)
    def _files_changed(self) -> None:
        self.jobs.scan()
        self.prober.saved()

    # The running server

    @on(messages.ServerSeen)
    def _server_seen(self, event: messages.ServerSeen) -> None:
        server = self.session.server
        if server.probing:
            self.say("")
        server.take(event.seen, event.judged, event.sent)
        self.redraw()
        self.look()

    @on(messages.ProbeFailed)
    def _probe_failed(self, event: messages.ProbeFailed) -> None:
        self.session.server.trouble = (event.title, event.hint)
        self.session.server.probing = False
        self.say(event.title, event.hint, bad=True)
        self.redraw()

    @on(messages.Asked)
    def _asked(self, event: messages.Asked) -> None:
        server = self.session.server
        server.asked[event.rule] = event.asked
        server.asking.add(event.asked.key)
        self.prober.ask(event.asked)
        self.redraw()

    @on(messages.FormWanted)
    def _form_wanted(self, event: messages.FormWanted) -> None:
        from flaskdoctor.tui.screens.request import RequestSheet, changes_data

        server, route = self.session.server, event.route
        rule = route.rule or ""

        def send(asked: Ask | None) -> None:
            if asked is None:
                return
            if asked.method == "GET":
                self.post_message(messages.Asked(asked, rule))
                return

            def confirmed(yes: bool | None) -> None:
                if yes:
                    self.post_message(messages.Asked(asked, rule))

            base = server.target.url if server.target is not None else ""
            self.push_screen(changes_data(asked, base), confirmed)

        self.push_screen(RequestSheet(rule, route.methods, server.asked.get(rule)), send)

    @on(messages.AnswerReady)
    def _answer_ready(self, event: messages.AnswerReady) -> None:
        self.session.server.take_answer(event.answer, event.when)
        self.redraw()

    def on_app_focus(self) -> None:
        """Looked at: the server is watched closely."""
        self.prober.focused(True)

    def on_app_blur(self) -> None:
        """Its user edits elsewhere: the watch slows down, it does not stop."""
        self.prober.focused(False)

    @on(messages.Trouble)
    def _trouble(self, event: messages.Trouble) -> None:
        self.say(event.title, event.hint, bad=True)
        self.bars()
        if event.rescan:
            self.jobs.scan()

    @on(messages.Note)
    def _note(self, event: messages.Note) -> None:
        self.say(event.text)
