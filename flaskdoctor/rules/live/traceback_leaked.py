"""FD805: an error page shows the traceback."""

from __future__ import annotations

from collections.abc import Iterator

from flaskdoctor.finding import Severity, Tip
from flaskdoctor.probe.observation import Observation, State
from flaskdoctor.project.known import Known
from flaskdoctor.rules.rule import Bad, Good, LiveIssue, LiveRule, Served
from flaskdoctor.rules.served import APP, page, site

_TRACEBACK = (
    "<pre>Traceback (most recent call last):\n"
    '  File "/srv/kiln/app.py", line 12, in index\n'
    "    price = PRICES[kind]\n"
    "KeyError: 'stoneware'\n</pre>"
)


class TracebackLeaked(LiveRule):
    """An error page shows the traceback, to whoever provokes the error.

    ## What it finds

    The answer to `/` is a 5xx with a Python traceback in it: the page of Werkzeug's debugger, or one that the app
    makes itself (`return traceback.format_exc(), 500` in an error handler). No error is provoked: it is seen where the
    front page fails anyway.

    It counts in production. On your own machine the traceback is what you are looking for, and FD803 names its place.

    ## Why it matters

    A traceback tells where the code lies, which libraries run it, what the functions are called and which line gave
    up; its last line often quotes data: the SQL statement with its parameters, the address of the database, somebody's
    mail address. It turns guessing at a hole into reading. And whoever can make one page fail can read on at leisure.

    ## What to do instead

    Flask answers with a plain "Internal Server Error" and logs the traceback, unless it is told otherwise. Leave it at
    that, and give the page your own look:

    ```python
    @app.errorhandler(500)
    def internal_error(error):
        return render_template("500.html"), 500     # the log has the traceback already
    ```

    For an API a JSON answer with a number that you find again in the log:

    ```python
    @app.errorhandler(500)
    def internal_error(error):
        number = uuid4().hex
        app.logger.error("error %s", number)
        return {"error": "internal", "id": number}, 500
    ```

    Where the debugger answers, take `debug=True` and `FLASK_DEBUG` out of the deployment (FD701, FD804);
    `PROPAGATE_EXCEPTIONS` hands errors to the server, which may show them as well.

    ## References

    - [Flask: generic exception handlers](https://flask.palletsprojects.com/en/stable/errorhandling/#generic-exception-handlers)
    - [Flask: PROPAGATE_EXCEPTIONS](https://flask.palletsprojects.com/en/stable/config/#PROPAGATE_EXCEPTIONS)
    - [CWE-209: error message containing sensitive information](https://cwe.mitre.org/data/definitions/209.html)
    """

    code = "FD805"
    name = "traceback-leaked"
    tip = Tip.LIVE
    severity = Severity.WARNING
    bad = [
        Bad(APP, served=Served({"/": page(status=500, body=_TRACEBACK)}, "production")),
        Bad(APP, served=Served({"*": page(status=500, body=_TRACEBACK)}, "production")),
    ]
    good = [
        # On a developer's machine it is what one is looking for.
        Good(APP, served=Served({"/": page(status=500, body=_TRACEBACK)})),
        Good(APP, served=Served({"/": page(status=500, body="<h1>Internal Server Error</h1>")}, "production")),
        # A page about tracebacks.
        Good(APP, served=Served({"/": page(body=_TRACEBACK)}, "production")),
        Good(APP, served=site(profile="production")),
    ]

    def check(self, seen: Observation, known: Known) -> Iterator[LiveIssue]:  # noqa: ARG002
        """The error page that was seen."""
        if seen.state is not State.BROKEN or seen.breakage is None or not seen.breakage.traceback:
            return
        message = "The error page shows its traceback: paths, code and values of this server"
        now = None if seen.target.loopback else Severity.WARNING
        advice = "Debug mode off, and an error handler that shows nothing of the exception: the log has it."
        yield LiveIssue(message, "server", now, Severity.WARNING, advice=advice)
