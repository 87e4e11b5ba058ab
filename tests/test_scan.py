"""Scanning again: what has not changed comes from the cache, what has changed shows, and the cache harms nothing."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from flaskdoctor import look
from flaskdoctor.filecache import FileCache
from flaskdoctor.finding import Tip
from flaskdoctor.project import cache
from flaskdoctor.project.code.module import Module
from flaskdoctor.project.discover import discover
from flaskdoctor.project.snapshot import Project
from flaskdoctor.rules.registry import file_rule
from flaskdoctor.rules.rule import Candidate, Rule
from flaskdoctor.scan import Options, Scan, scan
from flaskdoctor.spread import spread
from tests.projects import build, run_git, write

VIEWS = """\
from flask import Flask, jsonify

app = Flask(__name__)


@app.route("/")
def index():
    return jsonify({"ok": True})
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    root = build(tmp_path / "shop", {"app.py": VIEWS, "pages/more.py": VIEWS, ".gitignore": ".env\n"}, "3.1.0")
    age(root)
    return root


def age(root: Path) -> None:
    """Give everything an old time stamp: a file saved a moment ago is not trusted to be unchanged."""
    for path in [root, *root.rglob("*")]:
        os.utime(path, (1_600_000_000, 1_600_000_000), follow_symlinks=False)


def codes(found: Scan) -> list[str]:
    return [f"{finding.location.path} {finding.code}" for finding in found.report.findings]


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that were analysed, not taken from the cache."""
    paths: list[str] = []
    real = look.Look.analyse

    def spy(one: look.Look, path: str, name: str, role: str, source: bytes) -> look.FileResult:
        paths.append(path)
        return real(one, path, name, role, source)

    monkeypatch.setattr(look.Look, "analyse", spy)
    return paths


def test_only_what_changed_is_looked_at_again(shop: Path, looked_at: list[str]) -> None:
    first = codes(scan(str(shop), Options()))
    assert sorted(looked_at) == ["app.py", "pages/more.py"]
    looked_at.clear()
    assert codes(scan(str(shop), Options())) == first
    assert looked_at == []
    write(shop, {"app.py": VIEWS.replace("jsonify({", "({").replace("True})", "True})")})
    assert codes(scan(str(shop), Options())) == [item for item in first if item != "app.py FD101"]
    assert looked_at == ["app.py"]


def test_a_change_of_anything_else_shows_too(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = codes(scan(str(shop), Options()))
    write(shop, {"new.py": VIEWS})
    assert codes(scan(str(shop), Options())) == sorted([*before, "new.py FD101"])
    (shop / "new.py").unlink()
    write(shop, {".env": "SECRET_KEY=x\n", ".gitignore": "\n"})
    age(shop)
    assert ".gitignore FD330" in codes(scan(str(shop), Options()))
    write(shop, {".gitignore": ".env\n"})
    assert ".gitignore FD330" not in codes(scan(str(shop), Options()))


def test_git_s_index_and_the_environment_count_as_changes(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(shop, {".env": "A=1\n", ".env-template": "A=\nNEEDED=\n"})
    run_git(shop, "init", "-q")
    age(shop)
    assert ".env-template FD313" in codes(scan(str(shop), Options()))
    monkeypatch.setenv("NEEDED", "now it is there")
    assert ".env-template FD313" not in codes(scan(str(shop), Options()))
    assert ".env FD331" not in codes(scan(str(shop), Options()))
    run_git(shop, "add", "-f", ".env")
    assert ".env FD331" in codes(scan(str(shop), Options()))


def test_a_file_saved_twice_within_one_tick_is_not_missed(shop: Path) -> None:
    scan(str(shop), Options())
    path = shop / "app.py"
    path.write_text(VIEWS.replace("index", "inde1"))
    scan(str(shop), Options())
    status = path.stat()
    path.write_text(VIEWS.replace("jsonify", "jsonif_").replace("index", "inde2"))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert "app.py FD101" not in codes(scan(str(shop), Options()))


@pytest.mark.parametrize("junk", [b"", b"junk", b"\x80\x05.", pickle.dumps(print), pickle.dumps(("x", 1))])
def test_a_broken_or_foreign_cache_is_ignored_and_written_anew(shop: Path, junk: bytes) -> None:
    expected = codes(scan(str(shop), Options()))
    for kind in ("scan", "facts", "facts-recent", "history"):
        path = Path(cache.cache_path(str(shop), kind))
        assert path.exists()
        path.write_bytes(junk)
    assert codes(scan(str(shop), Options())) == expected
    assert Path(cache.cache_path(str(shop), "scan")).read_bytes() != junk


def test_a_cache_with_one_wrong_byte_is_ignored(shop: Path) -> None:
    path = cache.cache_path(str(shop), "facts")
    scan(str(shop), Options())
    whole = Path(path).read_bytes()
    assert cache.load(path, cache.tool_key()) is not None
    for place in range(0, len(whole), 97):
        Path(path).write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        assert cache.load(path, cache.tool_key()) is None


def test_a_pickle_that_would_run_something_runs_nothing(tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return (os.mkdir, (str(tmp_path / "made"),))

    path = tmp_path / "evil.scan"
    cache.store(str(path), "key", (Evil(),))
    assert cache.load(str(path), "key") is None
    assert not (tmp_path / "made").exists()


def test_without_a_cache_nothing_is_written(shop: Path) -> None:
    scan(str(shop), Options(cache=False))
    assert not Path(cache.cache_folder()).exists()


def test_two_scans_at_once_agree(shop: Path) -> None:
    command = [sys.executable, "-m", "flaskdoctor", "--check", "--quiet", str(shop)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(4)]
    outputs = {process.communicate(timeout=120) for process in running}
    assert len(outputs) == 1
    assert next(iter(outputs))[1] == b""


def test_the_score_s_trend_is_kept(shop: Path) -> None:
    first = scan(str(shop), Options())
    write(shop, {"bad.py": "def f(:\n"})
    second = scan(str(shop), Options())
    assert second.report.score < first.report.score
    assert second.history == (*first.history, second.report.score)


TWO_PROCESSORS = pytest.mark.skipif(
    not hasattr(os, "sched_getaffinity") or len(os.sched_getaffinity(0)) < 2, reason="there is one processor"
)


class Others:
    """The other processes, which are waited for until one of them has a part of the work. Where threads run there are
    none: those that a test before left behind are waited for too."""

    def __init__(self, folder: Path) -> None:
        self.here = os.getpid()
        self.sign = folder / "working"
        until(lambda: threading.active_count() == 1)

    def at_work(self) -> bool:
        """Whether this is one of them."""
        if other := os.getpid() != self.here:
            self.sign.touch()
        return other

    def first(self) -> None:
        """Return when one of them works."""
        until(self.sign.exists)


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 120
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


@TWO_PROCESSORS
def test_many_processes_give_what_one_gives(tmp_path: Path) -> None:
    others = Others(tmp_path)
    numbers = list(range(1000))

    def work(number: int) -> tuple[int, int]:
        others.at_work()
        return number * number, os.getpid()

    places = spread(work, numbers, others.first)
    assert [square for square, _ in places] == [number * number for number in numbers]
    assert {process for _, process in places} != {os.getpid()}


@TWO_PROCESSORS
def test_what_a_process_cannot_deliver_is_done_here(tmp_path: Path) -> None:
    others = Others(tmp_path)

    def work(number: int) -> int:
        if others.at_work() and number % 100 == 99:
            os._exit(7)
        return -number

    assert spread(work, list(range(1000)), others.first) == [-number for number in range(1000)]


def test_a_file_saved_as_a_scan_begins_is_not_taken_for_known(shop: Path) -> None:
    key = cache.tool_key()
    (shop / "app.py").touch()
    scan(str(shop), Options())
    known = FileCache(str(shop), key)
    found = {file.path: known.unchanged(file) is not None for file in discover(str(shop), frozenset(), ()).python}
    assert found == {"app.py": False, "pages/more.py": True}


def test_a_changed_dockerignore_is_seen(shop: Path) -> None:
    write(shop, {"Dockerfile": "FROM python\nCOPY . .\n", ".dockerignore": "*.md\n", ".env": "A=1\n"})
    age(shop)
    options = Options(select=("FD337",))
    assert len(scan(str(shop), options).report.findings) == 1
    assert len(scan(str(shop), options).report.findings) == 1
    write(shop, {".dockerignore": "**/.env*\n"})
    assert scan(str(shop), options).report.findings == ()


@pytest.mark.parametrize(
    ("tip", "file", "text"),
    [
        (Tip.BACKGROUND, "worker.py", "from celery import Celery\n"),
        (Tip.BACKGROUND, "requirements.txt", "flask==3.1.0\nrq\n"),
        (Tip.ASYNC, "pages/more.py", VIEWS.replace("def index", "async def index")),
        (Tip.GREENLETS, "worker.py", "import gevent.monkey\n"),
    ],
)
def test_a_tip_that_the_project_gives_no_occasion_for_is_none_not_ok(
    shop: Path, tip: Tip, file: str, text: str
) -> None:
    assert state_of(shop, tip) == "none"
    write(shop, {file: text})
    assert state_of(shop, tip) in ("ok", "findings")


def test_a_scan_does_not_claim_to_know_the_server(shop: Path) -> None:
    assert state_of(shop, Tip.LIVE) == "not asked"


def state_of(root: Path, tip: Tip) -> str:
    return next(state.state for state in scan(str(root), Options(cache=False)).tips if state.tip is tip)


def test_a_rule_that_fails_while_it_judges_is_told_and_the_rest_goes_on(
    shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(rule: Rule, candidate: Candidate, project: Project) -> None:
        raise RuntimeError("a secret from the file")

    write(shop, {"more.py": VIEWS + "\n\napp.run(debug=True)\n"})
    before = codes(scan(str(shop), Options(cache=False)))
    monkeypatch.setattr(type(file_rule("FD101")), "judge", fails)
    found = scan(str(shop), Options(cache=False))
    assert [item for item in codes(found) if not item.endswith("FD004")] == [
        item for item in before if not item.endswith("FD101")
    ]
    crashes = [finding for finding in found.report.findings if finding.code == "FD004"]
    assert {finding.location.path for finding in crashes} == {"app.py", "more.py", "pages/more.py"}
    assert all("FD101" in finding.message and "secret" not in finding.message for finding in crashes)


def test_a_file_that_cannot_be_understood_does_not_end_the_scan(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(module: Module) -> None:
        raise RuntimeError("a secret from the file")

    monkeypatch.setattr(look, "module_facts", fails)
    found = scan(str(shop), Options(cache=False))
    crashes = [finding for finding in found.report.findings if finding.code == "FD004"]
    assert {finding.location.path for finding in crashes} == {"app.py", "pages/more.py"}
    assert all("facts" in finding.message and "secret" not in finding.message for finding in crashes)
