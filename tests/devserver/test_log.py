"""What is read out of a development server's log."""

from __future__ import annotations

from pathlib import Path

import pytest

from flaskdoctor.devserver.log import RouteTimes, ServerLog
from flaskdoctor.finding import Location
from flaskdoctor.project.routing.routepicture import RouteRow


def hit(path: str, status: int = 200, time: str = "12.0ms", method: str = "GET") -> str:
    return f'127.0.0.1 - - [30/Nov/2026 12:00:01] "{method} {path} HTTP/1.1" {status} {time}'


def traceback(root: Path, error: str) -> list[str]:
    return [
        "Traceback (most recent call last):",
        f'  File "{root}/shop/views.py", line 7, in show',
        "    return 1 / 0",
        '  File "/usr/lib/python3/site-packages/flask/app.py", line 900, in dispatch',
        error,
    ]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "views.py").write_text("x = 1\n" * 9)
    return tmp_path


def fed(root: Path, *lines: str) -> ServerLog:
    log = ServerLog(str(root))
    for number, line in enumerate(lines):
        log.feed(f"{line}\n", 1000.0 + number / 100)
    return log


def test_requests_are_counted_and_routes_told_by_their_median(root: Path) -> None:
    rows = [
        RouteRow(rule, ("GET",), None, "", "", Location("a.py", 1))
        for rule in ("/users/<int:id>", "/users/new", "/files/<path:name>")
    ]
    log = fed(
        root,
        hit("/users/1", time="100.0ms"),
        hit("/users/2?page=3", time="300.0ms"),
        hit("/users/new", time="50.0ms"),
        hit("/files/a/b", time="20.0ms"),
        hit("/nowhere", 404, time="900.0ms"),
    )
    assert log.requests == 5
    assert log.slowest(rows, 2) == [RouteTimes("/users/<int:id>", 2, 0.1, 0.3), RouteTimes("/users/new", 1, 0.05, 0.05)]
    assert [pace.rule for pace in log.slowest(rows, 9)][2:] == ["/files/<path:name>"]


@pytest.mark.parametrize("coloured", ["\x1b[31m\x1b[1m{}\x1b[0m", "{}"])
def test_the_request_line_is_read_with_werkzeugs_colours_and_without(root: Path, coloured: str) -> None:
    line = hit("/x", 404).replace('"GET /x HTTP/1.1"', '"' + coloured.format("GET /x HTTP/1.1") + '"')
    assert [(one.path, one.status, one.seconds) for one in fed(root, line).hits()] == [("/x", 404, 0.012)]


@pytest.mark.parametrize("logger", ["INFO in logging:", "[4711] [INFO]"])
def test_quarts_request_line_is_read_too(root: Path, logger: str) -> None:
    found = fed(root, f"[2026-11-30 04:15:43,554] {logger} 127.0.0.1:37898 GET /a?b=1 1.1 404 207 53697").hits()
    assert [(hit.method, hit.path, hit.status, hit.seconds) for hit in found] == [("GET", "/a?b=1", 404, 0.053697)]


def test_with_the_debugger_the_traceback_comes_behind_the_answer_and_is_one_error_with_it(root: Path) -> None:
    log = fed(root, hit("/show", 500), *traceback(root, "ZeroDivisionError: division by zero"), hit("/"))
    (failure,) = log.failures()
    assert failure.error == "ZeroDivisionError: division by zero"
    assert failure.location == Location("shop/views.py", 7)
    assert failure.request == "GET /show"
    assert (log.errors, log.requests) == (1, 2)


def test_without_the_debugger_it_comes_before(root: Path) -> None:
    said = "[2026-11-30 12:00:01,000] ERROR in app: Exception on /show [GET]"
    log = fed(root, said, *traceback(root, "KeyError: 'x'"), hit("/show", 500))
    assert [failure.request for failure in log.failures()] == ["GET /show"]
    assert log.errors == 1


def test_what_came_of_an_error_is_told_not_what_began_it(root: Path) -> None:
    between = ["", "During handling of the above exception, another exception occurred:", ""]
    chained = [*traceback(root, "ValueError: first"), *between, *traceback(root, "OSError: second")]
    log = fed(root, hit("/show", 500), *chained)
    assert [(failure.error, failure.request) for failure in log.failures()] == [("OSError: second", "GET /show")]
    assert log.errors == 1


def test_an_answer_of_500_that_nothing_is_said_of_is_an_error_too(root: Path) -> None:
    assert fed(root, hit("/show", 503)).errors == 1


def test_restarts_are_the_changes_that_the_reloader_saw(root: Path) -> None:
    start = [" * Running on http://127.0.0.1:5001", " * Restarting with stat"]
    log = fed(root, *start, " * Detected change in '/x/app.py', reloading", " * Restarting with stat")
    assert (log.restarts, log.url) == (1, "http://127.0.0.1:5001")


def test_neither_the_pin_nor_a_token_is_kept(root: Path) -> None:
    secret = "canary5f0c2b71canary5f0c2b71"
    log = fed(
        root,
        " * Debugger PIN: 123-456-789",
        hit(f"/reset?key={secret}&page=2"),
        f"password={secret}",
        f"Exception on /reset?key={secret} [GET]",
        *traceback(root, f"ValueError: api_key='{secret}'"),
    )
    shown = "\n".join([*log.lines(99), *map(repr, log.hits()), *map(repr, log.failures())])
    assert "123-456" not in shown
    assert secret not in shown
    assert "page=2" in shown


def test_it_stays_small_however_much_is_printed(root: Path) -> None:
    log = ServerLog(str(root))
    for number in range(2100):
        log.feed(f"{hit(f'/{number}', 500)}{'x' * 5000}\n", number)
        log.feed("Traceback (most recent call last):\n", number)
        log.feed(f"  deep {'y' * 5000}\n", number)
        log.feed(f"OSError: {'z' * 5000}\n", number)
    assert sum(map(len, log.lines(10**6))) <= 500_000
    assert len(log.hits()) <= 2000
    assert max(len(failure.error) for failure in log.failures()) <= 300
