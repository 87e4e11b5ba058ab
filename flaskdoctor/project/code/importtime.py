"""What Python evaluates while it imports a file: everything outside of function and lambda bodies."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from flaskdoctor.project.code.module import is_deferred_test
from flaskdoctor.project.code.tree import children

_LEAVES = (ast.Name, ast.Constant, ast.Import, ast.ImportFrom, ast.expr_context)


def evaluated_at_import(tree: ast.Module) -> Iterator[ast.AST]:
    """The nodes that an import may evaluate: of the module's and classes' bodies, decorators, default arguments.

    A small part of most files, so a rule about imports asks here before it resolves a name. ``Module.at_import``
    has the last word (a generator is evaluated when it is used).
    """
    stack: list[ast.AST] = list(reversed(tree.body))
    while stack:
        node = stack.pop()
        yield node
        if isinstance(node, _LEAVES):
            continue
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            inner: list[ast.AST] = [*node.args.defaults, *(item for item in node.args.kw_defaults if item)]
            if not isinstance(node, ast.Lambda):
                inner = [*node.decorator_list, *inner]
        elif isinstance(node, ast.If) and is_deferred_test(node.test):
            inner = [node.test, *node.orelse]
        elif isinstance(node, ast.AnnAssign):
            inner = [node.target, *([node.value] if node.value else [])]
        else:
            inner = children(node)
        stack.extend(reversed(inner))
