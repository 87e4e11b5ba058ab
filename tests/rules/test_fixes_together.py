"""Many rules' fixes in one file: all at once give what one by one gives in any order, and each can be taken back."""

from __future__ import annotations

import ast
import os
import random
import re
import stat
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flaskdoctor.analysis import Analysis
from flaskdoctor.config import read_settings
from flaskdoctor.finding import Finding, Fix
from flaskdoctor.fixes.apply import apply
from flaskdoctor.fixes.edit import Plan
from flaskdoctor.fixes.journal import Journal
from flaskdoctor.fixes.session import plan
from flaskdoctor.fixing import fix_to_the_end
from flaskdoctor.rules.registry import all_rules, find_rule
from flaskdoctor.rules.rule import Rule
from flaskdoctor.scan import Options
from tests.examples import examples
from tests.projects import build, tree

Wanted = Callable[[Finding], bool]


def fixable(root: Path, wanted: Wanted) -> tuple[list[Finding], Analysis]:
    look = Analysis(str(root), read_settings(str(root)), "")
    return [each for each in look.report().findings if each.fix is not None and wanted(each)], look


def planned(root: Path, wanted: Wanted) -> Plan:
    found, look = fixable(root, wanted)
    return plan(str(root), found, look.project())


def put(root: Path, made: Plan) -> None:
    """Write a plan as it is: what the writer checks has tests of its own."""
    for edit in made.edits:
        (root / edit.path).write_bytes(edit.after or b"")


def one_by_one(root: Path, wanted: Wanted, codes: set[str], choose: random.Random) -> None:
    """Fix what is there in any order, each in a plan of its own; what a fix leads to is not meant."""
    refused: set[tuple[str, str, str, int]] = set()
    while True:
        found, look = fixable(root, lambda each: wanted(each) and each.code in codes and each.key not in refused)
        if not found:
            return
        each = choose.choice(found)
        made = plan(str(root), [each], look.project())
        refused.update(item.finding.key for item in made.refused)
        put(root, made)


# -- every pair of rules ------------------------------------------------------------------------------------------

_ROUTES = re.compile(r"""(?<=["'])/(?=[\w<.-]*)""")


def example_of(rule: Rule, number: int) -> str | None:
    """The rule's first example in one file that can stand beside others, with names that are its own."""
    for example in rule.bad:
        if example.fixed is None or not isinstance(example.files, str) or not isinstance(example.fixed, str):
            continue
        if '"""' in example.files or "\r" in example.files or "__main__" in example.fixed or example.flask != "3.1.0":
            continue
        names = {node.name for node in ast.walk(ast.parse(example.files)) if isinstance(node, _DEFINITIONS)}
        names |= {
            target.id
            for statement in ast.parse(example.files).body
            if isinstance(statement, ast.Assign)
            for target in statement.targets
            if isinstance(target, ast.Name)
        }
        text = example.files
        for name in names:
            text = re.sub(rf"(?<![\w.\"'/]){name}\b(?!=)", f"{name}_{number}", text)
        return text
    return None


_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def joined(texts: Sequence[str]) -> str:
    """One file of several: all imports first."""
    plain: dict[str, None] = {}
    names: dict[str, dict[str, None]] = {}
    bodies = []
    for text in texts:
        tree = ast.parse(text)
        leading = [statement for statement in tree.body if isinstance(statement, ast.Import | ast.ImportFrom)]
        for statement in leading:
            if isinstance(statement, ast.Import):
                plain[ast.unparse(statement)] = None
            else:
                from_there = names.setdefault("." * statement.level + (statement.module or ""), {})
                from_there.update(dict.fromkeys(ast.unparse(alias) for alias in statement.names))
        lines = text.split("\n")
        for statement in leading:
            for line in range(statement.lineno - 1, statement.end_lineno or 0):
                lines[line] = ""
        bodies.append("\n".join(lines).strip("\n"))
    imports = [*plain, *(f"from {module} import {', '.join(each)}" for module, each in names.items())]
    return "\n".join(imports) + "\n\n\n" + "\n\n\n".join(bodies) + "\n"


def groups() -> list[list[str]]:
    """The rules' examples in four groups: each two of them make a file, so that each two rules meet in one."""
    rules = [rule for rule in all_rules() if isinstance(rule, Rule) and rule.fixable()]
    texts = [text for number, rule in enumerate(rules) if (text := example_of(rule, number)) is not None]
    return [texts[start::4] for start in range(4)]


PAIRS = [(one, other) for one in range(4) for other in range(one + 1, 4)]


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_each_two_rules_in_one_file_give_the_same_in_any_order(one: int, other: int, tmp_path: Path) -> None:
    parts = groups()
    choose = random.Random(one * 4 + other)
    texts = [*parts[one], *parts[other]]
    choose.shuffle(texts)
    source = joined(texts)
    files = {"app.py": source, "requirements.txt": "flask==3.1.0\npython-dotenv\nsecure>=2\n", "#git": "init"}
    at_once, in_turn = build(tmp_path / "once", files), build(tmp_path / "turn", files)

    def of_files(finding: Finding) -> bool:
        return isinstance(find_rule(finding.code), Rule)

    made = planned(at_once, of_files)
    assert len(made.fixed) > len(texts) / 2
    put(at_once, made)
    one_by_one(in_turn, of_files, {finding.code for finding in made.fixed}, choose)
    assert tree(at_once)["app.py"].decode() == tree(in_turn)["app.py"].decode()
