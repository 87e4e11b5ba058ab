"""The help screen, made from the key table."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from textual.content import Content

from flaskdoctor.tui import safe
from flaskdoctor.tui.keys import KEYMAP, KEYS, MOVES, Keymap
from flaskdoctor.tui.panes.page import heading
from flaskdoctor.tui.paper import BLANK, Block, Prose
from flaskdoctor.tui.screens.sheet import PaperSheet

_INDENT = 16


class Help(PaperSheet[None]):
    """All keys; ``notes`` are a few words on what the signs mean and where the log is."""

    def __init__(self, tabs: int, notes: list[Content], keymap: Keymap = KEYMAP, wrong: Sequence[Content] = ()) -> None:
        """``wrong`` is what is wrong with the user's config: it comes first."""
        problems: list[Block] = [*(Prose(text, 2) for text in wrong), *([BLANK] if wrong else [])]
        super().__init__(Content.styled("Keys", ".strong"), problems + help_blocks(tabs, notes, keymap))


def help_blocks(tabs: int, notes: list[Content], keymap: Keymap) -> list[Block]:
    """The page."""
    blocks: list[Block] = []
    for group, keys in groupby(KEYS, key=lambda key: key.group):
        blocks.append(heading(group))
        blocks += [_line(" ".join(keymap.keys(key.id)), key.tooltip) for key in keys]
        blocks.append(BLANK)
    blocks.append(heading("Move"))
    blocks += [_line(keymap.shown_moves(move, _INDENT - 3, tabs), move.text) for move in MOVES]
    blocks += [BLANK, *(Prose(note) for note in notes)]
    return blocks


def _line(keys: str, text: str) -> Prose:
    return Prose(safe.joined((f"  {keys:<{_INDENT - 3}} ", ".key"), text), _INDENT)
