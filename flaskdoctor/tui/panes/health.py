"""The Overview's first panel: score, trend, counts."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from flaskdoctor.finding import Severity
from flaskdoctor.tui import bars, safe
from flaskdoctor.tui.panes import words
from flaskdoctor.tui.session import Session

_COUNT = 16  # cells for a severity's count beside its bar


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
        if height > 8 and width > 40:
            joined = (Content("  ").join(parts) for parts in (self._fixable(), self._scanned()))
            lines += [Content(""), *self._counts(width), Content(""), *joined]
        elif height > 9:
            lines += [Content(""), *self._counts(), Content(""), *self._fixable(), *self._scanned()]
        else:
            lines += [Content("  ").join(self._counts()), Content("  ").join(self._fixable())]
        return Content("\n").join(line.truncate(width, ellipsis=True) for line in lines)

    def _counts(self, width: int = 0) -> list[Content]:
        """How many there are of each severity; with a bar where there is room for one."""
        kinds = (Severity.ERROR, Severity.WARNING, Severity.INFO)
        counts = [(kind, count) for kind in kinds if (count := self.session.count(kind))]
        most = max((count for _, count in counts), default=1)
        found = []
        for kind, count in counts:
            line = Content.assemble(words.glyph(kind), " ", words.counted(kind, count))
            if width:
                room = width - _COUNT
                bar = Content.styled("━" * max(1, round(room * count / most)), words.style(kind))
                line = Content.assemble(line.pad_right(max(1, _COUNT - line.cell_length)), bar)
            found.append(line)
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
        lines = [safe.line(f"{words.plural(report.files, 'file')} in {words.milliseconds(report.seconds)}", ".muted")]
        if report.skipped:
            lines.append(safe.line(f"{len(report.skipped)} passed over", ".faint"))
        return lines


def trend(history: Sequence[int], width: int) -> Content:
    """Past scores as bars, the newest at the right."""
    shown = list(history)[-width:] if width > 0 else []
    if len(shown) < 2:
        return Content("")
    step = shown[-1] - shown[-2]
    sparks = "".join(words.BARS[min(7, value * 8 // 100)] for value in shown)
    note = f" +{step}" if step > 0 else f" {step}" if step < 0 else ""
    if len(sparks) + len(note) > width:
        sparks = sparks[len(note) :]
    return safe.joined((sparks, ".accent"), (note, ".ok" if step > 0 else ".error"))


def gauge(value: int, width: int) -> Content:
    """The score as a line."""
    full = round(value * width / 100)
    return Content.assemble(
        Content.styled("━" * full, bars.score_style(value)), Content.styled("╌" * (width - full), ".faint")
    )
