"""The classes of a file, as far as linking asks for them: bases, HTTP methods, what they hand to their base."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

from flaskdoctor.project.code.literals import text
from flaskdoctor.project.routing.views import class_methods, keyword

if TYPE_CHECKING:
    from flaskdoctor.project.code.module import Module


class Verbs(NamedTuple):
    """Which requests a class-based view answers by itself, bases aside.

    ``methods`` is its ``methods = [..]``, None where it has none, empty where it is computed; ``own`` are the
    methods that it defines, in capitals. ``decorators`` are the dotted names in its ``decorators = [..]`` (or
    ``method_decorators`` of Flask-RESTful), None where it has none.
    """

    methods: tuple[str, ...] | None
    own: tuple[str, ...]
    decorators: tuple[str, ...] | None = None


class Preset(NamedTuple):
    """What a subclass of Blueprint hands to ``super().__init__``: its name and its prefix ("?": a computed one)."""

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
        verbs = Verbs(_said(module, node), class_methods(node) or (), _decorators(module, node))
        if verbs != (None, (), None):
            found[module.qualname(node)] = verbs
    return found


def _said(module: Module, node: ast.ClassDef) -> tuple[str, ...] | None:
    value = _given(node, "methods")
    if value is None:
        return None
    if isinstance(value, ast.List | ast.Tuple | ast.Set):
        names = [text(module, element) for element in value.elts]
        return tuple(sorted({name.upper() for name in names if name})) if all(names) else ()
    return ()


def _decorators(module: Module, node: ast.ClassDef) -> tuple[str, ...] | None:
    """The names in ``decorators = [..]``; Flask-RESTful also takes a dict of lists, by method."""
    if b"decorators" not in module.source:
        return None
    value = _given(node, "decorators") or _given(node, "method_decorators")
    if value is None:
        return None
    lists = value.values if isinstance(value, ast.Dict) else [value]
    items = [item for part in lists if isinstance(part, ast.List | ast.Tuple) for item in part.elts]
    names = [module.resolve(item.func if isinstance(item, ast.Call) else item) for item in items]
    return tuple(name for name in names if name is not None)


def _given(node: ast.ClassDef, name: str) -> ast.expr | None:
    """What a class body assigns to ``name``."""
    for item in node.body:
        if isinstance(item, ast.Assign):
            targets = item.targets
        elif isinstance(item, ast.AnnAssign):
            targets = [item.target]
        else:
            continue
        if any(isinstance(target, ast.Name) and target.id == name for target in targets):
            return item.value
    return None


def read_presets(module: Module) -> dict[str, Preset]:
    """What the classes of a file hand to their base's ``__init__`` as literals."""
    found: dict[str, Preset] = {}
    for call in module.calls_of("__init__"):
        function, owner = module.function_of(call), module.class_of(call)
        if function is None or function.name != "__init__" or owner is None or not owner.bases:
            continue
        # ``super().__init__("team", __name__)``: a text without an import name beside it is no blueprint's name.
        named = any(isinstance(item, ast.Name) and item.id == "__name__" for item in call.args[1:2])
        label = text(module, call.args[0] if named else keyword(call, "name"))
        prefix = text(module, keyword(call, "url_prefix")) or _forwarded_prefix(module, call, function)
        if label is not None or prefix is not None:
            found[module.qualname(owner)] = Preset(label, prefix)
    return found


def _forwarded_prefix(module: Module, call: ast.Call, function: ast.AST) -> str | None:
    """The prefix that ``__init__`` puts into the keyword arguments that it hands on: ``kwargs["url_prefix"] = ..``,
    ``kwargs.setdefault("url_prefix", ..)``."""
    handed = {item.value.id for item in call.keywords if item.arg is None and isinstance(item.value, ast.Name)}
    for node in ast.walk(function) if handed else ():
        match node:
            case ast.Assign(targets=[ast.Subscript(value=ast.Name(id=name), slice=key)], value=value):
                pass
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="setdefault"), args=[key, value]):
                pass
            case _:
                continue
        if name in handed and module.string(key) == "url_prefix":
            given = text(module, value)
            return given if given is not None else "?"
    return None
