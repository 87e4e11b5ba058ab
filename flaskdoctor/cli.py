"""The command line: arguments -> what to run -> the exit code. Everything else is imported when it is needed."""

from __future__ import annotations

import os
import sys

from flaskdoctor import __version__
from flaskdoctor.exitcodes import EXIT_BUG, EXIT_FINDINGS, EXIT_INTERRUPTED, EXIT_OK, EXIT_USAGE

TYPE_CHECKING = False  # as type checkers know it: ``typing`` itself is half of what ``--version`` would import
if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence
    from typing import NoReturn

    from flaskdoctor.devserver.process import DevServer
    from flaskdoctor.projects import Chosen


def run() -> NoReturn:
    """The command ``flaskdoctor``: ``main``, and then out at once. Taking all objects apart first would be a twentieth
    of a cold check, and a tenth of a warm one."""
    status = EXIT_INTERRUPTED
    try:
        _open_what_is_closed()
        try:
            status = main()
        except SystemExit as leaving:  # --help, a wrong option, a signal
            status = leaving.code if isinstance(leaving.code, int) else EXIT_OK
        status = _flush(status)
    except KeyboardInterrupt:
        status = EXIT_INTERRUPTED
    os._exit(status)


def _flush(status: int) -> int:
    """Write out what waits to be written, and give the exit code: another one where that fails."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        return status  # the reader is gone
    except (OSError, ValueError) as error:
        from flaskdoctor.printing import say

        say(f"flaskdoctor: standard output takes nothing: {getattr(error, 'strerror', None) or error}")
        return EXIT_USAGE if status in (EXIT_OK, EXIT_FINDINGS) else status
    return status


def _open_what_is_closed() -> None:
    """A standard stream that was closed before (``>&-``) leads nowhere: or the next file that is opened, perhaps one of
    the project, would be in its place."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode))


def main(arguments: list[str] | None = None) -> int:
    """Run flaskdoctor; gives the exit code: 0 nothing found, 1 findings, 2 usage or settings, 3 the server could not be
    looked at, 70 a bug in flaskdoctor, 130 interrupted. SIGTERM and SIGHUP end it by way of ``SystemExit``, with 143
    and 129."""
    words = sys.argv[1:] if arguments is None else arguments
    try:
        return _version() if words == ["--version"] else _parse_and_run(words)
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # The reader is gone; what is still in the buffer must not raise again when Python shuts down.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return EXIT_OK
    except Exception as error:  # noqa: BLE001  # shown as the bug it is, without its message, which may quote a secret
        return _failed(error)


def _failed(error: Exception) -> int:
    from flaskdoctor.errors import UserError
    from flaskdoctor.printing import say

    if isinstance(error, UserError):
        say(f"flaskdoctor: {error.title}")
        for line in error.hint.split("\n") if error.hint else ():
            say(line)
        return EXIT_USAGE
    from traceback import format_tb

    say(f"flaskdoctor failed: {type(error).__name__}. This is a bug in flaskdoctor.")
    for line in "".join(format_tb(error.__traceback__)).split("\n"):
        say(line)
    return EXIT_BUG


def _parse_and_run(words: list[str]) -> int:
    from warnings import simplefilter

    from flaskdoctor.arguments import parse

    simplefilter("ignore")  # what Python has to say of the project's code as it parses it, aloud from 3.12 on
    return _run(parse(words))


def _run(given: argparse.Namespace) -> int:
    if given.theme:  # a name that is none is told, whatever else was asked for
        from flaskdoctor.tui.terminal import theme_called

        given.theme = theme_called(given.theme)
    if given.explain:
        return _explain(given)
    if given.list_rules:
        return _list_rules(given)
    if given.demo:
        return _demo(given)
    if given.stdin_filename is not None:
        from flaskdoctor.stdin import run_stdin

        return run_stdin(given)
    from flaskdoctor.projects import chosen

    projects = chosen(given.paths)
    if given.show_files:
        return _show_files(projects, given)
    if given.show_settings:
        return _show_settings(projects, given)
    if given.diff:  # also beside --fix: who asks to see it first wants nothing written
        from flaskdoctor.checking import diff

        return diff(projects, given)
    if given.fix:
        from flaskdoctor.checking import fix

        return fix(projects, given)
    if _is_headless(given):
        from flaskdoctor.checking import check

        return check(projects, given)
    return _dashboard(_first(projects), given)


def _is_headless(given: argparse.Namespace) -> bool:
    """Whether to print the report: where it is asked for, and where there is no terminal for the dashboard."""
    if given.check:
        return True
    from flaskdoctor.printing import has_terminal, say

    if has_terminal():
        return False
    say("flaskdoctor: no terminal for the dashboard, so here is the report")
    return True


def _version() -> int:
    try:
        print(f"flaskdoctor {__version__}", flush=True)
    except BrokenPipeError:
        raise
    except OSError as error:
        from flaskdoctor.printing import unwritable

        raise unwritable(error) from None
    return EXIT_OK


# -- parts ------------------------------------------------------------------------------------------------


def _explain(given: argparse.Namespace) -> int:
    from flaskdoctor.finding import Tip
    from flaskdoctor.printing import write

    if given.explain == "score":
        from flaskdoctor.score import EXPLANATION

        write(given, EXPLANATION)
        return EXIT_OK
    if given.explain == "json":
        from importlib.resources import files

        write(given, files("flaskdoctor.reports").joinpath("schema.json").read_text("utf-8"))
        return EXIT_OK
    from flaskdoctor.lessons import lesson_page
    from flaskdoctor.reports.rules import render_page
    from flaskdoctor.rules.registry import find_rule, find_tip

    tip = find_tip(given.explain)
    if tip is not None:
        heading = f"Tip {int(tip)}: {tip.title}" if Tip.TOOL < tip < Tip.UPGRADES else tip.title
        write(given, f"# {heading}\n\n{lesson_page(tip)}")
    else:
        write(given, render_page(find_rule(given.explain)))
    return EXIT_OK


def _list_rules(given: argparse.Namespace) -> int:
    from flaskdoctor.printing import write
    from flaskdoctor.reports.rules import render_json, render_list
    from flaskdoctor.rules.registry import all_rules

    write(given, render_json(all_rules()) if given.format == "json" else render_list(all_rules()))
    return EXIT_OK


def _show_files(projects: Sequence[Chosen], given: argparse.Namespace) -> int:
    from flaskdoctor.analysis import Analysis
    from flaskdoctor.config import read_settings
    from flaskdoctor.finding import Skipped
    from flaskdoctor.printing import write
    from flaskdoctor.reports.files import render
    from flaskdoctor.visible import visible

    texts = []
    for project in projects:
        files = Analysis(project.root, read_settings(project.root), "").files()
        passed_over = [*files.skipped, *(Skipped(*item) for item in files.unreadable)]
        head = f"{visible(project.root)}\n" if len(projects) > 1 else ""
        texts.append(head + render([file.path for file in files.python], passed_over))
    write(given, "\n".join(texts))
    return EXIT_OK


def _show_settings(projects: Sequence[Chosen], given: argparse.Namespace) -> int:
    from flaskdoctor.checking import options_of
    from flaskdoctor.printing import write
    from flaskdoctor.reports.settings import render, shown

    values = [shown(each.root, options_of(given), given) for each in projects]
    write(given, render([each.root for each in projects], values, as_json=given.format == "json"))
    return EXIT_OK


def _first(projects: Sequence[Chosen]) -> str:
    """The project that the dashboard opens: it shows one."""
    if len(projects) > 1:
        from flaskdoctor.printing import say
        from flaskdoctor.projects import spelt

        say(f"flaskdoctor: this is the dashboard of {spelt(projects[0].root)}. For the others:")
        for other in projects[1:]:
            say(f"  flaskdoctor {spelt(other.root)}")
    return projects[0].root


def _dashboard(root: str, given: argparse.Namespace, *, server: DevServer | None = None, no_server: str = "") -> int:
    from flaskdoctor.checking import options_of
    from flaskdoctor.config import Settings, read_settings
    from flaskdoctor.errors import UserError
    from flaskdoctor.tui.app import run

    try:
        settings = read_settings(root)
    except UserError:
        settings = Settings()  # the dashboard's scan says what is wrong with them
    return run(
        root,
        options_of(given),
        read_only=given.read_only,
        theme=given.theme,
        color=not given.no_color,
        url=given.url or settings.url,
        profile=given.profile or settings.profile,
        server=server,
        no_server=no_server,
        remember=not given.demo,
    )


def _demo(given: argparse.Namespace) -> int:
    import tempfile
    from pathlib import Path

    from flaskdoctor.checking import check, leave_on_signals
    from flaskdoctor.demo import make_demo
    from flaskdoctor.projects import Chosen

    leave_on_signals()  # or the sample would stay behind
    with tempfile.TemporaryDirectory(prefix="flaskdoctor-demo-") as folder:
        root = str(make_demo(Path(folder)))
        if _is_headless(given):
            return check([Chosen(root)], given)
        return _beside_its_server(root, given)


def _beside_its_server(root: str, given: argparse.Namespace) -> int:
    """The dashboard on the sample project, whose own server runs as long as it does."""
    from pathlib import Path

    from flaskdoctor.demo.server import demo_server, why_not

    if given.url:
        return _dashboard(root, given)
    from flaskdoctor.probe.freeport import free_port

    server = demo_server(Path(root), free_port())
    given.url = server.command.url
    if reason := why_not():
        return _dashboard(root, given, no_server=reason)
    with server:
        return _dashboard(root, given, server=server)
