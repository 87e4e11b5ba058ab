"""Writes the tables of README.md that are made from the program: ``python -m tests.readme``."""

from __future__ import annotations

import re
from pathlib import Path

from flaskdoctor.finding import Fix
from flaskdoctor.reports.rules import summary
from flaskdoctor.rules.registry import all_rules
from flaskdoctor.tui.keys import KEYMAP, KEYS, MOVES, TAB_IDS

README = Path(__file__).resolve().parents[1] / "README.md"


def rules_table() -> str:
    """A row for each rule: code, name, what it finds, severity, fix."""
    rows = ["| code | name | finds | severity | fix |", "|---|---|---|---|---|"]
    for rule in all_rules():
        fix = FIXES[rule.fix_class] if rule.fixable() else "advice"
        text = summary(rule).rstrip(".").replace("|", "\\|")
        rows.append(f"| {rule.code} | {rule.name} | {text} | {rule.severity.word} | {fix} |")
    return "\n".join(rows)


FIXES = {Fix.SAFE: "safe", Fix.UNSAFE: "asks first"}


def keys_table() -> str:
    """A row for each key of the dashboard."""
    rows = ["| key | |", "|---|---|"]
    rows += [f"| `{key.shown}` | {key.tooltip} |" for key in KEYS]
    for move in MOVES:
        shown = KEYMAP.shown_moves(move, 12, len(TAB_IDS))
        named = "`1` `2` .." if move.ids == TAB_IDS else " ".join(f"`{word}`" for word in shown.split())
        rows.append(f"| {named} | {move.text} |")
    return "\n".join(rows)


def written(text: str) -> str:
    """``text``, a README, with its tables as they should be."""
    for name, table in (("keys", keys_table()), ("rules", rules_table())):
        marked = re.compile(rf"(<!-- {name}: [^\n]* -->\n).*?(<!-- /{name} -->)", re.DOTALL)
        assert marked.search(text), f"README.md has no place for the {name}"
        text = marked.sub(lambda place, table=table: f"{place[1]}{table}\n{place[2]}", text)  # type: ignore[misc]
    return text


if __name__ == "__main__":
    README.write_text(written(README.read_text(encoding="utf-8")), encoding="utf-8")
