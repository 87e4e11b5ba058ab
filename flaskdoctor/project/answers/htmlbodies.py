"""The texts that Flask sends as text/html: what a view returns, where nothing says another type."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from flaskdoctor.project.routing.views import keyword

if TYPE_CHECKING:
    from flaskdoctor.project.code.module import Module

_RESPONSES = frozenset((
    "flask.make_response", "flask.Response", "flask.wrappers.Response", "quart.make_response", "quart.Response",
    "werkzeug.wrappers.Response", "werkzeug.Response",
))  # fmt: skip


def html_bodies(module: Module, node: ast.expr | None) -> Iterator[ast.expr]:
    """The bodies of a return value that Flask sends as text/html."""
    if isinstance(node, ast.Name):
        bound = module.value(node)
        if isinstance(bound, ast.Call) and module.resolve(bound.func) in _RESPONSES:
            if not any(isinstance(module.parent(use), ast.Attribute) for use in module.uses(node)):
                yield from html_bodies(module, bound)
            return
    if isinstance(node, ast.IfExp):
        yield from html_bodies(module, node.body)
        yield from html_bodies(module, node.orelse)
    elif isinstance(node, ast.Tuple):
        if 2 <= len(node.elts) <= 3 and all(_is_plain(module, item) for item in node.elts[1:]):
            yield from html_bodies(module, node.elts[0])
    elif isinstance(node, ast.Call) and module.resolve(node.func) in _RESPONSES:
        given = {item.arg for item in node.keywords}
        if not given & {"mimetype", "content_type", "headers", None} and len(node.args) < 3:
            body = node.args[0] if node.args else keyword(node, "response")
            if body is not None:
                yield body
    elif node is not None:
        yield node


def _is_plain(module: Module, node: ast.expr) -> bool:
    """A status, or headers that do not say what type the body has."""
    node = module.value(node)
    if isinstance(node, ast.Dict):
        return all("type" not in (module.string(key) or "type").lower() for key in node.keys)
    return isinstance(node, ast.Constant | ast.Attribute)
