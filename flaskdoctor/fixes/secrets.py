"""Where a secret goes that leaves the code: its value into .env, its name into the template."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flaskdoctor.errors import Refuse
from flaskdoctor.fixes.envfile import append_key, set_value
from flaskdoctor.fixes.lines import append_line
from flaskdoctor.project.envfile import parse_env

if TYPE_CHECKING:
    from flaskdoctor.fixes.python import MovedSecret
    from flaskdoctor.fixes.workspace import Workspace
    from flaskdoctor.project.snapshot import Project

NEW_TEMPLATE = ".env-template"


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
    _name_in_template(secret.key, new, project, workspace)
    _ignore(path, project, workspace)


def _name_in_template(key: str, env_is_new: bool, project: Project, workspace: Workspace) -> None:
    """An existing template gets the key; with the first .env comes the first template."""
    template = project.env.template
    if template is None and not env_is_new and workspace.read(NEW_TEMPLATE) is None:
        return  # FD311 makes one of the whole .env
    path = template.path if template is not None else NEW_TEMPLATE
    data = workspace.read(path)
    if data is None or not parse_env(data, path).mentions(key):
        workspace.write(path, append_key(data, key), summary=f"Add {key} to {path}")


def _ignore(path: str, project: Project, workspace: Workspace) -> None:
    state = project.git.ignore(path)
    if state is not None and state.ignored:
        return
    data = workspace.read(".gitignore")
    lines = (data or b"").splitlines()
    if path.encode() not in lines or b"!" + path.encode() in lines:
        workspace.write(".gitignore", append_line(data, path), summary=f"Ignore {path}")


def _tracked(path: str, project: Project, workspace: Workspace) -> bool:
    """Whether git will still track .env once the plan is made."""
    if not project.git.tracks(path):
        return False
    from flaskdoctor.fixes.index import index_path, tracked_paths

    index = index_path(project.root)
    planned = workspace.read(index) if index else None
    return planned is None or path in tracked_paths(project.root, planned)
