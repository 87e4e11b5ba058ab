"""FD818: headers that browsers dropped, and one that they should never have had."""

from __future__ import annotations

from collections.abc import Iterator

from flaskdoctor.finding import Severity, Tip
from flaskdoctor.probe.observation import Observation, State
from flaskdoctor.project.known import Known
from flaskdoctor.rules.rule import Bad, Good, LiveIssue, LiveRule, Served
from flaskdoctor.rules.served import APP, api, page, site

_XSS = "X-XSS-Protection"
_GONE = (
    ("Expect-CT", "browsers dropped it in 2022 and check Certificate Transparency by themselves", "Drop it."),
    ("Public-Key-Pins", "browsers have dropped it: a lost key locked a site's own visitors out", "Drop it."),
    ("Public-Key-Pins-Report-Only", "browsers have dropped it", "Drop it."),
    ("Feature-Policy", "it is called Permissions-Policy now, in another form", "`Permissions-Policy: camera=()`."),
)


class DeprecatedHeader(LiveRule):
    """A header is sent that browsers have dropped.

    ## What it finds

    `X-XSS-Protection` with another value than `0`, `Expect-CT`, `Public-Key-Pins`, `Feature-Policy`. On your own
    machine it is information; in production a warning.

    ## Why it matters

    They do nothing today and give the impression that something is done. `X-XSS-Protection: 1; mode=block` is worse
    than nothing where an old browser still obeys it: its filter could be used to switch single scripts of a page off,
    and to find out what a page holds. Chrome removed it in 2019, Firefox never had it. The line lives on in tutorials
    and in old versions of libraries: Flask-Talisman up to 1.0 sends it, `secure` before 0.3 did too.

    ## What to do instead

    Leave them out of the hook or the proxy's configuration:

    ```python
    talisman = Talisman(app, x_xss_protection=False)        # Flask-Talisman
    ```

    What they were for is done today by `Content-Security-Policy` (FD810), by Certificate Transparency in every
    browser, and by `Permissions-Policy: camera=(), microphone=()` (FD815). `X-XSS-Protection: 0` may stay: it
    switches the filter off.

    ## References

    - [MDN: X-XSS-Protection](https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/X-XSS-Protection)
    - [MDN: Expect-CT](https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Expect-CT)
    - [OWASP: HTTP headers](https://cheatsheetseries.owasp.org/cheatsheets/HTTP_Headers_Cheat_Sheet.html)
    """

    code = "FD818"
    name = "deprecated-header"
    tip = Tip.LIVE
    severity = Severity.WARNING
    bad = [
        Bad(APP, served=site((_XSS, "1; mode=block"))),
        Bad(APP, served=api((_XSS, "1"), profile="production")),
        Bad(
            APP,
            served=site(("Expect-CT", "max-age=86400"), ("Feature-Policy", "camera 'none'"), profile="production"),
            hits=2,
        ),
    ]
    good = [
        Good(APP, served=site((_XSS, "0"), profile="production")),
        Good(APP, served=site(("Permissions-Policy", "camera=()"), profile="production")),
        Good(APP, served=Served({"/": page((_XSS, "1"), status=500)}, "production")),
    ]

    def check(self, seen: Observation, known: Known) -> Iterator[LiveIssue]:  # noqa: ARG002
        """The headers of the page, or of OPTIONS where no page was asked for."""
        answer = seen.answer
        if seen.state is not State.UP or answer is None:
            return
        value = (answer.header(_XSS) or "0").split(";")[0].strip()
        if value != "0":
            message = f"{_XSS} is on: the filter is gone from browsers, and harmful in old ones"
            advice = f"Drop it, or send `{_XSS}: 0`."
            yield LiveIssue(message, _XSS, Severity.INFO, Severity.WARNING, advice=advice)
        for name, why, advice in _GONE:
            if answer.has(name):
                yield LiveIssue(f"{name}: {why}", name, Severity.INFO, Severity.WARNING, advice=advice)
