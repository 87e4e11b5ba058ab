"""What other files' rules need to know of a module: plain values, cheap to cache, no tree."""

from __future__ import annotations

import ast
from typing import NamedTuple

from flaskdoctor.patterns import lazy
from flaskdoctor.project.answers.decorators import transparent_decorators
from flaskdoctor.project.code import constants
from flaskdoctor.project.code.classfacts import Preset, Verbs, read_classes, read_presets, read_verbs
from flaskdoctor.project.code.constants import read_constants
from flaskdoctor.project.code.constructed import Constructed, read_constructed
from flaskdoctor.project.code.flask_names import REMOVED_ATTRIBUTES
from flaskdoctor.project.code.handed import Argument, Handed, read_handed
from flaskdoctor.project.code.module import Module
from flaskdoctor.project.code.names import FUNCTIONS, FunctionNode
from flaskdoctor.project.code.passedon import passed_on
from flaskdoctor.project.contexts import background
from flaskdoctor.project.contexts.background import NO_BACKGROUND, Background, read_background
from flaskdoctor.project.contexts.databases import database_variables
from flaskdoctor.project.deployment.patchfacts import MonkeyPatch, read_patch
from flaskdoctor.project.deployment.runfacts import RunFact, read_runs
from flaskdoctor.project.env import envnames
from flaskdoctor.project.env.envloads import EnvLoad
from flaskdoctor.project.env.envnames import EnvRead, env_reads
from flaskdoctor.project.pages import browserfacts, sessions
from flaskdoctor.project.pages.browserfacts import BrowserFacts, read_browser_facts
from flaskdoctor.project.pages.sessions import NO_SESSION, SessionFacts, read_sessions
from flaskdoctor.project.requestflow.serving import read_serving
from flaskdoctor.project.requestflow.settled import read_settled
from flaskdoctor.project.routing.forwarding import forwarding_decorators
from flaskdoctor.project.routing.hooks import Hook, read_hooks
from flaskdoctor.project.routing.pagefacts import NO_PAGES, PageFacts, read_pages
from flaskdoctor.project.routing.registrations import Registration, read_lists, read_registrations
from flaskdoctor.project.routing.resources import (
    ApiFact,
    NamespaceFact,
    ResourceFact,
    read_apis,
    read_namespaces,
    read_resources,
)
from flaskdoctor.project.routing.routefacts import RouteFact, Signature, decorator_name, read_routes

__all__ = [
    "Argument",
    "Constructed",
    "FunctionFact",
    "Handed",
    "ImportFact",
    "ModuleFacts",
    "Registration",
    "RouteFact",
    "Signature",
    "module_facts",
    "worth_a_walk",
]


class FunctionFact(NamedTuple):
    """A function's parameters and the dotted names it returns.

    ``defaults`` are the parameters whose default is a text or None. ``renames`` marks an inner function that
    would give its own name to the view it stands for: it is not wrapped by ``functools.wraps``. ``assigned`` are
    the parameters that the function gives another value. ``decorators`` are named as those of a ``RouteFact``.
    """

    parameters: tuple[str, ...]
    returns: tuple[str, ...]
    defaults: tuple[tuple[str, str | None], ...] = ()
    renames: bool = False
    assigned: tuple[str, ...] = ()
    decorators: tuple[str, ...] = ()
    is_async: bool = False


class ImportFact(NamedTuple):
    """A module that is imported, and whether an import of this module runs that import at once. ``certain``: under
    no ``if`` or ``try``."""

    target: str
    at_import: bool
    certain: bool = True
    line: int = 0


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
    handed: tuple[Handed, ...] = ()
    aliases: dict[str, str] = {}  # further names of what stands in ``constructed`` or comes in as a parameter
    verbs: dict[str, Verbs] = {}
    presets: dict[str, Preset] = {}
    constants: dict[str, str] = {}  # texts that a URL may be made of; ``config:KEY`` for configuration keys
    called: frozenset[str] = frozenset()
    passed_on: frozenset[str] = frozenset()  # imported functions that it gives to somebody else, who may call them
    imports: tuple[ImportFact, ...] = ()
    config_keys: tuple[tuple[str, str], ...] = ()  # key, owner
    env_reads: tuple[EnvRead, ...] = ()
    env_dynamic: bool = False
    env_written: frozenset[str] = frozenset()
    imports_dotenv: bool = False
    env_loads: tuple[EnvLoad, ...] = ()  # the env files that it loads
    changes_url_variables: bool = False  # something in it may add or drop what a view gets from its URL
    runs: tuple[RunFact, ...] = ()  # calls that may start a server
    forwards: frozenset[str] = frozenset()  # decorators that hand a view's arguments on as they came
    pushes_context: bool = False  # somewhere in it a context is pushed by hand
    transparent: frozenset[str] = frozenset()  # decorators that hand a view's result on untouched
    sessions: SessionFacts = NO_SESSION
    background: Background = NO_BACKGROUND
    database_variables: frozenset[str] = frozenset()  # of the environment, behind ``SQLALCHEMY_DATABASE_URI``
    hooks: tuple[Hook, ...] = ()
    apis: dict[str, ApiFact] = {}
    resources: tuple[ResourceFact, ...] = ()
    namespaces: tuple[NamespaceFact, ...] = ()
    browser: BrowserFacts = BrowserFacts()
    matches_hosts: bool = False  # something in it may choose routes by the host that is asked
    patch: MonkeyPatch | None = None  # where it patches the standard library for greenlets
    pages: PageFacts = NO_PAGES  # the endpoints and templates that it names
    attributes_set: frozenset[str] = frozenset()  # of ``flask_names.REMOVED_ATTRIBUTES``, those that it sets itself
    settled: frozenset[str] = frozenset()  # what it takes care of for the whole project: see ``settled``
    serving: frozenset[str] = frozenset()  # what it does with requests: the words of ``serving``

    @property
    def is_package(self) -> bool:
        """Whether the module is a package's ``__init__.py``."""
        return self.path.endswith("__init__.py")


# A file without any of these holds nothing that linking or a project rule asks for beyond its imports and names.
_DECISIVE = frozenset((
    b"lask", b"quart", b"lueprint", b".route(", b"add_url_rule", b"environ", b"getenv", b"dotenv", b"decouple",
    b"BaseSettings", b"from_envvar", b"SECRET_KEY", b"app_context", b"request_context", b".Model", b"as_view",
    b"import_string", b"create_app", b"init_app", b"(app,", b"(app)", b"(self.app", b"(*args, **kw", b"PREFIX",
    b"API_VERSION", b"monkey", b"add_resource", b"add_namespace", b"SESSION_COOKIE_", b"REMEMBER_COOKIE_",
    b"X-Frame-Options", b"Content-Security-Policy", b"CORS_", b"view_functions", b"error_handler_spec",
    b"elery", b"smtplib", b"mail.send", b"mail.connect", b"MAX_CONTENT_LENGTH",
))  # fmt: skip
# A view of an imported blueprint, a list of blueprints, a method view, a decorator: none needs one of the words.
_VERBS = (b"get", b"post", b"put", b"patch", b"delete")
_PATTERNS = (
    *((b".%s(" % verb, lazy(rb"@[\w.]+\.%s\(" % verb)) for verb in _VERBS),
    (b"bp", lazy(rb"bp\b")),
)
_DECISIVE |= {b"def %s(self" % verb for verb in (*_VERBS, b"dispatch_request")}
# Preprocessors and defaults add and drop variables, hosts bring some of their own, and so does a changed ``view_args``.
_CHANGES_URL_VARIABLES = lazy(
    rb"url_value_preprocessor|url_defaults|subdomain=|subdomain_matching|host_matching|host=.*<|view_functions\["
    rb"|view_args(?:\.(?:pop|update|setdefault|clear)|\[[^\]]*\]\s*=[^=]|\s*=[^=])|flask_injector|FlaskInjector"
)
_URL_VARIABLE_WORDS = (  # each of its alternatives holds one, and ``in`` is fast
    b"url_value_preprocessor", b"url_defaults", b"subdomain", b"host", b"view_functions", b"view_args", b"njector",
)  # fmt: skip
_SETTINGS = tuple((name, f"{name} =".encode()) for name in REMOVED_ATTRIBUTES)
_PUSHES_CONTEXT = (b".push()", b".__enter__(", b"enter_context(")
# All words that decide what is looked for in a file.
WORDS = frozenset((
    *_DECISIVE, *(word for word, _ in _PATTERNS), *_URL_VARIABLE_WORDS, *(spelling for _, spelling in _SETTINGS),
    *_PUSHES_CONTEXT, *background.WORDS, *background.MAIL_WORDS, *browserfacts.PLACE_WORDS, *browserfacts.HEADER_WORDS,
    *browserfacts.COOKIE_WORDS, *constants.WORDS, *envnames.WORDS, *sessions.WORDS,
))  # fmt: skip


def worth_a_walk(source: bytes, words: frozenset[bytes]) -> bool:
    """Whether a file can hold facts beyond its imports and its module-level names. ``words`` are those of ``WORDS``
    that occur in it."""
    if not _DECISIVE.isdisjoint(words):
        return True
    return any(word in words and pattern.search(source) for word, pattern in _PATTERNS)


def _changes_url_variables(module: Module) -> bool:
    return module.says(_URL_VARIABLE_WORDS) and _CHANGES_URL_VARIABLES.search(module.source) is not None


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
    constructed, aliases = read_constructed(module)
    calls = module.calls_by_name()
    return ModuleFacts(
        module.path,
        module.name,
        module.role,
        bindings,
        frozenset(definitions),
        tuple(names.stars),
        classes=read_classes(module),
        constructed=constructed,
        lists=read_lists(module),
        functions=_functions(module),
        routes=read_routes(module),
        registrations=read_registrations(module),
        handed=read_handed(module),
        aliases=aliases,
        verbs=read_verbs(module),
        presets=read_presets(module),
        constants=read_constants(module),
        called=frozenset(name for name in calls if not name.startswith("builtins.")),
        passed_on=passed_on(module),
        imports=_imports(module),
        config_keys=tuple((write.key, write.owner) for write in module.config_writes),
        env_reads=environment.reads,
        env_dynamic=environment.dynamic,
        env_written=environment.written,
        imports_dotenv=environment.loads_dotenv,
        env_loads=environment.loads,
        changes_url_variables=_changes_url_variables(module),
        runs=read_runs(module),
        forwards=forwarding_decorators(module),
        pushes_context=module.says(_PUSHES_CONTEXT),
        transparent=transparent_decorators(module),
        sessions=read_sessions(module),
        background=read_background(module),
        database_variables=database_variables(module),
        hooks=read_hooks(module),
        apis=read_apis(module),
        resources=read_resources(module),
        namespaces=read_namespaces(module),
        browser=read_browser_facts(module),
        matches_hosts=b"subdomain" in module.source or b"host_matching" in module.source,
        patch=read_patch(module),
        pages=read_pages(module),
        attributes_set=_attributes_set(module),
        settled=read_settled(module),
        serving=read_serving(module),
    )


def _attributes_set(module: Module) -> frozenset[str]:
    """Attributes of an app that some Flask has lost, and that this file sets: from then on they can be read."""
    asked = {name for name, spelling in _SETTINGS if module.says((spelling,))}
    if not asked:
        return frozenset()
    found = {
        node.attr
        for node in module.nodes(ast.Attribute)
        if isinstance(node, ast.Attribute) and node.attr in asked and isinstance(node.ctx, ast.Store)
    }
    for node in module.nodes(ast.ClassDef):
        assert isinstance(node, ast.ClassDef)
        found.update(name for name in asked if module.names.scope_bindings(node, name))
    return frozenset(found)


def _functions(module: Module) -> dict[str, FunctionFact]:
    found = {}
    keeps_names = b"update_wrapper" in module.source or b"__name__ =" in module.source
    for node in module.nodes(*FUNCTIONS):
        assert isinstance(node, FUNCTIONS)
        returned = []
        for item in module.returns(node):
            value = item.value
            if isinstance(value, ast.Call):
                callee = module.resolve(value.func)
                name = f"{callee}()" if callee else None
            else:
                name = module.resolve(value) if isinstance(value, ast.Name | ast.Attribute) else None
            if name is not None and not name.startswith("builtins."):
                returned.append(name)
        parameters = _parameters(node)
        bindings = module.names.scope(node).bindings
        found[module.qualname(node)] = FunctionFact(
            parameters,
            tuple(returned),
            _defaults(node),
            not node.decorator_list and not keeps_names and module.function_of(node) is not None,
            tuple([name for name in parameters if len(bindings.get(name, ())) > 1]),
            tuple(decorator_name(module, item) for item in node.decorator_list),
            isinstance(node, ast.AsyncFunctionDef),
        )
    return found


def _parameters(node: FunctionNode) -> tuple[str, ...]:
    arguments = node.args
    return tuple(item.arg for item in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs))


def _defaults(node: FunctionNode) -> tuple[tuple[str, str | None], ...]:
    arguments = node.args
    if not arguments.defaults and not arguments.kw_defaults:
        return ()
    positional = [*arguments.posonlyargs, *arguments.args]
    pairs = list(zip(positional[len(positional) - len(arguments.defaults) :], arguments.defaults, strict=True))
    pairs += [
        (item, default)
        for item, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
        if default is not None
    ]
    # Another text may be a secret: only what may be a URL prefix is kept.
    return tuple(
        (item.arg, default.value)
        for item, default in pairs
        if isinstance(default, ast.Constant)
        and (default.value is None or (isinstance(default.value, str) and default.value[:1] in ("", "/")))
    )


def _imports(module: Module) -> tuple[ImportFact, ...]:
    found: list[ImportFact] = []
    for node in module.nodes(ast.Import, ast.ImportFrom):
        top = module.parent(node) is module.ast
        now = top or (module.at_import(node) and not _in_context(module, node))
        certain = top or module.unconditional(node)
        if isinstance(node, ast.Import):
            found.extend(ImportFact(item.name, now, certain, node.lineno) for item in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = module.names.absolute(node.module, node.level)
            found.extend(
                ImportFact(f"{base}.{item.name}" if item.name != "*" else base, now, certain, node.lineno)
                for item in node.names
            )
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
