"""``flask doctor``: the check as a command of the ``flask`` program, found by its entry point ``flask.commands``.

Flask imports this for every command line that names none of its own commands, so nothing but click, which Flask has
loaded by then, is imported before the command runs.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterator


@click.command(
    "doctor",
    short_help="Check the health of this project (flaskdoctor).",
    add_help_option=False,  # ``flask doctor --help`` shows the options that flaskdoctor has
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def doctor(context: click.Context, arguments: tuple[str, ...]) -> None:
    """The same as ``flaskdoctor --check``. The app is not loaded for it."""
    from flaskdoctor.cli import main

    for name in set(_loaded_by_flask()):
        del os.environ[name]
    context.exit(main(["--check", *arguments]))


def _loaded_by_flask() -> Iterator[str]:
    """The variables that ``flask`` itself has put into the environment: those of .env and .flaskenv (``load_dotenv`` of
    ``flask.cli``), and the mark that a command line runs. The check asks which are set without them."""
    yield from {"FLASK_RUN_FROM_CLI"} & os.environ.keys()
    try:
        from dotenv import dotenv_values, find_dotenv
    except ImportError:
        return
    for file in (".env", ".flaskenv"):
        path = find_dotenv(file, usecwd=True)
        if not path:
            continue
        for name, value in dotenv_values(path, interpolate=False).items():
            # What is put together of others, perhaps of itself, cannot be worked out again: it counts as the file's.
            if value is not None and ("${" in value or os.environ.get(name) == value) and name in os.environ:
                yield name
