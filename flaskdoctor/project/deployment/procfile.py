"""Procfiles, and the files of platforms that say as much: app.yaml, render.yaml, fly.toml, Makefiles."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from flaskdoctor.finding import Location
from flaskdoctor.patterns import lazy
from flaskdoctor.project.deployment.commandline import commands_of
from flaskdoctor.project.deployment.deploy import Command, Variable
from flaskdoctor.project.deployment.filenames import is_development_name
from flaskdoctor.project.deployment.yamlfile import Yaml, read_yaml
from flaskdoctor.project.secrecy.secret import Secret

_PROCESS = lazy(r"^([A-Za-z0-9_-]+)[ \t]*:[ \t]*(\S.*)$", re.MULTILINE)
_TARGET = lazy(r"^([A-Za-z0-9_./%-]+)[ \t]*:(?!=)")
_SERVES = lazy(r"\b(?:flask|gunicorn|waitress-serve|uwsgi|hypercorn|python3?)\b")


class Platform(NamedTuple):
    """What a platform's file says."""

    commands: tuple[Command, ...]
    variables: tuple[Variable, ...] = ()


def read_procfile(path: str, text: str, *, development: bool) -> tuple[Command, ...]:
    """The processes of a Procfile."""
    return tuple(
        command
        for match in _PROCESS.finditer(text)
        for command in commands_of(
            match.group(2),
            name=match.group(1),
            source="Procfile",
            location=Location(path, text.count("\n", 0, match.start()) + 1, 1),
            development=development,
        )
    )


def read_makefile(path: str, text: str) -> tuple[Command, ...]:
    """The servers that a Makefile starts: for development, where the target's name does not speak of production."""
    found: list[Command] = []
    target = ""
    for number, line in enumerate(text.splitlines()[:5_000], start=1):
        if line.startswith("\t"):
            words = line.strip().lstrip("@-+").strip()
            if _SERVES.search(words) and not words.startswith(("#", "echo")):
                development = "prod" not in target
                found += commands_of(
                    words, name=target, source="Makefile", location=Location(path, number, 1), development=development
                )
        elif match := _TARGET.match(line):
            target = match.group(1)
    return tuple(found)


def read_platform(path: str, text: str, *, development: bool) -> Platform:
    """What Google's app.yaml, Render's render.yaml or Fly's fly.toml start and set."""
    if path.endswith(".toml"):
        return _fly(path, text, development=development)
    root = read_yaml(text)
    if root is None:
        return Platform(())
    commands: list[Command] = []
    variables: list[Variable] = []
    for name, value in root.get("env_variables").each():
        variables.append(_variable(path, name, value, development=development))
    entry = root.get("entrypoint")
    if entry.text and root.get("runtime").text:
        commands += commands_of(
            entry.text, name="web", source="platform", location=Location(path, entry.line, entry.column),
            development=development,
        )  # fmt: skip
    for service in root.get("services").items:
        named = service.get("name").text or ""
        for pair in service.get("envVars").items:
            key = pair.get("key").text
            if key:
                variables.append(_variable(path, key, pair.get("value"), development=development))
        start = service.get("startCommand")
        if start.text:
            kind = service.get("type").text or ""
            commands += commands_of(
                start.text, name=kind or named, source="platform", location=Location(path, start.line, start.column),
                development=development or is_development_name(named),
            )  # fmt: skip
    return Platform(tuple(commands), tuple(variables))


def _variable(path: str, name: str, value: Yaml, *, development: bool) -> Variable:
    fixed = Secret(value.text) if value.text is not None and "$" not in value.text else None
    return Variable(name, fixed, Location(path, value.line, value.column), development)


def _fly(path: str, text: str, *, development: bool) -> Platform:
    import tomli  # 18 ms, so only where there is such a file

    try:
        content = tomli.loads(text)
    except (ValueError, RecursionError):
        return Platform(())
    processes, env = content.get("processes"), content.get("env")
    commands: list[Command] = []
    for name, line in processes.items() if isinstance(processes, dict) else ():
        if isinstance(line, str):
            place = Location(path, _line_of(text, str(name)), 1)
            source = "web" if name == "app" else str(name)
            commands += commands_of(line, name=source, source="platform", location=place, development=development)
    variables = tuple(
        Variable(str(name), Secret(str(value)), Location(path, _line_of(text, str(name)), 1), development)
        for name, value in (env.items() if isinstance(env, dict) else ())
    )
    return Platform(tuple(commands), variables)


def _line_of(text: str, key: str) -> int:
    match = re.search(rf"^[ \t]*[\"']?{re.escape(key)}[\"']?[ \t]*=", text, re.MULTILINE)
    return text.count("\n", 0, match.start()) + 1 if match else 0


def processes_of_script(path: str, text: str, name: str, *, development: bool) -> Iterator[Command]:
    """The servers that a shell script starts (``boot.sh``, ``docker-entrypoint.sh``)."""
    joined = re.sub(r"\\\r?\n", "  ", text[:100_000])
    for number, line in enumerate(joined.splitlines(), start=1):
        if _SERVES.search(line) and not line.lstrip().startswith("#") and "celery" not in line:
            for command in commands_of(
                line.strip(), name=name, source="script", location=Location(path, number, 1), development=development
            ):
                if command.is_web or command.program == "python":
                    yield command
