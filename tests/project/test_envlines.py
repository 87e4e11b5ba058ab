"""Lines of an env file that cannot be read: found where python-dotenv skips them, and told without showing them."""

from __future__ import annotations

import io

import pytest
from dotenv.parser import parse_stream
from hypothesis import example, given
from hypothesis import strategies as st

from flaskdoctor.project.env.envfile import BrokenLine, parse_env

PIECES = st.sampled_from(
    [
        "A=",
        "B",
        "1",
        "zq7x",
        "=",
        '"',
        "'",
        "\\",
        " ",
        "#",
        "\n",
        "\n",
        "\r\n",
        ":",
        "export ",
        "<<<<<<< x",
        "source x",
        "\t",
    ]
)
TEXTS = st.one_of(st.lists(PIECES, max_size=25).map("".join), st.text(max_size=40))


def broken(text: str) -> tuple[BrokenLine, ...]:
    return parse_env(text.encode("utf-8", "surrogatepass")).broken


@given(TEXTS)
@example("=\r\n=")
def test_every_line_that_python_dotenv_skips_is_found(text: str) -> None:
    if parse_env(text.encode("utf-8", "surrogatepass")).state != "ok":
        return
    skipped = sum(found.error for found in parse_stream(io.StringIO(text, newline="")))
    assert sum(each.kind != "swallowed" for each in broken(text)) == skipped
    lines = len(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    assert all(1 <= each.line <= each.end <= lines for each in broken(text))


@given(st.lists(PIECES, max_size=25).map("".join))
def test_nothing_of_a_line_is_in_what_is_said_of_it(text: str) -> None:
    assert not any("zq7x" in repr(each) for each in broken(text))


@pytest.mark.parametrize(
    ("text", "kind", "line", "end"),
    [
        ('A=1\nB="a"b\n', "behind", 2, 2),
        ("A=1\n\n  B='open\nC=1\n", "open", 3, 3),
        ('A="open\nB=1\nC="x"\n', "span", 1, 3),
        ("A='open\nB=1\nC='\nD=1\n", "swallowed", 1, 3),
        ("A=1\r\n\r\nB: 1\r\n", "equals", 3, 3),
        ("MY KEY=1\n", "name", 1, 1),
        ("=1\n", "name", 1, 1),
        ("=======\n", "marker", 1, 1),
        (">>>>>>> main\n", "marker", 1, 1),
        (". venv/bin/activate\n", "shell", 1, 1),
    ],
)
def test_what_is_wrong_and_where(text: str, kind: str, line: int, end: int) -> None:
    assert [(each.kind, each.line, each.end) for each in broken(text)] == [(kind, line, end)]
    assert broken(text)[0].why


@pytest.mark.parametrize(
    "text", ['A="[shop]\nname=kiln\n"\n', 'A="a\nb"\n', "A=it's\n", "# don't\nA=1 # it's\n", "A\n"]
)
def test_what_can_be_read(text: str) -> None:
    assert broken(text) == ()
