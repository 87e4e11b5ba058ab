"""A secret that was written in the code is read from the environment: the reading, and who loads .env for it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from flaskdoctor.errors import Refuse
from flaskdoctor.fixes.envfile import quote as quote_value
from flaskdoctor.fixes.secrets import DOTENV
from flaskdoctor.project.env.dotenvloading import OWN_READERS, needs_loading
from flaskdoctor.project.env.envuse import counts

if TYPE_CHECKING:
    from flaskdoctor.fixes.python import FileEdit
    from flaskdoctor.project.code.module import Module
    from flaskdoctor.project.snapshot import Project
    from flaskdoctor.rules.rule import Site

_ENVIRONMENTS = frozenset({"environs.Env", "environ.Env"})


def environ_name(module: Module, edit: FileEdit) -> str:
    """What ``os.environ`` is called in a file: by the import that it has, else by a new ``import os``."""
    imported = {
        found.target
        for bindings in module.names.module_scope.bindings.values()
        for found in bindings
        if found.kind == "import"
    }
    if "os.environ" in imported and "os" not in imported:
        return edit.add_import("os", "environ")
    return f"{edit.add_import('os')}.environ"


def move_to_environment(site: Site, edit: FileEdit, target: ast.expr, key: str, literal: ast.Constant) -> None:
    """Read ``key`` from the environment in the place of ``target``, and move the literal's value to .env.

    A file that reads its settings with decouple or environs does so here too. Bytes that are no text are written in
    hexadecimal. Where the app is started by more than the ``flask`` command, and nothing loads .env, this file does
    from now on. Raises ``Refuse`` where the value is not one plain line.
    """
    around = site.module.parent(literal)
    written = around if isinstance(around, ast.JoinedStr) else literal
    reader = _reader(site.module)
    if not reader and (library := _library_that_reads(site.project)):
        raise Refuse(f"{library} reads .env in this project, and not in this file.", f"Read {key} with it, by hand.")
    reading = f'{reader}("{key}")' if reader else f'{environ_name(site.module, edit)}["{key}"]'
    moved, reading = _value(key, literal, reading)
    if reader and quote_value(_text(moved)) != _text(moved):
        raise Refuse(f"The library that reads .env here may not read the value of {key} as it is.", "Make a new one.")
    edit.replace(written if target is literal else target, reading)
    edit.move_secret(key, moved)
    if needs_loading(site.project):
        _load(site, edit)


def _reader(module: Module) -> str:
    """What this file calls for a variable, by a library that reads .env itself: ``config``, ``env.str``; empty for
    ``os.environ``."""
    for name, found in module.names.module_scope.bindings.items():
        if len(found) != 1:
            continue
        if found[0].kind == "import" and found[0].target == "decouple.config":
            return name
        made = found[0].value
        if isinstance(made, ast.Call) and module.resolve(made.func) in _ENVIRONMENTS:
            return f"{name}.str"
    return ""


def _library_that_reads(project: Project) -> str:
    """A library that reads .env for its own callers alone: ``os.environ`` gets nothing of it."""
    modules = [facts for facts in project.modules.values() if counts(facts)]
    if any(facts.imports_dotenv for facts in modules):
        return ""
    used = {item.target.partition(".")[0] for facts in modules for item in facts.imports}
    return next((library for library in OWN_READERS if library in used), "")


def _value(key: str, literal: ast.Constant, reading: str) -> tuple[ast.Constant, str]:
    """What stands in .env, and the expression that makes the literal's value of it."""
    value = literal.value
    if isinstance(value, bytes):
        if value.isascii() and value.decode("ascii").isprintable():
            return literal, f"{reading}.encode()"
        return ast.Constant(value.hex()), f"bytes.fromhex({reading})"
    if not str(value).isprintable():
        raise Refuse(f"The value of {key} is not one printable line: make a new one and put that into .env.")
    return literal, reading


def _text(literal: ast.Constant) -> str:
    return literal.value.decode("ascii") if isinstance(literal.value, bytes) else str(literal.value)


def _load(site: Site, edit: FileEdit) -> None:
    """``load_dotenv()`` below the imports that the file begins with."""
    first = next((node for node in site.module.ast.body if not _is_opening(node)), None)
    if first is None:
        raise Refuse("There is no statement to load .env above.")
    edit.insert_before(first, f"{edit.add_import('dotenv', 'load_dotenv')}()\n\n")
    dependencies = site.project.dependencies
    if dependencies.distributions and dependencies.distributions != dependencies.installed:
        edit.require(DOTENV, "")


def _is_opening(node: ast.stmt) -> bool:
    """Whether a statement belongs to the head of a file: its docstring, imports, also in ``try``, ``__version__``."""
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    if isinstance(node, ast.Try):
        return any(isinstance(item, ast.Import | ast.ImportFrom) for item in node.body)
    if isinstance(node, ast.Assign):
        return all(isinstance(target, ast.Name) and target.id.startswith("__") for target in node.targets)
    return isinstance(node, ast.Import | ast.ImportFrom)
