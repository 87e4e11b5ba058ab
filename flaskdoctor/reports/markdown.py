"""The report in Markdown, to be pasted into a pull request: counts, and a table for each severity.

What comes from the project cannot become more than text: no link, image, mention of somebody, reference to an issue or
end of the table, on GitHub and GitLab alike.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from flaskdoctor.finding import Finding, Fix, Severity
from flaskdoctor.reports import Context, Part
from flaskdoctor.reports.text import counts_line, place_of, plural, server_words
from flaskdoctor.visible import visible

LIMIT = 65_536  # characters of a comment on GitHub
_ROOM = 60_000  # bytes: what is pasted is often not the only thing in the comment

_FRAME = 250  # bytes: what stands around the rows of a table

_HEADINGS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "info"}
_FIXES = {Fix.SAFE: "safe", Fix.UNSAFE: "asks first", None: ""}
_SPECIAL = re.compile(r"[\\`*_\[\]<>|~$&]")
# What GitHub or GitLab make more of without being asked: @name, #12, !12, $sum$, a commit, an address, an :emoji:.
_TELLING = re.compile(r"[@#!$%&~^]|://|www\.|GH-\d|\b[0-9a-f]{7,40}\b|:[\w+-]+:", re.IGNORECASE)


def render(parts: Sequence[Part], context: Context) -> str:
    """The whole report; what does not fit into a comment is counted."""
    out: list[str] = []
    room = _ROOM
    left = 0
    for part in parts:
        head = "".join(f"{line}\n" for line in _head(part))
        tables, more = _tables(part, context, room - len(head.encode()))
        if room > len(head) and (tables or not more):
            out += [head, *tables]
            room -= sum(len(text.encode()) for text in (head, *tables))
        left += more
    if left:
        out.append(f"\n{plural(left, 'more finding')}: `flaskdoctor --check` lists all.\n")
    return "".join(out)


def _head(part: Part) -> list[str]:
    title = "flaskdoctor" + (f" {_code(part.prefix.rstrip('/'), cell=False)}" if part.prefix else "")
    report = part.report
    lines = [
        f"### {title}: score {report.score}/100",
        "",
        f"{counts_line([report])}, {plural(report.files, 'file')}."
        + (f" {plural(len(part.known), 'finding')} of the baseline left out." if part.known else ""),
    ]
    if part.probed is not None:
        lines += ["", f"Server: {_text(server_words(part.probed.seen))}."]
    return lines


def _tables(part: Part, context: Context, room: int) -> tuple[list[str], int]:
    """The tables that there is room for, the worst findings first, and how many findings are left over."""
    tables: list[str] = []
    left = 0
    for severity in sorted(_HEADINGS, reverse=True):
        findings = [finding for finding in part.report.findings if finding.severity == severity]
        room -= _FRAME
        rows = []
        for finding in findings:
            row = _row(finding, part.prefix)
            room -= len(row.encode()) + 1
            if room < 0:
                break
            rows.append(row)
        if rows:
            tables.append(_table(severity, len(findings), rows, opened=severity >= context.limit))
        left += len(findings) - len(rows)
    return tables, left


def _row(finding: Finding, prefix: str) -> str:
    place = _code(place_of(finding, prefix))
    return f"| {place} | {finding.code} {finding.name} | {_text(finding.message)} | {_FIXES[finding.fix]} |"


def _table(severity: Severity, number: int, rows: list[str], *, opened: bool) -> str:
    title = plural(number, _HEADINGS[severity], "info" if severity is Severity.INFO else None)
    table = "\n".join(["| Where | Rule | What is wrong | Fix |", "|---|---|---|---|", *rows])
    return f"\n<details{' open' if opened else ''}>\n<summary>{title}</summary>\n\n{table}\n\n</details>\n"


def _text(text: str) -> str:
    """Prose: plain words, and code for those that a reader or GitHub would take for more."""
    words = visible(text).split(" ")
    return " ".join(_code(word) if _TELLING.search(word) else _SPECIAL.sub(r"\\\g<0>", word) for word in words)


def _code(text: str, *, cell: bool = True) -> str:
    """Code, in which nothing is a mention, a reference or a link; ``cell`` is whether it stands in a table."""
    text = visible(text)
    runs = [len(run) for run in re.findall("`+", text)]
    fence = "`" * next(size for size in range(1, len(runs) + 2) if size not in runs)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{text.replace('|', chr(92) + '|') if cell else text}{pad}{fence}"
