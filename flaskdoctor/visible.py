"""Text from outside, made harmless to print: what does not simply show itself is written as an escape.

Control characters could drive the terminal, bidirectional ones could show code in another order than the one
that runs, and a newline in a file name could fake a line of a report.
"""

from __future__ import annotations

import re

TAB = "    "

# C0 and C1 controls, soft hyphen, zero-width and bidirectional controls, line separators, interlinear and
# byte-order marks, tag characters, and the lone surrogates that stand for undecodable bytes in file names.
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ud800-\udfff\U000e0000-\U000e0fff]"
)


def visible(text: str) -> str:
    """``text`` on one line, with every character that does not simply show itself written as an escape."""
    return _UNSAFE.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    code = ord(match.group())
    if match.group() == "\t":
        return TAB
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
