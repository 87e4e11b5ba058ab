"""A scanned repository is not trusted: nothing in it runs, nothing outside of it is listed, nothing waits for ever."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from flaskdoctor.project.vcs import gitcommand
from flaskdoctor.project.vcs.git import git_inputs, ignored_paths, read_git, remove_from_index
from flaskdoctor.project.vcs.githistory import HistoryWalk
from tests.projects import build, run_git


@pytest.fixture
def trap(tmp_path: Path) -> Path:
    """A program that leaves a mark when it runs."""
    program = tmp_path / "trap"
    program.write_text(f"#!/bin/sh\necho ran >> {tmp_path}/mark\n")
    program.chmod(0o755)
    return program


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with a tracked file and an untracked .env."""
    return build(tmp_path / "repository", {"#git": "track:app.py,.env.old", "app.py": "", ".env.old": "", ".env": ""})


def ask_everything(root: Path) -> None:
    read_git(str(root), [".env"])
    ignored_paths(str(root))
    git_inputs(str(root))
    assert [file.path for file in HistoryWalk(str(root), [], "").answer(10).files] == [".env.old"]
    remove_from_index(str(root), ".env.old")


SETTINGS = [
    "core.fsmonitor",
    "core.pager",
    "core.editor",
    "core.sshCommand",
    "core.askPass",
    "gpg.program",
    "diff.external",
    "remote.origin.uploadpack",
    "diff.x.textconv",
    "diff.x.command",
]


def test_no_program_of_the_repository_runs(repository: Path, trap: Path) -> None:
    for setting in SETTINGS:
        run_git(repository, "config", setting, str(trap))
    for command in ("ls-files", "check-ignore", "rev-list", "rev-parse", "diff-tree", "cat-file", "update-index"):
        run_git(repository, "config", f"alias.{command}", f"!{trap}")
    run_git(repository, "config", "remote.origin.url", "ext::sh -c 'touch mark'")
    run_git(repository, "config", "extensions.partialClone", "origin")  # what is missing would be fetched
    for name in ("clean", "smudge", "process"):
        run_git(repository, "config", f"filter.x.{name}", str(trap))
    (repository / ".gitattributes").write_text("* filter=x diff=x\n")
    for hook in ("post-index-change", "fsmonitor-watchman", "reference-transaction", "pre-commit"):
        link = repository / ".git/hooks" / hook
        link.unlink(missing_ok=True)
        link.symlink_to(trap)
    os.utime(repository / "app.py", (1, 1))
    ask_everything(repository)
    assert not (trap.parent / "mark").exists()
    run_git(repository, "ls-files")  # the trap works: plain git runs it
    assert (trap.parent / "mark").exists()


def test_a_work_tree_elsewhere_is_not_listed(repository: Path) -> None:
    run_git(repository, "config", "core.worktree", "/etc")
    (repository / ".git/info/exclude").write_text("*\n")
    paths, trouble = ignored_paths(str(repository))
    assert trouble == ""
    assert paths == {".env"}
    assert read_git(str(repository), [".env"]).tracked == (".env.old",)


def test_inherited_variables_do_not_point_elsewhere(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trap: Path
) -> None:
    other = build(tmp_path / "other", {"#git": "track:.env", ".env": ""})
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other / ".git/index"))
    monkeypatch.setenv("GIT_EXTERNAL_DIFF", str(trap))
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "core.fsmonitor")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", str(trap))
    assert read_git(str(repository), [".env"]).tracked == (".env.old",)
    assert not any(name.startswith("GIT_CONFIG") for name in gitcommand.environment())
    ask_everything(repository)
    assert not (trap.parent / "mark").exists()


@pytest.mark.parametrize("place", [".gitignore", ".git/info/exclude", "excludes"])
def test_a_fifo_as_ignore_file_ends_with_the_timeout(
    repository: Path, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (repository / place).unlink(missing_ok=True)
    os.mkfifo(repository / place)
    if place == "excludes":
        run_git(repository, "config", "core.excludesFile", str(repository / place))
    monkeypatch.setattr(gitcommand.run, "__kwdefaults__", {**gitcommand.run.__kwdefaults__, "timeout": 0.4})
    state = read_git(str(repository), [".env"])
    assert "did not answer" in state.reason
    assert state.ignore(".env") is None
    assert "did not answer" in ignored_paths(str(repository))[1]


def test_a_timeout_kills_all_that_was_started(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = tmp_path / "bin" / "git"
    slow.parent.mkdir()
    slow.write_text(f"#!/bin/sh\nsleep 600 &\necho $! > {tmp_path}/pid\nwait\n")
    slow.chmod(0o755)
    monkeypatch.setenv("PATH", f"{slow.parent}{os.pathsep}{os.environ['PATH']}")
    place = gitcommand.locate(str(repository))
    pid, timeout = tmp_path / "pid", 0.25
    while not pid.exists() or not pid.read_text():  # on a busy machine it takes a while until it is started
        timeout *= 2
        git = gitcommand.git_binary(str(repository))
        (answer,) = gitcommand.run(git, place, [(("x",), b"")], timeout=timeout)
        assert "did not answer" in answer.trouble
    child = int(pid.read_text())
    for _ in range(2000):
        if not _alive(child):
            break
        time.sleep(0.05)
    assert not _alive(child)


@pytest.mark.parametrize("inside", [False, True])
def test_a_folder_that_plays_a_bare_repository_is_none(inside: bool, tmp_path: Path, trap: Path) -> None:
    if inside:
        run_git(tmp_path, "init", "-q")
    run_git(tmp_path, "init", "-q", "--bare", "fake")
    fake = tmp_path / "fake"
    run_git(fake, "config", "core.bare", "false")
    run_git(fake, "config", "core.worktree", str(fake))
    run_git(fake, "config", "core.excludesFile", str(tmp_path / "all"))
    (tmp_path / "all").write_text("*\n")
    state = read_git(str(fake), [".env"])
    answer = state.ignore(".env")
    assert answer is None or not answer.ignored
    assert state.repository is inside
    assert bool(state.reason) is inside


def test_a_git_in_the_project_is_not_run(repository: Path, trap: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in (repository, repository / "bin"):
        folder.mkdir(exist_ok=True)
        (folder / "git").symlink_to(trap)
    monkeypatch.chdir(repository)
    monkeypatch.setenv("PATH", os.pathsep.join(["", ".", "bin", str(repository / "bin"), os.environ["PATH"]]))
    ask_everything(repository)
    assert not (trap.parent / "mark").exists()


def test_a_broken_repository_is_unknown(repository: Path) -> None:
    (repository / ".git/config").write_text("[core\n")
    state = read_git(str(repository), [".env"])
    assert state.reason.startswith("git failed: ")
    assert state.tracked is None
    (repository / ".git/config").write_text("[core]\n\trepositoryformatversion = 99\n")
    assert "git failed" in read_git(str(repository), [".env"]).reason


def _alive(process: int) -> bool:
    try:
        with open(f"/proc/{process}/stat", encoding="ascii") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
