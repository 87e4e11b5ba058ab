"""The file that keeps how a project was looked at: its own in every way, and nothing to be afraid of."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flaskdoctor.finding import Location
from flaskdoctor.tui.view import View, mark, read_view, view_path, write_view

WHOLE = View("code", "nord", {"code": mark(("FD101", 1))}, {"env": "mail port"}, {"code": "file"})


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "state" / "views" / "shop.json"
    path.parent.mkdir(parents=True)
    path.parent.chmod(0o755)
    write_view(str(path), WHOLE)
    assert read_view(str(path)) == WHOLE
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert os.listdir(path.parent) == ["shop.json"]


def test_it_stands_in_the_state_folder_by_project(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FLASKDOCTOR_STATE_DIR", str(tmp_path / "state"))
    one, other = view_path("/srv/a/shop"), view_path("/srv/b/shop")
    assert one != other
    assert Path(one).is_relative_to(tmp_path / "state")


def test_only_so_many_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flaskdoctor.tui.view._KEPT", 3)
    for number in range(5):
        write_view(str(tmp_path / f"{number}.json"), WHOLE)
        os.utime(tmp_path / f"{number}.json", (number, number))
    write_view(str(tmp_path / "last.json"), WHOLE)
    assert sorted(os.listdir(tmp_path)) == ["3.json", "4.json", "last.json"]


def test_a_filter_that_looks_like_a_token_is_not_kept(tmp_path: Path) -> None:
    path = tmp_path / "views" / "shop.json"
    token = "ghp_0a1B2c3D4e5F6a7B8c9D0e1F2a3B4c5D6e7F"
    write_view(str(path), WHOLE._replace(filters={"code": f"key {token}", "env": "mail"}))
    assert token not in path.read_text()
    assert read_view(str(path)).filters == {"env": "mail"}


def test_a_row_is_known_by_what_names_it_and_the_file_does_not_tell_what_that_is() -> None:
    key = ("FD101", "app.py", "jsonify(x)", 0)
    assert mark(key) == mark(("FD101", "app.py", "jsonify(x)", 0)) != mark(("FD101", "app.py", "jsonify(x)", 1))
    assert mark((Location("\udc80.py"), None))
    assert "app" not in mark(key)


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "{", "null", '{"format": 2, "tab": "code"}',
        '{"format": 1, "tab": 3, "filters": [], "sorts": {"a": 1}}',
        '{"format": 1, "tab": "\\u001b[2J", "filters": {"code": "a\\u202eb"}}', "[" * 50_000,
        '{"format": 1, "filters": {"code": "%s"}}' % ("x" * 5000), '{"format": 1, "tab": "%s"}' % ("x" * 100_000),
    ],
)  # fmt: skip
def test_a_file_that_is_broken_or_hostile_is_as_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "shop.json").write_text(text)
    assert read_view(str(tmp_path / "shop.json")) == View()


_NAMES = st.sampled_from(["format", "tab", "theme", "selected", "filters", "sorts", "code", "\x1b"])
_LEAVES = st.none() | st.integers() | st.text(max_size=8)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(st.recursive(_LEAVES, lambda inner: st.dictionaries(_NAMES, inner, max_size=5)))
def test_whatever_stands_there_it_is_texts(tmp_path: Path, stored: object) -> None:
    stored = {**stored, "format": 1} if isinstance(stored, dict) else stored
    (tmp_path / "shop.json").write_text(json.dumps(stored))
    view = read_view(str(tmp_path / "shop.json"))
    texts = [view.tab, view.theme, *view.selected.values(), *view.filters.values(), *view.sorts.values()]
    assert all(isinstance(text, str) and text.isprintable() for text in texts)
    assert read_view(str(tmp_path)) == View(), "a folder is no file"
