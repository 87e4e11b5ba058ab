"""Real servers on free loopback ports, of the kinds that the dashboard may meet."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.tui.conftest import Dashboard

GOOD_HEADERS = (
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"),
    ("X-Frame-Options", "DENY"),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=()"),
    ("Strict-Transport-Security", "max-age=31536000"),
)


@contextmanager
def http_server(
    headers: tuple[tuple[str, str], ...] = (), pages: dict[str, tuple[str, str]] | None = None
) -> Iterator[int]:
    """Answers ``pages`` (path to content type and body) with ``headers``, anything else with 404; gives the port."""
    known = {"/": ("text/html", "<h1>Hello</h1>\n")} if pages is None else pages

    class Handler(BaseHTTPRequestHandler):
        server_version, sys_version = "web", ""

        def answer(self) -> None:
            kind, body = known.get(self.path, ("text/plain", "nothing here"))
            self.send_response(200 if self.path in known or self.command == "OPTIONS" else 404)
            for name, value in (*headers, ("Content-Type", kind), ("Content-Length", str(len(body.encode())))):
                self.send_header(name, value)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body.encode())

        do_GET = do_OPTIONS = do_HEAD = answer

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def raw_server(answer: bytes | None, *, greets: bool = False) -> Iterator[int]:
    """Sends ``answer`` to whatever is asked; None: takes connections and never says a word. One that ``greets`` speaks
    first, as SSH does, and then waits."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(16)
    open_ones: list[socket.socket] = []

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            open_ones.append(connection)
            if answer is None:
                continue
            try:
                if greets:
                    connection.sendall(answer)
                    continue
                connection.settimeout(60)
                connection.recv(65536)
                connection.sendall(answer)
                connection.shutdown(socket.SHUT_WR)
            except OSError:
                continue

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()
        for connection in open_ones:
            connection.close()


@contextmanager
def flask_run(project: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """``flask run --debug`` of the project, its reloader included; all of it is ended."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("FLASK_", "WERKZEUG_"))}
    command = [sys.executable, "-m", "flask", "--app", "shop", "run", "--debug", "--port", str(port)]
    process = subprocess.Popen(
        command,
        cwd=project,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """End a server that ``flask_run`` started, and its child."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


async def state_is(board: Dashboard, word: str) -> None:
    """Wait until the server is seen in a state."""

    def there() -> bool:
        seen = board.app.session.server.seen
        return seen is not None and seen.state.value == word

    await board.until(there, f"the server is {word}")
