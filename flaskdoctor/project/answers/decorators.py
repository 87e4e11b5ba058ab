"""Which decorators of a file hand a view's result on untouched: what the view returns is what Flask gets."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from flaskdoctor.project.code.names import FUNCTIONS, FunctionNode

if TYPE_CHECKING:
    from flaskdoctor.project.code.module import Module

_WRAPS = ("functools.wraps", "functools.update_wrapper")


def transparent_decorators(module: Module) -> frozenset[str]:
    """The dotted names of the decorators (and makers of decorators) that only ever ``return view(..)``.

    A guard that answers instead of the view (a redirect, ``abort``) is one of them; a decorator that looks at
    the result, keeps it in a variable, hands the view to somebody else or calls it inside ``with`` or ``try`` is not.
    """
    every = [node for node in module.nodes(*FUNCTIONS) if isinstance(node, FUNCTIONS)]
    if not any(isinstance(module.names.scope_of(node).node, FUNCTIONS) for node in every):
        return frozenset()  # a decorator makes a function inside of another
    found: set[str] = set()
    functions = [node for node in every if _may_decorate(node)]
    size = -1
    while len(found) != size:  # ``admin_required`` may be made of ``permission_required``
        size = len(found)
        for function in functions:
            name = module.qualname(function)
            if name not in found and (_decorates(module, function, found) or _makes(module, function, found)):
                found.add(name)
    return frozenset(found)


def _may_decorate(function: FunctionNode) -> bool:
    last = function.body[-1]
    return isinstance(last, ast.Return) and isinstance(last.value, ast.Name | ast.Call)


def _decorates(module: Module, function: FunctionNode, known: set[str]) -> bool:
    """``def guard(view): def wrapper(..): .. return view(..)`` and then ``return wrapper``."""
    arguments = function.args
    if len(arguments.posonlyargs) + len(arguments.args) != 1 or arguments.vararg or arguments.kwarg:
        return False
    view = (arguments.posonlyargs + arguments.args)[0].arg
    returns = module.returns(function)
    wrappers = set()
    for item in returns:
        wrapper = _wrapper(module, function, item.value)
        if wrapper is not None:
            wrappers.add(wrapper)
        elif not _applies_known(module, item.value, view, known):
            return False
    if len(module.names.scope(function).bindings[view]) != 1:
        return False
    called = False
    for node in module.readings(view):
        if not _belongs_to(module, node, function):
            continue
        place = _place(module, node, wrappers, known)
        if place == "":
            return False
        called |= place == "called"
    return called


def _belongs_to(module: Module, node: ast.Name, function: FunctionNode) -> bool:
    found = module.names.scope_of(node).lookup(node.id)
    return found is not None and found[0].node is function


def _bound_once(module: Module, node: ast.Name) -> bool:
    return module.names.binding(node) is not None


def _wrapper(module: Module, function: FunctionNode, node: ast.expr | None) -> FunctionNode | None:
    """The function inside ``function`` that ``return wrapper`` (or ``return wraps(view)(wrapper)``) hands out."""
    if isinstance(node, ast.Call) and node.args:
        maker = node.func.func if isinstance(node.func, ast.Call) else node.func
        if module.resolve(maker) not in _WRAPS:
            return None
        node = node.args[0]
    if not isinstance(node, ast.Name):
        return None
    binding = module.names.binding(node)
    wrapper = binding.node if binding is not None else None
    if not isinstance(wrapper, FUNCTIONS) or module.function_of(wrapper) is not function:
        return None
    for item in wrapper.decorator_list:
        if module.resolve(item.func if isinstance(item, ast.Call) else item) not in _WRAPS:
            return None
    return wrapper


def _place(module: Module, node: ast.Name, wrappers: set[FunctionNode], known: set[str]) -> str:
    """What the decorated function is used for here: "called", "harmless", or "" for anything else."""
    parent = module.parent(node)
    if isinstance(parent, ast.Attribute):
        return "harmless" if parent.attr.startswith("__") else ""
    if not isinstance(parent, ast.Call):
        return ""
    call: ast.AST = parent
    if parent.func is not node:
        callee = parent.func
        if module.resolve(callee) in _WRAPS:
            return "harmless"
        if isinstance(callee, ast.Attribute) and callee.attr == "ensure_sync":
            outer = module.parent(parent)
            if not isinstance(outer, ast.Call) or outer.func is not parent:
                return ""
            call = outer
        elif _applies_known(module, parent, node.id, known):
            return "called" if isinstance(module.parent(parent), ast.Return) else ""
        else:
            return ""
    above = module.parent(call)
    if isinstance(above, ast.Await):
        above = module.parent(above)
    if isinstance(above, ast.Return) and module.function_of(above) in wrappers and not _inside_a_block(module, above):
        return "called"
    return ""


def _inside_a_block(module: Module, node: ast.stmt) -> bool:
    """Inside ``with`` or ``try``: what ends there ends before Flask sees the result."""
    for parent in module.ancestors(node):
        if isinstance(parent, FUNCTIONS):
            return False
        if isinstance(parent, ast.With | ast.AsyncWith | ast.Try | ast.TryStar):
            return True
    return False


def _applies_known(module: Module, node: ast.expr | None, view: str, known: set[str]) -> bool:
    """``permission_required("admin")(view)`` or ``login_required(view)`` of a decorator that is transparent."""
    if not isinstance(node, ast.Call) or len(node.args) != 1 or node.keywords:
        return False
    argument = node.args[0]
    if not isinstance(argument, ast.Name) or argument.id != view:
        return False
    maker = node.func.func if isinstance(node.func, ast.Call) else node.func
    return module.resolve(maker) in known


def _makes(module: Module, function: FunctionNode, known: set[str]) -> bool:
    """``def permission_required(name): def decorator(view): ..`` and then ``return decorator``."""
    returns = module.returns(function)
    return bool(returns) and all(
        (inner := _wrapper(module, function, item.value)) is not None and module.qualname(inner) in known
        for item in returns
    )
