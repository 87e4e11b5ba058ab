"""``Set-Cookie`` headers as values, and headers whose values must not be shown."""

from __future__ import annotations

from flaskdoctor.probe.observation import Cookie
from flaskdoctor.probe.session_cookie import read_session
from flaskdoctor.project.secret import DOTS, Secret
from flaskdoctor.project.secretnames import is_secret_name

_MAX_COOKIES = 50
_MASKED = frozenset({"authorization", "proxy-authorization", "cookie", "cookie2", "authentication-info"})


def read_cookie(header: str, now: float) -> Cookie | None:
    """The cookie that a ``Set-Cookie`` value sets; None where a browser would not take it. ``now`` is seconds since
    the epoch."""
    first, *rest = header.split(";")
    name, found, value = first.partition("=")
    name, value = name.strip(), value.strip().strip('"')
    if not found or not name:
        return None
    attributes: dict[str, str] = {}
    for part in rest[:30]:
        key, _, text = part.partition("=")
        attributes[key.strip().lower()] = text.strip()  # of several the last counts, as in browsers
    return Cookie(
        name,
        Secret(value),
        "secure" in attributes,
        "httponly" in attributes,
        attributes.get("samesite") or None,
        attributes.get("domain") or None,
        attributes.get("path") or None,
        len(header.encode("utf-8", "surrogatepass")),
        read_session(name, value, now),
    )


def read_cookies(headers: tuple[tuple[str, str], ...], now: float) -> tuple[Cookie, ...]:
    """The cookies of an answer's headers, in their order."""
    found = [read_cookie(value, now) for name, value in headers if name.lower() == "set-cookie"]
    return tuple(cookie for cookie in found[:_MAX_COOKIES] if cookie is not None)


def masked(name: str, value: str) -> str:
    """The value of a header as it may be shown and kept: without what a cookie or a credential is."""
    lower = name.lower()
    if lower == "set-cookie":
        first, separator, rest = value.partition(";")
        key, found, _ = first.partition("=")
        return f"{key}={DOTS}{separator}{rest}" if found else DOTS
    if lower in _MASKED:
        return DOTS
    if lower.startswith(("access-control-", "sec-websocket-")):
        return value
    return DOTS if is_secret_name(name) else value
