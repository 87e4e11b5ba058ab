"""Set-Cookie headers: what is read of them, how much, and what of them may be shown."""

from __future__ import annotations

import pytest

from flaskdoctor.probe import cookies
from flaskdoctor.probe.cookies import masked, read_cookie, read_cookies


@pytest.mark.parametrize(
    ("header", "shown"),
    [
        ("session=canary; Path=/; HttpOnly", "session=••••; Path=/; HttpOnly"),
        ("session=a; Expires=Thu, 01 Jan 2030 00:00:00 GMT", "session=••••; Expires=Thu, 01 Jan 2030 00:00:00 GMT"),
        ('q="a;canary"; Path=/', "q=••••; ••••; Path=/"),  # a semicolon ends the value, and its rest is no attribute
        ("a=1; theme=canary", "a=••••; ••••"),
        ("a=1; Path=/, session=canary; HttpOnly", "a=••••; Path=/, ••••; HttpOnly"),  # joined by a proxy
        ("canary", "••••"),
    ],
)
def test_of_a_cookie_its_name_and_its_attributes_are_shown(header: str, shown: str) -> None:
    assert masked("Set-Cookie", header) == shown


def test_a_cookie_joined_to_another_is_not_read_as_its_path() -> None:
    found = read_cookie("a=1; Path=/, session=canary; HttpOnly", 0)
    assert found is not None
    assert "canary" not in repr(found)
    assert found.http_only


def test_the_cookies_of_an_old_standard_are_masked() -> None:
    assert masked("Set-Cookie2", "session=canary; Version=1") == "••••"


def test_a_name_that_fills_the_header_is_cut() -> None:
    found = read_cookie("n" * 90_000 + "=v", 0)
    assert found is not None
    assert len(found.name) == 100
    assert found.size == 90_002


def test_of_thousands_of_cookies_only_the_first_are_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    def read_session(name: str, value: str, now: float) -> None:
        read.append(name)

    monkeypatch.setattr(cookies, "read_session", read_session)
    found = read_cookies(tuple(("Set-Cookie", f"c{number}=1") for number in range(3000)), 0)
    assert len(found) == len(read) == 50
