"""GitHub and GitLab know a file by its path from the top of the repository."""

from __future__ import annotations

from pathlib import Path

import pytest

from flaskdoctor.reports.repository import repository_prefix


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "checked out" / "services" / "shop"
    folder.mkdir(parents=True)
    return folder


def test_the_nearest_repository_counts_also_as_a_worktree(project: Path) -> None:
    assert repository_prefix(str(project), {}) == ""
    (project.parents[1] / ".git").mkdir()
    assert repository_prefix(str(project), {}) == "services/shop/"
    (project.parent / ".git").write_text("gitdir: elsewhere\n")
    assert repository_prefix(str(project), {}) == "shop/"
    (project / ".git").mkdir()
    assert repository_prefix(str(project), {}) == ""


@pytest.mark.parametrize("name", ["GITHUB_WORKSPACE", "CI_PROJECT_DIR"])
def test_without_one_the_service_says_where_it_begins(project: Path, name: str) -> None:
    top = project.parents[1]
    assert repository_prefix(str(project), {name: str(top)}) == "services/shop/"
    assert repository_prefix(str(project), {name: f"{top}/"}) == "services/shop/"
    assert repository_prefix(str(project), {name: str(project.parent / "sho")}) == ""
    assert repository_prefix(str(project), {name: ""}) == ""


def test_a_link_to_the_project_leads_to_where_it_lies(project: Path, tmp_path: Path) -> None:
    (project.parents[1] / ".git").mkdir()
    link = tmp_path / "link"
    link.symlink_to(project)
    assert repository_prefix(str(link), {}) == "services/shop/"
