"""Comments and settings that switch rules off: what they cover, what they leave on, and which of them are needless."""

from __future__ import annotations

from pathlib import Path

import pytest

from flaskdoctor.finding import Finding
from flaskdoctor.fixing import fix_to_the_end
from flaskdoctor.project.code.suppressions import read_suppressions, without
from flaskdoctor.scan import Options, scan
from tests.projects import build, write

HEAD = 'from flask import Flask, jsonify\n\napp = Flask(__name__)\n\n\n@app.route("/")\ndef index():\n'
FOUND = HEAD + '    return jsonify({"ok": True})'
SECRET = 'from flask import Flask\n\napp = Flask(__name__)\napp.secret_key = "kiln-and-clay"'


def findings(root: Path, *select: str, ignore: tuple[str, ...] = (), cache: bool = False) -> tuple[Finding, ...]:
    return scan(str(root), Options(select=select, ignore=ignore, cache=cache)).report.findings


def codes(root: Path, source: str, *select: str) -> list[str]:
    build(root, source, "3.1.0")
    return [finding.code for finding in findings(root, *(select or ("FD101", "FD301", "FD003")))]


def test_the_byte_order_mark_stays_where_a_comment_on_the_first_line_goes(tmp_path: Path) -> None:
    root = build(tmp_path, "\ufeff# flaskdoctor: ignore-file[FD301]\nimport flask\n", "3.1.0")
    fix_to_the_end(str(root), Options(select=("FD003",), cache=False), (), unsafe=False)
    assert (root / "app.py").read_bytes() == b"\xef\xbb\xbfimport flask\n"


@pytest.mark.parametrize(
    "selector",
    ["", "[FD101]", "[fd101]", "[needless-jsonify]", "[Needless-JSONIFY] the API says so", "[FD301, FD101]", "[tip:1]",
     "[tip1]", "[all]"],
)  # fmt: skip
def test_a_comment_on_the_line_switches_a_rule_off(tmp_path: Path, selector: str) -> None:
    assert "FD101" not in codes(tmp_path, f"{FOUND}  # flaskdoctor: ignore{selector}\n")


@pytest.mark.parametrize(
    "comment",
    [
        "# flaskdoctor: ignore[FD10]",  # never by a prefix
        "# flaskdoctor: ignore[FD301]",
        "# flaskdoctor: ignore[tip:10]",
        "# flaskdoctor: ignore[needless]",
        "# flaskdoctor: ignore[FD102, FD105",  # never closed: it names other rules, not all
        "# flaskdoctor: ignored by all of us",
        "# flaskdoctor: ignore-files",
        "# noqa",
        "# nosec",
    ],
)
def test_another_comment_switches_nothing_off(tmp_path: Path, comment: str) -> None:
    assert "FD101" in codes(tmp_path, f"{FOUND}  {comment}\n")


@pytest.mark.parametrize("line", [0, 1, 2])
def test_it_counts_on_every_line_of_what_is_found(tmp_path: Path, line: int) -> None:
    lines = ["    return jsonify(", '        {"ok": True}', "    )"]
    lines[line] += "  # flaskdoctor: ignore[FD101]"
    assert codes(tmp_path, HEAD + "\n".join(lines) + "\n") == []


@pytest.mark.parametrize("place", ["above", "below"])
def test_it_does_not_count_on_the_lines_around(tmp_path: Path, place: str) -> None:
    comment = "    # flaskdoctor: ignore[FD101]\n"
    source = HEAD + comment + '    return jsonify({"ok": True})\n' if place == "above" else f"{FOUND}\n{comment}"
    assert codes(tmp_path, source) == (["FD003", "FD101"] if place == "above" else ["FD101", "FD003"])


@pytest.mark.parametrize("selector", ["", "[FD101]", "[needless-jsonify, FD301]", "[tip:1]"])
def test_a_comment_for_the_file_counts_wherever_it_stands(tmp_path: Path, selector: str) -> None:
    first, last = tmp_path / "first", tmp_path / "last"
    assert "FD101" not in codes(first, f"# flaskdoctor: ignore-file{selector}\n{FOUND}\n")
    assert "FD101" not in codes(last, f"{FOUND}\n# flaskdoctor: ignore-file{selector}\n")


def test_a_string_is_no_comment(tmp_path: Path) -> None:
    source = f'HELP = """\n# flaskdoctor: ignore-file\n"""\n{FOUND}\nMORE = "# flaskdoctor: ignore"\n'
    assert codes(tmp_path, source) == ["FD101"]


def test_several_on_a_line_all_count(tmp_path: Path) -> None:
    line = "app.run(debug=True)  # flaskdoctor: ignore[FD701]  # noqa  # flaskdoctor: ignore[unguarded-run] as it is\n"
    source = f"import flask\n\napp = flask.Flask(__name__)\n{line}"
    assert codes(tmp_path, source, "FD701", "FD703", "FD003") == []
    assert sorted(codes(tmp_path, source.replace("FD701", "nil"), "FD701", "FD703", "FD003")) == ["FD003", "FD701"]


@pytest.mark.parametrize(
    "comment",
    ["# noqa: S105", "# noqa:E501,S106", "# NOQA: S105", "#noqa", "# nosec", "# nosec B105",
     "# pragma: allowlist secret", "# type: ignore  # nosec: B107"],
)  # fmt: skip
def test_other_tools_comments_count_for_secrets_alone(tmp_path: Path, comment: str) -> None:
    assert codes(tmp_path / "secret", f"{SECRET}  {comment}\n") == []
    both = f"{FOUND}  {comment}\n\n\napp.secret_key = 'kiln-and-clay'\n"
    assert codes(tmp_path / "else", both) == ["FD101", "FD301"]


@pytest.mark.parametrize("comment", ["# noqa: E501", "# nosec B602", "# pragma: no cover", "# allowlist"])
def test_other_tools_comments_for_other_things_do_not_count(tmp_path: Path, comment: str) -> None:
    assert codes(tmp_path, f"{SECRET}  {comment}\n") == ["FD301"]


def test_a_comment_for_the_next_line_counts_there(tmp_path: Path) -> None:
    comment = "# pragma: allowlist nextline secret"
    start, _, setting = SECRET.rpartition("\n")
    assert codes(tmp_path / "above", f"{start}\n{comment}\n{setting}\n") == []
    assert codes(tmp_path / "below", f"{start}\n{setting}\n{comment}\n") == ["FD301"]
    assert codes(tmp_path / "beside", f"{start}  {comment}\n\n{setting}\n") == ["FD301"]


def test_what_a_project_rule_finds_is_switched_off_too(tmp_path: Path) -> None:
    source = (
        'from flask import Flask\n\napp = Flask(__name__)\n\n\n@app.route("/<name>"){}\ndef shelf():\n    return "x"\n'
    )
    assert codes(tmp_path, source.format(""), "FD1103", "FD003") == ["FD1103"]
    assert codes(tmp_path, source.format("  # flaskdoctor: ignore[view-argument-mismatch]"), "FD1103", "FD003") == []


def test_a_file_that_does_not_parse_has_comments_too(tmp_path: Path) -> None:
    broken = "print 'x'  # flaskdoctor: ignore[FD001]\nY = 1  # flaskdoctor: ignore[FD101]\n"
    build(tmp_path, {"app.py": "import flask\n", "old.py": broken}, "3.1.0")
    assert findings(tmp_path, "FD001", "FD003") == ()
    write(tmp_path, {"old.py": broken.replace("ignore[FD001]", "no")})
    assert [finding.code for finding in findings(tmp_path, "FD001", "FD003")] == ["FD001"]


# -- the settings -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", ['"FD101"', '"needless-jsonify"', '"tip:1"', '"tip1"', '"FD301", "TIP:1"'])
def test_per_file_ignores_take_codes_names_and_tips(tmp_path: Path, words: str) -> None:
    build(tmp_path, {"app.py": FOUND + "\n", "pages/more.py": FOUND + "\n"}, "3.1.0")
    write(tmp_path, {"flaskdoctor.toml": f'[per-file-ignores]\n"pages/*" = [{words}]\n'})
    assert [finding.location.path for finding in findings(tmp_path, "FD101")] == ["app.py"]


@pytest.mark.parametrize("words", [("FD101",), ("needless-jsonify",), ("tip:1",), ("tip1",), ("Tip:1", "FD301")])
def test_a_selection_is_of_codes_names_and_tips(tmp_path: Path, words: tuple[str, ...]) -> None:
    build(tmp_path, FOUND + "\n", "3.1.0")
    assert "FD101" in {finding.code for finding in findings(tmp_path, *words)}
    assert "FD101" not in {finding.code for finding in findings(tmp_path, ignore=words)}


def test_tip_one_is_not_tip_ten(tmp_path: Path) -> None:
    build(tmp_path, FOUND + "\n", "3.1.0")
    for tip in ("tip:10", "tip10", "tip:11"):
        assert "FD101" not in {finding.code for finding in findings(tmp_path, tip)}


# -- the needless ones --------------------------------------------------------------------------------------


def test_a_rule_that_is_not_selected_leaves_its_comment_in_use(tmp_path: Path) -> None:
    build(tmp_path, f"{FOUND}  # flaskdoctor: ignore[FD101]\n", "3.1.0")
    assert findings(tmp_path, "FD003") == ()
    assert findings(tmp_path, "FD003", "FD301", ignore=("tip:1",)) == ()
    write(tmp_path, {"flaskdoctor.toml": '[per-file-ignores]\n"*.py" = ["FD101"]\n'})
    assert findings(tmp_path, "FD003") == ()


def test_the_nearest_name_is_told_and_odd_words_are_not_repeated(tmp_path: Path) -> None:
    build(tmp_path, "import flask  # flaskdoctor: ignore[needles_jsonify, sesame open!, FD9999]\n", "3.1.0")
    found = findings(tmp_path, "FD003")
    assert [finding.fix for finding in found] == [None] * 3
    told = " ".join(finding.message for finding in found)
    assert "needless-jsonify comes nearest" in told
    assert "FD9999" in told
    assert "sesame" not in told


@pytest.mark.parametrize("comment", ["ignore[FD003]", "ignore[FD301, FD003]", "ignore[unused-suppression, all]"])
def test_a_comment_may_say_that_it_stays(tmp_path: Path, comment: str) -> None:
    assert codes(tmp_path, f"import flask  # flaskdoctor: {comment}\n") == []


def test_a_bare_comment_does_not_hide_itself(tmp_path: Path) -> None:
    assert codes(tmp_path / "line", "import flask  # flaskdoctor: ignore\n") == ["FD003"]
    assert codes(tmp_path / "file", "# flaskdoctor: ignore-file\nimport flask\n") == ["FD003"]


def test_a_rule_that_crashed_leaves_every_comment_in_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from flaskdoctor.rules.json_responses.needless_jsonify import NeedlessJsonify
    from flaskdoctor.rules.routing.view_argument_mismatch import ViewArgumentMismatch

    build(tmp_path, f"{FOUND}  # flaskdoctor: ignore[FD101]\nX = 1  # flaskdoctor: ignore[FD301]\n", "3.1.0")
    assert [finding.code for finding in findings(tmp_path, "FD003", "FD004")] == ["FD003"]
    with monkeypatch.context() as broken:
        broken.delattr(NeedlessJsonify, "check")
        assert [finding.code for finding in findings(tmp_path, "FD003", "FD004")] == ["FD004"]
    monkeypatch.delattr(ViewArgumentMismatch, "check")  # one about the project as a whole
    assert [finding.code for finding in findings(tmp_path, "FD003", "FD004")] == ["FD004"]


def test_what_is_needless_is_the_same_from_the_cache(tmp_path: Path) -> None:
    build(tmp_path, f"{FOUND}  # flaskdoctor: ignore[FD101]\nX = 1  # flaskdoctor: ignore[FD301]\n", "3.1.0")
    first = findings(tmp_path, "FD003", "FD101", cache=True)
    write(tmp_path, {"more.py": "import flask\n"})
    assert findings(tmp_path, "FD003", "FD101", cache=True) == first
    assert [finding.location.line for finding in first] == [9]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("X = 1  # flaskdoctor: ignore\n", "X = 1\n"),
        ("X = 1 # flaskdoctor:ignore[FD101] as it was, see #12\nY = 2\n", "X = 1\nY = 2\n"),
        ("X = 1  # noqa: E501  # flaskdoctor: ignore[FD101]\n", "X = 1  # noqa: E501\n"),
        ("X = 1  # flaskdoctor: ignore[FD101]  # type: ignore\n", "X = 1  # type: ignore\n"),
        ("X = 1  # a # flaskdoctor: ignore[FD101] why # noqa\n", "X = 1  # a # noqa\n"),
        ("def f():\n    # flaskdoctor: ignore\n    return 1\n", "def f():\n    return 1\n"),
        ("def f():\n    # flaskdoctor: ignore  # noqa\n    return 1\n", "def f():\n    # noqa\n    return 1\n"),
        ("X = 1  # flaskdoctor: ignore[FD101]\r\nY = 2\r\n", "X = 1\r\nY = 2\r\n"),
        ("X = 'Zoë – ü'  # flaskdoctor: ignore[FD101]\n", "X = 'Zoë – ü'\n"),
        ("\ufeffX = 1  # flaskdoctor: ignore\n", "\ufeffX = 1\n"),
        ("X = 1  # flaskdoctor: ignore", "X = 1"),
        ("# flaskdoctor: ignore-file\n# flaskdoctor: ignore-file[FD101]\n\nX = 1\n", "\nX = 1\n"),
        (
            "X = [\n    1,  # flaskdoctor: ignore\n    2,  # flaskdoctor: ignore[FD301]\n]\n",
            "X = [\n    1,\n    2,\n]\n",
        ),
    ],
)
def test_the_fix_takes_out_the_comment_and_nothing_else(tmp_path: Path, before: str, after: str) -> None:
    build(tmp_path, {"app.py": "import flask\n", "x.py": before}, "3.1.0")
    options = Options(select=("FD003",), cache=False)
    fix_to_the_end(str(tmp_path), options, (), unsafe=False)
    assert (tmp_path / "x.py").read_bytes() == after.encode()


@pytest.mark.parametrize(
    ("unwanted", "left"),
    [
        (("fd101",), "# flaskdoctor: ignore[ FD301 ,tip:4] why"),
        (("fd301",), "# flaskdoctor: ignore[FD101,tip:4] why"),
        (("tip:4",), "# flaskdoctor: ignore[FD101, FD301 ] why"),
        (("fd101", "tip:4"), "# flaskdoctor: ignore[FD301 ] why"),
        (("fd101", "fd301", "tip:4"), ""),
    ],
)
def test_of_several_rules_the_needless_ones_go(unwanted: tuple[str, ...], left: str) -> None:
    source = b"X = 1  # noqa # flaskdoctor: ignore[FD101, FD301 ,tip:4] why\n"
    comment = read_suppressions(source, secrets_found=False).comments[0]
    from flaskdoctor.project.code.suppressions import Unused

    expected = f"X = 1  # noqa {left}".rstrip() + "\n"
    if left.startswith("# flaskdoctor: ignore[ "):
        expected = expected.replace("[ ", "[")
    assert without(source, Unused("x.py", comment, unwanted)) == expected.encode()


def test_a_comment_that_becomes_needless_does_not_stop_the_fix_that_made_it_so(tmp_path: Path) -> None:
    url = "postgresql://shop:clay-4711@db.pottery.shop/shop"
    build(tmp_path, f"{SECRET[:-15]}'{url}'  # flaskdoctor: ignore[FD304]\n", "3.1.0")
    assert [finding.code for finding in findings(tmp_path, "FD301", "FD003", "FD304")] == ["FD301"]
    done = fix_to_the_end(str(tmp_path), Options(select=("FD301",), cache=False), (), unsafe=True)
    assert [finding.code for finding in done.fixed] == ["FD301"]
    assert [finding.code for finding in findings(tmp_path, "FD301", "FD003", "FD304")] == ["FD003"]
