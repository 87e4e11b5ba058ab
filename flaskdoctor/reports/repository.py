"""Where a project lies in its repository: GitHub and GitLab know a file by its path from there."""

from __future__ import annotations

import os
from collections.abc import Mapping

_CHECKED_OUT = ("GITHUB_WORKSPACE", "CI_PROJECT_DIR")


def repository_prefix(root: str, environ: Mapping[str, str] | None = None) -> str:
    """The project's folder below the top of its repository, with a slash at its end; empty at the top, and where there
    is none.

    The top is the nearest folder upwards with a ``.git``; without one (an archive of the files was unpacked) the folder
    that the CI service names, where the project is in it.
    """
    environ = os.environ if environ is None else environ
    root = os.path.realpath(root)
    top = root
    while not os.path.lexists(os.path.join(top, ".git")):
        parent = os.path.dirname(top)
        if parent == top:
            named = (os.path.realpath(environ[name]) for name in _CHECKED_OUT if environ.get(name))
            top = next((path for path in named if os.path.join(root, "").startswith(os.path.join(path, ""))), root)
            break
        top = parent
    below = os.path.relpath(root, top).replace(os.sep, "/")
    # As all names in reports are: UTF-8, whatever the locale.
    return "" if below == "." else f"{os.fsencode(below).decode('utf-8', 'surrogateescape')}/"
