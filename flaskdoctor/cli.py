"""The command line: arguments -> what to run -> the exit code. Everything else is imported when it is needed."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING, NoReturn

from flaskdoctor import __version__
from flaskdoctor.errors import UserError

if TYPE_CHECKING:
    import argparse

    from flaskdoctor.scan import Options, Scan

EXIT_OK, EXIT_FINDINGS, EXIT_USAGE, EXIT_PROBE, EXIT_BUG, EXIT_INTERRUPTED = 0, 1, 2, 3, 70, 130


def run() -> NoReturn:
    """The command ``flaskdoctor``: ``main``, and then out at once. Taking all objects apart first would be a twentieth
    of a cold check, and a tenth of a warm one."""
    _open_what_is_closed()
    status = main()
    with contextlib.suppress(OSError, ValueError):  # the reader is gone
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(status)


def _open_what_is_closed() -> None:
    """A standard stream that was closed before (``>&-``) leads nowhere: or the next file that is opened, perhaps one of
    the project, would be in its place."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode))


def main(arguments: list[str] | None = None) -> int:
    """Run flaskdoctor; gives the exit code: 0 nothing found, 1 findings, 2 usage or settings, 3 the server could not be
    looked at, 70 a bug in flaskdoctor, 130 interrupted. SIGTERM and SIGHUP end ``--fix`` and ``--demo`` by way of
    ``SystemExit``, with 143 and 129."""
    words = sys.argv[1:] if arguments is None else arguments
    if words == ["--version"]:
        print(f"flaskdoctor {__version__}")
        return EXIT_OK
    try:
        from flaskdoctor.arguments import parse

        return _run(parse(words))
    except UserError as error:
        from flaskdoctor.visible import visible

        print(f"flaskdoctor: {visible(error.title)}", file=sys.stderr)
        if error.hint:
            print("\n".join(visible(line) for line in error.hint.split("\n")), file=sys.stderr)
        return EXIT_USAGE
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # The reader is gone; what is still in the buffer must not raise again when Python shuts down.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return EXIT_OK
    except Exception as error:  # noqa: BLE001  # shown as the bug it is, without its message, which may quote a secret
        from traceback import format_tb

        places = "".join(format_tb(error.__traceback__))
        print(f"flaskdoctor failed: {type(error).__name__}. This is a bug in flaskdoctor.\n{places}", file=sys.stderr)
        return EXIT_BUG


def _run(given: argparse.Namespace) -> int:
    if given.explain:
        return _explain(given)
    if given.list_rules:
        return _list_rules(given)
    if given.demo:
        return _demo(given)
    root, wanted = _project(given.paths)
    if given.show_files:
        return _show_files(root, given)
    if given.diff:  # also beside --fix: who asks to see it first wants nothing written
        return _diff(root, wanted, given)
    if given.fix:
        return _fix(root, wanted, given)
    if given.check or not _has_terminal():
        if not given.check:
            print("flaskdoctor: no terminal for the dashboard, so here is the report", file=sys.stderr)
        from flaskdoctor.scan import scan as look

        return _report(look(root, _options(given)), wanted, given)
    return _dashboard(root, given)


# -- parts ------------------------------------------------------------------------------------------------


def _project(paths: list[str]) -> tuple[str, tuple[str, ...]]:
    """The root of the project that the paths belong to, and the parts of it that were asked for."""
    from flaskdoctor.project.discover import find_root

    roots = {find_root(path) for path in paths or ["."]}
    if len(roots) > 1:
        raise UserError(
            "These paths belong to more than one project: " + ", ".join(sorted(roots)),
            "Run flaskdoctor once for each of them.",
        )
    root = roots.pop()
    parts = []
    for path in paths:
        relative = os.path.relpath(os.path.abspath(path), root).replace(os.sep, "/")
        if relative != ".":
            parts.append(relative)
    return root, tuple(parts) if len(parts) == len(paths) else ()


def _options(given: argparse.Namespace) -> Options:
    from flaskdoctor.scan import Options

    def words(values: list[str]) -> tuple[str, ...]:
        return tuple(word for value in values for word in value.replace(",", " ").split())

    return Options(words(given.select), words(given.ignore), not given.no_cache)


def _fix(root: str, wanted: tuple[str, ...], given: argparse.Namespace) -> int:
    from flaskdoctor.fixing import run_fix

    _exit_on_signals()
    try:
        scan, lines = run_fix(root, _options(given), wanted, unsafe=given.unsafe_fixes, say=_say)
    except (KeyboardInterrupt, SystemExit):
        _say("flaskdoctor: stopped. Nothing is half done: what was fixed is listed above and in the history.")
        raise
    for line in lines:
        _say(line)
    return _report(scan, wanted, given)


def _diff(root: str, wanted: tuple[str, ...], given: argparse.Namespace) -> int:
    from flaskdoctor.fixing import NOT_SHOWN, run_diff
    from flaskdoctor.visible import visible

    _, lines, changed = run_diff(root, _options(given), wanted, unsafe=given.unsafe_fixes)
    for line in lines:
        _say(line)
    # A terminal must not be driven by what stands in the code; a file or a pipe gets the very bytes.
    on_screen = not given.output and sys.stdout.isatty()
    _write(given, "\n".join(map(visible, changed.split("\n"))) if on_screen else changed)
    return EXIT_FINDINGS if changed or any(line.startswith(NOT_SHOWN) for line in lines) else EXIT_OK


def _say(line: str) -> None:
    """A line beside the report. That nobody reads it is no reason to stop."""
    from flaskdoctor.visible import visible

    with contextlib.suppress(OSError):
        print(visible(line), file=sys.stderr)


def _exit_on_signals() -> None:
    """Leave by way of Python when the terminal is closed or the process is told to end, and not on the spot."""
    import signal

    for name in ("SIGHUP", "SIGTERM"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) != signal.SIG_IGN:  # nohup
            signal.signal(number, lambda number, _frame: sys.exit(128 + number))


def _report(scan: Scan, wanted: tuple[str, ...], given: argparse.Namespace) -> int:
    from flaskdoctor.scan import require_flask

    report = scan.report
    if wanted:
        from flaskdoctor.fixing import below

        report = report._replace(findings=tuple(item for item in report.findings if below(item.location.path, wanted)))
    require_flask(scan)
    probed = None
    if given.url is not None:
        from flaskdoctor.probing import probe

        probed = probe(scan, given.url, given.profile, _options(given))
        report = report._replace(findings=(*report.findings, *probed.findings))
    if given.format == "json":
        from flaskdoctor.reports.json import render

        _write(given, render(report, probed))
    else:
        from flaskdoctor.reports import text

        colour = not given.output and _colour(given)
        server = text.server_words(probed.seen) if probed is not None else ""
        _write(given, text.render(report, colour=colour, summary=not given.quiet, server=server))
    if probed is not None and probed.failure:
        from flaskdoctor.visible import visible

        print(f"flaskdoctor: the server could not be looked at: {visible(probed.failure)}", file=sys.stderr)
        return EXIT_PROBE
    from flaskdoctor.finding import Severity

    limit = Severity[(given.fail_on or scan.settings.fail_on).upper()]
    return EXIT_FINDINGS if any(finding.severity >= limit for finding in report.findings) else EXIT_OK


def _write(given: argparse.Namespace, text: str) -> None:
    if given.output:
        try:
            with open(given.output, "w", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
                file.write(text)
        except OSError as error:
            raise UserError(f"{given.output} cannot be written: {error.strerror}") from None
        return
    stream = sys.stdout
    encoding = stream.encoding or "utf-8"
    try:
        stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
        stream.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise UserError(f"The report cannot be written: {(error.strerror or 'unknown reason').lower()}.") from None


def _colour(given: argparse.Namespace) -> bool:
    if given.no_color or os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def _has_terminal() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def _explain(given: argparse.Namespace) -> int:
    from flaskdoctor.finding import Tip

    if given.explain == "score":
        from flaskdoctor.score import EXPLANATION

        _write(given, EXPLANATION)
        return EXIT_OK
    from flaskdoctor.lessons import lesson_page
    from flaskdoctor.reports.rules import render_page
    from flaskdoctor.rules.registry import find_rule, find_tip

    tip = find_tip(given.explain)
    if tip is not None:
        heading = f"Tip {int(tip)}: {tip.title}" if Tip.TOOL < tip < Tip.UPGRADES else tip.title
        _write(given, f"# {heading}\n\n{lesson_page(tip)}")
    else:
        _write(given, render_page(find_rule(given.explain)))
    return EXIT_OK


def _list_rules(given: argparse.Namespace) -> int:
    from flaskdoctor.reports.rules import render_json, render_list
    from flaskdoctor.rules.registry import all_rules

    _write(given, render_json(all_rules()) if given.format == "json" else render_list(all_rules()))
    return EXIT_OK


def _show_files(root: str, given: argparse.Namespace) -> int:
    from flaskdoctor.analysis import Analysis
    from flaskdoctor.config import read_settings
    from flaskdoctor.finding import Skipped
    from flaskdoctor.reports.files import render

    files = Analysis(root, read_settings(root), "").files()
    passed_over = [*files.skipped, *(Skipped(*item) for item in files.unreadable)]
    _write(given, render([file.path for file in files.python], passed_over))
    return EXIT_OK


def _dashboard(root: str, given: argparse.Namespace, no_server: str = "") -> int:
    from flaskdoctor.config import Settings, read_settings
    from flaskdoctor.tui.app import run

    try:
        settings = read_settings(root)
    except UserError:
        settings = Settings()  # the dashboard's scan says what is wrong with them
    return run(
        root,
        _options(given),
        read_only=given.read_only,
        theme=given.theme,
        color=not given.no_color,
        url=given.url or settings.url,
        profile=given.profile or settings.profile,
        no_server=no_server,
        remember=not given.demo,
    )


def _demo(given: argparse.Namespace) -> int:
    import tempfile
    from pathlib import Path

    from flaskdoctor.demo import make_demo

    _exit_on_signals()  # or the sample would stay behind
    with tempfile.TemporaryDirectory(prefix="flaskdoctor-demo-") as folder:
        root = str(make_demo(Path(folder)))
        if given.check or not _has_terminal():
            from flaskdoctor.scan import scan as look

            return _report(look(root, _options(given)), (), given)
        return _beside_its_server(root, given)


def _beside_its_server(root: str, given: argparse.Namespace) -> int:
    """The dashboard on the sample project, whose own server runs as long as it does."""
    from pathlib import Path

    from flaskdoctor.demo.server import DevServer, why_not

    if given.url:
        return _dashboard(root, given)
    from flaskdoctor.probe.freeport import free_port

    server = DevServer(Path(root), free_port())
    given.url = server.url
    if reason := why_not():
        return _dashboard(root, given, no_server=reason)
    with server:
        return _dashboard(root, given)
