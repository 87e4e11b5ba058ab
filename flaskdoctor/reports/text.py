"""The report as text: one line a finding, in the form that compilers have and editors know, and a last line."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from flaskdoctor.finding import Finding, Fix, Report, Severity
from flaskdoctor.observatory import ALGORITHM
from flaskdoctor.visible import visible

if TYPE_CHECKING:
    from flaskdoctor.observatory.graded import Graded
    from flaskdoctor.probe.observation import Observation

_COLOURS = {Severity.ERROR: "31;1", Severity.WARNING: "33", Severity.INFO: "36"}

Painter = Callable[[str, str], str]


def render(report: Report, *, colour: bool = False, summary: bool = True, server: str = "") -> str:
    """The whole report, a newline behind every line. ``server`` are words on the running server for the last one."""
    paint = _painted if colour else _plain
    lines = [finding_line(finding, paint) for finding in report.findings]
    if summary:
        lines.append(summary_line(report, paint) + (f", {server}" if server else ""))
    return "".join(f"{line}\n" for line in lines)


def finding_line(finding: Finding, paint: Painter | None = None) -> str:
    """``path:line:col: severity: CODE name: message [fix]``; no line or column where there is none."""
    paint = paint or _plain
    place = place_of(finding)
    severity = paint(finding.severity.word, _COLOURS[finding.severity])
    mark = {Fix.SAFE: " [fix]", Fix.UNSAFE: " [fix?]", None: ""}[finding.fix]
    code = paint(f"{finding.code} {finding.name}", "1")
    return f"{paint(place, '2') if paint is _painted else place}: {severity}: {code}: {visible(finding.message)}{mark}"


def place_of(finding: Finding) -> str:
    """``path:line:column``, as far as there is one; the URL where the running server is at fault."""
    location = finding.location
    if finding.url and not location.path:
        return visible(finding.url)
    text = visible(location.path) or "."
    if location.line:
        text += f":{location.line}"
        if location.column:
            text += f":{location.column}"
    return text


def summary_line(report: Report, paint: Painter | None = None) -> str:
    """``12 findings (3 errors, 9 warnings), 8 fixable, in 34 files, 0.31 s, score 71``."""
    paint = paint or _plain
    findings = report.findings
    if findings:
        kinds = [(Severity.ERROR, "error"), (Severity.WARNING, "warning"), (Severity.INFO, "info")]
        counts = [(sum(1 for finding in findings if finding.severity == kind), word) for kind, word in kinds]
        parts = ", ".join(plural(count, word, word if word == "info" else None) for count, word in counts if count)
        fixable = sum(1 for finding in findings if finding.fix is not None)
        text = f"{plural(len(findings), 'finding')} ({parts}), {fixable} fixable"
    else:
        text = "No findings"
    return f"{paint(text, '1')}, {plural(report.files, 'file')}, {report.seconds:.2f} s, score {report.score}"


def server_words(seen: Observation, grade: Graded | None) -> str:
    """``https://shop.example up in 12 ms, TLSv1.3 h2 until 2027-01-31, graded F -> B after the fixes (..)``."""
    words = f"{visible(seen.target.url)} {seen.state.value}"
    if seen.latency is not None:
        words += f" in {seen.latency * 1000:.0f} ms"
    if seen.tls is not None and seen.tls.version:
        words += f", {seen.tls.version} {seen.tls.alpn}".rstrip()
        if seen.tls.certificate is not None:
            words += f" until {time.strftime('%Y-%m-%d', time.gmtime(seen.tls.certificate.not_after))}"
    if grade is None:
        return words
    return f"{words}, graded {grade.words} (MDN Observatory, algorithm {ALGORITHM})"


def plural(count: int, word: str, many: str | None = None) -> str:
    """``1 file``, ``2 files``."""
    return f"{count} {word if count == 1 else many or word + 's'}"


def _plain(text: str, _style: str) -> str:
    return text


def _painted(text: str, style: str) -> str:
    return f"\x1b[{style}m{text}\x1b[0m"
