"""Source text as it may be shown: every secret in it is ••••, whatever its length.

Where Python parses, names and data flow decide (``hiddennodes``); where it does not, every string on a line that
speaks of a secret goes. In both, what looks like a provider's token, a private key or a login in a URL goes too,
in strings, comments and plain text. Rather one literal too many than one secret in view.
"""

from __future__ import annotations

import ast
import re
import warnings
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import accumulate

from flaskdoctor.project.envfile import DOTS
from flaskdoctor.project.hiddennodes import secret_literals
from flaskdoctor.project.pieces import NEWLINE, Piece, pieces
from flaskdoctor.project.secretnames import PRIVATE_KEY, PROVIDER_TOKENS, URL_CREDENTIALS, is_secret_name

Span = tuple[int, int]

_NAME = re.compile(r"[A-Za-z_][\w.-]*")
# A secret's name, what may close around it (``["KEY"]``), a separator and the value, quoted or not.
_ASSIGNED = re.compile(
    r"(?P<name>[A-Za-z_][\w.-]*)(?P<close>[\"'\])}]*[^\S\r\n]*(?::[^\S\r\n]*[A-Za-z_][\w.\[\]]*[^\S\r\n]*(?==))?)"
    r"(?P<sep>:=|==|!=|=>|[=:,])(?P<gap>[^\S\r\n]*)(?:(?P<quote>[rbuRBU]{0,2}\"\"\"|[rbuRBU]{0,2}'''|[rbuRBU]{0,2}[\"'])(?P<quoted>[^\r\n]*)|(?P<bare>[^\s\"'][^\r\n]*))?"
)
_HEADER = re.compile(r"\b(?P<kind>Bearer|Basic|Token)(?P<gap>[ \t]+)(?P<value>[A-Za-z0-9._~+/=-]{8,})")
_REFERENCE = re.compile(
    r"(?:\{\{?[^{}]*\}?\}|\$\{[^{}:]*\}|\$\w+|%\(\w+\)s|%s|<[^<>]*>|os\.|environ|getenv|\*+$|None\b|True\b|False\b|•+)"
)
_FILLED_IN = re.compile(r"\{[^{}]*\}|\$\{[^{}:]*\}|%\(\w+\)s|%s|•+")
_CODE = re.compile(r"[A-Za-z_][\w.]*[\[(.]")
_RANDOM = re.compile(r"(?<![\w/+.-])(?=[A-Za-z0-9_+/=-]*\d)(?=[A-Za-z0-9_+/=-]*[A-Za-z])[A-Za-z0-9_+/=-]{24,}(?![\w/+-])")
_KEY_END = re.compile(r"-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----")
_KEY_LINE = re.compile(r"[\s#\"'(b]*[A-Za-z0-9+/=]{16,}[\\nr\"'),\s]*\Z")
_RESET = re.compile(r"(?:def|class|import|from|if|for|while|return|with|try|async|@)\b|[A-Za-z_][\w.]*\s*=[^=]")


def mask(text: str) -> str:
    """Python source with its secrets hidden; it has as many lines as before."""
    tree = _parse(text)
    found = list(pieces(text))
    hidden = _of_tree(text, tree) if tree is not None else _of_lines(text, found)
    return _compose(text, found, hidden, parsed=tree is not None)


def mask_plain(text: str) -> str:
    """Any other text (YAML, TOML, Dockerfile ..) with its secrets hidden, line by line."""
    keys = list(_private_keys(text))
    ends = NEWLINE.findall(text)
    out = []
    for number, (start, line) in enumerate(_lines(text)):
        inside = any(first <= start < last or start <= first < start + len(line) for first, last in keys)
        out.append(_indent(line) + DOTS if inside else _known(_assigned(line, "file")))
        out.append(ends[number] if number < len(ends) else "")
    return "".join(out)


def mask_slice(text: str) -> str:
    """A piece of Python that begins and ends anywhere, as the hunk of a diff does."""
    head = _unknown_head(text)
    masked = mask(text) if not head and _parse(text) is not None else None
    if masked is not None:
        return masked
    found = list(pieces(text))
    out = _compose(text, found, _of_lines(text, found), parsed=False)
    lines = NEWLINE.split(out)
    ends = NEWLINE.findall(out)
    for number in range(min(head, len(lines))):
        if lines[number].strip():
            lines[number] = _indent(lines[number]) + DOTS
    return "".join(line + end for line, end in zip(lines, [*ends, ""], strict=True))


def _parse(text: str) -> ast.Module | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


# -- what to hide -------------------------------------------------------------------------------------------


def _of_tree(text: str, tree: ast.Module) -> list[Span]:
    """The places of the secret literals of a parsed text."""
    lines = [line for _, line in _lines(text)]
    starts = list(accumulate((len(line) for line in NEWLINE.split(text)), initial=0))
    ends = [len(end) for end in NEWLINE.findall(text)]
    offsets = [start + extra for start, extra in zip(starts, accumulate(ends, initial=0), strict=False)]

    def offset(line: int, column: int) -> int:
        content = lines[line - 1]
        if not content.isascii():
            column = len(content.encode("utf-8", "surrogatepass")[:column].decode("utf-8", "replace"))
        return offsets[line - 1] + column

    try:
        nodes = secret_literals(tree)
    except RecursionError:
        return [(0, len(text))]
    return [
        (offset(node.lineno, node.col_offset), offset(node.end_lineno, node.end_col_offset))  # type: ignore[attr-defined]
        for node in nodes
    ]


def _of_lines(text: str, found: list[Piece]) -> list[Span]:
    """The strings on lines that name a secret, where a line goes on while a bracket is open."""
    code = list(text)
    for piece in found:
        for place in range(piece.start, piece.end):
            if code[place] not in "\r\n":
                code[place] = " "
    bare = "".join(code)
    hidden: list[Span] = []
    begin = depth = 0
    for start, line in [*_lines(bare), (len(text), "")]:
        if depth <= 0 or _RESET.match(line):
            hidden.extend(_of_statement(text, bare, begin, start, found))
            begin, depth = start, 0
        depth += sum(line.count(char) for char in "([{") - sum(line.count(char) for char in ")]}")
        if line.rstrip().endswith("\\"):
            depth = max(depth, 1)
    hidden.extend(_of_statement(text, bare, begin, len(text), found))
    return hidden


def _of_statement(text: str, bare: str, begin: int, end: int, found: list[Piece]) -> Iterator[Span]:
    own = [piece for piece in found if begin <= piece.start < end and not piece.comment]
    if not own:
        return
    named = any(is_secret_name(name.rpartition(".")[2] or name) for name in _NAME.findall(bare, begin, end))
    names = {piece for piece in own if _is_name(text[piece.inner : piece.outer])}
    if named or names:
        yield from ((piece.start, piece.end) for piece in own if piece not in names)


def _is_name(text: str) -> bool:
    return _NAME.fullmatch(text) is not None and is_secret_name(text)


def _private_keys(text: str) -> Iterator[Span]:
    """From a BEGIN line to its END, or as far as the lines look like a key."""
    for begin in PRIVATE_KEY.finditer(text):
        end = _KEY_END.search(text, begin.end(), begin.end() + 20_000)
        if end is not None:
            yield begin.start(), end.end()
            continue
        last = begin.end()
        for start, line in _lines(text[begin.end() :]):
            if start and not _KEY_LINE.match(line):
                break
            last = begin.end() + start + len(line)
        yield begin.start(), last


def _unknown_head(text: str) -> int:
    """How many lines of a slice may belong to a string or a bracket that was opened before it."""
    head = 0
    for quote in ('"""', "'''"):
        if text.count(quote) % 2:
            head = max(head, len(NEWLINE.findall(text[: text.index(quote)])) + 1)
    depth = 0
    previous = 0
    for piece in [*pieces(text), Piece(False, len(text), len(text), len(text), len(text))]:
        for place in range(previous, piece.start):
            depth += (text[place] in "([{") - (text[place] in ")]}")
            if depth < 0:
                depth = 0
                head = max(head, len(NEWLINE.findall(text[:place])) + 1)
        previous = piece.end
    first = next((line for _, line in _lines(text) if line.strip()), "")
    if re.match(r"\s*[rbufRBUF]{0,2}[\"'][^\"']*[\"']\s*[,)\]}]*\s*\Z", first):
        head = max(head, 1)
    return head


# -- hiding it ----------------------------------------------------------------------------------------------


def _compose(text: str, found: list[Piece], hidden: list[Span], *, parsed: bool) -> str:
    spans = sorted([*hidden, *_private_keys(text)])
    values = _values(text, found, hidden)
    replaced: list[tuple[int, int, str]] = []
    covered: set[Span] = set()
    for piece in found:
        own = [span for span in _overlapping(spans, piece)]
        covered.update(own)
        content = text[piece.inner : piece.outer]
        if piece.comment:
            new = DOTS if own or any(value in content for value in values) else _comment(content)
            new = f" {DOTS}" if new == DOTS else new
        elif not content:
            continue
        elif own or any(value in content for value in values):
            new = _dots(content)
        else:
            new = _known(_assigned(content, "string"))
            if new == content and _RANDOM.search(content) and _is_random(content):
                new = _dots(content)
        if new != content:
            replaced.append((piece.inner, piece.outer, new))
    # A number, or a literal that the tokens missed: its whole text goes.
    replaced.extend((start, end, _dots(text[start:end])) for start, end in hidden if (start, end) not in covered)
    out: list[str] = []
    place = 0
    for start, end, new in sorted(replaced):
        if start < place:
            continue
        between = text[place:start]
        out += (between if parsed else _unquoted(between), new)
        place = end
    out.append(text[place:] if parsed else _unquoted(text[place:]))
    return "".join(out)


def _overlapping(spans: list[Span], piece: Piece) -> Iterable[Span]:
    last = bisect_right(spans, (piece.end - 1, len(spans) and 1 << 60))
    return [span for span in spans[:last] if span[1] > piece.start]


def _values(text: str, found: list[Piece], hidden: list[Span]) -> set[str]:
    """The hidden contents worth looking for elsewhere: a key in a comment, or handed on under a plain name."""
    values = set()
    for piece in found:
        if not piece.comment and any(start <= piece.start and piece.end <= end for start, end in hidden):
            content = text[piece.inner : piece.outer].strip()
            if (len(content) >= 8 or (len(content) >= 6 and not content.isalpha())) and not _is_name(content):
                values.add(content)
    return values


def _dots(content: str) -> str:
    """Dots for a string's content, one for each of its lines; a line's continuation stays what it is."""
    parts = NEWLINE.split(content)
    ends = [*NEWLINE.findall(content), ""]
    return "".join(DOTS + ("\\" if part.endswith("\\") and end else "") + end for part, end in zip(parts, ends, strict=True))


def _comment(content: str) -> str:
    """A comment's text: it may be prose, or code that was switched off."""
    masked = _known(_assigned(content, "comment"))
    if _SECRET_WORD.search(content) is None:
        return masked
    if masked == content and re.search(r"[\"'(=\[]", content):
        found = list(pieces(content))
        hidden = _of_lines(content, found)
        for start, end in sorted(hidden, reverse=True):
            masked = f'{masked[:start]}"{DOTS}"{masked[end:]}'
    return masked


_SECRET_WORD = re.compile(r"secret|passw|passphrase|pwd|pass\b|token|key|salt|pepper|dsn|credential|auth|bearer", re.IGNORECASE)


def _assigned(text: str, kind: str) -> str:
    """Text with the values hidden that stand behind a secret's name. ``kind``: string, comment or file."""
    if _SECRET_WORD.search(text) is None:
        return text
    out: list[str] = []
    place = 0
    while found := _ASSIGNED.search(text, place):
        name = found["name"]
        if not is_secret_name(name.rpartition(".")[2] or name) or (value := _value_span(found, kind)) is None:
            step = found.end("name")
            out.append(text[place:step])
            place = step
            continue
        out += (text[place : value[0]], DOTS)
        place = value[1]
    return "".join((*out, text[place:]))


def _value_span(found: re.Match[str], kind: str) -> Span | None:
    """The part of a match that is to be hidden; None where it is no value."""
    if found["quote"] is not None:
        quote = found["quote"].lstrip("rbuRBU")
        inside = found["quoted"]
        end = inside.find(quote)
        inside = inside if end < 0 else inside[:end]
        if not inside or _FILLED_IN.fullmatch(inside):
            return None
        return found.start("quoted"), found.start("quoted") + len(inside)
    bare = found["bare"]
    if bare is None or found["sep"] == "," or _REFERENCE.match(bare):
        return None
    start = found.start("bare")
    if kind == "file":
        comment = re.search(r"\s#", bare)
        return start, start + (comment.start() if comment else len(bare.rstrip()))
    words = bare.split()
    if found["sep"] == ":" and len(words) > 1 and not found["name"].isupper():
        return None  # prose: "the token: it is made by .."
    if kind == "comment":
        return start, start + len(bare.rstrip())
    run = re.match(r"[^\s&;\"'<>)\\]+", bare)
    return (start, start + run.end()) if run else None


def _unquoted(text: str) -> str:
    """What stands between the strings of source that does not parse."""
    if _SECRET_WORD.search(text) is None:
        return text
    out = []
    place = 0
    for found in _ASSIGNED.finditer(text):
        name, bare = found["name"], found["bare"]
        if bare and found["sep"] in ("=", ":") and is_secret_name(name.rpartition(".")[2] or name):
            if not _CODE.match(bare) and not _REFERENCE.match(bare) and not re.match(r"[({\[]|[\w.]+[\s)\]}:,]*\Z(?<!\d)", bare):
                out += (text[place : found.start("bare")], DOTS)
                place = found.end("bare")
            elif re.match(r"\w*\d\w*\s*\Z", bare):
                out += (text[place : found.start("bare")], DOTS)
                place = found.end("bare")
    return "".join((*out, text[place:]))


def _known(text: str) -> str:
    """Text without provider tokens, logins in URLs and authorisation headers."""
    text = PROVIDER_TOKENS.sub(DOTS, text)
    if "://" in text:
        text = URL_CREDENTIALS.sub(_login, text)
    return _HEADER.sub(rf"\g<kind>\g<gap>{DOTS}", text) if "er " in text or "ic " in text or "en " in text else text


def _login(found: re.Match[str]) -> str:
    parts = found["login"].split(":")
    if all(not part or _FILLED_IN.fullmatch(part) for part in parts):
        return found.group()
    return f"{found['scheme']}{DOTS}@"


def _is_random(content: str) -> bool:
    """A long run of letters and digits in no order that a word, a path or an identifier has."""
    for found in _RANDOM.finditer(content):
        run = found.group()
        digits = sum(char.isdigit() for char in run)
        mixed = any(char.isupper() for char in run) and any(char.islower() for char in run)
        if len(set(run)) >= 8 and digits >= 3 and "/" not in run[:1] and (mixed or re.fullmatch(r"[0-9a-fA-F]{32,}", run)):
            return True
    return False


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """The lines of a text without their ends, each with where it starts."""
    start = 0
    for end in NEWLINE.finditer(text):
        yield start, text[start : end.start()]
        start = end.end()
    yield start, text[start:]


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]
