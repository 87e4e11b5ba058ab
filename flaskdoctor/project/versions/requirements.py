"""What requirement files, pyproject.toml, setup files and lock files declare: names and specifiers as
written."""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from flaskdoctor.patterns import lazy
from flaskdoctor.project.plainfile import decode, read_bytes


class Declared(NamedTuple):
    """One distribution that a file declares.

    ``name`` is normalised (PEP 503). ``kind`` is "main", "extra" (a group, an extra, a file for tests or
    development), "constraint" (pip's ``-c``: no dependency by itself) or "lock". ``conditional``: has an
    environment marker.
    """

    name: str
    specifier: str
    source: str
    kind: str = "main"
    poetry: bool = False
    conditional: bool = False


_REQUIREMENT_FILE = lazy(r"(?:.*[-_.])?(?:requirements?|reqs?)(?:[-_.].*)?\.(?:txt|in|pip)", re.IGNORECASE)
_REQUIREMENT_FOLDERS = ("requirements", "requirement", "reqs")
_EXTRA_WORDS = frozenset((
    "dev", "develop", "development", "test", "tests", "testing", "doc", "docs", "lint", "style", "typing", "ci",
    "min", "minimum", "minimal", "lowest", "oldest", "build", "tools", "local", "debug",
))  # fmt: skip
_LINE = lazy(r"([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[[^\]]*\])?\s*(.*)", re.DOTALL)
# What an extra of another distribution brings: Flask's "dotenv", uvicorn's "standard".
_BRINGS_DOTENV = lazy(r"(?:[\w.-]+\s*\[[^\]]*\bdotenv\b|uvicorn\s*\[[^\]]*\bstandard\b)", re.IGNORECASE)
# And what lets Flask run async views.
_BRINGS_ASGIREF = lazy(r"(?:flask|apiflask|dash)\s*\[[^\]]*\basync\b", re.IGNORECASE)
_ARCHIVE = lazy(r"([A-Za-z0-9._]+(?:-[A-Za-z][A-Za-z0-9._]*)*?)-v?(\d+(?:\.\d+)*)[^/]*\.(?:tar\.gz|zip|whl)")
_LOCKED = lazy(r"^\[\[packages?\]\][^\S\n]*\n", re.MULTILINE)
_LOCKED_FIELD = lazy(r'^(name|version) = "([^"]+)"', re.MULTILINE)
_MOST_FILES = 200
_MOST_INCLUDES = 50  # requirement files that include each other, one in the next
_LOCK_FILES = ("uv.lock", "poetry.lock", "pdm.lock", "pylock.toml")


def normalise(name: str) -> str:
    """A distribution's name as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", name).lower().strip("-")


def declared(root: str) -> tuple[list[Declared], list[str]]:
    """Everything that the project's files declare, and the files that were read (relative, POSIX)."""
    reader = _Reader(root)
    reader.read_all()
    return reader.found, list(reader.read)


class _Reader:
    def __init__(self, root: str) -> None:
        self.root = os.path.realpath(root)
        self.found: list[Declared] = []
        self.read: dict[str, None] = {}

    def read_all(self) -> None:
        names = _listing(self.root)
        for name in _LOCK_FILES:
            if name in names:
                self._lock(name)
        readers = {
            "Pipfile.lock": self._pipfile_lock,
            "pyproject.toml": self._pyproject,
            "Pipfile": self._pipfile,
            "setup.cfg": self._setup_cfg,
            "setup.py": self._setup_py,
        }
        for name, reader in readers.items():
            if name in names:
                reader(name)
        files = [name for name in names if _REQUIREMENT_FILE.fullmatch(name)]
        for folder in _REQUIREMENT_FOLDERS:
            if folder in names:
                entries = _listing(os.path.join(self.root, folder))
                files += [f"{folder}/{name}" for name in entries if name.endswith((".txt", ".in"))]
        # "requirements.txt" first: what it includes is then known as a main file.
        for name in sorted(files, key=lambda name: (_kind(name) != "main", len(name), name))[:_MOST_FILES]:
            self._requirements(name, _kind(name))

    def _text(self, path: str) -> str | None:
        """The text of a file of the project; None if it was read before, is missing, or lies outside of
        it."""
        path = posixpath.normpath(path)
        full = os.path.join(self.root, path)
        if "\0" in path or path in self.read or not os.path.realpath(full).startswith(os.path.join(self.root, "")):
            return None
        content = read_bytes(full)
        if content.state != "missing":
            self.read[path] = None
        return decode(content.data) if content.state == "ok" else None

    def _requirements(self, path: str, kind: str, depth: int = 0) -> None:
        text = self._text(path) if depth < _MOST_INCLUDES else None
        for line in re.sub(r"\\\r?\n", " ", text or "").splitlines():
            line = re.sub(r"(?:^|\s)#.*", "", line).strip()
            option = re.match(r"(?:-(r|c)|--(requirement|constraint))(?:\s*=\s*|\s+|(?=[^\s-]))(\S+)", line)
            if option:
                target = posixpath.join(posixpath.dirname(path), option.group(3))
                constraint = "c" in (option.group(1), (option.group(2) or "")[:1])
                self._requirements(target, "constraint" if constraint else kind, depth + 1)
            else:
                self._add(line, path, kind)

    def _add(self, line: str, source: str, kind: str = "main") -> None:
        found = requirement(line)
        if found is not None:
            name, specifier, conditional = found
            self.found.append(Declared(name, specifier, source, kind, conditional=conditional))
            if _BRINGS_DOTENV.match(line):
                self.found.append(Declared("python-dotenv", "", source, kind))
            if _BRINGS_ASGIREF.match(line):
                self.found.append(Declared("asgiref", "", source, kind))

    def _add_all(self, lines: object, source: str, kind: str = "main") -> None:
        for line in lines if isinstance(lines, list) else ():
            if isinstance(line, str):
                self._add(line, source, kind)

    def _toml(self, path: str) -> Mapping[str, Any]:
        text = self._text(path)
        if not text:
            return {}
        import tomli  # 18 ms, so only where there is such a file

        try:
            return tomli.loads(text)
        except (ValueError, RecursionError):  # beside TOML's own errors: a number too long for ``int()``
            return {}

    def _lock(self, path: str) -> None:
        # Machines write these, one field a line: a pattern is several times faster than a TOML parser.
        for block in _LOCKED.split(self._text(path) or "")[1:]:
            fields = dict(_LOCKED_FIELD.findall(block.partition("\n[")[0]))
            if "name" in fields and "version" in fields:
                self.found.append(Declared(normalise(fields["name"]), f"=={fields['version']}", path, "lock"))

    def _pipfile_lock(self, path: str) -> None:
        import json

        try:
            content = json.loads(self._text(path) or "{}")
        except (ValueError, RecursionError):
            return
        for section in ("default", "develop"):
            for name, entry in _table(content, section).items():
                version = entry.get("version", "") if isinstance(entry, dict) else ""
                self.found.append(Declared(normalise(name), str(version), path, "lock"))

    def _pyproject(self, path: str) -> None:
        content = self._toml(path)
        project = _table(content, "project")
        if isinstance(name := project.get("name"), str) and normalise(name) == "flask":
            self.found.append(Declared("flask", f"=={project.get('version', '')}", path))  # Flask itself
        self._add_all(project.get("dependencies"), path)
        tool = _table(content, "tool")
        for table in (
            _table(project, "optional-dependencies"),
            _table(content, "dependency-groups"),
            _table(_table(tool, "pdm"), "dev-dependencies"),
            {"dev": _table(tool, "uv").get("dev-dependencies")},
        ):
            for lines in table.values():
                self._add_all(lines, path, "extra")
        dynamic = _table(_table(_table(tool, "setuptools"), "dynamic"), "dependencies").get("file")
        for name in [dynamic] if isinstance(dynamic, str) else dynamic if isinstance(dynamic, list) else ():
            self._requirements(str(name), "main")
        poetry = _table(tool, "poetry")
        self._table_of_versions(_table(poetry, "dependencies"), path, "main", poetry=True)
        self._table_of_versions(_table(poetry, "dev-dependencies"), path, "extra", poetry=True)
        for group in _table(poetry, "group").values():
            if isinstance(group, dict):
                self._table_of_versions(_table(group, "dependencies"), path, "extra", poetry=True)

    def _pipfile(self, path: str) -> None:
        content = self._toml(path)
        self._table_of_versions(_table(content, "packages"), path, "main")
        self._table_of_versions(_table(content, "dev-packages"), path, "extra")

    def _table_of_versions(self, table: Mapping[str, Any], path: str, kind: str, *, poetry: bool = False) -> None:
        for name, value in table.items():
            if name == "python":
                continue
            entries = value if isinstance(value, list) else [value]
            for entry in entries:
                version = entry.get("version", "*") if isinstance(entry, dict) else entry
                if isinstance(entry, dict) and "dotenv" in (entry.get("extras") or ()):
                    self.found.append(Declared("python-dotenv", "", path, kind, poetry))
                if isinstance(entry, dict) and "async" in (entry.get("extras") or ()) and "flask" in name.lower():
                    self.found.append(Declared("asgiref", "", path, kind, poetry))
                self.found.append(
                    Declared(normalise(name), str(version), path, kind, poetry, conditional=len(entries) > 1)
                )

    def _setup_cfg(self, path: str) -> None:
        text = self._text(path)
        if not text or "install_requires" not in text:
            return
        import configparser

        parser = configparser.ConfigParser(interpolation=None, strict=False)
        try:
            parser.read_string(text)
        except configparser.Error:
            return
        main = parser.get("options", "install_requires", fallback="")
        if main.startswith("file:"):
            for name in main.removeprefix("file:").split(","):
                self._requirements(name.strip(), "main")
        else:
            self._add_all(main.splitlines(), path)
        if parser.has_section("options.extras_require"):
            for _, lines in parser.items("options.extras_require"):
                self._add_all(lines.splitlines(), path, "extra")

    def _setup_py(self, path: str) -> None:
        text = self._text(path)
        if not text or "setup" not in text:
            return
        from flaskdoctor.project.versions.setupfile import setup_requirements

        main, extra = setup_requirements(text)
        self._add_all(main, path)
        self._add_all(extra, path, "extra")


def requirement(line: str) -> tuple[str, str, bool] | None:
    """Name (normalised), specifier and whether there is a marker, of one PEP 508 line or pip URL; None
    for others."""
    line = re.sub(r"\s--?[a-z].*", "", line.strip())
    line = re.sub(r"^(?:-e|--editable)[\s=]+", "", line)
    if not line or line.startswith(("-", ".", "/")):
        return None
    if re.match(r"[a-z+]+://|git\+", line):
        egg = re.search(r"[#&]egg=([A-Za-z0-9._-]+)", line)
        if egg:
            return normalise(egg.group(1)), "", False
        archive = _ARCHIVE.fullmatch(line.partition("#")[0].rpartition("/")[2])
        return (normalise(archive.group(1)), f"=={archive.group(2)}", False) if archive else None
    match = _LINE.fullmatch(line)
    if match is None:
        return None
    name, rest = match.groups()
    specifier, _, marker = rest.partition(";")
    specifier = specifier.strip().strip("()")
    if specifier.startswith("@"):
        archive = _ARCHIVE.search(specifier.rpartition("/")[2])
        specifier = f"=={archive.group(2)}" if archive else ""
    elif specifier and specifier[0] not in "=<>!~":
        return None
    return normalise(name), specifier, bool(marker.strip())


def _kind(path: str) -> str:
    words = re.split(r"[^a-z]+", path.lower())
    return "main" if _EXTRA_WORDS.isdisjoint(words) else "extra"


def _table(content: object, name: str) -> Mapping[str, Any]:
    value = content.get(name) if isinstance(content, Mapping) else None
    return value if isinstance(value, dict) else {}


def _listing(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


class SitePackages(NamedTuple):
    """Where a virtualenv of the project keeps its packages: its name and the folder (relative, POSIX)."""

    environment: str
    folder: str


def site_packages(root: str) -> list[SitePackages]:
    """The package folders of the virtualenvs that stand in the project."""
    found = []
    for environment in (".venv", "venv", "env", ".env", "virtualenv", "ENV"):
        base = os.path.join(root, environment)
        if not os.path.isfile(os.path.join(base, "pyvenv.cfg")):
            continue
        pythons = [f"lib/{name}" for name in _listing(os.path.join(base, "lib")) if name.startswith("python")]
        for python in [*pythons, "Lib"]:
            folder = f"{environment}/{python}/site-packages"
            if os.path.isdir(os.path.join(root, folder)):
                found.append(SitePackages(environment, folder))
                break
    return found


def installed(root: str, folder: str) -> Iterator[tuple[str, str]]:
    """Name (normalised) and version of what the metadata folders in ``folder`` name; nothing is read or
    imported."""
    for name in _listing(os.path.join(root, folder)):
        stem, dot, ending = name.rpartition(".")
        if dot and ending in ("dist-info", "egg-info") and "-" in stem:
            distribution, version = stem.split("-")[:2]
            yield normalise(distribution), version
