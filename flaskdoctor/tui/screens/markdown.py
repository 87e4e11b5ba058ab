"""Markdown as the rest of the dashboard looks: code in the same few colours. Loaded with the first page."""

from __future__ import annotations

from textual.content import Content
from textual.highlight import HighlightTheme, highlight
from textual.widgets import Markdown
from textual.widgets.markdown import MarkdownFence

_COLORS = {
    "Token.Comment": "$fd-muted",
    "Token.Keyword": "$secondary",
    "Token.Operator.Word": "$secondary",
    "Token.Name.Builtin.Pseudo": "$secondary",
    "Token.Literal.String": "$success",
    "Token.Literal.Number": "$warning",
    "Token.Name.Decorator": "$warning",
    "Token.Name.Function": "$accent",
    "Token.Name.Class": "$accent",
}


class Colors(HighlightTheme):
    """Those of ``highlight.py``."""

    STYLES = {token: _COLORS[str(token)] for token in HighlightTheme.STYLES if str(token) in _COLORS}


class Fence(MarkdownFence):
    """A block of code."""

    @classmethod
    def highlight(cls, code: str, language: str, ansi: bool = False, dark: bool = False) -> Content:  # noqa: ARG003
        """The code, coloured."""
        return highlight(code, language=language or "text", theme=Colors)


class Page(Markdown):
    """A rule's page or a lesson."""

    BLOCKS = {**Markdown.BLOCKS, "fence": Fence, "code_block": Fence}
