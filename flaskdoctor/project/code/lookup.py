"""Following a name from file to file: imports, aliases, re-exports and star imports, down to the definition."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

from flaskdoctor.project.code.facts import Constructed, ModuleFacts
from flaskdoctor.project.code.flask_names import APP_CLASSES, BLUEPRINT_CLASSES


class Lookup:
    """The names of a project's modules, made from their facts. A *canonical* name is a module's dotted name, made
    from its path, and what is defined in it."""

    def __init__(self, modules: Mapping[str, ModuleFacts]) -> None:
        self.modules = modules
        self._by_name = {facts.name: facts for facts in modules.values()}
        self._resolved: dict[tuple[str, str], str] = {}
        self._parts = {part for name in self._by_name for part in name.split(".")}
        self._roots: dict[str, tuple[str, ...]] = {}
        self._constructed: dict[str, tuple[Constructed, ModuleFacts]] = {}
        self._functions: dict[str, ModuleFacts] = {}
        self._classes: dict[str, ModuleFacts] = {}
        self._lists: dict[str, ModuleFacts] = {}
        self._aliases: dict[str, tuple[str, ModuleFacts]] = {}
        for facts in modules.values():
            self._constructed.update((name, (made, facts)) for name, made in facts.constructed.items())
            self._functions.update((name, facts) for name in facts.functions)
            self._classes.update((name, facts) for name in facts.classes)
            self._lists.update((name, facts) for name in facts.lists)
            self._aliases.update((name, (target, facts)) for name, target in facts.aliases.items())

    # -- modules --------------------------------------------------------------------------------------------

    def _search_roots(self, path: str) -> tuple[str, ...]:
        """Where an absolute import of a file is looked for, as dotted prefixes: beside its top package, at the
        root, in ``src``, beside itself when it is a script, and in the folders above it."""
        found = self._roots.get(path)
        if found is None:
            roots = (root.replace("/", ".") for root in self._folders_searched(path))
            found = self._roots[path] = tuple(dict.fromkeys(roots))
        return found

    def _folders_searched(self, path: str) -> Iterator[str]:
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
        if dotted.partition(".")[0] not in self._parts:
            return None
        if self._is_local(dotted, path):
            return self._longest(dotted)
        for prefix in self._search_roots(path):
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

    def packages_around(self, facts: ModuleFacts) -> Iterator[ModuleFacts]:
        """The packages whose ``__init__`` Python runs before it loads a module, nearest first."""
        name = facts.name
        while name := name.rpartition(".")[0]:
            if name in self._by_name:
                yield self._by_name[name]

    # -- names ----------------------------------------------------------------------------------------------

    def resolve(self, dotted: str, path: str) -> str:
        """The canonical dotted name of what ``dotted`` means in the file ``path``. A name from outside the project
        stays as it is."""
        key = (dotted, path)
        found = self._resolved.get(key)
        if found is None:
            self._resolved[key] = dotted  # what a circle of imports comes to
            found = self._resolved[key] = self._resolve(dotted, path, 0, set())
        return found

    def _resolve(self, dotted: str, path: str, depth: int, starred: set[tuple[str, str]]) -> str:
        """``starred`` are the modules that were searched for a name for the sake of a star import."""
        place = self.find_module(dotted, path) if depth < 20 else None
        if place is None:
            return dotted
        facts, rest = place
        head, _, tail = rest.partition(".")
        if head in facts.bindings:
            target = facts.bindings[head] + (f".{tail}" if tail else "")
            if target != dotted or facts.path != path:
                return self._resolve(target, facts.path, depth + 1, starred)
        if head in facts.definitions:
            return f"{facts.name}.{rest}"
        hidden = self._hidden_by(facts)
        if hidden is not None:
            target, package = hidden
            return self._resolve(target + (f".{rest}" if rest else ""), package.path, depth + 1, starred)
        searched = (facts.path, rest) in starred
        starred.add((facts.path, rest))
        for star in facts.stars if rest and not searched else ():
            target = self._resolve(f"{star}.{rest}", facts.path, depth + 1, starred)
            owner = self._longest(target)
            if owner is not None and target[len(owner[0].name) + 1 :].partition(".")[0] in owner[0].definitions:
                return target
        return f"{facts.name}.{rest}" if rest else facts.name

    def _hidden_by(self, facts: ModuleFacts) -> tuple[str, ModuleFacts] | None:
        """What a package's ``__init__`` binds to the name of one of its modules (``from .desk import desk``): as an
        attribute of the package the name then is that, not the module."""
        package, _, last = facts.name.rpartition(".")
        around = self._by_name.get(package)
        if around is None or last not in around.bindings:
            return None
        target = around.bindings[last]
        return (target, around) if target.startswith(f"{facts.name}.") else None

    def defined(self, dotted: str) -> bool:
        """Whether a canonical name is defined in this project."""
        place = self._longest(dotted)
        return place is not None and place[1].partition(".")[0] in place[0].definitions

    def is_foreign(self, dotted: str, path: str, depth: int = 0) -> bool:
        """Whether a name comes from outside the project: what a library makes, the project cannot forget."""
        name = self.resolve(dotted.removeprefix("*").removesuffix("()"), path)
        made = self._constructed.get(name)
        if made is not None:
            return depth < 8 and self.is_foreign(made[0].callee, made[1].path, depth + 1)
        return "." in name and self.find_module(name, path) is None

    # -- classes --------------------------------------------------------------------------------------------

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

    @cached_property
    def _class_names(self) -> frozenset[str]:
        """The canonical names of the project's classes: those with bases, and those with methods."""
        around = {name.rpartition(".")[0] for name in self._functions}
        methods = {name for name in around if not name.endswith("<locals>") and name not in self._by_name}
        return frozenset(methods | self._classes.keys())

    def ancestry(self, name: str) -> list[str]:
        """A class (canonical name) and its bases, nearest first, as far as the project defines them."""
        found: list[str] = []
        queue = [name]
        while queue and len(found) < 20:
            current = queue.pop(0)
            if current in found:
                continue
            found.append(current)
            facts = self._classes.get(current)
            if facts is not None:
                queue.extend(self.resolve(base, facts.path) for base in facts.classes[current])
        return found

    def instance_class(self, name: str) -> str | None:
        """The project's class that a canonical name is an instance of."""
        made = self._constructed.get(name)
        if made is None:
            return None
        callee = self.resolve(made[0].callee, made[1].path)
        return callee if callee in self._class_names else None

    def function(self, dotted: str, path: str) -> str | None:
        """The canonical name of the function or method that calling ``dotted`` runs; a class runs its ``__init__``."""
        name = self.resolve(dotted, path)
        if name in self._functions:
            return name
        if name in self._class_names:
            return self._method(name, "__init__")
        base, _, attribute = name.rpartition(".")
        owner = base if base in self._class_names else self.instance_class(base)
        return self._method(owner, attribute) if owner is not None else None

    def _method(self, owner: str, attribute: str) -> str | None:
        return next(
            (f"{name}.{attribute}" for name in self.ancestry(owner) if f"{name}.{attribute}" in self._functions), None
        )
