"""In which files a project's own people say what it requires; a requirement more, an extra, a marker in these."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, NamedTuple

from flaskdoctor.errors import Refuse, UserError
from flaskdoctor.fixes.edit import Edit
from flaskdoctor.fixes.requirements import setupcfg, textfile, tomladd, tomlchange
from flaskdoctor.fixes.requirements.requirement import Requirement
from flaskdoctor.fixes.workspace import Workspace
from flaskdoctor.project.versions.requirements import declared

if TYPE_CHECKING:
    from flaskdoctor.project.snapshot import Project

_FRAMEWORKS = frozenset({"flask", "quart", "apiflask"})
_TOML = ("pyproject.toml", "Pipfile")

# What is made of each of the files, and the command that makes it anew.
_LOCKS = {
    "pyproject.toml": {"uv.lock": "uv lock", "poetry.lock": "poetry lock", "pdm.lock": "pdm lock"},
    "Pipfile": {"Pipfile.lock": "pipenv lock"},
}

_Change = Callable[[str, bytes], bytes | None]


class _Sources(NamedTuple):
    """The files to change, and what is left to do in or with others ("run `uv lock`")."""

    files: tuple[str, ...]
    left: tuple[str, ...] = ()


def add_requirement(wanted: Requirement, project: Project, workspace: Workspace) -> None:
    """Plan a requirement more, unless the project has it: in each file that people write and in which Flask stands.

    Raises ``Refuse`` where there is none, or none that can be changed for certain.
    """
    if project.dependencies.has(wanted.name):
        return
    beside = _beside(project.root)
    words = f"Add {wanted.name} to"

    def add(path: str, data: bytes) -> bytes | None:
        if path.endswith(textfile.ENDINGS):
            return textfile.add_requirement(data, wanted, beside)
        if path in _TOML:
            return tomladd.add_requirement(data, wanted, beside)
        return setupcfg.add_requirement(data, wanted, beside)

    _change_all(_sources(workspace, beside, wanted.line), workspace, add, words, wanted.line)


def requirement_edits(wanted: Requirement, project: Project) -> list[Edit]:
    """What ``add_requirement`` plans, made from the files on disk."""
    workspace = Workspace(project.root)
    add_requirement(wanted, project, workspace)
    return list(workspace.edits())


def extra_edits(name: str, extra: str, project: Project) -> list[Edit]:
    """The edits after which ``name`` is required with ``extra``. Raises ``Refuse`` like ``add_requirement``."""
    workspace = Workspace(project.root)

    def ask(path: str, data: bytes) -> bytes | None:
        if path.endswith(textfile.ENDINGS):
            return textfile.add_extra(data, name, extra)
        if path in _TOML:
            return tomlchange.add_extra(data, name, extra)
        raise Refuse(f"{name} is required in a way that is not changed here")

    line = f"{name}[{extra}]"
    _change_all(_sources(workspace, {name}, line), workspace, ask, f"Ask for {line} in", line)
    return list(workspace.edits())


def marker_edit(path: str, name: str, variable: str, value: str, project: Project) -> Edit:
    """The edit after which the file ``path`` requires ``name`` only where the environment's ``variable`` is not
    ``value``. Raises ``Refuse`` where that cannot be written for certain."""
    workspace = Workspace(project.root)
    before = workspace.read(path) or b""
    if path in _TOML:
        after = tomlchange.add_marker(before, name, variable, value)
    else:
        textfile.check(path, before)
        after = textfile.add_marker(before, name, variable, value)
    if after is None:
        raise Refuse(f"{path} does not name {name} without a marker any more")
    then = "; ".join(_follow(path, workspace))
    return Edit(path, before, after, summary=f"Mark {name} in {path}: {variable} is not {value}", then=then)


def _change_all(sources: _Sources, workspace: Workspace, change: _Change, words: str, line: str) -> None:
    """Plan ``change`` in all sources; what cannot be changed is left to do, where another one can be."""
    made: list[tuple[str, bytes]] = []
    left = list(sources.left)
    reasons = []
    for path in sources.files:
        try:
            data = workspace.read(path) or b""
            if path.endswith(textfile.ENDINGS):
                textfile.check(path, data)
            after = change(path, data)
        except UserError as error:
            left.append(f"put {line} into {path} too")
            reasons.append(f"{line} has to be put into {path} by hand. {error.title.rstrip('.')}.")
            continue
        if after is not None:
            made.append((path, after))
    if not made:
        raise Refuse(reasons[0] if reasons else left[0] if left else f"{line} has to be added by hand", "Then fix it.")
    for path, after in made:
        if after != workspace.read(path):
            then = "; ".join(dict.fromkeys([*_follow(path, workspace), *left]))
            workspace.write(path, after, summary=f"{words} {path}", then=then)


def _beside(root: str) -> frozenset[str]:
    """The names next to which a requirement of the app belongs: the framework, or what brings it."""
    for kind in ("main", "extra"):
        found = {one.name for one in declared(root)[0] if one.kind == kind}
        names = found & _FRAMEWORKS or {name for name in found if name.startswith("flask-")}
        if names:
            return frozenset(names)
    return frozenset()


def _sources(workspace: Workspace, beside: Collection[str], line: str) -> _Sources:
    """The files in which one of ``beside`` is required by hand."""
    found = [one for one in declared(workspace.root)[0] if one.name in beside]
    kinds = [one for one in found if one.kind == "main"] or [one for one in found if one.kind == "extra"]
    files: dict[str, None] = {}
    compiled: dict[str, None] = {}
    left: dict[str, None] = {}
    for source in dict.fromkeys(one.source for one in kinds):
        if source.endswith(textfile.ENDINGS):
            stem, ending = posixpath.splitext(source)
            if ending != ".in" and workspace.read(f"{stem}.in") is not None:
                compiled[f"{stem}.in"] = None
            elif textfile.is_written_by_hand(source, workspace.read(source) or b""):
                files[source] = None
            else:
                left[f"a tool writes {source}: put {line} into what it is made from, and make it anew"] = None
        elif source == "setup.py":
            left[f"put {line} into setup.py by hand"] = None
        else:
            files[source] = None
    files = files or compiled  # where Flask comes along with another one, that has its name in some file too
    if files:  # what is compiled follows them
        left = {words.replace(f"put {line} into what it is made from, and ", ""): None for words in left}
    return _Sources(tuple(files), tuple(left))


def _follow(path: str, workspace: Workspace) -> list[str]:
    """What has to be made anew once ``path`` has changed."""
    commands = [
        f"run `{command}`" for lock, command in _LOCKS.get(path, {}).items() if workspace.read(lock) is not None
    ]
    stem, ending = posixpath.splitext(path)
    if ending == ".in" and workspace.read(f"{stem}.txt") is not None:
        commands.append(f"compile {stem}.txt anew")
    return commands
