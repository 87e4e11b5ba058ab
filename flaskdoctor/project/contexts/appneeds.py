"""What in a function needs an app context: Flask's proxies, a session or a model of the database, mail."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from flaskdoctor.project.code.module import Module
    from flaskdoctor.project.code.names import FunctionNode

_PROXIES = frozenset({"flask.current_app", "flask.globals.current_app", "flask.g", "flask.globals.g"})
_CALLS = frozenset(
    {
        "flask.url_for",
        "flask.helpers.url_for",
        "flask.render_template",
        "flask.render_template_string",
        "flask.templating.render_template",
        "flask.templating.render_template_string",
    }
)
_SENDS = frozenset({"send", "send_message", "connect"})
_SENDER = 5  # its place among the arguments of Flask-Mail's Message


class AppUse(NamedTuple):
    """Something that may need an app context: ``what`` is its name for people, ``name`` its dotted one."""

    node: ast.AST
    what: str
    kind: str  # proxy, sqlalchemy, model, mail
    name: str


def uses_of_app(module: Module) -> dict[FunctionNode, list[AppUse]]:
    """What may need an app context, by function; what surely does comes first."""
    found: dict[FunctionNode, list[AppUse]] = {}
    for node in module.nodes(ast.Attribute, ast.Subscript, ast.Call):
        item: AppUse | None = None
        if isinstance(node, ast.Call):
            name = module.resolve(node.func)
            if name in _CALLS or (name == "flask_mail.Message" and _asks_for_sender(node)):
                item = AppUse(node, f"{name.rpartition('.')[2]}()", "proxy", name)
            elif isinstance(node.func, ast.Attribute) and node.func.attr in _SENDS:
                owner = module.resolve(node.func.value)
                if owner is not None and "mail" in owner.rpartition(".")[2].lower():
                    item = AppUse(node, f"{owner.rpartition('.')[2]}.{node.func.attr}()", "mail", owner)
        elif isinstance(node, ast.Attribute | ast.Subscript):
            name = module.resolve(node.value)
            if name in _PROXIES:
                item = AppUse(node, name.rpartition(".")[2], "proxy", name)
            elif isinstance(node, ast.Attribute) and name is not None and node.attr in ("query", "session"):
                kind = "model" if node.attr == "query" else "sqlalchemy"
                if not name.startswith(("flask.", "builtins.")):
                    item = AppUse(node, f"{name.rpartition('.')[2]}.{node.attr}", kind, name)
        function = module.function_of(node) if item is not None else None
        if item is not None and function is not None:
            found.setdefault(function, []).append(item)
    for several in found.values():
        several.sort(key=lambda use: ("proxy", "sqlalchemy", "mail", "model").index(use.kind))
    return found


def _asks_for_sender(call: ast.Call) -> bool:
    """Whether a Flask-Mail message is made without a sender: then it looks for the app's own."""
    return (
        len(call.args) < _SENDER
        and not any(item.arg in ("sender", None) for item in call.keywords)
        and not any(isinstance(item, ast.Starred) for item in call.args)
    )
