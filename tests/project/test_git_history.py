"""What git remembers of env files: found wherever a ref leads to it, never waited for too long, asked once."""

from __future__ import annotations

from pathlib import Path

import pytest

from flaskdoctor.finding import Severity
from flaskdoctor.project.vcs import gitcommand
from flaskdoctor.project.vcs.githistory import GitHistory, HistoryWalk, history_path
from flaskdoctor.scan import Options, scan
from tests.projects import build, run_git, write

SECRET = "SECRET_KEY=kiln-and-clay\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository without any env file yet."""
    return build(tmp_path / "shop", {"#git": "track:app.py", "app.py": "import flask\n", ".gitignore": ".env*\n"})


def commit(folder: Path, path: str, text: str | None) -> None:
    """Commit a file, or take it out again."""
    if text is None:
        run_git(folder, "rm", "-q", "--cached", path)
        (folder / path).unlink()
    else:
        write(folder, {path: text})
        run_git(folder, "add", "-f", path)
    run_git(folder, "commit", "-q", "-m", "a change")


def remembered(folder: Path, *paths: str) -> GitHistory:
    return HistoryWalk(str(folder), paths, "").answer(10)


def names(history: GitHistory) -> list[str]:
    assert history.reason == ""
    return [file.path for file in history.files]


def test_a_file_that_came_and_went_is_remembered_with_its_newest_commit(project: Path) -> None:
    assert remembered(project) == GitHistory()
    commit(project, ".env", SECRET)
    commit(project, ".env", None)
    (file,) = remembered(project).files
    assert (file.path, file.harmless) == (".env", False)
    assert run_git(project, "rev-parse", "HEAD").startswith(file.commit)


def test_on_a_side_branch_that_was_merged_without_it(project: Path) -> None:
    run_git(project, "checkout", "-q", "-b", "side")
    commit(project, ".env.local", SECRET)
    commit(project, ".env.local", None)
    run_git(project, "checkout", "-q", "main")
    commit(project, "other.py", "")
    run_git(project, "merge", "-q", "-m", "merge", "side")
    run_git(project, "branch", "-D", "side")
    assert names(remembered(project)) == [".env.local"]


def test_behind_a_tag_and_in_a_stash(project: Path) -> None:
    run_git(project, "checkout", "-q", "--detach")
    commit(project, ".env.old", SECRET)
    run_git(project, "tag", "v1")
    run_git(project, "checkout", "-q", "main")
    write(project, {".env.wip": SECRET})
    run_git(project, "add", "-f", ".env.wip")
    run_git(project, "stash")
    assert names(remembered(project)) == [".env.old", ".env.wip"]


def test_in_a_folder_of_a_larger_repository_only_what_lies_there(tmp_path: Path) -> None:
    top = build(tmp_path / "top", {"#git": "track:api/app.py", "api/app.py": "import flask\n"})
    for path in (".env", "api/.env", "api/deploy/.env", "web/.env"):
        commit(top, path, SECRET)
    assert names(remembered(top / "api", "deploy/.env")) == [".env", "deploy/.env"]


def test_templates_are_no_secret(project: Path) -> None:
    commit(project, ".env.example", SECRET)
    assert names(remembered(project)) == []


@pytest.mark.parametrize(
    ("texts", "harmless"),
    [
        (["FLASK_APP=shop\n"], True),
        (["PORT=80\nDEBUG=1\n", "PORT=81\n"], True),
        (["SECRET_KEY=\nPASSWORD=changeme\n", ""], True),
        (["PORT=80\n", SECRET, "PORT=80\n"], False),
        (["DATABASE_URL=postgresql://shop:kiln@db/shop\n"], False),
        (["A='\nSECRET_KEY=kiln\n"], False),
        (["A=\xff\0" + "x" * 70_000], False),
    ],
)
def test_every_version_counts(project: Path, texts: list[str], harmless: bool) -> None:
    for text in texts:
        commit(project, ".env", text)
    commit(project, ".env", None)
    (file,) = remembered(project).files
    assert file.harmless is harmless


def test_of_a_shallow_clone_it_is_not_known(project: Path, tmp_path: Path) -> None:
    commit(project, ".env", SECRET)
    commit(project, ".env", None)
    commit(project, "b.py", "")
    run_git(tmp_path, "clone", "-q", "--depth=1", f"file://{project}", "clone")
    history = remembered(tmp_path / "clone")
    assert history.files == ()
    assert "shallow" in history.reason
    (check,) = [each for each in scan(str(tmp_path / "clone"), Options()).git.checks if each.code == "FD332"]
    assert (check.state, "shallow" in check.detail) == ("unknown", True)


def test_of_a_partial_clone_nothing_is_fetched(project: Path, tmp_path: Path) -> None:
    commit(project, ".env", "PORT=80\n")
    commit(project, ".env", None)
    run_git(project, "config", "uploadpack.allowFilter", "true")
    run_git(tmp_path, "clone", "-q", "--no-checkout", "--filter=blob:none", f"file://{project}", "clone")
    packs = sorted((tmp_path / "clone/.git/objects/pack").iterdir())
    (file,) = remembered(tmp_path / "clone").files
    assert (file.path, file.harmless) == (".env", False)  # what it held is not known
    assert sorted((tmp_path / "clone/.git/objects/pack").iterdir()) == packs


def test_in_a_worktree_and_a_submodule(project: Path, tmp_path: Path) -> None:
    commit(project, ".env", SECRET)
    commit(project, ".env", None)
    run_git(project, "worktree", "add", "-q", "-b", "side", str(tmp_path / "side"))
    assert names(remembered(tmp_path / "side")) == [".env"]
    top = build(tmp_path / "top", {"#git": "track:a.py", "a.py": ""})
    run_git(top, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(project), "shop")
    assert names(remembered(top / "shop")) == [".env"]
    assert names(remembered(top)) == []


def test_outside_of_a_repository_and_without_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert remembered(build(tmp_path / "plain", {"app.py": ""})) == GitHistory()
    folder = build(tmp_path / "shop", {"#git": "track:.env", ".env": SECRET})
    monkeypatch.setenv("PATH", str(tmp_path))
    assert remembered(folder) == GitHistory((), "no git program was found")


def test_of_a_repository_without_a_commit(tmp_path: Path) -> None:
    assert names(remembered(build(tmp_path / "shop", {"#git": "init", ".env": SECRET}))) == []


@pytest.fixture
def slow_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A git that takes very long over ``rev-list``, until the file is there that this gives."""
    release = tmp_path / "release"
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "git"
    real = gitcommand.git_binary(str(tmp_path / "nowhere"))
    program.write_text(
        f'#!/bin/sh\ncase "$*" in *rev-list*) while [ ! -e {release} ]; do sleep 0.05; done;; esac\nexec {real} "$@"\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return release


def test_a_long_history_holds_nobody_up_and_is_told_as_unknown(project: Path, slow_git: Path) -> None:
    commit(project, ".env", SECRET)
    commit(project, ".env", None)
    impatient = scan(str(project), Options(patience=0.0))
    (check,) = [each for each in impatient.git.checks if each.code == "FD332"]
    assert (check.state, "long" in check.detail) == ("unknown", True)
    assert "FD332" not in {finding.code for finding in impatient.report.findings}
    # Whoever reads on leaves a file that the next scan takes the answer from.
    assert history_path(str(project)) in impatient.inputs
    slow_git.touch()
    patient = scan(str(project), Options())
    assert [finding.severity for finding in patient.report.findings if finding.code == "FD332"] == [Severity.WARNING]
    assert history_path(str(project)) not in patient.inputs


def test_the_walk_is_made_once_until_a_branch_moves(project: Path, slow_git: Path) -> None:
    slow_git.touch()
    commit(project, ".env", SECRET)
    commit(project, ".env", None)
    first = HistoryWalk(str(project), (), "key").answer(10)
    slow_git.unlink()
    assert HistoryWalk(str(project), (), "key").answer(0) == first
    assert HistoryWalk(str(project), (), "another key").answer(0).waiting
    commit(project, "b.py", "")
    assert HistoryWalk(str(project), (), "key").answer(0).waiting
