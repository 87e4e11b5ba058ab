"""Taking arguments out of a call, renaming and adding them, without disturbing the others."""

from __future__ import annotations

import libcst as cst

from flaskdoctor.errors import Refuse
from flaskdoctor.fixes.python.walking import comments


class ArgumentChanges:
    """What shall happen to one call's arguments; positions are those of the original call."""

    def __init__(self) -> None:
        self.removed: set[int] = set()
        self.renamed: dict[int, str | None] = {}
        self.added: dict[str, str] = {}  # keywords and their values
        self.room: int | None = None  # the characters that may come on the call's only line

    def apply(self, call: cst.Call, indent: str) -> cst.Call:
        """The call with its arguments renamed, removed and added. Where they would make its line too long, each stands
        on a line of its own, ``indent`` further in."""
        arguments = [
            _renamed(argument, self.renamed[position]) if position in self.renamed else argument
            for position, argument in enumerate(call.args)
        ]
        for position in sorted(self.removed, reverse=True):
            _remove(arguments, position)
        changed = call.with_changes(args=arguments)
        if not arguments and isinstance(call.whitespace_before_args, cst.ParenthesizedWhitespace):
            changed = changed.with_changes(whitespace_before_args=cst.SimpleWhitespace(""))
        if (
            arguments
            and self.room is not None
            and sum(len(f", {name}={value}") for name, value in self.added.items()) > self.room
        ):
            changed = _one_a_line(changed, indent)
        for keyword, value in self.added.items():
            changed = _added(changed, keyword, value)
        return changed


def check_removal(call: cst.Call, position: int) -> None:
    """Raises ``Refuse`` where a comment would go with the argument."""
    argument = call.args[position]
    lost = comments(argument)
    if position == len(call.args) - 1 == 0:
        lost += comments(call.whitespace_before_args)
    if lost:
        raise Refuse("A comment stands beside the argument and would be lost, so it stays as it is.")


def check_rename(call: cst.Call, position: int, new: str | None) -> None:
    """Raises ``Refuse`` where the new spelling would mean another argument, or lose a comment."""
    if new is not None:
        if any(argument.keyword and argument.keyword.value == new for argument in call.args):
            raise Refuse(f"The call has an argument {new!r} already, so it stays as it is.")
        return
    if any(argument.keyword or argument.star for argument in call.args[:position]):
        raise Refuse("The arguments in front of it have no fixed order, so it stays as it is.")
    equal = call.args[position].equal
    if isinstance(equal, cst.CSTNode) and comments(equal):
        raise Refuse("A comment stands inside the argument and would be lost, so it stays as it is.")


def check_addition(call: cst.Call, keyword: str) -> None:
    """Raises ``Refuse`` where the call has the argument, or may have it in what ``**`` stands for."""
    if any(argument.star == "**" or (argument.keyword and argument.keyword.value == keyword) for argument in call.args):
        raise Refuse(f"The call may have an argument {keyword!r} already, so it stays as it is.")
    if len(call.args) == 1 and isinstance(call.args[0].value, cst.GeneratorExp) and not call.args[0].value.lpar:
        raise Refuse("The call's one argument is a bare generator, so it stays as it is.")


def _added(call: cst.Call, keyword: str, value: str) -> cst.Call:
    """The call with one more argument at its end, on a line of its own where the last one stands on one."""
    new = cst.Arg(
        keyword=cst.Name(keyword),
        value=cst.parse_expression(value),
        equal=cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace("")),
    )
    if not call.args:
        return call.with_changes(args=[new])
    last = call.args[-1]
    before = call.args[-2].comma if len(call.args) > 1 else None
    line = before.whitespace_after if isinstance(before, cst.Comma) else call.whitespace_before_args
    apart: cst.BaseParenthesizableWhitespace = cst.SimpleWhitespace(" ")
    if isinstance(line, cst.ParenthesizedWhitespace):
        apart = cst.ParenthesizedWhitespace(indent=line.indent, last_line=line.last_line)
    comma = last.comma if isinstance(last.comma, cst.Comma) else None
    behind = comma.whitespace_after if comma is not None else last.whitespace_after_arg
    if isinstance(behind, cst.ParenthesizedWhitespace) and isinstance(apart, cst.ParenthesizedWhitespace):
        # A comment behind the last argument stays behind it.
        apart = behind.with_changes(indent=apart.indent, last_line=apart.last_line)
        end: cst.BaseParenthesizableWhitespace = cst.ParenthesizedWhitespace(
            indent=behind.indent, last_line=behind.last_line
        )
    elif comments(behind):
        raise Refuse("A comment stands behind the last argument, so it stays as it is.")
    else:
        end = behind
    if comma is not None:
        new = new.with_changes(comma=comma.with_changes(whitespace_after=end))
    else:
        new = new.with_changes(whitespace_after_arg=end)
        last = last.with_changes(whitespace_after_arg=cst.SimpleWhitespace(""))
    last = last.with_changes(comma=cst.Comma(whitespace_after=apart))
    return call.with_changes(args=[*call.args[:-1], last, new])


def _one_a_line(call: cst.Call, indent: str) -> cst.Call:
    inside = cst.ParenthesizedWhitespace(indent=True, last_line=cst.SimpleWhitespace(indent))
    commas = [cst.Comma(whitespace_after=inside)] * (len(call.args) - 1)
    commas += [cst.Comma(whitespace_after=cst.ParenthesizedWhitespace(indent=True))] * bool(call.args)
    arguments = [
        argument.with_changes(comma=comma, whitespace_after_arg=cst.SimpleWhitespace(""))
        for argument, comma in zip(call.args, commas, strict=True)
    ]
    return call.with_changes(args=arguments, whitespace_before_args=inside)


def _renamed(argument: cst.Arg, new: str | None) -> cst.Arg:
    if new is None:
        return argument.with_changes(keyword=None, equal=cst.MaybeSentinel.DEFAULT)
    return argument.with_changes(keyword=cst.Name(new))


def _remove(arguments: list[cst.Arg], position: int) -> None:
    gone = arguments.pop(position)
    if position < len(arguments) or position == 0:
        return
    # It was the last one: what stood behind it now stands behind the one before.
    before = arguments[position - 1]
    comma = before.comma
    if isinstance(comma, cst.Comma) and comments(comma):
        end = _line_start(gone)
        space = comma.whitespace_after
        if isinstance(space, cst.ParenthesizedWhitespace):
            space = space.with_changes(last_line=end)
        before = before.with_changes(comma=comma.with_changes(whitespace_after=space))
    else:
        before = before.with_changes(comma=gone.comma, whitespace_after_arg=gone.whitespace_after_arg)
    arguments[position - 1] = before


def _line_start(argument: cst.Arg) -> cst.SimpleWhitespace:
    """The white space in front of what follows ``argument`` on its next line."""
    comma = argument.comma
    spaces = [comma.whitespace_after] if isinstance(comma, cst.Comma) else []
    for space in [*spaces, argument.whitespace_after_arg]:
        if isinstance(space, cst.ParenthesizedWhitespace):
            return space.last_line
    return cst.SimpleWhitespace("")
