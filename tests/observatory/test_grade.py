"""The grade against scores that were worked out by hand from the Observatory's published rules (algorithm 6).

Each case says in a comment how its score comes about: 100, less what each test costs. Only where that leaves 90 or more
are the bonuses added. A grade is that of the next lower step of five.
"""

from __future__ import annotations

from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flaskdoctor.observatory.grade import after_fixes, enforced, grade_of, graded, letter_of
from flaskdoctor.observatory.graded import Grade
from flaskdoctor.observatory.site import Redirection, Site
from flaskdoctor.probe.cookies import masked, read_cookies
from flaskdoctor.probe.observation import Answer, Cors, Distrust, Observation, State, Target, Tls

Header = tuple[str, str]

HTML = ("Content-Type", "text/html; charset=utf-8")
HSTS = ("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
NOSNIFF = ("X-Content-Type-Options", "nosniff")
FRAMES = ("X-Frame-Options", "DENY")
REST = (HSTS, NOSNIFF, FRAMES)


def csp(value: str) -> Header:
    return ("Content-Security-Policy", value)


def cookie(value: str) -> Header:
    return ("Set-Cookie", value)


POLICY = csp("default-src 'self'")
GOOD = (POLICY, *REST)  # costs nothing; bonuses: the policy 5, the frames 5


class Case(NamedTuple):
    name: str
    headers: tuple[Header, ...]
    score: int
    letter: str
    body: str = ""
    changed: dict[str, object] = {}


CASES = [
    # no policy 25, no HSTS 20, no nosniff 5, no frame protection 20: 100 - 70
    Case("nothing at all", (HTML,), 30, "D"),
    # the same 70, and the session without Secure 40: -10, and no score is below 0
    Case("Flask's session cookie", (HTML, cookie("session=kiln; HttpOnly; Path=/")), 0, "F"),
    # no policy 25, no nosniff 5, frames 20; behind HSTS the session without Secure costs 10: 100 - 60
    Case("Flask's session cookie behind HSTS", (HTML, HSTS, cookie("session=kiln; HttpOnly; Path=/")), 40, "D+"),
    # no policy 25, nosniff 5, frames 20: 100 - 50
    Case("HSTS alone", (HTML, HSTS), 50, "C"),
    # no policy 25, HSTS 20, frames 20: 100 - 65
    Case("nosniff alone", (HTML, NOSNIFF), 35, "D"),
    # no policy 25, HSTS 20, nosniff 5: 50, too little for the bonus of the frames
    Case("frames alone", (HTML, FRAMES), 50, "C"),
    # HSTS 20, nosniff 5, frames 20: 55, too little for the bonus of the policy
    Case("a policy alone", (HTML, POLICY), 55, "C"),
    # an API is graded by the same rules: 100 - 70; that it loads no scripts is worth nothing
    Case("an API with nothing", (("Content-Type", "application/json"),), 30, "D"),
    # nothing is lost; policy without unsafe 5, frames 5: 110
    Case("the four that cost", (HTML, *GOOD), 110, "A+"),
    # default-src 'none' 10, frames by the policy 5: 115
    Case("nothing by default", (HTML, csp("default-src 'none'; frame-ancestors 'none'"), HSTS, NOSNIFF), 115, "A+"),
    # report-only is as good as none, 25: 75, too little for the bonuses of opener, referrer and frames
    Case(
        "what FD709 sets",
        (
            HTML,
            ("Content-Security-Policy-Report-Only", "default-src 'self'; object-src 'none'; frame-ancestors 'self'"),
            ("Cross-Origin-Opener-Policy", "same-origin-allow-popups"),
            ("Referrer-Policy", "strict-origin-when-cross-origin"),
            HSTS,
            NOSNIFF,
            ("X-Frame-Options", "SAMEORIGIN"),
        ),
        75,
        "B",
    ),
    # the same, enforced: policy 5, opener 10, referrer 5, frames 5: 125
    Case(
        "what FD709 sets, enforced",
        (
            HTML,
            csp("default-src 'self'; object-src 'none'; frame-ancestors 'self'"),
            ("Cross-Origin-Opener-Policy", "same-origin-allow-popups"),
            ("Referrer-Policy", "strict-origin-when-cross-origin"),
            HSTS,
            NOSNIFF,
            ("X-Frame-Options", "SAMEORIGIN"),
        ),
        125,
        "A+",
    ),
    # -- the policy, everything else as it should be (frames: a bonus of 5 from 90 on)
    # inline scripts 20: 80
    Case("inline scripts", (HTML, csp("default-src 'self' 'unsafe-inline'"), *REST), 80, "B+"),
    # inline styles alone are free, and earn nothing: 100 + 5
    Case("inline styles", (HTML, csp("default-src 'self'; style-src 'self' 'unsafe-inline'"), *REST), 105, "A+"),
    # eval 10 leaves 90, where bonuses begin: + 5
    Case("eval", (HTML, csp("default-src 'self'; script-src 'self' 'unsafe-eval'"), *REST), 95, "A"),
    # eval in styles counts like eval in scripts: 90 + 5
    Case("eval in styles", (HTML, csp("default-src 'self'; style-src 'self' 'unsafe-eval'"), *REST), 95, "A"),
    # images over http 10: 90 + 5
    Case("images over http", (HTML, csp("default-src 'self'; img-src 'self' http:"), *REST), 95, "A"),
    # a script's host over http 20: 80
    Case("a script over http", (HTML, csp("default-src 'self'; script-src http://cdn.example"), *REST), 80, "B+"),
    # scripts from any https host are as good as none, 20: 80
    Case("scripts from https:", (HTML, csp("script-src https:; object-src 'none'"), *REST), 80, "B+"),
    # so are scripts from data: 20: 80
    Case("scripts from data:", (HTML, csp("script-src 'self' data:; object-src 'none'"), *REST), 80, "B+"),
    # objects from anywhere (neither object-src nor default-src) 20: 80
    Case("objects from anywhere", (HTML, csp("script-src 'self'"), *REST), 80, "B+"),
    # a policy that says nothing of scripts lets all in, 20: 80
    Case("upgrade only", (HTML, csp("upgrade-insecure-requests"), *REST), 80, "B+"),
    # beside a nonce 'unsafe-inline' does not count; styles from anywhere (no default-src) are free: 100 + 5
    Case("a nonce", (HTML, csp("script-src 'nonce-abc' 'unsafe-inline'; object-src 'none'"), *REST), 105, "A+"),
    # with strict-dynamic beside the nonce https: does not count either; the policy earns 5: 110
    Case(
        "strict-dynamic",
        (
            HTML,
            csp("script-src 'nonce-abc' 'strict-dynamic' https: 'unsafe-inline'; object-src 'none'; style-src 'self'"),
            *REST,
        ),
        110,
        "A+",
    ),
    # strict-dynamic without a nonce lets nothing in, and is called invalid, 25: 75
    Case("strict-dynamic alone", (HTML, csp("script-src 'strict-dynamic'; object-src 'none'"), *REST), 75, "B"),
    # a directive twice is called invalid, 25: 75
    Case("a directive twice", (HTML, csp("default-src 'self'; default-src 'none'"), *REST), 75, "B"),
    # but not report-uri; that costs the policy its bonus: 100 + 5
    Case("report-uri twice", (HTML, csp("default-src 'none'; report-uri /a; report-uri /b"), *REST), 105, "A+"),
    # an empty header is called invalid, 25: 75
    Case("an empty policy", (HTML, csp(""), *REST), 75, "B"),
    # two policies: a script needs both, and none has both; styles from anywhere are free: 100 + 5
    Case(
        "two policies",
        (HTML, csp("script-src *; object-src 'none'"), csp("script-src 'self'; object-src 'none'"), *REST),
        105,
        "A+",
    ),
    # a directive of the second policy alone is taken for 'none': default-src 'none' 10, frames 5
    Case(
        "a directive of the second alone",
        (HTML, csp("upgrade-insecure-requests, default-src 'self'"), *REST),
        115,
        "A+",
    ),
    # a policy in the page counts (5, but too late: no frame protection 20): 80
    Case(
        "a policy in the page",
        (HTML, HSTS, NOSNIFF),
        80,
        "B+",
        '<meta http-equiv="Content-Security-Policy" content="default-src \'self\'">',
    ),
    # frame-ancestors does not count in a page: no policy 25, no frame protection 20: 55
    Case(
        "frame-ancestors in the page",
        (HTML, HSTS, NOSNIFF),
        55,
        "C",
        '<meta http-equiv="Content-Security-Policy" content="frame-ancestors \'none\'">',
    ),
    # -- HSTS
    # a day 10: 90 + policy 5 + frames 5
    Case("HSTS for a day", (HTML, POLICY, NOSNIFF, FRAMES, ("Strict-Transport-Security", "max-age=86400")), 100, "A+"),
    # 180 days are enough: 110; a second less is not: 90 + 10
    Case(
        "HSTS, 180 days", (HTML, POLICY, NOSNIFF, FRAMES, ("Strict-Transport-Security", "max-age=15552000")), 110, "A+"
    ),
    Case(
        "HSTS, a second less",
        (HTML, POLICY, NOSNIFF, FRAMES, ("Strict-Transport-Security", "max-age=15551999")),
        100,
        "A+",
    ),
    # without max-age it is invalid, 20: 80
    Case(
        "HSTS without an age",
        (HTML, POLICY, NOSNIFF, FRAMES, ("Strict-Transport-Security", "includeSubDomains")),
        80,
        "B+",
    ),
    # sent twice it is invalid, 20: 80
    Case("HSTS twice", (HTML, *GOOD, HSTS), 80, "B+"),
    # -- how one gets there
    # no https: no HSTS 20, no redirect 20: 60
    Case("plain HTTP", (HTML, *GOOD), 60, "C+", changed={"https": False, "redirection": Redirection.MISSING}),
    # a certificate that is not trusted: no HSTS 20, redirection 20: 60
    Case("a certificate of one's own", (HTML, *GOOD), 60, "C+", changed={"verified": False}),
    # to another host first 5: 95 + 10
    Case("to another host", (HTML, *GOOD), 105, "A+", changed={"redirection": Redirection.OFF_HOST}),
    # a redirect that stays on http 20: 80
    Case("to http", (HTML, *GOOD), 80, "B+", changed={"redirection": Redirection.NOT_TO_HTTPS}),
    # nobody there on http is fine: 110
    Case("no http", (HTML, *GOOD), 110, "A+", changed={"redirection": Redirection.NO_HTTP}),
    # -- frames
    # a word that browsers do not know is as good as none, 20: 80
    Case("ALLOWALL", (HTML, POLICY, HSTS, NOSNIFF, ("X-Frame-Options", "ALLOWALL")), 80, "B+"),
    # ALLOW-FROM costs and earns nothing: 100 + policy 5
    Case("ALLOW-FROM", (HTML, POLICY, HSTS, NOSNIFF, ("X-Frame-Options", "ALLOW-FROM https://a.example")), 105, "A+"),
    # that frame-ancestors is there is enough, whoever it names; it also mends a broken header: 110
    Case(
        "frame-ancestors *",
        (HTML, csp("default-src 'self'; frame-ancestors *"), HSTS, NOSNIFF, ("X-Frame-Options", "ALLOWALL")),
        110,
        "A+",
    ),
    # sent twice it is one word that nobody knows, 20: 80
    Case("DENY twice", (HTML, *GOOD, FRAMES), 80, "B+"),
    # -- nosniff, referrer
    # another word 5: 95 + 10
    Case("sniff", (HTML, POLICY, HSTS, FRAMES, ("X-Content-Type-Options", "sniff")), 105, "A+"),
    # a policy that tells other sites the address 5: 95 + 10
    Case("unsafe-url", (HTML, *GOOD, ("Referrer-Policy", "unsafe-url")), 105, "A+"),
    # a word that nobody knows 5: 95 + 10
    Case("an unknown referrer policy", (HTML, *GOOD, ("Referrer-Policy", "kiln")), 105, "A+"),
    # of a list the last known one counts; a private one earns 5: 115
    Case("a list of referrer policies", (HTML, *GOOD, ("Referrer-Policy", "unsafe-url, same-origin, kiln")), 115, "A+"),
    # a <meta> comes behind the header, and here takes its bonus: 5 lost, 95 + 10
    Case(
        "a referrer policy in the page",
        (HTML, *GOOD, ("Referrer-Policy", "same-origin")),
        105,
        "A+",
        '<meta name="referrer" content="origin">',
    ),
    # -- cookies
    # all three flags earn 5: 115
    Case("a session as it should be", (HTML, *GOOD, cookie("session=a; Secure; HttpOnly; SameSite=Lax")), 115, "A+"),
    # without SameSite nothing is lost or earned: 110
    Case("no SameSite", (HTML, *GOOD, cookie("session=a; Secure; HttpOnly")), 110, "A+"),
    # a session that scripts can read 30: 70
    Case("no HttpOnly", (HTML, *GOOD, cookie("session=a; Secure; SameSite=Lax")), 70, "B"),
    # another cookie without Secure behind HSTS 5: 95 + 10
    Case("a theme", (HTML, *GOOD, cookie("theme=dark; SameSite=Lax")), 105, "A+"),
    # and without HSTS (20) 20: 60
    Case("a theme without HSTS", (HTML, POLICY, NOSNIFF, FRAMES, cookie("theme=dark")), 60, "C+"),
    # a token against forged requests needs SameSite, 20: 80
    Case("a csrf token", (HTML, *GOOD, cookie("csrf_token=a; Secure")), 80, "B+"),
    # SameSite=None without Secure 20 (its lack of Secure, 5, is the lesser fault): 80
    Case("SameSite=None", (HTML, *GOOD, cookie("theme=dark; SameSite=None")), 80, "B+"),
    # a SameSite that nobody knows 20: 80
    Case("SameSite=Sometimes", (HTML, *GOOD, cookie("theme=dark; Secure; SameSite=Sometimes")), 80, "B+"),
    # of several the worst counts, not the sum: no HttpOnly 30
    Case(
        "two cookies",
        (HTML, *GOOD, cookie("theme=dark; Secure; SameSite=Sometimes"), cookie("login=a; Secure; SameSite=Lax")),
        70,
        "B",
    ),
    # a load balancer's cookie is left out: as without
    Case("Heroku's cookie", (HTML, *GOOD, cookie("heroku-session-affinity=a")), 110, "A+"),
    # -- other origins
    # any origin may read with credentials 50: 50
    Case("CORS for everybody", (HTML, *GOOD), 50, "C", changed={"reflects_origin": True}),
    # opener, embedder and resources earn 10 each: 110 + 30
    Case(
        "isolated",
        (
            HTML,
            *GOOD,
            ("Cross-Origin-Opener-Policy", 'same-origin; report-to="kiln"'),
            ("Cross-Origin-Embedder-Policy", "require-corp"),
            ("Cross-Origin-Resource-Policy", "Same-Origin"),
        ),
        140,
        "A+",
    ),
    # words that say "as always" cost and earn nothing: 110
    Case(
        "isolated from nobody",
        (
            HTML,
            *GOOD,
            ("Cross-Origin-Opener-Policy", "unsafe-none"),
            ("Cross-Origin-Embedder-Policy", "unsafe-none"),
            ("Cross-Origin-Resource-Policy", "cross-origin"),
        ),
        110,
        "A+",
    ),
    # an unknown word, a quoted one and an upper case one are invalid, 5 each: 85, and no bonus
    Case(
        "isolated in vain",
        (
            HTML,
            *GOOD,
            ("Cross-Origin-Opener-Policy", "SAME-ORIGIN"),
            ("Cross-Origin-Embedder-Policy", '"require-corp"'),
            ("Cross-Origin-Resource-Policy", "kiln"),
        ),
        85,
        "A-",
    ),
    # -- scripts of others
    # over https and not pinned 5: 95 + 10
    Case("a CDN", (HTML, *GOOD), 105, "A+", '<script src="https://cdn.example/a.js"></script>'),
    # pinned earns 5: 115
    Case(
        "a CDN, pinned",
        (HTML, *GOOD),
        115,
        "A+",
        '<script src="https://cdn.example/a.js" integrity="sha384-a"></script>',
    ),
    # over http and not pinned 50: 50
    Case("a CDN over http", (HTML, *GOOD), 50, "C", "<script src='http://cdn.example/a.js'></script>"),
    # pinned, but over http 20: 80
    Case(
        "a CDN over http, pinned",
        (HTML, *GOOD),
        80,
        "B+",
        '<script integrity="sha384-a" src="http://cdn.example/a.js"></script>',
    ),
    # //host counts as not over https: 50
    Case("a CDN without a scheme", (HTML, *GOOD), 50, "C", '<script src="//cdn.example/a.js"></script>'),
    # its own scripts and those of its own domain are free: 110
    Case(
        "its own scripts",
        (HTML, *GOOD),
        110,
        "A+",
        '<script src="/a.js"></script><SCRIPT>1</SCRIPT><script src=https://static.shop.example/b.js></script>',
    ),
    # one in a comment is none: 110
    Case("in a comment", (HTML, *GOOD), 110, "A+", '<!-- <script src="http://cdn.example/a.js"></script> -->'),
]


def site(case: Case) -> Site:
    headers = tuple((name, masked(name, value)) for name, value in case.headers)
    made = Site(headers, read_cookies(case.headers, 2e9), case.body, "www.shop.example")
    return made._replace(**case.changed)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_score_is_the_one_worked_out_by_hand(case: Case) -> None:
    grade = grade_of(site(case))
    costs = {result.test: (result.result, result.modifier) for result in grade.results if result.modifier}
    assert (grade.score, grade.letter) == (case.score, case.letter), costs
    assert len(grade.results) == 12


@pytest.mark.parametrize(
    ("score", "letter"),
    [
        (5, "F"),
        (20, "F"),
        (25, "D-"),
        (35, "D"),
        (40, "D+"),
        (45, "C-"),
        (55, "C"),
        (65, "B-"),
        (75, "B"),
        (85, "A-"),
        (95, "A"),
    ],
)
def test_between_two_steps_the_lower_one_counts(score: int, letter: str) -> None:
    assert letter_of(score) == letter


# -- as it is, and after the fixes ------------------------------------------------------------------------

HERE = Target("http", "127.0.0.1", 5000, "--url", given=True)
SHOP = Target("https", "shop.example", 443, "--url", given=True)


def look(*headers: Header, target: Target = HERE, status: int = 200, state: State = State.UP) -> Observation:
    page = Answer("GET", "/", status, headers=(HTML, *headers), cookies=read_cookies(headers, 2e9))
    return Observation(target, 2e9, state, page=page, full=True)


def letters(seen: Observation) -> tuple[str, str, str]:
    found = graded(seen)
    assert found is not None
    return found.now.letter, found.fixed.letter, found.enforced.letter


def test_a_flask_app_goes_from_f_to_b_and_to_a_plus_once_the_policy_is_enforced() -> None:
    seen = look(cookie("session=kiln; HttpOnly; Path=/"))
    assert letters(seen) == ("F", "B", "A+")
    found = graded(seen)
    assert found is not None
    assert found.words == "F -> B after the fixes, A+ with the policy enforced"
    assert found.assumed == ("https with a trusted certificate, and a redirect to it",)


def test_the_fixes_leave_alone_what_is_there_and_mend_nothing_that_is_weak() -> None:
    weak = look(csp("script-src *"), ("X-Frame-Options", "ALLOWALL"))
    found = graded(weak)
    assert found is not None
    results = {result.test: result.result for result in found.fixed.results}
    assert results["content-security-policy"] == "csp-implemented-with-unsafe-inline"
    assert results["x-frame-options"] == "x-frame-options-header-invalid"
    assert results["strict-transport-security"] == "hsts-implemented-max-age-at-least-six-months"
    assert found.enforced == found.fixed


def test_nothing_is_said_twice_where_nothing_changes() -> None:
    found = graded(look(*GOOD))
    assert found is not None
    assert found.words == "A+"


def test_reflected_origins_stay_reflected() -> None:
    seen = look()._replace(cors=Cors("https://evil.example", True, False, True))
    assert letters(seen) == ("F", "D-", "C")  # 30 - 50; 75 - 50; 100 - 50


def test_what_the_observatory_grades_and_what_it_does_not() -> None:
    assert graded(look(status=401)) is not None
    assert graded(look(("Location", "/login"), status=302)) is not None
    for seen in (look(status=404), look(status=500, state=State.BROKEN), look(state=State.WRONG_SERVER)):
        assert graded(seen) is None
    assert graded(look()._replace(page=None)) is None
    # What counts stands behind the redirect.
    assert graded(look(("Location", "https://shop.example/"), status=301)) is None


def test_how_one_gets_there_counts_for_a_site_that_is_deployed() -> None:
    plain = Answer("GET", "/", 200)
    to_https = Answer("GET", "/", 301, headers=(("Location", "https://shop.example/"),))
    off_host = Answer("GET", "/", 301, headers=(("Location", "https://www.shop.example/"),))
    stays = Answer("GET", "/", 302, headers=(("Location", "/login"),))

    def redirection(seen: Observation) -> str:
        found = graded(seen)
        assert found is not None
        return next(result.result for result in found.now.results if result.test == "redirection")

    secure = look(*GOOD, target=SHOP)
    assert redirection(secure) == "redirection-not-needed-no-http"
    assert redirection(secure._replace(plain=plain)) == "redirection-missing"
    assert redirection(secure._replace(plain=to_https)) == "redirection-to-https"
    assert redirection(secure._replace(plain=off_host)) == "redirection-off-host-from-http"
    assert redirection(secure._replace(plain=stays)) == "redirection-not-to-https"
    expired = secure._replace(plain=to_https, tls=Tls("TLSv1.3", "h2", None, Distrust.EXPIRED))
    assert redirection(expired) == "redirection-invalid-cert"
    assert redirection(look(target=SHOP._replace(scheme="http", port=80))) == "redirection-missing"


WORDS = st.text("abcdefghijklmnopqrstuvwxyz'-:;,*/= <>\"!.\x1b", max_size=80)


@settings(max_examples=60, deadline=None)
@given(st.lists(WORDS, min_size=12, max_size=12), st.text("<script>meta srcintegy='\"/:!-", max_size=300))
def test_whatever_is_sent_has_a_grade(values: list[str], body: str) -> None:
    names = (
        "Content-Security-Policy",
        "Content-Security-Policy",
        "Set-Cookie",
        "Strict-Transport-Security",
        "X-Frame-Options",
        "X-Content-Type-Options",
        "Referrer-Policy",
        "Cross-Origin-Opener-Policy",
        "Cross-Origin-Embedder-Policy",
        "Cross-Origin-Resource-Policy",
        "Content-Type",
        "Set-Cookie",
    )
    headers = tuple(zip(names, values, strict=True))
    made = Site(headers, read_cookies(headers, 2e9), body, "shop.example")
    now, fixed = grade_of(made), grade_of(after_fixes(made))
    assert isinstance(now, Grade)
    assert grade_of(enforced(after_fixes(made))).score >= fixed.score >= now.score
