"""The facts of a file that no rule asks for: its imports and module-level names, so that linking passes through it."""

from __future__ import annotations

import ast

from flaskdoctor.finding import Location
from flaskdoctor.project.code.facts import Constructed, ImportFact, ModuleFacts
from flaskdoctor.project.code.module import is_deferred_test


def shallow_facts(path: str, name: str, role: str, tree: ast.Module) -> ModuleFacts:
    """The facts of a file that no rule asks for: what linking needs to pass through it, from its top level only."""
    package = name if path.endswith("__init__.py") else name.rpartition(".")[0]
    bindings: dict[str, str] = {}
    definitions: set[str] = set()
    stars: list[str] = []
    imports: list[ImportFact] = []
    made: list[tuple[str, ast.Call]] = []
    listed: list[tuple[str, ast.List | ast.Tuple]] = []
    queue: list[tuple[ast.stmt, bool, bool]] = [(node, True, True) for node in tree.body]
    while queue:
        node, now, certain = queue.pop(0)
        if isinstance(node, ast.ImportFrom):
            base = _absolute(package, node.module, node.level)
            for item in node.names:
                if item.name == "*":
                    stars.append(base)
                else:
                    bindings[item.asname or item.name] = f"{base}.{item.name}" if base else item.name
                imports.append(
                    ImportFact(f"{base}.{item.name}" if item.name != "*" else base, now, certain, node.lineno)
                )
        elif isinstance(node, ast.Import):
            for item in node.names:
                first = item.name.partition(".")[0]
                bindings[item.asname or first] = item.name if item.asname else first
                imports.append(ImportFact(item.name, now, certain, node.lineno))
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            definitions.add(node.name)
        elif isinstance(node, ast.Assign):
            names = [target.id for target in node.targets if isinstance(target, ast.Name)]
            definitions.update(names)
            if isinstance(node.value, ast.Call):
                made.extend((name, node.value) for name in names)
            elif isinstance(node.value, ast.List | ast.Tuple):
                listed.extend((name, node.value) for name in names)
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            definitions.add(node.target.id)
        elif isinstance(node, ast.If | ast.Try | ast.With):
            deferred = set(node.body) if isinstance(node, ast.If) and is_deferred_test(node.test) else set()
            children = [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.stmt)]
            inside = certain and isinstance(node, ast.With)
            queue[:0] = [(child, now and child not in deferred, inside) for child in children]
    constructed = {}
    for variable, call in made:
        callee = _plain_name(name, bindings, definitions, call.func)
        if callee is not None:
            place = Location(path, call.lineno, call.col_offset + 1)
            constructed[f"{name}.{variable}"] = Constructed(callee, None, None, "default", None, place)
    lists = {}
    for variable, value in listed:
        items = [_plain_name(name, bindings, definitions, item) for item in value.elts]
        if items and None not in items:
            lists[f"{name}.{variable}"] = tuple(item for item in items if item is not None)
    return ModuleFacts(
        path,
        name,
        role,
        bindings,
        frozenset(definitions),
        tuple(stars),
        constructed=constructed,
        lists=lists,
        imports=tuple(imports),
    )


def _plain_name(module: str, bindings: dict[str, str], definitions: set[str], node: ast.expr) -> str | None:
    """The dotted name of a module-level name and its attributes, without any look at scopes."""
    rest = ""
    while isinstance(node, ast.Attribute):
        rest = f".{node.attr}{rest}"
        node = node.value
    if not isinstance(node, ast.Name):
        return None
    if node.id in bindings:
        return bindings[node.id] + rest
    return f"{module}.{node.id}{rest}" if node.id in definitions else None


def _absolute(package: str, module: str | None, level: int) -> str:
    if level == 0:
        return module or ""
    parts = package.split(".") if package else []
    return ".".join([*parts[: len(parts) - (level - 1)], *([module] if module else [])])
