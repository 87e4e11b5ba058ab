"""Where a project's database address comes from: the environment variables behind ``SQLALCHEMY_DATABASE_URI``."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flaskdoctor.project.code.module import Module

URI = "SQLALCHEMY_DATABASE_URI"
_READERS = frozenset({"os.getenv", "os.environ.get"})


def variable_of(module: Module, node: ast.AST) -> str | None:
    """The environment variable that an expression reads: ``os.environ["X"]``, ``os.getenv("X", ..)``."""
    if isinstance(node, ast.Subscript) and module.resolve(node.value) == "os.environ":
        return module.string(node.slice)
    if isinstance(node, ast.Call) and module.resolve(node.func) in _READERS and node.args:
        return module.string(node.args[0])
    return None


def database_variables(module: Module) -> frozenset[str]:
    """The environment variables that a file makes ``SQLALCHEMY_DATABASE_URI`` of."""
    if URI.encode() not in module.source:
        return frozenset()
    found: set[str] = set()
    for write in module.config_writes:
        if write.key == URI:
            for value in (write.value, module.value(write.value)):
                found.update(name for node in ast.walk(value) if (name := variable_of(module, node)) is not None)
    return frozenset(found)
