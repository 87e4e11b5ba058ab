"""FD1004: Flask-SocketIO behind several workers of gunicorn."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, ClassVar

from flaskdoctor.finding import Location, Severity, Tip
from flaskdoctor.rules.rule import Bad, Files, Good, Issue, ProjectRule

if TYPE_CHECKING:
    from flaskdoctor.project.deployment.deploy import Gunicorn, Variable
    from flaskdoctor.project.snapshot import Project

_SOCKETIO = "flask_socketio.SocketIO"
_CORES = re.compile(r"cpu_count\(\)")
_DEFAULT = re.compile(r"(?:getenv|environ\.get)\(\s*['\"]\w+['\"]\s*,\s*['\"]?(\d+)")
# A client that never polls has but one request, the WebSocket, and one worker for it.
_NO_POLLING = re.compile(r"transports['\"]?\s*[:=]\s*[\[(]\s*['\"]websocket['\"]\s*,?\s*[\])]")
_CLIENTS = (".js", ".ts", ".html", ".htm", ".vue", ".jsx", ".tsx", ".mjs", ".jinja", ".jinja2", ".j2")
_MOST_CLIENTS = 500
_APP = (
    "from flask import Flask\nfrom flask_socketio import SocketIO\n\napp = Flask(__name__)\n"
    "socketio = SocketIO(app)\n\n\n@socketio.on('message')\ndef message(data):\n    socketio.send(data)\n"
)


class SocketioWithWorkers(ProjectRule):
    """Flask-SocketIO is served by a gunicorn with several workers, and clients lose their session.

    ## What it finds

    A project that makes a `flask_socketio.SocketIO`, and a gunicorn with more than one worker: `-w 4`, `--workers`,
    `WEB_CONCURRENCY` or `GUNICORN_CMD_ARGS` beside the command, `workers = 2 * cpu_count() + 1` in
    `gunicorn.conf.py`; in a Procfile, Dockerfile, compose or platform file. What is for development is left alone, and
    so are projects whose clients never poll (`transports: ["websocket"]`).

    ## Why it matters

    A Socket.IO client starts with several HTTP requests (long polling) before it changes to a WebSocket, and all of
    them belong to a session that lives in the memory of *one* process. gunicorn hands each request to any worker, so
    with four of them three requests out of four meet one that knows nothing of it:

    ```text
    400 BAD REQUEST "Invalid session LqgPBVOJLUS2aWUYAAAB"
    ```

    Clients connect, fall back, reconnect, and connect after some tries, so it looks like a bad network. A message
    queue (`SocketIO(message_queue="redis://")`) does not help here: it lets the processes emit to each other's
    clients, and still needs each client to stay with its process.

    ## What to do instead

    One worker that can hold many connections:

    ```console
    $ gunicorn -w 1 --threads 100 shop:app              # async_mode="threading", with simple-websocket
    $ gunicorn -w 1 -k gevent shop:app
    ```

    For more than one core start several of these on different ports behind a proxy that keeps a client with its
    process (nginx: `ip_hash`), and give all of them a message queue.

    ## References

    - https://flask-socketio.readthedocs.io/en/latest/deployment.html#gunicorn-web-server
    - https://flask-socketio.readthedocs.io/en/latest/deployment.html#using-multiple-workers
    - https://socket.io/docs/v4/using-multiple-nodes/#why-is-sticky-session-required
    """

    code = "FD1004"
    name = "socketio-with-workers"
    tip = Tip.GREENLETS
    severity = Severity.ERROR

    bad: ClassVar[list[Bad]] = [
        Bad({"app.py": _APP, "Procfile": "web: gunicorn -k gevent -w 4 app:app\n"}),
        # Made in a factory's module, started from a Dockerfile; a configuration file that counts the cores.
        Bad(
            {
                "shop/extensions.py": "import flask_socketio as sio\n\nlive = sio.SocketIO()\n",
                "shop/__init__.py": "import flask as f\n\nfrom shop.extensions import live\n\n\ndef create_app():\n"
                "    app = f.Flask(__name__)\n    live.init_app(app)\n    return app\n",
                "gunicorn.conf.py": "import multiprocessing\n\nbind = '0.0.0.0:8000'\n"
                "workers = multiprocessing.cpu_count() * 2 + 1\n",
                "Dockerfile": 'FROM python:3.12\nCMD ["gunicorn", "-c", "gunicorn.conf.py", "shop:create_app()"]\n',
            }
        ),
        Bad(
            {
                "app.py": _APP,
                "docker-compose.yml": "services:\n  web:\n    build: .\n    environment:\n      WEB_CONCURRENCY: 3\n"
                "    command: gunicorn --threads=8 app:app\n",
            }
        ),
        Bad(
            {
                "app.py": _APP,
                "config/gunicorn.py": "import os\n\nworkers: int = int(os.getenv('WORKERS', '4'))\n",
                "Procfile": "web: gunicorn -c config/gunicorn.py app:app\n",
            }
        ),
    ]
    good: ClassVar[list[Good | Files]] = [
        # One worker, or nothing said: that is one.
        {"app.py": _APP, "Procfile": "web: gunicorn -k eventlet -w 1 app:app\n"},
        {
            "app.py": _APP,
            "Dockerfile": 'FROM python:3.12\nCMD ["gunicorn", "--threads", "100", "app:app"]\n',
            "gunicorn.conf.py": "import os\n\nworkers = int(os.environ.get('WEB_WORKERS', 1))\nthreads = 4\n",
        },
        # The number comes from somewhere else.
        {"app.py": _APP, "Procfile": "web: gunicorn --workers=$WORKERS app:app\n"},
        # No Flask-SocketIO in the app: in a test, another library, another app of the same name.
        {
            "app.py": "from flask import Flask\nfrom flask_sock import Sock\n\napp = Flask(__name__)\n"
            "sock = Sock(app)\n",
            "tests/test_chat.py": _APP,
            "client.py": "import socketio\n\nclient = socketio.Client()\n",
            "Procfile": "web: gunicorn -w 4 app:app\n",
        },
        # One project among several has sockets, another one workers.
        {
            "projects/chat/app.py": _APP,
            "projects/shop/app.py": "from flask import Flask\n\napp = Flask(__name__)\n",
            "projects/shop/gunicorn.conf.py": "workers = 4\n",
        },
        # For development, and a worker of something else.
        {
            "app.py": _APP,
            "docker-compose.dev.yml": "services:\n  web:\n    command: gunicorn -w 4 app:app\n",
            "Procfile": "web: gunicorn -w 1 app:app\nworker: celery -A app worker -c 4\n",
        },
        # Clients that only use WebSockets.
        {
            "app.py": _APP,
            "static/chat.js": "const socket = io({ transports: ['websocket'] });\n",
            "Procfile": "web: gunicorn -k gevent -w 4 app:app\n",
        },
        {
            "app.py": _APP.replace("SocketIO(app)", 'SocketIO(app, transports=["websocket"])'),
            "Procfile": "web: gunicorn -k gevent -w 4 app:app\n",
        },
    ]

    def check(self, project: Project) -> Iterable[Issue]:
        """The first gunicorn with several workers that may serve the app with the sockets."""
        makers = [
            facts.path
            for facts in project.modules.values()
            if facts.role in ("app", "script")
            for item in facts.constructed.values()
            if item.callee.endswith("SocketIO") and project.links.resolve(item.callee, facts.path) == _SOCKETIO
        ]
        if not makers:
            return
        for gunicorn in project.deploy.gunicorns:
            found = None if gunicorn.development else _workers(project, gunicorn)
            if found is None or not _serves_one_of(project, gunicorn, makers) or _never_polls(project, makers):
                continue
            count, place = found
            yield Issue(
                f"gunicorn runs Flask-SocketIO with {count} workers: a client's session is known to one of them only",
                place,
                "workers",
                advice="One worker with many connections: `gunicorn -w 1 --threads 100` or `-k gevent -w 1`. Several "
                "processes need a proxy that keeps each client with its own, and a message queue.",
            )
            return


def _workers(project: Project, gunicorn: Gunicorn) -> tuple[str, Location] | None:
    """How many workers there are, in words, and where that is said; None for one, or where it cannot be told."""
    setting = gunicorn.get("workers")
    if setting is not None:
        if isinstance(setting.value, int):
            return (str(setting.value), setting.location) if setting.value > 1 else None
        line = _line(project, setting.location)
        default = _DEFAULT.search(line)
        if default is not None:
            return (default.group(1), setting.location) if int(default.group(1)) > 1 else None
        return ("several", setting.location) if _CORES.search(line) else None
    for variables in _around(project, gunicorn.location):
        for variable in variables:
            value = variable.value.reveal() if variable.name == "WEB_CONCURRENCY" and variable.value else ""
            if value.isdecimal() and int(value) > 1:
                return value, variable.location
    return None


def _line(project: Project, place: Location) -> str:
    lines = project.texts.read(place.path).splitlines() if place.path.endswith(".py") else []
    return lines[place.line - 1] if 0 < place.line <= len(lines) else ""


def _around(project: Project, place: Location) -> Iterator[tuple[Variable, ...]]:
    """The variables of the Dockerfile or the service that a command stands in."""
    for dockerfile in project.deploy.dockerfiles:
        if any(command.location == place for command in dockerfile.commands):
            yield dockerfile.environment
    for service in project.deploy.services:
        if any(command.location == place for command in service.commands):
            yield service.environment


def _serves_one_of(project: Project, gunicorn: Gunicorn, makers: list[str]) -> bool:
    """Whether a gunicorn's app may be the one with the sockets: its module loads one of ``makers``, or is unknown."""
    name = gunicorn.app.partition(":")[0]
    place = project.links.find_module(name, gunicorn.location.path) if name else None
    if place is None:
        folder = gunicorn.location.path.rpartition("/")[0]  # ``deploy/``, or that of one project among several
        return "/" not in folder or any(maker.startswith(f"{folder}/") for maker in makers)
    from flaskdoctor.project.routing.together import Together

    together = Together(project.links)
    return any(maker == place[0].path or together.loads(place[0].path, maker) for maker in makers)


def _never_polls(project: Project, makers: list[str]) -> bool:
    """Whether the server or a client of the project is told to use WebSockets alone."""
    clients = [path for path in project.files.files if path.lower().endswith(_CLIENTS)]
    for path in (*makers, *clients[:_MOST_CLIENTS]):
        text = project.texts.read(path)
        if "transports" in text and _NO_POLLING.search(text):
            return True
    return False
