"""FD1005: the development server, started where visitors come."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, ClassVar

from flaskdoctor.finding import Location, Severity, Tip
from flaskdoctor.rules.rule import Bad, Files, Good, Issue, ProjectRule

if TYPE_CHECKING:
    from flaskdoctor.project.deployment.deploy import Command, Deploy, Variable
    from flaskdoctor.project.snapshot import Project

_DEBUGS = frozenset({"--debug", "--reload", "--debugger"})
_SERVERS = frozenset({
    "gunicorn", "gunicorn3", "uwsgi", "waitress-serve", "hypercorn", "uvicorn", "daphne", "mod_wsgi-express", "granian",
})  # fmt: skip
_PRODUCTION = re.compile(r"(?i)prod|live|deploy|release|stag")
_IN_LINE = re.compile(r"\bapp\.run\(|\)\.run\(")
_APP = "from flask import Flask\n\napp = Flask(__name__)\n"
_RUN = f'{_APP}\nif __name__ == "__main__":\n    app.run(host="0.0.0.0")\n'


class WerkzeugInProduction(ProjectRule):
    """The project is deployed with Werkzeug's development server.

    ## What it finds

    `flask run`, and `python app.py` where that file calls `app.run()`, as the command of a Dockerfile, of a Procfile's
    `web`, of a platform's file (`app.yaml`, `render.yaml`, `fly.toml`), of a script that these start, or of a compose
    file; `allow_unsafe_werkzeug=True` given to Flask-SocketIO's `run()`.

    What is for development is left alone: `Dockerfile.dev`, `docker-compose.override.yml`, a stage or service of such a
    name, and what switches the debug mode on. A compose file or a Dockerfile is no finding either where another one
    starts a real server. A plain `docker-compose.yml` is information, for it may be meant for the developer's machine.
    One finding for each of these kinds of files.

    ## Why it matters

    The server says it itself: "This is a development server. Do not use it in a production deployment." It is not
    hardened against slow or broken requests (there is no limit for threads: each open connection has one, and a few
    thousand idle ones are the end of it), does not restart a process that hangs or leaks, has one process for all
    cores, and no graceful restart. One environment variable (`FLASK_DEBUG=1`) away from it is a Python console for
    everybody.

    `allow_unsafe_werkzeug=True` silences the error by which Flask-SocketIO refuses to do that:

    ```text
    RuntimeError: The Werkzeug web server is not designed to run in production. Pass allow_unsafe_werkzeug=True to the
    run() method to disable this error.
    ```

    ## What to do instead

    ```dockerfile
    CMD ["gunicorn", "--bind", "0.0.0.0:8000", "--workers", "4", "shop:create_app()"]
    ```

    On Windows `waitress-serve --call shop:create_app`. For Flask-SocketIO one worker that can wait for many
    connections: `gunicorn -w 1 --threads 100 shop:app`, or `-k gevent -w 1`.

    ## References

    - https://flask.palletsprojects.com/en/stable/deploying/
    - https://werkzeug.palletsprojects.com/en/stable/serving/
    - https://flask-socketio.readthedocs.io/en/latest/deployment.html
    """

    code = "FD1005"
    name = "werkzeug-in-production"
    tip = Tip.GREENLETS
    severity = Severity.ERROR

    bad: ClassVar[list[Bad]] = [
        Bad(
            {
                "app.py": _APP,
                "Dockerfile": 'FROM python:3.12\nCOPY . .\nCMD ["flask", "--app", "app", "run", "--host=0.0.0.0"]\n',
                "worker/Dockerfile": 'FROM python:3.12\nCMD ["flask", "run"]\n',
            }
        ),
        Bad({"app.py": _RUN, "Procfile": "release: flask db upgrade\nweb: python app.py\n"}),
        # Through a script, a shell, a module; the last stage.
        Bad(
            {
                "src/shop.py": _RUN,
                "Dockerfile": "FROM node AS assets\nCMD npm start\n\nFROM python:3.12\nCOPY src /srv\n"
                'ENTRYPOINT ["python"]\nCMD ["/srv/shop.py"]\n',
                "fly.toml": "[processes]\napp = \"sh -c 'python3 -m flask run -p 8080'\"\n",
            },
            hits=2,
        ),
        Bad(
            {
                "manage.py": "from flask.cli import FlaskGroup\n\nfrom shop import create_app\n\n"
                "cli = FlaskGroup(create_app=create_app)\n\nif __name__ == '__main__':\n    cli()\n",
                "shop.py": "import flask as f\n\n\ndef create_app():\n    return f.Flask(__name__)\n",
                "boot.sh": "#!/bin/sh\nflask db upgrade\nexec python manage.py run -h 0.0.0.0\n",
                "Dockerfile": "FROM python:3.12\nCOPY . .\nENTRYPOINT ./boot.sh\n",
            }
        ),
        Bad(
            {
                "app.py": _APP,
                "docker-compose.yml": "services:\n  web:\n    build: .\n    command: flask run -h 0.0.0.0\n"
                "  worker:\n    build: .\n    command: celery -A app worker\n",
            }
        ),
        # A flag that only production needs.
        Bad(
            "from flask import Flask\nfrom flask_socketio import SocketIO\n\napp = Flask(__name__)\n"
            "socketio = SocketIO(app)\n\nif __name__ == '__main__':\n"
            "    socketio.run(app, host='0.0.0.0', allow_unsafe_werkzeug=True)\n"
        ),
    ]
    good: ClassVar[list[Good | Files]] = [
        # Real servers, also one that the file itself starts; other programs.
        {
            "app.py": _RUN,
            "serve.py": "from waitress import serve\n\nfrom app import app\n\nif __name__ == '__main__':\n"
            "    serve(app)\n",
            "tool.py": "from flask import Flask\n\nprint(Flask)\n",
            "Procfile": "web: gunicorn app:app\nclock: python tool.py\nrelease: flask db upgrade\n",
            "Dockerfile": 'FROM python:3.12\nCMD ["python", "serve.py"]\n',
            "app.yaml": "runtime: python312\nentrypoint: waitress-serve app:app\n",
        },
        # For development.
        {
            "app.py": _RUN,
            "Dockerfile.dev": 'FROM python:3.12\nCMD ["flask", "run"]\n',
            "docker/development/Dockerfile": 'FROM python:3.12\nCMD ["flask", "run"]\n',
            "docker-compose.override.yml": "services:\n  web:\n    command: flask run\n",
            "docker-compose.yml": "services:\n  web:\n    build: .\n    command: flask run -h 0.0.0.0\n"
            "    environment:\n      FLASK_DEBUG: 1\n",
            "Makefile": "run:\n\tflask run\n",
            "Procfile.windows": "web: flask run\n",
            "deploy/compose.yml": "services:\n  api:\n    command: flask run\n    env_file: [./api/.env.dev]\n",
        },
        {
            "app.py": _APP,
            "Dockerfile": "FROM python:3.12 AS dev\nCMD flask run\n\nFROM python:3.12\nCMD gunicorn app:app\n",
            "docker-compose.yml": "services:\n  web:\n    build: .\n    command: flask run -h 0.0.0.0\n",
        },
        # A script that starts one or the other.
        {
            "app.py": _APP,
            "entrypoint.sh": "#!/bin/sh\ncase $1 in\n  web) exec gunicorn app:app ;;\n"
            "  local) exec flask run ;;\nesac\n",
            "Dockerfile": 'FROM python:3.12\nENTRYPOINT ["./entrypoint.sh"]\n',
        },
        {
            "app.py": _APP,
            "Dockerfile": 'FROM python:3.12\nENV FLASK_ENV=development\nCMD ["flask", "run", "--host=0.0.0.0"]\n',
            "compose.yaml": "services:\n  web:\n    build: .\n",
        },
        # Another framework's command, a Flask command that serves nothing, Flask-SocketIO on gevent.
        {
            "manage.py": "import os\nfrom django.core.management import execute_from_command_line\n\n"
            "execute_from_command_line()\n",
            "chat.py": "from flask import Flask\nfrom flask_socketio import SocketIO\n\napp = Flask(__name__)\n"
            "socketio = SocketIO(app)\nsocketio.run(app, allow_unsafe_werkzeug=True)\n",
            "requirements.txt": "flask==3.1.0\nflask-socketio\ngevent\ngevent-websocket\n",
            "Dockerfile": 'FROM python:3.12\nCMD ["python", "manage.py", "runserver"]\n',
            "Procfile": "web: python chat.py\nworker: flask rq worker\n",
        },
        "from flask import Flask\nfrom flask_socketio import SocketIO\n\napp = Flask(__name__)\n"
        "socketio = SocketIO(app)\n\nif __name__ == '__main__':\n"
        "    socketio.run(app, debug=True, allow_unsafe_werkzeug=True)\n",
        {
            "api/chat.py": "from flask import Flask\nfrom flask_socketio import SocketIO\n\napp = Flask(__name__)\n"
            "socketio = SocketIO(app)\nsocketio.run(app)\n",
            "api/requirements.txt": "flask==3.1.0\nflask-socketio\neventlet\n",
            "api/Dockerfile": 'FROM python:3.12\nCMD ["sh", "-c", "python seed.py && python chat.py"]\n',
        },
    ]

    def check(self, project: Project) -> Iterable[Issue]:
        """The first such command of each file, and the flag."""
        if project.uses_flask:
            yield from _commands(project)
            yield from _unsafe(project)


_ADVICE = (
    "Start a server that is made for it: `gunicorn -w 4 shop:app` (Linux), `waitress-serve shop:app` (everywhere); "
    "Flask-SocketIO with one worker and threads, or gevent."
)


def _commands(project: Project) -> Iterator[Issue]:
    """One finding for each kind of file: the Dockerfiles of a repository repeat each other."""
    deploy = project.deploy
    real = any(command.program in _SERVERS and not command.development for command in deploy.commands)
    found: dict[str, list[Command]] = {}
    for command in deploy.commands:
        path, source = command.location.path, command.source
        if source == "Makefile" or (source in ("Dockerfile", "compose", "script") and real):
            continue
        if source == "Procfile" and not (command.name == "web" and path.endswith("Procfile")):
            continue  # ``Procfile.windows`` is what ``heroku local`` reads
        if _serves(project, command) and not _for_development(deploy, command):
            found.setdefault(source, []).append(command)
    for source, commands in found.items():
        command = commands[0]
        path = command.location.path
        started = "flask run" if command.program == "flask" else f"python {_file(command)}"
        plain = source == "compose" and not _PRODUCTION.search(f"{path} {command.name}")
        files = {each.location.path for each in commands}
        more = f" (and {len(files) - 1} more)" if len(files) > 1 else ""
        yield Issue(
            f"{started} in {path.rpartition('/')[2]}{more}: Werkzeug's development server is not made for production",
            command.location,
            f"command {source}",
            Severity.INFO if plain else None,
            advice=_ADVICE,
        )


def _file(command: Command) -> str:
    return next((word for word in command.arguments if word.endswith(".py")), "-c")[-40:]


def _serves(project: Project, command: Command) -> bool:
    """Whether a command starts Werkzeug's server."""
    if command.development:
        return False
    if command.program == "flask":
        return _runs(command.arguments) and not command.has("--help")
    if command.program != "python":
        return False
    if command.arguments[:1] == ("-c",):
        return bool(_IN_LINE.search(" ".join(command.arguments[1:2])))
    from flaskdoctor.project.deployment.startedfile import module_of, runs_werkzeug

    facts = module_of(project, command)
    if facts is None or facts.role in ("test", "docs", "example"):
        return False
    return runs_werkzeug(project, facts, command)


def _runs(arguments: tuple[str, ...]) -> bool:
    """Whether the first of flask's words that is no option is ``run``: not ``flask worker run``."""
    valued = ("--app", "-A", "--env-file", "-e")
    previous = ""
    for word in arguments:
        if not word.startswith("-") and previous not in valued:
            return word == "run"
        previous = word
    return False


def _for_development(deploy: Deploy, command: Command) -> bool:
    """Whether the command, its stage or its service, or the variables around it speak of development."""
    from flaskdoctor.project.deployment.filenames import is_development_name

    if is_development_name(command.name) or any(word in _DEBUGS for word in command.arguments):
        return True
    around: list[Variable] = []
    for dockerfile in deploy.dockerfiles:
        if dockerfile.path == command.location.path:
            around += dockerfile.environment
            if dockerfile.images and is_development_name(dockerfile.images[-1].stage):
                return True
            # A compose file that builds it says more.
            around += [
                variable
                for service in deploy.services
                if service.dockerfile == dockerfile.path
                for variable in service.environment
            ]
    for service in deploy.services:
        if command in service.commands:
            around += service.environment
            if any(is_development_name(name.rpartition("/")[2]) for name in service.env_files):
                return True
    return any(_speaks_of_development(variable) for variable in around)


def _speaks_of_development(variable: Variable) -> bool:
    value = variable.value.reveal().lower() if variable.value is not None else ""
    if variable.name in ("FLASK_DEBUG", "DEBUG"):
        return value in ("1", "true", "on", "yes")
    return variable.name.endswith("ENV") and value.startswith("dev")


def _unsafe(project: Project) -> Iterator[Issue]:
    """``allow_unsafe_werkzeug=True``: an error where a deployment starts that file."""
    from flaskdoctor.project.deployment.startedfile import has_green_server, module_of

    found = [
        (facts, run)
        for facts in project.modules.values()
        if facts.role in ("app", "script")
        for run in facts.runs
        if run.unsafe
    ]
    if not found or has_green_server(project):
        return
    started = {
        facts.path
        for command in project.deploy.commands
        if not command.development and (facts := module_of(project, command)) is not None
    }
    for facts, run in sorted(found, key=lambda pair: pair[0].path not in started)[:1]:
        yield Issue(
            "allow_unsafe_werkzeug=True lets the development server run in production",
            Location(facts.path, run.line, 1),
            "allow_unsafe_werkzeug",
            None if facts.path in started else Severity.WARNING,
            advice=_ADVICE,
        )
