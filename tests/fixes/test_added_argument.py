"""One more keyword argument for a call: in its style, and with every comment where it was."""

from __future__ import annotations

import ast

import pytest

from flaskdoctor.errors import Refuse
from flaskdoctor.fixes.edit import Overlap
from flaskdoctor.fixes.python import FileEdit


def opened(source: str) -> tuple[ast.Call, FileEdit]:
    tree = ast.parse(source)
    call = next(node for node in ast.walk(tree) if isinstance(node, ast.Call) and ast.unparse(node.func) == "here")
    return call, FileEdit(source.encode(), tree)


def added(source: str) -> str:
    call, edit = opened(source)
    edit.add_argument(call, "new", '"x"')
    edit.add_argument(call, "new", '"x"')
    edit.add_argument(call, "more", "y")
    after = edit.result()
    assert edit.result() == after
    return after.decode()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("here()\n", 'here(new="x", more=y)\n'),
        ("here(a, b=1)\n", 'here(a, b=1, new="x", more=y)\n'),
        ("here(a, )\n", 'here(a, new="x", more=y, )\n'),
        ("here( a )\n", 'here( a, new="x", more=y )\n'),
        ("here(a, [\n    1,\n])\n", 'here(a, [\n    1,\n], new="x", more=y)\n'),
        ("def f():\n    here(\n        a,\n        b=1,\n    )\n",
         'def f():\n    here(\n        a,\n        b=1,\n        new="x",\n        more=y,\n    )\n'),
        ("here(\n    a,\n    b=1,  # why\n    # and how\n)\n",
         'here(\n    a,\n    b=1,  # why\n    # and how\n    new="x",\n    more=y,\n)\n'),
        ("here(\n    a  # why\n)\n", 'here(\n    a,  # why\n    new="x",\n    more=y\n)\n'),
        ("here(a,\n     b)\n", 'here(a,\n     b,\n     new="x",\n     more=y)\n'),
        ("here(\r\n\ta,\r\n)\r\n", 'here(\r\n\ta,\r\n\tnew="x",\r\n\tmore=y,\r\n)\r\n'),
        ("(here)(a)(b)\n", '(here)(a, new="x", more=y)(b)\n'),
    ],
)  # fmt: skip
def test_argument_stands_at_the_end(before: str, after: str) -> None:
    assert added(before) == after
    ast.parse(after)


@pytest.mark.parametrize("source", ["here(new=1)\n", "here(**options)\n", "here(each for each in a)\n"])
def test_call_that_may_have_it_stays(source: str) -> None:
    call, edit = opened(source)
    with pytest.raises(Refuse):
        edit.add_argument(call, "new", "1")
    assert edit.result() == source.encode()


def test_two_values_for_one_argument_do_not_go_together() -> None:
    call, edit = opened("here()\n")
    edit.add_argument(call, "new", "1")
    with pytest.raises(Overlap):
        edit.add_argument(call, "new", "2")


def test_argument_goes_together_with_other_changes_of_the_call() -> None:
    call, edit = opened("here(a, old=1, off=False)\n")
    edit.remove_argument(call, "old")
    edit.replace(call.keywords[1].value, "True")
    edit.add_argument(call, "new", "1")
    assert edit.result() == b"here(a, off=True, new=1)\n"
