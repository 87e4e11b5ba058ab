"""Asking for an extra of a distribution (``flask[async]``) where a project's requirements name it: bytes in, bytes
out."""

from __future__ import annotations

import re

from flaskdoctor.errors import Refuse
from flaskdoctor.fixes.requirementsfile import is_written_by_hand
from flaskdoctor.project.versions.requirements import normalise, requirement

_NAME = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)(\s*\[[^\]]*\])?")
_QUOTED = re.compile(r"""(["'])([A-Za-z0-9][A-Za-z0-9._-]*(?:\s*\[[^\]]*\])?[^"'\n]*)\1""")


def with_extra(line: str, extra: str) -> str:
    """A requirement (``Flask>=2.0``) that also asks for ``extra``; leading blanks and what follows stay."""
    start = len(line) - len(line.lstrip())
    match = _NAME.match(line, start)
    if match is None:
        raise Refuse("This is no requirement that could ask for an extra.")
    name, extras = match[1], (match[2] or "").strip().strip("[]")
    several = [each.strip() for each in extras.split(",") if each.strip()]
    return f"{line[:start]}{name}[{','.join([*several, extra])}]{line[match.end() :]}"


def add_extra(data: bytes, name: str, extra: str) -> bytes | None:
    """A requirements file in which ``name`` asks for ``extra``, on each line that names it; None where none does.

    Raises ``Refuse`` for a file that a tool writes or that is not UTF-8.
    """
    lines = _text(data).splitlines(keepends=True)
    changed = [with_extra(line, extra) if _names(line.partition("#")[0], name) else line for line in lines]
    if changed == lines:
        return None
    if not is_written_by_hand(data):
        raise Refuse("A tool writes this requirements file", "Ask for the extra where the tool takes it from.")
    return "".join(changed).encode("utf-8")


def add_extra_to_pyproject(data: bytes, name: str, extra: str) -> bytes | None:
    """A pyproject.toml whose ``[project]`` dependency ``name`` asks for ``extra``; None where there is none (Poetry's
    own table is left alone). Everything else of the file means what it meant before."""
    import tomli

    text = _text(data)
    try:
        before = tomli.loads(text)
    except (ValueError, RecursionError):
        return None
    project = before.get("project")
    if not isinstance(project, dict):
        return None
    found = project.get("dependencies")
    if not isinstance(found, list) or not any(_names(str(each), name) for each in found):
        return None
    project["dependencies"] = [with_extra(each, extra) if _names(str(each), name) else each for each in found]
    for match in _QUOTED.finditer(text):
        if _names(match[2], name):
            after = f"{text[: match.start(2)]}{with_extra(match[2], extra)}{text[match.end(2) :]}"
            try:
                if tomli.loads(after) == before:
                    return after.encode("utf-8")
            except (ValueError, RecursionError):
                continue
    raise Refuse(f"{name} stands in pyproject.toml in a way that is not changed here.")


def _names(line: str, name: str) -> bool:
    found = requirement(line)
    return found is not None and found[0] == normalise(name) and _NAME.match(line.strip()) is not None


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Refuse("The file is not UTF-8", "Save it as UTF-8; then the extra can be added.") from error
