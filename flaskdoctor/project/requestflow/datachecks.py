"""Whether data of the request was looked at before it is used: ``if not is_safe_url(target)``, ``name in ALLOWED``."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from flaskdoctor.patterns import lazy
from flaskdoctor.project.code.reaching import leaves
from flaskdoctor.project.code.tree import position
from flaskdoctor.project.requestflow.requestdata import Piece, RequestData, Text
from flaskdoctor.project.requestflow.requestsources import Source

if TYPE_CHECKING:
    from flaskdoctor.project.code.module import Module

# Functions that raise, or whose result is asked, when something is wrong with what they are given.
_CHECKS = lazy(
    r"check|valid|safe|verif|ensure|assert|allow|sanit|clean|require|guard|enforce|reject|permit|trust|forbid|parse"
    r"|split|match|search|relative|netloc|host|resolve|exist|is_|has_|contains|find|count|index",
    re.IGNORECASE,
)
_DENIED = lazy(
    r"bad|black|block|deny|denied|disallow|exclu|forbid|ignore|invalid|reserved|unsafe|danger", re.IGNORECASE
)
_CONVERTERS = frozenset(
    {"builtins.int", "builtins.float", "uuid.UUID", "decimal.Decimal", "datetime.datetime.strptime",
     "datetime.datetime.fromisoformat", "datetime.date.fromisoformat", "bson.ObjectId", "bson.objectid.ObjectId",
     "ipaddress.ip_address"}
)  # fmt: skip
_SAME = frozenset({"strip", "lstrip", "rstrip", "lower", "upper", "casefold", "get", "decode", "encode"})
# What says whether there is a value, not which one.
_PRESENCE = frozenset({"builtins.len", "builtins.bool", "builtins.all", "builtins.any", "builtins.str"})
_OPERATORS = frozenset({"in", "not in", "contains", "==", "!="})
_STEPS = 6


def checks(data: RequestData, piece: Piece, sink: ast.expr) -> Iterator[str]:
    """What is asked about a piece of data before it is used in ``sink``.

    The name of the function or method that is called (``startswith('/')`` with what it asks for), or the operator
    ("in", "==", "contains") that compares it. That there is a value, or one that is not empty, is no check.
    """
    function = data.module.function_of(sink)
    for use in piece.uses:
        place = sink if data.module.function_of(use) is function else use
        yield from _checks(data, use, place, _STEPS, set())


def _checks(data: RequestData, use: ast.expr, place: ast.expr, steps: int, seen: set[ast.AST]) -> Iterator[str]:
    """The checks of what ``use`` holds that stand before ``place`` or decide whether it runs."""
    module = data.module
    around = {place, *module.ancestors(place)}
    for mention in _mentions(data, use):
        if mention is place or mention in seen or steps < 0:
            continue
        seen.add(mention)
        yield from _asked(data, mention, use, place, around, steps, seen)


def _mentions(data: RequestData, use: ast.expr) -> Iterator[ast.expr]:
    """Everywhere that the same variable, or the same value of the request, is read."""
    module = data.module
    if isinstance(use, ast.Name):
        yield use
        yield from module.uses(use)
        return
    root: ast.AST = use
    while not isinstance(root, ast.Name):
        inner = getattr(root, "func", None) or getattr(root, "value", None)
        if not isinstance(inner, ast.AST):
            return
        root = inner
    wanted = data.source(use)
    shape = ast.dump(use)
    for name in data.readings(root.id, module.function_of(use)):
        data.effort -= 1
        if data.effort < 0:
            return
        node: ast.expr = name
        for _ in range(_STEPS):
            source = data.source(node)
            if (source is not None and wanted is not None and source.words == wanted.words) or (
                type(node) is type(use) and ast.dump(node) == shape
            ):
                yield node
                break
            parent = module.parent(node)
            if not isinstance(parent, ast.Attribute | ast.Subscript | ast.Call) or node in getattr(parent, "args", ()):
                break
            node = parent


def _asked(
    data: RequestData,
    mention: ast.expr,
    use: ast.expr,
    place: ast.expr,
    around: set[ast.AST],
    steps: int,
    seen: set[ast.AST],
) -> Iterator[str]:
    """What the code around one mention asks about it."""
    module = data.module
    before = position(mention) < position(place)
    node: ast.AST = mention
    asked = ""
    for parent in module.ancestors(mention):
        if parent in around and not _decides(parent, node) and not isinstance(parent, ast.stmt):
            return
        if isinstance(parent, ast.Call) and node is not parent.func:
            name = module.resolve(parent.func) or ""
            last = parent.func.attr if isinstance(parent.func, ast.Attribute) else getattr(parent.func, "id", "call")
            if name in _CONVERTERS and before:
                if not _failed(module, parent, around):
                    yield last
                return
            if name == "builtins.isinstance":
                kinds = parent.args[1] if len(parent.args) > 1 else None
                if kinds is None or module.resolve(kinds) == "builtins.str":
                    return
            if name in _PRESENCE:
                asked = asked or "presence"
            elif asked in ("", "presence"):
                asked = last or "call"
        elif isinstance(parent, ast.Attribute):
            outer = module.parent(parent)
            called = isinstance(outer, ast.Call) and outer.func is parent
            if called and parent.attr not in _SAME and not asked:
                first = module.string(outer.args[0]) if isinstance(outer, ast.Call) and outer.args else None
                asked = f"startswith({first!r})" if parent.attr == "startswith" else parent.attr
        elif isinstance(parent, ast.Compare):
            operator = _compared(module, parent, node)
            if operator:
                test = _test_around(module, parent)
                equal = asked in ("", "presence") and operator in ("==", "!=")
                sure = {"==": "!=", "!=": "=="}.get(operator, operator) if _negated(module, parent, test) else operator
                if equal and (asked == "presence" or not _confined(test, sure, around)):
                    return
                if not asked and test is not None and _is_refused(test, parent, operator, around):
                    return
                if asked != "presence":
                    asked = asked or operator
            elif asked in ("", "presence"):
                return
        elif isinstance(parent, ast.NamedExpr) and parent.value is node and not asked:
            pass
        elif isinstance(parent, ast.stmt | ast.IfExp | ast.comprehension | ast.Lambda):
            yield from _in_statement(data, parent, node, asked, before, use, place, steps, seen)
            return
        node = parent


def _decides(parent: ast.AST, node: ast.AST) -> bool:
    """Whether ``node`` is what ``parent`` asks before it runs the rest of itself."""
    if isinstance(parent, ast.If | ast.While | ast.IfExp | ast.Assert):
        return node is parent.test
    if isinstance(parent, ast.comprehension):
        return node in parent.ifs
    return isinstance(parent, ast.GeneratorExp | ast.ListComp | ast.SetComp | ast.DictComp | ast.BoolOp | ast.Match)


def _in_statement(
    data: RequestData,
    parent: ast.AST,
    node: ast.AST,
    asked: str,
    before: bool,
    use: ast.expr,
    place: ast.expr,
    steps: int,
    seen: set[ast.AST],
) -> Iterator[str]:
    module = data.module
    if not before and not _governs(parent, use, place, module):
        return
    asked_there = (isinstance(parent, ast.If | ast.While | ast.IfExp | ast.Assert) and node is parent.test) or (
        isinstance(parent, ast.comprehension) and node in parent.ifs
    )
    if asked_there:
        if asked and asked != "presence":
            yield asked
    elif isinstance(parent, ast.Match) and node is parent.subject:
        if not _takes_the_rest(parent, place, module):
            yield "match"
    elif isinstance(parent, ast.Expr) and asked and _CHECKS.search(asked):
        yield asked
    elif isinstance(parent, ast.Assign | ast.AnnAssign):
        targets = parent.targets if isinstance(parent, ast.Assign) else [parent.target]
        names = [name for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)]
        for name in names:
            if not asked and _aliases(parent.value, node):
                yield from _checks(data, name, place, steps - 1, seen)
            elif asked and (_CHECKS.search(asked) or asked in _OPERATORS) and _is_asked_later(module, name):
                yield asked


def _takes_the_rest(match: ast.Match, place: ast.expr, module: Module) -> bool:
    """Whether a place runs for whatever no other case was meant for: ``case _:``, ``case target:``."""
    around = {place, *module.ancestors(place)}
    case = next((case for case in match.cases if not around.isdisjoint(case.body)), None)
    return (
        case is not None and case.guard is None and isinstance(case.pattern, ast.MatchAs) and not case.pattern.pattern
    )


def _governs(parent: ast.AST, use: ast.expr, place: ast.expr, module: Module) -> bool:
    """Whether a condition that stands behind decides: ``target if is_safe(target) else "/"``, a comprehension's."""
    around = {*module.ancestors(place), *module.ancestors(use)}
    if isinstance(parent, ast.comprehension):
        return module.parent(parent) in around
    return isinstance(parent, ast.IfExp) and parent in around


def _aliases(value: ast.expr | None, node: ast.AST) -> bool:
    """Whether an assigned value is what ``node`` is, perhaps stripped, or with a default."""
    if isinstance(value, ast.BoolOp):
        return any(_aliases(item, node) for item in value.values)
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and value.func.attr in _SAME:
        return value is node or _aliases(value.func.value, node)
    return value is node


def _compared(module: Module, compare: ast.Compare, node: ast.AST) -> str:
    """How a value is compared; empty where only its being there is asked."""
    sides = [compare.left, *compare.comparators]
    names = {ast.In: "in", ast.NotIn: "not in", ast.Eq: "==", ast.NotEq: "!="}
    for operator, left, right in zip(compare.ops, sides, sides[1:], strict=False):
        if node is not left and node is not right:
            continue
        if isinstance(operator, ast.Is | ast.IsNot):
            return ""
        if isinstance(operator, ast.In | ast.NotIn):
            if node is right:
                return "contains"
            values = right.elts if isinstance(right, ast.List | ast.Tuple | ast.Set) else ()
            blank = values and all(isinstance(item, ast.Constant) and not item.value for item in values)
            return "" if blank else names[type(operator)]
        other = module.value(right if node is left else left)
        if isinstance(other, ast.Constant) and (not other.value or other.value is True):
            return ""
        return names.get(type(operator), "<")
    return ""


def _test_around(module: Module, node: ast.AST) -> ast.AST | None:
    """The ``if`` or conditional expression whose test an expression is part of."""
    for parent in module.ancestors(node):
        if isinstance(parent, ast.If | ast.IfExp | ast.While | ast.Assert):
            return parent
        if isinstance(parent, ast.stmt):
            return None
    return None


def _negated(module: Module, node: ast.AST, test: ast.AST | None) -> bool:
    """Whether a ``not`` around an expression, inside its test, turns it round: ``if not (a == b and c == d)``."""
    found = False
    for parent in module.ancestors(node):
        if parent is test or isinstance(parent, ast.stmt):
            break
        found ^= isinstance(parent, ast.UnaryOp) and isinstance(parent.op, ast.Not)
    return found


def _confined(test: ast.AST | None, operator: str, around: set[ast.AST]) -> bool:
    """Whether what is used runs only where the comparison with ``==`` or ``!=`` left no choice."""
    if isinstance(test, ast.IfExp):
        return test in around
    if not isinstance(test, ast.If):
        return True
    if operator == "==":
        return not around.isdisjoint(test.body) or (leaves(test.orelse) and around.isdisjoint(test.orelse))
    return leaves(test.body) or not around.isdisjoint(test.orelse)


def _is_refused(test: ast.AST, compare: ast.Compare, operator: str, around: set[ast.AST]) -> bool:
    """Whether what is used runs just where a list lacks the value: ``if size not in SIZES: return f"No {size}"``."""
    if not isinstance(test, ast.If) or test.test is not compare or operator not in ("in", "not in"):
        return False
    if _DENIED.search(ast.unparse(compare.comparators[-1])):
        return False
    return not around.isdisjoint(test.body if operator == "not in" else test.orelse)


def _failed(module: Module, call: ast.Call, around: set[ast.AST]) -> bool:
    """Whether what is used runs just where a conversion failed: in the ``except`` of its ``try``."""
    tries = (parent for parent in module.ancestors(call) if isinstance(parent, ast.Try))
    return any(handler in around for item in tries for handler in item.handlers)


def _is_asked_later(module: Module, name: ast.Name) -> bool:
    """Whether a variable decides, after it is set, what runs."""
    return any(position(other) > position(name) and _is_test(module, other) for other in module.uses(name))


def _is_test(module: Module, name: ast.Name) -> bool:
    """Whether a variable decides what runs."""
    child: ast.AST = name
    for parent in module.ancestors(name):
        if isinstance(parent, ast.If | ast.While | ast.IfExp | ast.Assert):
            return child is parent.test
        if isinstance(parent, ast.stmt):
            return False
        child = parent
    return False


class Found(NamedTuple):
    """Data of the request in a text: ``before`` is what stands in front of it, None where that cannot be told;
    ``checked`` are the names of the checks that it went through."""

    text: Text
    before: str | None
    piece: Piece
    source: Source
    checked: frozenset[str]


def data_in_texts(data: RequestData, node: ast.expr | None) -> Iterator[Found]:
    """All data of the request in the texts that an expression may be."""
    for text in data.texts(node):
        before: str | None = ""
        for piece in text:
            if piece.source is not None and node is not None:
                checked = frozenset(checks(data, piece, node))
                if data.effort < 0:
                    return
                yield Found(text, before, piece, piece.source, checked)
            before = before + piece.text if before is not None and piece.text is not None else None
