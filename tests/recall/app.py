"""Whole small projects with one defect each, and healthy ones: what a rule's own examples are not written to show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Defect(NamedTuple):
    """A project in which one thing is wrong.

    ``code`` is the rule that is to say so, ``spelling`` what is special about how it is written. ``files`` are paths
    and texts; without a requirement file the project gets ``flask==<flask>``. ``place`` is the file that the finding
    is in, where there are several. ``also`` are the codes of what cannot but be wrong with it too.
    """

    code: str
    spelling: str
    files: Mapping[str, str]
    flask: str = "3.1.0"
    place: str = ""
    also: tuple[str, ...] = ()


class Healthy(NamedTuple):
    """A project with which nothing is wrong: no error and no warning."""

    name: str
    files: Mapping[str, str]
    flask: str = "3.1.0"
