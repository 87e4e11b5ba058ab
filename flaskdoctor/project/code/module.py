"""One Python file: its bytes, its tree, and the index that rules ask. Rules never walk the tree themselves."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import cached_property

from flaskdoctor.finding import Location
from flaskdoctor.project.code import literals
from flaskdoctor.project.code.configuration import ConfigWrite, config_writes
from flaskdoctor.project.code.names import FUNCTIONS, FunctionNode, Names, Scope
from flaskdoctor.project.code.tree import Tree
from flaskdoctor.project.routing.views import Handler, View, find_handlers, find_views

_BRANCHES = (
    ast.If, ast.IfExp, ast.BoolOp, ast.Try, ast.TryStar, ast.For, ast.AsyncFor, ast.While, ast.Match,
    ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp,
)  # fmt: skip


class Module:
    """A parsed file of the project.

    ``path`` is POSIX and relative to the root, ``name`` the dotted name made from it (``shop/views.py`` is
    ``shop.views``, ``shop/__init__.py`` is ``shop``), ``role`` one of the words of ``discover.role_of``.
    ``words`` are those of ``facts.WORDS`` that occur in it, where they are known already.
    Raises ``SyntaxError`` or ``ValueError`` (null bytes) from the constructor where the file does not parse.
    """

    def __init__(
        self,
        path: str,
        name: str,
        role: str,
        source: bytes,
        tree: ast.Module | None = None,
        words: frozenset[bytes] | None = None,
    ) -> None:
        self.path = path
        self.name = name
        self.role = role
        self.source = source
        self.is_package = path.endswith("__init__.py")
        self.ast = tree if tree is not None else ast.parse(source)
        self._words = words
        self._grouped: dict[str, dict[Scope, list[ast.Name]]] = {}

    # -- text -----------------------------------------------------------------------------------------------

    @cached_property
    def text(self) -> str:
        """The source as text, decoded as Python would decode it."""
        return decode(self.source)

    @cached_property
    def lines(self) -> list[str]:
        """The source's lines as ``ast`` counts them, without their ends."""
        return self.text.replace("\r\n", "\n").replace("\r", "\n").split("\n")

    def segment(self, node: ast.AST) -> str:
        """The source text of a node."""
        return ast.get_source_segment(self.text, node) or ""

    def lines_of(self, node: ast.stmt) -> str:
        """The whole source lines that a statement stands on: much cheaper than ``segment`` for a first look."""
        return "\n".join(self.lines[node.lineno - 1 : node.end_lineno])

    def location(self, node: ast.AST) -> Location:
        """Where a node stands, in characters."""
        line = getattr(node, "lineno", 0)
        if not line:
            return Location(self.path)
        end_line = getattr(node, "end_lineno", None) or line
        end = getattr(node, "end_col_offset", None) or 0
        return Location(
            self.path,
            line,
            self._column(line, getattr(node, "col_offset", 0)),
            end_line,
            self._column(end_line, end),
        )

    def _column(self, line: int, offset: int) -> int:
        text = self.lines[line - 1] if line <= len(self.lines) else ""
        if text.isascii():
            return offset + 1
        return len(text.encode("utf-8")[:offset].decode("utf-8", "ignore")) + 1

    def says(self, words: Iterable[bytes]) -> bool:
        """Whether one of some words of ``facts.WORDS`` occurs in the source."""
        if self._words is not None:
            return not self._words.isdisjoint(words)
        return any(word in self.source for word in words)

    # -- structure ------------------------------------------------------------------------------------------

    @cached_property
    def tree(self) -> Tree:
        """The nodes by class and by parent."""
        return Tree(self.ast)

    @cached_property
    def names(self) -> Names:
        """What the names of this file mean."""
        package = self.name if self.is_package else self.name.rpartition(".")[0]
        return Names(self.tree, self.name, package)

    def nodes(self, *classes: type[ast.AST]) -> list[ast.AST]:
        """All nodes of these classes in source order."""
        return self.tree.nodes(*classes)

    def parent(self, node: ast.AST) -> ast.AST | None:
        """The node right around this one; None for the module."""
        return self.tree.parents.get(node)

    def ancestors(self, node: ast.AST) -> Iterator[ast.AST]:
        """All nodes around this one, nearest first."""
        return self.tree.ancestors(node)

    def statement_of(self, node: ast.AST) -> ast.stmt:
        """The statement that a node stands in (or is)."""
        current: ast.AST | None = node
        while current is not None and not isinstance(current, ast.stmt):
            current = self.tree.parents.get(current)
        assert current is not None
        return current

    def function_of(self, node: ast.AST) -> FunctionNode | None:
        """The function in whose scope a node is evaluated (decorators and defaults are outside of it)."""
        scope = self.names.scope_of(node)
        while scope is not None:
            if isinstance(scope.node, FUNCTIONS):
                return scope.node
            if isinstance(scope.node, ast.Lambda) or scope.parent is None:
                return None
            scope = scope.parent
        return None

    def class_of(self, node: ast.AST) -> ast.ClassDef | None:
        """The class whose body a node stands in directly, or through one of its methods."""
        return next((parent for parent in self.ancestors(node) if isinstance(parent, ast.ClassDef)), None)

    def qualname(self, node: ast.AST) -> str:
        """The dotted name of a function or class of this file."""
        return self.names.qualname(node)

    @cached_property
    def _returns(self) -> dict[ast.AST, list[ast.Return]]:
        found: dict[ast.AST, list[ast.Return]] = {}
        for node in self.nodes(ast.Return):
            assert isinstance(node, ast.Return)
            function = next((parent for parent in self.ancestors(node) if isinstance(parent, FUNCTIONS)), None)
            if function is not None:  # outside of one it parses all the same, and does not compile
                found.setdefault(function, []).append(node)
        return found

    def returns(self, function: FunctionNode) -> list[ast.Return]:
        """The return statements of a function, without those of functions nested in it."""
        return self._returns.get(function, [])

    def at_import(self, node: ast.AST) -> bool:
        """Whether a node is evaluated when the module is imported.

        Not in a function's or lambda's body, not under ``if TYPE_CHECKING:`` or ``if __name__ == "__main__":``,
        not in an annotation.
        """
        scope = self.names.scope_of(node)
        while scope.parent is not None:
            if isinstance(scope.node, (*FUNCTIONS, ast.Lambda)):
                return False
            if isinstance(scope.node, ast.GeneratorExp) and not self._consumed(scope.node):
                return False
            scope = scope.parent
        child: ast.AST = node
        for parent in self.ancestors(node):
            if isinstance(parent, ast.If) and child in parent.body and is_deferred_test(parent.test):
                return False
            if isinstance(parent, ast.AnnAssign) and parent.annotation is child:
                return False
            if isinstance(parent, ast.arg) or (isinstance(parent, FUNCTIONS) and parent.returns is child):
                return False
            child = parent
        return True

    def unconditional(self, node: ast.AST) -> bool:
        """Whether a node is evaluated whenever the function (or the module) in whose scope it stands runs: under no
        ``if``, ``try`` or loop, and not where an error is expected."""
        function = self.function_of(node)
        for parent in self.ancestors(node):
            if parent is function:
                break
            if isinstance(parent, _BRANCHES):
                return False
            if isinstance(parent, ast.With | ast.AsyncWith):
                for item in parent.items:
                    called = item.context_expr.func if isinstance(item.context_expr, ast.Call) else item.context_expr
                    if (self.resolve(called) or "").rpartition(".")[2] in ("raises", "suppress", "assertRaises"):
                        return False
        return True

    def _consumed(self, generator: ast.AST) -> bool:
        return isinstance(self.parent(generator), ast.Call)

    # -- meaning --------------------------------------------------------------------------------------------

    def resolve(self, node: ast.AST | None) -> str | None:
        """The dotted name that a Name or Attribute stands for; None where it cannot be said."""
        return self.names.resolve(node)

    def value(self, node: ast.expr) -> ast.expr:
        """What a name was assigned, where it is assigned exactly once; otherwise the node itself."""
        seen = 0
        while isinstance(node, ast.Name) and seen < 8:
            binding = self.names.binding(node)
            if binding is None or binding.value is None or binding.value is node:
                break
            node = binding.value
            seen += 1
        return node

    def string(self, node: ast.AST | None) -> str | None:
        """The text of a string literal, also put together or through a name that is assigned once; else None."""
        return literals.text(self, node)

    @cached_property
    def _calls(self) -> dict[str, list[ast.Call]]:
        found: dict[str, list[ast.Call]] = {}
        resolve = self.names.resolve
        for node in self.nodes(ast.Call):
            name = resolve(node.func)  # type: ignore[attr-defined]
            if name is not None:
                found.setdefault(name, []).append(node)  # type: ignore[arg-type]
        return found

    def calls(self, *names: str) -> list[ast.Call]:
        """The calls of these dotted names, in source order for each name."""
        return [call for name in names for call in self._calls.get(name, ())]

    def calls_by_name(self) -> dict[str, list[ast.Call]]:
        """All calls of this file whose callee has a dotted name."""
        return self._calls

    def calls_of(self, attribute: str) -> list[ast.Call]:
        """The calls of whatever is written ``something.attribute(..)``, in source order."""
        return [call for call in self.tree.calls.get(attribute, ()) if isinstance(call.func, ast.Attribute)]

    @cached_property
    def views(self) -> list[View]:
        """The functions and classes of this file that routes point to."""
        return find_views(self)

    @cached_property
    def handlers(self) -> list[Handler]:
        """Error handlers and the before/after hooks of requests."""
        return find_handlers(self)

    @cached_property
    def config_writes(self) -> list[ConfigWrite]:
        """Every place that sets a key of an app's configuration."""
        return config_writes(self)

    def uses(self, name: ast.Name) -> list[ast.Name]:
        """Every other reading of the variable that ``name`` stands for."""
        found = self.names.scope_of(name).lookup(name.id)
        if found is None:
            return []
        return [other for other in self._readings_by_scope(name.id).get(found[0], ()) if other is not name]

    def _readings_by_scope(self, name: str) -> dict[Scope, list[ast.Name]]:
        """The readings of variables of this name, by the scope that binds each."""
        grouped = self._grouped.get(name)
        if grouped is None:
            grouped = self._grouped[name] = {}
            for other in self.readings(name):
                found = self.names.scope_of(other).lookup(name)
                if found is not None:
                    grouped.setdefault(found[0], []).append(other)
        return grouped

    def readings(self, name: str) -> list[ast.Name]:
        """Every place where some variable of this name is read, whichever scope it belongs to."""
        return self._loads.get(name, [])

    @cached_property
    def _loads(self) -> dict[str, list[ast.Name]]:
        found: dict[str, list[ast.Name]] = {}
        for node in self.nodes(ast.Name):
            if node.ctx.__class__ is ast.Load:  # type: ignore[attr-defined]
                found.setdefault(node.id, []).append(node)  # type: ignore[attr-defined, arg-type]
        return found


def decode(source: bytes) -> str:
    """The text of Python source, honouring BOM and coding line; undecodable bytes become U+FFFD."""
    if source.isascii():
        return source.decode("ascii")
    from io import BytesIO
    from tokenize import detect_encoding

    try:
        encoding, _ = detect_encoding(BytesIO(source).readline)
    except SyntaxError:
        encoding = "utf-8"
    return source.decode(encoding, "replace")


def is_deferred_test(test: ast.expr) -> bool:
    """``TYPE_CHECKING`` or ``__name__ == "__main__"``: what an import does not run."""
    if isinstance(test, ast.BoolOp):
        return any(is_deferred_test(value) for value in test.values)
    if isinstance(test, ast.Compare):
        sides = [test.left, *test.comparators]
        return any(isinstance(side, ast.Name) and side.id == "__name__" for side in sides)
    name = test.attr if isinstance(test, ast.Attribute) else test.id if isinstance(test, ast.Name) else ""
    return name == "TYPE_CHECKING"
