"""FD101's fix: the app answers every request as before, byte for byte."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import flask
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flaskdoctor.finding import Finding, Fix
from flaskdoctor.fixes.python import FileEdit
from flaskdoctor.fixes.session import plan
from flaskdoctor.fixing import fix_to_the_end
from flaskdoctor.project.code.module import Module
from flaskdoctor.rules.json_responses.needless_jsonify import NeedlessJsonify
from flaskdoctor.rules.rule import Site
from flaskdoctor.scan import Options, scan
from tests.projects import build
from tests.rules.running import answers

RULE = NeedlessJsonify()
# Those that are one file and need no other library.
RUNNING = [
    number
    for number, example in enumerate(RULE.bad)
    if isinstance(example.files, str) and "models" not in example.files and example.flask == "3.1.0"
]


@pytest.mark.parametrize("number", RUNNING)
def test_fixed_example_answers_as_before(number: int, tmp_path: Path) -> None:
    build(tmp_path, RULE.bad[number].files, "3.1.0")
    before = answers(tmp_path)
    assert before
    fixed = fix_to_the_end(str(tmp_path), Options(select=("FD101",), cache=False), (), unsafe=True)
    assert fixed.fixed
    assert answers(tmp_path) == before


def _found(folder: Path, *codes: str) -> list[Finding]:
    found = scan(str(folder), Options(cache=False)).report.findings
    return [finding for finding in found if finding.code in codes]


HANDLER = """\
from flask import Flask, jsonify

app = Flask(__name__)


@app.errorhandler(404)
def not_found(error):
    return jsonify(
        error="not found",
    )
"""
MENDED = """\
from flask import Flask

app = Flask(__name__)


@app.errorhandler(404)
def not_found(error):
    return {
        "error": "not found",
    }, 404
"""


@pytest.mark.parametrize("order", [("FD101", "FD105"), ("FD105", "FD101"), None])
def test_fix_and_that_of_a_missing_status_meet_on_one_line(order: tuple[str, str] | None, tmp_path: Path) -> None:
    build(tmp_path, HANDLER, "3.1.0")
    rounds = [(code,) for code in order] if order else [("FD101", "FD105")]
    for codes in rounds:
        made = plan(str(tmp_path), _found(tmp_path, *codes))
        assert not made.refused
        assert len(made.fixed) == len(codes)
        (tmp_path / "app.py").write_bytes(made.edits[0].after or b"")
    assert (tmp_path / "app.py").read_text() == MENDED


def test_comment_inside_the_call_is_not_lost(tmp_path: Path) -> None:
    source = """\
from flask import Flask, jsonify

app = Flask(__name__)


@app.route("/")
def index():
    return jsonify(
        # the state
        {"a": 1}
    )
"""
    build(tmp_path, source, "3.1.0")
    made = plan(str(tmp_path), _found(tmp_path, "FD101"))
    text = made.edits[0].after if made.edits else source.encode()
    assert b"# the state" in (text or b"")


def test_without_any_word_on_the_flask_version_it_is_a_note_without_a_fix(tmp_path: Path) -> None:
    build(tmp_path, RULE.bad[0].files)
    (finding,) = _found(tmp_path, "FD101")
    assert finding.fix is None
    assert "which Flask" in finding.advice


BLOCKS = {
    "with lock:\n        return jsonify({'a': rows})": Fix.UNSAFE,
    "with lock:\n        return jsonify({'a': 1, 'b': [f'{rows}', str(rows)]})": Fix.SAFE,
    "with lock:\n        return make_response(jsonify({'a': rows}))": Fix.SAFE,
    "try:\n        return jsonify({'a': rows})\n    finally:\n        rows.clear()": Fix.UNSAFE,
    "try:\n        return jsonify(a=rows)\n    except TypeError:\n        return 'no', 400": Fix.UNSAFE,
    "try:\n        return jsonify(a=rows)\n    except Exception:\n        pass": Fix.UNSAFE,
    "try:\n        return jsonify(a=rows)\n    except Exception:\n        return 'broken', 500": Fix.SAFE,
    "try:\n        return jsonify(a=rows)\n    except Exception:\n        log()\n        raise": Fix.SAFE,
    "try:\n        return jsonify(a=rows)\n    except KeyError:\n        return 'none', 404": Fix.SAFE,
    "if rows:\n        return jsonify({'a': rows})": Fix.SAFE,
}


@pytest.mark.parametrize(("body", "expected"), BLOCKS.items())
def test_fix_asks_first_where_the_end_of_a_block_comes_between(body: str, expected: Fix) -> None:
    source = f"""\
from flask import Flask, jsonify, make_response

app = Flask(__name__)


@app.route("/")
def index():
    {body}
"""
    hits = list(RULE.check(Module("app.py", "app", "app", source.encode())))
    assert [hit.fix or RULE.fix_class for hit in hits] == [expected]


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
NAMES = st.from_regex(r"\A[a-z][a-z_]{0,6}\Z").filter(lambda name: name.isidentifier() and name not in ("if", "in"))
SPACES = st.sampled_from(["", " ", "\n", "\n        ", "\n              "])


@st.composite
def calls(draw: st.DrawFn) -> str:
    """A call of ``jsonify`` in some layout."""
    space = [draw(SPACES) for _ in range(4)]
    comma = draw(st.sampled_from(["", ","]))
    if draw(st.booleans()):
        value = draw(st.lists(VALUES, max_size=3) | st.dictionaries(st.text(max_size=5), VALUES, max_size=3))
        return f"jsonify({space[0]}{value!r}{space[1]}{comma}{space[2]})"
    import keyword

    items = draw(
        st.dictionaries(NAMES.filter(lambda name: not keyword.iskeyword(name)), VALUES, min_size=1, max_size=4)
    )
    inner = f",{space[1]}".join(f"{name}={value!r}" for name, value in items.items())
    rest = f", **{draw(st.dictionaries(st.just('zz'), VALUES, max_size=1))!r}" if draw(st.booleans()) else ""
    return f"jsonify({space[0]}{inner}{rest}{comma}{space[2]})"


@given(calls(), st.sampled_from(["", ", 201", ", 202, {'X-A': 'b'}"]))
@settings(max_examples=150, deadline=None)
def test_any_proven_argument_gives_the_same_answer(call: str, rest: str) -> None:
    head = "from flask import Flask, jsonify\napp = Flask(__name__)\n@app.get('/')\ndef index():\n"
    source = f"{head}    return {call}{rest}\n"
    module = Module("app.py", "app", "app", source.encode())
    (hit,) = RULE.check(module)
    edit = FileEdit(module.source, module.ast, "app.py")
    RULE.fix(Site(hit, module, None), edit)  # type: ignore[arg-type]
    after = edit.result()
    assert b"jsonify" not in after
    assert _answer(after) == _answer(source.encode())


def _answer(source: bytes) -> tuple[str, list[tuple[str, str]], bytes]:
    space: dict[str, flask.Flask] = {"__name__": "app"}  # type: ignore[dict-item]
    exec(compile(ast.parse(source), "app.py", "exec"), space)
    answer = space["app"].test_client().get("/")
    json.loads(answer.data)
    return answer.status, list(answer.headers), answer.data
