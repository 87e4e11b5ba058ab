"""What decorators make of an async function: one that is still async, or a plain one that returns a coroutine."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from flaskdoctor.project.names import FUNCTIONS, FunctionNode

if TYPE_CHECKING:
    from flaskdoctor.project.links import Links
    from flaskdoctor.project.module import Module

# Each was put on an async view of Flask 3.1, in the newest release of its package: the answer was a 500.
LIBRARIES = {
    "flask_cors.cross_origin": "CORS(app) does the same for async views",
    "flask_cors.decorator.cross_origin": "CORS(app) does the same for async views",
    "flasgger.swag_from": "",
    "flasgger.utils.swag_from": "",
}
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


def calls_of_view(module: Module, decorator: FunctionNode) -> list[ast.Call]:
    """Where the wrapper inside of a decorator of this file returns what the view gives: ``return view(*args)``."""
    found: list[ast.Call] = []
    for item in module.nodes(ast.Return):
        call = item.value if isinstance(item, ast.Return) else None
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
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


def _first(function: FunctionNode) -> ast.arg | None:
    parameters = [*function.args.posonlyargs, *function.args.args]
    return parameters[0] if parameters else None
