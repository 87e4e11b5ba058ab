"""FD802: something answers at the URL, and it is not this project's server."""

from __future__ import annotations

from collections.abc import Iterator

from flaskdoctor.finding import Severity, Tip
from flaskdoctor.probe.observation import Observation, State
from flaskdoctor.project.known import Known
from flaskdoctor.rules.rule import Bad, Good, LiveIssue, LiveRule, Reply, Served
from flaskdoctor.rules.served import APP, site


class WrongServer(LiveRule):
    """What answers at the URL is not this project's server.

    ## What it finds

    A server that is known not to be Flask's (AirPlay on macOS listens on port 5000 and answers `Server: AirTunes`
    with 403), one that knows none of the project's routes, or something that does not speak HTTP at all: an SSH
    server, a database, a port that expects TLS.

    On a port that flaskdoctor merely guessed it is information, on one that you named a warning, and with
    `--check --url` the exit code is 3: what was found there says nothing about this project.

    ## Why it matters

    Port 5000 is popular. On macOS the AirPlay receiver has it since Monterey, and `localhost` finds AirPlay on `::1`
    even while `flask run` has `127.0.0.1`: half the requests "fail with 403" and nothing stands in Flask's log. The
    other usual story is yesterday's server of another project, still running in a forgotten pane.

    ## What to do instead

    See who has the port, then end it or take another one:

    ```console
    $ lsof -nP -iTCP:5000 -sTCP:LISTEN      # macOS, Linux
    $ ss -ltnp 'sport = :5000'              # Linux
    $ flask run --port 5001
    ```

    For good, put `FLASK_RUN_PORT=5001` into `.flaskenv` (read with python-dotenv installed): `flask run` and
    flaskdoctor both find it there. On macOS AirPlay is switched off under General, AirDrop & Handoff. And write
    `127.0.0.1`, not `localhost`, in proxies and scripts.

    ## References

    - [Flask: address already in use](https://flask.palletsprojects.com/en/stable/server/#address-already-in-use)
    - [Flask: environment variables from dotenv](https://flask.palletsprojects.com/en/stable/cli/#environment-variables-from-dotenv)
    """

    code = "FD802"
    name = "wrong-server"
    tip = Tip.LIVE
    severity = Severity.WARNING
    bad = [
        Bad(APP, served=Served({"/": Reply(403, (("Server", "AirTunes/775.3.1"),))})),
        Bad(APP, served=Served(state="banner")),
    ]
    good = [
        Good(APP, served=site()),
        Good(APP, served=site(("Server", "gunicorn"))),
        Good(APP, served=Served(state="down")),
    ]

    def check(self, seen: Observation, known: Known) -> Iterator[LiveIssue]:  # noqa: ARG002
        """Another program's server, or no HTTP."""
        if seen.state is State.NOT_HTTP:
            what = "What listens here does not speak HTTP"
        elif seen.state is State.WRONG_SERVER:
            what = "This is not the project's server"
        else:
            return
        reason = seen.identity_why or seen.detail
        severity = Severity.WARNING if seen.target.given else Severity.INFO
        message = f"{what}: {reason}" if reason else what
        yield LiveIssue(
            message, "server", severity, severity, advice="Name another one: `--url http://127.0.0.1:5001`."
        )
