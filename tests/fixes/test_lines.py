"""Appending a line changes nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flaskdoctor.errors import Refuse
from flaskdoctor.fixes.lines import append_line, line_ending


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


def test_utf16_is_refused() -> None:
    with pytest.raises(Refuse):
        append_line("a\n".encode("utf-16"), ".env")


@given(st.binary(max_size=80).filter(lambda data: b"\0" not in data and data[:2] not in (b"\xff\xfe", b"\xfe\xff")))
def test_any_bytes_stay(data: bytes) -> None:
    after = append_line(data, ".env")
    assert after.startswith(data)
    assert after[len(data) :].strip() == b".env"
    assert after.rstrip(b"\r\n").endswith(b".env")
    if data:
        assert after.endswith((b"\n", b"\r")) == data.endswith((b"\n", b"\r"))


def test_the_ending_used_most_is_the_ending() -> None:
    assert line_ending(b"a\r\nb\r\nc\n") == b"\r\n"
    assert line_ending(b"a") == b"\n"
