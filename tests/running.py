"""Running the command line in the test's own process, as a user would run it."""

from __future__ import annotations

import contextlib
import io
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from flaskdoctor.cli import main

SECRET = "hunter2-and-then-some-more"
APP = f"""\
from flask import Flask, jsonify

app = Flask(__name__)
app.config["SECRET_KEY"] = "{SECRET}"


@app.route("/")
def index():
    return jsonify({{"ok": True}})
"""
CLEAN = 'import os\n\nfrom flask import Flask\n\napp = Flask(__name__)\napp.secret_key = os.environ["SECRET_KEY"]\n'


class Ran(NamedTuple):
    """What a run came to: its exit code, and the lines of its two streams."""

    status: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        """The lines of standard output."""
        return self.out.splitlines()


def run(*arguments: str | Path, cwd: Path | None = None) -> Ran:
    """Run ``flaskdoctor`` with arguments, in the folder ``cwd``; signal handlers are put back afterwards."""
    out, err = io.StringIO(), io.StringIO()
    there, streams = (
        contextlib.chdir(cwd or Path.cwd()),
        (contextlib.redirect_stdout(out), contextlib.redirect_stderr(err)),
    )
    with _as_it_was(), there, streams[0], streams[1]:
        try:
            status = main([os.fspath(argument) for argument in arguments])
        except SystemExit as end:  # a wrong option
            status = int(end.code or 0)
    return Ran(status, out.getvalue(), err.getvalue())


@contextlib.contextmanager
def _as_it_was() -> Iterator[None]:
    before = {
        number: signal.getsignal(number) for number in (signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM))
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
