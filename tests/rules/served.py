"""The servers of the live rules' examples, for real: loopback, raw sockets, nothing that adds a header by itself."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from flaskdoctor.rules.rule import Reply, Served
from tests.certificates import server_context

_NOT_FOUND = "<h1>Not Found</h1>"


@contextmanager
def serve(served: Served) -> Iterator[int]:
    """Run the server; gives its port. "down" keeps the port taken, so that nobody else answers there."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        if served.state == "down":
            yield listener.getsockname()[1]
            return
        listener.listen(16)
        ended = threading.Event()
        context = server_context(served.tls) if served.tls else None
        thread = threading.Thread(target=_accept, args=(listener, served, ended, context), daemon=True)
        thread.start()
        port = listener.getsockname()[1]
        try:
            yield port
        finally:
            ended.set()
            with socket.create_connection(("127.0.0.1", port), timeout=60):
                pass  # wakes the thread
            thread.join(60)


def _accept(listener: socket.socket, served: Served, ended: threading.Event, context: ssl.SSLContext | None) -> None:
    asked: set[str] = set()
    while True:
        connection, _ = listener.accept()
        with connection:
            if ended.is_set():
                return
            connection.settimeout(60)
            try:
                if served.state == "banner":
                    connection.sendall(b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n")
                    connection.recv(65_536)
                elif context is not None:
                    with context.wrap_socket(connection, server_side=True) as secured:
                        _answer(secured, served, asked)
                else:
                    _answer(connection, served, asked)
            except OSError:
                continue  # the probe hung up: its right


def _answer(connection: socket.socket, served: Served, asked: set[str]) -> None:
    request = b""
    while b"\r\n\r\n" not in request:
        part = connection.recv(65_536)
        if not part:
            return
        request += part
    head = request.split(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
    method, target, _ = head[0].split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
    reply = reply_to(served, method, target)
    if reply.delay and not (reply.once and head[0] in asked):
        time.sleep(reply.delay)
    asked.add(head[0])
    own = [(name, _filled(value, headers)) for name, value in reply.headers]
    own = [(name, value) for name, value in own if not any(mark in value for mark in _MARKS)]
    body = reply.body.encode()
    lines = [f"HTTP/1.1 {reply.status} {_REASONS.get(reply.status, 'Unknown')}"]
    lines += [f"{name}: {value}" for name, value in own]
    lines += [f"Content-Length: {len(body)}", "Connection: close", "", ""]
    connection.sendall("\r\n".join(lines).encode("latin-1") + (body if method == "GET" else b""))


def reply_to(served: Served, method: str, target: str) -> Reply:
    """What the example says of a request."""
    path, _, query = target.partition("?")
    replies = served.replies
    special = next((key for key in replies if key[:1] == "?" and key[1:] in query), "")
    for key in (f"{method} {path}", special, path, "*"):
        if key in replies:
            return replies[key]
    front = replies.get("/", Reply())
    return Reply(404, front.headers, _NOT_FOUND)


_MARKS = {"{origin}": "origin", "{host}": "host", "{forwarded}": "x-forwarded-host"}


def _filled(value: str, headers: dict[str, str]) -> str:
    for mark, name in _MARKS.items():
        value = value.replace(mark, headers.get(name, mark))
    return value


_REASONS = {
    200: "OK",
    301: "Moved Permanently",
    302: "Found",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
}
