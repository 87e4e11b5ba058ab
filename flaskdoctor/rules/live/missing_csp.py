"""FD810: pages without a Content-Security-Policy."""

from __future__ import annotations

from collections.abc import Iterator

from flaskdoctor.finding import Severity, Tip
from flaskdoctor.probe.observation import Observation
from flaskdoctor.project.known import Known
from flaskdoctor.rules.answers import missing_header, of_one_view, only_the_view, page_witness
from flaskdoctor.rules.policies import meta_policy
from flaskdoctor.rules.rule import Bad, Good, LiveIssue, LiveRule, Served
from flaskdoctor.rules.served import APP, api, page, site

_NAME = "Content-Security-Policy"
_REPORT_ONLY = "Content-Security-Policy-Report-Only"
_POLICY = "default-src 'self'; object-src 'none'; base-uri 'self'; frame-ancestors 'self'"


class MissingCsp(LiveRule):
    """Pages are sent without a Content-Security-Policy: a script that gets into one runs with all its rights.

    ## What it finds

    An HTML page without `Content-Security-Policy`, or with the report-only form alone: that one blocks nothing, it
    only tells. A policy in a `<meta http-equiv>` of the page counts. Nothing is said of JSON answers, which no
    browser shows as a page.

    On your own machine it is information; in production a warning.

    ## Why it matters

    Jinja escapes what `{{ }}` prints, until the day of one `|safe`, an attribute without quotes, a `javascript:`
    link or a package on a CDN that was taken over. A policy is the second wall: the browser runs scripts from where
    you said and no others, also not those written into the page.

    ## What to do instead

    Start by listening. This blocks nothing and writes each violation into the browser's console:

    ```python
    @app.after_request
    def set_security_headers(response):
        response.headers.setdefault(
            "Content-Security-Policy-Report-Only",
            "default-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'",
        )
        return response
    ```

    Click through the app, add the sources that it needs (`script-src 'self' https://cdn.jsdelivr.net`), then drop
    `-Report-Only` from the name. `setdefault` leaves a view's own policy alone.

    Scripts and styles written into templates are what makes it hard. Move them into files, or give them a nonce:

    ```python
    @app.before_request
    def make_nonce():
        g.csp_nonce = secrets.token_urlsafe(16)

    # in the template:  <script nonce="{{ g.csp_nonce }}">
    # in the policy:    f"script-src 'self' 'nonce-{g.csp_nonce}'"
    ```

    `'unsafe-inline'` switches the protection off again (FD816). Flask-Talisman and `secure` set the header for you;
    plain `Talisman(app)` also enforces `default-src 'self'` at once and redirects to https.

    ## References

    - [Flask: Content Security Policy](https://flask.palletsprojects.com/en/stable/web-security/#content-security-policy-csp)
    - [MDN: Content Security Policy](https://developer.mozilla.org/en-US/docs/Web/HTTP/Guides/CSP)
    - [CSP is dead, long live CSP](https://research.google/pubs/csp-is-dead-long-live-csp-on-the-insecurity-of-whitelists-and-the-future-of-content-security-policy/)
    """

    code = "FD810"
    name = "missing-csp"
    tip = Tip.LIVE
    severity = Severity.WARNING
    bad = [
        Bad(APP, served=site()),
        Bad(APP, served=site((_REPORT_ONLY, _POLICY), profile="production")),
        Bad(APP, served=site((_NAME, "  "), profile="production")),
        # A front page that only leads on; the page of one view alone.
        Bad(APP, served=Served({"/": page(("Location", "/login"), status=302)})),
        Bad(APP, served=Served({"/": page((_NAME, _POLICY)), "OPTIONS /": page(), "*": page(status=404)})),
    ]
    good = [
        Good(APP, served=site((_NAME, _POLICY), profile="production")),
        Good(APP, served=site(("content-security-policy", _POLICY), profile="production")),
        # Nothing that a browser shows as a page.
        Good(APP, served=api(profile="production")),
        # A policy in the page itself.
        Good(
            APP,
            served=Served(
                {"/": page(body=f'<head><meta http-equiv="Content-Security-Policy" content="{_POLICY}"></head>')},
                "production",
            ),
        ),
        # What the page behind https sends is not known.
        Good(APP, served=Served({"/": page(("Location", "https://kiln.example/"), status=301)}, "production")),
        # An error page of a broken server is not the app's.
        Good(APP, served=Served({"/": page(status=500)}, "production")),
        Good(APP, served=Served(state="down")),
    ]

    def check(self, seen: Observation, known: Known) -> Iterator[LiveIssue]:  # noqa: ARG002
        """A page with no policy, or one that is only reported on."""
        if only_the_view(seen, _NAME):
            yield of_one_view(_NAME)
            return
        witness = page_witness(seen)
        if witness is None or (witness.answer.header(_NAME) or "").strip():
            return
        if meta_policy(witness.answer.body, _NAME):
            return
        if witness.answer.has(_REPORT_ONLY):
            message = f"The {_NAME} is report-only: nothing is blocked yet"
            advice = "Once the browser's console is quiet, send it as `Content-Security-Policy`."
        else:
            message = f"No {_NAME}: an injected script runs with all the page's rights"
            advice = "Begin with `Content-Security-Policy-Report-Only`, which blocks nothing."
        yield missing_header(witness, _NAME, message, advice)
