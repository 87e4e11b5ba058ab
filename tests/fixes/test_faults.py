"""Faults, as bad luck has them and as an attacker makes them: real ones wherever the machine can have them."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from flaskdoctor.cli import main
from flaskdoctor.errors import Conflict, Refuse, UserError
from flaskdoctor.fixes import apply as writer
from flaskdoctor.fixes import steps as places
from flaskdoctor.fixes.apply import apply
from flaskdoctor.fixes.edit import Edit, Plan
from flaskdoctor.fixes.folder import Folder
from flaskdoctor.fixes.journal import Journal
from flaskdoctor.fixing import fix_to_the_end
from flaskdoctor.scan import Options
from tests.fixes.killing import SECRET, at_each_call, forked
from tests.fixes.killing import shop as secret_shop
from tests.projects import build, tree, write

HERE = Path(__file__).parents[2]
VIEW = """\
from flask import Flask, jsonify

app = Flask(__name__)


@app.get("/")
def index():
    return jsonify({"a": 1})
"""
MENDED = VIEW.replace('jsonify({"a": 1})', '{"a": 1}').replace("Flask, jsonify", "Flask")
if not hasattr(os, "fork"):
    pytest.skip("users, FIFOs, signals and forks are those of POSIX", allow_module_level=True)
ROOT = os.geteuid() == 0
NOBODY = 65534
as_root = pytest.mark.skipif(not ROOT, reason="only root can give files away and mount a file system")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "shop"
    write(root, {"app.py": "x = 1\n", "web/views.py": "y = 1\n"})
    return root


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(str(tmp_path / "state"))


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory, where there is one: who is killed hundreds of times must not wait for a disk."""
    if not os.access("/dev/shm", os.W_OK):
        yield tmp_path
        return
    folder = Path(tempfile.mkdtemp(dir="/dev/shm"))
    yield folder
    shutil.rmtree(folder)


APP = Edit("app.py", b"x = 1\n", b"x = 2\n")
VIEWS = Edit("web/views.py", b"y = 1\n", b"y = 2\n")
BOTH = Plan((APP, VIEWS), ())


def leftovers(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*") if "flaskdoctor-" in path.name or path.name.endswith(".new")]


def flaskdoctor(*arguments: str, **more: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "flaskdoctor", *arguments],
        cwd=HERE,
        capture_output="stdout" not in more,
        text=True,
        check=False,
        **more,  # type: ignore[call-overload]
    )


# -- what a file can have become since the scan ---------------------------------------------------------------


def by_an_editor_that_replaces(path: Path) -> None:
    path.with_name("new").write_bytes(b"mine\n")
    path.with_name("new").replace(path)


def by_an_editor_that_rewrites(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate()
        file.write(b"mine\n")


def removed(path: Path) -> None:
    path.unlink()


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def a_fifo(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def a_socket(path: Path) -> None:
    path.unlink()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(path))


def a_link_inside(path: Path) -> None:
    path.rename(path.with_name("real.py"))
    path.symlink_to("real.py")


def a_link_outside(path: Path) -> None:
    path.rename(path.parents[2] / "outside.py")
    path.symlink_to("../../outside.py")


def a_dangling_link(path: Path) -> None:
    path.unlink()
    path.symlink_to("nowhere.py")


def a_hard_link(path: Path) -> None:
    os.link(path, path.parents[2] / "outside.py")


def its_folder_a_link(path: Path) -> None:
    path.parent.rename(path.parents[2] / "elsewhere")
    path.parent.symlink_to("../elsewhere")


def its_folder_gone(path: Path) -> None:
    shutil.rmtree(path.parent)


def read_only(path: Path) -> None:
    path.chmod(0o444)


BECOME: list[tuple[Callable[[Path], None], str]] = [
    (by_an_editor_that_replaces, r"web/views\.py has changed since\."),
    (by_an_editor_that_rewrites, r"web/views\.py has changed since\."),
    (removed, r"web/views\.py has changed since\."),
    (a_folder, r"web/views\.py is not a regular file but a folder"),
    (a_fifo, r"web/views\.py is not a regular file but a FIFO"),
    (a_socket, r"web/views\.py is not a regular file but a socket"),
    (a_link_inside, r"web/views\.py is a symbolic link"),
    (a_link_outside, r"web/views\.py is a symbolic link"),
    (a_dangling_link, r"web/views\.py is a symbolic link"),
    (a_hard_link, r"web/views\.py has another name \(a hard link\)"),
    (its_folder_a_link, r"web/views\.py (lies below web, a symbolic link to \.\./elsewhere|.*has changed since)"),
    (its_folder_gone, r"[Tt]he folder of web/views\.py"),
    (read_only, r"web/views\.py is read-only"),
]
EVERY = pytest.mark.parametrize(("become", "words"), BECOME, ids=[become.__name__ for become, _ in BECOME])


def picture(folder: Path) -> dict[str, tuple[int, bytes | str]]:
    """What there is, links and FIFOs included, without following or opening them."""
    found: dict[str, tuple[int, bytes | str]] = {}
    for path in sorted(folder.rglob("*")):
        kind = path.lstat().st_mode
        text = path.read_bytes() if stat.S_ISREG(kind) else os.readlink(path) if stat.S_ISLNK(kind) else b""
        found[path.relative_to(folder).as_posix()] = (kind, text)
    return {name: what for name, what in found.items() if not name.startswith("state")}


@EVERY
def test_a_file_that_is_something_else_since_the_scan_stops_the_fix(
    become: Callable[[Path], None], words: str, project: Path, journal: Journal, tmp_path: Path
) -> None:
    become(project / "web/views.py")
    before = picture(tmp_path)
    with pytest.raises((Conflict, Refuse), match=words):
        apply(str(project), BOTH, journal)
    assert picture(tmp_path) == before
    assert not journal.records(str(project))


@EVERY
@pytest.mark.parametrize("moment", ["staged", "half written"])
def test_a_file_that_becomes_something_else_between_two_writes_stays_so_and_the_first_is_put_back(
    become: Callable[[Path], None],
    words: str,
    moment: str,
    project: Path,
    journal: Journal,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[dict[str, tuple[int, bytes | str]]] = []
    write_step = writer.write

    def meddled(step: places.Step) -> None:
        if not seen and (moment == "staged" or step.path == "web/views.py"):
            become(project / "web/views.py")
            seen.append(picture(tmp_path))
        write_step(step)

    monkeypatch.setattr(writer, "write", meddled)
    with pytest.raises((Conflict, Refuse), match=words):
        apply(str(project), BOTH, journal)
    expected = {name: what for name, what in seen[0].items() if "flaskdoctor-" not in name}
    expected["shop/app.py"] = (expected["shop/app.py"][0], b"x = 1\n")
    found = {name: what for name, what in picture(tmp_path).items() if not name.startswith("elsewhere/.")}
    assert found == expected
    assert not journal.records(str(project))


@pytest.mark.parametrize("touch", [lambda path: os.utime(path), lambda path: path.chmod(0o751)], ids=["time", "mode"])
def test_a_file_that_was_only_touched_is_mended_and_keeps_what_was_set(
    touch: Callable[[Path], None], project: Path, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_step = writer.write

    def meddled(step: places.Step) -> None:
        touch(project / step.path)
        write_step(step)

    expected = project / "like.py"
    expected.write_bytes(b"")
    touch(expected)
    monkeypatch.setattr(writer, "write", meddled)
    apply(str(project), BOTH, journal)
    assert (project / "app.py").read_bytes() == b"x = 2\n"
    assert (project / "app.py").stat().st_mode == expected.stat().st_mode


def test_what_was_written_and_then_saved_by_somebody_is_theirs_and_the_history_says_so(
    project: Path, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_step = writer.write

    def meddled(step: places.Step) -> None:
        if step.path == "web/views.py":
            (project / "app.py").write_bytes(b"mine\n")
            (project / "web/views.py").write_bytes(b"mine too\n")
        write_step(step)

    monkeypatch.setattr(writer, "write", meddled)
    with pytest.raises(writer.Unfinished, match=r"app\.py could not be put back"):
        apply(str(project), BOTH, journal)
    assert tree(project) == {"app.py": b"mine\n", "web/views.py": b"mine too\n"}
    (record,) = journal.records(str(project))
    assert record.paths == ("app.py", "web/views.py")
    assert record.state == "conflict"


@EVERY
def test_undo_stops_at_a_file_that_is_something_else_since(
    become: Callable[[Path], None], words: str, project: Path, journal: Journal, tmp_path: Path
) -> None:
    record = apply(str(project), BOTH, journal).record
    become(project / "web/views.py")
    before = picture(tmp_path)
    with pytest.raises((Conflict, Refuse)):
        journal.undo(str(project), record)
    assert picture(tmp_path) == before
    (found,) = journal.records(str(project))
    assert found.state in ("applied", "conflict")


# -- an attacker with a hand on the folder --------------------------------------------------------------------


def swap(project: Path) -> None:
    (project / "web").rename(project / "away")
    (project / "web").symlink_to("../elsewhere")


@pytest.mark.parametrize("call", ["check", "open", "replace", "unlink"])
def test_a_folder_that_is_swapped_for_a_link_never_leads_out_of_the_project(
    call: str, project: Path, journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "elsewhere", {"views.py": "y = 1\n", "old.py": "z\n"})
    write(project, {"web/old.py": "z\n"})
    before = tree(tmp_path / "elsewhere")
    plan = Plan((VIEWS, Edit("web/old.py", b"z\n", None), Edit("web/new.py", None, b"n\n")), ())

    def hooked(original: Callable[..., object]) -> Callable[..., object]:
        def wrapper(*args: object) -> object:
            if not (project / "away").exists():
                swap(project)
            return original(*args)

        return wrapper

    if call == "check":
        monkeypatch.setattr(writer, "check", hooked(writer.check))
    else:
        monkeypatch.setattr(Folder, call, hooked(getattr(Folder, call)))
    with pytest.raises(UserError, match="web/"):
        apply(str(project), plan, journal)
    assert tree(tmp_path / "elsewhere") == before
    if (project / "away/views.py").read_bytes() != b"y = 1\n":  # written there, and out of reach since
        assert [record.state for record in journal.records(str(project))] == ["conflict"]


def test_a_folder_that_is_swapped_all_the_time_never_leads_out_of_the_project(
    project: Path, journal: Journal, tmp_path: Path
) -> None:
    write(tmp_path / "elsewhere", {"views.py": "y = 1\n"})
    stop = threading.Event()

    def attack() -> None:
        while not stop.is_set():
            swap(project)
            (project / "web").unlink()
            (project / "away").rename(project / "web")

    attacker = threading.Thread(target=attack)
    attacker.start()
    try:
        for _ in range(150):
            with contextlib.suppress(UserError):
                record = apply(str(project), Plan((VIEWS,), ()), journal).record
                journal.undo(str(project), record)
    finally:
        stop.set()
        attacker.join()
    assert tree(tmp_path / "elsewhere") == {"views.py": b"y = 1\n"}


def test_a_link_in_the_place_of_the_temporary_file_is_not_written_through(
    project: Path, journal: Journal, tmp_path: Path
) -> None:
    (tmp_path / "outside").write_bytes(b"private\n")
    (project / f".app.py.flaskdoctor-{os.getpid()}").symlink_to("../outside")
    apply(str(project), Plan((APP,), ()), journal)
    assert (tmp_path / "outside").read_bytes() == b"private\n"
    assert tree(project)["app.py"] == b"x = 2\n"
    assert not leftovers(project)


# -- what may not be written ----------------------------------------------------------------------------------


def in_a_child(user: int, work: Callable[[], object]) -> str:
    """What ``work`` raises in a process of that user, as text; empty where it raises nothing."""
    reading, writing = os.pipe()

    def act() -> None:
        os.close(reading)
        if user != os.geteuid():
            os.setgroups([])
            os.setgid(user)
            os.setuid(user)
        words = ""
        try:
            work()
        except BaseException as error:  # noqa: BLE001
            words = f"{type(error).__name__}: {error}"
        os.write(writing, words.encode())

    child = forked(act)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        words = pipe.read().decode()
    assert os.waitpid(child, 0)[1] == 0
    return words


@pytest.fixture
def ordinary() -> Iterator[tuple[int, Path]]:
    """An ordinary user, and a folder that this user can reach, with a project and a place for the journal."""
    user = NOBODY if ROOT else os.geteuid()
    folder = Path(tempfile.mkdtemp())
    write(folder / "shop", {"app.py": "x = 1\n", "web/views.py": "y = 1\n"})
    if ROOT:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, user, user)
    yield user, folder
    (folder / "shop/web").chmod(0o755)
    shutil.rmtree(folder)


def test_a_read_only_folder_refuses_and_says_which(ordinary: tuple[int, Path]) -> None:
    user, folder = ordinary
    (folder / "shop/web").chmod(0o555)
    words = in_a_child(user, lambda: apply(str(folder / "shop"), BOTH, Journal(str(folder / "state"))))
    assert words.startswith("Refuse: web/views.py cannot be written: permission denied.\nIts folder must be writable")
    assert tree(folder / "shop") == {"app.py": b"x = 1\n", "web/views.py": b"y = 1\n"}
    assert not Journal(str(folder / "state")).records(str(folder / "shop"))


def test_a_plan_knows_of_a_read_only_folder(ordinary: tuple[int, Path]) -> None:
    user, folder = ordinary
    (folder / "shop/web").chmod(0o555)
    words = in_a_child(user, lambda: places.may_write(str(folder / "shop"), "web/new.py"))
    assert words == (
        "Refuse: The folder of web/new.py is read-only, so it stays as it is.\nMake the folder writable first."
    )


@as_root
def test_a_file_of_another_user_stays(ordinary: tuple[int, Path]) -> None:
    user, folder = ordinary
    os.chown(folder / "shop/web/views.py", 0, 0)
    (folder / "shop/web/views.py").chmod(0o666)
    words = in_a_child(user, lambda: apply(str(folder / "shop"), BOTH, Journal(str(folder / "state"))))
    assert words.startswith("Refuse: web/views.py belongs to another user")
    assert tree(folder / "shop")["app.py"] == b"x = 1\n"


@as_root
def test_a_file_in_a_folder_of_another_user_is_refused_where_that_is_not_writable(ordinary: tuple[int, Path]) -> None:
    user, folder = ordinary
    os.chown(folder / "shop/web", 0, 0)
    words = in_a_child(user, lambda: apply(str(folder / "shop"), BOTH, Journal(str(folder / "state"))))
    assert words.startswith("Refuse: web/views.py cannot be written: permission denied.")
    assert tree(folder / "shop")["app.py"] == b"x = 1\n"


@as_root
def test_what_root_writes_for_somebody_else_is_theirs(ordinary: tuple[int, Path]) -> None:
    user, folder = ordinary
    plan = Plan((APP, VIEWS, Edit(".env", None, b"A=1\n", secret=True)), ())
    apply(str(folder / "shop"), plan, Journal(str(folder / "state")))
    assert tree(folder / "shop") == {"app.py": b"x = 2\n", "web/views.py": b"y = 2\n", ".env": b"A=1\n"}
    assert {(folder / "shop" / name).stat().st_uid for name in tree(folder / "shop")} == {user}


def test_one_file_that_cannot_be_written_keeps_no_other_from_being_mended(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signal, "signal", lambda *_: None)  # the handlers are those of the whole process
    root = build(tmp_path / "shop", {"app.py": VIEW, "locked.py": VIEW, "requirements.txt": "flask==3.1.0\n"})
    (root / "locked.py").chmod(0o444)
    assert main(["--diff", "--select=FD101", str(root)]) == 1
    said = capsys.readouterr()
    assert "no fix: locked.py:8:12 FD101 needless-jsonify: locked.py is read-only" in said.err
    assert "+++ b/app.py" in said.out
    assert "+++ b/locked.py" not in said.out
    assert main(["--fix", "--select=FD101", "--fail-on=info", str(root)]) == 1
    said = capsys.readouterr()
    assert "fixed: app.py:8:12 FD101" in said.err
    assert "not fixed: locked.py:8:12 FD101 needless-jsonify: locked.py is read-only" in said.err
    assert "Make it writable first." in said.err
    assert ((root / "app.py").read_text(), (root / "locked.py").read_text()) == (MENDED, VIEW)


@as_root
def test_what_only_the_write_shows_keeps_no_other_from_being_mended(tmp_path: Path) -> None:
    root = build(tmp_path / "shop", {"a.py": VIEW, "b.py": VIEW, "c.py": VIEW, "requirements.txt": "flask==3.1.0\n"})
    if (
        shutil.which("chattr") is None
        or subprocess.run(["chattr", "+i", root / "b.py"], capture_output=True).returncode
    ):
        pytest.skip("this file system has no immutable files")
    told: list[str] = []
    try:
        done = fix_to_the_end(
            str(root), Options(select=("FD101",)), (), unsafe=False, tell=lambda item: told.append(item.location.path)
        )
    finally:
        subprocess.run(["chattr", "-i", root / "b.py"], check=True)
    assert [(root / name).read_text() for name in ("a.py", "b.py", "c.py")] == [MENDED, VIEW, MENDED]
    assert told == ["a.py", "c.py"]
    (note,) = done.notes
    assert note.startswith("not fixed: b.py:8:12 FD101 needless-jsonify: b.py cannot be written: operation not permit")
    assert "immutable" in note


def test_a_fix_whose_result_is_not_what_it_promises_keeps_no_other_from_being_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from flaskdoctor.fixes import session

    names = [f"part{number}.py" for number in range(5)]
    root = build(tmp_path / "shop", {**dict.fromkeys(names, VIEW), "requirements.txt": "flask==3.1.0\n"})
    still_wrong = session.still_wrong

    def wrong(plan: Plan, *scans: object) -> tuple[str, ...]:
        if any(edit.path == "part3.py" for edit in plan.edits):
            return ("FD101 is still there in part3.py.",)
        return still_wrong(plan, *scans)  # type: ignore[arg-type]

    monkeypatch.setattr(session, "still_wrong", wrong)
    done = fix_to_the_end(str(root), Options(select=("FD101",)), (), unsafe=False)
    assert [name for name in names if (root / name).read_text() == VIEW] == ["part3.py"]
    assert sorted(finding.location.path for finding in done.fixed) == [name for name in names if name != "part3.py"]
    assert done.notes == (
        "not fixed: part3.py:8:12 FD101 needless-jsonify: The result was not what the fix promises; it was taken back. "
        "FD101 is still there in part3.py.",
    )
    assert not leftovers(root)
    assert {record.state for record in Journal().records(str(root))} == {"applied"}


@pytest.mark.parametrize("times", [1, 3])
def test_fix_looks_anew_at_a_file_that_is_saved_before_it_is_written(
    times: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved: list[str] = []

    def saving(root: str, plan: Plan, journal: Journal, *more: object) -> object:
        if len(saved) < times:
            saved.append("# saved\n")
            with open(os.path.join(root, "app.py"), "a") as file:
                file.write(saved[-1])
        return apply(root, plan, journal, *more)  # type: ignore[arg-type]

    root = build(tmp_path / "shop", {"app.py": VIEW, "requirements.txt": "flask==3.1.0\n"})
    monkeypatch.setattr(writer, "apply", saving)
    told: list[str] = []
    done = fix_to_the_end(
        str(root), Options(select=("FD101",)), (), unsafe=False, tell=lambda item: told.append(item.code)
    )
    assert (root / "app.py").read_text() == MENDED + "# saved\n" * times
    assert ([item.code for item in done.fixed], told, done.notes) == (["FD101"], ["FD101"], ())


def test_fix_gives_up_on_a_file_that_is_saved_all_the_time(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def saving(root: str, plan: Plan, journal: Journal, *more: object) -> object:
        with open(os.path.join(root, "app.py"), "a") as file:
            file.write("# saved\n")
        return apply(root, plan, journal, *more)  # type: ignore[arg-type]

    root = build(tmp_path / "shop", {"app.py": VIEW, "requirements.txt": "flask==3.1.0\n"})
    monkeypatch.setattr(signal, "signal", lambda *_: None)  # the handlers are those of the whole process
    monkeypatch.setattr(writer, "apply", saving)
    assert main(["--fix", "--select=FD101", str(root)]) == 2
    assert "app.py has changed since.\nNothing was written. Scan again, then fix it." in capsys.readouterr().err
    assert (root / "app.py").read_text().startswith(VIEW)


# -- a full disk ----------------------------------------------------------------------------------------------


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own with 64 kB."""
    folder = tmp_path / "small"
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder], capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.skip(f"no small file system can be mounted: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", folder], check=True)


def fill(folder: Path, left: int) -> None:
    """Leave so many bytes of the file system."""
    room = os.statvfs(folder)
    (folder / "filler").write_bytes(b"f" * (room.f_bavail * room.f_bsize - left))


LONG = b"# a line of the project\n" * 500  # 12 kB


@as_root
@pytest.mark.parametrize("left", [0, 4096, 12288, 16384, 20480])
def test_on_a_full_disk_nothing_changes(left: int, small: Path, journal: Journal) -> None:
    write(small, {"one.py": LONG.decode(), "two.py": LONG.decode()})
    fill(small, left)
    before = tree(small)
    plan = Plan((Edit("one.py", LONG, b"1" + LONG), Edit("two.py", LONG, b"2" + LONG), Edit("new.py", None, LONG)), ())
    with pytest.raises(
        Refuse, match=r"(one|two|new)\.py cannot be written: no space left on device\.\nFree some space"
    ):
        apply(str(small), plan, journal)
    assert tree(small) == before
    assert not leftovers(small)
    assert not journal.records(str(small))


@as_root
def test_a_full_disk_keeps_no_fix_from_being_undone_once_there_is_space(small: Path, journal: Journal) -> None:
    write(small, {"one.py": LONG.decode()})
    record = apply(str(small), Plan((Edit("one.py", LONG, b"x\n"),), ()), journal).record
    fill(small, 0)
    with pytest.raises(Refuse, match="no space left"):
        journal.undo(str(small), record)
    assert (tree(small)["one.py"], leftovers(small)) == (b"x\n", [])
    assert journal.records(str(small))[0].state == "applied"
    (small / "filler").unlink()
    journal.undo(str(small), record)
    assert tree(small) == {"one.py": LONG}


@as_root
@pytest.mark.parametrize(
    "left", [0, 4096, 36864, 45056], ids=["nothing", "a page", "the record", "the record and more"]
)
def test_without_space_for_the_history_nothing_changes(left: int, small: Path, project: Path) -> None:
    (project / "app.py").write_bytes(LONG)
    journal = Journal(str(small / "state"))
    with journal.lock(str(project)):
        pass  # its folders are there
    fill(small, left)
    with pytest.raises(UserError, match=r"The history cannot be kept in .*: no space left on device\.") as caught:
        apply(str(project), Plan((Edit("app.py", LONG, b"x" + LONG), VIEWS), ()), journal)
    assert caught.value.hint == "Nothing is changed without it."
    assert tree(project) == {"app.py": LONG, "web/views.py": b"y = 1\n"}
    assert not leftovers(project)
    assert not leftovers(small)
    assert not journal.look(str(project)).records
    assert not journal.look(str(project)).unreadable


def test_a_history_that_may_not_grow_changes_nothing_and_is_no_bug(tmp_path: Path) -> None:
    import resource

    root = build(tmp_path / "shop", {"app.py": VIEW + "# line\n" * 4000, "requirements.txt": "flask==3.1.0\n"})
    before = tree(root)
    done = flaskdoctor(
        *("--fix", "--no-cache", "--select=FD101", str(root)),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000)),
    )
    assert "The history cannot be kept in" in done.stderr
    assert "file too large" in done.stderr
    assert "Traceback" not in done.stderr
    assert (done.returncode, tree(root)) == (2, before)


# -- killed, told to end, and two at once ---------------------------------------------------------------------


def counted(*arguments: str) -> dict[str, int]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.fixes.killing", *arguments],
        cwd=HERE,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, int] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_killed_before_any_system_call_of_a_fix_or_its_undoing_all_comes_back(memory: Path) -> None:
    counts = counted("every call", str(memory))
    assert counts["kills"] > 200
    assert counts["interrupted"] > 100
    assert counts["some files changed"] > 20
    assert counts["something left beside"] > 50


def test_killed_at_any_time_all_comes_back(memory: Path) -> None:
    counts = counted("any time", str(memory), "100")
    assert counts["kills"] == 100


@pytest.mark.parametrize(("name", "every"), [("SIGINT", "61"), ("SIGTERM", "67")])
def test_fix_that_is_told_to_end_leaves_nothing_half_done(name: str, every: str, memory: Path) -> None:
    counts = counted("signal", str(memory), name, every)
    assert counts["signals"] > 6
    assert counts["said so"] > 4
    assert counts["before"] > 4


def test_two_flaskdoctors_on_one_tree_make_every_change_once(memory: Path) -> None:
    assert counted("two", str(memory), "3")["rounds"] == 3


def test_the_lock_of_a_dead_process_is_in_nobodys_way(project: Path, journal: Journal) -> None:
    def die_with_it() -> None:
        with journal.lock(str(project)):
            os.kill(os.getpid(), signal.SIGKILL)

    assert os.waitpid(forked(die_with_it), 0)[1] == signal.SIGKILL
    apply(str(project), BOTH, journal)
    assert tree(project) == {"app.py": b"x = 2\n", "web/views.py": b"y = 2\n"}


def test_what_a_killed_process_had_forked_does_not_hold_its_lock(
    project: Path, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flaskdoctor.fixes.journal._LOCK_SECONDS", 0)
    waits, end = os.pipe()
    hears, says = os.pipe()

    def live_on() -> None:
        os.write(says, b".")
        os.read(waits, 1)

    def die_with_a_child() -> None:
        os.close(end)
        with journal.lock(str(project)):
            forked(live_on)
            os.read(hears, 1)
            os.kill(os.getpid(), signal.SIGKILL)

    assert os.waitpid(forked(die_with_a_child), 0)[1] == signal.SIGKILL
    apply(str(project), BOTH, journal)
    for descriptor in (end, waits, hears, says):
        os.close(descriptor)
    assert tree(project) == {"app.py": b"x = 2\n", "web/views.py": b"y = 2\n"}


@pytest.mark.parametrize("which", [0, 1], ids=["the first", "the second"])
def test_what_a_killed_undo_left_is_removed_by_the_next_fix(which: int, project: Path, journal: Journal) -> None:
    records = [apply(str(project), Plan((edit,), ()), journal).record for edit in (APP, VIEWS)]

    def die_in_it() -> None:
        writer.write = lambda _: os.kill(os.getpid(), signal.SIGKILL)
        journal.undo(str(project), records[which])

    assert os.waitpid(forked(die_in_it), 0)[1] == signal.SIGKILL
    assert leftovers(project)
    apply(str(project), Plan((Edit("new.py", None, b"n\n"),), ()), journal)
    assert not leftovers(project)


@pytest.mark.parametrize("written", [0, 1, 2])
def test_an_undo_beside_later_changes_that_was_killed_goes_on_where_it_ended(
    written: int, tmp_path: Path, journal: Journal
) -> None:
    old, new = b"x = 1\n\n\n\ny = 1\n", b"x = 2\n\n\n\ny = 1\n"
    root = build(tmp_path / "shop", dict.fromkeys(("a.py", "b.py"), old.decode()))
    record = apply(str(root), Plan(tuple(Edit(name, old, new) for name in ("a.py", "b.py")), ()), journal).record
    for name in ("a.py", "b.py"):
        (root / name).write_bytes(new + b"\n\n\nz = 1\n")
    write_step, left = writer.write, written

    def die_in_it() -> None:
        def write_some(step: places.Step) -> None:
            nonlocal left
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            left -= 1
            write_step(step)

        writer.write = write_some
        journal.undo(str(root), record)
        os.kill(os.getpid(), signal.SIGKILL)

    assert os.waitpid(forked(die_in_it), 0)[1] == signal.SIGKILL
    (found,) = journal.records(str(root))
    if written < 2:
        assert found.state == "interrupted"
        journal.undo(str(root), record)
    assert tree(root) == dict.fromkeys(("a.py", "b.py"), old + b"\n\n\nz = 1\n")
    assert not leftovers(root)
    assert journal.records(str(root))[0].state == "undone"


def test_fix_says_that_an_earlier_one_was_interrupted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signal, "signal", lambda *_: None)  # the handlers are those of the whole process
    root = build(tmp_path / "shop", {"app.py": VIEW, "b.py": VIEW, "requirements.txt": "flask==3.1.0\n"})
    plan = Plan(tuple(Edit(name, VIEW.encode(), MENDED.encode()) for name in ("app.py", "b.py")), ())

    def die_between() -> None:
        write_step = writer.write
        writer.write = lambda step: (write_step(step), os.kill(os.getpid(), signal.SIGKILL))
        apply(str(root), plan, Journal())

    assert os.waitpid(forked(die_between), 0)[1] == signal.SIGKILL
    main(["--fix", "--select=FD101", "--fail-on=error", str(root)])
    assert "note: an earlier fix of app.py, b.py was interrupted" in capsys.readouterr().err
    (interrupted,) = [item for item in Journal().records(str(root)) if item.state == "interrupted"]
    Journal().undo(str(root), interrupted.id)
    assert (root / "app.py").read_text() == VIEW


def test_a_dashboard_does_not_apply_what_it_showed_before_another_fix(tmp_path: Path) -> None:
    from flaskdoctor.tui.child import Answers

    root = build(tmp_path / "shop", {"app.py": VIEW, "requirements.txt": "flask==3.1.0\n"})
    answers, options = Answers(), Options(cache=False)
    found = [item for item in answers.on_scan(str(root), options).scan.report.findings if item.code == "FD101"]
    shown = answers.on_preview(str(root), options, found)
    fix_to_the_end(str(root), Options(select=("FD101",)), (), unsafe=False)
    with pytest.raises(Conflict, match=r"app\.py has changed since"):
        answers.on_apply(str(root), options, shown.plan)
    assert (root / "app.py").read_text() == MENDED
    (record,) = answers.on_scan(str(root), options).records
    answers.on_undo(str(root), options, record.id)
    assert (root / "app.py").read_text() == VIEW


def test_the_record_is_on_the_disk_before_the_first_file_and_every_file_before_its_name(
    project: Path, journal: Journal
) -> None:
    """What a loss of power leaves: nothing that the record does not tell, and no name of a file without its text."""
    log = project.parent / "log"

    def work() -> None:
        opened, fsync, replace, link = os.open, os.fsync, os.replace, os.link

        def say(*words: str) -> None:
            with open(log, "a") as file:
                file.write(" ".join(words) + "\n")

        def open_it(path: str, flags: int, *args: int, **kwargs: int) -> int:
            descriptor = opened(path, flags, *args, **kwargs)
            if flags & os.O_CREAT:
                say("create", os.readlink(f"/proc/self/fd/{descriptor}"))
            return descriptor

        def sync(descriptor: int) -> None:
            fsync(descriptor)
            say("sync", os.readlink(f"/proc/self/fd/{descriptor}"))

        def named(call: Callable[..., None]) -> Callable[..., None]:
            def wrapper(source: str, target: str, **kwargs: int) -> None:
                call(source, target, **kwargs)
                folder = kwargs.get("dst_dir_fd")
                base = "" if folder is None else os.readlink(f"/proc/self/fd/{folder}")
                say("name", os.path.join(base, source), os.path.join(base, target))

            return wrapper

        os.open, os.fsync, os.replace, os.link = open_it, sync, named(replace), named(link)  # type: ignore[assignment]
        apply(str(project), Plan((APP, Edit("web/new.py", None, b"n\n")), ()), journal)

    if not os.path.isdir("/proc/self/fd"):
        pytest.skip("the paths of open files are not known")
    with journal.lock(str(project)):
        pass
    assert os.waitpid(forked(work), 0)[1] == 0
    lines = [line.split(" ") for line in log.read_text().splitlines()]
    inside = str(project)
    first = next(number for number, line in enumerate(lines) if line[1].startswith(inside))
    record = [line for line in lines[:first] if line[1].startswith(journal.folder) and not line[1].endswith("lock")]
    assert [line[0] for line in record] == ["create", "sync", "name", "sync"]
    assert record[1][1].endswith(".new")
    assert record[3][1] == os.path.dirname(record[2][2])
    for number, line in enumerate(lines):
        if line[0] == "name" and line[2].startswith(inside):
            assert ["sync", line[1]] in lines[:number]
            assert ["sync", os.path.dirname(line[2])] in lines[number:]


# -- the check afterwards, and what is said -------------------------------------------------------------------


def test_a_check_that_fails_for_its_own_reasons_takes_the_fix_back(project: Path, journal: Journal) -> None:
    def verify() -> list[str]:
        raise RuntimeError("a bug")

    with pytest.raises(RuntimeError):
        apply(str(project), BOTH, journal, verify)
    assert tree(project) == {"app.py": b"x = 1\n", "web/views.py": b"y = 1\n"}
    assert not journal.records(str(project))


@as_root
def test_what_cannot_be_taken_back_for_want_of_space_stays_in_the_history(small: Path, journal: Journal) -> None:
    write(small, {"one.py": LONG.decode()})

    def verify() -> list[str]:
        fill(small, 0)
        return ["FD101 is still there in one.py."]

    with pytest.raises(writer.Unfinished, match=r"no space left on device\. The fix could not be taken back"):
        apply(str(small), Plan((Edit("one.py", LONG, b"x\n"),), ()), journal, verify)
    (record,) = journal.records(str(small))
    assert (record.state, record.paths) == ("interrupted", ("one.py",))
    (small / "filler").unlink()
    journal.undo(str(small), record.id)
    assert tree(small) == {"one.py": LONG}


def test_nothing_secret_is_said_whatever_fails(memory: Path) -> None:
    root, plan = secret_shop(memory / "shop")
    journal = Journal(str(memory / "state"))
    raised = 0
    for code in (errno.ENOSPC, errno.EIO, errno.EACCES):
        for moment in range(0, 60, 3):

            def work(code: int = code, moment: int = moment) -> None:
                left = moment

                def fail() -> None:
                    nonlocal left
                    left -= 1
                    if left == -1:
                        raise OSError(code, os.strerror(code), str(root / ".env"))

                os.environ["FLASKDOCTOR_STATE_DIR"] = journal.folder
                at_each_call(fail)
                apply(str(root), plan, journal)

            words = in_a_child(os.geteuid(), work)
            raised += bool(words)
            assert SECRET not in words
            for record in journal.records(str(root)):
                if record.state != "undone":
                    journal.undo(str(root), record.id)
            assert SECRET.encode() not in tree(root)[".env"]
            assert not leftovers(root)
    assert raised > 10


@pytest.mark.parametrize("full", ["closed", "/dev/full"])
def test_a_report_that_nobody_takes_keeps_no_fix_from_being_made(full: str, tmp_path: Path) -> None:
    root = build(tmp_path / "shop", {"app.py": VIEW, "requirements.txt": "flask==3.1.0\n"})
    arguments = [sys.executable, "-m", "flaskdoctor", "--fix", "--select=FD101", "--fail-on=error", str(root)]
    if full == "closed":
        reading, writing = os.pipe()
        os.close(reading)
    else:
        writing = os.open(full, os.O_WRONLY)
    done = subprocess.run(arguments, cwd=HERE, stdout=writing, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writing)
    assert (root / "app.py").read_text() == MENDED
    assert "Traceback" not in done.stderr
    assert done.returncode == (0 if full == "closed" else 2)


def test_no_file_of_the_project_comes_in_the_place_of_a_closed_output(tmp_path: Path) -> None:
    root = build(tmp_path / "shop", {"app.py": VIEW, "requirements.txt": "flask==3.1.0\n"})
    command = f"exec '{sys.executable}' -m flaskdoctor --fix --select=FD101 --no-cache '{root}' <&- >&- 2>&-"
    assert subprocess.run(["/bin/sh", "-c", command], cwd=HERE, check=False).returncode == 0
    assert (root / "app.py").read_text() == MENDED
