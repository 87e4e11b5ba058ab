"""The rows that are printed, and the turns that two measurements take."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median


def take_turns(runs: int, first: Callable[[], float], second: Callable[[], float]) -> tuple[float, float]:
    """The medians of both, measured alternately; one unmeasured round of each warms the machine up."""
    first(), second()
    measured = [(first(), second()) for _ in range(runs)]
    return median(one for one, _ in measured), median(other for _, other in measured)


def row(what: str, size: str, ratio: str, target: str, measured: str) -> None:
    """Print one row of the table."""
    print(f"{what:<44}{size:>6}  {ratio:>6}  {target:>8}   {measured}", flush=True)


def compare(what: str, size: int, times: tuple[float, float], target: str = "") -> None:
    """Print the row of two times in seconds: one's own, and that to compare it with."""
    mine, other = times
    row(what, str(size), f"{mine / other:.2f}", target, f"{mine * 1e3:7.0f} ms / {other * 1e3:.0f} ms")
