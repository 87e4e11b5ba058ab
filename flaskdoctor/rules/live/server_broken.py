"""FD803: the server answers with an error instead of the app."""

from __future__ import annotations

from collections.abc import Iterator

from flaskdoctor.finding import Severity, Tip
from flaskdoctor.probe.observation import Observation, State
from flaskdoctor.project.known import Known
from flaskdoctor.project.masking import mask_plain
from flaskdoctor.rules.rule import Bad, Good, LiveIssue, LiveRule, Served
from flaskdoctor.rules.served import APP, page, site


class ServerBroken(LiveRule):
    """The server runs, and answers `/` with an error.

    ## What it finds

    - `flask run --debug` after a `SyntaxError` or a failing import was saved: the server stays up and answers every
      request with 500 and the traceback. The error's last line and the place in your code are shown.
    - Any other 5xx on `GET /`: an exception in the view or a hook, a template that is missing, a database that does
      not answer, a 502 of the proxy in front.

    ## Why it matters

    In the debug server's log the same traceback scrolls by once for each request, and the browser tab with the error
    may be behind another one. While it stands, nothing else that could be said about this server (headers, cookies)
    would be about your app: hooks do not run, so those rules keep quiet.

    In production a 500 on the front page is an outage; the traceback is in the error log only, as it should be.

    ## What to do instead

    Go to the line that is named; the server loads the app anew when the file is saved. For a 500 of a view the log
    has the whole traceback. Three that come up again and again:

    - `TemplateNotFound`: the folder is `templates/` beside the module or package that `Flask(__name__)` names.
    - `KeyError: 'SECRET_KEY'` under gunicorn but not under `flask run`: only the latter loads `.env`.
    - `no such table`: the database is new; `flask db upgrade`, or `create_all()` inside `app.app_context()`.

    To have production errors reach you instead of your users, log them or mail them:

    ```python
    @app.errorhandler(500)
    def internal_error(error):
        return render_template("500.html"), 500     # Flask has logged the exception already
    ```

    ## References

    - [Flask: handling application errors](https://flask.palletsprojects.com/en/stable/errorhandling/)
    - [Flask: debugging application errors](https://flask.palletsprojects.com/en/stable/debugging/)
    - [Flask: logging](https://flask.palletsprojects.com/en/stable/logging/)
    """

    code = "FD803"
    name = "server-broken"
    tip = Tip.LIVE
    severity = Severity.ERROR
    bad = [
        Bad(APP, served=Served({"/": page(status=500, body="<h1>Internal Server Error</h1>")})),
        Bad(APP, served=Served({"/": page(status=502, body="<h1>Bad Gateway</h1>")}, profile="production")),
    ]
    good = [
        Good(APP, served=site()),
        # An app without a front page, and one behind a login.
        Good(APP, served=Served({"/": page(status=404, body="<h1>Not Found</h1>")})),
        Good(APP, served=Served({"/": page(status=401, body="<h1>Who are you?</h1>")})),
        # An error of another path than the front page is not asked for.
        Good(APP, served=site(others={"/report": page(status=500)})),
        Good(APP, served=Served(state="down")),
    ]

    def check(self, seen: Observation, known: Known) -> Iterator[LiveIssue]:  # noqa: ARG002
        """The error page of the development server, or 5xx on the front page."""
        if seen.state is not State.BROKEN:
            return
        breakage = seen.breakage
        if breakage is not None and breakage.error:
            # An exception's text may quote what it was given: the address of a database with its password.
            message = f"The server is broken: {mask_plain(breakage.error)}"
            yield LiveIssue(message, "server", Severity.ERROR, Severity.ERROR, location=breakage.location)
            return
        answer = seen.page if seen.page is not None and seen.page.status else seen.options
        if answer is None or not answer.status:
            message = f"The server is broken: {seen.detail}" if seen.detail else "The server is broken"
        else:
            reason = f" {answer.reason}" if answer.reason else ""
            message = f"{answer.method} {answer.path} is answered with {answer.status}{reason}"
        advice = "The server's log has the traceback."
        yield LiveIssue(message, "server", Severity.ERROR, Severity.ERROR, advice=advice)
