"""Reading Flask's session cookie: bounded, and without the key that signs it.

The form is ``[.]base64(payload).base64(timestamp).base64(HMAC)``, a leading dot stands for zlib (itsdangerous 2.2,
Flask 3.1). Signed is not encrypted: whoever has the cookie reads it like this.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
import zlib
from typing import NamedTuple

from flaskdoctor.probe.observation import SessionContent, SessionItem
from flaskdoctor.project.secrecy.secret import DOTS
from flaskdoctor.project.secrecy.secretnames import (
    PRIVATE_KEY,
    PROVIDER_TOKENS,
    URL_CREDENTIALS,
    is_password_hash,
    is_placeholder,
    is_secret_name,
    words,
)
from flaskdoctor.visible import shortened

_MAX_COOKIE = 64 * 1024
_MAX_PAYLOAD = 256 * 1024
_MAX_ITEMS = 100
_MAX_SHOWN = 80
_DEPTH = 6
_SIGNATURES = (20, 32, 48, 64)  # SHA-1, 256, 384, 512
_BASE64 = re.compile(r"[A-Za-z0-9_-]+\Z")
_OLD_EPOCH = 1293840000  # itsdangerous before 1.1 counted from 2011

# What Flask and its extensions keep there themselves.
_USUAL = frozenset({"_user_id", "user_id", "_fresh", "_id", "_flashes", "_permanent", "csrf_token", "_csrf_token"})
_CARDS = frozenset({"cvv", "cvc", "ssn", "otp", "pin", "iban"})
_NESTED = frozenset({"t", "b", "m", "u", "d", "di"})


class _Parts(NamedTuple):
    payload: str
    timestamp: str
    signature: bytes


def read_session(name: str, value: str, now: float) -> SessionContent | None:
    """What a cookie holds that looks like the app's session; None where it does not. ``now`` is seconds since the
    epoch. A cookie of another name than ``session`` counts where its form is that of Flask's."""
    named = name.lower() == "session" or name.lower().endswith(("_session", "-session", ".session"))
    if len(value) > _MAX_COOKIE:
        return SessionContent("unreadable", reason="longer than 64 KiB") if named else None
    parts = _split(value)
    stamp = _timestamp(parts.timestamp, now) if parts is not None else None
    if parts is None or stamp is None:
        if not named or not value:
            return None
        if len(value) >= 32 and value.count(".") <= 1:
            return SessionContent("opaque")
        return SessionContent("unreadable", reason="not in the form of Flask's session cookie")
    try:
        content = json.loads(_payload(parts.payload))
    except (ValueError, RecursionError, zlib.error) as error:
        return SessionContent("unreadable", reason=_why(error)) if named else None
    if not isinstance(content, dict):
        return SessionContent("unreadable", reason="it does not hold keys and values") if named else None
    items = [_item(str(key), held) for key, held in list(content.items())[:_MAX_ITEMS]]
    more = len(content) - len(items)
    return SessionContent("signed", tuple(items), max(0.0, now - stamp), f"{more} more keys" if more else "")


def signed_with(cookie_value: str, key: str | bytes) -> bool:
    """Whether Flask signed this session cookie with ``key`` (its SECRET_KEY)."""
    parts = _split(cookie_value) if len(cookie_value) <= _MAX_COOKIE else None
    if parts is None:
        return False
    secret = key.encode() if isinstance(key, str) else key
    signed = f"{parts.payload}.{parts.timestamp}".encode()
    # Flask signs with SHA-1; the other lengths are those of apps that set another digest.
    digest = {20: hashlib.sha1, 32: hashlib.sha256, 48: hashlib.sha384, 64: hashlib.sha512}[len(parts.signature)]
    for derivation in (digest, hashlib.sha1):
        derived = hmac.new(secret, b"cookie-session", derivation).digest()
        if hmac.compare_digest(hmac.new(derived, signed, digest).digest(), parts.signature):
            return True
    return False


def _split(value: str) -> _Parts | None:
    pieces = value.rsplit(".", 2)
    if len(pieces) != 3 or not all(_BASE64.match(piece) for piece in pieces[1:]):
        return None
    payload, timestamp, signature = pieces
    if not _BASE64.match(payload.removeprefix(".")):
        return None
    decoded = _decode(signature)
    return _Parts(payload, timestamp, decoded) if len(decoded) in _SIGNATURES else None


def _timestamp(text: str, now: float) -> float | None:
    """When it was signed, in seconds since the epoch; None where this is no date up to now."""
    raw = _decode(text)
    if not 1 <= len(raw) <= 8:
        return None
    stamp = int.from_bytes(raw, "big")
    if stamp < _OLD_EPOCH:
        stamp += _OLD_EPOCH
    return float(stamp) if stamp <= now + 366 * 86400 else None


def _payload(text: str) -> str:
    """The JSON text of a payload. Raises ``ValueError`` or ``zlib.error``."""
    packed = text.startswith(".")
    data = _decode(text.removeprefix("."))
    if packed:
        unpacker = zlib.decompressobj()
        data = unpacker.decompress(data, _MAX_PAYLOAD)
        if unpacker.unconsumed_tail:
            raise ValueError("it unpacks to more than 256 KiB")
    return data.decode()


def _decode(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return b""


def _why(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    return str(error) if str(error).startswith("it unpacks") else "what it holds is not JSON"


# -- what may be shown --------------------------------------------------------------------------------------


def _item(key: str, value: object) -> SessionItem:
    """One key, with Flask's tags read: ``{" t": [1, 2]}`` is a tuple."""
    tag, plain = _untagged(value)
    kind = _kind(tag, plain)
    why = _sensitive(key, plain)
    shown = DOTS if why else _shown(plain)
    return SessionItem(DOTS if _token(key) else key[:_MAX_SHOWN], kind, shown, why)


def _untagged(value: object) -> tuple[str, object]:
    if isinstance(value, dict) and len(value) == 1:
        (key, held), *_ = value.items()
        if isinstance(key, str) and key[:1] == " " and key[1:] in _NESTED:
            return key[1:], held
    return "", value


def _kind(tag: str, value: object) -> str:
    if tag in ("b", "m", "u", "d"):
        return {"b": "bytes", "m": "markup", "u": "UUID", "d": "date"}[tag]
    if isinstance(value, list):
        return f"{'tuple' if tag == 't' else 'list'} of {len(value)}"
    if isinstance(value, dict):
        return f"{len(value)} key" + ("" if len(value) == 1 else "s")
    if isinstance(value, bool):
        return "yes or no"
    if isinstance(value, str):
        return "text"
    return "nothing" if value is None else "number"


def _shown(value: object) -> str:
    """A value in one line; what is a secret inside of it is dots."""
    text = value if isinstance(value, str) else json.dumps(_masked(value, _DEPTH), ensure_ascii=False)
    return shortened(text, _MAX_SHOWN)


def _masked(value: object, depth: int) -> object:
    _, value = _untagged(value)
    if depth == 0:
        return "…"
    if isinstance(value, dict):
        return {
            str(key): DOTS if _sensitive(str(key), held) else _masked(held, depth - 1)
            for key, held in list(value.items())[:_MAX_ITEMS]
        }
    if isinstance(value, list):
        return [_masked(item, depth - 1) for item in value[:_MAX_ITEMS]]
    return value


def _sensitive(key: str, value: object, depth: int = _DEPTH) -> str:
    """Why this should not be readable by whoever has the cookie; empty where it may."""
    _, value = _untagged(value)
    if why := _token(key):
        return why
    if isinstance(value, dict) and depth:
        for inner, held in list(value.items())[:_MAX_ITEMS]:
            why = _sensitive(str(inner), held, depth - 1)
            if why:
                return why
    elif isinstance(value, list) and depth:
        for held in value[:_MAX_ITEMS]:
            why = _sensitive("", held, depth - 1)
            if why:
                return why
    if isinstance(value, str):
        why = _token(value)
        if why:
            return why
    if key in _USUAL or isinstance(value, bool) or value in (None, "", [], {}):
        return ""
    found = words(key)
    if _CARDS.intersection(found[-1:]) or is_secret_name(key):
        if isinstance(value, str) and is_placeholder(value):
            return ""
        # Where no name stands, a value may: then it is not repeated outside of the session's own table.
        return f'its name, "{key}"' if is_plain_name(key) else "its name"
    return ""


def is_plain_name(key: str) -> bool:
    """Whether a key of a session is a name and no more."""
    return len(key) <= 40 and key.replace("-", "_").replace(".", "_").isidentifier()


def _token(text: str) -> str:
    text = text[:4096]
    if PRIVATE_KEY.search(text):
        return "a private key"
    if PROVIDER_TOKENS.search(text):
        return "the form of a provider's token"
    if "://" in text and URL_CREDENTIALS.search(text):
        return "a login in a URL"
    return "the hash of a password" if is_password_hash(text) else ""
