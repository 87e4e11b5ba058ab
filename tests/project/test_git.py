"""What git says of a project: real repositories in temporary folders."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

import pytest

from flaskdoctor.errors import Refuse
from flaskdoctor.project.vcs import git as git_module
from flaskdoctor.project.vcs.git import NO_GIT, Ignore, git_inputs, ignored_paths, read_git, remove_from_index
from tests.projects import build, run_git, write

APP = {"app.py": "import flask\n"}


@pytest.fixture
def no_git(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without git."""
    monkeypatch.setattr(git_module, "git_binary", lambda _: "")


@pytest.fixture(params=["in a repository", "outside", "without git"])
def project(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same files with git, outside of a repository, and on a machine without git."""
    build(tmp_path, {"#git": "" if request.param == "outside" else "init", **APP})
    if request.param == "without git":
        monkeypatch.setattr(git_module, "git_binary", lambda _: "")
    return tmp_path


@pytest.mark.parametrize(
    ("ignore_file", "ignored", "line"),
    [
        ("venv/\n.env\n", True, 2),
        (".env*\n!.env.example\n", True, 1),
        (".env\n!.env\n", False, 2),
        ("*.env\r\n", True, 1),
        (".env/\n", False, 0),
        ("./.env\n", False, 0),
        (".env # secrets\n", False, 0),
        ("/.env\n", True, 1),
        ("*\n!app.py\n", True, 1),
        ("", False, 0),
    ],
)
def test_whether_env_is_ignored_and_by_which_line(project: Path, ignore_file: str, ignored: bool, line: int) -> None:
    write(project, {".gitignore": ignore_file, ".env": "A=1\n"})
    answer = read_git(str(project), [".env"]).ignore(".env")
    assert answer is not None
    assert (answer.ignored, answer.line) == (ignored, line)
    assert answer.source == (".gitignore" if line else "")
    assert answer.everywhere


def test_ignored_files_and_folders_are_listed(project: Path) -> None:
    write(
        project,
        {
            ".gitignore": "build/\n*.log\n",
            "build/a.py": "",
            "shop/x.log": "",
            "shop/__init__.py": "",
            "shop/.gitignore": "gen.py\n",
            "shop/gen.py": "",
        },
    )
    paths, _ = ignored_paths(str(project))
    assert paths == {"build", "shop/x.log", "shop/gen.py"}


def test_states_of_a_repository(tmp_path: Path) -> None:
    build(
        tmp_path,
        {"#git": "track:.env,app.py,docker/.env.prod,a.env", **APP, ".env": "", "docker/.env.prod": "", "a.env": ""},
    )
    state = read_git(str(tmp_path), [".env"])
    assert state.repository
    assert state.branch == "main"
    assert state.reason == ""
    assert state.tracked == (".env", "a.env", "docker/.env.prod")
    assert state.tracks(".env")
    assert not state.tracks(".env.local")
    assert state.top == str(tmp_path)
    run_git(tmp_path, "checkout", "-q", "-b", "feature/x")
    assert read_git(str(tmp_path), []).branch == "feature/x"
    run_git(tmp_path, "checkout", "-q", "--detach")
    assert len(read_git(str(tmp_path), []).branch) == 7


def test_outside_of_a_repository(tmp_path: Path) -> None:
    write(tmp_path, {".gitignore": ".env\n", **APP})
    state = read_git(str(tmp_path), [".env", "x"])
    assert (state.repository, state.branch, state.reason, state.tracked) == (False, "", "", None)
    assert state.answers == {".env": Ignore(True, ".gitignore", 1, ".env"), "x": Ignore(False)}
    assert state.tracks(".env") is False
    assert sorted(os.listdir(tmp_path)) == [".gitignore", "app.py"]


def test_a_full_disk_is_a_state_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "project").mkdir()
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "mkdir", full)
    assert "git failed" in read_git(str(tmp_path / "project"), [".env"]).reason
    monkeypatch.undo()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    making, made = os.mkdir, []

    def full_later(path: str, mode: int = 0o777) -> None:
        made.append(path)
        if len(made) > 1:
            full()
        making(path, mode)

    monkeypatch.setattr(os, "mkdir", full_later)
    assert "git failed" in read_git(str(tmp_path / "project"), [".env"]).reason
    assert os.listdir(tmp_path / "temporary") == []


def test_a_project_in_a_folder_of_a_repository(tmp_path: Path) -> None:
    build(
        tmp_path,
        {"#git": "track:shop/.env", ".gitignore": ".env\n", "shop/.env": "", "other/.env": "", "shop/app.py": ""},
    )
    run_git(tmp_path, "add", "-f", "other/.env")
    state = read_git(str(tmp_path / "shop"), [".env"])
    assert state.tracked == (".env",)
    assert state.ignore(".env") == Ignore(True, str(tmp_path / ".gitignore"), 1, ".env")
    assert state.top == str(tmp_path)
    index, before, after = remove_from_index(str(tmp_path / "shop"), ".env")
    Path(index).write_bytes(after)
    assert run_git(tmp_path, "ls-files").split() == ["other/.env"]
    assert before != after


def test_what_is_ignored_only_here(tmp_path: Path) -> None:
    build(tmp_path, {"#git": "init", **APP})
    (tmp_path / ".git/info/exclude").write_text("# mine\n.env\n")
    answer = read_git(str(tmp_path), [".env"]).ignore(".env")
    assert answer is not None
    assert answer.ignored
    assert not answer.everywhere
    assert answer.source.endswith(".git/info/exclude")


def test_a_root_that_a_repository_above_ignores_still_has_files(tmp_path: Path) -> None:
    build(tmp_path, {"#git": "init", ".gitignore": "shop/\n", "shop/app.py": ""})
    assert ignored_paths(str(tmp_path / "shop")) == (frozenset(), "")


def test_names_that_look_like_options_or_magic(tmp_path: Path) -> None:
    build(tmp_path, {"#git": "init", **APP, ".gitignore": "*env*\n"})
    names = [":(top).env", "-env", "a\nenv", "é.env", ":!env", "x"]
    state = read_git(str(tmp_path), names)
    assert {name: answer.ignored for name, answer in state.answers.items()} == {name: name != "x" for name in names}


def test_a_worktree_and_a_submodule_have_their_git_folder_elsewhere(tmp_path: Path) -> None:
    main = build(tmp_path / "main", {"#git": "track:app.py,.env", **APP, ".env": ""})
    run_git(main, "worktree", "add", "-q", "-b", "side", str(tmp_path / "side"))
    state = read_git(str(tmp_path / "side"), [".env"])
    assert (state.branch, state.tracked) == ("side", (".env",))
    inputs = git_inputs(str(tmp_path / "side"))
    assert str(main / ".git/worktrees/side/index") in inputs
    assert str(main / ".git/config") in inputs
    index, before, _ = remove_from_index(str(tmp_path / "side"), ".env")
    assert Path(index) == main / ".git/worktrees/side/index"
    assert Path(index).read_bytes() == before


def test_in_a_sparse_checkout_the_index_has_what_the_folder_has_not(tmp_path: Path) -> None:
    files = {"#git": "track:app.py,api/.env,api/a.py,web/a.py", **APP, "api/.env": "", "api/a.py": "", "web/a.py": ""}
    build(tmp_path, files)
    run_git(tmp_path, "sparse-checkout", "set", "--cone", "--sparse-index", "web")
    assert not (tmp_path / "api").exists()
    state = read_git(str(tmp_path), ["api/.env"])
    assert (state.reason, state.tracked) == ("", ("api/.env",))
    index, _, after = remove_from_index(str(tmp_path), "api/.env")
    Path(index).write_bytes(after)
    assert read_git(str(tmp_path), []).tracked == ()
    assert run_git(tmp_path, "ls-files").split() == ["api/a.py", "app.py", "web/a.py"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a repository away")
def test_a_repository_of_somebody_else_is_unknown(tmp_path: Path) -> None:
    build(tmp_path, {"#git": "track:app.py", **APP, ".gitignore": ".env\n"})
    for path in (tmp_path, tmp_path / ".git"):
        os.chown(path, 12345, 12345)
    state = read_git(str(tmp_path), [".env"])
    assert state.repository
    assert "dubious ownership" in state.reason
    assert state.ignore(".env") is None
    assert state.tracked is None
    assert ignored_paths(str(tmp_path))[1] == state.reason


@pytest.mark.usefixtures("no_git")
def test_without_git_the_state_says_so(tmp_path: Path) -> None:
    build(tmp_path, {"#git": "track:.env", **APP, ".env": "", ".gitignore": ".env\n"})
    state = read_git(str(tmp_path), [".env"])
    assert state.reason == NO_GIT
    assert state.tracked is None
    assert state.tracks(".env") is None
    assert state.branch == "main"
    assert ignored_paths(str(tmp_path))[1] == NO_GIT
    with pytest.raises(Refuse):
        remove_from_index(str(tmp_path), ".env")


def test_inputs_are_what_the_answers_depend_on(tmp_path: Path) -> None:
    build(tmp_path, {"#git": "init", **APP, "shop/x": ""})
    (tmp_path / "inc").write_text('[core]\n\texcludesFile = mine\n[includeIf "gitdir:/nope/"]\n\tpath = more\n')
    run_git(tmp_path, "config", "include.path", "../inc")
    inputs = git_inputs(str(tmp_path), ["shop"])
    for name in (
        ".git/index",
        ".git/HEAD",
        ".git/config",
        ".git/info/exclude",
        ".gitignore",
        "shop/.gitignore",
        "inc",
        "more",
    ):
        assert str(tmp_path / name) in inputs, name
    assert any(path.endswith("/mine") for path in inputs)


def test_taking_a_file_out_of_the_index(tmp_path: Path) -> None:
    build(tmp_path, {"#git": "track:.env,app.py", **APP, ".env": "A=1\n"})
    everything = sorted(path for path in (tmp_path / ".git").rglob("*"))
    index, before, after = remove_from_index(str(tmp_path), ".env")
    assert index == str(tmp_path / ".git/index")
    assert Path(index).read_bytes() == before
    assert sorted(path for path in (tmp_path / ".git").rglob("*")) == everything
    Path(index).write_bytes(after)
    assert run_git(tmp_path, "ls-files").split() == ["app.py"]
    assert run_git(tmp_path, "status", "--short") == "D  .env\n?? .env\n"
    Path(index).write_bytes(before)
    assert run_git(tmp_path, "status", "--short") == ""
    with pytest.raises(Refuse, match="cannot take nothing out"):
        remove_from_index(str(tmp_path), "nothing")
    (tmp_path / ".git/index.lock").touch()
    with pytest.raises(Refuse, match="at work"):
        remove_from_index(str(tmp_path), ".env")


@pytest.mark.parametrize("setting", ["splitIndex", "untrackedCache"])
def test_an_index_with_extensions_stays_whole(setting: str, tmp_path: Path) -> None:
    build(tmp_path, {"#git": "track:.env,app.py", **APP, ".env": "A=1\n"})
    run_git(tmp_path, "config", f"core.{setting}", "true")
    run_git(tmp_path, "update-index", f"--{'split-index' if setting == 'splitIndex' else 'untracked-cache'}")
    everything = sorted(path for path in (tmp_path / ".git").rglob("*"))
    index, _, after = remove_from_index(str(tmp_path), ".env")
    assert b"link\0" not in after
    assert sorted(path for path in (tmp_path / ".git").rglob("*")) == everything
    Path(index).write_bytes(after)
    assert run_git(tmp_path, "ls-files").split() == ["app.py"]
    assert run_git(tmp_path, "fsck") == ""


def test_few_calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build(tmp_path, {"#git": "init", **APP})
    calls = []
    started = subprocess.Popen.__init__

    def count(self: subprocess.Popen[bytes], *args: object, **kwargs: object) -> None:
        calls.append(args[0])
        started(self, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(subprocess.Popen, "__init__", count)
    ignored_paths(str(tmp_path))
    read_git(str(tmp_path), [".env"])
    git_inputs(str(tmp_path))
    assert len(calls) == 4
