"""What the terminal can show, and the themes that fit it.

Without UTF-8, box drawing would reach the terminal as ``\\u256d``: one line filter maps it to ASCII, here and
nowhere else.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple, TextIO

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter
from textual.theme import BUILTIN_THEMES, Theme

from flaskdoctor.errors import UserError
from flaskdoctor.visible import visible


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
    encoded = _plain(encoding or "") in _UTF8
    return Terminal(
        colors=_colors(environ, term),
        # The Linux console speaks UTF-8 and has no glyphs for what is drawn here.
        unicode=encoded and term != "linux" and not _asks_for_ascii(environ),
        tmux=bool(environ.get("TMUX")),
        ssh=bool(environ.get("SSH_CONNECTION") or environ.get("SSH_TTY")),
        # tmux does, GNU screen does not, and over SSH the same TERM may mean either.
        erases=not term.startswith("screen") or bool(environ.get("TMUX")),
    )


# Terminals with 24-bit colour that say so in COLORTERM, which SSH does not pass on.
_TRUE_COLOR = ("alacritty", "contour", "foot", "ghostty", "kitty", "rio", "wezterm")
_UTF8 = ("utf8", "utf8sig", "cp65001")


def _colors(environ: Mapping[str, str], term: str) -> int:
    if environ.get("NO_COLOR") or term in ("", "dumb") or re.match(r"vt\d", term):
        return 0
    multiplexed = term.startswith(("screen", "tmux"))
    # GNU screen hands COLORTERM on from outside and does not know what it stands for; tmux makes it fit.
    asked = environ.get("COLORTERM", "").lower() in ("truecolor", "24bit") and not (
        multiplexed and environ.get("STY") and not environ.get("TMUX")
    )
    known = term.endswith("-direct") or any(name in term.split("-") for name in _TRUE_COLOR)
    if asked or known or ("WT_SESSION" in environ and not multiplexed):
        return 1 << 24
    return 256 if "256" in term else 16


def _asks_for_ascii(environ: Mapping[str, str]) -> bool:
    """Whether the locale is C by the user's wish, or has an encoding of its own; Python (3.7) writes UTF-8 there all
    the same, and sets LC_CTYPE itself where LANG is C. None set at all, as in containers, tells nothing."""
    if environ.get("PYTHONUTF8") == "1":
        return False
    names = ["LC_ALL", "LC_CTYPE", "LANG"]
    if environ.get("LC_CTYPE") in ("C.UTF-8", "C.utf8", "UTF-8"):
        names.remove("LC_CTYPE")
    for name in names:
        if locale := environ.get(name):
            encoding = locale.partition(".")[2].partition("@")[0]
            return locale in ("C", "POSIX") or (bool(encoding) and _plain(encoding) not in _UTF8)
    return False


def _plain(encoding: str) -> str:
    return encoding.lower().replace("-", "").replace("_", "")


def screen() -> TextIO | None:
    """The stream that is a terminal: Textual draws on stderr, which may lead elsewhere (``2>log``)."""
    return next((stream for stream in (sys.__stderr__, sys.__stdout__) if stream is not None and stream.isatty()), None)


def current() -> Terminal:
    """The terminal this process draws on."""
    return describe(os.environ, getattr(screen(), "encoding", None))


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
    primary="#086b61",
    secondary="#2553a0",
    accent="#086b61",
    foreground="#24292f",
    background="#fbfbf9",
    surface="#fbfbf9",
    panel="#ecece8",
    success="#256b25",
    warning="#7f5200",
    error="#b3262f",
    dark=False,
    variables={
        "border": "#086b61",
        "border-blurred": "#c9cbc6",
        "fd-muted": "#24292f 80%",
        "fd-faint": "#24292f 68%",
        "fd-cursor": "#086b61 10%",
    },
)
# Nothing is told by a shade: no text under 7:1 (WCAG AAA) on any ground, frames that show.
CONTRAST = Theme(
    name="flaskdoctor-contrast",
    primary="#5ce1f0",
    secondary="#a8c7ff",
    accent="#5ce1f0",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#1c1c1c",
    success="#7dea7d",
    warning="#ffc233",
    error="#ffacac",
    dark=True,
    variables={
        "border": "#5ce1f0",
        "border-blurred": "#9e9e9e",
        "fd-muted": "#e0e0e0",
        "fd-faint": "#cacaca",
        "fd-cursor": "#12305c",
        "fd-hit": "#262626",
        "fd-added": "#06300f",
        "fd-removed": "#4a0d12",
    },
)
OWN_THEMES = (DARK, LIGHT, CONTRAST)

# The stylesheet's own variables: blended from the theme's (or named by it) in true colour, the terminal's own where
# it has 16.
_BLENDED = {
    "fd-muted": "{foreground} 74%",
    "fd-muted-style": "none",
    "fd-faint": "{foreground} 60%",
    "fd-cursor": "{accent} 14%",
    "fd-cursor-style": "none",
    "fd-hit": "{foreground} 7%",
    "fd-added": "{success} 12%",
    "fd-removed": "{error} 12%",
    "fd-border": "{border-blurred}",
    "fd-border-focus": "{border}",
    "fd-frame-focus": "round",
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
    "fd-border-focus": "{accent}",
    "fd-frame-focus": "round",
    "fd-bar": "ansi_default",
}
# Without colour, what is selected is reversed, and the frame with the focus has thick lines.
_PLAIN = {"fd-cursor": "ansi_default", "fd-cursor-style": "reverse", "fd-frame-focus": "heavy"}


def variables(theme: Mapping[str, str], *, ansi: bool, color: bool) -> dict[str, str]:
    """The stylesheet's own variables beside those of ``theme``, which may name some itself."""
    own = {name: value.format_map(theme) for name, value in (_ANSI if ansi else _BLENDED).items()}
    named = {} if ansi else {name: theme[name] for name in own if name in theme}
    return {**own, **named, **({} if color else _PLAIN)}


# What ``t`` goes through; the palette (ctrl+p) has all of Textual's.
CYCLE = (
    "flaskdoctor-dark", "flaskdoctor-light", "flaskdoctor-contrast", "ansi-dark", "nord", "gruvbox",
    "catppuccin-mocha", "tokyo-night", "rose-pine",
)  # fmt: skip
ANSI_CYCLE = ("ansi-dark", "ansi-light")
_SHORT = {"dark": DARK.name, "light": LIGHT.name, "contrast": CONTRAST.name, "ansi": "ansi-dark"}


def theme_for(terminal: Terminal) -> str:
    """The theme a terminal starts with: its own 16 colours where there are no more."""
    return "flaskdoctor-dark" if terminal.colors > 16 else "ansi-dark"


def in_own_colors(theme: Theme) -> str:
    """The theme in the terminal's own 16 colours that stands for ``theme`` where there are no more."""
    return "ansi-dark" if theme.dark else "ansi-light"


def theme_called(name: str) -> str:
    """The theme with that name, or with ours cut short: ``contrast``. Raises ``UserError``, naming the nearest."""
    from difflib import get_close_matches

    names = (*_SHORT, *(theme.name for theme in OWN_THEMES), *BUILTIN_THEMES)
    wanted = name.strip().lower()
    if wanted in names:
        return _SHORT.get(wanted, wanted)
    near = get_close_matches(wanted, names, 1)
    guess = f"Did you mean {near[0]}? " if near else ""
    known = ", ".join((*_SHORT, *BUILTIN_THEMES))
    raise UserError(f"There is no theme called {visible(name)!r}.", f"{guess}There are {known}.")


_ASCII = str.maketrans(
    {
        "┏": "#", "┓": "#", "┗": "#", "┛": "#",
        "╭": "+", "╮": "+", "╰": "+", "╯": "+", "┌": "+", "┐": "+", "└": "+", "┘": "+",
        "─": "-", "━": "=", "╌": "-", "│": "|", "┃": "#", "┊": ":", "├": "+", "┤": "+",
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


class ColorlessFilter(LineFilter):
    """Every drawn line without a single colour; Textual's names the default ones."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002
        """Textual's line filter: bold, dim, reverse and the rest stay."""
        return [Segment(text, style and _colorless(style), control) for text, style, control in segments]


@lru_cache(1024)
def _colorless(style: Style) -> Style:
    return style.without_color + Style.from_meta(style.meta) if style.meta else style.without_color
