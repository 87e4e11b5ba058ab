"""A grade, and how it changes: plain values, for who only shows them."""

from __future__ import annotations

from typing import NamedTuple

from flaskdoctor.observatory.site import Result


class Grade(NamedTuple):
    """``letter`` from A+ to F, the score behind it, and what each test said."""

    letter: str
    score: int
    results: tuple[Result, ...]


class Graded(NamedTuple):
    """The grade ``now``, the one after the fixes (``fixed``), and the one once the policy that these only let report is
    ``enforced``. ``assumed`` are phrases for what could not be seen."""

    now: Grade
    fixed: Grade
    enforced: Grade
    assumed: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """``F -> B after the fixes, A+ with the policy enforced``, without what changes nothing."""
        text = self.now.letter
        if self.fixed.letter != self.now.letter:
            text += f" -> {self.fixed.letter} after the fixes"
        if self.enforced.letter != self.fixed.letter:
            text += f"{',' if '->' in text else ' ->'} {self.enforced.letter} with the policy enforced"
        return text
