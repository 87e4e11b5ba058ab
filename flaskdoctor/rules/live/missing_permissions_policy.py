"""FD815: pages that leave every feature of the browser open."""

from __future__ import annotations

from collections.abc import Iterator

from flaskdoctor.finding import Severity, Tip
from flaskdoctor.probe.observation import Observation
from flaskdoctor.project.known import Known
from flaskdoctor.rules.answers import missing_header, page_witness
from flaskdoctor.rules.rule import Bad, Good, LiveIssue, LiveRule, Served
from flaskdoctor.rules.served import APP, api, page, site

_NAME = "Permissions-Policy"


class MissingPermissionsPolicy(LiveRule):
    """Pages leave camera, microphone and location open to every script that gets into them.

    ## What it finds

    An HTML page without `Permissions-Policy`. On your own machine it is information; in production a warning. A
    `Feature-Policy` header, its name until 2020, is no substitute (FD818).

    ## Why it matters

    Camera, microphone and location ask the user first, but what the user sees is your site's name: a script that came
    with an advertisement or through a hole asks with your reputation. A page that switches off what it never uses
    gives that script nothing to ask for. It is the least urgent of the headers; a Content-Security-Policy keeps such
    scripts out to begin with. Chromium obeys the header, Firefox and Safari so far only in part or not at all.

    ## What to do instead

    ```python
    @app.after_request
    def set_security_headers(response):
        response.headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
        return response
    ```

    `()` is nobody, `(self)` your own pages, `(self "https://maps.example")` also frames of that site. The form is
    that of structured fields: `camera 'none'` is the old header's and makes browsers drop the whole line.

    ## References

    - [MDN: Permissions-Policy](https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Permissions-Policy)
    - [W3C: Permissions Policy](https://www.w3.org/TR/permissions-policy/)
    """

    code = "FD815"
    name = "missing-permissions-policy"
    tip = Tip.LIVE
    severity = Severity.WARNING
    bad = [
        Bad(APP, served=site()),
        Bad(APP, served=site(("Feature-Policy", "camera 'none'"), profile="production")),
    ]
    good = [
        Good(APP, served=site((_NAME, "camera=()"), profile="production")),
        Good(APP, served=api(profile="production")),
        Good(APP, served=Served({"/": page(("Location", "/login"), status=302)}, "production")),
        Good(APP, served=Served({"/": page(status=404)}, "production")),
    ]

    def check(self, seen: Observation, known: Known) -> Iterator[LiveIssue]:  # noqa: ARG002
        """A page that says nothing of it."""
        witness = page_witness(seen)
        if witness is None or witness.words or witness.answer.has(_NAME):
            return
        message = f"No {_NAME}: any script in the page may ask for camera and location"
        yield missing_header(witness, _NAME, message, f"`{_NAME}: camera=(), geolocation=(), microphone=()`.")
