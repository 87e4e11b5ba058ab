"""What git is to be asked about a project, gathered before the one call that asks it: plain values."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from flaskdoctor.project.discover import Discovered


_PATHSPECS = {
    "env": (":(glob)**/.env*", ":(glob)**/*.env"),
    "envrc": (":(glob,icase)**/.envrc",),
    "key": (":(glob,icase)**/*.pem", ":(glob,icase)**/*.key"),
    "database": (":(glob,icase)**/*.sqlite", ":(glob,icase)**/*.sqlite3", ":(glob,icase)**/*.db"),
    "instance": (":(glob)**/instance/**",),
}


class SecretFile(NamedTuple):
    """A file or folder that should stay out of a repository, going by its name.

    ``asked`` is the path that git is asked about: for a folder one of a file inside. ``kind`` is "env", "envrc",
    "key", "database", "instance" or "virtualenv". ``line`` is what .gitignore would need.
    """

    path: str
    asked: str
    kind: str
    line: str


class DoubtfulLine(NamedTuple):
    """A line of an ignore file that git does not read as it seems to be meant.

    ``meant`` is the line as it should be, ``asked`` the paths that it then would cover. ``why`` tells what is wrong
    with it.
    """

    source: str
    line: int
    pattern: str
    meant: str
    why: str
    asked: tuple[str, ...]


class Questions(NamedTuple):
    """All there is to ask, and the files (relative, POSIX) that were read for it.

    ``unread`` are the ignore files that git reads no line of, each with the reason: "utf-16" or "link".
    """

    files: tuple[SecretFile, ...] = ()
    lines: tuple[DoubtfulLine, ...] = ()
    unread: tuple[tuple[str, str], ...] = ()
    inputs: tuple[str, ...] = ()

    @property
    def env_files(self) -> tuple[str, ...]:
        """The env files among them."""
        return tuple(file.path for file in self.files if file.kind == "env")

    @property
    def ignored(self) -> tuple[str, ...]:
        """The paths of which git is asked whether it ignores them."""
        found = [file.asked for file in self.files]
        found += [path for line in self.lines for path in line.asked]
        return tuple(dict.fromkeys(found))

    @property
    def tracked(self) -> tuple[str, ...]:
        """The patterns (git's pathspecs) of all of which git is asked whether it tracks them: few, however many files
        there are, since a command line has an end."""
        kinds = dict.fromkeys(file.kind for file in self.files)
        found = [pattern for kind in kinds for pattern in _PATHSPECS.get(kind, ())]
        found += [f":(literal){file.asked}" for file in self.files if file.kind == "virtualenv"]
        found += [f":(literal){path}" for line in self.lines for path in line.asked]
        return tuple(dict.fromkeys(found))


def git_questions(root: str, files: Discovered) -> Questions:
    """What the names of a project's files and the lines of its ignore files give reason to ask."""
    from flaskdoctor.project.vcs.ignorelines import read_ignore_lines
    from flaskdoctor.project.vcs.secretfiles import secret_files

    found = secret_files(files)
    lines, unread, read = read_ignore_lines(root, files)
    return Questions(found, lines, unread, (*read, *(file.asked for file in found if file.kind in ("key", "envrc"))))
