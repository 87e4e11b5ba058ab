"""What other readers of an env file make of a line that python-dotenv understands: decouple, django-environ, docker."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from flaskdoctor.patterns import lazy
from flaskdoctor.project.env.envfile import Binding, EnvFile, inline_comment
from flaskdoctor.project.env.envreaders import script_paths
from flaskdoctor.project.env.envuse import counts
from flaskdoctor.project.secrecy.secret import Secret

if TYPE_CHECKING:
    from flaskdoctor.project.snapshot import Project

# Seen by running python-decouple 3.8 and django-environ 0.4 to 0.14; docker's as its sources have it (``kvfile``; what
# becomes of quotes has changed there, so nothing is said of them).
_COMMENT = "keeps the comment as a part of the value"
_VARIABLE = "leaves ${..} as it is"
_LINES = "ends the value with its first line"
_DIALECTS = {
    "decouple": {
        "comment": _COMMENT,
        "export": 'takes "export" for a part of the name',
        "lines": _LINES,
        "variable": _VARIABLE,
    },
    "django-environ": {
        "comment": _COMMENT,
        "lines": _LINES,
        "blank": "skips a line with a blank before the =",
        "variable": _VARIABLE,
    },
    "docker run --env-file": {
        "comment": _COMMENT,
        "export": 'refuses a line with "export"',
        "lines": "takes each line for a variable of its own",
        "blank": "refuses a line with a blank before the =",
        "variable": _VARIABLE,
    },
}
_WITH_DOTENV = frozenset(("dotenv", "environs", "flask_dotenv", "pydantic_settings"))
_BLANK = lazy(r"[^=\s]+[^\S\r\n]+=")
_EXPORT = lazy(r"export[^\S\r\n]+")
_EXPANDED = lazy(r"\$\{[A-Za-z_]\w*(?::-[^}]*)?\}")
_DOCKER = lazy(
    r"\bdocker\s+(?:container\s+)?(?:run|create)\b(?:[^\n]|\\\n)*?\s--env-file(?:=|\s+)[\"']?([^\s\"'`\\]+)",
    re.MULTILINE,
)


class Mismatch(NamedTuple):
    """What one reader makes of some lines of a file. ``sure``: python-dotenv does not read it first."""

    file: EnvFile
    reader: str
    effect: str
    lines: tuple[int, ...]
    kind: str
    sure: bool = True


def mismatches(project: Project) -> Iterator[Mismatch]:
    """Where the readers of the project's env files differ from python-dotenv."""
    for file, reader, sure in _readings(project):
        lines: dict[str, list[int]] = {}
        for binding in file.certain:
            for kind in () if binding.value is None else _kinds(binding, binding.value):
                lines.setdefault(kind, []).append(binding.line)
        for kind, effect in _DIALECTS[reader].items():
            if kind in lines:
                yield Mismatch(file, reader, effect, tuple(lines[kind]), kind, sure)


def _kinds(binding: Binding, value: Secret[str]) -> Iterator[str]:
    written = binding.written.reveal()
    if inline_comment(written):
        yield "comment"
    if _EXPORT.match(written):
        yield "export"
    if _BLANK.match(_EXPORT.sub("", written, count=1)):
        yield "blank"
    if "\n" in value.reveal() and "\n" in written.strip():
        yield "lines"
    if _EXPANDED.search(value.reveal()):
        yield "variable"


def _readings(project: Project) -> Iterator[tuple[EnvFile, str, bool]]:
    env = project.env
    imported = {
        item.target.partition(".")[0] for facts in project.modules.values() if counts(facts) for item in facts.imports
    }
    if _WITH_DOTENV.isdisjoint(imported):
        sure = not project.dependencies.has("python-dotenv")  # the ``flask`` command loads it first
        for name, reader in (("decouple", "decouple"), ("environ", "django-environ")):
            if name in imported:
                own = (env.env, *(file for file in env.further if file.path in env.nested or file.path in env.loaded))
                yield from ((file, reader, sure) for file in own if file.readable)
    named = frozenset(_given_to_docker(project))
    yield from ((file, "docker run --env-file", True) for file in env.present if file.path in named and file.readable)


def _given_to_docker(project: Project) -> Iterator[str]:
    """The env files that scripts and the README hand to ``docker run``."""
    if not any(file.exists for file in project.env.present):
        return
    for path in script_paths(project):
        for found in _DOCKER.finditer(project.texts.read(path)):
            yield posixpath.normpath(found[1])
            yield posixpath.normpath(posixpath.join(path.rpartition("/")[0], found[1]))
