"""What a file does behind the back of requests: its jobs, who sends mail, what runs in a thread, Celery's contexts."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from flaskdoctor.patterns import lazy
from flaskdoctor.project.code.names import FUNCTIONS, FunctionNode
from flaskdoctor.project.contexts.jobs import find_jobs
from flaskdoctor.project.contexts.schedulers import WORDS as SCHEDULER_WORDS
from flaskdoctor.project.contexts.schedulers import starters

if TYPE_CHECKING:
    from flaskdoctor.project.code.module import Module

SMTP = frozenset({"smtplib.SMTP", "smtplib.SMTP_SSL", "smtplib.LMTP"})

_SENDS = frozenset({"send", "send_message", "connect"})
# What runs the function that it is given somewhere else or later.
_RUNNERS = lazy(
    r"(?:^|[._])(?:Thread|Timer|Process|Greenlet|submit|apply_async|enqueue\w*|add_job|spawn\w*|start_background_task"
    r"|run_in_executor|call_soon\w*|defer\w*|delay|run_async|start_new_thread|call_on_close|map)$"
)
# Plain words: ``in`` is twenty times as fast as an alternation.
WORDS = (
    b"elery", b"smtplib", b"Thread", b"Timer(", b".submit(", b"enqueue", b"_job", b"@job", b".job", b"spawn",
    b"shared_task", b"background_task", b"new_thread", b".task", b".actor", b".delay(", b"run_async", b"call_on_close",
    *SCHEDULER_WORDS,
)  # fmt: skip
MAIL_WORDS = (b"mail", b"Mail")
_SENDS_MAIL = lazy(rb"[mM]ail\w*\.(?:send|connect)")
_MAKES_TASKS = lazy(rb"ContextTask|task_cls|\.Task\s*=|__call__|\.push\(")
_CONTEXTS = {"app_context": "app", "request_context": "request", "test_request_context": "request"}


class Sender(NamedTuple):
    """A function that sends mail itself: ``function`` and ``owner`` are dotted; ``owner`` is what its ``send`` is
    called on, "" for smtplib."""

    function: str
    owner: str


class Background(NamedTuple):
    """The facts of one file. ``jobs`` and ``handed`` are dotted names of functions; ``handed`` are given to a thread,
    a pool, a queue or a scheduler. ``celery_context``: the file has to do with Celery, and something in it, perhaps
    a class of tasks, makes a context for others ("request" where it is a request's). ``starters`` are called while the
    file is imported or makes its app, and may start a scheduler."""

    jobs: frozenset[str] = frozenset()
    senders: tuple[Sender, ...] = ()
    handed: frozenset[str] = frozenset()
    celery_context: str = ""
    starters: frozenset[str] = frozenset()


NO_BACKGROUND = Background()


def read_background(module: Module) -> Background:
    """The facts of one file."""
    source = module.source
    if not module.says(WORDS) and not (module.says(MAIL_WORDS) and _SENDS_MAIL.search(source)):
        return NO_BACKGROUND
    jobs = frozenset(job.node for job in find_jobs(module))
    return Background(
        frozenset(module.qualname(node) for node in jobs),
        tuple(
            Sender(module.qualname(function), owner)
            for call, function, owner in mail_calls(module)
            if plain(module, function)
        ),
        frozenset(_handed(module)),
        _celery_context(module, jobs) if b"elery" in source else "",
        starters(module) if module.says(SCHEDULER_WORDS) else frozenset(),
    )


def _celery_context(module: Module, jobs: frozenset[FunctionNode]) -> str:
    """Which context the file makes for others than a task of its own that opens one for itself."""
    found = {"app"} if _MAKES_TASKS.search(module.source) else set()
    for node in module.nodes(ast.Attribute) if b"_context" in module.source else ():
        if isinstance(node, ast.Attribute) and node.attr in _CONTEXTS and module.function_of(node) not in jobs:
            found.add(_CONTEXTS[node.attr])
    return max(found, default="")


def mail_calls(module: Module) -> Iterator[tuple[ast.Call, FunctionNode, str]]:
    """The calls that talk to a mail server, if what ``send`` is called on is a Flask-Mail object: the function that
    makes them, and the dotted name of that object ("" for smtplib)."""
    for call in module.nodes(ast.Call):
        assert isinstance(call, ast.Call)
        if not isinstance(call.func, ast.Attribute | ast.Name):
            continue
        owner: str | None = None
        name = module.resolve(call.func)
        if name in SMTP:
            owner = ""
        elif isinstance(call.func, ast.Attribute) and call.func.attr in _SENDS:
            owner = module.resolve(call.func.value)
            if owner is None or "mail" not in owner.rpartition(".")[2].lower():
                continue
        function = module.function_of(call) if owner is not None else None
        if function is not None and owner is not None:
            yield call, function, owner


def plain(module: Module, function: FunctionNode) -> bool:
    """Whether calling a function runs its body there and then: no decorator that may put it off."""
    names = [module.resolve(item.func if isinstance(item, ast.Call) else item) for item in function.decorator_list]
    return all(name in ("builtins.staticmethod", "builtins.classmethod") for name in names)


def _handed(module: Module) -> Iterator[str]:
    for name, calls in module.calls_by_name().items():
        if not name.startswith("builtins.") and _RUNNERS.search(name):
            for call in calls:
                for item in (*call.args, *(item.value for item in call.keywords)):
                    found = module.resolve(item) if isinstance(item, ast.Name | ast.Attribute) else None
                    if found is not None:
                        yield found
    for node in module.nodes(ast.ClassDef):
        # ``class Sender(Thread): def run(self)``
        assert isinstance(node, ast.ClassDef)
        if any(_RUNNERS.search(module.resolve(base) or "") for base in node.bases):
            for method in node.body:
                if isinstance(method, FUNCTIONS):
                    yield module.qualname(method)
