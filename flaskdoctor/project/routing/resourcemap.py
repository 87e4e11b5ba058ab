"""The routes that Flask-RESTful and Flask-RESTX add: each resource's URLs, through namespaces, to the app."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from flaskdoctor.project.code.facts import ModuleFacts
from flaskdoctor.project.routing.links import ANY_APP, Links, Mount, RouteEntry, join_rule
from flaskdoctor.project.routing.resources import ApiFact, ResourceFact
from flaskdoctor.project.routing.routefacts import RouteFact

# Flask-RESTful 0.3.10 and Flask-RESTX 1.3 (Flask-RESTPlus is its ancestor) were run.
_APIS = {
    "flask_restful.Api": "restful",
    "flask_restx.Api": "restx",
    "flask_restx.api.Api": "restx",
    "flask_restplus.Api": "restx",
    "flask_restplus.api.Api": "restx",
}
_NAMESPACES = frozenset(
    {
        "flask_restx.Namespace",
        "flask_restx.namespace.Namespace",
        "flask_restplus.Namespace",
        "flask_restplus.namespace.Namespace",
    }
)
_WORDS = (re.compile(r"(.)([A-Z][a-z]+)"), re.compile(r"([a-z0-9])([A-Z])"))


class _Place(NamedTuple):
    """Where the URLs of an Api or a namespace begin. ``before`` is what Flask-RESTX puts before an endpoint."""

    mount: Mount
    prefix: str  # "?" where it is computed
    library: str
    before: str = ""


class ResourceMap:
    """Follows the resources of a project."""

    def __init__(self, links: Links) -> None:
        self._links = links
        self._apis: dict[str, tuple[ApiFact, ModuleFacts]] = {}
        for facts in links.modules.values():
            self._apis.update((name, (made, facts)) for name, made in facts.apis.items())
        self._places: dict[str, list[_Place]] = {}
        self.lost: list[tuple[ResourceFact, ModuleFacts]] = []  # resources whose namespace nobody is seen to add
        self.computed: list[ResourceFact] = []  # additions of classes that are found when the app runs
        self.unmounted: Counter[str] = Counter()  # resources by the blueprint that hangs nowhere

    def entries(self) -> list[RouteEntry]:
        """The routes, as ``flask routes`` prints them."""
        found: list[RouteEntry] = []
        for facts in self._links.modules.values():
            if facts.role in ("app", "script", "settings"):
                for resource in facts.resources:
                    owner = self._owner(resource.owner, facts.path)
                    if owner is None:
                        if self._is_own_class(resource.owner, facts.path):
                            self.computed.append(resource)
                        continue
                    if resource.view == "?":
                        self.computed.append(resource)
                        continue
                    places = self._of(owner)
                    if not places:
                        self._miss(owner, resource, facts)
                    for place in places:
                        found.extend(self._entries(place, resource, facts))
        return found

    def _is_own_class(self, dotted: str, path: str) -> bool:
        """``self`` in a class that the project derives from an Api: what its methods are given, they add."""
        method, _, name = self._links.resolve(dotted, path).rpartition(".<locals>.")
        return name == "self" and any(base in _APIS for base in self._links.ancestry(method.rpartition(".")[0]))

    def _miss(self, owner: str, resource: ResourceFact, facts: ModuleFacts) -> None:
        """A resource that comes to no URL: by way of a blueprint that hangs nowhere, or of a lone namespace."""
        if self._kind(owner) in ("restful", "restx"):
            self.unmounted.update(self._holders(owner, *self._apis[owner]))
        else:
            self.lost.append((resource, facts))

    def _owner(self, dotted: str, path: str) -> str | None:
        """The canonical name of the Api or the namespace that a name is."""
        name = self._links.resolve(dotted, path)
        if name not in self._apis:
            name = self._links.alias(name)
        return name if name in self._apis and self._kind(name) else None

    def _kind(self, name: str) -> str:
        """ "restful", "restx", "namespace" (of its own), "child" (made by an Api), or "" for anything else."""
        made, facts = self._apis[name]
        callee = self._links.resolve(made.callee, facts.path)
        for ancestor in self._links.ancestry(callee):
            if ancestor in _NAMESPACES:
                return "namespace"
            if ancestor in _APIS:
                return _APIS[ancestor]
        if made.callee.endswith(".namespace"):
            parent = self._owner(made.callee.removesuffix(".namespace"), facts.path)
            return "child" if parent is not None and self._kind(parent) == "restx" else ""
        return ""

    def _of(self, name: str) -> list[_Place]:
        if name not in self._places:
            self._places[name] = []  # what a circle comes to
            self._places[name] = list(self._found(name))
        return self._places[name]

    def _found(self, name: str) -> Iterator[_Place]:
        made, facts = self._apis[name]
        kind = self._kind(name)
        if kind in ("restful", "restx"):
            prefix = self._links.filled(made.prefix, facts.path) or ""
            for holder in sorted(self._holders(name, made, facts)):
                for mount in self._links.places(holder):
                    yield _Place(mount, prefix, kind)
            return
        label = self._links.filled(made.label, facts.path) or "?"
        own = self._links.filled(made.prefix, facts.path)
        own = (own or ("?" if label == "?" else f"/{label}")).rstrip("/")
        before = "?" if label == "?" else f"{label}_"
        if kind == "child":
            parent = self._owner(made.callee.removesuffix(".namespace"), facts.path)
            for place in self._of(parent) if parent is not None else ():
                yield _joined(place, own, before)
            return
        for adder in self._links.modules.values():
            for added in adder.namespaces if adder.role != "test" else ():
                parent = self._owner(added.api, adder.path)
                if parent is not None and self._owner(added.namespace, adder.path) == name:
                    path = self._links.filled(added.path, adder.path)
                    for place in self._of(parent):
                        yield _joined(place, own if path is None else path, before)

    def _holders(self, name: str, made: ApiFact, facts: ModuleFacts) -> frozenset[str]:
        """The apps and blueprints that an Api adds its routes to."""
        if made.holder:
            found = self._links.routers(made.holder, facts.path)
            return found or frozenset({ANY_APP})
        holders: set[str] = set()
        for caller in self._links.modules.values():
            for call in caller.handed:
                base, _, attribute = call.callee.rpartition(".")
                if attribute == "init_app" and self._owner(base, caller.path) == name:
                    for argument in call.arguments[:1]:
                        for item in argument.names:
                            holders |= self._links.routers(item, caller.path)
        return frozenset(holders) or frozenset({ANY_APP})

    def _entries(self, place: _Place, resource: ResourceFact, facts: ModuleFacts) -> Iterator[RouteEntry]:
        view = self._links.resolve(resource.view, facts.path)
        endpoint = self._endpoint(place, resource, view)
        mount = place.mount
        methods = tuple(name for name in self._links.class_methods(view) if name not in ("HEAD", "OPTIONS"))
        for text in resource.rules:
            rule = self._links.filled(text, facts.path)
            whole = None if rule in (None, "?") or place.prefix == "?" else f"{place.prefix}{rule}"
            route = RouteFact(
                resource.owner, True, "add_resource", whole, None, endpoint, None, resource.view,
                True, False, (), (), resource.location,
            )  # fmt: skip
            known = f"{mount.name}.{endpoint}".lstrip(".") if endpoint is not None and mount.name is not None else None
            yield RouteEntry(known, methods, join_rule(mount.prefix, whole), mount.chain, route, resource.location)

    def _endpoint(self, place: _Place, resource: ResourceFact, view: str) -> str | None:
        if resource.endpoint is not None:
            given = self._links.filled(resource.endpoint, "")
            return None if given == "?" else given
        name = view.rpartition(".")[2]
        if name == "?" or place.before == "?":
            return None
        if place.library == "restful":
            return name.lower()
        for pattern in _WORDS:
            name = pattern.sub(r"\1_\2", name)
        return place.before + name.lower()


def _joined(place: _Place, path: str, before: str) -> _Place:
    prefix = "?" if "?" in (place.prefix, path) else place.prefix + path
    return place._replace(prefix=prefix, before=before)
