"""Adding lines to a file of lines (.gitignore, .env): bytes in, bytes out, everything else as it was."""

from __future__ import annotations

import re
from collections.abc import Sequence

from flaskdoctor.errors import Refuse

_BOM = b"\xef\xbb\xbf"
_ENDING = re.compile(rb"\r\n|\n|\r")
_BLANK_LINES = re.compile(rb"(?:\r\n|\n|\r(?!\n))[ \t]*(?:\r\n|\n|\r)\s*")
_HEADING = re.compile(rb"[ \t]*#(?![ \t]*(?:export[ \t]+)?[A-Za-z_]\w*[ \t]*=)")  # a key in a comment is none


def line_ending(data: bytes) -> bytes:
    """The line ending that a file uses most; ``\\n`` for one without."""
    endings = _ENDING.findall(data)
    return max((b"\n", b"\r\n", b"\r"), key=endings.count)


def append_line(data: bytes | None, line: str) -> bytes:
    """``data`` with ``line`` as its last line; None or nothing: a new file of that one line.

    Line endings, a BOM and a missing final newline stay. Raises ``Refuse`` for UTF-16, where git and others
    would read no line of the file.
    """
    return append_lines(data, [line])


def append_lines(data: bytes | None, lines: Sequence[str]) -> bytes:
    """The same for several lines, each the next one's predecessor."""
    encoded = [line.encode("utf-8") for line in lines]
    data = data or b""
    if data in (b"", _BOM):
        return data + b"".join(line + b"\n" for line in encoded)
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in data:
        raise Refuse("The file is UTF-16, not UTF-8", "Save it as UTF-8; then the line can be added.")
    ending = line_ending(data)
    if data.endswith((b"\n", b"\r")):
        return data + b"".join(line + ending for line in encoded)
    return data + b"".join(ending + line for line in encoded)


def append_section(data: bytes | None, lines: Sequence[str]) -> bytes:
    """The same below a blank line, where the file ends with a section whose heading does not speak of them."""
    return append_lines(data, ["", *lines] if data and _ends_in_section(data) else lines)


def _ends_in_section(data: bytes) -> bool:
    if _BLANK_LINES.search(data[len(data.rstrip()) :]):
        return False
    paragraphs = _BLANK_LINES.split(data.strip())
    last = _ENDING.split(paragraphs[-1])
    return len(paragraphs) > 1 and _HEADING.match(last[0]) is not None and _HEADING.match(last[-1]) is None
