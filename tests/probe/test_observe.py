"""Looks at real servers: how they stand, whose they are, and what a full look finds."""

from __future__ import annotations

import asyncio
import re
import socket
import threading
import time
from pathlib import Path

import pytest

from flaskdoctor.finding import Location
from flaskdoctor.probe.observation import Ask, Cors, Exposed, Observation, State
from flaskdoctor.probe.observe import ask, look
from flaskdoctor.project.routing.routepicture import RouteRow
from tests.patience import as_shipped
from tests.ports import free_port
from tests.probe.servers import SHOP, answering, flask_run, log_of, process, sockets, target_of

ROUTES = (
    RouteRow("/", ("GET",), "index", "", "index", Location("app.py", 7)),
    RouteRow("/about/us", ("GET",), "about", "", "about", Location("app.py", 14)),
    RouteRow("/item/<int:id>", ("GET",), "item", "", "item", Location("app.py", 20)),
)
OTHER = (RouteRow("/not/here", ("GET",), "other", "", "other", Location("app.py", 7)),)


def seen(
    port: int, *, full: bool = True, root: Path | str = "", given: bool = True, routes: object = ROUTES
) -> Observation:
    """One look."""
    return asyncio.run(look(target_of(port, given=given), full=full, root=str(root), routes=routes))  # type: ignore[arg-type]


def logged(folder: Path) -> list[str]:
    """The requests in a server's log: method and path."""
    return [
        re.sub(r"\x1b\[\d+m", "", line.split('"')[1]).removesuffix(" HTTP/1.1")
        for line in log_of(folder).splitlines()
        if "HTTP/1.1" in line
    ]


def test_a_full_look_at_a_server_of_this_project(tmp_path: Path) -> None:
    with flask_run(tmp_path / "shop") as port:
        found = seen(port, root=tmp_path / "shop", given=False)
    assert (found.state, found.identity, found.identity_why) == (State.UP, True, "it knows the route /about/us")
    assert found.options is not None
    assert found.page is not None
    assert found.missing is not None
    assert (found.options.status, found.page.body, found.missing.status) == (200, "<h1>Shop</h1>", 404)
    assert (found.debugger, found.exposed) == (False, ())
    assert found.cors == Cors("https://evil.example", reflected=False, any_origin=False, credentials=False)
    session = found.cookies[0].session
    assert session is not None
    assert [(item.key, item.shown, bool(item.sensitive)) for item in session.items] == [
        ("access_token", "••••", True),
        ("basket", "[1, 2]", False),
    ]
    assert "canary" not in repr(found)
    asked = logged(tmp_path / "shop")
    assert asked[:2] == ["OPTIONS /", "GET /"]
    assert len(asked) <= 11
    assert all(line.startswith(("GET", "OPTIONS")) for line in asked)


def test_a_light_look_sends_one_options_and_runs_no_view(tmp_path: Path) -> None:
    with flask_run(tmp_path / "shop") as port:
        found = seen(port, full=False)
    assert found.state is State.UP
    assert found.latency is not None
    assert (found.page, found.missing, found.debugger, found.exposed, found.full) == (None, None, None, None, False)
    assert logged(tmp_path / "shop") == ["OPTIONS /"]


def test_the_debugger_is_seen_and_a_broken_view_is_placed(tmp_path: Path) -> None:
    source = SHOP.replace('return "<h1>Shop</h1>"', 'raise ValueError("password=canary-1 is wrong")')
    with flask_run(tmp_path / "shop", "--debug", source=source) as port:
        found = seen(port, root=tmp_path / "shop")
    assert found.debugger is True
    assert found.state is State.BROKEN
    assert found.breakage is not None
    assert found.breakage.location == Location("app.py", 11)
    assert found.breakage.error == "ValueError: password=•••• is wrong"
    assert found.detail == "ValueError: password=•••• is wrong (app.py:11)"
    assert found.page is not None
    assert found.page.body == ""
    assert "SECRET" not in repr(found)
    assert "canary-1" not in repr(found)


def test_a_view_that_fails_without_debug_shows_no_traceback(tmp_path: Path) -> None:
    source = SHOP.replace('return "<h1>Shop</h1>"', "return 1 / 0")
    with flask_run(tmp_path / "shop", source=source) as port:
        found = seen(port, root=tmp_path / "shop")
    assert (found.state, found.debugger) == (State.BROKEN, False)
    assert found.breakage is not None
    assert (found.breakage.error, found.breakage.location) == ("500 INTERNAL SERVER ERROR", None)
    assert not found.breakage.traceback


def test_gunicorn_is_a_server_too(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "app.py").write_text(SHOP)
    port = free_port()
    with process(folder, "gunicorn", "-b", f"127.0.0.1:{port}", "app:app", port=port):
        found = seen(port, root=folder)
    assert (found.state, found.identity) == (State.UP, True)
    assert found.answer is not None
    assert found.answer.header("server") == "gunicorn"


def test_a_folder_that_is_served_whole_gives_its_secrets_away(tmp_path: Path) -> None:
    folder = tmp_path / "site"
    (folder / ".git").mkdir(parents=True)
    (folder / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    (folder / ".env").write_text("# settings\nDEBUG=1\nSECRET_KEY=canary-2\n\nexport NAME='x'\n")
    (folder / "app.py").write_text(
        '"""Shop."""\n\nfrom flask import Flask\n\napp = Flask(__name__, static_folder=".", static_url_path="")\n'
    )
    with flask_run(folder) as port:
        found = seen(port, root=folder)
    assert found.exposed == (
        Exposed("/.env", "3 settings, SECRET_KEY among them"),
        Exposed("/.git/HEAD", "the git repository, on branch main"),
        Exposed("/app.py", "the app's Python source"),
    )
    assert "canary-2" not in repr(found)
    # The same folder, by a server that is no Flask app: named by the user it is looked at, found by guessing it is not.
    port = free_port()
    with process(folder, "http.server", str(port), "--bind", "127.0.0.1", port=port):
        named, guessed = seen(port), seen(port, given=False)
    assert (named.state, len(named.exposed or ())) == (State.WRONG_SERVER, 3)
    assert (guessed.state, guessed.exposed, guessed.page) == (State.WRONG_SERVER, None, None)
    assert "http.server" in guessed.detail


def test_an_app_that_answers_everything_alike_exposes_nothing() -> None:
    with sockets(answering("Content-Type: text/plain\r\n", b"SECRET=1\n")) as port:
        assert seen(port).exposed == ()
    with sockets(answering("Content-Type: text/html\r\n", b"<html>A=1\nfrom flask import x</html>")) as port:
        assert seen(port).exposed == ()


@pytest.mark.parametrize(
    ("head", "reflected", "any_origin", "credentials"),
    [
        (
            "Access-Control-Allow-Origin: https://evil.example\r\nAccess-Control-Allow-Credentials: true\r\n",
            True,
            False,
            True,
        ),
        ("Access-Control-Allow-Origin: *\r\n", False, True, False),
        ("Access-Control-Allow-Origin: https://shop.example\r\n", False, False, False),
    ],
)
def test_who_may_read_across_origins(head: str, reflected: bool, any_origin: bool, credentials: bool) -> None:
    with sockets(answering(head)) as port:
        assert seen(port).cors == Cors("https://evil.example", reflected, any_origin, credentials)


@pytest.mark.parametrize(
    ("head", "why"),
    [
        ("Server: AirTunes/610.16.53\r\n", "this is AirPlay, which macOS runs on this port"),
        ("X-Powered-By: Express\r\n", "this is an Express app"),
    ],
)
def test_another_program_is_told_by_its_name(head: str, why: str) -> None:
    asked: list[bytes] = []

    def handle(connection: socket.socket, request: bytes) -> None:
        asked.append(request)
        answering(head, status="403 Forbidden")(connection, request)

    with sockets(handle) as port:
        found = seen(port, given=False)
    assert (found.state, found.identity, found.detail) == (State.WRONG_SERVER, False, why)
    assert len(asked) == 1


def test_another_flask_app_is_told_by_its_routes(tmp_path: Path) -> None:
    with flask_run(tmp_path / "shop") as port:
        stranger = seen(port, given=False, routes=OTHER)
        unknown = seen(port, given=False, routes=())
    assert (stranger.state, stranger.detail) == (State.WRONG_SERVER, "it does not know the project's route /not/here")
    assert (stranger.exposed, stranger.debugger) == (None, None)
    # Where nothing tells, it is not asked for files either.
    assert (unknown.state, unknown.identity, unknown.exposed) == (State.UP, None, None)
    assert unknown.identity_why


def test_a_server_that_answers_nothing_here_may_be_the_projects_all_the_same() -> None:
    with sockets(answering("", status="404 NOT FOUND")) as port:
        found = seen(port, given=False)
    assert (found.state, found.identity) == (State.UP, None)


def test_nobody_there() -> None:
    found = seen(free_port())
    assert (found.state, found.detail, found.options) == (State.DOWN, "refused", None)


@pytest.mark.parametrize("waits", [False, True])
def test_a_server_that_speaks_first_is_not_http(waits: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flaskdoctor.probe.client.TIMEOUT", 0.7)
    monkeypatch.setattr("flaskdoctor.probe.connect._GREETING_SECONDS", 60.0)
    over = threading.Event()

    def handle(connection: socket.socket, request: bytes) -> None:
        connection.sendall(b"SSH-2.0-OpenSSH_9.6\r\n")
        connection.recv(1000)
        if waits:
            over.wait(60)

    with sockets(handle, reads=False) as port:
        found = seen(port)
        over.set()
    assert (found.state, found.detail) == (State.NOT_HTTP, "an SSH server answers there")


def test_a_silent_port_is_unknown_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    as_shipped(monkeypatch)
    over = threading.Event()
    with sockets(lambda *_: over.wait(60) and None) as port:
        found = seen(port)
        over.set()
    assert (found.state, found.detail) == (State.UNKNOWN, "something listens there, but gave no answer within 2 s")


def test_a_slow_server_is_left_when_the_round_takes_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flaskdoctor.probe.observe.BUDGET", 2.0)
    asked, over = [], threading.Event()

    def handle(connection: socket.socket, request: bytes) -> None:
        asked.append(request)
        if len(asked) > 1:
            over.wait(60)
        answering("")(connection, request)

    with sockets(handle) as port:
        found = seen(port)
        over.set()
    assert found.state is State.UP
    assert found.cors is None


def test_a_route_that_breaks_says_what_broke_and_where(tmp_path: Path) -> None:
    source = SHOP + '\n\n@app.get("/orders")\ndef orders():\n    secret = "canary-local"\n    return {}["customer"]\n'
    folder = tmp_path / "shop"
    with flask_run(folder, "--debug", source=source) as port:
        answer = asyncio.run(ask(target_of(port), Ask("/orders"), root=str(folder)))
    assert answer.status == 500
    assert answer.breakage is not None
    assert answer.breakage.error == "KeyError: 'customer'"
    assert answer.breakage.location == Location("app.py", len(source.splitlines()))
    assert answer.body == ""
    assert "canary" not in repr(answer)


def test_a_slow_view_that_the_user_picked_is_waited_for() -> None:
    def handle(connection: socket.socket, request: bytes) -> None:
        time.sleep(2.5)  # beyond what the probe gives its own requests
        answering("")(connection, request)

    with sockets(handle) as port:
        assert asyncio.run(ask(target_of(port), Ask("/report"))).status == 200


def test_a_route_of_the_users_choice(tmp_path: Path) -> None:
    with flask_run(tmp_path / "shop") as port:
        answer = asyncio.run(ask(target_of(port), Ask("/about/us")))
        refused = asyncio.run(ask(target_of(port), Ask("/about/us", "TRACE")))
    assert (answer.status, answer.path, answer.body) == (200, "/about/us", '{"us":1}\n')
    assert refused.failure
    assert logged(tmp_path / "shop") == ["GET /about/us"]


def test_a_certificate_made_for_development_is_no_obstacle(tmp_path: Path) -> None:
    pytest.importorskip("cryptography")
    with flask_run(tmp_path / "shop", "--cert", "adhoc") as port:
        found = asyncio.run(look(target_of(port)._replace(scheme="https"), full=False))
        plain = seen(port, full=False)
    assert found.state is State.UP
    assert "certificate" in found.detail
    assert plain.state in (State.NOT_HTTP, State.UNKNOWN)
