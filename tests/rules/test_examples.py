"""The rules' own examples: what is bad is reported and its fix gives the text shown; what is good is left alone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from flaskdoctor.finding import Finding
from flaskdoctor.fixing import fix_to_the_end
from flaskdoctor.live import judge, known_of
from flaskdoctor.probe.observe import look
from flaskdoctor.probe.target import parse_url
from flaskdoctor.project.deployment import windowsmount
from flaskdoctor.rules.registry import all_rules
from flaskdoctor.rules.rule import Bad, Files, Good, LiveRule, RuleBase, Served
from flaskdoctor.scan import Options, scan
from tests.certificates import trust_the_tests_authority
from tests.projects import as_mapping, build, mounts, tree
from tests.rules.served import serve

pytestmark = pytest.mark.usefixtures(trust_the_tests_authority.__name__)
BAD = [(rule, number) for rule in all_rules() for number in range(len(rule.bad))]
GOOD = [(rule, number) for rule in all_rules() for number in range(len(rule.good))]
FIXED = [(rule, number) for rule, number in BAD if rule.bad[number].fixed is not None]


def _id(value: object) -> str:
    return value.code if isinstance(value, RuleBase) else str(value)


@pytest.fixture
def machine(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Callable[[Path, Files], None]:
    """Makes this the machine that an example is about: within WSL, where it says so."""

    def prepare(root: Path, files: Files) -> None:
        text = mounts(root, files)
        if text:
            proc = tmp_path_factory.mktemp("proc")
            (proc / "mounts").write_text(text)
            monkeypatch.setattr(windowsmount, "PROC", str(proc))
            monkeypatch.setenv("WSL_DISTRO_NAME", "Ubuntu")

    return prepare


def _findings(root: Path, rule: RuleBase, served: Served | None) -> list[Finding]:
    scanned = scan(str(root), Options(cache=False))
    found = scanned.report.findings
    if isinstance(rule, LiveRule):
        assert served is not None
        with serve(served) as port:
            target = parse_url(f"{'https' if served.tls else 'http'}://127.0.0.1:{port}")
            seen = asyncio.run(look(target, full=True, root=str(root), routes=scanned.routes.rows))
        found = judge(seen, known_of(scanned), served.profile).findings
    crashed = [finding.message for finding in found if finding.code == "FD004"]
    assert not crashed
    return [finding for finding in found if finding.code == rule.code]


@pytest.mark.parametrize(("rule", "number"), BAD, ids=_id)
def test_bad_example_is_reported(
    rule: RuleBase, number: int, tmp_path: Path, machine: Callable[[Path, Files], None]
) -> None:
    example: Bad = rule.bad[number]
    root = build(tmp_path, example.files, example.flask)
    machine(root, example.files)
    found = _findings(root, rule, example.served)
    assert len(found) == example.hits, [finding.message for finding in found]


@pytest.mark.parametrize(("rule", "number"), GOOD, ids=_id)
def test_good_example_is_left_alone(
    rule: RuleBase, number: int, tmp_path: Path, machine: Callable[[Path, Files], None]
) -> None:
    example = rule.good[number]
    if not isinstance(example, Good):
        example = Good(example)
    root = build(tmp_path, example.files, example.flask)
    machine(root, example.files)
    assert [finding.message for finding in _findings(root, rule, example.served)] == []


@pytest.mark.parametrize(("rule", "number"), FIXED, ids=_id)
def test_fix_gives_the_text_shown_and_a_second_one_changes_nothing(rule: RuleBase, number: int, tmp_path: Path) -> None:
    example: Bad = rule.bad[number]
    assert example.fixed is not None
    build(tmp_path, example.files, example.flask)
    options = Options(select=(rule.code,), cache=False)
    fix_to_the_end(str(tmp_path), options, (), unsafe=True)
    after = tree(tmp_path)
    for path, text in as_mapping(example.fixed).items():
        if not path.startswith("#"):
            assert after[path].decode() == text
    fix_to_the_end(str(tmp_path), options, (), unsafe=True)
    assert tree(tmp_path) == after


@pytest.mark.parametrize("rule", all_rules(), ids=_id)
def test_rule_is_complete(rule: RuleBase) -> None:
    page = rule.__doc__ or ""
    for heading in ("## What it finds", "## Why it matters", "## What to do instead", "## References"):
        assert heading in page
    assert rule.bad or rule.code == "FD004"
    assert rule.good
    module = type(rule).__module__.rpartition(".")[2]
    assert module.replace("_", "-") == rule.name
    if rule.fixable():
        assert rule.fix_title
        assert rule.fix_class.value == "safe" or rule.fix_risk
