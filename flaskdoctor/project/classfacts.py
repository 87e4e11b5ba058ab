"""The classes of a file, as far as linking asks for them: bases, HTTP methods, what they hand to their base."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

from flaskdoctor.project.literals import text
from flaskdoctor.project.names import FUNCTIONS
from flaskdoctor.project.views import class_methods, keyword

if TYPE_CHECKING:
    from flaskdoctor.project.module import Module


class Verbs(NamedTuple):
    """Which requests a class-based view answers by itself, bases aside.

    ``methods`` is its ``methods = [..]``, None where it has none, empty where it is computed; ``own`` are the
    methods that it defines, in capitals.
    """

    methods: tuple[str, ...] | None
    own: tuple[str, ...]


class Preset(NamedTuple):
    """What a subclass of Blueprint hands to ``super().__init__``: its name and its prefix."""

    label: str | None
    url_prefix: str | None


def read_classes(module: Module) -> dict[str, tuple[str, ...]]:
    """The bases of each class that has some, as this file writes them."""
    found: dict[str, tuple[str, ...]] = {}
    for node in module.nodes(ast.ClassDef):
        assert isinstance(node, ast.ClassDef)
        bases = [name for base in node.bases if (name := module.resolve(base))]
        if bases:
            found[module.qualname(node)] = tuple(bases)
    return found


def read_verbs(module: Module) -> dict[str, Verbs]:
    """The classes that define HTTP methods or say which ones they answer."""
    found: dict[str, Verbs] = {}
    for node in module.nodes(ast.ClassDef):
        assert isinstance(node, ast.ClassDef)
        verbs = Verbs(_said(module, node), class_methods(node) or ())
        if verbs != (None, ()):
            found[module.qualname(node)] = verbs
    return found


def _said(module: Module, node: ast.ClassDef) -> tuple[str, ...] | None:
    for item in node.body:
        targets = (
            item.targets if isinstance(item, ast.Assign) else [item.target] if isinstance(item, ast.AnnAssign) else []
        )
        if any(isinstance(target, ast.Name) and target.id == "methods" for target in targets):
            value = item.value  # type: ignore[attr-defined]
            if isinstance(value, ast.List | ast.Tuple | ast.Set):
                names = [text(module, element) for element in value.elts]
                return tuple(sorted({name.upper() for name in names if name})) if all(names) else ()
            return ()
    return None


def read_presets(module: Module) -> dict[str, Preset]:
    """What the classes of a file hand to their base's ``__init__`` as literals."""
    found: dict[str, Preset] = {}
    for node in module.nodes(ast.ClassDef):
        assert isinstance(node, ast.ClassDef)
        start = next((item for item in node.body if isinstance(item, FUNCTIONS) and item.name == "__init__"), None)
        if start is None or not node.bases:
            continue
        for call in ast.walk(start):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "__init__":
                label = text(module, call.args[0] if call.args else keyword(call, "name"))
                prefix = text(module, keyword(call, "url_prefix"))
                if label is not None or prefix is not None:
                    found[module.qualname(node)] = Preset(label, prefix)
    return found
