"""The Git tab: each check with its state, also those that pass."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from flaskdoctor.project import git as git_module
from flaskdoctor.project.git import GitPicture
from flaskdoctor.scan import Options, scan
from tests.projects import build

TITLES = [
    "The project is in a git repository",
    "Git ignores .env",
    "Git tracks no .env file",
    "Everybody's clone ignores .env",
    "The template can be committed",
]
ENV = {"app.py": "import flask\n", ".env": "A=1\n", ".env.example": "A=\n"}


def picture(folder: Path, files: Mapping[str, str]) -> GitPicture:
    build(folder, files)
    return scan(str(folder), Options(cache=False)).git


def states(found: GitPicture) -> list[str]:
    return [check.state for check in found.checks]


def test_all_is_well(tmp_path: Path) -> None:
    found = picture(tmp_path, {"#git": "init", **ENV, ".gitignore": "venv/\n.env\n"})
    assert [check.title for check in found.checks] == TITLES
    assert states(found) == ["ok"] * 5
    assert found.source == "answered by git"
    assert found.checks[0].detail == "on main"
    assert found.checks[1].detail == "by line 2 of .gitignore: .env"
    assert found.checks[1].location is not None
    assert found.checks[1].location[:2] == (".gitignore", 2)


def test_findings_stand_at_their_checks(tmp_path: Path) -> None:
    found = picture(tmp_path, {"#git": "track:.env,.env.prod", **ENV, ".env.prod": ""})
    assert states(found) == ["ok", "finding", "finding", "finding", "not applicable", "ok"]
    assert [check.code for check in found.checks if check.state == "finding"] == ["FD330", "FD331", "FD331"]
    assert [check.title for check in found.checks][2:4] == ["Git does not track .env", "Git does not track .env.prod"]


def test_ignored_here_only_and_an_ignored_template(tmp_path: Path) -> None:
    build(tmp_path, {"#git": "init", **ENV})
    (tmp_path / ".git/info/exclude").write_text(".env*\n")
    found = scan(str(tmp_path), Options(cache=False)).git
    assert states(found) == ["ok", "ok", "ok", "finding", "finding"]
    assert "only on this machine" in found.checks[3].detail


def test_no_repository(tmp_path: Path) -> None:
    found = picture(tmp_path, {**ENV, ".gitignore": ".env\n"})
    assert states(found) == ["not applicable", "ok", "not applicable", "ok", "ok"]
    assert found.source.startswith("no repository")


def test_nothing_to_ask(tmp_path: Path) -> None:
    found = picture(tmp_path, {"#git": "init", "app.py": "import flask\n"})
    assert states(found) == ["ok", "not applicable", "ok", "not applicable", "not applicable"]


def test_unknown_says_why(tmp_path: Path) -> None:
    build(tmp_path, {"#git": "init", **ENV})
    (tmp_path / ".git/config").write_text("[core\n")
    result = scan(str(tmp_path), Options(cache=False))
    assert states(result.git) == ["ok", "unknown", "unknown", "unknown", "unknown"]
    assert "git failed" in result.git.source
    assert "git failed" in result.git.checks[1].detail
    assert not [finding for finding in result.report.findings if finding.code in ("FD330", "FD331")]


def test_without_git_the_tab_says_who_answered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(git_module, "git_binary", lambda _: "")
    found = picture(tmp_path, {"#git": "init", **ENV, ".gitignore": ".env\n"})
    assert states(found) == ["ok", "ok", "unknown", "ok", "ok"]
    assert "no git program" in found.source
