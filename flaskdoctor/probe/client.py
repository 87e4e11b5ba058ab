"""The one safe way to send a request and read the answer.

It stands on httpx's transport rather than on its client: no environment, no proxy, no redirect is followed, no cookie
is kept and sent again, and a body is never unpacked or decoded by itself (1.8 KB on the wire once became 2 GB).
Time is bounded as a whole, because httpx's read timeout never fires while a server drips byte by byte.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from enum import Enum
from types import TracebackType
from typing import NamedTuple

import httpx

from flaskdoctor import __version__
from flaskdoctor.probe.content import text_of, unpack
from flaskdoctor.probe.cookies import masked, read_cookies
from flaskdoctor.probe.observation import Answer, Target

USER_AGENT = f"flaskdoctor/{__version__}"
TIMEOUT = 4.0  # seconds for one request, all in all
CONNECT = 1.0  # for its connection, and as much for the TLS handshake
SILENCE = 2.0  # that may pass without a byte
PATIENCE = 15.0  # for one that the user picked: a view may be slow, and there is somebody who waits for it
MAX_WIRE = 256 * 1024
_MOST_PIECES, _YIELD = 16_384, 64
_CLOSING = 0.2  # seconds kept for what follows a body that never ends
_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
PICKED_METHODS = _METHODS | {"POST", "PUT", "PATCH", "DELETE"}  # of a request that the user picked and confirmed
Headers = tuple[tuple[str, str], ...]


class Fault(Enum):
    """Why there is no answer."""

    REFUSED = "refused"
    SILENT = "silent"  # connected, and then no whole answer in time
    UNREACHABLE = "unreachable"  # no connection in time, or no such host
    NOT_HTTP = "not HTTP"
    CLOSED = "closed"  # the server hung up
    CERTIFICATE = "certificate"
    PLAIN = "plain"  # https was asked, plain HTTP is spoken
    TLS = "tls"
    ODD = "odd"  # the request could not be made


class Reading(NamedTuple):
    """An answer with the bytes of its body, for the probe's own eyes: they never leave ``probe``. ``fault`` is set
    where there is no answer."""

    answer: Answer
    data: bytes = b""
    fault: Fault | None = None


class Client:
    """Asks one server, and that one only: an async context manager, for one round of requests.

    ``deadline`` is a time of ``time.monotonic`` after which nothing is asked any more. ``methods`` are those that may
    be sent: none but what changes nothing, unless the user picked the request.
    """

    def __init__(
        self,
        target: Target,
        *,
        verify: bool = True,
        deadline: float | None = None,
        patience: float | None = None,
        methods: frozenset[str] = _METHODS,
    ) -> None:
        self.methods = methods
        self.target = target
        self.patience = TIMEOUT if patience is None else patience
        self.silence = SILENCE if patience is None else patience
        self.verify = verify
        self.deadline = deadline
        self.sent = 0  # requests that a server may have seen
        self._transport: httpx.AsyncHTTPTransport | None = None

    @property
    def ends(self) -> float:
        """The time of ``time.monotonic`` after which nothing is asked any more."""
        return time.monotonic() + self.patience if self.deadline is None else self.deadline

    async def __aenter__(self) -> Client:
        context = await tls_context(verify=self.verify) if self.target.scheme == "https" else _NO_TLS
        self._transport = httpx.AsyncHTTPTransport(
            verify=context,
            trust_env=False,
            limits=httpx.Limits(max_connections=4, max_keepalive_connections=0),
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._transport is not None:
            await self._transport.aclose()

    async def read(
        self, method: str, path: str, headers: Headers = (), limit: int = MAX_WIRE, body: bytes = b""
    ) -> Reading:
        """Send a request and read what comes back: at most ``limit`` bytes, in ``patience`` seconds.

        Never raises for what a server or a network does; ``Answer.failure`` then says what it was.
        """
        path = path if path.startswith("/") else f"/{path}"
        seconds = self.patience if self.deadline is None else min(self.patience, self.deadline - time.monotonic())
        nothing = Answer(method, path)
        if seconds <= 0:
            return Reading(nothing._replace(failure="not asked: the time was up"), fault=Fault.SILENT)
        started = time.perf_counter()
        until = asyncio.get_running_loop().time() + seconds
        try:
            async with asyncio.timeout_at(until):
                reading = await self._read(method, path, headers, limit, until - _CLOSING, body)
        except Exception as error:  # noqa: BLE001  # whatever a server can provoke is an answer of its own kind
            fault, phrase = explain(error, seconds, self.silence)
            if fault not in (Fault.REFUSED, Fault.UNREACHABLE, Fault.CERTIFICATE, Fault.ODD):
                self.sent += 1
            taken = time.perf_counter() - started if fault is Fault.SILENT else 0.0
            return Reading(nothing._replace(failure=phrase, seconds=taken), fault=fault)
        self.sent += 1
        return reading

    async def _read(self, method: str, path: str, headers: Headers, limit: int, until: float, body: bytes) -> Reading:
        assert self._transport is not None, "used outside of its context"
        if method not in self.methods:
            raise ValueError(f"{method} is never sent")
        base = httpx.URL(self.target.url)
        url = httpx.URL(f"{self.target.url}{path}")
        if (url.scheme, url.raw_host, url.port) != (base.scheme, base.raw_host, base.port):
            raise ValueError("the path leads to another server")
        request = httpx.Request(
            method,
            url,
            headers=[("User-Agent", USER_AGENT), ("Accept", "*/*"), ("Accept-Encoding", "gzip"), *headers],
            content=body or None,
            extensions={"timeout": {"connect": CONNECT, "read": self.silence, "write": SILENCE, "pool": CONNECT}},
        )
        started = time.perf_counter()
        response = await self._transport.handle_async_request(request)
        taken = time.perf_counter() - started
        try:
            return await _reading(request, path, response, taken, limit, until)
        finally:
            await response.aclose()


async def _reading(
    request: httpx.Request, path: str, response: httpx.Response, taken: float, limit: int, until: float
) -> Reading:
    notes = []
    pieces = 0
    wire = bytearray()
    try:
        async with asyncio.timeout_at(until):
            async for chunk in response.aiter_raw():  # 64 KiB at most; a size would hold back what comes slowly
                wire += chunk
                pieces += 1
                if pieces % _YIELD == 0:
                    await asyncio.sleep(0)  # pieces of a byte come without a pause, in which no time-out fires
                if pieces == _MOST_PIECES:
                    notes.append(f"cut after {_MOST_PIECES} pieces")
                    break
                if len(wire) > limit:
                    notes.append(f"cut at {limit // 1024} KiB")
                    break
    except (httpx.RemoteProtocolError, httpx.ReadError):
        notes.append("the server hung up before the end")
    except (httpx.ReadTimeout, TimeoutError):
        # Headers are there, so the server is up; a body that never ends is cut like one that is too long.
        notes.append("the rest did not come in time")
    data = bytes(wire[:limit])
    headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers.raw)
    content_type = response.headers.get("content-type", "")
    unpacked, note = unpack(data, response.headers.get("content-encoding", ""))
    if note and not (notes and note.startswith("gzip that ends")):
        notes.append(note)
    text, note = text_of(unpacked, content_type)
    notes.append(note)
    answer = Answer(
        request.method,
        path,
        response.status_code,
        _text(response.extensions.get("reason_phrase")),
        _text(response.extensions.get("http_version")),
        tuple((name, masked(name, value)) for name, value in headers),
        read_cookies(headers, time.time()),
        text,
        len(wire),
        "; ".join(note for note in notes if note),
        taken,
    )
    return Reading(answer, unpacked)


def _text(value: object) -> str:
    return value.decode("latin-1")[:80] if isinstance(value, bytes) else ""


def explain(error: BaseException, seconds: float, silence: float) -> tuple[Fault, str]:
    """What an exception of a request means, in a phrase. It had ``seconds`` in all, ``silence`` without a byte."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    chain = _causes(error)
    if isinstance(error, httpx.ConnectTimeout) and any(isinstance(cause, ssl.SSLWantReadError) for cause in chain):
        return Fault.SILENT, f"no TLS handshake within {round(CONNECT)} s"
    for cause in chain:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return Fault.CERTIFICATE, f"the certificate is not trusted: {cause.verify_message}"
        if isinstance(cause, ssl.SSLError):
            if cause.reason == "WRONG_VERSION_NUMBER":
                return Fault.PLAIN, "this port speaks plain HTTP, not https"
            return Fault.TLS, f"no TLS connection: {cause.reason or 'unknown reason'}"
        if isinstance(cause, ConnectionRefusedError):
            return Fault.REFUSED, "refused"
    if isinstance(error, httpx.ConnectTimeout):
        return Fault.UNREACHABLE, f"no connection within {round(CONNECT)} s"
    if isinstance(error, httpx.TimeoutException | TimeoutError):
        return Fault.SILENT, f"no answer within {round(silence if isinstance(error, httpx.ReadTimeout) else seconds)} s"
    if isinstance(error, httpx.RemoteProtocolError):
        if "without sending" in str(error) or "closed connection" in str(error):
            return Fault.CLOSED, "the server hung up without an answer"
        return Fault.NOT_HTTP, "what answers there does not speak HTTP"
    if isinstance(error, httpx.ConnectError):
        if any("All connection attempts failed" in str(cause) for cause in chain):
            return Fault.REFUSED, "refused"
        return Fault.UNREACHABLE, f"no connection: {_reason(chain)}"
    if isinstance(error, httpx.ReadError | httpx.WriteError | ConnectionError):
        return Fault.CLOSED, "the server hung up without an answer"
    if isinstance(error, httpx.InvalidURL | UnicodeError | ValueError | OverflowError):
        return Fault.ODD, "this is no URL that can be asked"
    return Fault.ODD, f"could not be asked ({type(error).__name__})"


def _causes(error: BaseException | None) -> list[BaseException]:
    found: list[BaseException] = []
    waiting = [error]
    while waiting and len(found) < 30:
        current = waiting.pop(0)
        if current is None or current in found:
            continue
        found.append(current)
        if isinstance(current, BaseExceptionGroup):
            waiting.extend(current.exceptions)
        waiting += [current.__cause__, current.__context__]
    return found


def _reason(chain: list[BaseException]) -> str:
    """The operating system's own words for why there is no connection."""
    for cause in chain:
        if isinstance(cause, OSError) and cause.strerror and "attempts failed" not in cause.strerror:
            return cause.strerror
    return "the host cannot be reached"


def _unchecked() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


# What httpx asks for also where only http is spoken; it makes no connection of its own.
_NO_TLS = _unchecked()
_checked: list[ssl.SSLContext] = []


async def tls_context(*, verify: bool) -> ssl.SSLContext:
    """The context of https connections, made once and off the event loop: reading the system's store takes a while."""
    if not verify:
        return _NO_TLS
    if not _checked:
        _checked.append(await asyncio.to_thread(ssl.create_default_context))
    return _checked[0]
