"""FD506: a task, command or scheduled job that reads the request, which there is none of."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from flaskdoctor.finding import Severity, Tip
from flaskdoctor.project.code.module import Module
from flaskdoctor.project.contexts.jobrequests import PROXIES, may_have_request, request_reads
from flaskdoctor.project.contexts.jobs import CELERY, called_directly, find_jobs, kind_of
from flaskdoctor.rules.rule import Bad, Candidate, Files, Good, Hit, Rule

if TYPE_CHECKING:
    from flaskdoctor.project.code.names import FunctionNode
    from flaskdoctor.project.snapshot import Project

_WORDS = {"task": "task", "periodic_task": "task", "job": "job", "command": "command"} | dict.fromkeys(
    ("enqueue", "enqueue_call", "enqueue_at", "enqueue_in"), "job"
)


class RequestOutsideRequest(Rule):
    """A Celery task, an RQ or scheduled job, or a command reads `request` or `session`, and no request is there.

    ## What it finds

    `request` and `session` of Flask in the body of a function that something else than a request runs: a Celery
    task (`@celery.task`, `@shared_task`, a class of tasks), an RQ job (`@job`, `queue.enqueue(f)`), one of Huey,
    Dramatiq or APScheduler, a command (`@app.cli.command`, `@click.command`). Silent where the function makes a
    request context of its own or asks `has_request_context()`, where it is also called like any other function, and
    where Celery is set up to run its tasks in a request context.

    ## Why it matters

    These functions run in another process, long after the request has been answered, or without there ever having
    been one. The proxy has nothing to stand for:

    ```text
    RuntimeError: Working outside of request context.
    ```

    An app context (`with app.app_context()`, `@with_appcontext`) does not help: it brings `current_app` and `g`, not
    the request. And since the task fails in the worker, the user who started it sees that all went well.
    `CELERY_TASK_ALWAYS_EAGER`, as tests use it, hides it too: there the task runs inside the request.

    ## What to do instead

    Read what is needed in the view, and hand over plain values:

    ```python
    @celery.task
    def export(user_id, address):
        ...

    @app.post("/export")
    def start():
        export.delay(current_user.id, request.remote_addr)
        return "", 202
    ```

    If the database session was meant, it is `db.session`.

    ## References

    - https://flask.palletsprojects.com/en/stable/reqcontext/#lifetime-of-the-context
    - https://flask.palletsprojects.com/en/stable/patterns/celery/
    """

    code = "FD506"
    name = "request-outside-request"
    tip = Tip.CONTEXTS
    severity = Severity.ERROR
    needs = (
        b".task", b"shared_task", b"periodic_task", b"_job", b".job", b"@job", b".command", b".Task", b".actor",
        b" actor", b".enqueue",
    )  # fmt: skip

    bad: ClassVar[list[Bad]] = [
        Bad(
            """\
from celery import Celery
from flask import Flask, request, session

app = Flask(__name__)
celery = Celery(app.name)


@celery.task
def export():
    return request.args["format"]


@celery.task(bind=True)
def report(self):
    return session.get("user")


@celery.task
def preview(path):
    with app.test_request_context(path):
        return request.url
""",
            hits=2,
        ),
        # Made in another file by a function, shared tasks, an app context that is none of a request.
        Bad(
            {
                "shop/__init__.py": "from flask import Flask\nfrom shop.queue import make_celery\n\n"
                "app = Flask(__name__)\nqueue = make_celery(app)\n",
                "shop/queue.py": "from celery import Celery\n\n\ndef make_celery(app):\n"
                "    worker = Celery(app.import_name)\n\n    class AppTask(worker.Task):\n"
                "        def __call__(self, *args, **kwargs):\n            with app.app_context():\n"
                "                return self.run(*args, **kwargs)\n\n    worker.Task = AppTask\n    return worker\n",
                "shop/tasks.py": """\
import flask
from celery import shared_task

from shop import app, queue


@queue.task(name="export")
def export():
    with app.app_context():
        return flask.request.headers["Accept"]


@shared_task(ignore_result=True)
def clean():
    if "user" in flask.session:
        return 1
""",
            },
            hits=2,
        ),
        # Commands, scheduled jobs, RQ.
        Bad(
            """\
import click
from apscheduler.schedulers.background import BackgroundScheduler
from flask import Flask, request, session
from flask.cli import AppGroup, with_appcontext
from flask_apscheduler import APScheduler
from redis import Redis
from rq import Queue
from rq.decorators import job

app = Flask(__name__)
users = AppGroup("users")
scheduler = APScheduler()
clock = BackgroundScheduler()


@app.cli.command("seed")
def seed():
    print(request.host)


@users.command()
@click.argument("name")
@with_appcontext
def add(name):
    session["name"] = name


@scheduler.task("interval", id="tick", seconds=30)
def tick():
    print(request.path)


@job("default")
def work():
    return request.remote_addr


def tock():
    return [request.args[name] for name in "ab"]


clock.add_job(tock, "cron", hour=3)


def resize():
    return request.files["picture"]


@app.post("/pictures")
def add():
    Queue(connection=Redis()).enqueue(resize)
    jobs = Queue(connection=Redis())
    jobs.enqueue(resize)
    return "", 202
""",
            hits=6,
        ),
    ]

    good: ClassVar[list[Good | Files]] = [
        # Plain values, another request, another session, an app context's proxies.
        """\
from celery import Celery
from flask import Flask, current_app, g, request
from sqlalchemy.orm import Session

app = Flask(__name__)
celery = Celery(app.name)


@celery.task(bind=True)
def export(self, address):
    with app.app_context():
        g.name = current_app.name
    return self.request.id, address


@celery.task
def load(request):
    return request["args"]


@celery.task
def store(url):
    session = Session()
    session.add(url)
    session.commit()


@celery.task
def late():
    def view():
        return request.path

    app.add_url_rule("/late", view_func=view)


@app.post("/export")
def start():
    export.delay(request.remote_addr)
    return "", 202
""",
        # A request context of its own, a question, a try, a truth test.
        """\
from celery import shared_task
from flask import Flask, has_request_context, request

app = Flask(__name__)


@shared_task
def preview(path):
    with app.test_request_context(path):
        return request.url


@app.cli.command()
def who():
    print(request.remote_addr if has_request_context() else "nobody")


@shared_task
def where():
    try:
        return request.url
    except RuntimeError:
        return None


@shared_task
def maybe():
    return request.url if request else None
""",
        # Celery is set up to run every task in a request context.
        {
            "shop/__init__.py": """\
from celery import Celery
from flask import Flask

app = Flask(__name__)
celery = Celery(app.name)


class RequestTask(celery.Task):
    def __call__(self, *args, **kwargs):
        with app.test_request_context():
            return self.run(*args, **kwargs)


celery.Task = RequestTask
""",
            "shop/tasks.py": "from flask import request\nfrom shop import celery\n\n\n@celery.task\ndef render():\n"
            "    return request.url_root\n",
        },
        # Called in the request as well; a task of something else; a decorator that may bring a context.
        """\
from flask import Flask, request
from celery import Celery
from functools import wraps
import click

from board import board

app = Flask(__name__)
celery = Celery(app.name)


@celery.task
def log_visit():
    return request.path


@app.get("/")
def index():
    log_visit()
    return "ok"


@board.task("write")
def write():
    return request.path


def with_request(function):
    @wraps(function)
    def wrapper(*args, **kwargs):
        with app.test_request_context():
            return function(*args, **kwargs)

    return wrapper


@app.cli.command()
@with_request
def links():
    click.echo(request.url_root)
""",
        # The test client keeps the request while its block lasts.
        """\
from flask import Flask, request

app = Flask(__name__)


@app.cli.command()
def warm_up():
    with app.test_client() as client:
        client.get("/")
        print(request.path)
""",
        # Flask-Script runs its commands inside a test request context.
        """\
from flask import Flask, request
from flask_script import Manager

app = Flask(__name__)
manager = Manager(app)


@manager.command
def root():
    print(request.url_root)
""",
    ]

    def check(self, module: Module) -> Iterator[Hit]:
        """The first reading of the request in each function that may be a job."""
        if module.role in ("test", "migration"):
            return
        severity = Severity.INFO if module.role in ("example", "docs") else None
        reads: dict[FunctionNode, list[ast.AST]] | None = None
        seen: set[FunctionNode] = set()
        for job in find_jobs(module):
            if reads is None:
                reads = request_reads(module)
            found = reads.get(job.node, [])
            if not found or job.node in seen or may_have_request(module, job, found):
                continue
            seen.add(job.node)
            proxy = PROXIES[module.resolve(found[0]) or ""]
            word = _WORDS.get(job.method, "scheduled job") if job.method else job.kind
            yield Hit(
                found[0],
                f"{proxy} is read in the {word} {job.node.name}(), which no request runs",
                severity=severity,
                data=(job.kind, job.owner, job.method, module.qualname(job.node)),
                advice=_ADVICE,
            )

    def judge(self, candidate: Candidate, project: Project) -> Severity | None:
        """Keep it where the function is a job, nothing calls it directly, and Celery makes no request context."""
        path = candidate.location.path
        kind, owner, method, function = (str(item) for item in candidate.data)
        found = kind_of(project.links, kind, owner, method, path)
        if found is None or called_directly(project, function, path):
            return None
        made = any(facts.background.celery_context == "request" for facts in project.modules.values())
        return None if found == CELERY and made else candidate.severity


_ADVICE = "Read the value in the view and hand it over as an argument. If the database session was meant: `db.session`."
