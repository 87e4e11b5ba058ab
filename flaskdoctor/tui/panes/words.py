"""How severities, fixes, places, times and sizes look: the same glyph, letter and colour in every pane.

Severity is never colour alone: a glyph and a letter or word stand with it.
"""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from flaskdoctor.finding import Finding, Fix, Location, Severity
from flaskdoctor.tui import safe
from flaskdoctor.tui.rows import Column

_SEVERITY = {
    Severity.ERROR: ("✖", ".error"),
    Severity.WARNING: ("▲", ".warning"),
    Severity.INFO: ("●", ".info"),
}
OK = Content.styled("✔", ".ok")
UNKNOWN = Content.styled("?", ".warning")
NOTHING = Content.styled("–", ".faint")
BARS = "▁▂▃▄▅▆▇█"
_SERVER = "the server"


def style(severity: Severity) -> str:
    """The palette's name for a severity."""
    return _SEVERITY[severity][1]


def sign(severity: Severity) -> str:
    """The sign of a severity, as text."""
    return _SEVERITY[severity][0]


def glyph(severity: Severity) -> Content:
    """The sign of a severity."""
    sign, style = _SEVERITY[severity]
    return Content.styled(sign, style)


def severity_letter(severity: Severity) -> Content:
    """``✖ E``"""
    sign, style = _SEVERITY[severity]
    return Content.styled(f"{sign} {severity.word[0].upper()}", style)


def severity_word(severity: Severity) -> Content:
    """``✖ error``"""
    sign, style = _SEVERITY[severity]
    return Content.styled(f"{sign} {severity.word}", style)


def counted(severity: Severity, count: int) -> Content:
    """``3 errors`` in the severity's colour."""
    _, style = _SEVERITY[severity]
    return Content.styled(plural(count, severity.word), style)


def in_short(finding: Finding) -> Content:
    """``✖ E FD105  message  :12``: one of several findings of a file."""
    line = f"  :{finding.location.line}" if finding.location.line else ""
    code = (f" {finding.code:<6} ", ".muted")
    return safe.joined(severity_letter(finding.severity), code, finding.message, (line, ".faint"))


def plural(count: int, word: str, ending: str = "s") -> str:
    """``1 error``, ``3 errors``."""
    return f"{count} {word}" if count == 1 else f"{count} {word}{ending}"


def milliseconds(seconds: float) -> str:
    """``0.4 ms``, ``12 ms``, ``1.4 s``."""
    if seconds >= 1:
        return f"{seconds:.1f} s"
    return f"{seconds * 1000:.1f} ms" if seconds < 0.001 else f"{seconds * 1000:.0f} ms"


def size(count: int) -> str:
    """``812 bytes``, ``14 KiB``, ``1.2 MiB``."""
    if count < 1024:
        return "1 byte" if count == 1 else f"{count} bytes"
    return f"{count / 1024:.0f} KiB" if count < 1024 * 1024 else f"{count / 1024 / 1024:.1f} MiB"


def fix_cell(fix: Fix | None) -> Content:
    """``fix`` (safe), ``fix?`` (asks first) or a dash (advice only)."""
    if fix is Fix.SAFE:
        return Content.styled("fix", ".ok")
    if fix is Fix.UNSAFE:
        return Content.styled("fix?", ".warning")
    return NOTHING


def place(location: Location) -> str:
    """``app/config.py:12``, or what there is of it."""
    if not location.path:
        return ""
    return f"{location.path}:{location.line}" if location.line else location.path


def place_cell(location: Location) -> Content:
    """The place, its line number apart."""
    text = safe.visible(place(location))
    path, colon, number = text.rpartition(":")
    if colon and number.isdigit():
        return Content.assemble(Content.styled(path, ".muted"), Content.styled(f":{number}", ".faint"))
    return Content.styled(text, ".muted")


def finding_place(finding: Finding) -> Content:
    """Where a finding is: its place in the project, or the running server."""
    if finding.url and not finding.location.path:
        return Content.styled(_SERVER, ".muted")
    return place_cell(finding.location)


def place_column(findings: Sequence[Finding], shown_from: int) -> Column:
    """A column as wide as the places of ``findings``, within reason: a path's end tells more than its beginning."""
    widest = max((_place_width(finding) for finding in findings), default=8)
    return Column(min(40, widest), shown_from=shown_from, share=0.28, tail=True)


def _place_width(finding: Finding) -> int:
    """The cells of ``finding_place``; it is built for the few places that are not plain text."""
    text = place(finding.location)
    return len(text) if text and text.isascii() and text.isprintable() else finding_place(finding).cell_length
