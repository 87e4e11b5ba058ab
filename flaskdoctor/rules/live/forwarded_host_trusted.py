"""FD843: the app believes X-Forwarded-Host from whoever sends it."""

from __future__ import annotations

from collections.abc import Iterator

from flaskdoctor.finding import Severity, Tip
from flaskdoctor.probe.observation import Observation
from flaskdoctor.project.known import Known
from flaskdoctor.rules.live.host_header_trusted import SLASHED, kilns
from flaskdoctor.rules.rule import Bad, Good, LiveIssue, LiveRule
from flaskdoctor.rules.served import APP, page

_FORWARDED = page(("Location", "https://{forwarded}/kilns/"), status=308)


class ForwardedHostTrusted(LiveRule):
    """The app believes `X-Forwarded-Host`, and it reaches the app from outside.

    ## What it finds

    `OPTIONS /kilns` (of a rule `/kilns/`) with `X-Forwarded-Host: evil.example` is answered with a redirect to
    `evil.example`: ProxyFix with `x_host` is on, and nothing between it and you took that header away or set it
    itself. No view runs. It is information, for what stands between may be a proxy that you only pass by here.

    ## Why it matters

    ProxyFix believes what it is told: that is its purpose, and right behind a proxy that sets these headers on every
    request. Reached directly, or behind one that hands the header on as it came, the sender decides what
    `request.host` is, and with `x_for` and `x_proto` also which address it comes from and whether it is https: a rate
    limit by address, an allow list, links in mails, `Secure` redirects, all of them.

    ## What to do instead

    Let the app be reached through the proxy alone, and let the proxy set the header, not add to it:

    ```console
    $ gunicorn --bind 127.0.0.1:8000 "shop:create_app()"      # or a unix socket; never 0.0.0.0 beside nginx
    ```

    ```nginx
    proxy_set_header Host $host;
    proxy_set_header X-Forwarded-Host $host;
    proxy_set_header X-Forwarded-Proto $scheme;
    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    ```

    And take only what the proxy really sets. Most pass `Host` on, so `x_host` is not needed at all:

    ```python
    app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1)
    ```

    `TRUSTED_HOSTS` (FD842) is checked behind ProxyFix, and closes this as well.

    ## References

    - [Flask: tell Flask it is behind a proxy](https://flask.palletsprojects.com/en/stable/deploying/proxy_fix/)
    - [Werkzeug: X-Forwarded-For Proxy Fix](https://werkzeug.palletsprojects.com/en/stable/middleware/proxy_fix/)
    """

    code = "FD843"
    name = "forwarded-host-trusted"
    tip = Tip.LIVE
    severity = Severity.INFO
    bad = [
        Bad(SLASHED, served=kilns(_FORWARDED)),
        Bad(SLASHED, served=kilns(_FORWARDED, profile="")),
    ]
    good = [
        # Without ProxyFix the host is that of the request.
        Good(SLASHED, served=kilns(page(("Location", "http://{host}/kilns/"), status=308))),
        Good(SLASHED, served=kilns(page(status=400, body="<h1>Bad Request</h1>"))),
        Good(SLASHED, served=kilns(page(("Location", "https://kiln.example/?host={forwarded}"), status=308))),
        Good(APP, served=kilns(_FORWARDED)),
    ]

    def check(self, seen: Observation, known: Known) -> Iterator[LiveIssue]:  # noqa: ARG002
        """A redirect that leads where X-Forwarded-Host said."""
        foreign = seen.foreign
        if foreign is None or not foreign.forwarded:
            return
        yield LiveIssue(
            f"X-Forwarded-Host is believed from whoever sends it: {foreign.path} redirects to the host it names",
            "X-Forwarded-Host",
            Severity.INFO,
            Severity.INFO,
            path=foreign.path,
            advice="ProxyFix without `x_host`, or the app bound to 127.0.0.1 behind a proxy that sets the header.",
        )
