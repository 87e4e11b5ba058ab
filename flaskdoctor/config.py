"""The project's settings: ``[tool.flaskdoctor]`` of pyproject.toml, or flaskdoctor.toml.

Those of the nearest folder count, from the project up to the top of its git repository; what lies outside of the
repository is somebody else's.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import NamedTuple

from flaskdoctor.errors import UserError
from flaskdoctor.project.plainfile import read_bytes

KEYS = ("version", "select", "ignore", "per-file-ignores", "exclude", "fail-on", "url", "profile", "https", "baseline")
VERSION = 1  # of these settings; it grows when one of them comes to mean something else
FILES = ("flaskdoctor.toml", "pyproject.toml")
LEVELS = ("error", "warning", "info")
PROFILES = ("development", "production")
HTTPS = ("proxy",)
_EXAMPLES = {
    "select": 'select = ["tip:3", "FD701"]',
    "ignore": 'ignore = ["needless-jsonify"]',
    "exclude": 'exclude = ["legacy/"]',
    "per-file-ignores": '[tool.flaskdoctor.per-file-ignores]\n"scripts/*" = ["FD703"]',
    "baseline": 'baseline = "flaskdoctor-baseline.json"',
    "url": 'url = "http://127.0.0.1:5000"',
}
_TABLE = ("tool", "flaskdoctor")
_SPELT_ALIKE = re.compile(r"flask[-_. ]?doctor", re.IGNORECASE)


class Settings(NamedTuple):
    """What a project asks for. ``source`` is the file it was read from, relative to the root; empty: none.

    ``url`` is the dashboard's server, on this machine always: opening a project must not send anything elsewhere.
    ``profile`` is what the server's verdicts count for; empty: as it comes of the server. ``https`` is "proxy" where
    TLS ends at a proxy in front of the app. ``baseline`` is a file, relative to the folder of ``source``.
    ``prefix`` leads from that folder to the root ("services/shop/"): patterns are about paths below that folder.
    ``lines`` are the keys that are set, with their lines in ``source``.
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    per_file_ignores: tuple[tuple[str, tuple[str, ...]], ...] = ()
    exclude: tuple[str, ...] = ()
    fail_on: str = "warning"
    source: str = ""
    url: str = ""
    profile: str = ""
    https: str = ""
    baseline: str = ""
    prefix: str = ""
    lines: tuple[tuple[str, int], ...] = ()


def read_settings(root: str) -> Settings:
    """The settings of a project. Raises ``UserError`` with the file, the line and what is wrong in it."""
    for folder in _folders(root):
        for name in FILES:
            found = _read(os.path.join(folder, name), name, os.path.relpath(os.path.join(folder, name), root))
            if found is not None:
                prefix = os.path.relpath(root, folder).replace(os.sep, "/")
                return found._replace(prefix="" if prefix == "." else f"{prefix}/")
    return Settings()


def settings_files(root: str) -> tuple[str, ...]:
    """The absolute paths of all files that the settings of a project may come from, whether they are there or not."""
    return tuple(os.path.join(folder, name) for folder in _folders(root) for name in FILES)


def matches(pattern: str, path: str) -> bool:
    """Whether a pattern of the settings is about a path: ``fnmatch``, and a final slash stands for all below."""
    from fnmatch import fnmatch

    return fnmatch(path, f"{pattern}*" if pattern.endswith("/") else pattern)


def _folders(root: str) -> list[str]:
    """The folders whose settings can count: the root, and those above it up to the top of its git repository."""
    above = [os.path.abspath(root)]
    while not os.path.lexists(os.path.join(above[-1], ".git")):
        parent = os.path.dirname(above[-1])
        if parent == above[-1]:
            return above[:1]
        above.append(parent)
    return above if _is_trusted(os.path.join(above[-1], ".git"), above[0]) else above[:1]


def _is_trusted(git: str, root: str) -> bool:
    """Whether a repository's ``.git`` is the project's owner's, of who runs this, or the administrator's: anybody may
    put one, and settings beside it, into a folder like /tmp."""
    if not hasattr(os, "geteuid"):
        return True
    try:
        return os.lstat(git).st_uid in (os.stat(root).st_uid, os.geteuid(), 0)
    except OSError:
        return False


def _read(path: str, name: str, shown: str) -> Settings | None:
    """The settings of one file; None where it has none."""
    content = read_bytes(path)
    if name == "flaskdoctor.toml" and content.state in ("unreadable", "too large"):
        raise UserError(f"{shown} cannot be read: {content.reason}.", "It is the project's settings.")
    source = content.data
    text = source.decode("utf-8", "replace").removeprefix("\ufeff").replace("\r\n", "\n")
    if not source or (name == "pyproject.toml" and not _SPELT_ALIKE.search(text)):
        return None
    whole = _parsed(source, shown)
    if name == "flaskdoctor.toml":
        return _File(shown, text, ()).settings(whole)
    tool = whole.get("tool")
    table = tool.get("flaskdoctor") if isinstance(tool, dict) else None
    file = _File(shown, text, _TABLE)
    if table is None:
        file.refuse_other_tables(whole, tool if isinstance(tool, dict) else {})
        return None
    if not isinstance(table, dict):
        raise UserError(f"{file.place()}: [tool.flaskdoctor] is not a table.", "Write it as [tool.flaskdoctor].")
    return file.settings(table)


def _parsed(source: bytes, shown: str) -> dict[str, object]:
    import tomli

    try:
        return tomli.loads(source.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:  # beside TOML's own errors: a number too long for ``int()``
        raise UserError(f"{shown} is not valid TOML: {error}", "Mend the file, then run flaskdoctor again.") from None


class _File:
    """One file of settings: ``shown`` is its name, ``table`` the names that lead to the settings in it."""

    def __init__(self, shown: str, text: str, table: tuple[str, ...]) -> None:
        self._shown = shown
        self._text = text
        self._names = table

    def place(self, *keys: str, word: str = "") -> str:
        """``pyproject.toml:12``: the file, and the line that sets a key."""
        line = self._line(*keys, word=word)
        return f"{self._shown}:{line}" if line else self._shown

    def _line(self, *keys: str, word: str = "") -> int:
        from flaskdoctor.project.tomlplaces import line_of

        return line_of(self._text, *self._names, *keys, word=word)

    def refuse_other_tables(self, whole: dict[str, object], tool: dict[str, object]) -> None:
        """Raise ``UserError`` for a table that was surely meant to be ``[tool.flaskdoctor]``."""
        from flaskdoctor.project.tomlplaces import line_of

        for names in (*((key,) for key in whole), *(("tool", key) for key in tool)):
            if _SPELT_ALIKE.fullmatch(names[-1]):
                line = line_of(self._text, *names)
                raise UserError(
                    f"{self._shown}{f':{line}' if line else ''}: nobody reads [{'.'.join(names)}].",
                    "Write it as [tool.flaskdoctor].",
                )

    def settings(self, table: dict[str, object]) -> Settings:
        """The settings in a table, each of them checked."""
        version = table.get("version", VERSION)
        if version != VERSION or not isinstance(version, int) or isinstance(version, bool):
            raise UserError(
                f"{self.place('version')}: version must be {VERSION}, the only one that this flaskdoctor knows.",
                "Settings of a later version need a later flaskdoctor.",
            )
        for key in table:
            if key not in KEYS:
                hint = "Settings stand in this file without a table. " if key == "tool" and not self._names else ""
                raise UserError(
                    f"{self.place(key)}: there is no setting called {key!r}.",
                    f"{hint or _nearest(key, KEYS)}Settings: {', '.join(KEYS)}.",
                )
        self._table = table
        return Settings(
            self._rules("select"),
            self._rules("ignore"),
            self._per_file(),
            self._words("exclude"),
            self._one_of("fail-on", LEVELS) or "warning",
            self._shown,
            self._url(),
            self._one_of("profile", PROFILES),
            self._one_of("https", HTTPS),
            self._path("baseline"),
            lines=tuple((key, self._line(key)) for key in table),
        )

    def _one_of(self, key: str, allowed: Sequence[str]) -> str:
        value = self._table.get(key)
        if key in self._table and value not in allowed:
            choice = ", ".join(allowed) if len(allowed) > 1 else f'"{allowed[0]}"'
            words = f"must be one of {choice}" if len(allowed) > 1 else f"must be {choice}"
            raise UserError(f"{self.place(key)}: {key} {words}.", _nearest(value, allowed).strip())
        return str(value) if key in self._table else ""

    def _words(self, key: str, names: tuple[str, ...] = ()) -> tuple[str, ...]:
        """A list of strings; ``names`` lead to it where it does not stand in the table itself."""
        names = names or (key,)
        value: object = self._table
        for name in names:
            value = value.get(name, []) if isinstance(value, dict) else []
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            what = f"{key} of {names[-1]!r}" if len(names) > 1 else key
            raise UserError(
                f"{self.place(*names)}: {what} must be a list of strings.", f"Write it as in {_EXAMPLES[key]}"
            )
        return tuple(value)

    def _rules(self, key: str, names: tuple[str, ...] = ()) -> tuple[str, ...]:
        """A list of selectors, each of which selects something."""
        words = self._words(key, names)
        if words:
            from flaskdoctor.rules.registry import select
        for word in words:
            try:
                select([word])
            except UserError as error:
                title = error.title[0].lower() + error.title[1:]
                raise UserError(f"{self.place(*(names or (key,)), word=word)}: {title}", error.hint) from None
        return words

    def _per_file(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        key = "per-file-ignores"
        value = self._table.get(key, {})
        if not isinstance(value, dict):
            raise UserError(
                f"{self.place(key)}: {key} must be a table of pattern = [codes].", f"As in\n{_EXAMPLES[key]}"
            )
        return tuple((str(pattern), self._rules(key, (key, pattern))) for pattern in value)

    def _path(self, key: str) -> str:
        value = self._table.get(key, "")
        if not isinstance(value, str) or (key in self._table and not value) or "\0" in str(value):
            raise UserError(f"{self.place(key)}: {key} must be the name of a file.", f"As in {_EXAMPLES[key]}")
        return value

    def _url(self) -> str:
        value = self._table.get("url", "")
        if "url" not in self._table:
            return ""
        from flaskdoctor.probe.target import parse_url

        place = self.place("url")
        if not isinstance(value, str):
            raise UserError(f'{place}: url must be a text, as in url = "http://127.0.0.1:5000".')
        try:
            target = parse_url(value)
        except UserError as error:
            raise UserError(f"{place}: {error.title}", f"Write it as in {_EXAMPLES['url']}.") from None
        if not target.loopback:
            raise UserError(
                f"{place}: the url of a project's settings can only be on this machine.",
                "Opening a project sends nothing elsewhere. Name another server yourself: flaskdoctor --url URL",
            )
        return value


def _nearest(word: object, known: Sequence[str]) -> str:
    """``Did you mean ..? `` where one of the known words is near; else nothing."""
    from difflib import get_close_matches

    close = get_close_matches(word.lower().replace("_", "-"), known, n=1, cutoff=0.4) if isinstance(word, str) else []
    return f"Did you mean {close[0]}? " if close else ""
