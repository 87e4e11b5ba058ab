"""FD830: plain HTTP is answered, not sent on to https."""

from __future__ import annotations

from collections.abc import Iterator

from flaskdoctor.finding import Severity, Tip
from flaskdoctor.probe.observation import Answer, Observation, State
from flaskdoctor.project.known import Known
from flaskdoctor.rules.rule import Bad, Good, LiveIssue, LiveRule, Served
from flaskdoctor.rules.served import APP, page, site
from flaskdoctor.visible import shortened

_REFUSED = (400, 403, 421, 426)  # a server that wants no plain HTTP says so


class NoHttpsRedirect(LiveRule):
    """Plain HTTP is answered with the site, not with a redirect to https.

    ## What it finds

    `GET /` over `http://` is answered with a page, or with a redirect that stays on plain HTTP. Where `--url` names
    `https://` without a port, plain HTTP at the same host (port 80) is asked as well; nobody listening there is fine.

    It counts in production: on your own machine there is no https to go to.

    ## Why it matters

    People type the name without a scheme, old links say `http://`, and a certificate protects none of these visits:
    what is typed into the login form crosses the café's network as text, and so does the session cookie, if it is not
    `Secure`. HSTS cannot help either, for browsers ignore the header over plain HTTP: without the redirect nobody ever
    arrives where it counts.

    ## What to do instead

    Redirect where TLS ends, so that the app never sees plain HTTP. nginx:

    ```nginx
    server {
        listen 80;
        server_name shop.example;
        return 301 https://$host$request_uri;
    }
    ```

    Caddy does it by itself; Heroku, Fly and Render have a switch for it (`force_https`). In the app itself only where
    nothing stands in front of it, or behind ProxyFix, or every request is redirected for ever:

    ```python
    @app.before_request
    def to_https():
        if not request.is_secure and not current_app.debug:
            return redirect(request.url.replace("http://", "https://", 1), 308)
    ```

    `TRUSTED_HOSTS` (FD842) keeps that redirect from leading wherever the request says. Then add HSTS (FD811), which
    leaves only the very first visit to this redirect.

    ## References

    - [Flask: tell Flask it is behind a proxy](https://flask.palletsprojects.com/en/stable/deploying/proxy_fix/)
    - [MDN: HTTP redirection](https://developer.mozilla.org/en-US/docs/Web/Security/Practical_implementation_guides/TLS#http_redirection)
    - [OWASP: Transport Layer Security cheat sheet](https://cheatsheetseries.owasp.org/cheatsheets/Transport_Layer_Security_Cheat_Sheet.html)
    """

    code = "FD830"
    name = "no-https-redirect"
    tip = Tip.LIVE
    severity = Severity.WARNING
    bad = [
        Bad(APP, served=site(profile="production")),
        # A redirect that stays where it is.
        Bad(APP, served=Served({"/": page(("Location", "/login"), status=302)}, "production")),
        Bad(APP, served=Served({"/": page(("Location", "http://www.kiln.example/"), status=301)}, "production")),
        Bad(APP, served=Served({"/": page(status=401)}, "production")),
    ]
    good = [
        Good(APP, served=site()),
        Good(APP, served=Served({"/": page(("Location", "https://kiln.example/"), status=301)}, "production")),
        Good(APP, served=Served({"/": page(("Location", "HTTPS://kiln.example/"), status=308)}, "production")),
        # The settings say that TLS ends at a proxy in front of what was asked here.
        Good(
            {"app.py": APP, "flaskdoctor.toml": 'https = "proxy"\n'},
            served=Served({"/": page(status=200)}, "production"),
        ),
        # A server that wants no plain HTTP and says so.
        Good(APP, served=Served({"/": page(status=426)}, "production")),
        # One that fails says nothing about it.
        Good(APP, served=Served({"/": page(status=500)}, "production")),
        Good(APP, served=site(profile="production", tls="trusted")),
    ]

    def check(self, seen: Observation, known: Known) -> Iterator[LiveIssue]:
        """The plain answer."""
        if seen.target.scheme == "http" and known.tls_at_proxy:
            return  # this is the server behind the proxy, whose own task the redirect is
        answer = seen.page if seen.target.scheme == "http" else seen.plain
        if answer is None or seen.state is not State.UP or not _stays(answer):
            return
        how = f"with a redirect to {_short(answer)}" if 300 <= answer.status < 400 else f"with {answer.status}"
        message = f"Plain HTTP is answered {how}, not with a redirect to https"
        now = None if seen.target.loopback else Severity.WARNING
        advice = "Redirect where TLS ends: nginx `return 301 https://$host$request_uri;`."
        yield LiveIssue(message, "https redirect", now, Severity.WARNING, advice=advice)


def _stays(answer: Answer) -> bool:
    if not answer.status or answer.status >= 500 or answer.status in _REFUSED:
        return False
    return not (300 <= answer.status < 400 and _location(answer).lower().startswith("https://"))


def _location(answer: Answer) -> str:
    return (answer.header("Location") or "").strip()


def _short(answer: Answer) -> str:
    return shortened(_location(answer).partition("?")[0] or "nowhere", 60)
