"""Lines of ignore files that look right and do nothing: what they were meant to say, and the files to ask git about."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from fnmatch import translate
from functools import cached_property
from itertools import islice

from flaskdoctor.patterns import lazy
from flaskdoctor.project.discover import Discovered
from flaskdoctor.project.plainfile import decode, read_bytes
from flaskdoctor.project.vcs.gitquestions import DoubtfulLine
from flaskdoctor.project.vcs.secretfiles import is_env_path

_MOST_FILES = 60  # ignore files
_MOST_LINES = 100  # doubtful ones
_MOST_ASKED = 3  # paths of one line

FOR_FOLDERS = "with a slash at its end it is for folders only"
_COMMENT = lazy(r"(?<=[^\s\\])[ \t]+#.*")
_QUOTED = lazy(r"([\"'`])(.+)\1")
_DOT = lazy(r"(?:\.[/\\])+(?=.)")
_WINDOWS = lazy(r"(?<=[\w.*-])\\(?=[\w.*])")
_WILD = lazy(r"[*?\[]")


def read_ignore_lines(
    root: str, files: Discovered
) -> tuple[tuple[DoubtfulLine, ...], tuple[tuple[str, str], ...], tuple[str, ...]]:
    """The doubtful lines of all .gitignore files, the files that git reads no line of, and those that were read."""
    sources = [path for path in files.files if path.endswith(".gitignore") and path.rpartition("/")[2] == ".gitignore"]
    known = Paths(files.files)
    lines: list[DoubtfulLine] = []
    unread: list[tuple[str, str]] = []
    for source in sources[:_MOST_FILES]:
        path = os.path.join(root, source)
        data = read_bytes(path).data
        if os.path.islink(path):
            unread.append((source, "link"))
        elif data.startswith((b"\xff\xfe", b"\xfe\xff")):
            unread.append((source, "utf-16"))
        else:
            lines += doubtful_lines(source, decode(data), known)
    return tuple(lines[:_MOST_LINES]), tuple(unread), tuple(sources)


class Paths:
    """The paths of a project's files, indexed by the names of the files."""

    def __init__(self, paths: Iterable[str]) -> None:
        self.all = tuple(paths)

    @cached_property
    def by_name(self) -> dict[str, list[str]]:
        """The paths of each file name."""
        found: dict[str, list[str]] = {}
        for path in self.all:
            found.setdefault(path.rpartition("/")[2], []).append(path)
        return found


def doubtful_lines(source: str, text: str, files: Paths) -> Iterator[DoubtfulLine]:
    """The lines of one ignore file (``source``, relative to the root) that say something else than they seem to."""
    folder = source.rpartition("/")[0]
    for number, line in enumerate(text.split("\n"), 1):
        pattern = line.removesuffix("\r")
        meant, why = meaning(pattern)
        if not why:
            continue
        asked = tuple(islice(_covered(folder, meant, files, only_files=why is FOR_FOLDERS), _MOST_ASKED))
        if asked:
            yield DoubtfulLine(source, number, pattern, meant, why, asked)


def meaning(pattern: str) -> tuple[str, str]:
    """What a line was meant to be, and what is wrong with it as it stands (nothing: it is what it seems)."""
    if not pattern.strip() or pattern.lstrip().startswith(("#", "!", "\\#", "\\!")):
        return pattern, ""
    meant = pattern
    if _COMMENT.search(meant):
        meant = _COMMENT.sub("", meant).strip()
        return _plain(meant), "the comment behind it is part of the pattern"
    quoted = _QUOTED.fullmatch(meant.strip())
    if quoted:
        return _plain(quoted[2]), "the quotes around it are part of the pattern"
    if meant[:1] in " \t":
        return _plain(meant.strip()), "the blanks before it are part of the pattern"
    if _DOT.match(meant):
        return _plain(meant), "nothing begins with ./ for git"
    if _WINDOWS.search(meant):
        return _plain(meant), "a backslash is no separator for git"
    if meant.rstrip(" \t").endswith("/"):
        return _plain(meant), FOR_FOLDERS
    return pattern, ""


def _plain(pattern: str) -> str:
    """A line as git wants it: without ``./`` and backslashes, and not for folders only."""
    return _WINDOWS.sub("/", _DOT.sub("", pattern.strip(), count=1)).rstrip("/")


def _covered(folder: str, meant: str, files: Paths, *, only_files: bool) -> Iterator[str]:
    """The files of the project that a line would cover; .env too where there is none yet.

    ``only_files``: the line does its work for folders, so only files of the very name count.
    """
    pattern = meant.strip("/").removeprefix("**/")
    if not pattern:
        return
    prefix = f"{folder}/" if folder else ""
    anchored = "/" in meant.strip("/").removeprefix("**/") or meant.startswith("/")
    wild = _WILD.search(pattern) is not None
    own = f"{prefix}{pattern}"
    expected = own if pattern == ".env" or (anchored and not wild and pattern.endswith("/.env")) else ""
    if expected:
        yield expected
    if only_files:
        found = [] if wild else files.by_name.get(pattern.rpartition("/")[2], [])
        for path in found:
            if path != expected and (path == own if anchored else path.startswith(prefix)):
                yield path
        return
    regex = re.compile(translate(pattern))
    for path in files.all:
        if path == expected or not path.startswith(prefix):
            continue
        parts = path[len(prefix) :].split("/")
        heads = ("/".join(parts[:count]) for count in range(1, len(parts) + 1)) if anchored else parts
        if any(regex.match(head) for head in heads):
            yield path


def is_of_secrets(path: str, files: tuple[str, ...]) -> bool:
    """Whether a path is one of an env file, a key, a database or the instance folder."""
    lower = path.lower()
    return (
        path.rpartition("/")[2] == ".env"
        or is_env_path(path, files)
        or lower.endswith((".pem", ".key", ".sqlite", ".sqlite3", ".db"))
        or "instance" in lower.split("/")[:-1]
        or "secret" in lower
        or "credential" in lower
    )
