"""Which literals of a parsed file are secrets, by the names they stand under and by where those names lead."""

from __future__ import annotations

import ast
import re

from flaskdoctor.patterns import lazy
from flaskdoctor.project.code.names import FUNCTIONS, FunctionNode
from flaskdoctor.project.masking.expressions import (
    READERS,
    added,
    defaults_of,
    is_direct,
    is_login_template,
    is_long_number,
    is_plain,
    is_secret,
    is_text,
    last_name,
    names_of,
    names_secret,
    secret_arguments,
    text_of,
)
from flaskdoctor.project.secrecy.secretnames import (
    PRIVATE_KEY,
    PROVIDER_TOKENS,
    URL_CREDENTIALS,
    is_secret_name,
    is_secret_setting,
    word_set,
    words,
)

_KNOWN = (PROVIDER_TOKENS, PRIVATE_KEY, URL_CREDENTIALS)
_SCHEME = lazy(r"(?:Bearer|Basic|Token|OAuth|ApiKey|Api-Key) +", re.IGNORECASE)
_AROUND = lazy(rf"\s*(?:{_SCHEME.pattern})?[-:._/ ]?", re.IGNORECASE)

# Calls whose literals are technical: encodings, separators, prompts, paths, endpoints.
_TECHNICAL = word_set(
    "encode decode split rsplit partition strip lstrip rstrip getpass input prompt url_for render_template open Path "
    "read_text import_string import_module"
)
# Calls that speak of a field or a table by its name.
_TALKS = word_set(
    "alter_column create_table drop_table create_index drop_index create_unique_constraint drop_constraint add_column "
    "drop_column create_foreign_key batch_alter_table UniqueConstraint PrimaryKeyConstraint ForeignKeyConstraint param "
    "flash add_url_rule join debug info warning error exception critical log audit_log"
)
# Classes that describe a field rather than fill it: only what they preset is hidden.
_DESCRIBES = lazy(
    r"(?:[A-Z]\w*)?(?:Field|Column|Input|Validator|String|Text|Argument|Option|EqualTo|Schema)\Z|mapped_column\Z"
)
_WRAPS = word_set("bytes str b64decode urlsafe_b64decode unhexlify fromhex cast Secret SecretStr")
_SCHEMA_KEYS = word_set("type title description order format name label help required location in")
_PRESETS = word_set("default server_default value initial fallback data new_value const key string")
_NUMBERS = word_set("password passwd pwd pass pin secret token key code otp")


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
            elif any(is_secret(part) for part in target.elts):
                self.taint(value)
        elif is_secret(target):
            self._set(names_of(target), value)
            if is_long_number(value) and any(
                words(name)[-1:] and words(name)[-1] in _NUMBERS for name in names_of(target)
            ):
                self.mark(value)

    def _set(self, names: list[str], value: ast.expr) -> None:
        self.taint(value)
        if any(is_secret_setting(name) for name in names):
            if isinstance(value, ast.Name):
                self.strong.add(value.id)
            for literal in (*value.elts,) if isinstance(value, ast.List | ast.Tuple) else (value,):
                if isinstance(literal, ast.Call) and is_direct(literal):
                    literal = literal.func.value  # type: ignore[attr-defined]
                if isinstance(literal, ast.Constant) and isinstance(literal.value, str | bytes):
                    self.values.add(text_of(literal))

    def _keyword(self, node: ast.keyword) -> None:
        if node.arg is not None and is_secret_name(node.arg):
            self._set([node.arg], node.value)

    def _Dict(self, node: ast.Dict) -> None:
        for key, value in zip(node.keys, node.values, strict=True):
            if key is not None and is_secret(key):
                self._set(names_of(key), value)

    def _Tuple(self, node: ast.Tuple) -> None:
        if len(node.elts) == 2 and names_secret(node.elts[0]) and is_direct(node.elts[1]):
            self.taint(node.elts[1])

    def _FunctionDef(self, node: FunctionNode) -> None:
        for name, default in defaults_of(node.args):
            if is_secret_name(name):
                self.taint(default)
        if is_secret_name(node.name):
            for item in ast.walk(node):
                if isinstance(item, ast.Return) and item.value is not None and is_direct(item.value):
                    self.taint(item.value)

    _AsyncFunctionDef = _FunctionDef

    def _Lambda(self, node: ast.Lambda) -> None:
        for name, default in defaults_of(node.args):
            if is_secret_name(name):
                self.taint(default)

    def _Compare(self, node: ast.Compare) -> None:
        sides = [node.left, *node.comparators]
        if isinstance(node.ops[0], ast.In | ast.NotIn) and isinstance(node.left, ast.Constant):
            return  # ``"password" in form``
        if any(is_secret(side) for side in sides if not isinstance(side, ast.Constant)):
            for side in sides:
                if not is_secret(side) or isinstance(side, ast.Constant):
                    self.taint(side)

    def _BoolOp(self, node: ast.BoolOp) -> None:
        if any(is_secret(value) for value in node.values if not isinstance(value, ast.Constant)):
            for value in filter(is_plain, node.values):
                self.taint(value)

    def _IfExp(self, node: ast.IfExp) -> None:
        if is_secret(node.body) or is_secret(node.orelse):
            for value in filter(is_plain, (node.body, node.orelse)):
                self.taint(value)

    def _Match(self, node: ast.Match) -> None:
        if is_secret(node.subject):
            for case in node.cases:
                for part in ast.walk(case.pattern):
                    if isinstance(part, ast.MatchValue):
                        self.taint(part.value)

    def _BinOp(self, node: ast.BinOp) -> None:
        if isinstance(node.op, ast.Mod) and is_login_template(node.left):
            self.taint(node.right)
        elif isinstance(node.op, ast.Add):
            parts = list(added(node))
            text = "".join(str(part.value) if is_text(part) else "\0" for part in parts)  # type: ignore[attr-defined]
            if "\0" not in text or "://" in text:
                joined = URL_CREDENTIALS.search(text) or PROVIDER_TOKENS.search(text) or PRIVATE_KEY.search(text)
                if joined and not any(
                    URL_CREDENTIALS.search(str(part.value)) for part in parts if isinstance(part, ast.Constant)
                ):
                    for part in parts:
                        self.taint(part)

    def _Constant(self, node: ast.Constant) -> None:
        # A token that is put together of adjacent literals, or written with escapes, is not seen in the text.
        text = text_of(node)
        if len(text) > 15 and node.end_lineno is not None and node.end_col_offset is not None:
            split = node.end_lineno > node.lineno or node.end_col_offset - node.col_offset != len(text) + 2
            # A docstring is masked in its text.
            if split and "\n\n" not in text and any(kind.search(text) for kind in _KNOWN):
                self.mark(node)

    def _Call(self, node: ast.Call) -> None:
        name = last_name(node.func)
        if not _DESCRIBES.match(name) and name not in _TALKS:
            for number, argument in enumerate(node.args):
                if names_secret(argument):
                    if not str(argument.value).startswith("-"):  # type: ignore[attr-defined]
                        for later in filter(is_direct, node.args[number + 1 :]):
                            self.taint(later)
                    break
        if any(names_secret(argument) for argument in node.args):
            for item in node.keywords:
                if item.arg in _PRESETS:
                    self.taint(item.value)
        for index in secret_arguments(node, name):
            for argument in node.args[index]:
                self.taint(argument)
        parameters = self.parameters.get(name, [])
        if parameters[:1] in (["self"], ["cls"]):
            parameters = parameters[1:]
        for parameter, argument in zip(parameters, node.args, strict=False):
            if is_secret_name(parameter):
                self.taint(argument)
        if isinstance(node.func, ast.Attribute) and node.func.attr == "format" and is_login_template(node.func.value):
            for argument in (*node.args, *(item.value for item in node.keywords)):
                self.taint(argument)

    # -- hiding ---------------------------------------------------------------------------------------------

    def mark(self, node: ast.AST) -> None:
        whole = self.wholes.get(id(node), node)
        if isinstance(whole, ast.JoinedStr):
            texts = [text_of(part) for part in whole.values if isinstance(part, ast.Constant)]
            if len(texts) < len(whole.values) and all(_AROUND.fullmatch(text) for text in texts):
                return  # ``f"Bearer {token}"``
        elif isinstance(whole, ast.Constant) and _SCHEME.fullmatch(text_of(whole)):
            return  # ``"Bearer " + token``
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
                text = text_of(key) if isinstance(key, ast.Constant) else ""
                if text in _SCHEMA_KEYS:
                    continue  # ``"password": {"type": "string"}``
                if key is not None and re.search(r"[^A-Za-z_]", text):
                    self.mark(key)  # ``tokens = {"4711-kiln": "ada"}``
                self.taint(value)
        else:
            for child in ast.iter_child_nodes(node):
                if isinstance(child, ast.expr):
                    self.taint(child)
                elif isinstance(child, ast.comprehension):
                    self.taint(child.iter)

    def _taint_call(self, node: ast.Call) -> None:
        name = last_name(node.func)
        if _DESCRIBES.match(name):
            for item in node.keywords:
                if item.arg in _PRESETS:
                    self.taint(item.value)
            return
        if isinstance(node.func, ast.Attribute):
            self.taint(node.func.value)
        if name not in _TECHNICAL:
            fetches = name in READERS or words(name)[:1] in (("get",), ("read",), ("load",), ("fetch",), ("lookup",))
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
            given = [(name, node.value) for target in node.targets for name in names_of(target)]
        elif isinstance(node, ast.AnnAssign | ast.NamedExpr) and node.value is not None:
            given = [(name, node.value) for name in names_of(node.target)]
        elif isinstance(node, ast.keyword) and node.arg is not None:
            given = [(node.arg, node.value)]
        elif isinstance(node, (*FUNCTIONS, ast.Lambda)):
            given = list(defaults_of(node.args))
        else:
            return
        for name, value in given:
            if name in self.flow and is_direct(value):
                self.taint(value)
                if name in self.strong and isinstance(value, ast.Constant) and isinstance(value.value, str):
                    self.values.add(value.value)
