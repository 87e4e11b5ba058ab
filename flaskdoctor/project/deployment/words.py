"""Splitting a line at its blanks as a shell would, whatever its quotes are like."""

from __future__ import annotations

import shlex


def split_words(text: str) -> list[str]:
    """The words of a line; of one whose quotes do not match, what stands between blanks."""
    try:
        return shlex.split(text[:20_000])
    except ValueError:
        return text[:20_000].split()
