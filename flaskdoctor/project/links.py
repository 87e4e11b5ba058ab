"""Linking: following names from file to file until the apps, blueprints and routes of the project stand together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import NamedTuple

from flaskdoctor.finding import Location
from flaskdoctor.project.facts import Constructed, ModuleFacts, Registration, RouteFact
from flaskdoctor.project.flask_names import APP_CLASSES, BLUEPRINT_CLASSES, OWN_RESPONSE_CLASSES, ROUTER_PARAMETERS

ANY_APP = "*"  # the app, where it comes in as a parameter or as ``current_app``


class Router(NamedTuple):
    """An app or a blueprint. ``name`` is its canonical dotted name, ``kind`` "app" or "blueprint", ``label`` the
    blueprint's own name (None where it is computed), ``library`` the library class it is made from."""

    name: str
    kind: str
    label: str | None
    library: str
    url_prefix: str | None
    path: str
    location: Location
    static: str
    static_url: str | None


class RouteEntry(NamedTuple):
    """One row of the route map, as ``flask routes`` prints it.

    ``rule`` is the whole URL rule, or None where a part of it is computed. ``chain`` are the canonical names of
    the blueprints from the app down; empty for a route of the app itself.
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


class Links:
    """The project's names, followed. Made anew for every scan from the facts of all modules."""

    def __init__(self, modules: Mapping[str, ModuleFacts]) -> None:
        self.modules = modules
        self._by_name = {facts.name: facts for facts in modules.values()}
        self._packages = {name.rpartition(".")[0] for name in self._by_name if "." in name}
        self._resolved: dict[tuple[str, str], str] = {}
        self._constructed: dict[str, tuple[Constructed, ModuleFacts]] = {}
        self._functions: dict[str, ModuleFacts] = {}
        self._classes: dict[str, ModuleFacts] = {}
        self._lists: dict[str, ModuleFacts] = {}
        for facts in modules.values():
            self._constructed.update((name, (made, facts)) for name, made in facts.constructed.items())
            self._functions.update((name, facts) for name in facts.functions)
            self._classes.update((name, facts) for name in facts.classes)
            self._lists.update((name, facts) for name in facts.lists)
        self._passed: dict[str, list[tuple[str, str, str]]] | None = None
        self._kinds: dict[str, tuple[str, str] | None] = {}
        self._routers: dict[tuple[str, str], frozenset[str]] = {}
        self._mounts: dict[str, list[Mount]] | None = None

    # -- names ----------------------------------------------------------------------------------------------

    def _search_roots(self, path: str) -> Iterator[str]:
        """Where an absolute import of a file is looked for, as dotted prefixes: beside its top package, at the
        root, in ``src``, beside itself when it is a script, and in the folders above it."""
        facts = self.modules.get(path)
        folder = path.rpartition("/")[0]
        top = folder
        while top and f"{top}/__init__.py" in self.modules:
            top = top.rpartition("/")[0]
        yield top
        yield ""
        yield "src"
        if facts is None or folder == top:
            yield folder
        parts = folder.split("/")
        for count in range(len(parts) - 1, 0, -1):
            yield "/".join(parts[:count])

    def find_module(self, dotted: str, path: str) -> tuple[ModuleFacts, str] | None:
        """The module that a dotted name starts with, as seen from a file, and the rest of the name."""
        own = self._longest(dotted)
        if own is not None and self._is_local(dotted, path):
            return own
        seen = set()
        for root in self._search_roots(path):
            if root in seen:
                continue
            seen.add(root)
            prefix = root.replace("/", ".")
            found = self._longest(f"{prefix}.{dotted}" if prefix else dotted)
            # At least one part of the name itself must be a module: a folder alone proves nothing.
            if found is not None and len(found[0].name) > len(prefix):
                return found
        return None

    def _is_local(self, dotted: str, path: str) -> bool:
        facts = self.modules.get(path)
        return facts is not None and (dotted == facts.name or dotted.startswith(facts.name + "."))

    def _longest(self, dotted: str) -> tuple[ModuleFacts, str] | None:
        name = dotted
        while name:
            facts = self._by_name.get(name)
            if facts is not None:
                return facts, dotted[len(name) + 1 :]
            name = name.rpartition(".")[0]
        return None

    def resolve(self, dotted: str, path: str) -> str:
        """The canonical dotted name of what ``dotted`` means in the file ``path``: imports, aliases, re-exports
        and star imports followed to the definition. A name from outside the project stays as it is."""
        key = (dotted, path)
        found = self._resolved.get(key)
        if found is None:
            self._resolved[key] = dotted  # what a circle of imports comes to
            found = self._resolved[key] = self._resolve(dotted, path, 0)
        return found

    def _resolve(self, dotted: str, path: str, depth: int) -> str:
        place = self.find_module(dotted, path) if depth < 20 else None
        if place is None:
            return dotted
        facts, rest = place
        if not rest:
            return facts.name
        head, _, tail = rest.partition(".")
        if head in facts.bindings:
            target = facts.bindings[head] + (f".{tail}" if tail else "")
            if target != dotted or facts.path != path:
                return self._resolve(target, facts.path, depth + 1)
        if head not in facts.definitions:
            for star in facts.stars:
                target = self._resolve(f"{star}.{rest}", facts.path, depth + 1)
                owner = self._longest(target)
                if owner is not None and target[len(owner[0].name) + 1 :].partition(".")[0] in owner[0].definitions:
                    return target
        return f"{facts.name}.{rest}"

    def defined(self, dotted: str) -> bool:
        """Whether a canonical name is defined in this project."""
        place = self._longest(dotted)
        return place is not None and place[1].partition(".")[0] in place[0].definitions

    # -- apps and blueprints --------------------------------------------------------------------------------

    def class_kind(self, dotted: str, path: str, depth: int = 0) -> tuple[str, str] | None:
        """("app" | "blueprint", library class) for a class that is Flask's or derives from one; else None."""
        if dotted in APP_CLASSES:
            return "app", dotted
        if dotted in BLUEPRINT_CLASSES:
            return "blueprint", dotted
        name = self.resolve(dotted, path)
        if name != dotted and (name in APP_CLASSES or name in BLUEPRINT_CLASSES):
            return self.class_kind(name, path, depth)
        if depth > 8:
            return None
        facts = self._classes.get(name)
        if facts is None:
            return None
        for base in facts.classes[name]:
            kind = self.class_kind(base, facts.path, depth + 1)
            if kind is not None:
                return kind
        return None

    def router(self, name: str) -> Router | None:
        """The app or blueprint that a canonical name is made as."""
        made = self._constructed.get(name)
        if made is None:
            return None
        if name not in self._kinds:
            self._kinds[name] = self.class_kind(made[0].callee, made[1].path)
        kind = self._kinds[name]
        if kind is None:
            return None
        built, facts = made
        return Router(
            name,
            *kind[:1],
            built.label,
            kind[1],
            built.url_prefix,
            facts.path,
            built.location,
            built.static,
            built.static_url,
        )

    def routers(self, dotted: str, path: str) -> frozenset[str]:
        """The canonical names of the apps and blueprints that a name can stand for; ``ANY_APP`` among them where
        it is whatever app comes in. Empty: it is none of these."""
        key = (dotted, path)
        if key not in self._routers:
            self._routers[key] = frozenset()
            self._routers[key] = frozenset(self._find_routers(dotted, path, 0))
        return self._routers[key]

    def _find_routers(self, dotted: str, path: str, depth: int) -> set[str]:
        if depth > 12:
            return set()
        if dotted in ("flask.current_app", "quart.current_app"):
            return {ANY_APP}
        if dotted.endswith("()"):
            return self._returned(self.resolve(dotted[:-2], path), depth)
        name = self.resolve(dotted, path)
        if name in ("flask.current_app", "quart.current_app"):
            return {ANY_APP}
        if self.router(name) is not None:
            return {name}
        made = self._constructed.get(name)
        if made is not None:
            return self._returned(self.resolve(made[0].callee, made[1].path), depth)
        return self._parameter(name, depth)

    def _returned(self, function: str, depth: int) -> set[str]:
        facts = self._functions.get(function)
        if facts is None:
            return set()
        found: set[str] = set()
        for name in facts.functions[function].returns:
            found |= self._find_routers(name, facts.path, depth + 1)
        return found

    def _parameter(self, name: str, depth: int) -> set[str]:
        function, _, parameter = name.rpartition(".<locals>.")
        facts = self._functions.get(function)
        if facts is None or parameter not in facts.functions[function].parameters:
            return set()
        parameters = facts.functions[function].parameters
        offset = 1 if parameters[:1] in (("self",), ("cls",)) else 0
        index = str(parameters.index(parameter) - offset)
        found: set[str] = set()
        for place, argument, path in self._calls_passing(function):
            if place in (index, parameter):
                found |= self._find_routers(argument, path, depth + 1)
        if not found and parameter in ROUTER_PARAMETERS and "bp" not in parameter and "blueprint" not in parameter:
            found.add(ANY_APP)
        return found

    def _calls_passing(self, function: str) -> list[tuple[str, str, str]]:
        if self._passed is None:
            self._passed = {}
            for facts in self.modules.values():
                for callee, place, argument in facts.passed:
                    target = self.resolve(callee, facts.path)
                    self._passed.setdefault(target, []).append((place, argument, facts.path))
        return self._passed.get(function, [])

    def is_router(self, dotted: str, path: str) -> bool:
        """Whether a name, as a file writes it, is a Flask app or a blueprint."""
        return bool(self.routers(dotted, path))

    def has_own_responses(self, dotted: str, path: str) -> bool:
        """Whether the views of an app or blueprint return data that an extension turns into a response."""
        found = (self.router(name) for name in self.routers(dotted, path))
        return any(router is not None and router.library in OWN_RESPONSE_CLASSES for router in found)

    def all_routers(self, kind: str) -> list[Router]:
        """All apps, or all blueprints, that the project makes, by name."""
        found = (self.router(name) for name in sorted(self._constructed))
        return [router for router in found if router is not None and router.kind == kind]

    # -- registrations --------------------------------------------------------------------------------------

    def registrations(self) -> Iterator[tuple[Registration, ModuleFacts]]:
        """Every ``register_blueprint`` of the project."""
        for facts in self.modules.values():
            for registration in facts.registrations:
                yield registration, facts

    def registered(self, registration: Registration, path: str) -> frozenset[str]:
        """The canonical names of the blueprints that a registration names."""
        found: set[str] = set()
        for child in registration.children:
            if child.startswith("*"):
                name = self.resolve(child[1:], path)
                facts = self._lists.get(name)
                for item in facts.lists[name] if facts is not None else ():
                    found |= self.routers(item, facts.path)  # type: ignore[union-attr]
            else:
                found |= self.routers(child, path)
        return frozenset(found)

    def registers_unknown(self) -> bool:
        """Whether some registration's blueprint cannot be told: then none can be said to be forgotten."""
        for facts in self.modules.values():
            if facts.registers_dynamically:
                return True
            for registration in facts.registrations:
                if not self.registered(registration, facts.path):
                    return True
        return False

    def mounts(self, blueprint: str) -> list[Mount]:
        """Every way a blueprint hangs on an app."""
        if self._mounts is None:
            self._mounts = {}
            children: dict[str, list[tuple[str, Registration]]] = {}
            for registration, facts in self.registrations():
                parents = self.routers(registration.parent, facts.path) or {ANY_APP}
                for parent in parents:
                    for child in sorted(self.registered(registration, facts.path)):
                        children.setdefault(parent, []).append((child, registration))
            roots = {ANY_APP, *(app.name for app in self.all_routers("app"))}
            for root in sorted(roots):
                self._mount(root, Mount((), None, ""), children)
        return self._mounts.get(blueprint, [])

    def _mount(self, parent: str, at: Mount, children: dict[str, list[tuple[str, Registration]]]) -> None:
        assert self._mounts is not None
        for child, registration in children.get(parent, ()):
            router = self.router(child)
            if router is None or child in at.chain or len(at.chain) > 10:
                continue
            own = registration.url_prefix if registration.url_prefix is not None else router.url_prefix
            label = registration.name if registration.name is not None else router.label
            known = label is not None and label != "?" and at.name is not None
            name = f"{at.name}.{label}".lstrip(".") if known else None
            mount = Mount((*at.chain, child), join_prefix(at.prefix, own), name)
            found = self._mounts.setdefault(child, [])
            if mount not in found:
                found.append(mount)
            self._mount(child, mount, children)

    # -- routes ---------------------------------------------------------------------------------------------

    def prefixes(self, route: RouteFact, path: str) -> list[str | None]:
        """The URL prefixes that the chains of registrations put before a route ("?" where one is computed)."""
        found: list[str | None] = []
        for name in sorted(self.routers(route.owner, path)):
            router = self.router(name)
            if router is None or router.kind == "app":
                found.append(None)
            else:
                found.extend(mount.prefix for mount in self.mounts(name))
        return found

    def routes(self) -> list[RouteEntry]:
        """The route map: one entry for each rule that Flask would have, static routes included."""
        found: list[RouteEntry] = []
        for facts in self.modules.values():
            if facts.role in ("app", "script"):
                for route in facts.routes:
                    found.extend(self._entries(route, facts.path))
        found.extend(self._static_routes())
        found.sort(key=lambda entry: (entry.endpoint or "", entry.rule or "", entry.methods))
        return found

    def _entries(self, route: RouteFact, path: str) -> Iterator[RouteEntry]:
        for name in sorted(self.routers(route.owner, path)):
            router = self.router(name)
            at_app = router is None or router.kind == "app"
            for mount in [Mount((), None, "")] if at_app else self.mounts(name):
                endpoint = route.endpoint if route.endpoint is not None else route.view.rpartition(".")[2]
                known = endpoint and mount.name is not None
                yield RouteEntry(
                    f"{mount.name}.{endpoint}".lstrip(".") if known else None,
                    ("GET",) if route.methods is None else route.methods,
                    join_rule(mount.prefix, route.rule),
                    mount.chain,
                    route,
                    route.location,
                )

    def _static_routes(self) -> Iterator[RouteEntry]:
        apps = [app for app in self.all_routers("app") if self.modules[app.path].role in ("app", "script")]
        for app in apps:
            if app.static != "none":
                base = app.static_url if app.static_url is not None else "/static"
                yield RouteEntry("static", ("GET",), f"{base.rstrip('/')}/<path:filename>", (), None, app.location)
        for blueprint in self.all_routers("blueprint"):
            if blueprint.static == "given":
                for mount in self.mounts(blueprint.name):
                    base = blueprint.static_url if blueprint.static_url is not None else "/static"
                    rule = join_rule(mount.prefix, f"{base.rstrip('/')}/<path:filename>")
                    endpoint = f"{mount.name}.static" if mount.name is not None else None
                    yield RouteEntry(endpoint, ("GET",), rule, mount.chain, None, blueprint.location)

    # -- imports --------------------------------------------------------------------------------------------

    def imported_lazily(self, path: str) -> bool:
        """Whether a module is imported only inside functions or an app context, never when another one loads."""
        facts = self.modules[path]
        seen_at_import = seen_later = False
        for target, at_import in self._importers(facts.name):
            if target != path:
                seen_at_import |= at_import
                seen_later |= not at_import
        return seen_later and not seen_at_import

    def _importers(self, name: str) -> Iterable[tuple[str, bool]]:
        for facts in self.modules.values():
            for item in facts.imports:
                place = self.find_module(item.target, facts.path)
                if place is not None and place[0].name == name:
                    yield facts.path, item.at_import

    def packages_around(self, facts: ModuleFacts) -> Iterator[ModuleFacts]:
        """The packages whose ``__init__`` Python runs before it loads a module, nearest first."""
        name = facts.name
        while name := name.rpartition(".")[0]:
            if name in self._by_name:
                yield self._by_name[name]

    @cached_property
    def loaded_at_start(self) -> frozenset[str]:
        """The paths of the modules that are certainly loaded before there is any app context."""
        from flaskdoctor.project.loading import loaded_at_start

        return loaded_at_start(self)

    # -- what views return ----------------------------------------------------------------------------------

    def constructor(self, dotted: str, path: str) -> str | None:
        """The canonical name of what was called to make a variable: ``flask_httpauth.HTTPTokenAuth``."""
        made = self._constructed.get(self.resolve(dotted, path))
        return self.resolve(made[0].callee, made[1].path) if made is not None else None

    def bases(self, dotted: str, path: str) -> tuple[tuple[str, ...], str]:
        """The bases of a class of the project as its file writes them, and the path of that file."""
        name = self.resolve(dotted, path)
        facts = self._classes.get(name)
        return (facts.classes[name], facts.path) if facts is not None else ((), path)

    def passes_result(self, dotted: str, path: str) -> bool:
        """Whether a decorator of the project hands a view's result on untouched."""
        name = self.resolve(dotted, path)
        facts = self._functions.get(name)
        return facts is not None and name in facts.transparent

    @cached_property
    def view_routes(self) -> Mapping[str, list[tuple[RouteFact, str]]]:
        """The routes that point to each view, by the view's canonical name, with the file that writes them."""
        found: dict[str, list[tuple[RouteFact, str]]] = {}
        for facts in self.modules.values():
            for route in facts.routes:
                found.setdefault(self.resolve(route.view, facts.path), []).append((route, facts.path))
        return found

    @cached_property
    def derived_from(self) -> frozenset[str]:
        """The canonical names of all classes that a class of the project derives from."""
        return frozenset(
            self.resolve(base, facts.path)
            for name, facts in self._classes.items()
            for base in facts.classes[name]
        )

    @cached_property
    def overrides_make_response(self) -> bool:
        """Whether an app class of the project turns what views return into responses in a way of its own."""
        return any(
            f"{name}.make_response" in facts.functions and self.class_kind(name, facts.path) is not None
            for name, facts in self._classes.items()
        )


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
