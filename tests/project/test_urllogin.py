"""Logins in URLs: which ones are there, from where their server can be reached, and which only show the form."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flaskdoctor.project.secrecy.urllogin import logins

NAME = st.text(string.ascii_letters + string.digits + "_.-", max_size=12)
PASSWORD = st.text(string.ascii_letters + string.digits + "_.-!+=:&~%", min_size=1, max_size=20)
HOST = st.sampled_from(["db.pottery.shop", "localhost", "db", "10.0.0.7", "[2001:db8::1]"])


@given(st.sampled_from(["postgresql", "mysql+pymysql", "redis", "https"]), NAME, PASSWORD, HOST, st.booleans())
def test_a_written_password_is_found_with_its_host(
    scheme: str, user: str, password: str, host: str, port: bool
) -> None:
    text = f"see {scheme}://{user}:{password}@{host}{':5432' if port else ''}/shop?a=b, there"
    if any(mark in password for mark in ("%s", "%r", ".+")) or set(password) in ({"."}, {"*"}):
        return  # a value to fill in, or a regular expression
    (found,) = logins(text)
    assert (found.scheme, found.user, found.password, found.host) == (scheme, user, password, host)
    assert found.certain
    assert len(password) < 4 or password not in repr(found)


@given(PASSWORD, PASSWORD)
def test_a_host_that_may_be_a_piece_of_the_password_is_not_certain(first: str, second: str) -> None:
    for text in (f"ftp://kiln:{first}@{second}@files.shop/", f"ftp://kiln:{first}@{second}/x@files.shop/"):
        assert not any(found.certain for found in logins(text))


def test_a_slash_in_a_password_is_what_database_libraries_take() -> None:
    (found,) = logins("postgresql://kiln:cl/ay@db.pottery.shop/kiln")
    assert (found.password, found.host) == ("cl/ay", "db.pottery.shop")


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://localhost:5432/shop?mail=a@b",
        "http://localhost:8000/@ada",
        "https://mastodon.social:443/@kiln",
        "ssh://git@git.pottery.shop:22/kiln",
        "postgresql://shop@db/shop",
        "postgresql://shop:@db/shop",
        "postgresql://{user}:{password}@{host}/shop",
        "mysql://%s:%s@%s/%s",
        "mysql://root:%(password)s@db/shop",
        "redis://:${REDIS_PASSWORD}@cache",
        "redis://:$REDIS_PASSWORD@cache",
        "mongodb://<user>:<password>@cluster",
        "postgresql://shop:***@db/shop",
        r"https?://[^:/]+:[^@]+@.*",
        "kiln:clay@pottery.shop",
        "",
    ],
)
def test_what_is_no_login(text: str) -> None:
    assert list(logins(text)) == []


@pytest.mark.parametrize(
    ("host", "reach"),
    [
        ("localhost", "here"),
        ("127.0.0.1", "here"),
        ("[::1]", "here"),
        ("db", "here"),
        ("host.docker.internal", "here"),
        ("10.1.2.3", "inside"),
        ("192.168.0.7:5432", "inside"),
        ("db.shop.internal", "inside"),
        ("db.pottery.shop", "anywhere"),
        ("203.0.113.7", "anywhere"),
        ("", "unknown"),
    ],
)
def test_from_where_a_host_can_be_reached(host: str, reach: str) -> None:
    (found,) = logins(f"mysql://kiln:clay-4711@{host}/shop")
    assert found.reach == reach


@pytest.mark.parametrize(
    "text",
    [
        "mysql://user:password@localhost/shop",
        "mysql://username:password@hostname:3306/shop",
        "http://user:pass@proxy.example.com:3128",
        "http://kiln:clay@example.org/",
        "socks5://kiln:clay@...:1080",
        "mysql://kiln:change-me@db.pottery.shop/shop",
        "mysql://kiln:yourpassword@db.pottery.shop/shop",
        "mysql://kiln:xxxx@db.pottery.shop/shop",
    ],
)
def test_what_only_shows_the_form(text: str) -> None:
    assert [found.placeholder for found in logins(text)] == [True]


@pytest.mark.parametrize(
    "text",
    ["mysql://root:root@localhost/shop", "mongodb://admin:Password1@cluster0.k1ln.mongodb.net", "redis://:kiln@db"],
)
def test_what_opens_something(text: str) -> None:
    assert [found.placeholder for found in logins(text)] == [False]
