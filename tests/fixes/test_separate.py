"""Fixes one by one, for tools that keep them: only what may leave this machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from flaskdoctor.fixes.edit import Edit
from flaskdoctor.fixes.separate import Replacement, harmless, replacements, separate_fixes
from flaskdoctor.scan import Options, scan
from tests.projects import build

PLAIN = Edit("app.py", b"a = 1\nb = 2\n", b"a = 1\nb = 3\n")
SECRET = b'app.config["SECRET_KEY"] = "Zq7canary9Xw"'


def test_a_plain_change_may_leave() -> None:
    assert harmless(PLAIN)
    assert harmless(Edit("app.py", SECRET + b"\nb = 2\n", SECRET + b"\nb = 3\n"))  # beside a secret that stays


@pytest.mark.parametrize(
    "edit",
    [
        PLAIN._replace(secret=True),
        PLAIN._replace(path=".env.example"),
        PLAIN._replace(path="/srv/shop/.git/index"),
        PLAIN._replace(before=None),
        PLAIN._replace(after=None),
        PLAIN._replace(mode=0o600),
        PLAIN._replace(before=b"\xef\xbb\xbfa = 1\n"),
        PLAIN._replace(before=b"a = 1\rb = 2\n"),
        PLAIN._replace(before=b"\xff\n"),
        Edit("app.py", b"b = 2\n", SECRET + b"\n"),
        Edit("config.yml", b"a: 1\n", b"password: Zq7canary9Xw\n"),
    ],
)
def test_everything_else_stays(edit: Edit) -> None:
    assert not harmless(edit)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (b"a\nb\nc\n", b"a\nB\nc\n", [Replacement((2, 1), (3, 1), "B\n")]),
        (b"a\nb\n", b"a\n", [Replacement((2, 1), (3, 1), "")]),
        (b"a\n", b"x\na\ny\n", [Replacement((1, 1), (1, 1), "x\n"), Replacement((2, 1), (2, 1), "y\n")]),
        (b"a\nb\xc3\xb6", b"a\nc", [Replacement((2, 1), (2, 3), "c")]),
        (b"a\r\nb\r\n", b"a\r\nc\r\n", [Replacement((2, 1), (3, 1), "c\r\n")]),
        (b"", b"a\n", [Replacement((1, 1), (1, 1), "a\n")]),
    ],
)
def test_a_replacement_is_whole_lines(before: bytes, after: bytes, expected: list[Replacement]) -> None:
    assert replacements(Edit("app.py", before, after)) == expected


def test_each_finding_has_its_own_and_no_more_than_the_first_are_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = "from flask import Flask, jsonify\n\napp = Flask(__name__)\n\n\n"
    app += "\n\n".join(f"@app.get('/{name}')\ndef {name}():\n    return jsonify({{}})\n" for name in "abc")
    root = str(build(tmp_path / "shop", {"app.py": app}, "3.1.0"))
    findings = scan(root, Options(("FD101",), cache=False)).report.findings
    monkeypatch.setattr("flaskdoctor.fixes.separate.LIMIT", 2)
    found, left = separate_fixes(root, findings, use_cache=False)
    assert left == 1
    assert list(found) == list(findings[:2])
    for edits in found.values():
        assert [edit.after.count(b"return {}") for edit in edits if edit.after] == [1]
