"""The route map: where every blueprint hangs, and the rules that come of it, as ``flask routes`` prints them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from flaskdoctor.finding import Location
from flaskdoctor.project.code.facts import Argument, ModuleFacts, Registration, RouteFact
from flaskdoctor.project.routing.routers import ANY_APP, Routers

_MOST_MOUNTS = 200  # of one blueprint; each registration of a parent multiplies them
_UNPRINTED = ("HEAD", "OPTIONS")
_SHIPPED = ("app", "script", "settings")


class RouteEntry(NamedTuple):
    """One row of the route map, as ``flask routes`` prints it.

    ``rule`` is the whole URL rule, or None where a part of it is computed; ``methods`` are without HEAD and OPTIONS,
    and empty where they are computed. ``chain`` are the canonical names of the blueprints from the app down; empty
    for a route of the app itself.
    """

    endpoint: str | None
    methods: tuple[str, ...]
    rule: str | None
    chain: tuple[str, ...]
    route: RouteFact | None  # None for the static routes that Flask adds
    location: Location


class Mount(NamedTuple):
    """A blueprint as it hangs on an app: through which registrations, under which prefix and name."""

    chain: tuple[str, ...]
    prefix: str | None  # "?" where a part is computed
    name: str | None  # the endpoint's prefix; None where a part is computed


class Hung(NamedTuple):
    """One registration with its names followed: the children it hangs on each of the parents. ``unknown`` says
    that there may be further children, which cannot be told."""

    parents: frozenset[str]
    children: frozenset[str]
    unknown: bool
    url_prefix: str | None
    name: str | None


class RouteMap(Routers):
    """The registrations and routes of a project."""

    def __init__(self, modules: Mapping[str, ModuleFacts]) -> None:
        super().__init__(modules)
        self._mounts: dict[str, list[Mount]] | None = None
        self._routes: list[RouteEntry] | None = None

    # -- registrations --------------------------------------------------------------------------------------

    def registrations(self) -> Iterator[tuple[Registration, ModuleFacts]]:
        """Every ``register_blueprint`` of the project."""
        for facts in self.modules.values():
            for registration in facts.registrations:
                yield registration, facts

    def registered(self, registration: Registration, path: str) -> frozenset[str]:
        """The canonical names of the blueprints that a registration names."""
        return frozenset(child for hung in self._hung(registration, path) for child in hung.children)

    def registers_unknown(self) -> bool:
        """Whether some registration's blueprint cannot be told: then none can be said to be forgotten."""
        return any(
            facts.role != "test" and self.hangs_unknown(registration, facts.path)
            for registration, facts in self.registrations()
        )

    def hangs_unknown(self, registration: Registration, path: str) -> bool:
        """Whether a registration may register blueprints that cannot be told."""
        return any(hung.unknown for hung in self._hung(registration, path))

    def _hung(self, registration: Registration, path: str) -> Iterator[Hung]:
        """A registration followed; one that stands in a helper function, once for each call of the helper."""
        given = dict(registration.given)
        prefix, name = self.filled(registration.url_prefix, path), self.filled(registration.name, path)
        calls = self.calls_of(registration.function) if given.keys() - {"parent"} else []
        if not calls:
            yield self._hang(registration.parent, path, registration.children, path, prefix, name)
        for call, caller in calls:
            found = {field: self.argument(registration.function, call, item) for field, item in given.items()}
            parent, child = found.get("parent"), found.get("children")
            hung = self._hang(
                registration.parent,
                path,
                child.names if child is not None else () if "children" in given else registration.children,
                caller if "children" in given else path,
                self._text(found["url_prefix"], caller) if "url_prefix" in found else prefix,
                self._text(found["name"], caller) if "name" in found else name,
            )
            yield hung._replace(parents=self._named(parent.names, caller)) if parent is not None else hung

    def _hang(
        self, parent: str, path: str, children: tuple[str, ...], from_path: str, prefix: str | None, name: str | None
    ) -> Hung:
        return Hung(
            self.routers(parent, path),
            self._named(children, from_path),
            self.is_unknown(children, from_path),
            prefix,
            name,
        )

    def _named(self, names: tuple[str, ...], path: str) -> frozenset[str]:
        return frozenset(found for name in names for found in self.routers(name, path))

    def _text(self, argument: Argument | None, path: str) -> str | None:
        return self.filled(argument.texts[0], path) if argument is not None and len(argument.texts) == 1 else "?"

    def mounts(self, blueprint: str) -> list[Mount]:
        """Every way a blueprint hangs on an app."""
        if self._mounts is None:
            self._mounts = {}
            hangings = [
                (hung, facts.role in _SHIPPED)
                for registration, facts in self.registrations()
                for hung in self._hung(registration, facts.path)
            ]
            # A test registers on an app of its own, often without the prefix; where only a test does, it counts.
            shipped = frozenset(child for hung, ships in hangings if ships for child in hung.children)
            children: dict[str, list[tuple[str, Hung]]] = {}
            for hung, ships in hangings:
                for parent in hung.parents or {ANY_APP}:
                    found = (child for child in sorted(hung.children) if ships or child not in shipped)
                    children.setdefault(parent, []).extend((child, hung) for child in found)
            roots = {ANY_APP, *(app.name for app in self.all_routers("app"))}
            for root in sorted(roots):
                self._mount(root, Mount((), None, ""), children)
        return self._mounts.get(blueprint, [])

    def _mount(self, parent: str, at: Mount, children: dict[str, list[tuple[str, Hung]]]) -> None:
        assert self._mounts is not None
        for child, hung in children.get(parent, ()):
            router = self.router(child)
            if router is None or child in at.chain or len(at.chain) > 10:
                continue
            own = hung.url_prefix if hung.url_prefix is not None else router.url_prefix
            label = hung.name if hung.name is not None else router.label
            known = label is not None and label != "?" and at.name is not None
            name = f"{at.name}.{label}".lstrip(".") if known else None
            mount = Mount((*at.chain, child), join_prefix(at.prefix, own), name)
            found = self._mounts.setdefault(child, [])
            if mount in found or len(found) >= _MOST_MOUNTS:
                continue
            found.append(mount)
            self._mount(child, mount, children)

    # -- routes ---------------------------------------------------------------------------------------------

    def prefixes(self, route: RouteFact, path: str) -> list[str | None]:
        """The URL prefixes that the chains of registrations put before a route ("?" where one is computed)."""
        found: list[str | None] = []
        for name in sorted(self.routers(route.owner, path)):
            found.extend(mount.prefix for mount in self.places(name))
        return found

    def variants(self, route: RouteFact, path: str) -> list[RouteFact]:
        """A route as it is written; one that a helper function adds, once for each rule of each call of the helper."""
        return [actual for _, actual, _ in self._spelt_out(route, path)]

    def routes(self) -> list[RouteEntry]:
        """The route map: one entry for each rule that Flask would have, static routes included."""
        if self._routes is None:
            self._routes = self._find_routes()
        return self._routes

    def _find_routes(self) -> list[RouteEntry]:
        found: list[RouteEntry] = []
        for facts in self.modules.values():
            if facts.role in _SHIPPED:
                for route in facts.routes:
                    for owners, actual, path in self._spelt_out(route, facts.path):
                        found.extend(self._entries(owners, actual, path))
        found.extend(self._static_routes())
        found.sort(key=lambda entry: (entry.endpoint or "", entry.rule or "", entry.methods))
        return found

    def places(self, router: str) -> list[Mount]:
        """Where an app or a blueprint hangs: an app, and whatever app comes in, at the root."""
        made = self.router(router)
        return [Mount((), None, "")] if made is None or made.kind == "app" else self.mounts(router)

    def _spelt_out(self, route: RouteFact, path: str) -> Iterator[tuple[frozenset[str], RouteFact, str]]:
        """A route with its owners and the file its view is named in; one that a helper function adds, once for
        each rule of each call of the helper."""
        calls = self.calls_of(route.function) if route.given else []
        if not calls:
            rule = self.filled(route.outline, path) if route.rule is None and route.outline else route.rule
            yield self.routers(route.owner, path), route._replace(rule=None if rule == "?" else rule), path
        parameters = self._functions[route.function].functions[route.function].parameters if calls else ()
        for call, caller in calls:
            found = {field: self.argument(route.function, call, name) for field, name in route.given}
            owner, place, view, endpoint = (found.get(name) for name in ("owner", "rule", "view", "endpoint"))
            actual = route
            if view is not None:
                actual = actual._replace(view=(view.names or ("?",))[0], is_class=bool(view.endpoint), signatures=())
                actual = actual._replace(endpoint=(view.endpoint or None) if view.names else "")
            if "endpoint" in found:
                actual = actual._replace(endpoint=(endpoint.texts if endpoint and endpoint.texts else ("",))[0])
            more = any(not item.place.isdigit() and item.place not in parameters for item in call.arguments)
            owners = self._named(owner.names, caller) if owner is not None else self.routers(route.owner, path)
            for text in (place.texts if place is not None else ()) or (route.rule,):
                known = self.filled(text, caller)
                known = None if known == "?" else known
                yield owners, actual._replace(rule=known, more=more), caller if view is not None else path

    def _entries(self, owners: frozenset[str], route: RouteFact, path: str) -> Iterator[RouteEntry]:
        endpoint, methods = self.answers(route, path)
        for name in sorted(owners):
            for mount in self.places(name):
                known = endpoint and mount.name is not None
                yield RouteEntry(
                    f"{mount.name}.{endpoint}".lstrip(".") if known else None,
                    tuple(method for method in methods if method not in _UNPRINTED),
                    join_rule(mount.prefix, route.rule),
                    mount.chain,
                    route,
                    route.location,
                )

    def view_of(self, route: RouteFact, path: str) -> tuple[str, bool]:
        """The canonical name of the function or class that a route calls, and whether it is a class."""
        view = self.resolve(route.view, path)
        made = self._constructed.get(view)
        if made is not None and made[0].callee.endswith(".as_view"):
            return self.resolve(made[0].callee.removesuffix(".as_view"), made[1].path), True
        return view, route.is_class

    def answers(self, route: RouteFact, path: str) -> tuple[str | None, tuple[str, ...]]:
        """A route's own endpoint, None where it is computed, and the methods that it answers."""
        view, is_class = self.view_of(route, path)
        endpoint = route.endpoint
        made = self._constructed.get(self.resolve(route.view, path))
        if endpoint is None and made is not None and made[0].callee.endswith(".as_view"):
            endpoint = made[0].label or ""
        if endpoint is None:
            endpoint = self._view_name(route, path) if made is None else ""
        methods = route.methods
        if methods is None and not route.more:
            methods = self.class_methods(view) if is_class else ("GET",)
        return endpoint or None, methods or ()

    def class_methods(self, name: str) -> tuple[str, ...]:
        """The HTTP methods of a class-based view (canonical name), as Flask gathers them from its bases."""
        found: set[str] = set()
        for ancestor in self.ancestry(name):
            facts = self.modules.get(self._path_of(ancestor))
            verbs = facts.verbs.get(ancestor) if facts is not None else None
            if verbs is not None and verbs.methods is not None:
                return verbs.methods if ancestor == name else tuple(sorted({*verbs.methods, *found}))
            found.update(verbs.own if verbs is not None else ())
        return tuple(sorted(found)) or ("GET",)

    def _path_of(self, name: str) -> str:
        place = self._longest(name)
        return place[0].path if place is not None else ""

    def _view_name(self, route: RouteFact, path: str) -> str:
        """The name of the function that Flask gets: the view's, or the one of a decorator that does not wrap it."""
        if "functools.wraps()" in route.below:
            return ""  # it has the name of whatever it wraps
        name = route.view.rpartition(".")[2]
        for decorator in reversed(route.below):
            name = self._renamed(decorator, path) or name
        return name

    def _renamed(self, decorator: str, path: str) -> str | None:
        function = self.function(decorator.removesuffix("()"), path)
        for _ in range(2 if decorator.endswith("()") else 1):
            facts = self._functions.get(function) if function is not None else None
            if facts is None or function is None:
                return None
            returned = set(facts.functions[function].returns)
            inner = returned.pop() if len(returned) == 1 else ""
            function = inner if inner.startswith(f"{function}.<locals>.") and inner in self._functions else None
        if function is None or not self._functions[function].functions[function].renames:
            return None
        return function.rpartition(".")[2]

    # -- static files ---------------------------------------------------------------------------------------

    def _static_routes(self) -> Iterator[RouteEntry]:
        for router in [*self.all_routers("app"), *self.all_routers("blueprint")]:
            if router.static == "none" or (router.static == "default" and router.kind == "blueprint"):
                continue
            if self.modules[router.path].role not in ("app", "script", "settings"):
                continue
            base = _static_url(router.static, router.static_url)
            rule = f"{base}/<path:filename>" if base is not None else None
            for mount in self.places(router.name):
                endpoint = f"{mount.name}.static".lstrip(".") if mount.name is not None else None
                yield RouteEntry(endpoint, ("GET",), join_rule(mount.prefix, rule), mount.chain, None, router.location)


def _static_url(static: str, url: str | None) -> str | None:
    """``static_url_path``, which defaults to the last part of ``static_folder``; None where it is computed."""
    if url == "?" or (url is None and static == "given"):
        return None
    if url is not None:
        return url.rstrip("/")
    folder = static.partition(":")[2].rstrip("/\\") if static != "default" else "static"
    return f"/{folder.replace(chr(92), '/').rpartition('/')[2]}".rstrip("/")


def join_prefix(outer: str | None, inner: str | None) -> str | None:
    """The prefix of a nested blueprint, joined as ``Blueprint.register`` does."""
    if "?" in (outer, inner):
        return "?"
    if outer is not None and inner is not None:
        return f"{outer.rstrip('/')}/{inner.lstrip('/')}"
    return inner if inner is not None else outer


def join_rule(prefix: str | None, rule: str | None) -> str | None:
    """The whole URL rule, joined as ``BlueprintSetupState.add_url_rule`` does; None where a part is computed."""
    if prefix == "?" or rule is None:
        return None
    if prefix is None:
        return rule
    return f"{prefix.rstrip('/')}/{rule.lstrip('/')}" if rule else prefix
