"""Writing a plan: all of it or nothing, and nothing but what was planned."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from flaskdoctor.errors import Conflict, Refuse, UserError
from flaskdoctor.fixes import apply as writer
from flaskdoctor.fixes.apply import apply
from flaskdoctor.fixes.edit import Edit, Plan
from flaskdoctor.fixes.journal import Journal
from tests.projects import run_git, tree, write


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "shop"
    write(root, {"app.py": "x = 1\n", "web/views.py": "y = 1\r\n"})
    return root


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(str(tmp_path / "state"))


def planned(*edits: Edit) -> Plan:
    return Plan(edits, ())


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def assert_untouched(project: Path, before: dict[str, bytes], journal: Journal) -> None:
    assert tree(project) == before
    assert not journal.records(str(project))


def test_writes_all_edits_and_keeps_the_permissions(project: Path, journal: Journal) -> None:
    (project / "app.py").chmod(0o750)
    plan = planned(
        Edit("app.py", b"x = 1\n", b"x = 2\n"),
        Edit("web/views.py", b"y = 1\r\n", b"y = 2\r\n"),
        Edit(".gitignore", None, b".env\n"),
        Edit(".env", None, b"A=1\n", secret=True),
    )
    applied = apply(str(project), plan, journal)
    assert applied.paths == ("app.py", "web/views.py", ".gitignore", ".env")
    assert tree(project) == {
        "app.py": b"x = 2\n",
        "web/views.py": b"y = 2\r\n",
        ".gitignore": b".env\n",
        ".env": b"A=1\n",
    }
    assert mode(project / "app.py") == 0o750
    assert mode(project / ".env") == 0o600
    umask = os.umask(0)
    os.umask(umask)
    assert mode(project / ".gitignore") == 0o666 & ~umask


def test_changes_permissions_alone(project: Path, journal: Journal) -> None:
    (project / "app.py").chmod(0o644)
    inode = (project / "app.py").stat().st_ino
    applied = apply(str(project), planned(Edit("app.py", b"x = 1\n", b"x = 1\n", mode=0o600)), journal)
    assert mode(project / "app.py") == 0o600
    assert (project / "app.py").stat().st_ino == inode
    journal.undo(str(project), applied.record)
    assert mode(project / "app.py") == 0o644


def test_deletes_a_file(project: Path, journal: Journal) -> None:
    apply(str(project), planned(Edit("app.py", b"x = 1\n", None)), journal)
    assert set(tree(project)) == {"web/views.py"}


def test_an_empty_plan_writes_nothing(project: Path, journal: Journal) -> None:
    assert apply(str(project), planned(), journal) == ("", ())
    assert not Path(journal.folder).exists()


@pytest.mark.parametrize(
    "edit",
    [
        Edit("web/views.py", b"y = 0\n", b"y = 2\n"),
        Edit("web/views.py", None, b"y = 2\n"),
        Edit("web/gone.py", b"y = 1\n", b"y = 2\n"),
        Edit("away/views.py", None, b"y = 2\n"),
    ],
    ids=["changed", "appeared", "gone", "no folder"],
)
def test_a_file_that_is_not_as_planned_stops_everything(edit: Edit, project: Path, journal: Journal) -> None:
    before = tree(project)
    with pytest.raises(Conflict):
        apply(str(project), planned(Edit("app.py", b"x = 1\n", b"x = 2\n"), edit), journal)
    assert_untouched(project, before, journal)


def outside(project: Path) -> str:
    (project.parent / "elsewhere.py").write_bytes(b"z = 1\n")
    (project / "link.py").symlink_to("../elsewhere.py")
    return "link.py"


def outside_folder(project: Path) -> str:
    write(project.parent / "other", {"x.py": "z = 1\n"})
    (project / "linked").symlink_to("../other")
    return "linked/x.py"


def hard_link(project: Path) -> str:
    (project / "one.py").write_bytes(b"z = 1\n")
    os.link(project / "one.py", project / "two.py")
    return "two.py"


def read_only(project: Path) -> str:
    (project / "fixed.py").write_bytes(b"z = 1\n")
    (project / "fixed.py").chmod(0o444)
    return "fixed.py"


def dots(project: Path) -> str:
    (project.parent / "elsewhere.py").write_bytes(b"z = 1\n")
    return "../elsewhere.py"


def absolute(project: Path) -> str:
    (project.parent / "elsewhere.py").write_bytes(b"z = 1\n")
    return str(project.parent / "elsewhere.py")


@pytest.mark.parametrize("make", [outside, outside_folder, hard_link, read_only, dots, absolute])
def test_refuses_what_it_must_not_write(make: object, project: Path, journal: Journal, tmp_path: Path) -> None:
    path = make(project)  # type: ignore[operator]
    before = tree(tmp_path)
    with pytest.raises(Refuse):
        apply(
            str(project),
            planned(Edit("app.py", b"x = 1\n", b"x = 2\n"), Edit(path, b"z = 1\n", b"z = 2\n")),
            journal,
        )
    assert {name: data for name, data in tree(tmp_path).items() if not name.startswith("state/")} == before


def test_refuses_a_fifo_without_opening_it(project: Path, journal: Journal) -> None:
    os.mkfifo(project / "pipe.py")
    with pytest.raises(Refuse, match="regular"):
        apply(str(project), planned(Edit("pipe.py", b"", b"x")), journal)


@pytest.mark.parametrize("failing", [1, 2, 3])
def test_a_failure_half_way_leaves_no_trace(
    failing: int, project: Path, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = tree(project)
    (project / "app.py").chmod(0o755)
    calls = 0
    write_step = writer.write

    def write_some(step: writer.Step) -> None:
        nonlocal calls
        calls += 1
        if calls == failing:
            raise OSError(28, "No space left on device", step.target)
        write_step(step)

    monkeypatch.setattr(writer, "write", write_some)
    with pytest.raises(UserError, match="no space left"):
        apply(
            str(project),
            planned(
                Edit("app.py", b"x = 1\n", b"x = 2\n"),
                Edit("new.py", None, b""),
                Edit("web/views.py", b"y = 1\r\n", None),
            ),
            journal,
        )
    assert_untouched(project, before, journal)
    assert mode(project / "app.py") == 0o755


def test_what_the_check_afterwards_finds_takes_it_back(project: Path, journal: Journal) -> None:
    before = tree(project)
    seen: list[dict[str, bytes]] = []

    def verify() -> list[str]:
        seen.append(tree(project))
        return ["FD101 is still there in app.py."]

    with pytest.raises(Refuse, match="still there"):
        apply(str(project), planned(Edit("app.py", b"x = 1\n", b"x = 2\n")), journal, verify)
    assert seen[0]["app.py"] == b"x = 2\n"
    assert_untouched(project, before, journal)


def test_a_check_that_fails_itself_takes_it_back_too(project: Path, journal: Journal) -> None:
    before = tree(project)

    def verify() -> list[str]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        apply(str(project), planned(Edit("app.py", b"x = 1\n", b"x = 2\n")), journal, verify)
    assert_untouched(project, before, journal)


def test_what_cannot_be_taken_back_stays_in_the_history(project: Path, journal: Journal) -> None:
    def verify() -> list[str]:
        write(project, {"app.py": "x = 3\n"})
        return ["FD101 is still there in app.py."]

    with pytest.raises(writer.Unfinished, match="could not be taken back"):
        apply(str(project), planned(Edit("app.py", b"x = 1\n", b"x = 2\n")), journal, verify)
    assert (project / "app.py").read_bytes() == b"x = 3\n"
    assert journal.records(str(project))[0].state == "conflict"


class TestGitsIndex:
    @pytest.fixture
    def repository(self, project: Path) -> Path:
        write(project, {".env": "A=1\n"})
        run_git(project, "init", "-q", "-b", "main")
        run_git(project, "add", "-f", ".env", "app.py")
        return project

    def edit(self, project: Path, path: str = ".env") -> Edit:
        from flaskdoctor.project.vcs.git import remove_from_index

        return Edit(*remove_from_index(str(project), path))

    def test_is_written_under_gits_own_lock(self, repository: Path, journal: Journal) -> None:
        applied = apply(str(repository), planned(self.edit(repository)), journal)
        assert run_git(repository, "ls-files").split() == ["app.py"]
        assert not (repository / ".git/index.lock").exists()
        journal.undo(str(repository), applied.record)
        assert run_git(repository, "ls-files").split() == [".env", "app.py"]

    def test_is_left_alone_while_git_is_at_work(self, repository: Path, journal: Journal) -> None:
        edit = self.edit(repository)
        (repository / ".git/index.lock").write_bytes(b"")
        before = tree(repository)
        with pytest.raises(Refuse, match="Git is at work"):
            apply(str(repository), planned(Edit("app.py", b"x = 1\n", b"x = 2\n"), edit), journal)
        assert_untouched(repository, before, journal)
        assert (repository / ".git/index").read_bytes() == edit.before
        assert (repository / ".git/index.lock").exists()

    def test_of_another_repository_is_refused(self, repository: Path, journal: Journal, tmp_path: Path) -> None:
        edit = self.edit(repository)
        other = tmp_path / "other"
        write(other, {"app.py": ""})
        run_git(other, "init", "-q")
        with pytest.raises(Refuse, match="belong"):
            apply(str(other), planned(edit), journal)


def test_a_diff_is_one_that_git_applies(project: Path, tmp_path: Path) -> None:
    old = "a\fb\n\u2028c\r\nlast".encode()
    write(project, {"odd name.py": old.decode()})
    run_git(project, "init", "-q")
    edits = [Edit("odd name.py", old, old + b" line"), Edit("new.py", None, b"x\n"), Edit("app.py", b"x = 1\n", b"")]
    patch = tmp_path / "patch"
    patch.write_bytes("".join(edit.diff() for edit in edits).encode())
    run_git(project, "apply", str(patch))
    assert tree(project) == {
        "odd name.py": old + b" line",
        "new.py": b"x\n",
        "web/views.py": b"y = 1\r\n",
    } | ({"app.py": b""} if (project / "app.py").exists() else {})


def test_an_edit_never_shows_its_bytes() -> None:
    edit = Edit(".env", b"A=canary-before\n", b"A=canary-after\n", secret=True, summary="A gets its value")
    for text in (repr(edit), str(edit), f"{edit}", edit.diff(), repr(planned(edit)), f"{[edit]}"):
        assert "canary" not in text
