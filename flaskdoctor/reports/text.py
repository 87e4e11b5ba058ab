"""The report as text: one line a finding, in the form that compilers have and editors know, and a last line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from flaskdoctor.finding import Finding, Fix, Report, Severity
from flaskdoctor.observatory import ALGORITHM
from flaskdoctor.reports import Context, Part, count
from flaskdoctor.visible import loggable, visible

if TYPE_CHECKING:
    from flaskdoctor.observatory.graded import Graded
    from flaskdoctor.probe.observation import Observation

_COLOURS = {Severity.ERROR: "31;1", Severity.WARNING: "33", Severity.INFO: "36"}
MARKS = {Fix.SAFE: " [fix]", Fix.UNSAFE: " [fix?]", None: ""}

Painter = Callable[[str, str], str]


def render(parts: Sequence[Part], context: Context) -> str:
    """A line for each finding, one more for each project."""
    paint = _painted if context.colour else _plain
    lines = []
    for part in parts:
        lines += [finding_line(finding, part.prefix, paint) for finding in part.report.findings]
        if context.summary:
            head = f"{loggable(part.prefix)}: " if part.prefix else ""
            server = f", {server_words(part.probed.seen, part.probed.judged.grade)}" if part.probed is not None else ""
            known = f", {len(part.known)} in the baseline" if part.known else ""
            lines.append(head + summary_line(part.report, paint, timed=context.timed) + known + server)
    if context.summary and len(parts) > 1:
        lines.append(f"{len(parts)} projects: {paint(counts_line([part.report for part in parts]), '1')}")
    return "".join(f"{line}\n" for line in lines)


def finding_line(finding: Finding, prefix: str = "", paint: Painter | None = None) -> str:
    """``path:line:col: severity: CODE name: message [fix]``; no line or column where there is none."""
    paint = paint or _plain
    place = place_of(finding, prefix)
    severity = paint(finding.severity.word, _COLOURS[finding.severity])
    code = paint(f"{finding.code} {finding.name}", "1")
    place = paint(place, "2")
    return f"{place}: {severity}: {code}: {loggable(finding.message)}{MARKS[finding.fix]}"


def place_of(finding: Finding, prefix: str = "") -> str:
    """``path:line:column``, as far as there is one; the URL where the running server is at fault."""
    location = finding.location
    if finding.url and not location.path:
        return loggable(finding.url)
    text = loggable(prefix + location.path) or "."
    if location.line:
        text += f":{location.line}"
        if location.column:
            text += f":{location.column}"
    return text


def summary_line(report: Report, paint: Painter | None = None, *, timed: bool = False) -> str:
    """``12 findings (3 errors, 9 warnings), 8 fixable, 34 files, score 71``; the time only where it is asked for: for
    the same tree it is never the same."""
    paint = paint or _plain
    took = f", {report.seconds:.2f} s" if timed else ""
    return f"{paint(counts_line([report]), '1')}, {plural(report.files, 'file')}{took}, score {report.score}"


def counts_line(reports: Sequence[Report]) -> str:
    """``12 findings (3 errors, 9 warnings), 8 fixable``."""
    findings = [finding for report in reports for finding in report.findings]
    if not findings:
        return "No findings"
    kinds = [(Severity.ERROR, "error"), (Severity.WARNING, "warning"), (Severity.INFO, "info")]
    counts = [(count(findings, kind), word) for kind, word in kinds]
    parts = ", ".join(plural(number, word, word if word == "info" else None) for number, word in counts if number)
    fixable = sum(1 for finding in findings if finding.fix is not None)
    return f"{plural(len(findings), 'finding')} ({parts}), {fixable} fixable"


def server_words(seen: Observation, grade: Graded | None) -> str:
    """``https://shop.example up in 12 ms, TLSv1.3 h2 until 2027-01-31, graded F -> B after the fixes (..)``."""
    words = f"{visible(seen.target.url)} {seen.state.value}"
    if seen.latency is not None:
        words += f" in {seen.latency * 1000:.0f} ms"
    if seen.tls is not None and seen.tls.version:
        words += f", {seen.tls.version} {seen.tls.alpn}".rstrip()
        if seen.tls.certificate is not None:
            words += f" until {seen.tls.certificate.last_day}"
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
