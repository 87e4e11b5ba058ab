"""One walk over a file's tree: every node's parent, and the nodes by class."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property

# Fields that hold nodes worth visiting, by class; contexts and operators carry nothing that a rule asks for.
_SKIPPED_FIELDS = frozenset(
    ("ctx", "op", "ops", "type_comment", "type_ignores", "kind", "conversion", "is_async", "simple", "names",
     "kwd_attrs", "rest", "name", "attr", "arg", "id", "tag", "str", "is_lazy")
)  # fmt: skip
_FIELDS: dict[type[ast.AST], tuple[str, ...]] = {
    _class: tuple(field for field in _class._fields if field not in _SKIPPED_FIELDS)
    for _class in vars(ast).values()
    if isinstance(_class, type) and issubclass(_class, ast.AST)
}
_FIELDS |= dict.fromkeys((ast.Name, ast.Constant, ast.alias, ast.Import, ast.ImportFrom, ast.MatchSingleton), ())
_FIELDS |= dict.fromkeys((ast.FunctionDef, ast.AsyncFunctionDef), ("decorator_list", "args", "returns", "body"))
_FIELDS[type(None)] = ()  # type: ignore[index]  # ``**mapping`` in a dict display has the key None
_FIELDS[ast.Attribute] = ("value",)
_FIELDS[ast.ClassDef] = ("decorator_list", "bases", "keywords", "body")
_FIELDS[ast.IfExp] = ("body", "test", "orelse")
# The walk takes the last child first.
_BACKWARDS = {_class: fields[::-1] for _class, fields in _FIELDS.items()}


def children(node: ast.AST) -> list[ast.AST]:
    """The nodes right below one, contexts and operators left out; a third of what ``ast.iter_child_nodes`` costs."""
    found: list[ast.AST] = []
    for field in _FIELDS[node.__class__]:
        child = getattr(node, field)
        if child.__class__ is list:
            found += [item for item in child if item is not None] if None in child else child
        elif child is not None:
            found.append(child)
    return found


class Tree:
    """One file's tree with each node's parent and the nodes of each class, in source order."""

    def __init__(self, tree: ast.Module) -> None:
        self.root = tree
        self.parents: dict[ast.AST, ast.AST] = {}
        self._nodes: dict[type[ast.AST], list[ast.AST]] = {}
        self._sorted: dict[tuple[type[ast.AST], ...], list[ast.AST]] = {}
        self._walk()

    def _walk(self) -> None:
        parents, nodes, fields = self.parents, self._nodes, _BACKWARDS
        stack: list[ast.AST] = [self.root]
        pop, push, extend = stack.pop, stack.append, stack.extend
        while stack:
            node = pop()
            cls = node.__class__
            try:
                nodes[cls].append(node)
            except KeyError:
                nodes[cls] = [node]
            for field in fields[cls]:
                child = getattr(node, field)
                if child.__class__ is list:
                    if child:
                        for item in child:
                            parents[item] = node
                        extend(child[::-1])
                elif child is not None and child.__class__ is not str:
                    parents[child] = node
                    push(child)
        parents.pop(None, None)  # type: ignore[call-overload]
        nodes.pop(type(None), None)  # type: ignore[arg-type]

    def nodes(self, *classes: type[ast.AST]) -> list[ast.AST]:
        """All nodes of these classes in source order; of two that start at one place, the outer one first."""
        found = self._sorted.get(classes)
        if found is None:
            lists = [each for cls in classes if (each := self._nodes.get(cls))]
            found = lists[0] if len(lists) == 1 else [node for each in lists for node in each]
            if len(lists) > 1 or self._in_turns or ast.Constant in classes:
                found = sorted(found, key=position)
            self._sorted[classes] = found
        return found

    @cached_property
    def _in_turns(self) -> bool:
        """Whether fields stand in turns somewhere (key, value, key), so that the walk is not in source order."""
        for node in self._nodes.get(ast.Dict, ()):
            if not all(key.__class__ is ast.Constant for key in node.keys):  # type: ignore[attr-defined]
                return True
        for node in self._nodes.get(ast.arguments, ()):
            if (node.defaults or node.kw_defaults) and _is_annotated(node):  # type: ignore[attr-defined]
                return True
        for node in self._nodes.get(ast.Starred, ()):
            if isinstance(call := self.parents[node], ast.Call) and call.keywords:
                return True
        return ast.Match in self._nodes

    @cached_property
    def calls(self) -> dict[str, list[ast.Call]]:
        """The calls by the last name of what is called, as it is written: ``app.route(..)`` is one of "route"."""
        found: dict[str, list[ast.Call]] = {}
        for call in self.nodes(ast.Call):
            function = call.func  # type: ignore[attr-defined]
            name = getattr(function, "attr", None) or getattr(function, "id", None)
            if name is not None:
                found.setdefault(name, []).append(call)  # type: ignore[arg-type]
        return found

    def ancestors(self, node: ast.AST) -> Iterator[ast.AST]:
        """The parents of a node, nearest first, up to the module."""
        parents = self.parents
        parent = parents.get(node)
        while parent is not None:
            yield parent
            parent = parents.get(parent)


def _is_annotated(node: ast.AST) -> bool:
    assert isinstance(node, ast.arguments)
    return any(item.annotation is not None for item in (*node.posonlyargs, *node.args, *node.kwonlyargs))


def position(node: ast.AST) -> tuple[int, int]:
    """Line and column of a node; before everything else where it has no place of its own."""
    return (getattr(node, "lineno", 0), getattr(node, "col_offset", 0))
