"""The route map as the Routes tab and the live probe see it: plain values, blueprints told by their names."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
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
    """All routes, by blueprint and rule. ``unknown`` are the reasons why there may be more, and what is not shown (a
    blueprint in a loop that cannot be followed, routes of an extension).

    The picture is part of every scan's cache and most scans never look at it: ``packed`` is one text that is read
    in no time, ``rows`` are made of it when they are asked for.
    """

    packed: str = ""
    unknown: tuple[str, ...] = ()

    @classmethod
    def of(cls, rows: Iterable[RouteRow], unknown: Iterable[str] = ()) -> RoutePicture:
        """The picture of these rows."""
        return cls(_ROW.join(map(_pack, rows)), tuple(unknown))

    @property
    def rows(self) -> tuple[RouteRow, ...]:
        """The routes."""
        return _unpacked(self.packed)


_ROW, _FIELD, _ITEM = "\n", "\t", "\v"
_NONE = "\f"  # for None, where a text may be empty
# A URL rule or a name may hold anything, also what separates them here.
_HIDDEN = {ord("%"): "%25", **{ord(mark): f"%{ord(mark):02x}" for mark in (_ROW, _FIELD, _ITEM, _NONE)}}


def _pack(row: RouteRow) -> str:
    texts = [_NONE if text is None else text.translate(_HIDDEN) for text in (row.rule, row.endpoint, row.blueprint)]
    lists = [_ITEM.join(item.translate(_HIDDEN) for item in items) for items in (row.methods, row.guards)]
    place = row.location
    flags = f"{int(row.is_async)}{int(row.static)}"
    numbers = _ITEM.join(str(number) for number in place[1:])
    names = (row.view.translate(_HIDDEN), place.path.translate(_HIDDEN))
    return _FIELD.join((*texts, *lists, *names, flags, numbers))


@lru_cache(maxsize=2)
def _unpacked(packed: str) -> tuple[RouteRow, ...]:
    return tuple(_row(line.split(_FIELD)) for line in packed.split(_ROW) if line)


def _row(fields: list[str]) -> RouteRow:
    rule, endpoint, blueprint = (None if text == _NONE else _shown(text) for text in fields[:3])
    methods, guards = (tuple(map(_shown, text.split(_ITEM))) if text else () for text in fields[3:5])
    view, path, flags, numbers = fields[5:]
    line, column, end_line, end_column = map(int, numbers.split(_ITEM))
    location = Location(_shown(path), line, column, end_line, end_column)
    return RouteRow(
        rule, methods, endpoint, blueprint, _shown(view), location, flags[0] == "1", guards, flags[1] == "1"
    )


def _shown(text: str) -> str:
    if "%" not in text:
        return text
    from urllib.parse import unquote

    return unquote(text)


def route_picture(project: Project) -> RoutePicture:
    """The routes of a project."""
    from flaskdoctor.project.routing.guards import Guards
    from flaskdoctor.project.routing.resourcemap import ResourceMap
    from flaskdoctor.project.routing.routegaps import route_gaps

    links = project.links
    resources = ResourceMap(links)
    guards = Guards(links)
    rows = []
    for entry in (*links.routes(), *resources.entries()):
        held, is_async = guards.of(entry)
        rows.append(
            RouteRow(
                entry.rule,
                entry.methods,
                entry.endpoint,
                entry.endpoint.rpartition(".")[0] if entry.endpoint is not None else None,
                entry.route.view if entry.route is not None else "",
                entry.location,
                is_async,
                held,
                entry.route is None,
            )
        )
    rows.sort(key=lambda row: (row.blueprint or "", row.rule or "", row.methods))
    computed = [row.location for row in rows if row.rule is None and not row.static]
    return RoutePicture.of(rows, route_gaps(links, resources, computed))
