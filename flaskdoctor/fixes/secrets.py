"""Where a secret goes that leaves the code: its value into .env, its name into the template."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from flaskdoctor.errors import Refuse
from flaskdoctor.fixes.envfile import add_key, set_value
from flaskdoctor.fixes.lines import append_section
from flaskdoctor.project.env.envfile import parse_env

if TYPE_CHECKING:
    from flaskdoctor.fixes.workspace import Workspace
    from flaskdoctor.project.snapshot import Project

NEW_TEMPLATE = ".env-template"


class MovedSecret(NamedTuple):
    """A secret that leaves the code for .env. Its text form never shows the value."""

    key: str
    value: str

    def __repr__(self) -> str:
        return f"MovedSecret({self.key!r}, ••••)"

    def __str__(self) -> str:
        return repr(self)


def move_into_env(secret: MovedSecret, project: Project, workspace: Workspace) -> None:
    """Plan the companion edits of ``FileEdit.move_secret``.

    Raises ``Refuse`` where .env is tracked by git, cannot be read, or has another value for the key.
    """
    path = project.env.env.path
    if _tracked(path, project, workspace):
        raise Refuse(f"Git tracks {path}: a secret that moves there is committed again.", "Fix FD331 first.")
    env = workspace.read(path)
    after = set_value(env, secret.key, secret.value)
    new = not workspace.existed(path)
    if after != env:
        words = f"Add {secret.key} to {path}, with the value from the code"
        workspace.write(path, after, mode=0o600 if new else None, secret=True, summary=words)
    _name_in_template(secret.key, project, workspace)
    _ignore(path, project, workspace)


def _name_in_template(key: str, project: Project, workspace: Workspace) -> None:
    """Add the key to the template, also to one that the same plan makes.

    Without one FD311 follows: its template names all that the code reads, and not this key alone.
    """
    template = project.env.template
    path = template.path if template is not None else NEW_TEMPLATE
    data = workspace.read(path)
    if data is not None and not parse_env(data, path).mentions(key):
        workspace.write(path, add_key(data, key), summary=f"Add {key} to {path}")


def _ignore(path: str, project: Project, workspace: Workspace) -> None:
    state = project.git.ignore(path)
    if state is not None and state.ignored:
        return
    data = workspace.read(".gitignore")
    lines = (data or b"").splitlines()
    if path.encode() not in lines or b"!" + path.encode() in lines:
        workspace.write(".gitignore", append_section(data, [path]), summary=f"Ignore {path}")


def _tracked(path: str, project: Project, workspace: Workspace) -> bool:
    """Whether git will still track .env once the plan is made."""
    if not project.git.tracks(path):
        return False
    from flaskdoctor.fixes.index import index_path, tracked_paths

    index = index_path(project.root)
    planned = workspace.read(index) if index else None
    return planned is None or path in tracked_paths(project.root, planned)
