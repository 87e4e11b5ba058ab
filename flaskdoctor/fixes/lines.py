"""Adding a line to a file of lines (.gitignore, requirements): bytes in, bytes out, everything else as
it was."""

from __future__ import annotations

import re

from flaskdoctor.errors import Refuse

_ENDING = re.compile(rb"\r\n|\n|\r")


def line_ending(data: bytes) -> bytes:
    """The line ending that a file uses most; ``\\n`` for one without."""
    endings = _ENDING.findall(data)
    return max((b"\n", b"\r\n", b"\r"), key=endings.count)


def append_line(data: bytes | None, line: str) -> bytes:
    """``data`` with ``line`` as its last line; None or nothing: a new file of that one line.

    Line endings, a BOM and a missing final newline stay. Raises ``Refuse`` for UTF-16, where git and others
    would read no line of the file.
    """
    encoded = line.encode("utf-8")
    if not data:
        return encoded + b"\n"
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in data:
        raise Refuse("The file is UTF-16, not UTF-8", "Save it as UTF-8; then the line can be added.")
    ending = line_ending(data)
    if data.endswith((b"\n", b"\r")):
        return data + encoded + ending
    return data + ending + encoded
