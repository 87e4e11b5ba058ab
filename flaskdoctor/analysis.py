"""A whole look at a project: read its files, find candidates, link, judge. Only a cold or stale scan
comes here."""

from __future__ import annotations

import importlib
import os
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from flaskdoctor.config import Settings, settings_files
from flaskdoctor.filecache import Entry, FileCache
from flaskdoctor.finding import Finding, Location, Report, Severity
from flaskdoctor.look import FileResult, Look, crash_problem
from flaskdoctor.project import cache
from flaskdoctor.project.code.suppressions import NONE, UNUSED, Unused
from flaskdoctor.project.digest import digest
from flaskdoctor.project.discover import MAX_PYTHON_BYTES, Discovered, PythonFile, discover, with_files
from flaskdoctor.project.plainfile import read_bytes
from flaskdoctor.project.snapshot import Problem, Project
from flaskdoctor.project.vcs.git import git_inputs, ignored_paths
from flaskdoctor.project.vcs.githistory import history_path
from flaskdoctor.rules import registry
from flaskdoctor.rules.rule import Candidate, Issue, ProjectRule, Rule
from flaskdoctor.spread import spread

if TYPE_CHECKING:
    from flaskdoctor.project.env.envpicture import EnvPicture
    from flaskdoctor.project.routing.routepicture import RoutePicture
    from flaskdoctor.project.vcs.git import GitPicture
    from flaskdoctor.project.vcs.githistory import HistoryWalk
    from flaskdoctor.project.vcs.gitquestions import Questions
    from flaskdoctor.project.versions.dependencies import Dependencies

_UNKNOWN_FLASK = (
    "Nothing says which Flask this project runs on: no requirement file, pyproject.toml, lock file or virtualenv "
    "names it. So there is only this note, and no fix."
)


# What judging needs: nearly every project asks for all of it.
_ASKED_LATER = (
    "flaskdoctor.project.routing.links",
    "flaskdoctor.project.env.envfile",
    "flaskdoctor.project.vcs.git",
    "flaskdoctor.project.pages.browsers",
    "flaskdoctor.project.deployment.reading",
    "flaskdoctor.project.routing.guards",
    "flaskdoctor.project.routing.resourcemap",
    "flaskdoctor.project.routing.routegaps",
    "flaskdoctor.project.env.envpicture",
    "flaskdoctor.project.vcs.gitpicture",
    "flaskdoctor.project.routing.routepicture",
)


class Analysis:
    """One look. ``key`` names the cache to use; empty: none. ``patience`` is how many seconds the walk through git's
    history may take longer than all else. ``unsaved`` are the bytes of Python files (relative, POSIX) that stand for
    what is on the disk; with them nothing is written to the cache."""

    def __init__(
        self,
        root: str,
        settings: Settings,
        key: str,
        patience: float = 0.0,
        unsaved: Mapping[str, bytes] | None = None,
    ) -> None:
        self.root = root
        self.settings = settings
        self.key = key
        self.patience = patience
        self.unsaved = unsaved or {}

    @cached_property
    def _files(self) -> Discovered:
        ignored, _ = ignored_paths(self.root)
        found = discover(self.root, ignored, self.settings.exclude, self.settings.prefix)
        return with_files(found, {path: len(data) for path, data in self.unsaved.items()}) if self.unsaved else found

    @cached_property
    def _results(self) -> dict[str, FileResult]:
        files = self._files.python
        known = FileCache(self.root, self.key)
        results = {
            file.path: result
            for file in files
            if file.path not in self.unsaved and (result := known.unchanged(file)) is not None
        }
        look = Look()
        others = [file for file in files if file.path not in results]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the project's invalid escapes are not flaskdoctor's to print
            found = spread(lambda file: self._entry(file, known.entry(file), look), others, self._prepare)
        for file, entry in zip(others, found, strict=True):
            results[file.path] = entry.result if isinstance(entry, Entry) else entry
        if not self.unsaved:
            known.store({file.path: each for file, each in zip(others, found, strict=True) if isinstance(each, Entry)})
        return {file.path: results[file.path] for file in files}

    def _prepare(self) -> None:
        """What does not hang on the files' contents, while other processes read them."""
        for name in _ASKED_LATER:
            importlib.import_module(name)
        registry.project_rules()
        registry.rules_elsewhere()
        self._git_history  # noqa: B018
        self._dependencies  # noqa: B018

    @cached_property
    def _git_questions(self) -> Questions:
        from flaskdoctor.project.vcs.gitquestions import git_questions

        return git_questions(self.root, self._files)

    @cached_property
    def _git_history(self) -> HistoryWalk:
        from flaskdoctor.project.vcs.githistory import HistoryWalk

        return HistoryWalk(self.root, self._git_questions.env_files, "" if self.unsaved else self.key)

    @cached_property
    def _dependencies(self) -> Dependencies:
        from flaskdoctor.project.versions.dependencies import read_dependencies

        return read_dependencies(self.root)

    def _entry(self, file: PythonFile, known: Entry | None, look: Look) -> Entry | FileResult:
        if file.path in self.unsaved:
            return look.analyse(file.path, file.name, file.role, self.unsaved[file.path])
        content = read_bytes(os.path.join(self.root, file.path), MAX_PYTHON_BYTES)
        if content.status is None:
            gone = content.state == "missing"  # deleted while the scan ran
            problem = Problem("FD002", file.path, f"cannot be read: {content.reason}")
            return FileResult(None, (), NONE, () if gone else (problem,))
        signature, source = cache.signature(content.status), content.data
        name = digest(source) if self.key else b""
        if known is not None and known.digest == name and known.role == file.role:
            return known._replace(signature=signature)
        return Entry(signature, name, file.role, look.analyse(file.path, file.name, file.role, source))

    def files(self) -> Discovered:
        """What is looked at, and what is skipped."""
        return self._files

    # -- the picture ----------------------------------------------------------------------------------------

    @cached_property
    def _project(self) -> Project:
        from flaskdoctor.project.env.envfile import read_env_files
        from flaskdoctor.project.env.envwanted import env_wanted
        from flaskdoctor.project.routing.links import Links
        from flaskdoctor.project.vcs.git import read_git

        modules = {path: result.facts for path, result in self._results.items() if result.facts is not None}
        wanted = env_wanted(modules.values())
        env = read_env_files(self.root, wanted, self._files.files)
        found = [env.env.path, *(template.path for template in env.templates)]
        found += [file.path for file in env.present]
        found += [f"{folder}/{env.env.path}" for folder in wanted.folders if folder]
        problems = [Problem("FD002", item.path, f"was not looked at: {item.reason}") for item in self._files.unreadable]
        for result in self._results.values():
            problems.extend(result.problems)
        git = read_git(self.root, dict.fromkeys(found), self._git_questions)
        return Project(
            self.root,
            files=self._files,
            modules=modules,
            links=Links(modules),
            env=env,
            git=git._replace(history=self._git_history.answer(self.patience)),
            dependencies=self._dependencies,
            environ=frozenset(os.environ),
            problems=tuple(problems),
            unused=lambda: self._kept[1],
            tls_at_proxy=self.settings.https == "proxy",
            unsaved=self.unsaved,
        )

    def project(self) -> Project:
        """The project as rules see it."""
        return self._project

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """All findings that no comment switches off, by place."""
        found = [*self._kept[0], *self._unused_comments()]
        found.sort(key=lambda finding: (finding.location, finding.code, finding.message))
        return tuple(found)

    @cached_property
    def _kept(self) -> tuple[list[Finding], tuple[Unused, ...]]:
        """The findings that no comment switches off, and the comments that switch nothing off."""
        kept: list[Finding] = []
        used: dict[str, set[tuple[int, int]]] = {}
        for finding in (*self._judged(), *self._issues()):
            result = self._results.get(finding.location.path)
            if result is None or result.suppressions == NONE:
                kept.append(finding)
                continue
            place = (finding.location.line, finding.location.end_line)
            covering = tuple(result.suppressions.covering(finding.code, finding.name, *place))
            used.setdefault(finding.location.path, set()).update(covering)
            if not covering and not result.suppressions.vouched(finding.code, *place):
                kept.append(finding)
        if any(finding.code == "FD004" for finding in kept):
            return kept, ()  # what that rule would have found is not known
        unused = [
            each
            for path, result in self._results.items()
            if result.suppressions.comments and not result.suppressions.broken and not result.problems
            for each in result.suppressions.unused(path, used.get(path, ()))
        ]
        return kept, tuple(unused)

    def _unused_comments(self) -> Iterator[Finding]:
        """What is known when all else is found; a comment can switch this off too, where it says so by name."""
        for rule in registry.project_rules():
            if rule.code == UNUSED:
                for finding in issue_findings(rule, list(rule.check(self._project))):
                    place = (finding.location.line, finding.location.end_line)
                    suppressions = self._results[finding.location.path].suppressions
                    if not suppressions.cover(finding.code, finding.name, *place):
                        yield finding

    def _judged(self) -> Iterator[Finding]:
        crashed: set[tuple[str, str]] = set()
        for path, result in self._results.items():
            for candidate in result.candidates:
                rule = registry.file_rule(candidate.code)
                try:
                    severity = rule.judge(candidate, self._project)
                except Exception as error:  # noqa: BLE001  # one broken rule must not end the scan: it becomes FD004
                    if (rule.code, path) not in crashed:
                        yield crash_finding(rule.code, path, error)
                    crashed.add((rule.code, path))
                    continue
                if severity is not None:
                    if self._project.dependencies.flask is None and candidate.gated:
                        candidate = candidate._replace(fix=None, advice=_UNKNOWN_FLASK)
                        severity = Severity.INFO
                    yield finding_of(rule, candidate, severity)

    def _issues(self) -> Iterator[Finding]:
        checks: list[tuple[ProjectRule | Rule, Callable[[Project], Iterable[Issue]]]] = [
            *((rule, rule.check) for rule in registry.project_rules() if rule.code != UNUSED),
            *((rule, rule.check_project) for rule in registry.rules_elsewhere()),
        ]
        for rule, check in checks:
            try:
                issues = list(check(self._project))
            except Exception as error:  # noqa: BLE001  # one broken rule must not end the scan: it becomes FD004
                yield crash_finding(rule.code, "", error)
                continue
            yield from issue_findings(rule, issues)

    def report(self) -> Report:
        """The findings, with what was looked at."""
        flask = self._project.dependencies.flask
        return Report(
            self.root,
            self.findings,
            len(self._files.python),
            self._files.skipped,
            0,
            flask=flask.words if flask is not None else "",
            python=".".join(str(part) for part in sys.version_info[:2]),
            branch=self._project.git.branch,
        )

    def env_picture(self) -> EnvPicture:
        """The Env tab."""
        from flaskdoctor.project.env.envpicture import env_picture

        return env_picture(self._project, self.findings)

    def git_picture(self) -> GitPicture:
        """The Git tab."""
        from flaskdoctor.project.vcs.gitpicture import git_picture

        return git_picture(self._project, self.findings)

    def route_picture(self) -> RoutePicture:
        """The Routes tab."""
        from flaskdoctor.project.routing.routepicture import route_picture

        return route_picture(self._project)

    def inputs(self) -> tuple[str, ...]:
        """The absolute paths of everything that this picture was made from."""
        root = self.root
        paths = [os.path.join(root, folder) if folder else root for folder in self._files.folders]
        paths += [os.path.join(root, file.path) for file in self._files.python]
        paths += [os.path.join(root, item.path) for item in self._files.unreadable]
        paths += [os.path.join(root, path) for path in self._project.env.inputs]
        paths += [os.path.join(root, path) for path in self._project.git.questions.inputs]
        paths += [os.path.join(root, path) for path in self._project.dependencies.inputs]
        paths += [os.path.join(root, path) for path in self._project.deploy.files]
        paths += [os.path.join(root, path) for path in self._files.files if path.endswith(".dockerignore")]
        paths += [os.path.join(root, path) for path in self._project.templates.inputs]
        paths += [os.path.join(root, path) for path in self._project.texts.inputs]
        paths += [os.path.join(root, path) for path in self._project.browsers.inputs]
        paths += settings_files(root)
        paths += git_inputs(root, self._files.folders)
        if self.waiting:
            paths.append(history_path(root))  # written when the walk has come to its end
        return tuple(dict.fromkeys(paths))

    @property
    def waiting(self) -> bool:
        """Whether git's history could not be read in the time that there was."""
        return self._project.git.history.waiting

    def remember(self) -> None:
        """Read git's history alone; the answer is kept for the next look."""
        self._git_history.answer(self.patience)

    def forget(self) -> None:
        """End a walk through git's history that still runs."""
        if "_git_history" in self.__dict__:
            self._git_history.stop()

    def environ_asked(self) -> tuple[tuple[str, bool], ...]:
        """The names of the environment that rules may have looked for, and whether they were there."""
        names = {"CI", "FLASK_SKIP_DOTENV"}
        for facts in self._project.modules.values():
            names.update(read.name for read in facts.env_reads)
        for file in (self._project.env.env, self._project.env.flaskenv, *self._project.env.templates):
            names.update(binding.shown for binding in file.bindings if binding.named)
        present = frozenset(os.environ)  # asking ``os.environ`` itself raises for a name that is no proper text
        return tuple((name, name in present) for name in sorted(names))


def finding_of(rule: Rule, candidate: Candidate, severity: Severity) -> Finding:
    """The finding that a judged candidate is."""
    return Finding(
        rule.code,
        rule.name,
        rule.tip,
        severity,
        candidate.message,
        candidate.location,
        candidate.fix,
        candidate.anchor,
        candidate.ordinal,
        candidate.advice,
    )


def issue_findings(rule: ProjectRule | Rule, issues: list[Issue]) -> Iterator[Finding]:
    """The findings that a project rule's issues are, numbered among equal anchors of a file."""
    counts: dict[tuple[str, str], int] = {}
    fixable = rule.fixable()
    for issue in issues:
        place = (issue.location.path, issue.anchor)
        ordinal = counts.get(place, 0)
        counts[place] = ordinal + 1
        yield Finding(
            rule.code,
            rule.name,
            rule.tip,
            issue.severity if issue.severity is not None else rule.severity,
            issue.message,
            issue.location,
            (issue.fix or rule.fix_class) if fixable and issue.fixable else None,
            issue.anchor,
            ordinal,
            issue.advice,
        )


def crash_finding(code: str, path: str, error: BaseException) -> Finding:
    """The finding for a project rule that raised."""
    rule = registry.find_rule("FD004")
    problem = crash_problem(code, path, error)
    return Finding(rule.code, rule.name, rule.tip, rule.severity, problem.message, Location(path), anchor=code)
