"""Each fix is made to apps that run: what they answer after it is what they answered before it, but for what the case
says."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from flaskdoctor.finding import Fix
from flaskdoctor.fixing import Fixed, fix_to_the_end
from flaskdoctor.rules.registry import all_rules
from flaskdoctor.rules.rule import Rule
from flaskdoctor.scan import Options
from tests.behaviour.case import Answer, Case, Change, Kept, difference, fits, mismatches
from tests.behaviour.cases import CASES, KEPT
from tests.behaviour.environments import Unavailable, release
from tests.behaviour.running import Clients, clients
from tests.projects import build, tree, write

RUNS = [(case, version) for case in CASES for version in case.versions]
ASKED = [case for case in CASES if not case.script]

Answers = dict[str, Answer]
BeforeAndAfter = Callable[[Case, str, Callable[[Path], object]], tuple[Answers, Answers]]


@pytest.fixture(scope="session")
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clients]:
    """The clients of this test process. Where pytest has a cache, all processes share the environments in it."""
    cache = request.config.cache
    with clients(cache.mkdir("flask-environments") if cache else tmp_path_factory.mktemp("environments")) as started:
        yield started


@pytest.fixture
def before_and_after(tmp_path: Path, running: Clients) -> BeforeAndAfter:
    """What a case's app answers on a Flask before something is done to its folder, and after that."""

    def ask(case: Case, version: str, do: Callable[[Path], object]) -> tuple[Answers, Answers]:
        before, after, libraries = tmp_path / "before", tmp_path / "after", tmp_path / "libraries"
        build(before, case.files, release(version))
        shutil.copytree(before, after)
        write(libraries, case.libraries)
        do(after)

        def answers(source: Path, version: str) -> Answers:
            # The same place and the same time stamps for both: an ETag tells them, for one.
            place = tmp_path / "shop"
            shutil.copytree(source, place)
            try:
                return running.answers(version, case, place, libraries)
            finally:
                shutil.rmtree(place)

        try:
            return answers(before, version), answers(after, case.installs or version)
        except Unavailable as error:
            pytest.skip(f"Flask {version}: {error}")

    return ask


@pytest.mark.parametrize(
    ("case", "version"), RUNS, ids=[f"{case.code}-{case.title}-{version}" for case, version in RUNS]
)
def test_fix_changes_what_the_case_says_and_nothing_else(
    case: Case, version: str, before_and_after: BeforeAndAfter
) -> None:
    old, new = before_and_after(case, version, lambda folder: _fix(case, folder))
    first = "script" if case.script else "import"
    assert first in case.changes or not old[first].raises, old[first].detail
    changes = _changes(old, new)
    wrong = mismatches(case.changes, {label: changes[label] for label in changes.keys() - _mended(case, old)})
    assert not wrong, "\n".join([*wrong, new[first].detail])
    for label, (status, body) in case.then.items():
        assert label not in old or old[label].raises
        assert new[label].status == status, new[label]
        assert fits(body, new[label].body), new[label]


@pytest.mark.parametrize("case", ASKED, ids=[f"{case.code}-{case.title}" for case in ASKED])
def test_all_safe_fixes_at_once_change_no_answer_that_worked(case: Case, before_and_after: BeforeAndAfter) -> None:
    done: list[Fixed] = []
    old, new = before_and_after(
        case,
        case.versions[0],
        lambda folder: done.append(fix_to_the_end(str(folder), Options(cache=False), (), unsafe=False)),
    )
    worked = {label for label, answer in old.items() if not answer.raises and answer.status < 500}
    assert not done[0].fixed or not _changes(old, new).keys() & worked


@pytest.mark.parametrize("kept", KEPT, ids=[f"{kept.code}-{kept.title}" for kept in KEPT])
def test_what_a_fix_would_change_is_left_alone_unasked(kept: Kept, tmp_path: Path) -> None:
    build(tmp_path, kept.files, kept.flask)
    before = tree(tmp_path)
    fix_to_the_end(str(tmp_path), Options(select=(kept.code,), cache=False), (), unsafe=False)
    assert tree(tmp_path) == before


def test_every_fix_of_a_file_has_a_case() -> None:
    fixable = {rule.code for rule in all_rules() if isinstance(rule, Rule) and rule.fixable()}
    assert fixable - {case.code for case in CASES} == set()


def _fix(case: Case, folder: Path) -> None:
    """Make the fix as ``--fix --select CODE`` does; with --unsafe-fixes only where the rule's fix is unsafe."""
    rule = next(rule for rule in all_rules() if rule.code == case.code)
    unsafe = case.unsafe or rule.fix_class is Fix.UNSAFE
    done = fix_to_the_end(str(folder), Options(select=(case.code,), cache=False), (), unsafe=unsafe)
    assert not [note for note in done.notes if not note.startswith("now to do: ")]
    assert [finding.code for finding in done.fixed] == [case.code] * case.fixes


def _changes(old: Answers, new: Answers) -> dict[str, Change]:
    """What differs, by request. An app that cannot be imported on one side answers nothing to compare."""
    found = {label: difference(old[label], new[label]) for label in old if label in new}
    return {label: change for label, change in found.items() if change is not None}


def _mended(case: Case, old: Answers) -> set[str]:
    """The requests that failed before and of which the case says what is answered now; HEAD goes with GET."""
    told = {*case.then, *(label.replace("GET ", "HEAD ") for label in case.then)}
    return {label for label in told if label in old and old[label].raises}
