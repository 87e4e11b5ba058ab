"""The routes of Flask-RESTful and Flask-RESTX as a file writes them: ``add_resource``, ``@ns.route`` above a class."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from flaskdoctor.finding import Location
from flaskdoctor.patterns import lazy
from flaskdoctor.project.code.literals import Given, dotted, outline, rounds
from flaskdoctor.project.routing.registrations import text_or_unknown
from flaskdoctor.project.routing.views import keyword

if TYPE_CHECKING:
    from flaskdoctor.project.code.module import Module

_MAKES_API = lazy(r"(?:A[Pp][Ii]|[Nn]amespace)\Z")


class ApiFact(NamedTuple):
    """A variable that may hold an ``Api`` or a ``Namespace``: ``Api(bp, prefix="/v1")``, ``api.namespace("cats")``.

    ``holder`` is the dotted name of the first argument, an app or a blueprint ("" where there is none). ``label`` is
    that argument's text, a namespace's name. ``prefix`` is ``prefix=`` of an Api and ``path=`` of a namespace, an
    outline; None where there is none, "?" where it is computed.
    """

    callee: str
    holder: str
    label: str | None
    prefix: str | None
    location: Location


class ResourceFact(NamedTuple):
    """A class under its URLs. ``owner`` is the dotted name of the Api or Namespace, ``rules`` are outlines ("?" where
    one is computed). ``endpoint`` is None where it is the extension's default, "?" where it is computed."""

    owner: str
    view: str
    rules: tuple[str, ...]
    endpoint: str | None
    location: Location


class NamespaceFact(NamedTuple):
    """``api.add_namespace(ns, path="/cats")``."""

    api: str
    namespace: str
    path: str | None


def read_apis(module: Module) -> dict[str, ApiFact]:
    """The variables of a file that may hold an Api or a Namespace."""
    found: dict[str, ApiFact] = {}
    for callee, calls in module.calls_by_name().items():
        if not _MAKES_API.search(callee):
            continue
        for call in calls:
            parent = module.parent(call)
            targets = parent.targets if isinstance(parent, ast.Assign) else [getattr(parent, "target", None)]
            for target in targets:
                name = module.names.assigned(target) if isinstance(target, ast.Name | ast.Attribute) else None
                if name is not None:
                    found.setdefault(name, _api(module, callee, call))
    return found


def _api(module: Module, callee: str, call: ast.Call) -> ApiFact:
    named = callee.endswith("amespace")
    first = call.args[0] if call.args else keyword(call, "name" if named else "app")
    return ApiFact(
        callee,
        "" if named else module.resolve(first) or "",
        outline(module, first) if named else None,
        text_or_unknown(module, keyword(call, "path" if named else "prefix"), {}),
        module.location(call),
    )


def read_resources(module: Module) -> tuple[ResourceFact, ...]:
    """The classes of a file that stand under a URL by way of an Api or a Namespace."""
    found: list[ResourceFact] = []
    for node in module.nodes(ast.ClassDef):
        assert isinstance(node, ast.ClassDef)
        for item in node.decorator_list:
            if isinstance(item, ast.Call) and _attribute(item) in ("route", "resource"):
                found += _resource(module, item, module.qualname(node), item.args, {})
    for call in _calls(module, "add_resource"):
        for given in rounds(module, call):
            first, rules = (call.args[0], call.args[1:]) if call.args else (keyword(call, "resource"), [])
            found += _resource(module, call, dotted(module, first, given) or "?", rules, given)
    return tuple(found)


def _resource(module: Module, call: ast.Call, view: str, rules: list[ast.expr], given: Given) -> Iterator[ResourceFact]:
    assert isinstance(call.func, ast.Attribute)
    owner = dotted(module, call.func.value, given)
    if owner is not None:
        known = (text_or_unknown(module, rule, given) for rule in rules)
        texts = tuple("?" if text is None else text for text in known)
        endpoint = text_or_unknown(module, keyword(call, "endpoint"), given)
        yield ResourceFact(owner, view, texts or ("?",), endpoint, module.location(call))


def read_namespaces(module: Module) -> tuple[NamespaceFact, ...]:
    """Every ``add_namespace`` of a file; a loop over a literal gives one for each round."""
    found: list[NamespaceFact] = []
    for call in _calls(module, "add_namespace"):
        assert isinstance(call.func, ast.Attribute)
        for given in rounds(module, call):
            api = dotted(module, call.func.value, given)
            namespace = dotted(module, call.args[0] if call.args else keyword(call, "ns"), given)
            path = call.args[1] if len(call.args) > 1 else keyword(call, "path")
            if api is not None and namespace is not None:
                found.append(NamespaceFact(api, namespace, text_or_unknown(module, path, given)))
    return tuple(found)


def _calls(module: Module, attribute: str) -> list[ast.Call]:
    """The calls of this attribute, where the file speaks of it at all."""
    return module.calls_of(attribute)


def _attribute(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""
