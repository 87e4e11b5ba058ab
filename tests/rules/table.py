"""Writes ``flaskdoctor/rules/table.py`` from the rules: ``python -m tests.rules.table``."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from pathlib import Path

import flaskdoctor.rules
from flaskdoctor.rules.rule import LiveRule, ProjectRule, Rule, RuleBase

_BASES = f"{flaskdoctor.rules.__name__}.rule"
TABLE = Path(flaskdoctor.rules.__file__).with_name("table.py")
_HEAD = '''"""What a scan has to know of a rule before it imports it; made by ``python -m tests.rules.table``.

Code, name, tip, kind, module; of rules about a file also the words, the pattern and whether it is about routes.
"""

from typing import Any

# fmt: off
TABLE: tuple[tuple[Any, ...], ...] = (
'''


def written() -> str:
    """The table's source, as it should be."""
    rows = sorted((_row(rule, place) for rule, place in _rules()), key=lambda row: (row[2], row[0]))
    lines = [f"    {row!r},  # noqa: E501\n" if len(repr(row)) > 115 else f"    {row!r},\n" for row in rows]
    return _HEAD + "".join(lines) + ")\n# fmt: on\n"


def _rules() -> list[tuple[type[RuleBase], str]]:
    found: list[tuple[type[RuleBase], str]] = []
    prefix = f"{flaskdoctor.rules.__name__}."
    for item in pkgutil.walk_packages(flaskdoctor.rules.__path__, prefix):
        if item.name == _BASES:
            continue
        module = importlib.import_module(item.name)
        found += [
            (value, item.name.removeprefix(prefix))
            for value in vars(module).values()
            if inspect.isclass(value) and issubclass(value, RuleBase) and value.__module__ == item.name
        ]
    return found


def _row(rule: type[RuleBase], place: str) -> tuple[object, ...]:
    kind = "live" if issubclass(rule, LiveRule) else "project" if issubclass(rule, ProjectRule) else "file"
    row = (rule.code, rule.name, int(rule.tip), kind, place)
    if not issubclass(rule, Rule):
        return row
    # Without words of its own, a rule wants a file that speaks of Flask.
    pattern = rule.pattern.pattern if rule.pattern is not None else b""
    assert not pattern or re.compile(pattern) == rule.pattern, f"{rule.code}: flags are to be written as (?i)"
    elsewhere = (True,) if rule.check_project is not Rule.check_project else ()
    return (*row, rule.needs or (b"lask", b"quart"), pattern or None, rule.about_routes, *elsewhere)


if __name__ == "__main__":
    TABLE.write_text(written(), encoding="utf-8", newline="\n")
