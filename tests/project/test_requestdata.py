"""Data of the request is followed to where it is used, and nothing else is taken for it."""

from __future__ import annotations

import ast
from textwrap import dedent, indent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flaskdoctor.project.code.module import Module
from flaskdoctor.project.requestflow.requestdata import RequestData

_HEAD = """\
import os
import uuid
from pathlib import Path

import flask as f
from flask import Flask, escape, request, url_for
from markupsafe import Markup
from werkzeug.utils import secure_filename

app = Flask(__name__)

"""


def _shown(source: str) -> list[str]:
    """The texts that ``sink(..)`` may be given, data as ``<kind words>``, anything else that is not known as ``?``."""
    module = Module("app.py", "app", "app", source.encode())
    data = RequestData(module)
    found = []
    for call in module.nodes(ast.Call):
        assert isinstance(call, ast.Call)
        if isinstance(call.func, ast.Name) and call.func.id == "sink":
            for text in data.texts(call.args[0]):
                words = ["?" if piece.text is None else piece.text for piece in text]
                for place, piece in enumerate(text):
                    if piece.source is not None:
                        words[place] = f"<{piece.source.kind} {piece.source.words}>"
                found.append("".join(words))
    return found


def _in_function(code: str) -> list[str]:
    return _shown(_HEAD + "def function():\n" + indent(dedent(code), "    "))


@pytest.mark.parametrize(
    ("expression", "shown"),
    [
        ('request.args["next"]', '<args request.args["next"]>'),
        ('request.args.get("next")', '<args request.args["next"]>'),
        ('f.request.form.get("a", type=str)', '<form request.form["a"]>'),
        ('f.request.values["a"].strip().lower()', '<values request.values["a"]>'),
        ('request.get_json()["a"]["b"]', '<json request.get_json()["a"]>'),
        ('request.json.get("a")', '<json request.json["a"]>'),
        ('request.cookies["a"]', '<cookies request.cookies["a"]>'),
        ('request.headers.get("X-A")', '<headers request.headers["X-A"]>'),
        ('request.headers["Referer"]', "<referrer request.referrer>"),
        ("request.url", "<url request.url>"),
        ("request.get_data().decode()", "<data request.get_data()>"),
        ('request.files["a"].filename', '<filename request.files["a"].filename>'),
        ('request.files.getlist("a")[0].filename', "<filename request.files[..].filename>"),
        ('dict(request.args)["a"]', '<args request.args["a"]>'),
        ('request.form.to_dict().get("a")', '<form request.form["a"]>'),
        ("form.photo.data.filename", "<filename form.photo.data.filename>"),
        ("f\"a {request.args['b']} c\"", 'a <args request.args["b"]> c'),
        ('"%s/%d/%%/%(x)s" % request.args["a"]', '<args request.args["a"]>/?/%/?'),
        ('"%s %s" % (1, request.args["a"])', '1 <args request.args["a"]>'),
        ('"%(a)s" % {"a": request.args["b"]}', '<args request.args["b"]>'),
        ('"{} {{}} {1} {n!s}".format(0, 1, n=request.args["a"])', '0 {} 1 <args request.args["a"]>'),
        ('"{:d}".format(request.args["a"])', "?"),
        ('"-".join(["a", request.args["b"]])', 'a-<args request.args["b"]>'),
        ('os.path.join("a", request.args["b"])', 'a/<args request.args["b"]>'),
        ('Path("a") / request.args["b"] / "c"', 'a/<args request.args["b"]>/c'),
        ('str(request.args["a"]).replace(" ", "_")', '<args request.args["a"]>'),
    ],
)
def test_data_is_seen(expression: str, shown: str) -> None:
    assert _in_function(f"sink({expression})") == [shown]


@pytest.mark.parametrize(
    "expression",
    [
        'request.args.get("a", type=int)',
        'request.args.get("a", 1, int)',
        'int(request.args["a"])',
        'escape(request.args["a"])',
        'secure_filename(request.args["a"])',
        'uuid.UUID(request.args["a"])',
        'url_for("index", next=request.args["a"])',
        'os.path.basename(request.args["a"])',
        'clean(request.args["a"])',
        'request.args["a"].replace("..", "")',
        'request.args["a"].lstrip("/")',
        'request.files["a"].filename.rsplit(".", 1)[1]',
        'len(request.args["a"])',
        'request.args["a"] == "b"',
        'COLUMNS[request.args["a"]]',
        'COLUMNS.get(request.args["a"], "")',
        'Markup("<b>%s</b>") % request.args["a"]',
        'Markup("<b>{}</b>").format(request.args["a"])',
        'Markup("<b>") + request.args["a"]',
        "f\"{request.args['a']:d}\"",
        "request.method",
        "request.host_url",
        "request.endpoint",
    ],
)
def test_what_does_not_hand_it_on_ends_it(expression: str) -> None:
    assert not any("<" in text.replace("<b>", "").replace("</b>", "") for text in _in_function(f"sink({expression})"))


def test_it_is_followed_through_variables() -> None:
    assert _in_function(
        """\
        args = request.args
        first: str = args["a"]
        second, third = first, "c"
        if (fourth := second.strip()):
            sink(fourth + third)
        for name, value in request.form.items():
            sink(value)
        query = "a"
        query += first
        query += "b"
        sink(query)
        """
    ) == ['<args request.args["a"]>c', "<form request.form[..]>", 'a<args request.args["a"]>b']


def test_a_later_assignment_replaces_an_earlier_one() -> None:
    assert _in_function(
        """\
        name = request.args["a"]
        name = "b"
        sink(name)
        """
    ) == ["b"]


def test_what_is_replaced_in_every_branch_is_gone() -> None:
    assert _in_function(
        """\
        name = request.args["a"]
        if name:
            name = "b"
        else:
            name = "c"
        sink(name)
        """
    ) == ["c", "b"]


def test_what_is_replaced_in_one_branch_is_still_there() -> None:
    assert _in_function(
        """\
        name = request.args["a"]
        if not name:
            name = "b"
        sink(name)
        """
    ) == ["b", '<args request.args["a"]>']


def test_a_branch_that_leaves_says_nothing_of_what_follows() -> None:
    assert _in_function(
        """\
        name = "a"
        if request.args:
            name = request.args["a"]
            return name
        sink(name)
        """
    ) == ["a"]


def test_a_conversion_that_may_fail_is_one_where_the_failure_leaves() -> None:
    code = """\
        number = request.args["n"]
        try:
            number = int(number)
        except ValueError:
            {}
        sink(number)
        """
    assert _in_function(code.format("return")) == ["?"]
    assert _in_function(code.format("pass")) == ["?", '<args request.args["n"]>']


def test_url_variables_are_data_where_they_may_hold_any_text() -> None:
    source = _HEAD + dedent(
        """\
        @app.route("/<name>/<path:rest>/<int:number>/<uuid:key>/<any(a, b):size>/<slug:page>")
        def view(name, rest, number, key, size, page, other=None):
            for_each = [sink(name), sink(rest), sink(number), sink(key), sink(size), sink(page), sink(other)]
        """
    )
    assert _shown(source) == ["<variable the URL variable name>", "<variable the URL variable rest>", *"?????"]


def test_a_function_is_followed_to_its_calls_in_the_file() -> None:
    source = _HEAD + dedent(
        """\
        class Store:
            def keep(self, name, folder="a"):
                sink(name + folder)


        def show(text):
            sink(text)


        def never_called_with_data(text):
            sink(text)


        def function():
            show("a")
            show(text=request.args["b"])
            never_called_with_data("c")
        """
    )
    assert _shown(source) == ["??", '<args request.args["b"]>', "?"]


def test_a_request_that_is_none_of_flask_is_none() -> None:
    assert _shown("def view(request):\n    sink(request.args['a'])\n") == ["?"]


_NAMES = st.sampled_from(["a", "b", "request.args['x']", "'text'", "1"])
_EXPRESSIONS = st.recursive(
    _NAMES,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "%", "/", "or", "and"]), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
        inner.map(lambda text: f"str({text})"),
        inner.map(lambda text: f"({text}).strip()"),
        inner.map(lambda text: f"'{{}}-%s'.format({text})"),
        st.tuples(inner, inner).map(lambda t: f"({t[0]} if a else {t[1]})"),
    ),
    max_leaves=12,
)


@given(st.lists(st.tuples(st.sampled_from(["a", "b"]), st.sampled_from(["=", "+="]), _EXPRESSIONS), max_size=8))
def test_any_code_comes_to_an_end(statements: list[tuple[str, str, str]]) -> None:
    lines = [f"    {name} {operator} {value}" for name, operator, value in statements]
    source = "from flask import request\ndef function(a, b):\n" + "\n".join([*lines, "    sink(a)\n"])
    assert len(_shown(source)) <= 12
