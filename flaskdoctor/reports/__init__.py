"""What a scan found, in the form that a reader wants.

Each format is a module here with ``render(parts, context) -> str``: the same bytes for the same values.
A new format is one new file and its name in ``FORMATS``.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

from flaskdoctor.finding import Finding, Report, Severity
from flaskdoctor.formats import FORMATS as FORMATS

if TYPE_CHECKING:
    from flaskdoctor.fixes.edit import Edit
    from flaskdoctor.probing import Probed


class Part(NamedTuple):
    """One project's share of a report.

    ``report`` holds the findings to show, those about the running server among them. ``prefix`` goes before their
    paths where one report is about several projects: the project's folder below the one that all are in, with a slash
    at its end ("services/shop/"). ``known`` are findings that a baseline covers: they count nowhere. ``edits`` are the
    changes that fix a finding, where these were asked for.
    """

    report: Report
    prefix: str = ""
    probed: Probed | None = None
    known: tuple[Finding, ...] = ()
    edits: Mapping[Finding, tuple[Edit, ...]] = {}


class Context(NamedTuple):
    """How a report is wanted.

    ``status`` is the exit code that goes with it, ``limit`` the least severity that counts for it. ``unicode`` is
    whether the reader's terminal draws more than ASCII; ``timed`` whether to say how long it took, which is another
    text every time; ``plain`` whether the user wants no colours anywhere, also where the format has its own.
    """

    status: int = 0
    limit: Severity = Severity.WARNING
    colour: bool = False
    unicode: bool = True
    summary: bool = True
    timed: bool = False
    plain: bool = False


def render(name: str, parts: Sequence[Part], context: Context) -> str:
    """The report on some projects in the format ``name``; every line of it ends with a newline."""
    if sys.getfilesystemencoding() != "utf-8":
        from flaskdoctor.reports.names import with_utf8_names

        parts = [with_utf8_names(part) for part in parts]
    text: str = import_module(f"flaskdoctor.reports.{name}").render(parts, context)
    return text


def count(findings: Sequence[Finding], severity: Severity) -> int:
    """How many findings are of this severity."""
    return sum(1 for finding in findings if finding.severity == severity)


def well_formed(text: str) -> str:
    """Text that every JSON parser takes: a lone surrogate, which stands for a byte of a file name that is no proper
    text, becomes an escape in words."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
