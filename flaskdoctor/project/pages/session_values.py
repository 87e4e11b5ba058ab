"""What a value surely is that Flask's session cannot hold: the cookie is JSON, with tags for some of Python's types."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

from flaskdoctor.project.contexts.models import is_model

if TYPE_CHECKING:
    from flaskdoctor.project.code.module import Module
    from flaskdoctor.project.routing.links import Links

_USERS = frozenset({"flask_login.current_user", "flask_login.utils.current_user", "flask_security.current_user"})
# Calls whose result ``TaggedJSONSerializer`` refuses (Flask 1.1 to 3.1 were run).
_MAKERS = {
    "builtins.set": "a set",
    "builtins.frozenset": "a frozenset",
    "builtins.map": "a map object",
    "builtins.filter": "a filter object",
    "builtins.zip": "a zip object",
    "builtins.range": "a range",
    "builtins.enumerate": "an enumerate object",
    "builtins.reversed": "an iterator",
    "builtins.iter": "an iterator",
    "builtins.open": "an open file",
    "builtins.bytearray": "a bytearray",
    "builtins.complex": "a complex number",
    "collections.deque": "a deque",
    "datetime.timedelta": "a timedelta",
    "datetime.time": "a time",
    "io.BytesIO": "a buffer",
    "numpy.array": "an array",
    "numpy.zeros": "an array",
    "pandas.DataFrame": "a DataFrame",
    "pandas.read_csv": "a DataFrame",
    "pandas.read_excel": "a DataFrame",
    "pathlib.Path": "a Path",
    "re.compile": "a pattern",
    "requests.Session": "a session of requests",
    "requests.get": "a response of requests",
    "requests.post": "a response of requests",
    "sqlite3.connect": "a connection to a database",
}
_VIEWS = {"keys": "dict_keys", "values": "dict_values", "items": "dict_items"}
_FETCHES = frozenset({
    "get", "get_or_404", "first", "first_or_404", "one", "one_or_none", "one_or_404", "all", "paginate",
})  # fmt: skip
_ROWS = frozenset({"with_entities", "add_columns", "add_column", "values", "scalar", "select", "options"})
_PLAIN_BASES = frozenset({
    "builtins.object", "abc.ABC", "flask_login.UserMixin", "flask_login.mixins.UserMixin", "flask_security.UserMixin",
    "flask_login.AnonymousUserMixin",
})  # fmt: skip
# A class of a file with one of these may be known to Flask's encoder, or make itself known.
_KNOWN_TO_JSON = ("dataclasses", "attr", "attrs", "pydantic", "marshmallow_dataclass", "sqlmodel", "enum", "mashumaro")


class Held(NamedTuple):
    """What a value is, in words. ``instance`` and ``model`` are the dotted name of the class that has to be looked
    up to be sure: any class of the project, or one of Flask-SQLAlchemy's models."""

    words: str
    instance: str = ""
    model: str = ""


def held(module: Module, node: ast.expr, depth: int = 0) -> Held | None:
    """What the value of an expression is, itself or somewhere inside, that is no JSON; None where it is not sure."""
    if depth > 6:
        return None
    match node:
        case ast.Set() | ast.SetComp():
            return Held("a set")
        case ast.GeneratorExp():
            return Held("a generator")
        case ast.Lambda():
            return Held("a function")
        case ast.Dict(values=parts) | ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.BoolOp(values=parts):
            return next((found for part in parts if (found := held(module, part, depth + 1))), None)
        case ast.IfExp():
            return held(module, node.body, depth + 1) or held(module, node.orelse, depth + 1)
        case ast.Await() | ast.NamedExpr():
            return held(module, node.value, depth + 1)
        case ast.Call():
            return _made(module, node)
        case ast.Name() if module.resolve(node) in _USERS:
            return Held("current_user, an object")
        case ast.Name():
            return _bound(module, node, depth)
        case ast.Attribute() if module.resolve(node) in _USERS:
            return Held("current_user, an object")
        case ast.Subscript(value=ast.Attribute(attr="files")) if _uploads(module, node.value):
            return Held("an uploaded file")
    return None


def _bound(module: Module, node: ast.Name, depth: int) -> Held | None:
    """A local that is assigned once, in this very function."""
    binding = module.names.binding(node)
    if binding is None or binding.value is None or binding.value is node:
        return None
    if module.function_of(binding.node) is not module.function_of(node):
        return None
    return held(module, binding.value, depth + 1)


def _uploads(module: Module, node: ast.expr) -> bool:
    return module.resolve(node) == "flask.request.files"


def _made(module: Module, call: ast.Call) -> Held | None:
    name = module.resolve(call.func) or ""
    if name in _MAKERS:
        return Held(_MAKERS[name])
    if isinstance(call.func, ast.Attribute):
        if call.func.attr in _VIEWS and not call.args and not call.keywords and _is_dict(module, call.func.value):
            return Held(f"a {_VIEWS[call.func.attr]} object")
        if call.func.attr == "get" and _uploads(module, call.func.value):
            return Held("an uploaded file")
        if call.func.attr == "_get_current_object" and module.resolve(call.func.value) in _USERS:
            return Held("a user object")
        if call.func.attr in _FETCHES:
            model = _queried(module, call)
            if model is not None:
                what = "a list of {} objects" if call.func.attr == "all" else "{} object"
                return Held(_article(what.format(model.rpartition(".")[2])), model=model)
    last = name.rpartition(".")[2]
    if last[:1].isupper() and not last.isupper() and not name.startswith("builtins."):
        return Held(_article(f"{last} object"), instance=name)
    return None


def _article(words: str) -> str:
    if words.startswith("a "):
        return words
    return f"an {words}" if words[0].lower() in "aeio" else f"a {words}"


def _is_dict(module: Module, node: ast.expr) -> bool:
    name = module.resolve(node) or ""
    if name.startswith(("flask.request.form", "flask.request.args", "flask.session")):
        return name.count(".") == 2 or name == "flask.session"
    value = module.value(node)
    return isinstance(value, ast.Dict | ast.DictComp) or (
        isinstance(value, ast.Call) and module.resolve(value.func) == "builtins.dict"
    )


def _queried(module: Module, call: ast.Call) -> str | None:
    """The model of ``User.query.filter_by(..).first()``, ``db.session.get(User, 1)``, ``db.get_or_404(User, 1)``."""
    assert isinstance(call.func, ast.Attribute)
    owner = module.resolve(call.func.value) or ""
    if call.func.attr in ("get", "get_or_404") and len(call.args) > 1:
        if owner.rpartition(".")[2] in ("session", "db"):
            return module.resolve(call.args[0])
        return None
    node: ast.expr = call.func.value
    for _ in range(20):
        match node:
            case ast.Call(func=ast.Attribute(attr="query"), args=[entity]):
                return module.resolve(entity)
            case ast.Call(func=ast.Attribute(value=below, attr=method)) if method not in _ROWS:
                node = below
            case ast.Attribute(value=below, attr="query"):
                return module.resolve(below)
            case _:
                return None
    return None


def is_refused(links: Links, what: Held, path: str) -> bool:
    """Whether the class that ``what`` hangs on is one that Flask's JSON does not know."""
    if what.model:
        return is_model(links, what.model, path) and not _may_be_known(links, what.model, path)
    if what.instance:
        if is_model(links, what.instance, path):
            return not _may_be_known(links, what.instance, path)
        return _is_plain_class(links, what.instance, path) and not _may_be_known(links, what.instance, path)
    return True


def _is_plain_class(links: Links, name: str, path: str, depth: int = 0) -> bool:
    """A class of the project with nothing but the project's classes above it."""
    canonical = links.resolve(name, path)
    if not depth and not (links.function(name, path) or "").endswith(".__init__"):
        return False
    bases, file = links.bases(canonical, path)
    return depth < 8 and all(
        base in _PLAIN_BASES
        or (links.find_module(base, file) is not None and _is_plain_class(links, base, file, depth + 1))
        for base in bases
    )


def _may_be_known(links: Links, name: str, path: str) -> bool:
    """Whether the class may be a dataclass or the like, or says itself how it is written (``__html__``)."""
    for ancestor in links.ancestry(links.resolve(name, path)):
        place = links.find_module(ancestor, path)
        if place is None:
            continue
        facts = place[0]
        if f"{ancestor}.__html__" in facts.functions or f"{ancestor}.__json__" in facts.functions:
            return True
        if any(item.target.partition(".")[0] in _KNOWN_TO_JSON for item in facts.imports):
            return True
    return False
