"""A request as a command that can be pasted into a shell."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

Headers = Sequence[tuple[str, str]]


def httpie(method: str, url: str, headers: Headers = (), body: str = "") -> str:
    """The request as HTTPie sends it, with ``body`` as it stands (``--raw``, HTTPie 3). ``url`` is whole: HTTPie's own
    short form, ``:5000``, would mean localhost, which can be another server."""
    words = [
        "http",
        *(["--raw", body] if body else []),
        method.upper(),
        url,
        *(f"{_name(name)}:{value}" if value else f"{_name(name)};" for name, value in headers),
    ]
    return _line(words)


def curl(method: str, url: str, headers: Headers = (), body: str = "") -> str:
    """The request as curl sends it, the headers of the answer included; ``--globoff`` leaves brackets alone."""
    verb = {"GET": [], "HEAD": ["--head"]}.get(method.upper(), ["--request", method.upper()])
    words = ["curl", "--include", *verb] if method.upper() != "HEAD" else ["curl", *verb]
    if any(char in url for char in "[]{}"):
        words.append("--globoff")
    for name, value in headers:
        words += ["--header", f"{name}: {value}" if value else f"{name};"]
    if body:
        words += ["--data-raw", body]
    return _line([*words, url])


def _name(name: str) -> str:
    """A header's name, for HTTPie's item syntax (``name:value``)."""
    return "".join(f"\\{char}" if char in ":;=@\\" else char for char in name)


def _line(words: list[str]) -> str:
    """The words for a POSIX shell, in one line: what stands behind a newline would run once it is pasted."""
    return " ".join(shlex.quote("".join(char if char.isprintable() else "?" for char in word)) for word in words)
