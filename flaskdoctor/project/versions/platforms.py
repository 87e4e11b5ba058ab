"""For which platforms a project says that it is made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flaskdoctor.patterns import lazy

if TYPE_CHECKING:
    from flaskdoctor.project.snapshot import Project

_POSIX_ONLY = lazy(r"Operating System :: (?:POSIX|MacOS|Unix)")
_ANYWHERE = lazy(r"Operating System :: (?:OS Independent|Microsoft)")


def made_for_posix(project: Project) -> bool:
    """Whether the classifiers of the package name POSIX or macOS, and nothing else."""
    texts = [
        project.texts.read(path) for path in ("pyproject.toml", "setup.cfg", "setup.py") if path in project.files.files
    ]
    return any(_POSIX_ONLY.search(text) for text in texts) and not any(_ANYWHERE.search(text) for text in texts)
