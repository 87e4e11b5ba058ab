"""What the terminal can show, and the themes that fit it.

Without UTF-8, box drawing would reach the terminal as ``\\u256d``: one line filter maps it to ASCII, here and
nowhere else.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter
from textual.theme import Theme


class Terminal(NamedTuple):
    """``colors`` is how many the terminal has: 0, 16, 256 or 16777216; ``erases`` whether what it erases gets the
    ground that is set."""

    colors: int
    unicode: bool
    tmux: bool
    ssh: bool
    erases: bool = True


def describe(environ: Mapping[str, str], encoding: str | None) -> Terminal:
    """The terminal that ``environ`` and the output's encoding tell of."""
    term = environ.get("TERM", "")
    if "NO_COLOR" in environ or term in ("", "dumb"):
        colors = 0
    elif environ.get("COLORTERM", "").lower() in ("truecolor", "24bit") or term.endswith("-direct"):
        colors = 1 << 24
    elif "256" in term or "kitty" in term or "WT_SESSION" in environ:
        colors = 256
    else:
        colors = 16
    utf8 = (encoding or "").lower().replace("-", "").replace("_", "") in ("utf8", "utf8sig", "cp65001")
    return Terminal(
        colors=colors,
        # The Linux console speaks UTF-8 and has no glyphs for what is drawn here.
        unicode=utf8 and term != "linux" and not _asks_for_ascii(environ),
        tmux=bool(environ.get("TMUX")),
        ssh=bool(environ.get("SSH_CONNECTION") or environ.get("SSH_TTY")),
        # tmux does, GNU screen does not, and over SSH the same TERM may mean either.
        erases=not term.startswith("screen") or bool(environ.get("TMUX")),
    )


def _asks_for_ascii(environ: Mapping[str, str]) -> bool:
    """Whether the locale is C by the user's wish; Python (3.7) writes UTF-8 there all the same. None set at all, as
    in containers, tells nothing of the terminal."""
    for name in ("LC_ALL", "LC_CTYPE", "LANG"):
        if environ.get(name):
            return environ[name] in ("C", "POSIX") and environ.get("PYTHONUTF8") != "1"
    return False


def current() -> Terminal:
    """The terminal this process writes to; Textual draws on stderr."""
    return describe(os.environ, getattr(sys.__stderr__, "encoding", None))


DARK = Theme(
    name="flaskdoctor-dark",
    primary="#5cc1b3",
    secondary="#7aa2d6",
    accent="#5cc1b3",
    foreground="#d3d9e0",
    background="#14181d",
    surface="#14181d",
    panel="#1f262e",
    success="#8cc570",
    warning="#e3b668",
    error="#ef7a7d",
    dark=True,
    variables={
        "border": "#5cc1b3",
        "border-blurred": "#343d48",
    },
)
LIGHT = Theme(
    name="flaskdoctor-light",
    primary="#0b7a6e",
    secondary="#2a5db0",
    accent="#0b7a6e",
    foreground="#24292f",
    background="#fbfbf9",
    surface="#fbfbf9",
    panel="#ecece8",
    success="#2d7a2d",
    warning="#946000",
    error="#c0323a",
    dark=False,
    variables={
        "border": "#0b7a6e",
        "border-blurred": "#c9cbc6",
    },
)
OWN_THEMES = (DARK, LIGHT)

# The stylesheet's own variables: blended from the theme's in true colour, the terminal's own where it has 16.
_BLENDED = {
    "fd-muted": "{foreground} 62%",
    "fd-muted-style": "none",
    "fd-faint": "{foreground} 38%",
    "fd-cursor": "{accent} 18%",
    "fd-cursor-style": "none",
    "fd-hit": "{foreground} 7%",
    "fd-added": "{success} 12%",
    "fd-removed": "{error} 12%",
    "fd-border": "{border-blurred}",
    "fd-border-focus": "{border}",
    "fd-bar": "{panel}",
}
_ANSI = {
    "fd-muted": "ansi_default",
    "fd-muted-style": "dim",
    "fd-faint": "ansi_default",
    "fd-cursor": "ansi_default",
    "fd-cursor-style": "bold",
    "fd-hit": "ansi_default",
    "fd-added": "ansi_default",
    "fd-removed": "ansi_default",
    "fd-border": "ansi_bright_black",
    "fd-border-focus": "ansi_green",
    "fd-bar": "ansi_default",
}


def variables(theme: Mapping[str, str], *, ansi: bool, color: bool) -> dict[str, str]:
    """The stylesheet's own variables beside those of ``theme``; without colour, what is selected is reversed."""
    own = {name: value.format_map(theme) for name, value in (_ANSI if ansi else _BLENDED).items()}
    return own if color else {**own, "fd-cursor": "ansi_default", "fd-cursor-style": "reverse"}


# What ``t`` goes through; the palette (ctrl+p) has all of Textual's.
CYCLE = (
    "flaskdoctor-dark", "flaskdoctor-light", "ansi-dark", "nord", "gruvbox", "catppuccin-mocha", "tokyo-night",
    "rose-pine",
)  # fmt: skip


def theme_for(terminal: Terminal) -> str:
    """The theme a terminal starts with: its own 16 colours where there are no more."""
    return "flaskdoctor-dark" if terminal.colors > 16 else "ansi-dark"


_ASCII = str.maketrans(
    {
        "╭": "+", "╮": "+", "╰": "+", "╯": "+", "┌": "+", "┐": "+", "└": "+", "┘": "+",
        "─": "-", "━": "=", "╌": "-", "│": "|", "┃": "|", "┊": ":", "├": "+", "┤": "+",
        "▌": ">", "▎": "|", "▏": "|", "▍": "|", "█": "#", "▔": "-", "▕": "|", "▐": "|",
        "✔": "+", "✖": "x", "▲": "!", "●": "i", "○": "o", "◌": ".", "◆": "*", "▸": ">", "▾": "v", "•": "*",
        "·": "-", "–": "-", "—": "-", "…": "~", "→": ">", "←": "<", "↑": "^", "↓": "v", "↵": "<", "⋯": "~",
        "▁": "_", "▂": "_", "▃": "-", "▄": "-", "▅": "=", "▆": "=", "▇": "#", "‘": "'", "’": "'", "“": '"',
        "”": '"', "×": "x", "\N{NO-BREAK SPACE}": " ",
    }
)  # fmt: skip


def ascii_only(text: str) -> str:
    """``text`` in as many cells, in ASCII."""
    if text.isascii():
        return text
    mapped = text.translate(_ASCII)
    return mapped if mapped.isascii() else "".join(c if c.isascii() else "?" * cell_len(c) for c in mapped)


class AsciiFilter(LineFilter):
    """Every drawn line, in ASCII."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002
        """Textual's line filter: the same cells in ASCII."""
        return [Segment(ascii_only(text), style, control) for text, style, control in segments]
