"""What a name means in one file, by the way it is imported, assigned and shadowed."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flaskdoctor.project.code.module import Module

MARK = "_here_"


def module(source: str, path: str = "shop/views.py", name: str = "shop.views") -> Module:
    return Module(path, name, "app", dedent(source).encode())


def meaning(source: str, path: str = "shop/views.py", name: str = "shop.views") -> str | None:
    """What the callee of the only ``..(_here_)`` in a source means."""
    parsed = module(source, path, name)
    for call in parsed.nodes(ast.Call):
        assert isinstance(call, ast.Call)
        if any(isinstance(item, ast.Name) and item.id == MARK for item in call.args):
            return parsed.resolve(call.func)
    raise AssertionError("nothing is called with _here_")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("from flask import jsonify\njsonify(_here_)", "flask.jsonify"),
        ("from flask import jsonify as j\nj(_here_)", "flask.jsonify"),
        ("import flask\nflask.jsonify(_here_)", "flask.jsonify"),
        ("import flask as f\nf.json.dumps(_here_)", "flask.json.dumps"),
        ("import flask.json\nflask.json.dumps(_here_)", "flask.json.dumps"),
        ("import flask.json as fj\nfj.dumps(_here_)", "flask.json.dumps"),
        ("import flask\nj = flask.jsonify\nj(_here_)", "flask.jsonify"),
        ("import flask\nx = flask\nx.jsonify(_here_)", "flask.jsonify"),
        ("def view():\n    from flask import jsonify\n    return jsonify(_here_)", "flask.jsonify"),
        ("from flask import *\njsonify(_here_)", "flask.jsonify"),
        ("from .tools import jsonify\njsonify(_here_)", "shop.tools.jsonify"),
        ("from . import tools\ntools.jsonify(_here_)", "shop.tools.jsonify"),
        ("from .. import tools\ntools.jsonify(_here_)", "tools.jsonify"),
        (
            "try:\n    from flask import jsonify\nexcept ImportError:\n    jsonify = None\njsonify(_here_)",
            "flask.jsonify",
        ),
        ("print(_here_)", "builtins.print"),
    ],
)
def test_imports_and_aliases_lead_to_the_library(source: str, expected: str) -> None:
    assert meaning(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("from flask import jsonify\ndef jsonify(x): ...\njsonify(_here_)", "shop.views.jsonify"),
        ("from flask import jsonify\ndef view(jsonify):\n    jsonify(_here_)", "shop.views.view.<locals>.jsonify"),
        (
            "from flask import jsonify\ndef view():\n    jsonify = make()\n    jsonify(_here_)",
            "shop.views.view.<locals>.jsonify",
        ),
        (
            "class Api:\n    def jsonify(self): ...\n    def get(self):\n        self.jsonify(_here_)",
            "shop.views.Api.jsonify",
        ),
        # A class's names are not seen inside its methods.
        (
            "from flask import jsonify\nclass A:\n    jsonify = 1\n    def get(self):\n        jsonify(_here_)",
            "flask.jsonify",
        ),
        # A comprehension's own variable does not leak.
        ("from flask import jsonify\n[jsonify for jsonify in ()]\njsonify(_here_)", "flask.jsonify"),
        ("from flask import jsonify\n[jsonify(_here_) for jsonify in ()]", "shop.views.<anonymous>.jsonify"),
        # Decorators, defaults and annotations belong to the scope around the function.
        ("import a\n@a.deco(_here_)\ndef view(a): ...", "a.deco"),
        ("import a\ndef view(a, b=a.make(_here_)): ...", "a.make"),
        ("from a import b\ndef f():\n    global b\n    b = 1\n    b(_here_)", "shop.views.b"),
    ],
)
def test_what_shadows_a_name_is_what_it_means(source: str, expected: str) -> None:
    found = meaning(source)
    if "<anonymous>" in expected:
        assert found is not None
        assert not found.startswith("flask.")
    else:
        assert found == expected


def test_relative_imports_start_at_the_package() -> None:
    source = "from .views import bp\nbp(_here_)"
    assert meaning(source, "shop/__init__.py", "shop") == "shop.views.bp"
    assert meaning(source, "shop/admin/pages.py", "shop.admin.pages") == "shop.admin.views.bp"
    assert meaning("from ..models import User\nUser(_here_)", "shop/admin/pages.py", "shop.admin.pages") == (
        "shop.models.User"
    )


def test_builtins_win_over_what_a_star_may_bring() -> None:
    assert meaning("from models import *\nprint(_here_)") == "builtins.print"
    assert meaning("from models import *\nUser(_here_)") == "models.User"
    assert meaning("from models import *\nfrom flask import *\njsonify(_here_)") == "flask.jsonify"
    assert meaning("from models import *\nfrom forms import *\nUser(_here_)") == "shop.views.User"


def test_of_several_imports_of_a_name_the_last_one_before_it_counts() -> None:
    source = """
    def create_app():
        from shop.cart import bp
        first(bp)
        from shop.account import bp
        bp(_here_)
    """
    assert meaning(source) == "shop.account.bp"


def test_texts_are_put_together() -> None:
    parsed = module(
        """
        PREFIX = "/api"
        VERSION = 2
        a = PREFIX + "/cart"
        b = f"{PREFIX}/v{VERSION}/cart"
        c = "%s/%s" % (PREFIX, "cart")
        d = "{}/{name}".format(PREFIX, name="cart")
        e = f"{other}/cart"
        f = PREFIX * 2
        g = "{0.x}".format(PREFIX)
        """
    )
    texts = [parsed.string(node.value) for node in parsed.ast.body if isinstance(node, ast.Assign)]
    assert texts == ["/api", None, "/api/cart", "/api/v2/cart", "/api/cart", "/api/cart", None, None, None]


KINDS = ("import {0}", "from pkg import {0}", "{0} = 1", "def {0}(): ...", "class {0}: ...", "for {0} in (): ...")
BLOCKS = ("", "def outer():\n    ", "class Outer:\n    ", "if 1:\n    ", "try:\n    ")


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(KINDS), st.sampled_from(["a", "b", "c"]), st.sampled_from(BLOCKS)),
        max_size=8,
    )
)
def test_any_mix_of_bindings_resolves_to_a_dotted_name_or_nothing(parts: list[tuple[str, str, str]]) -> None:
    lines = []
    for kind, name, block in parts:
        lines.append(block + kind.format(name))
        if block.startswith("try"):
            lines.append("finally:\n    pass")
    parsed = module("\n".join([*lines, "a(b, c.d)", "def last():\n    return a.b(c)\n"]))
    for node in parsed.nodes(ast.Name, ast.Attribute):
        found = parsed.resolve(node)
        assert found is None or all(found.split("."))


def test_names_agree_with_python_itself(tmp_path: Path) -> None:
    """The library's objects that a file ends up with are those that its names are said to mean."""
    source = (
        "import json as j, os.path\nfrom collections import OrderedDict as O, deque\nfrom os import *\n"
        "import os.path as p\n"
        "alias = j.dumps\nd = deque\n"
    )
    (tmp_path / "sample.py").write_text(source)
    names = ["j.dumps", "O", "deque", "p.join", "os.path.join", "alias", "d"]
    parsed = Module("sample.py", "sample", "app", (source + "\n".join(f"{name}(_here_)" for name in names)).encode())
    said = [parsed.resolve(call.func) for call in parsed.nodes(ast.Call) if isinstance(call, ast.Call)]
    script = (
        "import sample, pydoc, sys\n"
        "for name, said in zip(sys.argv[1].split(), sys.argv[2].split()):\n"
        "    assert eval(name, vars(sample)) is pydoc.locate(said), (name, said)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, " ".join(names), " ".join(str(name) for name in said)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
