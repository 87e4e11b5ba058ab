"""The two sides that the linking tests compare: what the real ``flask routes`` prints, and what flaskdoctor read."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent
from typing import NamedTuple

from flaskdoctor.project.code.module import Module
from flaskdoctor.project.discover import discover, dotted_name, role_of
from flaskdoctor.project.routing.links import Links
from tests.project.reading import facts_of

# A file with a blueprint that many of the projects register.
CART = """
    from flask import Blueprint

    bp = Blueprint("cart", __name__, url_prefix="/cart")

    @bp.route("/")
    def index():
        return "cart"

    @bp.route("/<int:item>", methods=["POST", "DELETE"])
    def change(item):
        return "changed"
"""


class Row(NamedTuple):
    """One line of the route map."""

    endpoint: str | None
    methods: frozenset[str]
    rule: str | None


def write(root: Path, files: Mapping[str, str]) -> None:
    """Put a project's files on disk."""
    for path, text in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")


def printed(root: Path, app: str, folder: str = "") -> list[Row]:
    """What ``flask --app <app> routes`` prints in a project (in ``folder`` of it)."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("FLASK_")}
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    done = subprocess.run(
        [sys.executable, "-m", "flask", "--app", app, "routes"],
        cwd=root / folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    rulers = next(line for line in lines if line.startswith("---"))
    columns = []
    start = 0
    for ruler in rulers.split("  "):
        columns.append((start, start + len(ruler)))
        start += len(ruler) + 2
    headers = [lines[lines.index(rulers) - 1][a:b].strip() for a, b in columns]
    rows = []
    for line in lines[lines.index(rulers) + 1 :]:
        cells = dict(zip(headers, (line[a:b].strip() for a, b in columns), strict=True))
        methods = frozenset(part.strip() for part in cells["Methods"].split(",") if part.strip())
        rows.append(Row(cells["Endpoint"], methods, cells["Rule"]))
    return sorted(rows, key=_order)


def links_of(sources: Mapping[str, str]) -> Links:
    """The names of modules, given as path and text, followed."""
    modules = {}
    for path, text in sources.items():
        source = text.encode()
        modules[path] = facts_of(Module(path, dotted_name(path), role_of(path), source))
    return Links(modules)


def linked(root: Path) -> Links:
    """The names of a project's modules, followed."""
    paths = [file.path for file in discover(str(root)).python]
    return links_of({path: (root / path).read_text(encoding="utf-8", errors="replace") for path in paths})


def read(root: Path) -> list[Row]:
    """The route map that flaskdoctor makes of a project without running it."""
    rows = [Row(entry.endpoint, frozenset(entry.methods), entry.rule) for entry in linked(root).routes()]
    return sorted(rows, key=_order)


def _order(row: Row) -> tuple[str, str, list[str]]:
    return (row.endpoint or "", row.rule or "", sorted(row.methods))


def assert_same_routes(root: Path, files: Mapping[str, str], app: str = "shop", folder: str = "") -> None:
    """Write a project and compare our route map with what its own ``flask routes`` prints."""
    write(root, {path: dedent(text).lstrip("\n") for path, text in files.items()})
    expected = printed(root, app, folder)
    assert read(root) == expected
