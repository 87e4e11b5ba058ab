"""FD833: https without HTTP/2."""

from __future__ import annotations

from collections.abc import Iterator

from flaskdoctor.finding import Severity, Tip
from flaskdoctor.probe.observation import Observation
from flaskdoctor.project.known import Known
from flaskdoctor.rules.rule import Bad, Good, LiveIssue, LiveRule
from flaskdoctor.rules.served import APP, site


class Http1Only(LiveRule):
    """The site speaks https, and HTTP/1.1 only.

    ## What it finds

    In the handshake (ALPN) `h2` was offered, and the server chose `http/1.1` or nothing. It is information, and in
    production only: on your own machine it makes no difference.

    ## Why it matters

    Over HTTP/1.1 a browser opens six connections to a host and asks for one thing at a time on each. A page with forty
    images, scripts and styles waits in a queue; over HTTP/2 all of them share one connection, and one handshake. On a
    phone, where each round trip costs 50 ms and more, that is what makes a page feel slow. Nothing in the app changes.

    ## What to do instead

    Flask's WSGI servers speak HTTP/1.1, and rightly so: the server in front does the rest. nginx:

    ```nginx
    server {
        listen 443 ssl;
        http2 on;                  # before 1.25.1: listen 443 ssl http2;
        ...
    }
    ```

    Caddy, Cloudflare and most platforms do it by themselves. A Quart app can go without anything in front:

    ```console
    $ hypercorn --certfile fullchain.pem --keyfile privkey.pem "shop:app"
    ```

    For Flask that is no good idea: in WSGI mode Hypercorn 0.18 answers with 500 where the app's answer has no body.

    ## References

    - [nginx: http2](https://nginx.org/en/docs/http/ngx_http_v2_module.html)
    - [Hypercorn](https://hypercorn.readthedocs.io/en/latest/)
    - [MDN: evolution of HTTP](https://developer.mozilla.org/en-US/docs/Web/HTTP/Guides/Evolution_of_HTTP)
    """

    code = "FD833"
    name = "http1-only"
    tip = Tip.LIVE
    severity = Severity.INFO
    bad = [Bad(APP, served=site(tls="http/1.1 alone"))]
    good = [
        Good(APP, served=site(tls="trusted")),
        Good(APP, served=site()),
        Good(APP, served=site(profile="production")),
        # A development server, and who ever deploys one has other worries.
        Good(APP, served=site(tls="adhoc")),
    ]

    def check(self, seen: Observation, known: Known) -> Iterator[LiveIssue]:  # noqa: ARG002
        """What the handshake agreed on."""
        tls = seen.tls
        if tls is None or not tls.version or tls.alpn == "h2" or tls.distrust is not None:
            return
        now = None if seen.target.loopback else Severity.INFO
        advice = "nginx: `http2 on;`. Caddy and most platforms do it by themselves."
        yield LiveIssue("https is served over HTTP/1.1 alone, without HTTP/2", "TLS", now, Severity.INFO, advice=advice)
