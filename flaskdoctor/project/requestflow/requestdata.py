"""What a client sent, and the texts that are made of it.

``RequestData.texts`` follows an expression back to where it comes from, inside one function and from there to the
calls of that function in the same file: assignments, f-strings, ``+``, ``%``, ``.format``, the methods of texts, paths
that are joined. Whatever is not known to hand the data on as it came ends the trail: ``escape``, ``int``,
``secure_filename``, ``url_for``, and every function of the project. So what is found is there; what is not found
may be there.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import islice, product
from typing import TYPE_CHECKING, Any, NamedTuple

from flaskdoctor.patterns import lazy
from flaskdoctor.project.code.names import FUNCTIONS, FunctionNode
from flaskdoctor.project.code.reaching import Assigned, assignments, collected
from flaskdoctor.project.requestflow.requestsources import TAKES, RequestSources, Source, is_converted, quoted
from flaskdoctor.project.routing.views import keyword

if TYPE_CHECKING:
    from flaskdoctor.project.code.module import Module

# Methods that give the data, or pieces of it, as they are.
_SAME = frozenset((
    "lower", "upper", "title", "capitalize", "casefold", "swapcase", "encode", "decode", "removeprefix",
    "removesuffix", "zfill", "ljust", "rjust", "center", "expandtabs", "splitlines", "copy", "to_dict", "getlist",
    "items", "values", "keys", "read", "lists", "as_posix", "resolve", "absolute", "expanduser",
))  # fmt: skip
_STRIPS = frozenset({"strip", "lstrip", "rstrip"})
_SPLITS = frozenset({"split", "rsplit", "partition", "rpartition"})
_FUNCTIONS = frozenset((
    "builtins.str", "builtins.repr", "builtins.dict", "builtins.list", "builtins.tuple", "builtins.set",
    "builtins.sorted", "builtins.reversed", "builtins.bytes", "json.loads", "flask.json.loads",
    "urllib.parse.unquote", "urllib.parse.unquote_plus", "markupsafe.Markup", "flask.Markup", "textwrap.dedent",
    "os.path.abspath", "os.path.realpath", "os.path.normpath", "os.path.expanduser", "os.path.dirname", "os.fspath",
    "sqlalchemy.text", "sqlalchemy.sql.text", "sqlalchemy.sql.expression.text",
))  # fmt: skip
_ESCAPES = frozenset({"markupsafe.escape", "flask.escape", "html.escape"})
_MARKUP = frozenset({"markupsafe.Markup", "flask.Markup", "markupsafe.escape", "flask.escape"})
_JOINS = frozenset({"os.path.join", "posixpath.join", "pathlib.Path", "pathlib.PurePath", "pathlib.PosixPath"})
_PERCENT = lazy(r"%(?:\((\w+)\))?[#0\- +]*(?:\d+|\*)?(?:\.\d+)?([a-zA-Z%])")
_BRACES = lazy(r"\{\{|\}\}|\{(\w*)[^{}:!]*(?:![rsa])?(?::([^{}]*))?\}")
_NUMERIC = lazy(r"[^<>^]*[bcdeEfFgGnoxX%]\Z")
_HARMLESS = lazy(r"[\w\s]*")  # what ``replace`` may take out without being meant as a protection

_MOST_TEXTS = 12
_MOST_PIECES = 60
_DEPTH = 24
_MOST_READ = 1500  # expressions that one is followed to
_EFFORT = 20_000  # looks at expressions in one file: a file of a hundred views takes a tenth of it
_MOST_CALLS = 8  # of one function that are followed


class Piece(NamedTuple):
    """A part of a text: constant ``text``, data of the request (``source``), or neither: something else.

    ``node`` is the expression that is put in where the text is built; ``uses`` are the variables, and at last the
    expression of the request itself, through which the data came.
    """

    text: str | None = None
    source: Source | None = None
    node: ast.expr | None = None
    uses: tuple[ast.expr, ...] = ()


Text = tuple[Piece, ...]
_OTHER: Text = (Piece(),)


def data_in(text: Text) -> Iterator[tuple[Piece, Source]]:
    """The pieces of a text that are data of the request."""
    for piece in text:
        if piece.source is not None:
            yield piece, piece.source


class RequestData(RequestSources):
    """Follows expressions of one file back to the request.

    With ``escaped`` it looks through ``escape()`` too: what that gives is no HTML, but still a template.
    """

    def __init__(self, module: Module, *, escaped: bool = False) -> None:
        super().__init__(module)
        self.escaped = escaped
        self._read_in: dict[str, dict[FunctionNode | None, list[ast.Name]]] = {}

    effort = _EFFORT  # how much more is looked at in this file; below zero nothing that is found is sure
    _left = 0  # how many more expressions are read for the one that was asked for

    def texts(self, node: ast.expr | None) -> list[Text]:
        """The texts that an expression may be, each as its pieces in order; one for each way in which it may have come
        to its value. An expression that is no text is one piece."""
        self._left = _MOST_READ
        return self._read(node, 0, frozenset()) if node is not None and self.effort >= 0 else []

    def readings(self, name: str, function: FunctionNode | None) -> list[ast.Name]:
        """Where a function reads a variable of this name."""
        if name not in self._read_in:
            grouped = self._read_in[name] = {}
            for node in self.module.readings(name):
                grouped.setdefault(self.module.function_of(node), []).append(node)
        return self._read_in[name].get(function, [])

    # -- following ------------------------------------------------------------------------------------------

    def _read(self, node: ast.expr, depth: int, seen: frozenset[ast.AST]) -> list[Text]:
        self._left -= 1
        self.effort -= 1
        if depth > _DEPTH or self._left < 0:
            return [_OTHER]
        source = self.source(node)
        if source is not None:
            found: list[Text] = [(Piece(source=source, node=node, uses=(node,)),)]
            if isinstance(node, ast.Call) and len(node.args) > 1:
                found += self._read(node.args[1], depth + 1, seen)  # ``.get("next", default)``
            return found
        read = _READERS.get(type(node))
        return read(self, node, depth + 1, seen) if read is not None else [_OTHER]

    def _constant(self, node: ast.Constant, _: int, __: frozenset[ast.AST]) -> list[Text]:
        value = node.value
        return [(Piece(value.decode("latin-1") if isinstance(value, bytes) else str(value)),)]

    def _name(self, node: ast.Name, depth: int, seen: frozenset[ast.AST]) -> list[Text]:
        if node in seen:
            return [_OTHER]
        seen |= {node}
        found: list[Text] = []
        added: list[list[Text]] = []
        for assigned in assignments(self.module, node):
            if assigned.kind == "added" and assigned.value is not None:
                added.insert(0, self._read(assigned.value, depth, seen))
                continue
            found += _joined([self._one(assigned, depth, seen), *added])
        if not found and added:
            found = _joined([[_OTHER], *added])
        return _cut(_used(found, node)) or [_OTHER]

    def _one(self, assigned: Assigned, depth: int, seen: frozenset[ast.AST]) -> list[Text]:
        if assigned.kind == "parameter" and isinstance(assigned.node, ast.arg):
            return self._parameter(assigned.node, depth, seen)
        if assigned.value is None:
            return [_OTHER]
        found = self._read(assigned.value, depth, seen)
        if assigned.kind == "element":
            # One of several: what the container's text looks like says nothing of it.
            return [tuple(_taken(piece) for piece in text) if len(text) == 1 else _OTHER for text in found]
        return found

    def _formatted_string(self, node: ast.JoinedStr, depth: int, seen: frozenset[ast.AST]) -> list[Text]:
        parts: list[list[Text]] = []
        for part in node.values:
            if not isinstance(part, ast.FormattedValue):
                parts.append(self._read(part, depth, seen))
                continue
            spec = part.format_spec
            ends = spec.values[-1] if isinstance(spec, ast.JoinedStr) and spec.values else None
            if isinstance(ends, ast.Constant) and _NUMERIC.match(str(ends.value)):
                parts.append([_OTHER])
            else:
                parts.append(_put(self._read(part.value, depth, seen), part.value))
        return _joined(parts)

    def _operation(self, node: ast.BinOp, depth: int, seen: frozenset[ast.AST]) -> list[Text]:
        if self._escapes(node.left) or self._escapes(node.right):
            return [_OTHER]
        if isinstance(node.op, ast.Add):
            sides = (_put(self._read(side, depth, seen), side) for side in (node.left, node.right))
            return _joined(list(sides))
        if isinstance(node.op, ast.Div):
            return self._path([node.left, node.right], depth, seen)
        if isinstance(node.op, ast.Mod):
            right = node.right
            if isinstance(right, ast.Dict):
                named = {self.module.string(key): item for key, item in zip(right.keys, right.values, strict=True)}
                return self._filled(_PERCENT, node.left, [], named, depth, seen)
            values = right.elts if isinstance(right, ast.Tuple) else [right]
            return self._filled(_PERCENT, node.left, values, {}, depth, seen)
        return [_OTHER]

    def _escapes(self, node: ast.expr) -> bool:
        """Whether an operand is a ``Markup``, which escapes whatever is added to it or put into it."""
        made = self.module.value(node)
        return not self.escaped and isinstance(made, ast.Call) and self.module.resolve(made.func) in _MARKUP

    def _path(self, parts: Iterable[ast.expr], depth: int, seen: frozenset[ast.AST]) -> list[Text]:
        found: list[list[Text]] = []
        for part in parts:
            found += [[(Piece("/"),)], _put(self._read(part, depth, seen), part)]
        return _joined(found[1:])

    def _filled(
        self,
        pattern: re.Pattern[str],
        template: ast.expr,
        values: list[ast.expr],
        named: dict[str | None, ast.expr],
        depth: int,
        seen: frozenset[ast.AST],
    ) -> list[Text]:
        """A template with values put in, by ``%`` or ``.format``."""
        found: list[Text] = []
        read = {id(value): _put(self._read(value, depth, seen), value) for value in (*values, *named.values())}
        for text in self._read(template, depth, seen):
            parts: list[list[Text]] = []
            index = 0
            for piece in text:
                if piece.text is None:
                    parts.append([(piece,)])
                    continue
                end = 0
                for mark in pattern.finditer(piece.text):
                    parts.append([(Piece(piece.text[end : mark.start()]),)])
                    end = mark.end()
                    name, spec = mark[1], mark[2] or ""
                    if mark[0] in ("%%", "{{", "}}"):
                        parts.append([(Piece(mark[0][0]),)])
                        continue
                    value = named.get(name) if name and not name.isdecimal() else None
                    if value is None and not (name and not name.isdecimal()):
                        place = int(name) if name else index
                        index += 1
                        value = values[place] if place < len(values) else None
                    numeric = spec not in ("s", "r", "a") if pattern is _PERCENT else bool(_NUMERIC.match(spec))
                    parts.append([_OTHER] if value is None or numeric else read[id(value)])
                parts.append([(Piece(piece.text[end:]),)])
            found += _joined(parts)
        return _cut(found)

    def _either(self, node: ast.BoolOp, depth: int, seen: frozenset[ast.AST]) -> list[Text]:
        values = node.values if isinstance(node.op, ast.Or) else node.values[-1:]
        return _cut([text for value in values for text in self._read(value, depth, seen)])

    def _choice(self, node: ast.IfExp, depth: int, seen: frozenset[ast.AST]) -> list[Text]:
        return _cut([*self._read(node.body, depth, seen), *self._read(node.orelse, depth, seen)])

    def _inner(self, node: ast.NamedExpr | ast.Await, depth: int, seen: frozenset[ast.AST]) -> list[Text]:
        return self._read(node.value, depth, seen)

    def _subscript(self, node: ast.Subscript, depth: int, seen: frozenset[ast.AST]) -> list[Text]:
        return self._taken_from(node.value, self.module.string(node.slice), node, depth, seen)

    def _taken_from(
        self, base: ast.expr, key: str | None, node: ast.expr, depth: int, seen: frozenset[ast.AST]
    ) -> list[Text]:
        """One value out of a container: of ``args = dict(request.args)`` in ``args["next"]``."""
        if isinstance(base, ast.Dict | ast.List | ast.Tuple):
            return [_OTHER]
        found: list[Text] = []
        for text in self._read(base, depth, seen):
            piece = text[0]
            if len(text) == 1 and piece.source is not None:
                source = piece.source
                if source.whole:
                    source = source._replace(words=f"{source.words}[{quoted(key)}]", key=key, whole=False, node=node)
                found.append((piece._replace(source=source, uses=(*piece.uses, node)),))
            else:
                found.append(_OTHER)
        return found

    def _attribute(self, node: ast.Attribute, depth: int, seen: frozenset[ast.AST]) -> list[Text]:
        if node.attr != "filename":
            return [_OTHER]
        found: list[Text] = []
        for text in self._read(node.value, depth, seen):
            for piece, source in data_in(text):
                if source.kind in ("files", "field"):
                    name = Source("filename", f"{source.words}.filename", node)
                    found.append((Piece(source=name, node=node, uses=(*piece.uses, node)),))
        return found or [_OTHER]

    def _call(self, node: ast.Call, depth: int, seen: frozenset[ast.AST]) -> list[Text]:
        name = self.module.resolve(node.func) or ""
        if name in _FUNCTIONS or (self.escaped and name in _ESCAPES):
            return self._read(node.args[0], depth, seen) if node.args else [_OTHER]
        if name in _JOINS and not any(isinstance(part, ast.Starred) for part in node.args):
            return self._path(node.args, depth, seen)
        if not isinstance(node.func, ast.Attribute):
            return self._returned(node, depth, seen)
        method, base = node.func.attr, node.func.value
        if method in ("format", "join") and self._escapes(base):
            return [_OTHER]
        if method == "format":
            named = {item.arg: item.value for item in node.keywords}
            return self._filled(_BRACES, base, node.args, named, depth, seen)
        if method == "join" and len(node.args) == 1:
            return self._strung(base, node.args[0], depth, seen)
        if method == "joinpath":
            return self._path([base, *node.args], depth, seen)
        if method == "replace" and len(node.args) > 1:
            return self._replaced(node, base, depth, seen)
        if method in _SAME or _hands_on(method, self.module.string(node.args[0]) if node.args else ""):
            return self._read(base, depth, seen)
        if method in TAKES and node.args and not is_converted(self.module, node):
            found = self._taken_from(base, self.module.string(node.args[0]), node, depth, seen)
            known = any(piece.source is not None for text in found for piece in text)
            return found + (self._read(node.args[1], depth, seen) if known and len(node.args) > 1 else [])
        return self._returned(node, depth, seen)

    def _replaced(self, node: ast.Call, base: ast.expr, depth: int, seen: frozenset[ast.AST]) -> list[Text]:
        """``PAGE.replace("NAME", name)``: what is put in, and the text around it."""
        old = self.module.string(node.args[0])
        if not old:
            return [_OTHER]
        new = _put(self._read(node.args[1], depth, seen), node.args[1])
        found: list[Text] = []
        for text in self._read(base, depth, seen):
            parts: list[list[Text]] = []
            for piece in text:
                if piece.text is None:
                    kept = piece.source is not None and _hands_on("replace", old)
                    parts += [[(piece,)]] if kept else [[_OTHER]] if piece.source is not None else [[_OTHER], new]
                    continue
                for index, rest in enumerate(piece.text.split(old)):
                    parts += [new, [(Piece(rest),)]] if index else [[(Piece(rest),)]]
            found += _joined(parts)
        return _cut(found)

    def _strung(self, base: ast.expr, many: ast.expr, depth: int, seen: frozenset[ast.AST]) -> list[Text]:
        """``", ".join(many)``."""
        items = collected(self.module, many)
        if items is not None:
            between = self._read(base, depth, seen)
            parts: list[list[Text]] = []
            for item in items:
                parts += [between, _put(self._read(item, depth, seen), item)]
            return _joined(parts[1:])
        if isinstance(many, ast.GeneratorExp | ast.ListComp | ast.SetComp):
            return self._read(many.elt, depth, seen)
        return _put([text if len(text) == 1 else _OTHER for text in self._read(many, depth, seen)], many)

    # -- functions of the file ------------------------------------------------------------------------------

    def _returned(self, node: ast.Call, depth: int, seen: frozenset[ast.AST]) -> list[Text]:
        """What a plain function of this file, or another method of the class, took from the request."""
        function: ast.AST | None = None
        if isinstance(node.func, ast.Name):
            binding = self.module.names.binding(node.func)
            function = binding.node if binding is not None and binding.kind == "def" else None
        elif isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
            around = self.module.class_of(node) if node.func.value.id in ("self", "cls") else None
            methods = around.body if around is not None else []
            named = (item for item in methods if isinstance(item, FUNCTIONS) and item.name == node.func.attr)
            function = next(named, None)
        if not isinstance(function, FUNCTIONS) or function in seen:
            return [_OTHER]
        if function.decorator_list or function in self.responding:
            return [_OTHER]
        found: list[Text] = []
        for item in self.module.returns(function):
            read = self._read(item.value, depth, seen | {function, node}) if item.value is not None else []
            found += [text for text in read if any(piece.source is not None for piece in text)]
        return _cut(found) or [_OTHER]

    def _parameter(self, node: ast.arg, depth: int, seen: frozenset[ast.AST]) -> list[Text]:
        arguments = self.module.parent(node)
        function = self.module.parent(arguments) if arguments is not None else None
        if not isinstance(function, FUNCTIONS) or node in seen:
            return [_OTHER]
        if function in self.responding:
            return [(Piece(source=source),) if (source := self.variable(node, function)) else _OTHER]
        found: list[Text] = []
        calls = self.module.calls(self.module.qualname(function))[:_MOST_CALLS]
        for call in [call for call in calls if call in seen] if function in seen else calls:
            value = _argument(self.module, call, function, node.arg)
            if value is not None:
                read = self._read(value, depth, seen | {node})
                found += [text for text in read if any(piece.source is not None for piece in text)]
        return _cut(found) or [_OTHER]


_Reader = Callable[[RequestData, Any, int, frozenset[ast.AST]], list[Text]]
_READERS: dict[type[ast.expr], _Reader] = {
    ast.Constant: RequestData._constant,
    ast.Name: RequestData._name,
    ast.JoinedStr: RequestData._formatted_string,
    ast.BinOp: RequestData._operation,
    ast.BoolOp: RequestData._either,
    ast.IfExp: RequestData._choice,
    ast.NamedExpr: RequestData._inner,
    ast.Await: RequestData._inner,
    ast.Subscript: RequestData._subscript,
    ast.Attribute: RequestData._attribute,
    ast.Call: RequestData._call,
}


def _hands_on(method: str, first: str | None) -> bool:
    """Whether a method that takes something out or apart is not there to make the text safe."""
    if method in _STRIPS:
        return first is not None and not set("/\\.'\"<>{}") & set(first)
    if method in _SPLITS:
        return first is not None and first not in (".", "/", "\\")
    if method == "replace":
        return bool(first) and first is not None and _HARMLESS.fullmatch(first) is not None
    return False


def _argument(module: Module, call: ast.Call, function: FunctionNode, name: str) -> ast.expr | None:
    """What a call gives to a parameter; None where that cannot be told."""
    if any(isinstance(item, ast.Starred) for item in call.args):
        return None
    given = keyword(call, name)
    if given is not None:
        return given
    parameters = [item.arg for item in (*function.args.posonlyargs, *function.args.args)]
    if isinstance(module.parent(function), ast.ClassDef) and parameters[:1] in (["self"], ["cls"]):
        parameters = parameters[1:]
    place = parameters.index(name) if name in parameters else len(call.args)
    return call.args[place] if place < len(call.args) else None


def _taken(piece: Piece) -> Piece:
    """An element of what a piece is."""
    if piece.source is None:
        return Piece()
    words = f"{piece.source.words}[..]" if piece.source.whole else piece.source.words
    return piece._replace(source=piece.source._replace(words=words, whole=False))


def _put(texts: list[Text], node: ast.expr) -> list[Text]:
    """The pieces of a value that is put into a text: it comes in through ``node``, unless it is put together itself."""
    return [(text[0]._replace(node=node),) if len(text) == 1 and text[0].source is not None else text for text in texts]


def _used(texts: list[Text], node: ast.expr) -> list[Text]:
    """The pieces of what a variable holds, read in ``node``."""
    return [
        tuple(piece._replace(uses=(*piece.uses, node)) if piece.source else piece for piece in text)
        for text in _put(texts, node)
    ]


def _joined(parts: list[list[Text]]) -> list[Text]:
    """Every text that comes of putting one of each of ``parts`` behind the other."""
    texts = islice(product(*(part[:3] for part in parts)), _MOST_TEXTS)
    return [tuple(piece for part in several for piece in part)[:_MOST_PIECES] for several in texts]


def _cut(texts: list[Text]) -> list[Text]:
    return texts[:_MOST_TEXTS]
