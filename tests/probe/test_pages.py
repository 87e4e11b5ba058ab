"""Reading error pages: the exception and its place, and nothing that costs or gives away too much."""

from __future__ import annotations

import html
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.debug.tbtools import DebugTraceback

from flaskdoctor.finding import Location
from flaskdoctor.probe.pages import read_breakage, shows_traceback

SOURCE = 'def view():\n    raise LookupError("no such <thing> & token=canary")\n'


def debugger_page(path: Path, source: str) -> str:
    """The page that Werkzeug's debugger makes of a source that fails."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(source)
    try:
        names: dict[str, object] = {}
        exec(compile(source, str(path), "exec"), names)
        names["view"]()  # type: ignore[operator]
    except Exception as error:  # noqa: BLE001
        return DebugTraceback(error).render_debugger_html(evalex=True, secret="hidden", evalex_trusted=False)
    raise AssertionError


def test_the_debuggers_page_names_error_and_place(tmp_path: Path) -> None:
    page = debugger_page(tmp_path / "shop" / "views.py", SOURCE)
    found = read_breakage(page, 500, "INTERNAL SERVER ERROR", str(tmp_path))
    assert found.error == "LookupError: no such <thing> & token=••••"
    assert (found.location, found.traceback) == (Location("shop/views.py", 2), True)


@pytest.mark.parametrize(
    ("source", "error", "line"),
    [
        ("x = 1\ndef view(:\n", "SyntaxError: invalid syntax", 2),
        ("def view():\n  x = 1\n x = 2\n", "IndentationError: unindent does not match any outer indentation level", 3),
        ("import no_such_module\n", "ModuleNotFoundError: No module named 'no_such_module'", 1),
        ("def view():\n    raise ValueError('one\\ntwo')\n", "ValueError: one", 2),
        ("def view():\n    assert False\n", "AssertionError", 2),
    ],
)
def test_errors_of_every_form(tmp_path: Path, source: str, error: str, line: int) -> None:
    found = read_breakage(debugger_page(tmp_path / "app.py", source), 500, "NO", str(tmp_path))
    assert found.error.startswith(error)
    assert found.location == Location("app.py", line)


def test_a_page_that_was_cut_still_tells(tmp_path: Path) -> None:
    page = debugger_page(tmp_path / "app.py", "x = 1\ndef view(:\n")
    found = read_breakage(page[: page.index("<h2 class")] + "x" * 200_000, 500, "NO", str(tmp_path))
    assert (found.error, found.location) == ("SyntaxError: invalid syntax", Location("app.py", 2))


def test_a_traceback_as_plain_text(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("")
    text = (
        "Traceback (most recent call last):\n"
        f'  File "{tmp_path}/app.py", line 7, in view\n    return 1 / 0\n'
        '  File "/usr/lib/python3.12/site-packages/x.py", line 9, in y\n    z\n'
        "ZeroDivisionError: division by zero\n"
    )
    for page in (text, f"<pre>{html.escape(text)}</pre>"):
        found = read_breakage(page, 500, "NO", str(tmp_path))
        assert (found.location, found.traceback) == (Location("app.py", 7), True)
        assert found.error.startswith("ZeroDivisionError: division by zero")


def test_a_server_in_a_container_has_its_files_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "views.py").write_text("")
    text = 'Traceback (most recent call last):\n  File "/srv/code/shop/views.py", line 3, in x\nKeyError: 1\n'
    assert read_breakage(text, 500, "NO", str(tmp_path)).location == Location("shop/views.py", 3)


@pytest.mark.parametrize(
    "path",
    ["/etc/passwd", "../../etc/passwd", "/srv/../etc/passwd", "/x/site-packages/app.py", "app.py\x00", "<string>"],
)
def test_a_page_leads_to_no_file_of_somebody_else(tmp_path: Path, path: str) -> None:
    (tmp_path / "app.py").write_text("")
    text = f'Traceback (most recent call last):\n  File "{path}", line 3, in x\nKeyError: 1\n'
    assert read_breakage(text, 500, "NO", str(tmp_path)).location is None


def test_a_page_does_not_lead_out_of_the_project(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "beside.py").write_text("")
    for path in ("../beside.py", f"{tmp_path}/shop/../beside.py", f"{tmp_path}/beside.py"):
        text = f'Traceback (most recent call last):\n  File "{path}", line 3, in x\nKeyError: 1\n'
        assert read_breakage(text, 500, "NO", str(tmp_path / "shop")).location is None


def test_a_page_leads_to_no_hidden_file_and_through_no_link(tmp_path: Path) -> None:
    project = tmp_path / "shop"
    (project / ".git").mkdir(parents=True)
    (tmp_path / "beside.py").write_text("")
    for name in (".env", ".git/config", "app.py"):
        (project / name).write_text("")
    (project / "out").symlink_to(tmp_path, target_is_directory=True)
    (project / "link.py").symlink_to(tmp_path / "beside.py")
    (project / "same.py").symlink_to(project / "app.py")
    for path in (".env", f"{project}/.env", "/srv/.env", ".git/config", "out/beside.py", f"{project}/link.py"):
        text = f'Traceback (most recent call last):\n  File "{path}", line 3, in x\nKeyError: 1\n'
        assert read_breakage(text, 500, "NO", str(project)).location is None
    text = 'Traceback (most recent call last):\n  File "same.py", line 3, in x\nKeyError: 1\n'
    assert read_breakage(text, 500, "NO", str(project)).location == Location("same.py", 3)


def test_deep_paths_cost_a_bounded_number_of_looks_at_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def isfile(path: str) -> bool:
        asked.append(path)
        return False

    monkeypatch.setattr("os.path.isfile", isfile)
    frames = "".join(f'  File "/x/{"a/" * 480}{number}.py", line 1, in x\n' for number in range(400))
    read_breakage(f"Traceback (most recent call last):\n{frames}KeyError: 1\n", 500, "NO", str(tmp_path))
    assert len(asked) < 8000


def test_a_long_error_is_cut() -> None:
    text = f"Traceback (most recent call last):\nKeyError: {'a' * 450}\n"
    error = read_breakage(text, 500, "NO", "").error
    assert (len(error), error[-1]) == (300, "…")


def test_an_error_without_a_traceback(tmp_path: Path) -> None:
    found = read_breakage("<h1>Internal Server Error</h1>", 500, "INTERNAL SERVER ERROR", str(tmp_path))
    assert found == ("500 INTERNAL SERVER ERROR", None, False)
    assert not shows_traceback("<h1>no</h1>")


def test_a_login_in_an_error_is_masked(tmp_path: Path) -> None:
    source = 'def view():\n    raise OSError("cannot reach postgres://ada:canary@db/shop")\n'
    found = read_breakage(debugger_page(tmp_path / "app.py", source), 500, "NO", str(tmp_path))
    assert found.error == "OSError: cannot reach postgres://••••@db/shop"


@given(st.text(), st.sampled_from(["", "<title>", "Traceback (most recent call last)", "EVALEX_TRUSTED <title>"]))
def test_any_page_is_read(text: str, start: str) -> None:
    found = read_breakage(start + text, 500, "NO", "/nowhere")
    assert found.location is None
    assert len(found.error) <= 300
