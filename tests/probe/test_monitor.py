"""Watching real servers: what is told, how soon, and how little of it the server's log shows."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from flaskdoctor.finding import Location
from flaskdoctor.probe.monitor import Monitor
from flaskdoctor.probe.observation import Answer, Ask, Observation, State
from flaskdoctor.project.deployment.porthints import PortHint
from flaskdoctor.project.routing.routepicture import RouteRow
from tests.patience import without_a_usual_port
from tests.ports import free_port
from tests.probe.servers import PATIENCE, SHOP, answering, flask_run, linux, log_of, process, sockets, wait_until
from tests.reloading import Saved


@pytest.fixture(autouse=True)
def _nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    without_a_usual_port(monkeypatch)


class Watched:
    """A monitor in a thread, and all it called back with."""

    def __init__(self, root: Path, url: str = "", **more: object) -> None:
        self.looks: list[Observation] = []
        self.answers: list[Answer] = []
        self.monitor = Monitor(
            str(root),
            url=url,
            on_look=self.looks.append,
            on_answer=self.answers.append,
            **more,  # type: ignore[arg-type]
        )
        self.thread = threading.Thread(target=self.monitor.run, daemon=True)

    @property
    def state(self) -> State | None:
        return self.looks[-1].state if self.looks else None

    def until(self, true: Callable[[], bool], seconds: float = PATIENCE) -> None:
        wait_until(true, seconds)

    def becomes(self, state: State, seconds: float = PATIENCE) -> Observation:
        wait_until(lambda: self.state is state, seconds)
        return self.looks[-1]

    def saved_and_becomes(self, state: State) -> tuple[Observation, int]:
        """The state that follows a saved file without any other sign, and how often it was saved: a reloader looks once
        a second, and on a busy machine later than anybody would wait for it."""
        for times in range(1, 20):
            self.monitor.saved()
            with suppress(AssertionError):
                return self.becomes(state, 8.0), times
        raise AssertionError(f"never {state}, but {self.state}")


@contextmanager
def watching(root: Path, url: str = "", **more: object) -> Iterator[Watched]:
    """A watch that runs meanwhile."""
    root.mkdir(exist_ok=True)
    watched = Watched(root, url, **more)
    watched.thread.start()
    try:
        yield watched
    finally:
        watched.monitor.stop()
        watched.thread.join(PATIENCE)
        assert not watched.thread.is_alive()


def hide_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """As it is on macOS and Windows, or where the server runs in a container."""
    monkeypatch.setattr("flaskdoctor.probe.owners.listeners", lambda *_: ())
    monkeypatch.setattr("flaskdoctor.probe.finder.listeners", lambda *_: ())


def local(port: int) -> str:
    return f"http://127.0.0.1:{port}"


def requests_in(folder: Path) -> int:
    return log_of(folder).count("HTTP/1.1")


@pytest.mark.parametrize(
    "visible", [pytest.param(True, marks=linux), False], ids=["processes seen", "processes hidden"]
)
def test_a_syntax_error_saved_and_repaired_shows_at_once_unfocused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, visible: bool
) -> None:
    if not visible:
        hide_processes(monkeypatch)
    folder = tmp_path / "shop"
    with flask_run(folder, "--debug") as port, watching(folder, local(port)) as watched:
        first = watched.becomes(State.UP)
        assert first.full
        assert first.page is not None
        watched.monitor.focused(False)
        good = (folder / "app.py").read_text()

        (folder / "app.py").write_text(f"{good}\ndef (\n")
        broken, _ = watched.saved_and_becomes(State.BROKEN)
        assert broken.breakage is not None
        assert broken.breakage.location == Location("app.py", 18)
        assert broken.breakage.error == "SyntaxError: invalid syntax"
        assert broken.detail == "SyntaxError: invalid syntax (app.py:18)"

        before = requests_in(folder)
        (folder / "app.py").write_text(f"{good}\n\n")
        mended, times = watched.saved_and_becomes(State.UP)
        assert mended.breakage is None
        assert mended.page is not None
        assert requests_in(folder) - before <= 3 * times
        assert mended.restarts == (2 if visible else None)


def test_a_broken_page_is_read_once_a_change(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    with flask_run(folder, "--debug") as port:
        saved = Saved(folder / "app.py", "def (\n")
        wait_until(lambda: saved.again() or "SyntaxError" in log_of(folder))
        with watching(folder) as watched:
            seen = watched.becomes(State.BROKEN)
            assert seen.target.port == port
            assert seen.breakage is not None
            assert seen.breakage.location == Location("app.py", 1)
            count = requests_in(folder)
            assert count <= 2  # the page, and the debugger's own
            watched.monitor.opened_live()
            watched.monitor.focused(True)
            time.sleep(1.5)
            assert requests_in(folder) == count


@linux
def test_a_server_that_stops_and_starts_is_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flaskdoctor.probe.schedule.PULSE", 0.3)
    folder = tmp_path / "shop"
    port = free_port()
    with watching(folder, local(port)) as watched:
        down = watched.becomes(State.DOWN)
        assert (down.detail, down.target.url) == ("refused", local(port))
        with flask_run(folder, port=port):
            up = watched.becomes(State.UP)
            assert up.full  # the first time it is there
            assert up.identity is True
            assert up.target.process.startswith("flask run, pid ")
        watched.becomes(State.DOWN)
        with flask_run(folder, port=port):
            again = watched.becomes(State.UP)
            assert not again.full
            assert again.page is not None  # still known
            assert again.debugger is None  # it may have been started in another way


@linux
def test_the_server_is_found_by_its_process_wherever_it_listens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flaskdoctor.probe.schedule.PULSE", 0.3)
    folder = tmp_path / "shop"
    folder.mkdir()
    taken = free_port()
    hints = (PortHint(taken, "127.0.0.1", "http", "FLASK_RUN_PORT in .flaskenv"),)
    with watching(folder, hints=hints) as watched:
        down = watched.becomes(State.DOWN)
        assert (down.target.port, down.target.why) == (taken, "FLASK_RUN_PORT in .flaskenv")
        with flask_run(folder) as port:
            up = watched.becomes(State.UP)
            assert (up.target.port, up.target.proven, up.identity) == (port, True, True)
        # It is this one that is down now, and no guess takes its place.
        assert watched.becomes(State.DOWN).target.port == port
        with flask_run(folder) as port:
            assert watched.becomes(State.UP).target.port == port


def test_another_url_is_watched_from_when_it_is_named_until_it_is_not_any_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The dashboard starts a server on another port than the project's files tell, and ends it."""
    monkeypatch.setattr("flaskdoctor.probe.schedule.PULSE", 0.3)
    hide_processes(monkeypatch)
    usual = free_port()
    with watching(tmp_path / "shop", hints=(PortHint(usual, "127.0.0.1", "http", "a guess"),)) as watched:
        assert watched.becomes(State.DOWN).target.port == usual
        with sockets(answering("")) as own:
            watched.monitor.watch_url(local(own))
            assert watched.becomes(State.UP).target.port == own
        watched.monitor.watch_url("")
        watched.until(lambda: watched.looks[-1].target.port == usual)


def test_another_program_on_the_port_makes_room_for_the_next_candidate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hide_processes(monkeypatch)
    routes = (RouteRow("/about/us", ("GET",), "about", "", "about", Location("app.py", 14)),)
    with (
        sockets(answering("Server: AirTunes/1\r\n", status="403 Forbidden")) as airplay,
        flask_run(tmp_path / "shop") as port,
    ):
        hints = tuple(PortHint(each, "127.0.0.1", "http", "a guess") for each in (airplay, port))
        with watching(tmp_path / "shop", hints=hints, routes=routes) as watched:
            up = watched.becomes(State.UP)
            assert up.target.port == port
            assert watched.looks[0].state is State.WRONG_SERVER


@linux
def test_gunicorns_workers_are_seen_to_be_replaced(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "app.py").write_text(SHOP)
    port = free_port()
    words = ("gunicorn", "--reload", "--access-logfile", "-", "-b", f"127.0.0.1:{port}", "app:app")
    with process(folder, *words, port=port), watching(folder) as watched:
        watched.becomes(State.UP)
        watched.monitor.focused(False)
        looks = len(watched.looks)
        (folder / "app.py").write_text(f"{SHOP}\n\n")
        watched.monitor.saved()
        watched.until(
            lambda: len(watched.looks) > looks and watched.state is State.UP and watched.looks[-1].restarts == 1
        )
        (folder / "app.py").write_text(f"{SHOP}\ndef (\n")
        watched.monitor.saved()
        broken = watched.becomes(State.BROKEN)
        assert broken.detail == "SyntaxError: invalid syntax (app.py:18)"


def test_the_users_keys_are_answered(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    with flask_run(folder), watching(folder) as watched:
        watched.becomes(State.UP)
        watched.monitor.ask(Ask("/about/us"))
        watched.until(lambda: bool(watched.answers))
        assert watched.answers[0].body == '{"us":1}\n'
        looks = len(watched.looks)
        watched.monitor.probe_now()
        watched.until(lambda: len(watched.looks) > looks)
        assert watched.looks[-1].full


def test_a_watch_ends_at_once_in_the_middle_of_a_look(tmp_path: Path) -> None:
    asked, over = threading.Event(), threading.Event()

    def handle(connection: socket.socket, request: bytes) -> None:
        asked.set()
        over.wait(PATIENCE)

    with sockets(handle) as port, watching(tmp_path / "shop", local(port)) as watched:
        assert asked.wait(PATIENCE)
        watched.monitor.stop()
        watched.thread.join(PATIENCE / 2)
        assert not watched.thread.is_alive(), "it waits for the answer"
        over.set()
        watched.monitor.saved()
        watched.monitor.probe_now()


def test_the_state_of_a_slow_server_is_told_before_the_round_is_over(tmp_path: Path) -> None:
    over = threading.Event()

    def handle(connection: socket.socket, request: bytes) -> None:
        if request.startswith(b"OPTIONS"):
            answering("Allow: GET, OPTIONS\r\nServer: Tiny\r\n")(connection, request)
        else:
            over.wait(PATIENCE)

    with sockets(handle) as port, watching(tmp_path / "shop", local(port)) as watched:
        watched.becomes(State.UP)
        assert (watched.looks[0].full, watched.looks[0].page) == (False, None)
        over.set()


def test_a_request_that_fails_by_itself_is_answered_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_: object) -> Answer:
        raise OSError("canary")

    monkeypatch.setattr("flaskdoctor.probe.watch.ask", fails)
    with sockets(answering("Content-Length: 0\r\n")) as port, watching(tmp_path / "shop", local(port)) as watched:
        watched.monitor.ask(Ask("/about"))
        watched.until(lambda: len(watched.answers) == 1)
    assert watched.answers[0].failure == "could not be asked (OSError)"


class Lapse:
    """A clock that jumps over the waiting: an hour in seconds."""

    def __init__(self) -> None:
        self.time = 0.0
        self.at: list[tuple[float, Callable[[], None]]] = []
        self.end = 3600.0
        self.over: Callable[[], None] = lambda: None

    def now(self) -> float:
        return self.time

    async def wait(self, woken: asyncio.Event, until: float) -> None:
        await asyncio.sleep(0)
        while self.at and self.at[0][0] <= max(until, self.time):
            when, what = self.at.pop(0)
            self.time = max(self.time, when)
            what()
            return
        self.time = max(self.time, until)
        if self.time >= self.end:
            self.over()


@pytest.mark.parametrize(
    ("saves", "visible"),
    [pytest.param(0, True, marks=linux), (240, False)],
    ids=["nothing happens", "a save every 15 s, processes hidden"],
)
def test_an_hour_beside_flask_run_leaves_sixty_lines_at_most(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, saves: int, visible: bool
) -> None:
    if not visible:
        hide_processes(monkeypatch)
    folder = tmp_path / "shop"
    clock = Lapse()
    with flask_run(folder) as port:
        looks: list[Observation] = []
        monitor = Monitor(str(folder), url=local(port), on_look=looks.append, clock=clock)
        clock.over = monitor.stop
        clock.at = [(index * 15.0 + 5, monitor.saved) for index in range(saves)]
        clock.at += [(index * 300.0 + 7, monitor.opened_live) for index in range(12)]
        clock.at.sort(key=lambda item: item[0])
        asyncio.run(monitor.watch())
        lines = [line for line in log_of(folder).splitlines() if "HTTP/1.1" in line]
    assert clock.time >= 3600
    assert looks[0].full
    assert len(looks) > 5
    assert {look.state for look in looks} <= {State.UP, State.UNKNOWN}
    assert 10 <= len(lines) <= 60
    if saves:
        # What is not asked is not known, and says so.
        assert any(look.state is State.UNKNOWN and "p asks now" in look.detail for look in looks)
