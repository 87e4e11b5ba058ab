"""An answer's page: its status line, and bodies that a server made to be hard to show."""

from __future__ import annotations

import tracemalloc

from flaskdoctor.probe.observation import Answer
from flaskdoctor.tui.panes.answer import BODY_LINES, HEADERS, answer_page, body, status_line


def test_json_that_grows_when_it_is_formatted_is_formatted_as_far_as_it_is_shown() -> None:
    # Each number behind nine hundred brackets begins with 1.8 KB of spaces: 128 KiB became 230 MB.
    text = "[" * 900 + ",".join(["1"] * 60_000) + "]" * 900
    tracemalloc.start()
    try:
        blocks = body("application/json", text)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(blocks) == BODY_LINES + 1
    assert "the first 300 lines are shown" in str(blocks[-1].text)
    assert peak < 20 << 20


def test_why_there_is_no_answer_is_said_once() -> None:
    late = status_line(Answer("GET", "/slow", failure="no answer within 2 s"))
    assert late.plain == "GET /slow  no answer within 2 s"
    assert status_line(Answer("GET", "/", failure="refused")).plain == "GET /  no answer: refused"


def test_short_json_is_formatted_to_its_end() -> None:
    blocks = body("application/json", '{"b": [1, {"a": null}]}')
    assert [str(block.text) for block in blocks] == [
        "{",
        '  "b": [',
        "    1,",
        "    {",
        '      "a": null',
        "    }",
        "  ]",
        "}",
    ]


def test_json_that_is_nested_too_deeply_is_shown_as_it_came() -> None:
    assert len(body("application/json", "[" * 100_000)) == 1


def test_of_thousands_of_headers_the_first_are_drawn() -> None:
    answer = Answer("GET", "/", 200, headers=tuple((f"X-{number}", "1") for number in range(6000)))
    page = answer_page(answer, "http://127.0.0.1:5000")
    assert len(page) < HEADERS + 20
    assert any("and 5800 more" in str(block.text) for block in page)
