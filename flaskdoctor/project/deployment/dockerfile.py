"""Dockerfiles: base images, what is copied in, variables, exposed ports, and the command."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from flaskdoctor.finding import Location
from flaskdoctor.patterns import lazy
from flaskdoctor.project.deployment.commandline import command_of, simple_commands
from flaskdoctor.project.deployment.deploy import Command, Copied, Dockerfile, Image, Port, Variable
from flaskdoctor.project.deployment.filenames import is_development_name
from flaskdoctor.project.deployment.words import split_words
from flaskdoctor.project.secrecy.secret import Secret

_INSTRUCTION = lazy(r"\s*([A-Za-z]+)\s+(.*)", re.DOTALL)
_HEREDOC = lazy(r"<<-?\s*([\"']?)(\w+)\1")
_ESCAPE = lazy(r"\A\s*#\s*escape\s*=\s*`", re.IGNORECASE)
_FLAG = lazy(r"\s*--([a-z-]+)(?:=(\S+))?\s+")
_MOST_INSTRUCTIONS = 2_000


class _Instruction(NamedTuple):
    name: str
    text: str
    line: int


def read_dockerfile(path: str, text: str, *, development: bool) -> Dockerfile:
    """A Dockerfile; ``contexts`` is its own folder until a compose file says otherwise."""
    images: list[Image] = []
    copied: list[Copied] = []
    variables: list[Variable] = []
    ports: list[Port] = []
    started: dict[int, dict[str, _Instruction]] = {}
    for each in _instructions(text):
        place = Location(path, each.line, 1)
        stage = max(len(images) - 1, 0)
        if each.name == "FROM":
            words = [word for word in each.text.split() if not word.startswith("--")]
            named = words[2] if len(words) > 2 and words[1].lower() == "as" else ""
            images.append(Image(words[0] if words else "", named, place))
        elif each.name in ("COPY", "ADD"):
            flags, rest = _flags(each.text)
            words = list(_listed(rest) or split_words(_HEREDOC.sub("", rest)))
            if len(words) > 1:
                origin = flags.get("from", "")
                copied.append(Copied(each.name, tuple(words[:-1]), words[-1], origin, stage, place))
        elif each.name == "ENV":
            variables += [
                Variable(name, None if value is None else Secret(value), place, development)
                for name, value in _variables(each.text)
            ]
        elif each.name == "EXPOSE":
            numbers = (word.partition("/")[0] for word in each.text.split())
            ports += [
                Port(int(number), "exposed", place, development=development)
                for number in numbers
                if number.isdecimal() and len(number) < 6
            ]
        elif each.name in ("CMD", "ENTRYPOINT"):
            started.setdefault(stage, {})[each.name] = each
    commands: list[Command] = []
    for stage, found in started.items():
        name = images[stage].stage if stage < len(images) else ""
        last = stage == len(images) - 1
        commands += _commands(path, found, development=development or (not last and is_development_name(name)))
    folder = path.rpartition("/")[0]
    return Dockerfile(
        path, development, (folder,), tuple(images), tuple(copied), tuple(variables), tuple(ports), tuple(commands)
    )


def _commands(path: str, found: dict[str, _Instruction], *, development: bool) -> Iterator[Command]:
    """What a stage starts: the entry point with the command's words behind it, as Docker joins them."""
    entry, command = found.get("ENTRYPOINT"), found.get("CMD")
    first = _simple(entry)
    second = _simple(command)
    if entry is not None and _listed(entry.text) is not None and command is not None and len(second) == 1:
        # ``ENTRYPOINT ["python"]`` with ``CMD ["app.py"]`` is one command; a script runs what it is given.
        script = first[0][-1].endswith(".sh") if first and first[0] else False
        if script:
            yield from _given(path, first, entry, development=development)
            yield from _given(path, second, command, development=development)
        else:
            yield from _given(path, [(*first[0], *second[0])] if first else second, command, development=development)
        return
    for words, each in ((first, entry), (second, command)):
        if each is not None:
            yield from _given(path, words, each, development=development)


def _simple(each: _Instruction | None) -> list[tuple[str, ...]]:
    if each is None:
        return []
    words = _listed(each.text)
    return simple_commands(each.text) if words is None else [words] if words else []


def _given(path: str, commands: list[tuple[str, ...]], each: _Instruction, *, development: bool) -> Iterator[Command]:
    for words in commands:
        yield from command_of(
            words, name="", source="Dockerfile", location=Location(path, each.line, 1), development=development
        )


def _instructions(text: str) -> Iterator[_Instruction]:
    """Each instruction with its lines joined and comments and here-documents taken out."""
    mark = "`" if _ESCAPE.match(text) else "\\"
    lines = text.split("\n")
    index = count = 0
    while index < len(lines) and count < _MOST_INSTRUCTIONS:
        start = index
        parts: list[str] = []
        while index < len(lines):
            line = lines[index].rstrip()
            index += 1
            if line.lstrip().startswith("#") or (not line and parts):
                continue  # a comment line inside of an instruction does not end it
            if line.endswith(mark):
                parts.append(line[:-1])
                continue
            parts.append(line)
            break
        match = _INSTRUCTION.match(" ".join(parts))
        if match is None:
            continue
        count += 1
        name, rest = match.group(1).upper(), match.group(2)
        if name in ("RUN", "COPY", "ADD"):
            for heredoc in _HEREDOC.finditer(rest):
                while index < len(lines) and lines[index].strip() != heredoc.group(2):
                    index += 1
                index += 1
        while start < len(lines) and (not lines[start].strip() or lines[start].lstrip().startswith("#")):
            start += 1
        yield _Instruction(name, rest.strip(), start + 1)


def _flags(text: str) -> tuple[dict[str, str], str]:
    flags: dict[str, str] = {}
    while match := _FLAG.match(text):
        flags[match.group(1)] = match.group(2) or ""
        text = text[match.end() :]
    return flags, text


def _listed(text: str) -> tuple[str, ...] | None:
    """The words of the JSON form (``["gunicorn", "app:app"]``); None for the shell form."""
    if not text.lstrip().startswith("["):
        return None
    import json

    try:
        words = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return tuple(str(word) for word in words) if isinstance(words, list) else None


def _variables(text: str) -> Iterator[tuple[str, str | None]]:
    """The pairs of ``ENV A=1 B="2 3"``, or of the old form ``ENV A 1``."""
    words = split_words(text)
    if words and "=" not in words[0]:
        name, _, value = text.strip().partition(" ")
        yield name, _fixed(value.strip())
        return
    for word in words:
        name, equals, value = word.partition("=")
        if equals:
            yield name, _fixed(value)


def _fixed(value: str) -> str | None:
    return None if "$" in value else value
