"""The question before a change that is not plainly safe, or before many: y, and nothing else, says yes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
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
        """Apply, but nothing that could not be shown."""
        self.dismiss(None if self.broken else True)


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
        *_left_to_do(preview),
        heading("The change" if len(preview.changes) < 2 else f"The changes, {len(preview.changes)} files"),
        *changes(preview.changes),
    ]
    title = safe.joined((finding.code, ".strong"), (" unsafe fix", ".warning"))
    return Confirm(title, blocks, _HINT)


def batch(preview: Preview) -> Confirm:
    """The question for all safe fixes at once: the list, then the changes."""
    count = words.plural(len(preview.fixed), "safe fix", "es")
    groups: dict[str, list[Finding]] = {}
    for finding in preview.fixed:
        groups.setdefault(finding.code, []).append(finding)
    blocks: list[Block] = [block for group in groups.values() for block in _listed(group)]
    blocks += [Prose(safe.joined((f"{finding.code} stays: ", ".warning"), why), 4) for finding, why in preview.refused]
    blocks += [BLANK, *_left_to_do(preview), heading("The changes"), *changes(preview.changes)]
    return Confirm(Content.styled(count, ".strong"), blocks, _HINT)


def _left_to_do(preview: Preview) -> list[Block]:
    """What the fix cannot do itself: to be read before ``y`` is pressed."""
    if not preview.notes:
        return []
    return [heading("What is left to you"), *(Prose(safe.line(f"- {words}"), 2) for words in preview.notes), BLANK]


def _listed(group: Sequence[Finding]) -> list[Block]:
    """One rule's fixes: what they are about, then the places, the path once a file."""
    first = group[0]
    what = first.message if len(group) == 1 else f"{first.name}, {len(group)} places"
    places: list[str] = []
    for path, findings in groupby(group, key=lambda finding: finding.location.path):
        lines = [f":{finding.location.line}" for finding in findings if finding.location.line]
        places.append(path + " ".join(lines))
    code = (f" {first.code:<7}", ".muted")
    return [
        Prose(safe.joined(words.severity_letter(first.severity), code, what), 4),
        Prose(safe.line("    " + ", ".join(places), ".muted"), 4),
    ]
