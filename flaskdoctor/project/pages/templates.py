"""The Jinja templates of a project: their names as Flask looks them up, and what stands in them.

The names come from discovery alone. A template is read when a rule asks for it, with bounded patterns over its bytes:
neither Jinja nor an HTML parser runs.
"""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import NamedTuple

from flaskdoctor.finding import Location
from flaskdoctor.patterns import lazy
from flaskdoctor.project.plainfile import read_bytes

_LIMIT = 500_000  # bytes of one template
_PAGES = (".html", ".htm", ".xhtml", ".jinja", ".jinja2", ".j2", ".jinja.html")
_FORM = lazy(rb"<form\b([^>]{0,2000})>", re.IGNORECASE)
_METHOD = lazy(rb"\bmethod\s*=\s*[\"']?\s*([a-z]+)", re.IGNORECASE)
_ELSEWHERE = lazy(rb"\baction\s*=\s*[\"']?\s*(?:https?:)?//", re.IGNORECASE)
_PROTECTED = lazy(rb"csrf_token|hidden_tag\s*\(|csrf_field|\.csrf\b|csrf-token|authenticity_token|name=[\"']nonce")
_ENDPOINT = lazy(rb"(?<![\w.])url_for\(\s*([\"'])([\w.-]{1,200})\1(?=\s*[,)])")
_LONGEST_FORM = 100_000  # bytes that are looked through for a token


class TemplateForm(NamedTuple):
    """A form of a template. ``method`` is upper case ("GET" where nothing says so); ``protected`` tells whether a CSRF
    token stands in it (``csrf_token``, ``form.hidden_tag()``), ``elsewhere`` whether it is sent to another site."""

    method: str
    protected: bool
    location: Location
    elsewhere: bool = False


class Endpoint(NamedTuple):
    """A ``url_for("shop.index")`` of a template."""

    name: str
    location: Location


class Template(NamedTuple):
    """One template. ``name`` is what ``render_template`` calls it."""

    name: str
    path: str
    endpoints: tuple[Endpoint, ...]
    forms: tuple[TemplateForm, ...]


class Templates:
    """The templates below the folders called ``templates``, and below ``folders`` (relative to the root, POSIX): those
    that apps and blueprints name by ``template_folder=``."""

    def __init__(self, root: str, files: Iterable[str], folders: Iterable[str] = ()) -> None:
        self.root = root
        self._given = tuple(folder.strip("/") + "/" for folder in folders if folder.strip("/."))
        self._files = files
        self._read: dict[str, Template | None] = {}

    @cached_property
    def names(self) -> Mapping[str, tuple[str, ...]]:
        """The paths of the files that each template name can stand for: Flask takes the first that it finds."""
        found: dict[str, list[str]] = {}
        for path in self._files:
            name = self._name(path)
            if name:
                found.setdefault(name, []).append(path)
        return {name: tuple(paths) for name, paths in found.items()}

    def _name(self, path: str) -> str:
        for folder in self._given:
            if path.startswith(folder):
                return path[len(folder) :]
        folder, marker, name = f"/{path}".partition("/templates/")
        return name if marker else ""

    @cached_property
    def pages(self) -> tuple[str, ...]:
        """The paths of the templates of web pages: not those of mails in plain text, of SQL or of configurations."""
        return tuple(path for paths in self.names.values() for path in paths if path.lower().endswith(_PAGES))

    def __iter__(self) -> Iterator[Template]:
        """Every page's template, read now where it was not before."""
        for path in self.pages:
            template = self.get(path)
            if template is not None:
                yield template

    def get(self, path: str) -> Template | None:
        """The template in a file; None where it cannot be read."""
        if path not in self._read:
            content = read_bytes(os.path.join(self.root, path), _LIMIT)
            name = self._name(path) or posixpath.basename(path)
            self._read[path] = read_template(path, name, content.data) if content.state == "ok" else None
        return self._read[path]

    @property
    def inputs(self) -> tuple[str, ...]:
        """The paths of the templates that were read so far."""
        return tuple(self._read)


def read_template(path: str, name: str, source: bytes) -> Template:
    """What stands in a template's bytes."""
    places = _Places(path, source)
    endpoints = tuple(
        Endpoint(match.group(2).decode("ascii", "replace"), places.at(match.start()))
        for match in _ENDPOINT.finditer(_without_comments(source))
    )
    forms = []
    starts = list(_FORM.finditer(source))
    for index, match in enumerate(starts):
        method = _METHOD.search(match.group(1))
        # Forms do not nest: one that is never closed ends where the next one begins.
        limit = starts[index + 1].start() if index + 1 < len(starts) else match.end() + _LONGEST_FORM
        end = source.find(b"</form", match.end(), limit)
        stop = min(limit, match.end() + _LONGEST_FORM) if end < 0 else end
        forms.append(
            TemplateForm(
                method.group(1).decode("ascii").upper() if method else "GET",
                _PROTECTED.search(source, match.start(), stop) is not None,
                places.at(match.start()),
                _ELSEWHERE.search(match.group(1)) is not None,
            )
        )
    return Template(name, path, endpoints, tuple(forms))


_COMMENT = lazy(rb"\{#.*?#\}|\{%-?\s*raw\s*-?%\}.*?\{%-?\s*endraw", re.DOTALL)


def _without_comments(source: bytes) -> bytes:
    """A template with what Jinja does not run blanked: every offset stays what it is."""
    if b"{#" not in source and b"endraw" not in source:
        return source
    return _COMMENT.sub(lambda match: b" " * len(match.group()), source)


class _Places:
    """Offsets of a file as lines and columns; they are asked for in rising order, twice over at most."""

    def __init__(self, path: str, source: bytes) -> None:
        self._path = path
        self._source = source
        self._line = 1
        self._start = 0

    def at(self, offset: int) -> Location:
        if offset < self._start:
            self._line, self._start = 1, 0
        lines = self._source.count(b"\n", self._start, offset)
        if lines:
            self._line += lines
            self._start = self._source.rfind(b"\n", 0, offset) + 1
        column = len(self._source[self._start : offset].decode("utf-8", "replace")) + 1
        return Location(self._path, self._line, column)
