"""Which assignments may have given a local variable its value at the place where it is read."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

from flaskdoctor.project.code.names import Binding
from flaskdoctor.project.code.tree import position

if TYPE_CHECKING:
    from flaskdoctor.project.code.module import Module

_ASSIGNMENTS = (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.NamedExpr)
_LEAVES = (ast.Return, ast.Raise, ast.Continue, ast.Break)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


class Assigned(NamedTuple):
    """One way in which a variable may have got its value.

    ``kind`` is "value" (it is ``value``), "element" (one of what ``value`` gives, in a loop or by unpacking), "added"
    (``+= value``), "parameter" (``node`` is the ``ast.arg``) or "other".
    """

    kind: str
    node: ast.AST
    value: ast.expr | None = None


def assignments(module: Module, name: ast.Name) -> list[Assigned]:
    """What may be in the variable ``name`` where it is read, the latest assignment first; empty where that cannot be
    told. What a later one surely replaces is left out, and so is the other branch of an ``if``."""
    here = module.names.scope_of(name)
    found = here.lookup(name.id)
    if found is None:
        return []
    scope, bindings = found
    if scope is not here and not isinstance(here.node, (*_COMPREHENSIONS, ast.Lambda)):
        return [_assigned(module, bindings[0])] if len(bindings) == 1 else []
    around = {name, *module.ancestors(name)}
    reaching: list[Assigned] = []
    limit = (0, 0)  # what was assigned above it is replaced
    for binding in sorted(bindings, key=lambda item: position(item.node), reverse=True):
        if position(binding.node) < limit:
            break
        if binding.kind == "parameter":
            reaching.append(_assigned(module, binding))
            break
        in_comprehension = isinstance(scope.node, _COMPREHENSIONS)
        if not in_comprehension and (position(binding.node) > position(name) or _is_part(module, binding, name)):
            continue
        reaches, replacing = _reaches(module, binding.node, name, around)
        if reaches:
            assigned = _assigned(module, binding)
            reaching.append(assigned)
            if replacing is not None and assigned.kind != "added":
                limit = max(limit, position(replacing))
    return reaching


def collected(module: Module, many: ast.expr) -> list[ast.expr] | None:
    """What is in a list: its elements, and what the function appends to it before it is read; None where that cannot
    be told."""
    if isinstance(many, ast.List | ast.Tuple):
        return many.elts
    if not isinstance(many, ast.Name):
        return None
    found: list[ast.expr] = []
    for assigned in reversed(assignments(module, many)):
        value = assigned.value
        if isinstance(value, ast.Call) and module.resolve(value.func) == "builtins.list" and not value.args:
            continue
        if not isinstance(value, ast.List) or assigned.kind not in ("value", "added"):
            return None
        found += value.elts
    function = module.function_of(many)
    for use in sorted(module.uses(many), key=position):
        method = module.parent(use)
        call = module.parent(method) if isinstance(method, ast.Attribute) else None
        if not isinstance(method, ast.Attribute) or not isinstance(call, ast.Call) or call.func is not method:
            continue
        if method.attr == "append" and position(use) < position(many) and module.function_of(use) is function:
            found += call.args[:1]
    return found or None


def leaves(block: list[ast.stmt]) -> bool:
    """Whether what stands behind a block is not reached through it: it ends in ``return``, ``raise``, ``abort()`` .."""
    last = block[-1] if block else None
    if isinstance(last, _LEAVES):
        return True
    if isinstance(last, ast.Expr) and isinstance(last.value, ast.Call):
        function = last.value.func
        called = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
        return called in ("abort", "exit", "_exit")
    return isinstance(last, ast.If) and leaves(last.body) and leaves(last.orelse)


def _reaches(module: Module, node: ast.AST, name: ast.Name, around: set[ast.AST]) -> tuple[bool, ast.AST | None]:
    """Whether what is assigned in ``node`` may be in the variable where it is read, and the statement that replaces
    for sure whatever was in it before."""
    child = node
    replacing: ast.AST | None = node
    for parent in module.ancestors(node):
        if parent in around:
            if isinstance(parent, ast.If) and _block(parent, child) not in (None, _block_around(parent, around)):
                return False, None
            return True, replacing
        if isinstance(parent, ast.stmt):
            blocks = [block for block in _blocks(parent) if child in block]
            if blocks:
                assert isinstance(child, ast.stmt)
                if leaves(blocks[0][blocks[0].index(child) :]):
                    return False, None
                replacing = parent if _always_assigns([parent], name.id) else None
            elif replacing is not None:
                replacing = parent
        elif isinstance(parent, ast.ExceptHandler | ast.match_case | ast.IfExp | ast.BoolOp):
            if isinstance(parent, ast.ExceptHandler) and leaves(parent.body):
                return False, None
            replacing = None
        child = parent
    return True, replacing


def _blocks(node: ast.AST) -> list[list[ast.stmt]]:
    blocks = [getattr(node, field, None) for field in ("body", "orelse", "finalbody")]
    return [block for block in blocks if isinstance(block, list)]


def _block(node: ast.If, child: ast.AST) -> int | None:
    return next((index for index, block in enumerate(_blocks(node)) if child in block), None)


def _block_around(node: ast.If, around: set[ast.AST]) -> int | None:
    return next((index for index, block in enumerate(_blocks(node)) if not around.isdisjoint(block)), None)


def _always_assigns(block: list[ast.stmt], name: str) -> bool:
    """Whether a variable has another value behind a block, however it was run through."""
    for item in block:
        match item:
            case ast.Assign(targets=targets) if any(isinstance(one, ast.Name) and one.id == name for one in targets):
                return True
            case ast.AnnAssign(target=ast.Name(id=found), value=ast.expr()) if found == name:
                return True
            case ast.If() if _arm(item.body, name) and _arm(item.orelse, name):
                return True
            case ast.With() | ast.AsyncWith() if _always_assigns(item.body, name):
                return True
            case ast.Try():
                if _always_assigns(item.finalbody, name) or (
                    _always_assigns([*item.body, *item.orelse], name)
                    and all(_arm(handler.body, name) for handler in item.handlers)
                ):
                    return True
    return False


def _arm(block: list[ast.stmt], name: str) -> bool:
    return leaves(block) or _always_assigns(block, name)


def _is_part(module: Module, binding: Binding, name: ast.Name) -> bool:
    """Whether the variable is read in the very expression that is assigned, or looped over."""
    child: ast.AST = name
    for parent in module.ancestors(name):
        if isinstance(parent, _ASSIGNMENTS) and parent.value is child:
            targets = parent.targets if isinstance(parent, ast.Assign) else [parent.target]
            return any(binding.node is item for target in targets for item in ast.walk(target))
        if isinstance(parent, ast.For | ast.AsyncFor) and parent.iter is child:
            return any(binding.node is item for item in ast.walk(parent.target))
        if isinstance(parent, ast.stmt):
            return False
        child = parent
    return False


def _assigned(module: Module, binding: Binding) -> Assigned:
    node = binding.node
    if binding.kind == "parameter":
        return Assigned("parameter", node)
    if binding.kind == "assign" and binding.value is not None:
        return Assigned("value", node, binding.value)
    parent = module.parent(node)
    if isinstance(node, ast.MatchAs) and isinstance(parent, ast.match_case):
        match = module.parent(parent)
        return Assigned("value", node, match.subject) if isinstance(match, ast.Match) else Assigned("other", node)
    if isinstance(parent, ast.AugAssign) and isinstance(parent.op, ast.Add):
        return Assigned("added", node, parent.value)
    if isinstance(parent, ast.Tuple | ast.List):
        around = module.parent(parent)
        value = getattr(around, "value", None)
        if isinstance(around, ast.Assign) and isinstance(value, ast.Tuple | ast.List):
            if len(value.elts) == len(parent.elts) and not any(isinstance(x, ast.Starred) for x in value.elts):
                return Assigned("value", node, value.elts[parent.elts.index(node)])  # type: ignore[arg-type]
            return Assigned("other", node)
        if isinstance(around, ast.Assign):
            return Assigned("element", node, around.value)
        parent = around
    if isinstance(parent, ast.For | ast.AsyncFor | ast.comprehension):
        return Assigned("element", node, parent.iter)
    return Assigned("other", node)
