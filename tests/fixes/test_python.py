"""The fix session of one Python file: what is not meant to change stays, byte for byte."""

from __future__ import annotations

import ast
import textwrap

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flaskdoctor.errors import Refuse
from flaskdoctor.fixes.edit import Overlap
from flaskdoctor.fixes.python import FileEdit


def opened(source: str | bytes, **options: object) -> tuple[ast.Module, FileEdit]:
    data = source if isinstance(source, bytes) else source.encode()
    tree = ast.parse(data)
    return tree, FileEdit(data, tree, **options)  # type: ignore[arg-type]


def calls(tree: ast.AST, name: str) -> list[ast.Call]:
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == name
    ]


def first(tree: ast.AST, kind: type[ast.AST]) -> ast.AST:
    return next(node for node in ast.walk(tree) if isinstance(node, kind))


def unwrapped(expression: str, before: str = "return ", after: str = "") -> str:
    """``before jsonify(expression) after`` with the call replaced by its argument."""
    source = f"async def view():\n    {before}jsonify({expression}){after}\n"
    tree, edit = opened(source)
    call = calls(tree, "jsonify")[0]
    edit.replace(call, "{value}", value=call.args[0])
    return edit.result().decode().removeprefix("async def view():\n    ").removesuffix("\n")


def with_import(source: str, module: str, name: str) -> bytes:
    _, edit = opened(source)
    edit.add_import(module, name)
    return edit.result()


class TestNothingAsked:
    @pytest.mark.parametrize(
        "source",
        [
            b"",
            b"x = 1",
            b"x = 1\r\ny = 2\r\n",
            b"x = 1\r\ny = 2\n",
            b"\xef\xbb\xbfx = 1\n",
            b"# -*- coding: latin-1 -*-\nx = '\xe9'\n",
            b"# coding: cp1252\nx = '\x80'  # \x80\n",
            "# ünï\nx = '日本' + y\n".encode(),
            b"x = 1\n\x0c\nclass A:\n    pass\n",
            b"x = 1\n\x0cclass A:\n    pass\n",
            b"if x:\n    y = 1\n\x0c    z = '''\n\x0cq\n'''\n\x0cdef f(): pass\n",
            b"x = (1,\n\x0c2)\n",
            b"x = \\\n    1\n\n\n",
            b"if x:\n\ty = 1\n\n\t# c\n# d\n",
            b"x = 1  # last line, no end",
            b"x = 1\n\n  ",
            b"x = 1\n\n  \n# c",
            b'\x0cx = """\n# c\n"""\n\n \n',
        ],
    )
    def test_gives_the_same_bytes(self, source: bytes) -> None:
        _, edit = opened(source)
        assert edit.result() == source
        edit.add_import("os")
        assert edit.result().endswith(source.rpartition(b"\xbf")[2][-3:])

    @given(st.data())
    @settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    def test_gives_the_same_bytes_for_any_lines(self, data: st.DataObject) -> None:
        line = st.sampled_from(
            [
                "x = 1",
                "if x:\n    y()",
                "# c",
                "",
                "  ",
                "\f",
                "x = [\n  1,  # é\n]",
                "'''\n\f\n'''",
                "x; y",
                "\fz",
            ]
        )
        text = "\n".join(data.draw(st.lists(line, max_size=8)))
        text = text.replace("\n", data.draw(st.sampled_from(["\n", "\r\n"])))
        source = data.draw(st.sampled_from([b"", b"\xef\xbb\xbf"])) + text.encode()
        _, edit = opened(source)
        assert edit.result() == source
        edit.drop_import_if_unused("flask.jsonify")
        assert edit.result() == source


class TestReplace:
    @pytest.mark.parametrize(
        ("expression", "expected"),
        [
            ("{'a': 1}", "return {'a': 1}"),
            ("x for x in y", "return (x for x in y)"),
            ("(x for x in y)", "return (x for x in y)"),
            ("a\n or b", "return (a\n or b)"),
            ("a or b", "return a or b"),
            ("y := 1", "return (y := 1)"),
            ("(y := 1)", "return (y := 1)"),
            ("lambda: 1", "return lambda: 1"),
            ("(yield)", "return (yield)"),
            ("await thing()", "return await thing()"),
            ("a if b else c", "return a if b else c"),
            ("(1, 2)", "return (1, 2)"),
            ("thing\n   .more()", "return (thing\n   .more())"),
            ("'a'\n 'b'", "return ('a'\n 'b')"),
            ("{\n  'a': 1,\n }", "return {\n  'a': 1,\n }"),
            ("f'{x}' 'ü'", "return f'{x}' 'ü'"),
        ],
    )
    def test_with_an_operand_of_any_kind(self, expression: str, expected: str) -> None:
        assert unwrapped(expression) == expected

    @pytest.mark.parametrize(
        ("expression", "after", "expected"),
        [
            ("a or b", ".x", "return (a or b).x"),
            ("a or b", "[0]", "return (a or b)[0]"),
            ("a", ".x", "return a.x"),
            ("32", ".x", "return (32).x"),
            ("a or b", " and c", "return (a or b) and c"),
            ("lambda: 1", ", 404", "return lambda: 1, 404"),
            ("(1, 2)", ", 404", "return (1, 2), 404"),
            ("a if b else c", " if d else e", "return (a if b else c) if d else e"),
            ("await a", " ** 2", "return (await a) ** 2"),
        ],
    )
    def test_keeps_the_meaning_where_it_stands(self, expression: str, after: str, expected: str) -> None:
        assert unwrapped(expression, after=after) == expected

    def test_refuses_a_starred_operand_that_would_stand_alone(self) -> None:
        with pytest.raises(Refuse, match="unpacked"):
            unwrapped("*items")

    def test_takes_a_starred_operand_into_a_list(self) -> None:
        tree, edit = opened("x = jsonify(*items)\n")
        call = calls(tree, "jsonify")[0]
        edit.replace(call, "[{value}]", value=call.args[0])
        assert edit.result() == b"x = [*items]\n"

    @pytest.mark.parametrize("source", ["jsonify(  # why\n  a)", "jsonify(a  # why\n)", "jsonify(a,  # why\n)"])
    def test_refuses_to_lose_a_comment(self, source: str) -> None:
        tree, edit = opened(f"x = {source}\n")
        call = calls(tree, "jsonify")[0]
        with pytest.raises(Refuse, match="comment"):
            edit.replace(call, "{value}", value=call.args[0])
        assert edit.result() == f"x = {source}\n".encode()

    def test_keeps_comments_inside_the_part(self) -> None:
        assert unwrapped("{  # a\n 'b': 1,  # c\n }") == "return {  # a\n 'b': 1,  # c\n }"

    def test_moves_the_lines_of_a_part_that_stood_on_its_own_lines(self) -> None:
        source = "def view():\n    return jsonify(\n        {\n            'a': 1,\n            # b\n        }\n    )\n"
        tree, edit = opened(source)
        call = calls(tree, "jsonify")[0]
        edit.replace(call, "{value}", value=call.args[0])
        assert edit.result().decode() == ("def view():\n    return {\n        'a': 1,\n        # b\n    }\n")

    def test_keeps_the_parentheses_and_comments_around_it(self) -> None:
        source = "x = (\n    # why\n    jsonify(a or b)  # that\n)\n"
        tree, edit = opened(source)
        call = calls(tree, "jsonify")[0]
        edit.replace(call, "{value}", value=call.args[0])
        assert edit.result().decode() == "x = (\n    # why\n    a or b  # that\n)\n"

    def test_writes_braces_and_keywords(self) -> None:
        tree, edit = opened("x = jsonify(a=1 or 2, **more)\n")
        call = calls(tree, "jsonify")[0]
        edit.replace(call, '{{"a": {a}, **{more}}}', a=call.keywords[0].value, more=call.keywords[1].value)
        assert edit.result() == b'x = {"a": 1 or 2, **more}\n'

    def test_composes_nested_changes(self) -> None:
        tree, edit = opened("x = outer(inner(a), inner(b))\n")
        outer = calls(tree, "outer")[0]
        for call in calls(tree, "inner"):
            edit.replace(call, "{value}", value=call.args[0])
        edit.replace(outer, "[{one}, {two}]", one=outer.args[1], two=outer.args[0])
        assert edit.result() == b"x = [b, a]\n"

    @pytest.mark.parametrize("swapped", [False, True])
    def test_of_the_same_node_from_inside_and_around(self, swapped: bool) -> None:
        tree, edit = opened("def gone(e):\n    return (\n        jsonify({})\n    )\n")
        call = calls(tree, "jsonify")[0]
        asks = [
            lambda: edit.replace(call, "{value}", value=call.args[0]),
            lambda: edit.replace(call, "{value}, 404", value=call),
        ]
        for ask in reversed(asks) if swapped else asks:
            ask()
        assert edit.result() == b"def gone(e):\n    return (\n        {}, 404\n    )\n"

    def test_of_the_same_node_twice_overlaps(self) -> None:
        tree, edit = opened("x = f(a)\n")
        call = calls(tree, "f")[0]
        edit.replace(call, "g({value})", value=call.args[0])
        edit.replace(call, "g({value})", value=call.args[0])
        with pytest.raises(Overlap):
            edit.replace(call, "h({value})", value=call.args[0])
        assert edit.result() == b"x = g(a)\n"

    def test_counts_columns_in_characters(self) -> None:
        tree, edit = opened("x = 'äöü日本', f('é', a), 'é'\n")
        call = calls(tree, "f")[0]
        edit.replace(call, "{value}", value=call.args[1])
        assert edit.result().decode() == "x = 'äöü日本', a, 'é'\n"

    def test_in_latin_1_refuses_what_latin_1_cannot_say(self) -> None:
        source = b"# coding: latin-1\nx = f('\xe9')\n"
        tree, edit = opened(source)
        call = calls(tree, "f")[0]
        edit.replace(call, "g({value})", value=call.args[0])
        assert edit.result() == b"# coding: latin-1\nx = g('\xe9')\n"
        edit.reset()
        edit.replace(call, "'日本'")
        with pytest.raises(Refuse, match="iso-8859-1"):
            edit.result()

    def test_behind_form_feeds(self) -> None:
        source = b"x = 1\n\x0c\x0cy = f(a)\n\n\x0cdef g():\n\x0c    return f(b)\n"
        tree, edit = opened(source)
        for call in calls(tree, "f"):
            edit.replace(call, "{value}", value=call.args[0])
        assert edit.result() == b"x = 1\n\x0c\x0cy = a\n\n\x0cdef g():\n\x0c    return b\n"

    def test_in_an_f_string(self) -> None:
        tree, edit = opened("x = f'{f(a)!r:>{w}}'\n")
        call = calls(tree, "f")[0]
        edit.replace(call, "{value}", value=call.args[0])
        assert edit.result() == b"x = f'{a!r:>{w}}'\n"

    def test_rejects_a_template_that_is_a_mistake(self) -> None:
        tree, edit = opened("x = f(a)\n")
        call = calls(tree, "f")[0]
        for template in ("{other}", "g(", "1"):
            with pytest.raises(ValueError):
                edit.replace(call, template, value=call.args[0])


class TestRemoveStatement:
    @pytest.mark.parametrize(
        ("source", "expected"),
        [
            ("a()\nb()\n", "a()\n"),
            ("a()\nb()", "a()"),
            ("b()\na()\n", "a()\n"),
            ("b()\n\n\na()\n", "a()\n"),
            ("# top\n\nb()\n\na()\n", "# top\n\na()\n"),
            ("a(); b(); c()\n", "a(); c()\n"),
            ("a(); b()  # why\n", "a()  # why\n"),
            ("b(); b()  # why\nc()\n", "# why\nc()\n"),
            ("if x:\n    b()\n", "if x:\n    pass\n"),
            ("if x: b()\n", "if x: pass\n"),
            ("if x:\n    # why\n    b()  # so\n", "if x:\n    # why\n    # so\n    pass\n"),
            ("if x:\n    a()\n    # why\n    b()  # so\nc()\n", "if x:\n    a()\n    # why\n    # so\nc()\n"),
            ("a()\n# why\nb()\n", "a()\n# why\n"),
            ("a()\n\nb()\nc()\n", "a()\n\nc()\n"),
            ("a()\r\nb()  # c\r\n", "a()\r\n# c\r\n"),
        ],
    )
    def test_keeps_every_comment(self, source: str, expected: str) -> None:
        tree, edit = opened(source)
        for node in ast.walk(tree):
            if isinstance(node, ast.Expr) and ast.unparse(node) == "b()":
                edit.remove_statement(node)
        assert edit.result().decode() == expected

    def test_refuses_one_with_a_comment_inside(self) -> None:
        tree, edit = opened("if x:\n    a()  # why\n")
        with pytest.raises(Refuse, match="comment"):
            edit.remove_statement(tree.body[0])

    def test_refuses_an_elif(self) -> None:
        tree, edit = opened("if x:\n    a()\nelif y:\n    b()\n")
        with pytest.raises(Refuse):
            edit.remove_statement(tree.body[0].orelse[0])  # type: ignore[attr-defined]


class TestWrapStatements:
    def test_keeps_comments_continuations_and_strings(self) -> None:
        source = textwrap.dedent('''\
            app = Flask(__name__)

            # start it
            app.run(
                debug=True,  # why
                text="""
            left
            """,
            )  # end
            # last
            ''')
        tree, edit = opened(source)
        edit.wrap_statements([tree.body[1]], 'if __name__ == "__main__":')
        assert edit.result().decode() == textwrap.dedent('''\
            app = Flask(__name__)

            # start it
            if __name__ == "__main__":
                app.run(
                    debug=True,  # why
                    text="""
            left
            """,
                )  # end
            # last
            ''')

    def test_takes_the_files_own_indentation_and_line_ends(self) -> None:
        tree, edit = opened("def f():\r\n  x\r\na()\r\nb()")
        edit.wrap_statements(tree.body[1:], "with app.app_context():")
        assert edit.result() == b"def f():\r\n  x\r\nwith app.app_context():\r\n  a()\r\n  b()"

    @pytest.mark.parametrize(
        ("above", "indent"),
        [("", "    "), ("x = (\n\t1,\n\t2,\n)\n", "\t"), ("x = (\n  1,\n)\n", "  "), ('"""Usage:\n  a\n"""\n', "    ")],
    )
    def test_indents_as_continued_lines_do_in_a_file_without_a_block(self, above: str, indent: str) -> None:
        tree, edit = opened(f"{above}a()\n")
        edit.wrap_statements([tree.body[-1]], "if x:")
        blank = "\n" if above else ""
        assert edit.result().decode() == f"{above}{blank}if x:\n{indent}a()\n"

    def test_composes_with_changes_inside(self) -> None:
        tree, edit = opened("app.run(debug=True)\n")
        call = calls(tree, "run")[0]
        edit.wrap_statements([tree.body[0]], 'if __name__ == "__main__":')
        edit.remove_argument(call, "debug")
        assert edit.result() == b'if __name__ == "__main__":\n    app.run()\n'

    @pytest.mark.parametrize("source", ["a(); b()\n", "if x: a()\n", "a()\nb()\na()\n"], ids=["line", "suite", "apart"])
    def test_refuses_what_it_cannot_move_whole(self, source: str) -> None:
        tree, edit = opened(source)
        wanted = [node for node in ast.walk(tree) if isinstance(node, ast.Expr) and ast.unparse(node) == "a()"]
        with pytest.raises(Refuse):
            edit.wrap_statements(wanted, "if y:")  # type: ignore[arg-type]

    def test_twice_around_the_same_statement_overlaps(self) -> None:
        tree, edit = opened("a()\nb()\n")
        edit.wrap_statements(tree.body, "if x:")
        edit.wrap_statements(tree.body, "if x:")
        with pytest.raises(Overlap):
            edit.wrap_statements(tree.body[1:], "if y:")
        assert edit.result() == b"if x:\n    a()\n    b()\n"


class TestArguments:
    @pytest.mark.parametrize(
        ("call", "which", "expected"),
        [
            ("f(a, b=1)", "b", "f(a)"),
            ("f(b=1)", "b", "f()"),
            ("f(\n    b=1,\n)", "b", "f()"),
            ("f(b=1, a=2)", "b", "f(a=2)"),
            ("f(a, b, c)", 1, "f(a, c)"),
            ("f(a, *b, c)", 1, "f(a, c)"),
            ("f(\n    a,\n    b=1,\n)", "b", "f(\n    a,\n)"),
            ("f(\n    a,\n    b=1\n)", "b", "f(\n    a\n)"),
            ("f(\n    a,  # about a\n    b=1,\n)", "b", "f(\n    a,  # about a\n)"),
            ("f(\n    a,  # about a\n    b=1)", "b", "f(\n    a,  # about a\n)"),
        ],
    )
    def test_remove(self, call: str, which: int | str, expected: str) -> None:
        tree, edit = opened(f"x = {call}\n")
        edit.remove_argument(calls(tree, "f")[0], which)
        assert edit.result().decode() == f"x = {expected}\n"

    def test_remove_several_in_any_order(self) -> None:
        tree, edit = opened("f(a, b, c=1, d=2)\n")
        call = calls(tree, "f")[0]
        for which in ("c", 0, "d"):
            edit.remove_argument(call, which)
        assert edit.result() == b"f(b)\n"

    def test_remove_refuses_to_lose_a_comment(self) -> None:
        tree, edit = opened("f(\n    a,\n    b=1,  # why\n)\n")
        with pytest.raises(Refuse, match="comment"):
            edit.remove_argument(calls(tree, "f")[0], "b")

    def test_rename(self) -> None:
        tree, edit = opened("send_file(p, attachment_filename = n, cache_timeout=1)\n")
        call = calls(tree, "send_file")[0]
        edit.rename_argument(call, "attachment_filename", "download_name")
        edit.rename_argument(call, "cache_timeout", "max_age")
        assert edit.result() == b"send_file(p, download_name = n, max_age=1)\n"

    def test_make_positional_in_place(self) -> None:
        tree, edit = opened("f(d, filename=n, as_attachment=True)\n")
        edit.rename_argument(calls(tree, "f")[0], "filename", None)
        assert edit.result() == b"f(d, n, as_attachment=True)\n"

    @pytest.mark.parametrize("call", ["f(a=1, filename=n)", "f(*a, filename=n)", "f(**a, filename=n)"])
    def test_make_positional_refuses_behind_what_has_no_fixed_place(self, call: str) -> None:
        tree, edit = opened(call)
        with pytest.raises(Refuse, match="order"):
            edit.rename_argument(calls(tree, "f")[0], "filename", None)

    def test_rename_refuses_a_second_of_the_same_name(self) -> None:
        tree, edit = opened("f(old=1, new=2)")
        with pytest.raises(Refuse, match="new"):
            edit.rename_argument(calls(tree, "f")[0], "old", "new")


def test_decorators_move_with_the_comments_above_them() -> None:
    source = "@login_required\n# the address\n@app.route('/')  # root\n@cached\ndef view():\n    pass\n"
    tree, edit = opened(source)
    edit.order_decorators(tree.body[0], [1, 0, 2])
    assert edit.result().decode() == (
        "# the address\n@app.route('/')  # root\n@login_required\n@cached\ndef view():\n    pass\n"
    )


class TestAddImport:
    @pytest.mark.parametrize(
        ("source", "module", "name", "expected"),
        [
            ("x = 1\n", "os", None, "import os\n\nx = 1\n"),
            ("", "os", None, "import os\n"),
            ('"""Doc."""\n\nx = 1\n', "os", None, '"""Doc."""\n\nimport os\n\nx = 1\n'),
            ('"""Doc."""\nx = 1\n', "os", None, '"""Doc."""\n\nimport os\n\nx = 1\n'),
            ('"""Doc."""\nimport flask\n', "os", None, '"""Doc."""\nimport os\n\nimport flask\n'),
            ('"""Doc."""\n\nimport flask\n', "os", None, '"""Doc."""\n\nimport os\n\nimport flask\n'),
            ("#!/usr/bin/env python\n# coding: utf-8\nimport sys\n", "os", None,
             "#!/usr/bin/env python\n# coding: utf-8\nimport os\nimport sys\n"),
            ("from __future__ import annotations\n\nimport flask\n", "os", None,
             "from __future__ import annotations\n\nimport os\n\nimport flask\n"),
            ("from flask import Flask\n\nfrom .x import y\n", "os", None,
             "import os\n\nfrom flask import Flask\n\nfrom .x import y\n"),
            ("import abc\nimport sys\n\nimport flask\n", "os", None,
             "import abc\nimport os\nimport sys\n\nimport flask\n"),
            ("import os\n\nfrom .x import y\n", "markupsafe", "escape",
             "import os\n\nfrom markupsafe import escape\n\nfrom .x import y\n"),
            ("from flask import Flask, request\n", "flask", "jsonify", "from flask import Flask, jsonify, request\n"),
            ("from flask import (\n    Flask,\n    request,\n)\n", "flask", "session",
             "from flask import (\n    Flask,\n    request,\n    session,\n)\n"),
            ("from flask import (\n    Flask\n)\n", "flask", "abort", "from flask import (\n    Flask, abort\n)\n"),
            ("from flask import (\n    request,  # r\n    Flask,\n)\n", "flask", "g",
             "from flask import (\n    request,  # r\n    Flask,\n    g,\n)\n"),
            ("from flask import (\n    Flask,  # f\n    # about r\n    request,  # r\n)\n", "flask", "g",
             "from flask import (\n    Flask,  # f\n    g,\n    # about r\n    request,  # r\n)\n"),
            ("from flask import (\n    Flask,  # f\n    request,  # r\n)\n", "flask", "session",
             "from flask import (\n    Flask,  # f\n    request,  # r\n    session,\n)\n"),
            ("from flask import (\n    Flask,\n    request  # r\n)\n", "flask", "session",
             "from flask import (\n    Flask,\n    request  # r\n)\nfrom flask import session\n"),
            ("from flask import (  # the web\n    Flask,\n)\n", "flask", "Config",
             "from flask import (  # the web\n    Flask,\n)\nfrom flask import Config\n"),
            ("from flask import (Flask,\n                   request)\n", "flask", "g",
             "from flask import (Flask,\n                   g,\n                   request)\n"),
            ("from flask import Flask, \\\n    request\n", "flask", "session",
             "from flask import Flask, \\\n    request, \\\n    session\n"),
            # Behind code that has to come first, and a block that answers a question.
            ("import sys\n\nsys.path.insert(0, '..')\n\nfrom flask import Flask\n", "flask", "g",
             "import sys\n\nsys.path.insert(0, '..')\n\nfrom flask import Flask, g\n"),
            ("try:\n    import json\nexcept ImportError:\n    json = 0\n\nfrom flask import Flask\n", "flask", "g",
             "try:\n    import json\nexcept ImportError:\n    json = 0\n\nfrom flask import Flask, g\n"),
            ("from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    from flask import g\n", "flask", "g",
             "from typing import TYPE_CHECKING\n\nfrom flask import g\n\nif TYPE_CHECKING:\n    from flask import g\n"),
            # A comment stays with what it is about; the file's own stays on top.
            ("# Licence.\n\n# about flask\nimport flask\n", "os", None,
             "# Licence.\n\nimport os\n\n# about flask\nimport flask\n"),
            ("#!/usr/bin/env python\n# coding: utf-8\n\n# about f\ndef f(): ...\n", "os", None,
             "#!/usr/bin/env python\n# coding: utf-8\n\nimport os\n\n\n# about f\ndef f(): ...\n"),
            ("# about f\ndef f(): ...\n", "os", None, "import os\n\n\n# about f\ndef f(): ...\n"),
            ("# shop.py\nimport flask\n", "os", None, "# shop.py\nimport os\n\nimport flask\n"),
            ("import os\n\n# ours\nfrom shop import x\n", "flask", "g",
             "import os\n\nfrom flask import g\n\n# ours\nfrom shop import x\n"),
            ("import os\n# the system\nimport sys\n", "re", None, "import os\nimport re\n# the system\nimport sys\n"),
            ("import os.path\n", "os", None, "import os.path\n"),
            ("import os as system\n", "os", None, "import os as system\n"),
            ("try:\n    import os\nexcept ImportError:\n    pass\n", "os", None,
             "import os\n\ntry:\n    import os\nexcept ImportError:\n    pass\n"),
            ("import sys\r\n", "os", None, "import os\r\nimport sys\r\n"),
            ("def f(): ...\n", "os", None, "import os\n\n\ndef f(): ...\n"),
            ("from shop import x\n", "flask", "g", "from flask import g\n\nfrom shop import x\n"),
            # Nothing that a monkey patch should come before; what is harmless stands where it always does.
            ("from gevent import monkey\n\nmonkey.patch_all()\n\nfrom flask import Flask\n", "secure", None,
             "from gevent import monkey\n\nmonkey.patch_all()\n\nimport secure\nfrom flask import Flask\n"),
            ("import eventlet\neventlet.monkey_patch()\n\nimport json\n\nimport flask\n", "flask", "g",
             "import eventlet\neventlet.monkey_patch()\n\nimport json\n\nimport flask\nfrom flask import g\n"),
            ("import gevent.monkey\n\nif patched is None:\n    gevent.monkey.patch_all()\nx = 1\n", "flask", "g",
             "import gevent.monkey\n\nif patched is None:\n    gevent.monkey.patch_all()\n\n"
             "from flask import g\n\nx = 1\n"),
            ("from gevent import monkey\n\nmonkey.patch_all()\n", "os", None,
             "import os\n\nfrom gevent import monkey\n\nmonkey.patch_all()\n"),
            ("import b\n\n\ndef patch():\n    monkey.patch_all()\n", "a", None,
             "import a\nimport b\n\n\ndef patch():\n    monkey.patch_all()\n"),
        ],
    )  # fmt: skip
    def test_into_the_files_own_order(self, source: str, module: str, name: str | None, expected: str) -> None:
        _, edit = opened(source, own={"shop"})
        edit.add_import(module, name)
        edit.add_import(module, name)
        after = edit.result()
        assert after.decode() == expected
        _, again = opened(after)
        again.add_import(module, name)
        assert again.result() == after

    def test_gives_the_name_that_the_file_has_for_it(self) -> None:
        _, edit = opened("import os as system\nfrom flask import g as ground\n")
        assert edit.add_import("os") == "system"
        assert edit.add_import("flask", "g") == "ground"
        assert edit.add_import("flask", "abort") == "abort"

    def test_refuses_a_name_that_means_something_else(self) -> None:
        _, edit = opened("def escape(x): ...\n")
        with pytest.raises(Refuse, match="escape"):
            edit.add_import("markupsafe", "escape")

    @pytest.mark.parametrize(
        "source",
        [
            "from html import escape\n",
            "def f():\n    from html import escape\n",
            "try:\n    from html import escape\nexcept ImportError:\n    pass\n",
            "import html as escape\n",
            "from .html import escape\n",
            "def f(escape): ...\n",
            "match x:\n    case [*escape]:\n        pass\n",
            "match x:\n    case {**escape}:\n        pass\n",
            "[escape for escape in x]\n",
            "with x as escape:\n    pass\n",
        ],
    )
    def test_refuses_a_name_that_anything_else_gives(self, source: str) -> None:
        with pytest.raises(Refuse, match="escape"):
            with_import(source, "markupsafe", "escape")

    def test_a_new_line_keeps_the_blank_lines_below_the_last_import(self) -> None:
        _, edit = opened("# Shop.\n\nfrom flask import Markup\n\n\ndef f(): ...\n")
        edit.add_import("markupsafe", "Markup")
        edit.drop_import_if_unused("flask.Markup")
        assert edit.result() == b"# Shop.\n\nfrom markupsafe import Markup\n\n\ndef f(): ...\n"

    def test_takes_the_place_of_a_name_that_goes(self) -> None:
        _, edit = opened("# about flask\nfrom flask import (\n    jsonify,\n)\n")
        edit.add_import("flask", "g")
        edit.drop_import_if_unused("flask.jsonify")
        assert edit.result() == b"# about flask\nfrom flask import (\n    g,\n)\n"

    def test_comes_before_its_first_use(self) -> None:
        tree, edit = opened("SECRET_KEY = 'x'\nimport os\n")
        value = tree.body[0].value  # type: ignore[attr-defined]
        edit.replace(value, 'os.environ["SECRET_KEY"]')
        edit.add_import("os")
        assert edit.result().startswith(b"import os\n\nSECRET_KEY = os.")


class TestDropImport:
    @pytest.mark.parametrize(
        ("source", "expected"),
        [
            ("from flask import jsonify\nx = 1\n", "x = 1\n"),
            ("from flask import Flask, jsonify\n", "from flask import Flask\n"),
            ("from flask import jsonify, Flask\n", "from flask import Flask\n"),
            ("from flask import (\n    Flask,\n    jsonify,\n)\n", "from flask import (\n    Flask,\n)\n"),
            ("# about flask\nfrom flask import jsonify\n", "# about flask\n"),
            (
                "import os\n# about flask\nfrom flask import jsonify\nx = 1\n",
                "import os\n# about flask\nx = 1\n",
            ),
            # Names filled up to the width go on being filled, on one line where they fit there.
            (
                "from flask import (Response, current_app, g, jsonify, render_template, request,\n"
                "                   url_for)\n",
                "from flask import Response, current_app, g, render_template, request, url_for\n",
            ),
            (
                "from flask import (Response, current_app, g, jsonify, render_template, request,\n"
                "                   send_from_directory, session, stream_with_context, url_for)\n",
                "from flask import (Response, current_app, g, render_template, request,\n"
                "                   send_from_directory, session, stream_with_context, url_for)\n",
            ),
            (
                "from flask import (Response, current_app, g, jsonify, render_template, request,\n"
                "                   session, url_for, stream_with_context)\n",
                "from flask import (Response, current_app, g, render_template, request, session,\n"
                "                   url_for, stream_with_context)\n",
            ),
            # Broken as somebody liked it: only its own break goes with a name.
            (
                "from flask import (Flask,\n                   jsonify, request,\n                   session)\n",
                "from flask import (Flask,\n                   request,\n                   session)\n",
            ),
            (
                "from flask import (Flask, jsonify,\n                   request)\n",
                "from flask import Flask, request\n",
            ),
            ("from flask import jsonify as j\n", ""),
            ("import os; from flask import jsonify\n", "import os\n"),
            (
                "from flask import (\n    Flask,  # the app\n    jsonify,\n)\n",
                "from flask import (\n    Flask,  # the app\n)\n",
            ),
            (
                "from flask import (\n    # all\n    jsonify,\n    Flask,  # f\n)\n",
                "from flask import (\n    # all\n    Flask,  # f\n)\n",
            ),
            ("from flask import Flask, \\\n    jsonify\n", "from flask import Flask\n"),
            ("def f():\n    from flask import jsonify\n", "def f():\n    pass\n"),
        ],
    )
    def test_without_a_use(self, source: str, expected: str) -> None:
        _, edit = opened(source)
        edit.drop_import_if_unused("flask.jsonify")
        assert edit.result().decode() == expected

    @pytest.mark.parametrize(
        "source",
        [
            "from flask import jsonify\njsonify()\n",
            "from flask import jsonify\n__all__ = ['jsonify']\n",
            "from flask import jsonify\nx: 'list[jsonify]'\n",
            "from flask import jsonify\ndef f():\n    '''>>> jsonify(1)'''\n",
            "from flask import jsonify  # noqa\n",
            "from flask import Flask, jsonify  # NOQA: F401\n",
            "from flask import (\n    Flask,\n    jsonify,  # noqa: F401\n)\n",
            "from flask import jsonify  # for the shell\n",
            "try:\n    from flask import jsonify\nexcept ImportError:\n    pass\n",
            "from .flask import jsonify\n",
            "from other import jsonify\n",
            "from flask import jsonify\nx = y  # type: jsonify\n",
            "from flask import jsonify as jsonify\n",
            "from flask import Flask, jsonify as jsonify\n",
            "from flask import Flask, jsonify  # pylint: disable=unused-import\n",
            "class A:\n    from flask import jsonify\n",
            "with suppress(ImportError):\n    from flask import jsonify\n",
            "from flask import jsonify\nshell(globals())\n",
            "from flask import (\n    Flask,  # the app\n    jsonify\n)\n",
            "from flask import (\n    Flask,\n    # answers\n    jsonify,\n)\n",
            "from flask import (\n    # answers\n    jsonify,\n)\n",
            "from flask import jsonify\ndef f() -> 'jsonify | None': ...\n",
            "from flask import jsonify\n__all__ = ('jsonify',)\n",
            "from flask import jsonify\n__all__ += ['jsonify']\n",
        ],
    )
    def test_stays_with_a_use_or_a_reason(self, source: str) -> None:
        _, edit = opened(source)
        edit.drop_import_if_unused("flask.jsonify")
        assert edit.result().decode() == source

    def test_stays_where_others_take_it_from_here(self) -> None:
        source = "from flask import jsonify\n"
        for options in ({"path": "shop/__init__.py"}, {"exported": frozenset({"jsonify"})}):
            _, edit = opened(source, **options)
            edit.drop_import_if_unused("flask.jsonify")
            assert edit.result().decode() == source

    @pytest.mark.parametrize("path", ["shop/views.py", "shop/__init__.py"])
    def test_goes_once_its_last_use_is_replaced(self, path: str) -> None:
        tree, edit = opened("from flask import Flask, jsonify\nx = jsonify({}), jsonify([])\n", path=path)
        for call in calls(tree, "jsonify"):
            edit.replace(call, "{value}", value=call.args[0])
            edit.drop_import_if_unused("flask.jsonify")
        assert edit.result() == b"from flask import Flask\nx = {}, []\n"

    @pytest.mark.parametrize("source", ["import os\n", "import os.path\n", "import abc\nimport os, sys\n"])
    def test_stays_where_another_fix_wants_it(self, source: str) -> None:
        for use in ("x = os.sep\n", "x = 'os'\n"):
            _, edit = opened(source + use)
            edit.add_import("os")
            edit.drop_import_if_unused("os")
            edit.drop_import_if_unused("os.path")
            assert edit.result().decode() == source + use

    def test_gives_its_name_to_one_from_elsewhere(self) -> None:
        _, edit = opened("from flask import Markup, g\nx = Markup('')\n")
        edit.add_import("markupsafe", "Markup")
        edit.drop_import_if_unused("flask.Markup")
        assert edit.result() == b"from flask import g\nfrom markupsafe import Markup\nx = Markup('')\n"


class TestMoveSecret:
    def test_hands_over_the_value_and_never_shows_it(self) -> None:
        tree, edit = opened("SECRET_KEY = b'canary-5up3r'\n")
        value = tree.body[0].value  # type: ignore[attr-defined]
        edit.move_secret("SECRET_KEY", value)
        assert edit.secrets[0].value == "canary-5up3r"
        assert "canary" not in f"{edit.secrets} {edit.secrets[0]} {edit!r}"

    @pytest.mark.parametrize("value", ["b'\\xff'", "f'{x}'", "''", "1"])
    def test_refuses_what_is_no_plain_string(self, value: str) -> None:
        tree, edit = opened(f"SECRET_KEY = {value}\n")
        with pytest.raises(Refuse, match="SECRET_KEY"):
            edit.move_secret("SECRET_KEY", tree.body[0].value)  # type: ignore[attr-defined]


def refused(edit: FileEdit, call: ast.Call) -> None:
    """Asks for much, and then for what cannot be done."""
    edit.add_import("os")
    edit.drop_import_if_unused("flask.jsonify")
    edit.conceal("words")
    edit.replace(call, "{value}", value=call.args[0])


def test_a_refused_attempt_leaves_no_trace() -> None:
    tree, edit = opened("x = f(a), g(  # why\n    b)\n")
    one, two = calls(tree, "f")[0], calls(tree, "g")[0]
    edit.replace(one, "{value}", value=one.args[0])
    with pytest.raises(Refuse), edit.attempt():
        refused(edit, two)
    assert edit.result() == b"x = a, g(  # why\n    b)\n"


PIECES = {
    "unwrap": "    x = jsonify({})\n",
    "around": "    return jsonify({'a': jsonify([])})\n",
    "argument": "    app.run(debug=True, port=1)  # c\n",
    "rename": "    send(p, old=1)\n",
    "remove": "    gone()\n",
    "wrap": "    # above\n    create_all()\n",
}


@given(st.lists(st.sampled_from(sorted(PIECES)), min_size=1, max_size=7), st.randoms(use_true_random=False))
@settings(max_examples=80, deadline=None)
def test_all_at_once_equals_one_by_one(names: list[str], random: object) -> None:
    """Any mix of operations gives the same file in one session as in one session each."""
    head = "from flask import Flask, jsonify\n\n\ndef view():\n    pass\n"
    source = head + "".join(PIECES[name] for name in names)

    def asks(tree: ast.Module, edit: FileEdit) -> list[object]:
        found: list[object] = [
            lambda call=call: (
                edit.replace(call, "{value}", value=call.args[0]),
                edit.drop_import_if_unused("flask.jsonify"),
            )
            for call in calls(tree, "jsonify")
        ]
        for node in ast.walk(tree):
            match node:
                case ast.Return(value=value) if not isinstance(value, ast.Tuple):
                    found.append(lambda value=value: edit.replace(value, "{value}, 404", value=value))
                case ast.Call(func=ast.Attribute(attr="run"), keywords=[_, _]):
                    found.append(lambda node=node: edit.remove_argument(node, "debug"))
                case ast.Call(func=ast.Name(id="send"), keywords=[ast.keyword(arg="old")]):
                    found.append(lambda node=node: edit.rename_argument(node, "old", "new"))
                case ast.Expr(value=ast.Call(func=ast.Name(id="gone"))):
                    found.append(lambda node=node: edit.remove_statement(node))
                case ast.FunctionDef(body=body):
                    found += [
                        lambda each=each: (
                            edit.wrap_statements([each], "with app.app_context():"),
                            edit.add_import("os"),
                        )
                        for each in body
                        if isinstance(each, ast.Expr) and ast.unparse(each) == "create_all()"
                    ]
        return found

    tree, edit = opened(source)
    for ask in asks(tree, edit):
        ask()  # type: ignore[operator]
    together = edit.result()

    current = source.encode()
    while True:
        tree, edit = opened(current)
        todo = asks(tree, edit)
        if not todo:
            break
        random.choice(todo)()  # type: ignore[attr-defined]
        current = edit.result()
    assert together == current
    ast.parse(together)
