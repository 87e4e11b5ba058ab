"""FD801: nobody answers at the URL."""

from __future__ import annotations

from collections.abc import Iterator

from flaskdoctor.finding import Severity, Tip
from flaskdoctor.probe.observation import Observation, State
from flaskdoctor.project.known import Known
from flaskdoctor.rules.rule import Bad, Good, LiveIssue, LiveRule, Served
from flaskdoctor.rules.served import APP, site


class ServerNotRunning(LiveRule):
    """No server answers at the URL.

    ## What it finds

    The connection was refused, or there was no answer in time. With `--check --url URL` that is an error, and the
    exit code is 3, whatever else was found: a pipeline that asked for a look at the server did not get one. In the
    dashboard it is information, and the rules about the server have nothing to say until it runs.

    ## Why it matters

    A report about the running server that silently leaves the server out would look better than one that found
    something. And a development server that does not come up is often the news itself: `flask run` without
    `--debug` ends at the first `SyntaxError` or `ImportError`, and an address already in use ends it as well.

    ## What to do instead

    Start it, and look at the last lines that it printed:

    ```console
    $ flask --app shop run --debug
    ```

    - **Another port?** `flask run -p 8000`, `FLASK_RUN_PORT` in `.flaskenv` and gunicorn's 8000 are found by the
      dashboard; otherwise name it: `flaskdoctor --url http://127.0.0.1:8000`.
    - **In a container or on WSL?** A server that listens on the container's 127.0.0.1 is not reachable from outside
      it: `flask run --host 0.0.0.0` in the container, and the port published as `127.0.0.1:5000:5000`.
    - **localhost?** It can mean `::1` first, where `flask run` does not listen. `127.0.0.1` is unambiguous.
    - **In CI** wait for the port before you look:

      ```console
      $ flask --app shop run & flaskdoctor --check --url http://127.0.0.1:5000
      ```

      loses that race now and then; a `curl --retry 20 --retry-connrefused` in between does not.

    ## References

    - [Flask: development server](https://flask.palletsprojects.com/en/stable/server/)
    - [Flask: address already in use](https://flask.palletsprojects.com/en/stable/server/#address-already-in-use)
    """

    code = "FD801"
    name = "server-not-running"
    tip = Tip.LIVE
    severity = Severity.INFO
    bad = [Bad(APP, served=Served(state="down")), Bad(APP, served=Served(state="down", profile="production"))]
    good = [Good(APP, served=site()), Good(APP, served=Served(state="banner"))]

    def check(self, seen: Observation, known: Known) -> Iterator[LiveIssue]:  # noqa: ARG002
        """A server that is down, or that nothing could be learnt of."""
        if seen.state not in (State.DOWN, State.UNKNOWN) or (seen.tls is not None and seen.tls.distrust is not None):
            return  # what is wrong with a certificate FD832 says
        severity = Severity.ERROR if seen.target.given else Severity.INFO
        what = "No server answers here" if seen.state is State.DOWN else "Nothing could be learnt of the server"
        message = f"{what}: {seen.detail}" if seen.detail else what
        yield LiveIssue(message, "server", severity, severity, advice="Start it: `flask run --debug`.")
