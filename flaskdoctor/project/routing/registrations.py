"""Every ``register_blueprint`` of a file: in loops, in helper functions, by import strings."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from flaskdoctor.finding import Location
from flaskdoctor.patterns import lazy
from flaskdoctor.project.code.literals import Given, binding_of, dotted, loop_over, outline, parameter, rounds
from flaskdoctor.project.routing.views import keyword, router_of

if TYPE_CHECKING:
    from flaskdoctor.project.code.module import Module


# ``shop.cart:bp``, ``shop.cart.bp``; any other text in a list may be anything, a secret too.
_IMPORT_STRING = lazy(r"(?=.{3,80}$)[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*[.:][A-Za-z_]\w*")


class Registration(NamedTuple):
    """``parent.register_blueprint(child, url_prefix=.., name=..)``; ``"?"`` where a part is computed. The prefix is
    an outline (``literals.outline``).

    ``children`` are dotted names; one that stands for a list made elsewhere begins with ``*``. ``given`` says
    which of the fields (parent, children, url_prefix, name) are parameters of the helper ``function`` that the
    call stands in: (field, parameter).
    """

    parent: str
    children: tuple[str, ...]
    url_prefix: str | None
    name: str | None
    location: Location
    function: str = ""
    given: tuple[tuple[str, str], ...] = ()
    scope: str = ""  # the function that it stands in
    certain: bool = False  # under no ``if``, ``try`` or loop
    plain: bool = False  # its parent and its child are names that stand for one thing each


def read_registrations(module: Module) -> tuple[Registration, ...]:
    """All registrations of a file; a loop over a literal gives one for each round."""
    found: list[Registration] = []
    for call in module.calls_of("register_blueprint"):
        found.extend(_registration(module, call, given) for given in rounds(module, call))
    return tuple(found)


def _registration(module: Module, call: ast.Call, given: Given) -> Registration:
    assert isinstance(call.func, ast.Attribute)
    parent = router_of(module, call.func.value)
    child = call.args[0] if call.args else keyword(call, "blueprint")
    prefix = call.args[1] if len(call.args) > 1 else keyword(call, "url_prefix")
    name = keyword(call, "name")
    more = any(item.arg is None for item in call.keywords)
    asked = dict(
        _parameters(module, [("parent", call.func.value), ("children", child), ("url_prefix", prefix), ("name", name)])
    )
    functions = {function for function, _ in asked.values()}
    same = len(functions) == 1
    return Registration(
        parent[0] if parent is not None else "?",
        children_of(module, child, given),
        "?" if more and prefix is None else text_or_unknown(module, prefix, given),
        text_or_unknown(module, name, given),
        module.location(call),
        functions.pop() if same else "",
        tuple((field, name) for field, (_, name) in asked.items()) if same else (),
        module.names.scope_of(call).qualname,
        module.unconditional(call),
        _bound_once(module, call.func.value) and _bound_once(module, child),
    )


def _bound_once(module: Module, node: ast.expr | None) -> bool:
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name) and len(list(module.names.bindings(node))) == 1


def _parameters(module: Module, fields: list[tuple[str, ast.expr | None]]) -> Iterator[tuple[str, tuple[str, str]]]:
    for field, node in fields:
        found = parameter(module, node)
        if found is None and field == "children" and isinstance(node, ast.Name):
            loop = loop_over(module, node)
            found = parameter(module, loop[0]) if loop is not None else None
        if found is not None:
            yield field, found


def text_or_unknown(module: Module, node: ast.expr | None, given: Given) -> str | None:
    """The outline of an argument's text, None where there is none, ``"?"`` where it is computed."""
    if isinstance(node, ast.Name):
        binding = binding_of(module, node)
        node = given.get(binding.node, node) if binding is not None else node
    if node is None or (isinstance(node, ast.Constant) and node.value is None):
        return None
    found = outline(module, node, given)
    return "?" if found is None else found


def children_of(module: Module, node: ast.expr | None, given: Given) -> tuple[str, ...]:
    """The blueprints that an argument of ``register_blueprint`` stands for; empty where they are computed."""
    if isinstance(node, ast.Name):
        binding = binding_of(module, node)
        loop = loop_over(module, node)
        if binding is not None and loop is not None and binding.node not in given:
            iterable, place = loop
            if place or parameter(module, iterable) is not None:
                return ()
            made = dotted(module, iterable, given)
            return (f"*{made}",) if made is not None and not made.startswith("builtins.") else ()
    name = dotted(module, node, given)
    return (name,) if name is not None and not name.startswith("builtins.") else ()


def read_lists(module: Module) -> dict[str, tuple[str, ...]]:
    """The lists of names that a file makes at its top level or returns from a function (``name()``)."""
    found: dict[str, tuple[str, ...]] = {}
    for node in module.ast.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.List | ast.Tuple | ast.BinOp):
            items = _items(module, node.value)
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                if items and isinstance(target, ast.Name) and len(module.names.module_scope.bindings[target.id]) == 1:
                    found[f"{module.name}.{target.id}"] = items
    for name in _appended(module) if found else ():
        found.pop(f"{module.name}.{name}", None)
    for item in module.nodes(ast.Return):
        if isinstance(item, ast.Return) and isinstance(item.value, ast.List | ast.Tuple) and _may_be_names(item.value):
            function = module.function_of(item)
            items = _items(module, item.value)
            if items and function is not None and module.returns(function) == [item]:
                found[f"{module.qualname(function)}()"] = items
    return found


def _may_be_names(node: ast.List | ast.Tuple) -> bool:
    """Not ``return render_template(..), 404``, the answer of a view."""
    answer = isinstance(node, ast.Tuple) and isinstance(node.elts[0] if node.elts else None, ast.Call | ast.Dict)
    return not answer and not any(isinstance(item, ast.Dict) for item in node.elts)


def _appended(module: Module) -> Iterator[str]:
    for attribute in ("append", "extend", "insert"):
        for call in module.calls_of(attribute):
            function = call.func
            if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
                yield function.value.id


def _items(module: Module, node: ast.expr) -> tuple[str, ...]:
    """The dotted names of a literal list; empty where one of them is computed."""
    if isinstance(node, ast.BinOp):
        left, right = _items(module, node.left), _items(module, node.right)
        return (*left, *right) if left and right else ()
    if not isinstance(node, ast.List | ast.Tuple):
        name = module.resolve(node)
        return (f"*{name}",) if name is not None else ()
    found: list[str] = []
    for element in node.elts:
        if isinstance(element, ast.Starred):
            found.extend(_items(module, element.value) or ("",))
        else:
            found.append(_element(module, element) or "")
    return tuple(found) if all(found) else ()


def _element(module: Module, node: ast.expr) -> str | None:
    """The dotted name that an element of a list of blueprints stands for: a name, or an import string."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value.replace(":", ".") if _IMPORT_STRING.fullmatch(node.value) else None
    if isinstance(node, ast.Tuple) and node.elts:
        return _element(module, node.elts[0])
    return dotted(module, node)
