"""``Set-Cookie`` headers as values, and headers whose values must not be shown."""

from __future__ import annotations

import re
from itertools import islice

from flaskdoctor.probe.observation import Cookie
from flaskdoctor.probe.session_cookie import read_session
from flaskdoctor.project.secrecy.secret import DOTS, Secret
from flaskdoctor.project.secrecy.secretnames import is_secret_name
from flaskdoctor.visible import shortened

_MAX_COOKIES = 50
_MAX_NAME = 100  # characters
_MASKED = frozenset({"authorization", "proxy-authorization", "cookie", "cookie2", "set-cookie2", "authentication-info"})
_ATTRIBUTES = frozenset(
    {"expires", "max-age", "domain", "path", "samesite", "priority", "secure", "httponly", "partitioned"}
)
# Proxies join several cookies to one header, which browsers do not take apart: the next one's value is no attribute's.
_NEXT = re.compile(r",\s*[^\s=;,]{1,200}=")


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
        attributes[key.strip().lower()] = _plain(text.strip())  # of several the last counts, as in browsers
    return Cookie(
        shortened(name, _MAX_NAME),
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
    """The cookies of an answer's headers, in their order; the first fifty, for each may have to be unpacked."""
    values = (value for name, value in headers if name.lower() == "set-cookie")
    found = (read_cookie(value, now) for value in islice(values, _MAX_COOKIES))
    return tuple(cookie for cookie in found if cookie is not None)


def masked(name: str, value: str) -> str:
    """The value of a header as it may be shown and kept: without what a cookie or a credential is."""
    lower = name.lower()
    if lower == "set-cookie":
        first, *rest = value.split(";")
        key, found, _ = first.partition("=")
        return ";".join((f"{key}={DOTS}", *map(_attribute, rest))) if found else DOTS
    if lower in _MASKED:
        return DOTS
    if lower.startswith(("access-control-", "sec-websocket-")):
        return value
    return DOTS if is_secret_name(name) else value


def _attribute(part: str) -> str:
    """An attribute as it may be shown; what is none may be the rest of a value with a semicolon in it."""
    key = part.partition("=")[0]
    if key.strip().lower() in _ATTRIBUTES:
        return _plain(part)
    return f" {DOTS}" if part.strip() else part


def _plain(text: str) -> str:
    """An attribute's value without another cookie that was joined to it."""
    found = _NEXT.search(text)
    return text if found is None else f"{text[: found.start()]}, {DOTS}"
