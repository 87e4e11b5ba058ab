"""What decorators make of an async function: one that is still async, or a plain one that returns a coroutine."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from flaskdoctor.project.code.names import FUNCTIONS, FunctionNode

if TYPE_CHECKING:
    from flaskdoctor.project.code.module import Module
    from flaskdoctor.project.routing.links import Links

# Each was put on an async view of Flask 3.1, in the newest release of its package: the answer was a 500.
LIBRARIES = {
    "flask_cors.cross_origin": "CORS(app) does the same for async views",
    "flask_cors.decorator.cross_origin": "CORS(app) does the same for async views",
    "flasgger.swag_from": "",
    "flasgger.utils.swag_from": "",
}
# What takes a response, and is no place to hand a coroutine to.
_ANSWERS = frozenset({"flask.make_response", "flask.jsonify", "flask.helpers.make_response", "builtins.isinstance"})
# A file in which one of these is called tells async functions from others, or runs them.
_KNOWS = frozenset({
    "iscoroutinefunction", "iscoroutine", "isawaitable", "ensure_sync", "ensure_async", "async_to_sync", "run",
    "run_until_complete", "markcoroutinefunction", "run_sync",
})  # fmt: skip


def effect(links: Links, name: str, path: str, *, called: bool) -> str:
    """What a decorator makes of an async function: "coroutine" (a plain function that returns one), "same" (an async
    one), "" where that cannot be told."""
    target = links.resolve(name, path)
    if target in LIBRARIES:
        return "coroutine"
    if called:  # ``@role("admin")``: what is called makes the decorator
        target = _inner(links, target)
    found = links.function_fact(target)
    if found is None or not found[0].parameters:
        return ""
    view = f"{target}.<locals>.{found[0].parameters[0]}"
    if set(found[0].returns) == {view}:
        return "same"
    wrapper = links.function_fact(_inner(links, target))
    if wrapper is None or any(item.rpartition(".")[2] in _KNOWS for item in links.modules[found[1]].called):
        return ""
    if wrapper[0].is_async:
        return "same"
    return "coroutine" if f"{view}()" in wrapper[0].returns else ""


def _inner(links: Links, function: str) -> str:
    """The function inside of another that this one returns, "" where it returns anything else."""
    found = links.function_fact(function)
    returned = set(found[0].returns) if found is not None else set()
    name = returned.pop() if len(returned) == 1 else ""
    return name if name.startswith(f"{function}.<locals>.") else ""


def hands_on_coroutine(module: Module, decorator: FunctionNode) -> bool:
    """Whether a decorator of this file surely makes a plain function of an async view, as ``calls_of_view`` sees it."""
    if any(name.rpartition(".")[2] in _KNOWS for name in module.calls_by_name()):
        return False
    return bool(calls_of_view(module, decorator))


def calls_of_view(module: Module, decorator: FunctionNode) -> list[ast.Call]:
    """Where the wrapper inside of a decorator of this file takes what the view gives for its answer:
    ``return view(*args)``, ``make_response(view(*args))``."""
    found: list[ast.Call] = []
    for call in module.nodes(ast.Call):
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name) or not _is_answer(module, call):
            continue
        wrapper = module.function_of(call)
        binding = module.names.binding(call.func)
        if not isinstance(wrapper, ast.FunctionDef) or binding is None or binding.kind != "parameter":
            continue
        around = list(module.ancestors(wrapper))
        holder = next((each for each in module.ancestors(binding.node) if isinstance(each, FUNCTIONS)), None)
        if decorator in around and holder in around and holder is not None and _first(holder) is binding.node:
            found.append(call)
    return found


def _is_answer(module: Module, call: ast.Call) -> bool:
    """Whether what a call gives is used as a response, and by nothing that might run a coroutine."""
    target = module.parent(call)
    if isinstance(target, ast.Assign) and len(target.targets) == 1 and isinstance(target.targets[0], ast.Name):
        name = target.targets[0]
        uses = module.uses(name)
        return bool(uses) and len(list(module.names.bindings(name))) == 1 and all(_answers(module, use) for use in uses)
    return _answers(module, call)


def _answers(module: Module, node: ast.expr) -> bool:
    parent = module.parent(node)
    if isinstance(parent, ast.Call):
        return node in parent.args and module.resolve(parent.func) in _ANSWERS
    return isinstance(parent, ast.Return | ast.Attribute)


def _first(function: FunctionNode) -> ast.arg | None:
    parameters = [*function.args.posonlyargs, *function.args.args]
    return parameters[0] if parameters else None
