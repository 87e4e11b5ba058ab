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

from flaskdoctor.tui.held import Held, broke

# Every span style in the dashboard is one of these names with a dot before it; what they look like stands in
# flaskdoctor.tcss, for true colour, 16 colours and none.
PALETTE = frozenset(
    {
        "accent", "key", "strong", "muted", "faint", "error", "warning", "info", "ok",
        "cursor", "hit", "match", "added-row", "removed-row",
    }
)  # fmt: skip

CANNOT = "(cannot be drawn, see the log)"


class LineView(Held, ScrollView):
    """A scrolling widget that draws one line at a time through ``draw_line``."""

    ALLOW_SELECT = False

    def named(self, style: str | Style) -> Style:
        """The look of a palette name (``.muted``) in the current theme."""
        if isinstance(style, Style):
            return style
        if not style.startswith("."):
            return Style.null()
        return self.screen.get_visual_style(style[1:], partial=True)

    def _row(self, name: str) -> Style:
        """The ground of a row as the stylesheet has it: Textual's partial styles (8.2) lose an opaque background,
        darken one that is not, and know no reverse."""
        styles = self.screen.get_component_styles(name[1:])
        look = styles.text_style
        return Style(background=styles.background, bold=look.bold or None, reverse=look.reverse or None)

    def line_count(self) -> int:
        """How many lines there are."""
        raise NotImplementedError

    def draw_line(self, index: int, width: int) -> tuple[Content, str]:
        """Line ``index``, at most ``width`` cells, and the palette name of the row's ground (or '')."""
        raise NotImplementedError

    def render_line(self, y: int) -> Strip:
        """Textual's line API: row ``y`` of the visible part."""
        width = self.scrollable_content_region.width
        ground = self.visual_style
        try:
            return self._strip(y + self.scroll_offset.y, width)
        except Exception as error:  # noqa: BLE001  (one line that cannot be drawn must not end the dashboard)
            broke(self, "Drawing a line", error)
            return Strip([Segment(CANNOT, ground.rich_style)]).adjust_cell_length(width, ground.rich_style)

    def _strip(self, index: int, width: int) -> Strip:
        ground = self.visual_style
        if index >= self.line_count():
            return Strip.blank(width, ground.rich_style)
        content, row_style = self.draw_line(index, width)
        if row_style:
            ground += self._row(row_style)
        segments = [
            Segment(text, style.rich_style) for text, style in content.render(ground, end="", parse_style=self.named)
        ]
        return Strip(segments, content.cell_length).adjust_cell_length(width, ground.rich_style)
