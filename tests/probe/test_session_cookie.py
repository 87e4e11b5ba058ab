"""Reading the session cookie: what Flask writes, and what anybody else may send."""

from __future__ import annotations

import base64
import datetime
import json
import time
import uuid
import zlib

import pytest
from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from flaskdoctor.probe.session_cookie import read_session, signed_with

NOW = time.time()
STRIPE = "sk_" + "live_" + "4eC39HqLyjWDarjtT1zdp7dc"


def cookie(content: dict[str, object], key: str = "dev") -> str:
    """What Flask itself makes of a session."""
    app = Flask(__name__)
    app.secret_key = key
    serializer = SecureCookieSessionInterface().get_signing_serializer(app)
    assert serializer is not None
    text = serializer.dumps(content)
    return text if isinstance(text, str) else text.decode()


def forged(payload: bytes, *, packed: bool = False, signature: bytes = b"s" * 20, stamp: int | None = None) -> str:
    """A cookie in Flask's form, whatever it holds."""
    when = int(NOW) if stamp is None else stamp
    parts = [payload, when.to_bytes(8, "big").lstrip(b"\0"), signature]
    text = ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)
    return f".{text}" if packed else text


def test_what_flask_writes_is_read() -> None:
    content = {
        "_user_id": "7",
        "_fresh": True,
        "basket": [1, 2],
        "pair": (1, 2),
        "since": datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC),
        "id": uuid.UUID(int=7),
        "raw": b"bytes",
        "html": Markup("<b>"),
        "nothing": None,
        "address": {"street": "A", "zip": 1},
    }
    found = read_session("session", cookie(content), NOW)
    assert found is not None
    assert (found.kind, found.reason) == ("signed", "")
    assert found.age is not None
    assert 0 <= found.age < 60
    assert {item.key: item.kind for item in found.items} == {
        "_user_id": "text",
        "_fresh": "yes or no",
        "basket": "list of 2",
        "pair": "tuple of 2",
        "since": "date",
        "id": "UUID",
        "raw": "bytes",
        "html": "markup",
        "nothing": "nothing",
        "address": "2 keys",
    }
    shown = {item.key: item.shown for item in found.items}
    assert (shown["basket"], shown["_fresh"], shown["pair"], shown["_user_id"]) == ("[1, 2]", "true", "[1, 2]", "7")
    assert not any(item.sensitive for item in found.items)


def test_a_compressed_session_of_another_name_is_read() -> None:
    value = cookie({"text": "a" * 2000})
    assert value.startswith(".")
    found = read_session("shop", value, NOW)
    assert found is not None
    assert (found.kind, found.items[0].shown) == ("signed", "a" * 79 + "…")


@pytest.mark.parametrize(
    ("key", "value", "why"),
    [
        ("password", "canary", 'its name, "password"'),
        ("access_token", "canary", 'its name, "access_token"'),
        ("cvv", 123, 'its name, "cvv"'),
        ("user", {"name": "Ada", "apiKey": "canary"}, 'its name, "apiKey"'),
        ("charge", STRIPE, "the form of a provider's token"),
        ("dsn", "", ""),
        ("db", "postgres://ada:canary@db/shop", "a login in a URL"),
        ("hash", "pbkdf2:sha256:1000$canary", "the hash of a password"),
        ("list", [["-----BEGIN PRIVATE KEY-----canary"]], "a private key"),
        ("ada@kiln.example password", "canary", "its name"),
        ("by token", {STRIPE: 1}, "the form of a provider's token"),
    ],
)
def test_what_should_not_be_readable_is_named_and_masked(key: str, value: object, why: str) -> None:
    found = read_session("session", cookie({key: value, "theme": "dark"}), NOW)
    assert found is not None
    assert {item.key: item.sensitive for item in found.items} == {key: why, "theme": ""}
    assert "canary" not in repr(found)
    assert STRIPE not in repr(found)


def test_a_token_that_stands_as_a_key_is_masked_too() -> None:
    found = read_session("session", cookie({STRIPE: True}), NOW)
    assert found is not None
    assert STRIPE not in repr(found)
    assert [(item.key, item.sensitive) for item in found.items] == [("••••", "the form of a provider's token")]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("_user_id", "1"),
        ("_id", "f" * 128),
        ("csrf_token", "0f7a3c9b21d84e65a0f7a3c9b21d84e65aa1b2c3"),
        ("_flashes", [("message", "saved")]),
        ("password_changed", True),
        ("token_expires", 17),
        ("password", True),
        ("secret", None),
        ("otp", ""),
    ],
)
def test_what_flask_and_its_extensions_keep_is_fine(key: str, value: object) -> None:
    found = read_session("session", cookie({key: value}), NOW)
    assert found is not None
    assert not found.items[0].sensitive


def test_a_server_side_session_holds_nothing_to_read() -> None:
    for value in ("f" * 32, "x" * 43, "0f8f" * 8 + "." + "s" * 27):
        found = read_session("session", value, NOW)
        assert found is not None
        assert (found.kind, found.items) == ("opaque", ())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("theme", "dark"),
        ("remember_token", "1|" + "f" * 128),
        ("jwt", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"),
        ("_ga", "GA1.2.1234567.1234567"),
        ("session", ""),
    ],
)
def test_other_cookies_are_no_sessions(name: str, value: str) -> None:
    assert read_session(name, value, NOW) is None


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("a" * 70_000, "longer than 64 KiB"),
        (forged(zlib.compress(b"[" * 300_000), packed=True), "it unpacks to more than 256 KiB"),
        (forged(b"[" * 20_000), "it is nested too deeply"),
        (forged(b"not JSON"), "what it holds is not JSON"),
        (forged(b"\xff\xfe"), "what it holds is not JSON"),
        (forged(b"not zlib", packed=True), "what it holds is not JSON"),
        (forged(b"[1]"), "it does not hold keys and values"),
        (forged(b"{}", signature=b"short"), "not in the form of Flask's session cookie"),
        (forged(b"{}", stamp=2**60), "not in the form of Flask's session cookie"),
        (f"a!b{forged(b'{}')}", "not in the form of Flask's session cookie"),
        ("ä.b.c", "not in the form of Flask's session cookie"),
    ],
    ids=lambda item: item if " " in item else "cookie",  # a test's name must not hold the time
)
def test_a_cookie_that_cannot_be_read_says_why(value: str, reason: str) -> None:
    found = read_session("session", value, NOW)
    assert found is not None
    assert (found.kind, found.reason, found.items) == ("unreadable", reason, ())


def test_the_number_of_keys_is_bounded() -> None:
    found = read_session("session", cookie({f"k{index}": index for index in range(150)}), NOW)
    assert found is not None
    assert (len(found.items), found.reason) == (100, "50 more keys")


def test_only_the_key_that_signed_it_verifies() -> None:
    value = cookie({"a": 1}, "the key")
    assert signed_with(value, "the key")
    assert signed_with(value, b"the key")
    assert not signed_with(value, "another")
    assert not signed_with(value, "")
    payload, rest = value.split(".", 1)
    assert not signed_with(f"{payload[:-1]}{'A' if payload[-1] != 'A' else 'B'}.{rest}", "the key")
    assert not signed_with("opaque", "the key")
    assert not signed_with("a" * 70_000, "the key")
    assert signed_with(cookie({"text": "a" * 2000}, "ключ"), "ключ")


@given(
    st.text()
    | st.binary(max_size=200).map(forged)
    | st.binary(max_size=200).map(lambda data: forged(zlib.compress(data), packed=True))
)
def test_any_value_is_read_without_harm(value: str) -> None:
    for name in ("session", "x"):
        found = read_session(name, value, NOW)
        assert found is None or found.kind in ("signed", "opaque", "unreadable")
    assert not signed_with(value, "key")


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=20,
    )
)
def test_any_session_is_shown_in_short(content: object) -> None:
    found = read_session("session", forged(json.dumps({"key": content}).encode()), NOW)
    assert found is not None
    assert all(len(item.shown) <= 80 for item in found.items)
