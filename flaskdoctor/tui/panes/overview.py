"""Overview: the score and its trend, a line for each tip, and what to do first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, cast

from textual.app import ComposeResult
from textual.containers import Container
from textual.content import Content
from textual.message import Message

from flaskdoctor.finding import Finding, Location, Severity
from flaskdoctor.tui import safe
from flaskdoctor.tui.panes import words
from flaskdoctor.tui.panes.base import Pane, title
from flaskdoctor.tui.panes.health import Health
from flaskdoctor.tui.panes.page import prose
from flaskdoctor.tui.paper import Paper, Prose
from flaskdoctor.tui.rows import Column, Entry, Rows
from flaskdoctor.tui.session import Group

if TYPE_CHECKING:
    from flaskdoctor.scan import TipState

_SHORT = 11  # cells before the message in a finding's line
_WORDY = 60  # cells of a list from which on counts have words
_FILES = 40  # of those with the most findings


class FileState(NamedTuple):
    """A file and how many findings it has."""

    path: str
    errors: int = 0
    warnings: int = 0
    infos: int = 0


class OverviewPane(Pane):
    """The first tab."""

    TAB, TITLE = "overview", "Overview"
    PANELS = ("overview-first", "overview-tips")

    class Wanted(Message):
        """Go to Code: to this finding, or to these words as a filter; or to a lesson."""

        def __init__(self, finding: Finding | None = None, words: str = "", lesson: str = "") -> None:
            super().__init__()
            self.finding = finding
            self.words = words
            self.lesson = lesson

    def compose(self) -> ComposeResult:
        """Health and tips above, what to do first below; beside them, with the files that have the most, where the
        terminal is wide."""
        health = Health(id="overview-health")
        health.session = self.session
        with Container(id="overview-top"):
            yield health
            yield Rows(self._tip_cells, self._tip_columns(()), id="overview-tips")
            yield Rows(self._file_cells, (), id="overview-files")
        with Container(id="overview-right"):
            yield Rows(self._first_cells, self._first_columns(()), id="overview-first")
            yield Paper(id="overview-detail")

    def draw(self) -> None:
        """All panels."""
        health, tips, first = self.query_one(Health), self._rows("overview-tips"), self._rows("overview-first")
        files = self._rows("overview-files")
        title(files, ("Files with most findings", ".strong"))
        title(health, ("Health", ".strong"))
        title(tips, ("The eleven tips", ".strong"))
        title(first, ("Do these first", ".strong"))
        health.update()
        unknown = self.session.unknown()
        if unknown is not None:
            tips.say(safe.line(unknown[0], ".muted"))
            files.say(safe.line(unknown[0], ".muted"))
            first.say(safe.line(unknown[0], ".muted"))
            return
        assert self.session.scan is not None
        states = sorted(self.session.tips())
        tips.set_columns(self._tip_columns(states))
        tips.set_entries([Entry(int(state.tip), state) for state in states])
        things = self.session.first_things()
        if not things:
            first.say(safe.line("None: nothing was found to mend", ".muted"))
        else:
            first.set_columns(self._first_columns(things))
            first.set_entries([Entry(group.first.code, group) for group in things])
            self.select_again()
        if files.display:
            self._draw_files(files)
        self.draw_details()

    def _draw_files(self, files: Rows) -> None:
        states = self._files()
        if not states:
            files.say(safe.line("None: nothing was found in a file", ".muted"))
            return
        files.set_columns((Column(0, tail=True), *_count_columns(states)))
        files.set_entries([Entry(state.path, state) for state in states])

    def _files(self) -> list[FileState]:
        """The files with the most and the worst findings."""
        found = Counter((finding.location.path, finding.severity) for finding in self.session.findings)
        kinds = (Severity.ERROR, Severity.WARNING, Severity.INFO)
        paths = {path for path, _ in found if path}
        states = [FileState(path, *(found[path, kind] for kind in kinds)) for path in paths]
        states.sort(key=lambda state: (-state.errors, -state.warnings, -state.infos, state.path))
        return states[:_FILES]

    def list_rows(self) -> Rows:
        """What to do first."""
        return self._rows("overview-first")

    def panels(self) -> tuple[str, ...]:
        """With the files and the details where there is room for them."""
        return (*self.PANELS, "overview-files", "overview-detail") if self.shows_finding() else self.PANELS

    def shows_finding(self) -> bool:
        """Whether there is room for the details."""
        return bool(self.query_one("#overview-detail").display)

    def show_details(self) -> None:
        """The selected thing close up, where there is room."""
        detail = self.query_one("#overview-detail", Paper)
        finding = self.finding()
        if not self.shows_finding():
            return
        if self._rows("overview-tips").has_focus:
            self._lesson(detail)
        if (path := self._file()) and self.session.scan is not None:
            own = [finding for finding in self.session.findings if finding.location.path == path]
            own.sort(key=lambda finding: (-finding.severity, finding.location))
            title(detail, (path, ".strong"), (f"  {words.plural(len(own), 'finding')}", ".muted"))
            detail.show(path, [Prose(words.in_short(finding), _SHORT) for finding in own])
        if finding is None:
            return
        title(detail, (finding.code, ".strong"), (f" {finding.name}", ".muted"))
        detail.show(finding.key, self.page_of(finding))

    def _lesson(self, detail: Paper) -> None:
        """The selected tip's lesson."""
        from flaskdoctor.lessons import LESSONS

        selected = self._rows("overview-tips").selected
        if selected is None:
            return
        tip = cast("TipState", selected.item).tip
        title(detail, (f"Tip {int(tip)}", ".strong"), (f" {tip.title}", ".muted"))
        detail.show(tip, prose(LESSONS.get(tip, "")))

    def finding(self) -> Finding | None:
        """The first finding of the selected thing to do."""
        rows = self._rows("overview-first")
        if self._rows("overview-tips").has_focus or self._file() or rows.selected is None:
            return None
        return cast("Group", rows.selected.item).first

    def _file(self) -> str:
        """The selected file, where the files have the focus."""
        files = self._rows("overview-files")
        return cast("FileState", files.selected.item).path if files.has_focus and files.selected is not None else ""

    def place(self) -> Location | None:
        """The finding's, or the file."""
        path = self._file()
        return Location(path) if path else super().place()

    def page_code(self) -> str:
        """The tip's lesson, or the finding's rule."""
        tips = self._rows("overview-tips")
        if tips.has_focus and tips.selected is not None:
            return f"tip:{int(cast('TipState', tips.selected.item).tip)}"
        return super().page_code()

    def on_rows_opened(self, event: Rows.Opened) -> None:
        """Enter goes there."""
        item = event.entry.item
        if isinstance(item, Group):
            self.post_message(self.Wanted(finding=item.first))
        elif isinstance(item, FileState):
            self.post_message(self.Wanted(words=item.path))
        else:
            state = cast("TipState", item)
            self.post_message(self.Wanted(lesson=f"tip:{int(state.tip)}"))

    def _rows(self, name: str) -> Rows:
        return self.query_one(f"#{name}", Rows)

    def _first_columns(self, things: Sequence[Group]) -> tuple[Column, ...]:
        shown = [group.first for group in things]
        code = max((len(finding.code) for finding in shown), default=5)
        return (
            Column(3, shown_below=90),
            Column(9, shown_from=90),
            Column(code, shown_from=48),
            Column(0),
            words.place_column(shown, 72),
            Column(4, shown_from=36),
        )

    def _first_cells(self, item: object) -> Sequence[Content]:
        group = cast("Group", item)
        finding = group.first
        more = (f"  ×{group.size}", ".muted") if group.size > 1 else ""
        return (
            words.severity_letter(finding.severity),
            words.severity_word(finding.severity),
            safe.line(finding.code, ".muted"),
            safe.joined(finding.message, more),
            words.finding_place(finding),
            words.fix_cell(finding.fix),
        )

    def _tip_columns(self, states: Sequence[TipState]) -> tuple[Column, ...]:
        name = max((len(state.tip.title) for state in states), default=0)
        return (
            Column(1),
            Column(2, right=True, gap=1),
            Column(name, shown_from=46),
            Column(0),
            *_count_columns(states),
        )

    def _tip_cells(self, item: object) -> Sequence[Content]:
        state = cast("TipState", item)
        worst = next((severity for severity, count in _counts(state) if count), None)
        sign = words.glyph(worst) if worst is not None else words.OK if state.state == "ok" else words.NOTHING
        style = "" if worst is not None or state.state == "ok" else ".muted"
        number, name = safe.line(str(int(state.tip)), ".muted"), safe.line(state.tip.title, style)
        note = _note(state) if worst is None else Content("")
        if self._rows("overview-tips").size.width < 46:  # one cell for both
            name, note = Content(""), Content("  ").join(part for part in (name, note) if part)
        return sign, number, name, note, *_count_cells(state)

    def _file_cells(self, item: object) -> Sequence[Content]:
        state = cast("FileState", item)
        return safe.line(state.path), *_count_cells(state)


_STATES = {"none": "not used here"}


def _counts(state: TipState | FileState) -> tuple[tuple[Severity, int], ...]:
    return ((Severity.ERROR, state.errors), (Severity.WARNING, state.warnings), (Severity.INFO, state.infos))


def _count_columns(states: Sequence[TipState | FileState]) -> list[Column]:
    """A column for each severity, its sign and the count, or the count and its word."""
    most = [max((count for _, count in kind), default=0) for kind in zip(*map(_counts, states), strict=True)]
    signs = [Column(len(f"  {count}"), shown_below=_WORDY, gap=1) for count in most]
    named = zip(most, ("errors", "warnings", "infos"), strict=False)
    return [*signs, *(Column(len(f"{count} {word}"), shown_from=_WORDY) for count, word in named)]


def _count_cells(state: TipState | FileState) -> list[Content]:
    """The cells of ``_count_columns``."""
    pairs = [(severity, count) for severity, count in _counts(state)]
    nothing = Content("")
    signs = [
        Content.styled(f"{words.sign(kind)} {count}", words.style(kind)) if count else nothing for kind, count in pairs
    ]
    return [*signs, *(words.counted(kind, count) if count else nothing for kind, count in pairs)]


def _note(state: TipState) -> Content:
    """The state in words."""
    return safe.line(_STATES.get(state.state, state.state), ".ok" if state.state == "ok" else ".faint")
