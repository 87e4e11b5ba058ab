"""README.md says what is true: its tables are the program's, its options exist, its pictures are there."""

import re
import subprocess
import sys
from pathlib import Path

import tomli

from tests.readme import README, written

ROOT = README.parent
TEXT = README.read_text(encoding="utf-8")


def test_its_tables_are_those_of_the_program() -> None:
    assert written(TEXT) == TEXT, "run python -m tests.readme"


def test_every_option_it_names_exists_and_every_option_is_named() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "flaskdoctor", "--help"],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    offered = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", done.stdout)) - {"--help"}
    commands = TEXT[TEXT.index("## The command line") : TEXT.index("### Exit codes")]
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", commands)) == offered


def test_every_dependency_has_its_reason() -> None:
    project = tomli.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = {re.match(r"[\w-]+", requirement)[0].lower() for requirement in project["dependencies"]}  # type: ignore[index]
    reasons = TEXT[TEXT.index("## What it needs") :]
    assert {name.lower() for name in re.findall(r"^\| \[([\w-]+)\]", reasons, re.MULTILINE)} == needed


def test_its_pictures_are_there_and_load_nothing_from_elsewhere() -> None:
    pictures = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", TEXT)
    assert pictures
    for picture in pictures:
        drawn = (ROOT / picture).read_text(encoding="utf-8")
        assert "url(" not in re.sub(r"url\(#[^)]*\)", "", drawn)


def test_the_two_commands_for_a_fresh_machine_are_one_line_each() -> None:
    commands = [line for line in TEXT.splitlines() if line.startswith("python3 -m venv")]
    assert len(commands) == 2
    assert commands[0].endswith("flaskdoctor --demo")
    assert "-m pytest" in commands[1]


def test_no_path_of_anybodys_machine_is_in_it() -> None:
    assert not re.search(r"/(home|Users|root|work)/", TEXT)


def test_the_changelog_knows_this_version() -> None:
    from flaskdoctor import __version__

    assert f"## [{__version__}]" in (Path(ROOT) / "CHANGELOG.md").read_text(encoding="utf-8")
