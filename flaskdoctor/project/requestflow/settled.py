"""What a file takes care of for the whole project, so that another file's defect is none.

A handler for every HTTP error stands in one file, the one for ``Exception`` in another; a setting that Flask no longer
reads is read by the project itself.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from flaskdoctor.patterns import lazy
from flaskdoctor.project.code.names import FUNCTIONS

if TYPE_CHECKING:
    from flaskdoctor.project.code.module import Module

HTTP_ERRORS = "HTTPException"  # a handler for all errors of HTTP, or one for each of them
ALIKE = "alike "  # in front of a function that answers every error alike, should it be a handler
REPLACED = "replaced"  # views are wrapped or called by hand, or what Flask does with their answers is done otherwise
# The methods of an app or a blueprint that register views, call them or get what they return as they returned it.
ANSWERING = (
    "make_response", "finalize_request", "dispatch_request", "preprocess_request", "ensure_sync", "async_to_sync",
    "handle_user_exception", "handle_http_exception", "add_url_rule", "route",
)  # fmt: skip
# What each setting became on ``app.json`` (Flask 2.2 has both, 2.3 only the attribute).
JSON_ATTRIBUTES = {
    "JSON_AS_ASCII": "ensure_ascii",
    "JSON_SORT_KEYS": "sort_keys",
    "JSONIFY_MIMETYPE": "mimetype",
    "JSONIFY_PRETTYPRINT_REGULAR": "compact",
}

_HANDLER = lazy(rb"def \w*(?:error|exception|fail)\w*\(")
_REGISTRATIONS = frozenset({"errorhandler", "app_errorhandler", "register_error_handler"})
_SUCCESSORS = tuple(f".json.{attribute}".encode() for attribute in JSON_ATTRIBUTES.values())
_ASSIGNED = tuple(f".{method}{sign}".encode() for method in ANSWERING for sign in ("=", " ="))
_WORDS = (b"HTTPException", b"default_exceptions", b"JSON_AS_", b"JSON_SORT_", b"JSONIFY_", b".json.")


def read_settled(module: Module) -> frozenset[str]:
    """``HTTP_ERRORS``, ``REPLACED``, and the names of the JSON settings that the file reads or whose successor it sets.

    And, each behind ``ALIKE``, the functions that would be a handler for everything that answers all errors alike.
    """
    alike = _alike(module) if b"flask" in module.source and _HANDLER.search(module.source) else set()
    if _replaces(module):
        alike.add(REPLACED)
    if not any(word in module.source for word in _WORDS):
        return frozenset(alike)
    found = alike | _json_settings(module)
    if _handles_http_errors(module):
        found.add(HTTP_ERRORS)
    return frozenset(found)


def _alike(module: Module) -> set[str]:
    """The functions that are called like handlers of errors, are registered elsewhere, and answer all alike."""
    from flaskdoctor.project.answers.error_guards import asked_classes, error_name

    found = set()
    for node in module.nodes(*FUNCTIONS):
        assert isinstance(node, FUNCTIONS)
        if node.col_offset or node.decorator_list or not _HANDLER.search(f"def {node.name}(".encode()):
            continue
        answers = any(item.value is not None for item in module.returns(node))
        if error_name(node) is not None and answers and asked_classes(module, node) == ():
            found.add(ALIKE + module.qualname(node))
    return found


def _replaces(module: Module) -> bool:
    """``app.view_functions[name] = guarded(view)``, ``app.view_functions[name]()``, ``app.make_response = ..``.

    What is done to the view of static files does not count.
    """
    if b"view_functions" in module.source:
        for call in module.nodes(ast.Call):
            assert isinstance(call, ast.Call)
            if _is_view_of_a_name(module.value(call.func)):
                return True
        for node in module.nodes(ast.Attribute):
            assert isinstance(node, ast.Attribute)
            if node.attr == "view_functions" and _is_changed(module, node):
                return True
    if any(word in module.source for word in _ASSIGNED):
        for node in module.nodes(ast.Attribute):
            assert isinstance(node, ast.Attribute)
            if node.attr in ANSWERING and isinstance(node.ctx, ast.Store):
                return True
    return False


def _is_view_of_a_name(node: ast.expr) -> bool:
    """``app.view_functions[name]``, ``app.view_functions.get(name)``."""
    match node:
        case ast.Subscript(value=ast.Attribute(attr="view_functions")):
            return True
        case ast.Call(func=ast.Attribute(value=ast.Attribute(attr="view_functions"), attr="get")):
            return True
    return False


def _is_changed(module: Module, mapping: ast.Attribute) -> bool:
    if not isinstance(mapping.ctx, ast.Load):
        return True
    match module.parent(mapping):
        case ast.Subscript(slice=ast.Constant(value=str() as name)) if name.endswith("static"):
            return False
        case ast.Subscript(ctx=ast.Store()):
            return True
        case ast.Attribute(attr="update" | "setdefault"):
            return True
    return False


def _handles_http_errors(module: Module) -> bool:
    if b"default_exceptions" in module.source or b"HTTPException.__subclasses__" in module.source:
        return any(name.encode() in module.source for name in _REGISTRATIONS)
    if b"HTTPException" not in module.source:
        return False
    for call in module.nodes(ast.Call):
        assert isinstance(call, ast.Call)
        if not isinstance(call.func, ast.Attribute) or call.func.attr not in _REGISTRATIONS or not call.args:
            continue
        if (module.resolve(call.args[0]) or "").endswith(".HTTPException"):
            return True
    return False


def _json_settings(module: Module) -> set[str]:
    found: set[str] = set()
    if any(word in module.source for word in _SUCCESSORS):
        for node in module.nodes(ast.Attribute):
            assert isinstance(node, ast.Attribute)
            if isinstance(node.ctx, ast.Store) and isinstance(node.value, ast.Attribute) and node.value.attr == "json":
                found.update(key for key, attribute in JSON_ATTRIBUTES.items() if attribute == node.attr)
    asked = [key for key in JSON_ATTRIBUTES if key.encode() in module.source]
    if not asked:
        return found
    for node in module.nodes(ast.Constant):
        assert isinstance(node, ast.Constant)
        if node.value in asked and _is_read(module, node):
            found.add(str(node.value))
    found.update(
        node.attr
        for node in module.nodes(ast.Attribute)
        if isinstance(node, ast.Attribute) and node.attr in asked and isinstance(node.ctx, ast.Load)
    )
    return found


def _is_read(module: Module, key: ast.Constant) -> bool:
    """``config[key]`` or ``config.get(key)``."""
    match module.parent(key):
        case ast.Subscript(ctx=ast.Load()):
            return True
        case ast.Call(func=ast.Attribute(attr="get" | "pop" | "setdefault" as method)):
            return method != "setdefault"
    return False
