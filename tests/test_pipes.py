"""What happens at the edges of a process: readers that go away, full and closed streams, signals, other locales."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from flaskdoctor import printing
from tests.projects import build, write
from tests.running import APP

FLASKDOCTOR = [sys.executable, "-m", "flaskdoctor"]
CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]")
MODES = [
    ["--version"],
    ["--help"],
    ["--list-rules"],
    ["--explain", "FD101"],
    ["--show-files", "."],
    ["--show-settings", "."],
    ["--check", "."],
    ["--check", "--format", "json", "."],
    ["--check", "--statistics", "."],
    ["--diff", "."],
]
posix = pytest.mark.skipif(os.name != "posix", reason="signals and streams of POSIX")
linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks /proc and /dev/full")


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return build(tmp_path / "shop", {"app.py": APP, ".gitignore": ".env\n"}, "3.1.0")


def shell(command: str, cwd: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run a shell's command in which ``$F`` is flaskdoctor."""
    program = f'F() {{ "{sys.executable}" -m flaskdoctor "$@"; }}\n{command}'
    environment = {**os.environ, **environ}
    return subprocess.run(
        ["bash", "-c", program], cwd=cwd, env=environment, capture_output=True, text=True, errors="replace", timeout=120
    )


# -- streams ------------------------------------------------------------------------------------------------


@posix
@pytest.mark.parametrize("mode", MODES, ids=" ".join)
def test_a_reader_that_is_gone_ends_it_quietly(shop: Path, mode: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run([*FLASKDOCTOR, *mode], cwd=shop, stdout=writing, stderr=subprocess.PIPE, timeout=120)
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (0, b"")


@posix
def test_a_reader_of_errors_that_is_gone_changes_nothing(shop: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        for arguments, status in ((["--nonsense"], 2), (["--check", ".", "--write-baseline", "known.json"], 0)):
            done = subprocess.run(
                [*FLASKDOCTOR, *arguments], cwd=shop, stdout=subprocess.PIPE, stderr=writing, timeout=120
            )
            assert done.returncode == status, arguments
    finally:
        os.close(writing)
    assert (shop / "known.json").exists()


@linux
def test_a_full_disk_in_the_place_of_the_output_is_told(shop: Path) -> None:
    for mode in (["--version"], ["--help"], ["--explain", "FD101"], ["--check", "."]):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([*FLASKDOCTOR, *mode], cwd=shop, stdout=full, stderr=subprocess.PIPE, timeout=120)
        assert done.returncode == 2, mode
        assert done.stderr.splitlines() == [b"flaskdoctor: The report cannot be written: no space left on device."]


@posix
def test_streams_that_are_closed_are_no_trouble(shop: Path) -> None:
    done = shell(
        """
        F --check . <&-; echo $? >&3
        F --check . >&-; echo $? >&3
        F --check . <&- >&- 2>&-; echo $? >&3
        F --check --stdin-filename a.py - <&-; echo $? >&3
        """.replace(">&3", ">>codes"),
        shop,
    )
    assert done.stderr == ""
    assert (shop / "codes").read_text().split() == ["1", "1", "1", "0"]
    assert (shop / "app.py").read_text() == APP


# -- signals ------------------------------------------------------------------------------------------------


@linux
@pytest.mark.parametrize(("name", "status"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)])
def test_a_signal_while_it_waits_ends_it_in_its_own_code(shop: Path, name: str, status: int) -> None:
    process = subprocess.Popen(
        [*FLASKDOCTOR, "--check", "--stdin-filename", "a.py", "-"],
        cwd=shop,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    _wait_for(lambda: _handles(process.pid, signal.SIGTERM))
    process.send_signal(getattr(signal, name))
    out, err = process.communicate(timeout=120)
    assert (process.returncode, out, err) == (status, b"", b"")


_WHEN_IMPORTED = """
import os, signal, sys

class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            os.kill(os.getpid(), signal.{name})

sys.meta_path.insert(0, Finder())
sys.argv = ["flaskdoctor", *{arguments!r}]
from flaskdoctor.cli import run
run()
"""


def interrupted(shop: Path, module: str, name: str, arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run flaskdoctor, and send it a signal at the moment it imports a module."""
    program = _WHEN_IMPORTED.format(module=module, name=name, arguments=list(arguments))
    return subprocess.run(
        [sys.executable, "-c", program], cwd=shop, capture_output=True, text=True, timeout=120, start_new_session=True
    )


@posix
@pytest.mark.parametrize(
    "module",
    [
        "argparse",
        "flaskdoctor.projects",
        "flaskdoctor.scan",
        "flaskdoctor.analysis",
        "flaskdoctor.rules.json_responses.needless_jsonify",
        "flaskdoctor.project.vcs.git",
        "flaskdoctor.reports.text",
    ],
)
def test_ctrl_c_ends_it_whatever_is_just_being_imported(shop: Path, module: str) -> None:
    done = interrupted(shop, module, "SIGINT", ["--check", "."])
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


@linux
def test_nothing_runs_on_after_it_was_told_to_end(shop: Path) -> None:
    """The scan has other processes by then: those that read files, and git's."""
    write(shop, {f"pages/page_{number}.py": APP for number in range(80)})
    subprocess.run(["git", "init", "-q"], cwd=shop, check=True)
    program = _WHEN_IMPORTED.format(
        module="flaskdoctor.project.routing.links", name="SIGTERM", arguments=["--check", "--no-cache", "."]
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=shop,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    out, err = process.communicate(timeout=120)
    assert (process.returncode, out, err) == (143, b"", b"")
    _wait_for(lambda: not _members(process.pid))


def _handles(pid: int, number: int) -> bool:
    status = Path(f"/proc/{pid}/status").read_text()
    caught = int(re.search(r"^SigCgt:\s*([0-9a-f]+)", status, re.MULTILINE)[1], 16)  # type: ignore[index]
    return bool(caught >> (number - 1) & 1)


def _members(group: int) -> list[int]:
    """The processes of a group that are alive."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[2]) == group and fields[0] != "Z":
                found.append(int(entry.name))
    return found


def _wait_for(condition) -> None:  # type: ignore[no-untyped-def]
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


# -- text ---------------------------------------------------------------------------------------------------


@posix
@pytest.mark.parametrize(
    "environ",
    [
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"PYTHONIOENCODING": "latin-1"},
    ],
    ids=str,
)
def test_names_of_every_kind_in_every_locale_drive_no_terminal(shop: Path, environ: dict[str, str]) -> None:
    (shop / "app.py").unlink()
    for name in (b"caf\xc3\xa9.py", b"bad\xe9.py", b"line\nfeed.py", b"esc\x1b[31mape.py", "\u202eturned.py".encode()):
        Path(os.fsdecode(os.fsencode(shop) + b"/" + name)).write_text(APP)
    done = shell("F --check .; F --show-files .; F --diff --select FD301 --unsafe-fixes .", shop, **environ)
    for text in (done.stdout, done.stderr):
        assert not CONTROL.search(text)
        assert "Traceback" not in text
        assert "bug in flaskdoctor" not in text
    assert done.stderr.count("not shown: ") >= 5
    assert "esc\\x1b[31mape.py:9:12: info: FD101" in done.stdout
    assert "line\\x0afeed.py:9:12: info: FD101" in done.stdout


@posix
def test_what_the_user_typed_is_shown_without_its_control_characters(shop: Path) -> None:
    done = shell(
        "F --check $'no\\x1b[2Jwhere' $'\\xff'; F $'--no\\x1b[2Jsuch'; F --output $'no\\x1bdir/x' --check .", shop
    )
    assert not CONTROL.search(done.stderr)
    assert "There is no such file or folder: no\\x1b[2Jwhere" in done.stderr
    assert "unrecognized arguments: --no\\x1b[2Jsuch" in done.stderr
    assert "no\\x1bdir/x cannot be written" in done.stderr


@posix
def test_colours_are_for_terminals_and_for_who_asks(shop: Path) -> None:
    def coloured(*, terminal: bool, **environ: str) -> bool:
        leader, follower = os.openpty()
        environment = {**{key: value for key, value in os.environ.items() if "COLOR" not in key}, "TERM": "xterm"}
        process = subprocess.Popen(
            [*FLASKDOCTOR, "--check", "."],
            cwd=shop,
            env={**environment, **environ},
            stdin=subprocess.DEVNULL,
            stdout=follower if terminal else subprocess.PIPE,
        )
        os.close(follower)
        out = b"" if terminal else process.communicate(timeout=120)[0]
        while terminal:
            try:
                part = os.read(leader, 10_000)
            except OSError:  # the other end is closed
                break
            if not part:
                break
            out += part
        os.close(leader)
        assert process.wait(timeout=120) == 1
        assert b"FD301" in out
        return b"\x1b[" in out

    assert coloured(terminal=True)
    assert not coloured(terminal=True, TERM="dumb")
    assert not coloured(terminal=True, NO_COLOR="1")
    assert not coloured(terminal=False)
    assert coloured(terminal=False, FORCE_COLOR="1")
    assert not coloured(terminal=False, FORCE_COLOR="1", NO_COLOR="1")


@posix
def test_something_that_takes_long_says_so_on_a_terminal_and_takes_it_back(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(printing, "_LATE", 0.02)
    monkeypatch.setenv("TERM", "xterm")
    with printing.progress("Looking at the shop"):
        time.sleep(0.1)
    assert capsys.readouterr().err == ""  # no terminal
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with printing.progress("Looking at the \x1b shop"):
        _wait_for(lambda: printing._Progress.shown >= 2)
        printing.say("a line in between")
        _wait_for(lambda: printing._Progress.shown >= 1)
    shown = capsys.readouterr().err
    assert "Looking at the \\x1b shop .. 1 s" in shown
    assert "\r\x1b[Ka line in between\n" in shown
    assert shown.endswith("\r\x1b[K")
    with printing.progress("Looking", quiet=True):
        time.sleep(0.1)
    assert capsys.readouterr().err == ""


# -- what is loaded -----------------------------------------------------------------------------------------


def loaded(*arguments: str) -> set[str]:
    """The modules that a run loads, on top of those of Python itself."""
    program = (
        "import sys; before = set(sys.modules)\n"
        "from flaskdoctor.cli import main\n"
        f"try: main({list(arguments)!r})\nexcept SystemExit: pass\n"
        "print(*sorted(set(sys.modules) - before), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
    return set(done.stderr.split())


def test_version_and_help_load_next_to_nothing() -> None:
    of_version = {name for name in loaded("--version") if not name.startswith("_")}
    assert of_version == {"flaskdoctor", "flaskdoctor.cli", "flaskdoctor.exitcodes"}
    ours = {name for name in loaded("--help") if name.startswith("flaskdoctor")}
    assert ours == {
        "flaskdoctor",
        "flaskdoctor.cli",
        "flaskdoctor.arguments",
        "flaskdoctor.errors",
        "flaskdoctor.exitcodes",
        "flaskdoctor.formats",
    }
    assert not loaded("--help") & {"typing", "enum", "json", "ast", "dataclasses", "subprocess"} - loaded_by_argparse()


def loaded_by_argparse() -> set[str]:
    """What the standard library's parser brings along."""
    program = "import sys, argparse; print(*sys.modules)"
    return set(
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120).stdout.split()
    )
