"""The async functions that answer requests, and whether Flask or Quart runs them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from flaskdoctor.project.code.names import FUNCTIONS, FunctionNode
from flaskdoctor.project.routing.views import HTTP_METHODS

if TYPE_CHECKING:
    from flaskdoctor.project.code.module import Module
    from flaskdoctor.project.routing.links import Links


class AsyncView(NamedTuple):
    """An ``async def`` that answers requests, or takes part in it. ``owner`` is the app or blueprint as the file names
    it; ``decorators`` stand between the function and its route, top to bottom."""

    node: ast.AsyncFunctionDef
    owner: str
    decorators: tuple[ast.expr, ...] = ()


def async_views(module: Module) -> Iterator[AsyncView]:
    """The async views, methods of method views and request hooks of a file, each once."""
    if b"async def" not in module.source:
        return
    seen: set[FunctionNode] = set()
    for view in module.views:
        owner = view.routes[0].owner
        if isinstance(view.node, ast.ClassDef):
            for item in view.node.body:
                wanted = isinstance(item, ast.AsyncFunctionDef) and item.name in (*HTTP_METHODS, "dispatch_request")
                if wanted and isinstance(item, ast.AsyncFunctionDef) and item not in seen:
                    seen.add(item)
                    yield AsyncView(item, owner, tuple(item.decorator_list))
        elif isinstance(view.node, ast.AsyncFunctionDef) and view.node not in seen:
            seen.add(view.node)
            yield AsyncView(view.node, owner, _below(view.node, {route.node for route in view.routes}))
    for handler in module.handlers:
        if isinstance(handler.node, ast.AsyncFunctionDef) and handler.node not in seen:
            seen.add(handler.node)
            yield AsyncView(handler.node, handler.owner, _below(handler.node, {handler.call}))


def _below(function: ast.AsyncFunctionDef, own: set[ast.Call] | set[ast.AST]) -> tuple[ast.expr, ...]:
    """The decorators under the last of those that register a function."""
    found: list[ast.expr] = []
    for item in reversed(function.decorator_list):
        if item in own:
            break
        found.insert(0, item)
    return tuple(found)


def framework(links: Links, owner: str, path: str) -> str:
    """ "flask" or "quart" for the app or blueprint that ``path`` names ``owner``; "" where that cannot be told."""
    if owner in ("flask.current_app", "quart.current_app"):  # ``@current_app.route(..)``, imported in a context
        return owner.partition(".")[0]
    made = [router for name in links.routers(owner, path) if (router := links.router(name)) is not None]
    found = {"quart" if router.library.startswith("quart.") else "flask" for router in made}
    return found.pop() if len(found) == 1 else ""


def local_function(module: Module, node: ast.expr) -> FunctionNode | None:
    """The function of this file that a name stands for."""
    binding = module.names.binding(node) if isinstance(node, ast.Name) else None
    return binding.node if binding is not None and isinstance(binding.node, FUNCTIONS) else None
