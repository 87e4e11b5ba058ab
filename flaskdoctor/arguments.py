"""What the command line can say: the options, and which of them make no sense together."""

from __future__ import annotations

import argparse

from flaskdoctor import __version__
from flaskdoctor.errors import UserError


def parse(words: list[str]) -> argparse.Namespace:
    """The options that ``words`` give. Ends the program with exit code 2 for an option that there is not, and raises
    ``UserError`` for a URL that is none, for options without effect, and for those that contradict each other."""
    given = _parser().parse_args(words)
    if given.fix and given.read_only:
        raise UserError("--read-only switches every fix off, and --fix asks for them.", "--diff shows what they are.")
    _check_server_options(given)
    return given


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="flaskdoctor",
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
        help="print the page of a rule (code or name), a tip's lesson (tip:3), or of the score",
    )
    add("--list-rules", action="store_true", help="print all rules")
    add("--show-files", action="store_true", help="print what is looked at, and what is skipped and why")
    group = parser.add_argument_group("checking")
    add = group.add_argument
    add("--select", action="append", default=[], metavar="RULES", help="only these: codes, names, tip:3; with commas")
    add("--ignore", action="append", default=[], metavar="RULES", help="all but these")
    add("--unsafe-fixes", action="store_true", help="with --fix or --diff: also fixes that can change behaviour")
    add("--fail-on", choices=("error", "warning", "info"), help="what exit code 1 stands for (default: warning)")
    add("--no-cache", action="store_true", help="look at every file anew")
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
    add("--format", choices=("text", "json"), default="text", help="of --check and --list-rules")
    add("--output", metavar="FILE", help="write the report there instead of to standard output")
    add("--quiet", action="store_true", help="print findings only, no closing line")
    add("--no-color", action="store_true", help="no colours")
    group = parser.add_argument_group("dashboard")
    add = group.add_argument
    add("--read-only", action="store_true", help="switch every fix off")
    add("--theme", metavar="NAME", help="the theme to start with: dark, light, contrast, ansi, nord ..")
    return parser


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
