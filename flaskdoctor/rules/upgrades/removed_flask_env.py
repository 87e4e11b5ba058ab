"""FD1202: ``FLASK_ENV``, which Flask no longer reads."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from flaskdoctor.errors import Refuse
from flaskdoctor.finding import Fix, Location, Severity, Tip
from flaskdoctor.rules.rule import Bad, Files, Good, Issue, ProjectRule

if TYPE_CHECKING:
    from flaskdoctor.fixes.edit import Edit
    from flaskdoctor.project.env.envfile import EnvFile
    from flaskdoctor.project.snapshot import Project

_NAME = "FLASK_ENV"
_GONE = (2, 3)
_BESIDE = ("test", "docs", "example", "migration")
# A shell, compose or a program of another language takes it up: ``${FLASK_ENV}``, ``process.env.FLASK_ENV``.
_TAKEN_UP = re.compile(r"\$(?:\{|env:)?FLASK_ENV|\.FLASK_ENV\b|[\"']FLASK_ENV[\"']")
_READERS = (".sh", ".py", ".yml", ".yaml", ".toml", ".js", ".mjs", ".ts", ".conf", ".ini", ".cfg")
_READER_NAMES = ("dockerfile", "makefile", "procfile", "justfile", "entrypoint")
_MOST_READ = 2_000
_APP = "from flask import Flask\n\napp = Flask(__name__)\n"

_IN_ENV_FILES, _IN_DEPLOYMENT, _OWN = "env files", "deployment", "own use"


class _Set(NamedTuple):
    """A place that sets ``FLASK_ENV``; ``value`` is lower case."""

    location: Location
    value: str


class RemovedFlaskEnv(ProjectRule):
    """`FLASK_ENV` is set, and Flask does not read it any more.

    ## What it finds

    `FLASK_ENV` in `.env`, `.flaskenv` and their templates, and in Dockerfiles, compose files and the files of
    platforms. One finding for each of these two.

    `FLASK_ENV=development` is a warning: from Flask 2.3 on it leaves the debug mode off, and with an older Flask it is
    said before the upgrade. `FLASK_ENV=production` is information: it never did more than the default does. A project
    that reads `FLASK_ENV` by itself, to choose its own settings, gets a note instead, and nothing is changed.

    ## Why it matters

    Until 2.2 `FLASK_ENV=development` switched on the debug mode, and with it the reloader and the debugger. Flask 2.3
    took the variable, `app.env` and `app.config["ENV"]` away and kept `FLASK_DEBUG`. Nothing complains: the server
    starts, does not reload, shows a bare "Internal Server Error", and serves old templates, until somebody
    remembers the change. `app.config["ENV"]` raises a `KeyError` since.

    A name that nobody reads also misleads: `FLASK_ENV: production` in a compose file looks like the switch that keeps
    the debugger off, and is none.

    ## What to do instead

    ```console
    $ flask run --debug
    ```

    or `FLASK_DEBUG=1` in `.flaskenv`, and nothing at all in production. For settings of your own use a name of your
    own (`SHOP_ENV`), so that nobody takes it for Flask's.

    The fix deletes `FLASK_ENV=production`, and makes `FLASK_DEBUG=1` of `FLASK_ENV=development`. That one asks first,
    for it switches the debugger on where the file is used.

    ## References

    - https://flask.palletsprojects.com/en/stable/changes/#version-2-3-0
    - https://flask.palletsprojects.com/en/stable/changes/#version-2-2-0
    - https://flask.palletsprojects.com/en/stable/config/#DEBUG
    """

    code = "FD1202"
    name = "removed-flask-env"
    tip = Tip.UPGRADES
    severity = Severity.WARNING
    fix_title = "Say FLASK_DEBUG, or nothing"
    fix_risk = "FLASK_DEBUG=1 switches the debugger and the reloader on wherever this file is read."

    bad: ClassVar[list[Bad]] = [
        Bad(
            {"app.py": _APP, ".flaskenv": "FLASK_APP=app\nFLASK_ENV=development\n"},
            fixed={".flaskenv": "FLASK_APP=app\nFLASK_DEBUG=1\n"},
        ),
        Bad(
            {
                "app.py": _APP,
                ".env": "# Flask\r\nexport FLASK_ENV='production'\r\nA_KEY=1\r\n",
                ".env.example": "FLASK_ENV=production\nA_KEY=\n",
            },
            fixed={".env": "# Flask\r\nA_KEY=1\r\n", ".env.example": "A_KEY=\n"},
        ),
        # What switches debug on already stays as it is.
        Bad(
            {"app.py": _APP, ".flaskenv": "FLASK_ENV = development  # local\nFLASK_DEBUG=1"},
            fixed={".flaskenv": "FLASK_DEBUG=1"},
            flask="2.2.5",
        ),
        Bad(
            {
                "shop/__init__.py": "import flask as f\n\n\ndef create_app():\n    return f.Flask(__name__)\n",
                "Dockerfile": 'FROM python:3.12\nENV FLASK_ENV production\nCMD ["gunicorn", "shop:create_app()"]\n',
                "docker-compose.yml": "services:\n  web:\n    build: .\n    environment:\n"
                "      - FLASK_ENV=production\n",
                ".flaskenv": "FLASK_ENV=development\n",
            },
            fixed={".flaskenv": "FLASK_DEBUG=1\n"},
            hits=2,
        ),
        # The project's own use of it: a note.
        Bad(
            {
                "config.py": "import os\n\nNAME = os.environ.get('FLASK_ENV', 'production')\n",
                "app.py": f"import config\n\n{_APP}\napp.config['NAME'] = config.NAME\n",
                ".flaskenv": "FLASK_ENV=development\n",
                "Dockerfile": "FROM python:3.12\nENV FLASK_ENV=production\n",
            }
        ),
    ]
    good: ClassVar[list[Good | Files]] = [
        {
            "app.py": _APP,
            ".flaskenv": "FLASK_APP=app\nFLASK_DEBUG=1\n# FLASK_ENV=development\n",
            ".env": "MY_FLASK_ENV=1\n",
        },
        # Other programs take it up: the shell of an image, compose, a front end, a loop over names.
        {
            "app.py": _APP,
            ".env": "FLASK_ENV=development\n",
            "docker-compose.yml": "services:\n  web:\n    build: .\n    command: ./run.sh ${FLASK_ENV}\n",
        },
        {
            "app.py": _APP,
            ".flaskenv": "FLASK_ENV=development\n",
            "boot.sh": '#!/bin/sh\nif [ "$FLASK_ENV" = development ]; then exec flask run; fi\nexec gunicorn app:app\n',
        },
        {
            "app.py": f"import os\n\nfrom names import NAMES\n\n{_APP}\nfor name in NAMES:\n"
            "    print(os.environ.get(name))\n",
            "names.py": "NAMES = ['SHOP_ENV', 'FLASK_ENV']\n",
            ".env": "FLASK_ENV=production\n",
        },
        {
            "app.py": f"{_APP}app.config.from_prefixed_env()\nprint(app.config['ENV'])\n",
            ".env": "FLASK_ENV=production\n",
        },
        # A Flask that reads it still, and is kept there; read by tests alone.
        Good({"app.py": _APP, "Dockerfile": "FROM python:3.8\nENV FLASK_ENV=production\n"}, flask="1.1.4"),
        # Quart has its own; a project without Flask.
        {"app.py": "from quart import Quart\n\napp = Quart(__name__)\n", ".env": "QUART_ENV=development\n"},
    ]

    def check(self, project: Project) -> Iterable[Issue]:
        """The places where it is set, or the one where the project reads it for itself."""
        in_files = [*_in_env_files(project)]
        in_deployment = [*_in_deployment(project)] if project.uses_flask else []
        own = _own_use(project)
        if not (in_files or in_deployment or own) or not project.uses_flask:
            return
        if own is not None:
            if project.dependencies.flask_may_be(_GONE):
                yield Issue(
                    "FLASK_ENV chooses this project's settings only: Flask itself ignores it from 2.3 on",
                    own,
                    _OWN,
                    Severity.INFO,
                    fixable=False,
                    advice="The debug mode follows `FLASK_DEBUG` and `flask run --debug`. A name of your own "
                    "(`SHOP_ENV`) says better whose setting it is.",
                )
            return
        if _taken_up(project):
            return
        for found, anchor in ((in_files, _IN_ENV_FILES), (in_deployment, _IN_DEPLOYMENT)):
            if found:
                yield from _issue(project, found, anchor)

    def fix(self, issue: Issue, project: Project) -> list[Edit]:  # noqa: ARG002  # there is but one that is fixable
        """The env files without it."""
        from flaskdoctor.fixes.edit import Edit

        edits = []
        for file in _env_files(project):
            before = file.raw.reveal()
            if file.sets(_NAME):
                after = _without(before, debug_is_set=file.sets("FLASK_DEBUG"))
                secret = file is project.env.env or file.path in project.env.nested
                summary = f"Take FLASK_ENV out of {file.path}"
                edits.append(Edit(file.path, before, after, secret=secret, summary=summary))
        if not edits:
            raise Refuse("FLASK_ENV is set in no env file any more")
        return edits


def _issue(project: Project, found: list[_Set], anchor: str) -> Iterator[Issue]:
    development = [one for one in found if one.value.startswith("dev")]
    first = (development or found)[0]
    gone = project.dependencies.flask_may_be(_GONE)
    if not development and not gone:
        return  # it is the default there, and does no harm
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    if development:
        effect = (
            "is ignored from Flask 2.3 on: debug mode stays off"
            if gone
            else "stops working with Flask 2.3: FLASK_DEBUG=1 works in each"
        )
        message = f"FLASK_ENV=development{more} {effect}"
    else:
        message = f"FLASK_ENV{more} has no effect from Flask 2.3 on"
    soft = not development or anchor == _IN_DEPLOYMENT or project.dependencies.flask is None
    yield Issue(
        message,
        first.location,
        anchor,
        Severity.INFO if soft else None,
        Fix.UNSAFE if development else Fix.SAFE,
        fixable=anchor == _IN_ENV_FILES,
        advice="Use `FLASK_DEBUG=1` (or `flask run --debug`) on the developer's machine, and nothing in production.",
    )


def _env_files(project: Project) -> list[EnvFile]:
    env = project.env
    nested = [file for file in env.further if file.path in env.nested]
    return [file for file in (env.flaskenv, env.env, *nested, *env.templates) if file.readable and not file.doubt]


def _in_env_files(project: Project) -> Iterator[_Set]:
    for file in _env_files(project):
        binding = file.keys.get(_NAME)
        if binding is not None and binding.value is not None:
            yield _Set(Location(file.path, binding.line), binding.value.reveal().strip().lower())


def _in_deployment(project: Project) -> Iterator[_Set]:
    for variable in project.deploy.environment:
        if variable.name == _NAME and variable.value is not None:
            yield _Set(variable.location, variable.value.reveal().strip().lower())


def _own_use(project: Project) -> Location | None:
    """Where the project's own code reads it."""
    for path in sorted(project.modules):
        facts = project.modules[path]
        for read in facts.env_reads if facts.role not in _BESIDE else ():
            if read.name == _NAME:
                return Location(path, read.line, read.column)
    return None


def _taken_up(project: Project) -> bool:
    """Whether another program, or a piece of Python that computes names, takes the variable up."""
    modules = project.modules.values()
    if any(read.kind == "prefix" and _NAME.startswith(read.name) for facts in modules for read in facts.env_reads):
        return True  # ``from_prefixed_env()`` makes ``config["ENV"]`` of it
    computes = any(facts.env_dynamic for facts in modules if facts.role not in _BESIDE)
    files = [
        path
        for path in project.files.files
        if path.lower().endswith(_READERS) or any(name in path.rpartition("/")[2].lower() for name in _READER_NAMES)
    ]
    for path in files[:_MOST_READ]:
        facts = project.modules.get(path)
        if facts is not None and (facts.role in _BESIDE or not computes):
            continue
        if _TAKEN_UP.search(project.texts.read(path)):
            return True
    return False


_LINE = re.compile(rb"(?m)^[^\S\r\n]*(?:export[^\S\r\n]+)?FLASK_ENV[^\S\r\n]*=([^\r\n]*)(\r\n|\n|\r|\Z)")


def _without(data: bytes, *, debug_is_set: bool) -> bytes:
    """An env file with ``FLASK_DEBUG=1`` for ``FLASK_ENV=development``, and without any other ``FLASK_ENV``."""
    from flaskdoctor.project.env.envfile import parse_env

    written = debug_is_set

    def replaced(match: re.Match[bytes]) -> bytes:
        nonlocal written
        value = match.group(1).strip().strip(b"\"'").lower()
        if not value.startswith(b"dev") or written:
            return b""
        written = True
        return b"FLASK_DEBUG=1" + match.group(2)

    after = _LINE.sub(replaced, data)
    kept = [(one.name.reveal(), one.value and one.value.reveal()) for one in parse_env(after).bindings]
    before = [(one.name.reveal(), one.value and one.value.reveal()) for one in parse_env(data).bindings]
    wanted = [pair for pair in before if pair[0] != _NAME]
    if [pair for pair in kept if pair in wanted] != wanted or any(name == _NAME for name, _ in kept):
        raise Refuse("The line cannot be taken out so that every other key stays as it is")
    return after
