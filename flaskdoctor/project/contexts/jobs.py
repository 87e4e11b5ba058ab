"""The functions that run outside of a request: Celery and RQ tasks, commands, scheduled jobs."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from flaskdoctor.project.code.names import FUNCTIONS, FunctionNode

if TYPE_CHECKING:
    from flaskdoctor.project.code.module import Module
    from flaskdoctor.project.routing.links import Links
    from flaskdoctor.project.snapshot import Project

CELERY, RQ, COMMAND, SCHEDULED = "Celery task", "RQ job", "command", "scheduled job"

# Decorators that say it all by their own name.
_BY_NAME = {
    "celery.shared_task": CELERY,
    "celery.task": CELERY,
    "celery.task.task": CELERY,
    "celery.task.periodic_task": CELERY,
    "celery.decorators.task": CELERY,
    "celery.decorators.periodic_task": CELERY,
    "rq.decorators.job": RQ,
    "flask_rq.job": RQ,
    "flask_rq2.job": RQ,
    "dramatiq.actor": "Dramatiq actor",
    "click.command": COMMAND,
}
# Decorators that are methods: what it is hangs on the object, which may be made in another file.
_BY_OWNER = {
    "task": {
        "celery.Celery": CELERY,
        "celery.app.Celery": CELERY,
        "celery.app.base.Celery": CELERY,
        "flask_celery.Celery": CELERY,
        "flask_celeryext.FlaskCeleryExt": CELERY,
        "flask_apscheduler.APScheduler": SCHEDULED,
        "huey.RedisHuey": "Huey task",
        "huey.SqliteHuey": "Huey task",
        "huey.MemoryHuey": "Huey task",
        "huey.Huey": "Huey task",
        "flask_huey.FlaskHuey": "Huey task",
    },
    "periodic_task": {"huey.RedisHuey": "Huey task", "huey.SqliteHuey": "Huey task", "celery.Celery": CELERY},
    "job": {"flask_rq2.RQ": RQ},
    "scheduled_job": {
        "apscheduler.schedulers.background.BackgroundScheduler": SCHEDULED,
        "apscheduler.schedulers.blocking.BlockingScheduler": SCHEDULED,
        "apscheduler.schedulers.gevent.GeventScheduler": SCHEDULED,
    },
    "command": {"flask.cli.AppGroup": COMMAND, "flask.cli.FlaskGroup": COMMAND, "click.Group": COMMAND},
}
_QUEUES = frozenset({"rq.Queue", "rq.queue.Queue", "flask_rq.get_queue"})
# Methods that are given a function to run later: its place among the arguments, its keyword, and whose they are.
_GIVEN = {
    "add_job": (0, "func", frozenset({"flask_apscheduler.APScheduler", *_BY_OWNER["scheduled_job"]}), SCHEDULED),
    "enqueue": (0, "f", _QUEUES, RQ),
    "enqueue_call": (0, "func", _QUEUES, RQ),
    "enqueue_at": (1, "f", _QUEUES, RQ),
    "enqueue_in": (1, "f", _QUEUES, RQ),
}
_TASK_CLASSES = frozenset({"celery.Task", "celery.app.task.Task", "celery.task.Task"})


class Job(NamedTuple):
    """A function that something else than a request runs.

    ``owner`` is the dotted name of the object whose method the decorator is; "" where the decorator's own name says
    what it is, and then ``kind`` does. ``method`` is the decorator's: "task", "command".
    """

    node: FunctionNode
    kind: str
    owner: str = ""
    method: str = ""


def find_jobs(module: Module) -> Iterator[Job]:
    """The functions of a file that may be tasks, commands or jobs; ``kind_of`` tells what they really are."""
    for function in module.nodes(*FUNCTIONS):
        assert isinstance(function, FUNCTIONS)
        for item in function.decorator_list:
            job = _decorated(module, function, item.func if isinstance(item, ast.Call) else item)
            if job is not None:
                yield job
                break
    for node in module.nodes(ast.ClassDef):
        assert isinstance(node, ast.ClassDef)
        if any(module.resolve(base) in _TASK_CLASSES for base in node.bases):
            for method in node.body:
                if isinstance(method, FUNCTIONS) and method.name == "run":
                    yield Job(method, CELERY)
    yield from _scheduled(module)


def _decorated(module: Module, function: FunctionNode, target: ast.expr) -> Job | None:
    name = module.resolve(target)
    if name in _BY_NAME:
        return Job(function, _BY_NAME[name])
    if not isinstance(target, ast.Attribute) or target.attr not in _BY_OWNER:
        return None
    owner = target.value
    if target.attr == "command" and isinstance(owner, ast.Attribute) and owner.attr == "cli":
        return Job(function, COMMAND)  # ``@app.cli.command()``
    dotted = module.resolve(owner)
    if dotted is None:
        return None
    if target.attr == "command" and isinstance(owner, ast.Name) and _is_group(module, owner):
        return Job(function, COMMAND)
    return Job(function, "", dotted, target.attr)


def _is_group(module: Module, node: ast.Name) -> bool:
    """``@app.cli.group()`` or ``@click.group()`` above the function that a command belongs to."""
    binding = module.names.binding(node)
    group = binding.node if binding is not None else None
    if not isinstance(group, FUNCTIONS):
        return False
    for item in group.decorator_list:
        target = item.func if isinstance(item, ast.Call) else item
        if module.resolve(target) == "click.group":
            return True
        if isinstance(target, ast.Attribute) and target.attr == "group":
            return isinstance(target.value, ast.Attribute) and target.value.attr == "cli"
    return False


def _scheduled(module: Module) -> Iterator[Job]:
    """``scheduler.add_job(function, ..)``, ``queue.enqueue(function)``, ``add_job(func=function)``."""
    for call in module.nodes(ast.Call) if any(word in module.source for word in (b"add_job", b".enqueue")) else ():
        assert isinstance(call, ast.Call)
        if not isinstance(call.func, ast.Attribute) or call.func.attr not in _GIVEN:
            continue
        place, word, _, _ = _GIVEN[call.func.attr]
        owner = module.resolve(call.func.value)
        given = [*call.args[place : place + 1], *(item.value for item in call.keywords if item.arg == word)]
        for item in given if owner is not None else ():
            binding = module.names.binding(item) if isinstance(item, ast.Name) else None
            if owner is not None and binding is not None and isinstance(binding.node, FUNCTIONS):
                yield Job(binding.node, "", owner, call.func.attr)


def kind_of(links: Links, kind: str, owner: str, method: str, path: str) -> str | None:
    """What a job is, as the object whose method decorates it (named as the file ``path`` names it) shows."""
    if kind or not owner:
        return kind or None
    made_by = constructors(links, owner, path)
    if method in _GIVEN:
        _, _, makers, found = _GIVEN[method]
        return found if made_by & makers else None
    known = _BY_OWNER[method]
    return next((known[name] for name in sorted(made_by) if name in known), None)


def constructors(links: Links, dotted: str, path: str, depth: int = 0) -> frozenset[str]:
    """The library names of what was called to make an object, through functions and classes of the project."""
    callee = links.constructor(dotted, path)
    if callee is None or depth > 4:
        return frozenset()
    found = {callee}
    for facts in links.modules.values():
        if callee in facts.functions:
            for name in facts.functions[callee].returns:
                direct = {links.resolve(name.removesuffix("()"), facts.path)} if name.endswith("()") else set()
                found |= direct | constructors(links, name, facts.path, depth + 1)
        for base in facts.classes.get(callee, ()):
            found.add(links.resolve(base, facts.path))
    return frozenset(found)


def called_directly(project: Project, function: str, path: str) -> bool:
    """Whether another file, save for tests, calls a function (as ``path`` names it) like any other: not as a job."""
    links = project.links
    wanted, last = links.resolve(function, path), function.rpartition(".")[2]
    return any(
        name.rpartition(".")[2] == last and links.resolve(name, facts.path) == wanted
        for facts in project.modules.values()
        if facts.path != path and facts.role != "test"
        for name in facts.called
    )
