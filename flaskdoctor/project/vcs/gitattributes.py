"""Which line endings a project's ``.gitattributes`` ask for."""

from __future__ import annotations

import re
from functools import lru_cache

_MACROS = {"binary": "-text"}


def line_ending(path: str, texts: dict[str, str]) -> str:
    """The ``eol`` that git gives a file: "lf", "crlf", "-text" where it keeps its hands off, or "" (git's
    configuration decides). ``texts`` are the attribute files by their path; the last line of the nearest one counts."""
    found = ""
    for source in sorted(texts, key=lambda each: each.count("/")):
        folder = source.rpartition("/")[0]
        if folder and not path.startswith(f"{folder}/"):
            continue
        local = path[len(folder) + 1 :] if folder else path
        for line in texts[source].split("\n"):
            pattern, *words = line.split()[:20] or ("#",)
            if pattern.startswith(("#", "[", '"')) or not _pattern(pattern).fullmatch(local):
                continue
            for word in words:
                word = _MACROS.get(word, word)
                if word.startswith("eol="):
                    found = word[4:].lower()
                elif word == "-text":
                    found = "-text"
                elif word in ("!eol", "text", "text=auto", "!text") and (found == "-text" or word == "!eol"):
                    found = ""
    return found


@lru_cache(maxsize=64)
def _pattern(pattern: str) -> re.Pattern[str]:
    """One of git's patterns: without a slash it is about the name in any folder."""
    anchored = "/" in pattern.strip("/") or pattern.startswith("/")
    found = ""
    rest = pattern.lstrip("/")[:500]
    while rest:
        if rest.startswith("**/"):
            found, rest = found + "(?:.*/)?", rest[3:]
        elif rest.startswith("**"):
            found, rest = found + ".*", rest[2:]
        elif rest[0] in "*?":
            found, rest = found + ("[^/]*" if rest[0] == "*" else "[^/]"), rest[1:]
        else:
            found, rest = found + re.escape(rest[0]), rest[1:]
    return re.compile(found if anchored else f"(?:.*/)?{found}", re.DOTALL)
