"""Text from outside, made harmless to print: what does not simply show itself is written as an escape.

Control characters could drive the terminal, bidirectional ones could show code in another order than the one
that runs, and a newline in a file name could fake a line of a report.
"""

from __future__ import annotations

import re

TAB = "    "

# C0 and C1 controls, soft hyphen, zero-width and bidirectional controls, line separators, interlinear and
# byte-order marks, tag characters, fillers that show as nothing, marks that belong to musical and shorthand notation,
# private use (each font draws it as it likes), and the lone surrogates that stand for undecodable bytes in file names.
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\ud800-\udfff\ue000-\uf8ff\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff\U000f0000-\U0010ffff]"
)
_MARKED = re.compile(r"(##\w*)\[")
# Marks that are drawn onto the letter before them, or fuse with it (vowel signs, conjoining jamo, skin tones): a few
# are a language's, more would paint over other lines.
_FEW = 3
_MARKS = frozenset({"Mn", "Me", "Mc"})
_FUSING = re.compile("[\u1160-\u11ff\ud7b0-\ud7ff\U0001f3fb-\U0001f3ff]")


def visible(text: str) -> str:
    """``text`` on one line, with every character that does not simply show itself written as an escape."""
    if text.isascii() and text.isprintable():
        return text
    text = _UNSAFE.sub(_escape, text)
    return text if text.isascii() else _few_marks(text)


def shortened(text: str, most: int) -> str:
    """``text`` with at most so many characters: the last one says that more came."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def loggable(text: str) -> str:
    """The same for a line that a CI service may read: GitHub obeys two colons behind blanks and ``##[..]``, Azure
    ``##vso[..]``, TeamCity ``##teamcity[..]``. An escape stands for the character that makes it a command."""
    text = visible(text)
    if "::" not in text and "##" not in text:
        return text
    text = _MARKED.sub(r"\1\\x5b", text)
    bare = text.lstrip()
    return f"{text[: -len(bare)]}\\x3a{bare[1:]}" if bare.startswith("::") else text


def _few_marks(text: str) -> str:
    """``text`` with an escape for each mark that has no letter to stand on, or stands on too many others, and for
    what this Python's Unicode does not know: a terminal may know it as a mark."""
    from unicodedata import category

    shown: list[str] = []
    marks = _FEW
    for character in text:
        kind = category(character) if character > "\xff" else ""
        if kind in ("Cn", "Cf"):
            shown.append(_escaped(ord(character)))
        elif kind not in _MARKS and not (kind and _FUSING.match(character)):
            marks = 0 if character != " " else _FEW
            shown.append(character)
        elif marks < _FEW:
            marks += 1
            shown.append(character)
        else:
            shown.append(_escaped(ord(character)))
    return "".join(shown)


def _escape(match: re.Match[str]) -> str:
    return TAB if match.group() == "\t" else _escaped(ord(match.group()))


def _escaped(code: int) -> str:
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
