"""Which names of a module others take from it: a test that patches ``shop.views.jsonify`` needs the import there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flaskdoctor.project.code.facts import ModuleFacts
    from flaskdoctor.project.snapshot import Project


class Exported:
    """The names that other files import from a module, or write behind its name (``views.jsonify``), be it in a string.

    ``name in exported`` reads the other files only where no import answers.
    """

    def __init__(self, module: ModuleFacts, project: Project) -> None:
        self._module = module
        self._project = project

    def __contains__(self, name: object) -> bool:
        if name in self._imported or "*" in self._imported:
            return True
        called = "|".join(map(re.escape, sorted(self._called)))
        # ``views.jsonify``, ``patch("shop.views.jsonify")``, ``setattr(views, "jsonify", ..)``
        word = re.compile(rf"\b(?:{called})\s*(?:\.\s*|,\s*[\"']){re.escape(str(name))}\b")
        return any(word.search(self._project.texts.read(facts.path)) for facts in self._others())

    @cached_property
    def _imported(self) -> frozenset[str]:
        names: set[str] = set()
        for facts in self._others():
            if self._module.name in facts.stars:
                names.add("*")
            for item in facts.imports:
                owner, _, name = item.target.rpartition(".")
                if owner == self._module.name:
                    names.add(name)
        return frozenset(names)

    @cached_property
    def _called(self) -> frozenset[str]:
        """What the module is called by others."""
        aliases = {
            alias for facts in self._others() for alias, target in facts.bindings.items() if target == self._module.name
        }
        return frozenset({self._module.name.rpartition(".")[2], *aliases})

    def _others(self) -> Iterator[ModuleFacts]:
        return (facts for facts in self._project.modules.values() if facts.name != self._module.name)
