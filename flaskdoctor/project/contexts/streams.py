"""The generators that become the body of a response, and what they need a context of Flask's for."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple, cast

from flaskdoctor.project.code.module import Module
from flaskdoctor.project.code.names import FUNCTIONS, FunctionNode
from flaskdoctor.project.routing.views import View, keyword

# What asks for a context when it is used: its name in the message, and which context that is.
_NEEDS = {
    "flask.request": ("request", "request"),
    "flask.globals.request": ("request", "request"),
    "flask.session": ("session", "request"),
    "flask.globals.session": ("session", "request"),
    "flask.g": ("g", "app"),
    "flask.globals.g": ("g", "app"),
    "flask.current_app": ("current_app", "app"),
    "flask.globals.current_app": ("current_app", "app"),
    "flask.url_for": ("url_for()", "app"),
    "flask.helpers.url_for": ("url_for()", "app"),
    "flask.render_template": ("render_template()", "app"),
    "flask.render_template_string": ("render_template_string()", "app"),
    "flask.templating.render_template": ("render_template()", "app"),
    "flask.templating.render_template_string": ("render_template_string()", "app"),
}
_RESPONSES = frozenset(
    {
        "flask.Response",
        "flask.wrappers.Response",
        "flask.make_response",
        "flask.helpers.make_response",
        "werkzeug.Response",
        "werkzeug.wrappers.Response",
        "werkzeug.wrappers.response.Response",
    }
)
_MANUAL = ("request_context", "app_context", "RuntimeError")


class Stream(NamedTuple):
    """A generator that becomes a response's body: the expression that makes it, and the module it may be called
    through (``flask`` in ``flask.Response``). ``owner`` is
    the app or blueprint of the view that returns it, where this file does not prove that it is one. ``bare``: the view
    returns the generator itself, which Flask takes since 2.2."""

    node: ast.expr
    flask: ast.expr | None = None
    owner: str = ""
    bare: bool = False


def streams(module: Module) -> Iterator[Stream]:
    """The expressions that may be a response's body, made by a generator."""
    calls = module.calls(*_RESPONSES)
    if b"response_class(" in module.source:
        for node in module.nodes(ast.Call):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == "response_class"
            ):
                calls.append(node)
    for call in calls:
        body = call.args[0] if call.args else keyword(call, "response")
        if body is not None:
            yield Stream(body, _flask_of(module, call.func))
    for view in module.views:
        if not isinstance(view.node, FUNCTIONS):
            continue
        for statement in module.returns(view.node):
            value = statement.value
            if isinstance(value, ast.Tuple) and value.elts:
                value = value.elts[0]
            if isinstance(value, ast.Call | ast.GeneratorExp | ast.Name):
                yield Stream(value, None, unproven_owner(view), bare=True)


def unproven_owner(view: View) -> str:
    """The app or blueprint of a view, "" where this file proves that it is one."""
    return "" if view.routes[0].proven else view.routes[0].owner


def _flask_of(module: Module, function: ast.expr) -> ast.expr | None:
    """``flask`` where the file says ``flask.Response``, or imports the package and nothing from it."""
    if isinstance(function, ast.Attribute) and module.resolve(function.value) == "flask":
        return function.value
    names = module.names.module_scope.bindings.values()
    if any(item.target.startswith("flask.") for several in names for item in several):
        return None
    for node in module.nodes(ast.Attribute):
        if (
            isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and module.resolve(node.value) == "flask"
        ):
            return node.value
    return None


def context_reads(module: Module) -> dict[ast.AST | None, list[str]]:
    """What needs a context, by the function or generator expression in which it is used.

    One that asks whether there is a context knows what it does without.
    """
    found: dict[ast.AST | None, list[str]] = {}
    asking: set[ast.AST | None] = set()
    for node in module.nodes(ast.Name, ast.Attribute):
        if isinstance(getattr(node, "ctx", None), ast.Load) and module.resolve(node) in _NEEDS:
            name, runner = cast("str", module.resolve(node)), _runner(module, node)
            found.setdefault(runner, []).append(name)
            if not name.endswith(".session") and _is_asked(module, node):
                asking.add(runner)
    return {runner: names for runner, names in found.items() if runner not in asking}


def _is_asked(module: Module, node: ast.AST) -> bool:
    """``if request:``, ``not current_app``, ``bool(g)``: a proxy is false outside of its context, and these are true
    inside; the session can be false there as well."""
    parent = module.parent(node)
    if isinstance(parent, ast.If | ast.IfExp | ast.While):
        return parent.test is node
    if isinstance(parent, ast.BoolOp):
        return node in parent.values[:-1]
    if isinstance(parent, ast.UnaryOp):
        return isinstance(parent.op, ast.Not)
    return isinstance(parent, ast.Call) and module.resolve(parent.func) == "builtins.bool"


def _runner(module: Module, node: ast.AST) -> ast.AST | None:
    """The function, lambda or generator expression that has to run for a node to be evaluated."""
    scope = module.names.scope_of(node)
    while isinstance(scope.node, ast.ListComp | ast.SetComp | ast.DictComp) and scope.parent is not None:
        scope = scope.parent
    return scope.node


def needed(module: Module, node: ast.expr, asked: dict[ast.AST | None, list[str]]) -> str | None:
    """What the generator that an expression makes needs a context for; None where it is none, or needs none."""
    if isinstance(node, ast.Name):
        binding = module.names.binding(node)
        same = binding is not None and module.function_of(binding.node) is module.function_of(node)
        if binding is None or binding.value is None or not same:
            return None
        node = binding.value
    if isinstance(node, ast.GeneratorExp):
        return _first(asked.get(node, []))
    if isinstance(node, ast.Call):
        function = _function(module, node)
        if function is not None and is_generator(module, function):
            return needed_in(module, function, asked)
    return None


def needed_in(module: Module, function: ast.FunctionDef, asked: dict[ast.AST | None, list[str]]) -> str | None:
    """What a generator function uses itself, or through a plain function of this file that it calls."""
    if _has_own_context(module, function):
        return None
    found = _first(asked.get(function, []))
    if found is not None:
        return found
    for call in module.nodes(ast.Call):
        if isinstance(call, ast.Call) and _runner(module, call) is function:
            called = _function(module, call)
            if called is not None and called is not function and not _has_own_context(module, called):
                found = _first(asked.get(called, []))
                if found is not None:
                    return f"{found} (in {called.name}())"
    return None


def _first(names: list[str]) -> str | None:
    """What to name in the message: the request rather than the app."""
    if not names:
        return None
    name = min(names, key=lambda each: _NEEDS[each][1] != "request")
    return _NEEDS[name][0]


def _function(module: Module, call: ast.Call) -> ast.FunctionDef | None:
    """The undecorated function of this file that is called."""
    binding = module.names.binding(call.func) if isinstance(call.func, ast.Name) else None
    node = binding.node if binding is not None else None
    return node if isinstance(node, ast.FunctionDef) and not node.decorator_list else None


def is_generator(module: Module, function: FunctionNode) -> bool:
    return any(module.function_of(node) is function for node in module.nodes(ast.Yield, ast.YieldFrom))


def _has_own_context(module: Module, function: FunctionNode) -> bool:
    """Whether it asks for a context or makes one: then it knows what it does."""
    text = module.lines_of(function)
    return any(word in text for word in _MANUAL)
