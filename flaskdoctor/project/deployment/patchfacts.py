"""Where a file patches the standard library for greenlets, and what it has imported by then."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from flaskdoctor.finding import Location
from flaskdoctor.project.code.module import is_deferred_test

if TYPE_CHECKING:
    from flaskdoctor.project.code.module import Module

PATCHES = {
    "gevent.monkey.patch_all": "gevent",
    "eventlet.monkey_patch": "eventlet",
    "eventlet.patcher.monkey_patch": "eventlet",
}


class MonkeyPatch(NamedTuple):
    """The first ``patch_all()`` or ``monkey_patch()`` that a file runs when it is loaded (or run as a script).

    ``before`` are the dotted names that its top level imports above the call, each with its line.
    """

    library: str
    location: Location
    before: tuple[tuple[str, int], ...]


def read_patch(module: Module) -> MonkeyPatch | None:
    """The file's first patch; None where there is none, or where it asks first whether one has been made."""
    if b"monkey" not in module.source:
        return None
    calls = [call for call in module.calls(*PATCHES) if module.function_of(call) is None]
    calls.sort(key=lambda call: (call.lineno, call.col_offset))
    for call in calls[:1]:
        if not any(isinstance(item, ast.If) and b"patched" in _test(module, item) for item in module.ancestors(call)):
            library = PATCHES[module.resolve(call.func) or ""]
            return MonkeyPatch(library, module.location(call), tuple(_imported_above(module, call.lineno)))
    return None


def _test(module: Module, node: ast.If) -> bytes:
    return module.segment(node.test).encode()


def _imported_above(module: Module, line: int) -> Iterator[tuple[str, int]]:
    for node in module.nodes(ast.Import, ast.ImportFrom):
        assert isinstance(node, ast.Import | ast.ImportFrom)
        if node.lineno >= line or module.function_of(node) is not None or _for_types(module, node):
            continue
        if isinstance(node, ast.Import):
            yield from ((item.name, node.lineno) for item in node.names)
        else:
            base = module.names.absolute(node.module, node.level)
            yield from ((f"{base}.{item.name}" if item.name != "*" else base, node.lineno) for item in node.names)


def _for_types(module: Module, node: ast.AST) -> bool:
    return any(isinstance(parent, ast.If) and is_deferred_test(parent.test) for parent in module.ancestors(node))
