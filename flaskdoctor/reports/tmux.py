"""A segment of tmux's status line: ``✖2 ▲9 71``, with colours in tmux's own words.

Nothing in it comes from the project, so there is nothing to escape. tmux shows what is written to standard output, and
nothing where that is nothing: no Flask project, no segment.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from flaskdoctor.finding import Severity
from flaskdoctor.reports import Context, Part, count

_UP, _DOWN = "●", "○"
_ASCII = {"✖": "E", "▲": "W", "✔": "ok", _UP: "up", _DOWN: "down"}


class _Piece(NamedTuple):
    colour: str
    glyph: str
    number: str = ""


def render(parts: Sequence[Part], context: Context) -> str:
    """Errors and warnings of all projects, the lowest score, and with ``--url`` whether the server is there."""
    findings = [finding for part in parts for finding in part.report.findings]
    errors, warnings = count(findings, Severity.ERROR), count(findings, Severity.WARNING)
    pieces = []
    if errors:
        pieces.append(_Piece("red", "✖", str(errors)))
    if warnings:
        pieces.append(_Piece("yellow", "▲", str(warnings)))
    if not pieces:
        pieces.append(_Piece("green", "✔"))
    probed = [part.probed for part in parts if part.probed is not None]
    pieces += [_Piece("red", _DOWN) if each.failure else _Piece("green", _UP) for each in probed]
    score = min(part.report.score for part in parts)
    shown = [_style(f"fg={piece.colour}", context) + _glyph(piece.glyph, context) + piece.number for piece in pieces]
    return " ".join([*shown, f"{_style('default', context)}{score}"]) + "\n"


def _style(style: str, context: Context) -> str:
    return "" if context.plain else f"#[{style}]"


def _glyph(glyph: str, context: Context) -> str:
    return glyph if context.unicode else _ASCII[glyph]
