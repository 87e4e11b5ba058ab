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
_HEADER = re.compile(
    r"\b(?P<kind>Bearer|Basic|Token)(?P<gap>[ \t]+)(?=[A-Za-z._~+/=-]*\d|[A-Za-z._~+/=-]{20})(?P<value>[A-Za-z0-9._~+/=-]{8,})"
)
_REFERENCE = re.compile(
    r"(?:\{\{?[^{}]*\}?\}|\$\{[^{}:]*\}|\$[A-Z_]+|%\(\w+\)s|%s|<[^<>]*>|\*+|None|null|True|true|False|false|•+)(?![\w!#$*.-])"
)
_FILLED_IN = re.compile(r"\{[^{}]*\}|\$\{[^{}:]*\}|%\(\w+\)s|%s|•+")
# ``get_token()``, ``os.environ["TOKEN"]``: where a value comes from, and no value.
_CODE = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*(?:\([\w., ]*\)|\[\w*\]|[\[(]\s*[\"'][A-Z_][A-Z0-9_]*[\"']\s*[\])])[\s,;)]*\Z")
_CALL = re.compile(r"[A-Za-z_][\w.]*[\[(]")
_RANDOM = re.compile(r"(?<![\w/+.-])(?=[A-Za-z0-9_+/=-]*\d)(?=[A-Za-z0-9_+/=-]*[A-Za-z])[A-Za-z0-9_+/=-]{24,}(?![\w/+-])")
_HEADER_LINE = re.compile(r"\s*(?:async\s+)?(?:def|match)\s+([A-Za-z_][\w.]*)")
_DOCKER = re.compile(r"^(\s*(?:ENV|ARG|export|set|SetEnv)\s+(\w+)\s+)(\S.*)$")
_TEMPLATE = re.compile(r"://[^\s/\"']*[%{][^@\"']*@")
_KEY_END = re.compile(r"-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----")
_KEY_LINE = re.compile(r"[\s#\"'(b]*(?:[A-Za-z0-9+/=]*|Proc-Type:.*|DEK-Info:.*)[\\nr\"'),\s]*\Z")
_RESET = re.compile(r"(?:def|class|import|from|if|for|while|return|with|try|async|@)\b|[A-Za-z_][\w.]*\s*=[^=]")


def mask(text: str) -> str:
    """Python source with its secrets hidden; it has as many lines as before."""
    tree = _parse(text)
    found = list(pieces(text))
    if tree is None:
        return _compose_loosely(text, found)
    return _compose(text, found, *_of_tree(text, tree))


def mask_plain(text: str) -> str:
    """Any other text (YAML, TOML, Dockerfile ..) with its secrets hidden, line by line."""
    keys = list(_private_keys(text))
    ends = NEWLINE.findall(text)
    out = []
    for number, (start, line) in enumerate(_lines(text)):
        inside = any(first <= start < last or start <= first < start + len(line) for first, last in keys)
        out.append(_indent(line) + DOTS if inside else _known(_assigned(_DOCKER.sub(_docker, line), "file")))
        out.append(ends[number] if number < len(ends) else "")
    return "".join(out)


def _docker(found: re.Match[str]) -> str:
    return f"{found[1]}{DOTS}" if is_secret_name(found[2]) else found.group()


def mask_slice(text: str) -> str:
    """A piece of Python that begins and ends anywhere, as the hunk of a diff does."""
    head = _unknown_head(text)
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
            lines[number] = _indent(lines[number]) + DOTS
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
            filled = _indent(line) + "pass".ljust(len(bare)) if len(bare) > 4 and not bare.startswith("pass") else ""
            parts[place] = filled.ljust(len(line))
        except (ValueError, RecursionError, MemoryError):
            return None
    return None


def _tree(text: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an odd escape in the project is not our caller's business
        return ast.parse(text)


# -- what to hide -------------------------------------------------------------------------------------------


def _of_tree(text: str, tree: ast.Module) -> tuple[list[Span], set[str]]:
    """The places of the secret literals of a parsed text, and the secrets worth looking for elsewhere."""
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
        nodes, values = secret_literals(tree)
    except RecursionError:
        return [(0, len(text))], set()
    hidden = [
        (offset(node.lineno, node.col_offset), offset(node.end_lineno, node.end_col_offset))  # type: ignore[attr-defined]
        for node in nodes
    ]
    return hidden, {value for value in values if _is_telling(value)}


def _of_lines(text: str, found: list[Piece]) -> list[Span]:
    """The strings on lines that name a secret, where a line goes on while a bracket is open."""
    code = list(text)
    inside: set[int] = set()  # the line starts that lie in a string
    for piece in found:
        for place in range(piece.start, piece.end):
            if code[place] not in "\r\n":
                code[place] = " "
            elif not text.startswith("\r\n", place):
                inside.add(place + 1)
    bare = "".join(code)
    hidden: list[Span] = []
    begin = depth = 0
    block = -1  # the indentation of a ``def secret_key():`` or ``match token:`` that lines stand in
    for start, line in _lines(bare):
        if start not in inside and (depth <= 0 or _RESET.match(line)):
            hidden.extend(_of_statement(text, bare, begin, start, found, block >= 0))
            begin, depth = start, 0
            if line.strip() and len(_indent(line)) <= block:
                block = -1
            if block < 0 and (header := _HEADER_LINE.match(line)) and _is_loose_name(header[1]):
                block = len(_indent(line))
        depth += sum(line.count(char) for char in "([{") - sum(line.count(char) for char in ")]}")
        if line.rstrip().endswith("\\"):
            depth = max(depth, 1)
    hidden.extend(_of_statement(text, bare, begin, len(text), found, block >= 0))
    return hidden


def _of_statement(text: str, bare: str, begin: int, end: int, found: list[Piece], named: bool) -> Iterator[Span]:
    own = [piece for piece in found if begin <= piece.start < end and not piece.comment]
    if not own:
        return
    named = named or any(_is_loose_name(name) for name in _NAME.findall(bare, begin, end))
    named = named or any(_TEMPLATE.search(text, piece.inner, piece.outer) for piece in own)
    names = {piece for piece in own if _is_name(text[piece.inner : piece.outer])}
    if named or names:
        yield from ((piece.start, piece.end) for piece in own if piece not in names)


def _is_loose_name(name: str) -> bool:
    last = name.rpartition(".")[2] or name
    return any(is_secret_name(part) for part in name.split(".")) or last.lower() in ("key", "login", "authenticate", "jwt")


def _is_name(text: str) -> bool:
    return _NAME.fullmatch(text) is not None and is_secret_name(text)


def _private_keys(text: str) -> Iterator[Span]:
    """From a BEGIN line over all that looks like a key, to its END where there is one."""
    for begin in PRIVATE_KEY.finditer(text):
        last = begin.end()
        for start, line in _lines(text[begin.end() : begin.end() + 20_000]):
            end = _KEY_END.search(line)
            if end is not None:
                last = begin.end() + start + end.end()
                break
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


def _compose_loosely(text: str, found: list[Piece]) -> str:
    hidden = _of_lines(text, found)
    tree = _parse_rest(text)
    if tree is not None:
        hidden = [*hidden, *_of_tree(text, tree)[0]]
    contents = (text[piece.inner : piece.outer] for piece in found if (piece.start, piece.end) in set(hidden))
    values = {content for content in contents if len(content) >= 8 and _is_telling(content) and " " not in content}
    return _compose(text, found, hidden, values, parsed=False)


def _compose(text: str, found: list[Piece], hidden: list[Span], values: set[str], *, parsed: bool = True) -> str:
    """The text with the hidden places, and what else is a secret, replaced."""
    hidden = sorted(hidden)
    keys = list(_private_keys(text))
    covered: set[Span] = set()
    shown: list[tuple[int, int, str]] = []
    for piece in found:
        own = _overlapping(hidden, piece)
        covered.update(own)
        content = text[piece.inner : piece.outer]
        if own:
            content = _dots(content) if content.strip() else content
        else:
            for start, end in reversed(_overlapping(keys, piece)):
                start, end = max(start - piece.inner, 0), min(max(end - piece.inner, 0), len(content))
                content = content[:start] + _dots(content[start:end]) + content[end:]
            content = _content(content, piece, values)
        shown.append((piece.start, piece.end, text[piece.start : piece.inner] + content + text[piece.outer : piece.end]))
    # A number, or a literal that was not found as a piece: its whole text goes.
    shown.extend((start, end, _dots(text[start:end])) for start, end in hidden if (start, end) not in covered)
    out: list[str] = []
    place = 0
    torn = False  # whether a hidden string ended just before ``place``, perhaps too early
    for start, end, new in [*sorted(shown), (len(text), len(text), "")]:
        if start >= place:
            between = text[place:start]
            if not parsed:
                between = _unquoted(between)
                if torn and (found := re.match(r"\w[^\r\n]*", between)):
                    between = DOTS + between[found.end() :]
                torn = DOTS in new
            out += (between, new)
            place = end
    return "".join(out)


def _content(content: str, piece: Piece, values: Iterable[str]) -> str:
    """What is shown of a string's or a comment's content."""
    for value in values:
        content = content.replace(value, DOTS)
    if piece.comment:
        return _comment(content)
    return _RANDOM.sub(_random, _known(_assigned(content, "string")))


def _is_telling(value: str) -> bool:
    """Whether a secret is worth looking for elsewhere in the file: no common word, no name of a field."""
    return len(value) >= 6 and "\n" not in value and not re.fullmatch(r"[A-Za-z_]{1,19}", value)


def _overlapping(spans: list[Span], piece: Piece) -> list[Span]:
    return [span for span in spans[: bisect_right(spans, (piece.end - 1, 1 << 60))] if span[1] > piece.start]


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
    if masked == content and re.search(r"[(=\[]", content):
        found = [piece for piece in pieces(content) if piece.closed and not content[piece.start - 1 : piece.start].isalnum()]
        for start, end in sorted(_of_lines(content, found), reverse=True):
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
    if _CODE.match(bare):
        return None
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
            if not _CALL.match(bare) and not _REFERENCE.match(bare) and not re.match(r"[({\[]|[\w.]+[\s)\]}:,]*\Z(?<!\d)", bare):
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


def _random(found: re.Match[str]) -> str:
    """Dots for a long run of letters and digits in no order that a word, a path or an identifier has."""
    run = found.group()
    if len(set(run)) < 8 or sum(char.isdigit() for char in run) < 3:
        return run
    if re.fullmatch(r"[0-9a-f]{32,}|[0-9A-F]{32,}", run):
        return DOTS
    mixed = any(char.isupper() for char in run) and any(char.islower() for char in run)
    return DOTS if mixed and not re.search(r"[a-z]{6}|[A-Z]{6}|/.*/", run) else run


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """The lines of a text without their ends, each with where it starts."""
    start = 0
    for end in NEWLINE.finditer(text):
        yield start, text[start : end.start()]
        start = end.end()
    yield start, text[start:]


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]
