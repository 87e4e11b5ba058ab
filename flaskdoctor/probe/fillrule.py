"""A URL rule with its variables filled in: the path to ask, as ``url_for`` would build it."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping
from typing import NamedTuple
from urllib.parse import quote

# Werkzeug's own: ``<name>``, ``<int:name>``, ``<string(length=2):lang>``, ``<any(about, help):page>``.
_VARIABLE = re.compile(r"<(?:(?P<converter>[a-zA-Z_]\w*)(?:\((?P<arguments>.*?)\))?:)?(?P<name>[a-zA-Z_]\w*)>")
# What url_for leaves as it is (Werkzeug 3): the characters that a path may hold.
_SAFE = "!$&'()*+,/:;=@"


class Variable(NamedTuple):
    """One variable of a rule: ``written`` is ``<int:id>``; ``arguments`` of its converter as they stand there."""

    written: str
    converter: str
    arguments: str
    name: str


def variables(rule: str) -> list[Variable]:
    """The variables of a rule, in order."""
    return [
        Variable(found[0], found["converter"] or "default", found["arguments"] or "", found["name"])
        for found in _VARIABLE.finditer(rule)
    ]


def fill(rule: str, values: Mapping[str, str]) -> str:
    """The path for ``values`` (name to text). Raises ``ValueError`` that says which one does not fit, and why."""

    def filled(found: re.Match[str]) -> str:
        name, converter = found["name"], found["converter"] or "default"
        value = values.get(name, "")
        if not value:
            raise ValueError(f"{name} is empty")
        if problem := _CHECKS.get(converter, _no_slash)(value, found["arguments"] or ""):
            raise ValueError(f"{name}: {problem}")
        return quote(value, safe=_SAFE)

    return _VARIABLE.sub(filled, rule)


def _no_slash(value: str, arguments: str) -> str:
    del arguments
    return "it cannot hold a slash" if "/" in value else ""


def _string(value: str, arguments: str) -> str:
    for name, number in re.findall(r"(minlength|maxlength|length)\s*=\s*(\d{1,4})", arguments):
        size = int(number)
        if {"minlength": len(value) < size, "maxlength": len(value) > size, "length": len(value) != size}[name]:
            return f"it does not have the length that the rule asks for ({name}={size})"
    return _no_slash(value, "")


def _integer(value: str, arguments: str) -> str:
    signed = re.search(r"signed\s*=\s*True", arguments) is not None
    if re.fullmatch(r"-?\d+" if signed else r"\d+", value, re.ASCII):
        return ""
    return "it has to be a whole number" + ("" if signed else " without a sign")


def _float(value: str, arguments: str) -> str:
    signed = re.search(r"signed\s*=\s*True", arguments) is not None
    fits = re.fullmatch(r"-?\d+\.\d+" if signed else r"\d+\.\d+", value, re.ASCII)
    return "" if fits else "it has to be a number with a point, as in 1.5"


def _path(value: str, arguments: str) -> str:
    del arguments
    return "it cannot begin with a slash" if value.startswith("/") else ""


def _uuid(value: str, arguments: str) -> str:
    del arguments
    try:
        return "" if str(uuid.UUID(value)) == value.lower() else "it has to be a UUID with its hyphens"
    except ValueError:
        return "it has to be a UUID"


def _any(value: str, arguments: str) -> str:
    words = [word.strip().strip("\"'") for word in arguments.split(",")]
    return "" if value in words else f"it has to be one of {', '.join(words)}"


_CHECKS: dict[str, Callable[[str, str], str]] = {
    "string": _string,
    "default": _string,
    "int": _integer,
    "float": _float,
    "path": _path,
    "uuid": _uuid,
    "any": _any,
}
