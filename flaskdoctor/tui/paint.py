"""How lines get onto the screen: the palette's names, and the base of every widget that draws line by line.

A widget of ours asks for a line as ``Content`` and never builds a widget a row: ten thousand findings scroll
like ten.
"""

from __future__ import annotations

from rich.segment import Segment
from textual.content import Content
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.style import Style

from flaskdoctor.tui import logbook

# Every span style in the dashboard is one of these names with a dot before it; what they look like stands in
# flaskdoctor.tcss, for true colour, 16 colours and none.
PALETTE = frozenset(
    {
        "accent", "key", "strong", "muted", "faint", "error", "warning", "info", "ok",
        "cursor", "hit", "match", "added-row", "removed-row",
    }
)  # fmt: skip


class LineView(ScrollView):
    """A scrolling widget that draws one line at a time through ``draw_line``."""

    ALLOW_SELECT = False
    _told = False

    def named(self, style: str | Style) -> Style:
        """The look of a palette name (``.muted``) in the current theme."""
        if isinstance(style, Style):
            return style
        if not style.startswith("."):
            return Style.null()
        return self.screen.get_visual_style(style[1:], partial=True)

    def line_count(self) -> int:
        """How many lines there are."""
        raise NotImplementedError

    def draw_line(self, index: int, width: int) -> tuple[Content, str]:
        """Line ``index``, at most ``width`` cells, and the palette name of the row's ground (or '')."""
        raise NotImplementedError

    def render_line(self, y: int) -> Strip:
        """Textual's line API: row ``y`` of the visible part."""
        width = self.scrollable_content_region.width
        index = y + self.scroll_offset.y
        ground = self.visual_style
        if index >= self.line_count():
            return Strip.blank(width, ground.rich_style)
        try:
            content, row_style = self.draw_line(index, width)
        except Exception as error:  # noqa: BLE001  (one line that cannot be drawn must not end the dashboard)
            if not self._told:
                logbook.write("A line could not be drawn", error)
                self._told = True
            content, row_style = Content.styled("(cannot be drawn, see the log)", ".error").truncate(width), ""
        if row_style:
            ground += self.named(row_style)
            if self.screen.get_component_styles(row_style[1:]).text_style.reverse:
                ground += Style(reverse=True)  # visual styles leave it out
        segments = [
            Segment(text, style.rich_style) for text, style in content.render(ground, end="", parse_style=self.named)
        ]
        return Strip(segments, content.cell_length).adjust_cell_length(width, ground.rich_style)
