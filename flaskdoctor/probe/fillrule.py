"""A URL rule with its variables filled in: the path to ask, as ``url_for`` would build it."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping
from typing import NamedTuple
from urllib.parse import quote

# Werkzeug's own: ``<name>``, ``<int:name>``, ``<string(length=2):lang>``, ``<any(about, help):page>``.
_VARIABLE = re.compile(
    r"<(?:(?P<converter>[a-zA-Z_]\w{0,99})(?:\((?P<arguments>.{0,300}?)\))?:)?(?P<name>[a-zA-Z_]\w{0,99})>"
)
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


class Shape:
    """A rule, to tell whether a path is one of its, in time that grows with the path's length and no faster."""

    def __init__(self, rule: str) -> None:
        self._variables = variables(rule)
        self._fixed: list[str] = []  # what stands before, between and behind the variables
        for variable in self._variables:
            before, _, rule = rule.partition(variable.written)
            self._fixed.append(before)
        self._fixed.append(rule)

    def values(self, path: str) -> dict[str, str] | None:
        """What its variables stand for in ``path``; None where that is none of its."""
        first, last = self._fixed[0], self._fixed[-1]
        if not self._variables:
            return {} if path == first else None
        if not path.startswith(first) or not path.endswith(last):
            return None
        inner = path[len(first) : len(path) - len(last)] if len(first) + len(last) <= len(path) else ""
        # A path may hold the text behind it: as short as can be, else as long as can be.
        return self._split(inner, str.find) or self._split(inner, _last)

    def _split(self, inner: str, find: Callable[[str, str, int], int]) -> dict[str, str] | None:
        found: dict[str, str] = {}
        at = 0
        for number, variable in enumerate(self._variables, 1):
            whole = variable.converter == "path"
            between = self._fixed[number]
            end = len(inner)
            if number < len(self._variables):
                end = (find if whole else str.find)(inner, between, at + 1)
            value = inner[at:end] if end >= 0 else ""
            if not value or (not whole and "/" in value):
                return None
            found.setdefault(variable.name, value)
            at = end + len(between)
        return found


def _last(text: str, part: str, start: int) -> int:
    return text.rfind(part, start)


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
