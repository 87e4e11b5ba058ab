"""Each setting, its value and where it comes from (``--show-settings``)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from flaskdoctor.config import KEYS, Settings, read_settings
from flaskdoctor.config import VERSION as SETTINGS_VERSION
from flaskdoctor.visible import loggable

if TYPE_CHECKING:
    import argparse

    from flaskdoctor.scan import Options

VERSION = 1
_COMMAND_LINE = "the command line"

Value = str | list[str] | dict[str, list[str]]


class Shown(NamedTuple):
    """A setting: ``source`` is "default", "the command line" or the file and line that set it."""

    key: str
    value: Value
    source: str


def shown(root: str, options: Options, given: argparse.Namespace) -> list[Shown]:
    """The settings that count for a project. Raises ``UserError`` for a wrong one, given here or there."""
    from flaskdoctor.rules.registry import select

    settings = read_settings(root)
    select((*options.select, *options.ignore))
    values: dict[str, Value] = {
        "version": str(SETTINGS_VERSION),
        "select": list(settings.select) or ["all"],
        "ignore": list(settings.ignore),
        "per-file-ignores": {pattern: list(words) for pattern, words in settings.per_file_ignores},
        "exclude": list(settings.exclude),
        "fail-on": settings.fail_on,
        "url": settings.url,
        "profile": settings.profile,
        "https": settings.https,
        "baseline": settings.baseline,
    }
    sources = {key: _place(settings, line) for key, line in settings.lines}
    here: dict[str, Value] = {
        "select": list(options.select),
        "fail-on": given.fail_on or "",
        "url": given.url or "",
        "profile": given.profile,
        "baseline": given.baseline or "",
    }
    for key, value in here.items():
        if value:
            values[key], sources[key] = value, _COMMAND_LINE
    if options.ignore:
        values["ignore"] = [*options.ignore, *settings.ignore]
        sources["ignore"] = f"{_COMMAND_LINE}, {sources['ignore']}" if "ignore" in sources else _COMMAND_LINE
    return [Shown(key, values[key], sources.get(key, "default")) for key in KEYS]


def _place(settings: Settings, line: int) -> str:
    return f"{settings.source}:{line}" if line else settings.source


def render(roots: Sequence[str], values: Sequence[Sequence[Shown]], *, as_json: bool) -> str:
    """The settings of each project, whose folder comes first."""
    if as_json:
        projects = [
            {"path": root, "settings": {each.key: {"value": each.value, "source": each.source} for each in settings}}
            for root, settings in zip(roots, values, strict=True)
        ]
        return json.dumps({"version": VERSION, "projects": projects}, indent=2) + "\n"
    texts = []
    for root, settings in zip(roots, values, strict=True):
        words = [(each.key, _words(each.value), each.source) for each in settings]
        width = min(max(len(value) for _, value, _ in words), 40)
        lines = [f"  {key:<16}  {loggable(value):<{width}}  {loggable(source)}" for key, value, source in words]
        texts.append(f"{loggable(root)}\n" + "\n".join(lines) + "\n")
    return "\n".join(texts)


def _words(value: Value) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{pattern}: {', '.join(words)}" for pattern, words in value.items()) or "-"
    return ", ".join(value) or "-" if isinstance(value, list) else value or "-"
