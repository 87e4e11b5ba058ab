"""Colours for a few lines of Python: enough to read code by, without loading a lexer.

An excerpt starts anywhere, so a lexer that needs the file's beginning would be wrong as often as this is.
"""

from __future__ import annotations

import keyword
import re

from textual.content import Content

from flaskdoctor.tui import safe

_TOKEN = re.compile(
    r"""(?P<comment>\#.*)
    |(?P<string>(?:\b[rbfuRBFU]{1,2})?(?:\"\"\"|'''|"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?))
    |(?P<decorator>(?<![\w)\]])@[\w.]+)
    |(?P<definition>(?<=\bdef\ )\w+|(?<=\bclass\ )\w+)
    |(?P<word>[^\W\d]\w*)
    |(?P<number>\b\d[\w.]*)""",
    re.VERBOSE,
)
_STYLE = {
    "comment": ".muted",
    "string": ".ok",
    "decorator": ".warning",
    "definition": ".accent",
    "number": ".warning",
}
_KEYWORDS = frozenset(keyword.kwlist) | {"match", "case", "self", "cls"}


def python(text: str) -> Content:
    """One line of Python, coloured."""
    shown = safe.visible(text)
    content = Content(shown)
    for match in _TOKEN.finditer(shown):
        kind = match.lastgroup or ""
        style = _STYLE.get(kind, ".info" if match.group() in _KEYWORDS else "")
        if style:
            content = content.stylize(style, match.start(), match.end())
    return content


def code(path: str, text: str) -> Content:
    """One line of the file ``path``; other languages than Python stay plain, but for comments in env files."""
    if path.endswith((".py", ".pyi")):
        return python(text)
    style = ".muted" if text.lstrip().startswith("#") else ""
    return safe.line(text, style)
