"""What the values of security headers say, read as browsers read them."""

from __future__ import annotations

import re

_META = re.compile(r"<meta\s[^>]{0,400}>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""([a-z-]{1,20})\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)

REFERRER_POLICIES = frozenset(
    (
        "no-referrer",
        "no-referrer-when-downgrade",
        "origin",
        "origin-when-cross-origin",
        "same-origin",
        "strict-origin",
        "strict-origin-when-cross-origin",
        "unsafe-url",
    )
)


def csp_policies(value: str) -> list[dict[str, tuple[str, ...]]]:
    """The policies of a Content-Security-Policy (several are joined with commas, and a browser obeys all of them):
    directives and their sources, lower case. Of a directive that stands twice the first counts."""
    policies = []
    for policy in value.split(",")[:16]:
        found: dict[str, tuple[str, ...]] = {}
        for directive in policy.split(";")[:64]:
            name, *sources = directive.lower().split() or [""]
            if name:
                found.setdefault(name, tuple(sources))
        if found:
            policies.append(found)
    return policies


def frames_restricted(policy: str | None) -> bool:
    """Whether a Content-Security-Policy says who may frame the page: ``frame-ancestors``, and not everybody."""
    found = [directives.get("frame-ancestors") for directives in csp_policies(policy or "")]
    return any(sources is not None and "*" not in sources for sources in found)


def hsts_age(value: str) -> int | None:
    """The ``max-age`` of a Strict-Transport-Security, in seconds; None where there is none, so that it is ignored."""
    for part in value.split(",")[0].split(";"):
        name, _, number = part.partition("=")
        if name.strip().lower() == "max-age":
            number = number.strip().strip('"')
            return int(number[:12]) if number.isascii() and number.isdigit() else None
    return None


def referrer_policy(value: str) -> str | None:
    """The policy that a browser takes of a list: the last that it knows; None where it knows none."""
    known = [word for part in value.split(",") if (word := part.strip().lower()) in REFERRER_POLICIES]
    return known[-1] if known else None


def meta_policy(body: str, name: str) -> str | None:
    """What a ``<meta http-equiv>`` or ``<meta name>`` of a page says in a header's stead. ``body`` is bounded; the
    pattern is too, since a parser takes seconds on a page made to be slow."""
    for tag in _META.findall(body[:65_536]):
        attributes = {
            match[1].lower(): next((text for text in match.groups()[1:] if text is not None), "")
            for match in _ATTRIBUTE.finditer(tag)
        }
        if (attributes.get("http-equiv") or attributes.get("name") or "").lower() == name.lower():
            return attributes.get("content", "")
    return None
