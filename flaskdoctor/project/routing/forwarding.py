"""Which decorators of a file hand the URL variables of a view on as they came: ``view(*args, **kwargs)``."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from flaskdoctor.project.code.names import FUNCTIONS, FunctionNode

if TYPE_CHECKING:
    from flaskdoctor.project.code.module import Module

_WRAPS = ("functools.wraps", "functools.update_wrapper")


def forwarding_decorators(module: Module) -> frozenset[str]:
    """The dotted names of decorators, and of functions that make one, whose view gets exactly the arguments that
    Flask passes. One that adds, drops or looks for an argument under another name is not among them."""
    if b"**kw" not in module.source and b"(view" not in module.source:
        return frozenset()
    functions = [node for node in module.nodes(*FUNCTIONS) if isinstance(node, FUNCTIONS) and module.returns(node)]
    found: set[str] = set()
    size = -1
    while len(found) != size:  # one may be made of another
        size = len(found)
        for function in functions:
            name = module.qualname(function)
            if name not in found and _is_forwarding(module, function, found):
                found.add(name)
    return frozenset(found)


def _is_forwarding(module: Module, function: FunctionNode, known: set[str]) -> bool:
    """A decorator or the maker of one; each of its returns has to be forwarding."""
    return all(_forwards(module, function, item.value, known) for item in module.returns(function))


def _forwards(module: Module, function: FunctionNode, value: ast.expr | None, known: set[str]) -> bool:
    if isinstance(value, ast.Call):
        maker = value.func.func if isinstance(value.func, ast.Call) else value.func
        name = module.resolve(maker)
        if name in _WRAPS and value.args:
            value = value.args[0]  # ``return wraps(view)(wrapper)``, ``return update_wrapper(wrapper, view)``
        else:
            return name in known  # ``return permission_required("admin")(view)``, ``return decorator(view)``
    if not isinstance(value, ast.Name):
        return False
    binding = module.names.binding(value)
    inner = binding.node if binding is not None else None
    if not isinstance(inner, FUNCTIONS):
        return binding is not None and binding.kind == "parameter"  # ``return view``: marked and handed back
    if module.function_of(inner) is not function:
        return module.qualname(inner) in known
    for decorator in inner.decorator_list:
        if module.resolve(decorator.func if isinstance(decorator, ast.Call) else decorator) not in _WRAPS:
            return False
    return module.qualname(inner) in known or _passes_on(module, function, inner)


def _passes_on(module: Module, decorator: FunctionNode, wrapper: FunctionNode) -> bool:
    """Whether ``wrapper(*args, **kwargs)`` calls the decorated function with just these, and leaves them alone."""
    arguments = wrapper.args
    if arguments.vararg is None or arguments.kwarg is None:
        return False
    if arguments.posonlyargs or arguments.args or arguments.kwonlyargs:
        return False
    positional, keywords = arguments.vararg.arg, arguments.kwarg.arg
    views = {item.arg for item in (*decorator.args.posonlyargs, *decorator.args.args)}
    called = False
    if len(module.names.scope(wrapper).bindings[keywords]) != 1:
        return False
    for node in [node for name in {keywords, *views} for node in module.readings(name)]:
        if not _of(module, node, wrapper):
            continue
        if node.id == keywords:
            if not _only_read(module, node):
                return False
        elif node.id in views and _of_decorator(module, node, decorator):
            call = module.parent(node)
            if isinstance(call, ast.Call) and call.func is not node:
                if module.resolve(call.func) in _WRAPS:
                    continue
                call = _ensured(module, call)  # ``current_app.ensure_sync(view)(*args, **kwargs)``
                if call is None:
                    return False
            if isinstance(call, ast.Call):
                if not _with_just(call, positional, keywords):
                    return False
                called = True
    return called


def _of(module: Module, node: ast.Name, wrapper: FunctionNode) -> bool:
    if not wrapper.lineno <= node.lineno <= (wrapper.end_lineno or node.lineno):
        return False
    return any(parent is wrapper for parent in module.ancestors(node))


def _of_decorator(module: Module, node: ast.Name, decorator: FunctionNode) -> bool:
    found = module.names.scope_of(node).lookup(node.id)
    return found is not None and found[0].node is decorator


def _ensured(module: Module, call: ast.Call) -> ast.AST | None:
    """The call of what ``ensure_sync(view)`` gives; None where the view is handed to somebody else."""
    outer = module.parent(call)
    if isinstance(call.func, ast.Attribute) and call.func.attr == "ensure_sync" and isinstance(outer, ast.Call):
        return outer if outer.func is call else None
    return None


def _with_just(call: ast.Call, positional: str, keywords: str) -> bool:
    """``view(*args, **kwargs)``, or only ``**kwargs``: Flask passes URL variables by name."""
    starred = [
        item.value.id for item in call.args if isinstance(item, ast.Starred) and isinstance(item.value, ast.Name)
    ]
    if len(starred) != len(call.args) or starred not in ([], [positional]):
        return False
    only = call.keywords[0] if len(call.keywords) == 1 else None
    return only is not None and only.arg is None and isinstance(only.value, ast.Name) and only.value.id == keywords


def _only_read(module: Module, node: ast.Name) -> bool:
    """``**kwargs``, ``kwargs["id"]``, ``kwargs.get("id")`` and ``"id" in kwargs`` change nothing."""
    if not isinstance(node.ctx, ast.Load):
        return False
    parent = module.parent(node)
    if isinstance(parent, ast.Subscript):
        return isinstance(parent.ctx, ast.Load)
    if isinstance(parent, ast.Attribute):
        return parent.attr in ("get", "keys", "values", "items", "copy")
    return isinstance(parent, ast.keyword | ast.Compare | ast.FormattedValue) or (
        isinstance(parent, ast.Call)
        and module.resolve(parent.func) in ("builtins.len", "builtins.str", "builtins.repr")
    )
