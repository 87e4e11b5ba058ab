"""The Live tab beside real servers: states, verdicts, cookies, answers, and what is not known."""

from __future__ import annotations

import re
import socket
import threading
import time
from pathlib import Path

import pytest
from textual import events

from flaskdoctor.finding import Finding, Location, Severity, Tip
from flaskdoctor.live import Judged, Verdict
from flaskdoctor.probe.monitor import Monitor
from flaskdoctor.probe.observation import (
    Answer,
    Ask,
    Breakage,
    Cookie,
    Observation,
    SessionContent,
    SessionItem,
    State,
    Target,
)
from flaskdoctor.project.secrecy.secret import Secret
from flaskdoctor.rules.rule import Served
from flaskdoctor.rules.served import page
from flaskdoctor.tui import logbook, messages
from flaskdoctor.tui.keys import KEYMAP
from flaskdoctor.tui.panes.liverows import LiveRow
from flaskdoctor.tui.panes.serverpage import server_facts, verdict_line
from flaskdoctor.tui.panes.serverwords import age, sparkline
from flaskdoctor.tui.prober import WatchingProber
from flaskdoctor.tui.server import Server
from tests.certificates import trust_the_tests_authority as trust_the_tests_authority
from tests.patience import as_shipped
from tests.ports import free_port
from tests.probe.servers import sockets
from tests.reloading import Saved
from tests.rules.served import serve
from tests.tui.conftest import COLOR, SECRET, VIEWS, Dashboard, NoProber, dashboard, digit
from tests.tui.servers import GOOD_HEADERS, end, flask_run, http_server, raw_server, state_is

LIVE = digit("live")


def watching(project: Path, port: int, profile: str = "") -> WatchingProber:
    """The real probe, on a server of this test."""
    return WatchingProber(str(project), url=f"http://127.0.0.1:{port}", profile=profile)


async def select(board: Dashboard, subject: str) -> None:
    """Go to the row of a subject in Live."""
    await board.press(LIVE)
    rows = board.app.pane.query_one("#live-list")
    await board.until(lambda: rows.select(subject) or rows.selected.key == subject, f"the row of {subject}")  # type: ignore[attr-defined]
    await board.pilot.pause()


# Not yet known, unknown because, none


async def test_before_the_first_look_nothing_is_known_yet(project: Path) -> None:
    async with dashboard(project, wait=False) as board:
        await board.press(LIVE)
        assert "Scanning: not yet known" in board.text()
        await board.scanned()
        await board.until_shown("Not yet known: the server is being looked for")


async def test_a_silent_port_is_unknown_and_says_why(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    as_shipped(monkeypatch)
    with raw_server(None) as port:
        async with dashboard(project, (120, 40), prober=watching(project, port)) as board:
            await board.press(LIVE)
            await state_is(board, "unknown")
            await board.until_shown("? unknown", "It cannot be told how the server stands: ", "p asks again")


async def test_without_a_server_there_is_none_and_how_to_start_one_is_said(project: Path) -> None:
    async with dashboard(project, prober=watching(project, free_port())) as board:
        await board.press(LIVE)
        await board.until_shown("○ down", "None: no server is running here", "S starts one, after asking")


async def test_a_good_server_has_no_findings_and_says_so(project: Path) -> None:
    with http_server(GOOD_HEADERS) as port:
        async with dashboard(project, (120, 40), prober=watching(project, port)) as board:
            await board.press(LIVE)
            await state_is(board, "up")
            await board.until_shown("nothing found · development", "● up  It answers")
            await select(board, "X-Frame-Options")
            await board.until_shown("now ✔ fine   in production ✔ fine", "DENY")


# Verdicts


async def test_a_missing_header_has_a_verdict_for_now_and_for_production(project: Path) -> None:
    with http_server() as port:
        async with dashboard(project, (120, 40), prober=watching(project, port)) as board:
            score = board.app.session.scan.report.score  # type: ignore[union-attr]
            await board.until_shown(f"● up 127.0.0.1:{port}", "ms")
            await select(board, "Content-Security-Policy")
            await board.until_shown("FD810", "now ● info   in production ▲ warning", "What to do", "Why it matters")
            assert f"{score}/100" in board.text(), "the score is the project's, not the server's"
            await board.press("x")
            await board.until_shown("esc back", "FD810")


async def test_the_production_profile_counts_what_matters_there(project: Path) -> None:
    with http_server() as port:
        async with dashboard(project, (120, 40), prober=watching(project, port, "production")) as board:
            await select(board, "Content-Security-Policy")
            await board.until_shown("· production ·")
            found = board.app.pane.finding()
            assert found is not None
            assert (found.code, found.severity) == ("FD810", Severity.WARNING)
            await board.press("1")
            await board.until_shown("Do these first", "FD810")


async def test_a_live_finding_is_among_the_first_things_and_enter_goes_to_its_row(project: Path) -> None:
    with http_server() as port:
        async with dashboard(project, (160, 40), prober=watching(project, port, "production")) as board:
            await board.until_shown("FD810", "  the server  ")
            rows = board.app.pane.query_one("#overview-first")
            assert rows.select("FD810")  # type: ignore[attr-defined]
            await board.press("enter")
            await board.until_shown("Live server")
            found = board.app.pane.finding()
            assert found is not None
            assert found.code == "FD810"


async def test_c_copies_the_httpie_command_and_the_footer_calls_it_so(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    with http_server() as port:
        async with dashboard(project, prober=watching(project, port)) as board:
            await select(board, "server")
            assert "c copy HTTPie" in board.text()
            await board.press("c")
            await board.until(lambda: board.app.clipboard, "the clipboard")
            assert board.app.clipboard == f"http GET http://127.0.0.1:{port}/"
            board.app.post_message(messages.Asked(Ask("/api?a=1&b=2")))
            await board.until(lambda: board.app.session.server.answers, "the answer")
            await select(board, "last answer")
            await board.press("c")
            await board.until(
                lambda: board.app.clipboard == f"http GET 'http://127.0.0.1:{port}/api?a=1&b=2'", "quoted"
            )


# States over time


async def test_a_syntax_error_saved_while_the_dashboard_is_not_looked_at_shows_and_goes_again(project: Path) -> None:
    views, port = project / "shop" / "views.py", free_port()
    with flask_run(project, port) as server:
        async with dashboard(project, (100, 40), prober=watching(project, port)) as board:
            await board.press(LIVE)
            await state_is(board, "up")
            board.app.post_message(events.AppBlur())
            saved = Saved(views, VIEWS + "\ndef broken(:\n")
            await board.until(lambda: saved.again() or "✖ broken" in board.text(), "the broken server")
            await board.until_shown("✖ broken", "shop/views.py:15")
            await board.until(lambda: board.app.pane.place() == Location("shop/views.py", 15), "e goes to the line")
            saved = Saved(views, VIEWS)
            await board.until(lambda: saved.again() or board.app.session.server.word == "ok", "the mended server")
            await state_is(board, "up")
            end(server)
            await state_is(board, "down")
            await board.until_shown("○ down")


async def test_another_programs_server_is_called_so(project: Path) -> None:
    answer = b"HTTP/1.1 403 Forbidden\r\nServer: AirTunes/670.6.2\r\nContent-Length: 0\r\n\r\n"
    with raw_server(answer) as port:
        async with dashboard(project, (120, 40), prober=watching(project, port)) as board:
            await board.press(LIVE)
            await state_is(board, "wrong server")
            await board.until_shown("▲ wrong server", "Another program's server answers here")


async def test_the_error_of_another_programs_page_is_not_told_as_this_projects(project: Path) -> None:
    async with dashboard(project, (120, 40)) as board:
        await board.press(LIVE)
        seen = _seen(state=State.WRONG_SERVER, breakage=Breakage("OperationalError"))
        board.app.post_message(messages.ServerSeen(seen, Judged("development"), ()))
        await board.until_shown("Another program's server answers here")
        assert "OperationalError" not in board.text()


async def test_what_another_programs_server_is_known_by_is_said_once_on_its_page(project: Path) -> None:
    async with dashboard(project, (200, 60)) as board:
        await board.press(LIVE)
        why = "it does not know /stock"
        seen = _seen(state=State.WRONG_SERVER, detail=why, identity=False, identity_why=why)
        board.app.post_message(messages.ServerSeen(seen, Judged("development"), ()))
        await board.until_shown("Another program's server answers here.", f"not this project's  {why}")


async def test_where_room_is_short_the_newest_of_the_latencies_are_shown(project: Path) -> None:
    async with dashboard(project, (120, 40)) as board:
        await board.press(LIVE)
        for seconds in (*(0.001,) * 12, 1.0):
            seen = _seen(latency=seconds, options=Answer("OPTIONS", "/", 200, GOOD_HEADERS))
            board.app.post_message(messages.ServerSeen(seen, Judged("development"), ()))
        await board.until(lambda: re.search("up +1 ms  ▁+▇ ", board.text()), "the newest bar at the end")


async def test_the_process_of_a_server_that_is_down_is_told_as_past(project: Path) -> None:
    target = Target("http", "127.0.0.1", 4711, "a process of this folder listens there", process="flask run, pid 4")
    async with dashboard(project, (160, 40)) as board:
        await board.press(LIVE)
        seen = _seen(state=State.DOWN, target=target)
        board.app.post_message(messages.ServerSeen(seen, Judged("development"), ()))
        await board.until_shown("○ down", "http://127.0.0.1:4711  flask run, pid 4 listened there")
        assert "a process of this folder listens there" not in " ".join(board.text().split())


async def test_what_does_not_speak_http_is_called_so(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    as_shipped(monkeypatch)
    monkeypatch.setattr("flaskdoctor.probe.connect._GREETING_SECONDS", 60.0)
    with raw_server(b"SSH-2.0-OpenSSH_9.6\r\n", greets=True) as port:
        async with dashboard(project, (120, 40), prober=watching(project, port)) as board:
            await board.press(LIVE)
            await board.until_shown("▲ not HTTP", "Something listens here that does not speak")


async def test_the_probe_hears_of_focus_files_tabs_and_keys(project: Path) -> None:
    prober = NoProber()
    async with dashboard(project, prober=prober) as board:
        board.app.post_message(events.AppBlur())
        board.app.post_message(events.AppFocus())
        await board.press(LIVE, "p")
        (project / "shop" / "views.py").write_text(VIEWS + "\n# more\n")
        await board.until(lambda: "saved" in prober.told, "the saved file")
        await board.until(lambda: prober.told.count("scanned") > 1, "the new scan")
    heard = [word for word in prober.told if word not in ("saved", "scanned")]
    assert heard == ["focused False", "focused True", "opened", "probe_now", "close"]


async def test_a_probe_that_breaks_is_told_and_p_starts_it_again(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: Monitor) -> None:
        raise KeyError(SECRET)

    with http_server() as port, monkeypatch.context() as patch:
        patch.setattr(Monitor, "run", broken)
        async with dashboard(project, (120, 40), prober=watching(project, port), may_break=True) as board:
            await board.press(LIVE)
            await board.until_shown("Unknown: The live probe failed: KeyError", "The log says where")
            assert SECRET not in Path(logbook.path()).read_text()
            await board.press("2")
            await board.until_shown("Findings 3")
            patch.undo()
            await board.press(LIVE, "p")
            await state_is(board, "up")


async def test_a_url_that_is_none_is_told(project: Path) -> None:
    async with dashboard(
        project, (120, 40), prober=WatchingProber(str(project), url="http://127.0.0.1:99999")
    ) as board:
        await board.press(LIVE)
        await board.until_shown("Unknown: ", "? unknown")
        board.app.post_message(messages.Asked(Ask("/api")))
        await board.until(lambda: "/api" in board.app.session.server.answers, "an answer that says why there is none")


async def test_without_flask_no_server_is_looked_for(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text("print(1)\n")
    async with dashboard(tmp_path, prober=WatchingProber(str(tmp_path))) as board:
        await board.press(LIVE, "p")
        assert "no Flask was found here, so no server is looked for" in board.text()
        assert not [thread for thread in threading.enumerate() if thread.name == "probe"]


async def test_a_rule_that_breaks_is_told_once_and_the_state_still_shows(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*arguments: object) -> Judged:
        raise KeyError(SECRET)

    monkeypatch.setattr("flaskdoctor.live.judge", broken)
    with http_server() as port:
        async with dashboard(project, (120, 40), prober=watching(project, port), may_break=True) as board:
            await board.until_shown("Judging the server failed: KeyError", f"● up 127.0.0.1:{port}")
            assert SECRET not in Path(logbook.path()).read_text()
            await board.press("j", "p")
            await board.until(lambda: not board.app.session.server.probing, "the next look")
            assert "failed" not in board.text()


async def test_leaving_while_a_request_hangs_leaves_nothing_running(project: Path) -> None:
    with raw_server(None) as port:
        async with dashboard(project, prober=watching(project, port)) as board:
            await board.until(lambda: any(thread.name == "probe" for thread in threading.enumerate()), "the watch")
    assert not [thread for thread in threading.enumerate() if thread.name == "probe"]


async def test_an_unchanged_server_makes_the_dashboard_draw_nothing(project: Path) -> None:
    with http_server() as port:
        async with dashboard(project, prober=watching(project, port)) as board:
            await select(board, "server")
            await board.until(lambda: board.app.session.server.full, "the full look")
            await board.draws_nothing(2.5)


# What the server sends


async def test_the_last_answer_is_formatted(project: Path) -> None:
    pages = {"/": ("text/html", "<p>x</p>"), "/api": ("application/json", '{"name":"Kiln","sold":true,"tags":[]}')}
    with http_server(pages=pages) as port:
        async with dashboard(project, (120, 40), prober=watching(project, port)) as board:
            await select(board, "last answer")
            await board.until_shown("GET /  HTTP/1.", "200 OK", f"http GET http://127.0.0.1:{port}/", "<p>x</p>")
            board.app.post_message(messages.Asked(Ask("/api")))
            await board.until_shown("GET /api", '  "name": "Kiln",', '  "sold": true', "application/json")


async def test_the_grade_and_the_certificate_have_a_row_and_a_page(
    project: Path, trust_the_tests_authority: None
) -> None:
    with serve(Served({"*": page(("X-Frame-Options", "DENY"))}, tls="control characters")) as port:
        prober = WatchingProber(str(project), url=f"https://127.0.0.1:{port}")
        async with dashboard(project, (140, 50), prober=prober) as board:
            await select(board, "Observatory")
            # No policy 25, no HSTS 20, no nosniff 5; afterwards the policy only reports.
            await board.until_shown("C → B → A+", "C  50 points", "B  75 points")
            await board.until_shown("MDN HTTP Observatory, algorithm 6", "-20    0  strict-transport-security")
            await board.until_shown("taken for granted: https with a trusted certificate")
            await select(board, "TLS")
            await board.until_shown("FD832", "now ● info   in production ✖ error", "for another host")
            await board.until_shown("TLSv1.3", "Kiln Test Authority", "\\x1b]0;owned\\x07\\x1b[2J, [red]kiln[/]\\x08")
            assert not set(board.text()) & {"\x1b", "\x07", "\x08"}


async def test_keys_are_answered_while_a_server_floods(project: Path) -> None:
    flooded: list[bytes] = []

    def flood(connection: socket.socket, request: bytes) -> None:
        flooded.append(request)
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            connection.sendall(b"1\r\nx\r\n" * 900)
            time.sleep(0.05)  # this process draws the dashboard too

    with sockets(flood) as port:
        async with dashboard(project, (120, 40), prober=watching(project, port)) as board:
            await board.until(lambda: flooded, "a request")
            for _ in range(2):
                await board.press(LIVE)
                await board.until_shown("Live")
                await board.press("1")
                await board.until_shown("Do these first")


async def test_text_from_a_hostile_server_drives_nothing(project: Path) -> None:
    body = "[red]not markup[/red] [/etc/passwd] \x1b[2J\x07 \u202eevil \x9b31m {x} \\[b]"
    head = (
        "HTTP/1.1 200 [bold]OK[/]\r\nContent-Type: text/html\r\nX-Frame-Options: [link=x]\x1b]0;title\x07\r\n"
        "Set-Cookie: [blink]n\x1b[5m=v; SameSite=[red]\u202e\r\nServer: [/nothing]\r\nConnection: close\r\n\r\n"
    )
    with raw_server((head + body).encode()) as port:
        async with dashboard(project, (140, 60), prober=watching(project, port)) as board:
            await select(board, "last answer")
            await board.until_shown("200 [bold]OK[/]", "[red]not markup[/red] [/etc/passwd] \\x1b[2J\\x07 \\u202eevil")
            await board.until_shown("[link=x]\\x1b]0;title\\x07", "[/nothing]")
            await board.press("g")
            for _ in range(16):
                screen = board.text()
                assert not set(screen) & {"\x1b", "\x07", "\x9b", "\u202e"}
                assert "failed" not in screen
                assert "cannot be drawn" not in screen
                await board.press("j")


# Cookies, drawn from an observation


def _seen(port: int = 5000, **changes: object) -> Observation:
    page = Answer("GET", "/", 200, "OK", "HTTP/1.1", (("Content-Type", "text/html"),), body="<p>", size=3, seconds=0.01)
    seen = Observation(
        Target("http", "127.0.0.1", port, "Flask's usual port, a guess"),
        time.time(),
        State.UP,
        latency=0.012,
        page=page,
    )
    return seen._replace(**changes)  # type: ignore[arg-type]


def _cookie(name: str, session: SessionContent | None) -> Cookie:
    return Cookie(name, Secret(SECRET), False, True, "Lax", None, "/", 120, session)


async def test_the_decoded_session_the_opaque_and_the_unreadable_one_are_told_apart(project: Path) -> None:
    items = (
        SessionItem("user_id", "number", "12"),
        SessionItem("reset_token", "text", "••••", 'its name, "reset_token"'),
    )
    cookies = (
        _cookie("session", SessionContent("signed", items, age=600)),
        _cookie("sid", SessionContent("opaque")),
        _cookie("old_session", SessionContent("unreadable", reason="longer than 64 KiB")),
        _cookie("theme", None),
    )
    seen = _seen()
    assert seen.page is not None
    seen = seen._replace(page=seen.page._replace(cookies=cookies))
    async with dashboard(project, (120, 50)) as board:
        board.app.post_message(messages.ServerSeen(seen, Judged("development")))
        await select(board, "cookie session")
        await board.until_shown(
            "signed, not encrypted",
            "signed 10 min before",
            "user_id",
            "12",
            "✖ reset_token",
            "••••  a secret by its name ",
        )
        await board.until_shown("HttpOnly  yes", "SameSite  Lax")
        await select(board, "cookie sid")
        await board.until_shown("✔ opaque: the id of a session", "nothing to read")
        await select(board, "cookie old_session")
        await board.until_shown("Unknown: longer than 64 KiB")
        await select(board, "cookie theme")
        assert "Session" not in board.text().split("cookie theme")[-1]
        assert SECRET not in board.text()


async def test_the_row_of_the_server_follows_its_latency(project: Path) -> None:
    async with dashboard(project) as board:
        await board.press(LIVE)
        for latency, shown in ((0.012, "up  12 ms  ▂"), (0.5, "up  500 ms  ▂▆▆")):
            for step in range(1 if latency < 0.1 else 2):
                board.app.post_message(
                    messages.ServerSeen(_seen(latency=latency + step / 10000), Judged("development"))
                )
            await board.until_shown(shown)


@pytest.mark.parametrize("size", [(40, 10), (60, 16), (80, 24), (140, 40), (200, 60)])
async def test_every_state_draws_at_every_size(project: Path, size: tuple[int, int]) -> None:
    async with dashboard(project, size, device=COLOR._replace(unicode=False)) as board:
        await board.press(LIVE)
        for state in State:
            verdict = Verdict(
                "FD810", "missing-csp", "Content-Security-Policy", "no CSP", Severity.INFO, Severity.WARNING
            )
            board.app.post_message(messages.ServerSeen(_seen(state=state), Judged("development", (verdict,))))
            await board.until_shown(state.value)
            await board.press("down", "tab", "tab")
            screen = board.text()
            assert screen.isascii(), screen
            assert "cannot be drawn" not in screen
            assert "failed" not in screen
            assert all(len(line) <= size[0] for line in screen.split("\n"))


# The small parts


def test_ages_move_in_steps_that_grow() -> None:
    assert [age(seconds) for seconds in (0, 119, 120, 260, 3599, 3600, 90000, 200000)] == [
        "just now", "just now", "2 min ago", "3 min ago", "45 min ago", "1 h ago", "1 day ago", "2 days ago",
    ]  # fmt: skip


def test_the_same_latency_is_always_the_same_bar() -> None:
    assert sparkline([0.003, 0.01, 3.0], 10) == "▁▂█"
    assert sparkline([3.0, 0.003], 1) == "▁"


def test_the_latency_that_is_shown_stays_until_it_really_changes() -> None:
    server = Server()
    for seconds in (0.012, 0.013, 0.011, 0.0125, 0.014):
        server.take(_seen(latency=seconds), Judged("development"), ())
    assert server.latency == 0.012
    for _ in range(3):
        server.take(_seen(latency=0.1 + _ / 1000), Judged("development"), ())
    assert server.latency is not None
    assert server.latency >= 0.1


def test_a_reloading_server_keeps_its_verdicts_and_another_one_does_not_inherit_them() -> None:
    server = Server()
    finding = Finding("FD810", "missing-csp", Tip.LIVE, Severity.WARNING, "no CSP", Location(""), url="http://x/")
    server.take(_seen(), Judged("production", (), (finding,)), ())
    server.take(_seen(state=State.RELOADING), Judged("production"), ())
    assert server.findings == (finding,)
    server.take(_seen(5001, state=State.RELOADING), Judged("production"), ())
    assert server.findings == ()


def test_requests_that_repeat_themselves_are_one_line() -> None:
    server = Server()
    for when in range(200):
        server.take_answer(Answer("GET", "/", 200), float(when))
    server.take_answer(Answer("GET", "/", 500), 200.0)
    assert [(sent.times, sent.first, sent.last) for sent in server.requests] == [(200, 0.0, 199.0), (1, 200.0, 200.0)]


async def test_how_a_route_answers_over_time_is_in_its_page_and_in_the_servers(project: Path) -> None:
    with http_server(GOOD_HEADERS) as port:
        async with dashboard(project, (120, 50), prober=watching(project, port)) as board:
            await board.press(LIVE)
            await state_is(board, "up")
            for number in range(4):  # the first one is cold
                board.app.post_message(messages.Asked(Ask("/api?n=1")))
                await board.until(
                    lambda number=number: (
                        sum(sent.times for sent in board.app.session.server.requests if sent.answer.path == "/api?n=1")
                        > number
                    ),
                    "an answer",
                )
            await board.press("p")
            await board.until(lambda: board.app.session.server.pace_of(Ask("/api")), "its pace")
            await select(board, "server")
            await board.until_shown("Routes over time", "GET /api", "×3")


def test_what_nothing_came_back_to_is_counted_and_told(project: Path) -> None:
    server = Server()
    server.take(_seen(), Judged("development"), ())
    server.take_answer(Answer("GET", "/slow", failure="no answer within 15 s"), 1000.0)
    server.take_answer(Answer("GET", "/slow", failure="no answer within 15 s"), 2000.0)
    server.take_answer(Answer("GET", "/", 200), 3000.0)
    shown = "\n".join(block.text.plain for block in server_facts(server, time.time(), KEYMAP))
    assert "2 requests  GET /slow at" in shown
    assert "no answer within 15 s" in shown


def test_a_verdict_is_as_old_as_what_it_rests_on(project: Path) -> None:
    """CORS is asked at the start and on p alone; a look since then has seen the headers anew."""
    cors = Verdict("FD841", "cors-reflects-credentials", "CORS", "m", Severity.ERROR, Severity.ERROR)
    header = Verdict("FD810", "missing-csp", "Content-Security-Policy", "m", Severity.INFO, Severity.WARNING)
    server = Server()
    server.take(_seen(when=1000.0, full=True), Judged("development"), ())
    server.take(_seen(when=5000.0), Judged("development", verdicts=(cors, header)), ())
    assert (server.known_since(cors), server.known_since(header)) == (1000.0, 5000.0)
    line = verdict_line(LiveRow("other", "CORS", None, (cors,)), server, 8200.0)
    assert "2 h ago" in line.text.plain
