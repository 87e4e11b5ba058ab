"""A requirement more in the ``install_requires`` of a ``setup.cfg``: bytes in, bytes out."""

from __future__ import annotations

import configparser
import re
from collections.abc import Collection

from flaskdoctor.errors import Refuse
from flaskdoctor.fixes.requirements import textfile
from flaskdoctor.fixes.requirements.requirement import Requirement

_LIST = re.compile(
    r"^install_requires[ \t]*=[ \t]*(?P<end>\r?\n)(?P<lines>(?:[ \t]+[^\r\n]*(?:\r?\n|\Z))+)", re.MULTILINE
)
_OTHER_WAY = "It is written in a way that is not changed here"


def add_requirement(data: bytes, wanted: Requirement, beside: Collection[str]) -> bytes:
    """``data`` with one requirement more in a list with a line for each. The same where the list names it already.
    Raises ``Refuse`` for any other form."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise Refuse("It is not UTF-8") from None
    before = _options(text)
    match = _LIST.search(text)
    if match is None or "install_requires" not in before.get("options", {}):
        raise Refuse(_OTHER_WAY)
    lines = match["lines"]
    indent = re.match(r"[ \t]+", lines)
    assert indent is not None
    # Each of them further in is no requirement of its own for the list.
    plain = re.sub(rf"(?m)^{indent.group()}(?=\S)", "", lines)
    if re.search(r"(?m)^[ \t]+\S", plain):
        raise Refuse(_OTHER_WAY)
    changed = textfile.add_requirement(plain.encode("utf-8"), wanted, beside).decode("utf-8")
    if changed == plain:
        return data
    listed = re.sub(r"(?m)^(?=[^\s])", indent.group(), changed)
    after = text[: match.start("lines")] + listed + text[match.end("lines") :]
    expected = {name: dict(options) for name, options in before.items()}
    found = _options(after)
    new = found.get("options", {}).get("install_requires", "").split("\n")
    if wanted.line not in new:
        raise Refuse(_OTHER_WAY)
    new.remove(wanted.line)
    found["options"]["install_requires"] = "\n".join(new)
    if found != expected:
        raise Refuse(_OTHER_WAY)
    return after.encode("utf-8")


def _options(text: str) -> dict[str, dict[str, str]]:
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(text)
    except configparser.Error:
        raise Refuse("It cannot be read") from None
    return {name: dict(parser[name]) for name in parser}
