"""Where a report goes, and what it takes to make one."""

from __future__ import annotations

import errno
import json
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from flaskdoctor.errors import UserError
from flaskdoctor.outfile import write_file
from flaskdoctor.reports import FORMATS
from tests.projects import build, tree
from tests.test_check import APP, flaskdoctor


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return build(tmp_path / "shop", {"app.py": APP, ".gitignore": "__pycache__/\n"}, "3.1.0")


def test_a_report_is_written_as_a_whole_with_the_permissions_of_its_kind(tmp_path: Path) -> None:
    path = tmp_path / "report"
    umask = os.umask(0o027)
    try:
        write_file(str(path), b"first")
        assert stat.S_IMODE(path.stat().st_mode) == 0o640
        path.chmod(0o604)
        write_file(str(path), b"second")
    finally:
        os.umask(umask)
    assert path.read_bytes() == b"second"
    assert stat.S_IMODE(path.stat().st_mode) == 0o604
    link = tmp_path / "link"
    link.symlink_to("report")
    write_file(str(link), b"third")
    assert link.is_symlink()
    assert path.read_bytes() == b"third"
    assert sorted(os.listdir(tmp_path)) == ["link", "report"]


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()])
@pytest.mark.parametrize("step", ["chmod", "replace"])
def test_what_was_there_stays_when_it_cannot_be_finished(
    step: str, error: BaseException, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "report"
    path.write_bytes(b"old")

    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(os, step, fail)
    with pytest.raises((UserError, KeyboardInterrupt)):
        write_file(str(path), b"new")
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["report"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="FIFOs are POSIX's")
def test_a_pipe_and_a_device_take_it_as_it_comes(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=write_file, args=(str(pipe), b"report"))
    writer.start()
    assert pipe.read_bytes() == b"report"
    writer.join(10)
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    write_file("/dev/null", b"report")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


def test_a_file_that_nothing_can_take_the_place_of_is_written_into(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "mounted"
    path.write_bytes(b"old and longer")

    def busy(*_: object) -> None:
        raise OSError(errno.EBUSY, "Device or resource busy")

    monkeypatch.setattr(os, "replace", busy)
    write_file(str(path), b"new")
    assert path.read_bytes() == b"new"
    assert os.listdir(tmp_path) == ["mounted"]


@pytest.mark.skipif(not os.path.exists("/dev/fd/1"), reason="no /dev/fd")
def test_what_a_shell_appends_to_is_appended_to(shop: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("before\n")
    for name in ("/dev/stdout", "/dev/fd/1"):
        with log.open("ab") as out:
            command = [sys.executable, "-m", "flaskdoctor", "--list-rules", "--output", name]
            subprocess.run(command, cwd=shop, stdout=out, check=True)
    assert log.read_text().startswith("before\n")
    assert log.read_text().count("FD101") == 2


def test_where_it_cannot_be_written_is_said(shop: Path, tmp_path: Path) -> None:
    done = flaskdoctor("--check", "--output", str(tmp_path / "nowhere" / "report"), str(shop))
    assert done.returncode == 2
    assert "nowhere/report cannot be written: no such file or directory" in done.stderr
    assert done.stdout == ""


def test_fixes_go_into_sarif_alone(shop: Path) -> None:
    before = tree(shop)
    done = flaskdoctor("--check", "--format", "sarif", "--with-fixes", str(shop))
    fixed = {item["ruleId"] for item in json.loads(done.stdout)["runs"][0]["results"] if "fixes" in item}
    assert "FD101" in fixed
    assert "FD301" not in fixed
    assert tree(shop) == before
    plain = flaskdoctor("--check", "--format", "sarif", str(shop))
    assert '"fixes"' not in plain.stdout
    assert plain.returncode == 1
    refused = flaskdoctor("--check", "--format", "json", "--with-fixes", str(shop))
    assert refused.returncode == 2
    assert "--with-fixes goes with --format sarif" in refused.stderr
    assert flaskdoctor("--list-rules", "--format", "junit").returncode == 2


def test_the_schema_of_the_json_report_is_printed() -> None:
    schema = json.loads(flaskdoctor("--explain", "json").stdout)
    assert schema["$id"] == "urn:flaskdoctor:report:1"


def test_a_format_loads_what_it_needs_and_no_more(shop: Path) -> None:
    """Warm, as tmux asks every few seconds."""
    for path in [*shop.rglob("*"), shop]:
        os.utime(path, (1_600_000_000, 1_600_000_000))
    program = "import sys; from flaskdoctor.cli import main; main(); sys.stderr.write(' '.join(sys.modules))"

    def loaded(name: str) -> set[str]:
        done = subprocess.run(
            [sys.executable, "-c", program, "--check", "--format", name, str(shop)],
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
        return set(done.stderr.split())

    loaded("text")
    heavy = {"ast", "dataclasses", "subprocess", "tomli", "pathspec", "tempfile", "textual", "rich", "libcst", "httpx"}
    for name in FORMATS:
        modules = loaded(name)
        others = {f"flaskdoctor.reports.{other}" for other in FORMATS} - {f"flaskdoctor.reports.{name}"}
        if name in ("text", "github", "junit", "markdown"):
            others -= {"flaskdoctor.reports.text"}  # they have lines of it
        assert not modules & others, name
        if name != "sarif":  # which has the pages of the rules
            assert not modules & {*heavy, "flaskdoctor.rules.registry"}, name
        assert not modules & {"textual", "rich", "libcst", "httpx", "asyncio"}, name
        if name in ("text", "tmux", "github", "junit", "markdown"):
            assert "json" not in modules, name
        if name in ("text", "tmux"):
            assert not modules & {"flaskdoctor.fingerprint", "flaskdoctor.reports.repository"}, name
