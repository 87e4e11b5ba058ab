"""FD812: pages that any site may put into a frame."""

from __future__ import annotations

from collections.abc import Iterator

from flaskdoctor.finding import Severity, Tip
from flaskdoctor.probe.observation import Answer, Observation
from flaskdoctor.project.known import Known
from flaskdoctor.rules.answers import missing_header, page_witness
from flaskdoctor.rules.policies import frames_restricted
from flaskdoctor.rules.rule import Bad, Good, LiveIssue, LiveRule, Served
from flaskdoctor.rules.served import APP, api, page, site

_NAME = "X-Frame-Options"
_POLICY = "Content-Security-Policy"


class MissingFrameProtection(LiveRule):
    """Any site may put these pages into a frame, and lay something else over their buttons.

    ## What it finds

    An HTML page with neither `frame-ancestors` in its `Content-Security-Policy` nor `X-Frame-Options`. A report-only
    policy does not count, nor does one in a `<meta>` tag: browsers ignore `frame-ancestors` there.

    On your own machine it is information; in production a warning.

    ## Why it matters

    Clickjacking: a page that says "click here to win" loads your settings page in an invisible frame on top, so that
    the click lands on "delete my account". CSRF tokens do not help, since it is your own form that is sent, by the
    user's own browser. Session cookies with `SameSite=Lax` or `Strict` are not sent into such frames, which takes
    most of the edge off; Flask sets no SameSite by itself.

    ## What to do instead

    Say who may frame you, in the form that is obeyed today and in the one that old browsers know:

    ```python
    @app.after_request
    def set_security_headers(response):
        response.headers.setdefault("X-Frame-Options", "SAMEORIGIN")
        # and in the Content-Security-Policy:  frame-ancestors 'self'
        return response
    ```

    Where both are there, `frame-ancestors` wins. A page that others shall embed (a widget, a player) names them:
    `frame-ancestors https://partner.example`; set that in its view, and the hook's `setdefault` leaves it alone.

    ## References

    - [Flask: X-Frame-Options](https://flask.palletsprojects.com/en/stable/web-security/#x-frame-options)
    - [MDN: frame-ancestors](https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Content-Security-Policy/frame-ancestors)
    - [OWASP: clickjacking](https://cheatsheetseries.owasp.org/cheatsheets/Clickjacking_Defense_Cheat_Sheet.html)
    """

    code = "FD812"
    name = "missing-frame-protection"
    tip = Tip.LIVE
    severity = Severity.WARNING
    bad = [
        Bad(APP, served=site()),
        Bad(APP, served=site((_POLICY, "default-src 'self'"), profile="production")),
        Bad(APP, served=site((_POLICY, "frame-ancestors *"), profile="production")),
        Bad(APP, served=site((f"{_POLICY}-Report-Only", "frame-ancestors 'self'"), profile="production")),
    ]
    good = [
        Good(APP, served=site((_NAME, "SAMEORIGIN"), profile="production")),
        Good(APP, served=site((_POLICY, "default-src 'self'; frame-ancestors 'self'"), profile="production")),
        Good(APP, served=site((_POLICY, "Frame-Ancestors https://partner.example"), profile="production")),
        # Two policies: both are obeyed.
        Good(APP, served=site((_POLICY, "default-src *"), (_POLICY, "frame-ancestors 'none'"), profile="production")),
        Good(APP, served=api(profile="production")),
        Good(APP, served=Served({"/": page(status=500)}, "production")),
        # A value that browsers ignore is another rule's finding (FD816).
        Good(APP, served=site((_NAME, "ALLOW-FROM https://partner.example"), profile="production")),
    ]

    def check(self, seen: Observation, known: Known) -> Iterator[LiveIssue]:  # noqa: ARG002
        """A page that says nothing of frames."""
        witness = page_witness(seen)
        if witness is None or _protected(witness.answer):
            return
        message = "No X-Frame-Options and no frame-ancestors: any site may frame the page"
        if frames_restricted(witness.answer.header(f"{_POLICY}-Report-Only")):
            message = "frame-ancestors is report-only: any site may still frame the page"
        advice = "`X-Frame-Options: SAMEORIGIN`, and `frame-ancestors 'self'` in the policy."
        yield missing_header(witness, _NAME, message, advice)


def _protected(answer: Answer) -> bool:
    return bool((answer.header(_NAME) or "").strip()) or frames_restricted(answer.header(_POLICY))
