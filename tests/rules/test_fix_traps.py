"""Where a plain replacement of `jsonify(X)` by `X` goes wrong: each trap by its name, none of them fallen into."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from flaskdoctor.fixes.session import plan
from flaskdoctor.fixing import fix_to_the_end
from flaskdoctor.scan import Options, scan
from tests.projects import build, tree

HEAD = """\
import flask
from flask import Flask, abort, jsonify, make_response

app = Flask(__name__)
"""


def fixed(root: Path, *codes: str) -> str:
    """The app after ``--fix`` of some rules."""
    fix_to_the_end(str(root), Options(select=codes, cache=False), (), unsafe=True)
    text = (root / "app.py").read_text()
    ast.parse(text)
    return text


def view(body: str, rule: str = "/", decorators: str = "", returns: str = "") -> str:
    return f'\n\n{decorators}@app.get("{rule}")\ndef view(){returns}:\n{body}'


class TestOfLibCST:
    def test_a_comment_inside_the_parentheses_is_kept_and_the_refusal_says_why(self, tmp_path: Path) -> None:
        source = HEAD + view('    return jsonify(\n        # the state\n        {"a": 1}  # one\n    )\n')
        build(tmp_path, source, "3.1.0")
        found = [each for each in scan(str(tmp_path), Options(cache=False)).report.findings if each.code == "FD101"]
        made = plan(str(tmp_path), found)
        assert [each.reason for each in made.refused] == [
            "A comment stands inside it and would be lost, so it stays as it is."
        ]
        assert fixed(tmp_path, "FD101") == source

    def test_a_comment_inside_the_dict_goes_with_it(self, tmp_path: Path) -> None:
        build(
            tmp_path,
            HEAD + view('    return jsonify(\n        {\n            # one\n            "a": 1,\n        }\n    )\n'),
            "3.1.0",
        )
        assert '    return {\n        # one\n        "a": 1,\n    }\n' in fixed(tmp_path, "FD101")

    def test_a_generator_stays(self, tmp_path: Path) -> None:
        source = HEAD + view("    return jsonify(name for name in ('a', 'b'))\n")
        build(tmp_path, source, "3.1.0")
        assert fixed(tmp_path, "FD101") == source

    @pytest.mark.parametrize(
        ("argument", "expected"),
        [
            ("(\n        {'a': 1}\n        or {'b': 2}\n    )", None),
            ("\n        {'a': 1}\n        if flask.request.args\n        else {'b': 2}\n    ", None),
            ("\n        {'a': 1}\n        | {'b': 2}\n    ", None),
            ("\n        dict(\n            a=1\n        )\n    ", "    return dict(\n        a=1\n    )\n"),
        ],
        ids=["or", "conditional", "union", "call"],
    )
    def test_several_lines_that_are_no_atom_keep_their_meaning(
        self, argument: str, expected: str | None, tmp_path: Path
    ) -> None:
        source = HEAD + view(f"    return jsonify({argument})\n")
        build(tmp_path, source, "3.1.0")
        after = fixed(tmp_path, "FD101")
        if expected is not None:
            assert expected in after
        if "jsonify(" not in after:
            call = ast.parse(source).body[-1].body[-1].value  # type: ignore[attr-defined]
            value = ast.parse(after).body[-1].body[-1].value  # type: ignore[attr-defined]
            assert ast.dump(value) == ast.dump(call.args[0])

    def test_a_walrus_gets_parentheses_or_stays(self, tmp_path: Path) -> None:
        build(tmp_path, HEAD + view("    return jsonify(found := {'a': 1})\n"), "3.1.0")
        assert fixed(tmp_path, "FD101").splitlines()[-1] in (
            "    return (found := {'a': 1})",
            "    return jsonify(found := {'a': 1})",
        )

    @pytest.mark.parametrize("arguments", ["*[1, 2]", "*({'a': 1},)", "{'a': 1}, *[2]"])
    def test_unpacked_arguments_stay(self, arguments: str, tmp_path: Path) -> None:
        source = HEAD + view(f"    return jsonify({arguments})\n")
        build(tmp_path, source, "3.1.0")
        assert fixed(tmp_path, "FD101") == source


# What `FD101` keeps jsonify for, in the words of the catalogue.
KEPT = {
    "str": view("    return jsonify('a')\n"),
    "None": view("    return jsonify(None)\n"),
    "number": view("    return jsonify(1.5)\n"),
    "tuple": view("    return jsonify((1, 2))\n"),
    "dataclass": "\n\nimport dataclasses\n\n\n@dataclasses.dataclass\nclass Item:\n    a: int = 1\n"
    + view("    return jsonify(Item())\n"),
    "non-dict Mapping": "\n\nimport types\n" + view("    return jsonify(types.MappingProxyType({'a': 1}))\n"),
    "generator": view("    return jsonify(a for a in 'ab')\n"),
    "several positional arguments": view("    return jsonify({'a': 1}, {'b': 2})\n"),
    "status set on the bound result": view(
        "    answer = jsonify({'a': 1})\n    answer.status_code = 201\n    return answer\n"
    ),
    "cookie set on the bound result": view(
        "    answer = jsonify({'a': 1})\n    answer.set_cookie('a', 'b')\n    return answer\n"
    ),
    "header set on the bound result": view(
        "    answer = jsonify({'a': 1})\n    answer.headers['X-A'] = 'b'\n    return answer\n"
    ),
    "chained": view("    return jsonify({'a': 1}).get_data()\n"),
    "passed to abort": view("    abort(jsonify({'a': 1}))\n"),
    "after_request": "\n\n@app.after_request\ndef after(response):\n    return jsonify({'a': 1})\n",
    "non-view helper": "\n\ndef answer():\n    return jsonify({'a': 1})\n" + view("    return answer()\n"),
    "view called by other code": view("    return jsonify({'a': 1})\n")
    + "\n\n@app.get('/other')\ndef other():\n    return view().get_data()\n",
    "flask-restful resource": "\n\nfrom flask_restful import Api, Resource\n\napi = Api(app)\n\n\n"
    "class Item(Resource):\n    def get(self):\n        return jsonify({'a': 1})\n\n\n"
    "api.add_resource(Item, '/item')\n",
    "unknown decorator": "\n\nfrom shop import audited\n\n\n@app.get('/')\n@audited\ndef view():\n"
    "    return jsonify({'a': 1})\n",
    "unknown decorator of a method view": "\n\nfrom flask.views import MethodView\nfrom shop import audited\n\n\n"
    "class View(MethodView):\n    decorators = [audited]\n\n    def get(self):\n        return jsonify({'a': 1})\n\n\n"
    "app.add_url_rule('/', view_func=View.as_view('view'))\n",
    "unknown decorator in add_url_rule": "\n\nfrom shop import audited\n\n\n"
    "def view():\n    return jsonify({'a': 1})\n\n\n"
    "app.add_url_rule('/', view_func=audited(view))\n",
    "Response annotation": view("    return jsonify({'a': 1})\n", returns=" -> flask.Response"),
}
# Decorators that hand the answer on as it is.
KNOWN_FINE = {
    "cross_origin": ("from flask_cors import cross_origin", "@cross_origin()"),
    "cached": (
        "from flask_caching import Cache\n\ncache = Cache(app)",
        "@cache.cached(timeout=50)",
    ),
    "login_required": ("from flask_login import login_required", "@login_required"),
}


class TestKeepsJsonifyFor:
    @pytest.mark.parametrize("name", KEPT)
    def test_each_of(self, name: str, tmp_path: Path) -> None:
        source = HEAD + KEPT[name]
        build(tmp_path, source, "3.1.0")
        assert fixed(tmp_path, "FD101") == source

    def test_a_view_that_a_test_calls(self, tmp_path: Path) -> None:
        source = HEAD + view("    return jsonify({'a': 1})\n")
        call = "from app import view\n\n\ndef test_view():\n    assert view().json == {'a': 1}\n"
        build(tmp_path, {"app.py": source, "tests/test_app.py": call}, "3.1.0")
        assert fixed(tmp_path, "FD101") == source

    def test_a_flask_subclass_that_makes_its_own_response(self, tmp_path: Path) -> None:
        source = (
            "from flask import Flask, jsonify\n\n\nclass Shop(Flask):\n    def make_response(self, rv):\n"
            "        return super().make_response(rv)\n\n\napp = Shop(__name__)\n"
            + view("    return jsonify({'a': 1})\n")
        )
        build(tmp_path, source, "3.1.0")
        assert fixed(tmp_path, "FD101") == source

    @pytest.mark.parametrize("name", KNOWN_FINE)
    def test_but_not_below_a_decorator_that_hands_the_answer_on(self, name: str, tmp_path: Path) -> None:
        brought, decorator = KNOWN_FINE[name]
        source = f'{HEAD}\n\n{brought}\n\n\n@app.get("/")\n{decorator}\ndef view():\n    return jsonify({{"a": 1}})\n'
        build(tmp_path, source, "3.1.0")
        assert 'return {"a": 1}' in fixed(tmp_path, "FD101")

    def test_but_not_where_a_status_is_missing_on_the_same_line(self, tmp_path: Path) -> None:
        source = HEAD + "\n\n@app.errorhandler(404)\ndef gone(error):\n    return jsonify({'a': 1})\n"
        build(tmp_path, source, "3.1.0")
        assert fixed(tmp_path, "FD101", "FD105").endswith("    return {'a': 1}, 404\n")


# Each chain of fixes ends in one run.
CHAINS = {
    "FD101 then FD105": "\n\n@app.errorhandler(404)\ndef gone(error):\n    return jsonify(error='gone')\n",
    "FD102 then FD101": view("    return jsonify()\n"),
    "FD103 then FD101": "\n\nimport json\n" + view("    return json.dumps({'a': 1})\n"),
    "FD103 then FD105 then FD106": "\n\nimport json\n\n\n@app.errorhandler(404)\ndef gone(error):\n"
    "    return json.dumps({'a': 1})\n\n\n@app.errorhandler(Exception)\ndef broken(error):\n"
    "    return json.dumps({'a': 2}), 500\n",
    "FD301 then FD311 and FD312": "app.config['SECRET_KEY'] = 'kiln-and-clay-4711'\n"
    "app.config['MAIL_PASSWORD'] = 'kiln-17'\n",
    "FD302 then FD310 and FD311": "\n\nimport os\n\napp.secret_key = os.environ.get('SECRET_KEY', 'dev')\n",
    "FD308 then FD301 and FD701": "app.config.from_object({'SECRET_KEY': 'kiln-and-clay-4711', 'DEBUG': True})\n",
    "FD701 then FD703": "app.run(debug=True)\n",
}


@pytest.mark.parametrize("name", CHAINS)
def test_a_chain_of_fixes_ends_in_one_run(name: str, tmp_path: Path) -> None:
    files = {"app.py": HEAD + CHAINS[name], "requirements.txt": "flask==3.1.0\npython-dotenv\n", "#git": "init"}
    build(tmp_path, files)
    done = fix_to_the_end(str(tmp_path), Options(cache=False), (), unsafe=True)
    codes = set(name.replace(" and ", " then ").split(" then "))
    assert not [each.code for each in done.scan.report.findings if each.code in codes]
    after = tree(tmp_path)
    fix_to_the_end(str(tmp_path), Options(cache=False), (), unsafe=True)
    assert tree(tmp_path) == after


def test_a_chain_of_safe_fixes_ends_in_one_run(tmp_path: Path) -> None:
    """FD310 makes .env from the template, FD312 and FD313 bring them together, FD330 keeps it out of git."""
    files = {
        "app.py": "import os\n\n" + HEAD + "KEY = os.environ['SHOP_API_KEY']\n",
        ".env-template": "SHOP_API_KEY=\nSHOP_URL=http://localhost\n",
        "requirements.txt": "flask==3.1.0\n",
        "#git": "init",
    }
    build(tmp_path, files)
    done = fix_to_the_end(str(tmp_path), Options(cache=False), (), unsafe=False)
    assert {"FD310", "FD328", "FD330"} <= {each.code for each in done.fixed}
    assert [each.code for each in done.scan.report.findings if each.fix is not None and each.fix.value == "safe"] == []
    after = tree(tmp_path)
    fix_to_the_end(str(tmp_path), Options(cache=False), (), unsafe=False)
    assert tree(tmp_path) == after
