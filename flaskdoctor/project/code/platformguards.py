"""Which code only runs on the platform it is meant for: what asks for it, expects its errors, or is named after it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from flaskdoctor.project.code.names import FUNCTIONS
from flaskdoctor.project.secrecy.secretnames import words

if TYPE_CHECKING:
    from flaskdoctor.project.code.module import Module

# Modules of the standard library that Windows' Python has not.
POSIX_MODULES = frozenset({"curses", "fcntl", "grp", "pty", "pwd", "readline", "resource", "syslog", "termios", "tty"})
_ASKED = frozenset({
    "sys.platform", "os.name", "platform.system", "platform.platform", "platform.uname", "platform.release",
    "sysconfig.get_platform", "sys.getwindowsversion",
})  # fmt: skip
_LOOKS = frozenset({"builtins.hasattr", "builtins.getattr", "builtins.dir", "builtins.vars"})
_LOOKED_INTO = frozenset({"os", "signal", "socket", "time", "sys", "asyncio"})
_PLATFORMS = frozenset({
    "windows", "win", "win32", "nt", "posix", "unix", "linux", "darwin", "macos", "mac", "osx", "platform", "bsd",
    "cygwin", "docker", "container", "wsl", "daemon", "daemonize", "gunicorn", "uwsgi",
})  # fmt: skip
_WORDS = _PLATFORMS | POSIX_MODULES
_EXPECTED = frozenset({"ImportError", "ModuleNotFoundError", "AttributeError", "NameError", "NotImplementedError"})
_BROAD = frozenset({"Exception", "BaseException", ""})  # around a whole view they are there for something else
_MOST_STATEMENTS = 3
_SIMPLE = (ast.Import, ast.ImportFrom, ast.Expr, ast.Assign, ast.AnnAssign, ast.Return)
_LEAVES = (ast.Return, ast.Raise, ast.Continue, ast.Break)
_EXITS = frozenset({"sys.exit", "os._exit", "builtins.exit", "builtins.quit", "pytest.skip"})
_DEPTH = 3


def guarded(module: Module, node: ast.AST, depth: int = 0) -> bool:
    """Whether a node only runs where somebody has looked which platform this is, or expects that it fails.

    ``if sys.platform != "win32"`` and what stands below an early ``return`` of Windows, ``try`` with ``ImportError``,
    ``hasattr(os, "fork")``, ``if fcntl:``, ``match os.name``, a function called ``lock_posix`` or decorated with
    ``skipif(os.name == "nt")``, and one that is called from such places alone.
    """
    if depth == 0 and not _WORDS.isdisjoint(words(module.path.removesuffix(".py"))):
        return True
    child = node
    for parent in module.ancestors(node):
        if (
            _by_condition(module, parent, child)
            or _by_error(module, parent, child)
            or _after_exit(module, parent, child)
        ):
            return True
        if isinstance(parent, (*FUNCTIONS, ast.ClassDef)) and child in parent.body:
            if _named(parent.name) or any(asks_platform(module, item) for item in parent.decorator_list):
                return True
            if isinstance(parent, FUNCTIONS) and depth < _DEPTH and _called_guarded(module, parent, depth):
                return True
        child = parent
    return False


def asks_platform(module: Module, test: ast.AST, depth: int = 0) -> bool:
    """Whether an expression depends on the platform: it reads its name, looks for a function that only some have, or
    is a name or a key that says so (``IS_WINDOWS``, ``fcntl``, ``config["ON_WINDOWS"]``)."""
    for node in ast.walk(test):
        if isinstance(node, ast.Name | ast.Attribute):
            if module.resolve(node) in _ASKED or _named(node.id if isinstance(node, ast.Name) else node.attr):
                return True
            if isinstance(node, ast.Name) and depth < _DEPTH:
                value = module.value(node)
                if value is not node and asks_platform(module, value, depth + 1):
                    return True
        elif isinstance(node, ast.Constant):
            if isinstance(node.value, str) and len(node.value) < 40 and _named(node.value):
                return True
        elif isinstance(node, ast.Call) and node.args:
            looked_into = (module.resolve(node.args[0]) or "").partition(".")[0]
            if module.resolve(node.func) in _LOOKS and looked_into in _LOOKED_INTO:
                return True
    return False


def _named(name: str) -> bool:
    return not _WORDS.isdisjoint(words(name))


def _by_condition(module: Module, parent: ast.AST, child: ast.AST) -> bool:
    if isinstance(parent, ast.If | ast.IfExp | ast.While | ast.Assert) and child is not parent.test:
        return asks_platform(module, parent.test)
    if isinstance(parent, ast.BoolOp):
        before = parent.values[: parent.values.index(child)] if child in parent.values else []
        return any(asks_platform(module, value) for value in before)
    if isinstance(parent, ast.Match):
        return asks_platform(module, parent.subject)
    return False


def _by_error(module: Module, parent: ast.AST, child: ast.AST) -> bool:
    if isinstance(parent, ast.Try | ast.TryStar):
        small = len(parent.body) <= _MOST_STATEMENTS and isinstance(child, _SIMPLE)
        return child not in parent.finalbody and any(_expects(module, item.type, small) for item in parent.handlers)
    if isinstance(parent, ast.With):
        return any(
            isinstance(item.context_expr, ast.Call)
            and (module.resolve(item.context_expr.func) or "").rpartition(".")[2] == "suppress"
            and any(_expects(module, argument, small=True) for argument in item.context_expr.args)
            for item in parent.items
        )
    return False


def _expects(module: Module, kind: ast.expr | None, small: bool) -> bool:
    kinds = kind.elts if isinstance(kind, ast.Tuple) else [kind]
    names = {(module.resolve(each) or "?" if each is not None else "").rpartition(".")[2] for each in kinds}
    return not names.isdisjoint(_EXPECTED) or (small and not names.isdisjoint(_BROAD))


def _after_exit(module: Module, parent: ast.AST, child: ast.AST) -> bool:
    """Whether a statement above in the same block leaves it on some platforms."""
    for statement in _above(parent, child):
        if isinstance(statement, ast.If) and asks_platform(module, statement.test):
            last = statement.body[-1]
            called = last.value.func if isinstance(last, ast.Expr) and isinstance(last.value, ast.Call) else None
            if isinstance(last, _LEAVES) or module.resolve(called) in _EXITS:
                return True
        elif isinstance(statement, ast.Assert) and asks_platform(module, statement.test):
            return True
    return False


def _above(parent: ast.AST, child: ast.AST) -> Iterator[ast.stmt]:
    for field in ("body", "orelse", "finalbody"):
        block = getattr(parent, field, None)
        if isinstance(block, list) and child in block:
            yield from block[: block.index(child)]


def _called_guarded(module: Module, function: ast.FunctionDef | ast.AsyncFunctionDef, depth: int) -> bool:
    """Whether every place of this file that speaks of a function is guarded, and there is one."""
    uses: Iterable[ast.AST] = module.readings(function.name)
    if module.class_of(function) is not None:
        uses = [node for node in module.nodes(ast.Attribute) if getattr(node, "attr", "") == function.name]
    found = [use for use in uses if use is not function]
    return bool(found) and all(guarded(module, use, depth + 1) for use in found)
