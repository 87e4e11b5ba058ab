"""Which LibCST node is the one that ``ast`` found: by place, kind and end."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import cast

import libcst as cst
from libcst.metadata import CodeRange, MetadataWrapper, PositionProvider

from flaskdoctor.errors import Refuse
from flaskdoctor.fixes.python.source import Source
from flaskdoctor.fixes.python.walking import parents_of

_STRINGS = (cst.SimpleString, cst.ConcatenatedString, cst.FormattedString)

# A statement (and a parameter) is known by where it begins; an expression needs its end too: `a.b.c` begins
# where `a` does.
_STATEMENTS: dict[type[ast.AST], tuple[type[cst.CSTNode], ...]] = {
    ast.FunctionDef: (cst.FunctionDef,),
    ast.AsyncFunctionDef: (cst.FunctionDef,),
    ast.ClassDef: (cst.ClassDef,),
    ast.If: (cst.If,),
    ast.For: (cst.For,),
    ast.AsyncFor: (cst.For,),
    ast.While: (cst.While,),
    ast.With: (cst.With,),
    ast.AsyncWith: (cst.With,),
    ast.Try: (cst.Try,),
    ast.TryStar: (cst.TryStar,),
    ast.Match: (cst.Match,),
    ast.ExceptHandler: (cst.ExceptHandler, cst.ExceptStarHandler),
    ast.Assign: (cst.Assign,),
    ast.AnnAssign: (cst.AnnAssign,),
    ast.AugAssign: (cst.AugAssign,),
    ast.Expr: (cst.Expr,),
    ast.Return: (cst.Return,),
    ast.Raise: (cst.Raise,),
    ast.Assert: (cst.Assert,),
    ast.Delete: (cst.Del,),
    ast.Pass: (cst.Pass,),
    ast.Break: (cst.Break,),
    ast.Continue: (cst.Continue,),
    ast.Import: (cst.Import,),
    ast.ImportFrom: (cst.ImportFrom,),
    ast.Global: (cst.Global,),
    ast.Nonlocal: (cst.Nonlocal,),
    ast.arg: (cst.Param,),  # a Param reaches over its default, an ast.arg does not
}
_EXPRESSIONS: dict[type[ast.AST], tuple[type[cst.CSTNode], ...]] = {
    ast.Name: (cst.Name,),
    ast.Attribute: (cst.Attribute,),
    ast.Call: (cst.Call,),
    ast.Subscript: (cst.Subscript,),
    ast.Constant: (*_STRINGS, cst.Integer, cst.Float, cst.Imaginary, cst.Ellipsis, cst.Name),
    ast.JoinedStr: _STRINGS,
    ast.Dict: (cst.Dict,),
    ast.List: (cst.List,),
    ast.Set: (cst.Set,),
    ast.Tuple: (cst.Tuple,),
    ast.DictComp: (cst.DictComp,),
    ast.ListComp: (cst.ListComp,),
    ast.SetComp: (cst.SetComp,),
    ast.GeneratorExp: (cst.GeneratorExp,),
    ast.BinOp: (cst.BinaryOperation,),
    ast.BoolOp: (cst.BooleanOperation,),
    ast.UnaryOp: (cst.UnaryOperation,),
    ast.Compare: (cst.Comparison,),
    ast.IfExp: (cst.IfExp,),
    ast.Lambda: (cst.Lambda,),
    ast.Await: (cst.Await,),
    ast.Yield: (cst.Yield,),
    ast.YieldFrom: (cst.Yield,),
    ast.NamedExpr: (cst.NamedExpr,),
    ast.Starred: (cst.StarredElement, cst.Arg),
    ast.keyword: (cst.Arg,),
    ast.Slice: (cst.Slice,),
    ast.alias: (cst.ImportAlias,),
}

Point = tuple[int, int]


class Matcher:
    """The index of one LibCST tree: nodes by place, and each node's parent."""

    def __init__(self, source: Source) -> None:
        self._source = source
        # The parser makes every node once, so the copy that the wrapper would make is not needed.
        wrapper = MetadataWrapper(source.module, unsafe_skip_copy=True)
        ranges = cast("Mapping[cst.CSTNode, CodeRange]", wrapper.resolve(PositionProvider))
        self._ranges = ranges
        self.parents = parents_of(source.module)
        self._starts: dict[Point, list[tuple[Point, cst.CSTNode]]] = {}
        for node in self.parents:
            if node in ranges:
                start, end = _span(node, ranges[node], ranges)
                self._starts.setdefault(start, []).append((end, node))
            if generator := _lone_generator(node):
                opening = ranges[cast("cst.Call", node).whitespace_before_args].start
                self._starts.setdefault((opening.line, opening.column - 1), []).append((end, generator))

    def find(self, node: ast.AST) -> cst.CSTNode:
        """The LibCST node of ``node``. Raises ``Refuse`` where there is none."""
        line, column = getattr(node, "lineno", 0), getattr(node, "col_offset", 0)
        end_line, end_column = getattr(node, "end_lineno", None), getattr(node, "end_col_offset", None)
        if line and end_line and end_column is not None:
            here = self._starts.get(self._source.place(line, column), [])
            if kinds := _STATEMENTS.get(type(node)):
                for _, candidate in here:
                    if isinstance(candidate, kinds):
                        return candidate
            elif kinds := _EXPRESSIONS.get(type(node)):
                end = self._source.place(end_line, end_column)
                for candidate_end, candidate in here:
                    if isinstance(candidate, kinds) and candidate_end == end and _agrees(node, candidate):
                        return candidate
        raise Refuse("The place could not be found again in the file's text, so it stays as it is.")

    def start(self, node: cst.CSTNode) -> Point:
        """Where ``node`` begins in LibCST's text, its parentheses included."""
        if isinstance(node, cst.BaseExpression) and node.lpar:
            node = node.lpar[0]
        position = self._ranges[node].start
        return position.line, position.column

    def end(self, node: cst.CSTNode) -> Point:
        """Where ``node`` ends in LibCST's text, without its parentheses."""
        position = self._ranges[node].end
        return position.line, position.column


def _span(node: cst.CSTNode, span: CodeRange, ranges: Mapping[cst.CSTNode, CodeRange]) -> tuple[Point, Point]:
    """``node``'s place as ``ast`` gives it: a tuple and a generator own their innermost parentheses."""
    if isinstance(node, cst.Tuple | cst.GeneratorExp) and node.lpar:
        start, end = ranges[node.lpar[-1]].start, ranges[node.rpar[0]].end
    else:
        start, end = span.start, span.end
    return (start.line, start.column), (end.line, end.column)


def _lone_generator(node: cst.CSTNode) -> cst.GeneratorExp | None:
    """The generator of ``f(x for x in y)``, to which ``ast`` gives the call's parentheses."""
    if isinstance(node, cst.Call) and len(node.args) == 1:
        value = node.args[0].value
        if isinstance(value, cst.GeneratorExp) and not value.lpar:
            return value
    return None


def _agrees(node: ast.AST, candidate: cst.CSTNode) -> bool:
    """Whether a name really is that name: positions inside an f-string are not exact before Python 3.12."""
    if isinstance(node, ast.Name):
        return isinstance(candidate, cst.Name) and candidate.value == node.id
    if isinstance(node, ast.Attribute):
        return isinstance(candidate, cst.Attribute) and candidate.attr.value == node.attr
    if isinstance(node, ast.Starred):
        return isinstance(candidate, cst.StarredElement) or getattr(candidate, "star", "") == "*"
    if isinstance(node, ast.keyword):
        keyword = candidate.keyword if isinstance(candidate, cst.Arg) else None
        return (keyword.value if keyword else None) == node.arg
    if isinstance(node, ast.Constant) and isinstance(candidate, cst.Name):
        return candidate.value in ("True", "False", "None")
    return True
