"""New expressions from templates, and the parentheses they need where they come to stand."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Collection, Mapping
from typing import cast

import libcst as cst

from flaskdoctor.errors import Refuse
from flaskdoctor.fixes.python.quotes import requoted
from flaskdoctor.fixes.python.walking import comments, parents_of

_SLOT = "_flaskdoctor_slot_"
_ATOMS = (
    cst.Name,
    cst.Attribute,
    cst.Call,
    cst.Subscript,
    cst.SimpleString,
    cst.FormattedString,
    cst.Integer,
    cst.Float,
    cst.Imaginary,
    cst.Ellipsis,
    cst.List,
    cst.Dict,
    cst.Set,
    cst.ListComp,
    cst.SetComp,
    cst.DictComp,
)


def with_slots(text: str, slots: Collection[str]) -> str:
    """A template as Python: a name of its own in each slot. ``ValueError`` unless it uses every one of ``slots``."""
    source: list[str] = []
    used: set[str] = set()
    for literal, name, spec, conversion in string.Formatter().parse(text):
        source.append(literal)
        if name is None:
            continue
        if name not in slots or spec or conversion:
            raise ValueError(f"the template {text!r} has no part for {{{name}}}")
        used.add(name)
        source.append(f"{_SLOT}{name}")
    if unused := set(slots) - used:
        raise ValueError(f"the template {text!r} does not use {', '.join(sorted(unused))}")
    return "".join(source)


class Template:
    """An expression with ``{name}`` slots (``{{``, ``}}`` are braces), its strings in ``quote``. ``ValueError`` on
    nonsense."""

    def __init__(self, text: str, slots: Collection[str], quote: str) -> None:
        self.expression: cst.BaseExpression = parse_expression(requoted(with_slots(text, slots).strip(), quote))

    def fill(self, parts: Mapping[str, cst.CSTNode]) -> cst.BaseExpression:
        """The expression with ``parts`` (expressions, or starred ones) in its slots."""
        if name := _slot_name(self.expression):
            part = parts[name]
            if not isinstance(part, cst.BaseExpression):
                raise Refuse("An unpacked argument (*args) cannot stand alone, so this stays as it is.")
            return part
        filler = Filler(self.expression, parts)
        return cast("cst.BaseExpression", self.expression.visit(filler))


class Filler(cst.CSTTransformer):
    """Puts ``parts`` into the slots of a template; it visits a tree of the same nodes as ``template``."""

    def __init__(self, template: cst.CSTNode, parts: Mapping[str, cst.CSTNode]) -> None:
        super().__init__()
        self._parts = parts
        self._parents = parents_of(template)

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.BaseExpression:
        name = _slot_name(original_node)
        if not name:
            return updated_node
        part = self._parts[name]
        parent = self._parents[original_node]
        if isinstance(part, cst.BaseExpression):
            return fitted(part, original_node, parent)
        if isinstance(parent, cst.Element) or (isinstance(parent, cst.Arg) and not parent.star):
            return updated_node  # a starred part: its element or argument takes it, below
        raise Refuse("An unpacked argument (*args) cannot stand here, so this stays as it is.")

    def leave_Element(self, original_node: cst.Element, updated_node: cst.Element) -> cst.BaseElement:
        part = self._parts.get(_slot_name(original_node.value))
        if part is None or isinstance(part, cst.BaseExpression):
            return updated_node
        return cst.StarredElement(value=starred_value(part), comma=updated_node.comma)

    def leave_Arg(self, original_node: cst.Arg, updated_node: cst.Arg) -> cst.Arg:
        part = self._parts.get(_slot_name(original_node.value))
        if part is None or isinstance(part, cst.BaseExpression):
            return updated_node
        return updated_node.with_changes(star="*", value=starred_value(part))


def starred_value(node: cst.CSTNode) -> cst.BaseExpression:
    """What follows the star of ``*value`` in a list, a tuple or a call."""
    if isinstance(node, cst.StarredElement | cst.Arg):
        return node.value
    raise TypeError(type(node).__name__)


def _slot_name(node: cst.CSTNode) -> str:
    if isinstance(node, cst.Name) and node.value.startswith(_SLOT):
        return node.value[len(_SLOT) :]
    return ""


def parse_expression(source: str) -> cst.BaseExpression:
    """A rule's own source text; it is a mistake in the rule when it does not parse."""
    try:
        return cst.parse_expression(source)
    except cst.ParserSyntaxError as error:
        raise ValueError(f"not an expression: {source!r}") from error


def fitted(expression: cst.BaseExpression, original: cst.CSTNode, parent: cst.CSTNode | None) -> cst.BaseExpression:
    """``expression`` with the parentheses it needs in the place of ``original`` under ``parent``."""
    if expression.lpar:
        return expression
    if isinstance(expression, cst.Tuple):
        bare = _takes_a_tuple(original, parent)
    elif isinstance(expression, cst.NamedExpr | cst.Yield | cst.GeneratorExp):
        bare = False
    elif isinstance(expression, cst.Integer) and isinstance(parent, cst.Attribute):
        bare = False  # `32.encode` is a number gone wrong
    else:
        bare = isinstance(expression, _ATOMS) or _takes_any(original, parent)
    # An item of a dict and an argument always stand inside brackets, where lines may break.
    if bare and (isinstance(parent, cst.DictElement | cst.Arg) or _stands_alone(expression)):
        return expression
    return expression.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])


def _takes_a_tuple(original: cst.CSTNode, parent: cst.CSTNode | None) -> bool:
    if isinstance(parent, cst.Return | cst.Expr):
        return True
    return isinstance(parent, cst.Assign) and parent.value is original


def _takes_any(original: cst.CSTNode, parent: cst.CSTNode | None) -> bool:
    """Places where a conditional or a lambda needs no parentheses."""
    match parent:
        case None | cst.Return() | cst.Expr() | cst.Index() | cst.Raise() | cst.Decorator():
            return True
        case cst.Assign() | cst.AugAssign() | cst.AnnAssign():
            return parent.value is original
        case cst.Arg():
            return not parent.star
        case cst.Element():
            return True
        case cst.DictElement():
            return True
        case cst.If() | cst.While():
            return parent.test is original
        case cst.Param():
            return parent.default is original
        case _:
            return False


def _stands_alone(expression: cst.BaseExpression) -> bool:
    """Whether the text means the same without parentheses: it has no line break outside of brackets."""
    code = cst.Module([]).code_for_node(expression)
    if "\n" not in code and "\r" not in code:
        return True
    try:
        bare = ast.parse(code, mode="eval")
        wrapped = ast.parse(f"({code}\n)", mode="eval")
    except SyntaxError:
        return False
    return ast.dump(bare) == ast.dump(wrapped)


def without_own_parentheses(expression: cst.BaseExpression) -> cst.BaseExpression:
    """What ``ast`` calls the node: bare, save for a tuple's or generator's own innermost parentheses."""
    kept = 1 if isinstance(expression, cst.Tuple | cst.GeneratorExp) else 0
    if len(expression.lpar) <= kept:
        return expression
    return expression.with_changes(lpar=expression.lpar[-kept:] if kept else [], rpar=expression.rpar[:kept])


def with_parentheses_of(expression: cst.BaseExpression, original: cst.BaseExpression) -> cst.BaseExpression:
    """``expression`` inside the parentheses that stood around ``original``."""
    kept = 1 if isinstance(original, cst.Tuple | cst.GeneratorExp) else 0
    left = original.lpar[: len(original.lpar) - kept]
    right = original.rpar[kept:]
    if not left:
        return expression
    if len(left) == 1 and expression.lpar and not comments(left[0]) and not comments(right[0]):
        return expression  # it brings its own
    return expression.with_changes(lpar=[*left, *expression.lpar], rpar=[*expression.rpar, *right])


def dedented(expression: cst.CSTNode, columns: int) -> cst.CSTNode:
    """``expression`` with its own later lines moved left, if every one of them has that much room."""
    if columns <= 0:
        return expression
    probe = _Dedent(columns)
    moved = expression.visit(probe)
    return moved if probe.room and isinstance(moved, cst.CSTNode) else expression


class _Dedent(cst.CSTTransformer):
    """Only white space moves: the lines of a string stay where they are."""

    def __init__(self, columns: int) -> None:
        super().__init__()
        self._columns = columns
        self.room = True

    def leave_ParenthesizedWhitespace(
        self,
        original_node: cst.ParenthesizedWhitespace,  # noqa: ARG002
        updated_node: cst.ParenthesizedWhitespace,
    ) -> cst.ParenthesizedWhitespace:
        lines = [
            line if line.comment is None else line.with_changes(whitespace=self._shorter(line.whitespace))
            for line in updated_node.empty_lines
        ]
        return updated_node.with_changes(empty_lines=lines, last_line=self._shorter(updated_node.last_line))

    def _shorter(self, space: cst.SimpleWhitespace) -> cst.SimpleWhitespace:
        if not re.match(rf"[ \t]{{{self._columns}}}", space.value):
            self.room = False
            return space
        return cst.SimpleWhitespace(space.value[self._columns :])
