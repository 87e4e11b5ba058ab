"""A change as it may be shown on a screen: its diff with every secret hidden, or nothing where that is not sure."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from flaskdoctor.project.masking.pieces import pieces
from flaskdoctor.project.secrecy.excerpt import mask_diff

if TYPE_CHECKING:
    from flaskdoctor.fixes.edit import Edit


def shown_diff(edit: Edit) -> str:
    """The masked diff; empty for what can only be told in words: an env file, and code that would show a value."""
    if not edit.secret:
        return mask_diff(edit.diff(), edit.before, edit.after)
    if not edit.path.endswith(".py") or edit.before is None or edit.after is None:
        return ""
    diff = mask_diff(edit._replace(secret=False).diff(), edit.before, edit.after)
    # Masking goes by names and data flow. What leaves the code is the secret whatever it is called: look for it.
    gone = {line.strip() for text in _texts(edit.before) - _texts(edit.after) for line in text.splitlines()} - {""}
    return "" if any(re.search(rf"(?<!\w){re.escape(line)}(?!\w)", diff) for line in gone) else diff


def _texts(source: bytes) -> Counter[str]:
    """The contents of a file's strings, as they are written."""
    from flaskdoctor.project.code.module import decode

    text = decode(source)
    found = (text[piece.inner : piece.outer] for piece in pieces(text) if not piece.comment)
    return Counter(content.strip() for content in found if content.strip())
