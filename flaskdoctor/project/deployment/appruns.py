"""Which calls of ``.run()`` start a development server: an app's, and those of what wraps an app."""

from __future__ import annotations

from flaskdoctor.project.deployment.runfacts import app_runs
from flaskdoctor.project.routing.links import ANY_APP, Links

__all__ = ["app_runs", "starts_flask"]

# Not Flask apps by class, but their ``run`` starts Flask's server and takes the same ``debug``.
_WRAPPERS = frozenset(
    {
        "connexion.App",
        "connexion.FlaskApp",
        "connexion.apps.flask_app.FlaskApp",
        "flask_socketio.SocketIO",
    }
)


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
