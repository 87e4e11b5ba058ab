"""FD822: the live session cookie verifies with a key that others know."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from flaskdoctor.finding import Severity, Tip
from flaskdoctor.probe.observation import Cookie, Observation
from flaskdoctor.project.known import Known, SigningKey
from flaskdoctor.rules.rule import Bad, Good, LiveIssue, LiveRule
from flaskdoctor.rules.served import APP, site

_MOST = 8  # cookies that are tried; an app has one or two

# Made by Flask 3.1 on 1 January 2024, each of {"user_id": 7}.
_BY_KILN = "session=eyJ1c2VyX2lkIjo3fQ.ZZKNIA.jbGzPB6Pzsbn-1v2SQg_ykhyvoY; HttpOnly; Path=/"  # "kiln-and-clay"
_BY_DEV = "session=eyJ1c2VyX2lkIjo3fQ.ZZKNIA.iqGVEdlk8SnyK6Kxf9Xz_HLEg1o; HttpOnly; Path=/"  # "dev"
_BY_DOCS = "session=eyJ1c2VyX2lkIjo3fQ.ZZKNIA.50lCr_IZTTYM19SxkDVJx9SMGAk; HttpOnly; Path=/"  # of Flask's documentation
_BY_ANOTHER = "session=eyJ1c2VyX2lkIjo3fQ.ZZKNIA.jsc8o1MlOrNcKC2FRgGu4aDxXRg; HttpOnly; Path=/"
_CONFIG = 'import os\n\n\nclass Config:\n    SECRET_KEY = os.environ.get("SECRET_KEY") or "kiln-and-clay"\n'


class SessionSignedWithCommittedKey(LiveRule):
    """The running server signs sessions with a key that stands in the repository, or that everybody knows.

    ## What it finds

    The session cookie that the server sets is checked against every key that stands in the project's code, in its env
    template, in a `.env` or `.flaskenv` that git tracks, and against some hundred that tutorials use and tools try
    first (`dev`, `secret`, `you-will-never-guess`). A match is proof: this server, now, signs with that key.

    The key is read from the file when it is tried; it is shown nowhere and kept nowhere. In production it is an
    error; on your own machine, where a key for development may well stand in the code, a warning.

    ## Why it matters

    FD301 and FD302 say that a key stands in the code. This says that it is *in use*: the variable that should have
    replaced it is not set where this server runs. Whoever read the repository can now make a session of their own,

    ```console
    $ flask-unsign --sign --secret '..' --cookie "{'_user_id': '1', '_fresh': True}"
    ```

    and is user 1, without a password and without a trace in the log. With Flask-Login's remember cookie,
    password-reset links made with itsdangerous and Flask-WTF's tokens it is the same key and the same story.

    ## What to do instead

    Make a key, and give it to the server's environment, not to the code:

    ```console
    $ python -c 'import secrets; print(secrets.token_hex())'
    ```

    ```python
    SECRET_KEY = os.environ["SECRET_KEY"]       # no fallback: without the key the server does not start
    ```

    `flask run` loads `.env` (with python-dotenv installed); gunicorn, uWSGI and celery do not: there it is
    `EnvironmentFile=` of systemd, `env_file:` of compose, or `load_dotenv()` before the configuration is imported.

    The new key ends all sessions. On Flask 3.1 the old one may stay in `SECRET_KEY_FALLBACKS` so that nobody has to
    log in again, but not this one: it would go on being accepted from those who know it.

    ## References

    - [Flask: SECRET_KEY](https://flask.palletsprojects.com/en/stable/config/#SECRET_KEY)
    - [flask-unsign](https://github.com/Paradoxis/Flask-Unsign), the tool that does this from outside
    - [CWE-321: use of hard-coded cryptographic key](https://cwe.mitre.org/data/definitions/321.html)
    """

    code = "FD822"
    name = "session-signed-with-committed-key"
    tip = Tip.LIVE
    severity = Severity.ERROR
    bad = [
        Bad({"config.py": _CONFIG, "app.py": APP}, served=site(("Set-Cookie", _BY_KILN), profile="production")),
        Bad(
            'from flask import Flask\n\nKEY = "kiln-and-clay"\n\napp = Flask(__name__)\n'
            "app.secret_key = KEY.encode()\n",
            served=site(("Set-Cookie", _BY_KILN)),
        ),
        Bad({"app.py": APP, ".env.example": "SECRET_KEY=kiln-and-clay\n"}, served=site(("Set-Cookie", _BY_KILN))),
        Bad(
            {"app.py": APP, ".env": "FLASK_SECRET_KEY='kiln-and-clay'\n", "#git": "track:.env"},
            served=site(("Set-Cookie", _BY_KILN)),
        ),
        # Known to everybody, and in no file of the project.
        Bad(APP, served=site(("Set-Cookie", _BY_DEV))),
        Bad(APP, served=site(("Set-Cookie", _BY_DOCS), profile="production")),
    ]
    good = [
        # A key in the code that this server does not use.
        Good({"config.py": _CONFIG, "app.py": APP}, served=site(("Set-Cookie", _BY_ANOTHER))),
        # A .env that is nobody else's is where the key belongs.
        Good(
            {"app.py": APP, ".env": "SECRET_KEY=kiln-and-clay\n", ".gitignore": ".env\n", "#git": "init"},
            served=site(("Set-Cookie", _BY_KILN)),
        ),
        Good({"app.py": APP, ".env": "SECRET_KEY=kiln-and-clay\n"}, served=site(("Set-Cookie", _BY_KILN))),
        # A session that is no Flask session, and a page that sets none.
        Good({"config.py": _CONFIG, "app.py": APP}, served=site(("Set-Cookie", "session=kiln-and-clay"))),
        Good({"config.py": _CONFIG, "app.py": APP}, served=site(profile="production")),
        # The key of something else.
        Good({"app.py": APP + 'API_KEY = "kiln-and-clay"\n'}, served=site(("Set-Cookie", _BY_KILN))),
    ]

    def check(self, seen: Observation, known: Known) -> Iterator[LiveIssue]:
        """The first key that a session cookie verifies with."""
        signed = {cookie.name: cookie for cookie in seen.cookies if cookie.session and cookie.session.kind == "signed"}
        keys = known.signing_keys() if signed else ()  # reads the project's files
        for cookie in list(signed.values())[:_MOST]:
            issue = _tried(cookie, keys)
            if issue is not None:
                yield issue


def _tried(cookie: Cookie, keys: Iterable[SigningKey]) -> LiveIssue | None:
    from flaskdoctor.probe.session_cookie import signed_with

    for key in keys:
        if signed_with(cookie.value.reveal(), key.value.reveal()):
            which = "a key that everybody knows" if key.where is None else "this key"
            who = "anybody" if key.where is None else "whoever reads it"
            return LiveIssue(
                f"The running server signs sessions with {which}: {who} can be any user",
                f"cookie {cookie.name}",
                Severity.WARNING,
                Severity.ERROR,
                location=key.where,
                advice="Set `SECRET_KEY` in the server's environment, and take the literal out.",
            )
    return None
