"""The rows about the dashboard: how soon it shows something, how little it writes, how idle it is."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from tests.benchmarks.generate import generate
from tests.benchmarks.table import compare, row, take_turns
from tests.benchmarks.terminal import Terminal
from tests.flaskserver import flask_run
from tests.ports import free_port

HERE = Path(__file__).resolve().parent
BARE = (sys.executable, str(HERE / "bare_app.py"))
WATCHED = (sys.executable, str(HERE / "handlers.py"))
DOCTOR = (sys.executable, "-m", "flaskdoctor")
TABS = "1234567"
MINUTE = 60.0
_VIEW = '\n\n@bp.get("/{0}")\ndef view_{0}():\n    return jsonify({{"number": {0}}})\n'


def measure_dashboard(runs: int, environment: Mapping[str, str]) -> None:
    """All of them."""
    true_color = {**environment, "COLORTERM": "truecolor"}
    with tempfile.TemporaryDirectory() as folder:
        root = generate(Path(folder) / "thousand", 1000)
        _measure_paint(root, runs, true_color)
        for size in ((80, 24), (200, 60)):
            _measure_bytes(root, size, true_color)
        _measure_idle(root, true_color)
        _measure_handlers(_many(Path(folder) / "many"), true_color)
    with tempfile.TemporaryDirectory() as folder:
        _measure_keys(generate(Path(folder), 5000), {**true_color, "XDG_CACHE_HOME": f"{folder}/.cache"})


def _many(root: Path) -> Path:
    """A project of 250 files with 10,000 findings."""
    for number in range(250):
        file = root / f"area_{number % 25}" / f"views_{number}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        head = f'from flask import Blueprint, jsonify\n\nbp = Blueprint("area_{number}", __name__)\n'
        file.write_text(head + "".join(_VIEW.format(view) for view in range(40)))
    (root / "requirements.txt").write_text("flask==3.1.0\n")
    return root


def _measure_paint(root: Path, runs: int, environment: Mapping[str, str]) -> None:
    """Its keys in the footer are the last thing that the dashboard draws; then the score comes with the findings."""

    def until(command: Sequence[str], *texts: str) -> Callable[[], float]:
        def seconds() -> float:
            with Terminal(command, root, environment) as terminal:
                return terminal.wait(*texts) - terminal.started

        return seconds

    bare, doctor = until(BARE, "FD001", "Quit"), (*DOCTOR, str(root))
    first, findings = until(doctor, "Overview", "quit"), until(doctor, "/100")
    compare("first paint / bare Textual table", 1000, take_turns(runs, first, bare), "<= 1.2")
    compare("warm findings / bare Textual table", 1000, take_turns(runs, findings, bare), "<= 1.6")


def _measure_bytes(root: Path, size: tuple[int, int], environment: Mapping[str, str]) -> None:
    nobody = f"http://127.0.0.1:{free_port()}"
    with Terminal((*DOCTOR, str(root), "--url", nobody), root, environment, *size) as terminal:
        terminal.wait("/100", "down")
        terminal.settle(2.0)
        first = {tab: terminal.cost(tab) for tab in TABS[1:]}
        again = {tab: terminal.cost(tab) for tab in TABS}
        rows = {}
        for tab in TABS:
            terminal.cost(tab)
            rows[tab] = max(terminal.cost("j"), terminal.cost("j"), terminal.cost("k"))
    screen, target = f"at {size[0]}x{size[1]}", size == (80, 24)
    for what, costs, most in (("tab, first time", first, 6), ("tab, again", again, 6), ("row", rows, 2)):
        told = " ".join(f"{tab}:{cost}" for tab, cost in costs.items())
        row(
            f"most bytes for a {what}, {screen}",
            "1000",
            str(max(costs.values())),
            f"<={most} kB" if target else "",
            told,
        )


def _measure_idle(root: Path, environment: Mapping[str, str]) -> None:
    """A minute in every tab, all at once; then one alone for its processor time, and one with a server."""
    nobody = f"http://127.0.0.1:{free_port()}"
    with ExitStack() as stack:
        terminals = {}
        for tab in TABS:
            terminals[tab] = stack.enter_context(Terminal((*DOCTOR, str(root), "--url", nobody), root, environment))
            terminals[tab].wait("/100", "down")
            terminals[tab].press(tab)
        for terminal in terminals.values():
            terminal.settle(2.0)
        before = {tab: terminal.written for tab, terminal in terminals.items()}
        time.sleep(MINUTE)
        written = {tab: terminal.written - before[tab] for tab, terminal in terminals.items()}
    told = " ".join(f"{tab}:{count}" for tab, count in written.items())
    row("most bytes in an idle minute", "1000", str(max(written.values())), "0", told)
    with tempfile.TemporaryDirectory() as folder:
        server = Path(folder) / "server"
        server.mkdir()
        (server / "app.py").write_text("from flask import Flask\n\napp = Flask(__name__)\n")
        with flask_run(server) as url, Terminal((*DOCTOR, str(root), "--url", url), root, environment) as terminal:
            terminal.wait("/100", "up")
            terminal.press("5")
            terminal.settle(3.0)
            for minute in ("first", "second", "third"):
                written_before, taken, woken = terminal.written, terminal.processor_seconds(), terminal.wakeups()
                time.sleep(MINUTE)
                share = (terminal.processor_seconds() - taken) / MINUTE
                count = terminal.written - written_before
                told = f"{share:.2%} of a core, {(terminal.wakeups() - woken) / MINUTE:.0f} wake-ups a second"
                row(f"bytes of the {minute} minute beside a server", "1000", str(count), "<= 200", told)


def _measure_keys(root: Path, environment: Mapping[str, str]) -> None:
    """Tabs while the first scan runs, with nothing in the cache."""

    def latencies(terminal: Terminal, keys: str) -> list[float]:
        found = []
        for key in keys:
            before, pressed = len(terminal.frames), terminal.press(key)
            terminal.settle(0.15)
            found += [when - pressed for when, _ in terminal.frames[before : before + 1]]
        return sorted(found)

    def told(times: Sequence[float]) -> str:
        p95 = times[int(len(times) * 0.95)]
        return f"median {median(times) * 1e3:.0f}, p95 {p95 * 1e3:.0f}, most {times[-1] * 1e3:.0f} ms"

    with Terminal((*DOCTOR, str(root)), root, environment) as terminal:
        terminal.wait("Overview", "quit")
        latencies(terminal, TABS[1:])
        mine = latencies(terminal, TABS * 4)
        scanning = "/100" not in terminal.text()
    note = "" if scanning else ", the scan ended before them"
    row("key to paint in a cold scan (tabs)", "5000", f"{mine[-1] * 1e3:.0f}", "<= 50 ms", told(mine) + note)


def megabytes(process: int) -> int:
    """The memory that a process holds now."""
    return int(Path(f"/proc/{process}/status").read_text().split("VmRSS:")[1].split()[0]) // 1000


def _measure_handlers(root: Path, environment: Mapping[str, str]) -> None:
    """Ten thousand findings: scrolled, sorted, filtered, scanned again."""
    file = root / "handlers.txt"
    with Terminal((*WATCHED, str(root)), root, {**environment, "HANDLERS": str(file)}) as terminal:
        terminal.wait("/100")
        terminal.settle(2.0)
        file.write_text("")
        for key in "2jjGg\x04\x04ssss6j2":
            terminal.cost(key, calm=0.4)
        terminal.press("/")
        terminal.wait("words, tip:3")
        for key in "views_1":
            terminal.cost(key, calm=0.3)
        terminal.cost("\x1b", calm=1.0)
        views = next(root.glob("*/views_1.py"))
        views.write_text(views.read_text() + _VIEW.format(99))
        terminal.wait("10001")
        terminal.settle(1.0)
        memory = [megabytes(number) for number in terminal.processes()]
    times = sorted(map(float, file.read_text().split()))
    told = f"then {times[-2]:.0f}, {times[-3]:.0f} ms; memory {memory[0]} MB, its child {sum(memory[1:])} MB"
    row("longest handler, 10,000 findings", "250", f"{times[-1]:.0f}", "<= 50 ms", told)
