"""FD820: cookies without the attributes that keep them where they belong."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from flaskdoctor.finding import Severity, Tip
from flaskdoctor.probe.observation import Cookie, Observation
from flaskdoctor.project.known import Known
from flaskdoctor.project.secrecy.secretnames import words
from flaskdoctor.rules.rule import Bad, Good, LiveIssue, LiveRule, Served
from flaskdoctor.rules.served import APP, page, site

# The words of the names of cookies that log somebody in; those for scripts are read by scripts.
_LOGIN = frozenset(("session", "sessionid", "sid", "auth", "token", "jwt", "remember", "login", "sso", "identity"))
_FOR_SCRIPTS = frozenset(("csrf", "xsrf", "csrftoken", "xsrftoken", "consent"))


class CookieFlags(LiveRule):
    """A cookie is set without HttpOnly, SameSite or Secure.

    ## What it finds

    In the answers to `GET /`, `OPTIONS /` and a page that does not exist, for cookies that log somebody in
    (`session`, `remember_token`, `access_token_cookie`, ..):

    - no **HttpOnly**: a warning here and in production;
    - no **SameSite**: information on your own machine, a warning in production; so is `SameSite=None` without
      `Secure`, which browsers throw away, and that is a warning everywhere;
    - no **Secure**: in production or over https. On your own machine, over plain HTTP, it is right to be missing.

    Other cookies (a theme, a language) are information, and in production only. Cookies for scripts (`csrf_token`,
    `XSRF-TOKEN`) need no HttpOnly, and one that is deleted needs nothing.

    A session cookie is set only when something is in the session. If `GET /` puts nothing there, nothing is found
    here, and FD705 looks at the settings.

    ## Why it matters

    - Without **HttpOnly** one injected script sends the session to somebody else, who is then that user.
    - Without **SameSite** a form on another site can post to yours with the visitor's session. Chrome treats a
      missing one as `Lax`, with an exception for the first two minutes; Safari and Firefox do not.
    - Without **Secure** the browser also sends the cookie over plain HTTP: one image with an `http://` address of
      yours on any page is enough for whoever listens on the network.

    ## What to do instead

    Flask sets HttpOnly and nothing else by itself. In the configuration for production:

    ```python
    class ProductionConfig(Config):
        SESSION_COOKIE_SECURE = True
        SESSION_COOKIE_SAMESITE = "Lax"
        REMEMBER_COOKIE_SECURE = True           # Flask-Login has cookies of its own
        REMEMBER_COOKIE_HTTPONLY = True
        REMEMBER_COOKIE_SAMESITE = "Lax"
        JWT_COOKIE_SECURE = True                # and Flask-JWT-Extended
        JWT_COOKIE_SAMESITE = "Lax"
    ```

    `Lax` suits nearly every app; with `Strict` a link from a mail arrives logged out, and so does the way back from
    an OAuth login. For your own cookies: `response.set_cookie("theme", "dark", secure=True, samesite="Lax")`.

    With `SESSION_COOKIE_SECURE` on, a browser keeps no session over plain HTTP. Chrome and Firefox make an exception
    for `localhost`; in Safari, in curl and on a phone in your network the login seems to do nothing. So set it in the
    production configuration only.

    ## References

    - [Flask: Set-Cookie options](https://flask.palletsprojects.com/en/stable/web-security/#set-cookie-options)
    - [Flask: SESSION_COOKIE_SECURE](https://flask.palletsprojects.com/en/stable/config/#SESSION_COOKIE_SECURE)
    - [MDN: Set-Cookie](https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Set-Cookie)
    """

    code = "FD820"
    name = "cookie-flags"
    tip = Tip.LIVE
    severity = Severity.WARNING
    bad = [
        # As Flask sets it without any configuration: here SameSite, in production Secure as well.
        Bad(APP, served=site(("Set-Cookie", "session=kiln; HttpOnly; Path=/"))),
        Bad(APP, served=site(("Set-Cookie", "session=kiln; HttpOnly; Path=/"), profile="production"), hits=2),
        Bad(APP, served=site(("Set-Cookie", "remember_token=7|clay; SameSite=Lax; Path=/"))),
        Bad(APP, served=site(("Set-Cookie", "session=kiln; HttpOnly; SameSite=None; Path=/"))),
        Bad(APP, served=site(("Set-Cookie", "theme=dark; Path=/"), profile="production")),
        Bad(
            APP,
            served=site(
                ("Set-Cookie", "access_token_cookie=kiln; Path=/"),
                ("Set-Cookie", "session=clay; Secure; HttpOnly; SameSite=Lax; Path=/"),
                profile="production",
            ),
            hits=3,
        ),
    ]
    good = [
        # A session that is not sent over plain HTTP would only get in a developer's way.
        Good(APP, served=site(("Set-Cookie", "session=kiln; HttpOnly; SameSite=Lax; Path=/"))),
        Good(APP, served=site(("Set-Cookie", "session=kiln; secure; httponly; samesite=strict"), profile="production")),
        # What scripts read on purpose.
        Good(APP, served=site(("Set-Cookie", "XSRF-TOKEN=kiln; Secure; SameSite=Lax"), profile="production")),
        Good(APP, served=site(("Set-Cookie", "theme=dark; Path=/"))),
        # A cookie that is deleted.
        Good(
            APP,
            served=site(
                ("Set-Cookie", "session=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/"),
                profile="production",
            ),
        ),
        Good(APP, served=site(profile="production")),
        Good(APP, served=Served({"/": page(), "/login": page(("Set-Cookie", "session=kiln"))}, "production")),
    ]

    def check(self, seen: Observation, known: Known) -> Iterator[LiveIssue]:  # noqa: ARG002
        """Each cookie once, a finding for each attribute."""
        done: set[str] = set()
        for cookie in seen.cookies:
            if cookie.name in done or not cookie.value.reveal():
                continue
            done.add(cookie.name)
            for lack in _lacks(cookie, plain=seen.target.scheme != "https" and seen.target.loopback):
                subject = f"cookie {cookie.name}"
                yield LiveIssue(
                    f"Cookie {cookie.name} {lack.message}",
                    subject,
                    lack.now,
                    lack.production,
                    advice=_advice(cookie, lack.name),
                )


class _Lack(NamedTuple):
    name: str
    message: str
    now: Severity | None
    production: Severity | None


def _lacks(cookie: Cookie, *, plain: bool) -> Iterator[_Lack]:
    named = frozenset(words(cookie.name)) | {cookie.name.lower()}
    for_scripts = not named.isdisjoint(_FOR_SCRIPTS)
    login = not for_scripts and (cookie.session is not None or not named.isdisjoint(_LOGIN))
    warning, info = Severity.WARNING, Severity.INFO
    same_site = (cookie.same_site or "").lower()
    if same_site == "none" and not cookie.secure:
        yield _Lack("Secure", "is SameSite=None without Secure: browsers throw it away", warning, warning)
        return
    if not login:
        lacking = [name for name, there in (("Secure", cookie.secure), ("SameSite", same_site)) if not there]
        if lacking:
            yield _Lack(lacking[-1], f"has no {' and no '.join(lacking)}", None, info)
        return
    if not cookie.http_only:
        yield _Lack("HttpOnly", "has no HttpOnly: an injected script can send it away", warning, warning)
    if not same_site:
        yield _Lack("SameSite", "has no SameSite: forms of other sites are sent with it", info, warning)
    if not cookie.secure:
        message = "has no Secure: it is sent over plain HTTP as well"
        yield _Lack("Secure", message, None if plain else warning, warning)


_SETTINGS = {
    "HttpOnly": "`SESSION_COOKIE_HTTPONLY = True`",
    "SameSite": '`SESSION_COOKIE_SAMESITE = "Lax"`',
    "Secure": "`SESSION_COOKIE_SECURE = True`, in the configuration for production",
}
_ARGUMENTS = {"HttpOnly": "httponly=True", "SameSite": 'samesite="Lax"', "Secure": "secure=True"}


def _advice(cookie: Cookie, lack: str) -> str:
    if cookie.session is not None or cookie.name == "session":
        return f"{_SETTINGS[lack]}."
    if cookie.name == "remember_token":
        return f"{_SETTINGS[lack].replace('SESSION', 'REMEMBER')}."
    return f"`response.set_cookie(.., {_ARGUMENTS[lack]})`."
