"""Where a file hands an app, a blueprint or a view to a function: what that function then adds, it adds to them."""

from __future__ import annotations

import ast
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from flaskdoctor.patterns import lazy
from flaskdoctor.project.code.flask_names import ROUTER_CLASSES, ROUTER_PARAMETERS
from flaskdoctor.project.code.literals import dotted, outline, text

if TYPE_CHECKING:
    from flaskdoctor.project.code.module import Module

# A function that is called like this may well add routes, whatever its arguments are called.
_ADDS_ROUTES = lazy(
    r"(?i)register|mount|blueprint|route|init_app|add_url|_view|attach|wire|setup|(?:create|make|build)_app"
)


_NAMING = frozenset({"name", "endpoint", "rule", "route", "url", "prefix", "url_prefix"})
_WORD = lazy(r"[a-z_.<>/-]{1,40}")


class Argument(NamedTuple):
    """What a call passes at one place.

    ``place`` is the position or the keyword, ``names`` the dotted names that it stands for (several for a literal
    list), ``texts`` its texts in the same way (outlines; ``None`` for the constant None), ``endpoint`` the name
    given to ``as_view``.
    """

    place: str
    names: tuple[str, ...] = ()
    texts: tuple[str | None, ...] = ()
    endpoint: str = ""


class Handed(NamedTuple):
    """A call, by the dotted name of what is called, and what it is given."""

    callee: str
    arguments: tuple[Argument, ...]


def read_handed(module: Module) -> tuple[Handed, ...]:
    """The calls of a file that may let somebody else add routes."""
    found: list[Handed] = []
    routers = _router_variables(module)
    for name, calls in module.calls_by_name().items():
        if name.startswith("builtins.") or name in ROUTER_CLASSES:
            continue
        wanted = _adds_routes(name.rpartition(".")[2])
        for call in calls:
            if _is_given(call, routers) if not wanted else call.args or any(item.arg for item in call.keywords):
                pairs = [(str(index), item) for index, item in enumerate(call.args)]
                pairs += [(item.arg, item.value) for item in call.keywords if item.arg]
                found.append(Handed(name, tuple(_argument(module, place, item) for place, item in pairs)))
    return tuple(found)


@cache
def _adds_routes(name: str) -> bool:
    return _ADDS_ROUTES.search(name) is not None


def _is_given(call: ast.Call, routers: frozenset[str]) -> bool:
    """Whether a call is given what may be an app or a blueprint."""
    if any(_may_be_router(item, routers) for item in call.args):
        return True
    return any(item.arg and _may_be_router(item.value, routers) for item in call.keywords)


def _router_variables(module: Module) -> frozenset[str]:
    """The variables of this file that some scope assigns a new app or blueprint to."""
    found: set[str] = set()
    for call in module.calls(*ROUTER_CLASSES):
        parent = module.parent(call)
        targets = parent.targets if isinstance(parent, ast.Assign) else [getattr(parent, "target", None)]
        found.update(target.id for target in targets if isinstance(target, ast.Name))
    return frozenset(found)


def _may_be_router(node: ast.expr, routers: frozenset[str]) -> bool:
    kind = node.__class__
    if kind is ast.Name:
        name: str = node.id  # type: ignore[attr-defined]
        if name in routers:
            return True
    elif kind is ast.Attribute:
        name = node.attr  # type: ignore[attr-defined]
    else:
        return False
    return name in ROUTER_PARAMETERS or name.endswith(("_bp", "_app", "_blueprint"))


def _argument(module: Module, place: str, node: ast.expr) -> Argument:
    value = module.value(node)
    if isinstance(value, ast.Constant) and value.value is None:
        return Argument(place, texts=(None,))
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and value.func.attr == "as_view":
        endpoint = text(module, value.args[0]) if value.args else None
        name = module.resolve(value.func.value)
        return Argument(place, (name,) if name else (), endpoint=endpoint or "")
    if isinstance(value, ast.List | ast.Tuple):
        texts = [_kept(text(module, item), place) for item in value.elts]
        names = [dotted(module, item) for item in value.elts]
        return Argument(
            place,
            tuple(name for name in names if name) if all(names) else (),
            tuple(texts) if None not in texts else (),
        )
    found = _kept(outline(module, node), place)
    name = None if _is_reassigned(module, node) else dotted(module, node)
    return Argument(place, (name,) if name else (), (found,) if found is not None else ())


def _is_reassigned(module: Module, node: ast.expr) -> bool:
    """Whether a parameter got another value on the way: what it is now cannot be told."""
    if not isinstance(node, ast.Name):
        return False
    bindings = list(module.names.bindings(node))
    if len(bindings) < 2 or bindings[0].kind != "parameter":
        return False
    if _may_be_router(node, frozenset()):
        return False
    made = (item.value for item in bindings if isinstance(item.value, ast.Call))
    return not any(module.resolve(call.func) in ROUTER_CLASSES for call in made)


def _kept(found: str | None, place: str) -> str | None:
    """A text that may be a rule, a prefix or an endpoint. Anything else may be a secret: it is not kept."""
    if found is None or found[:1] in ("", "/", "\0"):
        return found
    return found if place in _NAMING and _WORD.fullmatch(found) else None
