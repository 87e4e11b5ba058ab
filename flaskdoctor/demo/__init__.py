"""The sample project that ``flaskdoctor --demo`` opens: a small web shop that runs, and is not well.

It lies beside this file in ``sample/``. Names that git or a packaging tool would act on (``.env``,
``.gitignore``) start with ``dot-`` there and get their dot back when the project is copied.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import NamedTuple

from flaskdoctor.errors import UserError

NAME = "shop"


class Commit(NamedTuple):
    """One step of the sample's history: what it says, when it was made and what it added."""

    message: str
    date: str
    paths: tuple[str, ...]


HISTORY = (
    Commit(
        "A catalogue and a basket",
        "2024-03-04T10:12:00+01:00",
        (
            ".env",
            ".env.example",
            ".flaskenv",
            ".gitignore",
            "Procfile",
            "README.md",
            "requirements.txt",
            "run.py",
            "wsgi.py",
            "shop/__init__.py",
            "shop/basket",
            "shop/catalog",
            "shop/config.py",
            "shop/database.py",
            "shop/schema.sql",
            "shop/static",
            "shop/templates",
        ),
    ),
    Commit("Customers have accounts", "2024-03-19T16:40:00+01:00", ("shop/account",)),
    Commit("An API for the tablet in the studio", "2024-05-02T09:05:00+02:00", ("shop/api", "tests")),
    Commit(
        "Send the stock report, fill the ledger",
        "2024-09-23T18:31:00+02:00",
        ("shop/worker.py", "shop/ledger.py"),
    ),
    Commit("Begin the wishlist", "2025-01-14T11:57:00+01:00", (".",)),
)


def make_demo(folder: Path) -> Path:
    """Copy the sample project into ``folder`` and return its root, ``folder/shop``.

    It becomes a git repository with a short history where git is installed, and is complete without one.
    The same sample gives the same commit ids everywhere. Raises ``UserError`` when ``folder/shop`` exists.
    """
    root = folder / NAME
    try:
        root.mkdir(parents=True)
    except FileExistsError:
        raise UserError(f"{root} exists already", "Give the sample project a folder of its own.") from None
    _copy(files(__package__) / "sample", root)
    if git := shutil.which("git"):
        _commit(git, root)
    return root


def _copy(source: Traversable, target: Path) -> None:
    for entry in source.iterdir():
        if entry.name == "__pycache__":  # pip compiles what it installs
            continue
        copy = target / entry.name.replace("dot-", ".", 1) if entry.name.startswith("dot-") else target / entry.name
        if entry.is_dir():
            copy.mkdir()
            _copy(entry, copy)
        else:
            copy.write_bytes(entry.read_bytes())


def _commit(git: str, root: Path) -> None:
    """Give the project its history; no hooks, signing or templates of the user's git take part."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment |= {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_TERMINAL_PROMPT": "0"}
    settings = {
        "user.name": "The studio",
        "user.email": "studio@shop.example",
        "core.hooksPath": os.devnull,
        "core.autocrlf": "false",
        "commit.gpgSign": "false",
        "gc.auto": "0",
        "maintenance.auto": "false",
    }
    options = [option for name, value in settings.items() for option in ("-c", f"{name}={value}")]

    def run(*arguments: str, date: str = "") -> None:
        dates = {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date} if date else {}
        subprocess.run(
            [git, *options, *arguments],
            cwd=root,
            env=environment | dates,
            check=True,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=30,
        )

    try:
        run("init", "--quiet", "--template=")
        run("symbolic-ref", "HEAD", "refs/heads/main")  # ``init -b`` needs git 2.28
        for commit in HISTORY:
            run("add", "--", *commit.paths)
            run("commit", "--quiet", "--message", commit.message, date=commit.date)
    except (OSError, subprocess.SubprocessError):
        # A git that does not work is as good as none: the sample is complete without a repository.
        shutil.rmtree(root / ".git", ignore_errors=True)
