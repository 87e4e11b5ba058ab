"""Prints how flaskdoctor's speed and memory compare with the least that could be done, measured in one run.

    python -m tests.benchmarks [--sizes 100 1000 5000] [--runs 7]

Each ratio's two commands take turns, so that a machine that slows down slows both; the ratio is that of the
medians. Nothing is asserted: the numbers of a shared machine are to be read, not to fail on.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median

from tests.benchmarks.commands import first_frame, peak_megabytes, seconds
from tests.benchmarks.generate import generate

HERE = Path(__file__).resolve().parent
PYTHON = sys.executable
DOCTOR = (PYTHON, "-m", "flaskdoctor")


def take_turns(runs: int, first: Callable[[], float], second: Callable[[], float]) -> tuple[float, float]:
    """The medians of both, measured alternately; one unmeasured round of each warms the machine up."""
    first(), second()
    measured = [(first(), second()) for _ in range(runs)]
    return median(one for one, _ in measured), median(other for _, other in measured)


def row(what: str, size: str, ratio: str, target: str, measured: str) -> None:
    """Print one row of the table."""
    print(f"{what:<34}{size:>6}  {ratio:>6}  {target:>8}   {measured}", flush=True)


def compare(what: str, size: str, mine: float, least: float, target: str) -> None:
    """Print the row of two times in seconds."""
    row(what, size, f"{mine / least:.2f}", target, f"{mine * 1e3:7.0f} ms / {least * 1e3:.0f} ms")


def measure_checks(size: int, runs: int, environment: Mapping[str, str]) -> None:
    """The rows of one project size."""
    with tempfile.TemporaryDirectory() as folder:
        root = generate(Path(folder), size)
        project = str(root)

        def timed(*command: str) -> Callable[[], float]:
            return lambda: seconds(command, root, environment)

        loop = (PYTHON, str(HERE / "bare_loop.py"), project)
        cold = (*DOCTOR, "--check", "--no-cache", project)
        warm = (*DOCTOR, "--check", project)
        mine, least = take_turns(runs, timed(*cold), timed(*loop))
        compare("cold check / read and parse", str(size), mine, least, "<= 1.6" if size == 1000 else "")
        mine, least = take_turns(runs, timed(*warm), timed(PYTHON, "-c", "pass"))
        compare("warm check / python -c pass", str(size), mine, least, "<= 7" if size == 1000 else "")
        for what, command in (("cold", cold), ("warm", warm)):
            peak = peak_megabytes(command, root, environment)
            least = peak_megabytes(loop, root, environment)
            target = "<150 MB" if size == 5000 else ""
            row(f"memory of a {what} check", str(size), "", target, f"{peak:7.0f} MB / {least:.0f} MB")


def measure_first_paint(runs: int, environment: Mapping[str, str]) -> None:
    """The row of the dashboard: its keys in the footer are the last thing that it draws."""
    with tempfile.TemporaryDirectory() as folder:
        root = generate(Path(folder), 100)

        def dashboard() -> float:
            return first_frame((*DOCTOR, str(root)), root, environment, (b"Overview", b"quit"))

        def bare() -> float:
            return first_frame((PYTHON, str(HERE / "bare_app.py")), root, environment, (b"FD001", b"Quit"))

        mine, least = take_turns(runs, dashboard, bare)
        compare("first paint / bare Textual table", "100", mine, least, "<= 1.3")


def main() -> None:
    """Measure everything and print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="*", default=[100, 1000, 5000], help="files of the projects")
    parser.add_argument("--runs", type=int, default=7, help="measured runs of each command")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        # The cache, state and configuration of whoever runs this take no part.
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL") if name in os.environ}
        environment = kept | {
            "HOME": home,
            "XDG_CACHE_HOME": f"{home}/cache",
            "XDG_STATE_HOME": f"{home}/state",
            "XDG_CONFIG_HOME": f"{home}/config",
            "PYTHONPATH": str(HERE.parents[1]),
            "PYTHONUTF8": "1",
            "TERM": "xterm-256color",
        }
        row("what / the least for it", "files", "ratio", "target", "measured / least")
        for size in options.sizes:
            measure_checks(size, max(3, options.runs // 2) if size > 1000 else options.runs, environment)
        measure_first_paint(options.runs, environment)


if __name__ == "__main__":
    main()
