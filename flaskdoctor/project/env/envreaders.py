"""Who reads each env file of a project: Flask, docker compose, a front end, or nobody that is known."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from flaskdoctor.project.env.envfilenames import is_env_name
from flaskdoctor.project.env.envuse import loaders

if TYPE_CHECKING:
    from flaskdoctor.project.env.envfile import EnvFile
    from flaskdoctor.project.snapshot import Project

# What a bundler gives to the pages; nothing of Flask's begins so.
_FRONT_END = ("VITE_", "REACT_APP_", "NEXT_PUBLIC_", "NUXT_", "VUE_APP_", "EXPO_PUBLIC_", "GATSBY_", "PUBLIC_")
# Distributions that come with python-dotenv and read with it.
_BRING_DOTENV = ("python-dotenv", "environs", "pydantic-settings", "flask-dotenv")


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
    handed = frozenset(_of_compose(project))
    for file in env.present:
        if not is_env_name(file.path.rpartition("/")[2]):
            continue
        named = file.path in env.loaded or file.path in env.nested
        if file is env.flaskenv or named or (file is env.env and dotenv):
            yield ReadFile(file, "flask")
        elif file.path in handed:
            yield ReadFile(file, "compose")
        elif _is_of_front_end(project, file):
            yield ReadFile(file, "front end")
        elif dotenv and (file.path in env.others and env.computed):
            yield ReadFile(file, "flask")  # ``load_dotenv(f".env.{name}")``
        else:
            yield ReadFile(file, "")


def given_to_containers(project: Project) -> frozenset[str]:
    """The env files that compose files hand over to services."""
    return frozenset(_of_compose(project))


def _of_compose(project: Project) -> Iterator[str]:
    for service in project.deploy.services:
        folder = posixpath.dirname(service.location.path)
        for path in service.env_files:
            yield posixpath.normpath(posixpath.join(folder, path))


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
