"""The watch's timetable, with the time passed in."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flaskdoctor.probe.allowance import FULL_COST
from flaskdoctor.probe.observation import State
from flaskdoctor.probe.schedule import Schedule, Step

EVENTS = ("saved", "restarting", "restarted", "opened_live", "unreachable", "reachable", "silent", "broken", "up")


class Played:
    """A schedule, played through with a server that answers as it is told to."""

    def __init__(self, *, sees: bool = True) -> None:
        self.schedule = Schedule(0.0)
        self.schedule.sees_processes = sees
        self.state = State.UP
        self.answers = True
        self.listens = True
        self.now = 0.0
        self.cost = 3
        self.steps: list[tuple[float, Step]] = []
        self.requests: list[tuple[float, int]] = []

    def until(self, end: float, events: Iterable[tuple[float, str]] = ()) -> Played:
        waiting = sorted(events)
        while self.now < end:
            while waiting and waiting[0][0] <= self.now:
                self._event(waiting.pop(0)[1])
            self._do(self.schedule.step(self.now))
            wake = max(self.schedule.wake(self.now), self.now + 0.01)
            self.now = min(wake, waiting[0][0] if waiting else wake, end)
        return self

    def _event(self, name: str) -> None:
        if name in ("unreachable", "reachable"):
            self.listens = name == "reachable"
        elif name in ("silent", "broken", "up"):
            self.answers = name != "silent"
            self.state = {"silent": State.RELOADING, "broken": State.BROKEN, "up": State.UP}[name]
        elif name in ("focus", "blur"):
            self.schedule.focused(name == "focus", self.now)
        else:
            getattr(self.schedule, name)(self.now)

    def _do(self, step: Step) -> None:
        if step is Step.WAIT:
            return
        self.steps.append((self.now, step))
        if not self.listens:
            if step is Step.FULL:
                self.schedule.full_failed(self.now)
            self.schedule.unreachable(State.DOWN, self.now)
        elif step is Step.CONNECT:
            self.schedule.reachable(self.now)
        else:
            cost = 1 if not self.answers else FULL_COST if step is Step.FULL else self.cost
            self.requests.append((self.now, cost))
            self.schedule.looked(self.state, cost, self.now, full=step is Step.FULL, answered=self.answers)

    def times(self, step: Step) -> list[float]:
        return [when for when, done in self.steps if done is step]


def most_in_an_hour(requests: list[tuple[float, int]]) -> int:
    return max((sum(cost for at, cost in requests if start <= at < start + 3600) for start, _ in requests), default=0)


def test_it_begins_with_a_full_look_and_never_takes_another_by_itself() -> None:
    played = Played().until(4 * 3600)
    assert played.times(Step.FULL) == [0.0]


def test_an_idle_hour_is_quiet_and_its_pulse_is_steady() -> None:
    played = Played()
    played.cost = 1
    played.until(3600)
    lights = played.times(Step.LIGHT)
    assert lights[0] == 60
    assert 8 <= len(lights) <= 15
    touched = [when for when, _ in played.steps]
    assert max(later - earlier for earlier, later in pairwise(touched)) <= 2.1


def test_without_focus_the_pulse_is_slower_and_does_not_stop() -> None:
    played = Played().until(600, [(0, "blur")])
    assert 30 <= len(played.times(Step.CONNECT)) <= 41


def test_a_saved_file_is_followed_by_a_look_in_time() -> None:
    hidden = Played(sees=False).until(60, [(20.0, "blur"), (30.0, "saved")])
    assert [round(when, 1) for when in hidden.times(Step.LIGHT)][:2] == [31.3, 33.0]
    # Where the processes are seen, their replacement is what counts; without one there is nothing new to ask.
    seen = Played().until(50, [(30.0, "saved")])
    assert seen.times(Step.LIGHT) == []
    replaced = Played().until(50, [(30.0, "saved"), (30.9, "restarting"), (31.2, "restarted")])
    assert [round(when, 1) for when in replaced.times(Step.LIGHT)] == [31.2]


def test_many_saves_in_a_row_are_one_change() -> None:
    saves = [(30.0 + index / 10, "saved") for index in range(10)]
    assert len(Played(sees=False).until(50, saves).times(Step.LIGHT)) == 2


def test_saving_on_and_on_puts_the_look_not_off() -> None:
    saves = [(30.0 + index, "saved") for index in range(6)]
    assert Played(sees=False).until(50, saves).times(Step.LIGHT)[0] < 32


def test_a_broken_server_is_not_asked_again_by_itself() -> None:
    played = Played().until(1800, [(0.0, "broken"), (100.0, "opened_live"), (200.0, "focus")])
    assert len(played.requests) == 1


def test_a_server_that_comes_back_is_asked_at_once_and_once() -> None:
    played = Played().until(120, [(10.0, "unreachable"), (30.0, "reachable")])
    lights = [when for when in played.times(Step.LIGHT) if when < 60]
    assert len(lights) == 1
    assert 30 <= lights[0] <= 32.1


def test_the_first_time_a_server_is_there_it_is_looked_at_in_full() -> None:
    played = Played()
    played.listens = False
    played.until(60, [(30.0, "reachable")])
    assert [when >= 30 for when in played.times(Step.FULL)] == [False, True]


def test_a_silent_server_is_asked_again_and_more_and_more_rarely() -> None:
    played = Played().until(900, [(20.0, "silent"), (21.0, "restarted")])
    asked = [when for when, _ in played.requests if when >= 20]
    assert asked[1] - asked[0] <= 2
    assert len(asked) <= 9


def test_the_live_tab_is_fresh_when_it_opens() -> None:
    played = Played().until(40, [(5.0, "opened_live"), (30.0, "opened_live")])
    assert played.times(Step.LIGHT) == [30.0]


def test_the_users_own_look_is_never_refused() -> None:
    events = [(10.0 + index, "probe_now") for index in range(50)]
    played = Played().until(70, events)
    assert len(played.times(Step.FULL)) == 51
    # And it takes nothing away from what follows a saved file.
    played.until(100, [(80.0, "restarted")])
    assert played.times(Step.LIGHT)[-1] == 80.0
    # Also where the watch has nothing left for itself.
    played.until(800, [(100.0 + index, "restarted") for index in range(600)] + [(790.0, "probe_now")])
    assert played.times(Step.FULL)[-1] == 790.0


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 5400), st.sampled_from(EVENTS)), max_size=300), st.booleans())
def test_whatever_happens_an_hour_holds_sixty_requests_at_most(events: list[tuple[float, str]], sees: bool) -> None:
    assert most_in_an_hour(Played(sees=sees).until(5400, events).requests) <= 60


@pytest.mark.parametrize("pause", [60, 10])
def test_a_file_saved_again_and_again_is_looked_after_also_in_the_third_hour(pause: float) -> None:
    events = [(pause * index + 1, "restarted") for index in range(int(3 * 3600 / pause))]
    played = Played()
    played.cost = 1
    played.until(3 * 3600, events)
    assert most_in_an_hour(played.requests) <= 60
    lights = played.times(Step.LIGHT)
    assert max(later - earlier for earlier, later in pairwise(lights)) <= 220
    assert len([when for when in lights if when > 7200]) >= 40
