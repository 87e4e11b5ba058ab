"""What git ignores and tracks in a project, and on which branch it is: asked in one go, never running
anything of the repository's own. Without a git binary the ignore files are read by pathspec, and the
state says so."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from flaskdoctor.errors import Refuse
from flaskdoctor.finding import Location
from flaskdoctor.project.vcs.gitcommand import Answer, EmptyGitDir, Place, first_line, git_binary, locate, run
from flaskdoctor.project.vcs.githistory import GitHistory
from flaskdoctor.project.vcs.gitquestions import Questions

# What is looked for in the index; ``**/`` matches the root too.
TRACKED = (":(glob)**/.env", ":(glob)**/.env.*", ":(glob)**/.env-*", ":(glob)**/.env_*", ":(glob)**/*.env")
NOTHING = Questions()
NO_GIT = "no git program was found; the ignore files were read without it"
SYSTEM_CONFIGS = ("/etc/gitconfig", "/usr/local/etc/gitconfig", "/opt/homebrew/etc/gitconfig")


class Ignore(NamedTuple):
    """Whether a path is ignored, and which line of which file decides (``source`` is empty where none
    speaks of it).

    ``source`` is relative to the project's root where it lies inside, else absolute. ``everywhere`` is
    False where the deciding file is not committed with the project (.git/info/exclude, the user's own
    excludes file).
    """

    ignored: bool
    source: str = ""
    line: int = 0
    pattern: str = ""
    everywhere: bool = True


class GitState(NamedTuple):
    """Git's answers for one scan: plain values.

    ``reason`` says why git itself did not answer (empty: it did); ``answers`` (path -> Ignore) can be there
    all the same, from pathspec. ``tracked`` are the tracked paths among those that look like env files and those of
    ``questions`` (which were asked beside .env and its templates), None: unknown.
    ``repository`` is False outside of one. ``branch`` is empty where there is none; a detached HEAD gives a
    short commit id.
    """

    repository: bool = False
    branch: str = ""
    reason: str = ""
    answers: Mapping[str, Ignore] = {}
    tracked: tuple[str, ...] | None = None
    top: str = ""  # the folder with .git, absolute; empty outside of a repository
    questions: Questions = NOTHING
    history: GitHistory = GitHistory()

    def ignore(self, path: str) -> Ignore | None:
        """What git says of ``path`` (asked for by ``read_git``); None: unknown, see ``reason``."""
        return self.answers.get(path)

    def tracks(self, path: str) -> bool | None:
        """Whether git tracks ``path`` (an env file, or one asked for); None: unknown."""
        if not self.repository:
            return False
        return None if self.tracked is None else path in self.tracked


class GitCheck(NamedTuple):
    """One line of the Git tab. ``state`` is "ok", "finding", "unknown" or "not applicable"; ``code`` the
    rule's, if any."""

    title: str
    state: str
    detail: str
    code: str = ""
    location: Location | None = None


class GitPicture(NamedTuple):
    """The Git tab: a line on where the answers come from, and the checks, also those that pass."""

    source: str
    checks: tuple[GitCheck, ...]


def read_git(root: str, paths: Iterable[str], questions: Questions = NOTHING) -> GitState:
    """Ask git about ``paths`` (relative, POSIX), all of ``questions`` and for the tracked env files: two calls that
    run side by side."""
    return _ask(root, tuple(dict.fromkeys((*paths, *questions.ignored))), questions)._replace(questions=questions)


def _ask(root: str, asked: tuple[str, ...], questions: Questions) -> GitState:
    place = locate(root)
    binary = git_binary(root)
    if not binary:
        from flaskdoctor.project.vcs.gitignore import answers_without_git

        return GitState(place.repository, branch(place), NO_GIT, answers_without_git(place, asked), None, _top(place))
    check = (
        ("check-ignore", "--no-index", "-v", "-n", "-z", "--stdin"),
        b"".join(b"./" + os.fsencode(path) + b"\0" for path in asked),  # "./": a name like ":x" is no magic
    )
    if not place.repository:
        with EmptyGitDir() as empty:
            (ignored,) = run(binary, place, [check], git_dir=empty)
        return GitState(reason=ignored.trouble, answers=_parse_check(place, asked, ignored))
    listing = ("ls-files", "-z", "--", *TRACKED, *questions.tracked)
    ignored, listed = run(binary, place, [check, (listing, b"")])
    return GitState(
        True,
        branch(place),
        ignored.trouble or listed.trouble,
        _parse_check(place, asked, ignored),
        None if listed.trouble else tuple(sorted(set(_split(listed)))),
        _top(place),
    )


def ignored_paths(root: str) -> tuple[frozenset[str], str]:
    """The untracked files and folders that git ignores, relative to ``root`` (a folder without its
    slash), and why they are not known (empty: they are). One call; what lies in an ignored folder is not
    listed."""
    place = locate(root)
    binary = git_binary(root)
    if not binary:
        from flaskdoctor.project.vcs.gitignore import ignored_without_git

        return ignored_without_git(place), NO_GIT
    call = (("ls-files", "--others", "--ignored", "--exclude-standard", "--directory", "-z"), b"")
    if place.repository:
        (answer,) = run(binary, place, [call])
    else:
        with EmptyGitDir() as empty:
            (answer,) = run(binary, place, [call], git_dir=empty)
    paths = frozenset(path.rstrip("/") for path in _split(answer))
    return paths - {".", ""}, answer.trouble  # "./": the root itself is ignored by a repository above it


def git_inputs(root: str, folders: Iterable[str] = ()) -> tuple[str, ...]:
    """The files whose change can change git's answers, absolute; some of them need not exist (yet).

    The index, HEAD, git's configuration with what it includes, the exclude files, and each .gitignore from
    the repository's top down to ``root`` and in ``folders`` (relative to it). One git call, for the
    configuration.
    """
    place = locate(root)
    home = os.path.expanduser("~")
    user = os.path.join(os.environ.get("XDG_CONFIG_HOME") or os.path.join(home, ".config"), "git")
    files = [*SYSTEM_CONFIGS, os.path.join(home, ".gitconfig")]
    files += [os.path.join(user, name) for name in ("config", "ignore")]
    folder = place.root
    while True:
        files.append(os.path.join(folder, ".git"))  # a repository can appear, or go
        if place.repository or folder == place.root:
            files.append(os.path.join(folder, ".gitignore"))
        parent = os.path.dirname(folder)
        if parent == folder or (place.repository and folder == place.top):
            break
        folder = parent
    files += [os.path.join(place.root, folder, ".gitignore") for folder in folders]
    if place.repository:
        files += [os.path.join(place.git_dir, name) for name in ("index", "HEAD", "config.worktree")]
        files += [os.path.join(place.common_dir, name) for name in ("config", "info/exclude")]
    binary = git_binary(root)
    if binary:
        files += _configured_files(binary, place)
    return tuple(dict.fromkeys(files))


def remove_from_index(root: str, path: str) -> tuple[str, bytes, bytes]:
    """What ``git rm --cached`` would make of the index: its absolute path, its bytes before and after.

    Git works on a copy; nothing is written into the repository. Raises ``Refuse`` where git cannot, or is
    busy.
    """
    place, binary = locate(root), git_binary(root)
    if not binary or not place.repository:
        raise Refuse("Git is needed to take a file out of its index", NO_GIT if not binary else "")
    index = os.path.join(place.git_dir, "index")
    if os.path.lexists(index + ".lock"):
        raise Refuse("Git is at work in this repository", f"{index}.lock exists; try again when it is gone.")
    try:
        with open(index, "rb") as file:
            before = file.read()
    except OSError as error:
        raise Refuse("Git's index cannot be read", str(error)) from None
    try:
        after = _without(binary, place, path, before)
    except OSError as error:
        raise Refuse("Git's index cannot be copied", str(error)) from None
    return index, before, after


def _without(binary: str, place: Place, path: str, before: bytes) -> bytes:
    """An index with these bytes after ``path`` was taken out of it."""
    import tempfile

    with tempfile.TemporaryDirectory(prefix="flaskdoctor-") as folder:
        copy = os.path.join(folder, "index")
        with open(copy, "wb") as file:
            file.write(before)
        # A split index would leave its other half in the repository.
        remove = ("-c", "core.splitIndex=false", "update-index", "--force-remove", "-z", "--stdin")
        for call, text in (
            (("ls-files", "--error-unmatch", "-z", "--", f":(literal){path}"), b""),
            (remove, os.fsencode(path) + b"\0"),
        ):
            (answer,) = run(binary, place, [(call, text)], extra={"GIT_INDEX_FILE": copy})
            if answer.trouble or (call is not remove and not answer.output):
                raise Refuse(f"Git cannot take {path} out of its index", answer.trouble or "It is not in it.")
        with open(copy, "rb") as file:
            return file.read()


def branch(place: Place) -> str:
    """The branch of the work tree, read from HEAD as ``git symbolic-ref`` does; empty outside of a
    repository."""
    head = first_line(os.path.join(place.git_dir, "HEAD")) if place.repository else ""
    if not head.startswith("ref:"):
        return head[:7]
    name = head.removeprefix("ref:").strip().removeprefix("refs/heads/")
    if name != ".invalid":
        return name
    binary = git_binary(place.root)  # the reftable format keeps HEAD elsewhere
    if not binary:
        return ""
    (answer,) = run(binary, place, [(("symbolic-ref", "--quiet", "--short", "HEAD"), b"")])
    return os.fsdecode(answer.output).strip()


def _parse_check(place: Place, asked: tuple[str, ...], answer: Answer) -> dict[str, Ignore]:
    fields = [os.fsdecode(field) for field in answer.output.split(b"\0")]
    answers = {}
    for source, line, pattern, path in zip(*[iter(fields)] * 4, strict=False):
        path = path.removeprefix("./")
        if path in asked:
            where, everywhere = _source(place, source)
            ignored = bool(source) and not pattern.startswith("!")
            answers[path] = Ignore(ignored, where, int(line or 0), pattern, everywhere)
    return answers


def _source(place: Place, source: str) -> tuple[str, bool]:
    """A deciding file as it is shown, and whether it is one that is committed. Git names it relative to
    the top."""
    if not source:
        return "", True
    path = os.path.join(place.top, source)
    everywhere = os.path.basename(path) == ".gitignore" and _inside(path, place.top)
    return (os.path.relpath(path, place.root).replace(os.sep, "/") if _inside(path, place.root) else path), everywhere


def _inside(path: str, folder: str) -> bool:
    return path.startswith(os.path.join(folder, ""))


def _configured_files(binary: str, place: Place) -> list[str]:
    """The excludes file, and the configuration files that others include."""
    arguments = (
        "config",
        "-z",
        "--show-origin",
        "--get-regexp",
        r"^core\.excludesfile$|^include(if\..*)?\.path$",
    )
    if place.repository:
        (answer,) = run(binary, place, [(arguments, b"")])
    else:
        with EmptyGitDir() as empty:
            (answer,) = run(binary, place, [(arguments, b"")], git_dir=empty)
    fields = [os.fsdecode(field) for field in answer.output.split(b"\0")]
    files = []
    for origin, setting in zip(*[iter(fields)] * 2, strict=False):
        value = os.path.expanduser(setting.partition("\n")[2])
        source = os.path.join(place.root, origin.removeprefix("file:"))
        files.append(os.path.normpath(os.path.join(os.path.dirname(source), value)))
    return files


def _split(answer: Answer) -> list[str]:
    return [os.fsdecode(path) for path in answer.output.split(b"\0") if path]


def _top(place: Place) -> str:
    return place.top if place.repository else ""
