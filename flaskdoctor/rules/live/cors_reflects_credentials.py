"""FD841: any site may read answers in the name of the user who is logged in."""

from __future__ import annotations

from collections.abc import Iterator

from flaskdoctor.finding import Severity, Tip
from flaskdoctor.probe.observation import Observation
from flaskdoctor.project.known import Known
from flaskdoctor.rules.rule import Bad, Good, LiveIssue, LiveRule, Served
from flaskdoctor.rules.served import APP, page, site

_ORIGIN = "Access-Control-Allow-Origin"
_CREDENTIALS = ("Access-Control-Allow-Credentials", "true")
_REFLECTED = (_ORIGIN, "{origin}")  # whatever the request says of itself


class CorsReflectsCredentials(LiveRule):
    """Any site may read this app's answers with the cookies of the visitor who happens to be there.

    ## What it finds

    A request with `Origin: https://evil.example` is answered with that very origin in `Access-Control-Allow-Origin`
    and with `Access-Control-Allow-Credentials: true`: an error. The origin reflected without credentials is
    information: it comes to the same as `*`, and is right for a public API.

    ## Why it matters

    A browser keeps the scripts of one site from reading the answers of another. These two headers are the exception,
    and here it is granted to everybody: a page that your user opens in another tab can fetch `/account` or
    `/api/messages` with the user's session, and read it, CSRF tokens included.

    `SameSite=Lax` on the session cookie stops most of it in today's browsers; Flask sets no SameSite by itself, and
    `SameSite=None` is just what a frontend on another domain asks for.

    ## What to do instead

    Name the sites. With Flask-CORS:

    ```python
    CORS(app, supports_credentials=True, origins=["https://app.shop.example"])
    ```

    `supports_credentials=True` without `origins` reflects every origin, because `*` is not allowed beside credentials
    (FD712 finds that line). By hand compare with a list, never with `endswith("shop.example")` (`evilshop.example`)
    or a regular expression without `$`:

    ```python
    ALLOWED = frozenset({"https://app.shop.example"})

    @app.after_request
    def allow_frontend(response):
        origin = request.headers.get("Origin")
        if origin in ALLOWED:
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Allow-Credentials"] = "true"
            response.vary.add("Origin")
        return response
    ```

    For development add `http://localhost:5173` to the list in the development configuration only, or let Vite's proxy
    make it one origin.

    ## References

    - [MDN: Cross-Origin Resource Sharing](https://developer.mozilla.org/en-US/docs/Web/HTTP/Guides/CORS)
    - [Flask-CORS](https://flask-cors.readthedocs.io/en/latest/)
    - [PortSwigger: exploiting CORS misconfigurations](https://portswigger.net/research/exploiting-cors-misconfigurations-for-bitcoins-and-bounties)
    """

    code = "FD841"
    name = "cors-reflects-credentials"
    tip = Tip.LIVE
    severity = Severity.ERROR
    bad = [
        Bad(APP, served=site(_REFLECTED, _CREDENTIALS)),
        Bad(APP, served=site(_REFLECTED, _CREDENTIALS, profile="production")),
        Bad(APP, served=site(_REFLECTED)),
    ]
    good = [
        Good(APP, served=site((_ORIGIN, "*"), profile="production")),
        Good(APP, served=site((_ORIGIN, "https://app.kiln.example"), _CREDENTIALS, profile="production")),
        # Browsers refuse this one by themselves.
        Good(APP, served=site((_ORIGIN, "*"), _CREDENTIALS, profile="production")),
        Good(APP, served=Served({"/": page()}, "production")),
    ]

    def check(self, seen: Observation, known: Known) -> Iterator[LiveIssue]:  # noqa: ARG002
        """An origin that was reflected."""
        cors = seen.cors
        if cors is None or not cors.reflected:
            return
        if cors.credentials:
            message = "Any origin is allowed, with credentials: every site may read answers as the logged-in user"
            advice = "Name the origins: `CORS(app, supports_credentials=True, origins=[..])`."
            yield LiveIssue(message, _ORIGIN, Severity.WARNING, Severity.ERROR, advice=advice)
        else:
            message = "Any origin is reflected: every site may read answers that need no login"
            yield LiveIssue(
                message, _ORIGIN, Severity.INFO, Severity.INFO, advice="Fine for a public API; `*` says so."
            )
