"""Mending one Python file: a fresh check of its very bytes, the wanted fixes, and a check of what they made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from flaskdoctor.errors import Refuse, UserError
from flaskdoctor.finding import Finding
from flaskdoctor.fixes.edit import Overlap, Refused
from flaskdoctor.fixes.exports import Exported
from flaskdoctor.fixes.linelength import line_length
from flaskdoctor.fixes.python import FileEdit
from flaskdoctor.fixes.requirements import add_requirement
from flaskdoctor.fixes.secrets import DOTENV, move_into_env
from flaskdoctor.fixes.session import GONE, reason_of
from flaskdoctor.project.code.module import Module
from flaskdoctor.rules.engine import Crashed, candidates, hits, wants
from flaskdoctor.rules.rule import Candidate, Hit, Rule, Site

if TYPE_CHECKING:
    from flaskdoctor.fixes.workspace import Workspace
    from flaskdoctor.project.snapshot import Project

_PASSES = 8


class _Place(NamedTuple):
    """A finding and the place of its hit among those of its rule, in source order."""

    finding: Finding
    number: int


class _Passed(NamedTuple):
    """What one pass over the file came to."""

    fixed: tuple[_Place, ...]
    later: tuple[_Place, ...]
    refused: tuple[Refused, ...]


def mend(
    path: str,
    findings: Sequence[Finding],
    project: Project,
    rules: Sequence[Rule],
    workspace: Workspace,
) -> tuple[list[Finding], list[Refused]]:
    """Plan the fixes of one file's findings: those that are made, and those that are not, with the reason."""
    try:
        file = _File(path, project, rules, workspace)
        places, refused = file.locate(findings)
    except UserError as error:
        return [], [Refused(finding, reason_of(error)) for finding in findings]
    fixed: list[Finding] = []
    for _ in range(_PASSES):
        passed = file.one_pass(places)
        fixed += [place.finding for place in passed.fixed]
        refused += passed.refused
        if not passed.later:
            return fixed, refused
        gone = {(place.finding.code, place.number) for place in passed.fixed}
        places = [_moved(place, gone) for place in passed.later]
        file = _File(path, project, rules, workspace)
    return fixed, refused + [Refused(place.finding, "Other fixes change the same place.") for place in places]


def _moved(place: _Place, gone: set[tuple[str, int]]) -> _Place:
    """A place in the changed file: the fixed hits of the same rule in front of it are no longer there."""
    code, index = place.finding.code, place.number
    return place._replace(number=index - sum(1 for other, at in gone if other == code and at < index))


class _File:
    """One file at one state of the plan."""

    def __init__(self, path: str, project: Project, rules: Sequence[Rule], workspace: Workspace) -> None:
        source = workspace.read(path)
        facts = project.modules.get(path)
        if source is None or facts is None:
            raise Refuse(GONE)
        self._path = path
        self._project = project
        self._rules = rules
        self._workspace = workspace
        self._source = source
        self._facts = facts
        self._module = self._parsed(source)
        self._hits: dict[str, list[tuple[Hit, str, int]]] = {}
        own = {other.name.partition(".")[0] for other in project.modules.values()}
        self._edit = FileEdit(source, self._module.ast, path, Exported(facts, project), own, line_length(project.root))

    def locate(self, findings: Sequence[Finding]) -> tuple[list[_Place], list[Refused]]:
        """The findings whose hit is in the file as it is now, and the others."""
        places: list[_Place] = []
        refused: list[Refused] = []
        for finding in findings:
            for index, (_, anchor, ordinal) in enumerate(self._hits_of(finding.code)):
                if (anchor, ordinal) == (finding.anchor, finding.ordinal):
                    places.append(_Place(finding, index))
                    break
            else:
                refused.append(Refused(finding, GONE))
        return places, refused

    def one_pass(self, places: Sequence[_Place]) -> _Passed:
        """Make as many of the fixes as go together; those that overlap another one are left for later."""
        start = self._workspace.snapshot()
        try:
            passed = self._attempt(places)
            self._finish(passed.fixed)
        except UserError:
            pass
        else:
            return passed
        # Together they fail: find out which of them does, adding one after the other.
        good: list[_Place] = []
        refused: list[Refused] = []
        later: list[_Place] = []
        for place in places:
            self._workspace.restore(start)
            try:
                passed = self._attempt([*good, place])
                self._finish(passed.fixed)
            except UserError as error:
                refused.append(Refused(place.finding, reason_of(error)))
                continue
            good = list(passed.fixed)
            later += passed.later
            refused += passed.refused
        self._workspace.restore(start)
        passed = self._attempt(good)
        self._finish(passed.fixed)
        return _Passed(passed.fixed, tuple(later), tuple(refused))

    def _attempt(self, places: Sequence[_Place]) -> _Passed:
        fixed: list[_Place] = []
        later: list[_Place] = []
        refused: list[Refused] = []
        self._edit.reset()
        for place in places:
            rule = next(rule for rule in self._rules if rule.code == place.finding.code)
            before = self._workspace.snapshot()
            try:
                with self._edit.attempt():
                    self._fix(rule, place)
            except Overlap:
                self._workspace.restore(before)
                later.append(place)
            except UserError as error:
                self._workspace.restore(before)
                refused.append(Refused(place.finding, reason_of(error)))
            else:
                fixed.append(place)
        if not fixed:
            refused += [Refused(place.finding, "Its fix contradicts itself.") for place in later]
            later = []
        return _Passed(tuple(fixed), tuple(later), tuple(refused))

    def _fix(self, rule: Rule, place: _Place) -> None:
        found = self._hits_of(rule.code)
        if place.number >= len(found):
            raise Refuse(GONE)
        moved, required, along = len(self._edit.secrets), len(self._edit.required), len(self._edit.companions)
        rule.fix(Site(found[place.number][0], self._module, self._project), self._edit)
        loads = any(wanted.module == "dotenv" for wanted in self._edit.added)
        needed = [DOTENV] if loads else []
        for secret in self._edit.secrets[moved:]:
            move_into_env(secret, self._project, self._workspace, loaded=loads)
        for requirement in self._edit.required[required:]:
            add_requirement(requirement, self._project, self._workspace)
            needed.append(requirement.name)
        for name in needed:
            if not self._project.dependencies.has(name):
                self._workspace.tell(f"install {name}: without it the app does not start")
        for path, change, summary in self._edit.companions[along:]:
            self._workspace.write(path, change(self._workspace.read(path) or b""), summary=summary)

    def _finish(self, fixed: Sequence[_Place]) -> None:
        """Plan the file's new bytes. Raises ``Refuse`` where they are not what the fixes promise."""
        if not fixed:
            return
        after = self._edit.result()
        self._check(after, fixed)
        words = [f"Read {secret.key} from the environment" for secret in self._edit.secrets]
        words += self._edit.concealed
        self._workspace.write(self._path, after, secret=bool(words), summary="; ".join(words))

    def _check(self, after: bytes, fixed: Sequence[_Place]) -> None:
        """The findings that are fixed must be gone, and no other one may have come."""
        changed = self._parsed(after)
        codes = [place.finding.code for place in fixed]
        successors = {code for rule in self._rules if rule.code in codes for code in rule.successors}
        for rule in (rule for rule in self._rules if wants(rule, after)):
            now = self._count(rule, changed)
            if not now or rule.code in successors:
                continue
            allowed = max(self._count(rule, self._module) - codes.count(rule.code), 0)
            if now > allowed and rule.code in codes:
                raise Refuse("It would still be found after the fix, so the file stays as it is.")
            if now > allowed:
                raise Refuse(f"The fix would lead to {rule.code} ({rule.name}), so the file stays as it is.")

    def _count(self, rule: Rule, module: Module) -> int:
        if not wants(rule, module.source):
            return 0
        return sum(1 for candidate in _candidates(rule, module) if rule.judge(candidate, self._project) is not None)

    def _hits_of(self, code: str) -> list[tuple[Hit, str, int]]:
        if code not in self._hits:
            rule = next(rule for rule in self._rules if rule.code == code)
            try:
                self._hits[code] = hits(rule, self._module)
            except Crashed as crash:
                raise Refuse(f"The rule {code} failed on this file, so it stays as it is.") from crash
        return self._hits[code]

    def _parsed(self, source: bytes) -> Module:
        try:
            return Module(self._path, self._facts.name, self._facts.role, source)
        except (SyntaxError, ValueError, RecursionError) as error:
            raise Refuse("The file does not parse, so it stays as it is.") from error


def _candidates(rule: Rule, module: Module) -> list[Candidate]:
    try:
        return candidates(rule, module)
    except Crashed as crash:
        raise Refuse(f"The rule {rule.code} failed on this file, so it stays as it is.") from crash
