"""Which env files the project's code loads."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from flaskdoctor.project.env.envuse import counts

if TYPE_CHECKING:
    from flaskdoctor.project.code.facts import ModuleFacts


class EnvWanted(NamedTuple):
    """``folders`` are those of the modules that load the nearest .env, ``paths`` the ends of the paths that modules
    name (``.env.production``, ``config/.env``). ``computed``: some call may load other files as well."""

    folders: tuple[str, ...] = ()
    paths: frozenset[str] = frozenset()
    computed: bool = False

    def names_file(self, path: str) -> bool:
        """Whether the code names the file at ``path`` (relative to the root, POSIX)."""
        name = path.rpartition("/")[2]
        return name in self.paths or any("/" in end and f"/{path}".endswith(f"/{end}") for end in self.paths)


NOTHING_WANTED = EnvWanted()


def env_wanted(modules: Iterable[ModuleFacts]) -> EnvWanted:
    """What the modules load, the tests' aside (but the .env beside them: it is there)."""
    folders: dict[str, None] = {}
    paths: set[str] = set()
    computed = False
    for facts in modules:
        if facts.imports_dotenv:
            folders[facts.path.rpartition("/")[0]] = None
        if facts.env_loads and counts(facts):
            paths.update(load.path for load in facts.env_loads if load.path)
            computed = computed or any(load.computed for load in facts.env_loads)
    return EnvWanted(tuple(sorted(folders)), frozenset(paths), computed)
