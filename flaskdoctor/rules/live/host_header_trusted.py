"""FD842: the app believes whatever host a request names."""

from __future__ import annotations

from collections.abc import Iterator

from flaskdoctor.finding import Severity, Tip
from flaskdoctor.probe.observation import Observation
from flaskdoctor.project.known import Known
from flaskdoctor.rules.rule import Bad, Good, LiveIssue, LiveRule, Reply, Served
from flaskdoctor.rules.served import APP, page, site

SLASHED = APP + '\n\n@app.get("/kilns/")\ndef kilns():\n    return []\n'


def kilns(redirect: Reply, profile: str = "production") -> Served:
    """A server of that app, which answers ``/kilns`` like this."""
    return site(profile=profile, others={"/kilns/": page(("Allow", "GET, HEAD, OPTIONS")), "/kilns": redirect})


class HostHeaderTrusted(LiveRule):
    """The app believes the `Host` of a request, and makes links of it that lead to somebody else's site.

    ## What it finds

    For a rule that ends with a slash (`/kilns/`) Flask redirects `/kilns` there by itself, with the host that the
    request named. `OPTIONS /kilns` with `Host: evil.example` is sent; answered with a redirect to `evil.example`, the
    host is trusted. No view runs.

    It counts in production. On your own machine nobody names another host.

    ## Why it matters

    `url_for(.., _external=True)`, `request.host_url` and `request.url` are made of that header:

    - somebody asks for a new password **for your user** with `Host: evil.example`: the mail that your app then sends
      has your text, your sender, and a link with the token that leads to evil.example;
    - a cache in front that keeps such an answer hands it out to everybody;
    - a check of `request.host` ("only from the admin's host") is passed by whoever writes it.

    ## What to do instead

    Say which hosts there are. Flask 3.1 and newer, in the configuration for production:

    ```python
    TRUSTED_HOSTS = ["shop.example", "www.shop.example"]      # ".shop.example": all below it too
    ```

    Any other is answered with 400. Before 3.1, where nothing looks at the list until somebody asks for the host:

    ```python
    app.request_class.trusted_hosts = ["shop.example"]

    @app.before_request
    def known_host():
        request.host            # raises SecurityError, which is answered with 400
    ```

    Or refuse them in front of the app, so that they never arrive. nginx:

    ```nginx
    server { listen 443 ssl default_server; ssl_reject_handshake on; }
    server { listen 443 ssl; server_name shop.example; ... }
    ```

    `SERVER_NAME` does not do it: since Flask 3.1 it restricts nothing. For links in mails, take the host from the
    configuration in any case.

    ## References

    - [Flask: TRUSTED_HOSTS](https://flask.palletsprojects.com/en/stable/config/#TRUSTED_HOSTS)
    - [PortSwigger: HTTP Host header attacks](https://portswigger.net/web-security/host-header)
    - [Django: host header validation](https://docs.djangoproject.com/en/stable/topics/security/#host-header-validation)
    """

    code = "FD842"
    name = "host-header-trusted"
    tip = Tip.LIVE
    severity = Severity.WARNING
    bad = [Bad(SLASHED, served=kilns(page(("Location", "http://{host}/kilns/"), status=308)))]
    good = [
        # On a developer's machine.
        Good(SLASHED, served=kilns(page(("Location", "http://{host}/kilns/"), status=308), profile="")),
        # A redirect that names no host, or always the same.
        Good(SLASHED, served=kilns(page(("Location", "/kilns/"), status=308))),
        Good(SLASHED, served=kilns(page(("Location", "https://kiln.example/kilns/"), status=308))),
        # The host in the query of a redirect is no redirect to it.
        Good(SLASHED, served=kilns(page(("Location", "https://kiln.example/login?next={host}"), status=302))),
        Good(SLASHED, served=kilns(page(status=400, body="<h1>Bad Request</h1>"))),
        # No rule that could tell.
        Good(APP, served=kilns(page(("Location", "http://{host}/kilns/"), status=308))),
        Good(SLASHED, served=Served(state="down", profile="production")),
    ]

    def check(self, seen: Observation, known: Known) -> Iterator[LiveIssue]:  # noqa: ARG002
        """A redirect that leads where the request said."""
        foreign = seen.foreign
        if foreign is None or not foreign.host:
            return
        now = None if seen.target.loopback else Severity.WARNING
        yield LiveIssue(
            f"The Host of a request is believed: {foreign.path} redirects to whatever host it names",
            "Host",
            now,
            Severity.WARNING,
            path=foreign.path,
            advice='`TRUSTED_HOSTS = ["shop.example"]` in the configuration for production (Flask 3.1).',
        )
