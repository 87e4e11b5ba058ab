"""The parts that need no screen: places to copy to, editors, terminals, text from outside, the watch."""

from __future__ import annotations

import asyncio
import os
import pickle
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from flaskdoctor.errors import UserError
from flaskdoctor.finding import Finding, Fix, Location, Severity, Tip
from flaskdoctor.tui import clipboard, editor, highlight, safe, terminal
from flaskdoctor.tui.backend import FileChange, Preview
from flaskdoctor.tui.keys import KEYS
from flaskdoctor.tui.panes.page import fix_section
from flaskdoctor.tui.session import urgency
from flaskdoctor.tui.watch import signature, watch


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ("vim", ["vim", "+12", "/p/a.py"]),
        ("/usr/bin/nvim -p", ["/usr/bin/nvim", "-p", "+12", "/p/a.py"]),
        ("emacsclient -t", ["emacsclient", "-t", "+12", "/p/a.py"]),
        ("hx", ["hx", "/p/a.py:12"]),
        ("code --wait", ["code", "--wait", "--goto", "/p/a.py:12"]),
        ("my-editor", ["my-editor", "/p/a.py"]),
    ],
)
def test_each_editor_gets_the_line_in_its_own_way(setting: str, expected: list[str]) -> None:
    assert editor.command("/p/a.py", 12, {"EDITOR": setting}) == expected


def test_visual_comes_before_editor_and_no_line_is_no_argument() -> None:
    assert editor.command("/p/a.py", 0, {"EDITOR": "nano", "VISUAL": "vim"}) == ["vim", "/p/a.py"]


@pytest.mark.parametrize("environ", [{}, {"EDITOR": " "}, {"VISUAL": "'"}])
def test_no_usable_editor_is_said(environ: dict[str, str]) -> None:
    with pytest.raises(UserError):
        editor.command("/p/a.py", 1, environ)


def test_a_relative_path_could_be_an_option() -> None:
    with pytest.raises(ValueError, match="absolute"):
        editor.command("-c:!sh", 1, {"EDITOR": "vim"})


async def test_copying_falls_back_to_osc52_and_then_to_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    sent: list[str] = []
    assert "OSC 52" in await clipboard.copy("a:1", {"TERM": "xterm"}, sent.append)
    assert sent == ["a:1"]
    where = await clipboard.copy("b:2", {"TERM": "linux"}, sent.append)
    assert sent == ["a:1"]
    file = Path(where.removeprefix("the file "))
    assert file.read_text() == "b:2\n"
    assert file.stat().st_mode & 0o077 == 0


async def test_copying_inside_tmux_asks_tmux(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = tmp_path / "tmux"
    fake.write_text(f'#!/bin/sh\n[ "$2" = -w ] && exit 1\ncat > {tmp_path}/buffer\n')
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert await clipboard.copy("a:1", {"TMUX": "x"}, [].append) == "the tmux buffer"
    assert (tmp_path / "buffer").read_text() == "a:1"


@pytest.mark.parametrize(
    ("environ", "colors", "theme"),
    [
        ({"TERM": "xterm-256color"}, 256, "flaskdoctor-dark"),
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, 1 << 24, "flaskdoctor-dark"),
        ({"TERM": "linux"}, 16, "ansi-dark"),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, 0, "ansi-dark"),
        ({"TERM": "dumb"}, 0, "ansi-dark"),
        ({"TERM": "vt220"}, 0, "ansi-dark"),
        ({"TERM": "xterm-256color", "NO_COLOR": ""}, 256, "flaskdoctor-dark"),  # no-color.org: only where not empty
        ({"TERM": "xterm-kitty"}, 1 << 24, "flaskdoctor-dark"),  # over SSH, without its COLORTERM
        ({"TERM": "xterm-direct"}, 1 << 24, "flaskdoctor-dark"),
        ({"TERM": "xterm-256color", "WT_SESSION": "x"}, 1 << 24, "flaskdoctor-dark"),
        ({"TERM": "tmux-256color", "WT_SESSION": "x"}, 256, "flaskdoctor-dark"),
        ({"TERM": "tmux-256color", "COLORTERM": "truecolor", "TMUX": "x"}, 1 << 24, "flaskdoctor-dark"),
        # GNU screen does not know what it hands on.
        ({"TERM": "screen-256color", "COLORTERM": "truecolor", "STY": "1.tty"}, 256, "flaskdoctor-dark"),
        ({"TERM": "screen", "COLORTERM": "truecolor", "STY": "1.tty"}, 16, "ansi-dark"),
    ],
)
def test_colours_follow_the_environment(environ: dict[str, str], colors: int, theme: str) -> None:
    found = terminal.describe(environ, "utf-8")
    assert found.colors == colors
    assert terminal.theme_for(found) == theme


@pytest.mark.parametrize(
    ("environ", "drawn"),
    [
        ({"TERM": "xterm"}, True),  # no locale at all, as in a container
        ({"TERM": "xterm", "LANG": "de_DE.UTF-8"}, True),
        ({"TERM": "xterm", "LANG": "en_US.UTF-8", "LC_ALL": "C"}, False),
        ({"TERM": "xterm", "LC_ALL": "C", "PYTHONUTF8": "1"}, True),
        ({"TERM": "xterm", "LC_ALL": "C.UTF-8", "LANG": "C"}, True),
        ({"TERM": "xterm", "LC_ALL": "", "LC_CTYPE": "POSIX"}, False),
        ({"TERM": "xterm", "LANG": "C", "LC_CTYPE": "C.UTF-8"}, False),  # LC_CTYPE is Python's own doing
        ({"TERM": "xterm", "LANG": "C", "LC_CTYPE": "de_DE.UTF-8"}, True),
        ({"TERM": "xterm", "LC_ALL": "de_DE.ISO-8859-1"}, False),
        ({"TERM": "xterm", "LANG": "de_DE.utf8@euro"}, True),
        ({"TERM": "linux", "LANG": "de_DE.UTF-8"}, False),  # the console's font has no such glyphs
    ],
)
def test_box_drawing_needs_a_terminal_that_has_it(environ: dict[str, str], drawn: bool) -> None:
    assert terminal.describe(environ, "utf-8").unicode is drawn


@given(st.text(max_size=60))
def test_text_from_outside_is_drawn_as_it_is_and_drives_nothing(text: str) -> None:
    shown = safe.line(text).plain
    assert not {unicodedata.category(character) for character in shown} & {"Cc", "Cs", "Zl", "Zp"}
    turning = {"LRO", "RLO", "LRE", "RLE", "PDF", "LRI", "RLI", "FSI", "PDI"}
    assert not {unicodedata.bidirectional(character) for character in shown} & turning


@given(st.text(max_size=60))
def test_ascii_keeps_the_width(text: str) -> None:
    shown = safe.line(text).plain
    plain = terminal.ascii_only(shown)
    assert plain.isascii()
    assert len(plain) == cell_len(shown)


@given(st.text(max_size=80))
def test_colouring_python_changes_no_character(text: str) -> None:
    assert highlight.python(text).plain == safe.visible(text)


def test_markup_stays_text() -> None:
    assert safe.joined("[red]", ("[/etc/passwd]", ".muted")).plain == "[red][/etc/passwd]"


@given(st.text())
def test_a_paste_is_one_line_that_can_be_shown(text: str) -> None:
    pasted = safe.pasted(text)
    assert pasted.isprintable()
    assert pasted == pasted.strip()


def test_the_first_line_with_something_in_it_is_pasted() -> None:
    assert safe.pasted("\r\n  app.py\x1b[31m \t\r\nsecond") == "app.py[31m"


def test_no_key_is_one_that_tmux_or_ssh_eat() -> None:
    eaten = {"ctrl+b", "ctrl+a", "ctrl+h", "ctrl+i", "ctrl+j", "ctrl+m"}
    assert not eaten & {key.keys for key in KEYS}
    assert len({key.id for key in KEYS}) == len(KEYS)


async def test_the_watch_calls_once_and_ends(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_text("1")
    paths = (str(tmp_path), str(file), str(tmp_path / "missing"))
    calls: list[int] = []
    task = asyncio.create_task(watch(paths, lambda: calls.append(1), pause=0.05))
    await asyncio.sleep(0.3)
    assert calls == []
    file.write_text("22")
    await asyncio.wait_for(task, 120)
    assert calls == [1]


def test_a_vanished_file_has_no_signature(tmp_path: Path) -> None:
    assert signature((str(tmp_path / "a\0b"), str(tmp_path / "gone"))) == (None, None)


def test_the_child_ends_when_its_input_does() -> None:
    child = subprocess.Popen(
        [sys.executable, "-m", "flaskdoctor.tui.child"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert child.stdin is not None
    assert child.stdout is not None
    body = pickle.dumps(("page", "/", None, ("FD001",)))
    child.stdin.write(len(body).to_bytes(8, "big") + body)
    child.stdin.flush()
    size = int.from_bytes(child.stdout.read(8), "big")
    good, page = pickle.loads(child.stdout.read(size))
    assert good
    assert page.code == "FD001"
    assert page.why
    child.stdin.close()
    assert child.wait(10) == 0


def test_a_headless_start_imports_neither_libcst_nor_what_comes_later() -> None:
    code = "import sys, flaskdoctor.tui.app, flaskdoctor.tui.client; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "textual.app" in loaded
    assert not loaded & {"libcst", "httpx", "yaml", "markdown_it", "pygments", "textual.widgets._markdown"}
    assert not {name for name in loaded if name.startswith(("flaskdoctor.rules", "flaskdoctor.fixes"))}


def test_what_other_fixes_wait_for_comes_first() -> None:
    def finding(code: str, tip: Tip) -> Finding:
        return Finding(code, "", tip, Severity.ERROR, "", Location("app.py"), Fix.UNSAFE)

    found = [finding("FD105", Tip.JSON), finding("FD301", Tip.SECRETS), finding("FD331", Tip.SECRETS)]
    assert [each.code for each in sorted(found, key=urgency)] == ["FD331", "FD301", "FD105"]


def test_what_is_left_to_do_after_a_fix_stands_below_its_diff() -> None:
    diff = "--- a/pyproject.toml\n+++ b/pyproject.toml\n@@ -1 +1 @@\n-a\n+b\n"
    found = Finding("FD301", "", Tip.SECRETS, Severity.ERROR, "", Location("app.py", 1), Fix.UNSAFE)
    preview = Preview((FileChange("pyproject.toml", diff),), (found,), notes=("run `uv lock`", "rotate SECRET_KEY"))
    blocks = fix_section(found, None, preview, 3)
    told = [block.text.plain for block in blocks[-2:]]  # type: ignore[union-attr]
    assert told == ["Then to do: run `uv lock`", "Then to do: rotate SECRET_KEY"]
