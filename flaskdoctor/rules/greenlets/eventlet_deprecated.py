"""FD1002: eventlet, which its maintainers advise against and which gunicorn has dropped."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, ClassVar

from flaskdoctor.finding import Location, Severity, Tip
from flaskdoctor.rules.rule import Bad, Files, Good, Issue, ProjectRule

if TYPE_CHECKING:
    from flaskdoctor.project.snapshot import Project
    from flaskdoctor.project.versions.requirements import Declared

_DROPPED_IN = (26, 0, 0)  # gunicorn's news: "Eventlet worker removed"

# A requirement, also as an item of pyproject.toml's list or a key of one of its tables.
_LINE = re.compile(r"""^(?:[^#]*["'])?\s*(eventlet)(?![\w.-])""", re.IGNORECASE)

_ADVICE = (
    "`gunicorn -k gevent` (with `gevent` in the requirements) and `-k gthread --threads 50` take over most of what "
    'eventlet workers did; Flask-SocketIO takes `async_mode="gevent"` or `"threading"`.'
)


class EventletDeprecated(ProjectRule):
    """The project runs on eventlet, which is being retired.

    ## What it finds

    gunicorn with `-k eventlet` (on a command line, in `gunicorn.conf.py`, a Procfile, Dockerfile or compose file), and
    projects that name `eventlet` in their requirements or import it. One finding a project.

    It is an error where gunicorn may be 26 or newer: that release has no eventlet worker any more. Otherwise it is a
    warning. An `eventlet` that only a lock file brings along is not reported.

    ## Why it matters

    Since 2023 eventlet gets fixes only, its documentation advises against using it, and importing it says so:

    ```text
    EventletDeprecationWarning: Eventlet is deprecated. It is currently being maintained in bugfix mode, and
    we strongly recommend against using it for new projects.
    ```

    It has to follow each Python release inside the interpreter's own modules, and falls behind. gunicorn removed its
    worker in 26.0:

    ```text
    Error: class uri 'eventlet' invalid or not found
    ```

    So a requirement that says only `gunicorn` stops starting with the next build of the image.

    ## What to do instead

    - Many connections that wait: `gunicorn -k gevent`, which works in the same way.
    - Ordinary requests: `gunicorn -k gthread --threads 20`, without any patching.
    - WebSockets with Flask-SocketIO: `SocketIO(async_mode="gevent")`, or `"threading"`.

    ## References

    - https://eventlet.readthedocs.io/en/latest/asyncio/migration.html
    - https://docs.gunicorn.org/en/latest/news.html
    - https://flask.palletsprojects.com/en/stable/deploying/gunicorn/
    - https://flask-socketio.readthedocs.io/en/latest/deployment.html
    """

    code = "FD1002"
    name = "eventlet-deprecated"
    tip = Tip.GREENLETS
    severity = Severity.WARNING

    bad = [
        Bad(
            {
                "app.py": (
                    "import eventlet\n\neventlet.monkey_patch()\n\nfrom flask import Flask\n\napp = Flask(__name__)\n"
                ),
                "requirements.txt": "flask==3.1.0\neventlet>=0.33  # workers\n",
            }
        ),
        Bad(
            {
                "app.py": "from flask import Flask\n\napp = Flask(__name__)\n",
                "requirements.txt": "flask==3.1.0\ngunicorn\neventlet\n",
                "Procfile": "web: gunicorn --worker-class eventlet -w 1 app:app\n",
            }
        ),
        Bad(
            {
                "app.py": "from flask import Flask\n\napp = Flask(__name__)\n",
                "pyproject.toml": '[project]\nname = "shop"\nversion = "1"\ndependencies = ["flask", "eventlet"]\n',
            }
        ),
        Bad(
            {
                "app.py": "from flask import Flask\n\napp = Flask(__name__)\n",
                "requirements.txt": "flask==3.1.0\ngunicorn==23.0.0\n",
                "gunicorn.conf.py": "worker_class = 'eventlet'\n",
                "Procfile": "web: gunicorn app:app\n",
            }
        ),
        Bad(
            {
                "app.py": (
                    "from flask import Flask\nfrom eventlet import wsgi, listen\n\napp = Flask(__name__)\n\n"
                    "if __name__ == '__main__':\n    wsgi.server(listen(('', 8000)), app)\n"
                ),
            }
        ),
    ]
    good: ClassVar[list[Good | Files]] = [
        {
            "app.py": (
                "from gevent import monkey\n\nmonkey.patch_all()\n\nfrom flask import Flask\n\napp = Flask(__name__)\n"
            ),
            "requirements.txt": "flask==3.1.0\ngevent\ngunicorn\n",
            "Procfile": "web: gunicorn -k gevent app:app\n",
        },
        # Only in a lock file, only in a test, only where it is looked for.
        {
            "app.py": "from flask import Flask\n\napp = Flask(__name__)\n",
            "uv.lock": '[[package]]\nname = "eventlet"\nversion = "0.36.1"\n',
            "tests/test_app.py": "import eventlet\n",
        },
        # What only the tests need.
        {
            "app.py": "from flask import Flask\n\napp = Flask(__name__)\n",
            "requirements.txt": "flask==3.1.0\n",
            "requirements-testing.txt": "pytest\neventlet<=0.35\n",
        },
        "from flask import Flask\n\ntry:\n    import eventlet\nexcept ImportError:\n    eventlet = None\n\n"
        "app = Flask(__name__)\nprint(eventlet)\n",
        # A library that runs on whichever is there.
        "from flask import Flask\n\n\ndef run(app, mode):\n    if mode == 'eventlet':\n        import eventlet\n\n"
        "        eventlet.wsgi.server(eventlet.listen(('', 80)), app)\n    else:\n        app.run()\n",
        # A development server of its own.
        {
            "app.py": "from flask import Flask\n\napp = Flask(__name__)\n",
            "Dockerfile.dev": 'FROM python:3.12\nCMD ["gunicorn", "-k", "eventlet", "app:app"]\n',
        },
    ]

    def check(self, project: Project) -> Iterable[Issue]:
        found = next(iter((*_workers(project), *_requirements(project), *_imports(project))), None)
        return [found] if found is not None else []


def _workers(project: Project) -> Iterator[Issue]:
    """gunicorn's workers."""
    for gunicorn in project.deploy.gunicorns:
        setting = gunicorn.get("worker_class")
        if setting is None or gunicorn.development or not isinstance(setting.value, str):
            continue
        if setting.value.rpartition(".")[2].rpartition(":")[2].lower() not in ("eventlet", "eventletworker"):
            continue
        dropped = _gunicorn_may_be(project)
        yield Issue(
            "gunicorn has no eventlet worker since 26.0, and the requirements allow that one: it does not start"
            if dropped
            else "gunicorn's eventlet worker is gone from 26.0 on, and eventlet itself is being retired",
            setting.location,
            "worker_class",
            Severity.ERROR if dropped else None,
            advice=_ADVICE,
        )


def _gunicorn_may_be(project: Project) -> bool:
    """Whether the gunicorn that is installed may be one without the worker; False where nothing names it."""
    from flaskdoctor.project.versions.versions import may_be_at_least

    lines = [one for one in _declared(project) if one.name == "gunicorn"]
    for several in ([one for one in lines if one.kind == "lock"], lines):
        if several:
            return all(may_be_at_least([one.specifier], _DROPPED_IN) for one in several)
    return False


def _requirements(project: Project) -> Iterator[Issue]:
    """The first line of a requirement file that names it."""
    from flaskdoctor.project.plainfile import decode, read_bytes

    if not project.dependencies.has("eventlet"):
        return
    for one in _declared(project):
        if one.name != "eventlet" or one.kind not in ("main", "extra"):
            continue
        if one.kind == "extra" and one.source.endswith((".txt", ".in", ".pip")):
            continue  # a file for the tests or for development
        content = read_bytes(os.path.join(project.root, one.source))
        lines = decode(content.data).splitlines() if content.state == "ok" else []
        for number, line in enumerate(lines, 1):
            match = _LINE.match(line)
            if match is not None:
                place = Location(one.source, number, match.start(1) + 1, number, match.end(1) + 1)
                yield Issue(_RETIRED, place, "eventlet", advice=_ADVICE)


_RETIRED = "eventlet is being retired: its own documentation advises against it"


def _imports(project: Project) -> Iterator[Issue]:
    """The first module that needs it; with its patch, where it patches."""
    for facts in sorted(project.modules.values(), key=lambda facts: facts.path):
        if facts.role not in ("app", "script", "settings"):
            continue
        if any(
            item.target.partition(".")[0] == "eventlet" and item.at_import and item.certain for item in facts.imports
        ):
            place = facts.patch.location if facts.patch is not None else Location(facts.path)
            yield Issue(_RETIRED, place, "eventlet", advice=_ADVICE)


def _declared(project: Project) -> list[Declared]:
    from flaskdoctor.project.versions.requirements import declared

    return declared(project.root)[0]
