"""Appending a line changes nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flaskdoctor.errors import Refuse
from flaskdoctor.fixes.lines import append_line, append_section, line_ending


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, b".env\n"),
        (b"", b".env\n"),
        (b"a\n", b"a\n.env\n"),
        (b"a", b"a\n.env"),
        (b"a\r\nb\r\n", b"a\r\nb\r\n.env\r\n"),
        (b"a\r\nb", b"a\r\nb\r\n.env"),
        (b"\xef\xbb\xbfa\n", b"\xef\xbb\xbfa\n.env\n"),
        (b"caf\xe9\n\n", b"caf\xe9\n\n.env\n"),
    ],
)
def test_the_line_is_the_last_and_all_else_stays(before: bytes | None, after: bytes) -> None:
    assert append_line(before, ".env") == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, ".env\ninstance/\n"),
        ("*.pyc\n", "*.pyc\n.env\ninstance/\n"),
        ("# Python\n*.pyc\n", "# Python\n*.pyc\n.env\ninstance/\n"),
        ("# Python\n*.pyc\n\n# IDE\n.idea/", "# Python\n*.pyc\n\n# IDE\n.idea/\n\n.env\ninstance/"),
        ("*.pyc\r\n\r\n# IDE\r\n.idea/\r\n", "*.pyc\r\n\r\n# IDE\r\n.idea/\r\n\r\n.env\r\ninstance/\r\n"),
        ("# Python\n*.pyc\n\n.idea/\n", "# Python\n*.pyc\n\n.idea/\n.env\ninstance/\n"),
        ("*.pyc\n\n# IDE\n.idea/\n\n\n", "*.pyc\n\n# IDE\n.idea/\n\n\n.env\ninstance/\n"),
        ("*.pyc\n\n# Secrets\n", "*.pyc\n\n# Secrets\n.env\ninstance/\n"),
    ],
)
def test_lines_stand_apart_from_a_section_that_is_about_something_else(before: str | None, after: str) -> None:
    data = None if before is None else before.encode()
    assert append_section(data, [".env", "instance/"]) == after.encode()


def test_utf16_is_refused() -> None:
    with pytest.raises(Refuse):
        append_line("a\n".encode("utf-16"), ".env")


@given(st.binary(max_size=80).filter(lambda data: b"\0" not in data and data[:2] not in (b"\xff\xfe", b"\xfe\xff")))
def test_any_bytes_stay(data: bytes) -> None:
    after = append_line(data, ".env")
    assert after.startswith(data)
    assert after[len(data) :].strip() == b".env"
    assert after.rstrip(b"\r\n").endswith(b".env")
    if data not in (b"", b"\xef\xbb\xbf"):
        assert after.endswith((b"\n", b"\r")) == data.endswith((b"\n", b"\r"))


def test_the_ending_used_most_is_the_ending() -> None:
    assert line_ending(b"a\r\nb\r\nc\n") == b"\r\n"
    assert line_ending(b"a") == b"\n"
