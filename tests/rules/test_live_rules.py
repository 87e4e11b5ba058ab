"""What the live rules conclude from one look: what bears witness, now and in production, and what is kept quiet."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flaskdoctor.finding import Location, Severity
from flaskdoctor.live import Judged, judge
from flaskdoctor.probe.cookies import read_cookies
from flaskdoctor.probe.observation import (
    Answer,
    Breakage,
    Cors,
    Distrust,
    Exposed,
    Foreign,
    Observation,
    State,
    Target,
    Tls,
)
from flaskdoctor.project.known import Known, SigningKey
from flaskdoctor.rules import registry
from flaskdoctor.rules.policies import csp_policies, frames_restricted, hsts_age, meta_policy, referrer_policy
from flaskdoctor.rules.rule import LiveIssue, LiveRule

HERE = Target("http", "127.0.0.1", 5000, "--url", given=True)
SHOP = Target("https", "shop.example", 443, "--url", given=True)
HTML = ("Content-Type", "text/html; charset=utf-8")
NOSNIFF = ("X-Content-Type-Options", "nosniff")
POLICY = ("Content-Security-Policy", "default-src 'self'; frame-ancestors 'self'")

Header = tuple[str, str]


def answer(*headers: Header, method: str = "GET", path: str = "/", status: int = 200, body: str = "") -> Answer:
    return Answer(method, path, status, headers=headers, cookies=read_cookies(headers, 2e9), body=body)


def look(
    page: Answer | None,
    *hook: Header,
    target: Target = HERE,
    state: State = State.UP,
    breakage: Breakage | None = None,
) -> Observation:
    """A full look where ``hook`` are the headers of every answer that no view makes."""
    return Observation(
        target,
        2e9,
        state,
        options=answer(HTML, *hook, method="OPTIONS"),
        page=page,
        missing=answer(HTML, *hook, path="/fd-missing", status=404),
        breakage=breakage,
        full=True,
    )


def verdicts(judged: Judged) -> dict[str, tuple[Severity | None, Severity | None]]:
    return {verdict.code: (verdict.now, verdict.production) for verdict in judged.verdicts}


def judged(seen: Observation, profile: str = "") -> Judged:
    return judge(seen, Known("/shop"), profile)


INFO, WARNING, ERROR = Severity.INFO, Severity.WARNING, Severity.ERROR


# -- profiles ---------------------------------------------------------------------------------------------


def test_the_profile_comes_of_the_target_and_the_user_has_the_last_word() -> None:
    page = answer(HTML)
    assert judged(look(page)).profile == "development"
    assert judged(look(page, target=SHOP)).profile == "production"
    assert judged(look(page, target=HERE._replace(scheme="https"))).profile == "production"
    assert judged(look(page, target=HERE._replace(host="192.168.1.7"))).profile == "production"
    assert judged(look(page), "production").profile == "production"


def test_what_fails_in_production_only_is_no_warning_here() -> None:
    here = judged(look(answer(HTML)))
    assert {finding.severity for finding in here.findings} == {INFO}
    assert all(finding.message.endswith("; in production a warning") for finding in here.findings)
    there = judged(look(answer(HTML)), "production")
    assert {finding.severity for finding in there.findings} == {WARNING}
    assert not any("in production" in finding.message for finding in there.findings)


def test_a_developers_machine_hears_nothing_of_hsts_secure_cookies_and_the_werkzeug_banner() -> None:
    page = answer(
        HTML, ("Server", "Werkzeug/3.1.3 Python/3.12.4"), ("Set-Cookie", "session=kiln; HttpOnly; SameSite=Lax")
    )
    seen = look(page)
    assert not {"FD811", "FD817", "FD820"} & {finding.code for finding in judged(seen).findings}
    assert {"FD811", "FD817", "FD820"} <= {finding.code for finding in judged(seen, "production").findings}


def test_two_findings_about_one_cookie_are_two() -> None:
    seen = look(answer(HTML, ("Set-Cookie", "session=kiln")))
    found = [finding.key for finding in judged(seen, "production").findings if finding.code == "FD820"]
    assert len(found) == len(set(found)) == 3


def test_the_keys_are_read_once_for_all_cookies_of_a_look() -> None:
    times: list[int] = []

    def keys() -> tuple[SigningKey, ...]:
        times.append(1)
        return ()

    signed = "eyJ1c2VyX2lkIjo3fQ.ZZKNIA.jsc8o1MlOrNcKC2FRgGu4aDxXRg"
    many = tuple(("Set-Cookie", f"c{number}={signed}") for number in range(40))
    judge(look(answer(HTML, *many)), Known("", (), keys))
    assert len(times) == 1
    judge(look(answer(HTML)), Known("", (), keys))
    assert len(times) == 1


# -- which answer bears witness ---------------------------------------------------------------------------


def test_a_hook_is_told_from_a_view_that_sets_its_own_headers() -> None:
    by_hook = look(answer(HTML, POLICY, NOSNIFF), POLICY, NOSNIFF)
    assert not {"FD810", "FD813"} & set(verdicts(judged(by_hook)))
    by_view = judged(look(answer(HTML, POLICY, NOSNIFF)))
    assert verdicts(by_view)["FD810"] == verdicts(by_view)["FD813"] == (INFO, INFO)
    assert "alone" in next(item.message for item in by_view.verdicts if item.code == "FD810")


def test_a_header_that_the_view_takes_away_is_missing() -> None:
    assert verdicts(judged(look(answer(HTML), POLICY)))["FD810"] == (INFO, WARNING)


def test_json_needs_nosniff_and_not_what_only_pages_need() -> None:
    found = verdicts(judged(look(answer(("Content-Type", "application/json"))), "production"))
    assert found["FD813"] == (INFO, WARNING)
    assert not {"FD810", "FD812", "FD814", "FD815"} & set(found)


def test_a_redirect_is_a_hint_and_one_to_https_none_at_all() -> None:
    login = judged(look(answer(HTML, ("Location", "/login"), status=302)))
    assert verdicts(login)["FD810"] == (INFO, INFO)
    assert "seen on a redirect" in next(item.message for item in login.verdicts if item.code == "FD810")
    assert not {"FD814", "FD815"} & set(verdicts(login))
    secure = answer(HTML, ("Location", "https://shop.example/"), status=301)
    assert verdicts(judged(look(secure), "production")) == {}


def test_no_front_page_is_a_hint_for_nosniff_alone() -> None:
    found = verdicts(judged(look(answer(HTML, status=404))))
    assert found["FD813"] == (INFO, INFO)
    assert not {"FD810", "FD812", "FD814", "FD815"} & set(found)


def test_nothing_is_said_of_headers_that_were_not_asked_for() -> None:
    light = Observation(HERE, 2e9, State.UP, options=answer(HTML, method="OPTIONS"))
    assert judged(light).verdicts == ()


@pytest.mark.parametrize("state", [State.DOWN, State.RELOADING, State.NOT_HTTP, State.WRONG_SERVER, State.UNKNOWN])
def test_only_the_apps_own_answers_are_judged(state: State) -> None:
    page = answer(HTML, ("X-XSS-Protection", "1"), ("X-Powered-By", "Kiln"), ("Referrer-Policy", "unsafe-url"))
    assert not [code for code in verdicts(judged(look(page, state=state), "production")) if "FD81" in code]


def test_hsts_is_judged_over_https_and_over_http_only_where_nothing_sets_headers() -> None:
    assert verdicts(judged(look(answer(HTML), target=SHOP)))["FD811"] == (WARNING, WARNING)
    assert verdicts(judged(look(answer(HTML))))["FD811"] == (None, WARNING)
    assert "FD811" not in verdicts(judged(look(answer(HTML, NOSNIFF), NOSNIFF)))
    # on localhost the header would force https on every project of this machine
    assert verdicts(judged(look(answer(HTML), target=HERE._replace(scheme="https"))))["FD811"] == (None, WARNING)


def test_report_only_is_told_as_such() -> None:
    reported = ("Content-Security-Policy-Report-Only", POLICY[1])
    messages = {item.code: item.message for item in judged(look(answer(HTML, reported), reported)).verdicts}
    assert "report-only" in messages["FD810"]
    assert "report-only" in messages["FD812"]


# -- states -----------------------------------------------------------------------------------------------


def test_a_guessed_server_that_is_down_is_information() -> None:
    guess = HERE._replace(given=False)
    down = Observation(guess, 2e9, State.DOWN, "refused")
    assert verdicts(judged(down)) == {"FD801": (INFO, INFO)}
    assert verdicts(judged(down._replace(target=HERE))) == {"FD801": (ERROR, ERROR)}
    airplay = Observation(guess, 2e9, State.WRONG_SERVER, identity=False, identity_why="this is AirPlay")
    assert verdicts(judged(airplay)) == {"FD802": (INFO, INFO)}


def test_of_another_programs_answers_nothing_is_told_but_that_they_are_anothers() -> None:
    page = answer(HTML, ("Set-Cookie", "session=kiln"), ("X-XSS-Protection", "1"))
    other = look(page, state=State.WRONG_SERVER)._replace(
        debugger=True,
        exposed=(Exposed("/.env", "3 settings"),),
        cors=Cors("https://evil.example", True, False, True),
    )
    assert set(verdicts(judged(other, "production"))) == {"FD802"}


def test_a_broken_server_is_told_with_its_place_and_the_headers_wait() -> None:
    breakage = Breakage("NameError: name 'kiln' is not defined", Location("shop/views.py", 12), traceback=True)
    broken = judged(look(answer(HTML, status=500), state=State.BROKEN, breakage=breakage))
    (finding,) = broken.findings
    assert (finding.code, finding.location, finding.severity) == ("FD803", Location("shop/views.py", 12), ERROR)


def test_a_comment_on_the_line_at_fault_switches_the_rule_off(tmp_path: Path) -> None:
    seen = look(
        answer(HTML, status=500), state=State.BROKEN, breakage=Breakage("NameError: kiln", Location("app.py", 1))
    )
    for comment, codes in (("", {"FD803"}), ("  # nosec", {"FD803"}), ("  # flaskdoctor: ignore[FD803]", set())):
        (tmp_path / "app.py").write_text(f"kiln{comment}\n")
        assert {finding.code for finding in judge(seen, Known(str(tmp_path))).findings} == codes


def test_a_password_in_an_exceptions_text_is_not_told() -> None:
    breakage = Breakage("OperationalError: postgresql://shop:hunter2-hunter2@db/shop refused", traceback=True)
    (finding,) = judged(look(None, state=State.BROKEN, breakage=breakage)).findings
    assert "OperationalError" in finding.message
    assert "hunter2" not in finding.message


def test_the_debugger_is_information_on_this_machine_only() -> None:
    here = look(answer(HTML))._replace(debugger=True)
    assert verdicts(judged(here))["FD804"] == (INFO, ERROR)
    assert verdicts(judged(here._replace(target=HERE._replace(host="10.0.0.7"))))["FD804"] == (ERROR, ERROR)
    assert "FD804" not in verdicts(judged(here._replace(debugger=None)))


def test_a_rule_that_raises_is_told_and_the_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    class Raises(LiveRule):
        code, name, tip, severity = "FD899", "raises", registry.live_rules()[0].tip, ERROR

        def check(self, seen: Observation, known: Known) -> Iterable[LiveIssue]:
            raise KeyError("hunter2")

    rules = (Raises(), *registry.live_rules())
    monkeypatch.setattr(registry, "live_rules", lambda: rules)
    found = judged(look(answer(HTML))).findings
    assert {"FD004", "FD810"} <= {finding.code for finding in found}
    assert not any("hunter2" in finding.message for finding in found)


# -- values of headers ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "age"),
    [
        ("max-age=31536000; includeSubDomains", 31_536_000),
        ('Max-Age = "300"', 300),
        ("includeSubDomains", None),
        ("max-age=", None),
        ("max-age=-1", None),
        ("max-age=٣٠٠", None),
        ("max-age=0, max-age=31536000", 0),
    ],
)
def test_max_age(value: str, age: int | None) -> None:
    assert hsts_age(value) == age


def test_referrer_policies_are_read_as_lists_of_which_the_last_known_counts() -> None:
    assert referrer_policy("no-referrer, strict-origin") == "strict-origin"
    assert referrer_policy("strict-origin, kiln") == "strict-origin"
    assert referrer_policy("kiln") is None


def test_policies() -> None:
    assert csp_policies("script-src 'self' ; ; SCRIPT-SRC *") == [{"script-src": ("'self'",)}]
    assert frames_restricted("default-src *, frame-ancestors 'none'")
    assert not frames_restricted("frame-ancestors *")
    assert not frames_restricted("default-src 'none'")
    assert frames_restricted("frame-ancestors")  # nobody


@pytest.mark.parametrize(
    "tag",
    [
        '<meta http-equiv="Content-Security-Policy" content="default-src \'self\'">',
        "<META content='default-src x' HTTP-EQUIV=content-security-policy />",
    ],
)
def test_a_policy_in_the_page_counts(tag: str) -> None:
    assert "FD810" not in verdicts(judged(look(answer(HTML, body=f"<head>{tag}</head>"))))
    assert meta_policy("<meta charset=utf-8>", "Content-Security-Policy") is None


@given(st.text(max_size=200), st.text(max_size=200), st.sampled_from([State.UP, State.BROKEN, State.WRONG_SERVER]))
def test_no_header_of_a_server_makes_a_rule_raise(value: str, body: str, state: State) -> None:
    names = (
        "Content-Security-Policy",
        "Content-Security-Policy-Report-Only",
        "Strict-Transport-Security",
        "X-Frame-Options",
        "X-Content-Type-Options",
        "Referrer-Policy",
        "Permissions-Policy",
        "X-XSS-Protection",
        "Server",
        "X-Powered-By",
        "Set-Cookie",
        "Location",
    )
    page = answer(HTML, *((name, value) for name in names), body=body)
    for target in (HERE, SHOP):
        found = judged(look(page, target=target, state=state), "production")
        assert not [finding for finding in found.findings if finding.code == "FD004"]
        assert all(len(finding.message) < 300 for finding in found.findings)


# -- before production --------------------------------------------------------------------------------------


def test_a_traceback_and_plain_http_are_held_against_a_site_and_not_against_this_machine() -> None:
    breakage = Breakage("KeyError: 'kiln'", traceback=True)
    broken = look(answer(HTML, status=500), state=State.BROKEN, breakage=breakage)
    assert verdicts(judged(broken))["FD805"] == (None, WARNING)
    assert verdicts(judged(broken._replace(target=SHOP)))["FD805"] == (WARNING, WARNING)
    assert "FD805" not in verdicts(judged(broken._replace(breakage=breakage._replace(traceback=False))))
    plain = look(answer(HTML))
    assert verdicts(judged(plain))["FD830"] == (None, WARNING)
    elsewhere = plain._replace(target=SHOP._replace(scheme="http", port=80))
    assert verdicts(judged(elsewhere))["FD830"] == (WARNING, WARNING)
    assert "FD830" not in verdicts(judged(plain._replace(target=SHOP)))


def test_a_foreign_host_is_told_of_the_path_that_was_asked() -> None:
    seen = look(answer(HTML), target=SHOP)._replace(foreign=Foreign("/kilns", host=True, forwarded=True))
    found = {finding.code: finding.url for finding in judged(seen).findings if finding.code in ("FD842", "FD843")}
    assert found == {"FD842": "https://shop.example:443/kilns", "FD843": "https://shop.example:443/kilns"}


def test_of_another_programs_server_neither_certificate_nor_host_is_told() -> None:
    other = look(answer(HTML), target=SHOP, state=State.WRONG_SERVER)._replace(
        foreign=Foreign("/kilns", host=True, forwarded=True), tls=Tls("TLSv1.3", "", None, Distrust.EXPIRED)
    )
    assert set(verdicts(judged(other))) == {"FD802"}
