"""One requirement as text: ``Flask[async]>=3.0; python_version > "3.9"``."""

from __future__ import annotations

import re
from typing import NamedTuple

from flaskdoctor.errors import Refuse
from flaskdoctor.project.versions.requirements import normalise, requirement

_NAME = re.compile(r"([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)(\s*\[[^\]]*\])?")


class Requirement(NamedTuple):
    """A distribution that a project shall require: ``secure``, ``>=2.0.1``."""

    name: str
    specifier: str = ""

    @property
    def line(self) -> str:
        """As a requirements file says it."""
        return f"{self.name}{self.specifier}"


def name_in(text: str) -> str:
    """The name that a requirement begins with, as written; empty for a URL, a path or an option."""
    match = _NAME.match(text.strip())
    return match[1] if match is not None and requirement(text) is not None else ""


def names(text: str, name: str) -> bool:
    """Whether a text is a requirement of the distribution ``name``, however that is spelt."""
    found = name_in(text)
    return bool(found) and normalise(found) == normalise(name)


def with_extra(text: str, extra: str) -> str:
    """A requirement that asks for ``extra`` too; the blanks before it and what follows the name stay."""
    start = len(text) - len(text.lstrip())
    match = _NAME.match(text, start)
    if match is None:
        raise Refuse("This is no requirement that could ask for an extra.")
    name, extras = match[1], (match[2] or "").strip().strip("[]")
    several = [each.strip() for each in extras.split(",") if each.strip()]
    if extra in several:
        return text
    return f"{text[:start]}{name}[{','.join([*several, extra])}]{text[match.end() :]}"


def with_marker(text: str, marker: str, apart: str = "; ") -> str:
    """A requirement that counts only where ``marker`` is true. Raises ``Refuse`` for one that is not plain."""
    if ";" in text or "@" in text or "\\" in text or re.search(r"\s-", text.strip()):
        raise Refuse("The line is continued or is not a plain requirement, so it stays as it is.")
    return f"{text.rstrip()}{apart}{marker}"
