"""Which modules belong to the running app: all that its own module imports, at once or later."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flaskdoctor.project.routing.loading import makes_app, reached_from

if TYPE_CHECKING:
    from flaskdoctor.project.code.facts import ModuleFacts
    from flaskdoctor.project.routing.links import Links

_APPS = ("flask.Flask", "quart.Quart")


def reached_by_app(links: Links) -> frozenset[str]:
    """The paths of the modules that the project's apps are made of.

    It starts where an app is made, where its factory or a route stands, and follows every import, also those inside
    functions (a factory imports its blueprints there), but none under an ``if`` or ``try``: it may be meant for one
    platform. Commands, workers and configurations of servers that no app imports are left out.
    """
    starts = [
        facts
        for facts in links.modules.values()
        if facts.role in ("app", "script") and (facts.routes or makes_app(links, facts) or _returns_app(links, facts))
    ]
    return frozenset(reached_from(links, starts, lambda item: item.certain))


def _returns_app(links: Links, facts: ModuleFacts) -> bool:
    """Whether a function of a module hands back the app that it makes, without a name for it."""
    return any(
        name.endswith("()") and links.resolve(name.removesuffix("()"), facts.path) in _APPS
        for function in facts.functions.values()
        for name in function.returns
    )
