"""The comment that ignores a finding: where it goes, what it keeps, what it refuses, and that it can be taken back."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from flaskdoctor.errors import Refuse
from flaskdoctor.finding import Finding, Location, Severity, Tip
from flaskdoctor.fixes.journal import Journal
from flaskdoctor.fixing import ignore_finding
from flaskdoctor.project.code.ignorable import what_instead, why_no_comment
from flaskdoctor.project.code.suppressions import read_suppressions, with_rule
from flaskdoctor.scan import Options, scan
from tests.projects import build, write

CODE, NAME = "FD101", "needless-jsonify"
HEAD = 'from flask import Flask, jsonify\n\napp = Flask(__name__)\n\n\n@app.route("/")\ndef index():\n'
VIEW = HEAD + '    return jsonify({"ok": True})\n'


def ignored(source: bytes, first: int, last: int = 0, code: str = CODE, name: str = NAME) -> bytes | None:
    return with_rule(source, code, name, first, last or first)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"x = 1\n", b"x = 1  # flaskdoctor: ignore[FD101]\n"),
        (b"x = 1", b"x = 1  # flaskdoctor: ignore[FD101]"),
        (b"x = 1\r\ny = 2\r\n", b"x = 1  # flaskdoctor: ignore[FD101]\r\ny = 2\r\n"),
        (b"\xef\xbb\xbfx = 1\n", b"\xef\xbb\xbfx = 1  # flaskdoctor: ignore[FD101]\n"),
        (b"x = 1  \t\n", b"x = 1  # flaskdoctor: ignore[FD101]\n"),
        (b"x = 1  # noqa: E501\n", b"x = 1  # noqa: E501  # flaskdoctor: ignore[FD101]\n"),
        (b"x = 1  # type: ignore\n", b"x = 1  # type: ignore  # flaskdoctor: ignore[FD101]\n"),
        (b"x = 1  # flaskdoctor: ignore[FD301]\n", b"x = 1  # flaskdoctor: ignore[FD301, FD101]\n"),
        (b"x = 1  # flaskdoctor: ignore[ FD301 ] why # noqa\n",
         b"x = 1  # flaskdoctor: ignore[ FD301, FD101 ] why # noqa\n"),
        (b"x = 1  # flaskdoctor: ignore[FD301,] why\n", b"x = 1  # flaskdoctor: ignore[FD301, FD101] why\n"),
        (b"x = 1  # flaskdoctor: ignore[]\n", b"x = 1  # flaskdoctor: ignore[all, FD101]\n"),
        (b"x = 1  # flaskdoctor: ignore[FD301, FD7\n",
         b"x = 1  # flaskdoctor: ignore[FD301, FD7  # flaskdoctor: ignore[FD101]\n"),
        (b"# coding: latin-1\nx = '\xe9'  # flaskdoctor: ignore[FD301] d\xe9j\xe0\n",
         b"# coding: latin-1\nx = '\xe9'  # flaskdoctor: ignore[FD301, FD101] d\xe9j\xe0\n"),
        (b"\xef\xbb\xbfx = '\xc3\xa9'  # flaskdoctor: ignore[FD301]\n",
         b"\xef\xbb\xbfx = '\xc3\xa9'  # flaskdoctor: ignore[FD301, FD101]\n"),
    ],
)  # fmt: skip
def test_the_comment_goes_behind_the_code_and_nothing_else_changes(before: bytes, after: bytes) -> None:
    line = before.count(b"\n") if before.startswith(b"# coding") else 1
    assert ignored(before, line) == after


@pytest.mark.parametrize(
    ("before", "last", "line"),
    [
        (b"x = f(\n    1,\n)\n", 3, 1),
        (b'x = f("""\na\n""", 1)\n', 3, 3),  # its first line ends inside a text
        (b"x = 1 + \\\n    2\n", 2, 2),  # a comment behind a backslash is none
        (b'x = f(  # why\n    """\n    """,\n)\n', 4, 1),
        (b"x = f(\n    1,  # flaskdoctor: ignore[FD301]\n)\n", 3, 2),  # beside what is there
    ],
)
def test_of_several_lines_it_takes_the_first_that_can_bear_it(before: bytes, last: int, line: int) -> None:
    after = ignored(before, 1, last)
    assert after is not None
    changed = [
        n for n, (old, new) in enumerate(zip(before.split(b"\n"), after.split(b"\n"), strict=True), 1) if old != new
    ]
    assert changed == [line]


@pytest.mark.parametrize("source", [b'x = """\na\n"""\n', b"x = \\\n  1\n", b'f"""\n{1}\n"""\n'])
def test_where_no_line_can_bear_it_there_is_none(source: bytes) -> None:
    assert ignored(source, 1) is None


def test_a_text_of_many_lines_is_not_tried_line_by_line(monkeypatch: pytest.MonkeyPatch) -> None:
    parse, parsed = ast.parse, []
    source = b'x = """\n' + b"SELECT 1\n" * 500 + b'"""\n'
    with monkeypatch.context() as patched:
        patched.setattr(ast, "parse", lambda source: parsed.append(source) or parse(source))
        after = ignored(source, 1, 502)
    assert after is not None
    assert after.endswith(b'"""  # flaskdoctor: ignore[FD101]\n')
    assert len(parsed) < 5


def test_a_file_that_does_not_parse_is_left_alone() -> None:
    with pytest.raises(SyntaxError):
        ignored(b"print 'x'\n", 1)


_PIECES = st.sampled_from(
    [
        "x = 1", "y = f(\n    1,  # a\n    2,\n)", 't = """a\n  b # c\n"""', "z = 1 + \\\n    2", "# alone", "",
        "if x:\n    y = '#'  # noqa", "d = {\n    'k': '''\n''',\n}", "g = f'{x}'  # flaskdoctor: ignore[FD301]",
        "h = 1  # flaskdoctor: ignore-file[FD301] why", "def f():\n\n    return '\\\n'", "s = 'Zoë'; u = [1,\n2]",
        "k = 1  # flaskdoctor: ignore[tip:3", "@app.route('/')\ndef v():\n    '''doc'''\n    return 1  # pragma: x",
    ]
)  # fmt: skip


@given(st.lists(_PIECES, min_size=1, max_size=6), st.data(), st.booleans(), st.booleans(), st.booleans())
def test_whatever_the_file_it_means_the_same_and_the_finding_is_covered(
    pieces: list[str], data: st.DataObject, windows: bool, marked: bool, ended: bool
) -> None:
    text = "\n".join(pieces) + ("\n" if ended else "")
    source = (text.replace("\n", "\r\n") if windows else text).encode("utf-8-sig" if marked else "utf-8")
    assume(text.strip())
    lines = source.count(b"\n") + 1
    first = data.draw(st.integers(1, lines))
    last = data.draw(st.integers(first, min(lines, first + 3)))
    after = ignored(source, first, last)
    if after is None:
        return
    assert ast.dump(ast.parse(after)) == ast.dump(ast.parse(source))
    comments = read_suppressions(after, secrets_found=False)
    assert comments.cover(CODE, NAME, first, last)
    # One line is longer, the others are what they were; what another rule's comment covered, it covers still.
    old, new = source.split(b"\n"), after.split(b"\n")
    assert len(old) == len(new)
    assert sum(a != b for a, b in zip(old, new, strict=True)) == 1
    for comment in read_suppressions(source, secrets_found=False).comments:
        assert any(set(comment.selectors) <= set(other.selectors) for other in comments.comments)


# -- on a project ---------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def _own_journal(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLASKDOCTOR_STATE_DIR", str(tmp_path_factory.mktemp("state")))


def found(root: Path, code: str = CODE) -> list[Finding]:
    findings = scan(str(root), Options(select=("all",), cache=False)).report.findings
    return [finding for finding in findings if finding.code == code]


def test_the_finding_is_gone_its_history_says_so_and_undo_brings_it_back(tmp_path: Path) -> None:
    build(tmp_path, VIEW, "3.1.0")
    (finding,) = found(tmp_path)
    before = (tmp_path / "app.py").read_bytes()
    done = ignore_finding(str(tmp_path), finding, use_cache=False)
    assert (tmp_path / "app.py").read_text() == VIEW[:-1] + "  # flaskdoctor: ignore[FD101]\n"
    assert found(tmp_path) == []
    assert found(tmp_path, "FD003") == []
    (record,) = Journal().records(str(tmp_path))
    assert (record.codes, record.state) == (("FD101",), "applied")
    assert record.titles[0].startswith("ignored by a comment: ")
    Journal().undo(str(tmp_path), done.record)
    assert (tmp_path / "app.py").read_bytes() == before


def test_a_second_time_changes_nothing(tmp_path: Path) -> None:
    build(tmp_path, VIEW, "3.1.0")
    (finding,) = found(tmp_path)
    ignore_finding(str(tmp_path), finding, use_cache=False)
    once = (tmp_path / "app.py").read_bytes()
    with pytest.raises(Refuse, match="no longer there"):
        ignore_finding(str(tmp_path), finding, use_cache=False)
    assert (tmp_path / "app.py").read_bytes() == once


def test_it_goes_to_where_the_finding_is_now(tmp_path: Path) -> None:
    build(tmp_path, VIEW, "3.1.0")
    (finding,) = found(tmp_path)
    write(tmp_path, {"app.py": "import os\n\n" + VIEW})
    ignore_finding(str(tmp_path), finding, use_cache=False)
    assert (
        (tmp_path / "app.py")
        .read_text()
        .splitlines()[9]
        .endswith('jsonify({"ok": True})  # flaskdoctor: ignore[FD101]')
    )


def test_a_needless_comment_may_be_told_to_stay(tmp_path: Path) -> None:
    build(tmp_path, "import flask\n\nX = 1  # flaskdoctor: ignore\nY = 2  # flaskdoctor: ignore[FD301] why\n", "3.1.0")
    for finding in found(tmp_path, "FD003"):
        ignore_finding(str(tmp_path), finding, use_cache=False)
    assert (tmp_path / "app.py").read_text().splitlines()[2:] == [
        "X = 1  # flaskdoctor: ignore[all, FD003]",
        "Y = 2  # flaskdoctor: ignore[FD301, FD003] why",
    ]
    assert found(tmp_path, "FD003") == []


def finding(code: str, path: str, line: int = 0, tip: Tip = Tip.SECRETS, url: str = "") -> Finding:
    return Finding(code, "x", tip, Severity.ERROR, "m", Location(path, line), url=url)


@pytest.mark.parametrize(
    ("about", "why", "instead"),
    [
        (finding("FD321", ".env", 3), "a comment in .env is not read", '"FD321"'),
        (finding("FD310", ""), "about the project", '[tool.flaskdoctor] ignore = ["FD310"]'),
        (finding("FD002", "old.py"), "about old.py as a whole", 'per-file-ignores] "old.py" = ["FD002"]'),
        (finding("FD810", "", tip=Tip.LIVE, url="http://127.0.0.1/"), "the server's answers", 'ignore = ["FD810"]'),
    ],
)
def test_what_no_comment_can_switch_off_has_a_setting(about: Finding, why: str, instead: str, tmp_path: Path) -> None:
    assert why in why_no_comment(about)
    assert instead in what_instead(about)


def test_the_setting_that_is_named_does_what_it_says(tmp_path: Path) -> None:
    build(tmp_path, {"app.py": VIEW, ".env": "SECRET_KEY=kiln-and-clay\n"}, "3.1.0")
    (tmp_path / ".env").chmod(0o644)
    (about,) = found(tmp_path, "FD321")
    setting = what_instead(about).removeprefix("In pyproject.toml: ").replace('] "', ']\n"')
    write(tmp_path, {"pyproject.toml": setting + "\n"})
    assert found(tmp_path, "FD321") == []


def test_what_no_comment_can_switch_off_is_refused(tmp_path: Path) -> None:
    build(tmp_path, {"app.py": VIEW, ".env": "SECRET_KEY=kiln-and-clay\n"}, "3.1.0")
    (tmp_path / ".env").chmod(0o644)
    (about,) = found(tmp_path, "FD321")
    with pytest.raises(Refuse, match=r"a comment in \.env is not read"):
        ignore_finding(str(tmp_path), about, use_cache=False)
    assert (tmp_path / ".env").read_text() == "SECRET_KEY=kiln-and-clay\n"


def test_a_comment_that_does_not_do_it_is_taken_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build(tmp_path, VIEW, "3.1.0")
    (finding,) = found(tmp_path)
    monkeypatch.setattr("flaskdoctor.fixes.suppress.with_rule", lambda source, *_: source + b"# flaskdoctor: ignore\n")
    with pytest.raises(Refuse, match="taken back"):
        ignore_finding(str(tmp_path), finding, use_cache=False)
    assert (tmp_path / "app.py").read_text() == VIEW
    assert Journal().records(str(tmp_path)) == ()


def test_what_a_running_server_is_at_fault_for_is_ignored_where_it_is_set(tmp_path: Path) -> None:
    build(tmp_path, VIEW, "3.1.0")
    live = finding("FD820", "app.py", 3, Tip.LIVE, "http://127.0.0.1/")._replace(name="cookie-flags")
    ignore_finding(str(tmp_path), live, use_cache=False)
    assert (tmp_path / "app.py").read_text().splitlines()[2] == "app = Flask(__name__)  # flaskdoctor: ignore[FD820]"
