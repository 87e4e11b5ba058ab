"""What names a finding in a file that is kept: it holds still when lines move, and holds nothing secret."""

from __future__ import annotations

import pytest

from flaskdoctor.finding import Finding, Location, Severity, Tip
from flaskdoctor.fingerprint import fingerprint, normalised_line, normalised_lines

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
