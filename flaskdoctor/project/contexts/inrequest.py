"""Which code runs in a request for sure, so that Flask's contexts are there."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from flaskdoctor.project.code.names import FUNCTIONS
from flaskdoctor.project.routing.views import HTTP_METHODS

if TYPE_CHECKING:
    from flaskdoctor.project.code.module import Module

_METHODS = frozenset((*HTTP_METHODS, "dispatch_request"))


def runs_in_request(module: Module, node: ast.AST) -> bool:
    """Whether a node stands in a view, a method of a view class, an error handler or a hook, or in a function in one.

    A helper that a view calls may be called at import or from a shell, too.
    """
    answering = {view.node for view in module.views} | {handler.node for handler in module.handlers}
    for parent in module.ancestors(node):
        if not isinstance(parent, FUNCTIONS):
            continue
        if parent in answering or (parent.name in _METHODS and isinstance(module.parent(parent), ast.ClassDef)):
            return True
    return False
