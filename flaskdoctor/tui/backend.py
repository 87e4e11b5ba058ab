"""What the dashboard asks of the rest of flaskdoctor, and the plain values it gets back.

The panes know this protocol and nothing else of scanning and fixing: the work is done in a child process
(``child.py``), because ``ast.parse`` and LibCST hold the interpreter lock and would freeze the keys.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

from flaskdoctor.finding import Finding, Location

if TYPE_CHECKING:
    from flaskdoctor.scan import Scan
    from flaskdoctor.tui.watch import Signature


class RulePage(NamedTuple):
    """What the dashboard shows of a rule. ``page`` is Markdown, ``why``, ``instead``
    and ``risk`` are parts of it for the panels."""

    code: str
    name: str
    page: str
    why: str = ""
    instead: str = ""
    fix_title: str = ""
    risk: str = ""


class FileChange(NamedTuple):
    """The change to one file: a unified diff, or words alone where the text could hold secrets."""

    path: str
    diff: str
    summary: str = ""


class Preview(NamedTuple):
    """What fixing some findings would do. ``refused`` pairs a finding with the reason why it stays; ``plan``
    names the plan that was shown, so that this and nothing else is applied. ``notes`` say what is left to do by hand.
    """

    changes: tuple[FileChange, ...] = ()
    fixed: tuple[Finding, ...] = ()
    refused: tuple[tuple[Finding, str], ...] = ()
    plan: int = 0
    notes: tuple[str, ...] = ()


class Look(NamedTuple):
    """A finding seen close up: masked lines of code around it (number, text, whether it is about that line), and
    its rule."""

    excerpt: tuple[tuple[int, str, bool], ...] = ()
    rule: RulePage | None = None


class Record(NamedTuple):
    """One applied fix, as History shows it. ``when`` is seconds since the epoch, ``state`` "applied", "undone",
    "interrupted" or "conflict" (it cannot be undone, ``problem`` says why)."""

    id: str
    when: float
    titles: tuple[str, ...]
    changes: tuple[FileChange, ...]
    state: str = "applied"
    problem: str = ""

    @property
    def undone(self) -> bool:
        """Whether it was taken back."""
        return self.state == "undone"


class Outcome(NamedTuple):
    """What applying or undoing did: the record, what was mended, what was refused, the files written."""

    record: str = ""
    fixed: tuple[Finding, ...] = ()
    refused: tuple[tuple[Finding, str], ...] = ()
    paths: tuple[str, ...] = ()


class Scanned(NamedTuple):
    """A scan with what the dashboard needs beside it.

    ``since`` is what ``stat`` said of ``scan.inputs``; ``records`` is the journal, newest first.
    """

    scan: Scan
    since: Signature = ()
    records: tuple[Record, ...] = ()


class Backend(Protocol):
    """Every method may raise ``UserError``."""

    async def scan(self) -> Scanned:
        """Look at the whole project."""

    async def look(self, finding: Finding) -> Look:
        """The code around ``finding`` and the page of its rule."""

    async def excerpt(self, location: Location) -> Look:
        """The code at a place that no finding is about."""

    async def preview(self, findings: Sequence[Finding]) -> Preview:
        """What fixing ``findings`` would change; writes nothing."""

    async def apply(self, preview: Preview) -> Outcome:
        """Make the changes that ``preview`` shows; ``Conflict`` where a file has changed since."""

    async def ignore(self, finding: Finding) -> Outcome:
        """Write the comment that switches ``finding`` off."""

    async def undo(self, record: str) -> Outcome:
        """Take a fix back."""

    async def page(self, code: str) -> RulePage:
        """The documentation of a rule."""

    async def close(self) -> None:
        """End; nothing is left running."""
