"""The user's config: what it may say, and that nothing in it stops the dashboard."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flaskdoctor.tui.keys import KEYMAP, KEYS, MOVES, TAB_IDS
from flaskdoctor.tui.userconfig import UserConfig, config_path, read_config


def read(folder: Path, text: str) -> UserConfig:
    (folder / "config.toml").write_text(text, encoding="utf-8")
    return read_config(str(folder / "config.toml"))


def told(config: UserConfig) -> str:
    return " ".join(f"{problem.title} {problem.hint}" for problem in config.problems)


def test_without_a_file_everything_is_as_it_is(tmp_path: Path) -> None:
    config = read_config(str(tmp_path / "config.toml"))
    assert (config.theme, config.problems, config.keymap.chosen) == ("", (), {})


def test_it_stands_in_the_users_config_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert config_path().endswith("config.toml")
    assert "flaskdoctor" in config_path()


def test_keys_and_theme_are_taken(tmp_path: Path) -> None:
    config = read(
        tmp_path,
        'theme = "nord"\n[keys]\nfix = "ctrl+f"\nundo = "u"\nhelp = ["f1", "?"]\nnext_row = ["n", "Down"]\n'
        'filter = "slash"\nsort = "alt+s"\nrescan = "f5"\ntheme = "!"\n',
    )
    assert config.problems == ()
    assert config.theme == "nord"
    keymap = config.keymap
    assert [keymap.shown(name) for name in ("fix", "undo", "help", "next_row", "explain")] == [
        "ctrl+f", "u", "f1", "n", "x",
    ]  # fmt: skip
    assert keymap.textual("help") == "f1,question_mark"
    assert keymap.keys("next_row") == ("n", "down")


def test_two_keys_can_change_places(tmp_path: Path) -> None:
    config = read(tmp_path, '[keys]\nfix = "z"\nundo = "f"\n')
    assert config.problems == ()
    assert (config.keymap.shown("fix"), config.keymap.shown("undo")) == ("z", "f")


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ('[keys]\nfxi = "f"\n', 2, ["no key is called 'fxi'", "fix"]),
        ('them = "nord"\n', 1, ["no setting called 'them'", "Did you mean theme?"]),
        ('theme = 3\n', 1, ["theme must be a text"]),
        ('\nkeys = "f"\n', 2, ["keys must be a table"]),
        ('[keys]\nfix = 3\n', 2, ["fix must be a key"]),
        ('[keys]\nfix = []\n', 2, ["fix must be a key"]),
        ('[keys]\n\nfix = "z"\n', 3, ["z is bound twice", "fix", "undo"]),
        ('[keys]\nfix = "o"\ncopy = "o"\n', 3, ["o is bound twice", "copy", "fix"]),
        ('[keys]\nfix = "3"\n', 2, ["3 is bound twice", "tab_3"]),
        ('[keys]\nfix = "j"\n', 2, ["j is bound twice", "next_row"]),
        ('[keys]\nfix = "enter"\n', 2, ["enter is bound twice", "open"]),
        ('keys.fix = "ctrl+b"\n', 1, ["'ctrl+b'", "tmux"]),
        ('[keys]\nfix = "Ctrl+A"\n', 2, ["screen"]),
        ('[keys]\nfix = "ctrl+h"\n', 2, ["Backspace"]),
        ('[keys]\nfix = "ctrl+i"\n', 2, ["Tab"]),
        ('[keys]\nfix = "ctrl+j"\n', 2, ["Enter"]),
        ('[keys]\n"fix" = "ctrl+m"\n', 2, ["Enter"]),
        ('[keys]\nfix = "y"\n', 2, ["yes"]),
        ('[keys]\nfix = "shift+f3"\n', 2, ["function keys with a modifier"]),
        ('[keys]\nfix = "shift+f"\n', 2, ["'F'"]),
        ('[keys]\nfix = "pgup"\n', 2, ["no key", "pageup"]),
        ('[keys]\nfix = "\\u001b"\n', 2, ["no key"]),
        ('[keys]\nfix = ""\n', 2, ["no key"]),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_line_and_the_rest_counts(
    tmp_path: Path, text: str, line: int, words: list[str]
) -> None:
    more = "" if text.lstrip().startswith(("them", "keys")) else 'rescan = "f5"\n'
    config = read(tmp_path, text + more)
    (problem,) = config.problems
    assert problem.title.startswith(f"{tmp_path / 'config.toml'}:{line}: ")
    for word in words:
        assert word in told(config)
    assert config.keymap.shown("undo") == "z"
    assert not more or config.keymap.shown("rescan") == "f5"


def test_a_theme_that_is_not_there_is_told_with_the_nearest(tmp_path: Path) -> None:
    config = read(tmp_path, '\ntheme = "nrod"\n').with_themes(("nord", "gruvbox"), "gruvbx")
    assert config.theme == ""
    assert "--theme: there is no theme called 'gruvbx' Did you mean gruvbox?" in told(config)
    assert "config.toml:2: there is no theme called 'nrod' Did you mean nord?" in told(config)


def test_a_file_that_is_none_is_told(tmp_path: Path) -> None:
    assert "is not valid TOML" in told(read(tmp_path, "[keys\n"))
    (tmp_path / "config.toml").write_bytes(b"\xff\xfe")
    assert "not UTF-8" in told(read_config(str(tmp_path / "config.toml")))
    (tmp_path / "config.toml").write_bytes(b"#" * 200_000)
    assert "larger" in told(read_config(str(tmp_path / "config.toml")))
    (tmp_path / "folder").mkdir()
    assert "folder" in told(read_config(str(tmp_path / "folder")))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.binary(max_size=80) | st.text(max_size=60).map(lambda text: f"[keys]\nfix = {text}\n".encode("utf-8", "replace"))
)
def test_whatever_stands_there_the_keys_are_whole(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "config.toml").write_bytes(data)
    keymap = read_config(str(tmp_path / "config.toml")).keymap
    used = [key for name in keymap.ids() for key in keymap.keys(name)]
    assert len(used) == len(set(used))
    assert all(keymap.keys(name) for name in keymap.ids())


def test_the_table_is_whole() -> None:
    used = [key for name in KEYMAP.ids() for key in KEYMAP.keys(name)]
    assert len(used) == len(set(used)), "no key does two things"
    assert {name for move in MOVES for name in move.ids} | {key.id for key in KEYS} == set(KEYMAP.ids())
    assert set(TAB_IDS) < set(KEYMAP.ids())


def test_every_key_may_be_written_down_as_it_is(tmp_path: Path) -> None:
    lines = [f"{name} = {json.dumps(KEYMAP.keys(name))}" for name in KEYMAP.ids()]
    assert read(tmp_path, "\n".join(["[keys]", *lines])).problems == ()


def test_the_core_and_the_check_know_nothing_of_it() -> None:
    package = Path(__file__).resolve().parents[2] / "flaskdoctor"
    texts = {path.relative_to(package): path.read_text(encoding="utf-8") for path in package.rglob("*.py")}
    assert {path.parts[0] for path, text in texts.items() if "userconfig" in text} == {"tui"}


def test_the_readme_names_every_key_and_its_example_is_one(tmp_path: Path) -> None:
    text = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")
    section = text.partition("### Keys and theme of your own")[2].partition("\n## ")[0]
    for name in KEYMAP.ids():
        assert f"`{name}`" in section or name in TAB_IDS[1:-1], name
    example = section.partition("```toml\n")[2].partition("```")[0]
    config = read(tmp_path, example)
    assert config.problems == ()
    assert config.keymap.shown("fix") == "ctrl+f"
