"""Comments that switch a rule off for a line or a file: reading them, what they cover, taking out, putting in."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import NamedTuple

from flaskdoctor.patterns import lazy

# An opened bracket that is never closed takes in the rest: it must not switch everything off.
_OWN = lazy(r"#\s*flaskdoctor:\s*(ignore-file|ignore)(?![\w-])\s*(?:\[([^\]#]*)\]?)?", re.IGNORECASE)
_NEXT_COMMENT = lazy(r"\s#(?=\s*[A-Za-z])")  # another comment begins, and not ``see #12``
# What bandit, ruff and detect-secrets understand; they count for the rules about secrets in code. Where codes are
# named, one of those about passwords has to be among them.
_VOUCHED = (
    lazy(r"#.*?\bnoqa\b(?!\s*:)", re.IGNORECASE),
    lazy(r"#.*?\bnoqa\s*:[^#]*\bS10[567]\b", re.IGNORECASE),
    lazy(r"#.*?\bnosec\b(?![^#]*\bB\d{3}\b)", re.IGNORECASE),
    lazy(r"#.*?\bnosec\b[^#]*\bB10[567]\b", re.IGNORECASE),
    lazy(r"#.*?pragma:\s*allowlist secret", re.IGNORECASE),
)
_VOUCHED_NEXT = lazy(r"#.*?pragma:\s*allowlist nextline secret", re.IGNORECASE)  # detect-secrets, from 1.1 on
SECRET_RULES = frozenset({"FD301", "FD302", "FD303", "FD304", "FD305"})
UNUSED = "FD003"  # the rule about comments that switch nothing off
EVERYTHING = ("*", "all")


class Comment(NamedTuple):
    """One ``# flaskdoctor: ignore[..]``.

    ``column`` is that of its ``#`` and ``end_column`` the one behind its last character, from 1, in characters;
    other comments on the line are no part of it. ``selectors`` are lower case as written, ``("*",)`` where none is.
    ``alone``: no code stands on the line.
    """

    line: int
    column: int
    end_column: int
    kind: str  # "ignore" or "ignore-file"
    selectors: tuple[str, ...]
    alone: bool


class Unused(NamedTuple):
    """A comment in the file ``path`` of which the ``selectors`` switch nothing off."""

    path: str
    comment: Comment
    selectors: tuple[str, ...]


class Suppressions(NamedTuple):
    """The comments of one file. ``secrets`` are the lines on which another tool's comment vouches for a literal.

    ``broken``: the file does not parse, so that nothing is known of what its comments would switch off.
    """

    comments: tuple[Comment, ...]
    secrets: frozenset[int]
    broken: bool = False

    def cover(self, code: str, name: str, first: int, last: int) -> bool:
        """Whether a finding on these lines is switched off."""
        return self.vouched(code, first, last) or next(self.covering(code, name, first, last), None) is not None

    def vouched(self, code: str, first: int, last: int) -> bool:
        """Whether another tool's comment on these lines vouches for the literal that a rule reports."""
        return code in SECRET_RULES and any(first <= line <= max(first, last) for line in self.secrets)

    def covering(self, code: str, name: str, first: int, last: int) -> Iterator[tuple[int, int]]:
        """The selectors that switch off a finding on these lines: the number of the comment, that of the selector."""
        tip = code[2:-2]
        words = {code.lower(), name.lower(), f"tip:{tip}", f"tip{tip}"}
        for number, comment in enumerate(self.comments):
            whole = comment.kind == "ignore-file"
            if not whole and not first <= comment.line <= max(first, last):
                continue
            for place, selector in enumerate(comment.selectors):
                # A comment without a rule's name does not hide that it is needless itself.
                if selector in words or (selector in EVERYTHING and code != UNUSED):
                    yield number, place

    def unused(self, path: str, used: Collection[tuple[int, int]]) -> Iterator[Unused]:
        """The comments with selectors that are not among those ``used``; none in a file that is switched off as a
        whole, with effect."""
        if any(
            self.comments[number].kind == "ignore-file" and self.comments[number].selectors[place] in EVERYTHING
            for number, place in used
        ):
            return
        for number, comment in enumerate(self.comments):
            left = tuple(word for place, word in enumerate(comment.selectors) if (number, place) not in used)
            if left:
                yield Unused(path, comment, left)


NONE = Suppressions((), frozenset())


def read_suppressions(source: bytes, *, secrets_found: bool, broken: bool = False) -> Suppressions:
    """The suppression comments of a Python file; only real comments count, not strings that look like one.

    Other tools' comments are looked for only where ``secrets_found``: tokenizing is slow and ``noqa`` common. A
    ``broken`` file has no tokens to rely on: there a line that looks like it has the comment.
    """
    own = b"flaskdoctor:" in source
    marks = (b"nosec", b"noqa", b"NOQA", b"allowlist secret", b"allowlist nextline secret") if secrets_found else ()
    if not own and not any(mark in source for mark in marks):
        return NONE
    comments: list[Comment] = []
    secrets: set[int] = set()
    for line, column, text, alone in _of_lines(source) if broken else _of_tokens(source):
        if own:
            comments += _comments_in(line, column, text, alone=alone)
        if secrets_found and vouches(text):
            secrets.add(line)
        elif secrets_found and alone and _VOUCHED_NEXT.search(text):
            secrets.add(line + 1)
    return Suppressions(tuple(comments), frozenset(secrets), broken)


def vouches(comment: str) -> bool:
    """Whether another tool's comment says that a literal is no secret: ``# noqa: S105``, ``# nosec``."""
    return any(pattern.search(comment) for pattern in _VOUCHED)


def _of_tokens(source: bytes) -> Iterator[tuple[int, int, str, bool]]:
    """Line, column (from 0) and text of each comment, and whether it stands alone on its line."""
    import io
    import tokenize

    try:
        for token in tokenize.tokenize(io.BytesIO(source).readline):
            if token.type == tokenize.COMMENT:
                line, column = token.start
                yield line, column, token.string, not token.line[:column].strip()
    except (tokenize.TokenError, SyntaxError):
        return  # what was read before the error holds


def _of_lines(source: bytes) -> Iterator[tuple[int, int, str, bool]]:
    for number, line in enumerate(source.decode("utf-8", "replace").split("\n"), 1):
        column = line.find("#")
        if column >= 0:
            yield number, column, line[column:].rstrip(), not line[:column].strip()


def _comments_in(line: int, column: int, text: str, *, alone: bool) -> Iterator[Comment]:
    for match in _OWN.finditer(text):
        words = tuple(word.strip().lower() for word in (match[2] or "").split(",") if word.strip())
        following = _NEXT_COMMENT.search(text, match.start() + 1)
        end = following.start() if following is not None else len(text)
        yield Comment(
            line,
            column + match.start() + 1,
            column + len(text[:end].rstrip()) + 1,
            match[1].lower(),
            words or ("*",),
            alone,
        )


# -- taking one out -----------------------------------------------------------------------------------------


def without(source: bytes, unused: Unused) -> bytes | None:
    """The file without the selectors of a comment that switch nothing off, or without the comment where none is left.

    All else stays as it is, byte for byte: code, other comments, line ends. None where the comment is not there.
    """
    comment = unused.comment
    if comment not in read_suppressions(source, secrets_found=False).comments:
        return None
    mark = b"\xef\xbb\xbf" if source.startswith(b"\xef\xbb\xbf") else b""
    lines = source[len(mark) :].split(b"\n")
    encoding = _encoding(source)
    text = lines[comment.line - 1].decode(encoding)
    start, end = comment.column - 1, comment.end_column - 1
    kept = _with_selectors(text[start:end], unused.selectors)
    if kept:
        changed = text[:start] + kept + text[end:]
    elif text[end:].strip():
        changed = text[:start] + text[end:].lstrip(" \t")  # another comment follows: it takes this one's place
    else:
        changed = text[:start].rstrip() + text[end:]
    if not changed.strip():
        del lines[comment.line - 1]
    else:
        lines[comment.line - 1] = changed.encode(encoding)
    return mark + b"\n".join(lines)


def _with_selectors(comment: str, unwanted: Collection[str]) -> str:
    """A comment without some of its selectors; empty where none is left."""
    match = _OWN.match(comment)
    if match is None or match[2] is None:
        return ""
    pieces = match[2].split(",")
    kept = [piece for piece in pieces if piece.strip() and piece.strip().lower() not in unwanted]
    if not kept:
        return ""
    if kept[0] is not pieces[0]:
        kept[0] = kept[0].lstrip()
    return comment[: match.start(2)] + ",".join(kept) + comment[match.end(2) :]


# -- putting one in -----------------------------------------------------------------------------------------


def with_rule(source: bytes, code: str, name: str, first: int, last: int) -> bytes | None:
    """The file with a comment that switches the rule off for what is found on these lines (from 1).

    A comment of ours that stands there takes the code in; else a new one goes behind the first line that can bear one:
    not inside a text, not behind a backslash. Nothing else changes, byte for byte, and the file means what it meant.
    None where no line will do. Raises ``SyntaxError`` or ``ValueError`` for a file that does not parse.
    """
    import ast

    meaning = ast.dump(ast.parse(source))
    own = [comment for comment in read_suppressions(source, secrets_found=False).comments if comment.kind == "ignore"]
    lines = source.split(b"\n")
    here = [comment for comment in own if first <= comment.line <= max(first, last)]
    changes = [(comment.line, _taken_in(source, lines, comment, code)) for comment in here]
    changes += [(line, _behind(lines, line, code)) for line in _ends(source, first, max(first, last))]
    for line, text in changes:
        if text is None:
            continue
        changed = b"\n".join((*lines[: line - 1], text, *lines[line:]))
        try:
            same = ast.dump(ast.parse(changed)) == meaning
        except (SyntaxError, ValueError):
            continue
        comments = read_suppressions(changed, secrets_found=False)
        if same and any(True for _ in comments.covering(code, name, first, last)):
            return changed
    return None


def _taken_in(source: bytes, lines: list[bytes], comment: Comment, code: str) -> bytes | None:
    """The comment's line, with one more rule in its brackets."""
    mark = "\ufeff" if comment.line == 1 and source.startswith(b"\xef\xbb\xbf") else ""
    encoding = _encoding(source)
    text = lines[comment.line - 1].decode(encoding).removeprefix(mark)
    start, end = comment.column - 1, comment.end_column - 1
    match = _OWN.match(text[start:end])
    if match is None or (match[2] is not None and match[0][-1] != "]"):
        return None  # its bracket is never closed
    if match[2] is None:
        kept = f"{match[0].rstrip()}[{EVERYTHING[1]}, {code}]{match[0][len(match[0].rstrip()) :]}"
        changed = kept + text[start + match.end() : end]
    else:
        words = match[2].rstrip()
        space = match[2][len(words) :]
        if not words.strip():
            words = EVERYTHING[1]  # what an empty bracket stands for
        joined = f"{words}{'' if words.endswith(',') else ','} {code}"
        changed = text[start : start + match.start(2)] + joined + space + text[start + match.end(2) : end]
    return (mark + text[:start] + changed + text[end:]).encode(encoding)


def _ends(source: bytes, first: int, last: int) -> Iterator[int]:
    """Those of the lines that end outside of a text and without a backslash: each that is tried is a parse of the file,
    and a text can go over hundreds of them."""
    import io
    import tokenize

    try:
        for token in tokenize.tokenize(io.BytesIO(source).readline):
            if token.start[0] > last:
                return
            if token.type in (tokenize.NEWLINE, tokenize.NL) and token.start[0] >= first:
                yield token.start[0]
    except (tokenize.TokenError, SyntaxError):
        return


def _behind(lines: list[bytes], line: int, code: str) -> bytes | None:
    """The line with a comment of its own at the end."""
    if not 1 <= line <= len(lines):
        return None
    text = lines[line - 1]
    ending = b"\r" if text.endswith(b"\r") else b""
    body = text.removesuffix(b"\r").rstrip(b" \t")
    if not body.removeprefix(b"\xef\xbb\xbf").strip():
        return None
    return body + f"  # flaskdoctor: ignore[{code}]".encode() + ending


def _encoding(source: bytes) -> str:
    from io import BytesIO
    from tokenize import detect_encoding

    encoding, _ = detect_encoding(BytesIO(source).readline)
    return "utf-8" if encoding == "utf-8-sig" else encoding
