"""Ways to write one and the same Python file: what a fix makes of it is known from what it makes of the plain one."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from itertools import pairwise

_LAYOUT = {
    tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER,
}  # fmt: skip
_F_STRING = getattr(tokenize, "FSTRING_START", -1)
_IMPORT = re.compile(r"\s*(?:from|import) ")


def tokens(text: str) -> list[tokenize.TokenInfo]:
    return list(tokenize.generate_tokens(io.StringIO(text, newline="").readline))


def code(text: str) -> list[str]:
    """The statements without their layout, and the imports in one order."""
    statements = [ast.unparse(statement) for statement in ast.parse(text).body]
    return sorted(statements, key=lambda each: each if _IMPORT.match(each) else "~")


def comments(text: str) -> list[str]:
    return [token.string for token in tokens(text) if token.type == tokenize.COMMENT]


def is_indented(text: str) -> bool:
    return any(line.startswith(" ") for line in text.split("\n"))


def is_aligned(text: str) -> bool:
    """Whether a line stands below a bracket of the one above, wherever that is."""
    depths = [len(line) - len(line.lstrip()) for line in text.split("\n") if line.strip()]
    return any(later - earlier > 8 for earlier, later in pairwise(depths))


def indented_by(text: str, unit: str) -> str:
    """Four spaces a level become ``unit``."""
    return re.sub(r"^(?: {4})+", lambda match: unit * (len(match[0]) // 4), text, flags=re.MULTILINE)


def with_form_feeds(text: str) -> str:
    """A form feed on the line above each top-level definition, as Emacs users have it."""
    return re.sub(r"\n\n\n(?=def |class |@)", "\n\n\f\n", text)


def in_single_quotes(text: str) -> str:
    """The strings that may have either quote, in single ones."""
    lines = text.split("\n")
    for token in reversed(tokens(text)):
        inside = token.string.lstrip("rbRB")[1:-1]
        if token.type == tokenize.STRING and token.string.endswith('"') and not re.search(r"""["'\\\n]""", inside):
            row, (start, end) = token.start[0] - 1, (token.start[1], token.end[1])
            lines[row] = lines[row][:start] + token.string.replace('"', "'") + lines[row][end:]
    return "\n".join(lines)


def has_quotes(text: str) -> bool:
    return any(token.type in (tokenize.STRING, _F_STRING) and len(token.string) > 2 for token in tokens(text))


def _statement_starts(text: str) -> Iterator[int]:
    """The indexes of the lines on which a statement or a decorator begins."""
    fresh = True
    for token in tokens(text):
        if token.type in _LAYOUT - {tokenize.NEWLINE}:
            continue
        if fresh:
            yield token.start[0] - 1
        fresh = token.type == tokenize.NEWLINE


def with_comments_above(text: str) -> str:
    """A comment above each statement."""
    lines = text.split("\n")
    for number in sorted(set(_statement_starts(text)), reverse=True):
        indent = lines[number][: len(lines[number]) - len(lines[number].lstrip())]
        lines.insert(number, f"{indent}# above {number}")
    return "\n".join(lines)


def with_comments_behind(text: str) -> str:
    """A comment behind each statement but the imports."""
    lines = text.split("\n")
    taken = {token.start[0] - 1 for token in tokens(text) if token.type == tokenize.COMMENT}
    for number in {token.end[0] - 1 for token in tokens(text) if token.type == tokenize.NEWLINE} - taken:
        if not _IMPORT.match(lines[number]):
            lines[number] += f"  # behind {number}"
    return "\n".join(lines)


def with_comments_around(text: str) -> str:
    """A comment above each statement, another one behind it."""
    return with_comments_behind(with_comments_above(text))


def with_comments_between(text: str) -> str:
    """Each part inside brackets on a line of its own, with a comment above it."""
    lines = text.split("\n")
    found = tokens(text)
    places: list[tuple[int, int]] = []
    depth = inside_string = 0
    for token, following in pairwise(found):
        inside_string += (token.type == _F_STRING) - (token.type == getattr(tokenize, "FSTRING_END", -1))
        if token.type != tokenize.OP or inside_string:
            continue
        depth += (token.string in "([{") - (token.string in ")]}")
        layout = following.type in (tokenize.NL, tokenize.COMMENT) or following.string in ")]}"
        if depth and token.string in "([{," and not layout:
            places.append(token.end)
    for number, (row, column) in reversed(list(enumerate(places))):
        line = lines[row - 1]
        indent = " " * (len(line) - len(line.lstrip()) + 4)
        lines[row - 1] = f"{line[:column]}  # between {number}\n{indent}{line[column:].lstrip()}"
    return "\n".join(lines)


def below_an_if(text: str) -> str:
    """All behind the imports as the body of an ``if``."""
    lines = text.split("\n")
    start = next(
        (number for number in _statement_starts(text) if not re.match(r'from|import|"""', lines[number])), len(lines)
    )
    while start and re.match(r"#|$", lines[start - 1]):
        start -= 1
    body = [f"    {line}" if line else line for line in lines[start:]]
    return "\n".join([*lines[:start], "if True:", *body])
