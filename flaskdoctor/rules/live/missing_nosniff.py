"""FD813: answers without ``X-Content-Type-Options: nosniff``."""

from __future__ import annotations

from collections.abc import Iterator

from flaskdoctor.finding import Severity, Tip
from flaskdoctor.probe.observation import Observation
from flaskdoctor.project.known import Known
from flaskdoctor.rules.answers import any_witness, missing_header, of_one_view, only_the_view
from flaskdoctor.rules.rule import Bad, Good, LiveIssue, LiveRule, Served
from flaskdoctor.rules.served import APP, api, page, site

_NAME = "X-Content-Type-Options"


class MissingNosniff(LiveRule):
    """Answers are sent without `nosniff`: a browser may take an upload or a JSON answer for something that runs.

    ## What it finds

    An answer, HTML or JSON, without `X-Content-Type-Options`. On your own machine it is information; in production
    a warning.

    ## Why it matters

    Browsers look into the first bytes of an answer when its type is missing or seems wrong. An avatar called
    `cat.png` that begins with `<script>` becomes a script from your own origin as soon as some page loads it as one,
    and a text file becomes a page. With `nosniff` the type that you send is the type: scripts must be JavaScript,
    stylesheets CSS, and other sites cannot load your JSON as a script (CORB relies on it as well).

    ## What to do instead

    ```python
    @app.after_request
    def set_security_headers(response):
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        return response
    ```

    It needs right types everywhere else: `return json.dumps(x)` is `text/html` (return the dict itself), and
    on Windows the registry can turn `.js` into `text/plain`, which `nosniff` then refuses to run:
    `mimetypes.add_type("text/javascript", ".js")`. Files that users uploaded are best sent with
    `send_from_directory(.., as_attachment=True)`.

    ## References

    - [Flask: X-Content-Type-Options](https://flask.palletsprojects.com/en/stable/web-security/#x-content-type-options)
    - [MDN: X-Content-Type-Options](https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/X-Content-Type-Options)
    - [WHATWG: MIME sniffing](https://mimesniff.spec.whatwg.org/)
    """

    code = "FD813"
    name = "missing-nosniff"
    tip = Tip.LIVE
    severity = Severity.WARNING
    bad = [
        Bad(APP, served=site()),
        Bad(APP, served=api(profile="production")),
        Bad(APP, served=Served({"/": page(status=404)}, "production")),
    ]
    good = [
        Good(APP, served=site((_NAME, "nosniff"), profile="production")),
        Good(APP, served=api((_NAME, "nosniff"), profile="production")),
        # A value that browsers ignore is another rule's finding (FD816).
        Good(APP, served=site((_NAME, "sniff"), profile="production")),
        Good(APP, served=Served({"/": page(status=503)}, "production")),
        Good(APP, served=Served(state="down")),
    ]

    def check(self, seen: Observation, known: Known) -> Iterator[LiveIssue]:  # noqa: ARG002
        """An answer that leaves the type to guessing."""
        if only_the_view(seen, _NAME):
            yield of_one_view(_NAME)
            return
        witness = any_witness(seen)
        if witness is None or witness.answer.has(_NAME):
            return
        message = f"No {_NAME}: a browser may guess another type than the one sent"
        yield missing_header(witness, _NAME, message, f"`{_NAME}: nosniff` on every answer.")
