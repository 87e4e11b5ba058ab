"""What names a finding in a file that is kept: it holds still when lines move, and holds nothing secret."""

from __future__ import annotations

import ast

import pytest

from flaskdoctor.finding import Finding, Location, Severity, Tip
from flaskdoctor.fingerprint import fingerprint, fingerprints, normalised_line, normalised_lines
from flaskdoctor.rules.engine import anchor_of

FINDING = Finding("FD301", "hardcoded-secret", Tip.SECRETS, Severity.ERROR, "..", Location("app.py", 4), anchor="a1")


@pytest.mark.parametrize(
    ("line", "normalised"),
    [
        ("    SECRET_KEY  =  'hunter2'  # the old one was hunter1", 'SECRET_KEY = ""'),
        ('\tkey = f"{prefix}-{secret}" + rb"\\x00"', 'key = "" + ""'),
        ('KEY = """-----BEGIN PRIVATE KEY-----', 'KEY = ""'),
        ("app.config['PIN'] = 493817", 'app.config[""] = 0'),
        ("utf8 = name[:12]", "utf8 = name[:12]"),
        ("", ""),
    ],
)
def test_a_line_keeps_its_code_and_loses_its_literals(line: str, normalised: str) -> None:
    assert normalised_line(line) == normalised


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_inside_a_string_are_empty_and_the_others_keep_their_numbers(end: str) -> None:
    source = ['KEY = """first', "hunter2 = 1", '""" + tail  # hunter3', "import os"]
    assert normalised_lines(end.join(source)) == ['KEY = ""', "", "+ tail", "import os"]


def test_source_that_does_not_parse_is_normalised_too() -> None:
    assert normalised_lines("def f(:\n    'hunter2\n") == ["def f(:", '""', ""]


def test_what_has_its_line_for_a_name_holds_still_too_and_equal_ones_are_numbered() -> None:
    broken = [FINDING._replace(location=Location(".env", line), anchor=f"line {line}") for line in (3, 7)]
    moved = [FINDING._replace(location=Location(".env", line), anchor=f"line {line}") for line in (4, 9)]
    assert list(fingerprints(broken)) == list(fingerprints(moved))
    assert len(set(fingerprints(broken))) == 2


@pytest.mark.parametrize("value", ["493817", "493817.5", "'hunter2'", "b'hunter2'", "f'{x}hunter2'"])
def test_a_literal_that_may_be_a_secret_is_not_in_an_anchor(value: str) -> None:
    other = value.replace("493817", "493818").replace("hunter2", "hunter3")
    one, two = (anchor_of(ast.parse(f"app.config['PIN'] = {text}").body[0]) for text in (value, other))
    assert one == two
    assert anchor_of(ast.parse("f(1)")) != anchor_of(ast.parse("f(2)"))


def test_a_fingerprint_survives_moved_lines_and_tells_findings_apart() -> None:
    assert fingerprint(FINDING) == fingerprint(FINDING._replace(location=Location("app.py", 40, 2), message="other"))
    others = [
        FINDING._replace(ordinal=1),
        FINDING._replace(anchor="b2"),
        FINDING._replace(code="FD302"),
        FINDING._replace(location=Location("odd\udce9.py", 4)),
        FINDING._replace(location=Location(""), url="http://127.0.0.1:5000/"),
    ]
    names = {fingerprint(FINDING), fingerprint(FINDING, "shop/"), *map(fingerprint, others)}
    assert len(names) == 7
