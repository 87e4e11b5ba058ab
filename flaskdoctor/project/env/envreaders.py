"""Who reads each env file of a project: Flask, docker compose, a front end, or nobody that is known."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from flaskdoctor.project.env.envfilenames import is_env_name
from flaskdoctor.project.env.envuse import loaders
from flaskdoctor.project.secrecy.sharedvalues import PUBLIC

if TYPE_CHECKING:
    from flaskdoctor.project.env.envfile import EnvFile
    from flaskdoctor.project.snapshot import Project

_FRONT_END = (*PUBLIC, "NUXT_")  # what bundlers read; nothing of Flask's begins so
# Distributions that come with python-dotenv and read with it.
_BRING_DOTENV = ("python-dotenv", "environs", "pydantic-settings", "flask-dotenv")
# What may say how the app is started.
_SCRIPTS = (".sh", ".bash", ".mk", ".ps1", ".bat", ".service")
_SCRIPT_NAMES = frozenset((
    "makefile", "gnumakefile", "justfile", "taskfile.yml", "readme.md", "readme.rst", "package.json", "procfile",
    ".envrc", "tox.ini", "noxfile.py", "launch.json",
))  # fmt: skip


class ReadFile(NamedTuple):
    """An env file that is there, and who reads it: "flask" (the command, or the code with python-dotenv), "compose"
    (the ``env_file`` of a service), "front end", or "" where nothing says."""

    file: EnvFile
    reader: str

    @property
    def by_dotenv(self) -> bool:
        """Whether python-dotenv reads it."""
        return self.reader == "flask"


def has_dotenv(project: Project) -> bool:
    """Whether something says that python-dotenv reads the project's .env: a requirement, or a module that loads one."""
    return bool(loaders(project)) or any(project.dependencies.has(name) for name in _BRING_DOTENV)


def read_files(project: Project) -> tuple[ReadFile, ...]:
    """All env files of the project, templates and kept copies (``.env.bak``) aside."""
    return tuple(_read_files(project))


def _read_files(project: Project) -> Iterator[ReadFile]:
    env = project.env
    dotenv = has_dotenv(project)
    handed = given_to_containers(project)
    for file in env.present:
        folder, _, name = file.path.rpartition("/")
        if not is_env_name(name):
            continue
        own = name == ".env" and dotenv and (not folder or _is_of_flask(project, folder))
        if name == ".flaskenv" or file.path in env.loaded or file.path in env.nested or own:
            yield ReadFile(file, "flask")
        elif file.path in handed:
            yield ReadFile(file, "compose")
        elif _is_of_front_end(project, file):
            yield ReadFile(file, "front end")
        elif dotenv and env.computed and name.startswith(".env."):
            yield ReadFile(file, "flask")  # ``load_dotenv(f".env.{name}")``
        else:
            yield ReadFile(file, "")


def is_loaded(project: Project, file: EnvFile) -> bool:
    """Whether something in the project loads a file: its code, docker compose, a command in a script or the README."""
    env = project.env
    if file.path in env.loaded or file.path in env.nested or env.computed or file.path in given_to_containers(project):
        return True
    name = file.path.rpartition("/")[2]
    return any(name in project.texts.read(path) for path in script_paths(project))


def script_paths(project: Project) -> Iterator[str]:
    """The files that say how things are started: scripts, Makefiles, workflows, the README."""
    for path in project.files.files:
        lower = path.rpartition("/")[2].lower()
        if lower in _SCRIPT_NAMES or lower.endswith(_SCRIPTS) or path.startswith(".github/workflows/"):
            yield path


def given_to_containers(project: Project) -> frozenset[str]:
    """The env files that compose files hand over to services."""
    return frozenset(
        posixpath.normpath(posixpath.join(posixpath.dirname(service.location.path), path))
        for service in project.deploy.services
        for path in service.env_files
    )


def _is_of_flask(project: Project, folder: str) -> bool:
    """Whether the ``flask`` command is run in a folder: it has a .flaskenv, or modules of the app lie right in it."""
    if f"{folder}/.flaskenv" in project.files.files:
        return True
    modules = (facts for path, facts in project.modules.items() if path.rpartition("/")[0] == folder)
    return any(item.target.partition(".")[0] == "flask" for facts in modules for item in facts.imports)


def _is_of_front_end(project: Project, file: EnvFile) -> bool:
    """Whether a bundler reads a file: its folder is that of JavaScript without Python, or its keys are for pages."""
    folder = posixpath.dirname(file.path)
    beside = f"{folder}/package.json" if folder else "package.json"
    if beside not in project.files.files:
        return False
    named = [binding.shown for binding in file.bindings if binding.named]
    if named and all(name.startswith(_FRONT_END) for name in named):
        return True
    inside = f"{folder}/" if folder else ""
    return bool(folder) and not any(path.startswith(inside) for path in project.modules)
