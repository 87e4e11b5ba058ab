"""FD1003: psycopg2 under gevent, which it does not know."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from flaskdoctor.finding import Location, Severity, Tip
from flaskdoctor.rules.rule import Bad, Files, Good, Issue, ProjectRule

if TYPE_CHECKING:
    from flaskdoctor.project.snapshot import Project

_GEVENT_WORKERS = frozenset({"gevent", "gevent_wsgi", "gevent_pywsgi", "geventwebsocketworker", "geventworker"})
_TEACHERS = frozenset({"psycogreen", "sqlalchemy_gevent", "gevent_psycopg2", "psycopg2_gevent"})
_PSYCOPG2 = ("psycopg2", "psycopg2-binary", "psycopg2cffi")
_HOOK = re.compile(r"set_wait_callback|patch_psycopg|make_psycopg_green|psycogreen")
_APP = (
    "from flask import Flask\nfrom flask_sqlalchemy import SQLAlchemy\n\napp = Flask(__name__)\n"
    "app.config['SQLALCHEMY_DATABASE_URI'] = 'postgresql:///shop'\ndb = SQLAlchemy(app)\n"
)


class Psycopg2WithoutPsycogreen(ProjectRule):
    """The app runs on gevent and talks to PostgreSQL through psycopg2, which stops all greenlets while it waits.

    ## What it finds

    A project with psycopg2 (or psycopg2-binary) that runs on gevent, by `gunicorn -k gevent` or by
    `monkey.patch_all()` in the app, and has neither psycogreen nor a `set_wait_callback` of its own. One finding a
    project.

    Not under eventlet, whose `monkey_patch()` takes care of psycopg2, and not with psycopg 3, pg8000 or asyncpg.

    ## Why it matters

    gevent makes Python's sockets cooperative. psycopg2 has none: it is C code that waits inside of libpq, and while a
    query runs no other greenlet of that worker does. A report that takes five seconds holds up every visitor that this
    worker serves for five seconds, and the thousand connections that `-k gevent` promises come to one query at a
    time. Nothing says so; the pages are merely slow under load, and health checks time out.

    ## What to do instead

    psycogreen tells psycopg2 how to wait. It belongs where the worker starts, before the first connection:

    ```python
    # gunicorn.conf.py
    worker_class = "gevent"

    def post_fork(server, worker):
        from psycogreen.gevent import patch_psycopg
        patch_psycopg()
    ```

    or right below `monkey.patch_all()`. Set the pool's size to what the database may bear
    (`SQLALCHEMY_ENGINE_OPTIONS = {"pool_size": 20, "max_overflow": 10}`), for from then on many queries do run at a
    time. The other way is psycopg 3 (`postgresql+psycopg://`), which cooperates by itself once gevent has patched.

    ## References

    - https://www.psycopg.org/docs/advanced.html#support-for-coroutine-libraries
    - https://github.com/psycopg/psycogreen
    - https://www.psycopg.org/psycopg3/docs/advanced/async.html#gevent-support
    - https://docs.gunicorn.org/en/stable/settings.html#post-fork
    """

    code = "FD1003"
    name = "psycopg2-without-psycogreen"
    tip = Tip.GREENLETS
    severity = Severity.WARNING

    bad: ClassVar[list[Bad]] = [
        Bad(
            {
                "app.py": _APP,
                "requirements.txt": "flask==3.1.0\nflask-sqlalchemy\npsycopg2-binary\ngevent\ngunicorn\n",
                "Procfile": "web: gunicorn -k gevent app:app\n",
            }
        ),
        Bad(
            {
                "app.py": f"from gevent import monkey\n\nmonkey.patch_all()\n\n{_APP}",
                "requirements.txt": "flask==3.1.0\npsycopg2>=2.9\ngevent\n",
            }
        ),
        Bad(
            {
                "shop/__init__.py": "import os\n\nimport flask as f\nimport psycopg2 as pg\n\n\ndef create_app():\n"
                "    app = f.Flask(__name__)\n    app.db = pg.connect(os.environ['DATABASE_URL'])\n    return app\n",
                "gunicorn.conf.py": "worker_class = 'gevent'\nworkers = 2\n",
                "Dockerfile": 'FROM python:3.12\nCMD ["gunicorn", "shop:create_app()"]\n',
                "requirements.txt": "flask==3.1.0\npsycopg2\ngunicorn[gevent]\n",
            }
        ),
        Bad(
            {
                "app.py": _APP,
                "requirements.txt": "flask==3.1.0\npsycopg2-binary\n",
                "docker-compose.yml": "services:\n  web:\n    build: .\n"
                "    command: gunicorn --worker-class=geventwebsocket.gunicorn.workers.GeventWebSocketWorker app:app\n",
            }
        ),
    ]
    good: ClassVar[list[Good | Files]] = [
        # It is told how to wait: by psycogreen, by the project itself.
        {
            "app.py": _APP,
            "requirements.txt": "flask==3.1.0\npsycopg2-binary\npsycogreen\ngevent\n",
            "Procfile": "web: gunicorn -k gevent app:app\n",
        },
        {
            "app.py": _APP,
            "gunicorn.conf.py": "worker_class = 'gevent'\n\n\ndef post_fork(server, worker):\n"
            "    from gevent.socket import wait_read\n    from psycopg2 import extensions\n\n"
            "    extensions.set_wait_callback(lambda connection: wait_read(connection.fileno()))\n",
            "requirements.txt": "flask==3.1.0\npsycopg2-binary\ngevent\n",
            "Procfile": "web: gunicorn app:app\n",
        },
        # eventlet does it by itself; threads need nothing; psycopg 3.
        {
            "app.py": _APP,
            "requirements.txt": "flask==3.1.0\npsycopg2-binary\neventlet\n",
            "Procfile": "web: gunicorn -k eventlet app:app\n",
        },
        {
            "app.py": _APP,
            "requirements.txt": "flask==3.1.0\npsycopg2-binary\n",
            "Procfile": "web: gunicorn -k gthread --threads 8 app:app\n",
        },
        {
            "app.py": _APP,
            "requirements.txt": "flask==3.1.0\npsycopg[binary]\ngevent\n",
            "Procfile": "web: gunicorn -k gevent app:app\n",
        },
        # Two apps in one repository.
        {
            "live/app.py": "from gevent import monkey\n\nmonkey.patch_all()\n\nfrom flask import Flask\n\n"
            "app = Flask(__name__)\n",
            "live/requirements.txt": "flask==3.1.0\ngevent\n",
            "shop/app.py": _APP,
            "shop/requirements.txt": "flask==3.1.0\npsycopg2\n",
        },
        # psycopg2 for who has it; gevent in a test or for development.
        {
            "app.py": _APP,
            "serve.py": "import sys\n\nif '--gevent' in sys.argv:\n    from gevent import monkey\n\n"
            "    monkey.patch_all()\n\nfrom app import app\n\nif __name__ == '__main__':\n    app.run()\n",
            "export.py": "def export():\n    import psycopg2\n\n    return psycopg2\n",
            "tests/conftest.py": "from gevent import monkey\n\nmonkey.patch_all()\n",
            "Dockerfile.dev": 'FROM python:3.12\nCMD ["gunicorn", "-k", "gevent", "app:app"]\n',
            "requirements.txt": "flask==3.1.0\nflask-sqlalchemy\ngevent\n",
            "requirements-dev.txt": "psycopg2-binary\n",
        },
    ]

    def check(self, project: Project) -> Iterable[Issue]:
        """The place where gevent comes in, if psycopg2 is there and nobody tells it."""
        if not _uses_psycopg2(project):
            return []
        place = _gevent(project)
        if place is None or _is_told(project) or not _together(project, place.path):
            return []
        return [
            Issue(
                "psycopg2 under gevent: while one query runs, no other request of this worker does",
                place,
                "psycopg2",
                advice="Call psycogreen's `patch_psycopg()` where the worker starts (gunicorn's `post_fork`, or right "
                "below `patch_all()`), or change to psycopg 3.",
            )
        ]


def _uses_psycopg2(project: Project) -> bool:
    """Whether the app's own requirements name it, not just those of its tests, or a module of it always imports it."""
    if any(project.dependencies.has(name) for name in _PSYCOPG2):
        from flaskdoctor.project.versions.requirements import declared

        lines = declared(project.root)[0]
        if any(one.name in _PSYCOPG2 and one.kind == "main" for one in lines):
            return True
        if not any(one.kind == "main" for one in lines):
            return True  # a lock file is all there is
    return any(
        item.target.partition(".")[0] == "psycopg2" and item.at_import and item.certain
        for facts in project.modules.values()
        if facts.role == "app"
        for item in facts.imports
    )


def _together(project: Project, path: str) -> bool:
    """Whether the file that is on gevent may be of the app with psycopg2: none of two in folders beside each other."""
    if path not in project.modules:
        return True  # a file for servers, which may lie anywhere
    from flaskdoctor.project.versions.requirements import declared

    named = [one.source for one in declared(project.root)[0] if one.name in _PSYCOPG2]
    named += [
        facts.path
        for facts in project.modules.values()
        if any(item.target.partition(".")[0] == "psycopg2" for item in facts.imports)
    ]
    place = _folder(path)
    return any(place.startswith(folder) or folder.startswith(place) for folder in map(_folder, named))


def _folder(path: str) -> str:
    """The folder that a file is about, with a slash behind it: a folder of requirement files stands for the one above.
    Empty for the project's own."""
    folder, _, name = path.rpartition("/")
    if not name.endswith(".py") and folder.rpartition("/")[2].startswith("requirement"):
        folder = folder.rpartition("/")[0]
    return f"{folder}/" if folder else ""


def _gevent(project: Project) -> Location | None:
    """Where the app is put on gevent: gunicorn's worker, or the patch in a module that makes or loads the app."""
    for gunicorn in project.deploy.gunicorns:
        setting = gunicorn.get("worker_class")
        if setting is None or gunicorn.development or not isinstance(setting.value, str):
            continue
        if setting.value.replace(":", ".").rpartition(".")[2].lower() in _GEVENT_WORKERS:
            return setting.location
    for path in sorted(project.modules):
        facts = project.modules[path]
        if facts.role in ("app", "script") and facts.patch is not None and facts.patch.library == "gevent":
            return facts.patch.location
    return None


def _is_told(project: Project) -> bool:
    """Whether somebody tells psycopg2 how to wait: an import, or the hook in a file that serves the app."""
    if any(project.dependencies.has(name) for name in ("psycogreen", "sqlalchemy-gevent")):
        return True
    for facts in project.modules.values():
        if any(item.target.partition(".")[0] in _TEACHERS for item in facts.imports):
            return True
        if any(name.endswith(".set_wait_callback") for name in facts.called):
            return True
    return any(_HOOK.search(project.texts.read(path)) for path in project.deploy.files if path.endswith(".py"))
