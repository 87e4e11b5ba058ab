"""Why python-dotenv cannot read a line of an env file, in words that show nothing of it."""

from __future__ import annotations

import re

from flaskdoctor.patterns import lazy
from flaskdoctor.project.env.envfile import NEWLINE, BrokenLine

_MARKER = lazy(r"<<<<<<<|=======\s*$|>>>>>>>|\|\|\|\|\|\|\|", re.MULTILINE)
_HEAD = lazy(r"(?:export[^\S\r\n]+)?(?P<name>'[^']+'|[^=#\s]+)[^\S\r\n]*(?P<equals>=[^\S\r\n]*)?")
_SHELL = lazy(r"(?:source|\.|if|fi|then|else|set|cd|alias|function|unset|eval|echo|for|done|\[\[?|exec)\s|fi$|done$")
# A value that ends where another key's begins: its closing quote is that key's opening one.
_NEXT_KEY = lazy(r"[\r\n][^\S\r\n]*(?:export[^\S\r\n]+)?[A-Za-z_]\w*[^\S\r\n]*=[^\S\r\n]*\Z")


def broken_line(body: str, line: int) -> BrokenLine:
    """What is wrong with ``body``, the text of a failed binding without the blank lines before it."""
    text = body.rstrip("\r\n")
    end = line + len(NEWLINE.findall(text))
    if _MARKER.match(text):
        return BrokenLine(line, end, "marker", "it is a mark that a merge left behind")
    if _SHELL.match(text):
        return BrokenLine(line, end, "shell", "it is a command of the shell, and none is run")
    head = _HEAD.match(text)
    if head is None:
        return BrokenLine(line, end, "name", "no name stands before its =")
    rest = text[head.end() :]
    if head["equals"] is None:
        if "=" in rest.partition("\n")[0]:
            return BrokenLine(line, end, "name", "its name holds a blank or another character that no name can")
        return BrokenLine(line, end, "equals", "it is no NAME=value and no comment")
    if end > line:
        return BrokenLine(line, end, "span", f"the quote that opens in it is closed in line {end}, with text behind it")
    if _closed(rest):
        return BrokenLine(line, end, "behind", "text stands behind its closing quote")
    return BrokenLine(line, end, "open", "its quote is never closed")


def swallowed(value: str, body: str, line: int) -> list[BrokenLine]:
    """The lines that a value takes in though they are keys of their own: its quote was not closed where it should."""
    if not _NEXT_KEY.search(value):
        return []
    end = line + len(NEWLINE.findall(body.rstrip("\r\n")))
    return [BrokenLine(line, end, "swallowed", f"the quote that opens in it is closed in line {end} only")]


def _closed(value: str) -> bool:
    """Whether a quoted value has its closing quote, as python-dotenv finds it."""
    quote = value[:1]
    return re.match(rf"{quote}(?:\\.|[^{quote}\\])*{quote}", value, re.DOTALL) is not None if quote in "'\"" else False
