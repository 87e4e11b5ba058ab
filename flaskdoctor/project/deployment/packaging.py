"""Which env files a build puts into the packages that are uploaded.

Tried with flit_core 4.2, pdm-backend 2.5, uv_build 0.13, hatchling 1.33, poetry-core 2.5 and setuptools 65: flit, pdm
and uv take the package's whole folder and ask git nothing; hatchling and poetry leave out what git ignores, and
hatchling takes it back in for ``artifacts``; setuptools takes what MANIFEST.in says.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from flaskdoctor.finding import Location

if TYPE_CHECKING:
    from flaskdoctor.project.snapshot import Project

_WHOLE_FOLDER = {"flit_core": "flit", "flit": "flit", "pdm": "pdm", "uv_build": "uv"}
_MANIFEST = "MANIFEST.in"


class Shipped(NamedTuple):
    """An env file that goes into a package: ``why`` says which tool takes it and for what, ``location`` is the line
    that says so."""

    path: str
    why: str
    location: Location


def shipped_env_files(project: Project) -> tuple[Shipped, ...]:
    """The env files that a build of this project takes along; nothing where it is none that is built."""
    document = _document(project)
    backend = _backend(project, document)
    if backend in _WHOLE_FOLDER:
        found = _in_folders(project, document, _WHOLE_FOLDER[backend])
    elif backend == "hatchling":
        found = _artifacts(project, document)
    elif backend == "setuptools":
        found = _manifest(project)
    else:
        return ()
    return tuple(found)


def build_backend(project: Project) -> str:
    """The build backend's top-level module ("hatchling"); empty for a project that is never packed."""
    return _backend(project, _document(project))


def _document(project: Project) -> Mapping[str, Any]:
    text = project.texts.read("pyproject.toml") if "pyproject.toml" in project.files.files else ""
    if "build-system" not in text:
        return {}
    import tomli  # 18 ms, so only where something is built

    try:
        return tomli.loads(text)
    except tomli.TOMLDecodeError:
        return {}


def _backend(project: Project, document: Mapping[str, Any]) -> str:
    if _at(document, "tool", "uv", "package") is False or _at(document, "tool", "poetry", "package-mode") is False:
        return ""
    if any(str(each).startswith("Private ::") for each in _list(document, "project", "classifiers")):
        return ""
    named = _at(document, "build-system", "build-backend")
    if isinstance(named, str):
        return named.partition(".")[0].partition(":")[0]
    return "setuptools" if document or "setup.py" in project.files.files else ""


def _in_folders(project: Project, document: Mapping[str, Any], tool: str) -> Iterator[Shipped]:
    excluded = {
        "flit": _list(document, "tool", "flit", "sdist", "exclude"),
        "pdm": _list(document, "tool", "pdm", "build", "excludes"),
        "uv": [
            *_list(document, "tool", "uv", "build-backend", "wheel-exclude"),
            *_list(document, "tool", "uv", "build-backend", "source-exclude"),
        ],
    }[tool]
    if any("env" in str(pattern) or ".*" in str(pattern) for pattern in excluded):
        return
    for folder in _packages(project, document, tool):
        for path in _env_files(project, folder):
            why = f"{tool} puts all of {folder}/ into the package, ignored or not"
            yield Shipped(path, why, Location("pyproject.toml", _line(project, "build-backend")))


def _packages(project: Project, document: Mapping[str, Any], tool: str) -> list[str]:
    """The folders that the tool packs."""
    if tool == "pdm":
        if _at(document, "tool", "pdm", "build", "includes"):
            return []
        tops = {path.rpartition("/")[0] for path in project.files.files if path.endswith("/__init__.py")}
        inside = any(folder.startswith("src/") for folder in tops)
        depth = 1 if inside else 0
        return sorted(
            folder for folder in tops if folder.count("/") == depth and folder.startswith("src/" if inside else "")
        )
    key = ("tool", "flit", "module", "name") if tool == "flit" else ("tool", "uv", "build-backend", "module-name")
    name = str(_at(document, *key) or _at(document, "project", "name") or "")
    name = re.sub(r"[-.]+", "_", name) if _at(document, *key) is None else name.replace(".", "/")
    root = _at(document, "tool", "uv", "build-backend", "module-root") if tool == "uv" else None
    places = ["src", ""] if root is None else [str(root).strip("./")]
    folders = [f"{place}/{name.lower() if tool == 'uv' else name}".lstrip("/") for place in places]
    return [folder for folder in folders if name and f"{folder}/__init__.py" in project.files.files][:1]


def _artifacts(project: Project, document: Mapping[str, Any]) -> Iterator[Shipped]:
    patterns = _list(document, "tool", "hatch", "build", "artifacts")
    for target in ("wheel", "sdist"):
        patterns += _list(document, "tool", "hatch", "build", "targets", target, "artifacts")
    if not patterns:
        return
    from pathspec import GitIgnoreSpec

    spec = GitIgnoreSpec.from_lines(str(pattern) for pattern in patterns)
    for path in _env_files(project, ""):
        if spec.match_file(path):
            why = "hatchling's artifacts take it in, although git ignores it"
            yield Shipped(path, why, Location("pyproject.toml", _line(project, "artifacts")))


def _manifest(project: Project) -> Iterator[Shipped]:
    if _MANIFEST not in project.files.files:
        return
    waiting = list(_env_files(project, ""))
    taken: dict[str, tuple[int, str]] = {}
    if waiting:
        for number, line in enumerate(project.texts.read(_MANIFEST).splitlines(), 1):
            command, _, rest = line.partition("#")[0].strip().partition(" ")
            matches = _matcher(command, rest.split())
            if matches is None:
                continue
            for path in waiting:
                if matches.match(path):
                    if "include" in command or command == "graft":
                        taken.setdefault(path, (number, line.strip()))
                    else:
                        taken.pop(path, None)
    for path, (number, line) in sorted(taken.items()):
        yield Shipped(path, f"{line!r} in {_MANIFEST} takes it in", Location(_MANIFEST, number))


def _matcher(command: str, words: list[str]) -> re.Pattern[str] | None:
    """The paths that a line of MANIFEST.in is about; a star there matches a leading dot, and no slash."""
    words = [word.strip("/").removeprefix("./") or "." for word in words]
    if command in ("graft", "prune") and len(words) == 1:
        return re.compile(".*" if words[0] == "." else f"{_pattern(words[0])}/.*")
    if command in ("include", "exclude") and words:
        return re.compile(f"(?:{'|'.join(map(_pattern, words))})\\Z")
    if command in ("global-include", "global-exclude") and words:
        return re.compile(f"(?:.*/)?(?:{'|'.join(map(_pattern, words))})\\Z")
    if command in ("recursive-include", "recursive-exclude") and len(words) > 1:
        folder = "" if words[0] == "." else f"{_pattern(words[0])}/"
        return re.compile(f"{folder}(?:.*/)?(?:{'|'.join(map(_pattern, words[1:]))})\\Z")
    return None


def _pattern(glob: str) -> str:
    parts = re.split(r"(\*\*?|\?|\[[^\]]+\])", glob)
    kinds = {"*": "[^/]*", "**": ".*", "?": "[^/]"}
    return "".join(
        kinds.get(part, part.replace("[!", "[^") if part.startswith("[") and part.endswith("]") else re.escape(part))
        for part in parts
    )


def _env_files(project: Project, folder: str) -> Iterable[str]:
    """The env files in a folder and below it, also those that git ignores."""
    inside = f"{folder}/" if folder else ""
    known = [path for path in project.git.questions.env_files if path.startswith(inside)]
    folders = [each for each in project.files.folders if not inside or f"{each}/".startswith(inside)]
    names = [f"{each}/.env".lstrip("/") for each in folders]
    names += [".env"] if not folder and project.env.env.exists else []
    known += [path for path in names if path == ".env" or project.texts.head(path, 1)]
    return sorted(set(known))


def _line(project: Project, word: str) -> int:
    text = project.texts.read("pyproject.toml")
    found = re.search(rf"(?m)^\s*{word}\s*=", text)
    return text.count("\n", 0, found.end()) + 1 if found else 1


def _at(document: Mapping[str, Any], *keys: str) -> Any:
    value: Any = document
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _list(document: Mapping[str, Any], *keys: str) -> list[Any]:
    value = _at(document, *keys)
    return list(value) if isinstance(value, list) else []
