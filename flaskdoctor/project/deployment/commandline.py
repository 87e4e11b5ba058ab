"""The commands of a shell line: the words of each, and what runs in the end behind ``exec``, ``poetry run`` and the
like."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence

from flaskdoctor.finding import Location
from flaskdoctor.patterns import lazy
from flaskdoctor.project.deployment.deploy import Command

_MOST_CHARACTERS = 10_000
_MOST_WORDS = 400
_DEEPEST = 5  # ``sh -c`` inside of ``sh -c``
_ASSIGNMENT = lazy(r"[A-Za-z_]\w*=")
_SHELLS = frozenset({"sh", "bash", "ash", "dash", "zsh"})
_PYTHON = lazy(r"(?:python|pypy)[\d.]*(?:\.exe)?")
# What only starts another program: the number of own words behind it that are no options.
_WRAPPERS = {
    "exec": 0, "env": 0, "time": 0, "nohup": 0, "sudo": 0, "command": 0, "dumb-init": 0, "tini": 0, "catchsegv": 0,
    "ddtrace-run": 0, "opentelemetry-instrument": 0, "gosu": 1, "su-exec": 1, "newrelic-admin": 1, "poetry": 1,
    "pipenv": 1, "uv": 1, "pdm": 1, "rye": 1, "hatch": 1, "conda": 1, "doppler": 1, "chamber": 2, "honcho": 1,
    "start-nginx": 0, "start-nginx-solo": 0, "start-pgbouncer": 0, "start-stunnel": 0, "nice": 0, "watchmedo": 1,
    "wait-for-it.sh": 1, "wait-for-it": 1, "wait-for": 1, "dockerize": 0, "infisical": 1, "dotenv": 1,
}  # fmt: skip
_RUNS = frozenset({"run", "run-program", "exec", "auto-restart", "run-script"})
# Options of these that take a word of their own.
_VALUED = frozenset({"-n", "--name", "-u", "--user", "-g", "--group", "-wait", "-timeout", "--directory", "-d", "-p"})


def commands_of(
    text: str, *, name: str, source: str, location: Location, development: bool = False
) -> tuple[Command, ...]:
    """The commands of a line of shell: ``flask db upgrade && exec gunicorn shop:app`` is two."""
    return tuple(
        command
        for words in simple_commands(text)
        for command in command_of(words, name=name, source=source, location=location, development=development)
    )


def command_of(
    words: Sequence[str], *, name: str, source: str, location: Location, development: bool = False, depth: int = 0
) -> Iterator[Command]:
    """The command that ``words`` are, or those of the text that they hand to a shell."""
    inner = _script_of(words)
    if inner is not None:
        if depth < _DEEPEST:
            for each in simple_commands(inner):
                yield from command_of(
                    each, name=name, source=source, location=location, development=development, depth=depth + 1
                )
        return
    program, arguments = _started(words)
    if program and not program.startswith("-"):
        yield Command(tuple(words), program, arguments, name, source, location, development)


def simple_commands(text: str) -> list[tuple[str, ...]]:
    """The words of each simple command of a line; what the shell cannot split is split at blanks."""
    lexer = shlex.shlex(text[:_MOST_CHARACTERS], posix=True, punctuation_chars=";&|")
    lexer.whitespace_split = True
    lexer.commenters = ""
    try:
        words = list(lexer)
    except ValueError:
        words = text[:_MOST_CHARACTERS].split()
    found: list[tuple[str, ...]] = []
    current: list[str] = []
    for word in [*words[:_MOST_WORDS], ";"]:
        if word and not word.strip(";&|"):
            if current:
                found.append(tuple(current))
            current = []
        else:
            current.append(word)
    return found


def _script_of(words: Sequence[str]) -> str | None:
    """The text behind ``sh -c``; None for another command."""
    rest = _unwrapped(list(words))
    if len(rest) > 2 and _basename(rest[0]) in _SHELLS:
        for index, word in enumerate(rest[1:-1], start=1):
            if re.fullmatch(r"-[a-z]*c", word):
                return rest[index + 1]
            if not word.startswith("-"):
                break
    return None


def _started(words: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    rest = _unwrapped(list(words))
    if not rest:
        return "", ()
    program = _basename(rest[0])
    if program in _SHELLS and len(rest) > 1 and not rest[1].startswith("-"):
        return _basename(rest[1]), tuple(rest[2:])
    if _PYTHON.fullmatch(program):
        rest = rest[1:]
        while rest and rest[0].startswith("-") and rest[0] not in ("-m", "-c", "-"):
            rest = rest[2:] if rest[0] in ("-W", "-X") else rest[1:]
        if rest[:1] == ["-m"] and len(rest) > 1:
            return rest[1], tuple(rest[2:])
        return "python", tuple(rest)
    return program.removesuffix(".exe"), tuple(rest[1:])


def _unwrapped(words: list[str]) -> list[str]:
    for _ in range(10):
        while words and (_ASSIGNMENT.match(words[0]) or words[0] in ("(", "{", "!")):
            words = words[1:]
        name = _basename(words[0]) if words else ""
        own = _WRAPPERS.get(name)
        if own is None or len(words) < 2:
            return words
        rest = words[1:]
        if own and name not in ("gosu", "su-exec", "wait-for-it.sh", "wait-for-it", "wait-for"):
            if rest[0] not in _RUNS:
                return words  # ``poetry install``
            rest = rest[1:]
            own -= 1
        if "--" in rest and not any(_basename(word) in _KNOWN for word in rest[: rest.index("--")]):
            rest = rest[rest.index("--") + 1 :]
        else:
            rest = _without_options(rest)[own:]
        words = rest
    return words


_KNOWN = frozenset({"gunicorn", "flask", "python", "python3", "celery", "uwsgi", "waitress-serve"})


def _without_options(words: list[str]) -> list[str]:
    while words and words[0].startswith("-"):
        words = words[2:] if words[0] in _VALUED else words[1:]
    return words


def _basename(word: str) -> str:
    if word.startswith("-"):
        return word  # an option of what the image starts by itself
    return word.replace("\\", "/").rpartition("/")[2]
