"""The variables of a file that hold the result of a call: apps, blueprints, views made by ``as_view``, and others."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

from flaskdoctor.finding import Location
from flaskdoctor.project.code.flask_names import ROUTER_CLASSES
from flaskdoctor.project.routing.registrations import text_or_unknown
from flaskdoctor.project.routing.views import keyword

if TYPE_CHECKING:
    from flaskdoctor.project.code.module import Module


class Constructed(NamedTuple):
    """A variable that holds the result of a call: ``bp = Blueprint("shop", __name__, url_prefix="/shop")``.

    ``label`` is the first argument where it is a literal (a blueprint's name). ``url_prefix`` is None where there
    is none, ``"?"`` where it is computed, and an outline (``literals.outline``) otherwise. ``static`` tells
    ``static_folder=``: "default" (not given), "none", "given" or "given:<folder>"; ``static_url`` is
    ``static_url_path``.
    """

    callee: str
    label: str | None
    url_prefix: str | None
    static: str
    static_url: str | None
    location: Location


def read_constructed(module: Module) -> tuple[dict[str, Constructed], dict[str, str]]:
    """The variables and attributes that hold the result of a call, and other names for them."""
    found: dict[str, Constructed] = {}
    aliases: dict[str, str] = {}
    for node in module.nodes(ast.Assign, ast.AnnAssign, ast.NamedExpr):
        value = node.value  # type: ignore[attr-defined]
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]  # type: ignore[attr-defined]
        if isinstance(value, ast.Name | ast.Attribute):
            for target in targets:
                # ``self.app = app``: an alias of a plain name is followed by the names themselves.
                name = module.resolve(target) if isinstance(target, ast.Attribute) else None
                meaning = module.resolve(value) if name is not None else None
                if name is not None and meaning is not None:
                    aliases.setdefault(name, meaning)
            continue
        if not isinstance(value, ast.Call):
            continue
        callee = module.resolve(value.func)
        if callee is None or callee.startswith("builtins."):
            continue
        first = ""
        for target in targets:
            name = module.names.assigned(target)
            if name is None:
                continue
            # The first call that makes a router wins: ``app = Flask(..); app = ProxyFix(app)``.
            if first and name not in found:
                aliases[name] = first  # ``app = application = Flask(..)`` is one app
            elif name not in found or callee in ROUTER_CLASSES:
                found[name] = _construction(module, callee, value)
                first = first or name
    return found, aliases


def _construction(module: Module, callee: str, call: ast.Call) -> Constructed:
    named = callee in ROUTER_CLASSES or callee.endswith(".as_view") or _takes_import_name(call)
    if not named and not call.keywords:
        # Any other object: its texts may be secrets, and nobody asks where it is made to the column.
        return Constructed(callee, None, None, "default", None, Location(module.path, call.lineno, call.col_offset + 1))
    label = call.args[0] if call.args else keyword(call, "name")
    return Constructed(
        callee,
        module.string(label) if named else None,
        text_or_unknown(module, keyword(call, "url_prefix"), {}),
        _static_folder(module, keyword(call, "static_folder")),
        text_or_unknown(module, keyword(call, "static_url_path"), {}),
        module.location(call),
    )


def _takes_import_name(call: ast.Call) -> bool:
    """``Area("team", __name__)``: what a blueprint's class is called with, wherever it is defined."""
    given = [*call.args[1:2], *(item.value for item in call.keywords if item.arg == "import_name")]
    return any(isinstance(item, ast.Name) and item.id == "__name__" for item in given)


def _static_folder(module: Module, node: ast.expr | None) -> str:
    if node is None:
        return "default"
    if isinstance(node, ast.Constant) and node.value is None:
        return "none"
    folder = module.string(node)
    return "given" if folder is None else f"given:{folder}"
