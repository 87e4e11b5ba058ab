"""Edits of .env files: bytes in, bytes out. Comments, order, quoting, line endings, a BOM and a missing
final newline stay as they are; python-dotenv's own ``set_key`` loses most of them."""

from __future__ import annotations

import io
import re

from flaskdoctor.errors import Refuse
from flaskdoctor.fixes.envplace import exports_all, originals, with_line
from flaskdoctor.fixes.lines import line_ending
from flaskdoctor.project.env.envfile import NAME, EnvFile, inline_comment, parse_env

_BOM = b"\xef\xbb\xbf"
_PLAIN = re.compile(r"[A-Za-z0-9_.:/@%+,=-]+")
_BACKSLASHED = re.compile(r"[^\s'\"#$`]+")  # older python-dotenv misreads a quoted value that ends in a backslash
_CONTROL = re.compile(r"[\x01-\x1f\x7f]")
_ESCAPES = {
    "\\": "\\\\",
    '"': '\\"',
    "\a": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
}
_VARIABLE = re.compile(r"\$(?=\{[^}:]*(?::-[^}]*)?\})")
_HEAD = re.compile(r"\s*(?:export[^\S\r\n]+)?(?:'[^']+'|[^=#\s]+)[^\S\r\n]*=")


def add_key(data: bytes | None, key: str, *, commented: bool = False, like: bytes = b"") -> bytes:
    """``data`` with ``KEY=`` (or ``# KEY=``): beside the keys that it belongs to, else as the last line.

    ``like`` is a file that has the key among others (the template, for .env). Raises ``Refuse`` where the line would
    not be read.
    """
    line = f"{'# ' if commented else ''}{_export(data)}{key}="
    return _added(data or b"", key, line, None if commented else "", like)


def set_value(data: bytes | None, key: str, value: str) -> bytes:
    """``data`` with ``KEY=<value>``, so quoted that python-dotenv reads exactly ``value``.

    An empty ``KEY=`` is filled in where it stands, otherwise the line goes where ``add_key`` puts one. Raises
    ``Refuse`` if the file has a line that cannot be read, or if the key has another value already.
    """
    data = data or b""
    line = f"{key}={quote(value)}"
    bom, text = _text(data)
    known = parse_env(data)
    if known.doubt:
        raise Refuse(f"The env file cannot be read to its end: {known.trouble}", "Mend that line first.")
    before = _bindings(data)
    places = [index for index, (name, _) in enumerate(before) if name == key]
    if not places:
        return _added(data, key, _export(data) + line, line_value(value))
    present = before[places[-1]][1]
    if present == line_value(value):
        return data
    if present:
        raise Refuse(f"The env file already has another value for {key}", "Decide which of the two is right.")
    after = bom + _fill(text, key, places[-1], quote(value)).encode("utf-8")
    expected = list(before)
    expected[places[-1]] = (key, line_value(value))
    if _bindings(after) != expected:
        raise Refuse(f"{key} cannot be written so that every other key stays as it is")
    return after


def blank_value(data: bytes, key: str) -> bytes:
    """``data`` with nothing behind the ``=`` of ``key``; a comment that stood there moves to a line above.

    Behind an empty value it would be the value: python-dotenv before 1.2.4 reads ``KEY= # comment`` so. Raises
    ``Refuse`` where another key would change.
    """
    bom, text = _text(data)
    ending = line_ending(data).decode("ascii")
    parts = []
    for string, name in originals(text):
        head = _HEAD.match(string) if name == key else None
        if head is not None:
            blank = string[: len(string) - len(string.lstrip())]
            indent = re.split(r"[\r\n]", blank)[-1]
            comment = inline_comment(string[len(blank) :])
            above = f"{comment}{ending}{indent}" if comment else ""
            end = string[len(string.rstrip("\r\n")) :]
            string = blank + above + head.group()[len(blank) :] + end
        parts.append(string)
    after = bom + "".join(parts).encode("utf-8")
    if _bindings(after) != [(name, "" if name == key and value else value) for name, value in _bindings(data)]:
        raise Refuse(f"The value of {key} cannot be taken out so that every other key stays as it is")
    return after


def text_of(data: bytes) -> str:
    """The text of an env file without its byte order mark. Raises ``Refuse`` for one that is no UTF-8."""
    return _text(data)[1]


def lift_comment(data: bytes, line: int) -> bytes:
    """``data`` with the comment behind the empty value in line ``line`` moved to a line above.

    A mark ``# optional`` stays, since above it would be the heading of the keys that follow: there the value gets
    quotes. Raises ``Refuse`` where there is no such comment, or another key would change.
    """
    bom, text = _text(data)
    known = parse_env(data)
    place = next((index for index, each in enumerate(known.bindings) if each.line == line), None)
    found = known.bindings[place] if place is not None else None
    if found is None or not found.empty or not inline_comment(found.written.reveal()):
        raise Refuse(f"No comment stands behind an empty value on line {line} any more")
    ending = line_ending(data).decode("ascii")
    parts = []
    index = -1
    for string, name in originals(text):
        index += name is not None
        head = _HEAD.match(string) if name is not None and index == place else None
        if head is not None:
            parts.append(_lifted(string, head.group(), ending, heading=found.optional))
        else:
            parts.append(string)
    after = bom + "".join(parts).encode("utf-8")
    marks = [(each.optional, each.local) for each in known.bindings]
    if after == data or _bindings(after) != _bindings(data):
        raise Refuse(f"The comment on line {line} cannot be moved so that every key stays as it is")
    if [(each.optional, each.local) for each in parse_env(after).bindings] != marks:
        raise Refuse(f"The comment on line {line} would speak of other keys on a line of its own")
    return after


def _lifted(string: str, head: str, ending: str, *, heading: bool) -> str:
    """An assignment with its comment above, or with quotes before it."""
    rest = string[len(head) :]
    if heading:
        return f'{head}""{rest}'
    blank = head[: len(head) - len(head.lstrip())]
    indent = re.split(r"[\r\n]", blank)[-1]
    end = string[len(string.rstrip("\r\n")) :]
    return f"{blank}{rest.strip()}{ending}{indent}{head[len(blank) :]}{end}"


def strip_bom(data: bytes) -> bytes:
    """``data`` without the byte order mark at its start. Raises ``Refuse`` where there is none."""
    if not data.startswith(_BOM):
        raise Refuse("There is no byte order mark any more")
    after = data[len(_BOM) :]
    if after.startswith(_BOM):
        raise Refuse("The env file begins with two byte order marks")
    return after


def quote(value: str) -> str:
    """``value`` as the right side of an assignment that python-dotenv reads back as exactly that.

    ``${NAME}`` is expanded in every kind of quotes; written as ``${:-$}{NAME}`` (an empty variable with the
    default ``$``) it comes out as it was. Raises ``Refuse`` for what no environment variable can hold.
    """
    if "\0" in value:
        raise Refuse("The value holds a NUL character, which no environment variable can")
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        raise Refuse("The value cannot be written as UTF-8") from None
    protected = line_value(value)
    single = "'" + protected.replace("\\", "\\\\").replace("'", "\\'") + "'"
    double = '"' + re.sub(r'[\\"\a\b\f\n\r\t\v]', lambda found: _ESCAPES[found.group()], protected) + '"'
    candidates = [double] if _CONTROL.search(value) else [single, double]
    if not value or _PLAIN.fullmatch(value) or ("\\" in value and _BACKSLASHED.fullmatch(protected)):
        candidates.insert(0, protected)
    for candidate in candidates:
        if _parsed(f"K={candidate}\n") == [("K", protected)] and _expanded(protected) == value:
            return candidate
    raise Refuse("The value cannot be written so that python-dotenv reads it back")


def line_value(value: str) -> str:
    """What python-dotenv's parser gives for ``quote(value)``, before it expands variables."""
    return _VARIABLE.sub("${:-$}", value)


def _export(data: bytes | None) -> str:
    return "export " if data and exports_all(text_of(data)) else ""


def _added(data: bytes, key: str, line: str, value: str | None, like: bytes = b"") -> bytes:
    """``data`` with ``line``, which sets ``key`` to ``value`` (None: it is a comment)."""
    if not NAME.match(key):
        raise ValueError(f"not a name for an environment variable: {key!r}")
    bindings, before = _bindings(data), parse_env(data)
    for place, after in with_line(data, key, line, like):
        expected = list(bindings)
        if value is not None:
            expected.insert(place, (key, value))
        if _bindings(after) == expected and _marks(parse_env(after), key) == _marks(before, key):
            return after
    raise Refuse("A quote that is never closed stands before the end of the file", "Mend that line first.")


def _marks(known: EnvFile, key: str) -> list[tuple[bool, bool]]:
    """What the comments around the keys say of them; nothing may be said of one that is new."""
    marks = [(one.local, one.optional) for one in known.bindings if one.name.reveal() != key]
    return marks + [(True, True) for one in known.bindings if one.name.reveal() == key and (one.local or one.optional)]


def _fill(text: str, key: str, place: int, quoted: str) -> str:
    """``text`` with the empty value of its binding number ``place`` filled in; an inline comment stays."""
    parts = []
    index = -1
    for string, name in originals(text):
        index += name is not None
        if name == key and index == place and (head := _HEAD.match(string)):
            rest = re.sub(r"\A[^\S\r\n]*(?:''|\"\")?", "", string[head.end() :])
            gap = " " if rest.startswith("#") else ""
            string = head.group() + quoted + gap + rest
        parts.append(string)
    if index < place or "\ufeff" in text[:1]:  # python-dotenv drops a second BOM
        raise Refuse("The env file begins with two byte order marks")
    return "".join(parts)


def _text(data: bytes) -> tuple[bytes, str]:
    if parse_env(data).state != "ok":
        raise Refuse("The env file is not UTF-8", parse_env(data).trouble)
    bom = _BOM if data.startswith(_BOM) else b""
    return bom, data[len(bom) :].decode("utf-8")


def _parsed(text: str) -> list[tuple[str, str | None]]:
    from dotenv.parser import parse_stream

    stream = io.StringIO(text, newline="")
    return [(found.key, found.value) for found in parse_stream(stream) if found.key is not None]


def _bindings(data: bytes) -> list[tuple[str, str | None]]:
    return _parsed(_text(data)[1]) if data else []


def _expanded(value: str) -> str:
    from dotenv.variables import parse_variables

    return "".join(atom.resolve({}) for atom in parse_variables(value))
