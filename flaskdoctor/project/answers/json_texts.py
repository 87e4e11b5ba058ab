"""Where a function returns the text of ``json.dumps`` as its whole answer, with nothing that says what it is."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from flaskdoctor.project.code.module import Module

STANDARD_DUMPS = frozenset({"json.dumps", "flask.json.dumps"})
DUMPS = STANDARD_DUMPS | {"simplejson.dumps", "ujson.dumps"}
_MAKE_RESPONSE = frozenset({"flask.make_response", "flask.helpers.make_response"})
_RESPONSE = frozenset({"flask.Response", "flask.wrappers.Response", "werkzeug.wrappers.Response", "werkzeug.Response"})


class JsonText(NamedTuple):
    """A ``dumps`` whose text is the body. ``wrapper`` is the ``Response(..)`` around it; ``at_once`` tells that it
    stands in the ``return`` itself, not in a variable."""

    call: ast.Call
    wrapper: ast.Call | None
    at_once: bool


def json_texts(module: Module, node: ast.expr | None) -> Iterator[JsonText]:
    """The ``dumps`` calls that a returned expression sends without a content type."""
    match node:
        case ast.IfExp():
            yield from json_texts(module, node.body)
            yield from json_texts(module, node.orelse)
        case ast.Tuple(elts=[first, *rest]) if all(_is_status(module, item) for item in rest):
            yield from json_texts(module, first)
        case ast.Call(args=[first, *rest], keywords=[]) if module.resolve(node.func) in _MAKE_RESPONSE:
            if all(_is_status(module, item) for item in rest):
                yield from json_texts(module, first)
        case ast.Call() if module.resolve(node.func) in _RESPONSE:
            yield from _of_response(module, node)
        case ast.Call() if _is_dumps(module, node):
            yield JsonText(node, None, at_once=True)
        case ast.Name():
            binding = module.names.binding(node)
            value = binding.value if binding is not None else None
            if not isinstance(value, ast.Call) or module.uses(node) or not _is_dumps(module, value):
                return
            if module.function_of(value) is module.function_of(node):
                yield JsonText(value, None, at_once=False)


def chooses_types(module: Module) -> bool:
    """Whether the file sets the content type of answers that it does not make on the spot."""
    if b"response_class =" in module.source or b"default_mimetype" in module.source:
        return True
    if b"after_request" not in module.source and b"after_app_request" not in module.source:
        return False
    hooks = [handler.node for handler in module.handlers if handler.kind == "after_request"]
    return any(re.search(r"(?i)content.?type(?!-options)|mimetype", module.segment(hook)) for hook in hooks)


def _of_response(module: Module, call: ast.Call) -> Iterator[JsonText]:
    """``Response(json.dumps(x), 200)``, with nothing that says what it is."""
    named = {item.arg: item.value for item in call.keywords}
    if not set(named) <= {"response", "status"} or len(call.args) > 2:
        return
    body = call.args[0] if call.args else named.get("response")
    if isinstance(body, ast.Call) and _is_dumps(module, body):
        yield JsonText(body, call, at_once=True)


def _is_dumps(module: Module, call: ast.Call) -> bool:
    return (
        module.resolve(call.func) in DUMPS
        and bool(call.args)
        and not any(item.arg in (None, "default", "cls") for item in call.keywords)
    )


def _is_status(module: Module, node: ast.expr) -> bool:
    """Whether it surely is a status, not headers."""
    if isinstance(node, ast.Constant):
        return isinstance(node.value, int | str)
    return (module.resolve(node) or "").startswith("http.HTTPStatus.")
