"""FD606: a scheduler that every process of the app starts for itself."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from flaskdoctor.finding import Severity, Tip
from flaskdoctor.project.contexts.jobs import constructors
from flaskdoctor.project.contexts.schedulers import comes_with_app, guarded, is_plain
from flaskdoctor.project.deployment.appruns import starts_flask
from flaskdoctor.rules.rule import Bad, Candidate, Files, Good, Hit, Rule

if TYPE_CHECKING:
    from flaskdoctor.project.code.module import Module
    from flaskdoctor.project.snapshot import Project

_SCHEDULERS = frozenset({
    "apscheduler.schedulers.background.BackgroundScheduler",
    "apscheduler.schedulers.gevent.GeventScheduler",
    "apscheduler.schedulers.tornado.TornadoScheduler",
    "apscheduler.schedulers.twisted.TwistedScheduler",
    "flask_apscheduler.APScheduler",
    "flask_apscheduler.scheduler.APScheduler",
})  # fmt: skip


class SchedulerStartedAtImport(Rule):
    """A scheduler is started while the app is imported or made, so every process of the app has one.

    ## What it finds

    `start()` of an APScheduler (`BackgroundScheduler`, `GeventScheduler`, Flask-APScheduler's `APScheduler`) at the top
    level of a module that the app loads, in the function that makes the app, or in a function that one of these calls
    (one of another file by a name that speaks of schedulers or jobs: `start_jobs(app)`).

    Not under `if __name__ == "__main__":`, nor where the code asks `WERKZEUG_RUN_MAIN`, takes a lock, looks at a
    setting that says which process is the one, or starts the scheduler paused. Where gunicorn is known to run a single
    worker it is information.

    ## Why it matters

    A WSGI server imports the app once per worker. With `gunicorn -w 4` there are four schedulers, and the reminder
    goes out four times; a job store in the database does not change that, for APScheduler 3 does not share one
    between running schedulers. On the developer's machine it is two: `flask run --debug` imports the app in the
    process that watches the files and in the one that serves. And `flask db upgrade`, `flask shell` and a Celery worker
    load the app too, each with a scheduler that may fire.

    The other way round it goes wrong as well: with `--preload` the scheduler's thread runs in gunicorn's master only,
    where nobody looks for it, and each worker's copy of the object says that it runs.

    ## What to do instead

    Run it in a process of its own:

    ```python
    # clock.py, started beside the web process: python clock.py
    from apscheduler.schedulers.blocking import BlockingScheduler
    from shop import create_app
    from shop.jobs import remind

    app = create_app()
    scheduler = BlockingScheduler()

    @scheduler.scheduled_job("cron", hour=7)
    def morning():
        with app.app_context():
            remind()

    scheduler.start()
    ```

    Celery's beat, cron with a `flask` command, or systemd timers do the same. On a single machine a lock
    (`fcntl.flock` on a file) lets one worker through; under the development server only,
    `os.environ.get("WERKZEUG_RUN_MAIN") == "true"` is enough.

    ## References

    - https://apscheduler.readthedocs.io/en/3.x/faq.html#how-do-i-share-a-single-job-store-among-one-or-more-worker-processes
    - https://viniciuschiele.github.io/flask-apscheduler/rst/tips.html
    - https://flask.palletsprojects.com/en/stable/cli/#debug-mode
    """

    code = "FD606"
    name = "scheduler-started-at-import"
    tip = Tip.BACKGROUND
    severity = Severity.WARNING
    needs = (b"cheduler", b"sched.")
    pattern = re.compile(rb"\w\.start\(")

    bad: ClassVar[list[Bad]] = [
        Bad(
            """\
from apscheduler.schedulers.background import BackgroundScheduler
from flask import Flask

app = Flask(__name__)


def remind():
    print("time is up")


scheduler = BackgroundScheduler(daemon=True)
scheduler.add_job(remind, "interval", minutes=60)
scheduler.start()


@app.get("/")
def index():
    return "ok"
"""
        ),
        # In the factory; the scheduler is made elsewhere; running only says something of this process.
        Bad(
            {
                "shop/extensions.py": "from flask_apscheduler import APScheduler\n\nclock = APScheduler()\n",
                "shop/__init__.py": """\
import flask as f

from shop.extensions import clock as scheduler


def create_app():
    app = f.Flask(__name__)
    app.config["SCHEDULER_API_ENABLED"] = True
    scheduler.init_app(app)
    if not scheduler.running and not app.testing:
        scheduler.start()
    return app
""",
            }
        ),
        # One call away; in a module that the app imports.
        Bad(
            {
                "app.py": """\
import apscheduler.schedulers.background as background
from flask import Flask

import jobs


def start_clock(app):
    sched = background.BackgroundScheduler()
    with app.app_context():
        sched.add_job(print, "cron", hour=7)
        try:
            sched.start()
        except RuntimeError:
            pass


def make_app():
    app = Flask(__name__)
    start_clock(app)
    return app


app = make_app()
""",
                "jobs.py": """\
from apscheduler.schedulers.background import BackgroundScheduler

if (scheduler := BackgroundScheduler()) is not None:
    scheduler.add_job(print, "interval", hours=1)
scheduler.start()
""",
            },
            hits=2,
        ),
        # In a package's module, which the factory calls.
        Bad(
            {
                "shop/__init__.py": "from flask import Flask\n\n\ndef create_app():\n    from shop import clock\n\n"
                "    app = Flask(__name__)\n    if not app.testing:\n        clock.init_scheduler(app)\n"
                "    return app\n",
                "shop/clock.py": "from apscheduler.schedulers.background import BackgroundScheduler\n\n\n"
                "def init_scheduler(app):\n    scheduler = BackgroundScheduler()\n"
                "    scheduler.add_job(print, 'interval', hours=1)\n    scheduler.start()\n",
                "wsgi.py": "from shop import create_app\n\napp = create_app()\n",
            }
        ),
    ]
    good: ClassVar[list[Good | Files]] = [
        # In a function of another file that only the development server's start, a command or a guarded call reaches.
        {
            "app.py": "from flask import Flask\n\nfrom jobs import start_jobs\n\napp = Flask(__name__)\n\n\n"
            "@app.cli.command()\ndef clock():\n    start_jobs()\n\n\nif app.config['CLOCK']:\n    start_jobs()\n\n"
            "if __name__ == '__main__':\n    start_jobs()\n    app.run()\n",
            "jobs.py": "from apscheduler.schedulers.background import BackgroundScheduler\n\n\ndef start_jobs():\n"
            "    BackgroundScheduler().start()\n",
        },
        # Started by hand, by a command, in a process of its own.
        """\
from apscheduler.schedulers.background import BackgroundScheduler
from flask import Flask

app = Flask(__name__)
scheduler = BackgroundScheduler()


@app.cli.command()
def clock():
    scheduler.start()


if __name__ == "__main__":
    scheduler.start()
    app.run()
""",
        {
            "shop.py": "from flask import Flask\n\n\ndef create_app():\n    return Flask(__name__)\n",
            "clock.py": "import time\n\nfrom apscheduler.schedulers.background import BackgroundScheduler\n\n"
            "from shop import create_app\n\nscheduler = BackgroundScheduler()\n"
            "scheduler.add_job(create_app, 'interval', hours=1)\nscheduler.start()\nwhile True:\n    time.sleep(1)\n",
        },
        # The reloader, a lock, a setting, paused.
        """\
import fcntl
import os

from apscheduler.schedulers.background import BackgroundScheduler
from flask import Flask
from flask_apscheduler import APScheduler

app = Flask(__name__)
one, two, three, four = BackgroundScheduler(), APScheduler(), BackgroundScheduler(), BackgroundScheduler()
scheduler = BackgroundScheduler()
if not app.debug or os.environ.get("WERKZEUG_RUN_MAIN") == "true":
    scheduler.start()
clock = APScheduler()
if app.config["CLOCK"]:
    clock.start()
waiting = BackgroundScheduler()
waiting.start(paused=True)


def start_once():
    handle = open("/tmp/clock.lock", "w")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return
    scheduler.start()


start_once()
""",
        # Other things that start, and a scheduler that blocks: nobody imports that by mistake.
        """\
from threading import Thread

from apscheduler.schedulers.blocking import BlockingScheduler
from flask import Flask

from shop.timers import Scheduler

app = Flask(__name__)
scheduler = Scheduler()
scheduler.start()
Thread(target=print).start()


def run():
    BlockingScheduler().start()
""",
        # A method of a class that some worker calls.
        """\
from apscheduler.schedulers.background import BackgroundScheduler
from flask import Flask

app = Flask(__name__)


class Worker:
    def __init__(self):
        self.scheduler = BackgroundScheduler()

    def start(self):
        self.scheduler.start()
""",
    ]

    def check(self, module: Module) -> Iterator[Hit]:
        """The starts that an import or the making of an app comes to."""
        if module.role not in ("app", "script"):
            return
        for call in module.nodes(ast.Call):
            assert isinstance(call, ast.Call)
            if not isinstance(call.func, ast.Attribute) or call.func.attr != "start":
                continue
            target = module.value(call.func.value)
            made = isinstance(target, ast.Call)
            owner = module.resolve(target.func if isinstance(target, ast.Call) else target)
            if owner is None or any(item.arg == "paused" for item in call.keywords):
                continue
            function = module.function_of(call)
            if guarded(module, call):
                continue
            starter = ""
            if not comes_with_app(module, call, function):
                if function is None or not is_plain(module, function):
                    continue
                starter = module.qualname(function)  # another file may call it
            yield Hit(
                call,
                "The scheduler starts with the app: every worker, and the reloader, has one of its own",
                data=(owner, made, starter),
                advice=_ADVICE,
            )

    def judge(self, candidate: Candidate, project: Project) -> Severity | None:
        """Keep it where it is an APScheduler, in a module that the app loads."""
        owner, made, starter = candidate.data
        links, path = project.links, candidate.location.path
        found = {links.resolve(str(owner), path)} if made else constructors(links, str(owner), path)
        if not found & _SCHEDULERS:
            return None
        places = [path] if not starter else _callers(project, str(starter), path)
        if not any(place in links.loaded_at_start or _holds_app(project, place) for place in places):
            return None
        return Severity.INFO if _single_worker(project) else candidate.severity


_ADVICE = (
    "Start it in a process of its own (`clock.py`, Celery's beat, cron with a `flask` command), or let one process "
    "through: a lock in production, `WERKZEUG_RUN_MAIN` under the reloader."
)


def _callers(project: Project, starter: str, path: str) -> list[str]:
    """The other files that call a function of this file while they are imported, or make an app."""
    links = project.links
    wanted, last = links.resolve(starter, path), starter.rpartition(".")[2]
    return [
        facts.path
        for facts in project.modules.values()
        if facts.role in ("app", "script")
        and any(
            name.rpartition(".")[2] == last and links.resolve(name, facts.path) == wanted
            for name in facts.background.starters
        )
    ]


def _holds_app(project: Project, path: str) -> bool:
    """Whether a module has an app at its top level: then servers and the ``flask`` command import it."""
    facts = project.modules[path]
    return any(
        starts_flask(project.links, name, path)
        for name, made in facts.constructed.items()
        if "<locals>" not in name and made.callee.rpartition(".")[2].lower().endswith(("app", "flask", "application"))
    )


def _single_worker(project: Project) -> bool:
    """Whether the project's files say that it is served by one gunicorn worker at a time."""
    serving = [gunicorn for gunicorn in project.deploy.gunicorns if not gunicorn.development]
    workers = [gunicorn.get("workers") for gunicorn in serving]
    return bool(serving) and all(setting is not None and setting.value == 1 for setting in workers)
