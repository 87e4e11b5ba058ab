"""What a client sent: the places of a file where it comes in.

``request.args["next"]`` and its relatives, the variables of a URL that may hold any text, uploads and the fields of
forms. What is made of it is ``requestdata``'s subject.
"""

from __future__ import annotations

import ast
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from flaskdoctor.patterns import lazy
from flaskdoctor.project.code.names import FUNCTIONS, FunctionNode
from flaskdoctor.project.routing.views import HTTP_METHODS, keyword

if TYPE_CHECKING:
    from flaskdoctor.project.code.module import Module
    from flaskdoctor.project.routing.views import Route

# Attributes and methods of ``request``, and what kind of data they hold.
_ATTRIBUTES = {
    "args": "args", "form": "form", "values": "values", "json": "json", "data": "data", "headers": "headers",
    "cookies": "cookies", "files": "files", "url": "url", "path": "url", "full_path": "url", "base_url": "url",
    "query_string": "query", "referrer": "referrer", "user_agent": "headers", "authorization": "headers",
    "get_json": "json", "get_data": "data",
}  # fmt: skip
_REQUESTS = ("flask.request.", "quart.request.", "flask.globals.request.")
_CONTAINERS = frozenset({"args", "form", "values", "json", "headers", "cookies", "files"})

TAKES = frozenset({"get", "pop", "setdefault"})
_VARIABLE = lazy(r"<(?:([A-Za-z_]\w*)(?:\([^<>]*\))?:)?([A-Za-z_]\w*)>")


class Source(NamedTuple):
    """Where data of the request comes from.

    ``kind`` is args, form, values, json, data, headers, cookies, files (an upload itself), field (of a form
    class: text or upload), filename (of an upload), url (``url``, ``path`` ..), query, referrer or variable (of the
    URL). ``words`` say it as code does, ``key`` is the
    constant name of the value in its container. ``whole`` tells the container itself. ``converter`` is that of a URL
    variable ("string" or "path"), ``owners`` the routers of its view that only other files can prove to be such.
    """

    kind: str
    words: str
    node: ast.AST
    key: str | None = None
    whole: bool = False
    converter: str = ""
    owners: tuple[str, ...] = ()


class RequestSources:
    """Tells what an expression of one file has to do with the request."""

    def __init__(self, module: Module) -> None:
        self.module = module

    def source(self, node: ast.AST) -> Source | None:
        """The source that an expression is by itself, with no variable in between: ``request.args["next"]``."""
        if isinstance(node, ast.Await):
            return self.source(node.value)
        if isinstance(node, ast.Name | ast.Attribute):
            name = self.module.resolve(node) or ""
            if name.startswith(_REQUESTS):
                attribute, _, rest = name.split("request.", 1)[1].partition(".")
                kind = _ATTRIBUTES.get(attribute)
                if kind is None or (rest and attribute not in ("user_agent", "authorization")):
                    return self._upload(node)
                return Source(kind, f"request.{attribute}", node, whole=kind in _CONTAINERS)
            return self._upload(node)
        if isinstance(node, ast.Subscript):
            return self._item(node, self.source(node.value), node.slice)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            base = self.source(node.func)
            if base is not None and base.words in ("request.get_json", "request.get_data"):
                return base._replace(words=f"{base.words}()", node=node)
            if node.func.attr in TAKES and node.args and not is_converted(self.module, node):
                return self._item(node, self.source(node.func.value), node.args[0])
        return None

    def _item(self, node: ast.expr, base: Source | None, key: ast.expr) -> Source | None:
        if base is None or not base.whole:
            return base._replace(node=node) if base is not None and base.kind == "json" else None
        text = self.module.string(key)
        if base.kind == "headers" and (text or "").lower() in ("referer", "referrer"):
            return Source("referrer", "request.referrer", node)
        return base._replace(words=f"{base.words}[{quoted(text)}]", node=node, key=text, whole=False)

    def _upload(self, node: ast.expr) -> Source | None:
        """``form.photo.data``, the field of a form, and ``request.files["photo"].filename``."""
        if not isinstance(node, ast.Attribute):
            return None
        if node.attr == "data" and isinstance(node.value, ast.Attribute):
            return Source("field", ast.unparse(node), node)
        if node.attr != "filename":
            return None
        source = self.source(node.value)
        held = source is not None and source.kind in ("files", "field")
        return Source("filename", f"{source.words}.filename", node) if held and source is not None else None

    def variable(self, node: ast.arg, function: FunctionNode) -> Source | None:
        """The URL variable that a view's parameter takes, where it may hold any text."""
        converters: set[str] = set()
        owners: set[str] = set()
        for route in self.responding[function]:
            for name, variable in _VARIABLE.findall(route.rule or ""):
                if variable == node.arg and name in ("", "string", "path", "default"):
                    converters.add("path" if name == "path" else "string")
                    if not route.proven:
                        owners.add(route.owner)
        if not converters:
            return None
        return Source(
            "variable",
            f"the URL variable {node.arg}",
            node,
            converter="path" if "path" in converters else "string",
            owners=tuple(sorted(owners)),
        )

    @cached_property
    def responding(self) -> dict[FunctionNode, list[Route]]:
        """The functions of this file that routes point to, methods of view classes among them, with their routes."""
        found: dict[FunctionNode, list[Route]] = {}
        for view in self.module.views:
            if isinstance(view.node, ast.ClassDef):
                for item in view.node.body:
                    if isinstance(item, FUNCTIONS) and item.name in (*HTTP_METHODS, "dispatch_request"):
                        found.setdefault(item, []).extend(view.routes)
            elif view.node is not None:
                found.setdefault(view.node, []).extend(view.routes)
        return found


def quoted(key: str | None) -> str:
    """The key of a value as words show it."""
    return f'"{key}"' if key is not None else ".."


def is_converted(module: Module, call: ast.Call) -> bool:
    """``.get("page", type=int)``, ``.get("page", 1, int)``: what comes out is no free text."""
    kind = keyword(call, "type") or (call.args[2] if len(call.args) > 2 else None)
    return kind is not None and module.resolve(kind) != "builtins.str"
