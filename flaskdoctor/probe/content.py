"""The body of an answer: unpacked within bounds, decoded without trust."""

from __future__ import annotations

import zlib

MAX_UNPACKED = 1024 * 1024
MAX_TEXT = 256 * 1024

# ``bytes.decode`` knows slow and strange codecs (punycode is quadratic); these are the ones that the web uses.
_CHARSETS = frozenset(
    {"utf-8", "utf8", "us-ascii", "ascii", "iso-8859-1", "latin-1", "latin1", "iso-8859-15", "windows-1252", "utf-16"}
)
_DEBUGGER_SIGNS = ("// Werkzeug Debugger</title>", "EVALEX_TRUSTED", "CONSOLE_MODE", "__debugger__=yes")


def unpack(data: bytes, encoding: str) -> tuple[bytes, str]:
    """The bytes behind a ``Content-Encoding``, 1 MiB at most, and a note on what is missing of them."""
    names = [name.strip().lower() for name in encoding.split(",") if name.strip()]
    names = [name for name in names if name != "identity"]
    if not names:
        return data, ""
    if names not in (["gzip"], ["x-gzip"]):
        shown = names[0][:20] if len(names) == 1 else "more than one coding"
        return b"", f"not unpacked: {shown}"
    unpacker = zlib.decompressobj(31)
    try:
        unpacked = unpacker.decompress(data, MAX_UNPACKED)
    except zlib.error:
        return b"", "broken gzip" if data else ""
    if unpacker.unconsumed_tail:
        return unpacked, "cut at 1 MiB, unpacked"
    return unpacked, "" if unpacker.eof else "gzip that ends too early"


def text_of(data: bytes, content_type: str) -> tuple[str, str]:
    """What may be shown of a body, and a note on what may not."""
    if not data:
        return "", ""
    if is_binary(data, content_type):
        return "", "not text"
    charset = ""
    for part in content_type.split(";")[1:6]:
        key, _, value = part.partition("=")
        if key.strip().lower() == "charset":
            charset = value.strip().strip("\"'").lower()
    text = data.decode(charset if charset in _CHARSETS else "utf-8", errors="replace")
    if is_debugger_page(text):
        return "", "the page of Werkzeug's debugger is not kept: it holds a secret"
    if len(text) > MAX_TEXT:
        return text[:MAX_TEXT], "cut at 256 KiB"
    return text, ""


def is_binary(data: bytes, content_type: str) -> bool:
    """Whether a body is an image, a font or the like."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind.startswith(("image/", "audio/", "video/", "font/")) and kind != "image/svg+xml":
        return True
    if kind in ("application/pdf", "application/zip", "application/gzip"):
        return True
    return b"\x00" in data[:1024] and "utf-16" not in content_type.lower()


def is_debugger_page(text: str) -> bool:
    """Whether this is the error page of Werkzeug's debugger, whose script holds the secret of its console."""
    return any(sign in text for sign in _DEBUGGER_SIGNS)
