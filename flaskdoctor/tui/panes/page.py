"""Pages of the detail panels and dialogs: a finding seen close up, diffs, rule texts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from textual.content import Content

from flaskdoctor.finding import Finding, Fix
from flaskdoctor.tui import highlight, safe
from flaskdoctor.tui.backend import FileChange, Look, Preview
from flaskdoctor.tui.panes import words
from flaskdoctor.tui.paper import BLANK, Block, Code, Prose
from flaskdoctor.tui.session import Failed

_HUNK = re.compile(r"@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@")

_SET_OFF = re.compile(r"`+([^`]+)`+|\*\*([^*\s](?:[^*]*[^*\s])?)\*\*")
_FENCE = re.compile(r"(?ms)^```(\w*)\n(.*?)\n?^```$")
_NAMES = 28  # cells at most for the names in a column of them
_ENDINGS = {"python": "py", "text": "txt"}


def heading(text: str, note: Content | None = None) -> Prose:
    """A section's heading, with a note beside it."""
    label = Content.styled(text, ".accent")
    return Prose(Content.assemble(label, "  ", note) if note is not None else label)


def pairs(items: Iterable[tuple[str, Content]], indent: int = 2) -> list[Block]:
    """Names and values in two columns; a long value goes on under itself."""
    items = list(items)
    width = min(_NAMES, max((safe.width(name) for name, _ in items), default=0))
    blocks: list[Block] = []
    for name, value in items:
        label = safe.line(name, ".muted").truncate(width, ellipsis=True, pad=True)
        blocks.append(Prose(Content.assemble(" " * indent, label, "  ", value), indent + width + 2))
    return blocks


def finding_page(
    finding: Finding, look: Look | None, preview: Preview | Failed | None, *, dense: bool = False
) -> list[Block]:
    """Message, code, the change that the fix would make, and why it matters; ``dense`` brings code and change
    into view together where there are few lines."""
    where = words.place(finding.location)
    if finding.location.line and finding.location.column:
        where += f":{finding.location.column}"
    air: list[Block] = [] if dense else [BLANK]
    blocks: list[Block] = [
        Prose(safe.line(finding.message, ".strong")),
        Prose(
            safe.joined(
                words.severity_word(finding.severity),
                ("  " + where if where else "", ".muted"),
                (f"  tip {int(finding.tip)} {finding.tip.title}" if finding.tip else "", ".faint"),
            )
        ),
    ]
    if look is not None and look.excerpt:
        blocks += [*air, *excerpt(finding, look.excerpt, 1 if dense else 3)]
    blocks += [*air, *fix_section(finding, look, preview, 1 if dense else 3)]
    if look is not None and look.rule is not None and look.rule.why:
        blocks += [*air, heading("Why it matters"), *prose(look.rule.why)]
    return blocks


def excerpt(finding: Finding, lines: Sequence[tuple[int, str, bool]], context: int) -> list[Block]:
    """Numbered code, the finding's lines marked, ``context`` lines around them."""
    marked = [number for number, _, hit in lines if hit]
    if marked:
        lines = [line for line in lines if marked[0] - context <= line[0] <= marked[-1] + context]
    return numbered(finding.location.path, lines)


def numbered(path: str, lines: Sequence[tuple[int, str, bool]]) -> list[Block]:
    """Lines of the file ``path`` (number, text, whether it is about this one) with their numbers."""
    if not lines:
        return []
    width = max(3, len(str(lines[-1][0])))
    blocks: list[Block] = []
    for number, text, hit in lines:
        bar = Content.styled("▌", ".accent") if hit else Content(" ")
        label = Content.styled(f"{number:>{width}}", ".key" if hit else ".faint")
        gutter = Content.assemble(bar, label, "  ")
        blocks.append(Code(gutter, highlight.code(path, text), ".hit" if hit else ""))
    return blocks


def fix_section(finding: Finding, look: Look | None, preview: Preview | Failed | None, context: int) -> list[Block]:
    """What ``f`` would do, or why it can do nothing."""
    if finding.fix is None:
        blocks: list[Block] = [heading("What to do", safe.line("no automatic fix", ".muted"))]
        text = finding.advice or (look.rule.instead if look is not None and look.rule is not None else "")
        return blocks + prose(text) if text else blocks
    rule = look.rule if look is not None else None
    kind = ("safe", ".ok") if finding.fix is Fix.SAFE else ("unsafe, asks first", ".warning")
    note = safe.joined(kind, ("  " + rule.fix_title if rule and rule.fix_title else "", ""))
    blocks = [heading("Fix", note)]
    if preview is None:
        return [*blocks, Prose(safe.line("The change is being worked out: not yet known", ".muted"))]
    if isinstance(preview, Failed):
        return [*blocks, Prose(safe.line(f"Unknown: {preview.title}", ".warning")), *prose(preview.hint)]
    own = [change.path for change in preview.changes] == [finding.location.path]
    for change in preview.changes:
        blocks += one_change(change, name_it=not own, context=context)
    blocks += [Prose(safe.joined(("Then to do: ", ".warning"), left)) for left in preview.notes]
    for _, reason in preview.refused:
        blocks.append(Prose(safe.joined(("Not fixed: ", ".warning"), reason)))
    if finding.advice:
        blocks += [BLANK, *prose(finding.advice)]
    return blocks


def changes(files: Sequence[FileChange]) -> list[Block]:
    """The diffs of several files."""
    blocks: list[Block] = []
    for number, change in enumerate(files):
        if number:
            blocks.append(BLANK)
        blocks += one_change(change, name_it=True)
    return blocks


def one_change(change: FileChange, *, name_it: bool, context: int = 3) -> list[Block]:
    """The diff of one file without git's headers, or its words where it has no diff to show."""
    blocks: list[Block] = []
    if name_it:
        blocks.append(Prose(safe.joined((change.path, ".muted"), (_kind(change.diff), ".faint"))))
    if not change.diff:
        return [*blocks, *prose(change.summary or "The change is not shown: the file can hold secrets.")]
    hunks = 0
    for text in _near_changes(change.diff.rstrip("\n").split("\n"), context):
        if match := _HUNK.match(text):
            hunks += 1
            if hunks > 1:
                blocks.append(Code(Content("  "), safe.line(f"⋯ line {match.group(2)}", ".faint")))
            continue
        sign, body = text[:1], text[1:].rstrip("\r")
        if sign == "+":
            blocks.append(Code(Content.styled("+ ", ".ok"), highlight.code(change.path, body), ".added-row"))
        elif sign == "-":
            blocks.append(Code(Content.styled("- ", ".error"), highlight.code(change.path, body), ".removed-row"))
        elif sign == "\\":
            blocks.append(Code(Content("  "), safe.line(body.strip(), ".faint")))
        else:
            blocks.append(Code(Content("  "), highlight.code(change.path, body)))
    return blocks


def _near_changes(diff: Sequence[str], context: int) -> list[str]:
    """The lines of a diff from its first hunk on that are changes, or within ``context`` lines of one."""
    start = next((number for number, text in enumerate(diff) if _HUNK.match(text)), len(diff))
    lines = diff[start:]
    changed = [number for number, text in enumerate(lines) if text[:1] in ("+", "-")]
    near = {number for change in changed for number in range(change - context, change + context + 1)}
    return [text for number, text in enumerate(lines) if number in near or text[:1] in ("@", "\\")]


def _kind(diff: str) -> str:
    if diff.startswith("--- /dev/null"):
        return "  new file"
    return "  deleted" if "\n+++ /dev/null" in diff[:400] else ""


def prose(text: str) -> list[Block]:
    """Paragraphs of Markdown read as text: lists keep their indent, code is set in and coloured."""
    blocks: list[Block] = []
    for number, piece in enumerate(_FENCE.split(text.strip())):
        if number % 3 == 1:
            language = piece
        elif number % 3 == 2:
            blocks += [BLANK, *_code(piece, f"example.{_ENDINGS.get(language, language)}")]
        else:
            for paragraph in filter(None, re.split(r"\n\s*\n", piece.strip("\n"))):
                if blocks:
                    blocks.append(BLANK)
                if paragraph.startswith("    "):
                    blocks += _code(paragraph, "")
                else:
                    blocks += [Prose(_inline(item), 2 if item[:2] in ("- ", "* ") else 0) for item in _items(paragraph)]
    return blocks


def _code(text: str, path: str) -> list[Block]:
    return [Code(Content("    "), highlight.code(path, line.removeprefix("    "))) for line in text.split("\n")]


def _items(paragraph: str) -> list[str]:
    """A paragraph's lines joined, but for list items: each is one."""
    items: list[str] = []
    for raw in paragraph.split("\n"):
        if not items or raw.lstrip().startswith(("- ", "* ", "> ")):
            items.append(raw.strip())
        else:
            items[-1] += " " + raw.strip()
    return items


def _inline(text: str) -> Content:
    """Text with its ``code`` and its ``**words**`` set off."""
    parts: list[tuple[str, str]] = []
    end = 0
    for match in _SET_OFF.finditer(text):
        parts += [(text[end : match.start()], ""), (match[1] or match[2], ".strong")]
        end = match.end()
    return safe.joined(*parts, text[end:])
