"""What a file runs before every request of a blueprint or the app, as far as it may turn requests away."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

from flaskdoctor.project.code.names import FUNCTIONS, FunctionNode
from flaskdoctor.project.routing.routefacts import decorator_name
from flaskdoctor.project.routing.views import router_of

if TYPE_CHECKING:
    from flaskdoctor.project.code.module import Module

_KINDS = ("before_request", "before_app_request")


class Hook(NamedTuple):
    """A ``before_request`` function. ``owner`` is what it is registered on, ``everywhere`` tells
    ``before_app_request``; ``name`` is its dotted name, ``decorators`` are its others. ``refuses`` says that it can
    answer 401, 403 or a redirect itself."""

    owner: str
    everywhere: bool
    name: str
    decorators: tuple[str, ...]
    refuses: bool


def read_hooks(module: Module) -> tuple[Hook, ...]:
    """The hooks of a file, decorated or registered by a call."""
    if b"before_request" not in module.source and b"before_app_request" not in module.source:
        return ()
    found: list[Hook] = []
    for function in module.nodes(*FUNCTIONS):
        assert isinstance(function, FUNCTIONS)
        for item in function.decorator_list:
            target = item.func if isinstance(item, ast.Call) else item
            if isinstance(target, ast.Attribute) and target.attr in _KINDS:
                below = function.decorator_list[function.decorator_list.index(item) + 1 :]
                names = tuple(decorator_name(module, other) for other in below)
                found += _hook(module, target, module.qualname(function), names, function)
    for name, calls in module.calls_by_name().items():
        if name.rpartition(".")[2] not in _KINDS:
            continue
        for call in calls:
            given = call.args[0] if len(call.args) == 1 else None
            called = module.resolve(given)
            if called is None or not isinstance(call.func, ast.Attribute):
                continue
            binding = module.names.binding(given) if isinstance(given, ast.Name) else None
            node = binding.node if binding is not None and isinstance(binding.node, FUNCTIONS) else None
            names = tuple(decorator_name(module, other) for other in node.decorator_list) if node is not None else ()
            found += _hook(module, call.func, called, names, node)
    return tuple(found)


def _hook(
    module: Module, target: ast.Attribute, name: str, decorators: tuple[str, ...], node: FunctionNode | None
) -> list[Hook]:
    owner = router_of(module, target.value)
    if owner is None:
        return []
    refuses = node is not None and any(_refuses(module, part) for part in ast.walk(node))
    return [Hook(owner[0], target.attr == "before_app_request", name, decorators, refuses)]


def _refuses(module: Module, node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    called = module.resolve(node.func) or ""
    if called == "flask.abort":
        code = node.args[0] if node.args else None
        return isinstance(code, ast.Constant) and code.value in (401, 403)
    return called == "flask.redirect" or called.endswith(("login_manager.unauthorized", ".verify_jwt_in_request"))
