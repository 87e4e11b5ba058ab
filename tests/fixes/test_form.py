"""The form of a file stays, whichever rule mends it: each example's fix, in every way in which the file may be written.

What comes out is the fixed text written in that same way; where comments stand in the way, a refusal that says so.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from flaskdoctor.analysis import Analysis
from flaskdoctor.config import read_settings
from flaskdoctor.finding import Finding
from flaskdoctor.fixes.edit import Plan
from flaskdoctor.fixes.session import plan
from flaskdoctor.rules.registry import all_rules
from flaskdoctor.rules.rule import Bad, RuleBase
from tests.fixes import forms
from tests.projects import as_mapping, build

FIXED = [(rule, number) for rule in all_rules() for number, each in enumerate(rule.bad) if each.fixed is not None]
IN_PYTHON = [
    (rule, number)
    for rule, number in FIXED
    if any(path.endswith(".py") and text for path, text in as_mapping(rule.bad[number].fixed or "").items())
]
MOVES_LINES = {"FD708", "FD1001"}  # decorators and the monkey patch: their comments go with them
WRAPS_LINES = {"FD501", "FD703"}  # the comment above stays above the new `with` or `if`
ABOUT_COMMENTS = {"FD003"}
COMMENTED = [(rule, number) for rule, number in IN_PYTHON if rule.code not in ABOUT_COMMENTS]
ABOUT_ENDINGS = {"FD407"}
_WOULD_BE_LOST = re.compile(r"A comment stands (inside it|beside the argument) and would be lost")
# They ask first for the very bytes `errorhandler(Exception` and `(Flask)`.
NOT_SEEN_WITH_COMMENTS_BETWEEN = {"FD106", "FD709"}

Files = Mapping[str, bytes]


def _id(value: object) -> str:
    return value.code if isinstance(value, RuleBase) else str(value)


class Mended(NamedTuple):
    """The files after one fix, how many findings there were, and why some were not mended."""

    files: dict[str, bytes]
    hits: int
    fixable: int
    reasons: tuple[str, ...]


def mended(root: Path, rule: RuleBase, files: Files, flask: str) -> Mended:
    build(root, {path: data.decode("utf-8", "surrogateescape") for path, data in files.items()}, flask)
    found, wanted, made = planned(root, rule)
    after = dict(files) | {edit.path: edit.after or b"" for edit in made.edits}
    if any("fix this one again after it" in each.reason for each in made.refused):  # two comments on two lines of FD003
        for path, data in after.items():
            if path[0] != "#":
                (root / path).write_bytes(data)
        made = planned(root, rule)[2]
        after |= {edit.path: edit.after or b"" for edit in made.edits}
    return Mended(after, len(found), len(wanted), tuple(each.reason for each in made.refused))


def planned(root: Path, rule: RuleBase) -> tuple[list[Finding], list[Finding], Plan]:
    """The rule's findings, those among them with a fix, and what that would do."""
    look = Analysis(str(root), read_settings(str(root)), "")
    found = [finding for finding in look.report().findings if finding.code == rule.code]
    wanted = [finding for finding in found if finding.fix is not None]
    return found, wanted, plan(str(root), wanted, look.project())


def encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def written(example: Bad, change: Callable[[str, str], bytes]) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """The example's files before and after its fix, each changed by ``change``, which gets path and text."""
    before = {path: change(path, text) if path[0] != "#" else encoded(text) for path, text in files_of(example).items()}
    after = {path: change(path, text) for path, text in fixed_of(example).items() if path[0] != "#"}
    return before, after


def files_of(example: Bad) -> dict[str, str]:
    return as_mapping(example.files)


def fixed_of(example: Bad) -> dict[str, str]:
    return as_mapping(example.fixed) if example.fixed else {}


def is_about_width(example: Bad) -> bool:
    """Whether the example shows how long lines are broken: written otherwise they are of another length."""
    return "[tool.black]" in files_of(example).get("pyproject.toml", "")


def is_python(path: str) -> bool:
    return path.endswith(".py")


@pytest.mark.parametrize(("rule", "number"), FIXED, ids=_id)
def test_windows_line_ends_byte_order_mark_and_blank_lines_at_the_end(
    rule: RuleBase, number: int, tmp_path: Path
) -> None:
    example: Bad = rule.bad[number]

    def change(path: str, text: str) -> bytes:
        before = files_of(example).get(path, "")
        if not before or not text or "\r" in before or "\0" in before or rule.code in ABOUT_ENDINGS:
            return encoded(text)
        if is_python(path):
            return b"\xef\xbb\xbf" + encoded(f"{text}\n\n").replace(b"\n", b"\r\n")
        return encoded(text).replace(b"\n", b"\r\n")

    before, after = written(example, change)
    found = mended(tmp_path, rule, before, example.flask)
    for path, data in after.items():
        if path in before:
            assert found.files[path] == data
        else:  # a new file has the ends of the one that it is made from
            assert found.files[path].replace(b"\r\n", b"\n") == data


@pytest.mark.parametrize(("rule", "number"), FIXED, ids=_id)
def test_no_line_end_at_the_end_and_tabs(rule: RuleBase, number: int, tmp_path: Path) -> None:
    example: Bad = rule.bad[number]

    def change(path: str, text: str) -> bytes:
        before = files_of(example).get(path, "")
        if not before or "\r" in before or "\0" in before or rule.code in ABOUT_ENDINGS:
            return encoded(text)
        if is_python(path) and forms.is_indented(before) and not forms.is_aligned(before):
            text = forms.indented_by(text, "\t")
        return encoded(text.rstrip("\n"))

    before, after = written(example, change)
    found = mended(tmp_path, rule, before, example.flask)
    if is_about_width(example):
        return
    for path, data in after.items():  # a new file ends as the one that it is made from
        assert found.files[path] == data or (path not in before and found.files[path] == data.rstrip(b"\n"))


@pytest.mark.parametrize(("rule", "number"), IN_PYTHON, ids=_id)
def test_latin_1_two_spaces_and_form_feeds(rule: RuleBase, number: int, tmp_path: Path) -> None:
    example: Bad = rule.bad[number]

    def change(path: str, text: str) -> bytes:
        before = files_of(example).get(path, "")
        if not is_python(path) or not before or not before.isascii():
            return encoded(text)
        if forms.is_indented(before) and not forms.is_aligned(before):
            text = forms.indented_by(text, "  ")
        text = forms.with_form_feeds(text) if text == before else text
        return f"# -*- coding: latin-1 -*-\n# Gr\xf6\xdfe\n\n{text}\n# Ma\xdf\n".encode("latin-1")

    before, after = written(example, change)
    feeds = {path: forms.with_form_feeds(data.decode("latin-1")).encode("latin-1") for path, data in before.items()}
    found = mended(tmp_path, rule, before | {path: feeds[path] for path in after if path in feeds}, example.flask)
    if is_about_width(example):
        return
    for path, data in after.items():
        assert found.files[path].replace(b"\f", b"") == data
        assert found.files[path].count(b"\f") == feeds.get(path, b"").count(b"\f")


@pytest.mark.parametrize(("rule", "number"), IN_PYTHON, ids=_id)
def test_single_quotes_mixed_line_ends_and_blanks_behind(rule: RuleBase, number: int, tmp_path: Path) -> None:
    example: Bad = rule.bad[number]
    plain = {path: text for path, text in files_of(example).items() if is_python(path) and path[0] != "#"}
    quoted = {path for path, text in plain.items() if text and forms.has_quotes(text)}

    def lines(path: str, text: str) -> str:
        return forms.in_single_quotes(text) if path in quoted else text

    def untidy(text: str) -> bytes:
        """Every other line end is that of Windows, blanks stand in front of some."""
        kept = {token.start[0] for token in forms.tokens(text) if token.type == forms.tokenize.NEWLINE}
        ends = [("  " if number in kept and number % 3 else "") + ("\n" if number % 2 else "\r\n")
                for number in range(1, text.count("\n") + 1)]  # fmt: skip
        return encoded("".join(f"{line}{end}" for line, end in zip(text.split("\n"), [*ends, ""], strict=True)))

    files = {path: encoded(text) for path, text in files_of(example).items()}
    before = files | {path: untidy(lines(path, text)) for path, text in plain.items()}
    found = mended(tmp_path, rule, before, example.flask)
    for path, text in fixed_of(example).items():
        if path[0] == "#" or not is_python(path):
            continue
        after = found.files[path]
        if not is_about_width(example):
            assert [line.rstrip() for line in after.decode().split("\n")] == lines(path, text).split("\n")
        stayed = {line.lstrip() for line in after.split(b"\n")}
        changed = Counter(map(bytes.strip, before[path].split(b"\n"))) - Counter(map(bytes.strip, after.split(b"\n")))
        for line in before[path].split(b"\n"):
            # A comma of a changed call or dict is a new one, and so is its line end.
            assert line.lstrip() in stayed or line.strip() in changed or line.rstrip().endswith(b",")


@pytest.mark.parametrize("between", [False, True], ids=["above and behind", "between"])
@pytest.mark.parametrize(("rule", "number"), COMMENTED, ids=_id)
def test_comments_stay_next_to_their_code(rule: RuleBase, number: int, between: bool, tmp_path: Path) -> None:
    example: Bad = rule.bad[number]
    add = forms.with_comments_between if between else forms.with_comments_around
    before = {
        path: encoded(add(text) if is_python(path) and text else text) for path, text in files_of(example).items()
    }
    found = mended(tmp_path, rule, before, example.flask)
    if not found.hits and between:
        assert rule.code in NOT_SEEN_WITH_COMMENTS_BETWEEN
        return
    assert found.hits == example.hits
    others = [reason for reason in found.reasons if not between or not _WOULD_BE_LOST.match(reason)]
    if others:  # the example itself shows a finding that is not mended
        plain_files = {path: encoded(text) for path, text in files_of(example).items()}
        plain = mended(tmp_path / "plain", rule, plain_files, example.flask)
        assert sorted(map(without_numbers, others)) == sorted(map(without_numbers, plain.reasons))
    for path, text in fixed_of(example).items():
        if not is_python(path) or path[0] == "#":
            continue
        after, old = found.files[path].decode(), before[path].decode()
        if not found.reasons:
            assert forms.code(after) == forms.code(text)
        kept = [comment for comment in forms.comments(after) if comment in forms.comments(old)]
        if rule.code in MOVES_LINES:
            assert sorted(kept) == sorted(forms.comments(old))
        else:
            assert kept == forms.comments(old)
        expected = {line.strip() for line in text.split("\n")}
        for comment, neighbour in neighbours(old).items():
            once = list(neighbours(old).values()).count(neighbour) == 1
            if neighbour in expected and once and rule.code not in WRAPS_LINES | MOVES_LINES:
                assert neighbours(after)[comment] == neighbour


def without_numbers(reason: str) -> str:
    return re.sub(r"\d+", "", reason)


def neighbours(text: str) -> dict[str, str]:
    """Each comment that was put in, and the code that it stands above or behind."""
    found: dict[str, str] = {}
    lines = text.split("\n")
    for number, line in enumerate(lines):
        code, _, comment = line.partition("# ")
        if comment.startswith("behind "):
            found[comment] = code.strip()
        elif comment.startswith("above ") and number:  # that on the first line is the file's
            found[comment] = next((each.strip() for each in lines[number:] if not re.match(r"\s*(#|$)", each)), "")
    return found


@pytest.mark.parametrize(("rule", "number"), IN_PYTHON, ids=_id)
def test_below_an_if_the_same_comes_out_further_in(rule: RuleBase, number: int, tmp_path: Path) -> None:
    example: Bad = rule.bad[number]
    if any('"""' in text for text in files_of(example).values()):
        pytest.skip("a string over several lines would change")
    if rule.code == "FD709" or any("load_dotenv()" in text for text in fixed_of(example).values()):
        pytest.skip("a part of it stands above all of the `if`")

    def change(path: str, text: str) -> bytes:
        return encoded(forms.below_an_if(text) if is_python(path) and text and path in files_of(example) else text)

    before, after = written(example, change)
    found = mended(tmp_path, rule, before, example.flask)
    if found.hits != example.hits or not found.fixable:
        pytest.skip("the rule does not look there, or has only advice")
    for path, data in after.items():
        text, expected = found.files[path].decode(), data.decode()
        if lines_of(text) != lines_of(expected):  # further in, a line can have become too long, and is broken
            assert is_python(path)
            assert forms.code(text) == forms.code(expected)
            assert words(forms.comments(text)) == words(forms.comments(expected))


def words(comments: list[str]) -> list[str]:
    return [word for word in " ".join(comments).split() if word != "#"]


def lines_of(text: str) -> list[str]:
    return [line for line in text.split("\n") if line.strip()]
