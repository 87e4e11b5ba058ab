"""Logins that stand in URLs (``scheme://user:password@host``): what they are, and how much they give away."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from flaskdoctor.patterns import lazy
from flaskdoctor.project.secrecy.secretnames import is_filler, is_placeholder, is_templated

_URL = lazy(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<authority>[^\s/?#\"'<>`]*@[^\s/?#\"'<>`,;)]*)(?P<rest>[^\s\"'<>`]*)"
)
# A slash in the password: SQLAlchemy and Celery take it, a browser would not.
_SLASHED = lazy(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)(?<!http)(?<!https)(?<!ws)(?<!wss)://"
    r"(?P<authority>[^\s/:@\"'<>`]*:(?!\d+/)[^\s/@\"'<>`]*/[^\s@\"'<>`]*@[^\s/?#\"'<>`,;)]*)(?P<rest>[^\s\"'<>`]*)"
)
_HOST = lazy(r"(?P<name>\[[0-9A-Fa-f:.]*\]|[A-Za-z0-9._-]*)(?::[^:]*)?\Z")
_FILLED_IN = lazy(r"[{}<>•]|%s|%r|%\(\w+\)s|\$[A-Z_({]|\A\*+\Z|\A\.{2,}\Z")
_NO_PASSWORD = "x-oauth-basic"  # GitHub's, where the token is the user
_PATTERN = lazy(r"\[\^|\(\?|\\[wWsSdDb]|[.\])][*+]")  # a regular expression about URLs
_LOCAL = frozenset(("localhost", "127.0.0.1", "[::1]", "0.0.0.0", "host.docker.internal"))
_PRIVATE = lazy(r"10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|169\.254\.|127\.")
_EXAMPLE = lazy(
    r"(?:.*\.)?(?:example|invalid|test)(?:\.(?:com|org|net|edu))?|(?:my|your|some|the)?-?(?:host|server|domain)(?:-?name)?(?:\..*)?"
)
_OWN_NAMES = frozenset(
    ("user", "username", "usr", "login", "name", "pass", "password", "passwd", "pwd", "pw", "secret")
)


class UrlLogin(NamedTuple):
    """A user and a password in a URL. ``host`` is "" where it is put in elsewhere, or none is there."""

    scheme: str
    user: str
    password: str
    host: str
    certain: bool  # whether the host surely is no piece of the password

    def __repr__(self) -> str:
        """Never the login: a traceback or a log may show this."""
        return f"UrlLogin({self.scheme!r})"

    @property
    def reach(self) -> str:
        """From where the host can be reached: "here" (this machine, or one of a compose file), "inside" (a private
        network), "unknown" (put in elsewhere) or "anywhere"."""
        host = self.host.lower()
        if not host:
            return "unknown"
        if host in _LOCAL or host.endswith(".localhost") or ("." not in host and not host.startswith("[")):
            return "here"
        if host.startswith("127."):
            return "here"
        if _PRIVATE.match(host) or host.endswith((".local", ".internal", ".lan", ".intranet", ".home")):
            return "inside"
        return "anywhere"

    @property
    def placeholder(self) -> bool:
        """Whether the login only says that one belongs here: ``user:password@host``, ``<user>:<password>@..``."""
        if self.host and not self.host.strip(".-_"):
            return True  # ``http://user:pass@...:3128``
        if is_placeholder(self.password) or is_templated(self.password) or _EXAMPLE.fullmatch(self.host.lower()):
            return True
        if self.password.lower().startswith("your"):
            return True
        if self.password.lower() not in _OWN_NAMES:
            return False
        return self.user.lower() in _OWN_NAMES or (self.reach != "anywhere" and is_filler(self.user, *_OWN_NAMES))


def logins(text: str) -> Iterator[UrlLogin]:
    """The logins in the URLs of a text whose password is written there, not put in from elsewhere."""
    if "://" not in text or "@" not in text:
        return
    for found in (*_URL.finditer(text), *_SLASHED.finditer(text)):
        login, _, place = found["authority"].rpartition("@")
        user, colon, password = login.partition(":")
        host = _HOST.match(place)
        if not colon or not password or _FILLED_IN.search(password) or _PATTERN.search(found[0]):
            continue
        if password == _NO_PASSWORD and _FILLED_IN.search(user):
            continue
        yield UrlLogin(
            found["scheme"],
            user,
            password,
            host["name"] if host else "",
            "@" not in found["rest"] and "@" not in login,
        )
