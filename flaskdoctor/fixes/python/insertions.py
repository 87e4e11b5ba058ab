"""New statements above and below those of a file, with the blank lines that they need."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Collection, Mapping, Sequence
from itertools import groupby
from typing import Literal, NamedTuple, cast

import libcst as cst

from flaskdoctor.errors import Refuse
from flaskdoctor.fixes.python.expressions import Filler, with_slots
from flaskdoctor.fixes.python.quotes import requoted

Block = cst.Module | cst.IndentedBlock
Statement = cst.SimpleStatementLine | cst.BaseCompoundStatement

_BLANK = cst.EmptyLine(indent=False)
_ENDS = (cst.Return, cst.Raise, cst.Break, cst.Continue)
_NOWHERE = "A statement cannot be put in this place, so it stays as it is."
_LEVEL = "    "
_COMMENT = re.compile(r" *# ")


def wrapped(text: str, width: int) -> str:
    """``text`` with its whole-line comments filled anew where one is longer than ``width``, a paragraph at a time."""
    lines = textwrap.dedent(text).strip("\n").split("\n")
    found: list[str] = []
    for lead, group in groupby(lines, key=lambda line: (_COMMENT.match(line) or [""])[0]):
        several = list(group)
        if lead and max(map(len, several)) > width:
            words = " ".join(line.removeprefix(lead) for line in several)
            several = textwrap.wrap(
                words,
                width,
                initial_indent=lead,
                subsequent_indent=lead,
                break_long_words=False,
                break_on_hyphens=False,
            )
        found += several
    return "\n".join(found) + ("\n\n" if text.endswith("\n\n") else "")


class StatementTemplate:
    """Statements with ``{name}`` slots for expressions (``{{``, ``}}`` are braces). ``ValueError`` on nonsense.

    The text is written with four spaces a level and in double quotes; ``indent`` and ``quote`` are what the file uses.
    A text that ends with an empty line is a paragraph of its own (``paragraph``): one stands between it and what
    follows. One that ``defines`` a function comes behind plain statements that another fix puts in the same place.
    """

    def __init__(self, text: str, slots: Collection[str], indent: str, quote: str) -> None:
        self.paragraph = text.endswith("\n\n")
        source = requoted(with_slots(textwrap.dedent(text).strip("\n"), slots), quote)
        if '"""' not in source and "'''" not in source:
            source = "\n".join(_indented(line, indent) for line in source.split("\n"))
        try:
            module = cst.parse_module(f"{source}\n")
        except cst.ParserSyntaxError as error:
            raise ValueError(f"no statements: {text!r}") from error
        if not module.body or any(line.comment for line in module.footer):
            raise ValueError(f"not statements and nothing else: {text!r}")
        first, *others = module.visit(_BlankLines()).body
        self._statements = [_led(first, [*module.header, *first.leading_lines]), *others]
        self.defines = any(isinstance(each, cst.FunctionDef) for each in self._statements)

    def fill(self, parts: Mapping[str, cst.CSTNode]) -> list[Statement]:
        """The statements with ``parts`` in their slots: new nodes each time."""
        return [cast("Statement", each.visit(Filler(each, parts))).deep_clone() for each in self._statements]


class _BlankLines(cst.CSTTransformer):
    """Blank lines stay blank at every level."""

    def leave_EmptyLine(self, original_node: cst.EmptyLine, updated_node: cst.EmptyLine) -> cst.EmptyLine:
        return updated_node if original_node.comment else _BLANK


class Piece(NamedTuple):
    """A statement of a changed block: one of the file's own, or one put ``above`` or ``below`` such a one.
    ``parted``: an empty line stands below it."""

    statement: Statement
    side: Literal["own", "above", "below"] = "own"
    parted: bool = False


class Neighbours(NamedTuple):
    """The new statements around an old one."""

    above: Sequence[Piece] = ()
    below: Sequence[Piece] = ()


def check_place(node: cst.CSTNode, parents: Mapping[cst.CSTNode, cst.CSTNode], *, below: bool) -> None:
    """Raises ``Refuse`` where a new statement next to ``node`` would not run, or would change what others mean."""
    line = parents[node] if isinstance(node, cst.BaseSmallStatement) else node
    if below and isinstance(node, _ENDS):
        raise Refuse("Nothing behind this statement runs, so it stays as it is.")
    if isinstance(line, cst.SimpleStatementSuite):
        first: cst.CSTNode = line.body[0]
    else:
        block = parents.get(line)
        if not isinstance(block, Block):
            raise Refuse(_NOWHERE)
        later = block.body[block.body.index(line) + below :]
        if any(_is_future(item) for item in later):
            raise Refuse("`from __future__` has to stand above everything else, so it stays as it is.")
        first = block.body[0]
        if isinstance(first, cst.SimpleStatementLine):
            first = first.body[0]
    if not below and node is first and is_text(node):
        raise Refuse("A docstring has to stand above everything else, so it stays as it is.")


def pieces(original: Statement, updated: Statement, around: Mapping[cst.CSTNode, Neighbours]) -> list[Piece]:
    """``updated`` with its new neighbours. A line of several statements is split where one comes in between.

    ``around`` has the neighbours of each old statement, by its node in ``original``.
    """
    if not isinstance(original, cst.SimpleStatementLine) or not isinstance(updated, cst.SimpleStatementLine):
        above, below = around.get(original, Neighbours())
        return [*above, Piece(updated), *below]
    if len(original.body) == 1 or around.keys().isdisjoint(original.body):
        above, below = around.get(original.body[0], Neighbours())
        return [*above, Piece(updated), *below]
    found: list[Piece] = []
    run: list[cst.BaseSmallStatement] = []
    for before, now in zip(original.body, updated.body, strict=True):
        above, below = around.get(before, Neighbours())
        if above and run:
            found.append(_line(run))
            run = []
        found += above
        run.append(now)
        if below:
            found += [_line(run), *below]
            run = []
    if run:
        found.append(_line(run))
    own = [index for index, piece in enumerate(found) if piece.side == "own"]
    last = cast("cst.SimpleStatementLine", found[own[-1]].statement)
    found[own[-1]] = Piece(
        last.with_changes(body=[*last.body[:-1], updated.body[-1]], trailing_whitespace=updated.trailing_whitespace)
    )
    found[own[0]] = Piece(_led(found[own[0]].statement, updated.leading_lines))
    return found


def block_of(
    suite: cst.SimpleStatementSuite, updated: cst.SimpleStatementSuite, around: Mapping[cst.CSTNode, Neighbours]
) -> cst.IndentedBlock:
    """``if x: y`` as an indented block, with the new neighbours of its statements."""
    before = cst.SimpleStatementLine(body=suite.body)
    now = cst.SimpleStatementLine(body=updated.body, trailing_whitespace=updated.trailing_whitespace)
    return cst.IndentedBlock(body=[piece.statement for piece in spaced(pieces(before, now, around), top=False)])


def spaced(found: Sequence[Piece], *, top: bool) -> list[Piece]:
    """``found`` with blank lines between new statements and their neighbours.

    What stood above an old statement stays above the new ones, save for the comment right above it, which is about
    it. Functions and classes get two blank lines around them where ``top`` tells the module's own level, else one;
    there a new comment gets one above it.
    """
    result = list(found)
    for index, piece in enumerate(result):
        start = index
        while start and result[start - 1].side == "above":
            start -= 1
        if piece.side == "own" and start < index:
            above, own = parted(piece.statement.leading_lines)
            result[start] = _ledby(result[start], [*above, *result[start].statement.leading_lines])
            result[index] = _ledby(piece, own)
    for index in range(1, len(result)):
        before, piece = result[index - 1], result[index]
        if before.side == piece.side == "own":
            continue
        if any(isinstance(each.statement, cst.FunctionDef | cst.ClassDef) for each in (before, piece)):
            lines = piece.statement.leading_lines
            blank = next((at for at, line in enumerate(lines) if line.comment), len(lines))
            missing = (2 if top else 1) - blank
            result[index] = _ledby(piece, [*[_BLANK] * missing, *lines])
        elif before.parted or (top and piece.side != "own" and _starts_with_comment(piece.statement)):
            lines = piece.statement.leading_lines
            if not lines or lines[0].comment:
                result[index] = _ledby(piece, [_BLANK, *lines])
    return result


def _starts_with_comment(statement: Statement) -> bool:
    return bool(statement.leading_lines) and statement.leading_lines[0].comment is not None


def parted(lines: Sequence[cst.EmptyLine]) -> tuple[Sequence[cst.EmptyLine], Sequence[cst.EmptyLine]]:
    """The lines above a statement down to the last blank one, and the comment right above it."""
    cut = len(lines)
    while cut and lines[cut - 1].comment:
        cut -= 1
    return lines[:cut], lines[cut:]


def _line(run: Sequence[cst.BaseSmallStatement]) -> Piece:
    last = run[-1].with_changes(semicolon=cst.MaybeSentinel.DEFAULT)
    return Piece(cst.SimpleStatementLine(body=[*run[:-1], last]))


def _led(statement: Statement, lines: Sequence[cst.EmptyLine]) -> Statement:
    return statement.with_changes(leading_lines=lines)


def _ledby(piece: Piece, lines: Sequence[cst.EmptyLine]) -> Piece:
    return piece._replace(statement=_led(piece.statement, lines))


def _indented(line: str, indent: str) -> str:
    bare = line.lstrip(" ")
    levels, rest = divmod(len(line) - len(bare), len(_LEVEL))
    return indent * levels + " " * rest + bare


def is_text(node: cst.CSTNode) -> bool:
    """Whether a statement is nothing but a string: a docstring, where it comes first."""
    return isinstance(node, cst.Expr) and isinstance(node.value, cst.SimpleString | cst.ConcatenatedString)


def _is_future(item: cst.CSTNode) -> bool:
    if not isinstance(item, cst.SimpleStatementLine):
        return False
    return any(
        isinstance(small, cst.ImportFrom) and isinstance(small.module, cst.Name) and small.module.value == "__future__"
        for small in item.body
    )
