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
from flaskdoctor.fixes.session import plan, still_wrong
from flaskdoctor.rules.registry import all_rules, find_rule
from flaskdoctor.rules.rule import Rule
from tests.examples import examples
from tests.fixes import forms
from tests.projects import build, tree
from tests.rules.pieces import HEALTHY, IMPORTS, MODULES, SAFE, UNSAFE

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


# Their lines come right below the app: of several the one that is made last stands first.
BELOW_THE_APP = {"FD706", "FD709", "FD713", "FD720"}


def at_once(root: Path, wanted: Wanted) -> Plan:
    """Fix all in one plan, and what that leads to in another one; gives the first."""
    first = made = planned(root, wanted)
    while made.edits:
        put(root, made)
        made = planned(root, wanted)
    return first


def one_by_one(root: Path, wanted: Wanted, choose: random.Random, journal: Journal | None = None) -> None:
    """Fix what is there in any order, each in a plan of its own."""
    refused: set[tuple[str, str, str, int]] = set()
    while True:
        found, look = fixable(root, lambda each: wanted(each) and each.key not in refused)
        if not found:
            return
        below = [each for each in found if each.code in BELOW_THE_APP]
        each = choose.choice([each for each in found if each not in below] + below[-1:])
        made = plan(str(root), [each], look.project())
        refused.update(item.finding.key for item in made.refused)
        if journal is None:
            put(root, made)
        else:
            apply(str(root), made, journal)


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
    once, in_turn = build(tmp_path / "once", files), build(tmp_path / "turn", files)

    def of_files(finding: Finding) -> bool:
        return isinstance(find_rule(finding.code), Rule)

    made = at_once(once, of_files)
    assert len(made.fixed) > len(texts) / 2
    one_by_one(in_turn, of_files, choose)
    assert tree(once)["app.py"].decode() == tree(in_turn)["app.py"].decode()


# -- generated files ----------------------------------------------------------------------------------------------


@st.composite
def sources(draw: st.DrawFn) -> bytes:
    """A file of some pieces, in an app at the top or in a factory, in any order and form."""
    names = draw(st.lists(st.sampled_from([*SAFE, *UNSAFE, *HEALTHY]), min_size=1, max_size=6))
    pieces = SAFE | UNSAFE | HEALTHY
    texts = [pieces[name].format(n=number, app="app") for number, name in enumerate(names)]
    in_factory = draw(st.booleans())
    body = "\n\n".join(texts)
    if in_factory:
        inner = "".join(f"    {line}" if line.strip() else line for line in body.splitlines(keepends=True))
        text = f"def create_app():\n    app = Flask(__name__)\n\n{inner}\n    return app\n"
    else:
        end = draw(
            st.sampled_from(["", "\n\napp.run(debug=True)\n", '\n\nif __name__ == "__main__":\n    app.run()\n'])
        )
        text = f"app = Flask(__name__)\n\n\n{body}{end}"
    names_used = draw(imports(text))
    if draw(st.booleans()):
        text = forms.in_single_quotes(text)
    for change in draw(st.sets(st.sampled_from([forms.with_comments_above, forms.with_comments_behind]))):
        text = change(text)
    text = f"{names_used}\n\n{text}"
    text = (
        draw(st.sampled_from(["", '"""The shop."""\n\n', "# The shop.\n\n", "# coding: utf-8\n# Gr\xfc\xdfe\n\n"]))
        + text
    )
    if draw(st.booleans()):
        text = forms.indented_by(text, draw(st.sampled_from(["\t", "  "])))
    if draw(st.booleans()):
        text = text.rstrip("\n")
    if draw(st.booleans()):
        text = text.replace("\n", "\r\n")
    return draw(st.sampled_from([b"", b"\xef\xbb\xbf"])) + text.encode()


@st.composite
def imports(draw: st.DrawFn, text: str) -> str:
    """The imports that ``text`` needs, in one of the ways in which people write them."""
    lines = [f"import {module}" for module in MODULES if re.search(rf"\b{module}\.", text)]
    for module, names in IMPORTS.items():
        used = [name for name in names if re.search(rf"(?<!\.)\b{name}\b", text)]
        used = draw(st.permutations(used)) if draw(st.booleans()) else used
        if used and draw(st.booleans()):
            lines.append(f"from {module} import (\n{''.join(f'    {name},{draw(remark)}' for name in used)})")
        elif used:
            lines.append(f"from {module} import {', '.join(used)}")
    return "\n".join(draw(st.permutations(lines)))


remark = st.sampled_from(["\n", "\n", "\n", "  # why\n"])


@given(sources(), st.booleans(), st.sampled_from([0o644, 0o755, 0o600]), st.randoms(use_true_random=False))
@settings(max_examples=examples(8), deadline=None, suppress_health_check=list(HealthCheck))
def test_a_generated_file_comes_out_the_same_in_any_order_and_each_fix_can_be_taken_back(
    tmp_path_factory: pytest.TempPathFactory, source: bytes, unsafe: bool, mode: int, choose: random.Random
) -> None:
    # Whether an import line is broken hangs on whether another name goes before or after: here all of them fit.
    wide = "[tool.black]\nline-length = 300\n"
    files = {
        "requirements.txt": "flask==3.1.0\npython-dotenv\nflask-login\n",
        "pyproject.toml": wide,
        ".gitignore": ".env\n",
        "#git": "init",
    }
    folder = tmp_path_factory.mktemp("generated")
    once, in_turn = build(folder / "once", files), build(folder / "turn", files)
    for root in (once, in_turn):
        (root / "app.py").write_bytes(source)
        os.chmod(root / "app.py", mode)
    before = tree(once)

    def wanted(finding: Finding) -> bool:
        return isinstance(find_rule(finding.code), Rule) and (unsafe or finding.fix is Fix.SAFE)

    journal = Journal(str(folder / "state"))
    found, look = fixable(once, wanted)
    all_before = look.report().findings
    made = plan(str(once), found, look.project())
    apply(str(once), made, journal)
    after = fixable(once, lambda _: True)[1].report().findings
    assert still_wrong(made, all_before, after) == ()
    ast.parse((once / "app.py").read_bytes())
    at_once(once, wanted)
    assert not planned(once, wanted).edits

    one_by_one(in_turn, wanted, choose, journal)
    assert tree(once)["app.py"] == tree(in_turn)["app.py"]
    assert stat.S_IMODE((in_turn / "app.py").stat().st_mode) == mode
    for record in journal.records(str(in_turn)):
        journal.undo(str(in_turn), record.id)
    assert tree(in_turn) == before
    assert stat.S_IMODE((in_turn / "app.py").stat().st_mode) == mode
