"""Calling git in a repository that is not trusted: plumbing only, nothing of the repository's runs, bounded
in time.

Checked with git 2.39: ``ls-files`` and ``check-ignore`` run the repository's ``core.fsmonitor`` program,
writing an index runs its ``post-index-change`` hook, ``core.worktree=/etc`` makes ``ls-files --others``
list /etc, and a FIFO as ignore file hangs git for ever. Each option below switches one of these off.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, NamedTuple

if TYPE_CHECKING:
    from subprocess import Popen

TIMEOUT = 10.0  # seconds, for all calls that run side by side
SLOW = "git did not answer in time"

HARDENING = (
    "-c", "core.fsmonitor=false",
    "-c", "core.hooksPath=/dev/null",
    "-c", "log.showSignature=false",
    "-c", "protocol.allow=never",
    "-c", "safe.bareRepository=explicit",  # a folder made to look like a repository is none
    "-c", "submodule.recurse=false",
    "--no-pager",
)  # fmt: skip


class Place(NamedTuple):
    """Where git is asked about a project.

    ``root`` is the project's real path, ``top`` the folder that holds ``.git`` (the root itself outside of a
    repository), ``git_dir`` the folder with HEAD and the index (empty outside), ``common_dir`` the one with
    config and info (another one in a linked worktree).
    """

    root: str
    top: str
    git_dir: str = ""
    common_dir: str = ""

    @property
    def repository(self) -> bool:
        """Whether there is a repository around the root."""
        return bool(self.git_dir)


class Answer(NamedTuple):
    """What one git call said; ``trouble`` is empty where it succeeded."""

    output: bytes = b""
    trouble: str = ""


def locate(root: str) -> Place:
    """The repository around ``root``, found as git finds it, without asking it (no call, no
    configuration)."""
    real = os.path.realpath(root)
    folder = real
    try:
        device = os.stat(real).st_dev
        while os.stat(folder).st_dev == device:
            git_dir = _git_dir(os.path.join(folder, ".git"))
            if git_dir:
                return Place(real, folder, git_dir, _common_dir(git_dir))
            parent = os.path.dirname(folder)
            if parent == folder:
                break
            folder = parent
    except OSError:
        pass
    return Place(real, real)


def git_binary(root: str) -> str:
    """The absolute path of git, never one inside the project and never by a relative PATH entry; empty
    if none."""
    name = "git.exe" if sys.platform == "win32" else "git"
    inside = os.path.join(os.path.realpath(root), "")
    for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
        path = os.path.join(folder, name)
        # Neither the entry nor what a link in it leads to may be the project's.
        places = (os.path.join(os.path.realpath(folder), ""), os.path.realpath(path))
        if not os.path.isabs(folder) or any(place.startswith(inside) for place in places):
            continue
        if os.access(path, os.X_OK) and os.path.isfile(path):
            return path
    return ""


def environment() -> dict[str, str]:
    """The process's environment without any inherited GIT_* variable, and with git's own safety switches
    on."""
    variables = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    variables.update(
        GIT_ALLOW_PROTOCOL="",
        GIT_OPTIONAL_LOCKS="0",
        GIT_TERMINAL_PROMPT="0",
        GIT_NO_LAZY_FETCH="1",
        LC_ALL="C",  # its reasons are read
    )
    return variables


class Running:
    """A git call that runs, until ``answer`` is asked for."""

    _all: ClassVar[set[Running]] = set()

    def __init__(self, process: Popen[bytes] | None, text: bytes) -> None:
        self._process = process
        self._text = text
        if process is not None:
            self._all.add(self)

    def answer(self, seconds: float) -> Answer:
        """What the call says. After ``seconds`` it is killed with its whole process group."""
        import subprocess

        if self._process is None:
            return Answer(trouble="git could not be started")
        try:
            output, errors = self._process.communicate(self._text, timeout=max(seconds, 0.01))
        except subprocess.TimeoutExpired:
            return Answer(trouble=SLOW)
        finally:
            self.stop()
        return Answer(output, _trouble(self._process.returncode, errors))

    def stop(self) -> None:
        """End the call if it still runs."""
        self._all.discard(self)
        if self._process is not None and self._process.poll() is None:
            _kill(self._process)

    @classmethod
    def stop_all(cls) -> None:
        """End all calls of this process: it is about to end itself, from whichever thread."""
        for running in tuple(cls._all):
            running.stop()


def start(
    binary: str,
    place: Place,
    arguments: Sequence[str],
    text: bytes = b"",
    *,
    git_dir: str = "",
    extra: Mapping[str, str] | None = None,
) -> Running:
    """Start one git call with ``text`` for its standard input.

    ``git_dir`` names an (empty, temporary) git directory to use outside of a repository.
    """
    import subprocess

    head = [binary, *HARDENING, "-C", place.root, f"--work-tree={place.top}"]
    if git_dir:
        head.append(f"--git-dir={git_dir}")
    variables = environment()
    variables["GIT_CEILING_DIRECTORIES"] = os.path.dirname(place.top)
    variables.update(extra or {})
    try:
        process = subprocess.Popen(
            [*head, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=variables,
            cwd=place.root,
            start_new_session=True,
        )
    except OSError:
        return Running(None, b"")
    return Running(process, text)


def run(
    binary: str,
    place: Place,
    calls: Sequence[tuple[Sequence[str], bytes]],
    *,
    git_dir: str = "",
    timeout: float = TIMEOUT,
    extra: Mapping[str, str] | None = None,
) -> list[Answer]:
    """Run git calls (arguments, standard input) side by side; one ``Answer`` each, in order.

    Whatever still runs after ``timeout`` seconds is killed.
    """
    import time

    running = [start(binary, place, arguments, text, git_dir=git_dir, extra=extra) for arguments, text in calls]
    end = time.monotonic() + timeout
    try:
        return [call.answer(end - time.monotonic()) for call in running]
    finally:
        for call in running:
            call.stop()


class EmptyGitDir:
    """An empty temporary git directory: with it git judges ignore files where there is no repository.

    Its path is empty where none can be made (a full or read-only disk): git then says that there is no repository.
    """

    _folder = ""

    def __enter__(self) -> str:
        import tempfile

        try:
            self._folder = tempfile.mkdtemp(prefix="flaskdoctor-")
            for name in ("objects", "refs"):
                os.mkdir(os.path.join(self._folder, name))
            with open(os.path.join(self._folder, "HEAD"), "w", encoding="ascii") as head:
                head.write("ref: refs/heads/main\n")
        except OSError:
            self.__exit__()
        return self._folder

    def __exit__(self, *_: object) -> None:
        import shutil

        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)
        self._folder = ""


def _trouble(code: int, errors: bytes) -> str:
    if code in (0, 1):  # check-ignore: 1 says that nothing is ignored
        return ""
    text = errors.decode("utf-8", "replace").strip()
    if "dubious ownership" in text:
        return "the repository belongs to another user (git: dubious ownership; see git's safe.directory)"
    line = next((line for line in text.splitlines() if line.startswith(("fatal:", "error:"))), "")
    return f"git failed: {line.partition(':')[2].strip() or f'exit status {code}'}"


def _kill(process: Popen[bytes]) -> None:
    """End a call and all it started; a child that left the group may keep the pipes, so they are closed
    first."""
    import signal
    import subprocess

    try:
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
    except OSError:
        process.kill()
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            try:
                pipe.close()
            except OSError:
                continue
    try:
        process.wait(1)
    except subprocess.TimeoutExpired:
        return


def _git_dir(path: str) -> str:
    """The git directory that ``.git`` stands for: itself, or where a ``gitdir:`` file points; empty if
    it is none."""
    if os.path.isdir(path):
        return path if os.path.lexists(os.path.join(path, "HEAD")) else ""
    target = first_line(path)
    if not target.startswith("gitdir:"):
        return ""
    folder = os.path.join(os.path.dirname(path), target.removeprefix("gitdir:").strip())
    return os.path.normpath(folder) if os.path.lexists(os.path.join(folder, "HEAD")) else ""


def _common_dir(git_dir: str) -> str:
    target = first_line(os.path.join(git_dir, "commondir"))
    return os.path.normpath(os.path.join(git_dir, target)) if target else git_dir


def first_line(path: str) -> str:
    """The first line of one of git's small pointer files; empty where there is none."""
    from flaskdoctor.project.plainfile import read_bytes

    return os.fsdecode(read_bytes(path, 10_000).data.partition(b"\n")[0]).strip()
