"""Whatever breaks in the dashboard becomes a message and a line in the log; the rest goes on."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from os import open as posix_open
from pathlib import Path
from typing import Any

import pytest
from textual.events import AppFocus, DescendantFocus

from flaskdoctor.errors import UserError
from flaskdoctor.fixes.journal import Journal
from flaskdoctor.project import cache
from flaskdoctor.scan import Options
from flaskdoctor.tui import clipboard, logbook, messages
from flaskdoctor.tui.app import PANES, DoctorApp
from flaskdoctor.tui.bars import FooterBar, HeaderBar, TabBar
from flaskdoctor.tui.child import Answers
from flaskdoctor.tui.client import ChildBackend
from flaskdoctor.tui.panes.base import Pane
from flaskdoctor.tui.panes.code import CodePane
from flaskdoctor.tui.panes.overview import Health
from flaskdoctor.tui.rows import Rows
from flaskdoctor.tui.screens.explain import Explain
from tests.e2e.surroundings import APP, small_project
from tests.tui.conftest import Dashboard, NoProber, dashboard, digit

SECRET = "canary-of-the-exception"
WORDS = {
    "overview": "Do these first", "code": "Findings", "env": "Environment", "git": "Git checks", "live": "Live",
    "routes": "Route map", "history": "Applied fixes",
}  # fmt: skip


def raises(*_: object, **__: object) -> Any:
    """Stands in for a method."""
    raise KeyError(SECRET)


@contextmanager
def broken(kind: type, name: str, stand_in: object = raises) -> Iterator[None]:
    """The method ``name`` of a class raises."""
    own = kind.__dict__.get(name)
    setattr(kind, name, stand_in)
    try:
        yield
    finally:
        if own is None:
            delattr(kind, name)
        else:
            setattr(kind, name, own)


def log() -> str:
    """What stands in the log."""
    path = Path(logbook.path())
    return path.read_text() if path.exists() else ""


async def the_others_work(board: Dashboard, pane: type[Pane]) -> None:
    """Every other tab shows what it shows, and the keys do what they do."""
    for other in PANES:
        if other is not pane:
            await board.press(digit(other.TAB))
            assert WORDS[other.TAB] in board.text(), other.TAB
            assert not board.app.pane.broken
    await board.press("question_mark")
    await board.until_shown("Keys")
    await board.press("escape", digit(pane.TAB))


ASKED = (
    "show_details",
    "badge",
    "finding",
    "copied",
    "page_code",
    "record",
    "place",
    "shows_finding",
    "shown_code",
    "panels",
)


@pytest.mark.parametrize("pane", PANES, ids=lambda pane: pane.TAB)
async def test_a_tab_that_breaks_says_so_and_comes_back_and_leaves_the_others(project: Path, pane: type[Pane]) -> None:
    async with dashboard(project, may_break=True) as board:
        app = board.app
        if pane.TAB != "overview":  # its widgets are made with the app
            with broken(pane, "compose"):
                await board.press(digit(pane.TAB))
                await board.until_shown(
                    f"Making the tab {pane.TITLE} failed: KeyError, a bug in flaskdoctor", "r tries"
                )
                await board.press("tab", "escape", "f")
                assert "r tries again" in board.text()
            await board.press("r")
            await board.until_shown(WORDS[pane.TAB])
        with ExitStack() as stack:
            for name in ASKED:
                stand_in = classmethod(raises) if name == "badge" else raises
                with broken(pane, name, stand_in):
                    app.redraw()
                    app.look()
                    app.post_message(Rows.Moved(app.query_one(Rows), None))
                    app.post_message(DescendantFocus(app.query_one(Rows)))
                    await board.pilot.pause()
                    assert WORDS[pane.TAB] in board.text(), name
                stack.enter_context(broken(pane, name, stand_in))
            await board.press("f", "x", "e", "tab", "c")
            assert "The key c (copy place) failed: KeyError" in board.text().replace("copy HTTPie", "copy place")
            stack.enter_context(broken(pane, "draw"))
            app.redraw()
            await board.until_shown("Drawing this tab failed: KeyError, a bug in flaskdoctor", "r tries again")
            await the_others_work(board, pane)
            assert "r tries again" in board.text()
        await board.press("r")
        await board.until(lambda: not app.pane.broken and not app.jobs.scanning, "the tab is back")
        assert WORDS[pane.TAB] in board.text()
    assert "KeyError" in log()
    assert SECRET not in log()


async def test_a_row_that_cannot_be_shown_leaves_the_list(project: Path) -> None:
    async with dashboard(project, (100, 30), may_break=True) as board:
        await board.press("2")
        with broken(CodePane, "details"):
            await board.press("j")
            await board.until_shown("Drawing the details failed: KeyError", "Findings 3")
        with broken(Rows, "draw_line"):
            board.app.pane.query_one(Rows).refresh()
            await board.until_shown("(cannot be drawn, see the log)", "Overview")
        board.app.pane.query_one(Rows).refresh()
        await board.press("k")
        await board.until_shown("FD105 error-handler-without-status")


async def test_what_breaks_beside_the_tabs_is_told_and_the_keys_go_on(project: Path) -> None:
    """A key's action, a message's handler, a timer, a callback, a bar, a dialog, the prober, a page."""
    async with dashboard(project, (100, 30), may_break=True) as board:
        app = board.app
        with broken(DoctorApp, "do_theme"):
            await board.press("t")
            await board.until_shown("The key t (theme) failed: KeyError, a bug in flaskdoctor")
        for fails in (app.set_timer, app.call_after_refresh, app.call_later):
            app.say("")
            if fails == app.set_timer:
                app.set_timer(0.01, raises)
            else:
                fails(raises)
            await board.until_shown("failed: KeyError, a bug in flaskdoctor")
        app.say("")
        with broken(type(app.session), "take"):
            await board.press("r")
            await board.until_shown("Answering to ScanDone failed: KeyError")
            await board.until(lambda: not app.session.scanning, "the scan is over")
        for bar in (HeaderBar, TabBar, Health):
            with broken(bar, "content"):
                app.query_one(bar).refresh()
                await board.until_shown("(cannot be drawn")
            app.query_one(bar).refresh()
        await board.until(lambda: "(cannot" not in board.text(), "the lines are back")
        with broken(Explain, "body"):
            await board.press("x")
            await board.until_shown("This dialog failed: KeyError")
            await board.press("escape")
            assert len(app.screen_stack) == 1
        with ExitStack() as stack:
            for name in ("probe_now", "why_not", "opened", "scanned", "saved", "focused"):
                stack.enter_context(broken(NoProber, name))
            app.post_message(AppFocus())
            app.post_message(messages.FilesChanged())
            await board.press("p", "5", "1")
            await board.until(lambda: not app.jobs.scanning, "the scan is over")
            assert "failed: KeyError" in board.text()
        with broken(ChildBackend, "page"):
            await board.press("x")
            await board.until_shown("The page failed: KeyError")
        await board.press("2")
        await board.until_shown("Findings 3")
        await board.press("x")
        await board.until_shown("What it finds")
    assert SECRET not in log()


async def test_what_comes_back_with_every_picture_ends_the_dashboard(project: Path) -> None:
    async def see_it_break() -> None:
        async with dashboard(project, may_break=True) as board:
            with broken(FooterBar, "get_content_height"):
                board.app.say("a message")
                await board.until(lambda: board.app.crashed, "the end")

    with pytest.raises(KeyError):
        await see_it_break()


# The child process


async def idle(board: Dashboard, backend: ChildBackend) -> int:
    """The process that scans, once it has nothing to do."""
    tasks = board.app.jobs._tasks
    await board.until(lambda: all(task.done() for name, task in tasks.items() if name != "watch"), "nothing to do")
    assert backend._process is not None
    return backend._process.pid


def python(program: str) -> Callable[[Any], Any]:
    """A stand-in for the child's start: a program of its own."""

    async def start(_: object) -> asyncio.subprocess.Process:
        pipe = asyncio.subprocess.PIPE
        return await asyncio.create_subprocess_exec(sys.executable, "-c", program, stdin=pipe, stdout=pipe)

    return start


SAYS = (
    "import sys, time; from pickle import dumps as p; w = sys.stdout.buffer.write;"
    "n = lambda b: len(b).to_bytes(8, 'big') + b;"
)
BAD_CHILDREN = {
    "ends": ("pass", "The process that scans stopped"),
    "is killed": ("import os; os.kill(os.getpid(), 9)", "The process that scans stopped (signal 9)"),
    "prints": (f"{SAYS} w(b'x' * 99); sys.stdout.flush(); time.sleep(99)", "something that is no answer"),
    "no pickle": (f"{SAYS} w(n(b'rubbish')); sys.stdout.flush(); time.sleep(99)", "something that is no answer"),
    "no pair": (f"{SAYS} w(n(p(7))); sys.stdout.flush(); time.sleep(99)", "something that is no answer"),
    "no scan": (f"{SAYS} w(n(p((True, 'a')))); sys.stdout.flush(); time.sleep(99)", "something that is no answer"),
    "no error": (f"{SAYS} w(n(p((False, 'no')))); sys.stdout.flush(); time.sleep(99)", "something that is no answer"),
    "half an answer": (f"{SAYS} w(n(p((True, 'a')))[:-3])", "The process that scans stopped"),
    "hangs": ("import time; time.sleep(99)", "did not answer for 0.5 s"),
}


@pytest.mark.parametrize("kind", BAD_CHILDREN)
async def test_a_child_that_goes_wrong_is_told_and_ended(tmp_path: Path, kind: str) -> None:
    program, said = BAD_CHILDREN[kind]
    backend = ChildBackend(str(tmp_path), Options(), patience=0.5 if kind == "hangs" else 120)
    with broken(ChildBackend, "_start", python(program)), pytest.raises(UserError, match=re.escape(said)):
        await backend.scan()
    backend._patience = 120
    assert (await backend.page("FD101")).code == "FD101"  # another one is there
    await backend.close()


async def test_the_child_may_be_killed_at_any_time(project: Path) -> None:
    backend = ChildBackend(str(project), Options())
    source = project / "shop" / "views.py"
    async with dashboard(project, (100, 30), backend=backend, may_break=True) as board:
        app = board.app

        async def restarted() -> None:
            await board.until_shown("The process that scans stopped (signal 9)", "Findings 2")
            assert len(app.session.records) == 1
            await board.press("r")
            await board.until(lambda: not app.session.failed and not app.jobs.scanning, "a scan by another one")

        await board.press("2", "G")
        await board.until_shown("+     return {")
        await board.press("f")
        await board.until(lambda: len(app.session.records) == 1, "the fix")
        fixed = source.read_text()
        os.kill(await idle(board, backend), signal.SIGKILL)  # while it has nothing to do
        await board.press("r")
        await board.until(lambda: not app.jobs.scanning, "the scan")  # by another one, where its end was seen in time
        app.say("")
        scanning = await idle(board, backend) if not app.session.failed else 0
        if not scanning:
            await board.press("r")
            scanning = await idle(board, backend)
        os.kill(scanning, signal.SIGSTOP)
        await board.press("r")
        os.kill(scanning, signal.SIGKILL)
        await restarted()
        writing = await idle(board, backend)
        os.kill(writing, signal.SIGSTOP)
        await board.press("z")
        assert app.jobs.writing
        os.kill(writing, signal.SIGKILL)
        await restarted()
        assert source.read_text() == fixed
        await idle(board, backend)
        await board.press("z")
        await board.until(lambda: app.session.records[0].undone, "taken back")
        assert source.read_text() != fixed


# Where nothing can be kept


def program(home: Path, code: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Python with flaskdoctor and an environment of its own."""
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=home,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(__file__).resolve().parents[2]), **environ},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


WRITE = "from flaskdoctor.tui import logbook; print(logbook.write('it broke', KeyError('{}')), logbook.path())"


def test_a_log_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.write_text("mine" * 200_000)
    folder = tmp_path / "flaskdoctor" / "log"
    folder.mkdir(parents=True)
    (folder / "dashboard.log").symlink_to(kept)
    assert program(tmp_path, WRITE, XDG_STATE_HOME=str(tmp_path)).stdout.startswith("False")
    assert kept.read_text() == "mine" * 200_000


def test_the_log_is_bounded_and_quotes_nothing(tmp_path: Path) -> None:
    code = f"from flaskdoctor.tui import logbook\nlogbook.take_over()\nfor _ in range(3): {WRITE.format('S3CRET')}\n"
    path = tmp_path / "flaskdoctor" / "log" / "dashboard.log"
    path.parent.mkdir(parents=True)
    path.write_text("x" * 600_000)
    ended = "import threading\ndef f(): raise ValueError('S3CRET')\nthreading.Thread(target=f).start()\nf()\n"
    done = program(tmp_path, code + ended, XDG_STATE_HOME=str(tmp_path))
    assert "S3CRET" not in done.stdout + done.stderr + path.read_text()
    assert path.read_text().count("it broke: KeyError") == 3
    assert path.read_text().count("ValueError") == 2
    assert path.stat().st_size < 2000


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full")
def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = tmp_path / "a.scan"
    cache.store(str(kept), "key", "before")
    removed: list[str] = []
    with monkeypatch.context() as patch:
        patch.setattr(os, "open", lambda *_, **__: posix_open("/dev/full", os.O_WRONLY))
        patch.setattr(os, "unlink", removed.append)
        cache.store(str(kept), "key", ("value",) * 9999)
        written = logbook.write("it broke")
    assert not written
    assert [Path(path).parent for path in removed] == [tmp_path]
    assert cache.load(str(kept), "key") == "before"


def test_without_a_home_nothing_is_written_to_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "FLASKDOCTOR_CACHE_DIR", "FLASKDOCTOR_STATE_DIR"):
        monkeypatch.delenv(name, raising=False)
    with monkeypatch.context() as patch:
        patch.setattr(os.path, "expanduser", lambda path: path)  # as for a user whom the system does not know
        cache.store(cache.cache_path(str(tmp_path), "scan"), "key", "value")
        assert not logbook.write("it broke")
        with pytest.raises(UserError, match="no home folder"):
            Journal()._make_folder(str(tmp_path))
        with pytest.raises(OSError, match="no home folder"):
            clipboard._file("text")
    assert not list(tmp_path.iterdir())


def test_a_state_folder_that_is_none_leaves_all_but_the_fixes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "no-folder").write_text("")
    for name in ("FLASKDOCTOR_STATE_DIR", "FLASKDOCTOR_CACHE_DIR"):
        monkeypatch.setenv(name, str(tmp_path / "no-folder"))
    root, options, answers = str(small_project(tmp_path)), Options(), Answers()
    scanned = answers.on_scan(root, options)
    assert scanned.records == ()
    preview = answers.on_preview(root, options, scanned.scan.report.findings)
    assert preview.changes
    with pytest.raises(UserError, match="The history cannot be kept"):
        answers.on_apply(root, options, preview.plan)
    assert Path(root, "app.py").read_text() == APP
