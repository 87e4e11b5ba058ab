"""Which runs of a development server offer its debugger on every network interface."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from flaskdoctor.project.code.purpose import conditional, purpose_of
from flaskdoctor.project.env.envnames import ENVIRON
from flaskdoctor.project.routing.views import keyword

if TYPE_CHECKING:
    from flaskdoctor.project.code.module import Module

_HOST, _DEBUG = 0, 2  # the places in ``Flask.run(host, port, debug, load_dotenv)``
_EVERYWHERE = ("0.0.0.0", "::")
_GETTERS = frozenset({"os.getenv", *(f"{environ}.get" for environ in ENVIRON)})


def open_host(module: Module, call: ast.Call, owner: str) -> ast.expr | None:
    """The argument of ``run`` that is the address of all interfaces, where debug mode is on too; else None."""
    host = _host(module, call)
    return host if host is not None and _debugs(module, call, owner) else None


def _host(module: Module, call: ast.Call) -> ast.expr | None:
    """The argument that is the address of all interfaces: ``run(host)``, or ``socketio.run(app, host)``."""
    given = keyword(call, "host")
    for node in (given,) if given is not None else call.args[_HOST : _HOST + 2]:
        value = module.value(node)
        if isinstance(value, ast.Call) and module.resolve(value.func) in _GETTERS:
            value = value.args[1] if len(value.args) > 1 else keyword(value, "default") or value
        if isinstance(value, ast.BoolOp) and isinstance(value.op, ast.Or):
            value = value.values[-1]
        if module.string(value) in _EVERYWHERE:
            return node
    return None


def _debugs(module: Module, call: ast.Call, owner: str) -> bool:
    """Whether debug mode is on in this call, by its argument or by what the file sets on the same app."""
    if any(_is(module, keyword(call, name), (False, 0)) for name in ("use_debugger", "use_evalex")):
        return False
    given = keyword(call, "debug")
    if given is None and len(call.args) > _DEBUG and not any(isinstance(arg, ast.Starred) for arg in call.args):
        given = call.args[_DEBUG]
    if given is not None:
        return _is(module, given, (True, 1))
    owners = {owner, *(module.resolve(arg) for arg in call.args[:1])}  # ``socketio.run(app)``
    return any(
        write.key == "DEBUG"
        and write.owner in owners
        and write.form not in ("class", "settings")
        and _is(module, write.value, (True, 1))
        and not purpose_of(module, write.node)
        and not conditional(module, write.node)
        for write in module.config_writes
    )


def _is(module: Module, node: ast.expr | None, values: tuple[object, ...]) -> bool:
    value = module.value(node) if node is not None else None
    return isinstance(value, ast.Constant) and value.value in values and not isinstance(value.value, float)
