"""``S``: the project's own development server, started and stopped from the dashboard."""

from __future__ import annotations

import socket
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from textual.widgets import Input

from flaskdoctor.finding import Location
from flaskdoctor.project.routing.routepicture import RouteRow
from flaskdoctor.tui.panes.routes import needs_form
from flaskdoctor.tui.prober import WatchingProber
from flaskdoctor.tui.rows import Rows
from flaskdoctor.tui.screens.request import RequestSheet
from tests.flaskserver import flask_run
from tests.ports import free_port
from tests.tui.conftest import Dashboard, dashboard, digit
from tests.tui.servers import http_server, state_is

LIVE = digit("live")
APP = """\
from flask import Flask

app = Flask(__name__)


@app.get("/")
def index():
    return "hello"


@app.get("/boom")
def boom():
    return 1 // 0
"""


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, int]:
    """A project that runs, and the port that its .flaskenv names."""
    root, port = tmp_path / "shop", free_port()
    root.mkdir()
    (root / "app.py").write_text(APP)
    (root / "requirements.txt").write_text("flask==3.1.0\npython-dotenv==1.2.4\n")
    (root / ".flaskenv").write_text(f"FLASK_RUN_PORT={port}\n")
    monkeypatch.setenv("VIRTUAL_ENV", sys.prefix)
    monkeypatch.delenv("FLASK_APP", raising=False)
    return root, port


def listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def get(port: int, path: str) -> int:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code


async def test_it_is_started_after_y_read_and_stopped(shop: tuple[Path, int]) -> None:
    root, port = shop
    prober = WatchingProber(str(root), url=f"http://127.0.0.1:{port}")  # not what may run at Flask's usual port
    async with dashboard(root, (120, 40), prober=prober) as board:
        await board.press(LIVE)
        await state_is(board, "down")
        await board.press("S")
        await board.until_shown("This runs the project's own code", f"run --debug --host 127.0.0.1 --port {port}")
        await board.press("enter", "S")
        assert board.app.session.server.own is None
        await board.press("y")
        await board.until(lambda: listens(port), "the server listens")
        await state_is(board, "up")
        assert get(port, "/boom") == 500
        await board.press("G", "g", "j")
        await board.until_shown("its log", "1 error")
        while "Slowest routes" not in board.text():
            await board.press("j")
        assert "ZeroDivisionError" in board.text()
        assert "app.py:13" in board.text()
        await board.press("S")
        await board.until(lambda: not listens(port), "the server is gone")
        await board.until_shown("stopped")


async def test_nothing_is_left_when_the_dashboard_ends(shop: tuple[Path, int]) -> None:
    root, port = shop
    async with dashboard(root) as board:
        await board.press("S")
        await board.until_shown("y start")
        await board.press("y")
        await board.until(lambda: listens(port), "the server listens")
        await board.press("q")
    assert not listens(port)


async def test_a_server_that_ends_at_once_says_why(shop: tuple[Path, int], monkeypatch: pytest.MonkeyPatch) -> None:
    root, _ = shop
    monkeypatch.setenv("FLASK_APP", "nowhere")
    async with dashboard(root, (120, 40)) as board:
        await board.press("S")
        await board.until_shown("y start")
        await board.press("y")
        await board.until_shown("The server has ended, exit code 2", "nowhere")


async def test_it_is_started_where_the_user_named_one(shop: tuple[Path, int]) -> None:
    root, _ = shop
    (root / "app.py").write_text(APP.partition("@app.get")[0])  # nothing by which it could be known
    named = f"http://127.0.0.1:{free_port()}"
    async with dashboard(root, prober=WatchingProber(str(root), url=named)) as board:
        await board.press(LIVE)
        await board.until_shown("S starts one", "S server")
        await board.press("S")
        await board.until_shown("y start", f"It answers at {named}", "as named")
        await board.press("y")
        await board.until_shown("started from here")


async def test_beside_a_server_that_runs_none_is_started(shop: tuple[Path, int]) -> None:
    root, _ = shop
    with http_server({}) as port:
        async with dashboard(root, prober=WatchingProber(str(root), url=f"http://127.0.0.1:{port}")) as board:
            await board.press(LIVE)
            await state_is(board, "up")
            await board.press("S")
            assert f"a server runs at http://127.0.0.1:{port} already" in board.text()


async def test_read_only_starts_nothing(shop: tuple[Path, int]) -> None:
    async with dashboard(shop[0], read_only=True) as board:
        await board.press("S")
        assert "Read-only: nothing is written" in board.text()


ORDERS = """\
from flask import Flask, request

app = Flask(__name__)


@app.get("/users/<int:id>")
def user(id):
    return {"user": id, "page": request.args.get("page")}


@app.get("/search/<query>/<method>")
def search(query, method):
    return {"found": query + method}


@app.post("/orders")
def order():
    return {"ordered": request.get_json()["name"]}, 201
"""


async def go_to(board: Dashboard, words: str) -> None:
    """Move down to the row that says ``words``."""
    await board.press(digit("routes"), "g")
    for _ in range(20):
        selected = board.app.pane.query_one(Rows).selected
        if selected is not None and words in str(selected.item):
            return
        await board.press("j")
    pytest.fail(f"no row {words}\n{board.text()}")


async def test_the_variables_of_a_route_are_filled_in_and_it_is_asked(shop: tuple[Path, int]) -> None:
    root, _ = shop
    (root / "app.py").write_text(ORDERS)
    with flask_run(root) as url:
        async with dashboard(root, (120, 40), prober=WatchingProber(str(root), url=url)) as board:
            await board.press(LIVE)
            await state_is(board, "up")
            await go_to(board, "/users/")
            await board.press("enter")
            await board.until_shown("<int:id>", "enter send")
            await board.press("x", "enter")
            await board.until_shown("id: it has to be a whole number")
            await board.press("backspace", "4", "2", "tab", *"page=3", "enter")
            await board.until_shown("GET /users/42?page=3", "200 OK", '"user": 42', '"page": "3"')
            assert board.app.pane.copied() == f"http GET '{url}/users/42?page=3'"
            await board.press("enter")  # the values are there still
            await board.until_shown("enter send")
            await board.press("7", "enter")  # typed over
            await board.until_shown("GET /users/7?page=3", '"user": 7')


@pytest.mark.parametrize(
    ("methods", "proposed"),
    [
        (("GET", "POST"), "GET"),  # a form's view
        (("DELETE", "PATCH", "POST"), "POST"),  # never the one that deletes where there is another
        ((), "GET"),  # computed: any
    ],
)
async def test_what_is_proposed_is_the_method_that_does_least(
    shop: tuple[Path, int], methods: tuple[str, ...], proposed: str
) -> None:
    async with dashboard(shop[0], (120, 40)) as board:
        route = RouteRow("/orders", methods, "order", "", "app.order", Location("app.py", 1))
        assert needs_form(route)
        sheet = RequestSheet("/orders", methods, None)
        board.app.push_screen(sheet)
        await board.until_shown("enter send", "method", "body")
        assert sheet.query(Input).first().value == proposed


async def test_another_method_is_sent_after_y_and_not_before(shop: tuple[Path, int]) -> None:
    root, _ = shop
    (root / "app.py").write_text(ORDERS)
    with flask_run(root) as url:
        async with dashboard(root, (120, 40), prober=WatchingProber(str(root), url=url)) as board:
            await board.press(LIVE)
            await state_is(board, "up")
            await go_to(board, "/orders")
            await board.press("enter")
            await board.until_shown("enter send", "body")
            await board.press("tab", *'{"name": "tea"}', "enter")
            await board.until_shown("POST can change or delete data", "y send")
            await board.press("enter", "escape")
            assert not board.app.session.server.asking | set(board.app.session.server.answers)
            await board.press("enter", "tab", *'{"name": "tea"}', "enter")
            await board.until_shown("y send")
            await board.press("y")
            await board.until_shown("201 CREATED", '"ordered": "tea"')


async def test_variables_may_be_called_like_the_other_fields(shop: tuple[Path, int]) -> None:
    root, _ = shop
    (root / "app.py").write_text(ORDERS)
    with flask_run(root) as url:
        async with dashboard(root, (120, 40), prober=WatchingProber(str(root), url=url)) as board:
            await board.press(LIVE)
            await state_is(board, "up")
            await go_to(board, "/search/")
            await board.press("enter")
            await board.until_shown("<query>", "<method>", "enter send")
            await board.press(*"tea", "tab", *"pot", "enter")
            await board.until(lambda: board.app.session.server.answers or "is empty" in board.text(), "an answer")
            await board.until_shown('"found": "teapot"')
