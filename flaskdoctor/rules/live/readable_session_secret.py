"""FD821: the session cookie holds a secret, and everybody who has it reads it."""

from __future__ import annotations

from collections.abc import Iterator

from flaskdoctor.finding import Severity, Tip
from flaskdoctor.probe.observation import Observation
from flaskdoctor.project.known import Known
from flaskdoctor.rules.rule import Bad, Good, LiveIssue, LiveRule
from flaskdoctor.rules.served import APP, site

# Made by Flask 3.1 with an example's key on 1 January 2024.
_USER = "session=eyJ1c2VyX2lkIjo3fQ.ZZKNIA.jsc8o1MlOrNcKC2FRgGu4aDxXRg; HttpOnly; Path=/"  # {"user_id": 7}
_PASSWORD = (  # {"password": .., "user_id": 7}
    "session=eyJ1c2VyX2lkIjo3LCJwYXNzd29yZCI6InRlYXBvdC1saWQtMjAxOSJ9.ZZKNIA.UW1tXQ1Q-34EZDjiylJv4i6VTrc; Path=/"
)
_NESTED = (  # {"shop": {"api_token": ..}}
    "session=eyJzaG9wIjp7ImFwaV90b2tlbiI6ImNsYXktNDcxMS1raWxuLTA4MTUtbGlkIn19.ZZKNIA."
    "5_MGif0REZTc_cCLfhJ3d5cPDHg; Path=/"
)
_LOGGED_IN = (  # what Flask-Login and Flask-WTF keep there, compressed
    "session=.eJyrVoovLU4tis9MUbJSMlfSUYpPK0otzlCyKikqTdVRSi4uSosvyc9OzQNKW6SZpBKDlWoBvoQbXw.ZZKNIA."
    "oFQ08sN67jb9TNRvDAZ2qkmFMAU; HttpOnly; Path=/"
)


class ReadableSessionSecret(LiveRule):
    """The session cookie holds a password or a token, in a form that everybody who has the cookie can read.

    ## What it finds

    The session cookie that the running server sets, decoded without any key, where a key in it is called `password`,
    `token`, `secret`, `api_key` and the like, or a value has the form of a provider's token. Values are never shown.

    `csrf_token`, and what Flask-Login keeps there (`_user_id`, `_fresh`, `_id`), are meant to be there. A server-side
    session (Flask-Session) has an id in the cookie only, and nothing to read.

    ## Why it matters

    Flask's session is **signed, not encrypted**. The signature keeps the visitor from changing it; reading needs no
    key:

    ```python
    >>> import base64, json
    >>> payload = cookie.split(".")[0]          # a cookie that begins with a dot is zlib-compressed besides
    >>> json.loads(base64.urlsafe_b64decode(payload + "=="))
    {'password': ..., 'user_id': 7}
    ```

    So the secret stands in the visitor's browser profile, in synced and backed-up profiles, in every proxy and access
    log that keeps cookies, and in the reach of any browser extension. An OAuth token there hands over the account at
    the provider, not only the one at your app.

    ## What to do instead

    Keep the secret on the server and an id in the session:

    ```python
    session["user_id"] = user.id
    user.github_token = token          # in the database, or a cache with an expiry
    ```

    or move the whole session to the server with Flask-Session (`SESSION_TYPE = "redis"`, `Session(app)`); the code
    that uses `session` stays as it is. Then change the secrets that were in cookies: they have been handed out.

    FD201 finds the line that writes it, where it is written in your own code.

    ## References

    - [Flask: sessions](https://flask.palletsprojects.com/en/stable/quickstart/#sessions)
    - [Flask-Session](https://flask-session.readthedocs.io/en/latest/)
    - [CWE-315: cleartext storage of sensitive information in a cookie](https://cwe.mitre.org/data/definitions/315.html)
    """

    code = "FD821"
    name = "readable-session-secret"
    tip = Tip.LIVE
    severity = Severity.ERROR
    bad = [
        Bad(APP, served=site(("Set-Cookie", _PASSWORD))),
        Bad(APP, served=site(("Set-Cookie", _NESTED), profile="production")),
    ]
    good = [
        Good(APP, served=site(("Set-Cookie", _USER))),
        Good(APP, served=site(("Set-Cookie", _LOGGED_IN), profile="production")),
        # A server-side session, and a cookie that only looks a little like one.
        Good(APP, served=site(("Set-Cookie", "session=9b1fe1c6-4f0e-4b1e-9d6c-7f2f3f1f7c55; HttpOnly"))),
        Good(APP, served=site(("Set-Cookie", "session=password.token.secret; HttpOnly"))),
        Good(APP, served=site(profile="production")),
    ]

    def check(self, seen: Observation, known: Known) -> Iterator[LiveIssue]:  # noqa: ARG002
        """Each session cookie once, with the keys that should not be in it."""
        done: set[str] = set()
        for cookie in seen.cookies:
            items = [item for item in cookie.session.items if item.sensitive] if cookie.session is not None else []
            if not items or cookie.name in done:
                continue
            done.add(cookie.name)
            names = ", ".join(_shown(item.key) for item in items[:3])
            more = f" and {len(items) - 3} more" if len(items) > 3 else ""
            yield LiveIssue(
                f"The session cookie holds {names}{more}: everybody who has it can read that",
                f"cookie {cookie.name}",
                Severity.ERROR,
                Severity.ERROR,
                advice=f"Given away by {items[0].sensitive}. Keep it on the server, and an id in the session.",
            )


def _shown(key: str) -> str:
    """A key of the session, where it is a name; what else stands there may be a secret by itself."""
    from flaskdoctor.probe.session_cookie import is_plain_name

    return f'"{key}"' if is_plain_name(key) else "a long key"
