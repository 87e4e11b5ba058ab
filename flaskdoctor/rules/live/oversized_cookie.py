"""FD823: a cookie that is too large for browsers."""

from __future__ import annotations

from collections.abc import Iterator

from flaskdoctor.finding import Severity, Tip
from flaskdoctor.probe.observation import Observation
from flaskdoctor.project.known import Known
from flaskdoctor.rules.rule import Bad, Good, LiveIssue, LiveRule, Served
from flaskdoctor.rules.served import APP, page, site

_LIMIT = 4093  # bytes: what Werkzeug takes as the limit of all browsers (``max_cookie_size``)
_LARGE = "session=" + "k" * 4100 + "; HttpOnly; SameSite=Lax; Path=/"
_FITS = "session=" + "k" * 3900 + "; HttpOnly; SameSite=Lax; Path=/"


class OversizedCookie(LiveRule):
    """A cookie is larger than browsers keep: they drop it without a word.

    ## What it finds

    A `Set-Cookie` of more than 4093 bytes, name, value and attributes together. The response is sent all the same;
    Werkzeug warns in the server's log ("The 'session' cookie is too large").

    ## Why it matters

    The browser ignores the cookie and keeps the old one, or none. For a session that means: the last change is lost,
    the user is logged out, or a form answers "CSRF session token is missing", for exactly those who have put much
    into it, and never on a developer's machine. And each request carries the cookie up again; nginx answers 400 when
    the line with all cookies gets larger than 8 KB.

    Usual contents: a basket with whole products instead of their ids, a pandas frame, flashed messages that no
    template ever shows, the tokens of an OAuth provider.

    ## What to do instead

    Keep ids in the session and look up the rest:

    ```python
    session["basket"] = {str(product.id): count}        # not the products
    ```

    Render `get_flashed_messages()` in the base template, so that they leave the session. Where much has to be kept,
    move the session to the server: Flask-Session has an id in the cookie and the content in Redis, a database or
    files.

    ## References

    - [Werkzeug: max_cookie_size](https://werkzeug.palletsprojects.com/en/stable/wrappers/#werkzeug.wrappers.Response.max_cookie_size)
    - [Flask: MAX_COOKIE_SIZE](https://flask.palletsprojects.com/en/stable/config/#MAX_COOKIE_SIZE)
    - [Flask-Session](https://flask-session.readthedocs.io/en/latest/)
    """

    code = "FD823"
    name = "oversized-cookie"
    tip = Tip.LIVE
    severity = Severity.WARNING
    bad = [
        Bad(APP, served=site(("Set-Cookie", _LARGE))),
        Bad(APP, served=Served({"/": page(("Set-Cookie", "theme=dark"), ("Set-Cookie", _LARGE))}, "production")),
    ]
    good = [
        Good(APP, served=site(("Set-Cookie", _FITS))),
        Good(APP, served=site(("Set-Cookie", "session=kiln; Secure; HttpOnly; SameSite=Lax"), profile="production")),
        # Each small by itself.
        Good(APP, served=site(("Set-Cookie", _FITS), ("Set-Cookie", _FITS.replace("session", "basket")))),
    ]

    def check(self, seen: Observation, known: Known) -> Iterator[LiveIssue]:  # noqa: ARG002
        """Each cookie once."""
        large = {cookie.name: cookie for cookie in seen.cookies if cookie.size > _LIMIT}
        for cookie in large.values():
            yield LiveIssue(
                f"Cookie {cookie.name} has {cookie.size} bytes: browsers drop what is over {_LIMIT}",
                f"cookie {cookie.name}",
                Severity.WARNING,
                Severity.WARNING,
                advice="Keep ids in the session, and the rest on the server.",
            )
