"""Each fix is made to apps that run: what they answer after it is what they answered before it, but for what the case
says."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from flaskdoctor.finding import Fix
from flaskdoctor.fixing import fix_to_the_end
from flaskdoctor.rules.registry import all_rules
from flaskdoctor.scan import Options
from tests.behaviour.case import Answer, Case, Change, difference, fits, mismatches
from tests.behaviour.cases import CASES
from tests.behaviour.environments import Unavailable, release
from tests.behaviour.running import Clients, clients
from tests.projects import build, write

RUNS = [(case, version) for case in CASES for version in case.versions]


@pytest.fixture(scope="session")
def running(request: pytest.FixtureRequest) -> Iterator[Clients]:
    """The clients of this test process. All processes share the folder of the environments."""
    assert request.config.cache is not None
    with clients(request.config.cache.mkdir("flask-environments")) as started:
        yield started


@pytest.mark.parametrize(
    ("case", "version"), RUNS, ids=[f"{case.code}-{case.title}-{version}" for case, version in RUNS]
)
def test_fix_changes_what_the_case_says_and_nothing_else(
    case: Case, version: str, tmp_path: Path, running: Clients
) -> None:
    # Both folders have the same name, and files that are not fixed the same time stamp: apps can tell both.
    before, after, libraries = tmp_path / "before" / "shop", tmp_path / "after" / "shop", tmp_path / "libraries"
    build(before, case.files, release(version))
    shutil.copytree(before, after)
    write(libraries, case.libraries)
    _fix(case, after)
    try:
        old = running.answers(version, case, before, libraries)
        new = running.answers(case.installs or version, case, after, libraries)
    except Unavailable as error:
        pytest.skip(f"Flask {version}: {error}")
    wrong = mismatches(case.changes, _changes(old, new))
    assert not wrong, "\n".join([*wrong, new["import"].detail if "import" in new else new["script"].detail])
    for label, (status, body) in case.then.items():
        assert new[label].status == status, new[label]
        assert fits(body, new[label].body), new[label]


def _fix(case: Case, folder: Path) -> None:
    """Make the fix as ``--fix --select CODE`` does; with --unsafe-fixes only where the rule's fix is unsafe."""
    rule = next(rule for rule in all_rules() if rule.code == case.code)
    unsafe = rule.fix_class is Fix.UNSAFE
    done = fix_to_the_end(str(folder), Options(select=(case.code,), cache=False), (), unsafe=unsafe)
    assert done.notes == ()
    assert [finding.code for finding in done.fixed] == [case.code] * case.fixes


def _changes(old: dict[str, Answer], new: dict[str, Answer]) -> dict[str, Change]:
    """What differs, by request. An app that cannot be imported on one side answers nothing to compare."""
    labels = old.keys() & new.keys()
    found = {label: difference(old[label], new[label]) for label in old if label in labels}
    return {label: change for label, change in found.items() if change is not None}
