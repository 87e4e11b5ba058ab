"""History: what was fixed, each with its diff, each undoable."""

from __future__ import annotations

import time
from collections.abc import Hashable, Sequence
from typing import cast

from textual.content import Content

from flaskdoctor.finding import Location
from flaskdoctor.tui import safe
from flaskdoctor.tui.backend import Record
from flaskdoctor.tui.panes import words
from flaskdoctor.tui.panes.base import words_match
from flaskdoctor.tui.panes.listing import ListPane, grouped
from flaskdoctor.tui.panes.page import changes
from flaskdoctor.tui.paper import BLANK, Block, Prose
from flaskdoctor.tui.rows import Column, Entry
from flaskdoctor.tui.session import Session

_STYLES = {"applied": ".ok", "undone": ".faint", "interrupted": ".error", "conflict": ".warning"}
_SENTENCES = {
    "applied": "applied; {undo} takes it back",
    "undone": "taken back",
    "interrupted": "interrupted: some files may be changed; {undo} puts them back",
    "conflict": "cannot be taken back: {problem}",
}


class HistoryPane(ListPane):
    """The journal of this project, newest first."""

    TAB, TITLE, LIST_TITLE = "history", "History", "Applied fixes"
    FILTERS = True
    WOULD_BE = (
        "{fix} fixes the selected finding, {fix_all} all that are safe; each is listed here, and {undo} takes it back."
    )
    SORTS = ("newest", "file")

    @classmethod
    def badge(cls, session: Session) -> tuple[str, str]:
        """How many fixes stand."""
        standing = sum(1 for record in session.records if not record.undone)
        return (str(standing), ".muted") if standing else ("", "")

    def columns(self) -> Sequence[Column]:
        """When, what, where, state."""
        records = self.session.records
        state = max((len(record.state) for record in records), default=7)
        place = max((safe.width(_where(record)) for record in records), default=7)
        return (
            Column(16, shown_from=50),
            Column(0),
            Column(place, shown_from=72, share=0.28, tail=True),
            Column(state),
        )

    def cells(self, item: object) -> Sequence[Content]:
        """One record."""
        record = cast("Record", item)
        style = ".faint" if record.undone else ""
        return (
            safe.line(moment(record.when), ".muted"),
            safe.line(_what(record), style),
            words.place_cell(Location(_where(record))),
            Content.styled(record.state, _STYLES.get(record.state, ".muted")),
        )

    def entries(self) -> tuple[list[Entry], int]:
        """Records that match, the newest first, or under the files that they changed."""
        needle = self.session.filters.get(self.TAB, "")
        records = self.session.records
        shown = [r for r in records if words_match(needle, *r.titles, *(change.path for change in r.changes))]
        if self.order == "file":
            shown.sort(key=_where)
        group = _where if self.order == "file" else lambda _: ""
        return grouped((group(record), Entry(record.id, record)) for record in shown), len(records)

    def none(self) -> str:
        """No fixes yet."""
        return "None: no fix was applied to this project yet"

    def details(self, item: object) -> tuple[Hashable, Content, list[Block]]:
        """What the fix changed."""
        record = cast("Record", item)
        blocks: list[Block] = [Prose(safe.line(text, ".strong"), 2) for text in record.titles]
        state = _SENTENCES.get(record.state, record.state).format(
            problem=record.problem, undo=self.session.keys.shown("undo")
        )
        blocks += [Prose(safe.joined((f"{moment(record.when)}  ", ".muted"), (state, ".muted"))), BLANK]
        blocks += changes(record.changes)
        return (record.id, record.state), safe.joined(("Change", ".strong")), blocks

    def record(self) -> Record | None:
        """The selected record."""
        selected = self.rows.selected
        return cast("Record", selected.item) if selected is not None else None

    def place(self) -> Location | None:
        """The first file that it changed."""
        record = self.record()
        return Location(record.changes[0].path) if record is not None and record.changes else None


def moment(when: float) -> str:
    """Local time to the minute."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(when))


def _where(record: Record) -> str:
    """The file, or how many."""
    paths = [change.path for change in record.changes]
    return words.plural(len(paths), "file") if len(paths) > 1 else "".join(paths)


def _what(record: Record) -> str:
    if not record.titles:
        return "a fix"
    more = f"  (+{len(record.titles) - 1} more)" if len(record.titles) > 1 else ""
    return record.titles[0] + more
