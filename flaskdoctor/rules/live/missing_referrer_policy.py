"""FD814: pages that leave the Referer to the browser."""

from __future__ import annotations

from collections.abc import Iterator

from flaskdoctor.finding import Severity, Tip
from flaskdoctor.probe.observation import Observation
from flaskdoctor.project.known import Known
from flaskdoctor.rules.answers import missing_header, page_witness
from flaskdoctor.rules.policies import meta_policy
from flaskdoctor.rules.rule import Bad, Good, LiveIssue, LiveRule, Served
from flaskdoctor.rules.served import APP, api, page, site

_NAME = "Referrer-Policy"


class MissingReferrerPolicy(LiveRule):
    """Pages do not say what other sites may learn of their address.

    ## What it finds

    An HTML page without `Referrer-Policy`; one in `<meta name="referrer">` counts. On your own machine it is
    information; in production a warning.

    ## Why it matters

    A link or an image sends the address of the page it stands on along, as `Referer`. Where the address itself is the
    secret (`/reset/<token>`, an unlisted document, a search for an illness) it ends up in the logs of an analytics or
    CDN host.

    Today's browsers send other sites your origin only (`strict-origin-when-cross-origin`, since 2020 in Chrome, 2021
    in Firefox and Safari). That is a default: older browsers, web views in apps and users' settings differ. Saying it
    costs one line; saying something stricter is up to you alone.

    ## What to do instead

    ```python
    @app.after_request
    def set_security_headers(response):
        response.headers.setdefault("Referrer-Policy", "strict-origin-when-cross-origin")
        return response
    ```

    On pages with a token in the address use `no-referrer`, and set it in the view. `same-origin` breaks nothing in
    Flask: Flask-WTF's check of the Referer (`WTF_CSRF_SSL_STRICT`) needs it from your own pages only; `no-referrer`
    on the page with the form makes that check fail over https ("The referrer header is missing").

    ## References

    - [MDN: Referrer-Policy](https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Referrer-Policy)
    - [W3C: Referrer Policy](https://www.w3.org/TR/referrer-policy/)
    - [Flask-WTF: CSRF protection](https://flask-wtf.readthedocs.io/en/latest/csrf/)
    """

    code = "FD814"
    name = "missing-referrer-policy"
    tip = Tip.LIVE
    severity = Severity.WARNING
    bad = [Bad(APP, served=site()), Bad(APP, served=site(profile="production"))]
    good = [
        Good(APP, served=site((_NAME, "no-referrer"), profile="production")),
        Good(APP, served=api(profile="production")),
        Good(APP, served=Served({"/": page(("Location", "/login"), status=302)}, "production")),
        Good(
            APP,
            served=Served({"/": page(body='<meta content="same-origin" name=referrer><p>Kiln</p>')}, "production"),
        ),
    ]

    def check(self, seen: Observation, known: Known) -> Iterator[LiveIssue]:  # noqa: ARG002
        """A page that says nothing of it."""
        witness = page_witness(seen)
        if witness is None or witness.words or witness.answer.has(_NAME):
            return
        if meta_policy(witness.answer.body, "referrer"):
            return
        message = f"No {_NAME}: what other sites learn of your addresses is up to the browser"
        yield missing_header(witness, _NAME, message, f"`{_NAME}: strict-origin-when-cross-origin`.")
