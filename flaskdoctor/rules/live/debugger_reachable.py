"""FD804: Werkzeug's debugger answers."""

from __future__ import annotations

from collections.abc import Iterator

from flaskdoctor.finding import Severity, Tip
from flaskdoctor.probe.observation import Observation
from flaskdoctor.project.known import Known
from flaskdoctor.rules.rule import Bad, Good, LiveIssue, LiveRule, Reply, Served
from flaskdoctor.rules.served import APP, page, site

_STYLE = Reply(200, (("Content-Type", "text/css; charset=utf-8"),), "body { color: #333 }\n")


class DebuggerReachable(LiveRule):
    """Werkzeug's interactive debugger answers: who reaches this server can try for a Python console on it.

    ## What it finds

    A request for a stylesheet that only Werkzeug's debugger has (`?__debugger__=yes&cmd=resource&f=style.css` on a
    random path) is answered with it. No error is provoked and no PIN is asked for.

    On your own machine that is what `flask run --debug` is for, and information only. Anywhere else it is an error.

    ## Why it matters

    Every unhandled exception then answers with a page that shows the source around each frame and offers a console
    that runs Python as the server's user, with every variable in reach. What guards it is a PIN of nine digits, made
    from the user's name, the module's name, the path of `app.py`, the machine's id and a network card's address: no
    secrets for somebody who found a hole that reads files, and there is public code that does the computing. Debug
    consoles on forgotten staging servers are a standard entry of bug bounty reports.

    ## What to do instead

    Keep debug mode a matter of how the server is started on your machine, never of the code or the deployment:

    ```console
    $ flask --app shop run --debug
    ```

    In production a WSGI server runs the app, where no debugger exists however `DEBUG` is set:

    ```console
    $ gunicorn --workers 4 "shop:create_app()"
    ```

    Take `app.run(debug=True)` and `FLASK_DEBUG=1` out of the code, the Dockerfile and the compose file (FD701 finds
    them). To show a debug server to a colleague use an SSH tunnel, not `--host 0.0.0.0`. If the debugger was
    reachable from outside, treat the machine's secrets as read: rotate them.

    ## References

    - [Werkzeug: debugger PIN](https://werkzeug.palletsprojects.com/en/stable/debug/#debugger-pin)
    - [Flask: deploying to production](https://flask.palletsprojects.com/en/stable/deploying/)
    - [CWE-489: active debug code](https://cwe.mitre.org/data/definitions/489.html)
    """

    code = "FD804"
    name = "debugger-reachable"
    tip = Tip.LIVE
    severity = Severity.ERROR
    bad = [
        Bad(APP, served=Served({"/": page(), "?__debugger__=yes": _STYLE})),
        Bad(APP, served=Served({"/": page(), "?__debugger__=yes": _STYLE}, profile="production")),
    ]
    good = [
        Good(APP, served=site(profile="production")),
        # A page for everything, as single-page apps have it.
        Good(APP, served=Served({"/": page(), "*": page()}, profile="production")),
    ]

    def check(self, seen: Observation, known: Known) -> Iterator[LiveIssue]:  # noqa: ARG002
        """A debugger that answered."""
        if not seen.debugger:
            return
        now = Severity.INFO if seen.target.loopback else Severity.ERROR
        message = "Werkzeug's debugger is on: an error shows the source and a Python console"
        advice = "Right on your own machine. Anywhere else: no `--debug`, no `debug=True`, and a WSGI server."
        yield LiveIssue(message, "debugger", now, Severity.ERROR, advice=advice)
