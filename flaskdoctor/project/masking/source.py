"""Source text as it may be shown: every secret in it is ••••, whatever its length.

Where Python parses, names and data flow decide (``nodes``); where it does not, every string on a line that
speaks of a secret goes. In both, what looks like a provider's token, a private key or a login in a URL goes too,
in strings, comments and plain text. Rather one literal too many than one secret in view.
"""

from __future__ import annotations

import ast
import re
import warnings
from bisect import bisect_right
from collections.abc import Iterable
from itertools import accumulate

from flaskdoctor.project.env.envfile import DOTS
from flaskdoctor.project.masking.nodes import secret_literals
from flaskdoctor.project.masking.pieces import NEWLINE, Piece, pieces
from flaskdoctor.project.masking.statements import strings_by_line, unknown_head
from flaskdoctor.project.masking.text import (
    SECRET_WORD,
    Span,
    dots_for,
    hide_assigned,
    hide_known,
    hide_random,
    hide_unquoted,
    indent_of,
    lines_of,
    private_keys,
)


def mask(text: str) -> str:
    """Python source with its secrets hidden; it has as many lines as before."""
    tree = _parse(text)
    found = list(pieces(text))
    if tree is None:
        return _compose_loosely(text, found)
    return _compose(text, found, *_of_tree(text, tree))


def mask_slice(text: str) -> str:
    """A piece of Python that begins and ends anywhere, as the hunk of a diff does."""
    head = unknown_head(text)
    masked = mask(text) if not head and _parse(text) is not None else None
    if masked is not None:
        return masked
    found = list(pieces(text))
    out = _compose_loosely(text, found)
    lines = NEWLINE.split(out)
    ends = NEWLINE.findall(out)
    for number in range(len(lines)):
        # The rest of a key whose beginning is not in the slice looks like this.
        if (number < head and lines[number].strip()) or re.fullmatch(r"\s*[A-Za-z0-9+/=]{40,}\W*", lines[number]):
            lines[number] = indent_of(lines[number]) + DOTS
    return "".join(line + end for line, end in zip(lines, [*ends, ""], strict=True))


def _parse(text: str) -> ast.Module | None:
    try:
        return _tree(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _parse_rest(text: str) -> ast.Module | None:
    """The tree of a text that does not parse, without the few lines that are in the way; places stay the same."""
    parts = [part for line in zip(NEWLINE.split(text), [*NEWLINE.findall(text), ""], strict=True) for part in line]
    for _ in range(8):
        try:
            return _tree("".join(parts))
        except SyntaxError as error:
            place = ((error.lineno or 1) - 1) * 2
            if place >= len(parts):
                return None
            line = parts[place]
            bare = line.strip()
            # A statement in its place keeps the block around it whole.
            filled = indent_of(line) + "pass".ljust(len(bare)) if len(bare) > 4 and not bare.startswith("pass") else ""
            parts[place] = filled.ljust(len(line))
        except (ValueError, RecursionError, MemoryError):
            return None
    return None


def _tree(text: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an odd escape in the project is not our caller's business
        return ast.parse(text)


def _of_tree(text: str, tree: ast.Module) -> tuple[list[Span], set[str]]:
    """The places of the secret literals of a parsed text, and the secrets worth looking for elsewhere."""
    lines = [line for _, line in lines_of(text)]
    starts = list(accumulate((len(line) for line in NEWLINE.split(text)), initial=0))
    ends = [len(end) for end in NEWLINE.findall(text)]
    offsets = [start + extra for start, extra in zip(starts, accumulate(ends, initial=0), strict=False)]

    def offset(line: int, column: int) -> int:
        content = lines[line - 1]
        if not content.isascii():
            column = len(content.encode("utf-8", "surrogatepass")[:column].decode("utf-8", "replace"))
        return offsets[line - 1] + column

    try:
        nodes, values = secret_literals(tree)
    except RecursionError:
        return [(0, len(text))], set()
    hidden = [
        (offset(node.lineno, node.col_offset), offset(node.end_lineno, node.end_col_offset))  # type: ignore[attr-defined]
        for node in nodes
    ]
    return hidden, {value for value in values if _is_telling(value)}


def _compose_loosely(text: str, found: list[Piece]) -> str:
    hidden = strings_by_line(text, found)
    tree = _parse_rest(text)
    if tree is not None:
        hidden = [*hidden, *_of_tree(text, tree)[0]]
    contents = (text[piece.inner : piece.outer] for piece in found if (piece.start, piece.end) in set(hidden))
    values = {content for content in contents if len(content) >= 8 and _is_telling(content) and " " not in content}
    return _compose(text, found, hidden, values, parsed=False)


def _compose(text: str, found: list[Piece], hidden: list[Span], values: set[str], *, parsed: bool = True) -> str:
    """The text with the hidden places, and what else is a secret, replaced."""
    hidden = sorted(hidden)
    keys = list(private_keys(text))
    covered: set[Span] = set()
    shown: list[tuple[int, int, str]] = []
    for piece in found:
        own = _overlapping(hidden, piece)
        covered.update(own)
        content = text[piece.inner : piece.outer]
        if own:
            content = dots_for(content) if content.strip() else content
        else:
            for start, end in reversed(_overlapping(keys, piece)):
                start, end = max(start - piece.inner, 0), min(max(end - piece.inner, 0), len(content))
                content = content[:start] + dots_for(content[start:end]) + content[end:]
            content = _content(content, piece, values)
        shown.append(
            (piece.start, piece.end, text[piece.start : piece.inner] + content + text[piece.outer : piece.end])
        )
    # A number, or a literal that was not found as a piece: its whole text goes.
    shown.extend((start, end, dots_for(text[start:end])) for start, end in hidden if (start, end) not in covered)
    out: list[str] = []
    place = 0
    torn = False  # whether a hidden string ended just before ``place``, perhaps too early
    for start, end, new in [*sorted(shown), (len(text), len(text), "")]:
        if start >= place:
            between = text[place:start]
            if not parsed:
                between = hide_unquoted(between)
                if torn and (rest := re.match(r"\w[^\r\n]*", between)):
                    between = DOTS + between[rest.end() :]
                torn = DOTS in new
            out += (between, new)
            place = end
    return "".join(out)


def _content(content: str, piece: Piece, values: Iterable[str]) -> str:
    """What is shown of a string's or a comment's content."""
    for value in sorted(values, key=len, reverse=True):  # one may be a part of another
        content = content.replace(value, DOTS)
    if piece.comment:
        return _comment(content)
    return hide_random(hide_known(hide_assigned(content, "string")))


def _comment(content: str) -> str:
    """A comment's text: it may be prose, or code that was switched off."""
    masked = hide_known(hide_assigned(content, "comment"))
    if SECRET_WORD.search(content) is None:
        return masked
    if masked == content and re.search(r"[(=\[]", content):
        found = [
            piece for piece in pieces(content) if piece.closed and not content[piece.start - 1 : piece.start].isalnum()
        ]
        for start, end in sorted(strings_by_line(content, found), reverse=True):
            masked = f'{masked[:start]}"{DOTS}"{masked[end:]}'
    return masked


def _overlapping(spans: list[Span], piece: Piece) -> list[Span]:
    return [span for span in spans[: bisect_right(spans, (piece.end - 1, 1 << 60))] if span[1] > piece.start]


def _is_telling(value: str) -> bool:
    """Whether a secret is worth looking for elsewhere in the file: no common word, no name of a field."""
    return len(value) >= 6 and "\n" not in value and not re.fullmatch(r"[A-Za-z_]{1,19}", value)
