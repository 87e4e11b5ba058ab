"""The one reader, against servers that do what servers should not."""

from __future__ import annotations

import asyncio
import gzip
import socket
import threading
import time
import tracemalloc
from collections.abc import Callable

import pytest

from flaskdoctor.probe.client import Client, Fault, Headers, Reading
from flaskdoctor.probe.observation import Ask, Target
from flaskdoctor.probe.observe import ask
from tests.patience import as_shipped
from tests.ports import free_port
from tests.probe.servers import answering, flask_run, sockets, target_of

CONTROL = "X-Odd: a\x1b[31mb\x07\r\n"


def read(target: Target, path: str = "/", method: str = "GET", headers: Headers = (), limit: int = 262144) -> Reading:
    """One request."""

    async def once() -> Reading:
        async with Client(target) as client:
            return await client.read(method, path, headers, limit)

    return asyncio.run(once())


def answered(handle: Callable[[socket.socket, bytes], None], path: str = "/") -> Reading:
    """One request to a server of sockets."""
    with sockets(handle) as port:
        return read(target_of(port), path)


def test_an_answer_is_read_with_its_headers_in_order_and_its_body() -> None:
    head = "Server: Tiny\r\nX-Two: 1\r\nx-two: 2\r\nContent-Type: text/plain; charset=iso-8859-1\r\n"
    answer = answered(answering(head, "grün".encode("latin-1"))).answer
    assert (answer.status, answer.reason, answer.version, answer.body) == (200, "OK", "HTTP/1.1", "grün")
    assert answer.headers[:3] == (("Server", "Tiny"), ("X-Two", "1"), ("x-two", "2"))
    assert answer.header("X-TWO") == "1, 2"
    assert answer.seconds > 0


def test_requests_name_flaskdoctor_and_carry_nothing_else_of_the_user() -> None:
    asked: list[bytes] = []

    def handle(connection: socket.socket, request: bytes) -> None:
        asked.append(request)
        answering("Set-Cookie: session=canary; Path=/\r\n")(connection, request)

    async def twice(port: int) -> None:
        async with Client(target_of(port)) as client:
            await client.read("GET", "/one")
            await client.read("GET", "/two?a=b")

    with sockets(handle) as port:
        asyncio.run(twice(port))
    first, second = (request.decode() for request in asked)
    assert first.startswith("GET /one HTTP/1.1\r\n")
    assert second.startswith("GET /two?a=b HTTP/1.1\r\n")
    assert "User-Agent: flaskdoctor/" in first
    assert "cookie" not in second.lower()


def test_a_redirect_is_shown_and_not_followed() -> None:
    head = "Location: http://evil.example/\r\n"
    answer = answered(answering(head, status="302 FOUND")).answer
    assert (answer.status, answer.header("location")) == (302, "http://evil.example/")


@pytest.mark.parametrize(
    "path", ["@evil.example/", "//evil.example/", "/\\evil.example", "evil.example", ":80@x/", "/../.."]
)
def test_no_path_leads_to_another_server(path: str) -> None:
    assert answered(answering("Content-Length: 2\r\n", b"ok"), path).answer.body == "ok"


def test_a_drip_ends_when_the_time_is_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flaskdoctor.probe.client.TIMEOUT", 2.0)

    def drip(connection: socket.socket, request: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        for _ in range(1000):
            connection.sendall(b"X-Drip: drop\r\n")
            time.sleep(0.2)

    reading = answered(drip)
    assert (reading.fault, reading.answer.failure) == (Fault.SILENT, "no answer within 2 s")


def test_a_body_that_drips_is_cut_and_its_headers_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flaskdoctor.probe.client.TIMEOUT", 2.0)

    def drip(connection: socket.socket, request: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nhere")
        for _ in range(2000):
            time.sleep(0.05)
            connection.sendall(b".")

    answer = answered(drip).answer
    assert (answer.status, answer.body[:6], answer.note) == (200, "here..", "the rest did not come in time")


def test_a_long_body_is_cut() -> None:
    def flood(connection: socket.socket, request: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            connection.sendall(b"x" * 65536)

    answer = answered(flood).answer
    assert (len(answer.body), answer.note) == (256 * 1024, "cut at 256 KiB")


def test_a_body_in_a_million_pieces_is_cut() -> None:
    def crumbs(connection: socket.socket, request: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            connection.sendall(b"1\r\nx\r\n" * 9000)

    answer = answered(crumbs).answer
    assert (len(answer.body), answer.note) == (16_384, "cut after 16384 pieces")


def test_a_gzip_bomb_takes_no_memory() -> None:
    bomb = gzip.compress(bytes(200_000_000), 9)
    assert len(bomb) < 256 * 1024  # all of it is read
    head = f"Content-Type: text/plain\r\nContent-Encoding: gzip\r\nContent-Length: {len(bomb)}\r\n"
    with sockets(answering(head, bomb)) as port:
        tracemalloc.start()
        try:
            note = read(target_of(port)).answer.note
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert "cut at 1 MiB, unpacked" in note
    assert peak < 12_000_000


@pytest.mark.parametrize(
    ("encoding", "body", "text", "note"),
    [
        ("gzip", gzip.compress(b"hello", mtime=0), "hello", ""),
        ("x-gzip", gzip.compress(b"hello", mtime=0), "hello", ""),
        ("identity", b"hello", "hello", ""),
        ("gzip", b"hello", "", "broken gzip"),
        ("gzip", gzip.compress(b"hello" * 1000, mtime=0)[:20], None, "gzip that ends too early"),
        ("br", b"hello", "", "not unpacked: br"),
        ("gzip, gzip", b"hello", "", "not unpacked: more than one coding"),
    ],
)
def test_a_coding_is_undone_or_named(encoding: str, body: bytes, text: str | None, note: str) -> None:
    answer = answered(answering(f"Content-Type: text/plain\r\nContent-Encoding: {encoding}\r\n", body)).answer
    assert text is None or answer.body == text
    assert answer.note == note


@pytest.mark.parametrize(
    ("sent", "fault"),
    [
        (b"SSH-2.0-OpenSSH_9.6\r\n\r\n", Fault.NOT_HTTP),
        (b"\x00\xff" * 500, Fault.NOT_HTTP),
        (b"HTTP/1.1 999999999999 X\r\n\r\n", Fault.NOT_HTTP),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 400_000, Fault.NOT_HTTP),
        (b"", Fault.CLOSED),
        (None, Fault.SILENT),
    ],
    ids=["ssh", "noise", "status", "endless header", "hangs up", "silent"],
)
def test_what_is_no_answer_has_a_name(sent: bytes | None, fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    if sent is None:
        monkeypatch.setattr("flaskdoctor.probe.client.TIMEOUT", 0.7)
    over = threading.Event()

    def handle(connection: socket.socket, request: bytes) -> None:
        if sent is None:
            over.wait(60)
        else:
            connection.sendall(sent)

    reading = answered(handle)
    over.set()
    assert (reading.fault, reading.answer.status, reading.data) == (fault, 0, b"")
    assert reading.answer.failure


def test_odd_targets_become_failures() -> None:
    for target in (
        Target("http", "127.0.0.1", 99999, ""),
        Target("http", "127.0.0.1", -1, ""),
        Target("http", "a" * 300, 80, ""),
        Target("http", "", 80, ""),
        Target("ftp", "127.0.0.1", 80, ""),
        Target("http", "127.0.0.1", free_port(), ""),
    ):
        assert read(target).answer.failure
    assert read(Target("http", "127.0.0.1", free_port(), "")).fault is Fault.REFUSED
    assert read(target_of(80), "/a\x00b\n").fault is Fault.ODD
    assert read(target_of(80), method="POST").fault is Fault.ODD


def test_control_characters_pass_without_harm() -> None:
    reading = answered(answering(CONTROL + "Content-Type: text/plain\r\n", b"\x1b]52;c;x\x07\xff"))
    assert reading.fault is not None or "\x1b" in (reading.answer.header("x-odd") or "")
    body = answered(answering("Content-Type: text/plain\r\n", b"\x1b]52;c;x\x07\xff")).answer.body
    assert body == "\x1b]52;c;x\x07�"


def test_cookies_are_read_and_masked() -> None:
    head = (
        "Set-Cookie: session=canary1; HttpOnly; SameSite=Lax; Path=/; Secure; Domain=example.org\r\n"
        "Set-Cookie: theme=dark\r\nSet-Cookie: broken\r\n"
        "X-Auth-Token: canary2\r\nAuthorization: canary3\r\nAccess-Control-Allow-Credentials: true\r\n"
    )
    answer = answered(answering(head)).answer
    assert "canary" not in repr(answer)
    session, theme = answer.cookies
    assert (session.secure, session.http_only, session.same_site) == (True, True, "Lax")
    assert (session.domain, session.path, session.value.reveal()) == ("example.org", "/", "canary1")
    assert (theme.secure, theme.http_only, theme.same_site, theme.session) == (False, False, None, None)
    assert answer.header("access-control-allow-credentials") == "true"
    assert answer.header("set-cookie") == (
        "session=••••; HttpOnly; SameSite=Lax; Path=/; Secure; Domain=example.org, theme=••••, ••••"
    )


def test_the_page_of_the_debugger_is_not_kept(tmp_path: object) -> None:
    page = '<title>X // Werkzeug Debugger</title><script>var EVALEX_TRUSTED = false, SECRET = "canary";</script>'
    answer = answered(answering("Content-Type: text/html\r\n", page.encode(), status="500 NO")).answer
    assert answer.body == ""
    assert "holds a secret" in answer.note
    assert "canary" not in repr(answer)


def test_images_are_not_text() -> None:
    assert answered(answering("Content-Type: image/png\r\n", b"\x89PNG")).answer.note == "not text"
    assert answered(answering("", b"\x89PNG\0\0")).answer.note == "not text"


def test_a_server_that_never_shakes_hands_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    as_shipped(monkeypatch)
    over = threading.Event()
    with sockets(lambda *_: over.wait(20) and None) as port:
        reading = read(Target("https", "127.0.0.1", port, ""))
        over.set()
    assert (reading.fault, reading.answer.failure) == (Fault.SILENT, "no TLS handshake within 1 s")


@pytest.mark.parametrize(
    "asked",
    [
        *(
            Ask(path)
            for path in ("//evil.example/", "@evil.example/", ":81/", "http://evil.example/", "/\\evil.example")
        ),
        *(Ask(path) for path in ("/a\r\nX-Evil: 1", "/\x00", "/%0d%0aX-Evil: 1", "/\ud800", "/\u2028x", "*")),
        *(Ask("/", method) for method in ("CONNECT", "TRACE", "GET / HTTP/1.1\r\nX-Evil: 1\r\n")),
        *(Ask("/", "POST", body) for body in ("\ud800", "a\r\n\r\nGET /evil HTTP/1.1\r\n\r\n")),
    ],
    ids=ascii,
)
def test_what_the_user_picked_goes_to_this_server_or_nowhere(asked: Ask) -> None:
    heads: list[bytes] = []

    redirect = answering("Location: http://evil.example/\r\nContent-Length: 0\r\n", status="302 FOUND")

    def handle(connection: socket.socket, request: bytes) -> None:
        heads.append(request)
        redirect(connection, request)

    with sockets(handle) as port:
        answer = asyncio.run(ask(target_of(port), asked))
    assert answer.failure or answer.status == 302
    assert len(heads) <= 1
    for head in heads:
        lines = head.partition(b"\r\n\r\n")[0].split(b"\r\n")
        assert f"Host: 127.0.0.1:{port}".encode() in lines
        assert not any(line.startswith(b"X-Evil") for line in lines)


def test_tls_is_told_from_plain_http(tmp_path_factory: pytest.TempPathFactory) -> None:
    with flask_run(tmp_path_factory.mktemp("plain") / "shop") as port:
        reading = read(Target("https", "127.0.0.1", port, ""))
    assert (reading.fault, reading.answer.failure) == (Fault.PLAIN, "this port speaks plain HTTP, not https")
