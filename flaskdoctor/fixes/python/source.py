"""The bytes of a Python file as text and back again, without losing one: BOM, coding line, form feeds."""

from __future__ import annotations

import io
import re
import tokenize
from bisect import bisect_right
from collections import Counter

import libcst as cst

from flaskdoctor.errors import Refuse
from flaskdoctor.fixes.python.walking import children

BOM = b"\xef\xbb\xbf"
LINE_END = re.compile(r"\r\n|\r|\n")  # what Python and LibCST call a line; str.splitlines() knows seven more
_MARKER = "# flaskdoctor-form-feed"


class Source:
    """One file's text. ``module`` is its LibCST tree, ``restore`` turns a changed tree back into bytes.

    LibCST drops a form feed that stands in front of a statement. Such a form feed is taken out before parsing
    and a marker comment on a line of its own holds its place until the text is put together again.
    """

    def __init__(self, source: bytes) -> None:
        self.bom = BOM if source.startswith(BOM) else b""
        self._bytes = source
        body = source[len(self.bom) :]
        try:
            name, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
            self.encoding = "utf-8" if self.bom else name
            self.text = body.decode(self.encoding)
        except (SyntaxError, UnicodeDecodeError, LookupError) as error:
            raise Refuse("The file's encoding cannot be read, so it stays as it is.", str(error)) from error
        self._tail = ""  # what follows the last statement, where LibCST would not give it back
        self.lines = LINE_END.split(self.text)
        self._marked: list[int] = []  # line numbers (from 1) whose form feed was taken out
        self._feeds: dict[int, int] = {}  # those lines: how many characters were taken from their start
        self.parsed_lines = self.lines  # what LibCST got to see
        self.module = _with_its_indent(self._parse())

    def place(self, line: int, byte_column: int) -> tuple[int, int]:
        """Where LibCST has what ``ast`` has at ``line`` and UTF-8 ``byte_column``: line, character column."""
        text = self.lines[line - 1]
        column = byte_column
        if not text.isascii():
            column = len(text.encode("utf-8")[:byte_column].decode("utf-8", "replace"))
        return line + bisect_right(self._marked, line), column - self._feeds.get(line, 0)

    def restore(self, module: cst.Module) -> bytes:
        """The bytes of a (changed) tree, in the file's own encoding."""
        text = module.code
        if self._marked:
            text = re.sub(rf"^[ \t]*{_MARKER} (\d+)(?:\r\n|\r|\n|\Z)", lambda m: "\f" * int(m[1]), text, flags=re.M)
        try:
            return self.bom + (text + self._tail).encode(self.encoding)
        except UnicodeEncodeError as error:
            raise Refuse(f"The file is written in {self.encoding}, which has no room for the new text.") from error

    def _parse(self) -> cst.Module:
        """The tree. Where LibCST does not give the text back, it gets to see less of it."""
        module = _parse(self.text)
        if module.code == self.text:
            return module
        self._tail = _tail(self.text)
        for text in (self.text.removesuffix(self._tail), self._without_form_feeds()):
            self.parsed_lines = LINE_END.split(text)
            module = _parse(text)
            if self.restore(module) == self._bytes:
                return module
        raise Refuse("The file's line ends or indentation cannot be kept exactly, so it stays as it is.")

    def _without_form_feeds(self) -> str:
        inside = _lines_inside_tokens(self.text)
        ends = LINE_END.findall(self.text)
        ends.append("")
        out: list[str] = []
        for number, line in enumerate(self.lines, start=1):
            bare = line.lstrip("\f")
            end = ends[number - 1]
            if bare != line and bare.strip() and number not in inside:
                taken = len(line) - len(bare)
                out.append(f"{_MARKER} {taken}{ends[0] or chr(10)}")
                self._marked.append(number)
                self._feeds[number] = taken
                line = bare
            out.append(line + end)
        return "".join(out).removesuffix(self._tail)


def _tail(text: str) -> str:
    """The blank and comment lines behind the last statement: no string reaches over the end of a file."""
    ends = [0, *(match.end() for match in LINE_END.finditer(text))]
    start = len(text)
    for end in reversed(ends):
        if not re.fullmatch(r"[ \t\f]*(?:#.*)?", text[end:start].rstrip("\r\n")):
            break
        start = end
    return "" if text[:start].rstrip("\r\n").endswith("\\") else text[start:]


def _with_its_indent(module: cst.Module) -> cst.Module:
    """``module``, which indents as its continued lines do where it has no block to go by."""
    if any(isinstance(statement, cst.BaseCompoundStatement) for statement in module.body):
        return module
    indents: Counter[str] = Counter()
    stack: list[cst.CSTNode] = [module]
    while stack:
        node = stack.pop()
        if isinstance(node, cst.ParenthesizedWhitespace) and re.fullmatch(r"\t| {2,4}", node.last_line.value):
            indents[node.last_line.value] += 1
        stack.extend(children(node))
    return module.with_changes(default_indent=indents.most_common(1)[0][0]) if indents else module


def _parse(text: str) -> cst.Module:
    try:
        return cst.parse_module(text)
    except (cst.ParserSyntaxError, RecursionError) as error:
        raise Refuse("LibCST cannot parse this file, so it stays as it is.") from error


def _lines_inside_tokens(text: str) -> set[int]:
    """The lines that begin inside a string or an open bracket."""
    inside: set[int] = set()
    depth = 0
    previous = 1
    try:
        for token in tokenize.generate_tokens(io.StringIO(text, newline="").readline):
            if depth:
                inside.update(range(previous + 1, token.end[0] + 1))
            else:
                inside.update(range(token.start[0] + 1, token.end[0] + 1))
            if token.type == tokenize.OP:
                depth += (token.string in "([{") - (token.string in ")]}")
            previous = token.end[0]
    except (tokenize.TokenError, SyntaxError):
        return set(range(1, len(LINE_END.split(text)) + 1))
    return inside
