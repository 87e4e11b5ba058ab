"""A rule with its variables filled in is the URL that Werkzeug builds, and its server finds."""

from __future__ import annotations

from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.routing import Map, Rule

from flaskdoctor.probe.fillrule import Shape, Variable, fill, variables
from tests.examples import examples

KINDS = {
    "int": st.integers(0, 10**6).map(str),
    "int(signed=True)": st.integers(-99, 99).map(str),
    "float": st.floats(0, 99).map(lambda number: f"{number:.2f}"),
    "uuid": st.uuids().map(str),
    "path": st.from_regex(r"[aé ?#%&=+]{1,3}(/[aé ?#%&=+]{1,3})?", fullmatch=True),
    "string(length=2)": st.text("aé ?#%+", min_size=2, max_size=2),
    "any(one, two)": st.sampled_from(["one", "two"]),
    "": st.text("aé ?#%&=+;:@", min_size=1, max_size=6),
}


@given(st.lists(st.sampled_from(sorted(KINDS)), min_size=1, max_size=3), st.data())
@settings(max_examples=examples(150), deadline=None)
def test_it_is_what_werkzeug_builds_and_finds(kinds: list[str], data: st.DataObject) -> None:
    rule = "".join(f"/x{number}/<{kind}{':' if kind else ''}v{number}>" for number, kind in enumerate(kinds))
    values = {f"v{number}": data.draw(KINDS[kind]) for number, kind in enumerate(kinds)}
    path = fill(rule, values)
    adapter = Map([Rule(rule, endpoint="view")], merge_slashes=False).bind("localhost")
    endpoint, found = adapter.match(unquote(path))
    assert endpoint == "view"
    assert {name: str(value) for name, value in found.items()}.keys() == values.keys()
    assert adapter.build("view", found) == path or "float" in kinds


@pytest.mark.parametrize(
    ("rule", "value", "problem"),
    [
        ("/<x>", "", "x is empty"),
        ("/<x>", "a/b", "x: it cannot hold a slash"),
        ("/<int:x>", "-1", "without a sign"),
        ("/<int:x>", "1.5", "a whole number"),
        ("/<float:x>", "1", "a number with a point"),
        ("/<uuid:x>", "abc", "a UUID"),
        ("/<any(a, 'b c'):x>", "c", "one of a, b c"),
        ("/<string(minlength=2):x>", "a", "minlength=2"),
        ("/<path:x>", "/a", "begin with a slash"),
    ],
)
def test_a_value_that_the_route_would_not_take_is_said(rule: str, value: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        fill(rule, {"x": value})


def test_a_converter_of_the_projects_own_takes_any_text_without_a_slash() -> None:
    assert fill("/<slug:x>", {"x": "a b"}) == "/a%20b"
    assert variables("/<slug(3):x>/y") == [Variable("<slug(3):x>", "slug", "3", "x")]


@pytest.mark.parametrize(
    ("rule", "path", "values"),
    [
        ("/about", "/about", {}),
        ("/about", "/about/", None),
        ("/users/<int:id>", "/users/12", {"id": "12"}),
        ("/users/<int:id>", "/users/12/edit", None),
        ("/users/<int:id>/edit", "/users//edit", None),
        ("/<a>-<b>.<end>", "/x-y-z.tar.gz", {"a": "x", "b": "y-z", "end": "tar.gz"}),
        ("/f/<path:p>", "/f/a/b", {"p": "a/b"}),
        ("/<path:p>/x/<a>", "/1/x/2/x/3", {"p": "1/x/2", "a": "3"}),
        ("/<path:p>-<a>-<b>", "/x/y-z-w", {"p": "x/y", "a": "z", "b": "w"}),
        ("/<a>/<a>", "/x/y", {"a": "x"}),  # Werkzeug refuses it; a file may say it all the same
        ("/<a\u00b2>/x", "/y/x", {"a\u00b2": "y"}),
        ("/aa<x>aa", "/aaa", None),
    ],
)
def test_a_path_is_read_back(rule: str, path: str, values: dict[str, str] | None) -> None:
    assert Shape(rule).values(path) == values


@pytest.mark.parametrize(
    ("rule", "path"),
    [
        ("/<a>-<b>-<c>-<d>-<e>-<f>!", "/" + "-" * 4000 + "?!"),
        ("/" + "".join(f"<a{number}>" for number in range(40)) + "!x", "/" + "x" * 4000 + "/!x"),
        ("/" + "".join(f"<path:a{number}>-" for number in range(40)) + "x", "/" + "-" * 4000 + "x/x"),
        ("/<a(" * 40_000, "/x"),
        ("/<" + "a" * 200_000, "/x"),
    ],
)
def test_no_rule_of_a_project_takes_for_ever(rule: str, path: str) -> None:
    """Told by the test ending at all: with patterns each of them took minutes, and some longer than there is time."""
    Shape(rule).values(path)
