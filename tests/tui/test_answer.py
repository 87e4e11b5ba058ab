"""Bodies that a server made to be hard to show."""

from __future__ import annotations

import tracemalloc

from flaskdoctor.tui.panes.answer import BODY_LINES, body


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
