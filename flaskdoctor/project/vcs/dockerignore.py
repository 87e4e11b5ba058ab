"""What a .dockerignore leaves out of a build context, by Docker's rules, which are not git's.

As BuildKit and ``moby/patternmatcher`` have them: a pattern is anchored at the context, ``*`` stops at a slash,
``**`` does not, what lies in a folder that matches is left out with it, and the last line that matches decides.
"""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from flaskdoctor.project.plainfile import decode, read_bytes


class DockerIgnore(NamedTuple):
    """The patterns of one file in order, each with whether it leaves out (True) or takes back in.

    ``path`` is where it stands or would have to (relative to the project).
    """

    path: str
    patterns: tuple[tuple[str, bool], ...] = ()
    exists: bool = False

    def leaves_out(self, path: str) -> bool:
        """Whether a path (relative to the context) does not get into the build."""
        out = False
        parts = path.split("/")
        heads = ["/".join(parts[:count]) for count in range(1, len(parts) + 1)]
        for pattern, leaves_out in self.patterns:
            if any(_regex(pattern).fullmatch(head) for head in heads):
                out = leaves_out
        return out


def read_dockerignore(root: str, dockerfile: str, context: str) -> DockerIgnore:
    """The ignore file that counts for a Dockerfile built in ``context``: its own, else the context's."""
    own = f"{dockerfile}.dockerignore"
    content = read_bytes(os.path.join(root, own))
    path = own
    if content.state == "missing":
        path = posixpath.join(context, ".dockerignore")
        content = read_bytes(os.path.join(root, path))
    if content.state != "ok":
        return DockerIgnore(path)
    return DockerIgnore(path, tuple(patterns_of(decode(content.data))), True)


def patterns_of(text: str) -> Iterator[tuple[str, bool]]:
    """The patterns of a .dockerignore, cleaned as Docker cleans them."""
    for line in text.splitlines():
        if line.startswith("#") or not (pattern := line.strip()):
            continue
        leaves_out = not pattern.startswith("!")
        pattern = pattern.removeprefix("!").strip()
        if pattern:
            pattern = posixpath.normpath(pattern)
            yield pattern.lstrip("/") or "/", leaves_out


@lru_cache(maxsize=256)
def _regex(pattern: str) -> re.Pattern[str]:
    """A pattern as a regular expression; one that Docker would refuse matches nothing."""
    out: list[str] = []
    place = 0
    while place < len(pattern):
        char = pattern[place]
        place += 1
        if char == "*" and pattern[place : place + 1] == "*":
            place += 1
            if pattern[place : place + 1] == "/":
                place += 1
            out.append(".*" if place >= len(pattern) else "(?:.*/)?")
        elif char == "*":
            out.append("[^/]*")
        elif char == "?":
            out.append("[^/]")
        elif char == "[" and "]" in pattern[place:]:
            end = pattern.index("]", place)
            inside = pattern[place:end].replace("\\", "\\\\").replace("[", "\\[")
            out.append(f"[{inside}]")
            place = end + 1
        elif char == "\\" and place < len(pattern):
            out.append(re.escape(pattern[place]))
            place += 1
        else:
            out.append(re.escape(char))
    try:
        return re.compile("".join(out), re.DOTALL)
    except re.error:
        return re.compile(r"(?!)")
