"""The lessons of the eleven tips, as a user meets them."""

from __future__ import annotations

import ast
import re

import pytest

from flaskdoctor.cli import main
from flaskdoctor.finding import Tip
from flaskdoctor.lessons import LESSONS
from flaskdoctor.rules.registry import all_rules

ELEVEN = [tip for tip in Tip if Tip.TOOL < tip < Tip.UPGRADES]


@pytest.mark.parametrize("tip", ELEVEN, ids=str)
def test_every_tip_has_a_lesson_and_a_rule(tip: Tip) -> None:
    assert len(LESSONS[tip].split()) > 60
    assert any(rule.tip is tip for rule in all_rules())


@pytest.mark.parametrize("tip", ELEVEN, ids=str)
def test_the_code_in_a_lesson_is_python(tip: Tip) -> None:
    for code in re.findall(r"(?ms)^```python\n(.*?)^```", LESSONS[tip]):
        ast.parse(re.sub(r"(?m)^return ", "", code))


def test_explain_prints_a_lesson_and_the_rules_of_its_tip(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--explain", "tip:3"]) == 0
    page = capsys.readouterr().out
    assert page.startswith("# Tip 3: Secrets, .env, git\n")
    assert ".env-template" in page
    assert "- **FD301** hardcoded-secret: " in page


def test_explain_says_which_tips_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--explain", "tip:99"]) == 2
    assert "tip:1 to tip:11" in capsys.readouterr().err
