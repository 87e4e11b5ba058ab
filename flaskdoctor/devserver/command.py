"""How the project's development server is started: with which Python, which app, on which port."""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections.abc import Mapping
from typing import NamedTuple

from flaskdoctor.devserver import timed
from flaskdoctor.devserver.process import Command
from flaskdoctor.errors import UserError
from flaskdoctor.probe.freeport import free_port, is_free
from flaskdoctor.project.versions.requirements import site_packages

_BIN = ("Scripts", "python.exe") if os.name == "nt" else ("bin", "python")
_DEFAULT_PORT = 5000  # Flask's
_FURTHER = range(5001, 5010)
# Quart's command takes the same options, and its apps are none of Flask's.
_QUART = re.compile(rb"^(?:from|import)[ \t]+quart\b", re.MULTILINE)
_LOOKED_AT = 65536  # bytes of a module
# What belongs to the virtualenv that flaskdoctor runs in, and would lead another Python to its packages.
_NOT_PASSED_ON = ("PYTHONHOME", "PYTHONPATH", "__PYVENV_LAUNCHER__", "FLASK_RUN_FROM_CLI", "WERKZEUG_RUN_MAIN")
_MODERN = (2, 2, 3)  # from this Flask on ``run --debug``; ``--app`` is a little older


class Project(NamedTuple):
    """What a scan knows that matters here: Flask's version ("3.1.0", "" where it is not known), the files that make the
    app, likeliest first, whether an env file names the app, and the port that its user or its files name (0: none)."""

    flask: str = ""
    apps: tuple[str, ...] = ()
    named: bool = False
    port: int = 0


class Python(NamedTuple):
    """A Python: the program, as one would type it, and why it. ``dotenv``: Flask reads env files with it, as far as is
    known."""

    program: str
    shown: str
    why: str
    dotenv: bool = True


def start_command(root: str, project: Project, environ: Mapping[str, str]) -> Command:
    """The command for the project at ``root`` (absolute). Raises ``UserError`` where Flask is not installed."""
    python = find_python(root, environ)
    port, why_port = _port(project.port)
    quart = _is_quart(root, project.apps)
    modern = quart or _version(project.flask) >= _MODERN
    unread = project.named and not python.dotenv
    app = _app(root, project._replace(named=False) if unread else project, environ)
    own = {name: value for name, value in environ.items() if name not in _NOT_PASSED_ON}
    own |= {"PYTHONUNBUFFERED": "1"}
    options, shown = [], []
    if app and modern:
        options += ["--app", app]
    elif app:
        own["FLASK_APP"] = app
        shown.append(f"FLASK_APP={shlex.quote(app)}")
    if not modern:
        own |= {"FLASK_DEBUG": "1", "FLASK_ENV": "development"}
        shown.append("FLASK_DEBUG=1")
    options += ["run", *(["--debug"] if modern else []), "--host", "127.0.0.1", "--port", str(port)]
    words = (python.program, *(("-m", "quart") if quart else (timed.__file__,)), *options)
    shown += [python.shown, "-m quart" if quart else "-m flask", *map(shlex.quote, options)]
    notes = [f"Python: {python.why}"]
    if app:
        others = [item for item in project.apps if item != app]
        more = f"; there are also {', '.join(others[:3])}" if others else ""
        hint = "Flask reads FLASK_APP in an env file only with python-dotenv" if unread else ""
        notes.append(f"App: {app} makes it{more}. {hint or 'FLASK_APP in .flaskenv would say which one'}.")
    notes.append(f"Port: {port}, {why_port}")
    if not quart:
        notes.append("Each request's time is added to its line in the log.")
    return Command(words, " ".join(shown), root, own, f"http://127.0.0.1:{port}", tuple(notes))


def find_python(root: str, environ: Mapping[str, str]) -> Python:
    """The Python that has the project's packages: of the virtualenv in the project, of the one that is active, else the
    first that is found. Raises ``UserError`` where the project's own virtualenv has no Flask or no Python.
    """
    bare = gone = ""
    for place in site_packages(root):
        program = os.path.join(root, place.environment, *_BIN)
        if not os.path.exists(program):
            gone = gone or place.environment
            continue
        if os.path.isdir(os.path.join(root, place.folder, "flask")):
            why = f"the project's virtualenv {place.environment}"
            dotenv = os.path.isdir(os.path.join(root, place.folder, "dotenv"))
            return Python(program, "/".join((place.environment, *_BIN)), why, dotenv)
        bare = bare or place.environment
    active = environ.get("VIRTUAL_ENV") or environ.get("CONDA_PREFIX")
    if active and os.path.exists(os.path.join(active, *_BIN)):
        return Python(os.path.join(active, *_BIN), "python", f"the virtualenv that is active, {active}")
    if bare:
        raise UserError(
            f"Flask is not installed in the project's virtualenv {bare}.",
            f"Install the project there first, as in: {bare}/{'/'.join(_BIN)} -m pip install -r requirements.txt",
        )
    if gone:
        raise UserError(
            f"The Python of the project's virtualenv {gone} is not there (any more).",
            f"Make it anew, as in: python3 -m venv --clear {gone}, and install the project into it",
        )
    from shutil import which

    # A relative entry would lead to the project's own files, and to others than a shell finds.
    path = os.pathsep.join(filter(os.path.isabs, environ.get("PATH", os.defpath).split(os.pathsep)))
    for name in ("python3", "python"):
        if found := which(name, path=path):
            return Python(found, name, f"no virtualenv stands in the project or is active, so {found}")
    return Python(sys.executable, "python", "flaskdoctor's own, as there is no other")


def _app(root: str, project: Project, environ: Mapping[str, str]) -> str:
    """What ``--app`` has to name; empty where Flask finds the app by itself: by ``FLASK_APP`` (which it also reads from
    .env and .flaskenv), or in wsgi.py or app.py."""
    if project.named or environ.get("FLASK_APP"):
        return ""
    if any(os.path.isfile(os.path.join(root, name)) for name in ("wsgi.py", "app.py")):
        return ""
    return project.apps[0] if project.apps else ""


def _is_quart(root: str, apps: tuple[str, ...]) -> bool:
    """Whether the likeliest of ``apps`` is one of Quart's."""
    if not apps:
        return False
    try:
        with open(os.path.join(root, apps[0]), "rb") as file:
            return _QUART.search(file.read(_LOOKED_AT)) is not None
    except OSError:
        return False


def _port(wanted: int) -> tuple[int, str]:
    """The port that is named, else Flask's, else a free one."""
    first = wanted or _DEFAULT_PORT
    if is_free(first):
        return first, "as named" if wanted else "Flask's own"
    for port in _FURTHER:
        if is_free(port):
            return port, f"as {first} is taken"
    return free_port(), f"as {first} and those next to it are taken"


def _version(text: str) -> tuple[int, ...]:
    """``"3.1.0" -> (3, 1, 0)``; what is not known counts as new."""
    parts = text.split(" ")[0].split(".")[:3]
    return tuple(map(int, parts)) if len(parts) > 1 and all(part.isdigit() for part in parts) else (9,)
