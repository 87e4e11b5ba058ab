"""Which folder is the project, which files of it count, what is skipped and why."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from flaskdoctor.errors import UserError
from flaskdoctor.finding import Skipped

MAX_PYTHON_BYTES = 2 * 1024 * 1024  # larger ones are generated; ``ast`` needs some 60 times the size in memory

SKIPPED_FOLDERS = {
    ".git": "git's own folder",
    ".hg": "Mercurial's own folder",
    ".svn": "Subversion's own folder",
    "node_modules": "JavaScript packages",
    "bower_components": "JavaScript packages",
    "__pycache__": "compiled Python",
    "site-packages": "installed packages",
    "__pypackages__": "installed packages",
    ".tox": "test environments",
    ".nox": "test environments",
    ".eggs": "installed packages",
    ".mypy_cache": "a tool's cache",
    ".ruff_cache": "a tool's cache",
    ".pytest_cache": "a tool's cache",
    ".hypothesis": "a tool's cache",
    ".idea": "an editor's settings",
    ".vscode": "an editor's settings",
}

_ROOT_MARKERS = (
    ".git",
    "pyproject.toml",
    "setup.py",
    "setup.cfg",
    "requirements.txt",
    "Pipfile",
    ".flaskenv",
    "wsgi.py",
    "flaskdoctor.toml",
)
_IN_PACKAGES = frozenset({"setup.py", "wsgi.py"})


# An app that its packages are packed with, as for AWS Lambda, starts in one of these.
_STARTS = frozenset({
    "__init__.py", "app.py", "application.py", "handler.py", "lambda_function.py", "main.py", "manage.py", "run.py",
    "wsgi.py", "requirements.txt", "pyproject.toml",
})  # fmt: skip


class PythonFile(NamedTuple):
    """A Python file to look at: path relative to the root (POSIX), dotted name, role, size in bytes."""

    path: str
    name: str
    role: str
    size: int


class Unreadable(NamedTuple):
    """A file that counts and cannot be looked at: ``path`` and the reason in words."""

    path: str
    reason: str


class Discovered(NamedTuple):
    """What is in the project. ``folders`` are all folders that were entered, "" for the root; ``files`` all plain
    files in them, for those who look for templates, env files and the like by name."""

    root: str
    python: tuple[PythonFile, ...]
    folders: tuple[str, ...]
    files: tuple[str, ...]
    skipped: tuple[Skipped, ...]
    unreadable: tuple[Unreadable, ...]


def find_root(path: str) -> str:
    """The project that a path belongs to: the nearest folder upwards with a sign of one, else the path's folder.

    Raises ``UserError`` where the path does not exist or is neither a file nor a folder.
    """
    start = os.path.abspath(path)
    try:
        mode = os.stat(start).st_mode
    except FileNotFoundError:
        raise UserError(f"There is no such file or folder: {path}", "Check the spelling of the path.") from None
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}", "Check its permissions.") from None
    if not stat.S_ISDIR(mode):
        if not stat.S_ISREG(mode):
            raise UserError(f"{path} is neither a file nor a folder.", "Name the project's folder.")
        start = os.path.dirname(start)
    try:
        os.listdir(start)
    except OSError as error:
        raise UserError(f"The folder {path} cannot be read: {error.strerror}", "Check its permissions.") from None
    home = os.path.expanduser("~")
    folder = start
    while True:
        if _is_marked(folder):
            return folder
        parent = os.path.dirname(folder)
        if parent == folder or folder == home:
            return start
        folder = parent


def _is_marked(folder: str) -> bool:
    """Whether a folder has a sign of a project. In a package, ``setup.py`` and ``wsgi.py`` are modules like others."""
    found = [marker for marker in _ROOT_MARKERS if os.path.lexists(os.path.join(folder, marker))]
    if found and _IN_PACKAGES.issuperset(found):
        return not os.path.lexists(os.path.join(folder, "__init__.py"))
    return bool(found)


def discover(root: str, ignored: Collection[str] = (), exclude: Collection[str] = (), prefix: str = "") -> Discovered:
    """Walk the project. ``ignored`` are paths that git ignores (folders without a final slash), ``exclude`` the
    patterns of the settings (``fnmatch``, against the path and its last part); ``prefix`` leads from the folder of the
    settings to the root. Links to folders are not followed."""
    walk = _Walk(root, frozenset(path.rstrip("/") for path in ignored), tuple(exclude), prefix)
    walk.run()
    packages = {path.rpartition("/")[0] for path, _ in walk.python if path.endswith("/__init__.py")}
    python = tuple(
        PythonFile(path, dotted_name(path), role_of(path, packages), size) for path, size in sorted(walk.python)
    )
    return Discovered(
        root,
        python,
        tuple(sorted(walk.folders)),
        tuple(sorted(walk.files)),
        tuple(sorted(walk.skipped)),
        tuple(sorted(walk.unreadable)),
    )


def with_files(found: Discovered, sizes: Mapping[str, int]) -> Discovered:
    """The same project with Python files (relative paths) that may not be there yet, and their sizes in bytes."""
    python = {file.path: file for file in found.python}
    packages = {path.rpartition("/")[0] for path in (*python, *sizes) if path.endswith("/__init__.py")}
    for path, size in sizes.items():
        python[path] = PythonFile(path, dotted_name(path), role_of(path, packages), size)
    files = tuple(sorted({*found.files, *sizes}))
    return found._replace(python=tuple(python[path] for path in sorted(python)), files=files)


class _Walk:
    def __init__(self, root: str, ignored: frozenset[str], exclude: tuple[str, ...], prefix: str = "") -> None:
        self.root = root
        self.ignored = ignored
        self.exclude = exclude
        self.prefix = prefix
        self.python: list[tuple[str, int]] = []
        self.folders: list[str] = []
        self.files: list[str] = []
        self.skipped: list[Skipped] = []
        self.unreadable: list[Unreadable] = []

    def run(self) -> None:
        queue = [""]
        while queue:
            folder = queue.pop()
            try:
                entries = list(os.scandir(os.path.join(self.root, folder)))
            except OSError as error:
                self.folders.append(folder)
                self.unreadable.append(Unreadable(folder or ".", _reason(error)))
                continue
            if self._are_installed(folder, entries):
                self.skipped.append(Skipped(folder, "installed packages"))
                continue
            self.folders.append(folder)
            for entry in entries:
                path = f"{folder}/{entry.name}" if folder else entry.name
                if self._is_folder(entry, path):
                    reason = self._why_skip_folder(entry, path)
                    if reason:
                        self.skipped.append(Skipped(path, reason))
                    else:
                        queue.append(path)
                else:
                    self._file(entry, path)

    def _is_folder(self, entry: os.DirEntry[str], path: str) -> bool:
        try:
            return entry.is_dir()
        except OSError as error:
            if entry.name.endswith(".py"):
                self.unreadable.append(Unreadable(path, _reason(error)))
            return False

    def _why_skip_folder(self, entry: os.DirEntry[str], path: str) -> str:
        if entry.name in SKIPPED_FOLDERS:
            return SKIPPED_FOLDERS[entry.name]
        if entry.is_symlink():
            return "a link to a folder: not followed"
        if path in self.ignored:
            return "git ignores it"
        if self._excluded(path):
            return "excluded by the settings"
        if os.path.lexists(os.path.join(entry.path, "pyvenv.cfg")):
            return "a virtual environment"
        if entry.name in ("venv", ".venv", "env") and os.path.isdir(os.path.join(entry.path, "bin")):
            return "a virtual environment"
        if os.path.lexists(os.path.join(entry.path, "conda-meta")):
            return "a conda environment"
        return ""

    def _are_installed(self, folder: str, entries: Iterable[os.DirEntry[str]]) -> bool:
        """Whether packages were installed into a folder (``pip install --target``), and no app stands beside them."""
        names = {entry.name for entry in entries}
        return bool(folder) and any(name.endswith(".dist-info") for name in names) and _STARTS.isdisjoint(names)

    def _file(self, entry: os.DirEntry[str], path: str) -> None:
        if not entry.name.endswith(".py"):
            self.files.append(path)
            return
        if path in self.ignored:
            self.skipped.append(Skipped(path, "git ignores it"))
        elif self._excluded(path):
            self.skipped.append(Skipped(path, "excluded by the settings"))
        else:
            try:
                status = entry.stat()
            except OSError as error:
                if entry.is_symlink() and not os.path.exists(entry.path) and error.errno != errno.ELOOP:
                    self.skipped.append(Skipped(path, "a link that leads nowhere"))
                else:
                    self.unreadable.append(Unreadable(path, _reason(error)))
                return
            if not stat.S_ISREG(status.st_mode):
                self.skipped.append(Skipped(path, "not a plain file"))
            elif entry.is_symlink() and not self._inside(entry.path):
                self.skipped.append(Skipped(path, "a link that leads out of the project"))
            elif status.st_size > MAX_PYTHON_BYTES:
                size = f"{status.st_size / 1024 / 1024:.0f} MB"
                self.unreadable.append(Unreadable(path, f"it is {size} large, and flaskdoctor reads up to 2 MB"))
            else:
                self.files.append(path)
                self.python.append((path, status.st_size))

    def _inside(self, path: str) -> bool:
        real = os.path.realpath(path)
        root = os.path.realpath(self.root)
        return real == root or real.startswith(root + os.sep)

    def _excluded(self, path: str) -> bool:
        return is_excluded(self.prefix + path, self.exclude)


def is_excluded(path: str, patterns: Collection[str]) -> bool:
    """Whether patterns of the settings leave out a path: ``fnmatch``, against the path and its last part."""
    if not patterns:
        return False
    from fnmatch import fnmatch

    name = path.rpartition("/")[2]
    return any(fnmatch(each, pattern.rstrip("/")) for pattern in patterns for each in (path, name))


def _reason(error: OSError) -> str:
    if error.errno == errno.ELOOP:
        return "it is a link that leads back to itself"
    return (error.strerror or "it cannot be read").lower()


def dotted_name(path: str) -> str:
    """The dotted name of a file: its path with dots. ``shop/__init__.py`` is ``shop``, ``a/b.py`` is ``a.b``."""
    name = path.removesuffix(".py").replace("/", ".")
    if name == "__init__":
        return "__init__"
    return name.removesuffix(".__init__")


_ROLES_OF_FOLDERS = {
    "test": "test",
    "tests": "test",
    "testing": "test",
    "migrations": "migration",
    "alembic": "migration",
    "examples": "example",
    "example": "example",
    "samples": "example",
    "demo": "example",
    "demos": "example",
    "docs": "docs",
    "doc": "docs",
    "documentation": "docs",
    "scripts": "script",
    "bin": "script",
    "tools": "script",
    "release": "script",
    "utils": "app",
}
_SCRIPTS = frozenset({"setup", "fabfile", "noxfile", "tasks", "manage", "conftest", "gunicorn", "gunicorn_config"})


def role_of(path: str, packages: Collection[str] = ()) -> str:
    """What a file is for, by its path: app, test, migration, example, docs or script."""
    *folders, file = path.split("/")
    stem = file.removesuffix(".py")
    if stem.startswith("test_") or stem.endswith(("_test", "_tests")) or stem in ("conftest", "test", "tests"):
        return "test"
    inside = ""
    for folder in folders:
        inside = f"{inside}/{folder}" if inside else folder
        role = _ROLES_OF_FOLDERS.get(folder.lower())
        if folder.lower().startswith("test_") or folder.lower().endswith("_tests"):
            role = "test"
        # ``shop/tools`` may well be a package of the app: there only tests and migrations keep their meaning.
        if role in ("script", "example", "docs") and inside.rpartition("/")[0] in packages:
            role = None
        if role is not None and role != "app":
            return role
    return "script" if stem in _SCRIPTS else "app"
