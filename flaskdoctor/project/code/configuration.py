"""Writes to a Flask configuration, in every spelling in which projects write them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from flaskdoctor.project.code.tree import position
from flaskdoctor.project.routing.views import router_of

if TYPE_CHECKING:
    from flaskdoctor.project.code.module import Module

# Attributes of an app that are views of a configuration key (``flask.Flask``; the last three until 2.2).
APP_ATTRIBUTES = {
    "secret_key": "SECRET_KEY",
    "debug": "DEBUG",
    "testing": "TESTING",
    "permanent_session_lifetime": "PERMANENT_SESSION_LIFETIME",
    "send_file_max_age_default": "SEND_FILE_MAX_AGE_DEFAULT",
    "use_x_sendfile": "USE_X_SENDFILE",
    "session_cookie_name": "SESSION_COOKIE_NAME",
}

_SETTINGS_FILES = ("config", "settings", "default_settings", "configuration", "conf", "default_config", "flask_config")


_SPEAKS_OF_IT = (
    b"onf", b"ettings", b"secret_key", b"debug", b"testing", b"lifetime", b"send_file_max", b"sendfile", b"cookie_name",
)  # fmt: skip


class ConfigWrite(NamedTuple):
    """One key that one statement sets.

    ``form`` is subscript, update, from_mapping, setdefault, attribute (``app.debug``), class (an attribute of a
    settings class) or settings (a constant of a settings module). ``owner`` is the dotted name of the app, the
    class or the module. ``classes`` are the names of the settings class and its bases, nearest first.
    """

    node: ast.AST
    key: str
    value: ast.expr
    form: str
    owner: str
    classes: tuple[str, ...] = ()


def config_writes(module: Module) -> list[ConfigWrite]:
    """All configuration keys that a file sets, in source order."""
    path = module.path.encode("utf-8", "replace")
    if not any(word in module.source or word in path for word in _SPEAKS_OF_IT):
        return []
    found = [*_assignments(module), *_calls(module)]
    if not is_django_settings(module):
        found += _settings(module)
    found.sort(key=lambda write: (write.value.lineno, write.value.col_offset))
    return found


def is_django_settings(module: Module) -> bool:
    """Whether a file is the settings module of a Django project beside the Flask app: none of its names is Flask's."""
    if b"INSTALLED_APPS" not in module.source and b"ROOT_URLCONF" not in module.source:
        return False
    bound = module.names.module_scope.bindings
    return "INSTALLED_APPS" in bound or "ROOT_URLCONF" in bound


def config_owner(module: Module, node: ast.expr) -> str | None:
    """The dotted name of the app whose configuration an expression is: ``app.config``, or a name bound to it."""
    node = module.value(node)
    if not isinstance(node, ast.Attribute) or node.attr != "config":
        return None
    owner = router_of(module, node.value.target if isinstance(node.value, ast.NamedExpr) else node.value)
    if owner is None:
        return None
    name, proven = owner
    last = name.rpartition(".")[2].lower()
    if proven or "app" in last or last in ("server", "self"):
        return name
    # ``self.config`` of some class, ``pytest.config``, ``celery.config``: not known to be Flask's.
    return None


def _assignments(module: Module) -> Iterator[ConfigWrite]:
    for statement in module.nodes(ast.Assign, ast.AnnAssign, ast.AugAssign):
        value = statement.value  # type: ignore[attr-defined]
        if value is None:
            continue
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]  # type: ignore[attr-defined]
        for target in targets:
            if isinstance(target, ast.Subscript):
                owner = config_owner(module, target.value)
                key = module.string(target.slice)
                if owner is not None and key is not None:
                    yield ConfigWrite(statement, key, value, "subscript", owner)
            elif isinstance(target, ast.Attribute) and target.attr in APP_ATTRIBUTES:
                owned = router_of(module, target.value)
                if owned is not None and (owned[1] or "app" in owned[0].rpartition(".")[2].lower()):
                    yield ConfigWrite(statement, APP_ATTRIBUTES[target.attr], value, "attribute", owned[0])
            elif isinstance(statement, ast.AugAssign) and isinstance(value, ast.Dict):
                owner = config_owner(module, target) if isinstance(target, ast.expr) else None
                if owner is not None:
                    yield from _items(module, value, "update", owner)


def _calls(module: Module) -> Iterator[ConfigWrite]:
    calls = [call for name in ("update", "from_mapping", "setdefault") for call in module.calls_of(name)]
    for call in sorted(calls, key=position):
        assert isinstance(call.func, ast.Attribute)
        method = call.func.attr
        owner = config_owner(module, call.func.value)
        if owner is None:
            continue
        if method == "setdefault":
            key = module.string(call.args[0]) if call.args else None
            if key is not None and len(call.args) > 1:
                yield ConfigWrite(call, key, call.args[1], method, owner)
            continue
        for argument in call.args:
            yield from _items(module, module.value(argument), method, owner)
        for item in call.keywords:
            if item.arg is not None:
                yield ConfigWrite(item, item.arg, item.value, method, owner)
            else:
                yield from _items(module, module.value(item.value), method, owner)


def _items(module: Module, node: ast.expr, form: str, owner: str) -> Iterator[ConfigWrite]:
    if isinstance(node, ast.Dict):
        for key_node, value in zip(node.keys, node.values, strict=True):
            key = module.string(key_node)
            if key is not None:
                yield ConfigWrite(node, key, value, form, owner)
    elif isinstance(node, ast.Call) and module.resolve(node.func) == "builtins.dict":
        for item in node.keywords:
            if item.arg is not None:
                yield ConfigWrite(item, item.arg, item.value, form, owner)


def _settings(module: Module) -> Iterator[ConfigWrite]:
    """Constants of settings classes and settings modules, as ``from_object`` and ``from_pyfile`` read them."""
    file_name = module.path.rpartition("/")[2].removesuffix(".py")
    package = module.path.rpartition("/")[0].rpartition("/")[2]
    settings_module = (
        any(file_name == word or file_name.endswith("_" + word) for word in _SETTINGS_FILES)
        or package in _SETTINGS_FILES
        or _reads_itself(module)
    )
    for statement in module.nodes(ast.Assign, ast.AnnAssign):
        value = statement.value  # type: ignore[attr-defined]
        if value is None:
            continue
        scope = module.names.scope_of(statement)
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]  # type: ignore[attr-defined]
        for target in targets:
            if not isinstance(target, ast.Name) or not target.id.isupper():
                continue
            if isinstance(scope.node, ast.ClassDef):
                classes = _class_chain(module, scope.node)
                if settings_module or is_settings_class(classes):
                    yield ConfigWrite(statement, target.id, value, "class", scope.qualname, classes)
            elif scope.parent is None and settings_module:
                yield ConfigWrite(statement, target.id, value, "settings", module.name)


def _reads_itself(module: Module) -> bool:
    """``app.config.from_object(__name__)``: the constants of this very file are the settings."""
    return b"from_object(__name__)" in module.source or b"from_pyfile(__file__)" in module.source


def is_settings_class(classes: tuple[str, ...]) -> bool:
    """Whether a class, by its own name or a base's, holds settings: ``Config``, ``ProdSettings``, ``BaseConfig``."""
    return any(
        name.lower().endswith(("config", "settings", "configuration")) or name.startswith("Config") for name in classes
    )


def _class_chain(module: Module, node: ast.ClassDef) -> tuple[str, ...]:
    """The names of a class and of the bases that can be followed in this file, and the names around it."""
    names = [node.name]
    queue = list(node.bases)
    while queue and len(names) < 10:
        base = queue.pop(0)
        dotted = module.resolve(base)
        if dotted is not None:
            names.append(dotted.rpartition(".")[2])
        if isinstance(base, ast.Name):
            binding = module.names.binding(base)
            if binding is not None and isinstance(binding.node, ast.ClassDef):
                queue.extend(binding.node.bases)
    return tuple(names)
