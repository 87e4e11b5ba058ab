"""Which projects the paths of a command line stand for: one, or several below a folder that is none itself.

A project is a folder with a sign of one (``find_root``). A repository's top folder without any Flask of its own, with
projects in folders below, stands for those: each has its own requirements, env files and settings.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

from flaskdoctor.patterns import lazy
from flaskdoctor.project.discover import SKIPPED_FOLDERS, find_root, role_of
from flaskdoctor.project.plainfile import read_bytes

_DEPTH = 4  # folders below the top: ``services/shop``, ``apps/search/v1/backend``
_MOST_BYTES = 500_000
_DECLARES = ("pyproject.toml", "setup.py", "setup.cfg", "Pipfile", "requirements.txt")
_SETTINGS = "flaskdoctor.toml"
_NAMES_FLASK = lazy(rb"(?i)\b(?:flask(?![-_. ]?doctor)|quart|apiflask)")
_MAKES_AN_APP = lazy(rb"\b(?:Flask|Quart|APIFlask|OpenAPI|FlaskApp|Dash)\(")
_ENV_FILES = (".env", ".flaskenv")


class Chosen(NamedTuple):
    """A project that is asked for: ``wanted`` are the parts of it (relative, POSIX; none: all of it), ``without`` those
    that are projects of their own and asked for as well. ``prefix`` goes before its paths where a folder above it was
    named, with a slash at its end."""

    root: str
    wanted: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    prefix: str = ""

    def holds(self, path: str) -> bool:
        """Whether a path of this project is asked for."""
        return (not self.wanted or below(path, self.wanted)) and not below(path, self.without)


def spelt(path: str) -> str:
    """An absolute path as a user would write it here: from this folder on, where it lies below it."""
    relative = os.path.relpath(path)
    return path if relative.split(os.sep)[0] == os.pardir else relative


def below(path: str, parts: Iterable[str]) -> bool:
    """Whether a path is one of ``parts`` or lies below one."""
    return any(path == part or path.startswith(part + "/") for part in parts)


def chosen(paths: Sequence[str]) -> list[Chosen]:
    """The projects that paths stand for, in the order in which they are named; none for this folder.

    Raises ``UserError`` for a path that is not there or cannot be read.
    """
    wanted: dict[str, list[str]] = {}
    prefixes: dict[str, str] = {}
    names: dict[str, str] = {}  # one folder, however it is spelt
    tops: dict[str, list[str]] = {}
    for path in paths or ["."]:
        absolute = os.path.abspath(path)
        top = find_root(path)
        if top not in tops:
            tops[top] = projects_below(top)
        inside = [root for root in tops[top] if below(root, [absolute]) and root != top]
        for root in inside or [top]:
            root = names.setdefault(os.path.realpath(root), root)
            part = "." if inside else os.path.relpath(absolute, top).replace(os.sep, "/")
            wanted.setdefault(root, []).append(part)
            prefixes.setdefault(root, _prefix(root, top))
    if len(wanted) > 1:
        repository = find_root(os.path.commonpath(wanted.keys()))
        prefixes = {root: _prefix(root, repository) for root in wanted}
    return [_chosen(root, parts, wanted)._replace(prefix=prefixes[root]) for root, parts in wanted.items()]


def _chosen(root: str, parts: list[str], roots: Collection[str]) -> Chosen:
    others = (_relative(other, root) for other in roots if other != root)
    without = tuple(other for other in others if other and not other.startswith("../"))
    return Chosen(root, () if "." in parts else tuple(dict.fromkeys(parts)), without)


def _prefix(root: str, top: str) -> str:
    relative = _relative(root, top)
    return f"{relative}/" if relative else ""


def _relative(path: str, start: str) -> str:
    relative = os.path.relpath(path, start).replace(os.sep, "/")
    return "" if relative == "." else relative


def projects_below(top: str) -> list[str]:
    """The projects that a folder stands for: itself, or, where it has no Flask of its own, those in folders below."""
    if _declares_flask(top, os.listdir(top)):
        return [top]
    found = list(_candidates(top))
    if not found:
        return [top]
    others = _apps_outside(top, [_relative(folder, top) for folder in found])
    if others and (len(found) == 1 or any(below(folder, others) for folder in found)):
        return [top]  # the app of this folder, beside or around a part of it that has requirements of its own
    if len(found) == 1 and any(os.path.isfile(os.path.join(top, name)) for name in _ENV_FILES):
        return [top]  # one app, which is configured from here
    return sorted(_not_left_out(top, [*found, *others])) or [top]


def _candidates(top: str) -> Iterator[str]:
    """Folders with requirements that name Flask, or with settings for flaskdoctor; none within another one."""
    for folder, names, folders in _walk(top):
        if folder == top:
            continue
        if _declares_flask(folder, names) or _SETTINGS in names:
            path = f"{_relative(folder, top)}/app.py"
            if role_of(path) in ("app", "script"):
                yield folder
            folders.clear()


def _walk(top: str, depth: int = _DEPTH) -> Iterator[tuple[str, list[str], list[str]]]:
    """Each folder down to ``depth`` with the names of its files and folders; those left in the list are entered."""
    queue = [(top, 0)]
    while queue:
        folder, level = queue.pop()
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError:
            continue
        folders = [entry.name for entry in entries if _is_entered(entry)] if level < depth else []
        yield folder, [entry.name for entry in entries], folders
        queue += [(os.path.join(folder, name), level + 1) for name in reversed(folders)]


def _is_entered(entry: os.DirEntry[str]) -> bool:
    if entry.name in SKIPPED_FOLDERS or entry.name.startswith("."):
        return False
    try:
        return entry.is_dir(follow_symlinks=False) and not os.path.lexists(os.path.join(entry.path, "pyvenv.cfg"))
    except OSError:
        return False


def _declares_flask(folder: str, names: Collection[str]) -> bool:
    return any(
        _NAMES_FLASK.search(read_bytes(os.path.join(folder, name), _MOST_BYTES).data) is not None
        for name in _DECLARES
        if name in names and not (name == "setup.py" and "__init__.py" in names)  # else a module of a package
    )


def _apps_outside(top: str, folders: list[str]) -> list[str]:
    """The folders that apps are started from which are made in files of none of ``folders``: none within another."""
    found: set[str] = set()
    packages: set[str] = set()
    for folder, names, below_it in _walk(top, 2):
        relative = _relative(folder, top)
        below_it[:] = [name for name in below_it if (f"{relative}/{name}" if relative else name) not in folders]
        if "__init__.py" in names or os.path.basename(folder) == "src":
            packages.add(folder)
        for name in names:
            if name.endswith(".py") and role_of(f"{relative}/{name}" if relative else name) in ("app", "script"):
                source = read_bytes(os.path.join(folder, name), _MOST_BYTES).data
                if (b"lask" in source or b"quart" in source) and _MAKES_AN_APP.search(source) is not None:
                    found.add(folder)
                    break
    starts = {_above(folder, top, packages) for folder in found}
    return sorted(folder for folder in starts if not below(folder, starts - {folder}))


def _above(folder: str, top: str, packages: Collection[str]) -> str:
    """The folder itself, or for a package the one that holds it."""
    while folder in packages and folder != top:
        folder = os.path.dirname(folder)
    return folder


def _not_left_out(top: str, found: list[str]) -> Iterator[str]:
    """Those that neither git ignores nor the settings exclude."""
    from flaskdoctor.config import read_settings
    from flaskdoctor.project.discover import is_excluded
    from flaskdoctor.project.vcs.git import ignored_paths

    settings = read_settings(top)
    ignored, _ = ignored_paths(top)
    for folder in found:
        path = _relative(folder, top)
        steps = ["/".join(path.split("/")[:count]) for count in range(1, path.count("/") + 2)]
        if not any(step in ignored or is_excluded(settings.prefix + step, settings.exclude) for step in steps):
            yield folder
