"""Code: every finding, and the selected one close up with the diff that its fix would make."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import cast

from textual.content import Content

from flaskdoctor.finding import Finding
from flaskdoctor.tui import safe
from flaskdoctor.tui.panes import words
from flaskdoctor.tui.panes.listing import ListPane, grouped
from flaskdoctor.tui.paper import Block
from flaskdoctor.tui.rows import Column, Entry
from flaskdoctor.tui.session import SORTS, Session


class CodePane(ListPane):
    """The findings."""

    TAB, TITLE, LIST_TITLE = "code", "Code", "Findings"
    FILTERS = SHOWS_FINDING = True
    SORTS = SORTS

    @classmethod
    def badge(cls, session: Session) -> tuple[str, str]:
        """How many there are, in the worst one's colour."""
        worst = session.worst()
        return (str(len(session.findings)), words.style(worst)) if worst is not None else ("", "")

    def columns(self) -> Sequence[Column]:
        """Severity, code, message, place, fix."""
        code = max((len(finding.code) for finding in self.session.findings), default=5)
        return (
            Column(3, shown_below=110),
            Column(9, shown_from=110),
            Column(code, shown_from=48),
            Column(0),
            words.place_column(self.session.findings, 68),
            Column(4, shown_from=36),
        )

    def cells(self, item: object) -> Sequence[Content]:
        """One finding."""
        finding = cast("Finding", item)
        return (
            words.severity_letter(finding.severity),
            words.severity_word(finding.severity),
            safe.line(finding.code, ".muted"),
            safe.line(finding.message),
            words.place_cell(finding.location),
            words.fix_cell(finding.fix),
        )

    def entries(self) -> tuple[list[Entry], int]:
        """Findings that match, under the headings of their groups."""
        group_of = self.session.group_of
        rows = ((group_of(finding), Entry(finding.key, finding)) for finding in self.session.matching())
        return grouped(rows), len(self.session.findings)

    def none(self) -> str:
        """A clean project."""
        return "None: nothing was found to mend"

    def would_be(self) -> str:
        """What will be here."""
        return "What is found is listed here, each with its code, why it matters and the change that mends it."

    def details(self, item: object) -> tuple[Hashable, Content, list[Block]]:
        """The finding's page."""
        finding = cast("Finding", item)
        page = self.page_of(finding)
        return finding.key, safe.joined((finding.code, ".strong"), (f" {finding.name}", ".muted")), page

    def finding(self) -> Finding | None:
        """The selected finding."""
        selected = self.rows.selected
        return selected.item if selected is not None and isinstance(selected.item, Finding) else None
