"""The project's settings: ``[tool.flaskdoctor]`` of pyproject.toml, or flaskdoctor.toml."""

from __future__ import annotations

import os
from typing import NamedTuple

from flaskdoctor.errors import UserError
from flaskdoctor.project.plainfile import read_bytes

KEYS = ("select", "ignore", "per-file-ignores", "exclude", "fail-on", "url", "profile")
LEVELS = ("error", "warning", "info")
PROFILES = ("development", "production")


class Settings(NamedTuple):
    """What a project asks for. ``source`` is the file it was read from, relative to the root; empty: none.

    ``url`` is the dashboard's server, on this machine always: opening a project must not send anything elsewhere.
    ``profile`` is what the server's verdicts count for; empty: as it comes of the server.
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    per_file_ignores: tuple[tuple[str, tuple[str, ...]], ...] = ()
    exclude: tuple[str, ...] = ()
    fail_on: str = "warning"
    source: str = ""
    url: str = ""
    profile: str = ""


def read_settings(root: str) -> Settings:
    """The settings of a project. Raises ``UserError`` with the file and what is wrong in it."""
    for name in ("flaskdoctor.toml", "pyproject.toml"):
        source = read_bytes(os.path.join(root, name)).data
        if not source:
            continue
        if name == "pyproject.toml" and b"flaskdoctor" not in source:
            continue
        table = _table(source, name)
        if name == "pyproject.toml":
            tool = table.get("tool")
            table = tool.get("flaskdoctor") if isinstance(tool, dict) else None  # type: ignore[assignment]
            if table is None:
                continue
        if not isinstance(table, dict):
            raise UserError(f"{name}: [tool.flaskdoctor] is not a table.", "Write it as [tool.flaskdoctor].")
        return _settings(table, name, source.decode("utf-8", "replace"))
    return Settings()


def _table(source: bytes, name: str) -> dict[str, object]:
    import tomli

    try:
        return tomli.loads(source.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:  # beside TOML's own errors: a number too long for ``int()``
        raise UserError(f"{name} is not valid TOML: {error}", "Mend the file, then run flaskdoctor again.") from None


def _settings(table: dict[str, object], name: str, text: str) -> Settings:
    for key in table:
        if key not in KEYS:
            from difflib import get_close_matches

            close = get_close_matches(key, KEYS, n=1, cutoff=0.4)
            hint = f"Did you mean {close[0]}? " if close else ""
            raise UserError(
                f"{name}{_line(text, key)}: there is no setting called {key!r}.", f"{hint}Settings: {', '.join(KEYS)}."
            )
    fail_on = table.get("fail-on", "warning")
    if fail_on not in LEVELS:
        raise UserError(f"{name}{_line(text, 'fail-on')}: fail-on must be one of {', '.join(LEVELS)}.")
    profile = table.get("profile", "")
    if "profile" in table and profile not in PROFILES:
        raise UserError(f"{name}{_line(text, 'profile')}: profile must be one of {', '.join(PROFILES)}.")
    return Settings(
        _words(table, "select", name, text),
        _words(table, "ignore", name, text),
        _per_file(table.get("per-file-ignores", {}), name, text),
        _words(table, "exclude", name, text),
        str(fail_on),
        name,
        _url(table, name, text),
        str(profile),
    )


def _url(table: dict[str, object], name: str, text: str) -> str:
    value = table.get("url", "")
    if "url" not in table:
        return ""
    from flaskdoctor.probe.target import parse_url

    place = f"{name}{_line(text, 'url')}"
    if not isinstance(value, str):
        raise UserError(f'{place}: url must be a text, as in url = "http://127.0.0.1:5000".')
    try:
        target = parse_url(value)
    except UserError as error:
        raise UserError(f"{place}: {error.title}", 'Write it as in url = "http://127.0.0.1:5000".') from None
    if not target.loopback:
        raise UserError(
            f"{place}: the url of a project's settings can only be on this machine.",
            "Opening a project sends nothing elsewhere. Name another server yourself: flaskdoctor --url URL",
        )
    return value


def _words(table: dict[str, object], key: str, name: str, text: str) -> tuple[str, ...]:
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise UserError(f"{name}{_line(text, key)}: {key} must be a list of strings.")
    return tuple(value)


def _per_file(value: object, name: str, text: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    key = "per-file-ignores"
    if not isinstance(value, dict):
        raise UserError(f"{name}{_line(text, key)}: {key} must be a table of pattern = [codes].")
    return tuple((str(pattern), _words(value, pattern, name, text)) for pattern in value)


def _line(text: str, key: str) -> str:
    """``:<line>`` of the first line that sets a key; empty where it cannot be found."""
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().strip("\"'[").startswith(key):
            return f":{number}"
    return ""
