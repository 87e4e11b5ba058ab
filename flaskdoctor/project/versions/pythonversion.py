"""Which Python the project is run with, where a file says so."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from flaskdoctor.patterns import lazy
from flaskdoctor.project.plainfile import decode, read_bytes

if TYPE_CHECKING:
    from flaskdoctor.project.snapshot import Project

_VERSION = lazy(r"(\d+)\.(\d+)")
_IMAGE = lazy(r"(?:.*/)?(?:python|pypy):(\d+)\.(\d+)")
_FILES = ("runtime.txt", ".python-version")  # Heroku's; pyenv's, uv's and Heroku's


class RunningPython(NamedTuple):
    """``path`` is the file that names the version."""

    major: int
    minor: int
    path: str


def oldest_python(project: Project) -> RunningPython | None:
    """The oldest Python that a Dockerfile, runtime.txt or .python-version names; None where none does.

    What ``requires-python`` allows says little: ``>=3.8`` is run with any Python since.
    """
    found = [
        RunningPython(int(match[1]), int(match[2]), dockerfile.path)
        for dockerfile in project.deploy.dockerfiles
        for image in dockerfile.images
        if (match := _IMAGE.match(image.name)) is not None
    ]
    for path in project.files.files:
        if path.rpartition("/")[2] in _FILES:
            content = read_bytes(os.path.join(project.root, path))
            match = _VERSION.search(decode(content.data)) if content.state == "ok" else None
            if match is not None:
                found.append(RunningPython(int(match[1]), int(match[2]), path))
    return min(found, default=None)
