"""A page of prose, code and diffs that scrolls: the detail panels and the dialogs."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import ClassVar, NamedTuple

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Size

from flaskdoctor.tui.keys import KEYMAP
from flaskdoctor.tui.paint import LineView


class Prose(NamedTuple):
    """A paragraph, wrapped at words; further lines keep ``indent``."""

    text: Content
    indent: int = 0


class Code(NamedTuple):
    """A line of code: never wrapped at words, folded where it is too long. ``row`` names the ground of the
    whole line; ``gutter`` stands before it."""

    gutter: Content
    text: Content
    row: str = ""


BLANK = Prose(Content(""))

Block = Prose | Code


class Paper(LineView, can_focus=True):
    """Shows blocks; the place stays while the subject stays the same."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(KEYMAP.textual("next_row"), "scroll_down", show=False, id="next_row"),
        Binding(KEYMAP.textual("previous_row"), "scroll_up", show=False, id="previous_row"),
        Binding(KEYMAP.textual("first_row"), "scroll_home", show=False, id="first_row"),
        Binding(KEYMAP.textual("last_row"), "scroll_end", show=False, id="last_row"),
        Binding(KEYMAP.textual("page_down"), "page_down", show=False, id="page_down"),
        Binding(KEYMAP.textual("page_up"), "page_up", show=False, id="page_up"),
    ]

    def __init__(self, blocks: Sequence[Block] = (), *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._subject: Hashable = None
        self._blocks: tuple[Block, ...] = tuple(blocks)
        self._lines: list[tuple[Content, str]] = []
        self._width = 0

    def show(self, subject: Hashable, blocks: Sequence[Block]) -> None:
        """Show ``blocks`` about ``subject``; another subject starts at the top."""
        new = tuple(blocks)
        same = subject == self._subject
        if same and len(new) == len(self._blocks) and all(map(_equal, new, self._blocks)):
            return
        self._subject, self._blocks = subject, new
        self._layout_lines(self._width)
        if not same:
            self.scroll_to(y=0, animate=False, force=True)
        self.refresh()

    def bring_up(self, heading: str) -> None:
        """Scroll to the line that begins with ``heading``, if there is one."""
        for number, (text, _) in enumerate(self._lines):
            if text.plain.startswith(heading):
                self.scroll_to(y=number, animate=False, force=True)
                return

    def _layout_lines(self, width: int) -> None:
        self._width = width
        if width:
            self._lines = [line for block in self._blocks for line in _fold(block, width)]
            self.virtual_size = Size(0, len(self._lines))

    def on_resize(self) -> None:
        """Lines are folded for the width there is."""
        width = self.scrollable_content_region.width
        if width != self._width:
            self._layout_lines(width)
            self.refresh()

    def line_count(self) -> int:
        """The folded lines."""
        return len(self._lines)

    def draw_line(self, index: int, width: int) -> tuple[Content, str]:
        """One folded line."""
        if width != self._width:  # a scrollbar came or went
            self.call_next(self.on_resize)
        text, row = self._lines[index]
        return text.truncate(width), row

    def action_scroll_down(self) -> None:
        """One line down."""
        self.scroll_relative(y=1, animate=False)

    def action_scroll_up(self) -> None:
        """One line up."""
        self.scroll_relative(y=-1, animate=False)

    def action_scroll_home(self) -> None:
        """To the top."""
        self.scroll_to(y=0, animate=False)

    def action_scroll_end(self) -> None:
        """To the end."""
        self.scroll_to(y=self.max_scroll_y, animate=False)

    def action_page_down(self) -> None:
        """A page down."""
        self.scroll_relative(y=max(1, self.scrollable_content_region.height - 1), animate=False)

    def action_page_up(self) -> None:
        """A page up."""
        self.scroll_relative(y=-max(1, self.scrollable_content_region.height - 1), animate=False)


def _equal(one: Block, other: Block) -> bool:
    """Same text and same look; ``Content`` itself compares text alone."""
    if type(one) is not type(other) or not one.text.is_same(other.text):
        return False
    if isinstance(one, Code) and isinstance(other, Code):
        return one.row == other.row and one.gutter.is_same(other.gutter)
    return True


def _fold(block: Block, width: int) -> list[tuple[Content, str]]:
    if isinstance(block, Prose):
        if not block.text:
            return [(Content(""), "")]
        first, *rest = block.text.wrap(max(4, width))
        if rest and block.indent and width > block.indent + 8:
            remainder = block.text[len(first.plain) :]
            if remainder.plain.startswith(" "):
                remainder = remainder[1:]
            rest = [part.pad_left(block.indent) for part in remainder.wrap(width - block.indent)]
        return [(part, "") for part in (first, *rest)]
    room = max(4, width - block.gutter.cell_length)
    first, *rest = block.text.fold(room) or [Content("")]
    margin = Content(" " * block.gutter.cell_length)
    if rest:  # what goes on stands a little deeper than where the line began
        plain = block.text.plain
        deeper = min(len(plain) - len(plain.lstrip()) + 2, room // 2)
        rest = block.text[len(first.plain) :].fold(room - deeper)
        margin = margin.pad_right(deeper)
    return [(Content.assemble(block.gutter, first), block.row)] + [
        (Content.assemble(margin, piece), block.row) for piece in rest
    ]
