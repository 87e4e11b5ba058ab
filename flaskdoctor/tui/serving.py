"""The project's server from the dashboard: asked, started and stopped; whether that can be, with which command, and
the question before."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

from textual import on

from flaskdoctor.probe.observation import State
from flaskdoctor.tui import messages, safe
from flaskdoctor.tui.drawing import Drawing
from flaskdoctor.tui.prober import Prober
from flaskdoctor.tui.session import READ_ONLY, Session
from flaskdoctor.tui.workers import Workers

if TYPE_CHECKING:
    from flaskdoctor.devserver.process import Command, DevServer
    from flaskdoctor.tui.screens.confirm import Confirm

# Seconds between two looks at what the own server prints.
OUTPUT_PAUSE = 0.5

# Hints that tell the port of the development server, and not of what serves it in production.
_OF_FLASK = ("FLASK_RUN_PORT", "flask run", "run() in")


class Serving(Drawing):
    """The app's part that asks, starts and stops the project's server."""

    jobs: Workers
    prober: Prober
    _output_waits = False
    _told_of: object = None  # the own server whose end was said

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
        return why_none(self.session)

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
                command = await asyncio.to_thread(command_for, self.session)
            self.push_screen(question(command), lambda yes: self._start_server(command) if yes else None)

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

    def server_output(self) -> None:
        """Told once in a while, however much it prints."""
        if not self._output_waits:
            self._output_waits = True
            self.post_message(messages.ServerOutput())

    @on(messages.ServerOutput)
    def _server_output(self) -> None:
        self.set_timer(OUTPUT_PAUSE, self._server_printed)

    def _server_printed(self) -> None:
        self._output_waits = False
        own = self.session.server.own
        if own is not None and own.ended is not None and self._told_of is not own:
            self._told_of = own
            last = next((line.strip() for line in reversed(own.log.lines(20)) if line.strip()), "")
            self.say(f"The server has ended, exit code {own.ended}", last, bad=True)
            self.prober.serves("")
            self.bars()
        if self.pane.TAB == "live":
            self.draw_pane()


def why_none(session: Session) -> str:
    """Why none can be started now; empty when one can."""
    server = session.server
    if session.scan is not None and not session.scan.flask_found:
        return "no Flask was found here"
    if server.target is not None and not server.target.loopback:
        return f"the server at {server.target.url} is watched, on another machine"
    seen = server.seen
    if seen is None or seen.state not in (State.UP, State.BROKEN, State.RELOADING):
        return ""
    # One that is not proven to be this project's may be anybody's: this one gets another port beside it.
    if seen.identity or seen.target.given or seen.state is State.RELOADING:
        return f"a server runs at {seen.target.url} already; it ends where it was started"
    return ""


def command_for(session: Session) -> Command:
    """How it would be started. Raises ``UserError``; looks at files, so best in a thread."""
    from flaskdoctor.devserver.command import Project, start_command

    scan = session.scan
    assert scan is not None
    named = any(row.key == "FLASK_APP" and "set" in (row.in_env, row.in_flaskenv) for row in scan.env.rows)
    target = session.server.target
    asked = target.port if target is not None and target.given else 0
    port = asked or next((hint.port for hint in scan.hints if hint.why.startswith(_OF_FLASK)), 0)
    version = scan.report.flask.partition(" in ")[0].partition(",")[0]
    return start_command(session.root, Project(version, scan.apps, named, port), os.environ)


def question(command: Command) -> Confirm:
    """What would run, and why so: it is the project's own code."""
    from flaskdoctor.tui.panes.page import heading
    from flaskdoctor.tui.paper import BLANK, Block, Code, Prose
    from flaskdoctor.tui.screens.confirm import Confirm

    blocks: list[Block] = [
        Prose(safe.line("This runs the project's own code on this machine.", ".strong")),
        BLANK,
        heading("The command"),
        Code(safe.line("  "), safe.line(command.shown)),
        Prose(safe.line(f"  in {command.folder}", ".muted"), 2),
        BLANK,
        *(Prose(safe.line(note, ".muted"), 2) for note in command.notes),
        BLANK,
        Prose(safe.line(f"It answers at {command.url}, and ends with the dashboard. Its log is in the Live tab.")),
    ]
    return Confirm(safe.joined(("Start the development server", ".strong")), blocks, "y start   esc leave it")
