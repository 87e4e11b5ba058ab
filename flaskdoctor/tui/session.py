"""The dashboard's state, with no widget in it: what is known, what is shown, what was done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable
from typing import TYPE_CHECKING, NamedTuple

from flaskdoctor.finding import Finding, Fix, Severity, Tip
from flaskdoctor.tui.backend import Look, Preview, Record, Scanned
from flaskdoctor.tui.keys import KEYMAP
from flaskdoctor.tui.server import Server

if TYPE_CHECKING:
    from flaskdoctor.scan import Scan, TipState

READ_ONLY = "Read-only: nothing is written"
SORTS = ("severity", "file", "rule", "tip")  # of the Code tab
_EXACT = ("tip:", "fix:")  # words of a filter that are not looked for in texts


class Failed(NamedTuple):
    """Why something is not known, and what to do."""

    title: str
    hint: str = ""


class Group(NamedTuple):
    """The findings of one rule, told as one thing to do."""

    first: Finding
    size: int


class Session:
    """What the panes draw. Handlers change it, panes only read."""

    def __init__(self, root: str, *, read_only: bool = False) -> None:
        self.root = root
        self.read_only = read_only
        self.scanned: Scanned | None = None
        self.scanning = False
        self.announced = False  # a scan that takes long enough to be worth saying
        self.failed: Failed | None = None
        self._counts: Counter[Severity] = Counter()  # counted once a scan: the bars ask with every key
        self._safe: list[Finding] = []
        self._fixable = 0
        self.keys = KEYMAP
        self.selected: dict[str, str] = {}  # marks of the rows to select in tabs that were not drawn yet
        self.sorts: dict[str, str] = {}  # the order of each tab, where one was chosen
        self.filters: dict[str, str] = {}
        self.looks: dict[Hashable, Look] = {}
        self.previews: dict[Hashable, Preview | Failed] = {}
        self.stale: set[Hashable] = set()  # findings whose preview is of the scan before
        self.stale_looks: set[Hashable] = set()
        self.done: set[Hashable] = set()  # fixed since the last scan
        self.applied: list[str] = []  # records of this run, oldest first
        self.server = Server()  # what is known of the running server

    @property
    def scan(self) -> Scan | None:
        """The last scan that worked."""
        return self.scanned.scan if self.scanned else None

    @property
    def records(self) -> tuple[Record, ...]:
        """The journal, newest first."""
        return self.scanned.records if self.scanned else ()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All findings, by place."""
        return self.scanned.scan.report.findings if self.scanned else ()

    def take(self, scanned: Scanned) -> None:
        """A new picture: what was known of single findings may be out of date."""
        self.scanned = scanned
        self.failed = None
        self._counts = Counter(finding.severity for finding in self.findings)
        self._safe = [finding for finding in self.findings if finding.fix is Fix.SAFE]
        self._fixable = sum(1 for finding in self.findings if finding.fix is not None)
        here = {finding.key for finding in self.findings} | self.server.keys
        self.looks = {key: look for key, look in self.looks.items() if key in here}
        self.previews = {key: preview for key, preview in self.previews.items() if key in here}
        self.stale, self.stale_looks = set(self.previews), set(self.looks)
        self.done = set()

    def unknown(self) -> tuple[str, str] | None:
        """Why there is nothing to show (title, hint); None when a scan has ended well.

        A folder without Flask is unknown ground, not a healthy project.
        """
        if self.scan is not None:
            if self.scan.flask_found or self.findings:
                return None
            count = self.scan.report.files
            files = f"{count} Python file{'' if count == 1 else 's'} looked at"
            return "No Flask found here", f"{files}: none imports Flask, and no requirement names it."
        if self.failed is not None and not self.scanning:
            return f"Unknown: {self.failed.title}", self.failed.hint
        return "Scanning: not yet known", ""

    def matching(self) -> list[Finding]:
        """The findings that pass the filter, in the chosen order."""
        words = self.filters.get("code", "").lower().split()
        chosen = [finding for finding in self.findings if _matches(finding, words)]
        chosen.sort(key=_ORDERS[self.sorts.get("code", SORTS[0])])
        return chosen

    def words(self, tab: str) -> list[str]:
        """The words of a tab's filter that are looked for in texts: to be set off there."""
        return [word for word in self.filters.get(tab, "").lower().split() if not word.startswith(_EXACT)]

    def group_of(self, finding: Finding) -> str:
        """The heading that ``finding`` stands under; empty when the list is not grouped."""
        sort = self.sorts.get("code", "")
        if sort == "file":
            return finding.location.path or "the project"
        if sort == "rule":
            return f"{finding.code} {finding.name}"
        if sort == "tip":
            return f"{int(finding.tip)} {finding.tip.title}"
        return ""

    def first_things(self) -> list[Group]:
        """What to do first: one line a rule, the worst and the mendable ahead."""
        groups: dict[str, list[Finding]] = {}
        for finding in (*self.findings, *self.live_findings):
            groups.setdefault(finding.code, []).append(finding)
        chosen = [Group(min(group, key=urgency), len(group)) for group in groups.values()]
        return sorted(chosen, key=lambda group: urgency(group.first))

    @property
    def live_findings(self) -> tuple[Finding, ...]:
        """What is wrong with the running server and counts there. The score never hangs on it."""
        return tuple(finding for finding in self.server.findings if finding.severity > Severity.INFO)

    def tips(self) -> tuple[TipState, ...]:
        """How each tip stands, the running server included."""
        if self.scan is None:
            return ()
        found = Counter((finding.tip, finding.severity) for finding in self.server.findings)
        states = []
        for state in self.scan.tips:
            errors, warnings, infos = (
                before + found[state.tip, severity]
                for before, severity in zip(state[2:], (Severity.ERROR, Severity.WARNING, Severity.INFO), strict=True)
            )
            word = self.server.word if state.tip is Tip.LIVE else state.state
            states.append(state._replace(state=word, errors=errors, warnings=warnings, infos=infos))
        return tuple(states)

    def count(self, severity: Severity) -> int:
        """How many findings have ``severity``."""
        return self._counts[severity]

    def worst(self) -> Severity | None:
        """The worst severity there is."""
        return max(self._counts, default=None)

    def fixable(self) -> int:
        """How many findings have a fix."""
        return self._fixable

    def safe(self) -> list[Finding]:
        """The findings whose fix is safe."""
        return self._safe

    def last_applied(self) -> Record | None:
        """The newest fix of this run that is not taken back."""
        by_id = {record.id: record for record in self.records}
        for record_id in reversed(self.applied):
            record = by_id.get(record_id)
            if record is not None and record.state == "applied":
                return record
        return None


# A secret cannot move to a .env that git would commit: these come before the fixes that wait for them.
_BEFORE_OTHERS = frozenset({"FD330", "FD331"})


def urgency(finding: Finding) -> tuple[object, ...]:
    """Sorts the most urgent first: errors, leaked secrets among them, what can be mended, then by place."""
    leaks = finding.tip is Tip.SECRETS
    return (
        -finding.severity,
        not leaks,
        finding.code not in _BEFORE_OTHERS,
        finding.fix is None,
        finding.code,
        finding.location,
    )


def _severity(finding: Finding) -> tuple[object, ...]:
    return (-finding.severity, finding.location, finding.code)


def _file(finding: Finding) -> tuple[object, ...]:
    return (finding.location, finding.code)


def _rule(finding: Finding) -> tuple[object, ...]:
    return (finding.tip, finding.code, finding.location)


_ORDERS = {"severity": _severity, "file": _file, "rule": _rule, "tip": _rule}


def _matches(finding: Finding, words: Iterable[str]) -> bool:
    """Every word occurs somewhere in what the row or its page says; ``tip:3`` is exact."""
    text = " ".join(
        (finding.code, finding.name, finding.message, finding.location.path, finding.severity.word, finding.tip.title)
    ).lower()
    fix = finding.fix.value if finding.fix else "advice"
    for word in words:
        if word.startswith("tip:"):
            if word[4:] != str(int(finding.tip)):
                return False
        elif word.startswith("fix:"):
            if word[4:] != fix:
                return False
        elif word not in text:
            return False
    return True
