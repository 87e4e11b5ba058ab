"""What one look at a running server found: plain values, no socket, no secret in any text form.

``None`` always means "not asked, or no answer": a rule says nothing about it, and the dashboard says "unknown".
"""

from __future__ import annotations

import time
from enum import Enum
from typing import NamedTuple

from flaskdoctor.finding import Location
from flaskdoctor.project.deployment.loopback import is_loopback_number
from flaskdoctor.project.secrecy.secret import Secret


class State(Enum):
    """How a server stands; the value is the word that is shown."""

    UP = "up"
    RELOADING = "reloading"  # the socket is open, nobody answers yet
    BROKEN = "broken"  # answers with an error page of Flask's development server, or 5xx on /
    DOWN = "down"  # refused
    WRONG_SERVER = "wrong server"  # HTTP, but another program's
    NOT_HTTP = "not HTTP"
    UNKNOWN = "unknown"  # ``Observation.detail`` says why: a name that does not resolve, TLS, a time-out


class Target(NamedTuple):
    """The server that is asked, and why this one.

    ``why`` is a phrase ("as named", "FLASK_RUN_PORT in .flaskenv", "Flask's usual port, a guess"); ``given`` says
    that the user named it, ``proven`` that a process of this project owns the socket. ``process`` describes that
    process ("flask run, pid 4711"), empty where it cannot be seen; ``stranger`` is the folder of another project, where
    the process works in one.
    """

    scheme: str
    host: str
    port: int
    why: str
    given: bool = False
    proven: bool = False
    process: str = ""
    stranger: str = ""

    @property
    def url(self) -> str:
        """``http://127.0.0.1:5000``, without a slash at the end; an IPv6 address in brackets."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"

    @property
    def loopback(self) -> bool:
        """Whether the host is this machine by its number or as ``localhost``; never by asking a name server."""
        return self.host == "localhost" or is_loopback_number(self.host)


class SessionItem(NamedTuple):
    """One key of a decoded session: its kind in words ("text", "number", "list of 3") and a value that may be
    shown (``••••`` where the name or the shape speaks of a secret)."""

    key: str
    kind: str
    shown: str
    sensitive: str = ""  # why it should not be in a cookie; empty: fine


class SessionContent(NamedTuple):
    """A session cookie read: ``kind`` is "signed" (Flask's own: readable by everybody who has it), "opaque" (a
    server-side session's id: nothing to read) or "unreadable" (``reason`` says why). ``age`` is seconds since it was
    signed."""

    kind: str
    items: tuple[SessionItem, ...] = ()
    age: float | None = None
    reason: str = ""


class Cookie(NamedTuple):
    """One ``Set-Cookie`` of an answer. ``size`` counts the bytes of name, value and attributes together."""

    name: str
    value: Secret[str]
    secure: bool
    http_only: bool
    same_site: str | None
    domain: str | None
    path: str | None
    size: int
    session: SessionContent | None = None  # for the cookie that looks like the app's session


class Breakage(NamedTuple):
    """Why a development server answers with an error page: "SyntaxError: '(' was never closed" and its place in
    the project, where the page names one. ``traceback`` tells whether the page shows one."""

    error: str
    location: Location | None = None
    traceback: bool = False


class Ask(NamedTuple):
    """A request that the user picked; ``body`` goes with it as JSON, or as a form where it is none ("a=1&b=2")."""

    path: str
    method: str = "GET"
    body: str = ""

    @property
    def key(self) -> str:
        """What its answer is known by."""
        return self.path if self.method == "GET" else f"{self.method} {self.path}"

    @property
    def content_type(self) -> str:
        """Of the body; empty without one."""
        if not self.body:
            return ""
        return "application/json" if self.body.lstrip()[:1] in ("{", "[", '"') else "application/x-www-form-urlencoded"


class Answer(NamedTuple):
    """A request and what came back.

    ``headers`` are in order and as sent, names included, but the values of cookies are masked. ``body`` is what
    may be shown of it, decoded, bounded, empty for an error page of the debugger (its page holds a secret).
    ``note`` says what is left out ("cut at 256 KiB", "broken gzip"). ``failure`` is why there is no answer at all
    ("timed out after 4 s", "refused"), then ``status`` is 0. ``seconds`` is the time to the headers, or that was
    waited for them. ``breakage`` is what an error page says, for a request that the user picked; ``sent`` the body that
    went with it.
    """

    method: str
    path: str
    status: int = 0
    reason: str = ""
    version: str = ""  # "HTTP/1.1"
    headers: tuple[tuple[str, str], ...] = ()
    cookies: tuple[Cookie, ...] = ()
    body: str = ""
    size: int = 0  # bytes read from the wire for the body
    note: str = ""
    seconds: float = 0.0
    failure: str = ""
    breakage: Breakage | None = None
    sent: str = ""

    @property
    def ask(self) -> Ask:
        """What was asked."""
        return Ask(self.path, self.method, self.sent)

    def header(self, name: str) -> str | None:
        """The value of a header, several joined with ", " as HTTP reads them; None where it is missing."""
        found = [value for key, value in self.headers if key.lower() == name.lower()]
        return ", ".join(found) if found else None

    def has(self, name: str) -> bool:
        """Whether the answer has a header of this name."""
        return self.header(name) is not None


class Exposed(NamedTuple):
    """A file that the server hands out and should not: ``what`` says what was recognised, names only, no value."""

    path: str  # "/.env"
    what: str  # "3 settings, SECRET_KEY among them"


class Cors(NamedTuple):
    """What a request with a foreign ``Origin`` was answered with."""

    origin: str
    reflected: bool
    any_origin: bool  # ``*``
    credentials: bool


class Foreign(NamedTuple):
    """What ``path`` (a rule's own, without its slash: Flask redirects by itself and runs no view) was answered with
    when the request named a foreign host: whether the redirect leads there, for ``Host`` and for
    ``X-Forwarded-Host``."""

    path: str
    host: bool
    forwarded: bool


class Distrust(Enum):
    """Why a certificate is not trusted."""

    EXPIRED = "expired"
    NOT_YET = "not valid yet"
    SELF_SIGNED = "self-signed"
    OTHER_HOST = "for another host"
    UNKNOWN_ISSUER = "unknown issuer"
    OTHER = "not valid"


class Certificate(NamedTuple):
    """A certificate's fields. ``subject`` and ``issuer`` are the common name, else the organization; ``names`` the
    hosts and addresses that it is for; the times are seconds since the epoch."""

    subject: str
    issuer: str
    names: tuple[str, ...]
    not_before: float
    not_after: float
    own_issuer: bool = False  # subject and issuer are the same
    adhoc: bool = False  # made by Werkzeug at the start of a development server

    @property
    def lifetime(self) -> float:
        """Seconds from its first to its last moment."""
        return self.not_after - self.not_before

    @property
    def first_day(self) -> str:
        """``2026-10-31``, in UTC."""
        return time.strftime("%Y-%m-%d", time.gmtime(self.not_before))

    @property
    def last_day(self) -> str:
        """``2027-01-31``, in UTC."""
        return time.strftime("%Y-%m-%d", time.gmtime(self.not_after))


class Tls(NamedTuple):
    """What a handshake told: ``version`` ("TLSv1.3"), ``alpn`` (what was chosen of h2 and http/1.1; empty: the server
    chose nothing), the certificate as far as it could be read. ``words`` are OpenSSL's where it is not trusted."""

    version: str
    alpn: str
    certificate: Certificate | None = None
    distrust: Distrust | None = None
    words: str = ""


class Pace(NamedTuple):
    """How fast a route answers: the middle of its samples and what 95 of 100 do not exceed, in seconds. ``last`` are
    the newest of them, in the order they came."""

    method: str
    path: str
    p50: float
    p95: float
    samples: int
    last: tuple[float, ...] = ()


class Observation(NamedTuple):
    """One look at a server. ``when`` is seconds since the epoch; ``full`` tells whether everything was asked (start,
    ``p``, ``--check --url``) or only OPTIONS.

    ``identity`` is True where the server is proven to be this project's, False where it is proven not to be, None
    where that cannot be told; ``identity_why`` is the phrase for it.
    """

    target: Target
    when: float
    state: State
    detail: str = ""
    latency: float | None = None  # seconds
    identity: bool | None = None
    identity_why: str = ""
    breakage: Breakage | None = None
    options: Answer | None = None  # OPTIONS /
    page: Answer | None = None  # GET /
    missing: Answer | None = None  # GET of a path that does not exist
    debugger: bool | None = None  # whether Werkzeug's debugger answers
    exposed: tuple[Exposed, ...] | None = None
    cors: Cors | None = None
    foreign: Foreign | None = None
    tls: Tls | None = None
    plain: Answer | None = None  # GET / over plain HTTP, where https at its usual port was asked
    paces: tuple[Pace, ...] = ()
    full: bool = False
    restarts: int | None = None  # of its processes since the watch began; None where they cannot be seen

    @property
    def answer(self) -> Answer | None:
        """The answer whose headers are judged: that of the page, or of OPTIONS."""
        for answer in (self.page, self.options, self.missing):
            if answer is not None and answer.status:
                return answer
        return None

    @property
    def cookies(self) -> tuple[Cookie, ...]:
        """The cookies that this look was handed."""
        found = [answer.cookies for answer in (self.page, self.options, self.missing) if answer is not None]
        return tuple(cookie for cookies in found for cookie in cookies)
