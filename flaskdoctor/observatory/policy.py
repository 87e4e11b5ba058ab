"""The Observatory's test of the Content-Security-Policy.

Several policies are merged as it does that: a source counts where all policies that name the directive have it, and a
directive that only a later policy has allows nothing.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple
from urllib.parse import unquote

from flaskdoctor.observatory.site import Result, Site
from flaskdoctor.rules.policies import meta_policy

Policy = dict[str, set[str]]

NAME = "content-security-policy"
_SHORTEST = 6  # characters; a policy of fewer is invalid
_BROAD = frozenset(("ftp:", "http:", "https:", "*", "http://*", "http://*.*", "https://*", "https://*.*"))
_INLINE = frozenset(("'unsafe-inline'", "data:"))
_TRUSTING = ("'sha256-", "'sha384-", "'sha512-", "'nonce-")
_PASSIVE = ("img-src", "media-src")
_MAY_REPEAT = frozenset(("report-uri", "report-to"))
_NOT_IN_META = frozenset(("frame-ancestors", "report-uri", "sandbox"))

_MODIFIERS = {
    "csp-implemented-with-no-unsafe-default-src-none": 10,
    "csp-implemented-with-no-unsafe": 5,
    "csp-implemented-with-unsafe-inline-in-style-src-only": 0,
    "csp-implemented-but-duplicate-directives": 0,
    "csp-implemented-with-insecure-scheme-in-passive-content-only": -10,
    "csp-implemented-with-unsafe-eval": -10,
    "csp-implemented-with-unsafe-inline": -20,
    "csp-implemented-with-insecure-scheme": -20,
    "csp-header-invalid": -25,
    "csp-not-implemented": -25,
    "csp-not-implemented-but-reporting-enabled": -25,
}
_PASSED = frozenset(
    (
        "csp-implemented-with-no-unsafe-default-src-none",
        "csp-implemented-with-no-unsafe",
        "csp-implemented-with-unsafe-inline-in-style-src-only",
        "csp-implemented-with-insecure-scheme-in-passive-content-only",
    )
)


class PolicyResult(NamedTuple):
    """The test's result, and whether some policy says who may frame the page."""

    result: Result
    frames: bool


def policy_result(site: Site) -> PolicyResult:
    """What the test says of a site's policies, those of the header and of the page's ``<meta>``."""
    sent = _split(site.header(NAME))
    in_page = _split(meta_policy(site.body, NAME))
    try:
        policy, repeated = _merged([*sent, *in_page])
        of_headers, _ = _merged(sent)
        of_page = {name for name in _merged(in_page)[0] if name not in _NOT_IN_META}
    except ValueError:
        return _result("csp-header-invalid")
    if not of_headers and not of_page:
        reports = bool(site.header(f"{NAME}-report-only"))
        return _result("csp-not-implemented-but-reporting-enabled" if reports else "csp-not-implemented")
    frames = "frame-ancestors" in policy
    found = _judged(policy, https=site.https)
    if repeated and found in _PASSED:
        found = "csp-implemented-but-duplicate-directives"
    return _result(found, frames=frames)


def _result(found: str, *, frames: bool = False) -> PolicyResult:
    return PolicyResult(Result(NAME, found, _MODIFIERS[found]), frames)


def _judged(policy: Policy, *, https: bool) -> str:
    anything = {"*"}
    default = policy.get("default-src", anything)
    objects, scripts, styles = (policy.get(name, default) for name in ("object-src", "script-src", "style-src"))
    for sources in (scripts, styles):
        if _trusting(sources):
            sources.discard("'unsafe-inline'")
    if "'strict-dynamic'" in scripts:
        if not _trusting(scripts):
            return "csp-header-invalid"
        scripts -= {source for source in scripts if source.startswith(tuple(_BROAD)) or source == "'self'"}
    if scripts & (_BROAD | _INLINE) or objects & _BROAD:
        return "csp-implemented-with-unsafe-inline"
    active = {
        source for name, sources in policy.items() if name not in (*_PASSIVE, "script-src") for source in sources
    } | scripts
    if https and _insecure(active):
        return "csp-implemented-with-insecure-scheme"
    if "'unsafe-eval'" in scripts | styles:
        return "csp-implemented-with-unsafe-eval"
    passive = {source for name in _PASSIVE for source in policy.get(name, policy.get("default-src", set()))}
    if https and _insecure(passive):
        return "csp-implemented-with-insecure-scheme-in-passive-content-only"
    if styles & (_BROAD | _INLINE):
        return "csp-implemented-with-unsafe-inline-in-style-src-only"
    if policy.get("default-src") == {"'none'"}:
        return "csp-implemented-with-no-unsafe-default-src-none"
    return "csp-implemented-with-no-unsafe"


def _trusting(sources: set[str]) -> bool:
    return any(source.startswith(_TRUSTING) for source in sources)


def _insecure(sources: set[str]) -> bool:
    return any(source.startswith(("http:", "ftp:")) for source in sources)


def _split(value: str | None) -> list[str]:
    return [part.strip() for part in value.split(",")] if value is not None else []


class _Source:
    """A source of a directive, and the policy that it stands in."""

    def __init__(self, text: str, policy: int, *, keep: bool) -> None:
        self.text, self.policy, self.keep = text, policy, keep


def _merged(policies: list[str]) -> tuple[Policy, bool]:
    """The directives of all policies together, and whether one that may be repeated is. Raises ``ValueError`` for a
    policy that the Observatory calls invalid."""
    merged: dict[str, list[_Source]] = {}
    repeated = False
    for number, policy in enumerate(policies):
        if len(policy) < _SHORTEST:
            raise ValueError("too short")
        seen: set[str] = set()
        for entry in policy.split(";"):
            name, *values = entry.lower().split() or [""]
            if not name:
                continue
            if name in seen and name not in _MAY_REPEAT:
                raise ValueError("a directive stands there twice")
            repeated = repeated or name in seen
            seen.add(name)
            if not values and name.endswith("-src"):
                values = ["'none'"]
            sources = [] if number == 0 else merged.get(name, [])
            sources = sources + [_Source(value, number, keep=number == 0) for value in values]
            merged[name] = _kept(sources)
            if number == 0 and len(policies) > 1:
                for source in merged[name]:
                    source.keep = False
    return {name: {source.text for source in sources} or {"'none'"} for name, sources in merged.items()}, repeated


def _kept(sources: list[_Source]) -> list[_Source]:
    """Without what an earlier one of the same policy covers, and what another policy lacks."""
    sources = sorted(sources, key=lambda source: source.text)
    for before, source in pairwise(sources):
        if source.policy == before.policy and source.text.startswith(before.text):
            source.keep = False
        if source.policy != before.policy and _covers(before.text, source.text):
            source.keep = True
    return [source for source in sources if source.keep]


def _covers(path: str, other: str) -> bool:
    """Whether one source allows the other (CSP 3, 6.7.2.12: path-part matching)."""
    if not path or (path == "/" and not other):
        return True
    parts, others = path.split("/"), other.split("/")
    if len(parts) > len(others) or (not path.endswith("/") and len(parts) != len(others)):
        return False
    if path.endswith("/"):
        parts.pop()
    return all(unquote(part) == unquote(beside) for part, beside in zip(parts, others, strict=False))
