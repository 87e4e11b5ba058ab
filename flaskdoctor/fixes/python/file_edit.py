"""``FileEdit``: what a rule may ask for when it mends a Python file."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Collection, Container, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, NamedTuple

import libcst as cst

from flaskdoctor.errors import Refuse
from flaskdoctor.fixes.edit import Overlap
from flaskdoctor.fixes.linelength import length_of
from flaskdoctor.fixes.python.arguments import ArgumentChanges, check_addition, check_removal, check_rename
from flaskdoctor.fixes.python.changes import Changes, Insertion, Part, Replacement
from flaskdoctor.fixes.python.expressions import Template, without_own_parentheses
from flaskdoctor.fixes.python.imports import Imports, WantedImport
from flaskdoctor.fixes.python.insertions import Block, StatementTemplate, check_place, wrapped
from flaskdoctor.fixes.python.matching import Matcher
from flaskdoctor.fixes.python.quotes import own_quote, prevailing, requoted
from flaskdoctor.fixes.python.source import Source
from flaskdoctor.fixes.python.statements import Wrap, parse_header
from flaskdoctor.fixes.python.walking import comment_texts, comments
from flaskdoctor.fixes.requirements import Requirement
from flaskdoctor.fixes.secrets import MovedSecret

_LOST_COMMENT = "A comment stands inside it and would be lost, so it stays as it is."
_OVERLAP = "Another fix changes the same place: fix this one again after it."
_NARROWEST = 40  # a comment deep inside is filled no narrower
_PLACE = "A statement in this place cannot be moved or removed, so it stays as it is."


class Companion(NamedTuple):
    """Another file that changes with the code: a template, say. ``change`` makes its new bytes from its old ones, and
    nothing more when it is made once more; ``summary`` says it in words."""

    path: str
    change: Callable[[bytes], bytes]
    summary: str


class FileEdit:
    """The changes of one file, collected by any number of fixes and made at once by ``result``.

    ``tree`` is the ``ast`` tree of ``source`` that the rules saw; every node handed in is one of its nodes.
    ``path`` is the file's path in the project, ``exported`` the names that other files take from it, ``own``
    the project's top-level packages, ``line_length`` what the project allows a line (None: it does not say).
    Raises ``Refuse`` where the file cannot be kept byte by byte.
    """

    def __init__(
        self,
        source: bytes,
        tree: ast.Module,
        path: str = "",
        exported: Container[str] = (),
        own: Collection[str] = (),
        line_length: int | None = None,
    ) -> None:
        self._before = source
        self._tree = tree
        self._source, self._matcher, self._quote = _opened(source)
        self._width = length_of(self._source.lines, line_length)
        self._imports = Imports(tree, path, exported, own, self._width)
        self._log: list[Callable[[Changes], None]] = []
        self._claims: list[tuple[cst.CSTNode, object]] = []
        self._replaced: list[tuple[cst.CSTNode, str, tuple[cst.CSTNode, ...]]] = []
        self._dropped: list[str] = []
        self._added: list[WantedImport] = []
        self._secrets: list[MovedSecret] = []
        self._required: list[Requirement] = []
        self._concealed: list[str] = []
        self._companions: list[Companion] = []

    # -- what a rule may ask for ----------------------------------------------------------------------------

    def replace(self, node: ast.AST, template: str, **parts: ast.AST) -> None:
        """Put ``template`` in the place of the expression ``node``.

        ``{name}`` in the template is the source text of the node ``parts[name]`` (``{{`` and ``}}`` are
        braces); a part may be ``node`` itself: ``replace(value, "{value}, 404", value=value)``. Parentheses
        are added where the new place needs them.
        """
        target = self._expression(node)
        found = {name: self._part_node(part) for name, part in parts.items()}
        filled = Template(template, found, own_quote(target) or self._quote)
        if sum(self._comments_of(part, target) for part in found.values()) < self._comments_of(target, target):
            raise Refuse(_LOST_COMMENT)
        filled.fill(found)  # refuses a starred part where none can stand
        around = any(part is target for part in found.values())
        mark = (target, template, tuple(found.values()))
        if mark in self._replaced:
            return
        if not around and any(other is target and target not in others for other, _, others in self._replaced):
            raise Overlap(_OVERLAP)
        self._replaced.append(mark)
        replacement = Replacement(
            filled, {name: Part(part, self._columns(part, target)) for name, part in found.items()}, around
        )
        self._log.append(lambda changes: changes.replacements.setdefault(target, []).append(replacement))

    def remove_statement(self, statement: ast.stmt) -> None:
        """Take a statement out. Comments above and behind it stay; an emptied block gets a ``pass``."""
        node = self._matcher.find(statement)
        if isinstance(node, cst.BaseCompoundStatement):
            own: Sequence[cst.CSTNode] = getattr(node, "leading_lines", ())
            inside = comments(node) - sum(comments(line) for line in own)
            if not isinstance(self._matcher.parents.get(node), Block):
                raise Refuse(_PLACE)
        elif isinstance(node, cst.BaseSmallStatement):
            inside = comments(node)
        else:
            raise Refuse(_PLACE)
        if inside:
            raise Refuse(_LOST_COMMENT)
        self._log.append(lambda changes: changes.removed.add(node))

    def insert_before(self, node: ast.stmt, text: str, **parts: ast.AST) -> None:
        """Put the statements ``text`` above the statement ``node``, in the same block.

        ``text`` is written with four spaces a level, relative to ``node``'s own; ``{name}`` in it is the source text
        of the expression ``parts[name]``, ``{{`` and ``}}`` are braces. Functions and classes get blank lines
        around them, a text that ends with an empty line has one below it, a comment right above ``node`` stays there,
        and a one-line suite becomes a block. The same text in the same place comes once.
        """
        self._insert(node, text, parts, below=False)

    def insert_after(self, node: ast.stmt, text: str, **parts: ast.AST) -> None:
        """Put the statements ``text`` below the statement ``node``, in the same block: see ``insert_before``."""
        self._insert(node, text, parts, below=True)

    def wrap_statements(self, statements: Sequence[ast.stmt], header: str) -> None:
        """Put statements that stand next to each other under ``header`` (``with app.app_context():``)."""
        header = requoted(header, self._quote)
        parse_header(header)
        lines: list[cst.CSTNode] = []
        small: Counter[cst.CSTNode] = Counter()
        for statement in statements:
            node = self._matcher.find(statement)
            line = self._matcher.parents[node] if isinstance(node, cst.BaseSmallStatement) else node
            small[line] += 1
            if line not in lines:
                lines.append(line)
        for line in lines:
            if isinstance(line, cst.SimpleStatementSuite):
                raise Refuse(_PLACE)
            if isinstance(line, cst.SimpleStatementLine) and small[line] != len(line.body):
                raise Refuse("Another statement stands on the same line, so it stays as it is.")
        block = self._matcher.parents.get(lines[0]) if lines else None
        if not isinstance(block, Block):
            raise Refuse(_PLACE)
        places = [index for index, child in enumerate(block.body) if child in lines]
        if len(places) != len(lines) or places[-1] - places[0] + 1 != len(lines):
            raise Refuse("The statements do not stand next to each other, so they stay as they are.")
        wrap = Wrap(block, places[0], places[-1], header)
        for other_block, other in self._claims:
            if other_block is block and isinstance(other, Wrap):
                if other == wrap:
                    return
                if other.first <= wrap.last and wrap.first <= other.last:
                    raise Overlap(_OVERLAP)
        self._claims.append((block, wrap))
        self._log.append(lambda changes: changes.wraps.setdefault(block, []).append(wrap))

    def remove_argument(self, call: ast.Call, which: int | str) -> None:
        """Take an argument out of a call: a positional one by its index, a keyword by its name."""
        target, position = self._argument(call, which)
        check_removal(target, position)
        self._log.append(lambda changes: changes.arguments.setdefault(target, ArgumentChanges()).removed.add(position))

    def rename_argument(self, call: ast.Call, old: str, new: str | None) -> None:
        """Rename a keyword argument; ``None`` makes it positional in its place."""
        target, position = self._argument(call, old)
        check_rename(target, position, new)
        claim = ("rename", position, new)
        for other, seen in self._claims:
            if other is target and isinstance(seen, tuple) and seen[:2] == claim[:2] and seen != claim:
                raise Overlap(_OVERLAP)
        self._claims.append((target, claim))

        def rename(changes: Changes) -> None:
            changes.arguments.setdefault(target, ArgumentChanges()).renamed[position] = new

        self._log.append(rename)

    def add_argument(self, call: ast.Call, keyword: str, value: str) -> None:
        """Give a call one more keyword argument, at its end: ``value`` is the text of an expression."""
        target = self._matcher.find(call)
        assert isinstance(target, cst.Call)
        check_addition(target, keyword)
        value = requoted(value, self._quote)
        room = self._room(target)
        claim = ("added", keyword, value)
        for other, seen in self._claims:
            if other is target and isinstance(seen, tuple) and seen[:2] == claim[:2] and seen != claim:
                raise Overlap(_OVERLAP)
        self._claims.append((target, claim))

        def add(changes: Changes) -> None:
            asked = changes.arguments.setdefault(target, ArgumentChanges())
            asked.added[keyword], asked.room = value, room

        self._log.append(add)

    def order_decorators(self, function: ast.AST, order: Sequence[int]) -> None:
        """Put the decorators of a function or class in a new order: their old indexes, from the top."""
        target = self._matcher.find(function)
        if not isinstance(target, cst.FunctionDef | cst.ClassDef):
            raise Refuse(_PLACE)
        if sorted(order) != list(range(len(target.decorators))):
            raise ValueError(f"{list(order)} is no order of {len(target.decorators)} decorators")
        claim = ("decorators", tuple(order))
        for other, seen in self._claims:
            if other is target and isinstance(seen, tuple) and seen[0] == claim[0] and seen != claim:
                raise Overlap(_OVERLAP)
        self._claims.append((target, claim))

        def reorder(changes: Changes) -> None:
            changes.decorators[target] = tuple(order)

        self._log.append(reorder)

    def add_import(self, module: str, name: str | None = None) -> str:
        """Import ``module`` (or ``name`` from it) unless the file does; gives the name that it has here."""
        wanted = WantedImport(module, name)
        local = self._imports.local_name(wanted)
        if wanted not in self._added:
            self._added.append(wanted)
        return local

    def drop_import_if_unused(self, dotted: str) -> None:
        """Drop the import of ``flask.jsonify`` once nothing uses it any more."""
        if dotted not in self._dropped:
            self._dropped.append(dotted)

    def move_secret(self, key: str, value: ast.AST) -> None:
        """Move a literal into .env under ``key``: the plan adds the edits of .env, its template, .gitignore.

        This does not touch the code: ``replace`` the literal too.
        """
        literal = value.value if isinstance(value, ast.Constant) else None
        if isinstance(literal, bytes):
            try:
                literal = literal.decode("ascii")
            except UnicodeDecodeError:
                literal = None
        if not isinstance(literal, str) or not literal:
            raise Refuse(f"The value of {key} is not a plain string, so it stays as it is.")
        secret = MovedSecret(key, literal)
        if any(other.key == key and other != secret for other in self._secrets):
            raise Refuse(f"{key} has two values in this file: decide which one counts.")
        if secret not in self._secrets:
            self._secrets.append(secret)

    def require(self, name: str, specifier: str) -> None:
        """The new code needs a distribution: the plan adds it to the requirements file, where they are kept by hand."""
        requirement = Requirement(name, specifier)
        if requirement not in self._required:
            self._required.append(requirement)

    def accompany(self, path: str, change: Callable[[bytes], bytes], summary: str) -> None:
        """The new code needs another file (POSIX, relative to the project) to change with it: see ``Companion``."""
        companion = Companion(path, change, summary)
        if companion not in self._companions:
            self._companions.append(companion)

    def conceal(self, words: str) -> None:
        """The diff of this file would show a secret: tell the change in ``words`` (names only) instead."""
        if words not in self._concealed:
            self._concealed.append(words)

    @property
    def width(self) -> int:
        """How many characters a line of the file may have: for text that can be put on several lines."""
        return self._width

    @property
    def indent(self) -> str:
        """One level of the file's indentation."""
        return self._source.module.default_indent

    # -- what the fix session asks for ----------------------------------------------------------------------

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Forget what was asked for inside the block when it raises."""
        lists = self._lists()
        lengths = [len(each) for each in lists]
        try:
            yield
        except BaseException:
            for each, length in zip(lists, lengths, strict=True):
                del each[length:]
            raise

    def reset(self) -> None:
        """Forget everything that was asked for."""
        for each in self._lists():
            each.clear()

    @property
    def secrets(self) -> tuple[MovedSecret, ...]:
        """What ``move_secret`` was asked to move."""
        return tuple(self._secrets)

    @property
    def added(self) -> tuple[WantedImport, ...]:
        """What ``add_import`` was asked for."""
        return tuple(self._added)

    @property
    def required(self) -> tuple[Requirement, ...]:
        """What ``require`` was asked for."""
        return tuple(self._required)

    @property
    def concealed(self) -> tuple[str, ...]:
        """What ``conceal`` was asked to say."""
        return tuple(self._concealed)

    @property
    def companions(self) -> tuple[Companion, ...]:
        """What ``accompany`` was asked for."""
        return tuple(self._companions)

    def result(self) -> bytes:
        """The file's new bytes. Raises ``Refuse`` where they would not parse or a comment would be lost."""
        if not (self._log or self._added or self._dropped):
            return self._before
        changes = Changes(self._matcher.parents)
        for ask in self._log:
            ask(changes)
        module = changes.apply(self._source.module) if changes else self._source.module
        module = self._imports.update(module, self._added, self._dropped)
        after = self._source.restore(module)
        try:
            ast.parse(after)
        except (SyntaxError, ValueError) as error:
            raise Refuse("The changed file would not parse, so it stays as it is.") from error
        if comment_texts(self._source.module) - comment_texts(module):
            raise Refuse(_LOST_COMMENT)
        return after

    def _lists(self) -> tuple[list[Any], ...]:
        return (
            self._log, self._claims, self._replaced, self._dropped, self._added, self._secrets, self._required,
            self._concealed, self._companions,
        )  # fmt: skip

    # -- inside ---------------------------------------------------------------------------------------------

    def _expression(self, node: ast.AST) -> cst.BaseExpression:
        found = self._matcher.find(node)
        if not isinstance(found, cst.BaseExpression):
            raise Refuse("Only an expression can be replaced, so it stays as it is.")
        return found

    def _part_node(self, node: ast.AST) -> cst.CSTNode:
        found = self._matcher.find(node)
        if isinstance(node, ast.Starred) or isinstance(found, cst.BaseExpression):
            return found
        raise Refuse("Only an expression can be part of a template, so it stays as it is.")

    def _insert(self, node: ast.stmt, text: str, parts: Mapping[str, ast.AST], *, below: bool) -> None:
        target = self._matcher.find(node)
        if not isinstance(target, cst.BaseSmallStatement | cst.BaseCompoundStatement):
            raise Refuse(_PLACE)
        found = {name: self._part_node(part) for name, part in parts.items()}
        text = wrapped(text, max(self._width - self._matcher.start(target)[1], _NARROWEST))
        template = StatementTemplate(text, found, self._source.module.default_indent, self._quote)
        check_place(target, self._matcher.parents, below=below)
        if any(comments(part) for part in found.values()):
            raise Refuse("A comment stands inside it and would come twice, so it stays as it is.")
        template.fill(found)  # refuses a starred part where none can stand
        claim = (target, ("insert", below, text, tuple(found.values())))
        if claim in self._claims:
            return
        self._claims.append(claim)
        insertion = Insertion(template, found, below)
        self._log.append(lambda changes: changes.insertions.setdefault(target, []).append(insertion))

    def _argument(self, call: ast.Call, which: int | str) -> tuple[cst.Call, int]:
        target = self._matcher.find(call)
        assert isinstance(target, cst.Call)
        if isinstance(which, str):
            for position, argument in enumerate(target.args):
                if argument.keyword is not None and argument.keyword.value == which:
                    return target, position
        else:
            positional = [
                position
                for position, argument in enumerate(target.args)
                if argument.keyword is None and argument.star != "**"
            ]
            if 0 <= which < len(positional):
                return target, positional[which]
        raise Refuse(f"The call has no argument {which!r}, so it stays as it is.")

    def _comments_of(self, node: cst.CSTNode, target: cst.BaseExpression) -> int:
        """The comments inside a node; the parentheses around the replaced one itself stay where they are."""
        return comments(without_own_parentheses(target) if node is target else node)

    def _room(self, node: cst.CSTNode) -> int | None:
        """How many characters may come on the one line that ``node`` stands on; None: it stands on several."""
        (line, _), (end, _) = self._matcher.start(node), self._matcher.end(node)
        return self._width - len(self._source.parsed_lines[line - 1].rstrip()) if line == end else None

    def _columns(self, part: cst.CSTNode, target: cst.BaseExpression) -> int:
        """How far a part that stood on a line of its own moves left when it comes to stand in ``target``."""
        here, there = self._matcher.start(part), self._matcher.start(target)
        if here[0] <= there[0] or not isinstance(part, cst.BaseExpression):
            return 0
        lines = self._source.parsed_lines
        if lines[here[0] - 1][: here[1]].strip():
            return 0
        line = lines[there[0] - 1]
        return here[1] - (len(line) - len(line.lstrip(" \t")))


@lru_cache(maxsize=4)
def _opened(source: bytes) -> tuple[Source, Matcher, str]:
    """A file's LibCST tree, its index and its quotes; none ever changes, and previews come one after the other."""
    text = Source(source)
    matcher = Matcher(text)
    return text, matcher, prevailing(matcher.parents)
