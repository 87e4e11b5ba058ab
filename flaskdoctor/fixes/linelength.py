"""How long a line of a project may be: what its formatter or linter is told, else what its files show."""

from __future__ import annotations

import configparser
import os
from typing import Any

from flaskdoctor.project.plainfile import read_bytes

_DEFAULT = 88  # Black's and Ruff's
_MOST = 120  # a longer line that stands in a file already is no model
_LEAST = 40


def line_length(root: str) -> int | None:
    """The characters of a line that the project in ``root`` asks for: Black, Ruff or flake8; None: nothing."""
    for name in ("pyproject.toml", "ruff.toml", ".ruff.toml"):
        table = _table(root, name)
        if name != "pyproject.toml":
            table = {"tool": {"ruff": table}} if table else {}
        if value := _of_tools(table.get("tool")):
            return value
    for name in (".flake8", "setup.cfg", "tox.ini"):
        parser = configparser.ConfigParser(interpolation=None)
        try:
            parser.read_string(read_bytes(os.path.join(root, name)).data.decode("utf-8", "replace"))
            value = int(parser.get("flake8", "max-line-length", fallback="0").partition("#")[0])
        except (configparser.Error, ValueError):
            continue
        if value >= _LEAST:
            return value
    return None


def length_of(lines: list[str], asked: int | None) -> int:
    """The limit for a file of ``lines``."""
    if asked is not None:
        return asked
    return min(max(_DEFAULT, *(len(line) for line in lines)), _MOST)


def _of_tools(tools: Any) -> int:
    """What the table ``[tool]`` says; 0: nothing. Black and Ruff have a limit also where they name none."""
    if isinstance(tools, dict):
        for tool in ("black", "ruff"):
            found = tools.get(tool)
            if isinstance(found, dict):
                value = found.get("line-length", _DEFAULT)
                return value if isinstance(value, int) and value >= _LEAST else _DEFAULT
    return 0


def _table(root: str, name: str) -> dict[str, Any]:
    data = read_bytes(os.path.join(root, name)).data
    if not data:
        return {}
    import tomli

    try:
        return tomli.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return {}
