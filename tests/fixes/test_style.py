"""What a fix adds looks like the file around it: its quotes, and the length of its lines."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from flaskdoctor.fixes.linelength import length_of, line_length
from flaskdoctor.fixes.python import FileEdit
from flaskdoctor.fixes.python.insertions import wrapped
from tests.projects import build

NAMES = "Flask, current_app, make_response, render_template, request"


def opened(source: str, line_length: int | None = None) -> tuple[ast.Module, FileEdit]:
    tree = ast.parse(source)
    return tree, FileEdit(source.encode(), tree, line_length=line_length)


def added(source: str, line_length: int | None = None, **arguments: str) -> str:
    """A file of one call after keywords were added to it."""
    tree, edit = opened(source, line_length)
    call = next(node for node in ast.walk(tree) if isinstance(node, ast.Call))
    for keyword, value in arguments.items():
        edit.add_argument(call, keyword, value)
    return edit.result().decode()


class TestQuotes:
    @pytest.mark.parametrize(
        ("source", "expected"),
        [
            ("x = f(a)\n", 'g("b", a)'),
            ("x = f(a), 'c'\n", "g('b', a)"),
            ("x = f(a), 'c', 'd', \"e\"\n", "g('b', a)"),
            ("x = f(a), 'c', \"d\"\n", 'g("b", a)'),
            # They had no choice, or are no single ones.
            ('x = f(a), \'say "c"\', "d"\n', 'g("b", a)'),
            ("x = f(a), \"it's\", 'd'\n", "g('b', a)"),
            ("'''Doc.'''\nx = f(a)\n", 'g("b", a)'),
            ("x = f(a), f'{c}'\n", "g('b', a)"),
        ],
    )
    def test_of_new_text_are_those_of_most_strings(self, source: str, expected: str) -> None:
        tree, edit = opened(source)
        call = next(node for node in ast.walk(tree) if isinstance(node, ast.Call))
        edit.replace(call, 'g("b", {value})', value=call.args[0])
        assert f"x = {expected}" in edit.result().decode()

    def test_of_a_string_that_is_replaced_stay(self) -> None:
        tree, edit = opened("x = \"a\"\ny = 'b', 'c'\n")
        edit.replace(tree.body[0].value, 'environ["X"]')  # type: ignore[attr-defined]
        assert edit.result().decode().startswith('x = environ["X"]\n')

    @pytest.mark.parametrize("text", ['"it\'s"', '"\\n"', '"""b"""', 'f"{b}"', "'b'"])
    def test_stay_where_others_would_change_the_string(self, text: str) -> None:
        tree, edit = opened("x = f(a), 'c'\n")
        call = next(node for node in ast.walk(tree) if isinstance(node, ast.Call))
        edit.replace(call, f"g({text.replace('{', '{{').replace('}', '}}')})")
        assert edit.result().decode() == f"x = g({text}), 'c'\n"

    def test_of_parts_stay_as_they_are(self) -> None:
        tree, edit = opened("x = f(\"a\"), 'c', 'd'\n")
        call = next(node for node in ast.walk(tree) if isinstance(node, ast.Call))
        edit.replace(call, 'g({value}, "b", b"e")', value=call.args[0])
        assert edit.result().decode() == "x = g(\"a\", 'b', b'e'), 'c', 'd'\n"

    def test_of_new_statements_headers_and_arguments(self) -> None:
        tree, edit = opened("x['a'] = 1\nrun()\n")
        edit.insert_after(tree.body[0], 'x["b"] = 2  # say "b"')
        edit.wrap_statements([tree.body[1]], 'if __name__ == "__main__":')
        assert (
            edit.result().decode() == "x['a'] = 1\nx['b'] = 2  # say \"b\"\n\nif __name__ == '__main__':\n    run()\n"
        )
        assert added("f('a')\n", samesite='"Lax"') == "f('a', samesite='Lax')\n"


class TestLineLength:
    @pytest.mark.parametrize(
        ("files", "expected"),
        [
            ({}, None),
            ({"pyproject.toml": "[tool.black]\nline-length = 100\n"}, 100),
            ({"pyproject.toml": "[tool.black]\n"}, 88),
            ({"pyproject.toml": "[tool.ruff]\nline-length = 99\n"}, 99),
            ({"pyproject.toml": "[tool.ruff.lint]\nselect = []\n"}, 88),
            ({"pyproject.toml": "[project]\nname = 'shop'\n"}, None),
            ({"pyproject.toml": "[tool.black]\nline-length = 'wide'\n"}, 88),
            ({"pyproject.toml": "[tool.black\n"}, None),
            ({"ruff.toml": "line-length = 110\n"}, 110),
            ({"setup.cfg": "[flake8]\nmax-line-length = 79\n"}, 79),
            ({"tox.ini": "[flake8]\nmax-line-length = 119  # wide\n"}, 119),
            ({".flake8": "[flake8]\nmax-line-length = wide\n", "tox.ini": "[flake8]\nmax-line-length=90\n"}, 90),
            ({".flake8": "no section\n"}, None),
        ],
    )
    def test_that_a_project_asks_for(self, files: dict[str, str], expected: int | None, tmp_path: Path) -> None:
        assert line_length(str(build(tmp_path, files))) == expected

    @pytest.mark.parametrize(
        ("longest", "asked", "expected"), [(20, None, 88), (95, None, 95), (300, None, 120), (95, 79, 79)]
    )
    def test_of_a_file(self, longest: int, asked: int | None, expected: int) -> None:
        assert length_of(["", "x" * longest], asked) == expected

    def test_breaks_an_import_as_black_does(self) -> None:
        _, edit = opened(f"from flask import {NAMES}, session\n")
        edit.add_import("flask", "send_file")
        assert edit.result().decode() == (
            "from flask import (\n    Flask,\n    current_app,\n    make_response,\n    render_template,\n"
            "    request,\n    send_file,\n    session,\n)\n"
        )

    @pytest.mark.parametrize(
        "source",
        [
            f"from flask import {NAMES}, session  # noqa: E501\n",
            f"from flask import {NAMES}, \\\n    session\n",
            "from flask import Flask\n",
        ],
    )
    def test_leaves_an_import_that_is_short_or_has_a_layout(self, source: str) -> None:
        _, edit = opened(source)
        edit.add_import("flask", "send_file")
        assert "(" not in edit.result().decode()

    def test_breaks_a_call_that_new_arguments_make_too_long(self) -> None:
        tree, edit = opened("if x:\n\tanswer.set_cookie('session', value)  # c\n", 60)
        call = next(node for node in ast.walk(tree) if isinstance(node, ast.Call))
        edit.add_argument(call, "secure", "True")
        edit.add_argument(call, "samesite", '"Lax"')
        assert edit.result().decode() == (
            "if x:\n\tanswer.set_cookie(\n\t\t'session',\n\t\tvalue,\n\t\tsecure=True,\n\t\tsamesite='Lax',\n\t)  # c\n"
        )

    def test_leaves_a_call_that_is_short_enough_or_stands_on_several_lines(self) -> None:
        assert added("f(a)\n", 60, b="1") == "f(a, b=1)\n"
        assert added("f(\n    a, c)\n", 8, b="1") == "f(\n    a, c, b=1)\n"

    def test_fills_comments_anew(self) -> None:
        text = "# one two three four\n# five six\nx = 1  # behind it, however long that is\n\n    # seven eight nine\n"
        assert wrapped(text, 15).split("\n") == [
            "# one two three",
            "# four five six",
            "x = 1  # behind it, however long that is",
            "",
            "    # seven",
            "    # eight",
            "    # nine",
        ]
        assert wrapped("# one two\n# three\n", 15) == "# one two\n# three"
