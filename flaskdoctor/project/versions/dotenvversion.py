"""Which python-dotenv reads a project's env files: releases differ in what they make of a line."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from flaskdoctor.project.versions.requirements import Declared, declared, installed, site_packages
from flaskdoctor.project.versions.versions import Version, allowed, parse_version, unite

if TYPE_CHECKING:
    from flaskdoctor.project.snapshot import Project

# The first release that strips a byte order mark, and the first that reads ``KEY= # comment`` as empty.
STRIPS_BOM = (1, 2, 3)
EMPTY_BEFORE_COMMENT = (1, 2, 4)
_NAME = "python-dotenv"
RELEASES: tuple[Version, ...] = (
    (0, 1, 0), (0, 1, 2), (0, 1, 3), (0, 1, 5), (0, 2, 0), (0, 3, 0), (0, 4, 0), (0, 5, 0), (0, 5, 1), (0, 6, 0),
    (0, 6, 1), (0, 6, 2), (0, 6, 3), (0, 6, 4), (0, 6, 5), (0, 7, 0), (0, 7, 1), (0, 8, 0), (0, 8, 1), (0, 8, 2),
    (0, 9, 0), (0, 9, 1), (0, 10, 0), (0, 10, 1), (0, 10, 2), (0, 10, 3), (0, 10, 4), (0, 10, 5), (0, 11, 0),
    (0, 12, 0), (0, 13, 0), (0, 14, 0), (0, 15, 0), (0, 16, 0), (0, 17, 0), (0, 17, 1), (0, 18, 0), (0, 19, 0),
    (0, 19, 1), (0, 19, 2), (0, 20, 0), (0, 21, 0), (0, 21, 1), (1, 0, 0), (1, 0, 1), (1, 1, 0), (1, 1, 1), (1, 2, 0),
    (1, 2, 1), (1, 2, 2), (1, 2, 3), (1, 2, 4),
)  # fmt: skip


class DotenvRange(NamedTuple):
    """The releases that a project allows: the lowest that it names, the newest, and in words ("1.0.1 in uv.lock")."""

    floor: Version
    newest: Version
    words: str

    def surely_before(self, version: Version) -> bool:
        """Whether every release that an installer may take is older."""
        return self.newest < version

    def perhaps_before(self, version: Version) -> bool:
        """Whether an older one is allowed by a bound that somebody wrote."""
        return self.floor < version


def dotenv_range(project: Project) -> DotenvRange | None:
    """The python-dotenv of a project; None where nothing names it. The virtualenv wins, then a lock file, then pins,
    then specifiers."""
    for place in site_packages(project.root):
        for name, text in installed(project.root, place.folder):
            version = parse_version(text) if name == _NAME else None
            if version is not None:
                return DotenvRange(version, version, f"{text} in {place.environment}")
    named = [one for one in declared(project.root)[0] if one.name == _NAME]
    if all(one.kind == "constraint" for one in named):
        return None
    pinned = [one for one in named if one.kind == "main" and one.specifier.startswith("==")]
    for several in ([one for one in named if one.kind == "lock"], pinned, named):
        found = unite(
            one
            for item in several
            if (one := allowed([item.specifier], poetry=item.poetry, known=RELEASES)) is not None
        )
        if found is not None:
            return DotenvRange(found.floor, found.newest, _words(several[0]))
    return None


def _words(one: Declared) -> str:
    specifier = one.specifier.strip()
    if specifier.startswith("==") and "," not in specifier:
        specifier = specifier.lstrip("= ")
    return f"{specifier or 'unpinned'} in {one.source}"
