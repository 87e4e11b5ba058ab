"""The routes of a file as plain values, and the parameters of the views that they point to."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

from flaskdoctor.finding import Location
from flaskdoctor.project.code.literals import loop_over, outline, parameter
from flaskdoctor.project.code.names import FUNCTIONS, FunctionNode
from flaskdoctor.project.routing.views import HTTP_METHODS, Route, called_with, keyword

if TYPE_CHECKING:
    from flaskdoctor.project.code.module import Module


class Signature(NamedTuple):
    """The parameters by which a view function takes its URL variables; ``self`` left out."""

    name: str
    required: tuple[str, ...]
    accepted: tuple[str, ...]
    keywords: bool  # takes **kwargs
    location: Location
    decorated: bool = False  # a method of a class-based view that has decorators of its own


class RouteFact(NamedTuple):
    """A route, without its nodes; the fields are those of ``views.Route`` and ``views.View``.

    ``decorators`` are the dotted names of the other decorators, top to bottom ("?" where one has none), ``below``
    those under this route, with ``()`` where the decorator is made by a call. ``signatures`` is empty where the
    view is defined elsewhere. ``identity`` tells views of one name apart: where the function is defined, or where
    ``as_view`` makes one; empty for what another file defines. ``scope`` is the function that the route stands in,
    ``certain`` whether it is added whenever that runs (no ``if``, ``try`` or loop around it, one owner of that name),
    ``options`` are the names of its other keyword arguments. ``given`` says which of the fields (owner, rule, view,
    endpoint) are parameters of the helper ``function`` that the route stands in: (field, parameter).
    """

    owner: str
    proven: bool
    spelling: str
    rule: str | None
    methods: tuple[str, ...] | None
    endpoint: str | None
    defaults: tuple[str, ...] | None
    view: str
    is_class: bool
    is_async: bool
    decorators: tuple[str, ...]
    signatures: tuple[Signature, ...]
    location: Location
    below: tuple[str, ...] = ()
    more: bool = False
    function: str = ""
    given: tuple[tuple[str, str], ...] = ()
    outline: str = ""  # of a rule that is made of constants of other files (``literals.outline``)
    identity: str = ""
    scope: str = ""
    certain: bool = False
    options: tuple[str, ...] = ()


def read_routes(module: Module) -> tuple[RouteFact, ...]:
    """All routes of a file."""
    found: list[RouteFact] = []
    for view in module.views:
        node = view.node
        decorators = tuple(decorator_name(module, item) for item in view.decorators)
        spelt = tuple(
            name + "()" if isinstance(item, ast.Call) else name
            for name, item in zip(decorators, view.decorators, strict=True)
        )
        signatures = _signatures(module, node)
        for route in view.routes:
            function, given = _given(module, route)
            found.append(
                RouteFact(
                    route.owner,
                    route.proven,
                    route.spelling,
                    route.rule,
                    route.methods,
                    route.endpoint,
                    route.defaults,
                    view.name,
                    route.is_class or isinstance(node, ast.ClassDef),
                    isinstance(node, ast.AsyncFunctionDef),
                    decorators,
                    signatures,
                    module.location(route.node),
                    _below(route, spelt),
                    route.more,
                    function,
                    given,
                    _outline(module, route),
                    _identity(module, route),
                    module.names.scope_of(route.node).qualname,
                    _certain(module, route),
                    _options(route),
                )
            )
    return tuple(found)


def _outline(module: Module, route: Route) -> str:
    if route.rule is not None:
        return ""
    call = route.node
    return outline(module, call.args[0] if call.args else keyword(call, "rule")) or ""


_PLAIN = frozenset(("rule", "methods", "endpoint", "view_func", "defaults"))


def _options(route: Route) -> tuple[str, ...]:
    return tuple(item.arg for item in route.node.keywords if item.arg is not None and item.arg not in _PLAIN)


def _certain(module: Module, route: Route) -> bool:
    owner = route.node.func.value if isinstance(route.node.func, ast.Attribute) else None
    several = isinstance(owner, ast.Name) and len(list(module.names.bindings(owner))) > 1
    return not several and module.unconditional(route.node)


def _identity(module: Module, route: Route) -> str:
    """The place of the function that Flask gets; the function under this decorator, of several of one name."""
    call = route.node
    node: ast.AST | None = module.parent(call)
    if route.spelling == "add_url_rule" or not isinstance(node, (*FUNCTIONS, ast.ClassDef)):
        view = called_with(module, call)
        if route.spelling == "add_url_rule":
            view = call.args[2] if len(call.args) > 2 else keyword(call, "view_func")
        node = module.value(view) if view is not None else None
        if isinstance(node, ast.Name):
            binding = module.names.binding(node)
            node = binding.node if binding is not None and binding.kind == "def" else None
        if not isinstance(node, (*FUNCTIONS, ast.Call, ast.Lambda)):
            return ""
    return f"{node.lineno}:{node.col_offset}" if isinstance(node, ast.stmt | ast.expr) else ""


def _below(route: Route, decorators: tuple[str, ...]) -> tuple[str, ...]:
    if route.spelling != "add_url_rule" and not route.wrapped:
        return decorators[len(decorators) - route.below :]
    return ("?", *decorators) if route.wrapped else decorators


def _signatures(module: Module, node: FunctionNode | ast.ClassDef | None) -> tuple[Signature, ...]:
    if isinstance(node, ast.ClassDef):
        verbs = {*HTTP_METHODS, "dispatch_request"}
        methods = [item for item in node.body if isinstance(item, FUNCTIONS) and item.name in verbs]
        around = any(isinstance(item, ast.Name) and item.id == "decorators" for item in _class_names(node))
        return tuple(
            _signature(module, item, bound=True)._replace(decorated=around or bool(item.decorator_list))
            for item in methods
        )
    if node is None:
        return ()
    return (_signature(module, node, bound=isinstance(module.parent(node), ast.ClassDef)),)


def _class_names(node: ast.ClassDef) -> list[ast.expr]:
    """What a class body assigns to."""
    found: list[ast.expr] = []
    for item in node.body:
        if isinstance(item, ast.Assign):
            found.extend(item.targets)
        elif isinstance(item, ast.AnnAssign):
            found.append(item.target)
    return found


def _signature(module: Module, node: FunctionNode, *, bound: bool) -> Signature:
    arguments = node.args
    positional = [*arguments.posonlyargs, *arguments.args]
    with_default = {item.arg for item in positional[len(positional) - len(arguments.defaults) :]}
    with_default.update(
        item.arg
        for item, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
        if default is not None
    )
    if bound and not any(isinstance(item, ast.Name) and item.id == "staticmethod" for item in node.decorator_list):
        positional = positional[1:]
    names = [item.arg for item in (*positional, *arguments.kwonlyargs)]
    required = tuple(name for name in names if name not in with_default)
    return Signature(node.name, required, tuple(names), arguments.kwarg is not None, module.location(node))


def decorator_name(module: Module, node: ast.expr) -> str:
    """The dotted name of a decorator, or of what makes it; "?" where it has none."""
    return module.resolve(node.func if isinstance(node, ast.Call) else node) or "?"


def _given(module: Module, route: Route) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Which fields of an ``add_url_rule`` in a helper function are that function's parameters."""
    call = route.node
    if route.spelling != "add_url_rule" or not isinstance(call.func, ast.Attribute):
        return "", ()
    plain = [item for item in call.args if not isinstance(item, ast.Starred)]
    fields: list[tuple[str, ast.expr | None]] = [
        ("owner", call.func.value),
        ("rule", plain[0] if plain else keyword(call, "rule")),
        ("endpoint", plain[1] if len(plain) > 1 else keyword(call, "endpoint")),
        ("view", plain[2] if len(plain) > 2 else keyword(call, "view_func")),
    ]
    found: list[tuple[str, str]] = []
    functions: set[str] = set()
    for field, node in fields:
        asked = parameter(module, node)
        if asked is None and isinstance(node, ast.Name) and (loop := loop_over(module, node)) is not None:
            asked = parameter(module, loop[0])
        if asked is not None:
            functions.add(asked[0])
            found.append((field, asked[1]))
    # A helper is one that is also told the rule or the view; an app that comes in as a parameter is common.
    if len(functions) != 1 or {field for field, _ in found} == {"owner"}:
        return "", ()
    return functions.pop(), tuple(found)
