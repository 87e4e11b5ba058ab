"""Which module of the project a command line runs (``python ./src/app.py``), and what serves it then."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from flaskdoctor.patterns import lazy
from flaskdoctor.project.deployment.appruns import starts_flask

if TYPE_CHECKING:
    from flaskdoctor.project.code.facts import ModuleFacts
    from flaskdoctor.project.deployment.deploy import Command
    from flaskdoctor.project.snapshot import Project

# A file that imports one of these may well serve with it.
_SERVERS = (
    "waitress", "gevent.pywsgi", "gevent.wsgi", "geventwebsocket", "eventlet.wsgi", "eventlet", "cheroot", "cherrypy",
    "tornado", "bjoern", "gunicorn", "hypercorn", "uvicorn", "meinheld", "paste", "wsgiserver", "twisted", "granian",
    "aiohttp", "asgiref", "a2wsgi", "pyngrok", "fastapi", "quart", "werkzeug.serving",
)  # fmt: skip
_CONNEXION = "connexion"
_SOCKETIO = "flask_socketio.SocketIO"
_REQUIREMENTS = lazy(r"(?i)(?:^|/)(?:[\w.-]*require[\w.-]*\.(?:txt|in)|pyproject\.toml|pipfile)$")
_GREEN = lazy(r"(?im)^[\s\"']*(?:eventlet|gevent)\b")
_MANAGERS = ("flask_script", "flask.cli.FlaskGroup", "flask.ext.script")


def module_of(project: Project, command: Command) -> ModuleFacts | None:
    """The module that ``python <file>`` runs; None where it cannot be told."""
    given = next((word for word in command.arguments if not word.startswith("-")), "")
    if command.program != "python" or not given.endswith(".py"):
        return None
    wanted = posixpath.normpath(given).lstrip("/")
    folder = posixpath.dirname(command.location.path)
    parts = wanted.split("/")
    # Inside of an image the path is another one: ``/srv/shop/app.py`` is ``app.py`` beside the Dockerfile.
    for start in range(len(parts)):
        ending = "/".join(parts[start:])
        for path in (posixpath.normpath(posixpath.join(folder, ending)), ending):
            if path in project.modules:
                return project.modules[path]
    found = [
        facts for path, facts in project.modules.items() if path.endswith(f"/{parts[-1]}") and facts.role != "test"
    ]
    return found[0] if len(found) == 1 else None


def runs_werkzeug(project: Project, facts: ModuleFacts, command: Command) -> bool:
    """Whether running a module serves with Werkzeug's own server."""
    if any(item.target == name or item.target.startswith(f"{name}.") for item in facts.imports for name in _SERVERS):
        return False
    if any(item.target.startswith(_MANAGERS) for item in facts.imports):
        return command.has("run", "runserver")
    runs = [run for run in facts.runs if starts_flask(project.links, run.owner, facts.path)]
    made = {project.links.constructor(run.owner, facts.path) or "" for run in runs}
    if any(name.startswith(_CONNEXION) for name in made):
        return False  # 2 can be told to use another server, 3 always does
    if _SOCKETIO in made:
        return not has_green_server(project)
    return bool(runs)


def has_green_server(project: Project) -> bool:
    """Whether Flask-SocketIO finds eventlet or gevent, and serves with that: one project of several may name it."""
    if any(project.dependencies.has(name) for name in ("eventlet", "gevent")):
        return True
    if any(_GREEN.search(project.texts.read(path)) for path in project.files.files if _REQUIREMENTS.search(path)):
        return True
    return any(
        item.target.partition(".")[0] in ("eventlet", "gevent")
        for facts in project.modules.values()
        if facts.role in ("app", "script")
        for item in facts.imports
    )
