"""The Git tab: each check with its state, also those that pass."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from flaskdoctor.project.vcs import git as git_module
from flaskdoctor.project.vcs import githistory
from flaskdoctor.project.vcs.git import GitPicture
from flaskdoctor.scan import Options, scan
from tests.projects import build

TITLES = [
    "The project is in a git repository",
    "Git ignores .env",
    "Git tracks no .env file",
    "No .env in git's history",
    "Everybody's clone ignores .env",
    "The template can be committed",
    "Other files with secrets are ignored",
    "Each line of .gitignore does its work",
    "No Docker image gets .env",
    "No package gets .env",
]
NONE = "not applicable"
ENV = {"app.py": "import flask\n", ".env": "A=1\n", ".env.example": "A=\n"}


def picture(folder: Path, files: Mapping[str, str]) -> GitPicture:
    build(folder, files)
    return scan(str(folder), Options(cache=False)).git


def states(found: GitPicture) -> list[str]:
    return [check.state for check in found.checks]


def test_all_is_well(tmp_path: Path) -> None:
    found = picture(tmp_path, {"#git": "init", **ENV, ".gitignore": "venv/\n.env\n"})
    assert [check.title for check in found.checks] == TITLES
    assert states(found) == [*["ok"] * 6, NONE, "ok", NONE, NONE]
    assert found.source == "answered by git"
    assert found.checks[0].detail == "on main"
    assert found.checks[1].detail == "by line 2 of .gitignore: .env"
    assert found.checks[1].location is not None
    assert found.checks[1].location[:2] == (".gitignore", 2)


def test_findings_stand_at_their_checks(tmp_path: Path) -> None:
    found = picture(tmp_path, {"#git": "track:.env,.env.prod", **ENV, ".env.prod": ""})
    assert states(found) == ["ok", "finding", "finding", "finding", NONE, NONE, "ok", "ok", NONE, NONE, NONE]
    assert [check.code for check in found.checks if check.state == "finding"] == ["FD330", "FD331", "FD331"]
    assert [check.title for check in found.checks][2:4] == ["Git does not track .env", "Git does not track .env.prod"]


def test_ignored_here_only_and_an_ignored_template(tmp_path: Path) -> None:
    build(tmp_path, {"#git": "init", **ENV})
    (tmp_path / ".git/info/exclude").write_text(".env*\n")
    found = scan(str(tmp_path), Options(cache=False)).git
    assert states(found) == ["ok", "ok", "ok", "ok", "finding", "finding", NONE, NONE, NONE, NONE]
    assert [check.code for check in found.checks[4:6]] == ["FD333", "FD334"]
    assert "Only this machine" in found.checks[4].detail


def test_no_repository(tmp_path: Path) -> None:
    found = picture(tmp_path, {**ENV, ".gitignore": ".env\n"})
    assert states(found) == [NONE, "ok", NONE, NONE, "ok", "ok", NONE, "ok", NONE, NONE]
    assert found.source.startswith("no repository")


def test_nothing_to_ask(tmp_path: Path) -> None:
    found = picture(tmp_path, {"#git": "init", "app.py": "import flask\n"})
    assert states(found) == ["ok", NONE, "ok", "ok", NONE, NONE, NONE, NONE, NONE, NONE]


def test_unknown_says_why(tmp_path: Path) -> None:
    build(tmp_path, {"#git": "init", **ENV, ".env.local": "A=1\n", ".gitignore": "./.env\n"})
    (tmp_path / ".git/config").write_text("[core\n")
    result = scan(str(tmp_path), Options(cache=False))
    assert states(result.git) == ["ok", *["unknown"] * 7, NONE, NONE]
    assert "git failed" in result.git.source
    assert "git failed" in result.git.checks[1].detail
    assert not [finding for finding in result.report.findings if finding.code.startswith("FD33")]


def test_without_git_the_tab_says_who_answered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (git_module, githistory):
        monkeypatch.setattr(module, "git_binary", lambda _: "")
    found = picture(tmp_path, {"#git": "init", **ENV, ".gitignore": ".env\n"})
    assert states(found) == ["ok", "ok", "unknown", "unknown", "ok", "ok", NONE, "unknown", NONE, NONE]
    assert "no git program" in found.source


def test_files_lines_and_images_stand_at_their_checks(tmp_path: Path) -> None:
    found = picture(
        tmp_path,
        {
            "#git": "init",
            **ENV,
            ".env.local": "A=1\n",
            "api/.env": "A=1\n",
            ".gitignore": ".env # the keys\n",
            "Dockerfile": "FROM python\nCOPY . /app\n",
        },
    )
    shown = {(check.code, check.location.path) for check in found.checks if check.state == "finding" and check.location}
    assert shown == {
        ("FD330", ".gitignore"),
        ("FD335", ".env.local"),
        ("FD335", "api/.env"),
        ("FD336", ".gitignore"),
        ("FD337", "Dockerfile"),
    }


def test_files_lines_and_images_that_are_as_they_should_be(tmp_path: Path) -> None:
    found = picture(
        tmp_path,
        {
            "#git": "init",
            **ENV,
            ".env.local": "A=1\n",
            ".gitignore": ".env*\n!.env.example\n",
            "Dockerfile": "FROM python\nCOPY . /app\n",
            ".dockerignore": "**/.env*\n",
            "setup.py": "from setuptools import setup\n\nsetup(name='shop')\n",
        },
    )
    assert states(found) == ["ok"] * 10
    assert [check.code for check in found.checks[-4:]] == ["FD335", "FD336", "FD337", "FD338"]
