"""Overview: the score and its trend, a line for each tip, and what to do first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from textual.app import ComposeResult
from textual.containers import Container
from textual.content import Content
from textual.message import Message

from flaskdoctor.finding import Finding, Severity, Tip
from flaskdoctor.tui import bars, safe
from flaskdoctor.tui.panes import words
from flaskdoctor.tui.panes.base import Pane, title
from flaskdoctor.tui.panes.page import prose
from flaskdoctor.tui.paper import Paper
from flaskdoctor.tui.rows import Column, Entry, Rows
from flaskdoctor.tui.session import Group, Session

if TYPE_CHECKING:
    from flaskdoctor.scan import TipState

_BARS = "▁▂▃▄▅▆▇█"


class Health(bars.Bar):
    """Score, trend, counts, size and time of the scan."""

    session: Session

    def content(self, width: int) -> Content:
        """As much as there is room for; the counts in one line where there is little."""
        unknown = self.session.unknown()
        if unknown is not None:
            return Content("\n").join(safe.line(part, ".muted") for part in unknown if part)
        assert self.session.scan is not None
        report, history = self.session.scan.report, self.session.scan.history
        lines = [Content.assemble(bars.score(report.score), "  ", trend(history, max(0, width - 9)))]
        height = self.size.height
        if height > 2:
            lines.append(gauge(report.score, width))
        if height > 9:
            lines += [Content(""), *self._counts(), Content(""), *self._fixable(), *self._scanned()]
        else:
            lines += [Content("  ").join(self._counts()), Content(", ").join(self._fixable())]
        return Content("\n").join(line.truncate(width, ellipsis=True) for line in lines)

    def _counts(self) -> list[Content]:
        kinds = (Severity.ERROR, Severity.WARNING, Severity.INFO)
        counts = [(kind, self.session.count(kind)) for kind in kinds]
        found = [Content.assemble(words.glyph(kind), " ", words.counted(kind, n)) for kind, n in counts if n]
        assert self.session.scan is not None
        if not self.session.scan.flask_found:
            found.insert(0, safe.line("No Flask found here", ".warning"))
        return found or [Content.assemble(words.OK, " nothing found")]

    def _fixable(self) -> list[Content]:
        if not self.session.findings:
            return []
        mendable, safely = self.session.fixable(), len(self.session.safe())
        key = f": {self.session.keys.shown('fix_all')}" if safely else ""
        return [
            safe.joined((str(mendable), ".strong"), (f" of {len(self.session.findings)} fixable", ".muted")),
            safe.joined((str(safely), ".strong"), (f" of them safe{key}", ".muted")),
        ]

    def _scanned(self) -> list[Content]:
        assert self.session.scan is not None
        report = self.session.scan.report
        took = f"{report.seconds * 1000:.0f} ms" if report.seconds < 1 else f"{report.seconds:.1f} s"
        lines = [safe.line(f"{words.plural(report.files, 'file')} in {took}", ".muted")]
        if report.skipped:
            lines.append(safe.line(f"{len(report.skipped)} passed over", ".faint"))
        return lines


def trend(history: Sequence[int], width: int) -> Content:
    """Past scores as bars, the newest at the right."""
    shown = list(history)[-width:] if width > 0 else []
    if len(shown) < 2:
        return Content("")
    step = shown[-1] - shown[-2]
    sparks = "".join(_BARS[min(7, value * 8 // 100)] for value in shown)
    note = f" +{step}" if step > 0 else f" {step}" if step < 0 else ""
    if len(sparks) + len(note) > width:
        sparks = sparks[len(note) :]
    return safe.joined((sparks, ".accent"), (note, ".ok" if step > 0 else ".error"))


def gauge(value: int, width: int) -> Content:
    """The score as a line."""
    full = round(value * width / 100)
    style = ".ok" if value >= 85 else ".warning" if value >= 60 else ".error"
    return Content.assemble(Content.styled("━" * full, style), Content.styled("╌" * (width - full), ".faint"))


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
        """Health and tips above, what to do first below; beside them where the terminal is wide."""
        health = Health(id="overview-health")
        health.session = self.session
        with Container(id="overview-top"):
            yield health
            yield Rows(self._tip_cells, self._tip_columns(()), id="overview-tips")
        with Container(id="overview-right"):
            yield Rows(self._first_cells, self._first_columns(()), id="overview-first")
            yield Paper(id="overview-detail")

    def draw(self) -> None:
        """All three panels."""
        health, tips, first = self.query_one(Health), self._rows("overview-tips"), self._rows("overview-first")
        title(health, ("Health", ".strong"))
        title(tips, ("The eleven tips", ".strong"))
        title(first, ("Do these first", ".strong"))
        health.update()
        unknown = self.session.unknown()
        if unknown is not None:
            tips.say(safe.line(unknown[0], ".muted"))
            first.say(safe.line(unknown[0], ".muted"))
            return
        assert self.session.scan is not None
        states = _ordered(self.session.tips())
        tips.set_columns(self._tip_columns(states))
        tips.set_entries([Entry(int(state.tip), state) for state in states])
        things = self.session.first_things()
        if not things:
            first.say(safe.line("None: nothing was found to mend", ".muted"))
        else:
            first.set_columns(self._first_columns(things))
            first.set_entries([Entry(group.first.code, group) for group in things])
            self.select_again()
        self.moved()

    def list_rows(self) -> Rows:
        """What to do first."""
        return self._rows("overview-first")

    def panels(self) -> tuple[str, ...]:
        """With the details where there is room for them."""
        return (*self.PANELS, "overview-detail") if self.shows_finding() else self.PANELS

    def shows_finding(self) -> bool:
        """Whether there is room for the details."""
        return bool(self.query_one("#overview-detail").display)

    def moved(self) -> None:
        """The selected thing close up, where there is room."""
        detail = self.query_one("#overview-detail", Paper)
        finding = self.finding()
        if not self.shows_finding():
            return
        if self._rows("overview-tips").has_focus:
            self._lesson(detail)
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
        if self._rows("overview-tips").has_focus or rows.selected is None:
            return None
        return cast("Group", rows.selected.item).first

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
        note = max((_note(state).cell_length for state in states), default=0)
        short = max((_short_note(state).cell_length for state in states), default=0)
        return (
            Column(1),
            Column(2, right=True, gap=1),
            Column(0),
            Column(short, shown_below=46, right=True),
            Column(note, shown_from=46, right=True),
        )

    def _tip_cells(self, item: object) -> Sequence[Content]:
        state = cast("TipState", item)
        worst = next((severity for severity, count in _counts(state) if count), None)
        sign = words.glyph(worst) if worst is not None else words.OK if state.state == "ok" else words.NOTHING
        style = "" if worst is not None or state.state == "ok" else ".muted"
        number, name = safe.line(str(int(state.tip)), ".muted"), safe.line(state.tip.title, style)
        return sign, number, name, _short_note(state), _note(state)


_STATES = {"none": "not used here"}


def _counts(state: TipState) -> tuple[tuple[Severity, int], ...]:
    return ((Severity.ERROR, state.errors), (Severity.WARNING, state.warnings), (Severity.INFO, state.infos))


def _note(state: TipState) -> Content:
    """The counts, the two worst where there are three kinds; else the state in words."""
    pairs = [(severity, count) for severity, count in _counts(state) if count][:2]
    if pairs:
        return Content("  ").join(words.counted(severity, count) for severity, count in pairs)
    return safe.line(_STATES.get(state.state, state.state), ".ok" if state.state == "ok" else ".faint")


def _short_note(state: TipState) -> Content:
    """The counts by sign, or the state in words."""
    pairs = [(severity, count) for severity, count in _counts(state) if count]
    if not pairs:
        return _note(state)
    return Content(" ").join(Content.assemble(words.glyph(severity), f"{count}") for severity, count in pairs)


def _ordered(tips: Sequence[TipState]) -> list[TipState]:
    """The eleven, then upgrading and the tool where they have something to say."""
    eleven = [state for state in tips if Tip.TOOL < state.tip < Tip.UPGRADES]
    others = [state for state in tips if state.tip in (Tip.UPGRADES, Tip.TOOL) and any(state[2:])]
    return sorted(eleven) + sorted(others, reverse=True)
