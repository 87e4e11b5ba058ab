"""Where a new import goes: into the file's own order."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Collection, Sequence
from typing import TypeVar

import libcst as cst
import libcst.matchers as m
from libcst.helpers import get_full_name_for_node

from flaskdoctor.fixes.python.insertions import is_text, parted
from flaskdoctor.fixes.python.walking import comments

_STANDARD, _THIRD_PARTY, _FIRST_PARTY, _LOCAL = range(4)
_BLANK = cst.EmptyLine(indent=False)
_FIRST_LINES = re.compile(r"#!|#.*coding[:=]")  # the shebang and the coding line have to be the first two
_OF_THE_FILE = re.compile(r"copyright|licen[cs]e|spdx|pylint|flake8|ruff|mypy|pyright|isort|fmt:|noqa", re.IGNORECASE)
_PATCHER = m.Name("patch_all") | m.Name("monkey_patch")
_PATCH = m.Call(func=_PATCHER | m.Attribute(attr=_PATCHER))

Statement = cst.SimpleStatementLine | cst.BaseCompoundStatement
Key = tuple[bool, str]
_Key = TypeVar("_Key", str, tuple[bool, str], tuple[int, str])


def insert_import(
    module: cst.Module,
    source: str,
    name: str | None,
    own: Collection[str],
    width: int,
    in_time: Callable[[int], bool] = lambda _: True,
) -> cst.Module:
    """``module`` with ``import source`` or ``from source import name`` in it; it is not there yet.

    ``own`` are the project's own top-level packages, which stand in a group of their own. ``in_time`` tells of a
    statement's index whether an import there comes before the first use. A line that would be longer than ``width`` is
    put into parentheses, a name on each line.
    """
    module = _own_header(module)
    body = list(module.body)
    text = f"import {source}" if name is None else f"from {source} import {name}"
    line = cst.ensure_type(cst.parse_statement(text), cst.SimpleStatementLine)
    standard = source.partition(".")[0].lower() in _STANDARD_MODULES
    start, end = _leading_imports(body, 0 if standard else _behind_patches(body))
    if name is not None:
        for index in range(start, len(body)):
            if _imports_from(body[index], source) and (index < end or in_time(index)):
                grown = _with_name(cst.ensure_type(body[index], cst.SimpleStatementLine), name)
                if grown is not None and len(module.code_for_node(grown).strip("\r\n").splitlines()[-1]) > width:
                    grown = _one_a_line(grown, module.default_indent)
                body[index : index + 1] = [grown] if grown else [body[index], line]
                return module.with_changes(body=body)
    _insert(body, start, end, line, own)
    return module.with_changes(body=body, has_trailing_newline=module.has_trailing_newline or not module.body)


def _own_header(module: cst.Module) -> cst.Module:
    """``module`` with the comment that is about its first statement led by that one, not by the file.

    LibCST gives every line at the top to the file. Below a blank line a comment is the statement's; in the first
    lines it is the file's, save above a definition or the like.
    """
    above, own = parted(module.header)
    if not module.body or not own:
        return module
    if not above:
        cut = sum(1 for line in own[:2] if line.comment and _FIRST_LINES.match(line.comment.value))
        above, own = own[:cut], own[cut:]
        whole = any(line.comment and _OF_THE_FILE.search(line.comment.value) for line in own)
        if whole or _key(module.body[0]) is not None or _is_docstring(module.body[0]):
            return module
    first = module.body[0].with_changes(leading_lines=[*own, *module.body[0].leading_lines])
    return module.with_changes(header=above, body=[first, *module.body[1:]])


def _behind_patches(body: Sequence[cst.CSTNode]) -> int:
    """The first place behind ``monkey.patch_all()``, which comes too late for what is imported above it."""
    for index in reversed(range(len(body))):
        if not isinstance(body[index], cst.FunctionDef | cst.ClassDef) and m.findall(body[index], _PATCH):
            return index + 1
    return 0


def _leading_imports(body: Sequence[cst.CSTNode], start: int) -> tuple[int, int]:
    """The run of imports at the top of a file or from ``start`` on, after the docstring and ``from __future__``."""
    if not start and body and _is_docstring(body[0]):
        start = 1
    while start < len(body) and _imports_from(body[start], "__future__"):
        start += 1
    end = start
    while end < len(body) and _key(body[end]) is not None:
        end += 1
    return start, end


def _is_docstring(node: cst.CSTNode) -> bool:
    first = node.body[0] if isinstance(node, cst.SimpleStatementLine) else None
    return first is not None and is_text(first)


def _imports_from(node: cst.CSTNode, source: str) -> bool:
    first = node.body[0] if isinstance(node, cst.SimpleStatementLine) and len(node.body) == 1 else None
    return (
        isinstance(first, cst.ImportFrom)
        and not first.relative
        and first.module is not None
        and get_full_name_for_node(first.module) == source
        and not isinstance(first.names, cst.ImportStar)
    )


def _key(node: cst.CSTNode) -> Key | None:
    """How isort and ruff sort a line of imports; None for any other statement."""
    if not isinstance(node, cst.SimpleStatementLine):
        return None
    keys: list[Key] = []
    for statement in node.body:
        if isinstance(statement, cst.Import):
            keys.append((False, (get_full_name_for_node(statement.names[0].name) or "").lower()))
        elif isinstance(statement, cst.ImportFrom):
            dots = "." * len(statement.relative)
            name = get_full_name_for_node(statement.module) if statement.module else ""
            keys.append((True, f"{dots}{name}".lower()))
        else:
            return None
    return keys[0]


def _group(key: Key, own: Collection[str]) -> int:
    package = key[1].partition(".")[0]
    if not package:
        return _LOCAL
    if package in own:
        return _FIRST_PARTY
    return _STANDARD if package in _STANDARD_MODULES else _THIRD_PARTY


_STANDARD_MODULES = frozenset(name.lower() for name in sys.stdlib_module_names)


def _insert(body: list[Statement], start: int, end: int, line: cst.SimpleStatementLine, own: Collection[str]) -> None:
    wanted = _key(line)
    assert wanted is not None
    group = _group(wanted, own)
    keys = [_key(node) or (False, "") for node in body[start:end]]
    same = [index for index, key in enumerate(keys) if _group(key, own) == group]
    if same:
        _insert_in_group(body, line, wanted, [(start + index, keys[index]) for index in same])
        return
    before = [index for index, key in enumerate(keys) if _group(key, own) < group]
    place = start + before[-1] + 1 if before else start
    if place < len(body):
        following = body[place]
        above = list(following.leading_lines)
        if before or (above and above[0].comment is None):
            line = line.with_changes(leading_lines=[_BLANK])
        if not above or above[0].comment is not None:
            blank = [_BLANK] * (2 if isinstance(following, cst.FunctionDef | cst.ClassDef) else 1)
            body[place] = following.with_changes(leading_lines=[*blank, *above])
        # Right below a docstring a blank line, unless the file has its imports there without one.
        close = start and place < end and _is_docstring(body[start - 1])
        if start == place and start and not line.leading_lines and not close:
            line = line.with_changes(leading_lines=[_BLANK])
    elif place:
        line = line.with_changes(leading_lines=[_BLANK])
    body.insert(place, line)


def _insert_in_group(
    body: list[Statement],
    line: cst.SimpleStatementLine,
    wanted: Key,
    same: Sequence[tuple[int, Key]],
) -> None:
    by_kind = [key for _, key in same]
    by_name = [key[1] for _, key in same]
    if by_kind != sorted(by_kind) and by_name == sorted(by_name):
        place = _behind_smaller(by_name, wanted[1])
    else:
        place = _behind_smaller(by_kind, wanted)
    if place:
        body.insert(same[place - 1][0] + 1, line)
        return
    first = same[0][0]
    above = list(body[first].leading_lines)
    if any(each.comment for each in above):
        body.insert(first + 1, line)  # the comment heads the group: stay below it
        return
    body[first] = body[first].with_changes(leading_lines=[])
    body.insert(first, line.with_changes(leading_lines=above))


def _with_name(line: cst.SimpleStatementLine, name: str) -> cst.SimpleStatementLine | None:
    """The import with one name more in it; None where comments inside would change their meaning."""
    statement = cst.ensure_type(line.body[0], cst.ImportFrom)
    assert not isinstance(statement.names, cst.ImportStar)
    names = list(statement.names)
    place = _place_among([alias.evaluated_name for alias in names], name)
    new = cst.ImportAlias(name=cst.Name(name))
    between = names[0].comma if len(names) > 1 else cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
    assert isinstance(between, cst.Comma)
    if place < len(names):
        apart = _bare(between)
        if place == 0 and statement.lpar is not None and comments(statement.lpar):
            return None
        if place:
            before = cst.ensure_type(names[place - 1].comma, cst.Comma)
            if isinstance(space := before.whitespace_after, cst.ParenthesizedWhitespace):
                # A comment behind the name in front stays there, one above the name that follows stays above it.
                above = space.with_changes(first_line=cst.TrailingWhitespace())
                apart = before.with_changes(whitespace_after=above)
                own = before.with_changes(whitespace_after=space.with_changes(empty_lines=()))
                names[place - 1] = names[place - 1].with_changes(comma=own)
        names.insert(place, new.with_changes(comma=apart))
    else:
        last = names[-1]
        if isinstance(last.comma, cst.Comma):
            end = last.comma.whitespace_after
            if isinstance(end, cst.ParenthesizedWhitespace) and any(each.comment for each in end.empty_lines):
                return None
            new = new.with_changes(comma=_bare(last.comma))
            if isinstance(end, cst.ParenthesizedWhitespace) and comments(end):
                inner = _bare(between).whitespace_after
                if not isinstance(inner, cst.ParenthesizedWhitespace):
                    return None
                comma = last.comma.with_changes(whitespace_after=inner.with_changes(first_line=end.first_line))
            else:
                comma = _bare(between)
        elif statement.rpar is not None and comments(statement.rpar):
            return None
        else:
            comma = _bare(between)
        names[-1] = last.with_changes(comma=comma)
        names.append(new)
    return line.with_changes(body=[statement.with_changes(names=names)])


def _one_a_line(line: cst.SimpleStatementLine, indent: str) -> cst.SimpleStatementLine:
    """An import whose names stand in parentheses, each on its line; as it is where it has a layout or a comment."""
    statement = cst.ensure_type(line.body[0], cst.ImportFrom)
    apart = cst.ParenthesizedWhitespace(indent=True, last_line=cst.SimpleWhitespace(indent))
    if line.trailing_whitespace.comment or isinstance(statement.names, cst.ImportStar):
        return line
    if "\n" in cst.Module([]).code_for_node(statement):
        return line
    names = [alias.with_changes(comma=cst.Comma(whitespace_after=apart)) for alias in statement.names]
    end = cst.Comma(whitespace_after=cst.ParenthesizedWhitespace(indent=True))
    names[-1] = names[-1].with_changes(comma=end)
    statement = statement.with_changes(names=names, lpar=cst.LeftParen(whitespace_after=apart), rpar=cst.RightParen())
    return line.with_changes(body=[statement])


def _bare(comma: cst.Comma) -> cst.Comma:
    """A comma with the line break behind it, and no comment."""
    space = comma.whitespace_after
    if not isinstance(space, cst.ParenthesizedWhitespace):
        return comma
    bare = space.with_changes(first_line=cst.TrailingWhitespace(), empty_lines=())
    return comma.with_changes(whitespace_after=bare)


def _place_among(names: Sequence[str], name: str) -> int:
    keys = [_by_type(each) for each in names]
    if keys != sorted(keys):
        for key in (str.lower, str):
            others = [key(each) for each in names]
            if others == sorted(others):
                return _behind_smaller(others, key(name))
    return _behind_smaller(keys, _by_type(name))


def _behind_smaller(keys: Sequence[_Key], wanted: _Key) -> int:
    """The place behind the last of ``keys`` that is not larger: where they have no order, several new ones still come
    to stand in the same one, whichever is added first."""
    return max((index + 1 for index, key in enumerate(keys) if not key > wanted), default=0)


def _by_type(name: str) -> tuple[int, str]:
    """isort's default: CONSTANTS, then Classes, then functions."""
    kind = 0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2
    return kind, name.lower()
