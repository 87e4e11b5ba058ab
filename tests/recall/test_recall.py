"""Every defect is found, and nothing is said of a healthy project."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path

import pytest

import tests.recall
from flaskdoctor.finding import Severity
from flaskdoctor.project.deployment import windowsmount
from flaskdoctor.rules.registry import all_rules
from flaskdoctor.scan import Options, scan
from tests.projects import build, mounts
from tests.recall.app import Defect, Healthy

MODULES = [
    importlib.import_module(f"tests.recall.{item.name}")
    for item in pkgutil.iter_modules(tests.recall.__path__)
    if item.name.startswith("of_")
]
DEFECTS: list[Defect] = [each for module in MODULES for each in module.DEFECTS]
HEALTHY: list[Healthy] = [each for module in MODULES for each in module.HEALTHY]


def _found(folder: Path, project: Defect | Healthy) -> list[tuple[str, str, Severity]]:
    root = build(folder, project.files, project.flask)
    findings = scan(str(root), Options(cache=False)).report.findings
    return [(finding.code, finding.location.path, finding.severity) for finding in findings]


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda each: f"{each.code} {each.spelling}")
def test_the_defect_is_found_and_nothing_else(
    defect: Defect, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    if drives := mounts(tmp_path, defect.files):  # the project is said to lie on a drive of Windows
        proc = tmp_path_factory.mktemp("proc")
        (proc / "mounts").write_text(drives)
        monkeypatch.setattr(windowsmount, "PROC", str(proc))
        monkeypatch.setenv("WSL_DISTRO_NAME", "Ubuntu")
    found = _found(tmp_path, defect)
    places = [path for code, path, _ in found if code == defect.code]
    assert places, found
    if defect.place:
        assert defect.place in places
    others = {code for code, _, severity in found if severity is not Severity.INFO}
    assert others - {defect.code} <= set(defect.also), found


@pytest.mark.parametrize("healthy", HEALTHY, ids=lambda each: each.name)
def test_nothing_is_wrong_with_a_healthy_project(healthy: Healthy, tmp_path: Path) -> None:
    found = _found(tmp_path, healthy)
    assert [each for each in found if each[2] is not Severity.INFO] == []


def test_every_rule_about_code_has_defects_of_its_own() -> None:
    """At least 150 of them; a rule about the running server is tried on real servers instead."""
    assert len(DEFECTS) >= 150
    assert len({(each.code, each.spelling) for each in DEFECTS}) == len(DEFECTS)
    static = {rule.code for rule in all_rules() if int(rule.tip) >= 1 and not rule.code.startswith("FD8")}
    missing = static - {each.code for each in DEFECTS}
    assert missing == set()
