"""``--stdin-filename FILE -``: an editor's unsaved text of one file, judged in its place in its project.

All that is known of the project comes from the disk; nothing is written, neither the file nor the cache.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, NamedTuple

from flaskdoctor.errors import UserError
from flaskdoctor.exitcodes import EXIT_FINDINGS, EXIT_OK
from flaskdoctor.finding import Finding
from flaskdoctor.printing import progress, say, write_bytes
from flaskdoctor.project.discover import MAX_PYTHON_BYTES, Discovered, find_root
from flaskdoctor.projects import Chosen, below
from flaskdoctor.scan import Options, Scan, require_flask, scan_unsaved
from flaskdoctor.score import score

if TYPE_CHECKING:
    import argparse

    from flaskdoctor.baselines import Baselines
    from flaskdoctor.checking import Looked
    from flaskdoctor.fixes.edit import Plan

_ROUNDS = 10


class _Unsaved(NamedTuple):
    """The file: its project, its path in it, and the bytes that stand for it."""

    root: str
    path: str
    source: bytes


def run_stdin(given: argparse.Namespace) -> int:
    """Check, fix or diff what comes by standard input; gives the exit code. With ``--fix`` the fixed text is the
    output, and what remains is told on standard error."""
    from flaskdoctor.checking import leave_on_signals, named_baseline, options_of, report

    leave_on_signals()
    root = _root_of(given.stdin_filename)
    path = os.path.relpath(os.path.abspath(given.stdin_filename), root).replace(os.sep, "/")
    file = _Unsaved(root, path, _read())
    skipped = _why_skipped(file)
    if skipped:
        say(f"flaskdoctor: {given.stdin_filename} is not looked at: {skipped}")
        if given.fix and not given.diff:
            write_bytes(given, file.source)
        return EXIT_OK
    baselines = named_baseline([Chosen(root)], given)
    options = options_of(given)
    with progress(f"Looking at {root}", quiet=given.quiet):
        now = _look(file, options)
        require_flask(now)
        if given.fix or given.diff:
            fixed, now = _fixed(file, now, options, unsafe=given.unsafe_fixes)
    if given.diff:
        return _diff(given, file, fixed)
    if given.fix:
        return _fix(given, fixed, now, baselines)
    return report([_looked(file, now)], given, baselines)


def _root_of(name: str) -> str:
    folder = os.path.dirname(os.path.abspath(name))
    while not os.path.isdir(folder):  # a file that is new, in a folder that is new
        folder = os.path.dirname(folder)
    if not name.endswith(".py"):
        raise UserError(f"{name} is no Python file: only those are read from standard input.")
    return find_root(name if os.path.isfile(name) else folder)


def _read() -> bytes:
    try:
        source = sys.stdin.buffer.read(MAX_PYTHON_BYTES + 1)
    except (OSError, ValueError, AttributeError):
        source = b""
    if len(source) > MAX_PYTHON_BYTES:
        raise UserError("What comes by standard input is larger than the 2 MB that flaskdoctor reads.")
    return source


def _why_skipped(file: _Unsaved) -> str:
    """Why a file does not count in its project; empty: it does."""
    from flaskdoctor.analysis import Analysis
    from flaskdoctor.config import read_settings

    files: Discovered = Analysis(file.root, read_settings(file.root), "").files()
    return next((item.reason for item in files.skipped if below(file.path, [item.path])), "")


def _look(file: _Unsaved, options: Options) -> Scan:
    """A scan that has the findings of this file alone."""
    whole = scan_unsaved(file.root, options, {file.path: file.source})
    own = tuple(finding for finding in whole.report.findings if finding.location.path == file.path)
    return whole._replace(report=whole.report._replace(findings=own, files=1, score=score(own), skipped=()))


def _looked(file: _Unsaved, now: Scan) -> Looked:
    from flaskdoctor.checking import Looked

    return Looked(Chosen(file.root, (file.path,)), now, now.report.findings, unsaved={file.path: file.source})


# -- fixes ------------------------------------------------------------------------------------------------


def _fixed(file: _Unsaved, now: Scan, options: Options, *, unsafe: bool) -> tuple[_Unsaved, Scan]:
    """The file with all fixes made that change nothing but it, and what is found in it then."""
    from flaskdoctor.fixes.session import still_wrong
    from flaskdoctor.fixing import fixable

    every = Options(cache=options.cache)
    for _ in range(_ROUNDS):
        wanted = fixable(now.report.findings, Chosen(file.root), unsafe=unsafe)
        planned = _plan(file, wanted, options) if wanted else None
        if planned is None or not planned.edits:
            break
        mended = file._replace(source=planned.edits[0].after or b"")
        problems = still_wrong(planned, _look(file, every).report.findings, _look(mended, every).report.findings)
        if problems:
            say(f"not fixed: {file.path}: {problems[0]}")
            break
        file, now = mended, _look(mended, options)
    return file, now


def _plan(file: _Unsaved, wanted: list[Finding], options: Options) -> Plan | None:
    """What mends these findings without another file; None where nothing does."""
    from flaskdoctor.analysis import Analysis
    from flaskdoctor.config import read_settings
    from flaskdoctor.fixes.session import plan
    from flaskdoctor.project import cache

    unsaved = {file.path: file.source}
    key = cache.tool_key() if options.cache else ""
    analysis = Analysis(file.root, read_settings(file.root), key, unsaved=unsaved)
    try:
        project = analysis.project()
        planned = plan(file.root, wanted, project, unsaved=unsaved)
        if any(edit.path != file.path for edit in planned.edits):
            alone = [(each, plan(file.root, [each], project, unsaved=unsaved)) for each in planned.fixed]
            own = [each for each, one in alone if all(edit.path == file.path for edit in one.edits)]
            planned = plan(file.root, own, project, unsaved=unsaved)
    finally:
        analysis.forget()
    return planned if all(edit.path == file.path for edit in planned.edits) else None


def _fix(given: argparse.Namespace, file: _Unsaved, now: Scan, baselines: Baselines | None) -> int:
    from flaskdoctor.checking import baselines_of, limit_of
    from flaskdoctor.reports.text import finding_line

    write_bytes(given, file.source)
    looked = _looked(file, now)
    baselines = baselines_of([looked], baselines)
    left = baselines.compare(looked)[0] if baselines is not None else looked.findings
    for finding in left:
        say(finding_line(finding))
    limit = limit_of(now, given)
    return EXIT_FINDINGS if any(finding.severity >= limit for finding in left) else EXIT_OK


def _diff(given: argparse.Namespace, before: _Unsaved, after: _Unsaved) -> int:
    from flaskdoctor.checking import write_patch
    from flaskdoctor.fixes.edit import Edit
    from flaskdoctor.fixing import NOT_SHOWN, patch_of, why_not_shown

    if before.source == after.source:
        return EXIT_OK
    edit = Edit(before.path, before.source, after.source)
    patch = patch_of(edit)
    if not patch:
        say(f"{NOT_SHOWN}{before.path}: {why_not_shown(edit)}")
    write_patch(given, patch)
    return EXIT_FINDINGS
