"""The only place where text from outside (code, paths, messages, names) becomes something drawable.

Textual reads a plain ``str`` as markup: ``[/etc/passwd]`` in a label crashes the app and ``[key]`` loses text,
so nothing here ever returns one. Control characters could drive the terminal, bidirectional ones could show
code in another order than the one that runs: both become visible escapes.
"""

from __future__ import annotations

from rich.cells import cell_len
from textual.content import Content

from flaskdoctor.visible import visible

__all__ = ("joined", "line", "padded", "pasted", "visible", "width")


def line(text: str, style: str = "") -> Content:
    """One drawable line of ``text``. ``style`` is a name of ours (``.muted``), never text from outside."""
    return Content.styled(visible(text), style) if style else Content(visible(text))


def joined(*parts: Content | tuple[str, str] | str) -> Content:
    """Parts after each other; a pair is text and style, a ``str`` is text: both are made visible."""
    built = []
    for part in parts:
        if isinstance(part, Content):
            built.append(part)
        elif isinstance(part, tuple):
            built.append(line(*part))
        else:
            built.append(line(part))
    return Content.assemble(*built)


def width(text: str) -> int:
    """How many cells ``text`` takes."""
    return cell_len(visible(text))


def padded(text: str, cells: int) -> str:
    """``text`` with blanks up to so many cells: ``str.ljust`` counts characters."""
    return text + " " * (cells - width(text))


def pasted(text: str) -> str:
    """What an input line gets of a paste: the first line with something in it, as far as it can be shown."""
    line = next((line for line in text.splitlines() if line.strip()), "")
    return "".join(character for character in line if character.isprintable()).strip()
