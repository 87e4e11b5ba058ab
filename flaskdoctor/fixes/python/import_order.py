"""Where a new import goes: into the file's own order."""

from __future__ import annotations

import sys
from bisect import bisect_right
from collections.abc import Collection, Sequence

import libcst as cst
import libcst.matchers as m
from libcst.helpers import get_full_name_for_node

from flaskdoctor.fixes.python.walking import comments

_STANDARD, _THIRD_PARTY, _FIRST_PARTY, _LOCAL = range(4)
_BLANK = cst.EmptyLine(indent=False)
_PATCHER = m.Name("patch_all") | m.Name("monkey_patch")
_PATCH = m.Call(func=_PATCHER | m.Attribute(attr=_PATCHER))

Statement = cst.SimpleStatementLine | cst.BaseCompoundStatement
Key = tuple[bool, str]


def insert_import(module: cst.Module, source: str, name: str | None, own: Collection[str] = ()) -> cst.Module:
    """``module`` with ``import source`` or ``from source import name`` in it; it is not there yet.

    ``own`` are the project's own top-level packages, which stand in a group of their own.
    """
    body = list(module.body)
    text = f"import {source}" if name is None else f"from {source} import {name}"
    line = cst.ensure_type(cst.parse_statement(text), cst.SimpleStatementLine)
    standard = source.partition(".")[0].lower() in _STANDARD_MODULES
    start, end = _leading_imports(body, 0 if standard else _behind_patches(body))
    if name is not None:
        for index in range(start, end):
            if _imports_from(body[index], source):
                grown = _with_name(cst.ensure_type(body[index], cst.SimpleStatementLine), name)
                body[index : index + 1] = [grown] if grown else [body[index], line]
                return module.with_changes(body=body)
    _insert(body, start, end, line, own)
    return module.with_changes(body=body, has_trailing_newline=module.has_trailing_newline or not module.body)


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
    return isinstance(first, cst.Expr) and isinstance(first.value, cst.SimpleString | cst.ConcatenatedString)


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
        if start == place and start and not line.leading_lines:
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
    if by_kind == sorted(by_kind):
        place = bisect_right(by_kind, wanted)
    elif by_name == sorted(by_name):
        place = bisect_right(by_name, wanted[1])
    else:
        place = len(same)
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
    if comments(statement):
        return None
    names = list(statement.names)
    place = _place_among([alias.evaluated_name for alias in names], name)
    commas = [alias.comma for alias in names]
    between = commas[0] if len(names) > 1 else cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
    names.insert(place, cst.ImportAlias(name=cst.Name(name)))
    commas.insert(len(commas) - 1, between)
    names = [alias.with_changes(comma=comma) for alias, comma in zip(names, commas, strict=True)]
    return line.with_changes(body=[statement.with_changes(names=names)])


def _place_among(names: Sequence[str], name: str) -> int:
    for key in (_by_type, str.lower, str):
        keys = [key(each) for each in names]
        if keys == sorted(keys):
            return bisect_right(keys, key(name))
    return len(names)


def _by_type(name: str) -> tuple[int, str]:
    """isort's default: CONSTANTS, then Classes, then functions."""
    kind = 0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2
    return kind, name.lower()
