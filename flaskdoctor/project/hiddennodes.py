"""Which literals of a parsed file are secrets, by the names they stand under and by where those names lead."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from flaskdoctor.project.names import FUNCTIONS, FunctionNode
from flaskdoctor.project.secretnames import (
    PRIVATE_KEY,
    PROVIDER_TOKENS,
    URL_CREDENTIALS,
    is_secret_name,
    is_secret_setting,
    words,
)

_NAME = re.compile(r"-{0,2}[A-Za-z_][\w.-]*\Z")  # a literal that is the name of something, an option among them

_SCHEME = re.compile(r"\W*(?:bearer|basic|token|oauth|apikey|key)?\W*", re.IGNORECASE)

# Calls whose first argument names what is read: it stays in view.
_READERS = frozenset("get getenv getenvb pop config env str getlist read_secret get_secret".split())
# Calls whose literals are technical: encodings, separators, prompts, paths, endpoints.
_TECHNICAL = frozenset(
    "encode decode split rsplit partition strip lstrip rstrip getpass input prompt url_for render_template open Path "
    "read_text import_string import_module".split()
)
# Calls that speak of a field or a table by its name.
_TALKS = frozenset(
    "alter_column create_table drop_table create_index drop_index create_unique_constraint drop_constraint add_column "
    "drop_column create_foreign_key batch_alter_table UniqueConstraint PrimaryKeyConstraint ForeignKeyConstraint param flash "
    "add_url_rule join debug info warning error exception critical log audit_log".split()
)
# Classes that describe a field rather than fill it: only what they preset is hidden.
_DESCRIBES = re.compile(r"(?:[A-Z]\w*)?(?:Field|Column|Input|Validator|String|Text|Argument|Option|EqualTo|Schema)\Z|mapped_column\Z")
_WRAPS = frozenset("bytes str b64decode urlsafe_b64decode unhexlify fromhex cast Secret SecretStr".split())
_SCHEMA_KEYS = frozenset("type title description order format name label help required location in".split())
_PRESETS = frozenset("default server_default value initial fallback data new_value const key string".split())
_NUMBERS = frozenset("password passwd pwd pass pin secret token key code otp".split())


def secret_literals(tree: ast.Module) -> tuple[list[ast.AST], set[str]]:
    """The literals (``Constant``, ``JoinedStr``) that hold secrets, in no order; an f-string counts as a whole.

    Beside them the texts of those that surely are one, as the whole value of a secret setting: they are hidden
    wherever else they stand.
    """
    finder = _Finder(tree)
    finder.run()
    return list(finder.found.values()), finder.values


class _Finder:
    def __init__(self, tree: ast.Module) -> None:
        self.nodes = list(ast.walk(tree))
        self.found: dict[int, ast.AST] = {}
        self.values: set[str] = set()
        self.flow: set[str] = set()  # plain names whose value ends up under a secret's name
        self.strong: set[str] = set()  # those of them that are a secret setting's whole value
        self.wholes: dict[int, ast.JoinedStr] = {}
        self.parameters: dict[str, list[str]] = {}
        for node in self.nodes:
            if isinstance(node, ast.JoinedStr):
                for part in ast.walk(node):
                    self.wholes.setdefault(id(part), node)
            elif isinstance(node, FUNCTIONS):
                self.parameters[node.name] = [item.arg for item in (*node.args.posonlyargs, *node.args.args)]

    def run(self) -> None:
        for node in self.nodes:
            method = getattr(self, f"_{type(node).__name__}", None)
            if method is not None:
                method(node)
        known = -1
        while len(self.flow) != known:  # ``KEY = "..."``, ``DEFAULT = KEY``, ``app.secret_key = DEFAULT``
            known = len(self.flow)
            for node in self.nodes:
                self._follow(node)

    # -- what is a name, and what stands under it -----------------------------------------------------------

    def _Assign(self, node: ast.Assign) -> None:
        for target in node.targets:
            self._give(target, node.value)

    def _AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self._give(node.target, node.value)

    def _AugAssign(self, node: ast.AugAssign) -> None:
        self._give(node.target, node.value)

    def _NamedExpr(self, node: ast.NamedExpr) -> None:
        self._give(node.target, node.value)

    def _For(self, node: ast.For) -> None:
        self._give(node.target, node.iter)

    def _give(self, target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, ast.Tuple | ast.List):
            parts = value.elts if isinstance(value, ast.Tuple | ast.List) else []
            if len(parts) == len(target.elts):
                for part, inner in zip(target.elts, parts, strict=True):
                    self._give(part, inner)
            elif any(_is_secret(part) for part in target.elts):
                self.taint(value)
        elif _is_secret(target):
            self._set(_names(target), value)
            if isinstance(value, ast.Constant) and type(value.value) in (int, float) and abs(value.value) >= 1000:  # type: ignore[arg-type]
                if any(found and found[-1] in _NUMBERS for found in map(words, _names(target))):
                    self.mark(value)

    def _set(self, names: list[str], value: ast.expr) -> None:
        self.taint(value)
        if any(is_secret_setting(name) for name in names):
            if isinstance(value, ast.Name):
                self.strong.add(value.id)
            for literal in (*value.elts,) if isinstance(value, ast.List | ast.Tuple) else (value,):
                if isinstance(literal, ast.Call) and _direct(literal):
                    literal = literal.func.value  # type: ignore[attr-defined]
                if isinstance(literal, ast.Constant) and isinstance(literal.value, str | bytes):
                    self.values.add(literal.value.decode("latin-1") if isinstance(literal.value, bytes) else literal.value)

    def _keyword(self, node: ast.keyword) -> None:
        if node.arg is not None and is_secret_name(node.arg):
            self._set([node.arg], node.value)

    def _Dict(self, node: ast.Dict) -> None:
        for key, value in zip(node.keys, node.values, strict=True):
            if key is not None and _is_secret(key):
                self._set(_names(key), value)

    def _Tuple(self, node: ast.Tuple) -> None:
        if len(node.elts) == 2 and _names_secret(node.elts[0]) and _direct(node.elts[1]):
            self.taint(node.elts[1])

    def _FunctionDef(self, node: FunctionNode) -> None:
        for name, default in _defaults(node.args):
            if is_secret_name(name):
                self.taint(default)
        if is_secret_name(node.name):
            for item in ast.walk(node):
                if isinstance(item, ast.Return) and item.value is not None and _direct(item.value):
                    self.taint(item.value)

    _AsyncFunctionDef = _FunctionDef

    def _Lambda(self, node: ast.Lambda) -> None:
        for name, default in _defaults(node.args):
            if is_secret_name(name):
                self.taint(default)

    def _Compare(self, node: ast.Compare) -> None:
        sides = [node.left, *node.comparators]
        if isinstance(node.ops[0], ast.In | ast.NotIn) and isinstance(node.left, ast.Constant):
            return  # ``"password" in form``
        if any(_is_secret(side) for side in sides if not isinstance(side, ast.Constant)):
            for side in sides:
                if not _is_secret(side) or isinstance(side, ast.Constant):
                    self.taint(side)

    def _BoolOp(self, node: ast.BoolOp) -> None:
        if any(_is_secret(value) for value in node.values if not isinstance(value, ast.Constant)):
            for value in filter(_plain, node.values):
                self.taint(value)

    def _IfExp(self, node: ast.IfExp) -> None:
        if _is_secret(node.body) or _is_secret(node.orelse):
            for value in filter(_plain, (node.body, node.orelse)):
                self.taint(value)

    def _Match(self, node: ast.Match) -> None:
        if _is_secret(node.subject):
            for case in node.cases:
                for part in ast.walk(case.pattern):
                    if isinstance(part, ast.MatchValue):
                        self.taint(part.value)

    def _BinOp(self, node: ast.BinOp) -> None:
        if isinstance(node.op, ast.Mod) and _is_template(node.left):
            self.taint(node.right)
        elif isinstance(node.op, ast.Add):
            parts = list(_chain(node))
            text = "".join(str(part.value) if _is_text(part) else "\0" for part in parts)  # type: ignore[attr-defined]
            if "\0" not in text or "://" in text:
                joined = URL_CREDENTIALS.search(text) or PROVIDER_TOKENS.search(text) or PRIVATE_KEY.search(text)
                if joined and not any(
                    URL_CREDENTIALS.search(str(part.value)) for part in parts if isinstance(part, ast.Constant)
                ):
                    for part in parts:
                        self.taint(part)

    def _Constant(self, node: ast.Constant) -> None:
        # A token that is put together of adjacent literals, or written with escapes, is not seen in the text.
        text = node.value.decode("latin-1") if isinstance(node.value, bytes) else node.value
        if isinstance(text, str) and len(text) > 15 and node.end_lineno is not None and node.end_col_offset is not None:
            split = node.end_lineno > node.lineno or node.end_col_offset - node.col_offset != len(text) + 2
            if split and (PROVIDER_TOKENS.search(text) or PRIVATE_KEY.search(text) or URL_CREDENTIALS.search(text)):
                if "\n\n" not in text:  # a docstring is masked in its text
                    self.mark(node)

    def _Call(self, node: ast.Call) -> None:
        name = _last(node.func)
        if not _DESCRIBES.match(name) and name not in _TALKS:
            for number, argument in enumerate(node.args):
                if _names_secret(argument):
                    if not str(argument.value).startswith("-"):  # type: ignore[attr-defined]
                        for later in filter(_direct, node.args[number + 1 :]):
                            self.taint(later)
                    break
        if any(_names_secret(argument) for argument in node.args):
            for item in node.keywords:
                if item.arg in _PRESETS:
                    self.taint(item.value)
        for index in _secret_arguments(node, name):
            for argument in node.args[index]:
                self.taint(argument)
        parameters = self.parameters.get(name, [])
        if parameters[:1] in (["self"], ["cls"]):
            parameters = parameters[1:]
        for parameter, argument in zip(parameters, node.args, strict=False):
            if is_secret_name(parameter):
                self.taint(argument)
        if isinstance(node.func, ast.Attribute) and node.func.attr == "format" and _is_template(node.func.value):
            for argument in (*node.args, *(item.value for item in node.keywords)):
                self.taint(argument)

    # -- hiding ---------------------------------------------------------------------------------------------

    def mark(self, node: ast.AST) -> None:
        whole = self.wholes.get(id(node), node)
        parts = whole.values if isinstance(whole, ast.JoinedStr) else [whole]
        texts = [part.value for part in parts if isinstance(part, ast.Constant)]
        if texts and all(isinstance(text, str) and _SCHEME.fullmatch(text) for text in texts):
            return  # ``f"Bearer {token}"``
        self.found[id(whole)] = whole

    def taint(self, node: ast.expr) -> None:
        """Hide every literal that can become the value of an expression."""
        if isinstance(node, ast.Constant):
            if isinstance(node.value, str | bytes) and node.value:
                self.mark(node)
        elif isinstance(node, ast.JoinedStr):
            self.mark(node)
        elif isinstance(node, ast.Name):
            self.flow.add(node.id)
        elif isinstance(node, ast.Attribute):
            if node.attr.isupper():
                self.flow.add(node.attr)
            elif not isinstance(node.value, ast.Name):
                self.taint(node.value)
        elif isinstance(node, ast.Subscript):
            if not isinstance(node.value, ast.Name):
                self.taint(node.value)
        elif isinstance(node, ast.IfExp):
            self.taint(node.body)
            self.taint(node.orelse)
        elif isinstance(node, ast.Call):
            self._taint_call(node)
        elif isinstance(node, ast.Compare):
            return
        elif isinstance(node, ast.Lambda):
            self.taint(node.body)
        elif isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and key.value in _SCHEMA_KEYS:
                    continue  # ``"password": {"type": "string"}``
                if isinstance(key, ast.Constant) and isinstance(key.value, str) and not re.fullmatch(r"[A-Za-z_]*", key.value):
                    self.mark(key)  # ``tokens = {"4711-kiln": "ada"}``
                self.taint(value)
        else:
            for child in ast.iter_child_nodes(node):
                if isinstance(child, ast.expr):
                    self.taint(child)
                elif isinstance(child, ast.comprehension):
                    self.taint(child.iter)

    def _taint_call(self, node: ast.Call) -> None:
        name = _last(node.func)
        if _DESCRIBES.match(name):
            for item in node.keywords:
                if item.arg in _PRESETS:
                    self.taint(item.value)
            return
        if isinstance(node.func, ast.Attribute):
            self.taint(node.func.value)
        if name not in _TECHNICAL:
            fetches = name in _READERS or words(name)[:1] in (("get",), ("read",), ("load",), ("fetch",), ("lookup",))
            skipped = 2 if name == "getattr" else 1 if fetches else 0
            for argument in node.args[skipped:]:
                if not isinstance(argument, ast.Name) or name in _WRAPS:  # ``execute(query)`` makes no key of a query
                    self.taint(argument)
            for item in node.keywords:
                if item.arg in _PRESETS:
                    self.taint(item.value)

    def _follow(self, node: ast.AST) -> None:
        """Hide the plain literals that a name of the flow is given."""
        if isinstance(node, ast.Assign):
            given = [(name, node.value) for target in node.targets for name in _names(target)]
        elif isinstance(node, ast.AnnAssign | ast.NamedExpr) and node.value is not None:
            given = [(name, node.value) for name in _names(node.target)]
        elif isinstance(node, ast.keyword) and node.arg is not None:
            given = [(node.arg, node.value)]
        elif isinstance(node, (*FUNCTIONS, ast.Lambda)):
            given = list(_defaults(node.args))
        else:
            return
        for name, value in given:
            if name in self.flow and _direct(value):
                self.taint(value)
                if name in self.strong and isinstance(value, ast.Constant) and isinstance(value.value, str):
                    self.values.add(value.value)


def _names(node: ast.expr) -> list[str]:
    """The names that an expression goes by: a variable, an attribute, a literal key, what a reading reads."""
    if isinstance(node, ast.Name):
        return [node.id]
    if isinstance(node, ast.Attribute):
        return [node.attr, *(_names(node.value) if isinstance(node.value, ast.Attribute) else [])]
    if isinstance(node, ast.Subscript):
        return _names(node.slice)
    if isinstance(node, ast.Constant):
        text = node.value.decode("latin-1") if isinstance(node.value, bytes) else node.value
        return [text] if isinstance(text, str) and _NAME.match(text) else []
    if isinstance(node, ast.Call):
        name = _last(node.func)
        if name in _READERS and node.args:
            return _names(node.args[0])
        return _names(node.func.value) if isinstance(node.func, ast.Attribute) else []
    if isinstance(node, ast.Starred | ast.Await):
        return _names(node.value)
    return []


def _is_secret(node: ast.expr) -> bool:
    return any(is_secret_name(name.rpartition(".")[2] or name) for name in _names(node))


def _names_secret(node: ast.expr) -> bool:
    """A literal that is the name of a secret: ``"SECRET_KEY"``, ``"--password"``."""
    return isinstance(node, ast.Constant) and _is_secret(node)


def _secret_arguments(node: ast.Call, name: str) -> Iterator[slice]:
    """The positional arguments of well-known calls that are secrets."""
    if name in ("login", "authenticate", "basic_auth", "HTTPBasicAuth", "BasicAuth"):
        yield slice(1, None)
    elif name in ("encode", "decode") and isinstance(node.func, ast.Attribute) and _last(node.func.value) in ("jwt", "jws"):
        yield slice(1, 2)
    elif name.endswith(("Serializer", "Signer")) or name in ("Fernet", "new_hmac"):
        yield slice(0, 1)
    elif name == "new" and isinstance(node.func, ast.Attribute) and _last(node.func.value) == "hmac":
        yield slice(0, 1)
    elif _takes_secret(name):
        yield slice(0, None)


def _takes_secret(name: str) -> bool:
    """``set_password("..")``, ``check_password_hash("..", "..")``; not ``get_token("name")``, ``TokenError("text")``."""
    found = words(name)
    if not found or found[0] in _FETCHES or (name[0].isupper() and len(found) > 1):
        return False
    return is_secret_name(found[-1]) or (found[-1] == "hash" and is_secret_name(name.removesuffix("hash")))


_FETCHES = frozenset("get read load fetch find lookup url".split())


def _is_template(node: ast.expr) -> bool:
    """A literal URL whose credentials are filled in: ``"mysql://%s:%s@db"``."""
    return _is_text(node) and re.search(r"://[^\s/]*[%{][^@]*@", str(node.value)) is not None  # type: ignore[attr-defined]


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _chain(node: ast.expr) -> Iterator[ast.expr]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        yield from _chain(node.left)
        yield from _chain(node.right)
    else:
        yield node


def _direct(node: ast.expr) -> bool:
    """A literal, a name, or literals put together: no call and nothing read."""
    if isinstance(node, ast.Constant | ast.JoinedStr | ast.Name):
        return True
    if isinstance(node, ast.BinOp):
        return _direct(node.left) and _direct(node.right)
    if isinstance(node, ast.BoolOp):
        return any(_direct(value) for value in node.values)
    if isinstance(node, ast.IfExp):
        return _direct(node.body) or _direct(node.orelse)
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Attribute) and node.func.attr == "encode" and _direct(node.func.value)
    return False


def _plain(node: ast.expr) -> bool:
    return not isinstance(node, ast.Name) and _direct(node)


def _last(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _defaults(arguments: ast.arguments) -> Iterable[tuple[str, ast.expr]]:
    positional = [*arguments.posonlyargs, *arguments.args]
    yield from (
        (item.arg, default)
        for item, default in zip(positional[len(positional) - len(arguments.defaults) :], arguments.defaults, strict=True)
    )
    for item, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        if default is not None:
            yield item.arg, default
