"""Calls that may start a development server, and the port that they name."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from flaskdoctor.project.routing.views import keyword

if TYPE_CHECKING:
    from flaskdoctor.project.code.module import Module

_ENVIRONMENT = frozenset({"os.environ.get", "os.getenv", "environ.get"})


class AppRun(NamedTuple):
    """A call of ``.run()``; ``owner`` is the dotted name of what it is called on ("()" behind it: what that
    function returns)."""

    call: ast.Call
    owner: str


class RunFact(NamedTuple):
    """A call of ``.run()`` as a plain value. ``port`` is None where it is not given, 0 where it is computed;
    ``host`` is empty where it is not given or computed. ``unsafe``: with ``allow_unsafe_werkzeug=True``, and
    not with ``debug=True``, which is for development."""

    owner: str
    port: int | None
    host: str
    tls: bool
    line: int
    unsafe: bool = False


def app_runs(module: Module) -> Iterator[AppRun]:
    """Every ``.run(..)`` of a file; ``appruns.starts_flask`` tells which of them are an app's."""
    for call in module.nodes(ast.Call):
        assert isinstance(call, ast.Call)
        if isinstance(call.func, ast.Attribute) and call.func.attr == "run":
            target = call.func.value
            made = isinstance(target, ast.Call)
            owner = module.resolve(target.func if isinstance(target, ast.Call) else target)
            if owner is not None:
                yield AppRun(call, f"{owner}()" if made else owner)


def read_runs(module: Module) -> tuple[RunFact, ...]:
    """The runs of a file whose owner may be an app: not ``subprocess.run`` and the like."""
    if b".run(" not in module.source or module.role in ("test", "migration"):
        return ()
    found = []
    for call, owner in app_runs(module):
        if owner.partition(".")[0] in _OTHERS:
            continue
        tls = keyword(call, "ssl_context")
        found.append(
            RunFact(
                owner,
                _port(module, _argument(call, "port")),
                _host(module, _argument(call, "host")),
                tls is not None and not (isinstance(tls, ast.Constant) and tls.value is None),
                call.lineno,
                _is_true(keyword(call, "allow_unsafe_werkzeug")) and not _is_true(keyword(call, "debug")),
            )
        )
    return tuple(found)


_OTHERS = frozenset({"subprocess", "asyncio", "builtins", "trio", "anyio", "uvicorn", "pytest", "nox", "invoke"})


def _is_true(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is True


def _argument(call: ast.Call, name: str) -> ast.expr | None:
    """``host`` or ``port`` of ``app.run(host, port)``, or of ``socketio.run(app, host, port)``."""
    given = keyword(call, name)
    if given is not None:
        return given
    texts = [item for item in call.args[:3] if isinstance(item, ast.Constant) and isinstance(item.value, str | int)]
    wanted = str if name == "host" else int
    return next((item for item in texts if type(item.value) is wanted), None)


def _port(module: Module, node: ast.expr | None, depth: int = 0) -> int | None:
    if node is None:
        return None
    node = module.value(node)
    if isinstance(node, ast.Constant):
        value = node.value
        if isinstance(value, str) and value.isascii() and value.isdigit():
            value = int(value[:6])
        return value if type(value) is int and 0 < value < 65536 else 0
    if depth > 4:
        return 0
    if isinstance(node, ast.BoolOp):
        return _port(module, node.values[-1], depth + 1)
    if isinstance(node, ast.Call):
        name = module.resolve(node.func) or ""
        if name == "builtins.int" and node.args:
            return _port(module, node.args[0], depth + 1)
        if name in _ENVIRONMENT:
            default = node.args[1] if len(node.args) > 1 else keyword(node, "default")
            return _port(module, default, depth + 1) or 0
    return 0


def _host(module: Module, node: ast.expr | None) -> str:
    return (module.string(node) or "") if node is not None else ""
