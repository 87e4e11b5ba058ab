"""A look at one file: what its bytes come to, without any other file."""

from __future__ import annotations

import ast
import os
from typing import NamedTuple

from flaskdoctor.project.code.facts import WORDS, ModuleFacts, module_facts, worth_a_walk
from flaskdoctor.project.code.module import Module
from flaskdoctor.project.code.shallow import shallow_facts
from flaskdoctor.project.code.suppressions import SECRET_RULES, Suppressions, read_suppressions
from flaskdoctor.project.code.vocabulary import Vocabulary
from flaskdoctor.project.pages.browserfacts import read_browser_facts
from flaskdoctor.project.snapshot import Problem
from flaskdoctor.rules import registry
from flaskdoctor.rules.engine import Crashed, candidates
from flaskdoctor.rules.rule import Candidate


class FileResult(NamedTuple):
    """What one file's bytes come to. ``facts`` is None where it does not parse."""

    facts: ModuleFacts | None
    candidates: tuple[Candidate, ...]
    suppressions: Suppressions
    problems: tuple[Problem, ...]


class Look:
    """Looks at files one by one; what it learns of the words of one helps with the next."""

    def __init__(self) -> None:
        self._rules = registry.FileRules()
        self._vocabulary = Vocabulary(self._rules.words | WORDS)

    def analyse(self, path: str, name: str, role: str, source: bytes) -> FileResult:
        """What one file's bytes come to: they, the path, the dotted name and the role decide alone."""
        try:
            tree = ast.parse(source)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            from flaskdoctor.project.code.broken import explain

            broken = read_suppressions(source, secrets_found=False, broken=True)
            return FileResult(None, (), broken, explain(path, role, source, error))
        words = self._vocabulary.read(source)
        worth = worth_a_walk(source, words)
        wanted = self._rules.wanted(source, words, routes=worth)
        if not wanted and not worth:
            comments = read_suppressions(source, secrets_found=False)  # for what project rules find in it
            return FileResult(shallow_facts(path, name, role, tree), (), comments, ())
        module = Module(path, name, role, source, tree, words)
        found: list[Candidate] = []
        problems: list[Problem] = []
        try:
            for rule in wanted:
                try:
                    found.extend(candidates(rule, module))
                except Crashed as crash:
                    problems.append(crash_problem(rule.code, path, crash.__cause__))
            try:
                if worth:
                    facts = module_facts(module)
                else:
                    facts = shallow_facts(path, name, role, tree)._replace(browser=read_browser_facts(module))
            except RecursionError:
                raise
            except Exception as error:  # noqa: BLE001  # a file that cannot be understood must not end the scan
                facts = shallow_facts(path, name, role, tree)
                problems.append(crash_problem("facts", path, error))
        except RecursionError:
            problem = Problem("FD002", path, "is nested too deeply to be looked at")
            return FileResult(None, (), read_suppressions(source, secrets_found=False, broken=True), (problem,))
        suppressions = read_suppressions(source, secrets_found=any(item.code in SECRET_RULES for item in found))
        return FileResult(facts, tuple(found), suppressions, tuple(problems))


def crash_problem(code: str, path: str, error: BaseException | None) -> Problem:
    """A rule that raised (or "facts"), as FD004 reports it: where in flaskdoctor, and nothing of the project's text."""
    place = ""
    trace = error.__traceback__ if error is not None else None
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename.replace(os.sep, "/").rpartition("flaskdoctor/")[2]
        place = f"{file}:{trace.tb_lineno}"
        trace = trace.tb_next
    what = "reading the facts of this file" if code == "facts" else f"rule {code}"
    return Problem("FD004", path, f"{what} raised {type(error).__name__} at {place}; everything else went on")
