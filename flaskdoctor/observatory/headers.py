"""The Observatory's tests of the other headers, of the cookies, of redirects and of scripts."""

from __future__ import annotations

import re

from flaskdoctor.observatory.policy import policy_result
from flaskdoctor.observatory.scripts import scripts_result
from flaskdoctor.observatory.site import Redirection, Result, Site
from flaskdoctor.probe.observation import Cookie
from flaskdoctor.rules.policies import meta_policy, referrer_policy

_SIX_MONTHS = 15_552_000  # seconds: 180 days
_PRIVATE = frozenset(("no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin"))
_NUMBER = re.compile(r"\s*([+-]?\d{1,20})")
# A structured field (RFC 8941): a token, perhaps with parameters.
_TOKEN = re.compile(r" *([A-Za-z*][\w!#$%&'*+.^`|~:/-]*)(?:; *[a-z*][\w.*-]*(?:=[^;]*)?)* *\Z", re.ASCII)
_OPENER = frozenset(("same-origin", "same-origin-allow-popups", "noopener-allow-popups"))
_EMBEDDER = frozenset(("require-corp", "credentialless"))

_MODIFIERS = {
    "cookies-secure-with-httponly-sessions-and-samesite": 5,
    "cookies-secure-with-httponly-sessions": 0,
    "cookies-not-found": 0,
    "cookies-without-secure-flag-but-protected-by-hsts": -5,
    "cookies-session-without-secure-flag-but-protected-by-hsts": -10,
    "cookies-without-secure-flag": -20,
    "cookies-samesite-flag-invalid": -20,
    "cookies-anticsrf-without-samesite-flag": -20,
    "cookies-session-without-httponly-flag": -30,
    "cookies-session-without-secure-flag": -40,
    "cross-origin-resource-sharing-implemented-with-universal-access": -50,
    Redirection.OFF_HOST.value: -5,
    Redirection.NOT_TO_HTTPS.value: -20,
    Redirection.MISSING.value: -20,
    "redirection-invalid-cert": -20,
    "referrer-policy-private": 5,
    "referrer-policy-unsafe": -5,
    "referrer-policy-header-invalid": -5,
    "hsts-implemented-max-age-less-than-six-months": -10,
    "hsts-not-implemented": -20,
    "hsts-header-invalid": -20,
    "hsts-not-implemented-no-https": -20,
    "hsts-invalid-cert": -20,
    "x-content-type-options-not-implemented": -5,
    "x-content-type-options-header-invalid": -5,
    "x-frame-options-implemented-via-csp": 5,
    "x-frame-options-sameorigin-or-deny": 5,
    "x-frame-options-not-implemented": -20,
    "x-frame-options-header-invalid": -20,
}
# From best to worst, as the Observatory orders them: a later one replaces an earlier one, whatever it costs.
_COOKIES_FROM_BEST = (
    "cookies-without-secure-flag-but-protected-by-hsts",
    "cookies-without-secure-flag",
    "cookies-session-without-secure-flag-but-protected-by-hsts",
    "cookies-samesite-flag-invalid",
    "cookies-anticsrf-without-samesite-flag",
    "cookies-session-without-httponly-flag",
    "cookies-session-without-secure-flag",
)
_SAME_SITES = ("lax", "strict", "none")
_NO_COOKIES = frozenset(("heroku-session-affinity",))


def all_results(site: Site) -> tuple[Result, ...]:
    """What each test says, in the Observatory's order."""
    policy = policy_result(site)
    transport = _transport(site)
    hsts = transport == "hsts-implemented-max-age-at-least-six-months"
    return (
        policy.result,
        _of("cookies", _cookies(site, hsts=hsts)),
        _isolation("cross-origin-embedder-policy", "coep", site, _EMBEDDER),
        _isolation("cross-origin-opener-policy", "coop", site, _OPENER),
        _of("cross-origin-resource-sharing", _sharing(site)),
        _of("redirection", _redirection(site)),
        _of("referrer-policy", _referrer(site)),
        _of("strict-transport-security", transport),
        scripts_result(site),
        _of("x-content-type-options", _sniffing(site)),
        _of("x-frame-options", _frames(site, by_policy=policy.frames)),
        _resources(site),
    )


def _of(test: str, result: str) -> Result:
    return Result(test, result, _MODIFIERS.get(result, 0))


def _cookies(site: Site, *, hsts: bool) -> str:
    kept = {
        (cookie.name, cookie.domain, cookie.path or "/"): cookie
        for cookie in site.cookies
        if cookie.name not in _NO_COOKIES and (site.https or not cookie.secure)  # over plain HTTP browsers drop it
    }
    sent = [value for name, value in site.headers if name.lower() == "set-cookie"]
    found = {"cookies-samesite-flag-invalid"} if any(map(_odd_same_site, sent)) else set()
    if not kept:
        return "cookies-not-found"
    behind = "-but-protected-by-hsts" if hsts else ""
    for cookie in kept.values():
        name, same_site = cookie.name.lower(), _same_site(cookie)
        session = "login" in name or "sess" in name
        if not cookie.secure:
            found.add(f"cookies-without-secure-flag{behind}")
            if same_site == "none":
                found.add("cookies-samesite-flag-invalid")
            if session:
                found.add(f"cookies-session-without-secure-flag{behind}")
        if "csrf" in name and not same_site:
            found.add("cookies-anticsrf-without-samesite-flag")
        if session and not cookie.http_only:
            found.add("cookies-session-without-httponly-flag")
    if found:
        return max(found, key=_COOKIES_FROM_BEST.index)
    if all(_same_site(cookie) for cookie in kept.values()):
        return "cookies-secure-with-httponly-sessions-and-samesite"
    return "cookies-secure-with-httponly-sessions"


def _same_site(cookie: Cookie) -> str:
    value = (cookie.same_site or "").strip().lower()
    return value if value in _SAME_SITES else ""


def _odd_same_site(header: str) -> bool:
    for part in header.split(";"):
        key, _, value = part.strip().partition("=")
        if key.strip().lower() == "samesite" and value.partition("=")[0].strip().lower() not in _SAME_SITES:
            return True
    return False


def _transport(site: Site) -> str:
    value = site.header("strict-transport-security")
    if not site.https:
        return "hsts-not-implemented-no-https"
    if not site.verified:
        return "hsts-invalid-cert"
    if value is None:
        return "hsts-not-implemented"
    ages = [part.strip().lower()[8:] for part in value.split(";") if part.strip().lower().startswith("max-age=")]
    if "," in value or not ages:
        return "hsts-header-invalid"
    number = _NUMBER.match(ages[-1])
    # What is no number (in quotes, say) is not less than six months, as JavaScript compares.
    if number is not None and int(number[1]) < _SIX_MONTHS:
        return "hsts-implemented-max-age-less-than-six-months"
    return "hsts-implemented-max-age-at-least-six-months"


def _redirection(site: Site) -> str:
    trusted = site.verified or site.redirection is Redirection.NO_HTTP
    return site.redirection.value if trusted else "redirection-invalid-cert"


def _sharing(site: Site) -> str:
    if site.reflects_origin:
        return "cross-origin-resource-sharing-implemented-with-universal-access"
    return "cross-origin-resource-sharing-not-implemented"


def _referrer(site: Site) -> str:
    said = [
        value for value in (site.header("referrer-policy"), meta_policy(site.body, "referrer")) if value is not None
    ]
    if not said:
        return "referrer-policy-not-implemented"
    meant = referrer_policy(", ".join(said))
    if meant is None:
        return "referrer-policy-header-invalid"
    return "referrer-policy-private" if meant in _PRIVATE else "referrer-policy-unsafe"


def _sniffing(site: Site) -> str:
    value = site.header("x-content-type-options")
    if not value:
        return "x-content-type-options-not-implemented"
    nosniff = value.strip().lower() == "nosniff"
    return "x-content-type-options-nosniff" if nosniff else "x-content-type-options-header-invalid"


def _frames(site: Site, *, by_policy: bool) -> str:
    value = (site.header("x-frame-options") or "").strip().lower()
    if by_policy:
        return "x-frame-options-implemented-via-csp"
    if value in ("deny", "sameorigin"):
        return "x-frame-options-sameorigin-or-deny"
    if value.startswith("allow-from"):
        return "x-frame-options-allow-from-origin"
    return "x-frame-options-header-invalid" if value else "x-frame-options-not-implemented"


def _isolation(test: str, short: str, site: Site, good: frozenset[str]) -> Result:
    value = site.header(test)
    if not value:
        return Result(test, f"{short}-not-implemented", 0)
    found = _TOKEN.match(value[:1024])
    policy = found[1] if found is not None else ""
    if policy in good:
        return Result(test, f"{short}-implemented-with-{policy}", 10)
    if policy == "unsafe-none":
        return Result(test, f"{short}-implemented-with-unsafe-none", 0)
    return Result(test, f"{short}-header-invalid", -5)


def _resources(site: Site) -> Result:
    test = "cross-origin-resource-policy"
    value = (site.header(test) or "").strip().lower()
    if not value:
        return Result(test, "corp-not-implemented", 0)
    if value in ("same-site", "same-origin", "cross-origin"):
        return Result(test, f"corp-implemented-with-{value}", 0 if value == "cross-origin" else 10)
    return Result(test, "corp-header-invalid", -5)
