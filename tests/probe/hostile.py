"""Servers that do what no server should, as raw sockets on this machine. Each handles one connection at a time."""

from __future__ import annotations

import gzip
import socket
import ssl
import struct
import time
from collections.abc import Callable
from functools import cache

from tests import certificates
from tests.probe.servers import answering

Handle = Callable[[socket.socket, bytes], None]

CONTROLS = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202egnp.exe\x08\x00"
_LONG = 12.0  # seconds; longer than any round


def _until_it_hangs_up(send: Callable[[], bytes], pause: float = 0.0) -> Callable[[socket.socket], None]:
    def go_on(connection: socket.socket) -> None:
        end = time.monotonic() + _LONG
        while time.monotonic() < end:
            connection.sendall(send())
            if pause:
                time.sleep(pause)

    return go_on


def _then(head: bytes, go_on: Callable[[socket.socket], None]) -> Handle:
    def handle(connection: socket.socket, request: bytes) -> None:
        connection.sendall(head)
        go_on(connection)

    return handle


def _sends(data: bytes) -> Handle:
    def handle(connection: socket.socket, request: bytes) -> None:
        connection.sendall(data)

    return handle


def _hangs_up(connection: socket.socket, request: bytes) -> None:
    return


def _reset(connection: socket.socket, request: bytes) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def _silent(connection: socket.socket, request: bytes) -> None:
    connection.settimeout(_LONG)
    while connection.recv(4096):
        pass


@cache
def _bomb(times: int) -> bytes:
    body = bytes(50_000_000)
    for _ in range(times):
        body = gzip.compress(body, 9, mtime=0)
    return body


def _in_every_field() -> Handle:
    text = CONTROLS.replace("\x00", "").encode("utf-8").decode("latin-1")
    names = (
        "Server",
        "X-Powered-By",
        "Location",
        "Content-Security-Policy",
        "Strict-Transport-Security",
        "Referrer-Policy",
    )
    names += ("X-Frame-Options", "X-Content-Type-Options", "Permissions-Policy", "X-XSS-Protection", "Allow")
    head = "".join(f"{name}: {text}\r\n" for name in names)
    head += f"Set-Cookie: session{text}={text}; SameSite={text}; Domain={text}; Path=/{text}\r\n"
    head += "Content-Type: text/html\r\n"
    return answering(head, f"<title>{text}</title>{text}".encode("latin-1"), status=f"200 {text}")


def redirects(port: int) -> dict[str, Handle]:
    """Redirects that lead away, to a server at ``port`` above all."""
    places = {
        "redirect to itself": "/",
        "redirect to another port": f"http://127.0.0.1:{port}/",
        "redirect to another host": f"http://localhost:{port}/",
        "redirect without a scheme": f"//127.0.0.1:{port}/",
        "redirect to a file": "file:///etc/passwd",
        "redirect to gopher": f"gopher://127.0.0.1:{port}/_x",
        "redirect to https": f"https://127.0.0.1:{port}/",
        "redirect with a login": f"http://a:b@127.0.0.1:{port}/",
    }
    found = {
        name: answering(
            f"Location: {place}\r\nRefresh: 0; url={place}\r\nLink: <{place}>; rel=preload\r\n", status="302 F"
        )
        for name, place in places.items()
    }
    page = (
        f'<meta http-equiv=refresh content="0; url=http://127.0.0.1:{port}/"><img src="http://127.0.0.1:{port}/a.png">'
    )
    found["page that loads from elsewhere"] = answering("Content-Type: text/html\r\n", page.encode())
    return found


def _compressed(encoding: str, times: int) -> Handle:
    body = _bomb(times)
    head = f"Content-Type: text/plain\r\nContent-Encoding: {encoding}\r\nContent-Length: {len(body)}\r\n"
    return answering(head, body)


_CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
_LENGTH = b"HTTP/1.1 200 OK\r\nContent-Length: "

# What each of them is allowed to be called.
UP, BROKEN, NOT_HTTP, UNKNOWN = "up", "broken", "not HTTP", "unknown"

PLAIN: dict[str, tuple[Handle, set[str]]] = {
    "drip of a header": (_then(b"HTTP/1.1 200 OK\r\nX: ", _until_it_hangs_up(lambda: b"a", 0.1)), {UNKNOWN}),
    "drip of a body": (
        _then(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", _until_it_hangs_up(lambda: b"a", 0.1)),
        {UP},
    ),
    "endless body": (_then(b"HTTP/1.1 200 OK\r\n\r\n", _until_it_hangs_up(lambda: b"x" * 65_536)), {UP}),
    "endless chunks": (
        _then(_CHUNKED + b"", _until_it_hangs_up(lambda: b"1\r\nx\r\n" * 9000)),
        {UP},
    ),
    "endless headers": (_then(b"HTTP/1.1 200 OK\r\n", _until_it_hangs_up(lambda: b"X: y\r\n" * 9000)), {NOT_HTTP}),
    "endless header": (_then(b"HTTP/1.1 200 OK\r\nX: ", _until_it_hangs_up(lambda: b"y" * 65_536)), {NOT_HTTP}),
    "endless 100 Continue": (
        _then(b"", _until_it_hangs_up(lambda: b"HTTP/1.1 100 Continue\r\n\r\n" * 900)),
        {UNKNOWN, NOT_HTTP},
    ),
    "gzip bomb": (_compressed("gzip", 1), {UP}),
    "double gzip bomb": (_compressed("gzip, gzip", 2), {UP}),
    "double gzip bomb, said once": (_compressed("gzip", 2), {UP}),
    "200 encodings": (_compressed(", ".join(["gzip"] * 200), 1), {UP}),
    "control characters": (_in_every_field(), {UP, NOT_HTTP}),
    "a body that is too short": (_sends(b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\nhi"), {UP}),
    "a body that is too long": (_sends(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nhi there"), {UP}),
    "a negative length": (_sends(b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nhi"), {NOT_HTTP}),
    "a length without end": (
        _sends(_LENGTH + b"9" * 5000 + b"\r\n\r\nhi"),
        {UP, NOT_HTTP},
    ),
    "two lengths": (_sends(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nhi"), {NOT_HTTP}),
    "a chunk that is none": (_sends(_CHUNKED + b"zz\r\nhi\r\n"), {UP}),
    "a chunk without end": (
        _sends(_CHUNKED + b"ffffffffffffffffffff\r\nhi"),
        {UP},
    ),
    "ten thousand cookies": (
        _sends(b"HTTP/1.1 200 OK\r\n" + b"Set-Cookie: a=b\r\n" * 10_000 + b"\r\n"),
        {UP, NOT_HTTP},
    ),
    "a page of open tags": (answering("Content-Type: text/html\r\n", b"<a <meta <script <!--" * 12_000), {UP}),
    "an error page of open tags": (
        answering(
            "Content-Type: text/html\r\n", b'<title>Traceback (most recent call last)\n  File "' * 5_000, "500 NO"
        ),
        {BROKEN},
    ),
    "reset": (_reset, {UNKNOWN}),
    "hangs up": (_hangs_up, {UNKNOWN}),
    "silence": (_silent, {UNKNOWN}),
    "noise": (_sends(bytes(range(256)) * 40), {NOT_HTTP}),
    "no status": (_sends(b"HTTP/1.1\r\n\r\n"), {NOT_HTTP}),
    "a status of its own": (_sends(b"HTTP/1.1 999 X\r\nContent-Length: 0\r\n\r\n"), {UP, BROKEN, NOT_HTTP}),
    "HTTP/9": (_sends(b"HTTP/9.9 200 OK\r\n\r\nhi"), {UP, NOT_HTTP}),
}


# Those that speak before they are asked.
GREETING: dict[str, tuple[Handle, set[str]]] = {
    "SSH": (_sends(b"SSH-2.0-OpenSSH_9.6\r\n"), {NOT_HTTP}),
    "SSH with control characters": (_sends(b"SSH-2.0-\x1b[2J\x07\r\n"), {NOT_HTTP}),
    "a mail server": (_sends(b"220 mail.kiln.example ESMTP\r\n"), {NOT_HTTP}),
}


def _secured(kind: str, handle: Handle, *, client_certificate: bool = False) -> Handle:
    """A handshake first, then ``handle``."""

    def shake(connection: socket.socket, request: bytes) -> None:
        context = certificates.server_context(kind)
        if client_certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificates.files(kind))
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(certificates.authority_file())
        with context.wrap_socket(connection, server_side=True) as secured:
            handle(secured, secured.recv(65_536))

    return shake


_GOOD = answering("Content-Type: text/html\r\n", b"<p>Kiln")
_ALERT = b"\x15\x03\x03\x00\x02\x02\x28"  # a fatal handshake_failure

TLS: dict[str, tuple[Handle, set[str]]] = {
    "TLS: plain HTTP": (_sends(b"HTTP/1.1 400 Bad Request\r\n\r\n"), {UNKNOWN}),
    "TLS: hangs up": (_hangs_up, {UNKNOWN}),
    "TLS: reset": (_reset, {UNKNOWN}),
    "TLS: silence": (_silent, {UNKNOWN}),
    "TLS: noise": (_sends(b"\xff" * 4000), {UNKNOWN}),
    "TLS: an alert": (_sends(_ALERT), {UNKNOWN}),
    "TLS: half a record": (_sends(b"\x16\x03\x03\x40\x00\x02\x00"), {UNKNOWN}),
    "TLS: a drip": (_then(b"\x16\x03\x03\x40\x00", _until_it_hangs_up(lambda: b"\x02", 0.1)), {UNKNOWN}),
}
# Those that shake hands before they read.
SHAKING: dict[str, tuple[Handle, set[str]]] = {
    **{f"TLS: {kind}": (_secured(kind, _GOOD), {UP}) for kind in ("expired", "self-signed", "another host", "adhoc")},
    "TLS: control characters": (_secured("control characters", _GOOD), {UP}),
    "TLS: a thousand names": (_secured("a thousand names", _GOOD), {UP}),
    "TLS: wants a certificate": (_secured("trusted", _GOOD, client_certificate=True), {UNKNOWN}),
    "TLS: silence behind the handshake": (_secured("trusted", _silent), {UNKNOWN}),
    "TLS: a drip behind the handshake": (
        _secured("trusted", _then(b"HTTP/1.1 200 OK\r\nX: ", _until_it_hangs_up(lambda: b"a", 0.1))),
        {UNKNOWN},
    ),
    "TLS: reset behind the handshake": (_secured("trusted", _reset), {UNKNOWN}),
    "TLS: endless body": (
        _secured("trusted", _then(b"HTTP/1.1 200 OK\r\n\r\n", _until_it_hangs_up(lambda: b"x" * 16_384))),
        {UP},
    ),
}
