"""The Routes tab: the tree of blueprints, what Enter sends and why not, and what is known, unknown and none."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from flaskdoctor.errors import UserError
from flaskdoctor.live import Judged
from flaskdoctor.probe.observation import Answer, Observation, State, Target
from flaskdoctor.scan import Options
from flaskdoctor.tui import messages
from flaskdoctor.tui.backend import Scanned
from flaskdoctor.tui.client import ChildBackend
from flaskdoctor.tui.panes.routerows import view_lines
from tests.projects import build
from tests.tui.conftest import Dashboard, NoProber, dashboard, digit

TARGET = Target("http", "127.0.0.1", 4711, "--url", given=True)

APP = """\
from flask import Blueprint, Flask

from shop.guards import staff_required

api = Blueprint("api", __name__)
stock = Blueprint("stock", __name__, url_prefix="/stock")


@api.get("/status")
async def status():
    return {"status": "fine"}


@stock.get("/<slug>")
@staff_required
def show(slug):
    return {"slug": slug}


@stock.post("/")
@staff_required
def add():
    return {}


def create_app():
    app = Flask(__name__, static_folder=None)
    api.register_blueprint(stock)
    app.register_blueprint(api, url_prefix="/api")

    @app.route("/")
    def index():
        return "hello"

    return app
"""
GUARDS = """\
from functools import wraps

from flask import abort


def staff_required(view):
    @wraps(view)
    def guarded(*args, **kwargs):
        abort(403)
        return view(*args, **kwargs)

    return guarded
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """An app with a blueprint in a blueprint."""
    root = tmp_path / "the-shop"
    (root / "shop").mkdir(parents=True)
    (root / "requirements.txt").write_text("flask[async]==3.1.0\n")
    (root / "shop" / "__init__.py").write_text(APP)
    (root / "shop" / "guards.py").write_text(GUARDS)
    return root


def seen(state: State) -> messages.ServerSeen:
    """A look at a server in this state."""
    return messages.ServerSeen(Observation(TARGET, time.time(), state), Judged("development"), ())


async def opened(board: Dashboard, *states: State) -> None:
    """The tab, after the server was seen like this."""
    await board.press(digit("routes"))
    for state in states:
        board.app.post_message(seen(state))
    await board.until_shown("Route map")


async def select(board: Dashboard, rule: str) -> None:
    """Put the cursor on a route."""
    await board.press("g")
    for _ in range(20):
        line = next((line for line in board.text().split("\n") if "▌" in line), "")
        if f" {rule} " in f"{line} ":
            return
        await board.press("j")
    pytest.fail(f"{rule} is not in the list\n{board.text()}")


async def test_the_route_map_is_a_tree_of_blueprints(shop: Path) -> None:
    async with dashboard(shop, (120, 40)) as board:
        await opened(board)
        text = board.text()
        assert "Route map 4" in text
        order = [text.index(part) for part in (" app ", " api ", "/api/status", "  stock ", "/api/stock/<slug>")]
        assert order == sorted(order)
        assert "async" in text
        assert "staff_required" in text
        await select(board, "/api/stock/<slug>")
        assert "endpoint  api.stock.show" in board.text()
        assert "shop/__init__.py:14" in board.text()


async def test_enter_sends_the_get_of_a_route_without_arguments_and_shows_the_answer(shop: Path) -> None:
    prober = NoProber()
    async with dashboard(shop, (140, 40), prober=prober) as board:
        await opened(board, State.UP)
        await select(board, "/api/status")
        assert "$ http GET http://127.0.0.1:4711/api/status" in board.text()
        assert "enter sends it" in board.text()
        await board.press("enter")
        assert prober.told.count("ask /api/status") == 1
        await board.until_shown("not yet answered")
        await board.press("enter")
        assert prober.told.count("ask /api/status") == 1, "one at a time"
        headers = (("Content-Type", "application/json"), ("Server", "Werkzeug"))
        answer = Answer("GET", "/api/status", 200, "OK", "HTTP/1.1", headers, body='{"status":"fine"}', size=17)
        board.app.post_message(messages.AnswerReady(answer, time.time()))
        await board.until_shown("HTTP/1.1 200 OK", '"status": "fine"', "Werkzeug", "endpoint  api.status")


@pytest.mark.parametrize(
    ("rule", "field"),
    [("/api/stock/<slug>", "<slug>"), ("/api/stock/", "body")],
)
async def test_enter_asks_for_what_a_request_needs_and_sends_nothing_yet(shop: Path, rule: str, field: str) -> None:
    prober = NoProber()
    async with dashboard(shop, (100, 40), prober=prober) as board:
        await opened(board, State.UP)
        await select(board, rule)
        await board.press("enter")
        await board.until_shown(f"Request  {rule}", field, "enter send")
        await board.press("escape")
        assert not [told for told in prober.told if told.startswith("ask")]


async def test_a_server_that_is_not_up_is_not_asked(shop: Path) -> None:
    prober = NoProber()
    async with dashboard(shop, (100, 40), prober=prober) as board:
        await opened(board)
        await select(board, "/api/status")
        await board.press("enter")
        assert "the server is not yet known" in board.text().splitlines()[-1]
        board.app.post_message(seen(State.DOWN))
        await board.until(lambda: board.app.session.server.seen is not None)
        await board.press("enter")
        assert "no server is running at http://127.0.0.1:4711" in board.text().splitlines()[-1]
        board.app.post_message(seen(State.WRONG_SERVER))
        await board.until_shown("enter does not send it: another program's server answers at http://127.0.0.1:4711")
        assert not [told for told in prober.told if told.startswith("ask")]


async def test_a_redirect_says_where_to_above_its_body(shop: Path) -> None:
    async with dashboard(shop, (80, 24)) as board:
        await opened(board, State.UP)
        await select(board, "/")
        headers = (("Content-Type", "text/html"), ("Location", "/login?next=%2F"))
        answer = Answer("GET", "/", 302, "FOUND", "HTTP/1.1", headers, body="<p>Redirecting</p>\n" * 20, size=380)
        board.app.post_message(messages.AnswerReady(answer, time.time()))
        await board.until_shown("302 FOUND", "→ /login?next=%2F  not followed", "Redirecting")


async def test_what_is_not_shown_is_said_in_a_whole_line_and_no_view_is_made_up(tmp_path: Path) -> None:
    root = build(
        tmp_path,
        {
            "app.py": (
                "from flask import Flask\n\nimport admin\n\napp = Flask(__name__, static_folder=None)\n"
                'app.add_url_rule("/", endpoint="index")\n'
            ),
            "admin.py": (
                'from flask import Blueprint\n\nbp = Blueprint("administration", __name__)\n\n\n@bp.get("/admin")\n'
                'def admin():\n    return "x"\n'
            ),
        },
        "3.1.0",
    )
    async with dashboard(root, (80, 24)) as board:
        await opened(board)
        await board.until_shown("administration is registered nowhere: its route is not in the app")
        await select(board, "/")
        await board.until_shown("view    not given, or computed")


async def test_c_copies_the_command(shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copied: list[str] = []

    async def copy(text: str, *_: object) -> str:
        copied.append(text)
        return "the clipboard"

    monkeypatch.setattr("flaskdoctor.tui.clipboard.copy", copy)
    async with dashboard(shop, (100, 40)) as board:
        await opened(board, State.UP)
        await select(board, "/api/stock/")
        await board.press("c")
        await board.until(lambda: copied)
        assert copied == ["http POST http://127.0.0.1:4711/api/stock/"]


async def test_the_filter_takes_rules_methods_guards_and_async(shop: Path) -> None:
    async with dashboard(shop, (100, 40)) as board:
        await opened(board)
        await board.press("slash", *"staff", "enter")
        await board.until_shown("Route map 2 of 4", "/api/stock/<slug>")
        await board.press("escape", "slash", *"async", "enter")
        await board.until_shown("Route map 1 of 4", "/api/status")
        await board.press("escape", "slash", *"nothing", "enter")
        await board.until_shown("Nothing matches /nothing")


async def test_a_route_shows_the_finding_about_it(shop: Path) -> None:
    views = (shop / "shop" / "__init__.py").read_text()
    (shop / "shop" / "__init__.py").write_text(views.replace("def show(slug)", "def show(name)"))
    async with dashboard(shop, (100, 40)) as board:
        await opened(board)
        await select(board, "/api/stock/<slug>")
        await board.until_shown("✖ E GET", "show() does not take 'slug'", "✖ error")
        finding = board.app.pane.finding()
        assert finding is not None
        assert finding.code == "FD1103"


async def test_what_is_not_shown_is_said(shop: Path) -> None:
    text = (shop / "shop" / "__init__.py").read_text()
    text = text.replace('url_prefix="/api")\n', 'url_prefix="/api")\n    Admin(app)\n')
    (shop / "shop" / "__init__.py").write_text("from flask_admin import Admin\n" + text)
    async with dashboard(shop, (100, 40)) as board:
        await opened(board)
        assert "Route map 4  by blueprint  1 not shown" in board.text()
        await board.press("G")
        await board.until_shown("Flask-Admin adds its pages (shop/__init__.py)")


async def test_no_routes_is_told_from_not_yet_known_and_unknown(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("from flask import Flask\n")
    async with dashboard(tmp_path) as board:
        await opened(board)
        assert "None: no route was found" in board.text()

    class Waiting(ChildBackend):
        async def scan(self) -> Scanned:
            raise UserError("The settings cannot be read", "pyproject.toml, line 3")

    async with dashboard(tmp_path, backend=Waiting(str(tmp_path), Options())) as board:
        await board.press(digit("routes"))
        await board.until_shown("Unknown: The settings cannot be read", "line 3")


async def test_before_the_first_scan_nothing_is_known(tmp_path: Path) -> None:
    import asyncio

    class Waiting(ChildBackend):
        async def scan(self) -> Scanned:
            await asyncio.sleep(60)
            raise AssertionError

    async with dashboard(tmp_path, backend=Waiting(str(tmp_path), Options()), wait=False) as board:
        await board.press(digit("routes"))
        await board.until_shown("Scanning: not yet known")


async def test_a_small_terminal_shows_the_answer_in_place_of_the_list(shop: Path) -> None:
    prober = NoProber()
    async with dashboard(shop, (40, 10), prober=prober) as board:
        await board.press(digit("routes"))
        board.app.post_message(seen(State.UP))
        await board.until_shown("/api/status")
        await select(board, "/api/status")
        await board.press("enter")
        await board.until_shown("not yet answered")
        assert prober.told.count("ask /api/status") == 1


async def test_a_route_shows_its_view(shop: Path) -> None:
    async with dashboard(shop, (100, 40)) as board:
        await opened(board)
        await select(board, "/api/stock/<slug>")
        await board.until_shown('14  @stock.get("/<slug>")', "15  @staff_required", 'return {"slug": slug}')
        assert "def add()" not in board.text(), "the next view is another one"
        source = shop / "shop" / "__init__.py"
        source.write_text(source.read_text().replace('return {"slug": slug}', 'return {"changed": slug}'))
        await board.until_shown('return {"changed": slug}')


@pytest.mark.parametrize(
    ("source", "line", "shown"),
    [
        ("@a.get('/')\n@b.get('/')\ndef f(\n    x,\n):\n    pass\n\n\ndef g(): ...", 2, range(1, 7)),
        ("    @a.get('/')\n    def f():\n        pass\n\n    return a\n", 1, range(1, 4)),
        ("x = 1\na.add_url_rule('/')\ny = 2", 2, range(2, 3)),
        ("@a.get('/')\ndef f():\n    pass", 1, range(1, 4)),
    ],
)
def test_the_lines_of_a_view(source: str, line: int, shown: range) -> None:
    lines = [(number, text, number == line) for number, text in enumerate(source.split("\n"), start=1)]
    assert [number for number, _, _ in view_lines(lines, line)] == list(shown)


async def test_a_blueprint_that_only_holds_others_has_its_heading(shop: Path) -> None:
    source = shop / "shop" / "__init__.py"
    source.write_text(source.read_text().replace('@api.get("/status")\nasync', "async"))
    async with dashboard(shop, (100, 40)) as board:
        await opened(board)
        lines = board.text().split("\n")
        heading = next(number for number, text in enumerate(lines) if text.startswith("│ api "))
        assert "  stock  /api/stock  2" in lines[heading + 1]
