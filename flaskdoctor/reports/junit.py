"""The report as JUnit XML, for the test pages of a CI service: each rule of each file is a test.

A test fails where a finding counts for the exit code; another one is told in its output. The file is plain ASCII. No
time is in it: it would be another one every time.
"""

from __future__ import annotations

from collections.abc import Sequence

from flaskdoctor.finding import Finding
from flaskdoctor.reports import Context, Part
from flaskdoctor.reports.text import finding_line, place_of, plural
from flaskdoctor.visible import visible


def render(parts: Sequence[Part], context: Context) -> str:
    """One suite for each project."""
    suites = [_suite(part, context) for part in parts]
    tests = sum(tests for tests, _, _ in suites)
    failures = sum(failures for _, failures, _ in suites)
    head = f'<testsuites name="flaskdoctor" tests="{tests}" failures="{failures}" errors="0" time="0">'
    body = "".join(text for _, _, text in suites)
    text = f'<?xml version="1.0" encoding="utf-8"?>\n{head}\n{body}</testsuites>\n'
    return text.encode("ascii", "xmlcharrefreplace").decode("ascii")


def _suite(part: Part, context: Context) -> tuple[int, int, str]:
    """How many tests, how many failures, and the XML."""
    groups: dict[tuple[str, str, str], list[Finding]] = {}
    for finding in part.report.findings:
        # The place as text has it, without the line: what is the same there has to be one test.
        place = place_of(finding._replace(location=finding.location._replace(line=0)), part.prefix)
        groups.setdefault((place, finding.code, finding.name), []).append(finding)
    failures = 0
    cases = []
    for (place, code, name), findings in groups.items():
        failed = any(finding.severity >= context.limit for finding in findings)
        failures += failed
        cases.append(_case(place, f"{code} {name}", findings, part.prefix, failed=failed))
    if not cases:  # some services take a file without any test for a failure
        cases.append('    <testcase classname="flaskdoctor" name="No findings" time="0" />\n')
    title = _escaped("flaskdoctor" + (f" {part.prefix.rstrip('/')}" if part.prefix else ""))
    numbers = f'tests="{len(cases)}" failures="{failures}" errors="0" skipped="0" time="0"'
    return len(cases), failures, f'  <testsuite name="{title}" {numbers}>\n{"".join(cases)}  </testsuite>\n'


def _case(place: str, name: str, findings: list[Finding], prefix: str, *, failed: bool) -> str:
    first = findings[0]
    where = ""
    if first.location.path:
        where = f' file="{_escaped(prefix + first.location.path)}"'
        if first.location.line:
            where += f' line="{first.location.line}"'
    text = _escaped("\n".join(finding_line(finding, prefix) for finding in findings), lines=True)
    if failed:
        more = f" (and {plural(len(findings) - 1, 'other')})" if len(findings) > 1 else ""
        kind = max(finding.severity for finding in findings).word
        inner = f'<failure type="{kind}" message="{_escaped(first.message + more)}">{text}</failure>'
    else:
        inner = f"<system-out>{text}</system-out>"
    case = f'classname="{_escaped(place)}" name="{_escaped(name)}"{where} time="0"'
    return f"    <testcase {case}>\n      {inner}\n    </testcase>\n"


def _escaped(text: str, *, lines: bool = False) -> str:
    """Text as it stands in an attribute or, with ``lines``, between tags. What XML does not know ``visible`` has
    written as escapes."""
    text = "\n".join(map(visible, text.split("\n"))) if lines else visible(text)
    for char, reference in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
        text = text.replace(char, reference)
    return text
