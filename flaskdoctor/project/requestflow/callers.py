"""Who, in other files of the project, calls a function by hand or hands it to somebody that may."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flaskdoctor.project.code.facts import ModuleFacts
    from flaskdoctor.project.routing.links import Links

_IMPORT = re.compile(r"(?m)^[ \t]*(?:from[ \t]+\S+[ \t]+)?import[ \t]+(?:\([^)]*\)|.*)")


class Callers:
    """The calls of all modules, by the last part of what they call.

    Of a file without a word of Flask the imports alone are known: ``read`` gives its text.
    """

    def __init__(self, modules: Mapping[str, ModuleFacts], links: Links, read: Callable[[str], str]) -> None:
        self._links = links
        self._read = read
        self._used: dict[str, set[tuple[str, str]]] = {}
        self._imports: dict[str, set[tuple[str, str]]] = {}
        for facts in modules.values():
            for name in facts.called | facts.passed_on:
                self._used.setdefault(name.rpartition(".")[2], set()).add((name, facts.path))
            if not facts.called:
                for item in facts.imports:
                    self._imports.setdefault(item.target.rpartition(".")[2], set()).add((item.target, facts.path))

    def elsewhere(self, name: str, path: str) -> bool:
        """Whether another module than ``path`` uses the function ``name`` (as ``path`` has it) so."""
        wanted = self._links.resolve(name, path)
        module, _, last = wanted.rpartition(".")
        for used, user in self._used.get(last, ()):
            if user != path and self._links.resolve(used, user) == wanted:
                return True
        importers = self._imports.get(last, set()) | self._imports.get(module.rpartition(".")[2], set())
        return any(
            user != path
            and (target in (wanted, module) or self._links.resolve(target, user) == wanted)
            and self._mentions(user, last)
            for target, user in importers
        )

    def _mentions(self, path: str, word: str) -> bool:
        """Whether a file says more of a name than that it imports it."""
        text = self._read(path)
        if word not in text:
            return False
        return re.search(rf"\b{re.escape(word)}\b", _IMPORT.sub("", text)) is not None
