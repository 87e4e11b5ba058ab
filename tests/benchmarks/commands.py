"""Running a command and measuring it from outside: its time, its peak memory."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

PEAK = Path(__file__).with_name("peak.py")


def seconds(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> float:
    """How long ``command`` takes from its start to its end. Raises ``RuntimeError`` when it crashed."""
    started = time.perf_counter()
    _finish(command, folder, environment)
    return time.perf_counter() - started


def peak_megabytes(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> float:
    """The most memory that ``command``, or any one child of it, held. Raises ``RuntimeError`` when it crashed."""
    return int(_finish([sys.executable, "-S", str(PEAK), *command], folder, environment)) / 1e6


def _finish(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> bytes:
    done = subprocess.run(command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True)
    if done.returncode not in (0, 1):  # 1: there are findings
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}\n{done.stderr.decode()}")
    return done.stdout
