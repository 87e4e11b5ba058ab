"""The views of one file: every spelling in which a route is written, and the handlers beside them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import takewhile
from typing import TYPE_CHECKING, NamedTuple

from flaskdoctor.project.code.flask_names import HANDLER_DECORATORS, METHOD_SHORTCUTS, ROUTER_CLASSES
from flaskdoctor.project.code.literals import Given, binding_of, dotted, parameter, rounds, text
from flaskdoctor.project.code.names import FUNCTIONS, FunctionNode

if TYPE_CHECKING:
    from flaskdoctor.project.code.module import Module

HTTP_METHODS = ("get", "post", "put", "patch", "delete", "head", "options", "trace")


class Route(NamedTuple):
    """One route as it is written.

    ``owner`` is the dotted name of the app or blueprint, ``proven`` whether this file alone shows that it is one.
    ``rule`` is None where it is computed. ``methods`` is None where none are given (Flask's default) and empty
    where they are computed. ``endpoint`` is None where it is Flask's default, "" where it is computed.
    ``is_class`` tells a view made by ``as_view``; ``below`` counts the other decorators under this one; ``more``
    says that the call has further arguments that cannot be seen (``*args``, ``**options``); ``wrapped`` that
    ``add_url_rule``, or what ``route`` returns, is given ``decorated(view)``, not the view itself.
    """

    node: ast.Call
    spelling: str  # route, get .. delete, add_url_rule
    owner: str
    proven: bool
    rule: str | None
    methods: tuple[str, ...] | None
    endpoint: str | None
    defaults: tuple[str, ...] | None  # keys of defaults=; None where there is none, ("*",) where it is computed
    is_class: bool = False
    below: int = 0
    more: bool = False
    wrapped: bool = False


class View(NamedTuple):
    """A function or class that routes point to.

    ``node`` is None where the view is defined in another file; ``name`` is its dotted name ("?" where it is
    computed). ``decorators`` are those of the function that are no routes, top to bottom.
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
    # By function, not by name: a file may define one name twice, each time with routes of its own.
    routes: dict[tuple[str, FunctionNode | ast.ClassDef | None], list[Route]] = {}
    latest: dict[str, FunctionNode | ast.ClassDef | None] = {}
    # flask-smorest and APIFlask take a class below ``@bp.route(..)``.
    for function in (*module.nodes(*FUNCTIONS), *module.nodes(ast.ClassDef)):
        assert isinstance(function, (*FUNCTIONS, ast.ClassDef))
        found: list[Route] = []
        below = 0
        for item in reversed(function.decorator_list):
            route = _decorator_route(module, item)
            if route is None:
                below += 1
            else:
                found.insert(0, route._replace(below=below))
        if found:
            name = module.qualname(function)
            routes[name, function] = found
            latest[name] = function
    for call in module.calls_of("add_url_rule"):
        for name, node, route in _url_rule(module, call):
            routes.setdefault((name, latest.setdefault(name, node)), []).append(route)
    decorating = {route.node for several in routes.values() for route in several}
    called: set[ast.Call] = set()
    for spelling in ("route", *METHOD_SHORTCUTS):
        for call in module.calls_of(spelling):
            found_route = _called_route(module, call) if call not in decorating else None
            if found_route is not None:
                called.add(call)
                name, node, route = found_route
                routes.setdefault((name, latest.setdefault(name, node)), []).append(route)
    views = []
    for (name, definition), several in routes.items():
        own = {route.node for route in several}
        decorators = tuple(item for item in definition.decorator_list if item not in own) if definition else ()
        # One that is called with the function gets it with all of its decorators.
        all_below = [route._replace(below=len(decorators)) if route.node in called else route for route in several]
        views.append(View(name, definition, tuple(all_below), decorators))
    return views


def _decorator_route(module: Module, node: ast.expr) -> Route | None:
    if not isinstance(node, ast.Call):
        return None
    target = node.func if isinstance(node.func, ast.Attribute) else module.value(node.func)
    if not isinstance(target, ast.Attribute):
        return None
    spelling = target.attr
    if spelling != "route" and spelling not in METHOD_SHORTCUTS:
        return None
    owner = router_of(module, target.value)
    if owner is None or (target is not node.func and not owner[1] and spelling != "route"):
        return None  # ``get = bp.get``; of what is no router here, a name may be anything
    rule_node = node.args[0] if node.args else keyword(node, "rule")
    methods = _methods(module, keyword(node, "methods")) if spelling == "route" else (spelling.upper(),)
    more = _has_double_star(node)
    if more and methods is None:
        methods = ()
    return Route(
        node,
        spelling,
        *owner,
        module.string(rule_node),
        methods,
        _endpoint(module, keyword(node, "endpoint")),
        _defaults(keyword(node, "defaults")),
        more=more,
    )


def called_with(module: Module, call: ast.Call) -> ast.expr | None:
    """The view of ``app.route("/")(view)``."""
    around = module.parent(call)
    if not isinstance(around, ast.Call) or around.func is not call or around.keywords or len(around.args) != 1:
        return None
    return None if isinstance(around.args[0], ast.Starred) else around.args[0]


def _called_route(module: Module, call: ast.Call) -> tuple[str, FunctionNode | ast.ClassDef | None, Route] | None:
    """A route that is no decorator: ``app.route("/")(view)``, or what a decorator of the project returns."""
    view_node = called_with(module, call)
    if view_node is None and call.func.attr != "route":  # type: ignore[attr-defined]
        return None  # a dictionary's get()
    route = _decorator_route(module, call)
    if route is None or not (view_node is not None or route.proven or (route.rule or "").startswith("/")):
        return None
    view = _pointed_to(module, view_node, {})
    endpoint = route.endpoint
    if endpoint is None:
        unnamed = view.name == "?" or parameter(module, view_node) is not None
        endpoint = "" if unnamed else view.endpoint
    route = route._replace(endpoint=endpoint, is_class=view.is_class, wrapped=view.wrapped)
    return view.name, view.node, route


def _url_rule(module: Module, call: ast.Call) -> Iterator[tuple[str, FunctionNode | ast.ClassDef | None, Route]]:
    assert isinstance(call.func, ast.Attribute)
    owner = router_of(module, call.func.value)
    if owner is None:
        return
    plain = list(takewhile(lambda item: not isinstance(item, ast.Starred), call.args))
    rule = plain[0] if plain else keyword(call, "rule")
    endpoint_node = plain[1] if len(plain) > 1 else keyword(call, "endpoint")
    view_node = plain[2] if len(plain) > 2 else keyword(call, "view_func")
    more = _has_double_star(call) or len(plain) < len(call.args)
    for given in rounds(module, call):
        view = _pointed_to(module, view_node, given)
        endpoint = _endpoint(module, endpoint_node, given)
        if view_node is None and endpoint and not more:
            view = _endpoint_function(module, endpoint)
        if endpoint is None:
            # What a helper is given (a decorator that calls ``add_url_rule``) brings a name that only its calls tell.
            handed = parameter(module, view_node) is not None
            endpoint = "" if view.name == "?" or handed else view.endpoint
        yield (
            view.name,
            view.node,
            Route(
                call,
                "add_url_rule",
                *owner,
                text(module, rule, given),
                _methods(module, keyword(call, "methods")),
                endpoint,
                _defaults(keyword(call, "defaults")),
                view.is_class,
                more=more,
                wrapped=view.wrapped,
            ),
        )


class _Pointed(NamedTuple):
    """What ``view_func=`` points to; ``endpoint`` is the name that it brings along, None where it is its own."""

    name: str
    node: FunctionNode | ast.ClassDef | None = None
    is_class: bool = False
    endpoint: str | None = None
    wrapped: bool = False


def _pointed_to(module: Module, node: ast.expr | None, given: Given) -> _Pointed:
    if isinstance(node, ast.Name):
        binding = binding_of(module, node)
        node = given.get(binding.node, node) if binding is not None else node
    target = module.value(node) if isinstance(node, ast.Name) else node
    if isinstance(target, ast.Lambda):
        return _Pointed(f"{module.name}.<lambda>")
    if isinstance(target, ast.Call):
        if isinstance(target.func, ast.Attribute) and target.func.attr == "as_view":
            name = dotted(module, target.func.value, given)
            label = text(module, target.args[0] if target.args else keyword(target, "name"), given)
            return _Pointed(name or "?", _definition(module, target.func.value), True, label or "")
        if module.resolve(target.func) == "builtins.getattr":
            return _Pointed(dotted(module, target, given) or "?")
        # ``view_func=decorated(view)``: what is called is the inner function, under whatever name it has.
        name = module.resolve(target.args[0]) if target.args else None
        return _Pointed("?" if name is None or name.startswith("builtins.") else name, wrapped=True)
    if node is None:
        return _Pointed("?")
    name = dotted(module, node, given)
    return _Pointed(name, _definition(module, node)) if name is not None else _Pointed("?")


def _endpoint_function(module: Module, endpoint: str) -> _Pointed:
    """The view that ``@app.endpoint("name")`` gives to a rule without one."""
    for function in module.nodes(*FUNCTIONS) if endpoint else ():
        assert isinstance(function, FUNCTIONS)
        for item in function.decorator_list:
            if not isinstance(item, ast.Call) or not isinstance(item.func, ast.Attribute) or not item.args:
                continue
            if item.func.attr == "endpoint" and module.string(item.args[0]) == endpoint:
                return _Pointed(module.qualname(function), function)
    return _Pointed("?")


def class_methods(node: ast.ClassDef) -> tuple[str, ...] | None:
    """The HTTP methods that a MethodView class answers by its own methods; None where it has none itself."""
    own = {item.name for item in node.body if isinstance(item, FUNCTIONS)}
    return tuple(sorted(method.upper() for method in HTTP_METHODS if method in own)) or None


def _definition(module: Module, node: ast.AST) -> FunctionNode | ast.ClassDef | None:
    """The function, class or ``self.method`` of this file that an expression names."""
    if isinstance(node, ast.Attribute):
        name = module.resolve(node)
        for item in module.nodes(*FUNCTIONS):
            if isinstance(item, FUNCTIONS) and item.name == node.attr and module.qualname(item) == name:
                return item
        return None
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
    for call in module.calls_of("register_error_handler"):
        assert isinstance(call.func, ast.Attribute)
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


def _endpoint(module: Module, node: ast.expr | None, given: Given | None = None) -> str | None:
    if node is None or (isinstance(node, ast.Constant) and node.value is None):
        return None
    return text(module, node, given or {}) or ""


def _defaults(node: ast.expr | None) -> tuple[str, ...] | None:
    if node is None:
        return None
    if isinstance(node, ast.Dict) and all(isinstance(key, ast.Constant) for key in node.keys):
        return tuple(str(key.value) for key in node.keys if isinstance(key, ast.Constant))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "dict" and not node.args:
        return tuple(item.arg or "*" for item in node.keywords)
    return ("*",)
