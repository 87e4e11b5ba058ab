"""``--check``, ``--fix`` and ``--diff``: look at the projects, narrow it down to what was asked for, print, and say by
the exit code how it stands."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from flaskdoctor.errors import UserError
from flaskdoctor.exitcodes import EXIT_FINDINGS, EXIT_OK, EXIT_PROBE
from flaskdoctor.finding import Finding, Severity
from flaskdoctor.printing import colour, draws_unicode, on_screen, progress, say, write
from flaskdoctor.projects import Chosen, spelt
from flaskdoctor.scan import Options, Scan, require_flask, scan

if TYPE_CHECKING:
    import argparse

    from flaskdoctor.baselines import Baselines
    from flaskdoctor.fixes.edit import Edit
    from flaskdoctor.probing import Probed
    from flaskdoctor.reports import Part


class Looked(NamedTuple):
    """A project that was looked at: ``findings`` are those that are asked for, of the running server's too. ``unsaved``
    are bytes that stood for what is on the disk."""

    chosen: Chosen
    scan: Scan
    findings: tuple[Finding, ...]
    probed: Probed | None = None
    unsaved: Mapping[str, bytes] | None = None


def options_of(given: argparse.Namespace) -> Options:
    """What the command line asks of a scan."""

    def words(values: list[str]) -> tuple[str, ...]:
        return tuple(word for value in values for word in value.replace(",", " ").split())

    return Options(words(given.select), words(given.ignore), not given.no_cache)


def check(projects: Sequence[Chosen], given: argparse.Namespace) -> int:
    """``--check``: print what is found; gives the exit code."""
    baselines = named_baseline(projects, given)  # before the work: a wrong one is said at once
    looked = []
    for project in projects:
        with progress(f"Looking at {project.root}", quiet=given.quiet):
            looked.append(narrowed(project, scan(project.root, options_of(given), leave_on_signals)))
    return report(looked, given, baselines)


def fix(projects: Sequence[Chosen], given: argparse.Namespace) -> int:
    """``--fix``: apply fixes, and report what remains."""
    from flaskdoctor.fixing import run_fix

    leave_on_signals()
    baselines = named_baseline(projects, given)
    looked = []
    for project in _fixable(projects, given):
        if project.prefix:
            say(f"In {project.prefix}")
        try:
            with progress(f"Mending {project.root}", quiet=given.quiet):
                done, lines = run_fix(
                    project.root,
                    options_of(given),
                    project.wanted,
                    unsafe=given.unsafe_fixes,
                    say=say,
                    without=project.without,
                )
        except (KeyboardInterrupt, SystemExit):
            say("flaskdoctor: stopped. Nothing is half done: what was fixed is listed above and in the history.")
            raise
        for line in lines:
            say(line)
        looked.append(narrowed(project, done))
    return report(looked, given, baselines)


def diff(projects: Sequence[Chosen], given: argparse.Namespace) -> int:
    """``--diff``: print what ``--fix`` would change in its first round, as a patch; 1 where that is something."""
    from flaskdoctor.fixing import NOT_SHOWN, run_diff

    leave_on_signals()
    changed, told = "", False
    for project in _fixable(projects, given):
        with progress(f"Looking at {project.root}", quiet=given.quiet):
            _, lines, patch = run_diff(
                project.root,
                options_of(given),
                project.wanted,
                unsafe=given.unsafe_fixes,
                without=project.without,
                prefix=project.prefix,
            )
        for line in lines:
            say(line)
        changed += patch
        told = told or any(line.startswith(NOT_SHOWN) for line in lines)
    write_patch(given, changed)
    return EXIT_FINDINGS if changed or told else EXIT_OK


def write_patch(given: argparse.Namespace, patch: str) -> None:
    """Print a patch. A terminal must not be driven by what stands in the code; a file or a pipe gets the very bytes."""
    from flaskdoctor.visible import visible

    write(given, "\n".join(map(visible, patch.split("\n"))) if on_screen(given) else patch)


def leave_on_signals() -> None:
    """Leave by way of Python when the terminal is closed or the process is told to end, and not on the spot: what runs
    beside it is ended, and what is half done is taken back."""
    import signal

    for name in ("SIGHUP", "SIGTERM"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) != signal.SIG_IGN:  # nohup
            signal.signal(number, lambda number, _frame: sys.exit(128 + number))


# -- from scans to the report -----------------------------------------------------------------------------


def narrowed(project: Chosen, done: Scan) -> Looked:
    """What was found in the parts of a project that are asked for."""
    found = tuple(item for item in done.report.findings if project.holds(item.location.path))
    return Looked(project, done, found)


def report(looked: Sequence[Looked], given: argparse.Namespace, baselines: Baselines | None = None) -> int:
    """Print what is found in projects, and give the exit code: 3 where the server was asked for and could not be looked
    at, 1 where something is as bad as ``--fail-on`` says. Raises ``UserError`` where none is a Flask project."""
    looked = _with_flask(looked)
    if given.url is not None:
        if len(looked) > 1:
            names = ", ".join(spelt(each.chosen.root) for each in looked)
            raise UserError("--url names the server of one project, and these are several.", f"Name one: {names}")
        looked = [_asked(each, given) for each in looked]
    failure = next((each.probed.failure for each in looked if each.probed is not None and each.probed.failure), "")
    baselines = baselines_of(looked, baselines)
    if given.write_baseline is not None and baselines is not None:
        baselines.write(looked, options_of(given))
        return _ended(failure, EXIT_OK)
    return _ended(failure, _print(looked, given, baselines, failed=bool(failure)))


def limit_of(done: Scan, given: argparse.Namespace) -> Severity:
    """The least severity that makes the exit code 1."""
    return Severity[(given.fail_on or done.settings.fail_on).upper()]


def baselines_of(looked: Sequence[Looked], named: Baselines | None) -> Baselines | None:
    """The baselines that count for projects: the one that the command line names, or those that their settings do."""
    if named is None and any(each.scan.settings.baseline for each in looked):
        from flaskdoctor.baselines import Baselines

        named = Baselines()
    if named is not None:
        named.take(looked)
    return named


def _print(looked: Sequence[Looked], given: argparse.Namespace, baselines: Baselines | None, *, failed: bool) -> int:
    from flaskdoctor.reports import Context, Part, render

    parts, limits, status = [], [], EXIT_OK
    for each in looked:
        new, known = baselines.compare(each) if baselines is not None else (each.findings, ())
        limits.append(limit_of(each.scan, given))
        if any(finding.severity >= limits[-1] for finding in new):
            status = EXIT_FINDINGS
        edits = _edits(each.chosen.root, new, given) if given.with_fixes else {}
        parts.append(Part(each.scan.report._replace(findings=new), each.chosen.prefix, each.probed, known, edits))
    if given.statistics:
        write(given, _statistics(parts, given))
    else:
        status_told = EXIT_PROBE if failed else status
        context = Context(
            status_told,
            min(limits),
            colour=colour(given),
            unicode=draws_unicode(),
            summary=not given.quiet,
            timed=on_screen(given),
            plain=given.no_color or bool(os.environ.get("NO_COLOR")),
        )
        write(given, render(given.format, parts, context))
    if baselines is not None and given.stdin_filename is None:
        baselines.tell_stale(looked, options_of(given))
    return status


def _edits(root: str, findings: Sequence[Finding], given: argparse.Namespace) -> Mapping[Finding, tuple[Edit, ...]]:
    """What mends each finding, for the formats that have a place for it."""
    from flaskdoctor.fixes.separate import separate_fixes

    edits, left = separate_fixes(root, findings, use_cache=not given.no_cache)
    if left:
        say(f"flaskdoctor: {left} more safe fixes are not in the report: it has those of the first findings.")
    return edits


def _with_flask(looked: Sequence[Looked]) -> list[Looked]:
    """Those that are Flask projects; the others are told. Raises ``UserError`` where none is."""
    with_flask = [each for each in looked if each.scan.flask_found]
    if not with_flask:
        require_flask(looked[0].scan)
    for each in looked:
        if not each.scan.flask_found:
            say(f"flaskdoctor: {spelt(each.chosen.root)} does not look like a Flask project and is left out.")
    return with_flask


def _fixable(projects: Sequence[Chosen], given: argparse.Namespace) -> Sequence[Chosen]:
    """The projects to mend: of several those with Flask in them; a single one without is told by who mends it."""
    if len(projects) == 1:
        return projects
    return [
        each.chosen for each in _with_flask([narrowed(each, scan(each.root, options_of(given))) for each in projects])
    ]


def named_baseline(projects: Sequence[Chosen], given: argparse.Namespace) -> Baselines | None:
    """The baseline that the command line names, read; None where it names none."""
    file = given.baseline or given.write_baseline
    if file is None:
        return None
    from flaskdoctor.baselines import Baselines, refuse_mixing

    refuse_mixing(file, [project.root for project in projects])
    return Baselines(file, write=given.write_baseline is not None)


def _asked(each: Looked, given: argparse.Namespace) -> Looked:
    """With the findings about the running server."""
    from flaskdoctor.probing import probe

    probed = probe(each.scan, given.url, given.profile, options_of(given))
    return each._replace(findings=(*each.findings, *probed.findings), probed=probed)


def _ended(failure: str, status: int) -> int:
    if failure:
        say(f"flaskdoctor: the server could not be looked at: {failure}")
        return EXIT_PROBE
    return status


def _statistics(parts: Sequence[Part], given: argparse.Namespace) -> str:
    from flaskdoctor.reports.statistics import render_json, render_text

    return render_json(parts) if given.format == "json" else render_text(parts)
