"""Whether a project runs on SQLAlchemy 2, as its virtualenv, lock files and requirements say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flaskdoctor.project.versions.requirements import Declared, declared, installed, site_packages
from flaskdoctor.project.versions.versions import Version, allowed, parse_version, unite

if TYPE_CHECKING:
    from flaskdoctor.project.snapshot import Project

_TWO = (2, 0, 0)
_EXTENSION_FOR_TWO = (3, 0, 0)  # Flask-SQLAlchemy 2.5 does not even import beside SQLAlchemy 2


def runs_sqlalchemy_2(project: Project) -> bool:
    """Whether the newest SQLAlchemy that an installer may take is 2.0 or later, or the one installed is."""
    for place in site_packages(project.root):
        for name, version in installed(project.root, place.folder):
            if name == "sqlalchemy" and (parsed := parse_version(version)) is not None:
                return parsed >= _TWO
    found, _ = declared(project.root)
    newest = _newest(found, "sqlalchemy")
    extension = _newest(found, "flask-sqlalchemy")
    if newest is not None and newest < _TWO:
        return False
    return extension is not None and extension >= _EXTENSION_FOR_TWO


def _newest(found: list[Declared], name: str) -> Version | None:
    """The newest release that the declarations of a distribution allow; None where there is none.

    ``versions.allowed`` knows Flask's releases, which go beyond both of these bounds; other ones it believes.
    """
    own = [one for one in found if one.name == name]
    own = [one for one in own if one.kind == "lock"] or [one for one in own if one.kind != "extra"] or own
    if not own:
        return None
    result = unite(one for item in own if (one := allowed([item.specifier], poetry=item.poetry)) is not None)
    return result.newest if result is not None else None
