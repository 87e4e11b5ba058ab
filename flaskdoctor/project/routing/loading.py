"""Which modules Python loads before there is any app context: what an app's own module imports at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flaskdoctor.project.code.facts import ImportFact, ModuleFacts
    from flaskdoctor.project.routing.links import Links

_FACTORIES = ("create_app", "make_app")


def loaded_at_start(links: Links) -> frozenset[str]:
    """The paths of the modules that are certainly loaded, outside of any context, when the project's app is.

    A module that makes an app (or holds its factory) is loaded by ``flask run`` and by a WSGI server, and with it
    what it imports outside of functions and ``with app.app_context():``. Nothing is known of what is loaded
    beside a module that pushes a context by hand, so that start is left out.
    """
    found: set[str] = set()
    for facts in links.modules.values():
        if facts.role in ("app", "script") and makes_app(links, facts):
            reached = reached_from(links, [facts], lambda item: item.at_import)
            if not any(links.modules[path].pushes_context for path in reached):
                found |= reached
    return frozenset(found)


def makes_app(links: Links, facts: ModuleFacts) -> bool:
    """Whether a module makes an app, or holds the factory that does."""
    for name in facts.constructed:
        if not any(router == "*" or _is_app(links, router) for router in links.routers(name, facts.path)):
            continue
        function, _, local = name.removeprefix(f"{facts.name}.").partition(".<locals>.")
        if not local or function in _FACTORIES:
            return True
    return False


def app_files(links: Links) -> tuple[str, ...]:
    """The paths of the modules that make an app, the likeliest to be started first: the nearest to the root."""
    found = [facts for facts in links.modules.values() if facts.role in ("app", "script") and makes_app(links, facts)]
    return tuple(facts.path for facts in sorted(found, key=lambda facts: (facts.path.count("/"), facts.path)))


def _is_app(links: Links, name: str) -> bool:
    router = links.router(name)
    return router is not None and router.kind == "app"


def reached_from(links: Links, starts: list[ModuleFacts], counts: Callable[[ImportFact], bool]) -> set[str]:
    """The paths of all modules that ``starts`` import, they themselves included, by the imports that count."""
    reached: set[str] = set()
    queue = [*starts]
    while queue:
        facts = queue.pop()
        if facts.path in reached:
            continue
        reached.add(facts.path)
        for item in facts.imports:
            place = links.find_module(item.target, facts.path) if counts(item) else None
            if place is not None:
                queue.append(place[0])
                queue.extend(links.packages_around(place[0]))
        queue.extend(links.packages_around(facts))
    return reached
