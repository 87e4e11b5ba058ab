"""The fixes of the JSON rules meet on one handler, even on one line: together they give one right answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from flaskdoctor.fixing import fix_to_the_end
from flaskdoctor.scan import Options, scan
from tests.projects import build

_HEAD = """\
from flask import Flask{names}
{imports}
app = Flask(__name__)


"""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        # FD102, FD105, and what FD102 leaves for FD101.
        (
            "@app.errorhandler(404)\ndef missing(error): return jsonify()\n",
            "@app.errorhandler(404)\ndef missing(error): return {}, 404\n",
        ),
        # FD103, FD105.
        (
            "@app.errorhandler(403)\ndef forbidden(error):\n    return json.dumps({'error': 'no'})  # nobody\n",
            "@app.errorhandler(403)\ndef forbidden(error):\n    return {'error': 'no'}, 403  # nobody\n",
        ),
        # FD102, FD103, FD105 in the two arms of one answer.
        (
            "@app.errorhandler(405)\ndef wrong(error):\n    return jsonify() if error else json.dumps([1])\n",
            "@app.errorhandler(405)\ndef wrong(error):\n    return {} if error else [1], 405\n",
        ),
        # FD101, FD106 on one line.
        (
            "@app.errorhandler(Exception)\ndef broken(error): return jsonify(error='broken'), 500\n",
            "@app.errorhandler(Exception)\ndef broken(error):\n    if isinstance(error, HTTPException):\n"
            "        return error\n    return {'error': 'broken'}, 500\n",
        ),
        # FD103, FD106.
        (
            "@app.errorhandler(Exception)\ndef broken(error):\n    return json.dumps({'error': str(error)}), 500\n",
            "@app.errorhandler(Exception)\ndef broken(error):\n    if isinstance(error, HTTPException):\n"
            "        return error\n    return {'error': str(error)}, 500\n",
        ),
    ],
)
def test_fixes_on_one_handler_give_one_answer_and_nothing_is_left(before: str, after: str, tmp_path: Path) -> None:
    head = _HEAD.format(names=", jsonify" if "jsonify" in before else "", imports="")
    head = f"import json\n\n{head}" if "json.dumps" in before else head
    build(tmp_path, head + before, "3.1.0")
    done = fix_to_the_end(str(tmp_path), Options(cache=False), (), unsafe=True)
    assert done.notes == ()
    guard = "from werkzeug.exceptions import HTTPException\n" if "HTTPException" in after else ""
    assert (tmp_path / "app.py").read_text() == _HEAD.format(names="", imports=guard) + after
    left = scan(str(tmp_path), Options(select=("tip:1",), cache=False)).report.findings
    assert [finding.code for finding in left] == []
