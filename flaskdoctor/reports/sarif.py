"""The report as SARIF 2.1.0, for GitHub's code scanning, editors and other collectors of findings.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html

Paths are those below the top of the repository. Where that is on this machine is nobody's business, and another place
on the next: so the base has a name (``SRCROOT``) and no address.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from flaskdoctor import __version__
from flaskdoctor.finding import Finding, Severity, Tip
from flaskdoctor.fingerprint import fingerprints
from flaskdoctor.reports import Context, Part, well_formed
from flaskdoctor.reports.repository import repository_prefix
from flaskdoctor.reports.rules import page, render_page, summary
from flaskdoctor.rules.registry import rule_of
from flaskdoctor.rules.rule import RuleBase

if TYPE_CHECKING:
    from flaskdoctor.fixes.edit import Edit

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_BASE = "SRCROOT"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_PROBLEMS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "recommendation"}
_SECURITY = (Tip.SESSION, Tip.SECRETS, Tip.SECURITY, Tip.LIVE)
_TROUBLE = ("FD001", "FD002", "FD004")  # a file that could not be looked at, or a rule that failed
_LINK = re.compile(r"https?://[^\s)>\]]+")

Object = dict[str, Any]


def render(parts: Sequence[Part], context: Context) -> str:
    """One run for all projects (GitHub takes no two of one tool), as plain ASCII."""
    prefixes = [repository_prefix(part.report.root) for part in parts]
    codes = sorted({item.code for part in parts for item in (*part.report.findings, *part.known)})
    numbers = {code: number for number, code in enumerate(codes)}
    results = []
    for part, prefix in zip(parts, prefixes, strict=True):
        found = [(finding, False) for finding in part.report.findings] + [(finding, True) for finding in part.known]
        found.sort(key=lambda each: (each[0].location, each[0].code))
        names = fingerprints([finding for finding, _ in found], prefix)
        for (finding, known), name in zip(found, names, strict=True):
            result = _result(finding, numbers[finding.code], part, prefix)
            result["partialFingerprints"] = {"flaskdoctor/v1": name}
            if known:
                result["suppressions"] = [{"kind": "external", "justification": "It is in the baseline."}]
            results.append(result)
    run = {
        "tool": {
            "driver": {
                "name": "flaskdoctor",
                "version": __version__,
                "semanticVersion": __version__,
                "rules": [_rule(rule_of(code)) for code in codes],
            }
        },
        "invocations": [_invocation(parts, prefixes, context)],
        "originalUriBaseIds": {_BASE: {"description": {"text": "The top folder of the repository"}}},
        # Columns are counted in characters as Python counts them, and a lone CR ends a line for it.
        "columnKind": "unicodeCodePoints",
        "newlineSequences": ["\r\n", "\n", "\r"],
        "results": results,
        "properties": {
            "projects": [
                {"path": well_formed(prefix.rstrip("/")) or ".", "score": part.report.score, "files": part.report.files}
                for part, prefix in zip(parts, prefixes, strict=True)
            ]
        },
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(rule: RuleBase) -> Object:
    text = page(rule)
    tags = [f"tip:{int(rule.tip)}", rule.tip.title]
    described: Object = {
        "id": rule.code,
        "name": rule.name,
        "shortDescription": {"text": summary(rule)},
        "fullDescription": {"text": _first_paragraph(text, "## What it finds") or summary(rule)},
        "help": {"text": text, "markdown": render_page(rule)},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {
            "tags": [*tags, "security"] if rule.tip in _SECURITY else tags,
            # A rule that cannot prove its case stays silent or says info.
            "precision": "medium" if rule.severity is Severity.INFO else "high",
            "problem.severity": _PROBLEMS[rule.severity],
        },
    }
    link = _LINK.search(text.partition("## References")[2])
    if link:
        described["helpUri"] = link.group()
    return described


def _first_paragraph(text: str, heading: str) -> str:
    return " ".join(text.partition(heading)[2].strip().partition("\n\n")[0].split())


def _result(finding: Finding, number: int, part: Part, prefix: str) -> Object:
    result: Object = {
        "ruleId": finding.code,
        "ruleIndex": number,
        "level": _LEVELS[finding.severity],
        "message": {"text": _message(finding.message)},
        "locations": [{"physicalLocation": _place(finding, prefix)}],
    }
    edits = part.edits.get(finding)
    if edits:
        fix: Object = {"artifactChanges": [_change(edit, prefix) for edit in edits]}
        if title := rule_of(finding.code).fix_title:
            fix["description"] = {"text": title}
        result["fixes"] = [fix]
    return result


def _change(edit: Edit, prefix: str) -> Object:
    from flaskdoctor.fixes.separate import replacements

    return {
        "artifactLocation": _artifact(edit.path, prefix),
        "replacements": [
            {
                "deletedRegion": {
                    "startLine": each.start[0],
                    "startColumn": each.start[1],
                    "endLine": each.end[0],
                    "endColumn": each.end[1],
                },
                "insertedContent": {"text": each.text},
            }
            for each in replacements(edit)
        ],
    }


def _message(text: str) -> str:
    """Text in which nothing is read as an argument, ``{0}``, or a link, ``[words](2)``."""
    text = re.sub(r"\{(\d+)\}", r"{{\1}}", well_formed(text))
    return re.sub(r"\[(?=[^\]]*\]\()", r"\\[", text)


def _place(finding: Finding, prefix: str) -> Object:
    location = finding.location
    if finding.url and not location.path:
        return {"artifactLocation": {"uri": quote(finding.url, safe="%/:?#[]@!$&'()*+,;=", errors="backslashreplace")}}
    place: Object = {"artifactLocation": _artifact(location.path, prefix)}
    if location.line:
        region = {"startLine": location.line}
        if location.column:
            region["startColumn"] = location.column
            region["endLine"] = max(location.line, location.end_line)
            region["endColumn"] = location.end_column or location.column
        place["region"] = region
    return place


def _artifact(path: str, prefix: str) -> Object:
    """A file of the repository: its very bytes, percent-encoded, so that no name is too odd."""
    try:
        name = (prefix + path).encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # never the name of a file: a lone surrogate that the text of one spells out
        name = well_formed(prefix + path).encode()
    return {"uri": quote(name) or "./", "uriBaseId": _BASE}


def _invocation(parts: Sequence[Part], prefixes: Sequence[str], context: Context) -> Object:
    notes: list[Object] = []
    for part, prefix in zip(parts, prefixes, strict=True):
        for path, reason in part.report.skipped:
            notes.append(_note("note", f"Not looked at: {reason}", {"artifactLocation": _artifact(path, prefix)}))
        trouble = [finding for finding in part.report.findings if finding.code in _TROUBLE]
        notes += [_note("warning", finding.message, _place(finding, prefix)) for finding in trouble]
        if part.probed is not None and part.probed.failure:
            notes.append(_note("error", f"The server could not be looked at: {part.probed.failure}"))
    failed = any(part.probed is not None and part.probed.failure for part in parts)
    return {
        "executionSuccessful": not failed,
        "exitCode": context.status,
        "toolExecutionNotifications": notes,
    }


def _note(level: str, text: str, place: Object | None = None) -> Object:
    note: Object = {"level": level, "message": {"text": _message(text)}}
    if place is not None:
        note["locations"] = [{"physicalLocation": place}]
    return note
