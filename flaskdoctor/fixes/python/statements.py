"""Taking statements out of a block, wrapping them in another, putting new ones in: with every comment kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import libcst as cst

from flaskdoctor.errors import Refuse
from flaskdoctor.fixes.python.insertions import Block, Neighbours, Piece, Statement, parted, pieces, spaced


class Wrap(NamedTuple):
    """Statements of one block, next to each other, that shall stand under ``header``."""

    block: cst.CSTNode
    first: int
    last: int
    header: str


def parse_header(header: str) -> cst.BaseCompoundStatement:
    """The compound statement that ``header`` (``with app.app_context():``) begins."""
    try:
        statement = cst.parse_statement(f"{header}\n    pass\n")
    except cst.ParserSyntaxError as error:
        raise ValueError(f"not the header of a statement: {header!r}") from error
    if not isinstance(statement, cst.BaseCompoundStatement):
        raise ValueError(f"not the header of a statement: {header!r}")
    return statement


def without(
    line: cst.SimpleStatementLine | cst.SimpleStatementSuite,
    original: Sequence[cst.BaseSmallStatement],
    removed: set[cst.CSTNode],
) -> list[cst.BaseSmallStatement]:
    """The small statements of a line that stay, with their semicolons put right."""
    kept = [now for before, now in zip(original, line.body, strict=True) if before not in removed]
    if kept and original[-1] in removed:
        kept[-1] = kept[-1].with_changes(semicolon=cst.MaybeSentinel.DEFAULT)
    return kept


def rewrite_block(
    block: Block,
    original: Block,
    removed: set[cst.CSTNode],
    wraps: Sequence[Wrap],
    around: Mapping[cst.CSTNode, Neighbours],
) -> Block:
    """``block`` (its children updated one by one already) without ``removed``, with ``wraps`` made and with the new
    statements that ``around`` has for the old ones."""
    top = isinstance(block, cst.Module)
    starts = {wrap.first: wrap for wrap in wraps}
    found: list[Piece] = []
    carried: list[cst.EmptyLine] = []
    header: Sequence[cst.EmptyLine] = block.header if isinstance(block, cst.Module) else ()
    position = 0
    while position < len(original.body):
        wrap = starts.get(position)
        last = wrap.last if wrap else position
        inner: list[Piece] = []
        for index in range(position, last + 1):
            before, now = _as_statement(original.body[index]), _as_statement(block.body[index])
            if before in removed:
                carried.extend(_comment_lines(now, carried, first=not found and not inner))
                new = _of_removed(before, around)
                if new:
                    new[0] = new[0]._replace(statement=_led_by(new[0].statement, carried))
                    carried = []
                inner += new
            else:
                here = pieces(before, _led_by(now, carried), around)
                carried = []
                if not index and here[0].side == "above" and parted(header)[0]:
                    header, own = parted(header)
                    here = _with_comment(here, own)
                inner += here
        found += _wrapped(inner, wrap.header, apart=bool(found) and top) if wrap else inner
        position = last + 1
    body = [piece.statement for piece in spaced(found, top=top)]
    if isinstance(block, cst.Module):
        if body and original.body[0] in removed:
            body[0] = _without_blank_start(body[0], header)
        footer = [*_kept(carried), *block.footer]
        ended = block.has_trailing_newline and bool(body or footer or header)
        return block.with_changes(header=header, body=body, footer=footer, has_trailing_newline=ended)
    if body and original.body[0] in removed:
        body[0] = _without_blank_start(body[0], ())
    if not body:
        line = cst.SimpleStatementLine([cst.Pass()], leading_lines=_kept(carried))
        return block.with_changes(body=[line])
    return block.with_changes(body=body, footer=[*_kept(carried), *block.footer])


def _of_removed(statement: Statement, around: Mapping[cst.CSTNode, Neighbours]) -> list[Piece]:
    """The new neighbours of a statement that is taken out."""
    node = statement.body[0] if isinstance(statement, cst.SimpleStatementLine) else statement
    return [piece for side in around.get(node, ()) for piece in side]


def _with_comment(here: list[Piece], lines: Sequence[cst.EmptyLine]) -> list[Piece]:
    """``lines``, which LibCST takes for the file's header, above the first of the file's own statements."""
    index = next(index for index, piece in enumerate(here) if piece.side == "own")
    statement = here[index].statement
    led = statement.with_changes(leading_lines=[*lines, *statement.leading_lines])
    return [*here[:index], Piece(led), *here[index + 1 :]]


def _wrapped(found: Sequence[Piece], header: str, *, apart: bool) -> list[Piece]:
    """The statements under ``header``; new ones above the first and below the last of them stay outside. ``apart``: an
    ``if`` gets a blank line above it."""
    own = [index for index, piece in enumerate(found) if piece.side == "own"]
    if not own:
        return list(found)
    inside = [piece.statement for piece in spaced(found[own[0] : own[-1] + 1], top=False)]
    leading = list(inside[0].leading_lines)
    if apart and header.startswith("if ") and not any(line.comment is None for line in leading):
        leading.insert(0, cst.EmptyLine(indent=False))
    block = cst.IndentedBlock(body=[inside[0].with_changes(leading_lines=[]), *inside[1:]])
    statement = parse_header(header).with_changes(leading_lines=leading, body=block)
    return [*found[: own[0]], Piece(statement), *found[own[-1] + 1 :]]


def _as_statement(node: cst.CSTNode) -> Statement:
    if isinstance(node, cst.SimpleStatementLine | cst.BaseCompoundStatement):
        return node
    raise Refuse("This kind of statement is not known, so it stays as it is.")


def _comment_lines(statement: Statement, before: Sequence[cst.EmptyLine], first: bool) -> list[cst.EmptyLine]:
    """The lines above a removed statement, and its own trailing comment as a line."""
    lines = list(statement.leading_lines)
    if before and not any(line.comment for line in lines):
        lines = []
    if first and not any(line.comment for line in lines):
        lines = []
    if isinstance(statement, cst.SimpleStatementLine) and statement.trailing_whitespace.comment:
        lines.append(cst.EmptyLine(comment=statement.trailing_whitespace.comment))
    return lines


def _led_by(statement: Statement, carried: Sequence[cst.EmptyLine]) -> Statement:
    own = list(statement.leading_lines)
    if not carried:
        return statement
    if any(line.comment for line in carried):
        return statement.with_changes(leading_lines=[*carried, *own])
    blank = [line for line in own if not line.comment]
    if len(blank) >= len(carried) or any(line.comment for line in own):
        return statement
    return statement.with_changes(leading_lines=list(carried))


def _kept(carried: Sequence[cst.EmptyLine]) -> list[cst.EmptyLine]:
    """What is carried past the last statement: only if it holds a comment."""
    return list(carried) if any(line.comment for line in carried) else []


def _without_blank_start(statement: Statement, header: Sequence[cst.EmptyLine]) -> Statement:
    """The new first statement of a file: the blank lines above it were between two statements."""
    lines = list(statement.leading_lines)
    room = len(lines) if not header else sum(1 for line in header[-2:] if line.comment is None)
    while lines and room and lines[0].comment is None:
        del lines[0]
        room -= 1
    return statement.with_changes(leading_lines=lines)
