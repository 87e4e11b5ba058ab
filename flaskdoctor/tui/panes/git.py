"""Git: what git ignores, tracks and remembers; each check with its state, also the passing ones."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, cast

from textual.content import Content

from flaskdoctor.finding import Finding, Location, Severity
from flaskdoctor.tui import safe
from flaskdoctor.tui.panes import words
from flaskdoctor.tui.panes.base import words_match
from flaskdoctor.tui.panes.listing import ListPane
from flaskdoctor.tui.panes.page import prose
from flaskdoctor.tui.paper import BLANK, Block, Prose
from flaskdoctor.tui.rows import Column, Entry
from flaskdoctor.tui.session import Session

if TYPE_CHECKING:
    from flaskdoctor.project.vcs.git import GitCheck

_WORDS = {"ok": "ok", "finding": "finding", "unknown": "unknown", "not applicable": "none"}


class GitPane(ListPane):
    """The checks."""

    TAB, TITLE, LIST_TITLE = "git", "Git", "Git checks"
    FILTERS = SHOWS_FINDING = True
    SORTS = ("state", "code")

    @classmethod
    def badge(cls, session: Session) -> tuple[str, str]:
        """How many checks found something, in the worst finding's colour."""
        found = [check.code for check in session.scan.git.checks if check.state == "finding"] if session.scan else []
        if not found:
            return "", ""
        codes = set(found)
        own = (finding.severity for finding in session.findings if finding.code in codes)
        return str(len(found)), words.style(max(own, default=Severity.WARNING))

    def columns(self) -> Sequence[Column]:
        """Sign, state, code, title, detail."""
        return (
            Column(1, shown_from=60),
            Column(3, shown_below=60),
            Column(8, shown_from=60),
            Column(5, shown_from=50),
            Column(0),
            Column(28, shown_from=100),
        )

    def cells(self, item: object) -> Sequence[Content]:
        """One check."""
        check = cast("GitCheck", item)
        finding = self._finding_of(check)
        sign, style = {
            "ok": (words.OK, ".ok"),
            "finding": (words.glyph(finding.severity) if finding else Content.styled("▲", ".warning"), ".warning"),
            "unknown": (words.UNKNOWN, ".warning"),
        }.get(check.state, (words.NOTHING, ".faint"))
        word = finding.severity.word if finding else _WORDS.get(check.state, check.state)
        if finding:
            style = f".{word}"
        return (
            sign,
            words.severity_letter(finding.severity) if finding else sign,
            safe.line(word, style),
            safe.line(check.code, ".muted"),
            safe.line(check.title, ".muted" if check.state == "not applicable" else ""),
            safe.line(check.detail, ".faint"),
        )

    def entries(self) -> tuple[list[Entry], int]:
        """Checks that match, those with something to say first, or by code."""
        assert self.session.scan is not None
        needle = self.session.filters.get(self.TAB, "")
        checks = self.session.scan.git.checks
        order = {"finding": 0, "unknown": 1, "ok": 2}
        shown = [check for check in checks if words_match(needle, check.title, check.detail, check.code, check.state)]
        if self.order == "state":
            shown.sort(key=lambda check: order.get(check.state, 3))
        else:
            shown.sort(key=lambda check: (not check.code, check.code))
        return [Entry((check.code, check.title), check) for check in shown], len(checks)

    def extra_title(self) -> Content:
        """Where the answers come from."""
        assert self.session.scan is not None
        return safe.line(f"  {self.session.scan.git.source}", ".faint")

    def none(self) -> str:
        """Nothing git could say."""
        return "None: there is nothing to ask git about"

    def details(self, item: object) -> tuple[Hashable, Content, list[Block]]:
        """The check's finding where it has one, its words otherwise."""
        check = cast("GitCheck", item)
        finding = self._finding_of(check)
        name = safe.joined((check.code, ".strong"), (f" {finding.name}" if finding else "", ".muted"))
        if finding is not None:
            page = self.page_of(finding)
            return finding.key, name, page
        blocks: list[Block] = [Prose(safe.line(check.title, ".strong")), BLANK, *prose(check.detail)]
        return (check.code, check.title), name, blocks

    def finding(self) -> Finding | None:
        """The selected check's finding."""
        selected = self.rows.selected
        return self._finding_of(cast("GitCheck", selected.item)) if selected is not None else None

    def place(self) -> Location | None:
        """The line that the selected check speaks of."""
        selected = self.rows.selected
        if selected is None:
            return None
        found = self.finding()
        return found.location if found else cast("GitCheck", selected.item).location

    def _finding_of(self, check: GitCheck) -> Finding | None:
        if check.state != "finding" or not check.code:
            return None
        own = [finding for finding in self.session.findings if finding.code == check.code]
        same = [finding for finding in own if finding.location == check.location]
        return next(iter(same or own), None)
