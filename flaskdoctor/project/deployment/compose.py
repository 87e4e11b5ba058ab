"""Compose files: services with their commands, published ports, variables and build contexts."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from flaskdoctor.finding import Location
from flaskdoctor.patterns import lazy
from flaskdoctor.project.deployment.commandline import command_of
from flaskdoctor.project.deployment.deploy import Command, Compose, Port, Service, Variable
from flaskdoctor.project.deployment.filenames import is_development_name
from flaskdoctor.project.deployment.words import split_words
from flaskdoctor.project.deployment.yamlfile import Yaml, read_yaml
from flaskdoctor.project.secrecy.secret import Secret

_DEFAULTED = lazy(r"\$\{\w+:?-([^}]*)\}")
_PORT = lazy(r"(?:(.*):)?(\d+)?(?:-\d+)?:(\d+)(?:-\d+)?(?:/\w+)?|(\d+)(?:-\d+)?(?:/\w+)?")
_COMPUTED = lazy(r"(?<!\$)\$(?:\{|[A-Za-z_])")
_MOST_ITEMS = 500  # of one list; an alias can repeat it in every service
_MOST_SERVICES = 200


def read_compose(path: str, text: str, *, development: bool) -> Compose | None:
    """A compose file; None where it cannot be read as one."""
    root = read_yaml(text)
    if root is None:
        return None
    services = root.get("services")
    if not services.pairs and not root.get("version").text:
        services = root  # the first format has the services at the top
    found = [
        _service(path, name, node, development=development or is_development_name(name))
        for name, node in list(services.each())[:_MOST_SERVICES]
        if node.pairs
    ]
    return Compose(path, development, tuple(found))


def _service(path: str, name: str, node: Yaml, *, development: bool) -> Service:
    folder = posixpath.dirname(path)
    build = node.get("build")
    context = build.text if build.text is not None else build.get("context").text or ("." if build.pairs else None)
    inside = None if context is None or "://" in context else _below(folder, context)
    dockerfile = ""
    if inside is not None:
        dockerfile = _below(inside, build.get("dockerfile").text or "Dockerfile") or ""
    return Service(
        name,
        node.get("image").text or "",
        inside,
        dockerfile,
        tuple(_commands(path, name, node, development=development)),
        tuple(_ports(path, node.get("ports"), development=development)),
        tuple(_variables(path, node.get("environment"), development=development)),
        tuple(_texts(node.get("env_file"))),
        tuple(_labels(node.get("labels"))),
        Location(path, max(node.line - 1, 1), 1) if node.line else Location(path),
    )


def _below(folder: str, path: str) -> str | None:
    """A path of a file or folder of the project, "" for the project's own folder; None where it lies outside."""
    path = _DEFAULTED.sub(r"\1", path)
    joined = posixpath.normpath(posixpath.join(folder, path))
    if "$" in path or path.startswith(("/", "~")) or joined == ".." or joined.startswith("../"):
        return None
    return "" if joined == "." else joined


def _commands(path: str, name: str, node: Yaml, *, development: bool) -> Iterator[Command]:
    entry, command = node.get("entrypoint"), node.get("command")
    first = _words(entry)
    second = _words(command)
    place = Location(path, command.line or entry.line, command.column or entry.column)
    if first and second and not first[-1].endswith(".sh") and "-c" not in first:
        first, second = [*first, *second], []
    for words in (first, second):
        if words:
            yield from command_of(words, name=name, source="compose", location=place, development=development)


def _words(node: Yaml) -> list[str]:
    if node.text is not None:
        # Compose itself knows no ``&&``; whoever writes it means a shell.
        return ["sh", "-c", node.text] if re.search(r"&&|;|\|\|", node.text) else split_words(node.text)
    return [item.text for item in node.items[:_MOST_ITEMS] if item.text is not None]


def _ports(path: str, node: Yaml, *, development: bool) -> Iterator[Port]:
    for item in node.items[:_MOST_ITEMS]:
        place = Location(path, item.line, item.column)
        if item.pairs:
            number = _DEFAULTED.sub(r"\1", item.get("published").text or "0").partition("-")[0]
            if number.isdecimal() and len(number) < 6:
                yield Port(int(number), "published", place, item.get("host_ip").text or "", development)
            continue
        match = _PORT.fullmatch(_DEFAULTED.sub(r"\1", item.text or ""))
        if match is not None:
            host, published, inside, _ = match.groups()
            if inside is not None and published is not None and len(published) < 6:
                yield Port(int(published), "published", place, (host or "").strip("[]"), development)
            else:
                yield Port(0, "published", place, "", development)


def _variables(path: str, node: Yaml, *, development: bool) -> Iterator[Variable]:
    for name, value in node.each():
        yield _variable(path, name, value.text, value.line, value.column, development=development)
    for item in node.items[:_MOST_ITEMS]:
        name, equals, text = (item.text or "").partition("=")
        if name:
            yield _variable(path, name, text if equals else None, item.line, item.column, development=development)


def _variable(path: str, name: str, value: str | None, line: int, column: int, *, development: bool) -> Variable:
    fixed = None if value is None or _COMPUTED.search(value) else Secret(value)
    return Variable(name, fixed, Location(path, line, column), development)


def _texts(node: Yaml) -> Iterator[str]:
    if node.text is not None:
        yield node.text
    for item in node.items[:_MOST_ITEMS]:
        text = item.text if item.text is not None else item.get("path").text
        if text is not None:
            yield text


def _labels(node: Yaml) -> Iterator[str]:
    for name, value in node.each():
        yield f"{name}={value.text or ''}"
    yield from (item.text for item in node.items[:_MOST_ITEMS] if item.text is not None)
