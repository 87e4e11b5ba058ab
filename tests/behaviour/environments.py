"""The Flask versions that the apps run on, each older one in a virtualenv of its own.

A virtualenv is made the first time that a case needs it, and kept below pytest's cache folder under a name made of
its pins and the Python that runs it, so that another pin or another Python makes another one.
"""

from __future__ import annotations

import hashlib
import importlib.util
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Final

from flaskdoctor.fixes.filelock import locked

NEWEST: Final = "newest"
EXTRAS: Final = "extras"

# As a project of that time had them: the last releases that go with that Flask.
PINS: Final = {
    "1.1": ("Flask==1.1.4", "Werkzeug==1.0.1", "Jinja2==2.11.3", "MarkupSafe==2.0.1", "itsdangerous==1.1.0"),
    "2.0": ("Flask==2.0.3", "Werkzeug==2.0.3", "Jinja2==3.0.3", "MarkupSafe==2.1.5", "itsdangerous==2.0.1"),
    "2.2": ("Flask==2.2.5", "Werkzeug==2.2.3", "Jinja2==3.1.6", "MarkupSafe==2.1.5", "itsdangerous==2.1.2"),
    # A Flask of today with what the tests do not install: extensions, and what runs async views.
    EXTRAS: ("Flask==3.1.2", "Flask-Babel==4.0.0", "Flask-WTF==1.2.2", "Quart==0.20.0", "asgiref==3.8.1", "gevent>=24"),
}

_SECONDS = 300.0  # for another process to make the same virtualenv


class Unavailable(Exception):
    """An environment that cannot be made here; says why."""


def release(name: str) -> str:
    """The Flask release of an environment: "2.2.5"."""
    if name == NEWEST:
        return version("flask")
    return PINS[name][0].partition("==")[2]


class Environments:
    """The environments of one test process; ``folder`` is shared by all of them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[str, Path | Unavailable] = {}

    def python(self, name: str) -> Path:
        """The interpreter that has this Flask. Raises ``Unavailable``."""
        if name == NEWEST:
            return Path(sys.executable)
        if name not in self._known:
            try:
                self._known[name] = self._made(PINS[name])
            except Unavailable as error:
                self._known[name] = error
        known = self._known[name]
        if isinstance(known, Unavailable):
            raise known
        return known

    def _made(self, pins: Sequence[str]) -> Path:
        key = hashlib.sha256("\n".join((sys.executable, sys.version, *pins)).encode()).hexdigest()[:16]
        home = self._folder / key
        python = home / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
        with locked(f"{home}.lock", _SECONDS) as mine:
            if not mine:
                raise Unavailable(f"another test process is still installing {pins[0]}")
            done = home / "installed"
            if not done.exists():
                _install(home, python, pins)
                done.touch()
        return python


def _install(home: Path, python: Path, pins: Sequence[str]) -> None:
    """Make a virtualenv with these pins, and see that Flask can be imported."""
    own_pip = importlib.util.find_spec("pip") is not None
    _run([sys.executable, "-m", "venv", "--clear", *(["--without-pip"] if own_pip else []), str(home)])
    pip = [sys.executable, "-m", "pip", "--python", str(python)] if own_pip else [str(python), "-m", "pip"]
    _run([*pip, "install", "--quiet", "--no-input", "--retries", "1", *pins])
    _run([str(python), "-c", "import flask"])


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip() or "it says nothing").splitlines()[-1]
        raise Unavailable(f"{' '.join(command[1:4])} failed: {said}")
