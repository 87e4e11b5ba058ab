"""What a file does with the session as a whole: which of its functions save it, and whether something always does.

Flask writes the cookie anew where ``session.modified`` is true, and at every request of a permanent session
(``SESSION_REFRESH_EACH_REQUEST`` is on by default).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from flaskdoctor.project.code.names import FUNCTIONS, FunctionNode

if TYPE_CHECKING:
    from flaskdoctor.project.code.module import Module
    from flaskdoctor.project.snapshot import Project

SESSIONS = frozenset({"flask.session", "flask.globals.session"})

_CHANGES = frozenset({"update", "pop", "popitem", "clear"})
WORDS = (b"session", b"flash(", b"_user(")
_ATTRIBUTES = frozenset({"modified", "permanent"})
_EVENTS = frozenset({"on", "event", "on_error", "on_error_default"})  # decorators of Flask-SocketIO
# Each of these writes a key of the session.
_WRITERS = frozenset(
    {
        "flask.flash",
        "flask.helpers.flash",
        "flask_login.login_user",
        "flask_login.logout_user",
        "flask_login.utils.login_user",
        "flask_login.utils.logout_user",
        "flask_security.login_user",
        "flask_security.logout_user",
    }
)


class SessionFacts(NamedTuple):
    """``writers`` are the functions that mark the session as changed (dotted); ``permanent`` whether sessions are made
    permanent; ``always`` whether a hook of every request changes the session."""

    writers: frozenset[str] = frozenset()
    permanent: bool = False
    always: bool = False


NO_SESSION = SessionFacts()


def is_session(module: Module, node: ast.AST | None) -> bool:
    """Whether an expression is Flask's session."""
    return module.resolve(node) in SESSIONS


def marks_session(module: Module, node: ast.AST) -> bool:
    """Whether evaluating this very node marks the session as changed: a key is set, ``flash()`` is called.

    Not where a key gets its first value (``if "cart" not in session: session["cart"] = []``): that is done once.
    """
    if isinstance(node, ast.Subscript):
        if isinstance(node.ctx, ast.Load) or not is_session(module, node.value):
            return False
        return not _is_first_value(module, node)
    if isinstance(node, ast.Attribute):
        return not isinstance(node.ctx, ast.Load) and node.attr in _ATTRIBUTES and is_session(module, node.value)
    if isinstance(node, ast.Call):
        if isinstance(node.func, ast.Attribute) and node.func.attr in _CHANGES:
            return is_session(module, node.func.value)
        return module.resolve(node.func) in _WRITERS
    return False


def _is_first_value(module: Module, node: ast.Subscript) -> bool:
    """Whether a key is only set where it was not there: under ``not in``, in the ``else`` of ``in``, at a KeyError."""
    statement = module.parent(node)
    around = module.parent(statement) if isinstance(statement, ast.Assign) else None
    if isinstance(around, ast.ExceptHandler):
        return module.resolve(around.type) == "builtins.KeyError"
    if not isinstance(around, ast.If):
        return False
    key, test = ast.dump(node.slice), around.test
    if statement in around.orelse:
        return _asks_for(module, test, key)
    match test:
        case ast.Compare(left=left, ops=[ast.NotIn()], comparators=[container]):
            return ast.dump(left) == key and is_session(module, container)
        case ast.UnaryOp(op=ast.Not(), operand=asked):
            return _asks_for(module, asked, key)
        case ast.Compare(left=asked, ops=[ast.Is() | ast.Eq()], comparators=[ast.Constant(value=None)]):
            return _asks_for(module, asked, key)
    return False


def _asks_for(module: Module, node: ast.expr, key: str) -> bool:
    """``session.get(key)``, or ``key in session``."""
    match node:
        case ast.Call(func=ast.Attribute(value=value, attr="get"), args=[first, *_]):
            return ast.dump(first) == key and is_session(module, value)
        case ast.Compare(left=left, ops=[ast.In()], comparators=[container]):
            return ast.dump(left) == key and is_session(module, container)
    return False


def in_socket_handler(module: Module, node: ast.AST) -> bool:
    """Whether a node stands in a handler of Flask-SocketIO, whose session is a dict of its own: no cookie is written.

    It is a copy of the session, kept for as long as the connection, and notices nothing and needs to notice nothing.
    """
    for parent in module.ancestors(node):
        if isinstance(parent, ast.ClassDef):
            return any((module.resolve(base) or "").endswith("Namespace") for base in parent.bases)
        if not isinstance(parent, FUNCTIONS):
            continue
        decorators = [item.func if isinstance(item, ast.Call) else item for item in parent.decorator_list]
        if any(isinstance(item, ast.Attribute) and item.attr in _EVENTS for item in decorators):
            return True
        if _is_given_to_on_event(module, parent):
            return True
    return False


def _is_given_to_on_event(module: Module, function: FunctionNode) -> bool:
    """``socketio.on_event("join", join)``."""
    handlers = (call.args[1] for call in module.calls_of("on_event") if len(call.args) > 1)
    return any(module.resolve(handler) == module.qualname(function) for handler in handlers)


def saving_functions(module: Module) -> frozenset[FunctionNode]:
    """The functions of a file that mark the session as changed."""
    return frozenset(function for _, function in _marks(module))


def _marks(module: Module) -> list[tuple[ast.AST, FunctionNode]]:
    marks = [node for node in _candidates(module) if marks_session(module, node)]
    return [(node, function) for node in marks if (function := module.function_of(node)) is not None]


def _candidates(module: Module) -> Iterator[ast.AST]:
    """The few nodes that can be a mark by their shape alone; every file has thousands of the others."""
    for written in (ast.Subscript, ast.Attribute):
        for node in module.nodes(written):
            if type(node.ctx) is not ast.Load:  # type: ignore[attr-defined]
                yield node
    for node in module.nodes(ast.Call):
        func = node.func  # type: ignore[attr-defined]
        if type(func) is ast.Attribute and func.attr in _CHANGES:
            yield node
    yield from module.calls(*_WRITERS)


def read_sessions(module: Module) -> SessionFacts:
    """The facts of one file."""
    if not module.says(WORDS):
        return NO_SESSION
    marks = _marks(module)
    if not marks:
        return NO_SESSION
    hooks = {handler.node for handler in module.handlers if handler.kind in ("before_request", "after_request")}
    return SessionFacts(
        frozenset(module.qualname(function) for _, function in marks),
        any(isinstance(node, ast.Attribute) and node.attr == "permanent" for node, _ in marks),
        any(function in hooks and module.statement_of(node) in function.body for node, function in marks),
    )


def kept_on_server(project: Project) -> bool:
    """Whether the session is more than Flask's cookie: an extension, or an interface of the project's own."""
    if any(project.dependencies.has(name) for name in ("flask-session", "flask-kvsession", "flask-sessionstore")):
        return True
    for facts in project.modules.values():
        for bases in facts.classes.values():
            if any(base.endswith("SessionInterface") for base in bases):
                return True
        for item in facts.imports:
            package, _, name = item.target.rpartition(".")
            if name.endswith("SessionInterface") and package not in ("flask.sessions", "flask"):
                return True
            if re.match(r"flask_\w*session", item.target):
                return True
    return False
