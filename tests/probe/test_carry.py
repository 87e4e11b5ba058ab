"""What of an earlier look still holds."""

from __future__ import annotations

from flaskdoctor.probe.carry import changed, merged, started_anew
from flaskdoctor.probe.observation import Answer, Cors, Foreign, Observation, State, Target, Tls

TARGET = Target("http", "127.0.0.1", 5000, "--url")
FULL = Observation(
    TARGET,
    1.0,
    State.UP,
    identity=True,
    identity_why="it knows the route /a",
    options=Answer("OPTIONS", "/", 200),
    page=Answer("GET", "/", 200),
    missing=Answer("GET", "/x", 404),
    debugger=True,
    exposed=(),
    cors=Cors("https://evil.example", False, False, False),
    foreign=Foreign("/a", True, False),
    tls=Tls("TLSv1.3", "h2"),
    plain=Answer("GET", "/", 301),
    full=True,
)
LIGHT = Observation(TARGET, 2.0, State.UP, options=Answer("OPTIONS", "/", 200))


def answer(*headers: tuple[str, str], status: int = 200) -> Answer:
    return Answer("OPTIONS", "/", status, headers=headers)


def test_a_light_look_shows_the_whole_picture() -> None:
    seen = merged(FULL, LIGHT)
    assert seen == FULL._replace(when=2.0, full=False)
    assert merged(None, LIGHT) == LIGHT


def test_why_nothing_is_proven_stays_told() -> None:
    before = FULL._replace(identity=None, identity_why="its answers do not tell")
    assert merged(before, LIGHT).identity_why == "its answers do not tell"


def test_what_was_just_asked_counts() -> None:
    page = Answer("GET", "/", 500)
    assert merged(FULL, LIGHT._replace(page=page)).page == page
    assert merged(FULL, LIGHT._replace(identity=False)).identity is False
    newer = FULL._replace(when=3.0, debugger=None)
    assert merged(FULL, newer) == newer


def test_another_programs_server_stays_another_programs() -> None:
    before = FULL._replace(identity=False, identity_why="this is AirPlay", state=State.WRONG_SERVER)
    seen = merged(before, LIGHT)
    assert (seen.state, seen.detail) == (State.WRONG_SERVER, "this is AirPlay")


def test_another_servers_look_tells_nothing() -> None:
    assert merged(FULL._replace(target=TARGET._replace(port=1)), LIGHT) == LIGHT


def test_a_server_that_was_started_anew_may_be_run_in_another_way() -> None:
    left = started_anew(FULL)
    assert left is not None
    assert (left.debugger, left.exposed, left.cors, left.identity) == (None, None, None, None)
    assert left.page == FULL.page
    assert started_anew(None) is None


def test_answers_of_one_server_differ_in_little() -> None:
    one = answer(("Server", "W"), ("Date", "1"), ("Allow", "GET, HEAD, OPTIONS"), ("Set-Cookie", "a=••••"))
    other = answer(("server", "W"), ("Date", "2"), ("Allow", "OPTIONS, GET, HEAD"), ("Content-Length", "0"))
    assert not changed(one, other)
    assert changed(one, answer(("Server", "W"), ("Allow", "GET, HEAD, OPTIONS"), ("X-Frame-Options", "DENY")))
    assert changed(one, one._replace(status=500))
    assert changed(None, one)


def test_what_differs_in_each_answer_is_no_change() -> None:
    one, other = (
        answer(
            ("X-Request-ID", number),
            ("Content-Security-Policy", f"script-src 'self' 'nonce-{number}'"),
            ("X-RateLimit-Remaining", number),
            ("Server-Timing", f"app;dur={number}"),
        )
        for number in ("1", "2")
    )
    assert not changed(one, other)
    assert changed(one, answer(("Content-Security-Policy", "script-src 'self'")))
