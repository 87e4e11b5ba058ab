"""Which apps and blueprints a name can stand for, through functions, parameters, methods and attributes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import NamedTuple

from flaskdoctor.finding import Location
from flaskdoctor.project.code.facts import Argument, Constructed, Handed, ModuleFacts
from flaskdoctor.project.code.flask_names import OWN_RESPONSE_CLASSES, ROUTER_PARAMETERS
from flaskdoctor.project.code.lookup import Lookup

ANY_APP = "*"  # the app, where it comes in as a parameter or as ``current_app``
_Seen = set[tuple[str, str]]
_CURRENT_APP = ("flask.current_app", "quart.current_app")


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


class Routers(Lookup):
    """The apps and blueprints of a project."""

    def __init__(self, modules: Mapping[str, ModuleFacts]) -> None:
        super().__init__(modules)
        self._made: dict[str, Router | None] = {}
        self._routers: dict[tuple[str, str], frozenset[str]] = {}
        self._calls: dict[str, list[tuple[Handed, str]]] | None = None

    def router(self, name: str) -> Router | None:
        """The app or blueprint that a canonical name is made as."""
        try:
            return self._made[name]
        except KeyError:
            built = self._constructed.get(name)
            made = self._made[name] = self._router(name, *built) if built is not None else None
            return made

    def _router(self, name: str, built: Constructed, facts: ModuleFacts) -> Router | None:
        kind = self.class_kind(built.callee, facts.path)
        if kind is None:
            return None
        label, prefix = built.label, built.url_prefix
        for ancestor in self.ancestry(self.resolve(built.callee, facts.path)):
            holder = self._classes.get(ancestor)
            preset = holder.presets.get(ancestor) if holder is not None else None
            if preset is not None:
                label = label if label is not None else preset.label
                prefix = prefix if prefix is not None else preset.url_prefix
        prefix = self.filled(prefix, facts.path)
        return Router(name, kind[0], label, kind[1], prefix, facts.path, built.location, built.static, built.static_url)

    def all_routers(self, kind: str) -> list[Router]:
        """All apps, or all blueprints, that the project makes, by name."""
        return self._by_kind.get(kind, [])

    @cached_property
    def _by_kind(self) -> dict[str, list[Router]]:
        found: dict[str, list[Router]] = {}
        for name in sorted(self._constructed):
            router = self.router(name)
            if router is not None:
                found.setdefault(router.kind, []).append(router)
        return found

    def filled(self, outline: str | None, path: str) -> str | None:
        """The text of an outline (``literals.outline``) that a file writes; "?" where a part is not known."""
        if outline is None or "\0" not in outline:
            return outline
        parts = outline.split("\0")
        for index in range(1, len(parts), 2):
            value = self._constant(parts[index], path)
            if value is None:
                return "?"
            parts[index] = value
        return "".join(parts)

    def _constant(self, name: str, path: str) -> str | None:
        if name.startswith("config:"):
            return self._settings.get(name)
        canonical = self.resolve(name, path)
        owner, _, attribute = canonical.rpartition(".")
        for holder in self.ancestry(owner):
            place = self._longest(holder)
            found = place[0].constants.get(f"{holder}.{attribute}") if place is not None else None
            if found is not None:
                return found
        return None

    @cached_property
    def _settings(self) -> dict[str, str]:
        """The configuration keys whose literals agree all over the project, tests aside."""
        found: dict[str, set[str]] = {}
        for facts in self.modules.values():
            for name, text in facts.constants.items() if facts.role != "test" else ():
                if name.startswith("config:"):
                    found.setdefault(name, set()).add(text)
        return {name: texts.pop() for name, texts in found.items() if len(texts) == 1}

    # -- what a name stands for -----------------------------------------------------------------------------

    def routers(self, dotted: str, path: str) -> frozenset[str]:
        """The canonical names of the apps and blueprints that a name can stand for; ``ANY_APP`` among them where
        it is whatever app comes in. Empty: it is none of these."""
        key = (dotted, path)
        if key not in self._routers:
            self._routers[key] = frozenset()
            found = self._find_routers(dotted, path, set())
            if any(router.kind == "app" for name in found if (router := self.router(name)) is not None):
                found.discard(ANY_APP)  # "whatever app comes in" is this one
            self._routers[key] = frozenset(found)
        return self._routers[key]

    def is_router(self, dotted: str, path: str) -> bool:
        """Whether a name, as a file writes it, is a Flask app or a blueprint."""
        return bool(self.routers(dotted, path))

    def has_own_responses(self, dotted: str, path: str) -> bool:
        """Whether the views of an app or blueprint return data that an extension turns into a response."""
        found = (self.router(name) for name in self.routers(dotted, path))
        return any(router is not None and router.library in OWN_RESPONSE_CLASSES for router in found)

    def _find_routers(self, dotted: str, path: str, seen: _Seen) -> set[str]:
        """All that can be reached from a name; what was ``seen`` on the way adds nothing to that."""
        if (dotted, path) in seen:
            return set()
        seen.add((dotted, path))
        if dotted in _CURRENT_APP:
            return {ANY_APP}
        dotted = dotted.removeprefix("*")  # the elements of a list
        if dotted.endswith("()"):
            return self._returned(self.function(dotted[:-2], path), seen)
        name = self.resolve(dotted, path)
        if name in _CURRENT_APP:
            return {ANY_APP}
        if self.router(name) is not None:
            return {name}
        alias = self._aliases.get(name)
        if alias is not None:
            return self._find_routers(alias[0], alias[1].path, seen)
        made = self._constructed.get(name)
        if made is not None:
            return self._returned(self.function(made[0].callee, made[1].path), seen)
        listed = self._lists.get(name)
        if listed is not None:
            return {found for item in listed.lists[name] for found in self._find_routers(item, listed.path, seen)}
        return self._attribute(name, seen) or self._parameter(name, seen)

    def _returned(self, function: str | None, seen: _Seen) -> set[str]:
        facts = self._functions.get(function) if function is not None else None
        if facts is None or function is None:
            return set()
        found: set[str] = set()
        for name in (*facts.functions[function].returns, *facts.lists.get(f"{function}()", ())):
            found |= self._find_routers(name, facts.path, seen)
        return found

    def _attribute(self, name: str, seen: _Seen) -> set[str]:
        """``server.app``, where ``server`` is an instance of a class of the project that keeps its app."""
        base, _, attribute = name.rpartition(".")
        owner = base if base in self._class_names else self.instance_class(base)
        for ancestor in self.ancestry(owner) if owner is not None else ():
            held = f"{ancestor}.{attribute}"
            if held != name and (held in self._constructed or held in self._aliases):
                return self._find_routers(held, "", seen)
        return set()

    def _parameter(self, name: str, seen: _Seen) -> set[str]:
        function, _, parameter = name.rpartition(".<locals>.")
        facts = self._functions.get(function)
        if facts is None or parameter not in facts.functions[function].parameters:
            return set()
        if parameter in ("self", "cls") and facts.functions[function].parameters[0] == parameter:
            return self._instances(function.rpartition(".")[0], facts.path)
        found: set[str] = set()
        assigned = parameter in facts.functions[function].assigned
        for call, path in () if assigned else self.calls_of(function):
            argument = self.argument(function, call, parameter)
            for item in argument.names if argument is not None else ():
                found |= self._find_routers(item, path, seen)
        if not found and parameter in ROUTER_PARAMETERS and "bp" not in parameter and "blueprint" not in parameter:
            found.add(ANY_APP)
        return found

    def _instances(self, owner: str, path: str) -> set[str]:
        """The apps or blueprints that ``self`` is in a method of their class."""
        kind = self.class_kind(owner, path)
        if kind is None:
            return set()
        found = {
            name
            for name, (made, facts) in self._constructed.items()
            if owner in self.ancestry(self.resolve(made.callee, facts.path))
        }
        return found or ({ANY_APP} if kind[0] == "app" else set())

    def is_unknown(self, names: tuple[str, ...], path: str, seen: _Seen | None = None) -> bool:
        """Whether one of these names, or of the elements of the lists among them, is no router that can be told
        and none of a library's either."""
        seen = set() if seen is None else seen
        for name in names:
            plain = name.removeprefix("*")
            if (plain, path) in seen:
                continue
            seen.add((plain, path))
            place = self.resolve(plain.removesuffix("()"), path) + ("()" if plain.endswith("()") else "")
            listed = self._lists.get(place)
            if listed is not None:
                if self.is_unknown(listed.lists[place], listed.path, seen):
                    return True
            elif not self.routers(name, path) and not self.is_foreign(name, path):
                return True
        return not names

    # -- calls ----------------------------------------------------------------------------------------------

    def calls_of(self, function: str) -> list[tuple[Handed, str]]:
        """The calls of a function (canonical name) that may hand it a router, each with the file it stands in."""
        if self._calls is None:
            self._calls = {}
            for facts in self.modules.values():
                for call in facts.handed:
                    target = self.function(call.callee, facts.path)
                    if target is not None:
                        self._calls.setdefault(target, []).append((call, facts.path))
        return self._calls.get(function, [])

    def argument(self, function: str, call: Handed, parameter: str) -> Argument | None:
        """What a call hands to a parameter; its default where that is a text or None; None where not known."""
        fact = self._functions[function].functions[function]
        if parameter not in fact.parameters:
            return None  # of two functions with one name, the other one
        offset = 1 if fact.parameters[:1] in (("self",), ("cls",)) else 0
        places = (str(fact.parameters.index(parameter) - offset), parameter)
        for argument in call.arguments:
            if argument.place in places:
                return argument
        defaults = dict(fact.defaults)
        return Argument(parameter, texts=(defaults[parameter],)) if parameter in defaults else None
