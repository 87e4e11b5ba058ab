"""The functions of a file whose return value Flask turns into a response, and what stands between the two."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from flaskdoctor.project.code.names import FUNCTIONS, FunctionNode
from flaskdoctor.project.routing.views import HTTP_METHODS, keyword

if TYPE_CHECKING:
    from flaskdoctor.project.code.module import Module
    from flaskdoctor.project.routing.views import View

VIEW_CLASSES = frozenset({"flask.views.MethodView", "flask.views.View"})
ANSWERING_HOOKS = frozenset({"errorhandler", "before_request"})  # ``before_app_request`` among them
_UNKNOWN = "?"

# What a view may be handed to beside a route, and still be called by Flask alone.
_HARMLESS_CALLS = frozenset({"add_url_rule", "register_error_handler", "exempt"})


class Responder(NamedTuple):
    """A view function, a method of a view class, an error handler or a ``before_request`` function.

    ``owners`` are the dotted names of the apps and blueprints it hangs on, ``unproven`` those that only other
    files can show to be one. ``decorators`` are the dotted names of all that is put around it ("?" where one has
    none) and that is no route. ``view_class`` is the dotted name of the class that it is a method of; where that
    class's routes stand in another file, ``owners`` is empty.
    """

    node: FunctionNode
    name: str
    owners: tuple[str, ...]
    unproven: tuple[str, ...]
    decorators: tuple[str, ...]
    view_class: str


def find_responders(module: Module) -> list[Responder]:
    """Every function of a file that answers requests and that nothing in this file calls or hands on itself."""
    owners: dict[FunctionNode, dict[str, bool]] = {}
    wrapped: dict[FunctionNode, list[str]] = {}
    stock: set[ast.AST] = set()
    classes: dict[FunctionNode, ast.ClassDef] = {}
    for view in module.views:
        stock.update(route.node for route in view.routes)
        for function in _functions(module, view):
            owned = owners.setdefault(function, {})
            for route in view.routes:
                owned[route.owner] = owned.get(route.owner, False) or route.proven
            wrapped.setdefault(function, []).extend(_wrappers(module, view))
            if isinstance(view.node, ast.ClassDef):
                classes[function] = view.node
    for handler in module.handlers:
        stock.add(handler.call)
        owned = owners.setdefault(handler.node, {})
        if handler.kind in ANSWERING_HOOKS:
            owned[handler.owner] = owned.get(handler.owner, False) or handler.proven
        else:
            wrapped.setdefault(handler.node, []).append(_UNKNOWN)
    for function, node in _unrouted_methods(module, owners):
        owners[function] = {}
        classes[function] = node
    found = []
    for function, owned in owners.items():
        if _used_otherwise(module, function, classes.get(function)):
            continue
        around = [_name(module, item) for item in function.decorator_list if item not in stock]
        around += wrapped.get(function, [])
        view_class = classes.get(function)
        if view_class is not None:
            around += _class_decorators(module, view_class)
        found.append(
            Responder(
                function,
                module.qualname(function),
                tuple(owned),
                tuple(name for name, proven in owned.items() if not proven),
                tuple(around),
                module.qualname(view_class) if view_class is not None else "",
            )
        )
    return found


def _functions(module: Module, view: View) -> list[FunctionNode]:
    node: ast.AST | None = view.node
    if node is None:  # ``view_func=login_required(view)``
        node = next((item for item in module.nodes(*FUNCTIONS) if module.qualname(item) == view.name), None)
    if isinstance(node, ast.ClassDef):
        return _methods(module, node)
    return [node] if isinstance(node, FUNCTIONS) else []


def _methods(module: Module, node: ast.ClassDef) -> list[FunctionNode]:
    """The methods that answer requests, of a class that is Flask's own view class with nothing in between."""
    bases = [module.resolve(base) for base in node.bases]
    if not bases or not VIEW_CLASSES.issuperset(bases) or node.decorator_list or node.keywords:
        return []
    methods = [item for item in node.body if isinstance(item, FUNCTIONS)]
    names = {item.name for item in methods}
    if "as_view" in names or (bases == ["flask.views.MethodView"] and "dispatch_request" in names):
        return []
    wanted = HTTP_METHODS if "flask.views.MethodView" in bases else ("dispatch_request",)
    return [item for item in methods if item.name in wanted]


def _unrouted_methods(
    module: Module, routed: dict[FunctionNode, dict[str, bool]]
) -> Iterator[tuple[FunctionNode, ast.ClassDef]]:
    """The methods of view classes to which no route of this file points."""
    for node in module.nodes(ast.ClassDef):
        assert isinstance(node, ast.ClassDef)
        if module.names.scope_of(node).parent is None:
            yield from ((item, node) for item in _methods(module, node) if item not in routed)


def _wrappers(module: Module, view: View) -> Iterator[str]:
    """What ``add_url_rule(.., view_func=login_required(view))`` puts around a view."""
    for route in view.routes:
        if route.spelling == "add_url_rule":
            call = route.node
            target = call.args[2] if len(call.args) > 2 else keyword(call, "view_func")
            target = module.value(target) if target is not None else None
            if isinstance(target, ast.Call) and not _is_as_view(target):
                yield _name(module, target.func)


def _class_decorators(module: Module, node: ast.ClassDef) -> Iterator[str]:
    """``decorators = [login_required]`` in the body of a view class."""
    for statement in node.body:
        targets: list[ast.expr] = []
        if isinstance(statement, ast.Assign):
            targets = statement.targets
        elif isinstance(statement, ast.AnnAssign | ast.AugAssign):
            targets = [statement.target]
        if any(isinstance(target, ast.Name) and target.id == "decorators" for target in targets):
            value = statement.value  # type: ignore[attr-defined]
            if isinstance(value, ast.List | ast.Tuple):
                yield from (_name(module, item) for item in value.elts)
            else:
                yield _UNKNOWN


def _name(module: Module, node: ast.expr) -> str:
    """The dotted name of a decorator; "?" for one whose arguments let it look at the response."""
    call = node if isinstance(node, ast.Call) else None
    if call is not None and any(item.arg is None or item.arg == "response_filter" for item in call.keywords):
        return _UNKNOWN
    return module.resolve(call.func if call is not None else node) or _UNKNOWN


def _is_as_view(node: ast.AST | None) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "as_view"


def _used_otherwise(module: Module, function: FunctionNode, view_class: ast.ClassDef | None) -> bool:
    """Whether this file calls the function itself, hands it to something unknown, or derives from its class."""
    if view_class is not None:
        return (
            bool(module.calls(module.qualname(function)))
            or _calls_super(module, function.name)
            or any(not _harmless_class_use(module, node) for node in _loads(module, view_class))
        )
    return any(not _harmless_use(module, node) for node in _loads(module, function))


def _loads(module: Module, node: FunctionNode | ast.ClassDef) -> Iterator[ast.Name]:
    for name in module.readings(node.name):
        found = module.names.scope_of(name).lookup(name.id)
        if found is None or any(binding.node is node for binding in found[1]):
            yield name


def _harmless_use(module: Module, node: ast.AST) -> bool:
    parent = module.parent(node)
    if isinstance(parent, ast.keyword):
        parent = module.parent(parent)
    if not isinstance(parent, ast.Call) or parent.func is node:
        return False
    if isinstance(parent.func, ast.Attribute) and parent.func.attr in _HARMLESS_CALLS:
        return True
    # ``view_func=login_required(view)``: ``_wrappers`` has looked at what is put around it.
    return parent.args[:1] == [node] and _is_argument_of(module, parent, "add_url_rule")


def _is_argument_of(module: Module, node: ast.AST, method: str) -> bool:
    parent = module.parent(node)
    if isinstance(parent, ast.keyword):
        parent = module.parent(parent)
    return isinstance(parent, ast.Call) and isinstance(parent.func, ast.Attribute) and parent.func.attr == method


def _harmless_class_use(module: Module, node: ast.Name) -> bool:
    """``Item.as_view(..)`` that goes into ``add_url_rule``, also through a variable."""
    attribute = module.parent(node)
    call = module.parent(attribute) if attribute is not None else None
    if not _is_as_view(call) or not isinstance(call, ast.Call) or call.func is not attribute:
        return False
    if _is_argument_of(module, call, "add_url_rule"):
        return True
    statement = module.parent(call)
    if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
        return False
    target = statement.targets[0]
    return isinstance(target, ast.Name) and all(
        _is_argument_of(module, use, "add_url_rule") for use in module.uses(target)
    )


def _calls_super(module: Module, method: str) -> bool:
    for call in module.calls("builtins.super"):
        attribute = module.parent(call)
        if isinstance(attribute, ast.Attribute) and attribute.attr == method:
            return True
    return False
