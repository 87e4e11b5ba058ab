"""The constants of a file that a URL rule or a prefix elsewhere may be made of."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from flaskdoctor.patterns import lazy
from flaskdoctor.project.code.literals import text

if TYPE_CHECKING:
    from flaskdoctor.project.code.module import Module

# A path, a number or a version: a secret is none of these.
_PART_OF_A_URL = lazy(r"/[\w/.<>:(),-]{0,80}|v?\d{1,3}(?:\.\d{1,3}){0,2}|")
WORDS = (b"PREFIX", b"URL", b"VERSION", b"ROUTE", b"PATH", b"BASE", b"ROOT", b"API", b"prefix", b"version", b"route")


def read_constants(module: Module) -> dict[str, str]:
    """The texts that names of the module and attributes of its classes stand for, by dotted name, as far as they
    can be part of a URL; those of configuration keys as ``config:KEY``."""
    if not module.says(WORDS):
        return {}
    found: dict[str, str] = {}
    scopes = [(module.name, module.names.module_scope)]
    scopes += [(module.qualname(node), module.names.scope_of(_first(node))) for node in module.nodes(ast.ClassDef)]
    for owner, scope in scopes:
        for name, bindings in scope.bindings.items():
            value = bindings[0].value if len(bindings) == 1 else None
            constant = _number(value) or text(module, value)
            if constant is not None and _PART_OF_A_URL.fullmatch(constant):
                found[f"{owner}.{name}"] = constant
    for write in module.config_writes:
        constant = text(module, write.value) if "PREFIX" in write.key else None
        if constant is not None and _PART_OF_A_URL.fullmatch(constant):
            found[f"config:{write.key}"] = constant
    return found


def _first(node: ast.AST) -> ast.AST:
    """A statement in the body of a class: its scope is the class's."""
    assert isinstance(node, ast.ClassDef)
    return node.body[0]


def _number(node: ast.expr | None) -> str:
    """A small number, as an f-string writes it."""
    return str(node.value) if isinstance(node, ast.Constant) and type(node.value) is int else ""
