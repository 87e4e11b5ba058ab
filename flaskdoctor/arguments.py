"""What the command line can say: the options, and which of them make no sense together."""

from __future__ import annotations

import argparse
import os
import sys

from flaskdoctor import __version__
from flaskdoctor.errors import UserError
from flaskdoctor.formats import FORMATS

TYPE_CHECKING = False  # as type checkers know it, without ``typing``
if TYPE_CHECKING:
    from typing import NoReturn

    from _typeshed import SupportsWrite


def parse(words: list[str]) -> argparse.Namespace:
    """The options that ``words`` give. Ends the program with exit code 2 for an option that there is not, and raises
    ``UserError`` for a URL that is none, for options without effect, and for those that contradict each other."""
    given = _parser().parse_args(words)
    if given.fix and given.read_only:
        raise UserError("--read-only switches every fix off, and --fix asks for them.", "--diff shows what they are.")
    _check_paths(given)
    _check_combinations(given)
    if given.list_rules and given.format not in ("text", "json"):
        raise UserError(f"--list-rules has no format {given.format}.", "It knows text and json.")
    if given.with_fixes and given.format != "sarif":
        raise UserError("--with-fixes goes with --format sarif: no other format has a place for fixes.")
    _check_server_options(given)
    return given


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="flaskdoctor",
        formatter_class=_Formatter,
        description="The health of a Flask project: a dashboard, or with --check a report.",
        epilog="Exit codes: 0 nothing found, 1 findings, 2 usage or settings, 3 the server at --url could not be "
        "looked at, 70 a bug, 130 interrupted.",
    )
    add = parser.add_argument
    add("paths", nargs="*", metavar="PATH", help="the project, or files and folders in it (default: this folder)")
    add("--version", action="version", version=f"flaskdoctor {__version__}")
    group = parser.add_argument_group("what to do (default: open the dashboard)")
    add = group.add_argument
    add("--demo", action="store_true", help="open the dashboard on an unhealthy sample project and its server")
    add("--check", action="store_true", help="print what was found")
    add("--fix", action="store_true", help="apply the safe fixes, then print what remains")
    add("--diff", action="store_true", help="print what --fix would change; exit 1 when that is something")
    add(
        "--explain",
        metavar="RULE",
        help="print the page of a rule (code or name), a tip's lesson (tip:3), of the score, or the schema of the JSON "
        "report (json)",
    )
    add("--list-rules", action="store_true", help="print all rules")
    add("--show-files", action="store_true", help="print what is looked at, and what is skipped and why")
    add("--show-settings", action="store_true", help="print each setting, and where it comes from")
    group = parser.add_argument_group("checking")
    add = group.add_argument
    add("--select", action="append", default=[], metavar="RULES", help="only these: codes, names, tip:3; with commas")
    add("--ignore", action="append", default=[], metavar="RULES", help="all but these")
    add("--unsafe-fixes", action="store_true", help="with --fix or --diff: also fixes that can change behaviour")
    add("--fail-on", choices=("error", "warning", "info"), help="what exit code 1 stands for (default: warning)")
    add("--baseline", metavar="FILE", help="leave out the findings that this file knows")
    add("--write-baseline", metavar="FILE", help="write the findings of today to this file, instead of printing them")
    add("--no-cache", action="store_true", help="look at every file anew")
    add(
        "--stdin-filename",
        metavar="FILE",
        help="read the text of this Python file from standard input, for editors; with --fix print it fixed",
    )
    group = parser.add_argument_group(
        "the running server (--check and --fix ask none without --url; the dashboard finds it by itself)"
    )
    add = group.add_argument
    add("--url", metavar="URL", help="look at the server there, as in http://127.0.0.1:5000")
    add(
        "--profile",
        choices=("development", "production"),
        default="",
        help="judge it for this (default: development for http to this machine, else production)",
    )
    group = parser.add_argument_group("output")
    add = group.add_argument
    add(
        "--format", choices=FORMATS, default="text", help="of the report: %(choices)s; --list-rules knows text and json"
    )
    add("--with-fixes", action="store_true", help="with --format sarif: each finding with its safe fix")
    add("--output", metavar="FILE", help="write the report there instead of to standard output")
    add("--statistics", action="store_true", help="print how often each rule found something")
    add("--quiet", action="store_true", help="print findings only, no closing line")
    add("--no-color", action="store_true", help="no colours")
    group = parser.add_argument_group("dashboard")
    add = group.add_argument
    add("--read-only", action="store_true", help="switch every fix off")
    add("--theme", metavar="NAME", help="the theme to start with: dark, light, contrast, ansi, nord ..")
    return parser


class _Formatter(argparse.HelpFormatter):
    """As wide as the terminal. argparse itself asks ``shutil`` for that, which takes as long to load as all else."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_columns() - 2)


def _columns() -> int:
    given = os.environ.get("COLUMNS", "")
    if given.isdecimal() and int(given):
        return int(given)
    try:
        return os.get_terminal_size(sys.__stdout__.fileno()).columns or 80  # type: ignore[union-attr]
    except (OSError, ValueError, AttributeError):
        return 80


class _Parser(argparse.ArgumentParser):
    """Shows what cannot be understood without its control characters: a shell may have taken it from a folder."""

    def error(self, message: str) -> NoReturn:
        """Say it, whether somebody reads that or not: before Python 3.11.4 argparse itself would raise."""
        from flaskdoctor.printing import say

        for line in self.format_usage().splitlines():
            say(line)
        say(f"{self.prog}: error: {message}")
        sys.exit(2)

    def print_help(self, file: SupportsWrite[str] | None = None) -> None:
        """Print what ``--help`` says. Raises where nobody takes it, which argparse would pass over."""
        if file is not None:
            super().print_help(file)
            return
        try:
            print(self.format_help(), end="", flush=True)
        except BrokenPipeError:
            raise
        except OSError as error:
            from flaskdoctor.printing import unwritable

            raise unwritable(error) from None


def _check_paths(given: argparse.Namespace) -> None:
    """Raise ``UserError`` where standard input and its name do not go together."""
    if given.stdin_filename is None:
        if "-" in given.paths:
            raise UserError(
                "Which file is it that comes by standard input?", "Say it: --stdin-filename shop/views.py -"
            )
    elif given.paths not in ([], ["-"]):
        raise UserError("With --stdin-filename the only path is -.", "Name other files in a run of their own.")
    elif given.url or given.write_baseline or given.show_files or given.show_settings:
        raise UserError("--stdin-filename is about one file that is not saved yet: it is checked, or fixed.")


def _check_combinations(given: argparse.Namespace) -> None:
    """Raise ``UserError`` for options that say different things."""
    if given.baseline and given.write_baseline:
        raise UserError("--baseline reads what is known, and --write-baseline writes it.", "Name one of them.")
    for option, value in (("--baseline", given.baseline), ("--write-baseline", given.write_baseline)):
        if value == "":
            raise UserError(f"{option} needs the name of a file.")
        if value and (given.diff or given.show_files or given.show_settings):
            raise UserError(f"{option} is about findings, and none are printed.", "Use it with --check or --fix.")
    if given.statistics:
        if given.format not in ("text", "json"):
            raise UserError("--statistics come as text or json.", "Leave out one of --statistics and --format.")
        if given.diff or given.write_baseline:
            raise UserError("--statistics count what is printed, and no findings are.", "Use it with --check or --fix.")


def _check_server_options(given: argparse.Namespace) -> None:
    """Raise ``UserError`` for a URL that is none, and for options that would be without effect."""
    if given.url is not None:
        from flaskdoctor.probe.target import parse_url

        parse_url(given.url)
    for option, value in (("--url", given.url), ("--profile", given.profile)):
        for other, set_ in (("--diff", given.diff), ("--show-files", given.show_files)):
            if value and set_:
                raise UserError(f"{other} does not look at a server, so {option} has no place there.")
    if given.profile and given.url is None and (given.check or given.fix):
        raise UserError(
            "--profile says how a running server is judged, and no server is asked.",
            "Name it as well: --url http://127.0.0.1:5000",
        )
