"""A look at data of the request before it is used is seen, and what is none is not taken for one."""

from __future__ import annotations

import ast
from textwrap import dedent, indent

import pytest

from flaskdoctor.project.code.module import Module
from flaskdoctor.project.requestflow.datachecks import data_in_texts
from flaskdoctor.project.requestflow.requestdata import RequestData

_HEAD = """\
from urllib.parse import urlparse

from flask import abort, request

"""


def _checks(code: str) -> list[list[str]]:
    """The checks of each piece of data that is given to ``sink``."""
    source = _HEAD + "def function():\n" + indent(dedent(code), "    ")
    module = Module("app.py", "app", "app", source.encode())
    data = RequestData(module)
    calls = [node for node in module.nodes(ast.Call) if isinstance(node, ast.Call)]
    sinks = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "sink"]
    return [sorted(found.checked) for call in sinks for found in data_in_texts(data, call.args[0])]


@pytest.mark.parametrize(
    ("test", "check"),
    [
        ("not is_safe(target)", "is_safe"),
        ("target not in PAGES", "not in"),
        ("'..' in target", "contains"),
        ("urlparse(target).netloc != ''", "urlparse"),
        ("not target.isdigit()", "isdigit"),
        ("target.startswith('//')", "startswith('//')"),
        ("target != 'a'", "!="),
        ("not target or not is_safe(target.strip())", "is_safe"),
        ("not isinstance(target, int)", "isinstance"),
    ],
)
def test_a_look_is_seen(test: str, check: str) -> None:
    code = f"target = request.args['a']\nif {test}:\n    abort(400)\nsink(target)\n"
    assert _checks(code) == [[check]]


@pytest.mark.parametrize(
    "test",
    [
        "not target",
        "target is None",
        "target == ''",
        "target in ('', None)",
        "len(target) > 100",
        "not isinstance(target, str)",
        "request.args['b'] not in PAGES",
        "other(request.args)",
    ],
)
def test_that_there_is_something_is_no_look(test: str) -> None:
    code = f"target = request.args['a']\nif {test}:\n    abort(400)\nsink(target)\n"
    assert _checks(code) == [[]]


def test_a_look_that_comes_later_is_none() -> None:
    assert _checks("target = request.args['a']\nsink(target)\nif is_safe(target):\n    pass\n") == [[]]


def test_the_same_value_may_be_read_twice() -> None:
    assert _checks("if is_safe(request.args.get('a')):\n    sink(request.args['a'])\n") == [["is_safe"]]
    assert _checks("if is_safe(request.args.get('b')):\n    sink(request.args['a'])\n") == [[]]


def test_a_look_may_be_kept_in_a_variable() -> None:
    assert _checks(
        "target = request.args['a']\nparts = urlparse(target)\nif parts.netloc:\n    abort(400)\nsink(target)\n"
    ) == [["urlparse"]]
    assert _checks("target = request.args['a']\nparts = urlparse(target)\nsink(target)\n") == [[]]


def test_a_look_at_another_name_of_it_counts() -> None:
    assert _checks(
        "first = request.args['a']\nsecond = first.strip()\nif not is_safe(second):\n    abort(400)\nsink(first)\n"
    ) == [["is_safe"]]


def test_a_function_that_raises_counts_by_its_name() -> None:
    assert _checks("target = request.args['a']\ncheck_target(target)\nsink(target)\n") == [["check_target"]]
    assert _checks("target = request.args['a']\nprint(target)\nsink(target)\n") == [[]]


def test_a_conditional_expression_decides_for_its_arm() -> None:
    assert _checks("target = request.args['a']\nsink(target if is_safe(target) else '/')\n") == [["is_safe"]]


def test_a_comprehension_decides_for_its_elements() -> None:
    assert _checks("sink(', '.join(key for key in request.json if key in COLUMNS))\n") == [["in"]]
    assert _checks("sink(', '.join(key for key in request.json))\n") == [[]]


def test_equality_counts_where_it_leaves_no_choice() -> None:
    assert _checks("a = request.args['a']\nif a == 'b':\n    sink(a)\n") == [["=="]]
    assert _checks("a = request.args['a']\nif a == 'b':\n    return\nsink(a)\n") == [[]]
