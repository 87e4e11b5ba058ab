"""FD811: no Strict-Transport-Security."""

from __future__ import annotations

from collections.abc import Iterator

from flaskdoctor.finding import Severity, Tip
from flaskdoctor.probe.observation import Answer, Observation
from flaskdoctor.project.known import Known
from flaskdoctor.rules.answers import any_witness
from flaskdoctor.rules.rule import Bad, Good, LiveIssue, LiveRule, Served
from flaskdoctor.rules.served import APP, api, page, site

_NAME = "Strict-Transport-Security"
# An app that sets these has a hook or an extension, which may rightly keep HSTS for https.
_SET_BY_HOOKS = ("Content-Security-Policy", "X-Content-Type-Options", "Content-Security-Policy-Report-Only")


class MissingHsts(LiveRule):
    """No Strict-Transport-Security: the first request of each visit can still go over plain HTTP.

    ## What it finds

    Over https: an answer without `Strict-Transport-Security`. Over plain HTTP the header means nothing (RFC 6797
    forbids to send it there, and browsers ignore it), so there its lack is only told as what would be wrong in
    production, and only where the app sets no security headers at all. It is never held against a server on your own
    machine. With `https = "proxy"` in the settings only https is judged: what the proxy adds is not to be seen without.

    ## Why it matters

    People type `shop.example`, and the browser tries http first or follows an old link. On a hotel's network whoever
    answers that request decides what the visitor sees: a copy of your login, without a certificate warning. A
    redirect to https does not help, for it is that very request that is answered by somebody else. After one visit
    with HSTS the browser goes to https by itself, and certificate errors can no longer be clicked away.

    ## What to do instead

    Send it where TLS ends (nginx, Caddy, the platform) or from the app; it does no harm on http:

    ```python
    @app.after_request
    def set_security_headers(response):
        if not current_app.debug:
            response.headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
        return response
    ```

    - Begin with a small `max-age` (300), and go to a year when all works: there is no taking it back before it
      expires, except by sending `max-age=0` over https.
    - `includeSubDomains` only when every subdomain has a certificate.
    - Never on `localhost`: the browser would force https on every project that you ever run there. That is why the
      hook asks for `debug`.
    - Do not tie it to `request.is_secure`: behind a proxy without ProxyFix that is always False.

    ## References

    - [Flask: HTTP Strict Transport Security](https://flask.palletsprojects.com/en/stable/web-security/#http-strict-transport-security-hsts)
    - [RFC 6797](https://www.rfc-editor.org/rfc/rfc6797)
    - [MDN: Strict-Transport-Security](https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Strict-Transport-Security)
    """

    code = "FD811"
    name = "missing-hsts"
    tip = Tip.LIVE
    severity = Severity.WARNING
    bad = [
        Bad(APP, served=site(profile="production")),
        Bad(APP, served=api(profile="production")),
    ]
    good = [
        # On a developer's machine.
        Good(APP, served=site()),
        Good(APP, served=api()),
        Good(APP, served=site((_NAME, "max-age=31536000"), profile="production")),
        # Held back for https, as the RFC asks: what this app sends there cannot be told from here.
        Good(APP, served=site(("X-Content-Type-Options", "nosniff"), profile="production")),
        Good(APP, served=Served({"/": page(("Location", "https://kiln.example/"), status=301)}, "production")),
    ]

    def check(self, seen: Observation, known: Known) -> Iterator[LiveIssue]:
        """An https answer without it, or a plain one of an app that sets no header of the kind."""
        witness = any_witness(seen)
        if witness is None or any(answer.has(_NAME) for answer in _answers(seen)):
            return
        secure = seen.target.scheme == "https"
        if not secure and known.tls_at_proxy:
            return
        if not secure and any(answer.has(name) for answer in _answers(seen) for name in _SET_BY_HOOKS):
            return
        message = f"No {_NAME}: a visit can begin over plain HTTP"
        advice = "`max-age=31536000`, where TLS ends or in an `after_request` hook; never while `debug` is on."
        now = None if seen.target.loopback or not secure else witness.production
        yield LiveIssue(message, _NAME, now, witness.production, advice=advice)


def _answers(seen: Observation) -> list[Answer]:
    return [answer for answer in (seen.page, seen.options, seen.missing) if answer is not None and answer.status]
