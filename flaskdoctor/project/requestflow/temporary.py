"""Paths below ``/tmp`` that stand in code, and what becomes of them: plain facts about one file's literals."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from flaskdoctor.patterns import lazy

if TYPE_CHECKING:
    from flaskdoctor.project.code.module import Module

_PATH = lazy(r"(?:sqlite(?:\+\w+)?:////tmp/|file:(?://)?/tmp/|/tmp(?:/|$))")
_JOINS = frozenset({
    "os.path.join", "posixpath.join", "pathlib.Path", "pathlib.PurePath", "pathlib.PosixPath", "builtins.str",
    "os.fspath", "os.path.abspath", "os.path.realpath", "os.path.normpath", "os.path.expanduser",
})  # fmt: skip
# What opens, writes or lists a path that it is given, by its last name.
_USERS = frozenset({
    "open", "mkstemp", "mkdtemp", "NamedTemporaryFile", "TemporaryFile", "TemporaryDirectory", "SpooledTemporaryFile",
    "listdir", "scandir", "walk", "remove", "unlink", "rename", "replace", "rmtree", "copy", "copyfile", "copy2",
    "move", "copytree", "make_archive", "unpack_archive", "chdir", "stat", "glob", "iglob", "FileHandler",
    "RotatingFileHandler",
    "TimedRotatingFileHandler", "WatchedFileHandler", "basicConfig", "send_file", "send_from_directory", "ZipFile",
    "save", "to_csv", "to_excel", "to_json", "read_csv", "savefig", "imwrite", "dump", "extractall", "extract",
    "download_to_filename", "upload_from_filename", "upload_file", "download_file", "create_engine", "connect",
    "write_text", "write_bytes", "read_text", "read_bytes", "touch", "FileSystemCache", "FileLock", "getsize",
})  # fmt: skip
# ``text.replace("/tmp", "")`` and ``client.connect(name)`` are something else.
_COMMON = frozenset({"replace", "rename", "copy", "connect", "dump", "stat", "walk", "remove"})
_OWNERS = frozenset({"os", "shutil", "sqlite3", "joblib"})
_MAKERS = frozenset({"makedirs", "mkdir"})
_TEXT_METHODS = frozenset({"format", "joinpath", "rstrip", "strip"})
_DEPTH = 4


class TemporaryPath(NamedTuple):
    """A literal that begins with ``/tmp``. ``made`` tells whether its folder is created somewhere in the file,
    ``setting`` is the configuration key that it is the value of (empty: none)."""

    node: ast.Constant
    text: str
    made: bool
    setting: str


def temporary_paths(module: Module) -> Iterator[TemporaryPath]:
    """The literals of a file that are opened, written, listed, or set in a configuration as paths below ``/tmp``.

    Followed through ``+``, f-strings, ``os.path.join``, ``Path`` and names that are assigned once. The last resort of
    a choice (``os.environ.get("UPLOADS", "/tmp")``, ``given or "/tmp"``, ``config.setdefault``, a default of an
    argument) is none: whoever runs it can say another.
    """
    settings = {write.value: "" if write.form == "setdefault" else write.key for write in module.config_writes}
    for node in module.nodes(ast.Constant):
        assert isinstance(node, ast.Constant)
        if (
            not isinstance(node.value, str)
            or _PATH.match(node.value) is None
            or node.value.endswith((".sock", ".socket"))
        ):
            continue
        ends = list(_ends(module, node, settings, 0))
        used = [end for end in ends if end]
        if used:
            setting = next((end[1:] for end in used if end.startswith("=")), "")
            yield TemporaryPath(node, node.value, "makes" in used, setting)


def _ends(module: Module, node: ast.expr, settings: dict[ast.expr, str], depth: int) -> Iterator[str]:
    """What becomes of a path: "uses", "makes" (its folder), "=KEY" (a setting); empty for anything else."""
    if node in settings:
        if settings[node]:
            yield f"={settings[node]}"
        return
    parent = module.parent(node)
    if isinstance(parent, ast.keyword):
        if parent.arg in ("default", "fallback"):
            return
        parent = module.parent(parent)
    if isinstance(parent, ast.JoinedStr):
        if parent.values[0] is node:
            yield from _ends(module, parent, settings, depth)
    elif isinstance(parent, ast.FormattedValue):
        outer = module.parent(parent)
        if isinstance(outer, ast.JoinedStr) and outer.values[0] is parent:
            yield from _ends(module, outer, settings, depth)
    elif isinstance(parent, ast.BinOp):
        if parent.left is node:
            yield from _ends(module, parent, settings, depth)
    elif isinstance(parent, ast.Attribute):
        call = module.parent(parent)
        if isinstance(call, ast.Call) and call.func is parent:
            if parent.attr in _TEXT_METHODS:
                yield from _ends(module, call, settings, depth)
            elif parent.attr in _MAKERS:
                yield "makes"
            elif parent.attr in _USERS or parent.attr == "iterdir":
                yield "uses"
    elif isinstance(parent, ast.Call):
        yield from _given(module, parent, node, settings, depth)
    elif isinstance(parent, ast.Assign | ast.AnnAssign) and depth < _DEPTH:
        targets = parent.targets if isinstance(parent, ast.Assign) else [parent.target]
        for target in targets:
            if isinstance(target, ast.Name):
                for use in module.readings(target.id):
                    if module.value(use) is module.value(node):
                        yield from _ends(module, use, settings, depth + 1)


def _given(module: Module, call: ast.Call, node: ast.expr, settings: dict[ast.expr, str], depth: int) -> Iterator[str]:
    callee = module.resolve(call.func) or ""
    last = call.func.attr if isinstance(call.func, ast.Attribute) else callee.rpartition(".")[2]
    if callee in _JOINS:
        if call.args and call.args[0] is node:
            yield from _ends(module, call, settings, depth)
    elif last in _MAKERS:
        yield "makes"
    elif last in _USERS and (last not in _COMMON or callee.partition(".")[0] in _OWNERS):
        yield "uses"
