"""Specifiers say which Flask releases a project allows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from packaging.version import Version as Release

from flaskdoctor.project.versions.versions import FLASK_RELEASES, allowed, parse_version

NEWEST = FLASK_RELEASES[-1]


@pytest.mark.parametrize(
    ("specifier", "floor", "newest"),
    [
        ("", NEWEST, NEWEST),  # unpinned: an installer takes the newest
        ("==2.1.3", (2, 1, 3), (2, 1, 3)),
        ("===2.1.3", (2, 1, 3), (2, 1, 3)),
        ("==2.1.*", (2, 1, 0), (2, 1, 3)),
        ("==2.*", (2, 0, 0), (2, 3, 3)),
        (">=2.2", (2, 2, 0), NEWEST),
        (">=2.2,<3", (2, 2, 0), (2, 3, 3)),
        ("<3", (2, 3, 3), (2, 3, 3)),
        ("<2.2.3", (2, 2, 2), (2, 2, 2)),
        ("<=2.2", (2, 2, 0), (2, 2, 0)),
        ("!=3.1.*", (3, 0, 3), (3, 0, 3)),
        ("~=2.0", (2, 0, 0), (2, 3, 3)),
        ("~=2.0.1", (2, 0, 1), (2, 0, 3)),
        (">1.0,!=2.0.0", (1, 0, 1), NEWEST),
        ("==0.12.2", (0, 12, 2), (0, 12, 2)),
        ("==9.0.0", (9, 0, 0), (9, 0, 0)),  # newer than this list
        (">=9.1", (9, 1, 0), (9, 1, 0)),
        ("== 2.0.1rc1", (2, 0, 1), (2, 0, 1)),
    ],
)
def test_pep440(specifier: str, floor: tuple[int, ...], newest: tuple[int, ...]) -> None:
    result = allowed([specifier])
    assert result is not None
    assert (result.floor, result.newest) == (floor, newest)


@pytest.mark.parametrize(
    ("specifier", "floor", "newest"),
    [
        ("*", NEWEST, NEWEST),
        ("^2.0", (2, 0, 0), (2, 3, 3)),
        ("^2.0.1", (2, 0, 1), (2, 3, 3)),
        ("^0.12", (0, 12, 0), (0, 12, 5)),
        ("^3", (3, 0, 0), NEWEST),
        ("~2.0", (2, 0, 0), (2, 0, 3)),
        ("~2", (2, 0, 0), (2, 3, 3)),
        ("~2.0.1", (2, 0, 1), (2, 0, 3)),
        ("2.0.1", (2, 0, 1), (2, 0, 1)),
        ("2.*", (2, 0, 0), (2, 3, 3)),
        (">=1.1 <2.1", (1, 1, 0), (2, 0, 3)),
        ("^1.1 || ^3.0", (1, 1, 0), NEWEST),
    ],
)
def test_poetry(specifier: str, floor: tuple[int, ...], newest: tuple[int, ...]) -> None:
    result = allowed([specifier], poetry=True)
    assert result is not None
    assert (result.floor, result.newest) == (floor, newest)


def test_several_specifiers_hold_together_and_contradictions_allow_nothing() -> None:
    result = allowed([">=2.0", "<2.2"])
    assert result is not None
    assert (result.floor, result.newest) == ((2, 0, 0), (2, 1, 3))
    assert allowed(["<2.0", ">=3.0"]) is None


def test_only_a_full_pin_is_exact() -> None:
    assert allowed(["==2.1.3"]).exact == "2.1.3"  # type: ignore[union-attr]
    assert allowed(["==2.1.*"]).exact == ""  # type: ignore[union-attr]


NUMBERS = st.tuples(st.integers(0, 3), st.integers(0, 4), st.integers(0, 4)).map(lambda v: ".".join(map(str, v)))
CLAUSE = st.tuples(st.sampled_from(["==", ">=", "<=", ">", "<", "!=", "~="]), NUMBERS).map("".join)
WILD = st.tuples(st.sampled_from(["==", "!="]), st.integers(0, 3), st.integers(0, 4)).map(
    lambda v: f"{v[0]}{v[1]}.{v[2]}.*"
)


@given(st.lists(st.one_of(CLAUSE, WILD), min_size=1, max_size=3).map(",".join))
def test_agrees_with_packaging(specifier: str) -> None:
    releases = [(a, b, c) for a, b, last in FLASK_RELEASES for c in range(last + 1)]
    expected = [release for release in releases if Release(".".join(map(str, release))) in SpecifierSet(specifier)]
    result = allowed([specifier])
    if expected:
        assert result is not None
        assert result.newest == max(expected)
        assert result.floor in (min(expected), max(expected))


@given(st.text(max_size=30))
def test_any_text_is_read_without_an_error(text: str) -> None:
    allowed([text])
    allowed([text], poetry=True)
    parse_version(text)


def test_parse_version() -> None:
    assert parse_version("3.1.0rc1") == (3, 1, 0)
    assert parse_version("v2") == (2, 0, 0)
    assert parse_version("1!2.0.1.dev3+local") == (2, 0, 1)
    assert parse_version("main") is None
