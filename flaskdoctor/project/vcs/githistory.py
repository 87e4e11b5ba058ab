"""Which env files git remembers: those in a commit of any branch, tag or stash, also where they are gone by now.

A walk through a long history takes seconds, so it is bounded, and its answer is kept until a branch or tag moves.
Checked with git 2.39: ``rev-list``, ``rev-parse``, ``diff-tree --raw`` and ``cat-file --batch`` run no program of the
repository's; ``git log`` would run its ``gpg.program``.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import NamedTuple

from flaskdoctor.project import cache
from flaskdoctor.project.digest import digest
from flaskdoctor.project.env.envfile import is_template_name, parse_env
from flaskdoctor.project.secrecy.harmlessenv import holds_no_secret
from flaskdoctor.project.vcs.gitcommand import SLOW, Running, git_binary, locate, run, start

_PATTERNS = (".env", ":(glob).env.*", ":(glob).env-*", ":(glob).env_*")
_MOST_COMMITS = 500  # those that touch an env file
_MOST_VERSIONS = 20  # of one file
_MOST_BYTES = 64 * 1024
_ANSWER = 10.0  # seconds for what is asked about the commits that were found


class PastFile(NamedTuple):
    """An env file in git's history. ``path`` is relative to the project's root; ``commit`` is the newest commit that
    changed it (or took it away), abbreviated; ``harmless`` says that no version of it holds what looks like a
    secret."""

    path: str
    commit: str
    harmless: bool


class GitHistory(NamedTuple):
    """What the walk came to. ``reason`` says why the history is not known, or not as a whole (empty: it is);
    ``waiting`` that more time would help."""

    files: tuple[PastFile, ...] = ()
    reason: str = ""
    waiting: bool = False


class HistoryWalk:
    """A walk through the history, begun by making one and ended by ``answer``.

    ``paths`` are env files (relative, POSIX) that are looked for beside those in the root. ``key`` names the cache;
    empty: none.
    """

    def __init__(self, root: str, paths: Iterable[str], key: str) -> None:
        self._place = locate(root)
        self._binary = git_binary(root)
        self._running: Running | None = None
        self._known: GitHistory | None = None
        self._patterns = (*_PATTERNS, *(f":(literal){path}" for path in sorted(set(paths)) if "/" in path))
        self._path = history_path(root)
        self._key = ""
        if not self._place.repository:
            self._known = GitHistory()
        elif not self._binary:
            self._known = GitHistory((), "no git program was found")
        else:
            tips = self._ask("rev-parse", "--all")
            head = _read(os.path.join(self._place.git_dir, "HEAD"))
            name = digest(b"\0".join((tips, head, *map(os.fsencode, self._patterns)))).hex()
            self._key = f"{key} {name}" if key else ""
            kept = cache.load(self._path, self._key) if key else None
            if isinstance(kept, GitHistory):
                self._known = kept
            else:
                walk = ("rev-list", "--all", "--full-history", f"--max-count={_MOST_COMMITS}", "--", *self._patterns)
                self._running = start(self._binary, self._place, walk)

    def answer(self, seconds: float) -> GitHistory:
        """The files, where the walk ends within ``seconds``."""
        if self._known is None:
            self._known = self._answer(seconds)
            if self._key and not self._known.waiting:
                cache.store(self._path, self._key, self._known)
        return self._known

    def stop(self) -> None:
        """End the walk."""
        if self._running is not None:
            self._running.stop()

    def _answer(self, seconds: float) -> GitHistory:
        assert self._running is not None
        found = self._running.answer(seconds)
        if found.trouble == SLOW:
            return GitHistory((), "the history is long, and was not read to its end", waiting=True)
        if found.trouble:
            return GitHistory((), found.trouble)
        part = os.path.lexists(os.path.join(self._place.common_dir, "shallow"))
        reason = "only the newest commits are here: this is a shallow clone" if part else ""
        return GitHistory(tuple(self._files(found.output)), reason)

    def _files(self, commits: bytes) -> Iterable[PastFile]:
        if not commits:
            return
        compare = ("diff-tree", "--stdin", "-r", "-m", "--root", "--raw", "--no-renames", "-z")
        raw = self._ask(*compare, "--", *self._patterns, text=commits)
        versions: dict[str, dict[bytes, None]] = {}
        newest: dict[str, str] = {}
        commit = ""
        fields = iter(raw.split(b"\0"))
        for field in fields:
            if not field.startswith(b":"):
                commit = field.decode("ascii", "replace").strip()[:10] or commit
                continue
            path = os.fsdecode(next(fields, b""))
            path = os.path.relpath(os.path.join(self._place.top, path), self._place.root).replace(os.sep, "/")
            newest.setdefault(path, commit)
            before, after = field.split()[2:4]
            versions.setdefault(path, {}).update({name: None for name in (after, before) if name.strip(b"0")})
        for path, names in sorted(versions.items()):
            if not is_template_name(path.rpartition("/")[2]):
                yield PastFile(path, newest[path], self._harmless(path, list(names)))

    def _harmless(self, path: str, names: list[bytes]) -> bool:
        """Whether all versions of a file were read, and none of them holds what looks like a secret."""
        if len(names) > _MOST_VERSIONS:
            return False
        asked = b"".join(name + b"\n" for name in names)
        sizes = [line.split() for line in self._ask("cat-file", "--batch-check", text=asked).splitlines()]
        if len(sizes) != len(names) or any(len(size) != 3 or int(size[2]) > _MOST_BYTES for size in sizes):
            return False  # one is missing (a partial clone), or large
        rest = self._ask("cat-file", "--batch", text=asked)
        for _ in names:
            head, _, rest = rest.partition(b"\n")
            size = int(head.split()[-1]) if head else 0
            content, rest = rest[:size], rest[size + 1 :]
            if content.strip() and not holds_no_secret(parse_env(content, path)):
                return False
        return True

    def _ask(self, *arguments: str, text: bytes = b"") -> bytes:
        (answer,) = run(self._binary, self._place, [(arguments, text)], timeout=_ANSWER)
        return answer.output


def history_path(root: str) -> str:
    """Where the answer for a project is kept."""
    return cache.cache_path(root, "git-history")


def _read(path: str) -> bytes:
    from flaskdoctor.project.plainfile import read_bytes

    return read_bytes(path, 10_000).data
