"""File names in a locale that is not UTF-8: Python has read their bytes as something else, and reports are UTF-8."""

from __future__ import annotations

import os
import re

from flaskdoctor.finding import Finding, Location, Skipped
from flaskdoctor.reports import Part

_BYTES = re.compile("[\udc80-\udcff]+")  # how Python keeps bytes that its locale has no character for


def with_utf8_names(part: Part) -> Part:
    """The same with every name as it would be in a locale of UTF-8."""
    report = part.report._replace(
        findings=tuple(map(_finding, part.report.findings)),
        skipped=tuple(Skipped(_name(path), reason) for path, reason in part.report.skipped),
    )
    edits = {
        _finding(finding): tuple(edit._replace(path=_name(edit.path)) for edit in edits)
        for finding, edits in part.edits.items()
    }
    return part._replace(report=report, prefix=_name(part.prefix), known=tuple(map(_finding, part.known)), edits=edits)


def _finding(finding: Finding) -> Finding:
    location: Location = finding.location._replace(path=_name(finding.location.path))
    # A message has names among text that was read as what it is.
    message = _BYTES.sub(lambda match: _decoded(os.fsencode(match.group())), finding.message)
    return finding._replace(location=location, message=message)


def _name(path: str) -> str:
    try:
        return _decoded(os.fsencode(path))
    except UnicodeEncodeError:  # a name that never was one of this file system: from the text of a compose file
        return path


def _decoded(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")
