"""Env: one row per key, where it is set and where the code reads it; never a value."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, cast

from textual.content import Content

from flaskdoctor.finding import Finding, Location
from flaskdoctor.tui import safe
from flaskdoctor.tui.panes import words
from flaskdoctor.tui.panes.base import words_match
from flaskdoctor.tui.panes.listing import ListPane
from flaskdoctor.tui.panes.page import finding_page, heading
from flaskdoctor.tui.paper import BLANK, Block, Prose
from flaskdoctor.tui.rows import Column, Entry
from flaskdoctor.tui.session import Session

if TYPE_CHECKING:
    from flaskdoctor.project.envpicture import EnvRow

_STYLES = {"set": ".ok", "empty": ".warning", "missing": ".error"}


class EnvPane(ListPane):
    """The environment's names."""

    TAB, TITLE, LIST_TITLE = "env", "Env", "Environment"
    FILTERS = SHOWS_FINDING = True

    @classmethod
    def badge(cls, session: Session) -> tuple[str, str]:
        """How many keys have a finding."""
        count = sum(1 for row in session.scan.env.rows if row.findings) if session.scan else 0
        return (str(count), ".warning") if count else ("", "")

    def columns(self) -> Sequence[Column]:
        """Sign, key, the two files, how the code reads it and where."""
        assert self.session.scan is not None or True
        keys = [len(row.key) for row in self._all()]
        return (
            Column(1),
            Column(min(34, max(keys, default=8)), shown_from=44),
            Column(0, shown_below=44),
            Column(8, shown_from=30),
            Column(8, shown_from=52),
            Column(9, shown_from=62),
            Column(0, shown_from=44),
        )

    def cells(self, item: object) -> Sequence[Content]:
        """One key."""
        row = cast("EnvRow", item)
        found = self._findings_of(row)
        worst = max((finding.severity for finding in found), default=None)
        key = safe.line(row.key)
        reads = words.place(row.reads[0]) if row.reads else ""
        more = f" +{len(row.reads) - 1}" if len(row.reads) > 1 else ""
        return (
            words.glyph(worst) if worst is not None else words.OK,
            key,
            key,
            _state(row.in_env),
            _state(row.in_template),
            safe.line(row.kind, ".muted"),
            safe.joined((reads, ".muted"), (more, ".faint")) if reads else safe.line("not read", ".faint"),
        )

    def entries(self) -> tuple[list[Entry], int]:
        """Keys that match."""
        needle = self.session.filters.get(self.TAB, "")
        rows = self._all()
        shown = [row for row in rows if words_match(needle, row.key, row.kind, row.in_env, row.in_template)]
        return [Entry(row.key, row) for row in shown], len(rows)

    def none(self) -> str:
        """Neither files nor reads."""
        return "None: no .env file, no template, and the code reads no environment"

    def details(self, item: object) -> tuple[Hashable, Content, list[Block]]:
        """The key's first finding close up, the others, and all places that read it."""
        row = cast("EnvRow", item)
        found = self._findings_of(row)
        name = safe.joined((row.key, ".strong"), (f" {row.kind}", ".muted"))
        blocks: list[Block] = []
        if found:
            first = found[0]
            blocks += finding_page(
                first, self.session.looks.get(first.key), self.session.previews.get(first.key)
            )
            blocks += [
                Prose(safe.joined(words.severity_letter(other.severity), f" {other.code} ", other.message), 4)
                for other in found[1:]
            ]
            blocks.append(BLANK)
        blocks.append(heading("Read by the code", safe.line("" if row.reads else "nowhere", ".muted")))
        blocks += [Prose(safe.line(f"  {words.place(location)}", ".muted")) for location in row.reads]
        return row.key, name, blocks

    def finding(self) -> Finding | None:
        """The selected key's first finding."""
        selected = self.rows.selected
        if selected is None:
            return None
        return next(iter(self._findings_of(cast("EnvRow", selected.item))), None)

    def place(self) -> Location | None:
        """Where the finding is, else where the key is read."""
        found = self.finding()
        if found is not None:
            return found.location
        selected = self.rows.selected
        return next(iter(cast("EnvRow", selected.item).reads), None) if selected is not None else None

    def _all(self) -> tuple[EnvRow, ...]:
        return self.session.scan.env.rows if self.session.scan is not None else ()

    def _findings_of(self, row: EnvRow) -> list[Finding]:
        return sorted(row.findings, key=lambda finding: -finding.severity)


def _state(state: str) -> Content:
    return safe.line(state, _STYLES.get(state, ".muted"))
