"""FD201: which session keys name a secret, and that a reader of the cookie really sees it."""

from __future__ import annotations

import base64

import flask
import pytest

from flaskdoctor.project.code.module import Module
from flaskdoctor.rules.sessions.sensitive_session_data import SensitiveSessionData

SECRET = [
    "password", "user_password", "userPassword", "PASSWORD", "passwd", "pwd", "db-pwd", "passphrase", "password2",
    "secret", "client_secret", "oauth_token_secret", "secret_key", "private_key", "api_key", "apiKey", "APIKey",
    "apikey", "access_token", "accessToken", "spotify_access_token", "refresh_token", "credit_card", "debit_card",
    "card_number", "cardNumber", "card_no", "cvv", "cvc", "ssn", "social_security_number", "otp", "otp_code",
]  # fmt: skip
HARMLESS = [
    "password_hash", "password_reset", "password_changed_at", "reset_password", "change_password",
    "forgot_password", "needs_otp", "is_secret", "otp_verified", "otp_attempts", "otp_expires",
    "access_token_expires_at", "secretary", "secret_santa_id", "discarded", "footprint", "scard", "card_id",
    "cards", "card", "postcard", "cardinal", "compass", "passenger", "token", "csrf_token", "_csrf_token",
    "_user_id", "_fresh", "user", "keyboard", "api_key_id", "key_name", "ssnake", "potpourri",
]  # fmt: skip


def _hits(statement: str) -> int:
    source = f"from flask import session, request\ndef view(value):\n    {statement}\n"
    return len(list(SensitiveSessionData().check(Module("app.py", "app", "app", source.encode()))))


@pytest.mark.parametrize("key", SECRET)
def test_key_names_a_secret(key: str) -> None:
    assert _hits(f"session[{key!r}] = value") == 1


@pytest.mark.parametrize("key", HARMLESS)
def test_key_does_not(key: str) -> None:
    assert _hits(f"session[{key!r}] = value") == 0


def test_card_counts_where_it_comes_from_a_form() -> None:
    assert _hits("session['card'] = request.form['card']") == 1
    assert _hits("session['card'] = request.get_json()") == 0


def test_cookie_shows_what_is_in_the_session_without_any_key() -> None:
    app = flask.Flask(__name__)
    app.secret_key = "not known to the reader"

    @app.route("/")
    def index() -> str:
        flask.session["password"] = "h1"
        return ""

    cookie = app.test_client().get("/").headers["Set-Cookie"].partition("=")[2]
    payload = cookie.split(".")[0]
    assert b'"password":"h1"' in base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
