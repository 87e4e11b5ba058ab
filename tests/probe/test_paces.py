"""How fast routes answer over time: which samples count, how many are kept."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flaskdoctor.finding import Severity
from flaskdoctor.live import judge
from flaskdoctor.probe.observation import Answer, Observation, Pace, State, Target
from flaskdoctor.probe.paces import KEPT_ROUTES, KEPT_SAMPLES, Paces, percentile
from flaskdoctor.project.known import Known

HERE = Target("http", "127.0.0.1", 5000, "--url", given=True)


def filled(*seconds: float, path: str = "/") -> Paces:
    paces = Paces()
    for value in seconds:
        paces.add(Answer("GET", path, 200, seconds=value))
    return paces


def slow(*seconds: float) -> bool:
    seen = Observation(HERE, 2e9, State.UP, paces=filled(9.0, *seconds).measured())
    found = [verdict for verdict in judge(seen, Known("")).verdicts if verdict.code == "FD850"]
    assert all((verdict.now, verdict.production) == (Severity.WARNING, Severity.WARNING) for verdict in found)
    return bool(found)


def test_the_first_sample_of_a_route_is_cold_and_left_out() -> None:
    assert filled(9.0, 0.1, 0.2, 0.3).measured() == (Pace("GET", "/", 0.2, 0.3, 3, (0.1, 0.2, 0.3)),)
    assert filled(9.0).measured() == filled(9.0, 0.1).measured() == ()


def test_so_is_the_first_after_a_start_and_what_was_measured_before_stays() -> None:
    paces = filled(9.0, 0.1, 0.2)
    paces.started_anew()
    paces.add(Answer("GET", "/", 200, seconds=8.0))
    assert paces.of("GET", "/") == (0.1, 0.2)
    paces.forget()
    assert paces.measured() == ()


def test_an_error_and_what_was_not_asked_are_no_samples_and_a_time_out_is_one() -> None:
    paces = filled(9.0, 0.1)
    paces.add(Answer("GET", "/", 500, seconds=5.0))
    paces.add(Answer("GET", "/", failure="refused"))
    assert paces.of("GET", "/") == (0.1,)
    paces.add(Answer("GET", "/", failure="no answer within 2 s", seconds=2.0))
    assert paces.of("GET", "/") == (0.1, 2.0)


def test_queries_of_a_route_are_one_route_and_methods_are_not() -> None:
    paces = filled(9.0, 0.1, path="/?page=1")
    paces.add(Answer("GET", "/?page=2", 200, seconds=0.2))
    paces.add(Answer("OPTIONS", "/", 200, seconds=0.3))
    assert [(pace.method, pace.path, pace.samples) for pace in paces.measured()] == [("GET", "/", 2)]


def test_the_last_samples_of_the_last_routes_are_kept() -> None:
    paces = filled(*([9.0] * 200), 0.1)
    assert len(paces.of("GET", "/")) == KEPT_SAMPLES
    assert paces.of("GET", "/")[-1] == 0.1
    for number in range(3 * KEPT_ROUTES):
        for _ in range(3):
            paces.add(Answer("GET", f"/{number}", 200, seconds=0.1))
    assert len(paces.measured()) == KEPT_ROUTES
    assert paces.measured()[-1].path == f"/{3 * KEPT_ROUTES - 1}"
    assert paces.of("GET", "/") == ()


@pytest.mark.parametrize(
    ("samples", "found"),
    [
        ((0.9, 0.9, 0.9), False),
        ((1.2, 1.3), True),
        # A single hiccup, of few and of many.
        ((0.1, 0.1, 3.0), False),
        ((*[0.1] * 30, 3.0), False),
        # One of ten is more than 5 in 100, once there are enough to tell.
        ((*[0.1] * 27, 3.0, 3.0, 3.0), True),
        ((0.1, 0.2, 1.1, 1.2), False),
        ((0.1, 1.1, 1.2), True),
    ],
)
def test_a_route_is_slow_by_its_95th_percentile(samples: tuple[float, ...], found: bool) -> None:
    assert slow(*samples) is found


@given(st.lists(st.floats(0, 100), min_size=1, max_size=60), st.integers(1, 100))
def test_a_percentile_is_a_sample_that_so_many_do_not_exceed(samples: list[float], percent: int) -> None:
    found = percentile(samples, percent)
    assert found in samples
    assert sum(1 for value in samples if value <= found) * 100 >= percent * len(samples)
