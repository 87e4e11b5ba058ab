"""The endpoints and templates that a file names: ``url_for("shop.index")``, ``render_template("shop/cart.html")``."""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from flaskdoctor.finding import Location
from flaskdoctor.patterns import lazy
from flaskdoctor.project.code.names import FUNCTIONS
from flaskdoctor.project.routing.views import keyword

if TYPE_CHECKING:
    from flaskdoctor.project.code.module import Module

_URL_FOR = (
    "flask.url_for", "flask.helpers.url_for", "flask.current_app.url_for", "quart.url_for", "quart.helpers.url_for",
)  # fmt: skip
_RENDER = (
    "flask.render_template", "flask.templating.render_template", "flask.stream_template", "quart.render_template",
    "quart.templating.render_template", "quart.stream_template",
)  # fmt: skip
_ENDPOINT = lazy(r"\.?[\w-]+(?:\.[\w-]+)*")
# What says that templates come from elsewhere than the folders that apps and blueprints name.
_LOADERS = (
    b"jinja_loader", b"jinja_options", b"Loader(", b"searchpath", b"root_path=", b".template_folder =",
    b"Environment(",
)  # fmt: skip
_ERRORS = frozenset({"BuildError", "TemplateNotFound", "TemplatesNotFound", "Exception", "BaseException", ""})


class UrlCall(NamedTuple):
    """A ``url_for("shop.index")``. ``view`` is the outermost function around it where the endpoint is relative."""

    endpoint: str
    view: str
    location: Location


class RenderCall(NamedTuple):
    """A ``render_template("shop/cart.html")``: the names, of which the first that is found is taken."""

    names: tuple[str, ...]
    location: Location


class PageFacts(NamedTuple):
    """What a file names. ``loads_otherwise`` is whether it may bring templates from elsewhere than the folders that
    stand in the code (a loader of its own, a ``template_folder`` that is computed or outside of the project),
    ``builds_otherwise`` whether it has an answer of its own for endpoints that there are not, or endpoints that are
    no views (Quart's websockets)."""

    urls: tuple[UrlCall, ...] = ()
    renders: tuple[RenderCall, ...] = ()
    loads_otherwise: bool = False
    builds_otherwise: bool = False


NO_PAGES = PageFacts()
_PARTIAL_ROUTE = lazy(rb"partial\(\s*[\w.]+\.(?:route|get|post|put|patch|delete|add_url_rule)\b")


def read_pages(module: Module) -> PageFacts:
    """All endpoints and templates that a file names by a literal."""
    source = module.source
    urls = tuple(_urls(module)) if b"url_for" in source else ()
    renders = tuple(_renders(module)) if b"_template" in source else ()
    otherwise = any(word in source for word in _LOADERS)
    if not otherwise and b"template_folder" in source:
        otherwise = any(_unknown_folder(module, call) for call in module.nodes(ast.Call))
    builds = b"url_build_error" in source or b".websocket(" in source or _hands_out_routes(source)
    if not (urls or renders or otherwise or builds):
        return NO_PAGES
    return PageFacts(urls, renders, otherwise, builds)


def _hands_out_routes(source: bytes) -> bool:
    """``partial(app.route, methods=["GET"])``: what is decorated with it has an endpoint, and nothing here shows it."""
    return b"partial(" in source and _PARTIAL_ROUTE.search(source) is not None


def _urls(module: Module) -> Iterator[UrlCall]:
    for call in module.calls(*_URL_FOR):
        node = call.args[0] if call.args else keyword(call, "endpoint")
        endpoint = module.string(node)
        if node is not None and endpoint and _ENDPOINT.fullmatch(endpoint) and not _expects_failure(module, call):
            around = _outermost(module, call) if endpoint.startswith(".") else ""
            yield UrlCall(endpoint, around, module.location(node))


def _outermost(module: Module, node: ast.AST) -> str:
    functions = [parent for parent in module.ancestors(node) if isinstance(parent, (*FUNCTIONS, ast.ClassDef))]
    return module.qualname(functions[-1]) if functions else ""


def _renders(module: Module) -> Iterator[RenderCall]:
    for call in module.calls(*_RENDER):
        node = call.args[0] if call.args else keyword(call, "template_name_or_list")
        if node is None or isinstance(node, ast.Starred):
            continue
        several = node.elts if isinstance(node, ast.List | ast.Tuple) else [node]
        names = tuple(name for item in several if (name := module.string(item)))
        if names and len(names) == len(several) and not _expects_failure(module, call):
            yield RenderCall(names, module.location(node))


def _expects_failure(module: Module, node: ast.AST) -> bool:
    """Whether an error here is caught right around: by its name, or by a ``try`` of hardly more than this."""
    child = node
    for parent in module.ancestors(node):
        if isinstance(parent, FUNCTIONS):
            return False
        if isinstance(parent, ast.Try) and child in parent.body:
            for handler in parent.handlers:
                kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
                for kind in kinds:
                    name = (module.resolve(kind) or "").rpartition(".")[2] if kind is not None else ""
                    if name in _ERRORS and (name.endswith(("BuildError", "NotFound")) or len(parent.body) < 3):
                        return True
        child = parent
    return False


def _unknown_folder(module: Module, node: ast.AST) -> bool:
    folder = keyword(node, "template_folder") if isinstance(node, ast.Call) else None
    if folder is None or (isinstance(folder, ast.Constant) and folder.value is None):
        return False
    text = module.string(folder)
    if not text or text.startswith("/"):
        return True
    return posixpath.normpath(posixpath.join(posixpath.dirname(module.path), text)).startswith(".")
