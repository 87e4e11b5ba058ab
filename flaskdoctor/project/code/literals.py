"""What an expression comes to without running it: texts put together, loops over literals unrolled, import strings.

``Given`` is what the variables of unrolled loops stand for this time round: the name where the loop binds it,
and the element.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from flaskdoctor.patterns import lazy
from flaskdoctor.project.code.names import FUNCTIONS, Binding

if TYPE_CHECKING:
    from flaskdoctor.project.code.module import Module

Given = Mapping[ast.AST, ast.expr]

_NONE: Given = {}
_DEPTH = 8
_MOST_ROUNDS = 200
_MOST_PARTS = 500  # expressions that one text is put together of
_MOST_CHARACTERS = 10_000  # of one part
_PLAIN_PERCENT = lazy(r"%%|%(?:\(\w+\))?s")
_PLAIN_BRACES = lazy(r"\{\{|\}\}|\{\w*\}")
_LOOPS = (ast.For, ast.AsyncFor)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_IMPORTERS = frozenset({"importlib.import_module", "builtins.__import__"})
_SAME_ELEMENTS = frozenset({"builtins.list", "builtins.tuple", "builtins.reversed", "builtins.sorted", "builtins.set"})
_MUTATORS = frozenset({"append", "extend", "insert", "add", "update", "remove", "pop"})


class _Reader:
    """Reads the text that an expression is. ``unknown`` says what stands for a part that cannot be told."""

    def __init__(self, module: Module, given: Given, unknown: Callable[[ast.expr], str | None]) -> None:
        self.module = module
        self.given = given
        self.unknown = unknown
        self.left = _MOST_PARTS

    def text(self, node: ast.AST | None, depth: int = 0) -> str | None:
        """The text of one expression; None where it has none, or is put together of more than any URL is."""
        self.left -= 1
        if not isinstance(node, ast.expr) or depth > _DEPTH or self.left < 0:
            return None
        if isinstance(node, ast.Constant):
            return node.value if isinstance(node.value, str) and len(node.value) <= _MOST_CHARACTERS else None
        if isinstance(node, ast.Name):
            meaning = _meaning(self.module, node, self.given)
            return self.text(meaning, depth + 1) if meaning is not None else self.unknown(node)
        if isinstance(node, ast.JoinedStr):
            return _joined([self._piece(part, depth) for part in node.values])
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            return _joined([self.text(side, depth + 1) for side in (node.left, node.right)])
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
            values = node.right.elts if isinstance(node.right, ast.Tuple) else [node.right]
            return self._formatted(operator.mod, node.left, values, [], depth)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format":
            return self._formatted(None, node.func.value, node.args, node.keywords, depth)
        return self.unknown(node)

    def _piece(self, part: ast.expr, depth: int) -> str | None:
        """A part of an f-string; numbers count there too."""
        if not isinstance(part, ast.FormattedValue):
            return self.text(part, depth + 1)
        if part.format_spec is not None or part.conversion not in (-1, ord("s")):
            return None
        value: ast.expr | None = part.value
        if isinstance(value, ast.Name):
            value = _meaning(self.module, value, self.given) or value
        if isinstance(value, ast.Constant) and type(value.value) is int:
            return str(value.value)
        return self.text(value, depth + 1)

    def _formatted(
        self,
        percent: Callable[[str, object], str] | None,
        template: ast.expr,
        values: list[ast.expr],
        keywords: list[ast.keyword],
        depth: int,
    ) -> str | None:
        pattern = self.text(template, depth + 1)
        texts = [self.text(value, depth + 1) for value in values]
        named = {item.arg: self.text(item.value, depth + 1) for item in keywords}
        if pattern is None or None in texts or None in named or None in named.values():
            return None
        plain, marks = (_PLAIN_PERCENT, "%") if percent is not None else (_PLAIN_BRACES, "{}")
        if any(mark in plain.sub("", pattern) for mark in marks):
            return None  # ``{:>1000000000}`` fills the memory
        try:
            if percent is not None:
                return percent(pattern, tuple(texts))
            return pattern.format(*texts, **{name: value for name, value in named.items() if name is not None})
        except (ValueError, IndexError, KeyError, TypeError, AttributeError):
            return None  # the project's own mistake, or more of the format language than a route needs


def _joined(parts: list[str | None]) -> str | None:
    known = [part for part in parts if part is not None]
    return "".join(known) if len(known) == len(parts) else None


def text(module: Module, node: ast.AST | None, given: Given = _NONE) -> str | None:
    """The text that an expression is, where it is made of literals, constants and loop variables; else None."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    return _Reader(module, given, lambda _: None).text(node)


def outline(module: Module, node: ast.AST | None, given: Given = _NONE) -> str | None:
    """Like ``text``, with what stands in another file left open: a dotted name, or ``config:KEY``, between two
    null characters. ``Links.filled`` puts the texts in."""

    def left_open(part: ast.expr) -> str | None:
        key = config_key(module, part)
        if key is not None:
            return f"\0config:{key}\0"
        name = module.resolve(part) if isinstance(part, ast.Name | ast.Attribute) else None
        return f"\0{name}\0" if name is not None and not name.startswith("builtins.") else None

    return _Reader(module, given, left_open).text(node)


def _meaning(module: Module, node: ast.Name, given: Given) -> ast.expr | None:
    """What a name was assigned, or stands for this time round."""
    binding = binding_of(module, node)
    if binding is None:
        return None
    return given.get(binding.node, binding.value)


def binding_of(module: Module, node: ast.Name) -> Binding | None:
    """The binding that a name has where it is read: its only one, or that of the nearest loop around it."""
    binding = module.names.binding(node)
    if binding is not None:
        return binding
    for target, _ in _loops(module, node):
        for name in ast.walk(target):
            if isinstance(name, ast.Name) and name.id == node.id:
                return Binding("other", name)
    return None


def dotted(module: Module, node: ast.AST | None, given: Given = _NONE, depth: int = 0) -> str | None:
    """The dotted name that an expression stands for, also through loop variables, ``import_module("shop.cart")``,
    ``import_string("shop.cart:bp")`` and ``getattr(cart, "bp")``. ``name()`` is the result of any other call."""
    if node is None or depth > _DEPTH:
        return None
    if isinstance(node, ast.Name):
        binding = binding_of(module, node)
        if binding is not None and binding.node in given:
            return dotted(module, given[binding.node], given, depth + 1)
        meaning = binding.value if binding is not None else None
        if isinstance(meaning, ast.Name | ast.Attribute):
            return dotted(module, meaning, given, depth + 1)
        imported = _imported(module, meaning, given, depth) if isinstance(meaning, ast.Call) else None
        return imported if imported is not None else module.resolve(node)
    if isinstance(node, ast.Attribute):
        own = module.resolve(node)
        if isinstance(node.value, ast.Name | ast.Attribute | ast.Call):
            base = dotted(module, node.value, given, depth + 1)
            if base is not None and base != module.resolve(node.value):
                return f"{base}.{node.attr}"
        return own
    if isinstance(node, ast.Call):
        imported = _imported(module, node, given, depth)
        if imported is not None:
            return imported
        callee = dotted(module, node.func, given, depth + 1)
        if callee is None or callee.startswith("builtins.") or callee in _IMPORTERS or callee.endswith("import_string"):
            return None
        return f"{callee}()"
    return None


def _imported(module: Module, call: ast.Call, given: Given, depth: int) -> str | None:
    """The dotted name that a call imports or looks up by its text."""
    callee = module.resolve(call.func) or ""
    if callee == "builtins.getattr" and len(call.args) >= 2:
        base, attribute = dotted(module, call.args[0], given, depth + 1), text(module, call.args[1], given)
        return f"{base}.{attribute}" if base is not None and attribute is not None else None
    if not call.args or (callee not in _IMPORTERS and not callee.endswith("import_string")):
        return None
    name = text(module, call.args[0], given)
    if name is None or not name.startswith("."):
        return name.replace(":", ".") if name else None
    package = call.args[1] if len(call.args) > 1 else next((k.value for k in call.keywords if k.arg == "package"), None)
    base = _package(module, package)
    level = len(name) - len(name.lstrip("."))
    parts = base.split(".")
    return ".".join([*parts[: len(parts) - (level - 1)], name.lstrip(".")]) if base else None


def _package(module: Module, node: ast.expr | None) -> str:
    if isinstance(node, ast.Name) and node.id == "__package__":
        return module.name if module.is_package else module.name.rpartition(".")[0]
    if isinstance(node, ast.Name) and node.id == "__name__":
        return module.name
    return text(module, node) or ""


# -- loops --------------------------------------------------------------------------------------------------


def rounds(module: Module, node: ast.AST) -> list[Given]:
    """What the variables of the loops around a node stand for, one entry a round; one empty entry where there is
    no loop over a literal. Loops over anything else leave their variables open."""
    found: list[Given] = [{}]
    for target, iterable in reversed(list(_loops(module, node))):
        elements = _elements(module, iterable)
        if elements is None:
            continue
        found = [
            {**given, **bound} for given in found for element in elements for bound in [_bind(target, element)] if bound
        ]
        if len(found) > _MOST_ROUNDS:
            return [{}]
    return found


def loop_over(module: Module, node: ast.Name) -> tuple[ast.expr, int] | None:
    """What the loop runs over whose variable a name is, and the name's place in the loop's target."""
    binding = binding_of(module, node)
    if binding is None or binding.kind != "other":
        return None
    place = 0
    parent = module.parent(binding.node)
    if isinstance(parent, ast.Tuple):
        place = next(index for index, item in enumerate(parent.elts) if item is binding.node)
        parent = module.parent(parent)
    if isinstance(parent, (*_LOOPS, ast.comprehension)):
        return parent.iter, place
    return None


def _loops(module: Module, node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Target and iterable of the loops around a node in its function, nearest first."""
    for parent in module.ancestors(node):
        if isinstance(parent, (*FUNCTIONS, ast.Lambda)):
            return
        if isinstance(parent, _LOOPS):
            yield parent.target, parent.iter
        elif isinstance(parent, _COMPREHENSIONS):
            for generator in reversed(parent.generators):
                yield generator.target, generator.iter


def _elements(module: Module, node: ast.expr) -> list[ast.expr] | None:
    """The elements of a literal that a loop runs over; None where it is none, or changes somewhere."""
    value = module.value(node)
    if isinstance(node, ast.Name) and value is not node and _changes(module, node.id):
        return None
    if isinstance(value, ast.List | ast.Tuple | ast.Set):
        return None if any(isinstance(item, ast.Starred) for item in value.elts) else list(value.elts)
    if isinstance(value, ast.Dict):
        return [key for key in value.keys if key is not None] if None not in value.keys else None
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and not value.args:
        table = module.value(value.func.value)
        if isinstance(table, ast.Dict) and None not in table.keys:
            if value.func.attr == "values":
                return list(table.values)
            if value.func.attr == "items":
                pairs = zip(table.keys, table.values, strict=True)
                return [ast.Tuple([key, item], ast.Load()) for key, item in pairs if key is not None]
    if isinstance(value, ast.Call) and len(value.args) == 1 and module.resolve(value.func) in _SAME_ELEMENTS:
        return _elements(module, value.args[0])
    return None


def _changes(module: Module, name: str) -> bool:
    """Whether a list of this name is appended to somewhere in the file."""
    return any(
        isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr in _MUTATORS
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id == name
        for call in module.nodes(ast.Call)
    )


def _bind(target: ast.expr, element: ast.expr) -> dict[ast.AST, ast.expr]:
    if isinstance(target, ast.Name):
        return {target: element}
    bound: dict[ast.AST, ast.expr] = {}
    several = isinstance(target, ast.Tuple | ast.List) and isinstance(element, ast.Tuple | ast.List)
    if several and len(target.elts) == len(element.elts):  # type: ignore[attr-defined]
        for name, item in zip(target.elts, element.elts, strict=True):  # type: ignore[attr-defined]
            bound.update(_bind(name, item))
    return bound


# -- what comes from outside --------------------------------------------------------------------------------


def parameter(module: Module, node: ast.AST | None) -> tuple[str, str] | None:
    """The function and the parameter that a name is, where the function does not assign it anew."""
    if not isinstance(node, ast.Name):
        return None
    found = module.names.scope_of(node).lookup(node.id)
    if found is None or len(found[1]) != 1 or found[1][0].kind != "parameter":
        return None
    scope = found[0]
    return (scope.qualname, node.id) if isinstance(scope.node, FUNCTIONS) else None


def config_key(module: Module, node: ast.AST | None) -> str | None:
    """The key in ``app.config["KEY"]`` and ``app.config.get("KEY")``."""
    key: ast.AST | None = None
    if isinstance(node, ast.Subscript):
        table, key = node.value, node.slice
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get":
        table, key = node.func.value, node.args[0] if node.args else None
    else:
        return None
    return text(module, key) if isinstance(table, ast.Attribute) and table.attr == "config" else None
