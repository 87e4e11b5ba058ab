"""What tasks, commands and jobs read of a request, and which of them may have one."""

from __future__ import annotations

import ast

from flaskdoctor.project.code.module import Module
from flaskdoctor.project.code.names import FunctionNode
from flaskdoctor.project.contexts.jobs import Job

PROXIES = {
    "flask.request": "request",
    "flask.globals.request": "request",
    "flask.session": "session",
    "flask.globals.session": "session",
}
# Who makes a request context of its own, or asks for one, knows what it does.
_MANUAL = ("request_context", "RuntimeError", "test_client")
# Decorators of these packages run the function with no more context than it had.
_KNOWN = ("click.", "flask.", "celery.", "rq.", "flask_rq.", "flask_rq2.", "flask_apscheduler.", "builtins.", "typing.")
_METHODS = frozenset({"task", "periodic_task", "job", "scheduled_job", "command", "option", "argument", "cli"})


def request_reads(module: Module) -> dict[FunctionNode, list[ast.AST]]:
    """Where the request or the session is used, by the function that does so."""
    found: dict[FunctionNode, list[ast.AST]] = {}
    for node in module.nodes(ast.Name, ast.Attribute):
        if module.resolve(node) in PROXIES:
            function = module.function_of(node)
            if function is not None:
                found.setdefault(function, []).append(node)
    return found


def may_have_request(module: Module, job: Job, reads: list[ast.AST]) -> bool:
    """Whether the function sees to a context itself, or may be run in one."""
    text = module.lines_of(job.node)
    if any(word in text for word in _MANUAL) or module.calls(module.qualname(job.node)):
        return True
    for read in reads:
        parent = module.parent(read)
        if isinstance(parent, ast.BoolOp | ast.UnaryOp) or read is getattr(parent, "test", None):
            return True
    return any(not _is_known(module, item) for item in job.node.decorator_list)


def _is_known(module: Module, decorator: ast.expr) -> bool:
    target = decorator.func if isinstance(decorator, ast.Call) else decorator
    if isinstance(target, ast.Attribute) and target.attr in _METHODS:
        return True
    return (module.resolve(target) or "").startswith(_KNOWN)
