"""Reading .env files: names and states come out, values and the names behind a broken line never do."""

from __future__ import annotations

import copy
import io
import json
import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from flaskdoctor.project.env.envfile import (
    EnvFile,
    Secret,
    is_template_name,
    parse_env,
    read_env,
    read_env_files,
)
from flaskdoctor.project.env.envwanted import EnvWanted

CANARY = "hunter2-canary"


def shown(value: object) -> str:
    """All the ways in which a value can end up in a text."""
    console = Console(file=io.StringIO(), width=400)
    console.print(value)
    console.print({"x": value})
    printed = console.file.getvalue()  # type: ignore[attr-defined]
    return f"{value} {value!r} {[value]!r} {printed}"


def test_secret_prints_as_dots_everywhere() -> None:
    text = shown(Secret(CANARY)) + f"{Secret(CANARY):>30}"
    assert CANARY not in text
    assert str(len(CANARY)) not in text
    assert "••••" in text


def test_secret_gives_its_value_when_asked_and_only_then() -> None:
    secret = Secret(CANARY)
    assert secret.reveal() == CANARY
    assert secret != Secret(CANARY)
    assert secret != CANARY
    assert not hasattr(secret, "__dict__")
    assert copy.deepcopy(secret).reveal() == CANARY
    with pytest.raises(TypeError):
        pickle.dumps(secret)
    with pytest.raises(TypeError):
        json.dumps(secret)
    with pytest.raises(TypeError):
        pickle.dumps(parse_env(b"A=1\n"))


def test_names_lines_and_states() -> None:
    file = parse_env(b"# head\n\nexport A=1\n\n\nB=\nC='x # y' # optional\n'D'=2\n")
    assert [(key, binding.line) for key, binding in file.keys.items()] == [("A", 3), ("B", 6), ("C", 7), ("D", 8)]
    assert [binding.empty for binding in file.bindings] == [False, True, False, False]
    assert file.keys["C"].optional
    assert not file.keys["A"].optional
    assert not file.doubt


def test_values_and_comments_do_not_show() -> None:
    file = parse_env(f"# {CANARY}\nA={CANARY} # {CANARY}\nB='{CANARY}'\n".encode())
    assert CANARY not in shown(file) + shown(file.bindings) + shown(file.keys) + shown(file.raw)


@pytest.mark.parametrize(
    ("text", "line", "names"),
    [
        ('A=1\nKEY="-----BEGIN PRIVATE KEY-----\nMIIEvQIBADAN\nBgkqhk==\n', 2, ["A"]),
        ("A=1\nKEY=-----BEGIN KEY-----\nMIIEvQIBADAN\nBgkqhk=\n", 3, ["A", "KEY"]),
        ('A=1\nB="x"y\nC=2\n', 2, ["A"]),
        ("A=1\n=x\nC=2\n", 2, ["A"]),
        ("A=1\nhunter2\nC=2\n", 2, ["A"]),
        ('A="open\nB=1\nC="closed"\nD=2\n', 1, []),
        ("\n\nexport A\nB=1\n", 3, []),
    ],
)
def test_from_the_first_doubtful_line_on_names_are_lines(text: str, line: int, names: list[str]) -> None:
    file = parse_env(text.encode())
    assert file.doubt == line
    assert list(file.keys) == names
    for binding in file.bindings:
        assert binding.shown == f"line {binding.line}" or binding.line < line
    for word in ("MIIEvQIBADAN", "Bgkqhk", "hunter2"):
        assert word not in shown(file) + shown(file.bindings) + shown(file.keys)


def test_unusual_names_are_lines() -> None:
    file = parse_env("my-key=1\nÄ=2\nGOOD=3\nx.y=4\n".encode())
    assert [binding.shown for binding in file.bindings] == ["line 1", "line 2", "GOOD", "line 4"]


def test_last_of_several_wins_and_a_bare_name_sets_nothing() -> None:
    file = parse_env(b"A=1\nB=1\nA=\nexport B\n")
    assert file.keys["A"].line == 3
    assert file.keys["A"].empty
    assert file.sets("A")
    assert not file.sets("B")
    assert file.mentions("B")


def test_a_name_on_a_broken_line_is_still_mentioned() -> None:
    file = parse_env(b"A='open\nB=1\n")
    assert file.mentions("A")
    assert file.mentions("B")
    assert not file.mentions("C")


@pytest.mark.parametrize(
    ("data", "state", "trouble"),
    [
        ("A=1\n".encode("utf-16"), "encoding", "UTF-16"),
        (b"A=1\nB=caf\xe9\n", "encoding", "line 2 is not UTF-8"),
        (b"A=1\nB=x\0y\n", "encoding", "line 2 holds a NUL"),
        (b"\xef\xbb\xbfA=1\n", "ok", ""),
        (b"", "ok", ""),
    ],
)
def test_encodings_are_states(data: bytes, state: str, trouble: str) -> None:
    file = parse_env(data)
    assert file.state == state
    assert trouble in file.trouble
    if data.startswith(b"\xef\xbb\xbf"):
        assert file.bom
        assert list(file.keys) == ["A"]


def test_what_is_no_file_is_a_state(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "link").symlink_to("nowhere")
    (tmp_path / "large").write_bytes(b"A=1\n" * 600_000)
    states = {name: read_env(str(tmp_path), name).state for name in ("folder", "fifo", "link", "large", "none")}
    assert states == {
        "folder": "not a file",
        "fifo": "not a file",
        "link": "unreadable",
        "large": "too large",
        "none": "missing",
    }


def test_marks_in_comments() -> None:
    text = "A= # optional\n# flaskdoctor: local\nB=1\nC=1\n\n# Optional: mail\nD=\nE=\n\nF=\nG= # not (optional)\n"
    file = parse_env(text.encode())
    assert {key for key, binding in file.keys.items() if binding.optional} == {"A", "D", "E", "G"}
    assert {key for key, binding in file.keys.items() if binding.local} == {"B"}


def test_commented_keys() -> None:
    file = parse_env(b"# A=1\n#B=\n# export C=x\n# see D: x = y\n## E = 1\nF=1\n")
    assert dict(file.commented) == {"A": 1, "B": 2, "C": 3, "E": 5}


@given(st.text(alphabet=st.sampled_from("AB=\"'# \n\r\\${}xé\t"), max_size=60))
def test_bindings_say_what_python_dotenv_sets(text: str) -> None:
    from dotenv import dotenv_values

    file = parse_env(text.encode())
    expected = dotenv_values(stream=io.StringIO(text, newline=""), interpolate=False)
    for name, value in expected.items():
        assert file.sets(name) == (value is not None)
    assert {binding.name.reveal() for binding in file.bindings} == set(expected)
    assert file.raw.reveal() == text.encode()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (".env-template", True), (".env.example", True), ("env.example", True), ("sample.env", True),
        (".env.local.example", True), ("default.env", True), (".env.model", True), (".ENV.EXAMPLE", True),
        (".env", False), (".env.local", False), (".env.production", False), ("env_example.py", False),
        ("example.txt", False), ("environment.yml", False), ("default.html", False), (".env.example.md", False),
    ],
)  # fmt: skip
def test_template_names(name: str, expected: bool) -> None:
    assert is_template_name(name) is expected


def test_env_files_of_a_project(tmp_path: Path) -> None:
    for name in (".env", ".env.sample", ".env.example", ".env.local", ".flaskenv", "shop/.env", "app.env"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(f"K_{len(name)}=1\n")
    (tmp_path / ".env.d").mkdir()
    files = read_env_files(str(tmp_path), EnvWanted(("", "shop", "none")))
    assert files.template is not None
    assert files.template.path == ".env.example"
    assert [template.path for template in files.templates] == [".env.example", ".env.sample"]
    assert files.nested == ("shop/.env",)
    assert files.others == (".env.local", "app.env")
    assert [file.path for file in files.further] == ["shop/.env", ".env.local", "app.env"]
    assert files.above == ""
    assert {".env", ".env.sample", "shop/.env", "app.env", "../.env", "../../.env"} < set(files.inputs)
    assert read_env_files(str(tmp_path / "shop")).above == os.path.realpath(tmp_path / ".env")


def test_no_env_files_means_no_python_dotenv(tmp_path: Path) -> None:
    code = (
        "import sys; from flaskdoctor.project.env.envfile import read_env_files; read_env_files(sys.argv[1]);"
        "sys.exit(any(name in sys.modules for name in ('dotenv', 'subprocess', 'dataclasses', 'json')))"
    )
    assert subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False).returncode == 0


def test_an_env_file_says_what_it_is_without_its_content() -> None:
    assert repr(EnvFile(".env")) == "EnvFile('.env', 'missing', 0 keys)"
