"""Where a file starts a development server: ``app.run()``, and the same of what wraps an app."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from flaskdoctor.project.links import ANY_APP, Links

if TYPE_CHECKING:
    from flaskdoctor.project.module import Module

# Not Flask apps by class, but their ``run`` starts Flask's server and takes the same ``debug``.
_WRAPPERS = frozenset(
    {
        "connexion.App",
        "connexion.FlaskApp",
        "connexion.apps.flask_app.FlaskApp",
        "flask_socketio.SocketIO",
    }
)


class AppRun(NamedTuple):
    """A call of ``.run()``; ``owner`` is the dotted name of what it is called on ("()" behind it: what that
    function returns)."""

    call: ast.Call
    owner: str


def app_runs(module: Module) -> Iterator[AppRun]:
    """Every ``.run(..)`` of a file; ``starts_flask`` tells which of them are an app's."""
    for call in module.nodes(ast.Call):
        assert isinstance(call, ast.Call)
        if isinstance(call.func, ast.Attribute) and call.func.attr == "run":
            target = call.func.value
            made = isinstance(target, ast.Call)
            owner = module.resolve(target.func if isinstance(target, ast.Call) else target)
            if owner is not None:
                yield AppRun(call, f"{owner}()" if made else owner)


def starts_flask(links: Links, owner: str, path: str, depth: int = 0) -> bool:
    """Whether ``owner``, as the file ``path`` writes it, is a Flask app, or an object whose ``run`` starts one."""
    if depth > 5:
        return False
    for name in links.routers(owner, path):
        router = links.router(name)
        if name == ANY_APP or (router is not None and router.kind == "app"):
            return True
    if owner.endswith("()"):
        return _makes_app(links, owner[:-2], path, depth)
    name = links.resolve(owner, path)
    for facts in links.modules.values():
        made = facts.constructed.get(name)
        if made is not None:
            return _makes_app(links, made.callee, facts.path, depth)
    return False


def _makes_app(links: Links, callee: str, path: str, depth: int) -> bool:
    """Whether calling ``callee`` gives an app: it is a class of apps, or a function that returns one."""
    kind = links.class_kind(callee, path)
    if kind is not None:
        return kind[0] == "app"
    name = links.resolve(callee, path)
    if name in _WRAPPERS:
        return True
    return any(
        starts_flask(links, returned, facts.path, depth + 1)
        for facts in links.modules.values()
        if name in facts.functions
        for returned in facts.functions[name].returns
    )
