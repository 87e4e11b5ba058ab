"""The route map as the Routes tab and the live probe see it: plain values, blueprints told by their names."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from flaskdoctor.finding import Location

if TYPE_CHECKING:
    from flaskdoctor.project.snapshot import Project


class RouteRow(NamedTuple):
    """One rule of the app.

    ``rule`` is the whole URL rule, None where a part is computed; ``methods`` are without HEAD and OPTIONS, empty
    where they are computed. ``blueprint`` is the dotted name of the blueprint from the app down ("shop.admin"),
    "" for the app itself, None where it is computed. ``guards`` are the decorators that decide who may call it
    ("login_required"), ``static`` tells a route that Flask adds for static files.
    """

    rule: str | None
    methods: tuple[str, ...]
    endpoint: str | None
    blueprint: str | None
    view: str
    location: Location
    is_async: bool = False
    guards: tuple[str, ...] = ()
    static: bool = False

    @property
    def arguments(self) -> bool:
        """Whether the rule has variables (or is not known)."""
        return self.rule is None or "<" in self.rule


class RoutePicture(NamedTuple):
    """All routes, by blueprint and rule. ``unknown`` are the reasons why there may be more (a blueprint in a loop
    that cannot be followed, routes of an extension)."""

    rows: tuple[RouteRow, ...] = ()
    unknown: tuple[str, ...] = ()


def route_picture(project: Project) -> RoutePicture:
    """The routes of a project."""
    rows = []
    for entry in project.links.routes():
        blueprint = entry.endpoint.rpartition(".")[0] if entry.endpoint is not None else None
        route = entry.route
        rows.append(
            RouteRow(
                entry.rule,
                entry.methods,
                entry.endpoint,
                blueprint,
                route.view if route is not None else "",
                entry.location,
                route.is_async if route is not None else False,
                (),
                route is None,
            )
        )
    rows.sort(key=lambda row: (row.blueprint or "", row.rule or "", row.methods))
    return RoutePicture(tuple(rows))
