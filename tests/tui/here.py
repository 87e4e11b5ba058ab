"""The dashboard's backend without its process: the same answers, in this one. Starting a Python takes most of a test's
time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flaskdoctor.finding import Finding, Location
from flaskdoctor.project.vcs.gitcommand import Running
from flaskdoctor.scan import Options
from flaskdoctor.tui.backend import Look, Outcome, Preview, RulePage, Scanned
from flaskdoctor.tui.child import Answers


class Here:
    """``Backend`` over the child's own answers."""

    def __init__(self, root: object) -> None:
        self._root = str(root)
        self._answers = Answers()

    def _ask(self, kind: str, *arguments: object) -> Any:
        return self._answers.answer(kind, self._root, Options(), arguments)

    async def scan(self) -> Scanned:
        scanned: Scanned = self._ask("scan")
        return scanned

    async def look(self, finding: Finding) -> Look:
        look: Look = self._ask("look", finding)
        return look

    async def excerpt(self, location: Location) -> Look:
        look: Look = self._ask("excerpt", location)
        return look

    async def preview(self, findings: Sequence[Finding]) -> Preview:
        preview: Preview = self._ask("preview", tuple(findings))
        return preview

    async def apply(self, preview: Preview) -> Outcome:
        outcome: Outcome = self._ask("apply", preview.plan)
        return outcome

    async def ignore(self, finding: Finding) -> Outcome:
        outcome: Outcome = self._ask("ignore", finding)
        return outcome

    async def undo(self, record: str) -> Outcome:
        outcome: Outcome = self._ask("undo", record)
        return outcome

    async def page(self, code: str) -> RulePage:
        page: RulePage = self._ask("page", code)
        return page

    async def close(self) -> None:
        Running.stop_all()
