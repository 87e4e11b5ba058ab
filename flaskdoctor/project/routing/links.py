"""Linking: following names from file to file until the apps, blueprints and routes of the project stand together.

``lookup`` follows names, ``routers`` knows what is an app or a blueprint, ``routemap`` hangs the blueprints up; here
stands what is asked of them beyond that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property

from flaskdoctor.project.code.classfacts import Verbs
from flaskdoctor.project.code.facts import FunctionFact, RouteFact
from flaskdoctor.project.code.flask_names import METHOD_SHORTCUTS
from flaskdoctor.project.requestflow.settled import ANSWERING, REPLACED, TAKEN
from flaskdoctor.project.routing.routemap import Mount, RouteEntry, RouteMap, join_prefix, join_rule
from flaskdoctor.project.routing.routers import ANY_APP, Router

__all__ = ["ANY_APP", "Links", "Mount", "RouteEntry", "Router", "join_prefix", "join_rule"]


class Links(RouteMap):
    """The project's names, followed. Made anew for every scan from the facts of all modules."""

    # -- imports --------------------------------------------------------------------------------------------

    def loaded_by(self, path: str) -> list[str]:
        """The other files of the project, tests aside, that load a module when they are loaded themselves."""
        files = {file for file, at_import in self._importers.get(self.modules[path].name, ()) if at_import}
        return sorted(file for file in files if file != path and self.modules[file].role != "test")

    @cached_property
    def _importers(self) -> Mapping[str, list[tuple[str, bool]]]:
        """Which files import each module, and whether at once."""
        found: dict[str, list[tuple[str, bool]]] = {}
        for facts in self.modules.values():
            for item in facts.imports:
                place = self.find_module(item.target, facts.path)
                if place is not None:
                    found.setdefault(place[0].name, []).append((facts.path, item.at_import))
        return found

    @cached_property
    def loaded_at_start(self) -> frozenset[str]:
        """The paths of the modules that are certainly loaded before there is any app context."""
        from flaskdoctor.project.routing.loading import loaded_at_start

        return loaded_at_start(self)

    @cached_property
    def reached_by_app(self) -> frozenset[str]:
        """The paths of the modules that the project's apps import, at once or later."""
        from flaskdoctor.project.routing.reached import reached_by_app

        return reached_by_app(self)

    def forwards(self, decorator: str, path: str) -> bool:
        """Whether a decorator of the project hands a view's arguments on as they came."""
        name = self.resolve(decorator, path)
        facts = self._functions.get(name)
        return facts is not None and name in facts.forwards

    # -- single facts ----------------------------------------------------------------------------------------

    def alias(self, name: str) -> str:
        """What a canonical name is another name of (``self.api = api``); itself where it is none."""
        found = self._aliases.get(name)
        return self.resolve(found[0], found[1].path) if found is not None else name

    def function_fact(self, name: str) -> tuple[FunctionFact, str] | None:
        """What is known of a function or method of the project (canonical name), and its file."""
        facts = self._functions.get(name)
        return (facts.functions[name], facts.path) if facts is not None else None

    def verbs(self, name: str) -> tuple[Verbs, str] | None:
        """What a class of the project (canonical name) says of its requests itself, and its file."""
        place = self._longest(name)
        found = place[0].verbs.get(name) if place is not None else None
        return (found, place[0].path) if found is not None and place is not None else None

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
            self.resolve(base, facts.path) for name, facts in self._classes.items() for base in facts.classes[name]
        )

    @cached_property
    def registers_itself(self) -> bool:
        """Whether an app or blueprint class of the project, or a method put in the place of Flask's, makes its own of
        the arguments of a route."""
        return self._replaces_flask(("add_url_rule", "route", *METHOD_SHORTCUTS))

    @cached_property
    def takes_answers_itself(self) -> bool:
        """Whether something of the project comes between what views return and Flask: a method of its own app or
        blueprint class, or one that is put in the place of Flask's."""
        return self._replaces_flask(ANSWERING)

    def _replaces_flask(self, methods: Iterable[str]) -> bool:
        return any(
            f"{name}.{method}" in facts.functions and self.class_kind(name, facts.path) is not None
            for name, facts in self._classes.items()
            for method in methods
        ) or any(
            TAKEN in facts.settled or (REPLACED in facts.settled and facts.role != "test")
            for facts in self.modules.values()
        )
