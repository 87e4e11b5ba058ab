"""Small questions about expressions: what is it called, is it plain, which of its arguments are secrets."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from flaskdoctor.patterns import lazy
from flaskdoctor.project.secrecy.secretnames import is_secret_name, word_set, words

_NAME = lazy(r"-{0,2}[A-Za-z_][\w.-]*\Z")  # a literal that is the name of something, an option among them
# Calls whose first argument names what is read: it stays in view.
READERS = word_set("get getenv getenvb pop config env str getlist read_secret get_secret")
_FETCHES = word_set("get read load fetch find lookup url")


def names_of(node: ast.expr) -> list[str]:
    """The names that an expression goes by: a variable, an attribute, a literal key, what a reading reads."""
    if isinstance(node, ast.Name):
        return [node.id]
    if isinstance(node, ast.Attribute):
        return [node.attr, *(names_of(node.value) if isinstance(node.value, ast.Attribute) else [])]
    if isinstance(node, ast.Subscript):
        return names_of(node.slice)
    if isinstance(node, ast.Constant):
        return [text] if (text := text_of(node)) and _NAME.match(text) else []
    if isinstance(node, ast.Call):
        name = last_name(node.func)
        if name in READERS and node.args:
            return names_of(node.args[0])
        return names_of(node.func.value) if isinstance(node.func, ast.Attribute) else []
    if isinstance(node, ast.Starred | ast.Await):
        return names_of(node.value)
    return []


def is_secret(node: ast.expr) -> bool:
    return any(is_secret_name(name.rpartition(".")[2] or name) for name in names_of(node))


def names_secret(node: ast.expr) -> bool:
    """A literal that is the name of a secret: ``"SECRET_KEY"``, ``"--password"``."""
    return isinstance(node, ast.Constant) and is_secret(node)


def secret_arguments(node: ast.Call, name: str) -> Iterator[slice]:
    """The positional arguments of well-known calls that are secrets."""
    owner = last_name(node.func.value) if isinstance(node.func, ast.Attribute) else ""
    if name in ("login", "authenticate", "basic_auth", "HTTPBasicAuth", "BasicAuth"):
        yield slice(1, None)
    elif name in ("encode", "decode") and owner in ("jwt", "jws"):
        yield slice(1, 2)
    elif name.endswith(("Serializer", "Signer")) or name == "Fernet" or (name, owner) == ("new", "hmac"):
        yield slice(0, 1)
    elif _takes_secret(name):
        yield slice(0, None)


def _takes_secret(name: str) -> bool:
    """``set_password("..")``, ``check_password_hash("..", "..")``; not ``get_token("name")``, ``TokenError("..")``."""
    found = words(name)
    if not found or found[0] in _FETCHES or (name[0].isupper() and len(found) > 1):
        return False
    return is_secret_name(found[-1]) or (found[-1] == "hash" and is_secret_name(name.removesuffix("hash")))


def text_of(node: ast.Constant) -> str:
    """The text of a literal; empty for a number and the like."""
    if isinstance(node.value, bytes):
        return node.value.decode("latin-1")
    return node.value if isinstance(node.value, str) else ""


def is_long_number(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) is int and abs(node.value) >= 1000


def is_login_template(node: ast.expr) -> bool:
    """A literal URL whose credentials are filled in: ``"mysql://%s:%s@db"``."""
    return is_text(node) and re.search(r"://[^\s/]*[%{][^@]*@", str(node.value)) is not None  # type: ignore[attr-defined]


def is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def added(node: ast.expr) -> Iterator[ast.expr]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        yield from added(node.left)
        yield from added(node.right)
    else:
        yield node


def is_direct(node: ast.expr) -> bool:
    """A literal, a name, or literals put together: no call and nothing read."""
    if isinstance(node, ast.Constant | ast.JoinedStr | ast.Name):
        return True
    if isinstance(node, ast.BinOp):
        return is_direct(node.left) and is_direct(node.right)
    if isinstance(node, ast.BoolOp):
        return any(is_direct(value) for value in node.values)
    if isinstance(node, ast.IfExp):
        return is_direct(node.body) or is_direct(node.orelse)
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Attribute) and node.func.attr == "encode" and is_direct(node.func.value)
    return False


def is_plain(node: ast.expr) -> bool:
    return not isinstance(node, ast.Name) and is_direct(node)


def last_name(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def defaults_of(arguments: ast.arguments) -> Iterable[tuple[str, ast.expr]]:
    positional = [*arguments.posonlyargs, *arguments.args]
    yield from (
        (item.arg, default)
        for item, default in zip(
            positional[len(positional) - len(arguments.defaults) :], arguments.defaults, strict=True
        )
    )
    for item, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        if default is not None:
            yield item.arg, default
