"""The user's own settings of the dashboard: ``flaskdoctor/config.toml`` in the user's config folder.

A project cannot set these: a repository that is opened must not decide what a key does. Whatever is wrong with the
file, the dashboard opens: an entry that is wrong counts as not written, and is told with its line.

    theme = "nord"

    [keys]
    fix = "ctrl+f"
    next_row = ["n", "down"]
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from flaskdoctor.project.plainfile import read_bytes
from flaskdoctor.tui.keys import KEYMAP, Keymap

FILE = "config.toml"
_LIMIT = 100_000
_MOST = 6  # keys for one action

_NAMED = (
    "space", "enter", "escape", "tab", "shift+tab", "up", "down", "left", "right", "home", "end", "pageup", "pagedown",
    "insert", "delete", "backspace", *(f"f{number}" for number in range(1, 13)),
)  # fmt: skip
_OTHER_NAMES = {
    "esc": "escape", "return": "enter", "page_up": "pageup", "page_down": "pagedown", "slash": "/", "comma": ",",
    "question_mark": "?", "ins": "insert", "del": "delete",
}  # fmt: skip
_EATEN = {
    "ctrl+a": "it is GNU screen's own key",
    "ctrl+b": "it is tmux's own key",
    "ctrl+c": "it says how to leave",
    "ctrl+h": "terminals send it for Backspace",
    "ctrl+i": "terminals send it for Tab",
    "ctrl+j": "terminals send it for Enter",
    "ctrl+m": "terminals send it for Enter",
    "ctrl+q": "it always quits",
    "y": "it says yes in dialogs, and must not be the key that opens one",
}


class Problem(NamedTuple):
    """Something wrong in the file: what and where, and what to do."""

    title: str
    hint: str = ""


class UserConfig(NamedTuple):
    """``theme`` "" is none chosen; ``keymap`` has the defaults for what the file does not say."""

    theme: str = ""
    keymap: Keymap = KEYMAP
    problems: tuple[Problem, ...] = ()
    path: str = ""
    theme_line: int = 0

    def with_themes(self, known: Collection[str], given: str) -> UserConfig:
        """The same where its theme, and the one that was ``given`` on the command line, are among those ``known``; else
        with the problem told."""
        problems = list(self.problems)
        if given and given not in known:
            problems.insert(0, Problem(f"--theme: there is no theme called {given!a}", _nearest(given, known)))
        theme = self.theme
        if theme and theme not in known:
            what = f"{self.path}{_at(self.theme_line)}: there is no theme called {theme!a}"
            problems.append(Problem(what, _nearest(theme, known)))
            theme = ""
        return self._replace(theme=theme, problems=tuple(problems))


def config_path() -> str:
    """Where the file is, or would be."""
    from platformdirs import user_config_path

    return str(user_config_path("flaskdoctor", appauthor=False) / FILE)


def read_config(path: str) -> UserConfig:
    """What the file at ``path`` says; the defaults where there is none. Never raises."""
    content = read_bytes(path, _LIMIT)
    if content.state == "missing":
        return UserConfig(path=path)
    if content.state != "ok":
        return UserConfig(problems=(Problem(f"{path}: {content.reason}", "It counts as not there."),), path=path)
    import tomli

    try:
        text = content.data.decode("utf-8-sig")
        table = tomli.loads(text)
    except (ValueError, RecursionError) as error:
        what = "not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
        return UserConfig(problems=(Problem(f"{path} is not valid TOML: {what}", "The defaults are used."),), path=path)
    return _Reader(path, text).read(table)


class _Reader:
    """Reads one table and gathers what is wrong in it."""

    def __init__(self, path: str, text: str) -> None:
        self._path = path
        self._lines = text.splitlines()
        self._problems: list[Problem] = []

    def read(self, table: Mapping[str, object]) -> UserConfig:
        for name in table:
            if name not in ("theme", "keys"):
                self._wrong(name, f"there is no setting called {name!r}", _nearest(name, ("theme", "keys")))
        theme = table.get("theme", "")
        if not isinstance(theme, str):
            self._wrong("theme", "theme must be a text", 'As in theme = "nord".')
            theme = ""
        keys = table.get("keys", {})
        if not isinstance(keys, dict):
            self._wrong("keys", "keys must be a table", 'As in [keys], and below it fix = "ctrl+f".')
            keys = {}
        chosen = dict(self._keys(keys))
        while clash := _clash(chosen):
            name, other, key = clash
            self._wrong(name, f"{key} is bound twice, to {name} and to {other}", f"Give {other} another key as well.")
            del chosen[name]
        return UserConfig(theme, Keymap(chosen), tuple(self._problems), self._path, self.line_of("theme"))

    def line_of(self, name: str) -> int:
        """The line that sets ``name``; 0 where it is not found."""
        pattern = re.compile(rf"\s*(?:\[\s*)?(?:keys\s*\.\s*)?[\"']?{re.escape(name)}[\"']?\s*[=\]]")
        return next((number for number, line in enumerate(self._lines, 1) if pattern.match(line)), 0)

    def _wrong(self, name: str, what: str, hint: str) -> None:
        self._problems.append(Problem(f"{self._path}{_at(self.line_of(name))}: {what}", hint))

    def _keys(self, table: Mapping[str, object]) -> Iterator[tuple[str, tuple[str, ...]]]:
        for name, value in table.items():
            if name not in KEYMAP.ids():
                self._wrong(name, f"no key is called {name!r}", _nearest(name, KEYMAP.ids()))
                continue
            wanted = [value] if isinstance(value, str) else value
            if not isinstance(wanted, list) or not wanted or not all(isinstance(key, str) for key in wanted):
                self._wrong(name, f"{name} must be a key, or a list of keys", f'As in {name} = "ctrl+f".')
                continue
            keys: list[str] = []
            for key in wanted[:_MOST]:
                written, reason, hint = _key(key)
                if reason:
                    self._wrong(name, reason, hint)
                elif written not in keys:
                    keys.append(written)
            if keys:
                yield name, tuple(keys)


def _key(text: str) -> tuple[str, str, str]:
    """A key as the table writes it, or why it is none, and what to do."""
    key = text if len(text) == 1 else text.strip().lower().replace(" ", "")
    key = _OTHER_NAMES.get(key, "space" if key == " " else key)
    shown = ascii(text[:20])
    if key in _EATEN:
        return "", f"{shown} cannot be used: {_EATEN[key]}", "Choose another one."
    if len(key) == 1:
        return (key, "", "") if key.isprintable() else ("", f"{shown} is no key", "")
    modifier, plus, last = key.rpartition("+")
    if modifier == "shift" and len(last) == 1:
        return "", f"{shown} is written as the character that it types", f"As in {text.strip()[-1].upper()!a}."
    if key in _NAMED or re.fullmatch(r"ctrl\+[a-z]|alt\+[a-z0-9]", key):
        return key, "", ""
    if plus and re.fullmatch(r"f\d+", last):
        return (
            "",
            f"{shown} cannot be used: tmux, screen and SSH eat function keys with a modifier",
            "Choose another one.",
        )
    return "", f"{shown} is no key", _nearest(key, _NAMED)


def _clash(chosen: Mapping[str, tuple[str, ...]]) -> tuple[str, str, str] | None:
    """An entry of the user's that takes a key which something else has: its name, the other's, the key."""
    keymap = Keymap(chosen)
    owners: dict[str, str] = {}
    # The table's own keys come first: of two entries with one key the later one is wrong.
    for name in (*(name for name in keymap.ids() if name not in chosen), *chosen):
        for key in keymap.keys(name):
            if key in owners:
                return name, owners[key], key
            owners[key] = name
    return None


def _at(line: int) -> str:
    return f":{line}" if line else ""


def _nearest(name: str, known: Collection[str]) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name, known, n=1, cutoff=0.5)
    return f"Did you mean {close[0]}?" if close else f"There are: {', '.join(known)}."
