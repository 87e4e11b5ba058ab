"""Whether a scheduler comes with the app: what importing a file or making its app runs, in every process alike."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from flaskdoctor.patterns import lazy
from flaskdoctor.project.code.flask_names import APP_CLASSES
from flaskdoctor.project.code.names import FunctionNode
from flaskdoctor.project.code.purpose import is_main_test

if TYPE_CHECKING:
    from flaskdoctor.project.code.module import Module

# What tells processes apart, or lets one of several through: whoever writes one of these knows.
_KNOWS = lazy(
    r"RUN_MAIN|running_from_reloader|use_reloader\s*=\s*False|\b[lL]ock|_lock\b|[fr]lock\b|[a-z]Lock\b|LOCK_|\.bind\(\(|nx=True|getpid"
    r"|WORKER_ID|worker_id|uwsgi|_SCHEDULER|[pP]id_?file|[lL]eader|os\.path\.exists"
    # Any setting about it, but those that Flask-APScheduler itself reads.
    r"|SCHEDULER_(?!API_|AUTH\b|JOB|EXECUTORS|TIMEZONE|ALLOWED_HOSTS|ENDPOINT_PREFIX)"
)
# Conditions that are true in every process alike.
_EVERYWHERE = lazy(r"(?i)\b(?:running|state|testing|test|debug|started|is_alive|none)\b")
# What a function that starts one is called.
_NAMED = lazy(r"(?i)sched|jobs?(?:_|$)|_job|cron")
WORDS = (b"chedul", b"_job")


def comes_with_app(module: Module, call: ast.Call, function: FunctionNode | None) -> bool:
    """Whether importing the file or making its app runs a call: directly, or through a function of the file."""
    if function is None:
        return module.at_import(call)
    if _makes_app(module, function):
        return True
    if not is_plain(module, function):
        return False
    for use in module.calls(module.qualname(function)):
        around = module.function_of(use)
        runs = module.at_import(use) if around is None else _makes_app(module, around)
        if runs and not guarded(module, use):
            return True
    return False


def is_plain(module: Module, function: FunctionNode) -> bool:
    """Whether it is a function of the file, neither a method nor one within another."""
    return module.function_of(function) is None and module.class_of(function) is None


def starters(module: Module) -> frozenset[str]:
    """The dotted names of what the file calls while it is imported or makes its app, and may start a scheduler."""
    return frozenset(
        name
        for name, calls in module.calls_by_name().items()
        if not name.startswith("builtins.") and _NAMED.search(name.rpartition(".")[2])
        for call in calls
        if comes_with_app(module, call, module.function_of(call)) and not guarded(module, call)
    )


def guarded(module: Module, call: ast.Call) -> bool:
    """Whether something around a call, or its function, decides which process it is for."""
    function = module.function_of(call)
    if function is not None:
        if _KNOWS.search(module.lines_of(function)):
            return True
    elif _KNOWS.search("\n".join(module.lines[max(call.lineno - 8, 0) : call.lineno])):
        return True
    child: ast.AST = call
    for parent in module.ancestors(call):
        if parent is function:
            break
        if isinstance(parent, ast.If) and child is not parent.test:
            if is_main_test(parent.test):
                return True
            test = module.segment(parent.test)
            if _KNOWS.search(test) or not _EVERYWHERE.search(test):
                return True
        child = parent
    return False


def _makes_app(module: Module, function: FunctionNode) -> bool:
    return any(module.function_of(call) is function for call in module.calls(*APP_CLASSES))
