"""What a name means in one file: imports, aliases, scopes, single-assignment locals.

Scopes and bindings are worked out from the tree's index (``tree.Tree``) when the first name is asked for. A meaning
is a dotted name: ``flask.jsonify`` for what is imported, ``shop.views.cart`` for what this file defines,
``shop.create_app.<locals>.app`` for a function's local.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable
from typing import NamedTuple

from flaskdoctor.project.code.tree import Tree, position

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_SCOPES = frozenset((*FUNCTIONS, ast.Lambda, ast.ClassDef, ast.Module, *_COMPREHENSIONS))
_BUILTINS = frozenset(dir(builtins))

# What ``from flask import *`` brings that rules ask for; anything else a star brings stays unknown.
_FLASK_EXPORTS = frozenset(
    [
        "Flask",
        "Blueprint",
        "Request",
        "Response",
        "abort",
        "after_this_request",
        "copy_current_request_context",
        "current_app",
        "flash",
        "g",
        "get_flashed_messages",
        "has_app_context",
        "has_request_context",
        "json",
        "jsonify",
        "make_response",
        "redirect",
        "render_template",
        "render_template_string",
        "request",
        "send_file",
        "send_from_directory",
        "session",
        "stream_with_context",
        "url_for",
    ]
)


def _stands_in(value: ast.expr | None) -> bool:
    """``None`` or ``False`` for a name that could not be imported."""
    return isinstance(value, ast.Constant) and (value.value is None or value.value is False)


class Binding(NamedTuple):
    """One way a name gets its value in a scope.

    ``kind`` is import, def, class, assign, parameter or other; ``target`` is the dotted name of an import;
    ``value`` the assigned expression where it is a plain ``name = value``.
    """

    kind: str
    node: ast.AST
    target: str = ""
    value: ast.expr | None = None


class Scope:
    """A module, class, function, lambda or comprehension, and the names bound in it."""

    __slots__ = ("bindings", "foreign", "is_class", "node", "parent", "qualname")

    def __init__(self, node: ast.AST, parent: Scope | None, qualname: str) -> None:
        self.node = node
        self.parent = parent
        self.qualname = qualname
        self.is_class = isinstance(node, ast.ClassDef)
        self.bindings: dict[str, list[Binding]] = {}
        self.foreign: set[str] = set()  # names declared global or nonlocal here

    def lookup(self, name: str) -> tuple[Scope, list[Binding]] | None:
        """The scope that binds a name as seen from here, with its bindings; classes do not nest."""
        scope: Scope | None = self
        while scope is not None:
            found = scope.bindings.get(name)
            if found and name not in scope.foreign and (scope is self or not scope.is_class):
                return scope, found
            scope = scope.parent
        return None


class Names:
    """Resolves the names of one file. ``module`` is its dotted name, ``package`` the one relative imports start at."""

    def __init__(self, tree: Tree, module: str, package: str) -> None:
        self.tree = tree
        self.module = module
        self.package = package
        self.stars: list[str] = []
        self._scopes: dict[ast.AST, Scope] = {}
        self._outer: set[ast.AST] = set()
        self._meanings: dict[ast.AST, str | None] = {}
        self._importing: dict[ast.AST, ast.AST] = {}  # the statement of each imported name
        self._mark_outer()
        self.module_scope = self._scope_for(tree.root)
        self._bind()

    # -- scopes ---------------------------------------------------------------------------------------------

    def _mark_outer(self) -> None:
        """Decorators, defaults, bases and the first iterable of a comprehension belong to the scope around."""
        outer = self._outer
        for node in self.tree.nodes(*FUNCTIONS, ast.Lambda, ast.ClassDef, *_COMPREHENSIONS):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                outer.update(node.decorator_list)
                if node.returns is not None:
                    outer.add(node.returns)
            if isinstance(node, ast.ClassDef):
                outer.update(node.decorator_list, node.bases, node.keywords)
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
                outer.update(node.args.defaults)
                outer.update(default for default in node.args.kw_defaults if default is not None)
            elif isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
                outer.add(node.generators[0].iter)

    def scope_of(self, node: ast.AST) -> Scope:
        """The scope in which a node is evaluated."""
        parents, outer = self.tree.parents, self._outer
        skip = node in outer
        parent = parents.get(node)
        while parent is not None:
            if parent.__class__ in _SCOPES:
                if skip:
                    skip = parent in outer
                else:
                    return self._scopes.get(parent) or self._scope_for(parent)
            elif not skip and parent in outer:
                skip = True
            parent = parents.get(parent)
        return self.module_scope

    def scope(self, node: ast.AST) -> Scope:
        """The scope that a function, class or lambda opens."""
        return self._scope_for(node)

    def _scope_for(self, node: ast.AST) -> Scope:
        scope = self._scopes.get(node)
        if scope is None:
            if isinstance(node, ast.Module):
                scope = Scope(node, None, self.module)
            else:
                parent = self.scope_of(node)
                name = getattr(node, "name", "<anonymous>")
                inner = "" if parent.is_class or parent.parent is None else ".<locals>"
                scope = Scope(node, parent, f"{parent.qualname}{inner}.{name}")
            self._scopes[node] = scope
        return scope

    def qualname(self, node: ast.AST) -> str:
        """The dotted name of a function or class of this file."""
        return self._scope_for(node).qualname

    def local_name(self, scope: Scope, name: str) -> str:
        """The dotted name of ``name`` bound in ``scope``."""
        plain = scope.parent is None or scope.is_class
        return f"{scope.qualname}.{name}" if plain else f"{scope.qualname}.<locals>.{name}"

    # -- bindings -------------------------------------------------------------------------------------------

    def assigned(self, target: ast.expr) -> str | None:
        """The dotted name that an assignment gives a value to."""
        if not isinstance(target, ast.Name):
            return self.resolve(target)
        scope = self.scope_of(target)
        return self.local_name(self.module_scope if target.id in scope.foreign else scope, target.id)

    def _bind(self) -> None:
        tree, parents = self.tree, self.tree.parents
        for node in tree.nodes(ast.Global, ast.Nonlocal):
            assert isinstance(node, ast.Global | ast.Nonlocal)
            self.scope_of(node).foreign.update(node.names)
        for node in tree.nodes(ast.Import, ast.ImportFrom):
            self._bind_import(node)
        for node in tree.nodes(*FUNCTIONS, ast.ClassDef):
            kind = "class" if isinstance(node, ast.ClassDef) else "def"
            self._add(self.scope_of(node), node.name, Binding(kind, node))  # type: ignore[attr-defined]
        for node in tree.nodes(ast.arg):
            assert isinstance(node, ast.arg)
            function = parents[parents[node]]
            self._add(self._scope_for(function), node.arg, Binding("parameter", node))
        for node in tree.nodes(ast.Name):
            if node.ctx.__class__ is not ast.Load:  # type: ignore[attr-defined]
                self._bind_name(node)  # type: ignore[arg-type]
        for node in tree.nodes(ast.ExceptHandler, ast.MatchAs, ast.MatchStar, ast.MatchMapping):
            name = getattr(node, "name", None) or getattr(node, "rest", None)
            if name:
                self._add(self.scope_of(node), name, Binding("other", node))

    def _bind_name(self, node: ast.Name) -> None:
        parent = self.tree.parents[node]
        value: ast.expr | None = None
        kind = "other"
        if isinstance(parent, ast.Assign) and node in parent.targets:
            kind, value = "assign", parent.value
        elif isinstance(parent, ast.AnnAssign) and parent.target is node:
            if parent.value is None:
                return
            kind, value = "assign", parent.value
        elif isinstance(parent, ast.NamedExpr) and parent.target is node:
            kind, value = "assign", parent.value
        scope = self.scope_of(node)
        if isinstance(parent, ast.NamedExpr):
            while isinstance(scope.node, _COMPREHENSIONS) and scope.parent is not None:
                scope = scope.parent  # a walrus inside a comprehension binds outside of it
        self._add(scope, node.id, Binding(kind, node, value=value))

    def _bind_import(self, node: ast.AST) -> None:
        scope = self.scope_of(node)
        self._importing.update((item, node) for item in node.names)  # type: ignore[attr-defined]
        if isinstance(node, ast.Import):
            for item in node.names:
                name, target = item.asname, item.name
                if name is None:
                    name = target = item.name.partition(".")[0]
                self._add(scope, name, Binding("import", item, target))
        elif isinstance(node, ast.ImportFrom):
            base = self.absolute(node.module, node.level)
            for item in node.names:
                if item.name == "*":
                    self.stars.append(base)
                else:
                    target = f"{base}.{item.name}" if base else item.name
                    self._add(scope, item.asname or item.name, Binding("import", item, target))

    def absolute(self, module: str | None, level: int) -> str:
        """The dotted name that ``from <level dots><module> import`` starts at."""
        if level == 0:
            return module or ""
        parts = self.package.split(".") if self.package else []
        parts = parts[: len(parts) - (level - 1)]
        return ".".join([*parts, *([module] if module else [])])

    def _add(self, scope: Scope, name: str, binding: Binding) -> None:
        if name in scope.foreign:
            scope = self.module_scope
        scope.bindings.setdefault(name, []).append(binding)

    # -- meaning --------------------------------------------------------------------------------------------

    def resolve(self, node: ast.AST | None, depth: int = 0) -> str | None:
        """The dotted name that a Name or Attribute stands for; None where it cannot be said."""
        if depth:
            return self._meaning(node, depth)
        try:
            return self._meanings[node]  # type: ignore[index]
        except KeyError:
            meaning = self._meanings[node] = self._meaning(node, 0)  # type: ignore[index]
            return meaning

    def _meaning(self, node: ast.AST | None, depth: int) -> str | None:
        if isinstance(node, ast.Attribute):
            base = self._self_class(node.value) or self.resolve(node.value, depth)
            return f"{base}.{node.attr}" if base else None
        if isinstance(node, ast.Name):
            return self._resolve_name(node, depth)
        return None

    def _self_class(self, node: ast.expr) -> str | None:
        """The class that ``self`` or ``cls`` stands for: ``self.app`` is then named like a class attribute."""
        if not isinstance(node, ast.Name) or node.id not in ("self", "cls"):
            return None
        found = self.scope_of(node).lookup(node.id)
        if found is None or found[1][0].kind != "parameter":
            return None
        owner = found[0].parent
        return owner.qualname if owner is not None and owner.is_class else None

    def _resolve_name(self, node: ast.Name, depth: int) -> str | None:
        found = self.scope_of(node).lookup(node.id)
        if found is None:
            return self._from_star(node.id)
        scope, bindings = found
        imports = [binding for binding in bindings if binding.kind == "import"]
        if imports and all(item.kind == "import" or _stands_in(item.value) for item in bindings):
            return imports[0].target if len(imports) == 1 else self._imported_last(node, imports)
        if len(bindings) == 1 and depth < 8:
            value = bindings[0].value
            if isinstance(value, ast.Name | ast.Attribute) and bindings[0].node is not node:
                target = self.resolve(value, depth + 1)
                # An alias of a library name or of a definition here; a local of a call stays itself.
                if target is not None and not target.endswith(f".{node.id}.{node.id}"):
                    return target
        return self.local_name(scope, node.id)

    def _imported_last(self, node: ast.Name, bindings: list[Binding]) -> str:
        """Of several imports of one name, the last one that surely ran before the name is read; else the first."""
        blocks = {node, *self.tree.ancestors(node)}
        before = [item for item in bindings if position(item.node) < position(node)]
        if before:
            block = self.tree.parents[self._importing[before[-1].node]]
            if block in blocks and not isinstance(block, ast.Try):
                return before[-1].target
        return bindings[0].target

    def _from_star(self, name: str) -> str | None:
        """A name that no statement binds: a builtin, or one of those that star imports bring."""
        if "flask" in self.stars and name in _FLASK_EXPORTS:
            return f"flask.{name}"
        if name in _BUILTINS:
            return f"builtins.{name}"
        stars = [star for star in self.stars if star != "flask"]
        if len(stars) > 1:
            return f"{self.module}.{name}"  # one of them; linking finds out which
        return f"{stars[0]}.{name}" if stars else None

    def binding(self, node: ast.Name) -> Binding | None:
        """The only binding of a name as seen from this node; None where there is none, or more than one."""
        found = self.scope_of(node).lookup(node.id)
        if found is None or len(found[1]) != 1:
            return None
        return found[1][0]

    def scope_bindings(self, node: ast.AST, name: str) -> list[Binding]:
        """All bindings of a name in the scope that a function or class makes."""
        return self._scope_for(node).bindings.get(name, [])

    def bindings(self, node: ast.Name) -> Iterable[Binding]:
        """All bindings of a name as seen from this node."""
        found = self.scope_of(node).lookup(node.id)
        return found[1] if found else ()
