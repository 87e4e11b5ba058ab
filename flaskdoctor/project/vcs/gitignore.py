"""The ignore files as pathspec reads them: the second-best answer, for machines without a git program."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

from flaskdoctor.project.plainfile import decode, read_bytes
from flaskdoctor.project.vcs.git import Ignore
from flaskdoctor.project.vcs.gitcommand import Place

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec


class IgnoreFiles:
    """All ignore files of a work tree, read when a path asks for them. The user's own excludes file is
    not known."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._specs: dict[str, GitIgnoreSpec | None] = {}
        self._lines: dict[str, list[tuple[int, str]]] = {}  # those that the spec is made of, with their numbers

    def decide(self, path: str) -> Ignore:
        """What the ignore files say of ``path`` (absolute; a folder ends with a slash); the deepest that
        speaks wins."""
        top = self._place.top
        folder = os.path.dirname(path.rstrip("/"))
        while True:
            verdict = self._ask(os.path.join(folder, ".gitignore"), folder, path, everywhere=True)
            if verdict is not None:
                return verdict
            if folder == top or os.path.dirname(folder) == folder:
                break
            folder = os.path.dirname(folder)
        exclude = os.path.join(self._place.common_dir, "info", "exclude")
        if not self._place.repository:
            return Ignore(False)
        return self._ask(exclude, top, path, everywhere=False) or Ignore(False)

    def below(self, path: str) -> Ignore:
        """What they say of ``path`` when no folder above it is ignored; else what they say of that: git never takes a
        file of an ignored folder back in."""
        parts = os.path.relpath(path, self._place.top).split(os.sep)
        for number in range(1, len(parts)):
            verdict = self.decide(os.path.join(self._place.top, *parts[:number], ""))
            if verdict.ignored:
                return verdict
        return self.decide(path)

    def _ask(self, source: str, folder: str, path: str, *, everywhere: bool) -> Ignore | None:
        spec = self._spec(source)
        if spec is None:
            return None
        relative = os.path.relpath(path, folder).replace(os.sep, "/") + ("/" if path.endswith("/") else "")
        result = spec.check_file(relative)
        if result.include is None or result.index is None:
            return None
        root = self._place.root
        shown = os.path.relpath(source, root).replace(os.sep, "/") if source.startswith(root + os.sep) else source
        return Ignore(result.include, shown, *self._lines[source][result.index], everywhere)

    def _spec(self, source: str) -> GitIgnoreSpec | None:
        if source not in self._specs:
            content = read_bytes(source)
            self._specs[source] = None
            # Git itself refuses a .gitignore that is a symbolic link (since 2.32).
            if content.state == "ok" and not os.path.islink(source):
                from pathspec import GitIgnoreSpec  # 40 ms

                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")  # of ``re``, about sets in odd patterns
                    self._lines[source] = list(_meant(decode(content.data)))
                    self._specs[source] = GitIgnoreSpec.from_lines(_with_tabs(line) for _, line in self._lines[source])
        return self._specs[source]


def _meant(text: str) -> Iterator[tuple[int, str]]:
    """The lines with a pattern that can be read; git passes over all others, such as a lone ``!``."""
    from pathspec import GitIgnoreSpec

    for number, line in enumerate(text.split("\n"), 1):
        line = line.removesuffix("\r")
        with suppress(ValueError):
            if line.strip() and GitIgnoreSpec.from_lines([_with_tabs(line)]).patterns:
                yield number, line


def _with_tabs(line: str) -> str:
    """A line whose tabs at the end stay part of the pattern, as for git."""
    line = line.rstrip(" ") if not line.endswith("\\ ") else line
    kept = line.rstrip("\t")
    return kept + "[\t]" * (len(line) - len(kept))


def answers_without_git(place: Place, paths: Iterable[str]) -> dict[str, Ignore]:
    """What the ignore files say of each path (relative to the project's root, POSIX)."""
    files = IgnoreFiles(place)
    return {path: files.below(os.path.join(place.root, path)) for path in paths}


def ignored_without_git(place: Place) -> frozenset[str]:
    """The ignored files and folders below the root, relative to it; what lies in an ignored folder is
    not listed."""
    files = IgnoreFiles(place)
    found: set[str] = set()
    waiting = [place.root]
    while waiting:
        folder = waiting.pop()
        try:
            entries = list(os.scandir(folder))
        except OSError:
            continue
        for entry in entries:
            if entry.name == ".git":
                continue
            is_folder = entry.is_dir(follow_symlinks=False)
            if files.decide(entry.path + ("/" if is_folder else "")).ignored:
                found.add(os.path.relpath(entry.path, place.root).replace(os.sep, "/"))
            elif is_folder:
                waiting.append(entry.path)
    return frozenset(found)
