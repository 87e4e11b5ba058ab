"""The views of one file: every spelling in which a route is written, and the handlers beside them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from flaskdoctor.project.flask_names import HANDLER_DECORATORS, METHOD_SHORTCUTS, ROUTER_CLASSES
from flaskdoctor.project.names import FUNCTIONS, FunctionNode

if TYPE_CHECKING:
    from flaskdoctor.project.module import Module

HTTP_METHODS = ("get", "post", "put", "patch", "delete", "head", "options", "trace")


class Route(NamedTuple):
    """One route as it is written.

    ``owner`` is the dotted name of the app or blueprint, ``proven`` whether this file alone shows that it is one.
    ``rule`` is None where it is computed. ``methods`` is None where none are given (Flask's default) and empty
    where they are computed. ``endpoint`` is None where it is Flask's default, "" where it is computed.
    """

    node: ast.Call
    spelling: str  # route, get .. delete, add_url_rule
    owner: str
    proven: bool
    rule: str | None
    methods: tuple[str, ...] | None
    endpoint: str | None
    defaults: tuple[str, ...] | None  # keys of defaults=; None where there is none, ("*",) where it is computed


class View(NamedTuple):
    """A function or class that routes point to.

    ``node`` is None where the view is defined in another file; ``name`` is its dotted name. ``decorators`` are
    those of the function that are no routes, top to bottom.
    """

    name: str
    node: FunctionNode | ast.ClassDef | None
    routes: tuple[Route, ...]
    decorators: tuple[ast.expr, ...]


class Handler(NamedTuple):
    """An error handler or a request hook. ``codes`` are the arguments of ``errorhandler``."""

    node: FunctionNode
    kind: str  # the decorator's name, "errorhandler" also for register_error_handler
    owner: str
    proven: bool
    codes: tuple[ast.expr, ...]
    call: ast.AST


def router_of(module: Module, node: ast.expr) -> tuple[str, bool] | None:
    """The dotted name of what a route is registered on, and whether it is surely an app or a blueprint here.

    None where it is surely something else: the result of calling a library class that is neither.
    """
    name = module.resolve(node)
    if name is None:
        return None
    bindings = module.names.bindings(node) if isinstance(node, ast.Name) else ()
    for binding in bindings:
        if isinstance(binding.value, ast.Call):
            callee = module.resolve(binding.value.func)
            if callee in ROUTER_CLASSES:
                return name, True
    for binding in bindings:
        annotation = getattr(binding.node, "annotation", None)
        if annotation is not None and module.resolve(annotation) in ROUTER_CLASSES:
            return name, True
    if name in ("flask.current_app", "quart.current_app"):
        return name, True
    return name, False


def find_views(module: Module) -> list[View]:
    """All views of a file, in the order of their first route."""
    routes: dict[str, list[Route]] = {}
    nodes: dict[str, FunctionNode | ast.ClassDef | None] = {}
    for function in module.nodes(*FUNCTIONS):
        assert isinstance(function, FUNCTIONS)
        found = [route for item in function.decorator_list if (route := _decorator_route(module, item))]
        if found:
            name = module.qualname(function)
            routes.setdefault(name, []).extend(found)
            nodes[name] = function
    for call in module.nodes(ast.Call):
        assert isinstance(call, ast.Call)
        if isinstance(call.func, ast.Attribute) and call.func.attr == "add_url_rule":
            for name, node, route in _url_rule(module, call):
                routes.setdefault(name, []).append(route)
                nodes.setdefault(name, node)
    views = []
    for name, found in routes.items():
        node = nodes[name]
        own = {route.node for route in found}
        decorators = tuple(item for item in node.decorator_list if item not in own) if node is not None else ()
        views.append(View(name, node, tuple(found), decorators))
    return views


def _decorator_route(module: Module, node: ast.expr) -> Route | None:
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return None
    spelling = node.func.attr
    if spelling != "route" and spelling not in METHOD_SHORTCUTS:
        return None
    owner = router_of(module, node.func.value)
    if owner is None:
        return None
    rule_node = node.args[0] if node.args else keyword(node, "rule")
    methods = _methods(module, keyword(node, "methods")) if spelling == "route" else (spelling.upper(),)
    if _has_double_star(node) and methods is None:
        methods = ()
    return Route(
        node,
        spelling,
        *owner,
        module.string(rule_node),
        methods,
        _endpoint(module, keyword(node, "endpoint")),
        _defaults(keyword(node, "defaults")),
    )


def _url_rule(module: Module, call: ast.Call) -> Iterator[tuple[str, FunctionNode | ast.ClassDef | None, Route]]:
    assert isinstance(call.func, ast.Attribute)
    owner = router_of(module, call.func.value)
    if owner is None:
        return
    rule = call.args[0] if call.args else keyword(call, "rule")
    endpoint_node = call.args[1] if len(call.args) > 1 else keyword(call, "endpoint")
    view_node = call.args[2] if len(call.args) > 2 else keyword(call, "view_func")
    if view_node is None:
        return
    endpoint = _endpoint(module, endpoint_node)
    methods = _methods(module, keyword(call, "methods"))
    target = module.value(view_node) if isinstance(view_node, ast.Name) else view_node
    if isinstance(target, ast.Call):
        if not isinstance(target.func, ast.Attribute) or target.func.attr != "as_view":
            # ``view_func=decorated(view)``: what is called is the inner function, under whatever name it has.
            inner = target.args[0] if target.args else None
            name = module.resolve(inner)
            route = Route(
                call,
                "add_url_rule",
                *owner,
                module.string(rule),
                methods,
                endpoint,
                _defaults(keyword(call, "defaults")),
            )
            if name is not None and not name.startswith("builtins."):
                yield name, None, route
            return
        name = module.resolve(target.func.value)
        if endpoint is None:
            endpoint = _endpoint(module, target.args[0] if target.args else keyword(target, "name"))
    else:
        name = module.resolve(view_node)
    if name is None:
        return
    node = _definition(module, target.func.value if isinstance(target, ast.Call) else view_node)  # type: ignore[attr-defined]
    if isinstance(node, ast.ClassDef) and methods is None:
        methods = class_methods(node)
    yield (
        name,
        node,
        Route(
            call, "add_url_rule", *owner, module.string(rule), methods, endpoint, _defaults(keyword(call, "defaults"))
        ),
    )


def class_methods(node: ast.ClassDef) -> tuple[str, ...] | None:
    """The HTTP methods that a MethodView class answers by its own methods; None where it has none itself."""
    own = {item.name for item in node.body if isinstance(item, FUNCTIONS)}
    return tuple(sorted(method.upper() for method in HTTP_METHODS if method in own)) or None


def _definition(module: Module, node: ast.AST) -> FunctionNode | ast.ClassDef | None:
    if not isinstance(node, ast.Name):
        return None
    binding = module.names.binding(node)
    if binding is not None and isinstance(binding.node, (*FUNCTIONS, ast.ClassDef)):
        return binding.node
    return None


def find_handlers(module: Module) -> list[Handler]:
    """The error handlers and request hooks of a file, decorated or registered by a call."""
    found = []
    for function in module.nodes(*FUNCTIONS):
        assert isinstance(function, FUNCTIONS)
        for item in function.decorator_list:
            target = item.func if isinstance(item, ast.Call) else item
            if isinstance(target, ast.Attribute) and target.attr in HANDLER_DECORATORS:
                owner = router_of(module, target.value)
                if owner is not None:
                    kind = target.attr.replace("app_", "")
                    codes = tuple(item.args) if isinstance(item, ast.Call) else ()
                    found.append(Handler(function, kind, *owner, codes, item))
    for call in module.nodes(ast.Call):
        assert isinstance(call, ast.Call)
        if not isinstance(call.func, ast.Attribute) or call.func.attr != "register_error_handler":
            continue
        owner = router_of(module, call.func.value)
        if owner is None or len(call.args) < 2:
            continue
        node = _definition(module, call.args[1])
        if isinstance(node, FUNCTIONS):
            found.append(Handler(node, "errorhandler", *owner, (call.args[0],), call))
    return found


def keyword(call: ast.Call, name: str) -> ast.expr | None:
    """The value of a keyword argument."""
    return next((item.value for item in call.keywords if item.arg == name), None)


def _has_double_star(call: ast.Call) -> bool:
    return any(item.arg is None for item in call.keywords)


def _methods(module: Module, node: ast.expr | None) -> tuple[str, ...] | None:
    if node is None:
        return None
    node = module.value(node)
    if isinstance(node, ast.List | ast.Tuple | ast.Set):
        names = [module.string(item) for item in node.elts]
        if all(name is not None for name in names):
            return tuple(sorted({name.upper() for name in names if name}))
    return ()


def _endpoint(module: Module, node: ast.expr | None) -> str | None:
    if node is None or (isinstance(node, ast.Constant) and node.value is None):
        return None
    return module.string(node) or ""


def _defaults(node: ast.expr | None) -> tuple[str, ...] | None:
    if node is None:
        return None
    if isinstance(node, ast.Dict) and all(isinstance(key, ast.Constant) for key in node.keys):
        return tuple(str(key.value) for key in node.keys if isinstance(key, ast.Constant))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "dict" and not node.args:
        return tuple(item.arg or "*" for item in node.keywords)
    return ("*",)
