"""The settings of a file that hold secrets, and the literals in what they are set to."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from flaskdoctor.project.code.names import FUNCTIONS
from flaskdoctor.project.secrecy.secretnames import is_secret_setting, is_signing_key

if TYPE_CHECKING:
    from flaskdoctor.project.code.module import Module


class SecretSetting(NamedTuple):
    """A secret setting and the expression it gets.

    ``form`` is that of ``ConfigWrite``, or "constant": a module's constant of that name which this file does not
    hand to a configuration.
    """

    key: str
    value: ast.expr
    node: ast.AST
    form: str


def secret_settings(module: Module) -> Iterator[SecretSetting]:
    """Every place that gives a secret setting its value, in source order, constants last."""
    for write in module.config_writes:
        if is_secret_setting(write.key):
            yield SecretSetting(write.key, write.value, write.node, write.form)
    for statement in module.ast.body:
        if not isinstance(statement, ast.Assign | ast.AnnAssign) or statement.value is None:
            continue
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        for target in targets:
            if isinstance(target, ast.Name) and target.id.isupper() and is_signing_key(target.id):
                yield SecretSetting(target.id, statement.value, statement, "constant")


def literal_in(module: Module, node: ast.expr) -> ast.Constant | None:
    """The text that an expression always comes to, as the one literal it is written as.

    Seen through names assigned once, ``.encode()``, ``bytes(..)`` and the decoders of hex and base64; of an f-string
    without anything to fill in, its text. None for an empty text, a number, and whatever is computed.
    """
    node = module.value(node)
    if isinstance(node, ast.JoinedStr) and len(node.values) == 1:
        node = node.values[0]
    if isinstance(node, ast.Constant):
        return node if isinstance(node.value, str | bytes) and node.value.strip() else None
    if not isinstance(node, ast.Call):
        return None
    name = module.resolve(node.func)
    if name in _DECODERS and node.args:
        return literal_in(module, node.args[0])
    if isinstance(node.func, ast.Attribute) and node.func.attr in ("encode", "decode"):
        return literal_in(module, node.func.value)
    return None


_DECODERS = frozenset(
    {
        "builtins.bytes",
        "builtins.str",
        "builtins.bytes.fromhex",
        "binascii.unhexlify",
        "base64.b64decode",
        "base64.urlsafe_b64decode",
    }
)


def text_of(node: ast.Constant) -> str:
    """The text of a literal, bytes as Latin-1."""
    return node.value.decode("latin-1") if isinstance(node.value, bytes) else str(node.value)


def is_default(module: Module, setting: SecretSetting) -> bool:
    """Whether a setting's value is what counts only where nothing else is given.

    ``setdefault``, ``except KeyError:``, either branch of ``if SECRET_KEY:``, a field of ``BaseSettings``.
    """
    if setting.form == "setdefault":
        return True
    child = setting.node
    for parent in module.ancestors(setting.node):
        if isinstance(parent, FUNCTIONS):
            return False
        if isinstance(parent, ast.ExceptHandler):
            return True
        if isinstance(parent, ast.If) and child is not parent.test and _speaks_of_secret(parent.test):
            return True
        if isinstance(parent, ast.ClassDef):
            return any(name.endswith(".BaseSettings") for base in parent.bases if (name := module.resolve(base)))
        child = parent
    return False


def refuses_default(module: Module, key: str) -> bool:
    """Whether a function of this file looks at a setting and raises: it may well refuse to run on the default."""
    raising = {module.function_of(node) for node in module.nodes(ast.Raise)} - {None}
    return any(
        function is not None and any(name == key for node in ast.walk(function) for name in _names_in(node))
        for function in raising
    )


def _speaks_of_secret(test: ast.expr) -> bool:
    return any(is_secret_setting(name) for node in ast.walk(test) for name in _names_in(node))


def _names_in(node: ast.AST) -> Iterator[str]:
    """The name that a node is, or spells out in a literal."""
    if isinstance(node, ast.Name):
        yield node.id
    elif isinstance(node, ast.Attribute):
        yield node.attr
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
