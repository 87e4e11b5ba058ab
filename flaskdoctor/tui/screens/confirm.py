"""The question before a change that is not plainly safe, or before many: y, and nothing else, says yes."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content

from flaskdoctor.finding import Finding
from flaskdoctor.tui import safe
from flaskdoctor.tui.backend import Preview, RulePage
from flaskdoctor.tui.panes import words
from flaskdoctor.tui.panes.page import changes, heading, prose
from flaskdoctor.tui.paper import BLANK, Block, Prose
from flaskdoctor.tui.screens.sheet import PaperSheet

_HINT = "y apply   esc leave it"


class Confirm(PaperSheet[bool]):
    """Dismissed with True after ``y`` only; Enter and the key that opened it do nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "yes", show=False),
        Binding("n", "leave", show=False),
    ]

    def action_yes(self) -> None:
        """Apply."""
        self.dismiss(True)


def unsafe(finding: Finding, rule: RulePage | None, preview: Preview) -> Confirm:
    """The question for one unsafe fix: what could change, and the change."""
    risk = rule.risk if rule is not None else ""
    blocks: list[Block] = [
        Prose(safe.line(finding.message, ".strong")),
        Prose(safe.line(words.place(finding.location), ".muted")),
        BLANK,
        heading("What could change"),
        *prose(risk or "This fix can change how the project behaves."),
        BLANK,
        heading("The change"),
        *changes(preview.changes),
    ]
    title = safe.joined((finding.code, ".strong"), (" unsafe fix", ".warning"))
    return Confirm(title, blocks, _HINT)


def batch(preview: Preview) -> Confirm:
    """The question for all safe fixes at once: the list, then the changes."""
    count = words.plural(len(preview.fixed), "safe fix").replace("fixs", "fixes")
    blocks: list[Block] = [Prose(_listed(finding), 4) for finding in preview.fixed]
    blocks += [Prose(safe.joined((f"{finding.code} stays: ", ".warning"), why), 4) for finding, why in preview.refused]
    blocks += [BLANK, heading("The changes"), *changes(preview.changes)]
    return Confirm(Content.styled(count, ".strong"), blocks, _HINT)


def _listed(finding: Finding) -> Content:
    return safe.joined(
        words.severity_letter(finding.severity),
        (f" {finding.code} ", ".muted"),
        finding.message,
        (f"  {words.place(finding.location)}", ".muted"),
    )
