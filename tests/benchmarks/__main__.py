"""Prints how flaskdoctor's speed and memory compare with the least that could be done, and with ruff and bandit,
measured in one run.

    python -m tests.benchmarks [--sizes 100 300 1000 5000] [--runs 7]

Each ratio's two commands take turns, so that a machine that slows down slows both; the ratio is that of the
medians. Nothing is asserted: the numbers of a shared machine are to be read, not to fail on. ruff and bandit come with
``pip install '.[benchmark]'``; a row whose tool is missing is left out.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from itertools import count
from pathlib import Path

from tests.benchmarks.commands import peak_megabytes, seconds
from tests.benchmarks.dashboard import measure_dashboard
from tests.benchmarks.generate import LONG_AGO, generate
from tests.benchmarks.table import compare, row, take_turns

HERE = Path(__file__).resolve().parent
PYTHON = sys.executable
DOCTOR = (PYTHON, "-m", "flaskdoctor")
_COLD = {100: "<= 3", 1000: "<= 1.2", 5000: "<= 1.2"}
_BANDIT_MOST = 1000  # files; it needs more than a minute for five thousand


class Checks:
    """The rows about ``--check`` on a project of one size."""

    def __init__(self, size: int, runs: int, environment: Mapping[str, str], folder: Path, *, sparse: bool) -> None:
        self.size = size
        self.runs = runs
        self.environment = environment
        self.root = generate(folder, size, sparse=sparse)
        project = str(self.root)
        self.loop = (PYTHON, str(HERE / "bare_loop.py"), project)
        self.cold = (*DOCTOR, "--check", "--no-cache", project)
        self.warm = (*DOCTOR, "--check", project)

    def timed(self, *command: str) -> Callable[[], float]:
        """A run of a command, which gives its seconds."""
        return lambda: seconds(command, self.root, self.environment)

    def measure_cold(self, what: str, target: str) -> float:
        """The row of a check without a cache; gives its median."""
        times = take_turns(self.runs, self.timed(*self.cold), self.timed(*self.loop))
        compare(what, self.size, times, target)
        return times[0]

    def measure_tokens(self) -> None:
        """The row of the search for provider tokens alone."""
        search = self.timed(PYTHON, str(HERE / "token_search.py"), str(self.root))
        times = take_turns(self.runs, search, self.timed(*self.loop))
        compare("search for provider tokens / read and parse", self.size, times)

    def measure_warm(self) -> None:
        """The rows of a check of which everything is known, and of one in which one file has changed."""
        size, warm = self.size, self.timed(*self.warm)
        times = take_turns(self.runs, warm, self.timed(PYTHON, "-c", "pass"))
        compare("warm check / python -c pass", size, times, "<= 5" if size == 1000 else "")
        if size == 1000:
            self.measure_small()
            compare("one file changed / warm check", size, take_turns(self.runs, self._changed, warm), "<= 1.4")
        if size >= 300 and find_spec("ruff"):
            ruff = self.timed(PYTHON, "-m", "ruff", "check", "--select", "S", "--quiet", str(self.root))
            compare("warm check / ruff check --select S", size, take_turns(self.runs, warm, ruff), "<= 1")

    def measure_small(self) -> None:
        """The rows of what runs often, or should be there at once: a status line, ``--version``, ``--help``."""
        nothing = self.timed(PYTHON, "-c", "pass")
        status_line = (*self.warm, "--format", "tmux")
        for command, target in ((status_line, "<= 5"), ((*DOCTOR, "--version"), "<= 2"), ((*DOCTOR, "--help"), "<= 2")):
            what = "--format tmux" if command is status_line else command[-1]
            times = take_turns(self.runs, self.timed(*command), nothing)
            compare(f"{what} / python -c pass", self.size, times, target)

    def measure_bandit(self) -> None:
        """The row of bandit, which has no cache."""
        if find_spec("bandit") and 300 <= self.size <= _BANDIT_MOST:
            bandit = self.timed(PYTHON, "-m", "bandit", "--quiet", "--recursive", str(self.root))
            compare("bandit -r / cold check", self.size, take_turns(1, bandit, self.timed(*self.cold)), ">= 10")

    def measure_memory(self) -> None:
        """The rows of the most memory that a process held."""
        for what, command in (("cold", self.cold), ("warm", self.warm)):
            peak = peak_megabytes(command, self.root, self.environment)
            least = peak_megabytes(self.loop, self.root, self.environment)
            target = "<=150 MB" if self.size == 5000 else ""
            row(f"memory of a {what} check", str(self.size), "", target, f"{peak:7.0f} MB / {least:.0f} MB")

    _changes = count(1)

    def _changed(self) -> float:
        """Seconds of a check after a view was edited, some while ago."""
        views = next(self.root.glob("app/*/views.py"))
        number = next(self._changes)
        views.write_text(
            views.read_text(encoding="utf-8") + f"\n\ndef added_{number}():\n    return {number}\n", "utf-8"
        )
        os.utime(views, (LONG_AGO + number, LONG_AGO + number))
        return seconds(self.warm, self.root, self.environment)


def measure_checks(sizes: list[int], runs: int, environment: Mapping[str, str]) -> None:
    """All rows about ``--check``."""
    cold: dict[int, float] = {}
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            most = max(3, runs // 2) if size > 1000 else runs
            checks = Checks(size, most, environment, Path(folder), sparse=False)
            cold[size] = checks.measure_cold("cold check / read and parse", _COLD.get(size, ""))
            if size == 1000:
                checks.measure_tokens()
            checks.measure_warm()
            checks.measure_bandit()
            checks.measure_memory()
    if {1000, 5000} <= cold.keys():
        compare("cold check of 5,000 / 5 of 1,000", 5000, (cold[5000], 5 * cold[1000]), "<= 1")
    with tempfile.TemporaryDirectory() as folder:
        checks = Checks(1000, runs, environment, Path(folder), sparse=True)
        checks.measure_cold("cold check, a fifth mentions Flask", "<= 0.8")


def main() -> None:
    """Measure everything and print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__.splitlines()[0])
    parser.add_argument(
        "--sizes",
        type=int,
        nargs="*",
        default=[100, 300, 1000, 5000],
        help="files of the projects; none: the dashboard alone",
    )
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
            "RUFF_CACHE_DIR": f"{home}/ruff",  # ruff puts it into the project, which is a change of the project
            "PYTHONUTF8": "1",
            "TERM": "xterm-256color",
        }
        row("what / what it is compared with", "files", "ratio", "target", "measured / compared with")
        if options.sizes:
            measure_checks(options.sizes, options.runs, environment)
        measure_dashboard(options.runs, environment)


if __name__ == "__main__":
    main()
