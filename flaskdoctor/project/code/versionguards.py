"""Code that asks which release of a library it runs on, or whether a name is there, before it uses that name."""

from __future__ import annotations

import ast
from collections.abc import Collection
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flaskdoctor.project.code.module import Module

_ASKS = ("version", "hasattr", "type_checking")
_ABSENCE = ("ImportError", "AttributeError", "Exception", "NotFound")


def guarded(module: Module, node: ast.AST, library: str, gone: Collection[str]) -> bool:
    """Whether a node stands inside ``try: .. except ImportError``, ``if hasattr(..)``, ``if version < ..``, a
    condition that speaks of ``library``, or ``if TYPE_CHECKING``.

    ``gone`` are dotted names that are no way out: ``except ImportError: from flask import _request_ctx_stack``
    behind ``try: from flask import _app_ctx_stack`` helps nobody, for both are gone.
    """
    child = node
    for parent in module.ancestors(node):
        if isinstance(parent, ast.Try) and _catches_absence(module, parent):
            if child in parent.body:
                return True
            if isinstance(child, ast.ExceptHandler) and not _tries(parent, gone):
                return True
        if isinstance(parent, ast.If | ast.IfExp) and child is not parent.test:
            test = module.segment(parent.test).lower()
            if library in test or any(word in test for word in _ASKS):
                return True
        child = parent
    return False


def _catches_absence(module: Module, node: ast.Try) -> bool:
    return any(
        handler.type is None or any(word in module.segment(handler.type) for word in _ABSENCE)
        for handler in node.handlers
    )


def _tries(node: ast.Try, gone: Collection[str]) -> bool:
    return any(
        f"{item.module}.{name.name}" in gone
        for item in node.body
        if isinstance(item, ast.ImportFrom)
        for name in item.names
    )
