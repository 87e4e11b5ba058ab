"""Which env files one file's code loads, as far as the calls say: ``load_dotenv(BASE / ".env.production")``."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from flaskdoctor.project.code.module import Module

_WITH_PYTHON_DOTENV = frozenset({
    "dotenv.load_dotenv", "dotenv.main.load_dotenv", "dotenv.dotenv_values", "dotenv.main.dotenv_values",
    "flask.cli.load_dotenv",
})  # fmt: skip
# What reads a .env when it is called, or when its result is asked for a name.
LOADERS = _WITH_PYTHON_DOTENV | {"environs.Env", "environs.env", "environ.Env", "decouple.config"}
_FINDERS = ("dotenv.find_dotenv", "dotenv.main.find_dotenv")
_REPOSITORIES = ("decouple.RepositoryEnv", "decouple.RepositoryIni")
_SETTINGS = ("pydantic_settings.SettingsConfigDict", "pydantic.ConfigDict")
_PATH_ARGUMENTS = ("dotenv_path", "path", "env_file")
_SAME_PATH = ("resolve", "absolute", "expanduser", "as_posix", "abspath", "realpath", "normpath")


class EnvLoad(NamedTuple):
    """One call that loads an env file.

    ``path`` is the end of its path as far as it is written (``.env.production``, ``config/.env``); empty: the nearest
    ``.env``, from the module's folder upwards. ``computed``: it may be another file too. ``encoded`` and ``literal``:
    the call names an encoding; it leaves ``${NAME}`` as it is.
    """

    path: str
    computed: bool = False
    encoded: bool = False
    literal: bool = False


def env_loads(module: Module) -> tuple[EnvLoad, ...]:
    """The env files that a file's code loads, each once."""
    found: dict[EnvLoad, None] = {}
    for name, calls in module.calls_by_name().items():
        reads = name.endswith(".read_env") or name in _REPOSITORIES
        if name in _WITH_PYTHON_DOTENV or reads or name in _SETTINGS:
            for call in calls:
                found.update(dict.fromkeys(_of_call(module, call, optional=name in _SETTINGS)))
    for call in module.calls_of("read_env"):  # ``env = Env()``, ``env.read_env(..)``
        found.update(dict.fromkeys(_of_call(module, call)))
    return tuple(found)


def _of_call(module: Module, call: ast.Call, *, optional: bool = False) -> list[EnvLoad]:
    """What one call loads. ``optional``: nothing, where it names no path."""
    given = {keyword.arg: keyword.value for keyword in call.keywords}
    if None in given or "stream" in given:
        return [EnvLoad("", computed=True)]
    where = next((given[name] for name in _PATH_ARGUMENTS if name in given), None)
    if where is None and call.args and not optional:
        where = call.args[0]
    interpolate = given.get("interpolate")
    literal = isinstance(interpolate, ast.Constant) and interpolate.value is False
    if where is None or (isinstance(where, ast.Constant) and where.value is None):
        return [] if optional else [EnvLoad("", False, "encoding" in given, literal)]
    names, computed = _ends(module, where)
    return [EnvLoad(name, computed, "encoding" in given, literal) for name in names or ("",)]


def _ends(module: Module, node: ast.expr, depth: int = 0) -> tuple[tuple[str, ...], bool]:
    """The ends of the paths that an expression may give, and whether it may give others too."""
    text = module.string(node)
    if text is not None:
        return (_plain(text),), False
    node = module.value(node)
    if depth > 8:
        return (), True
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div | ast.Add):
        return _behind(module, node.right, depth, whole=isinstance(node.op, ast.Div))
    if isinstance(node, ast.JoinedStr):
        last = node.values[-1] if node.values else None
        return _behind(module, last, depth, whole=False) if isinstance(last, ast.Constant) else ((), True)
    if isinstance(node, ast.IfExp):
        return _either(module, (node.body, node.orelse), depth)
    if isinstance(node, ast.BoolOp):
        return _either(module, node.values, depth)
    if isinstance(node, ast.Tuple | ast.List):
        return _either(module, node.elts, depth)
    if isinstance(node, ast.Name):
        return _of_loop(module, node, depth)
    if isinstance(node, ast.Call):
        return _of_path_call(module, node, depth)
    return (), True


def _of_path_call(module: Module, call: ast.Call, depth: int) -> tuple[tuple[str, ...], bool]:
    """``os.path.join(BASE, ".env")``, ``Path(BASE, ".env").resolve()``, ``find_dotenv()``, ``getenv("F", ".env")``."""
    name = module.resolve(call.func) or ""
    last = call.func.attr if isinstance(call.func, ast.Attribute) else name.rpartition(".")[2]
    if name in _FINDERS:
        asked = call.args[:1] or [each.value for each in call.keywords if each.arg == "filename"]
        return _ends(module, asked[0], depth + 1) if asked else (("",), False)
    if last in _SAME_PATH and isinstance(call.func, ast.Attribute) and not call.args:
        return _ends(module, call.func.value, depth + 1)
    if name in ("os.environ.get", "os.getenv"):
        default = call.args[1] if len(call.args) > 1 else None
        names = _ends(module, default, depth + 1)[0] if default is not None else ()
        return names, True
    if call.args and (last in ("join", "joinpath", "Path", "PurePath", "str", "fspath") or last in _SAME_PATH):
        return _behind(module, call.args[-1], depth, whole=True)
    return (), True


def _behind(module: Module, node: ast.expr | None, depth: int, *, whole: bool) -> tuple[tuple[str, ...], bool]:
    """The end of a path whose last piece is ``node``; ``whole``: a piece is a name of its own, and not added to one."""
    if node is None:
        return (), True
    names, computed = _ends(module, node, depth + 1)
    if whole:
        return names, computed
    text = module.string(node) or ""
    return ((_plain(text),), False) if text.startswith(("/", "\\")) else ((), True)


def _either(module: Module, nodes: list[ast.expr] | tuple[ast.expr, ...], depth: int) -> tuple[tuple[str, ...], bool]:
    several = [_ends(module, node, depth + 1) for node in nodes]
    return tuple(name for names, _ in several for name in names), any(computed for _, computed in several)


def _of_loop(module: Module, node: ast.Name, depth: int) -> tuple[tuple[str, ...], bool]:
    """The names that a loop runs through."""
    binding = module.names.binding(node)
    loop = module.parent(binding.node) if binding is not None else None
    if isinstance(loop, ast.For | ast.comprehension):
        values = module.value(loop.iter)
        if isinstance(values, ast.Tuple | ast.List | ast.Set):
            return _either(module, values.elts, depth)
    return (), True


def _plain(path: str) -> str:
    parts = [part for part in path.replace("\\", "/").split("/") if part not in ("", ".", "..")]
    return "/".join(parts)
