"""Starting the project's server from the dashboard: whether it can be, with which command, and the question before."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from flaskdoctor.probe.observation import State
from flaskdoctor.tui import safe
from flaskdoctor.tui.session import Session

if TYPE_CHECKING:
    from flaskdoctor.devserver.process import Command
    from flaskdoctor.tui.screens.confirm import Confirm

# Hints that tell the port of the development server, and not of what serves it in production.
_OF_FLASK = ("FLASK_RUN_PORT", "flask run", "run() in")


def why_not(session: Session) -> str:
    """Why none can be started now; empty when one can."""
    server = session.server
    if session.scan is not None and not session.scan.flask_found:
        return "no Flask was found here"
    if server.target is not None and not server.target.loopback:
        return f"the server at {server.target.url} is watched, on another machine"
    if server.seen is not None and server.seen.state in (State.UP, State.BROKEN, State.RELOADING):
        return f"a server runs at {server.seen.target.url} already; it ends where it was started"
    return ""


def command(session: Session) -> Command:
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
        Prose(safe.line("Each request's time is added to its line in the log.", ".muted"), 2),
        BLANK,
        Prose(safe.line(f"It answers at {command.url}, and ends with the dashboard. Its log is in the Live tab.")),
    ]
    return Confirm(safe.joined(("Start the development server", ".strong")), blocks, "y start   esc leave it")
