"""Rules as text: the list of all of them, and one rule's page."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Sequence

from flaskdoctor.finding import Fix
from flaskdoctor.rules.rule import Files, RuleBase


def render_list(rules: Sequence[RuleBase]) -> str:
    """One line a rule: code, severity, fix, name and its first sentence."""
    lines: list[str] = []
    tip = None
    for rule in rules:
        if rule.tip != tip:
            tip = rule.tip
            lines.append(
                f"{'' if not lines else chr(10)}Tip {int(tip)}: {tip.title}" if 1 <= tip <= 11 else f"\n{tip.title}"
            )
        lines.append(f"  {rule.code:<7} {rule.severity.word:<8} {fix_word(rule):<7} {rule.name:<28} {summary(rule)}")
    return "\n".join(lines).lstrip("\n") + "\n"


def render_json(rules: Sequence[RuleBase]) -> str:
    """The rules as a JSON list."""
    document = [
        {
            "code": rule.code,
            "name": rule.name,
            "tip": int(rule.tip),
            "severity": rule.severity.word,
            "fix": rule.fix_class.value if rule.fixable() else None,
            "summary": summary(rule),
        }
        for rule in rules
    ]
    return json.dumps(document, indent=2) + "\n"


def render_page(rule: RuleBase) -> str:
    """A rule's page in Markdown: what it finds, why, what to do, and an example with its fix."""
    head = [
        f"# {rule.code} {rule.name}",
        "",
        f"{rule.severity.word}, tip {int(rule.tip)} ({rule.tip.title}), {fix_sentence(rule)}",
        "",
    ]
    return "\n".join(head) + page(rule) + "\n" + _example(rule)


def page(rule: RuleBase) -> str:
    """The rule's docstring as Markdown, ending with a newline."""
    text = rule.__doc__ or ""
    first, _, rest = text.partition("\n")
    return f"{first.strip()}\n{textwrap.dedent(rest)}".strip() + "\n"


def summary(rule: RuleBase) -> str:
    """The first sentence of the rule's page."""
    return (rule.__doc__ or "").strip().partition("\n")[0]


def fix_word(rule: RuleBase) -> str:
    """``safe``, ``unsafe``, or ``-`` for advice."""
    return rule.fix_class.value if rule.fixable() else "-"


def fix_sentence(rule: RuleBase) -> str:
    """What kind of fix there is, in words."""
    if not rule.fixable():
        return "advice only"
    if rule.fix_class is Fix.SAFE:
        return "safe fix"
    return "unsafe fix (asks first)"


def _example(rule: RuleBase) -> str:
    for bad in rule.bad:
        if bad.fixed is not None:
            before, after = _source(bad.files, bad.fixed), _source(bad.fixed, bad.fixed)
            if before is None or after is None:
                continue
            return f"\n## Example\n\n```python\n{before}```\n\nbecomes\n\n```python\n{after}```\n"
    return ""


def _source(files: Files, fixed: Files) -> str | None:
    """The text of the Python file that the fix changes; None where it changes none."""
    if isinstance(files, str):
        return files
    if isinstance(fixed, str):
        return files.get("app.py")
    changed = [path for path in fixed if path.endswith(".py")]
    return files.get(changed[0]) if changed else None
