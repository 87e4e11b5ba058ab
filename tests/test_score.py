"""The score: 100 is clean, every mended rule raises it, and infos cost nothing."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from flaskdoctor.finding import Finding, Location, Severity, Tip
from flaskdoctor.score import score


def finding(code: str, severity: Severity) -> Finding:
    return Finding(code, code.lower(), Tip.TOOL, severity, "", Location("app.py"))


findings = st.lists(
    st.builds(finding, st.sampled_from([f"FD{number}" for number in range(100, 130)]), st.sampled_from(Severity)),
    max_size=60,
)


def test_the_first_error_costs_eight_and_the_first_warning_three() -> None:
    assert score([]) == 100
    assert score([finding("FD100", Severity.ERROR)]) == 92
    assert score([finding("FD100", Severity.WARNING)]) == 97
    assert score([finding("FD100", Severity.INFO)]) == 100
    assert score([finding("FD100", Severity.ERROR)] * 2) == 90
    assert score([finding("FD100", Severity.ERROR)] * 1000) == 84


def test_a_project_with_a_dozen_kinds_of_errors_sees_each_mended_one() -> None:
    open_rules = [finding(f"FD{number}", Severity.ERROR) for number in range(100, 112)]
    scores = [score(open_rules[count:]) for count in range(13)]
    assert scores == sorted(set(scores))


@given(findings)
def test_mending_something_never_lowers_it(found: list[Finding]) -> None:
    assert 0 <= score(found) <= 100
    for number in range(len(found)):
        assert score([*found[:number], *found[number + 1 :]]) >= score(found)
