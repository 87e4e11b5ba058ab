"""Adding imports in the file's own order, and dropping those that a fix has left without a use."""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Collection, Container, Iterable, Iterator, Sequence
from typing import NamedTuple

import libcst as cst
from libcst.helpers import get_full_name_for_node

from flaskdoctor.errors import Refuse
from flaskdoctor.fixes.python.changes import Changes
from flaskdoctor.fixes.python.import_fill import refilled
from flaskdoctor.fixes.python.import_moves import moved_in_place
from flaskdoctor.fixes.python.import_order import insert_import
from flaskdoctor.fixes.python.walking import comments, parents_of

_LINTERS = re.compile(r"noqa|unused", re.IGNORECASE)  # and pylint's `disable=unused-import`


class WantedImport(NamedTuple):
    """``import module``, or ``from module import name``."""

    module: str
    name: str | None = None

    @property
    def binds(self) -> str:
        """The name that it gives the file."""
        return self.name or self.module.partition(".")[0]

    def given_by(self, dotted: str) -> bool:
        """Whether the import of ``dotted`` gives it: ``import os.path`` gives ``os`` too."""
        if self.name is not None:
            return dotted == f"{self.module}.{self.name}"
        return f"{dotted}.".startswith(f"{self.module}.")


class Imports:
    """The imports of one file. ``exported`` are the names that other files take from it,
    ``own`` the project's top-level packages, ``width`` how long a line may be."""

    def __init__(self, tree: ast.Module, path: str, exported: Container[str], own: Collection[str], width: int) -> None:
        self._width = width
        self._own = frozenset(name.lower() for name in own)
        self._tree = tree
        self._package = path.rpartition("/")[2] == "__init__.py"
        self._exported = exported

    def local_name(self, wanted: WantedImport) -> str:
        """What ``wanted`` is called in this file. Raises ``Refuse`` where that name means something else."""
        for statement, alias in _imported(self._tree.body):
            if _is(statement, alias, wanted):
                return alias.asname or wanted.name or wanted.module
        if wanted.binds in _bound_otherwise(self._tree):
            raise Refuse(f"The name {wanted.binds} means something else in this file, so it stays as it is.")
        return wanted.name or wanted.module

    def update(self, module: cst.Module, added: Sequence[WantedImport], dropped: Sequence[str]) -> cst.Module:
        """``module`` without the ``dropped`` imports that nothing uses, and with those that are ``added``."""
        new = [wanted for wanted in added if self.local_name(wanted) == (wanted.name or wanted.module)]
        homes: dict[str, set[str]] = {}
        for wanted in added:
            if wanted.name is not None:
                homes.setdefault(wanted.name, set()).add(wanted.module)
        module = moved_in_place(module, homes, dropped)
        # First what comes, then what goes: a new name may take its place in a line that would else be gone, and the
        # blank lines below the last import stay below it.
        for wanted in added:
            module = self._add(module, wanted)
        for dotted in dropped:
            # Names that the file gets from elsewhere now; one that is wanted from right there has to be without a use.
            module = self._drop(module, dotted, {wanted.binds for wanted in new if not wanted.given_by(dotted)})
        self._check_meanings(module, added)
        return module

    def _add(self, module: cst.Module, wanted: WantedImport) -> cst.Module:
        tree = ast.parse(module.code)
        for statement, alias in _imported(tree.body):
            if _is(statement, alias, wanted):
                if not _used_before(tree, alias.asname or wanted.binds, statement.lineno):
                    return module
                break

        def in_time(index: int) -> bool:
            """Whether nothing above the statement ``index`` needs the name yet."""
            above = ast.parse(module.with_changes(body=module.body[:index], footer=()).code)
            return not _used_before(above, wanted.binds)

        return insert_import(module, wanted.module, wanted.name, self._own, self._width, in_time)

    def _check_meanings(self, module: cst.Module, added: Sequence[WantedImport]) -> None:
        """Raises ``Refuse`` where another import gives a name that was added another meaning."""
        tree = ast.parse(module.code)
        for wanted in added:
            if self.local_name(wanted) != (wanted.name or wanted.module):
                continue
            for statement, alias in _imported(ast.walk(tree)):
                if (alias.asname or alias.name.partition(".")[0]) == wanted.binds and not _is(statement, alias, wanted):
                    raise Refuse(f"The name {wanted.binds} means something else here, so it stays as it is.")

    def _drop(self, module: cst.Module, dotted: str, rebound: set[str]) -> cst.Module:
        tree = ast.parse(module.code)
        parents = parents_of(module)
        gone: set[cst.CSTNode] = set()
        for node in list(parents):
            if not isinstance(node, cst.ImportFrom | cst.Import):
                continue
            for alias in _names(node):
                bound = _bound_by(node, alias, dotted)
                if bound is None:
                    continue
                if bound not in rebound and bound in self._exported:
                    continue
                needed = _is_needed(module, tree, node, bound, parents) or self._for_others(bound)
                if bound not in rebound and needed:
                    continue
                if self._may_go(node, alias, parents):
                    gone.add(alias)
                elif bound in rebound:
                    raise Refuse(f"The import of {dotted} has a comment or a condition, so it stays as it is.")
        return _without_aliases(module, gone, parents)

    def _for_others(self, name: str) -> bool:
        """Whether a package's __init__.py has the name for others alone: it did not use it before, either."""
        return self._package and not is_used(self._tree, "", name)

    def _may_go(
        self,
        node: cst.Import | cst.ImportFrom,
        alias: cst.ImportAlias,
        parents: dict[cst.CSTNode, cst.CSTNode],
    ) -> bool:
        line = parents[node]
        around = list(_around(node, parents))
        if any(isinstance(each, cst.Try | cst.TryStar | cst.With) for each in around):
            return False  # `try: from flask import Markup` / `except ImportError:` answers a question
        if isinstance(parents[line], cst.IndentedBlock) and isinstance(parents[parents[line]], cst.ClassDef):
            return False  # an attribute of the class
        if alias.evaluated_alias == alias.evaluated_name:
            return False  # `from flask import jsonify as jsonify` says that others take it from here
        if isinstance(line, cst.SimpleStatementLine) and (comment := line.trailing_whitespace.comment):
            whole = len(line.body) == 1 and len(_names(node)) == 1
            if whole or _LINTERS.search(comment.value):
                return False
        return not _loses_comment(node, alias)


def _names(node: cst.Import | cst.ImportFrom) -> Sequence[cst.ImportAlias]:
    return () if isinstance(node.names, cst.ImportStar) else node.names


def _loses_comment(node: cst.Import | cst.ImportFrom, alias: cst.ImportAlias) -> bool:
    """Whether a comment hangs on what goes with the alias: itself, or the brackets of an only one."""
    return bool(comments(node if len(_names(node)) == 1 else alias))


def _closed(alias: cst.ImportAlias, last: cst.ImportAlias) -> cst.ImportAlias | None:
    """``alias`` as the last one, in the place of ``last``; None where a comment behind it has no place then."""
    comma = alias.comma
    if not isinstance(comma, cst.Comma) or not comments(comma):
        return alias.with_changes(comma=last.comma)
    space = comma.whitespace_after
    end = last.comma.whitespace_after if isinstance(last.comma, cst.Comma) else None
    if not isinstance(space, cst.ParenthesizedWhitespace) or not isinstance(end, cst.ParenthesizedWhitespace):
        return None
    if any(line.comment for line in space.empty_lines):
        return None
    return alias.with_changes(comma=comma.with_changes(whitespace_after=end.with_changes(first_line=space.first_line)))


def _without_aliases(module: cst.Module, gone: set[cst.CSTNode], parents: dict[cst.CSTNode, cst.CSTNode]) -> cst.Module:
    if not gone:
        return module
    changes = Changes(parents)
    statements = {parents[alias] for alias in gone}
    slimmer: dict[cst.CSTNode, cst.CSTNode] = {}
    for statement in statements:
        assert isinstance(statement, cst.Import | cst.ImportFrom)
        names = _names(statement)
        kept = [alias for alias in names if alias not in gone]
        if not kept:
            changes.removed.add(statement)
            continue
        if names[-1] in gone:
            closed = _closed(kept[-1], names[-1])
            if closed is None:
                kept.append(names[-1])
            else:
                kept[-1] = closed
        slimmer[statement] = refilled(statement, statement.with_changes(names=kept))
    changes.swapped = slimmer
    return changes.apply(module)


def _bound_by(node: cst.Import | cst.ImportFrom, alias: cst.ImportAlias, dotted: str) -> str | None:
    """The name that ``alias`` binds if it imports ``dotted``."""
    name = alias.evaluated_name
    if isinstance(node, cst.ImportFrom):
        if node.relative or node.module is None:
            return None
        name = f"{get_full_name_for_node(node.module)}.{name}"
    if name != dotted:
        return None
    bound = alias.evaluated_alias or alias.evaluated_name
    return bound.partition(".")[0]


def _around(node: cst.CSTNode, parents: dict[cst.CSTNode, cst.CSTNode]) -> Iterator[cst.CSTNode]:
    parent = parents.get(node)
    while parent is not None:
        yield parent
        parent = parents.get(parent)


def _is_needed(
    module: cst.Module,
    tree: ast.Module,
    node: cst.CSTNode,
    name: str,
    parents: dict[cst.CSTNode, cst.CSTNode],
) -> bool:
    """Whether anything uses the name that an import gives: of one inside a function, anything in that function."""
    function = next((each for each in _around(node, parents) if isinstance(each, cst.FunctionDef)), None)
    if function is None:
        return is_used(tree, module.code, name)
    code = textwrap.dedent(module.code_for_node(function.with_changes(leading_lines=(), decorators=())))
    try:
        return is_used(ast.parse(code), code, name)
    except SyntaxError:  # a text in it begins further left than the function
        return is_used(tree, module.code, name)


def is_used(tree: ast.Module, code: str, name: str) -> bool:
    """Whether anything but an import says ``name``: code, ``__all__``, a quoted annotation, a doctest; ``globals()``
    says all names."""
    word = re.compile(rf"\b{re.escape(name)}\b")
    docstrings = _docstrings(tree)
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=found) if found in (name, "globals"):
                return True
            case ast.Global(names=names) | ast.Nonlocal(names=names) if name in names:
                return True
            case ast.Constant(value=str(text)) if word.search(text):
                if node in docstrings:
                    if ">>>" in text:
                        return True
                elif _names_it(text, name):
                    return True
    return any(word.search(comment) for comment in re.findall(r"#\s*type:.*", code))


def _docstrings(tree: ast.Module) -> set[ast.AST]:
    found: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and node.body:
            first = node.body[0]
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                found.add(first.value)
    return found


def _names_it(text: str, name: str) -> bool:
    """Whether a string is an expression that uses ``name``: an annotation, or a line of ``__all__``."""
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError):
        return False
    return any(isinstance(node, ast.Name) and node.id == name for node in ast.walk(tree))


def _imported(body: Iterable[ast.AST]) -> Iterator[tuple[ast.Import | ast.ImportFrom, ast.alias]]:
    for statement in body:
        if isinstance(statement, ast.Import | ast.ImportFrom):
            for alias in statement.names:
                yield statement, alias


def _is(statement: ast.Import | ast.ImportFrom, alias: ast.alias, wanted: WantedImport) -> bool:
    if isinstance(statement, ast.Import):
        if wanted.name is not None:
            return False
        return alias.name == wanted.module or (alias.asname is None and alias.name.startswith(f"{wanted.module}."))
    return not statement.level and statement.module == wanted.module and alias.name == wanted.name


def _bound_otherwise(tree: ast.Module) -> set[str]:
    """Every name that the file binds by anything but an import."""
    bound: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
                bound.add(name)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                bound.add(name)
            case ast.arg(arg=name):
                bound.add(name)
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                bound.add(name)
            case ast.MatchMapping(rest=str(name)):
                bound.add(name)
    return bound


def _used_before(tree: ast.Module, name: str, line: int | None = None) -> bool:
    """Whether top-level code above ``line`` needs ``name``, so that an import further down comes too late."""
    functions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
    stack: list[ast.AST] = [node for node in tree.body if line is None or node.lineno < line]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Name) and node.id == name:
            return True
        if isinstance(node, functions):
            stack.extend(getattr(node, "decorator_list", ()))
            stack.extend(node.args.defaults)
            stack.extend(default for default in node.args.kw_defaults if default)
        else:
            stack.extend(ast.iter_child_nodes(node))
    return False
