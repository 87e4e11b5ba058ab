"""Every key of the dashboard in one table: bindings, footer, help and the docs are made from it.

None of ctrl+b, ctrl+a, ctrl+h/i/j/m and no function keys with modifiers: tmux, screen and SSH eat them. A user's
``config.toml`` can give each of them other keys (``userconfig.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain, zip_longest
from types import MappingProxyType
from typing import NamedTuple


class Key(NamedTuple):
    """One key. ``id`` is its name in a user's config and the action it runs; ``keys`` are Textual's names, ``shown``
    is how it is written in texts and in that config.

    ``footer`` orders the footer: 0 is not there, 1 is the last to go where room is short.
    """

    id: str
    keys: str
    shown: str
    label: str
    tooltip: str
    group: str
    footer: int = 0


class Move(NamedTuple):
    """Keys that a list or page handles itself: their ids, and what they do."""

    ids: tuple[str, ...]
    text: str


FIX, LOOK, APP = "Fix", "Look closer", "Dashboard"

KEYS: tuple[Key, ...] = (
    Key("fix", "f", "f", "fix", "Fix the selected finding; an unsafe fix asks first", FIX, 1),
    Key("fix_all", "F", "F", "fix all safe", "List all safe fixes, apply them after y", FIX, 5),
    Key("ignore", "i", "i", "ignore", "Write the comment that ignores the finding at its line, at once", FIX, 9),
    Key("undo", "z", "z", "undo", "Take back the last fix or comment; in History, the selected one", FIX, 3),
    Key("explain", "x", "x", "explain", "The page of the selected finding's rule", LOOK, 4),
    Key("edit", "e", "e", "edit", "Open $VISUAL or $EDITOR at the line", LOOK, 6),
    Key("copy", "c", "c", "copy place", "Copy the place (path:line); in Live and Routes the HTTPie command", LOOK, 11),
    Key("filter", "slash", "/", "filter", "Show only rows that contain these words; esc shows all", LOOK, 7),
    Key("sort", "s", "s", "sort", "The tab's next order; some put the rows into groups", LOOK, 10),
    Key("rescan", "r", "r", "rescan", "Look at the whole project again", APP, 8),
    Key("probe", "p", "p", "probe", "Ask the running server now, everything", APP, 12),
    Key("serve", "S", "S", "server", "Start the project's development server, after y; or stop it", APP, 13),
    Key("theme", "t", "t", "theme", "The next theme", APP, 0),
    Key("help", "question_mark", "?", "help", "These keys", APP, 2),
    Key("quit", "q", "q", "quit", "Leave; nothing keeps running", APP, 2),
    Key("palette", "ctrl+p", "ctrl+p", "palette", "Every command, found by its words", APP, 0),
)

TAB_IDS = tuple(f"tab_{number}" for number in range(1, 10))

# What moves about, by id: it may be given other keys too.
MOVE_KEYS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        **{name: (name[-1],) for name in TAB_IDS},
        "previous_tab": ("left",),
        "next_tab": ("right",),
        "next_panel": ("tab",),
        "previous_panel": ("shift+tab",),
        "next_row": ("j", "down"),
        "previous_row": ("k", "up"),
        "first_row": ("g", "home"),
        "last_row": ("G", "end"),
        "page_down": ("ctrl+d", "pagedown", "space"),
        "page_up": ("ctrl+u", "pageup"),
        "open": ("enter",),
        "back": ("escape",),
        "suspend": ("ctrl+z",),
    }
)
MOVES: tuple[Move, ...] = (
    Move(TAB_IDS, "Tabs"),
    Move(("previous_tab", "next_tab"), "Previous, next tab"),
    Move(("next_panel", "previous_panel"), "Next, previous panel"),
    Move(("next_row", "previous_row"), "Next, previous row"),
    Move(("first_row", "last_row"), "First, last row"),
    Move(("page_down", "page_up"), "A page down, up"),
    Move(("open",), "Open the finding, its details, a tip's lesson; in Routes ask. A double click does so too"),
    Move(("back",), "Back; ends a filter"),
    Move(("suspend",), "To the shell; fg comes back"),
)

# Textual's names for what is written shorter; it finds those of other characters itself, but splits at commas.
_TEXTUAL = {"/": "slash", "?": "question_mark", ",": "comma"}
_SHORT = {"escape": "esc"}


class Keymap:
    """The keys in force: the table's, and those that the user chose instead, by id."""

    def __init__(self, chosen: Mapping[str, tuple[str, ...]] = MappingProxyType({})) -> None:
        self.chosen = dict(chosen)
        self._all = {**{key.id: (key.shown,) for key in KEYS}, **MOVE_KEYS, **self.chosen}

    def keys(self, name: str) -> tuple[str, ...]:
        """The keys of an action, as they are written in the user's config."""
        return self._all[name]

    def shown(self, name: str) -> str:
        """The key of an action as texts name it: the first, where there are several."""
        key = self._all[name][0]
        return _SHORT.get(key, key)

    def named(self, text: str) -> str:
        """``text`` with the key of an action in place of its name in braces: ``{rescan} tries again``."""
        return text.format_map({name: self.shown(name) for name in self._all})

    def shown_moves(self, move: Move, room: int, tabs: int) -> str:
        """The keys of a move, in turn (``j k down up``): all of them where there is room, else the first of each.
        ``tabs`` is how many tabs there are."""
        ids = move.ids[:tabs] if move.ids == TAB_IDS else move.ids
        if move.ids == TAB_IDS and not any(name in self.chosen for name in ids):
            return f"1-{tabs}"
        each = [[_SHORT.get(key, key) for key in self._all[name]] for name in ids]
        every = " ".join(key for key in chain.from_iterable(zip_longest(*each)) if key)
        return every if len(every) <= room else " ".join(keys[0] for keys in each)

    def ids(self) -> tuple[str, ...]:
        """The names of all actions."""
        return tuple(self._all)

    def textual(self, name: str) -> str:
        """The keys of an action as a Textual binding has them."""
        return ",".join(_TEXTUAL.get(key, key) for key in self._all[name])


KEYMAP = Keymap()  # as it is without a user's config
BY_ID: dict[str, Key] = {key.id: key for key in KEYS}
FOOTER: tuple[Key, ...] = tuple(key for key in KEYS if key.footer)
