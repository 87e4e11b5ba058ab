"""Which names of the environment one file reads: required, optional, soft or by prefix."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

from flaskdoctor.project.env.envloads import LOADERS, EnvLoad, env_loads

if TYPE_CHECKING:
    from flaskdoctor.project.code.module import Module

ENVIRON = ("os.environ", "os.environb")
_TYPED_READERS = frozenset(
    [
        "str",
        "int",
        "bool",
        "float",
        "list",
        "dict",
        "json",
        "url",
        "path",
        "date",
        "datetime",
        "timedelta",
        "uuid",
        "decimal",
        "enum",
    ]
)


WORDS = (b"env", b"decouple", b"BaseSettings")


class EnvRead(NamedTuple):
    """One reading of an environment variable.

    ``kind``: required (a missing one raises), optional (the code has a default), soft (a missing one gives None),
    prefix (``name`` is a prefix: every variable that starts with it is read). ``at_import``: when the module is loaded.
    ``loads``: the call says itself what is made of the values (``from_prefixed_env(loads=str)``).
    """

    name: str
    kind: str
    line: int
    column: int
    at_import: bool = False
    loads: bool = False


class EnvReads(NamedTuple):
    """All that one file reads of the environment; ``dynamic`` where a computed name is read too. ``written`` are
    the names that it sets itself, ``loads`` the env files that it loads."""

    reads: tuple[EnvRead, ...]
    dynamic: bool
    loads_dotenv: bool
    written: frozenset[str] = frozenset()
    loads: tuple[EnvLoad, ...] = ()


def env_reads(module: Module) -> EnvReads:
    """The environment variables that a file reads, in source order."""
    if not module.says(WORDS):
        return EnvReads((), False, False)
    collector = _Collector(module)
    collector.subscripts()
    collector.calls()
    collector.comparisons()
    collector.whole()
    collector.settings_classes()
    reads = sorted(set(collector.reads), key=lambda read: (read.line, read.column, read.name))
    loads = any(name in LOADERS for name in module.calls_by_name()) or bool(module.calls("dotenv.main.DotEnv"))
    return EnvReads(tuple(reads), collector.dynamic, loads, collector.written(), env_loads(module))


def _does_without(test: ast.Compare, around: ast.AST | None) -> bool:
    """Whether the code goes on without what a test looks for: ``CLOSED = "CLOSED" in os.environ``, or an ``else``."""
    if isinstance(around, ast.If):
        return around.test is test and bool(around.orelse) and not isinstance(around.orelse[-1], ast.Raise)
    return isinstance(around, ast.Assign | ast.AnnAssign | ast.keyword | ast.IfExp)


class _Collector:
    def __init__(self, module: Module) -> None:
        self.module = module
        self.reads: list[EnvRead] = []
        self.dynamic = False

    def _add(self, name_node: ast.AST | None, kind: str, place: ast.AST) -> None:
        names = self._names(name_node)
        if names is None:
            self.dynamic = True
            return
        for name in names:
            location = self.module.location(place)
            self.reads.append(EnvRead(name, kind, location.line, location.column, self.module.at_import(place)))

    def _names(self, node: ast.AST | None) -> list[str] | None:
        """The literal names an expression stands for: one, or those of the literal tuple a loop runs over."""
        if not isinstance(node, ast.expr):
            return None
        text = self.module.string(node)
        if text is not None:
            return [text]
        if isinstance(node, ast.Constant) and isinstance(node.value, bytes):
            return [node.value.decode("ascii", "replace")]
        if isinstance(node, ast.Name):
            binding = self.module.names.binding(node)
            loop = self.module.parent(binding.node) if binding is not None else None
            if isinstance(loop, ast.For | ast.comprehension):
                values = self.module.value(loop.iter)
                if isinstance(values, ast.Tuple | ast.List | ast.Set):
                    items = [self.module.string(item) for item in values.elts]
                    if items and all(item is not None for item in items):
                        return [item for item in items if item is not None]
        return None

    def _is_environ(self, node: ast.expr) -> bool:
        return self.module.resolve(node) in ENVIRON

    def _is_copy(self, node: ast.expr) -> bool:
        """``os.environ.copy()``, ``dict(os.environ)``."""
        made = self.module.value(node)
        if not isinstance(made, ast.Call):
            return False
        name = self.module.resolve(made.func) or ""
        return name.removesuffix(".copy") in ENVIRON or (
            name == "builtins.dict" and bool(made.args) and self._is_environ(made.args[0])
        )

    def subscripts(self) -> None:
        """``os.environ["X"]``, read."""
        for node in self.module.nodes(ast.Subscript):
            assert isinstance(node, ast.Subscript)
            if isinstance(node.ctx, ast.Load) and self._is_environ(node.value):
                self._add(node.slice, "optional" if self._caught(node) else "required", node)

    def whole(self) -> None:
        """``dict(os.environ)``, ``{**os.environ}``, a loop over it, handed on: any name may be read there."""
        for node in self.module.nodes(ast.Attribute, ast.Name):
            if getattr(node, "attr", getattr(node, "id", "")) not in ("environ", "environb"):
                continue
            around = self.module.parent(node)
            part = isinstance(around, ast.Attribute | ast.Subscript | ast.Compare) or around is None
            assert isinstance(node, ast.expr)
            if not part and self._is_environ(node):
                self.dynamic = True
                return

    def written(self) -> frozenset[str]:
        """The names in ``os.environ["X"] = ..``, also in a copy of it that is made for a process of one's own."""
        found: set[str] = set()
        for node in self.module.nodes(ast.Subscript):
            assert isinstance(node, ast.Subscript)
            if isinstance(node.ctx, ast.Store) and (self._is_environ(node.value) or self._is_copy(node.value)):
                found.update(self._names(node.slice) or ())
        return frozenset(found)

    def _caught(self, node: ast.AST) -> bool:
        """Inside a ``try`` whose handler takes the KeyError."""
        child: ast.AST = node
        for parent in self.module.ancestors(node):
            if isinstance(parent, ast.Try) and child in parent.body:
                for handler in parent.handlers:
                    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
                    if any(kind is None or self.module.resolve(kind) in _KEY_ERRORS for kind in caught):
                        return True
            if isinstance(parent, ast.If | ast.IfExp) and self._tests_presence(parent.test, node):
                return True
            child = parent
        return False

    def _tests_presence(self, test: ast.expr, node: ast.AST) -> bool:
        wanted = ast.dump(node.slice) if isinstance(node, ast.Subscript) else ""
        for compare in (test, *(test.values if isinstance(test, ast.BoolOp) else ())):
            if (
                isinstance(compare, ast.Compare)
                and len(compare.ops) == 1
                and isinstance(compare.ops[0], ast.In)
                and self._is_environ(compare.comparators[0])
                and ast.dump(compare.left) == wanted
            ):
                return True
        return False

    def comparisons(self) -> None:
        """``"X" in os.environ``."""
        for node in self.module.nodes(ast.Compare):
            assert isinstance(node, ast.Compare)
            if isinstance(node.ops[0], ast.In | ast.NotIn) and self._is_environ(node.comparators[0]):
                optional = isinstance(node.ops[0], ast.In) and _does_without(node, self.module.parent(node))
                self._add(node.left, "optional" if optional else "soft", node)

    def calls(self) -> None:
        """``os.getenv``, ``os.environ.get``, decouple, environs, ``from_prefixed_env`` and ``from_envvar``."""
        for name, calls in self.module.calls_by_name().items():
            head, _, method = name.rpartition(".")
            for call in calls:
                self._call(name, head, method, call)

    def _call(self, name: str, head: str, method: str, call: ast.Call) -> None:
        first = (
            call.args[0] if call.args else next((k.value for k in call.keywords if k.arg in ("key", "prefix")), None)
        )
        has_default = len(call.args) > 1 or any(k.arg == "default" for k in call.keywords)
        if name in ("os.getenv", "os.getenvb") or (head in ENVIRON and method == "get"):
            parent = self.module.parent(call)
            alternative = isinstance(parent, ast.BoolOp) and isinstance(parent.op, ast.Or)
            chained = alternative and parent.values[-1] is not call  # type: ignore[union-attr]
            null = len(call.args) > 1 and isinstance(call.args[1], ast.Constant) and call.args[1].value is None
            optional = (has_default and not null) or chained
            self._add(first, "optional" if optional else "soft", call)
        elif head in ENVIRON and method in ("setdefault", "pop"):
            self._add(first, "optional", call)
        elif head in ENVIRON and method in ("copy", "items", "keys", "values"):
            self.dynamic = True
        elif name == "decouple.config" or (method == "config" and head.endswith("decouple")):
            self._add(first, "optional" if has_default else "required", call)
        elif method == "from_prefixed_env":
            prefix = self.module.string(first) if first is not None else "FLASK"
            if prefix is None:
                self.dynamic = True
            else:
                location = self.module.location(call)
                loads = any(k.arg == "loads" for k in call.keywords)
                self.reads.append(EnvRead(f"{prefix}_", "prefix", location.line, location.column, loads=loads))
        elif method == "from_envvar":
            silent = any(k.arg == "silent" for k in call.keywords) or len(call.args) > 1
            self._add(first, "soft" if silent else "required", call)
        else:
            self._env_object(call, first, has_default)

    def _env_object(self, call: ast.Call, first: ast.AST | None, has_default: bool) -> None:
        """``env("X")``, ``env.bool("X")`` of environs and django-environ."""
        target = call.func
        if isinstance(target, ast.Attribute) and target.attr in _TYPED_READERS:
            target = target.value
        if not isinstance(target, ast.Name) or first is None:
            return
        binding = self.module.names.binding(target)
        made_by = binding.value if binding is not None else None
        is_env = self.module.resolve(target) == "environs.env" or (
            isinstance(made_by, ast.Call) and self.module.resolve(made_by.func) in ("environs.Env", "environ.Env")
        )
        if is_env:
            self._add(first, "optional" if has_default else "required", call)

    def settings_classes(self) -> None:
        """Fields of pydantic's ``BaseSettings``, with their ``env_prefix``."""
        for node in self.module.nodes(ast.ClassDef):
            assert isinstance(node, ast.ClassDef)
            bases = {self.module.resolve(base) for base in node.bases}
            if not bases & {"pydantic_settings.BaseSettings", "pydantic.BaseSettings"}:
                continue
            prefix = self._env_prefix(node)
            for item in node.body:
                if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name):
                    if item.target.id == "model_config":
                        continue
                    location = self.module.location(item)
                    kind = "required" if item.value is None else "optional"
                    name = f"{prefix}{item.target.id}".upper()
                    self.reads.append(EnvRead(name, kind, location.line, location.column))

    def _env_prefix(self, node: ast.ClassDef) -> str:
        for item in ast.walk(node):
            if isinstance(item, ast.keyword) and item.arg == "env_prefix":
                return self.module.string(item.value) or ""
            if isinstance(item, ast.Assign) and any(
                isinstance(target, ast.Name) and target.id == "env_prefix" for target in item.targets
            ):
                return self.module.string(item.value) or ""
        return ""


_KEY_ERRORS = frozenset({"builtins.KeyError", "builtins.Exception", "builtins.LookupError", "builtins.BaseException"})
