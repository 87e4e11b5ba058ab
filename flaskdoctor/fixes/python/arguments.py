"""Taking arguments out of a call, and renaming them, without disturbing the others."""

from __future__ import annotations

import libcst as cst

from flaskdoctor.errors import Refuse
from flaskdoctor.fixes.python.walking import comments


class ArgumentChanges:
    """What shall happen to one call's arguments; positions are those of the original call."""

    def __init__(self) -> None:
        self.removed: set[int] = set()
        self.renamed: dict[int, str | None] = {}

    def apply(self, call: cst.Call) -> cst.Call:
        """The call with its arguments renamed and removed."""
        arguments = [
            _renamed(argument, self.renamed[position]) if position in self.renamed else argument
            for position, argument in enumerate(call.args)
        ]
        for position in sorted(self.removed, reverse=True):
            _remove(arguments, position)
        changed = call.with_changes(args=arguments)
        if not arguments and isinstance(call.whitespace_before_args, cst.ParenthesizedWhitespace):
            changed = changed.with_changes(whitespace_before_args=cst.SimpleWhitespace(""))
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
