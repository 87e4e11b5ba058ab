"""The Routes tab's rows: the route map as a tree of blueprints, each route with the findings that are about it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from flaskdoctor.finding import Finding, Tip
from flaskdoctor.project.routing.routepicture import RoutePicture, RouteRow

# How far above or below a route's own lines a finding about it may stand: its other decorators, the function's name.
_NEAR = 4
_ABOUT_ROUTES = frozenset({Tip.ROUTING, Tip.ASYNC})
_ABOVE = "FD708"  # a decorator that stands above the route it should guard


class Branch(NamedTuple):
    """A heading: a blueprint, "" for the app itself, None where it is computed. ``prefix`` is what its rules begin
    with, ``size`` how many there are."""

    blueprint: str | None
    prefix: str
    size: int


class Leaf(NamedTuple):
    """A route and what was found about it, the worst first."""

    route: RouteRow
    findings: tuple[Finding, ...] = ()


class Gap(NamedTuple):
    """Why there may be more routes, or what is not shown."""

    reason: str
    findings: tuple[Finding, ...] = ()


def tree(picture: RoutePicture, findings: Iterable[Finding]) -> list[tuple[Branch, list[Leaf]]]:
    """The routes by blueprint: the app's own first, a blueprint before those that are nested in it, also where it
    has no route itself."""
    found = _by_route(picture.rows, findings)
    branches: dict[str | None, list[Leaf]] = {}
    for number, route in enumerate(picture.rows):
        branches.setdefault(route.blueprint, []).append(Leaf(route, tuple(found.get(number, ()))))
    for name in list(branches):
        while name and (name := name.rpartition(".")[0]):  # a blueprint that only holds others
            branches.setdefault(name, [])
    made = []
    for blueprint in sorted(branches, key=lambda name: _order(name, branches[name])):
        leaves = sorted(branches[blueprint], key=lambda leaf: leaf.route.static)
        made.append((Branch(blueprint, _prefix([leaf.route.rule for leaf in leaves]), len(leaves)), leaves))
    return made


def _order(blueprint: str | None, leaves: Sequence[Leaf]) -> tuple[object, ...]:
    """By name, the app first; at the end what is computed, and an app that has static files only."""
    if blueprint is None:
        return 2, []
    return bool(leaves) and all(leaf.route.static for leaf in leaves), blueprint.split(".")


def gaps(picture: RoutePicture, findings: Iterable[Finding]) -> list[Gap]:
    """What is not shown; a blueprint that nobody registers comes with its finding."""
    routing = [finding for finding in findings if finding.tip is Tip.ROUTING]
    found = []
    for reason in picture.unknown:
        own = [item for item in routing if f"({item.location.path}:{item.location.line})" in reason]
        found.append(Gap(reason, tuple(own)))
    return found


def view_lines(lines: Sequence[tuple[int, str, bool]], line: int) -> list[tuple[int, str, bool]]:
    """Of the code around a route that begins in ``line``: its decorators and its view, or its own lines."""
    here = next((number for number, item in enumerate(lines) if item[0] == line), None)
    if here is None or not lines[here][1].lstrip().startswith("@"):
        return [item for item in lines if item[2]]
    indent = _indent(lines[here][1])
    start = here
    while start and lines[start - 1][1].startswith(" " * indent + "@"):
        start -= 1
    end, inside = here, False
    while end + 1 < len(lines):
        text = lines[end + 1][1]
        if inside and text.strip() and _indent(text) <= indent and text.strip()[0] not in ")]}":
            break
        inside = inside or text.lstrip().startswith(("def ", "async def ", "class "))
        end += 1
    while not lines[end][1].strip():
        end -= 1
    return list(lines[start : end + 1])


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip())


def _by_route(rows: Sequence[RouteRow], findings: Iterable[Finding]) -> dict[int, list[Finding]]:
    """The findings about each route, by its number."""
    files: dict[str, list[int]] = {}
    for number, row in enumerate(rows):
        files.setdefault(row.location.path, []).append(number)
    found: dict[int, list[Finding]] = {}
    for finding in findings:
        if finding.tip not in _ABOUT_ROUTES and finding.code != _ABOVE:
            continue
        for number in _nearest(rows, files.get(finding.location.path, ()), finding):
            found.setdefault(number, []).append(finding)
    for own in found.values():
        own.sort(key=lambda finding: (-finding.severity, finding.code))
    return found


def _nearest(rows: Sequence[RouteRow], numbers: Iterable[int], finding: Finding) -> list[int]:
    """The routes that a finding is about: those on its line, else the next one above or below it; a blueprint that
    is registered twice has each of its routes twice."""
    line = finding.location.line
    best: list[int] = []
    least = _NEAR + 1
    for number in numbers:
        place = rows[number].location
        if not place.line or rows[number].static:
            continue
        end = max(place.end_line, place.line)
        distance = 0 if place.line <= line <= end else line - end if line > end else place.line - line
        if distance < least:
            best, least = [number], distance
        elif distance == least and best:
            best.append(number)
    return best


def _prefix(rules: Sequence[str | None]) -> str:
    """The whole path segments that all rules begin with."""
    known = [rule.split("/")[1:-1] for rule in rules if rule is not None]
    if not known or len(known) < len(rules):
        return ""
    shared: list[str] = []
    for parts in zip(*known, strict=False):
        if len(set(parts)) > 1:
            break
        shared.append(parts[0])
    return "".join(f"/{part}" for part in shared)
