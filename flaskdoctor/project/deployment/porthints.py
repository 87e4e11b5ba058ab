"""Where the project's own files say that its server listens: plain values for the live probe."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from flaskdoctor.project.deployment.loopback import LOOPBACK, is_loopback_number

if TYPE_CHECKING:
    from flaskdoctor.finding import Location
    from flaskdoctor.project.snapshot import Project

_GUNICORN = 8000
_DEBUGGERS = frozenset({5678, 3000})  # debugpy; what a frontend's development server takes


class PortHint(NamedTuple):
    """A place that names a port of this machine: ``why`` is a phrase ("FLASK_RUN_PORT in .flaskenv", "app.run() in
    run.py:12"). A file of the project never leads to another machine."""

    port: int
    host: str
    scheme: str
    why: str


def port_hints(project: Project) -> tuple[PortHint, ...]:
    """The ports that the project's files name, the likeliest first, each once."""
    first: dict[tuple[str, int], PortHint] = {}
    for hint in (*_commands(project), *_environment(project), *_runs(project), *_servers(project)):
        if 0 < hint.port < 65536:
            first.setdefault((hint.host, hint.port), hint)
    return tuple(first.values())


def _commands(project: Project) -> Iterator[PortHint]:
    """``flask run -p 8000`` of a Procfile or Makefile."""
    for command in project.deploy.processes:
        if command.program in ("flask", "quart") and "run" in command.arguments:
            port = port_number(command.option("-p", "--port"))
            scheme = "https" if command.option("--cert") is not None else "http"
            if port:
                yield PortHint(port, _host(command.option("-h", "--host")), scheme, _in("flask run", command.location))


def _environment(project: Project) -> Iterator[PortHint]:
    """``FLASK_RUN_PORT``: Flask reads env files only where python-dotenv is there, .env before .flaskenv."""
    if not project.dependencies.has("python-dotenv"):
        return
    for file in (project.env.env, project.env.flaskenv):
        port = file.keys.get("FLASK_RUN_PORT")
        number = port_number(port.value.reveal()) if port is not None and port.value is not None else 0
        if number:
            host = file.keys.get("FLASK_RUN_HOST")
            named = host.value.reveal() if host is not None and host.value is not None else None
            yield PortHint(number, _host(named), "http", f"FLASK_RUN_PORT in {file.path}")


def _runs(project: Project) -> Iterator[PortHint]:
    """``app.run(port=8080)``; without a port it is Flask's own 5000."""
    from flaskdoctor.project.deployment.appruns import starts_flask

    runs = [(facts, run) for facts in project.modules.values() for run in facts.runs]
    # A file at the root is likelier to be the one that is run.
    runs.sort(key=lambda item: (item[1].port is None, item[0].role == "example", item[0].path.count("/"), item[0].path))
    for facts, run in runs:
        port = 5000 if run.port is None else run.port
        if port and starts_flask(project.links, run.owner, facts.path):
            scheme = "https" if run.tls else "http"
            yield PortHint(port, _host(run.host), scheme, f"run() in {facts.path}:{run.line}")


def _servers(project: Project) -> Iterator[PortHint]:
    """What gunicorn and other servers are bound to, then what compose publishes."""
    for port in project.deploy.ports:
        if port.kind == "bound":
            yield PortHint(port.number, _host(port.host), "http", _in("a bound port", port.location))
    for gunicorn in project.deploy.gunicorns:
        if gunicorn.get("bind") is None:
            yield PortHint(_GUNICORN, LOOPBACK, "http", _in("gunicorn's usual port", gunicorn.location))
    for service in project.deploy.services:
        # An image is a database or the like; what is built here is the app.
        if service.build is not None or any(command.is_web for command in service.commands):
            for port in service.ports:
                if port.kind == "published" and port.number not in _DEBUGGERS:
                    scheme = "https" if port.number in (443, 8443) else "http"
                    yield PortHint(port.number, _host(port.host), scheme, _in("a published port", port.location))


def _in(what: str, location: Location) -> str:
    return f"{what} in {location.path}" + (f":{location.line}" if location.line else "")


def port_number(text: str | None) -> int:
    """The port that a text names; 0 where it names none."""
    number = int(text) if text and text.isascii() and text.isdigit() and len(text) < 6 else 0
    return number if number < 65536 else 0


def _host(text: str | None) -> str:
    """The address to ask: the named one where it is this machine's own loopback address, else 127.0.0.1."""
    return text if text and is_loopback_number(text) else LOOPBACK
