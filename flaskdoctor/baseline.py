"""The baseline: findings that are known and put up with, so that only new ones count.

A finding is known by its rule, its file and its line as it reads without literals and comments, so it survives moved
lines; and by how many there are of a kind, so a new one of a known kind shows. The file is meant to be committed: no
secret is in it, and the same findings give the same bytes.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from flaskdoctor.errors import UserError
from flaskdoctor.finding import Finding
from flaskdoctor.fingerprint import normalised_lines
from flaskdoctor.project.plainfile import read_bytes

VERSION = 1
_KIND = "flaskdoctor baseline"
_LIMIT = 50_000_000
_WRITE = "Write it anew: flaskdoctor --check --write-baseline {}"


class Known(NamedTuple):
    """A kind of finding: ``path`` is below the folder that the baseline is about, empty for the running server;
    ``line`` is the normalised line, or what a finding without one is about."""

    path: str
    code: str
    line: str


class Baseline(NamedTuple):
    """What a baseline file says: how many findings of each kind are known. ``file`` is its name, as it was given."""

    file: str
    counts: Mapping[Known, int]


class Compared(NamedTuple):
    """Findings beside a baseline: those that are ``new``, those that are ``known``, and what of the baseline is used
    up (``used``), by kind."""

    new: tuple[Finding, ...]
    known: tuple[Finding, ...]
    used: Counter[Known]


def prefix_for(file: str, root: str) -> str:
    """What leads to a project's paths in a baseline: its folder as seen from the file's, where that is above it, so
    that one file can be about several projects. Else nothing."""
    folder = os.path.dirname(os.path.realpath(file))
    root = os.path.realpath(root)
    if root != folder and root.startswith(os.path.join(folder, "")):
        return os.path.relpath(root, folder).replace(os.sep, "/") + "/"
    return ""


def kinds(
    root: str, findings: Iterable[Finding], prefix: str = "", unsaved: Mapping[str, bytes] | None = None
) -> list[tuple[Finding, Known]]:
    """Each finding of a project with its kind. Reads the files that findings are in, but for those in ``unsaved``."""
    from flaskdoctor.project.code.module import decode

    lines: dict[str, list[str]] = {}
    found = []
    for finding in findings:
        path, number = finding.location.path, finding.location.line
        line = finding.anchor
        if path.endswith(".py") and number:
            if path not in lines:
                data = unsaved[path] if unsaved and path in unsaved else read_bytes(os.path.join(root, path)).data
                lines[path] = normalised_lines(decode(data))
            if number <= len(lines[path]):
                line = lines[path][number - 1] or line
        found.append((finding, Known(prefix + path if path else "", finding.code, line)))
    return found


def compare(
    baseline: Baseline, root: str, findings: Iterable[Finding], unsaved: Mapping[str, bytes] | None = None
) -> Compared:
    """Which findings of a project a baseline knows. Of several that are alike the last ones are new."""
    used: Counter[Known] = Counter()
    new, known = [], []
    for finding, kind in kinds(root, findings, prefix_for(baseline.file, root), unsaved):
        if used[kind] < baseline.counts.get(kind, 0):
            used[kind] += 1
            known.append(finding)
        else:
            new.append(finding)
    return Compared(tuple(new), tuple(known), used)


def stale(baseline: Baseline, used: Mapping[Known, int], looked_for: Callable[[Known], bool]) -> list[Known]:
    """The kinds of which fewer were found than a baseline knows, among those that were looked for."""
    return [kind for kind, count in sorted(baseline.counts.items()) if used.get(kind, 0) < count and looked_for(kind)]


def read_baseline(file: str) -> Baseline:
    """A baseline file. Raises ``UserError`` with the file, what is wrong with it and what to do."""
    content = read_bytes(file, _LIMIT)
    if content.state == "missing":
        raise UserError(f"There is no baseline {file}.", _WRITE.format(file).replace("anew", "first"))
    if content.state != "ok":
        raise UserError(f"The baseline {file} cannot be read: {content.reason}.", "Name another file.")
    try:
        document = json.loads(content.data)
    except (ValueError, RecursionError) as error:
        what = str(error) if isinstance(error, json.JSONDecodeError) else "it is no JSON"
        raise UserError(f"The baseline {file} is broken: {what}.", _WRITE.format(file)) from None
    if not isinstance(document, dict) or document.get("kind") != _KIND:
        raise UserError(f"{file} is not a baseline of flaskdoctor.", "Name the file that --write-baseline wrote.")
    version = document.get("version")
    if type(version) is not int or version < 1:
        raise UserError(f"The baseline {file} is broken: it has no version.", _WRITE.format(file))
    if version > VERSION:
        raise UserError(
            f"The baseline {file} is of version {version}, and this flaskdoctor knows version {VERSION}.",
            "Use the flaskdoctor that wrote it, or a newer one.",
        )
    return Baseline(file, _counts(file, document.get("findings")))


def _counts(file: str, entries: object) -> dict[Known, int]:
    if not isinstance(entries, list):
        raise UserError(f"The baseline {file} is broken: it has no list of findings.", _WRITE.format(file))
    counts: Counter[Known] = Counter()
    for number, entry in enumerate(entries, 1):
        values = [entry.get(name) for name in Known._fields] if isinstance(entry, dict) else [None]
        count = entry.get("count") if isinstance(entry, dict) else None
        if not all(isinstance(value, str) for value in values) or type(count) is not int or count < 1:
            raise UserError(
                f"The baseline {file} is broken: finding {number} lacks its path, code, line or count.",
                _WRITE.format(file),
            )
        counts[Known(*values)] += count
    return counts


def render(counts: Mapping[Known, int]) -> str:
    """The text of a baseline file: a line for each kind, sorted, so that a diff of it reads well."""
    entries = [json.dumps({**kind._asdict(), "count": count}) for kind, count in sorted(counts.items()) if count > 0]
    body = ",\n".join(f"    {entry}" for entry in entries)
    findings = f"[\n{body}\n  ]" if entries else "[]"
    return f'{{\n  "kind": "{_KIND}",\n  "version": {VERSION},\n  "findings": {findings}\n}}\n'
