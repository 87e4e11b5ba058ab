"""What other files' rules need to know of a module: plain values, cheap to cache, no tree."""

from __future__ import annotations

import ast
import re
from typing import NamedTuple

from flaskdoctor.finding import Location
from flaskdoctor.project.decorators import transparent_decorators
from flaskdoctor.project.envnames import EnvRead, env_reads
from flaskdoctor.project.flask_names import ROUTER_CLASSES, ROUTER_PARAMETERS
from flaskdoctor.project.module import Module, is_deferred_test
from flaskdoctor.project.names import FUNCTIONS, FunctionNode
from flaskdoctor.project.views import class_methods, keyword, router_of


class Constructed(NamedTuple):
    """A variable that holds the result of a call: ``bp = Blueprint("shop", __name__, url_prefix="/shop")``.

    ``label`` is the first argument where it is a literal (a blueprint's name). ``url_prefix`` is None where there
    is none and ``"?"`` where it is computed. ``static`` tells ``static_folder=``: "default" (not given), "none",
    "given"; ``static_url`` is ``static_url_path``.
    """

    callee: str
    label: str | None
    url_prefix: str | None
    static: str
    static_url: str | None
    location: Location


class Signature(NamedTuple):
    """The parameters by which a view function takes its URL variables; ``self`` left out."""

    name: str
    required: tuple[str, ...]
    accepted: tuple[str, ...]
    keywords: bool  # takes **kwargs
    location: Location


class RouteFact(NamedTuple):
    """A route, without its nodes; the fields are those of ``views.Route`` and ``views.View``.

    ``decorators`` are the dotted names of the other decorators, top to bottom ("?" where one has none), and
    ``decorators_above`` how many of them stand above this route. ``signatures`` is empty where the view is
    defined elsewhere.
    """

    owner: str
    proven: bool
    spelling: str
    rule: str | None
    methods: tuple[str, ...] | None
    endpoint: str | None
    defaults: tuple[str, ...] | None
    view: str
    is_class: bool
    is_async: bool
    decorators: tuple[str, ...]
    signatures: tuple[Signature, ...]
    location: Location


class Registration(NamedTuple):
    """``parent.register_blueprint(child, url_prefix=.., name=..)``; ``"?"`` where a part is computed.

    ``children`` are dotted names: one, or those of the literal list that a loop runs over; a name that stands for
    a list made elsewhere begins with ``*``.
    """

    parent: str
    children: tuple[str, ...]
    url_prefix: str | None
    name: str | None
    location: Location


class FunctionFact(NamedTuple):
    """A function's parameters and the dotted names it returns."""

    parameters: tuple[str, ...]
    returns: tuple[str, ...]


class ImportFact(NamedTuple):
    """A module that is imported, and whether an import of this module runs that import at once."""

    target: str
    at_import: bool


class ModuleFacts(NamedTuple):
    """All facts of one module. Dotted names are as this file writes them; ``Links`` follows them."""

    path: str
    name: str
    role: str
    bindings: dict[str, str]  # module-level names that stand for something else: imports and aliases
    definitions: frozenset[str]  # all other module-level names
    stars: tuple[str, ...] = ()
    classes: dict[str, tuple[str, ...]] = {}
    constructed: dict[str, Constructed] = {}
    lists: dict[str, tuple[str, ...]] = {}
    functions: dict[str, FunctionFact] = {}
    routes: tuple[RouteFact, ...] = ()
    registrations: tuple[Registration, ...] = ()
    passed: tuple[tuple[str, str, str], ...] = ()  # callee, position or keyword, argument: where an app is handed on
    called: frozenset[str] = frozenset()
    imports: tuple[ImportFact, ...] = ()
    config_keys: tuple[tuple[str, str], ...] = ()  # key, owner
    env_reads: tuple[EnvRead, ...] = ()
    env_dynamic: bool = False
    imports_dotenv: bool = False
    registers_dynamically: bool = False
    url_value_preprocessor: bool = False
    pushes_context: bool = False  # somewhere in it a context is pushed by hand
    transparent: frozenset[str] = frozenset()  # decorators that hand a view's result on untouched

    @property
    def is_package(self) -> bool:
        """Whether the module is a package's ``__init__.py``."""
        return self.path.endswith("__init__.py")


# A file without any of these holds nothing that linking or a project rule asks for beyond its imports and names.
_WORTH_A_WALK = re.compile(
    rb"flask|Flask|quart|Blueprint|\.route\(|add_url_rule|register_blueprint|environ|getenv|dotenv|decouple"
    rb"|BaseSettings|from_envvar|SECRET_KEY|app_context|request_context"
)
_PUSHES_CONTEXT = re.compile(rb"\.push\(\)|\.__enter__\(|enter_context\(")


def worth_a_walk(source: bytes) -> bool:
    """Whether a file can hold facts beyond its imports and its module-level names."""
    return _WORTH_A_WALK.search(source) is not None


def shallow_facts(path: str, name: str, role: str, tree: ast.Module) -> ModuleFacts:
    """The facts of a file that no rule asks for: what linking needs to pass through it, from its top level only."""
    package = name if path.endswith("__init__.py") else name.rpartition(".")[0]
    bindings: dict[str, str] = {}
    definitions: set[str] = set()
    stars: list[str] = []
    imports: list[ImportFact] = []
    queue: list[ast.stmt] = list(tree.body)
    while queue:
        node = queue.pop(0)
        if isinstance(node, ast.ImportFrom):
            base = _absolute(package, node.module, node.level)
            for item in node.names:
                if item.name == "*":
                    stars.append(base)
                else:
                    bindings[item.asname or item.name] = f"{base}.{item.name}" if base else item.name
                imports.append(ImportFact(f"{base}.{item.name}" if item.name != "*" else base, True))
        elif isinstance(node, ast.Import):
            for item in node.names:
                first = item.name.partition(".")[0]
                bindings[item.asname or first] = item.name if item.asname else first
                imports.append(ImportFact(item.name, True))
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            definitions.add(node.name)
        elif isinstance(node, ast.Assign):
            definitions.update(target.id for target in node.targets if isinstance(target, ast.Name))
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            definitions.add(node.target.id)
        elif isinstance(node, ast.If | ast.Try | ast.With):
            queue[:0] = [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.stmt)]
    return ModuleFacts(path, name, role, bindings, frozenset(definitions), tuple(stars), imports=tuple(imports))


def _absolute(package: str, module: str | None, level: int) -> str:
    if level == 0:
        return module or ""
    parts = package.split(".") if package else []
    return ".".join([*parts[: len(parts) - (level - 1)], *([module] if module else [])])


def module_facts(module: Module) -> ModuleFacts:
    """All facts of a parsed file."""
    names = module.names
    bindings: dict[str, str] = {}
    definitions: set[str] = set()
    for name, found in names.module_scope.bindings.items():
        targets = [binding.target for binding in found if binding.kind == "import"]
        if targets:
            bindings[name] = targets[0]
        elif len(found) == 1 and isinstance(found[0].value, ast.Name | ast.Attribute):
            target = module.resolve(found[0].value)
            if target is not None and target != f"{module.name}.{name}":
                bindings[name] = target
            else:
                definitions.add(name)
        else:
            definitions.add(name)
    environment = env_reads(module)
    routes = _routes(module)
    registrations, dynamic = _registrations(module)
    calls = module.calls_by_name()
    return ModuleFacts(
        module.path,
        module.name,
        module.role,
        bindings,
        frozenset(definitions),
        tuple(names.stars),
        classes=_classes(module),
        constructed=_constructed(module),
        lists=_lists(module),
        functions=_functions(module),
        routes=routes,
        registrations=registrations,
        passed=_passed(module),
        called=frozenset(name for name in calls if not name.startswith("builtins.")),
        imports=_imports(module),
        config_keys=tuple((write.key, write.owner) for write in module.config_writes),
        env_reads=environment.reads,
        env_dynamic=environment.dynamic,
        imports_dotenv=environment.loads_dotenv,
        registers_dynamically=dynamic,
        url_value_preprocessor=b"url_value_preprocessor" in module.source,
        pushes_context=_PUSHES_CONTEXT.search(module.source) is not None,
        transparent=transparent_decorators(module),
    )


def _classes(module: Module) -> dict[str, tuple[str, ...]]:
    found = {}
    for node in module.nodes(ast.ClassDef):
        assert isinstance(node, ast.ClassDef)
        bases = [name for base in node.bases if (name := module.resolve(base))]
        if bases:
            found[module.qualname(node)] = tuple(bases)
    return found


def _constructed(module: Module) -> dict[str, Constructed]:
    found: dict[str, Constructed] = {}
    for node in module.nodes(ast.Assign, ast.AnnAssign, ast.NamedExpr):
        value = node.value  # type: ignore[attr-defined]
        if not isinstance(value, ast.Call):
            continue
        callee = module.resolve(value.func)
        if callee is None or callee.startswith("builtins."):
            continue
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]  # type: ignore[attr-defined]
        for target in targets:
            name = module.resolve(target)
            if isinstance(target, ast.Name):
                scope = module.names.scope_of(target)
                name = module.names.local_name(
                    module.names.module_scope if target.id in scope.foreign else scope, target.id
                )
            # The first call that makes a router wins: ``app = Flask(..); app = ProxyFix(app)``.
            if name is not None and (name not in found or callee in ROUTER_CLASSES):
                found[name] = _construction(module, callee, value)
    return found


def _construction(module: Module, callee: str, call: ast.Call) -> Constructed:
    prefix = keyword(call, "url_prefix")
    static = keyword(call, "static_folder")
    if static is None:
        kind = "default"
    else:
        kind = "none" if isinstance(static, ast.Constant) and static.value is None else "given"
    label = call.args[0] if call.args else keyword(call, "name")
    return Constructed(
        callee,
        module.string(label),
        _text_or_unknown(module, prefix),
        kind,
        module.string(keyword(call, "static_url_path")),
        module.location(call),
    )


def _text_or_unknown(module: Module, node: ast.expr | None) -> str | None:
    if node is None or (isinstance(node, ast.Constant) and node.value is None):
        return None
    text = module.string(node)
    return "?" if text is None else text


def _lists(module: Module) -> dict[str, tuple[str, ...]]:
    found = {}
    for node in module.ast.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.List | ast.Tuple):
            items = [_element(module, item) for item in node.value.elts]
            if items and all(items):
                for target in node.targets:
                    if isinstance(target, ast.Name):
                        found[f"{module.name}.{target.id}"] = tuple(item for item in items if item)
    return found


def _element(module: Module, node: ast.expr) -> str | None:
    """The dotted name that an element of a list of blueprints stands for: a name, or an import string."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value.replace(":", ".")
    if isinstance(node, ast.Tuple) and node.elts:
        return _element(module, node.elts[0])
    return module.resolve(node)


def _functions(module: Module) -> dict[str, FunctionFact]:
    found = {}
    for node in module.nodes(*FUNCTIONS):
        assert isinstance(node, FUNCTIONS)
        returned = []
        for item in module.returns(node):
            value = item.value
            name = module.resolve(value)
            if name is None and isinstance(value, ast.Call):
                callee = module.resolve(value.func)
                name = f"{callee}()" if callee else None
            if name is not None and not name.startswith("builtins."):
                returned.append(name)
        found[module.qualname(node)] = FunctionFact(_parameters(node), tuple(returned))
    return found


def _parameters(node: FunctionNode) -> tuple[str, ...]:
    arguments = node.args
    return tuple(item.arg for item in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs))


def _signature(module: Module, node: FunctionNode, *, method: bool) -> Signature:
    arguments = node.args
    positional = [*arguments.posonlyargs, *arguments.args]
    with_default = {item.arg for item in positional[len(positional) - len(arguments.defaults) :]}
    with_default.update(
        item.arg
        for item, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
        if default is not None
    )
    if method:
        positional = positional[1:]
    names = [item.arg for item in (*positional, *arguments.kwonlyargs)]
    required = tuple(name for name in names if name not in with_default)
    return Signature(node.name, required, tuple(names), arguments.kwarg is not None, module.location(node))


def _routes(module: Module) -> tuple[RouteFact, ...]:
    found = []
    for view in module.views:
        node = view.node
        signatures: tuple[Signature, ...] = ()
        if isinstance(node, FUNCTIONS):
            signatures = (_signature(module, node, method=False),)
        elif isinstance(node, ast.ClassDef):
            verbs = {method.lower() for method in class_methods(node) or ()} | {"dispatch_request"}
            signatures = tuple(
                _signature(module, item, method=True)
                for item in node.body
                if isinstance(item, FUNCTIONS) and item.name in verbs
            )
        decorators = tuple(_decorator_name(module, item) for item in view.decorators)
        found.extend(
            RouteFact(
                route.owner,
                route.proven,
                route.spelling,
                route.rule,
                route.methods,
                route.endpoint,
                route.defaults,
                view.name,
                isinstance(node, ast.ClassDef),
                isinstance(node, ast.AsyncFunctionDef),
                decorators,
                signatures,
                module.location(route.node),
            )
            for route in view.routes
        )
    return tuple(found)


def _decorator_name(module: Module, node: ast.expr) -> str:
    return module.resolve(node.func if isinstance(node, ast.Call) else node) or "?"


def _registrations(module: Module) -> tuple[tuple[Registration, ...], bool]:
    found = []
    dynamic = False
    for call in module.nodes(ast.Call):
        assert isinstance(call, ast.Call)
        if not isinstance(call.func, ast.Attribute) or call.func.attr != "register_blueprint":
            continue
        parent = router_of(module, call.func.value)
        argument = call.args[0] if call.args else keyword(call, "blueprint")
        children = _children(module, argument)
        if not children:
            dynamic = True
        prefix = call.args[1] if len(call.args) > 1 else keyword(call, "url_prefix")
        unknown = any(item.arg is None for item in call.keywords)
        found.append(
            Registration(
                parent[0] if parent is not None else "?",
                children,
                "?" if unknown and prefix is None else _text_or_unknown(module, prefix),
                _text_or_unknown(module, keyword(call, "name")),
                module.location(call),
            )
        )
    return tuple(found), dynamic


def _children(module: Module, node: ast.expr | None) -> tuple[str, ...]:
    """The blueprints that an argument of ``register_blueprint`` stands for; empty where they are computed."""
    if isinstance(node, ast.Call):
        callee = module.resolve(node.func)
        text = module.string(node.args[0]) if node.args else None
        if callee is not None and callee.endswith("import_string") and text is not None:
            return (text.replace(":", "."),)
        if callee is not None and callee.endswith("import_string") and node.args:
            return _children(module, node.args[0])
        return (f"{callee}()",) if callee is not None and "import" not in callee else ()
    if isinstance(node, ast.Name):
        binding = module.names.binding(node)
        loop: ast.AST | None = module.parent(binding.node) if binding is not None else None
        if isinstance(loop, ast.Tuple):
            loop = module.parent(loop)  # ``for bp, prefix in ((..), (..)):``
        if isinstance(loop, ast.For | ast.comprehension):
            values = module.value(loop.iter)
            if isinstance(values, ast.Tuple | ast.List | ast.Set):
                items = [_element(module, item) for item in values.elts]
                return tuple(item for item in items if item) if all(items) else ()
            target = module.resolve(loop.iter)
            return (f"*{target}",) if target is not None and not target.startswith("builtins.") else ()
        if binding is not None and isinstance(binding.value, ast.Call):
            callee = module.resolve(binding.value.func)
            if callee is not None and callee.endswith("import_string"):
                return _children(module, binding.value)
            if callee in ("builtins.getattr",):
                return ()
    name = module.resolve(node)
    return (name,) if name is not None and not name.startswith("builtins.") else ()


def _passed(module: Module) -> tuple[tuple[str, str, str], ...]:
    """Where something that is called like an app or a blueprint is handed to a function."""
    found = []
    for name, calls in module.calls_by_name().items():
        for call in calls:
            pairs = [(str(index), item) for index, item in enumerate(call.args)]
            pairs += [(item.arg, item.value) for item in call.keywords if item.arg]
            for place, argument in pairs:
                last = argument.id if isinstance(argument, ast.Name) else getattr(argument, "attr", "")
                if last in ROUTER_PARAMETERS or last.endswith(("_bp", "_app", "_blueprint")):
                    target = module.resolve(argument)
                    if target is not None:
                        found.append((name, place, target))
    return tuple(found)


def _imports(module: Module) -> tuple[ImportFact, ...]:
    found = []
    for node in module.nodes(ast.Import, ast.ImportFrom):
        now = module.at_import(node) and not _in_context(module, node)
        if isinstance(node, ast.Import):
            found.extend(ImportFact(item.name, now) for item in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = module.names.absolute(node.module, node.level)
            found.extend(ImportFact(f"{base}.{item.name}" if item.name != "*" else base, now) for item in node.names)
    return tuple(found)


def _in_context(module: Module, node: ast.AST) -> bool:
    """Inside ``with app.app_context():``."""
    for parent in module.ancestors(node):
        if isinstance(parent, ast.With):
            for item in parent.items:
                call = item.context_expr
                method = call.func.attr if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) else ""
                if method in ("app_context", "test_request_context", "request_context"):
                    return True
    return False
