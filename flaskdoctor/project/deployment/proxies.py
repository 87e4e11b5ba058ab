"""Proxies in front of the app: the configurations of nginx, caddy, traefik, apache and haproxy."""

from __future__ import annotations

import re

from flaskdoctor.finding import Location
from flaskdoctor.patterns import lazy
from flaskdoctor.project.deployment.deploy import Compose, Proxy

SECURITY_HEADERS = (
    "content-security-policy", "strict-transport-security", "x-frame-options", "x-content-type-options",
    "referrer-policy", "permissions-policy", "cross-origin-opener-policy",
)  # fmt: skip
# What makes a configuration one that hands requests on to another server.
_FORWARDS = (
    ("nginx", lazy(r"^\s*(?:proxy_pass|uwsgi_pass|fastcgi_pass|scgi_pass)\s", re.MULTILINE)),
    ("caddy", lazy(r"^\s*(?:reverse_proxy|proxy)\s", re.MULTILINE)),
    ("apache", lazy(r"^\s*(?:ProxyPass|WSGIScriptAlias|WSGIDaemonProcess)\s", re.MULTILINE | re.IGNORECASE)),
    ("haproxy", lazy(r"^\s*backend\s", re.MULTILINE)),
    ("traefik", lazy(r"^\s*(?:\[?(?:http|entryPoints|providers)\b|traefik\.)", re.MULTILINE)),
)
# Traefik's own words for headers.
_TRAEFIK = {
    "framedeny": "x-frame-options", "contenttypenosniff": "x-content-type-options",
    "customframeoptionsvalue": "x-frame-options", "contentsecuritypolicy": "content-security-policy",
    "referrerpolicy": "referrer-policy", "permissionspolicy": "permissions-policy",
    "stsseconds": "strict-transport-security",
}  # fmt: skip
_COMMENT = lazy(r"^\s*(?:#|//).*$", re.MULTILINE)
_SECURES = lazy(
    r"proxy_cookie_flags\s[^;]*\bsecure\b|proxy_cookie_path\s[^;]*secure|Header\s+(?:always\s+)?edit\s+Set-Cookie.*secure",
    re.IGNORECASE,
)
# All others of ``_FORWARDS`` hand a request on in another way than over HTTP.
_OVER_HTTP = lazy(
    r"^\s*(?:proxy_pass|reverse_proxy|proxy|ProxyPass|backend)\s|^\s*\[?(?:http|entryPoints|providers)\b|^\s*traefik\.",
    re.MULTILINE | re.IGNORECASE,
)
_FORWARDED = lazy(r"\bX-Forwarded-(For|Proto|Host|Port|Prefix)\b", re.IGNORECASE)
_FORWARDS_BY_ITSELF = {
    "caddy": ("for", "proto", "host"),
    "traefik": ("for", "proto", "host", "port"),
    "apache": ("for", "host"),
}
_INCLUDES = lazy(r"^\s*include\s+(?!\S*mime\.types)\S*(?:prox|header|snippet|common|params)", re.MULTILINE)
_LOCAL = lazy(
    r"^\s*(?:proxy_pass\s+https?://|ProxyPass\s+\S+\s+\S*?|server\s+(?:\S+\s+)?|reverse_proxy\s+(?:https?://)?)"
    r"(?:unix[:/]|127\.0\.0\.1|localhost\b)",
    re.MULTILINE | re.IGNORECASE,
)
_ADDS = lazy(r"^\s*(?:add_header|more_set_headers)\s", re.MULTILINE)
_IMAGES = ("nginx", "caddy", "traefik", "haproxy", "httpd", "swag", "openresty", "envoy")


def read_proxy(path: str, text: str, *, development: bool) -> Proxy | None:
    """The proxy that a configuration file is of; None where it hands no request on."""
    words = _COMMENT.sub("", text)
    name = path.rpartition("/")[2].lower()
    for kind, pattern in _FORWARDS:
        match = pattern.search(words)
        if match is not None and (kind != "traefik" or "traefik" in name) and (kind != "caddy" or "caddy" in name):
            line = words.count("\n", 0, match.end()) + 1
            place = Location(path, line, 1)
            headers, secures = headers_in(words), _SECURES.search(words) is not None
            local = _LOCAL.search(words) is not None
            return Proxy(kind, place, headers, secures, development, _protocol(words), _forwards(kind, words), local)
    added = _ADDS.search(words)
    if added is not None:  # a part that another one includes, or one in front of a part of the site
        place = Location(path, words.count("\n", 0, added.end()) + 1, 1)
        secures = _SECURES.search(words) is not None
        return Proxy("nginx", place, headers_in(words), secures, development, protocol="")
    return None


def _protocol(text: str) -> str:
    return "http" if _OVER_HTTP.search(text) else "other"


def _forwards(kind: str, text: str) -> frozenset[str] | None:
    """What a proxy tells the app of a request by ``X-Forwarded-..`` headers, set in its configuration or by itself."""
    found = {match.group(1).lower() for match in _FORWARDED.finditer(text)}
    if kind in _FORWARDS_BY_ITSELF:
        return frozenset({*found, *_FORWARDS_BY_ITSELF[kind]})
    if kind == "haproxy" and "forwardfor" in text:
        found.add("for")
    # What a file includes may set them: nothing is known.
    return None if _INCLUDES.search(text) and not found else frozenset(found)


def headers_in(text: str) -> frozenset[str]:
    """The security headers that a text names."""
    lowered = text.lower()
    found = {header for header in SECURITY_HEADERS if header in lowered}
    squeezed = lowered.replace("-", "") if "headers" in lowered else ""
    found.update(header for word, header in _TRAEFIK.items() if f"headers.{word}" in squeezed or f"{word}:" in squeezed)
    return frozenset(found)


def proxies_of(compose: Compose) -> list[Proxy]:
    """The services of a compose file that are proxies, and those that traefik's labels put behind one."""
    found = []
    for service in compose.services:
        image = service.image.lower().partition(":")[0]
        kind = next((each for each in _IMAGES if each in image and "exporter" not in image), "")
        routed = any(label.startswith("traefik.http.routers.") for label in service.labels)
        if kind or routed:
            headers = headers_in("\n".join(service.labels))
            forwards = frozenset(_FORWARDS_BY_ITSELF.get(kind or "traefik", ())) or None
            place = service.location
            found.append(Proxy(kind or "traefik", place, headers, False, compose.development, forwards=forwards))
    return found
