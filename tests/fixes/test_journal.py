"""The journal: what was changed can be taken back, later and by another process."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from flaskdoctor.errors import Conflict, UserError
from flaskdoctor.finding import Finding, Location, Severity, Tip
from flaskdoctor.fixes import apply as writer
from flaskdoctor.fixes.apply import apply
from flaskdoctor.fixes.edit import Edit, Plan
from flaskdoctor.fixes.journal import Journal, state_folder
from flaskdoctor.fixes.steps import Step
from tests.projects import tree, write

FINDING = Finding(
    "FD101", "needless-jsonify", Tip.JSON, Severity.INFO, "a dict needs no jsonify", Location("app.py", 3)
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "shop"
    write(root, {"app.py": "x = 1\n"})
    return root


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(str(tmp_path / "state"))


def changed(project: Path, journal: Journal, *edits: Edit) -> str:
    return apply(str(project), Plan(edits, (FINDING,)), journal).record


def edited(project: Path, journal: Journal, old: str, new: str, path: str = "app.py") -> str:
    return changed(project, journal, Edit(path, old.encode(), new.encode()))


def files_of(journal: Journal) -> list[Path]:
    return sorted(Path(journal.folder).rglob("*.json"))


def test_a_record_says_what_was_done(project: Path, journal: Journal) -> None:
    record = edited(project, journal, "x = 1\n", "x = 2\n")
    (found,) = Journal(journal.folder).records(str(project))
    assert found.id == record
    assert found.titles == ("a dict needs no jsonify",)
    assert found.codes == ("FD101",)
    assert found.state == "applied"
    assert found.paths == ("app.py",)
    assert "-x = 1\n+x = 2\n" in found.edits[0].diff()
    assert abs(found.when - (project / "app.py").stat().st_mtime) < 60


def test_undo_gives_back_the_very_bytes_modes_and_absence(project: Path, journal: Journal) -> None:
    odd = b"\xef\xbb\xbf# \xc3\xa9\r\nx = 1  \n\x0c"
    (project / "odd.py").write_bytes(odd)
    (project / "odd.py").chmod(0o741)
    (project / "gone.sh").write_bytes(b"echo\n")
    (project / "gone.sh").chmod(0o755)
    before = tree(project)
    record = changed(
        project,
        journal,
        Edit("odd.py", odd, b"", mode=0o600),
        Edit("gone.sh", b"echo\n", None),
        Edit(".env", None, b"A=1\n"),
    )
    assert tree(project) != before
    Journal(journal.folder).undo(str(project), record)
    assert tree(project) == before
    assert stat.S_IMODE((project / "odd.py").stat().st_mode) == 0o741
    assert stat.S_IMODE((project / "gone.sh").stat().st_mode) == 0o755
    (found,) = journal.records(str(project))
    assert found.state == "undone"
    with pytest.raises(UserError, match="already"):
        journal.undo(str(project), record)


def test_undo_refuses_where_a_file_has_changed_since(project: Path, journal: Journal) -> None:
    write(project, {"other.py": "y = 1\n"})
    record = changed(project, journal, Edit("app.py", b"x = 1\n", b"x = 2\n"), Edit("other.py", b"y = 1\n", b"y = 2\n"))
    (project / "app.py").write_bytes(b"x = 3\n")
    before = tree(project)
    assert journal.records(str(project))[0].state == "conflict"
    assert "app.py" in journal.records(str(project))[0].problem
    with pytest.raises(Conflict, match=r"app\.py"):
        journal.undo(str(project), record)
    assert tree(project) == before


def test_undo_takes_back_its_own_lines_and_leaves_what_was_edited_around_them(project: Path, journal: Journal) -> None:
    before = b"import os\r\n\r\nx = 1\r\n\r\ny = 1"
    (project / "app.py").write_bytes(before)
    first = changed(project, journal, Edit("app.py", before, before.replace(b"x = 1", b"x = 2")))
    second = changed(project, journal, Edit("app.py", now := (project / "app.py").read_bytes(), now + b"\r\nz = 1"))
    (project / "app.py").write_bytes((project / "app.py").read_bytes().replace(b"import os", b"import re\r\nimport os"))
    (project / "app.py").chmod(0o755)
    assert {record.state for record in journal.records(str(project))} == {"applied"}
    journal.undo(str(project), first)
    assert (project / "app.py").read_bytes() == b"import re\r\n" + before + b"\r\nz = 1"
    journal.undo(str(project), second)
    assert (project / "app.py").read_bytes() == b"import re\r\n" + before
    assert stat.S_IMODE((project / "app.py").stat().st_mode) == 0o755
    assert {record.state for record in journal.records(str(project))} == {"undone"}


def test_undo_leaves_no_file_that_python_cannot_read(project: Path, journal: Journal) -> None:
    before = b"def f():\n    return 1\n"
    (project / "app.py").write_bytes(before)
    record = changed(project, journal, Edit("app.py", before, b"if True:\n    a = 1\n" + before))
    (project / "app.py").write_bytes(b"if True:\n    a = 1\n    b = 1\n" + before)
    assert journal.records(str(project))[0].state == "conflict"
    with pytest.raises(Conflict, match="Python"):
        journal.undo(str(project), record)
    assert (project / "app.py").read_bytes() == b"if True:\n    a = 1\n    b = 1\n" + before


def test_fixes_of_the_same_lines_are_undone_from_the_last_to_the_first(project: Path, journal: Journal) -> None:
    first = edited(project, journal, "x = 1\n", "x = 2\n")
    second = edited(project, journal, "x = 2\n", "x = 3\n")
    assert [record.id for record in journal.records(str(project))] == [second, first]
    with pytest.raises(Conflict):
        journal.undo(str(project), first)
    journal.undo(str(project), second)
    journal.undo(str(project), first)
    assert (project / "app.py").read_bytes() == b"x = 1\n"
    assert {record.state for record in journal.records(str(project))} == {"undone"}


def test_undo_refuses_a_file_that_became_a_link_to_elsewhere(project: Path, journal: Journal) -> None:
    record = edited(project, journal, "x = 1\n", "x = 2\n")
    (project.parent / "elsewhere.py").write_bytes(b"x = 2\n")
    (project / "app.py").unlink()
    (project / "app.py").symlink_to("../elsewhere.py")
    with pytest.raises(UserError):
        journal.undo(str(project), record)
    assert (project.parent / "elsewhere.py").read_bytes() == b"x = 2\n"


def test_is_readable_by_the_user_alone(project: Path, journal: Journal) -> None:
    edited(project, journal, "x = 1\n", "x = 2\n")
    for path in (Path(journal.folder), *Path(journal.folder).rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_a_folder_that_was_there_keeps_its_permissions(project: Path, journal: Journal) -> None:
    (Path(journal.folder) / "journal").mkdir(parents=True)
    Path(journal.folder).chmod(0o755)
    (Path(journal.folder) / "journal").chmod(0o755)
    edited(project, journal, "x = 1\n", "x = 2\n")
    assert stat.S_IMODE(Path(journal.folder).stat().st_mode) == 0o755
    assert stat.S_IMODE((Path(journal.folder) / "journal").stat().st_mode) == 0o700


def test_lies_where_the_environment_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FLASKDOCTOR_STATE_DIR", str(tmp_path / "mine"))
    assert Journal().folder == str(tmp_path / "mine")
    monkeypatch.delenv("FLASKDOCTOR_STATE_DIR")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "xdg"))
    assert "flaskdoctor" in state_folder()


def test_projects_are_kept_apart(project: Path, journal: Journal, tmp_path: Path) -> None:
    other = tmp_path / "deeper" / "shop"
    write(other, {"app.py": "x = 1\n"})
    record = edited(project, journal, "x = 1\n", "x = 2\n")
    assert journal.records(str(other)) == ()
    with pytest.raises(UserError, match="no such entry"):
        journal.undo(str(other), record)


def test_records_with_secrets_expire_after_a_week(project: Path, tmp_path: Path) -> None:
    now = 1_800_000_000.0
    journal = Journal(str(tmp_path / "state"), clock=lambda: now)
    changed(project, journal, Edit(".env", None, b"A=canary\n", secret=True))
    edited(project, journal, "x = 1\n", "x = 2\n")
    now += 6.9 * 86400
    assert len(journal.records(str(project))) == 2
    now += 0.2 * 86400
    other = tmp_path / "other"
    write(other, {"app.py": ""})
    journal.records(str(other))  # a look at any project is enough
    assert len(files_of(journal)) == 1
    assert [record.paths for record in journal.records(str(project))] == [("app.py",)]


def test_a_record_of_code_with_a_secret_in_it_expires_too(project: Path, tmp_path: Path) -> None:
    now = 1_800_000_000.0
    journal = Journal(str(tmp_path / "state"), clock=lambda: now)
    write(project, {"config.py": 'SECRET_KEY = "canary-4711"\nx = 1\n', "plain.py": 'x = "1"\n'})
    changed(
        project,
        journal,
        Edit("config.py", b'SECRET_KEY = "canary-4711"\nx = 1\n', b'SECRET_KEY = "canary-4711"\nx = 2\n'),
    )
    changed(project, journal, Edit("plain.py", b'x = "1"\n', b"x = 2\n"))
    now += 8 * 86400
    assert [record.paths for record in journal.records(str(project))] == [("plain.py",)]


def test_half_written_records_do_not_stay(project: Path, journal: Journal) -> None:
    edited(project, journal, "x = 1\n", "x = 2\n")
    (path,) = files_of(journal)
    left = path.with_name(f"{path.name}.1.new")
    left.write_bytes(b"{")
    journal.records(str(project))
    assert left.exists()
    os.utime(left, (1, 1))
    journal.records(str(project))
    assert not left.exists()


@pytest.mark.parametrize("failing", [1, 2])
def test_an_undo_that_fails_changes_nothing(
    failing: int, project: Path, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = changed(project, journal, Edit("app.py", b"x = 1\n", b"x = 2\n"), Edit("new.py", None, b"y\n"))
    before = tree(project)
    calls = 0
    write_step = writer.write

    def write_some(step: Step) -> None:
        nonlocal calls
        calls += 1
        if calls == failing:
            raise OSError(28, "No space left on device", step.target)
        write_step(step)

    with monkeypatch.context() as patch:
        patch.setattr(writer, "write", write_some)
        with pytest.raises(UserError, match="no space left"):
            journal.undo(str(project), record)
    assert tree(project) == before
    assert journal.records(str(project))[0].state == "applied"
    journal.undo(str(project), record)
    assert tree(project) == {"app.py": b"x = 1\n"}


def test_what_the_user_put_back_by_hand_is_no_conflict(project: Path, journal: Journal) -> None:
    record = changed(project, journal, Edit("app.py", b"x = 1\n", b"x = 2\n"), Edit("new.py", None, b"y\n"))
    write(project, {"app.py": "x = 1\n"})
    assert journal.records(str(project))[0].state == "applied"
    journal.undo(str(project), record)
    assert tree(project) == {"app.py": b"x = 1\n"}


def test_a_fifo_in_the_place_of_a_file_does_not_hang(project: Path, journal: Journal) -> None:
    record = edited(project, journal, "x = 1\n", "x = 2\n")
    (project / "app.py").unlink()
    os.mkfifo(project / "app.py")
    assert journal.records(str(project))[0].state == "conflict"
    with pytest.raises(UserError):
        journal.undo(str(project), record)


def test_only_so_many_records_are_kept(project: Path, journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flaskdoctor.fixes.journal.KEPT", 3)
    for number in range(1, 6):
        edited(project, journal, f"x = {number}\n", f"x = {number + 1}\n")
    assert len(journal.records(str(project))) == 3


@pytest.mark.parametrize(
    "spoil",
    [
        lambda _: "{",
        lambda _: "[]",
        lambda stored: json.dumps({**stored, "format": 99}),
        lambda stored: json.dumps({**stored, "state": "odd"}),
        lambda stored: json.dumps({**stored, "edits": [{"path": "app.py"}]}),
        lambda stored: json.dumps({**stored, "edits": [{**stored["edits"][0], "before": "%%"}]}),
        lambda stored: json.dumps({**stored, "edits": [{**stored["edits"][0], "path": "../../outside.py"}]}),
        lambda stored: json.dumps({key: stored[key] for key in ("format", "state", "process", "edits")}),
    ],
)
def test_a_spoilt_record_is_passed_over_and_said(spoil: object, project: Path, journal: Journal) -> None:
    good = edited(project, journal, "x = 1\n", "x = 2\n")
    bad = edited(project, journal, "x = 2\n", "x = 3\n")
    path = next(path for path in files_of(journal) if path.name.startswith(bad))
    path.write_text(spoil(json.loads(path.read_text())))  # type: ignore[operator]
    listing = journal.look(str(project))
    assert [record.id for record in listing.records] == [good]
    assert listing.unreadable == (str(path),)
    with pytest.raises(UserError):
        journal.undo(str(project), bad)
    assert (project / "app.py").read_bytes() == b"x = 3\n"


def test_no_journal_no_change(project: Path, tmp_path: Path) -> None:
    (tmp_path / "state").write_text("in the way")
    with pytest.raises(UserError, match="history"):
        edited(project, Journal(str(tmp_path / "state")), "x = 1\n", "x = 2\n")
    assert (project / "app.py").read_bytes() == b"x = 1\n"


APPENDING = """\
import sys
from flaskdoctor.errors import Conflict
from flaskdoctor.fixes import apply as writer
from flaskdoctor.fixes.apply import apply
from flaskdoctor.fixes.edit import Edit, Plan
from flaskdoctor.fixes.journal import Journal
root, state, mine = sys.argv[1:]
for number in range(12):
    while True:
        before = open(root + "/app.py", "rb").read()
        try:
            apply(root, Plan((Edit("app.py", before, before + f"{mine}{number}\\n".encode()),), ()), Journal(state))
        except Conflict:
            continue
        Journal(state).records(root)
        break
"""


def test_two_processes_at_once_lose_nothing(project: Path, journal: Journal) -> None:
    running = [
        subprocess.Popen(
            [sys.executable, "-c", APPENDING, str(project), journal.folder, name],
            cwd=Path(__file__).parents[2],
        )
        for name in "ab"
    ]
    assert [process.wait() for process in running] == [0, 0]
    lines = (project / "app.py").read_text().splitlines()
    assert sorted(lines[1:]) == sorted(f"{name}{number}" for name in "ab" for number in range(12))
    records = journal.records(str(project))
    assert len(records) == 24
    for record in records:
        journal.undo(str(project), record.id)
    assert (project / "app.py").read_bytes() == b"x = 1\n"


def test_one_writer_waits_for_the_other_and_then_gives_up(
    project: Path, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flaskdoctor.fixes.journal._LOCK_SECONDS", 0.05)
    with journal.lock(str(project)), pytest.raises(UserError, match="Another flaskdoctor"):
        edited(project, Journal(journal.folder), "x = 1\n", "x = 2\n")
    edited(project, journal, "x = 1\n", "x = 2\n")


def test_a_record_in_the_making_is_not_shown_as_interrupted(project: Path, journal: Journal) -> None:
    with journal.lock(str(project)):
        journal.begin(str(project), Plan((), (FINDING,)), [])
        assert Journal(journal.folder).records(str(project)) == ()
    assert [record.state for record in Journal(journal.folder).records(str(project))] == ["interrupted"]
