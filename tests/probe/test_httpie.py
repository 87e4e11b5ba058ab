"""Commands for the shell, tried in one."""

from __future__ import annotations

import shlex
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flaskdoctor.probe.httpie import curl, httpie

URL = "http://127.0.0.1:5000/users/1"


def test_the_commands_as_one_would_type_them() -> None:
    assert httpie("GET", URL) == f"http GET {URL}"
    assert httpie("GET", f"{URL}?a=1&b=2") == f"http GET '{URL}?a=1&b=2'"
    assert httpie("GET", URL, [("X-Key", "a b"), ("Empty", "")]) == f"http GET {URL} 'X-Key:a b' 'Empty;'"
    assert curl("GET", URL) == f"curl --include {URL}"
    assert curl("HEAD", URL) == f"curl --head {URL}"
    assert curl("OPTIONS", URL, [("Origin", "https://evil.example")]) == (
        f"curl --include --request OPTIONS --header 'Origin: https://evil.example' {URL}"
    )
    assert "--globoff" in curl("GET", "http://[::1]:5000/")


@pytest.mark.parametrize("command", [httpie, curl])
def test_a_shell_takes_each_part_as_one_word(command: object) -> None:
    nasty = "http://127.0.0.1:5000/a';touch x;'$(id)`id`\"!&|*?#"
    line = command("GET", nasty, [("X", "$HOME")])  # type: ignore[operator]
    done = subprocess.run(["sh", "-c", f"printf '%s\\n' {line}"], capture_output=True, text=True, check=True)
    words = done.stdout.splitlines()
    assert nasty in words
    assert any(word in ("X:$HOME", "X: $HOME") for word in words)


@given(st.text(), st.text())
def test_a_command_is_one_line_that_holds_nothing_else(url: str, value: str) -> None:
    for line in (httpie("GET", url, [("X", value)]), curl("GET", url, [("X", value)])):
        assert line.isprintable()
        assert len(shlex.split(line)) <= 7
