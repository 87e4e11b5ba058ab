"""Where a secret goes that leaves the code: its value into .env, its name into the template."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from flaskdoctor.errors import Refuse
from flaskdoctor.fixes.envfile import add_key, set_value
from flaskdoctor.fixes.envtemplate import first_template, made_required
from flaskdoctor.fixes.lines import append_section
from flaskdoctor.project.env.dotenvloading import loaded_by_shell
from flaskdoctor.project.env.envfile import NEW_TEMPLATE, is_template_name, parse_env
from flaskdoctor.project.env.envuse import loaders

if TYPE_CHECKING:
    from flaskdoctor.fixes.workspace import Workspace
    from flaskdoctor.project.snapshot import Project

DOTENV = "python-dotenv"
_PIPELINES = (".github/workflows/", ".gitlab-ci", ".circleci/", "azure-pipelines", "bitbucket-pipelines", ".travis")


class MovedSecret(NamedTuple):
    """A secret that leaves the code for .env. Its text form never shows the value."""

    key: str
    value: str

    def __repr__(self) -> str:
        return f"MovedSecret({self.key!r}, ••••)"

    def __str__(self) -> str:
        return repr(self)


def move_into_env(secret: MovedSecret, project: Project, workspace: Workspace, *, loaded: bool) -> None:
    """Plan the companion edits of ``FileEdit.move_secret``, and say what is left to do. ``loaded``: the same fix has
    the code load .env.

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
        mode = 0o600 if new else None
        workspace.write(path, after, mode=mode, secret=True, summary=f"{words}; mode 0600" if new else words)
    _name_in_template(secret.key, after, project, workspace)
    _ignore(path, project, workspace)
    workspace.tell(f"rotate {secret.key}: git's history keeps the old value, and so does every clone and backup")
    workspace.tell(
        f"set {secret.key} wherever else the app starts, before this gets there{_places(project)}: "
        f"{path} stays on this machine"
    )
    if not (loaded or loaders(project) or project.dependencies.has(DOTENV) or loaded_by_shell(project)):
        workspace.tell(f"require python-dotenv: without it `flask run` does not load {path}")


def _places(project: Project) -> str:
    """The files that start the app elsewhere, in brackets."""
    deploy = project.deploy
    found = [command.location.path for command in deploy.commands if not command.development]
    found += [service.location.path for service in deploy.services if service.build is not None]
    found += [path for path in sorted(project.files.files) if path.startswith(_PIPELINES)]
    named = list(dict.fromkeys(found))
    return f" ({', '.join(named[:3])})" if named else ""


def _name_in_template(key: str, env: bytes, project: Project, workspace: Workspace) -> None:
    """Add the key to the template, also to one that the same plan makes; without one, make it. The app needs the key
    from now on, also where another reading of it has a default."""
    template = project.env.template
    path = template.path if template is not None else NEW_TEMPLATE
    data = workspace.read(path)
    if data is not None:
        mentioned = parse_env(data, path).mentions(key)
        after = made_required(data, key) if mentioned else add_key(data, key)
        if after != data:
            workspace.write(path, after, summary=f"Add {key} to {path}")
    elif not any(is_template_name(other.rpartition("/")[2]) for other in project.files.files):
        with suppress(Refuse):  # FD311 says why there can be none
            made = made_required(first_template(project, env), key)
            workspace.write(path, made, summary=f"Create {path}: names only")


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
