"""Which Werkzeug a project may run on: few name it, and then the Flask that they name decides."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flaskdoctor.project.snapshot import Project

# The first Flask release that imports under the Werkzeug named beside it; older ones end with an ImportError (verified
# for 1.1.4, 2.0.3, 2.1.3 and 2.2.5). A project that runs on an older Flask has an older Werkzeug, whoever pins it.
_NEEDS_FLASK = (
    ((3, 0), (2, 2, 5)),
    ((2, 1), (2, 0, 0)),
    ((2, 0), (1, 0, 0)),
)


def werkzeug_may_be(project: Project, version: tuple[int, int]) -> bool | None:
    """Whether the newest Werkzeug that the project allows is at least ``version``; None where nothing tells.

    The virtualenv wins, then a lock file, then the requirements, then what goes with the project's Flask.
    """
    from flaskdoctor.project.versions.requirements import declared, installed, site_packages
    from flaskdoctor.project.versions.versions import may_be_at_least, parse_version

    wanted = (*version, 0)
    for place in site_packages(project.root):
        for name, text in installed(project.root, place.folder):
            found = parse_version(text) if name == "werkzeug" else None
            if found is not None:
                return found >= wanted
    lines = [one for one in declared(project.root)[0] if one.name == "werkzeug"]
    for several in ([one for one in lines if one.kind == "lock"], lines):
        if several and not all(may_be_at_least([one.specifier], wanted) for one in several):
            return False
        if several and several[0].kind == "lock":
            return True
    if project.dependencies.flask is None:
        return True if lines else None
    needed = next((flask for werkzeug, flask in _NEEDS_FLASK if version >= werkzeug), (0, 0, 0))
    return project.dependencies.flask.newest >= needed
