"""What a function needs a context of Flask's for: itself, or through the functions of its file that it calls."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, cast

from flaskdoctor.patterns import lazy
from flaskdoctor.project.code.names import FUNCTIONS, FunctionNode

if TYPE_CHECKING:
    from flaskdoctor.project.code.module import Module

# What is asked for, and the context that it needs.
_NEEDS = {
    f"{module}.{name}": (shown, kind)
    for modules, name, shown, kind in (
        (("flask", "flask.globals"), "request", "request", "request"),
        (("flask", "flask.globals"), "session", "session", "request"),
        (("flask", "flask.helpers"), "flash", "flash()", "request"),
        (("flask", "flask.globals"), "g", "g", "app"),
        (("flask", "flask.globals"), "current_app", "current_app", "app"),
        (("flask", "flask.helpers"), "url_for", "url_for()", "app"),
        (("flask", "flask.templating"), "render_template", "render_template()", "app"),
        (("flask", "flask.templating"), "render_template_string", "render_template_string()", "app"),
    )
    for module in modules
}
_SHOWN = dict(_NEEDS.values())
# Who makes a request context, or asks for one, knows what it does.
_KNOWS_REQUEST = lazy(r"request_context|RuntimeError")
_ASKS = lazy(r"has_(?:app|request)_context|RuntimeError")
# Some call that may make a context of the app's: ``app_context()``, ``stack.enter_context(..)``.
_MAKES_CONTEXT = lazy(r"[Cc]onte?xt\w*\(|ctx\b|\.push\(")
# A context that was made somewhere else, and may be a request's: ``with context:``, ``ctx.push()``.
_HANDED_CONTEXT = lazy(r"(?i)with [\w.]*(?:conte?xt|ctx)\w*\s*(?:as \w+)?:|(?:conte?xt|ctx)\w*\.(?:push|run)\(")
_OPENS = frozenset({"app_context", "test_request_context", "request_context"})
_COPIES = frozenset({"flask.copy_current_request_context", "flask.ctx.copy_current_request_context"})
_ASKS_G = frozenset({"get", "pop", "setdefault"})
_BRANCHES = (ast.If, ast.IfExp, ast.BoolOp)
_SMALL_TRY = 2  # statements; a guard around one reading, not around the whole of the work
_DEPTH = 3


class Need(NamedTuple):
    """Where a function needs a context, what for, and the function that says so."""

    node: ast.expr
    shown: str
    function: ast.AST

    @property
    def kind(self) -> str:
        return _SHOWN[self.shown]


def context_needs(module: Module) -> dict[ast.AST | None, list[Need]]:
    """What needs a context, by the function or lambda in which it is evaluated."""
    found: dict[ast.AST | None, list[Need]] = {}
    for name, binding in _imported(module):
        for node in module.readings(name):
            used: ast.expr | None = node
            if binding == "flask":
                parent = module.parent(node)
                used = parent if isinstance(parent, ast.Attribute) else None
            meaning = module.resolve(used) if used is not None else None
            if used is not None and meaning in _NEEDS and not _guarded(module, used):
                runner = _runner(module, used)
                found.setdefault(runner, []).append(Need(used, _NEEDS[meaning][0], runner or module.ast))
    return found


def _imported(module: Module) -> Iterator[tuple[str, str]]:
    """The names of this file that are, or may be, what needs a context: imports and their aliases."""
    scopes = {module.names.module_scope}
    scopes |= {module.names.scope_of(node) for node in module.nodes(ast.ImportFrom, ast.Import)}
    for name in dict.fromkeys(name for scope in scopes for name in scope.bindings):
        for scope in scopes:
            for item in scope.bindings.get(name, ()):
                if item.kind == "import" and (item.target == "flask" or item.target in _NEEDS):
                    yield name, item.target
                    break
            else:
                continue
            break
    if "flask" in module.names.stars:
        yield from (
            (name.rpartition(".")[2], name) for name in _NEEDS if name.startswith("flask.") and name.count(".") == 1
        )


def _opens_context(module: Module, node: ast.expr) -> bool:
    """``with current_app.app_context():``, not inside of another ``with``: it needs the very context that it makes."""
    parent = module.parent(node)
    if not isinstance(parent, ast.Attribute) or parent.attr not in _OPENS:
        return False
    blocks = 0
    for around in module.ancestors(node):
        if isinstance(around, (*FUNCTIONS, ast.Lambda)):
            break
        if isinstance(around, ast.With):
            blocks += 1
    return blocks <= 1


def _guarded(module: Module, node: ast.expr) -> bool:
    """Whether a reading only asks if there is a context, or stands where an error is expected."""
    child: ast.AST = node
    for parent in module.ancestors(node):
        if isinstance(parent, FUNCTIONS):
            return False
        if isinstance(parent, _BRANCHES):
            test = parent.values[0] if isinstance(parent, ast.BoolOp) else parent.test
            if _asks(module, test):
                return True
        if isinstance(parent, ast.Try) and child in parent.body and len(parent.body) <= _SMALL_TRY and parent.handlers:
            return True
        child = parent
    return False


def _asks(module: Module, test: ast.expr) -> bool:
    """``if request:``, ``if not current_app``: a proxy is false outside of its context."""
    if isinstance(test, ast.UnaryOp):
        test = test.operand
    return module.resolve(test) in _NEEDS


def _runner(module: Module, node: ast.AST) -> ast.AST | None:
    """The function or lambda that has to run for a node to be evaluated."""
    scope = module.names.scope_of(node)
    while not isinstance(scope.node, (*FUNCTIONS, ast.Lambda)) and scope.parent is not None:
        scope = scope.parent
    return scope.node if scope.parent is not None else None


@lru_cache(maxsize=1)
def _calls_by_runner(module: Module) -> dict[ast.AST | None, list[ast.Call]]:
    """The calls of a file by the function that makes them; kept for the file that is looked at."""
    found: dict[ast.AST | None, list[ast.Call]] = {}
    for call in module.nodes(ast.Call):
        assert isinstance(call, ast.Call)
        found.setdefault(_runner(module, call), []).append(call)
    return found


def target_function(module: Module, target: ast.expr | None) -> ast.AST | None:
    """The undecorated function or lambda of this file that a handover runs."""
    if isinstance(target, ast.Call) and module.resolve(target.func) == "functools.partial" and target.args:
        target = target.args[0]
    if isinstance(target, ast.Lambda):
        return target
    function: ast.AST | None = None
    if isinstance(target, ast.Name):
        binding = module.names.binding(target)
        function = binding.node if binding is not None else None
    elif isinstance(target, ast.Attribute):
        name = module.resolve(target)
        function = _methods(module).get(name) if name is not None else None
    if not isinstance(function, FUNCTIONS):
        return None
    names = [module.resolve(item) for item in function.decorator_list]
    return function if all(name in ("builtins.staticmethod", "builtins.classmethod") for name in names) else None


def copied_function(module: Module, target: ast.expr | None) -> FunctionNode | None:
    """The function of this file that a handover runs under a copy of the request context, and under nothing else."""
    if isinstance(target, ast.Call) and module.resolve(target.func) in _COPIES and len(target.args) == 1:
        return cast("FunctionNode | None", target_function(module, target.args[0]))
    binding = module.names.binding(target) if isinstance(target, ast.Name) else None
    function = binding.node if binding is not None else None
    if not isinstance(function, FUNCTIONS) or len(function.decorator_list) != 1:
        return None
    return function if module.resolve(function.decorator_list[0]) in _COPIES else None


def missing_in_copy(module: Module, function: ast.AST, needs: dict[ast.AST | None, list[Need]]) -> ast.Attribute | None:
    """``g.user`` in a function under a copied request context that puts nothing into the new ``g`` itself."""
    used = [module.parent(need.node) for need in needs.get(function, []) if need.shown == "g"]
    read = [node for node in used if isinstance(node, ast.Attribute) and node.attr not in _ASKS_G]
    if len(read) != len(used) or not all(isinstance(node.ctx, ast.Load) for node in read):
        return None
    return read[0] if read else None


def _methods(module: Module) -> dict[str, FunctionNode]:
    """The methods of this file's classes by dotted name."""
    found: dict[str, FunctionNode] = {}
    for node in module.nodes(ast.ClassDef):
        assert isinstance(node, ast.ClassDef)
        found.update((module.qualname(item), item) for item in node.body if isinstance(item, FUNCTIONS))
    return found


def needed(
    module: Module, function: ast.AST, needs: dict[ast.AST | None, list[Need]], *, app: bool = True, depth: int = 0
) -> Need | None:
    """What a function needs a context for, itself or through plain functions of this file that it calls.

    ``app`` is false once something on the way may have made an app context.
    """
    text = ast.unparse(function) if isinstance(function, ast.Lambda) else module.lines_of(cast("ast.stmt", function))
    if _HANDED_CONTEXT.search(text):
        return None
    own = needs.get(function, [])
    opened = next((need for need in own if need.kind == "app" and _opens_context(module, need.node)), None)
    if app and opened is not None and not _ASKS.search(text):
        return opened
    if _KNOWS_REQUEST.search(text):
        return None
    app = app and _MAKES_CONTEXT.search(text) is None
    own = [need for need in own if app or need.kind == "request"]
    if own:
        return min(own, key=lambda need: need.kind != "request")
    if depth >= _DEPTH:
        return None
    for call in _calls_by_runner(module).get(function, ()):
        called = target_function(module, call.func)
        if called is not None and called is not function and not _guarded(module, call.func):
            found = needed(module, called, needs, app=app, depth=depth + 1)
            if found is not None:
                return found
    return None
