"""New statements beside those of a file: in the right block, with the right blank lines, and nothing else moved."""

from __future__ import annotations

import ast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flaskdoctor.errors import Refuse
from flaskdoctor.fixes.python import FileEdit

HOOK = """
@app.after_request
def add_headers(response):
    response.headers.update({{
        "A": "b",
    }})
    return response
"""


def opened(source: str | bytes) -> tuple[ast.Module, FileEdit]:
    data = source if isinstance(source, bytes) else source.encode()
    tree = ast.parse(data)
    return tree, FileEdit(data, tree)


def statement(tree: ast.AST, text: str) -> ast.stmt:
    """The statement that begins with ``text``."""
    return next(node for node in ast.walk(tree) if isinstance(node, ast.stmt) and ast.unparse(node).startswith(text))


def inserted(source: str, side: str, target: str = "here", text: str = "new()") -> str:
    tree, edit = opened(source)
    getattr(edit, f"insert_{side}")(statement(tree, target), text)
    after = edit.result()
    assert edit.result() == after
    return after.decode()


class TestInABlock:
    @pytest.mark.parametrize(
        ("source", "below", "above"),
        [
            ("here()\n", "here()\nnew()\n", "new()\nhere()\n"),
            ("here()", "here()\nnew()", "new()\nhere()"),
            ("def f():\n    here()\n", "def f():\n    here()\n    new()\n", "def f():\n    new()\n    here()\n"),
            ("def f():\n    here()", "def f():\n    here()\n    new()", "def f():\n    new()\n    here()"),
            ("if x:\r\n\there()\r\n", "if x:\r\n\there()\r\n\tnew()\r\n", "if x:\r\n\tnew()\r\n\there()\r\n"),
            ("if x:\n  if y:\n     here()\n  z()\n", "if x:\n  if y:\n     here()\n     new()\n  z()\n",
             "if x:\n  if y:\n     new()\n     here()\n  z()\n"),
            ("a()\n\n# about it\nhere()  # this\n\n# more\nb()\n",
             "a()\n\n# about it\nhere()  # this\nnew()\n\n# more\nb()\n",
             "a()\n\nnew()\n# about it\nhere()  # this\n\n# more\nb()\n"),
            ("a()\n\n# a part\n\n# about it\nhere()\n", "a()\n\n# a part\n\n# about it\nhere()\nnew()\n",
             "a()\n\n# a part\n\nnew()\n# about it\nhere()\n"),
            ("# a file\n\n# about it\nhere()\n", "# a file\n\n# about it\nhere()\nnew()\n",
             "# a file\n\nnew()\n# about it\nhere()\n"),
            ("#!/bin/python\n# coding: utf-8\nhere()\n", "#!/bin/python\n# coding: utf-8\nhere()\nnew()\n",
             "#!/bin/python\n# coding: utf-8\nnew()\nhere()\n"),
            ("def f():\n    here(\n        1,\n    )\n    # the end\n\n\nx()\n",
             "def f():\n    here(\n        1,\n    )\n    new()\n    # the end\n\n\nx()\n",
             "def f():\n    new()\n    here(\n        1,\n    )\n    # the end\n\n\nx()\n"),
            ("try:\n    here()\nexcept E:\n    pass\n", "try:\n    here()\n    new()\nexcept E:\n    pass\n",
             "try:\n    new()\n    here()\nexcept E:\n    pass\n"),
            ("match x:\n    case 1:\n        here()\n", "match x:\n    case 1:\n        here()\n        new()\n",
             "match x:\n    case 1:\n        new()\n        here()\n"),
            ("x()\n\x0chere()\n", "x()\n\x0chere()\nnew()\n", "x()\nnew()\n\x0chere()\n"),
        ],
    )  # fmt: skip
    def test_below_and_above(self, source: str, below: str, above: str) -> None:
        assert inserted(source, "after") == below
        assert inserted(source, "before") == above

    @pytest.mark.parametrize(
        ("source", "below", "above"),
        [
            ("if x: here()\n", "if x:\n    here()\n    new()\n", "if x:\n    new()\n    here()\n"),
            ("if x: here()  # c\nelse: b()\n", "if x:\n    here()  # c\n    new()\nelse: b()\n",
             "if x:\n    new()\n    here()  # c\nelse: b()\n"),
            ("class A:\n\tdef f(self): a(); here(); b()\n",
             "class A:\n\tdef f(self):\n\t\ta(); here()\n\t\tnew()\n\t\tb()\n",
             "class A:\n\tdef f(self):\n\t\ta()\n\t\tnew()\n\t\there(); b()\n"),
            ("# c\na(); here(); b()  # d\n", "# c\na(); here()\nnew()\nb()  # d\n",
             "# c\na()\nnew()\nhere(); b()  # d\n"),
            ("a(); here();\n", "a(); here();\nnew()\n", "a()\nnew()\nhere();\n"),
            ("\n# c\nhere(); b()\n", "\n# c\nhere()\nnew()\nb()\n", "\nnew()\n# c\nhere(); b()\n"),
            ("while x: here()", "while x:\n    here()\n    new()", "while x:\n    new()\n    here()"),
        ],
    )  # fmt: skip
    def test_where_several_share_a_line(self, source: str, below: str, above: str) -> None:
        assert inserted(source, "after") == below
        assert inserted(source, "before") == above

    def test_beside_a_compound_statement(self) -> None:
        source = "if x:\n    a()\n    # end\nelse:\n    b()\nc()\n"
        assert inserted(source, "after", "if") == "if x:\n    a()\n    # end\nelse:\n    b()\nnew()\nc()\n"
        assert inserted(source, "before", "if") == f"new()\n{source}"


class TestDefinitions:
    def test_below_the_app(self) -> None:
        hook = HOOK.replace("{{", "{").replace("}}", "}").replace('"', "'").strip("\n")
        source = "app = Flask()\napp.config['A'] = 1\n\n\n@app.route('/')\ndef view():\n    pass\n"
        assert inserted(source, "after", "app =", HOOK) == (
            f"app = Flask()\n\n\n{hook}\n\n\napp.config['A'] = 1\n\n\n@app.route('/')\ndef view():\n    pass\n"
        )
        assert inserted(source, "after", "app.config", HOOK) == (
            f"app = Flask()\napp.config['A'] = 1\n\n\n{hook}\n\n\n@app.route('/')\ndef view():\n    pass\n"
        )

    def test_in_a_factory(self) -> None:
        source = "def create_app():\n\tapp = Flask()\n\treturn app\n"
        assert inserted(source, "after", "app =", HOOK) == (
            "def create_app():\n\tapp = Flask()\n\n\t@app.after_request\n\tdef add_headers(response):\n"
            '\t\tresponse.headers.update({\n\t\t\t"A": "b",\n\t\t})\n\t\treturn response\n\n\treturn app\n'
        )
        assert inserted(source, "before", "app =", "def f():\n    pass\n").startswith(
            "def create_app():\n\tdef f():\n\t\tpass\n\n\tapp ="
        )

    def test_a_line_above_or_below_a_function(self) -> None:
        source = "x = 1\n\n\n# about f\n@deco\ndef f():\n    pass\n\n\ny = 2\n"
        assert inserted(source, "before", "@deco") == (
            "x = 1\n\n\nnew()\n\n\n# about f\n@deco\ndef f():\n    pass\n\n\ny = 2\n"
        )
        assert inserted(source, "after", "@deco") == (
            "x = 1\n\n\n# about f\n@deco\ndef f():\n    pass\n\n\nnew()\n\n\ny = 2\n"
        )

    def test_several_statements_with_comments(self) -> None:
        assert inserted("if x:\n  here()\n", "after", text="# why\na()\n\nif y:\n    b()  # c\n") == (
            "if x:\n  here()\n  # why\n  a()\n\n  if y:\n    b()  # c\n"
        )


class TestParts:
    def test_take_the_source_text_of_expressions(self) -> None:
        tree, edit = opened("self . app = make()\nb = (yield)\n")
        first = tree.body[0]
        assert isinstance(first, ast.Assign)
        edit.insert_after(first, "use({x}, {{}}, {y}.z)", x=first.targets[0], y=tree.body[1].value)  # type: ignore[attr-defined]
        assert edit.result().decode() == "self . app = make()\nuse(self . app, {}, (yield).z)\nb = (yield)\n"

    def test_carry_the_changes_made_to_them(self) -> None:
        tree, edit = opened("a = f(old)\nb = 1\n")
        call = tree.body[0].value  # type: ignore[attr-defined]
        edit.insert_before(tree.body[0], "use({call})", call=call)
        edit.insert_after(tree.body[1], "use({call})", call=call)
        edit.replace(call.args[0], "new")
        assert edit.result().decode() == "use(f(new))\na = f(new)\nb = 1\nuse(f(new))\n"

    @pytest.mark.parametrize("text", ["", "# only a comment", "x = ", "a()\n# a comment below", "{x}", "{y}"])
    def test_nonsense_is_a_mistake_of_the_rule(self, text: str) -> None:
        tree, edit = opened("here()\n")
        parts = {"x": tree.body[0].value} if text != "{x}" else {}  # type: ignore[attr-defined]
        with pytest.raises(ValueError):
            edit.insert_after(tree.body[0], text, **parts)

    def test_refuses_to_double_a_comment(self) -> None:
        tree, edit = opened("here(\n  1,  # one\n)\n")
        with pytest.raises(Refuse, match="comment"):
            edit.insert_after(tree.body[0], "use({x})", x=tree.body[0].value)  # type: ignore[attr-defined]


class TestRefuses:
    @pytest.mark.parametrize(
        ("source", "side", "target"),
        [
            ('"""Doc."""\nx = 1\n', "before", "'"),
            ('def f():\n    """Doc."""\n', "before", "'"),
            ('def f(): "Doc."\n', "before", "'"),
            ('"""Doc."""\nfrom __future__ import annotations\n', "after", "'"),
            ("from __future__ import annotations\n", "before", "from"),
            ("def f():\n    return 1\n", "after", "return"),
            ("while x: break\n", "after", "break"),
            ("if x:\n    a()\nelif y:\n    b()\n", "before", "if y"),
            ("if x:\n    a()\nelif y:\n    b()\n", "after", "if y"),
        ],
    )
    def test_a_place_where_it_would_change_the_meaning(self, source: str, side: str, target: str) -> None:
        tree, edit = opened(source)
        with pytest.raises(Refuse):
            getattr(edit, f"insert_{side}")(statement(tree, target), "new()")
        assert edit.result() == source.encode()

    def test_but_not_below_what_has_to_come_first(self) -> None:
        assert inserted('"""Doc."""\nx = 1\n', "after", "'") == '"""Doc."""\nnew()\nx = 1\n'
        source = "from __future__ import annotations\n"
        assert inserted(source, "after", "from") == f"{source}new()\n"


class TestTogether:
    def test_the_same_text_comes_once_and_others_in_order(self) -> None:
        tree, edit = opened("here()\n")
        for text in ("a()", "b()", "a()"):
            edit.insert_after(tree.body[0], text)
            edit.insert_before(tree.body[0], text)
        assert edit.result() == b"a()\nb()\nhere()\na()\nb()\n"

    def test_with_a_replacement_inside_the_statement(self) -> None:
        tree, edit = opened("if x: here(old)\n")
        call = statement(tree, "here").value  # type: ignore[attr-defined]
        edit.replace(call.args[0], "new")
        edit.insert_after(statement(tree, "here"), "a()")
        assert edit.result() == b"if x:\n    here(new)\n    a()\n"

    def test_with_a_change_inside_a_compound_statement(self) -> None:
        tree, edit = opened("def f():\n    here()\n")
        edit.insert_after(statement(tree, "here"), "a()")
        edit.insert_after(tree.body[0], "b()")
        assert edit.result() == b"def f():\n    here()\n    a()\n\n\nb()\n"

    def test_with_the_statement_removed(self) -> None:
        tree, edit = opened("# about it\nhere()  # this\nb()\n")
        edit.insert_after(tree.body[0], "a()")
        edit.remove_statement(tree.body[0])
        assert edit.result() == b"# about it\n# this\na()\nb()\n"

    def test_with_another_statement_of_its_line_removed(self) -> None:
        tree, edit = opened("here(); b()\n")
        edit.insert_after(tree.body[0], "a()")
        edit.remove_statement(tree.body[1])
        with pytest.raises(Refuse):
            edit.result()

    def test_with_the_statements_wrapped_only_what_is_between_goes_in(self) -> None:
        tree, edit = opened("# c\nx()\nhere()\ny()\n")
        edit.wrap_statements(tree.body[:2], "with a:")
        edit.insert_before(tree.body[0], "top()")
        edit.insert_after(tree.body[0], "middle()")
        edit.insert_after(tree.body[1], "end()")
        assert edit.result() == b"# c\ntop()\nwith a:\n    x()\n    middle()\n    here()\nend()\ny()\n"

    def test_with_decorators_in_a_new_order(self) -> None:
        tree, edit = opened("@a\n@b\ndef f(): pass\n")
        edit.insert_before(tree.body[0], "x()")
        edit.order_decorators(tree.body[0], [1, 0])
        edit.insert_after(tree.body[0], "y()")
        assert edit.result() == b"x()\n\n\n@b\n@a\ndef f(): pass\n\n\ny()\n"

    def test_with_an_import(self) -> None:
        tree, edit = opened("import flask\n\nhere()\n")
        edit.insert_after(tree.body[1], "g.x = 1")
        edit.add_import("flask", "g")
        assert edit.result() == b"import flask\nfrom flask import g\n\nhere()\ng.x = 1\n"


LINES = st.sampled_from(
    [
        "x = 1",
        "if x: y()  # s",
        "if x:\n    y()\n    # in\nelse:\n    z()",
        "# c",
        "",
        "  ",
        "f(\n  1,  # é\n)",
        "x; y  # d",
        "@deco\ndef f():\n\n    # g\n    pass",
        "class A: b = 1; c = 2;",
    ]
)


@given(st.data())
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_anywhere_only_the_new_statement_is_new(data: st.DataObject) -> None:
    text = "\n".join(data.draw(st.lists(LINES, min_size=1, max_size=6))) + data.draw(st.sampled_from(["", "\n"]))
    end = data.draw(st.sampled_from(["\n", "\r\n"]))
    source = text.replace("\n", end).encode()
    tree = ast.parse(source)
    places = [node for node in ast.walk(tree) if isinstance(node, ast.stmt)]
    if not places:
        return
    node = data.draw(st.sampled_from(places))
    below = data.draw(st.booleans())
    new = data.draw(st.sampled_from(["new()", "def new():\n    pass", "# n\nnew = 1"]))
    edit = FileEdit(source, tree)
    (edit.insert_after if below else edit.insert_before)(node, new)
    after = edit.result()
    assert after.endswith(b"\n") == source.endswith(b"\n")
    if b"\r\n" in source:
        assert after.count(b"\n") == after.count(b"\r\n")
    for block in ast.walk(tree):
        for name in ("body", "orelse"):
            body = getattr(block, name, None)
            if isinstance(body, list) and node in body:
                place = body.index(node) + below
                body[place:place] = ast.parse(new).body
    assert ast.dump(ast.parse(after)) == ast.dump(tree)
    kept = [line.strip() for line in source.decode().split(end)]
    lines = [line.strip() for line in after.decode().splitlines()]
    assert [line for line in kept if line.startswith("#")] == [
        line for line in lines if line.startswith("#") and line != "# n"
    ]
