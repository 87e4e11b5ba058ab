"""The keys that may sign the app's sessions and that others can know: literals of the code, of env files that are
in the repository, and those that everybody knows. Read when they are tried, and kept by nobody.

A key that does not fit costs one HMAC and says nothing, so this collects generously: every text in a statement that
speaks of a signing key.
"""

from __future__ import annotations

import ast
import base64
import binascii
import os
import warnings
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from flaskdoctor.finding import Location
from flaskdoctor.project.discover import MAX_PYTHON_BYTES
from flaskdoctor.project.known import SigningKey
from flaskdoctor.project.plainfile import read_bytes
from flaskdoctor.project.secrecy.secret import Secret
from flaskdoctor.project.secrecy.secretnames import is_signing_key

_MOST = 4_000  # keys, of all files together
_LONGEST = 4_096  # characters of one
_WORDS = (b"SECRET", b"secret_key")
_SHORTEST_ENCODED = 16
_URL_SAFE = bytes.maketrans(b"-_", b"+/")

# What tutorials, templates and books have, and what the lists of the tools that try keys begin with.
WELL_KNOWN: tuple[bytes, ...] = (
    b"dev", b"secret", b"secret!", b"secretkey", b"secret key", b"secret-key", b"secret_key", b"SECRET_KEY",
    b"SECRET", b"supersecret", b"super secret", b"super-secret", b"super secret key", b"super-secret-key",
    b"supersecretkey", b"super_secret_key", b"mysecret", b"mysecretkey", b"my secret key", b"my-secret-key",
    b"my_secret_key", b"my_precious", b"thisisasecret", b"thisissecret", b"this is a secret key", b"thisisasecretkey",
    b"Thisissupposedtobesecret!", b"your_secret_key", b"your-secret-key", b"your secret key", b"yoursecretkey",
    b"your_secret_key_here", b"your-secret-key-here", b"change me", b"changeme", b"change-me", b"change_me",
    b"CHANGEME", b"please-change-me", b"replace-me", b"key", b"flask", b"flask-secret", b"flask_secret_key",
    b"test", b"testing", b"test key", b"test_key", b"testkey", b"development", b"development key", b"dev-key",
    b"dev_key", b"dev-secret", b"dev-secret-key", b"devkey", b"debug", b"default", b"app", b"admin", b"password",
    b"passw0rd", b"123456", b"1234567890", b"12345", b"abc", b"abc123", b"random string", b"random", b"some secret",
    b"some_secret", b"somesecret", b"some random string", b"a random string", b"top secret", b"topsecret",
    b"top secret!", b"not so secret", b"shh", b"shhh", b"sssh", b"string", b"none", b"example", b"secret123",
    # Grinberg's tutorials and books, the Flask documentation of several ages, other much copied ones
    b"you-will-never-guess", b"hard to guess string", b"hard-to-guess-string", b"hard to guess",
    b'_5#y2L"F4Q8z\n\xec]/', b"192b9bdd22ab9ed4d12e236c78afcb9a393ec15f71bbf5dc987d54727823bcbf",
    b"A0Zr98j/3yX R~XHH!jmN]LWX/,?RT", b"5791628bb0b13ce0c676dfde280ba245", b"9OLWxND4o83j4K4iuopO", b"ABCDEFGHIJKLM",
    b"\xfd{H\xe5<\x95\xf9\xe3\x96.5\xd1\x01O<!\xd5\xa2\xa0\x9fR\"\xa1\xa8", b"it's a secret to everyone",
    b"7d441f27d441f27567d441f2b6176a", b"F34TF$($e34D", b"b'_5#y2L\"F4Q8z\\n\\xec]/'",
)  # fmt: skip


def committed_keys(root: str, inputs: Iterable[str]) -> tuple[SigningKey, ...]:
    """The keys of the project in the folder ``root``: those of its own files first. ``inputs`` are the absolute paths
    that a scan looked at (files that git ignores are not among its Python files)."""
    found: list[SigningKey] = []
    for path in inputs:
        if len(found) >= _MOST:
            break
        if path.endswith(".py"):
            source = read_bytes(path, MAX_PYTHON_BYTES).data
            if any(word in source for word in _WORDS):
                found.extend(islice(_in_python(_relative(root, path), source), _MOST - len(found)))
    found.extend(_in_env_files(root))
    unique: dict[bytes, SigningKey] = {}
    for key in found[:_MOST]:
        unique.setdefault(key.value.reveal(), key)
    for value in WELL_KNOWN:
        unique.setdefault(value, SigningKey(None, Secret(value)))
    return tuple(unique.values())


def _in_python(path: str, source: bytes) -> Iterator[SigningKey]:
    """Every text in a statement that names a signing key, and in what the names of that statement were set to."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    constants: dict[str, list[ast.expr]] = {}
    speaking: list[ast.stmt | ast.keyword] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                if isinstance(target, ast.Name):
                    constants.setdefault(target.id, []).append(node.value)
        if _is_simple(node) and any(_names_key(part) for part in ast.walk(node)):
            assert isinstance(node, ast.stmt)
            speaking.append(node)
    followed: set[str] = set()  # once each: ten thousand names of a list of ten thousand would take for ever
    for statement in speaking:
        for part in ast.walk(statement):
            yield from _texts(path, part)
            if isinstance(part, ast.Name) and part.id not in followed:
                followed.add(part.id)
                for value in constants.get(part.id, ())[:8]:
                    for inner in ast.walk(value):
                        yield from _texts(path, inner)


def _is_simple(node: ast.AST) -> bool:
    """Whether a node is a statement that holds no other statement."""
    return isinstance(node, ast.Assign | ast.AnnAssign | ast.Expr | ast.Return)


def _names_key(node: ast.AST) -> bool:
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str) and len(node.value) < 60 and is_signing_key(node.value)
    name = getattr(node, "id", None) or getattr(node, "attr", None) or getattr(node, "arg", None)
    return isinstance(name, str) and is_signing_key(name)


def _texts(path: str, node: ast.AST) -> Iterator[SigningKey]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes):
        text = node.value
        if 0 < len(text) <= _LONGEST:
            value = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
            for form in _forms(value):
                yield SigningKey(Location(path, node.lineno), Secret(form))


def _forms(value: bytes) -> Iterator[bytes]:
    """The bytes that a text may stand for: itself, and what hex and base64 make of it (``bytes.fromhex(..)``)."""
    yield value
    if len(value) >= _SHORTEST_ENCODED:
        for decoded in (_decoded(binascii.unhexlify, value), _decoded(base64.b64decode, value.translate(_URL_SAFE))):
            if decoded:
                yield decoded


def _decoded(decode: Callable[[bytes], bytes], value: bytes) -> bytes:
    try:
        return decode(value)
    except ValueError:
        return b""


def _in_env_files(root: str) -> Iterator[SigningKey]:
    """The signing keys of env files that others have: templates, .flaskenv, and a .env that git tracks."""
    from flaskdoctor.project.env.envfile import read_env_files
    from flaskdoctor.project.vcs.git import read_git

    files = read_env_files(root)
    git = read_git(root, (".flaskenv",))
    shared = [*files.templates, *(file for file in (files.env, *files.further) if git.tracks(file.path))]
    ignored = git.ignore(".flaskenv")
    if git.repository and ignored is not None and not ignored.ignored:
        shared.append(files.flaskenv)
    for file in shared:
        for binding in file.bindings:
            name = binding.name.reveal()
            if binding.value is None or binding.empty or not is_signing_key(name.removeprefix("FLASK_")):
                continue
            value = binding.value.reveal().encode("utf-8", "surrogatepass")
            if len(value) <= _LONGEST:
                yield SigningKey(Location(file.path, binding.line), Secret(value))


def _relative(root: str, path: str) -> str:
    return os.path.relpath(path, root).replace(os.sep, "/")
