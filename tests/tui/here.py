"""The dashboard's backend without its process: the same answers, in this one. Starting a Python takes most of a test's
time."""

from __future__ import annotations

from typing import TypeVar

from flaskdoctor.project.vcs.gitcommand import Running
from flaskdoctor.scan import Options
from flaskdoctor.tui.child import Answers
from flaskdoctor.tui.client import ChildBackend

T = TypeVar("T")


class Here(ChildBackend):
    """The same requests, answered without a pipe between."""

    def __init__(self, root: object) -> None:
        super().__init__(str(root), Options())
        self._answers = Answers()

    async def _ask(self, answer: type[T], kind: str, *arguments: object) -> T:
        value = self._answers.answer(kind, self._root, Options(), arguments)
        assert isinstance(value, answer)
        return value

    async def close(self) -> None:
        Running.stop_all()
