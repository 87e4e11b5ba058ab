"""FD817: answers that tell which version of what runs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from flaskdoctor.finding import Severity, Tip
from flaskdoctor.probe.observation import Observation, State
from flaskdoctor.project.known import Known
from flaskdoctor.rules.rule import Bad, Good, LiveIssue, LiveRule, Served
from flaskdoctor.rules.served import APP, page, site

_VERSION = re.compile(r"/\s*v?\d|\d+\.\d+")
_LONGEST = 60


class ServerBanner(LiveRule):
    """Answers tell which program serves them, and in which version.

    ## What it finds

    `Server` with a version (`nginx/1.18.0`, `Apache/2.4.57`, `Werkzeug/3.1.3 Python/3.12.4`) and `X-Powered-By`.
    Information, and in production only: on your own machine the development server says so in every answer, and
    that is fine. `gunicorn`, `nginx` or `Caddy` without a number are not reported.

    ## Why it matters

    Not much by itself: hiding a version closes no hole. But when one becomes known, scanners find the servers to try
    by exactly these lines. And `Werkzeug/.. Python/..` in production says more than a version: the development server
    answers there, which is made for one developer, not for traffic.

    ## What to do instead

    - `Werkzeug/..`: run the app with a WSGI server, `gunicorn "shop:create_app()"` (on Windows `waitress-serve`).
    - nginx: `server_tokens off;` leaves `Server: nginx`.
    - Apache: `ServerTokens Prod`. gunicorn has told no version since 20, waitress tells none.
    - `X-Powered-By`: drop it where it is set, mostly an `after_request` hook or the proxy.

    An `after_request` hook cannot take the `Server` header away: the server writes it after Flask is done.

    ## References

    - [Flask: deploying to production](https://flask.palletsprojects.com/en/stable/deploying/)
    - [nginx: server_tokens](https://nginx.org/en/docs/http/ngx_http_core_module.html#server_tokens)
    - [OWASP: fingerprint web server](https://owasp.org/www-project-web-security-testing-guide/stable/4-Web_Application_Security_Testing/01-Information_Gathering/02-Fingerprint_Web_Server)
    """

    code = "FD817"
    name = "server-banner"
    tip = Tip.LIVE
    severity = Severity.INFO
    bad = [
        Bad(APP, served=site(("Server", "Werkzeug/3.1.3 Python/3.12.4"), profile="production")),
        Bad(APP, served=site(("Server", "nginx/1.18.0"), ("X-Powered-By", "Kiln"), profile="production"), hits=2),
    ]
    good = [
        Good(APP, served=site(("Server", "Werkzeug/3.1.3 Python/3.12.4"))),
        Good(APP, served=site(("Server", "gunicorn"), profile="production")),
        Good(APP, served=site(("Server", "cloudflare"), profile="production")),
        Good(APP, served=Served({"/": page(("Server", "nginx/1.18.0"), status=502)}, "production")),
    ]

    def check(self, seen: Observation, known: Known) -> Iterator[LiveIssue]:  # noqa: ARG002
        """A version in ``Server``, anything in ``X-Powered-By``."""
        answer = seen.answer
        if seen.state is not State.UP or answer is None:
            return
        server = (answer.header("Server") or "").strip(" ,")[:_LONGEST]
        if server.startswith("Werkzeug/"):
            message = f"The development server answers here: {server}"
            yield LiveIssue(message, "Server", None, Severity.INFO, advice="Deploy with gunicorn or waitress.")
        elif _VERSION.search(server):
            message = f"Server tells the version: {server}"
            yield LiveIssue(message, "Server", None, Severity.INFO, advice="nginx: `server_tokens off;`.")
        powered = (answer.header("X-Powered-By") or "").strip()[:_LONGEST]
        if powered:
            message = f"X-Powered-By tells what the app is made with: {powered}"
            yield LiveIssue(message, "X-Powered-By", None, Severity.INFO, advice="Do not send it.")
