"""The grade of a server if it were deployed as it is, and after the fixes."""

from __future__ import annotations

from urllib.parse import urlsplit

from flaskdoctor.observatory.graded import Grade, Graded
from flaskdoctor.observatory.headers import all_results
from flaskdoctor.observatory.site import Redirection, Site
from flaskdoctor.probe.observation import Answer, Cookie, Observation, State

_BONUS_FROM = 90  # a score below this gets no bonus
_LETTERS = (
    (100, "A+"),
    (90, "A"),
    (85, "A-"),
    (80, "B+"),
    (70, "B"),
    (65, "B-"),
    (60, "C+"),
    (50, "C"),
    (45, "C-"),
    (40, "D+"),
    (30, "D"),
    (25, "D-"),
)
_POLICY = "Content-Security-Policy"
# What the fix of FD709 sets where nothing else does; a test compares it with the answers of an app that it fixed.
_FD709 = (
    (
        f"{_POLICY}-Report-Only",
        "default-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'",
    ),
    ("Cross-Origin-Opener-Policy", "same-origin-allow-popups"),
    ("Strict-Transport-Security", "max-age=31536000"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=()"),
    ("Referrer-Policy", "strict-origin-when-cross-origin"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "SAMEORIGIN"),
)
_GRADED = (401, 403)  # beside 2xx and 3xx; the Observatory grades no other answer


def grade_of(site: Site) -> Grade:
    """The grade by the Observatory's algorithm: 100 points less what each test costs; bonuses count from 90 on."""
    results = all_results(site)
    score = 100 + sum(result.modifier for result in results if result.modifier < 0)
    if score >= _BONUS_FROM:
        score = 100 + sum(result.modifier for result in results)
    score = max(score, 0)
    return Grade(letter_of(score), score, results)


def letter_of(score: int) -> str:
    """The grade of a score: that of the next lower step."""
    return next((letter for least, letter in _LETTERS if score >= least), "F")


def graded(seen: Observation) -> Graded | None:
    """The grades of a server that was looked at in full; None where the Observatory would give none."""
    page = seen.page
    if seen.state is not State.UP or page is None or not (200 <= page.status < 400 or page.status in _GRADED):
        return None
    if seen.target.scheme == "http" and _https_host(page) is not None:
        return None  # what counts stands behind the redirect
    site, assumed = _site(seen, page)
    fixed = after_fixes(site)
    return Graded(grade_of(site), grade_of(fixed), grade_of(enforced(fixed)), assumed)


def after_fixes(site: Site) -> Site:
    """The site once FD709 has set the headers that are missing, and FD705 the flags of the cookies."""
    missing = tuple((name, value) for name, value in _FD709 if site.header(name.lower()) is None)
    if site.header(_POLICY.lower()) is not None:
        missing = tuple((name, value) for name, value in missing if not name.startswith(_POLICY))
    return site._replace(headers=site.headers + missing, cookies=tuple(map(_flagged, site.cookies)))


def enforced(site: Site) -> Site:
    """The site once a policy that only reports is enforced, where there is no other."""
    if site.header(_POLICY.lower()) is not None:
        return site
    reporting = f"{_POLICY}-report-only".lower()
    return site._replace(
        headers=tuple((_POLICY if name.lower() == reporting else name, value) for name, value in site.headers)
    )


def _flagged(cookie: Cookie) -> Cookie:
    session = cookie.session is not None or "sess" in cookie.name.lower() or "login" in cookie.name.lower()
    return cookie._replace(
        secure=True, http_only=cookie.http_only or session, same_site=cookie.same_site if cookie.same_site else "Lax"
    )


def _site(seen: Observation, page: Answer) -> tuple[Site, tuple[str, ...]]:
    target = seen.target
    assumed: list[str] = []
    https = target.scheme == "https" or target.loopback
    verified = target.loopback or seen.tls is None or seen.tls.distrust is None
    if target.loopback:
        assumed.append("https with a trusted certificate, and a redirect to it")
        redirection = Redirection.TO_HTTPS
    elif target.scheme == "http":
        redirection = Redirection.NOT_TO_HTTPS if 300 <= page.status < 400 else Redirection.MISSING
        assumed.append("plain HTTP is all there is")
    elif seen.plain is not None:
        redirection = _redirection(seen.plain, target.host)
    else:
        redirection = Redirection.NO_HTTP
        assumed.append("nobody answers plain HTTP")
    if page.status >= 300:
        assumed.append(f"the answer {page.status} stands for the page")
    cors = seen.cors
    site = Site(
        page.headers,
        seen.cookies,
        page.body,
        target.host,
        https,
        verified,
        redirection,
        cors is not None and cors.reflected and cors.credentials,
    )
    return site, tuple(assumed)


def _redirection(plain: Answer, host: str) -> Redirection:
    leads_to = _https_host(plain)
    if leads_to is not None:
        return Redirection.TO_HTTPS if leads_to == host else Redirection.OFF_HOST
    return Redirection.NOT_TO_HTTPS if 300 <= plain.status < 400 else Redirection.MISSING


def _https_host(answer: Answer) -> str | None:
    """The host that a redirect to https leads to."""
    if not 300 <= answer.status < 400:
        return None
    try:
        parts = urlsplit((answer.header("location") or "").strip())
        return parts.hostname if parts.scheme.lower() == "https" else None
    except ValueError:
        return None
