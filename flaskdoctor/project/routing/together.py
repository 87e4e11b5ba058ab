"""Which modules one start of the app loads, both of them: only then can they get in each other's way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from flaskdoctor.project.routing.loading import makes_app

if TYPE_CHECKING:
    from flaskdoctor.project.code.facts import ModuleFacts
    from flaskdoctor.project.routing.links import Links


class Together:
    """The imports of a project, backwards. Made when a rule first asks, for few projects come that far."""

    def __init__(self, links: Links) -> None:
        self._links = links
        self._importers: dict[str, set[str]] | None = None
        self._above: dict[str, frozenset[str]] = {}

    def loaded(self, one: str, other: str) -> bool:
        """Whether some module of the project loads the files ``one`` and ``other``, whatever the settings are.

        An import under ``if`` or ``try`` proves nothing, one in a function does: a factory imports its views there.
        """
        if one == other:
            return True
        both = self._loaders(one) & self._loaders(other)
        # One that only loads the other may be a file that is left over.
        return any(path not in (one, other) or self._is_used(path) for path in both)

    def loads(self, one: str, other: str) -> bool:
        """Whether the file ``one`` loads the file ``other``, directly or through others."""
        return one in self._loaders(other)

    def _is_used(self, path: str) -> bool:
        return bool(self._edges().get(path)) or makes_app(self._links, self._links.modules[path])

    def _loaders(self, path: str) -> frozenset[str]:
        """The modules that load a file, directly or through others, itself among them."""
        if path not in self._above:
            importers = self._edges()
            found, queue = {path}, [path]
            while queue:
                for above in importers.get(queue.pop(), ()):
                    if above not in found:
                        found.add(above)
                        queue.append(above)
            self._above[path] = frozenset(found)
        return self._above[path]

    def _edges(self) -> dict[str, set[str]]:
        if self._importers is None:
            self._importers = {}
            for facts in self._links.modules.values():
                if facts.role in ("app", "script", "settings"):
                    for target in self._loads(facts):
                        self._importers.setdefault(target, set()).add(facts.path)
        return self._importers

    def _loads(self, facts: ModuleFacts) -> Iterator[str]:
        links = self._links
        for item in facts.imports:
            place = links.find_module(item.target, facts.path) if item.certain else None
            if place is not None:
                yield place[0].path
                yield from (package.path for package in links.packages_around(place[0]))
        yield from (package.path for package in links.packages_around(facts))
